/* rules_command.c - yagura rules: what detections there are, whether they are good, what they cover. */
#include <stdlib.h>

#include "app/commands.h"
#include "app/rule_options.h"
#include "app/rules_explain.h"
#include "app/rules_tests.h"
#include "app/table.h"
#include "detect/detector.h"
#include "detect/sequence.h"

enum { STATUS_GOOD = 0, STATUS_WRONG = 1, STATUS_USAGE = 2, STATUS_FAILED = 4 };

struct job {
    struct ctx *ctx;
    const struct settings *settings;
    struct engine_options options;
    struct rules rules;
    struct table table;
    bool wrong;
};

static const struct str PREFIX = STR_INIT("attack.t");

/* attack.t1078.004 as T1078.004; STR_NONE for other tags. */
static struct str technique_of(struct arena *arena, struct str tag)
{
    const bool technique = str_starts(tag, PREFIX) && tag.len > PREFIX.len && tag.ptr[PREFIX.len] >= '0' && tag.ptr[PREFIX.len] <= '9';
    return technique ? str_format(arena, "T%" STR_FMT, STR_ARG(str_from(tag, PREFIX.len))) : STR_NONE;
}

static struct str techniques_of(struct arena *arena, const struct yaml_node *document)
{
    const struct yaml_node *tags = yaml_get(document, STR("tags"));
    struct text words = text_new(arena);
    for (const struct yaml_node *tag = tags ? tags->child : NULL; tag; tag = tag->next) {
        const struct str technique = technique_of(arena, tag->text);
        if (technique.ptr) {
            text_add(&words, words.len > 0 ? STR(" ") : STR(""));
            text_add(&words, technique);
        }
    }
    return text_str(&words);
}

/* The rule's own title: a finding's may hold ${placeholders}. */
static struct str title_of(const struct detection *d, const struct yaml_node *document)
{
    const struct str title = yaml_text(document, STR("title"));
    return title.ptr ? title : d->title;
}

/* --- list --- */

static void add_row(struct job *job, const struct detection *d, const char *kind, const struct yaml_node *document)
{
    struct arena *arena = job->ctx->arena;
    table_cell(&job->table, d->id);
    table_cell(&job->table, str_of(kind));
    table_cell(&job->table, d->type);
    table_cell(&job->table, str_format(arena, "%g", d->severity));
    table_cell(&job->table, techniques_of(arena, document));
    table_cell(&job->table, title_of(d, document));
    table_cell(&job->table, d->file.ptr ? d->file : STR(""));
}

static struct err list(struct job *job)
{
    static const char *const columns[] = { "id", "kind", "type", "severity", "technique", "title", "file" };
    for (size_t i = 0; i < COUNT_OF(columns); i++) {
        table_column(&job->table, columns[i], i == 3);
    }
    TRY(rules_load(job->ctx, &job->options, &job->rules));
    for (size_t i = 0; i < job->rules.count; i++) {
        add_row(job, &job->rules.items[i].detection, "rule", job->rules.items[i].document);
    }
    for (size_t i = 0; i < job->rules.correlation_count; i++) {
        add_row(job, &job->rules.correlation_detections[i], "correlation", job->rules.correlations[i].document);
    }
    for (size_t i = 0; i < DETECTORS_COUNT; i++) {
        add_row(job, &DETECTORS[i]->detection, "detector", NULL);
    }
    for (size_t i = 0; i < SEQUENCE_KINDS; i++) {
        add_row(job, &SEQUENCES[i], "sequence", NULL);
    }
    return ERR_OK;
}

/* --- check --- */

static void add_problem(struct job *job, struct str file, uint32_t line, struct str reason)
{
    job->wrong = true;
    table_cell(&job->table, str_format(job->ctx->arena, "%" STR_FMT ":%u", STR_ARG(file), line));
    table_cell(&job->table, reason);
}

/* "FILE:LINE: REASON", as the loaders say it. */
static void add_newest_problem(struct job *job)
{
    const struct str reason = str_copy(job->ctx->arena, str_of(job->ctx->reason));
    const size_t end = str_search(reason, STR(": "));
    job->wrong = true;
    table_cell(&job->table, end == STR_MISSING ? STR("") : str_slice(reason, 0, end));
    table_cell(&job->table, end == STR_MISSING ? reason : str_from(reason, end + 2));
}

/* What only shows when everything is put together: sections of our own, names in correlations. */
static struct err check_together(struct job *job)
{
    struct engine *engine = NULL;
    struct projection_builder *builder = projection_begin();
    const struct err err = engine_open(job->ctx, &job->options, builder, &engine);
    projection_free(projection_end(builder));
    engine_close(engine);
    if (err_is(err, &FAULT_INVALID)) {
        add_newest_problem(job);
        return ERR_OK;
    }
    return err;
}

static struct err check(struct job *job)
{
    size_t good = 0;
    table_column(&job->table, "place", false);
    table_column(&job->table, "reason", false);
    for (size_t i = 0; i < job->options.rule_path_count; i++) {
        struct sigma_rules loaded = { 0 };
        TRY(match_sigma_load(job->ctx, job->options.rule_paths[i], job->options.sigma, &loaded));
        for (size_t p = 0; p < loaded.problem_count; p++) {
            add_problem(job, loaded.problems[p].file, loaded.problems[p].line, loaded.problems[p].reason);
        }
        good += loaded.count + loaded.correlation_count;
    }
    if (!job->wrong) {
        TRY(check_together(job));
    }
    fprintf(stderr, "%zu rules are good, %zu problems\n", good, job->table.count / 2);
    return ERR_OK;
}

/* --- test --- */

static void take_failure(void *self, const struct detection *rule, const char *kind, size_t number)
{
    struct job *job = self;
    job->wrong = true;
    table_cell(&job->table, rule->file.ptr ? rule->file : STR(""));
    table_cell(&job->table, rule->id);
    table_cell(&job->table, str_format(job->ctx->arena, "%s %zu", kind, number));
    table_cell(&job->table, kind[0] == 'h' ? STR("does not fire") : STR("fires"));
}

static struct err test(struct job *job)
{
    static const char *const columns[] = { "file", "rule", "event", "trouble" };
    for (size_t i = 0; i < COUNT_OF(columns); i++) {
        table_column(&job->table, columns[i], false);
    }
    struct rules_tally tally = { 0 };
    TRY(rules_load(job->ctx, &job->options, &job->rules));
    TRY(rules_tests_run(job->ctx, &job->options, &job->rules, &tally, take_failure, job));
    fprintf(stderr, "%zu rules, %zu events, %zu failed; %zu rules without a hit and a near miss\n",
            job->rules.count + job->rules.correlation_count, tally.events, tally.failed, tally.untested);
    return ERR_OK;
}

/* --- explain --- */

static void take_line(void *self, struct str part, const char *verdict, struct str words)
{
    struct job *job = self;
    table_cell(&job->table, part);
    table_cell(&job->table, str_of(verdict));
    table_cell(&job->table, words);
}

static bool is_asked(const struct job *job, const struct detection *d, const struct yaml_node *document)
{
    const struct str asked = job->settings->arguments.items[1];
    return str_equal(asked, d->id) || str_equal_nocase(asked, title_of(d, document));
}

static struct err explain(struct job *job)
{
    const struct rules_explain_sink sink = { job, take_line };
    table_column(&job->table, "part", false);
    table_column(&job->table, "verdict", false);
    table_column(&job->table, "words", false);
    TRY(rules_load(job->ctx, &job->options, &job->rules));
    for (size_t i = 0; i < job->rules.count; i++) {
        if (is_asked(job, &job->rules.items[i].detection, job->rules.items[i].document)) {
            TRY(rules_explain_rule(job->ctx, &job->rules.items[i], &sink));
        }
    }
    for (size_t i = 0; i < job->rules.correlation_count; i++) {
        if (is_asked(job, &job->rules.correlation_detections[i], job->rules.correlations[i].document)) {
            rules_explain_correlation(job->ctx, &job->rules.correlations[i], &sink);
        }
    }
    return job->table.count > 0 ? ERR_OK : fail(job->ctx, &FAULT_INVALID, "no rule has this id or title; yagura rules list names them");
}

/* --- coverage --- */

struct covered {
    struct str technique;
    struct str rule;
};

static int compare_covered(const void *a, const void *b)
{
    const struct covered *x = a;
    const struct covered *y = b;
    const int order = str_compare(x->technique, y->technique);
    return order ? order : str_compare(x->rule, y->rule);
}

static size_t collect_covered(struct job *job, const struct yaml_node *document, struct str rule, struct covered *out)
{
    size_t count = 0;
    const struct yaml_node *tags = yaml_get(document, STR("tags"));
    for (const struct yaml_node *tag = tags ? tags->child : NULL; tag; tag = tag->next) {
        const struct str technique = technique_of(job->ctx->arena, tag->text);
        if (technique.ptr && out) {
            out[count] = (struct covered){ technique, rule };
        }
        count += technique.ptr != NULL;
    }
    return count;
}

static size_t collect_all(struct job *job, struct covered *out)
{
    size_t count = 0;
    for (size_t i = 0; i < job->rules.count; i++) {
        const struct rule *rule = &job->rules.items[i];
        count += collect_covered(job, rule->document, title_of(&rule->detection, rule->document), out ? out + count : NULL);
    }
    for (size_t i = 0; i < job->rules.correlation_count; i++) {
        const struct yaml_node *document = job->rules.correlations[i].document;
        const struct str title = title_of(&job->rules.correlation_detections[i], document);
        count += collect_covered(job, document, title, out ? out + count : NULL);
    }
    return count;
}

static struct err coverage(struct job *job)
{
    struct arena *arena = job->ctx->arena;
    table_column(&job->table, "technique", false);
    table_column(&job->table, "rules", true);
    table_column(&job->table, "titles", false);
    TRY(rules_load(job->ctx, &job->options, &job->rules));
    const size_t count = collect_all(job, NULL);
    struct covered *all = ARENA_ARRAY(arena, struct covered, count + 1);
    collect_all(job, all);
    qsort(all, count, sizeof(*all), compare_covered);
    for (size_t i = 0, next = 0; i < count; i = next) {
        struct text titles = text_new(arena);
        for (next = i; next < count && str_equal(all[next].technique, all[i].technique); next++) {
            text_add(&titles, next > i ? STR("; ") : STR(""));
            text_add(&titles, all[next].rule);
        }
        table_cell(&job->table, all[i].technique);
        table_cell(&job->table, str_format(arena, "%zu", next - i));
        table_cell(&job->table, text_str(&titles));
    }
    fprintf(stderr, "%zu rules, %zu techniques named\n", job->rules.count + job->rules.correlation_count, job->table.count / 3);
    return ERR_OK;
}

/* --- the command --- */

static const struct {
    struct str word;
    struct err (*run)(struct job *job);
    bool needs_path; /* or the id of a rule */
} WORDS[] = {
    { STR_INIT("list"), list, false },
    { STR_INIT("check"), check, true },
    { STR_INIT("test"), test, false },
    { STR_INIT("explain"), explain, true },
    { STR_INIT("coverage"), coverage, false },
};

static int run_word(const struct command *command, struct job *job, size_t which)
{
    const struct err err = WORDS[which].run(job);
    if (err.fault) {
        command_failed(command, job->ctx);
        return err_is(err, &FAULT_INVALID) ? STATUS_WRONG : STATUS_FAILED;
    }
    if (!table_print(&job->table, job->settings->format, stdout)) {
        fprintf(stderr, "yagura rules: --format is table, json, ndjson or csv\n");
        return STATUS_USAGE;
    }
    return job->wrong ? STATUS_WRONG : STATUS_GOOD;
}

static int run(const struct command *command, int argc, char **argv)
{
    struct arena *arena CLEANUP(arena_cleanup) = arena_open();
    struct ctx ctx = ctx_new(arena, 0);
    struct settings *settings = ARENA_NEW(arena, struct settings);
    int status = 0;
    if (!settings_begin(&ctx, command, argc, argv, settings, &status)) {
        return status;
    }
    const struct path_list *words = &settings->arguments;
    struct job job = { .ctx = &ctx, .settings = settings, .table = table_new(arena) };
    struct path_list *paths = ARENA_NEW(arena, struct path_list);
    const size_t first = words->count > 0 && str_equal(words->items[0], STR("explain")) ? 2 : 1;
    for (size_t i = first; i < words->count; i++) {
        paths->items[paths->count++] = words->items[i];
    }
    if (rule_options_read(&ctx, paths, settings->mapping, &job.options).fault) {
        command_failed(command, &ctx);
        return STATUS_USAGE;
    }
    for (size_t i = 0; words->count > 0 && i < COUNT_OF(WORDS); i++) {
        if (str_equal(words->items[0], WORDS[i].word) && (words->count > 1 || !WORDS[i].needs_path)) {
            return run_word(command, &job, i);
        }
    }
    fprintf(stderr, "yagura rules: say list, check DIR, test, explain RULE or coverage; see yagura rules --help\n");
    return STATUS_USAGE;
}

const struct command COMMAND_RULES = {
    .name = "rules",
    .summary = "list, check, test and explain detection rules; what they cover of ATT&CK",
    .usage = "yagura rules list|check|test|explain|coverage [options] [RULE] [DIR...]",
    .examples = "  yagura rules list                  the built-in rules and detectors\n"
                "  yagura rules check my-rules/       each wrong rule with file, line and reason\n"
                "  yagura rules test my-rules/        the test events that rules carry, built-in ones too\n"
                "  yagura rules explain ID my-rules/  what a rule asks, and why its test events are hits or misses\n"
                "  yagura rules coverage --format csv by ATT&CK technique\n"
                "\nexit status: 0 all is well, 1 a rule is wrong or does not do what its tests say, 2 wrong usage, 4 failure\n",
    .groups = SETTINGS_FORMAT | SETTINGS_RULES,
    .run = run,
};
