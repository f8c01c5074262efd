/* match_command.c - yagura match: which records of files an EventBridge pattern or Sigma rules hold for, and why. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <unistd.h>

#include "app/commands.h"
#include "app/table.h"
#include "base/json.h"
#include "ingest/documents.h"
#include "ingest/files.h"
#include "match/eventbridge.h"
#include "match/match.h"
#include "match/sigma.h"

enum { STATUS_NONE = 0, STATUS_FOUND = 1, STATUS_USAGE = 2, STATUS_SKIPPED = 3, STATUS_FAILED = 4 };
enum { RECORD_SHOWN = 160, TROUBLES_SHOWN = 20 };

struct asked {
    struct ctx *ctx;
    const struct settings *settings;
    struct str *names; /* of rules, by id */
    size_t count;
    struct match_builder *builder;
    struct match_set *set;
    struct projection *projection;
    struct scan *scan;
    struct match_scratch *scratch;
    uint32_t *held;
    struct arena *brief; /* for one record */
    struct table table;
    bool lines; /* matching records as they are, one a line */
    uint64_t records, matched, skipped;
};

/* --- what is asked --- */

static struct err add_pattern(struct asked *a)
{
    const struct predicate *predicate = NULL;
    TRY(eventbridge_parse(a->ctx, a->settings->pattern, &predicate, NULL));
    a->names = ARENA_NEW(a->ctx->arena, struct str);
    a->names[0] = STR("pattern");
    a->count = 1;
    return match_builder_add(a->ctx, a->builder, 0, predicate);
}

static struct err add_rules(struct asked *a, const char *path)
{
    struct ctx *ctx = a->ctx;
    struct sigma_rules rules = { 0 };
    TRY(match_sigma_load(ctx, path, NULL, &rules));
    if (rules.problem_count > 0) {
        const struct sigma_problem *p = &rules.problems[0];
        return fail(ctx, &FAULT_INVALID, "%" STR_FMT ":%u: %" STR_FMT, STR_ARG(p->file), p->line, STR_ARG(p->reason));
    }
    if (rules.correlation_count > 0) {
        return fail(ctx, &FAULT_INVALID, "%s: correlations are for yagura detect --rules; match looks at single records", path);
    }
    struct str *names = ARENA_ARRAY(ctx->arena, struct str, a->count + rules.count + 1);
    for (size_t i = 0; i < a->count; i++) {
        names[i] = a->names[i];
    }
    a->names = names;
    for (size_t i = 0; i < rules.count; i++) {
        names[a->count] = rules.rules[i].title;
        TRY(match_builder_add(ctx, a->builder, (uint32_t)a->count++, rules.rules[i].when));
    }
    return ERR_OK;
}

static struct err add_all(struct asked *a)
{
    const struct path_list *files = &a->settings->rule;
    if (a->settings->pattern.ptr) {
        return add_pattern(a);
    }
    for (size_t i = 0; i < files->count; i++) {
        TRY(add_rules(a, str_cstr(a->ctx->arena, files->items[i])));
    }
    return a->count > 0 ? ERR_OK : fail(a->ctx, &FAULT_INVALID, "there are no rules in what --rule names");
}

static struct err open_asked(struct asked *a)
{
    a->builder = match_builder_open();
    const struct err err = add_all(a);
    if (err.fault) {
        match_builder_close(a->builder);
        return err;
    }
    struct projection_builder *paths = projection_begin();
    const struct err compiled = match_compile(a->ctx, a->builder, paths, &a->set);
    a->projection = projection_end(paths);
    TRY(compiled);
    a->scan = scan_open(a->projection);
    a->scratch = match_scratch_open();
    a->held = ARENA_ARRAY(a->ctx->arena, uint32_t, a->count);
    a->brief = arena_open();
    return ERR_OK;
}

static void close_asked(struct asked *a)
{
    arena_close(a->brief);
    match_scratch_close(a->scratch);
    scan_close(a->scan);
    projection_free(a->projection);
    match_set_free(a->set);
}

/* --- records --- */

static void take_trouble(void *self, struct str file, uint64_t offset, const char *reason)
{
    struct asked *a = self;
    if (++a->skipped <= TROUBLES_SHOWN) {
        fprintf(stderr, "skipped: %" STR_FMT " at byte %" PRIu64 ": %s\n", STR_ARG(table_clean(a->ctx->arena, file)), offset, reason);
    }
}

static void take_missing_file(void *self, const struct ingest_trouble *trouble)
{
    take_trouble(self, trouble->file, trouble->offset, trouble->reason);
}

/* In JSON a line feed stands between values alone. */
static void print_line(struct str record)
{
    for (size_t i = 0; i < record.len; i++) {
        const char c = record.ptr[i];
        putchar(c == '\n' || c == '\r' ? ' ' : c);
    }
    putchar('\n');
}

static void add_row(struct asked *a, struct str place, uint32_t rule, const char *verdict, struct str words)
{
    table_cell(&a->table, place);
    table_cell(&a->table, a->names[rule]);
    if (verdict) {
        table_cell(&a->table, str_of(verdict));
    }
    table_cell(&a->table, words);
}

static void explain(struct asked *a, struct str place)
{
    struct ctx ctx = ctx_new(a->brief, 0);
    for (uint32_t rule = 0; rule < a->count; rule++) {
        struct match_explanation why = { .words = STR_NONE };
        if (!match_explain_last(&ctx, a->scratch, rule, &why).fault) {
            add_row(a, place, rule, why.matched ? "match" : "miss", why.words);
        }
    }
}

static void take_document(void *self, struct str file, uint64_t offset, struct str text)
{
    struct asked *a = self;
    size_t used = 0;
    arena_reset(a->brief);
    if (!scan_document(a->scan, text, &used) || used != text.len) {
        take_trouble(a, file, offset, "malformed JSON");
        return;
    }
    const size_t count = match_run(a->set, a->scratch, a->scan, a->held, a->count);
    const struct str place = str_format(a->brief, "%" STR_FMT ":%" PRIu64, STR_ARG(file), offset);
    a->records++;
    a->matched += count > 0;
    if (a->settings->explain) {
        explain(a, place);
    } else if (a->lines && count > 0) {
        print_line(text);
    } else {
        for (size_t i = 0; i < count; i++) {
            const bool table = str_equal(a->settings->format, STR("table"));
            add_row(a, place, a->held[i], NULL, table ? str_slice(text, 0, RECORD_SHOWN) : text);
        }
    }
}

static void read_file(struct asked *a, struct inflate *in, struct str path)
{
    const struct documents_sink sink = { a, take_document, take_trouble };
    const bool standard_input = str_equal(path, STR("-"));
    const int fd = standard_input ? STDIN_FILENO : open(str_cstr(a->ctx->arena, path), O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        take_trouble(a, path, 0, strerrordesc_np(errno));
        return;
    }
    inflate_start(in, fd);
    documents_read(in, path, &sink);
    if (!standard_input) {
        close(fd);
    }
}

static void read_all(struct asked *a)
{
    const struct ingest_sink missing = { .self = a, .trouble = take_missing_file };
    const struct path_list *paths = &a->settings->arguments;
    const struct ingest_files files = ingest_files_find(a->ctx->arena, paths->items, paths->count, &missing);
    struct inflate *in = inflate_open();
    for (size_t i = 0; i < files.count; i++) {
        read_file(a, in, files.list[i].path);
    }
    inflate_close(in);
    fprintf(stderr, "%" PRIu64 " records, %" PRIu64 " matched, %" PRIu64 " skipped\n", a->records, a->matched, a->skipped);
}

/* --- the command --- */

static struct err check(struct ctx *ctx, const struct settings *settings)
{
    static const struct str formats[] = { STR_INIT("table"), STR_INIT("json"), STR_INIT("ndjson"), STR_INIT("csv") };
    bool known = false;
    for (size_t i = 0; i < COUNT_OF(formats); i++) {
        known = known || str_equal(settings->format, formats[i]);
    }
    if (!known) {
        return fail(ctx, &FAULT_INVALID, "--format is table, json, ndjson or csv");
    }
    if ((settings->pattern.ptr != NULL) == (settings->rule.count > 0)) {
        return fail(ctx, &FAULT_INVALID, "give either --pattern or --rule");
    }
    return settings->arguments.count > 0 ? ERR_OK : fail(ctx, &FAULT_INVALID, "name a file or folder, or - for standard input");
}

static struct err match(struct asked *a)
{
    static const char *const columns[] = { "place", "rule", "verdict", "why", "record" };
    const bool explained = a->settings->explain;
    TRY(open_asked(a));
    a->lines = str_equal(a->settings->format, STR("ndjson"));
    table_column(&a->table, columns[0], false);
    table_column(&a->table, columns[1], false);
    table_column(&a->table, columns[explained ? 2 : 4], false);
    if (explained) {
        table_column(&a->table, columns[3], false);
    }
    read_all(a);
    if (explained || !a->lines) {
        (void)table_print(&a->table, a->settings->format, stdout); /* check knows the formats */
    }
    return fflush(stdout) == 0 ? ERR_OK : fail(a->ctx, &FAULT_IO, "cannot write the results");
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
    if (check(&ctx, settings).fault) {
        command_failed(command, &ctx);
        return STATUS_USAGE;
    }
    struct asked asked = { .ctx = &ctx, .settings = settings, .table = table_new(arena) };
    const struct err err = match(&asked);
    close_asked(&asked);
    if (err.fault) {
        command_failed(command, &ctx);
        return err_is(err, &FAULT_IO) ? STATUS_FAILED : STATUS_USAGE;
    }
    return asked.skipped > 0 ? STATUS_SKIPPED : asked.matched > 0 ? STATUS_FOUND : STATUS_NONE;
}

const struct command COMMAND_MATCH = {
    .name = "match",
    .summary = "records of JSON logs that an EventBridge pattern or Sigma rules hold for, and why",
    .usage = "yagura match (--pattern JSON | --rule FILE) [options] PATH...",
    .examples = "  yagura match --pattern '{\"eventName\":[{\"prefix\":\"Delete\"}]}' --format ndjson logs/\n"
                "  yagura match --rule rules/ events.json.gz\n"
                "  yagura match --rule rule.yml --explain - < record.json\n"
                "\nexit status: 0 nothing matched, 1 something did, 2 wrong usage, 3 some input was skipped, 4 failure\n",
    .groups = SETTINGS_FORMAT | SETTINGS_MATCH,
    .run = run,
};
