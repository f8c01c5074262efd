#include "match/sigma.h"

#include <dirent.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "match/correlation.h"
#include "match/match.h"
#include "match/sigma_parts.h"

enum { FOLDER_DEPTH_MAX = 16, FILES_MAX = 50000 };

struct err sigma_refuse(const struct sigma_reader *r, const struct yaml_node *at, const char *format, ...)
{
    char words[600] = "";
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(words, sizeof(words), format, arguments);
    va_end(arguments);
    return fail(r->ctx, &FAULT_INVALID, "%" STR_FMT ":%u: %s", STR_ARG(r->file), at->line, words);
}

/* --- one rule --- */

static struct err read_detection(const struct sigma_reader *r, const struct yaml_node *detection, struct sigma_rule *rule)
{
    const struct yaml_node *condition = yaml_get(detection, STR("condition"));
    if (condition == NULL) {
        return sigma_refuse(r, detection, "the detection has no condition");
    }
    struct sigma_named *searches = ARENA_ARRAY(r->ctx->arena, struct sigma_named, detection->count);
    size_t count = 0;
    for (const struct yaml_node *n = detection->child; n; n = n->next) {
        if (n == condition || str_equal(n->key, STR("timeframe"))) {
            continue;
        }
        searches[count].name = n->key;
        TRY(sigma_search(r, n, &searches[count++].predicate));
    }
    rule->timeframe = yaml_text(detection, STR("timeframe"));
    TRY(sigma_condition(r, condition, searches, count, &rule->when, &rule->aggregation));
    if (!r->options->keep_unsupported && rule->aggregation.ptr) {
        return sigma_refuse(r, condition, "\"| %" STR_FMT "\" is an old aggregation and not supported: write a correlation",
                            STR_ARG(rule->aggregation));
    }
    if (!r->options->keep_unsupported && rule->timeframe.ptr) {
        return sigma_refuse(r, detection, "a timeframe is not supported: write a correlation");
    }
    return ERR_OK;
}

static struct err refuse_other_kinds(const struct sigma_reader *r, const struct yaml_node *document)
{
    static const struct {
        struct str key;
        const char *words;
    } kinds[] = {
        { STR_INIT("filter"), "filters are not supported yet" },
        { STR_INIT("action"), "collections with `action` are not supported: they were dropped from Sigma 2" },
    };
    if (document->kind != YAML_MAP) {
        return sigma_refuse(r, document, "a rule must be a mapping");
    }
    for (size_t i = 0; i < COUNT_OF(kinds); i++) {
        const struct yaml_node *node = yaml_get(document, kinds[i].key);
        if (node) {
            return sigma_refuse(r, node, "%s", kinds[i].words);
        }
    }
    return ERR_OK;
}

static struct err check_level(const struct sigma_reader *r, const struct yaml_node *document)
{
    static const struct str levels[] = { STR_INIT("informational"), STR_INIT("low"), STR_INIT("medium"), STR_INIT("high"),
                                         STR_INIT("critical") };
    const struct yaml_node *level = yaml_get(document, STR("level"));
    for (size_t i = 0; level && i < COUNT_OF(levels); i++) {
        if (level->kind == YAML_SCALAR && str_equal(level->text, levels[i])) {
            return ERR_OK;
        }
    }
    return level ? sigma_refuse(r, level, "the level must be informational, low, medium, high or critical") : ERR_OK;
}

static void read_tags(const struct sigma_reader *r, const struct yaml_node *document, struct sigma_rule *rule)
{
    const struct yaml_node *list = yaml_get(document, STR("tags"));
    if (list && list->kind == YAML_LIST) {
        struct str *tags = ARENA_ARRAY(r->ctx->arena, struct str, list->count);
        for (const struct yaml_node *n = list->child; n; n = n->next) {
            tags[rule->tag_count++] = n->text.ptr ? n->text : STR("");
        }
        rule->tags = tags;
    }
}

/* The automaton has bounds of its own; a rule beyond them is wrong here already, with its place. */
static struct err try_compile(const struct sigma_reader *r, const struct yaml_node *detection, const struct predicate *when)
{
    struct match_builder *builder = match_builder_open();
    const struct err err = match_builder_add(r->ctx, builder, 0, when);
    match_builder_close(builder);
    if (err.fault) {
        const struct str reason = str_copy(r->ctx->arena, str_of(r->ctx->reason));
        return sigma_refuse(r, detection, "%" STR_FMT, STR_ARG(reason));
    }
    return ERR_OK;
}

static struct err read_rule(const struct sigma_reader *r, const struct yaml_node *document, struct sigma_rule *rule)
{
    TRY(refuse_other_kinds(r, document));
    const struct yaml_node *logsource = yaml_get(document, STR("logsource"));
    const struct yaml_node *detection = yaml_get(document, STR("detection"));
    *rule = (struct sigma_rule){
        .file = r->file,
        .line = document->line,
        .id = yaml_text(document, STR("id")),
        .name = yaml_text(document, STR("name")),
        .title = yaml_text(document, STR("title")),
        .description = yaml_text(document, STR("description")),
        .status = yaml_text(document, STR("status")),
        .author = yaml_text(document, STR("author")),
        .level = yaml_text(document, STR("level")),
        .product = yaml_text(logsource, STR("product")),
        .category = yaml_text(logsource, STR("category")),
        .service = yaml_text(logsource, STR("service")),
        .document = document,
    };
    if (rule->title.len == 0) {
        return sigma_refuse(r, document, "the rule has no title");
    }
    if (logsource == NULL || logsource->kind != YAML_MAP) {
        return sigma_refuse(r, document, "the rule has no logsource");
    }
    if (detection == NULL || detection->kind != YAML_MAP) {
        return sigma_refuse(r, document, "the rule has no detection");
    }
    TRY(check_level(r, document));
    read_tags(r, document, rule);
    TRY(read_detection(r, detection, rule));
    return try_compile(r, detection, rule->when);
}

/* --- many rules --- */

struct collector {
    struct ctx *ctx;
    const struct sigma_options *options;
    struct sigma_rule *rules;
    size_t rule_count;
    size_t rule_capacity;
    struct correlation *correlations;
    size_t correlation_count;
    size_t correlation_capacity;
    struct sigma_problem *problems;
    size_t problem_count;
    size_t problem_capacity;
};

/* The newest failure, whose reason begins with "file:line: ". */
static void add_problem(struct collector *c, struct str file, uint32_t line)
{
    if (c->problem_count == c->problem_capacity) {
        const size_t grown = c->problem_capacity ? c->problem_capacity * 2 : 16;
        c->problems = arena_grow(c->ctx->arena, c->problems, c->problem_capacity * sizeof(*c->problems), grown * sizeof(*c->problems));
        c->problem_capacity = grown;
    }
    struct str reason = str_copy(c->ctx->arena, str_of(c->ctx->reason));
    int64_t reported = line;
    if (str_starts(reason, file) && str_starts(str_from(reason, file.len), STR(":"))) {
        struct str rest = STR_NONE;
        const struct str number = str_cut(str_from(reason, file.len + 1), ':', &rest);
        if (rest.ptr && str_to_int(number, &reported)) {
            reason = str_trim(rest);
        }
    }
    c->problems[c->problem_count++] = (struct sigma_problem){ file, (uint32_t)reported, reason };
}

static void collect_correlation(struct collector *c, const struct sigma_reader *reader, const struct yaml_node *document)
{
    struct correlation correlation;
    if (check_level(reader, document).fault || sigma_correlation(reader, document, &correlation).fault) {
        add_problem(c, reader->file, document->line);
        return;
    }
    if (c->correlation_count == c->correlation_capacity) {
        const size_t size = sizeof(*c->correlations);
        const size_t grown = c->correlation_capacity ? c->correlation_capacity * 2 : 16;
        c->correlations = arena_grow(c->ctx->arena, c->correlations, c->correlation_capacity * size, grown * size);
        c->correlation_capacity = grown;
    }
    c->correlations[c->correlation_count++] = correlation;
}

static void collect_text(struct collector *c, struct str file, struct str text)
{
    struct yaml_node *document = NULL;
    const struct sigma_reader reader = { c->ctx, file, c->options };
    if (yaml_parse(c->ctx, file, text, &document).fault) {
        add_problem(c, file, 1);
        return;
    }
    for (; document; document = document->next) {
        struct sigma_rule rule = { 0 };
        if (yaml_is_null(document)) {
            continue; /* an empty document, as after a closing --- */
        }
        if (yaml_get(document, STR("correlation"))) {
            collect_correlation(c, &reader, document);
            continue;
        }
        if (read_rule(&reader, document, &rule).fault) {
            add_problem(c, file, document->line);
            continue;
        }
        if (c->rule_count == c->rule_capacity) {
            const size_t grown = c->rule_capacity ? c->rule_capacity * 2 : 64;
            c->rules = arena_grow(c->ctx->arena, c->rules, c->rule_capacity * sizeof(*c->rules), grown * sizeof(*c->rules));
            c->rule_capacity = grown;
        }
        c->rules[c->rule_count++] = rule;
    }
}

static struct collector collector_of(struct ctx *ctx, const struct sigma_options *options)
{
    static const struct sigma_options none = { 0 };
    return (struct collector){ .ctx = ctx, .options = options ? options : &none };
}

static struct sigma_rules collected(const struct collector *c)
{
    return (struct sigma_rules){ c->rules, c->rule_count, c->correlations, c->correlation_count, c->problems, c->problem_count };
}

void match_sigma_parse(struct ctx *ctx, struct str file, struct str text, const struct sigma_options *options,
                       struct sigma_rules *out)
{
    struct collector c = collector_of(ctx, options);
    collect_text(&c, str_copy(ctx->arena, file), text);
    *out = collected(&c);
}

/* --- files --- */

static struct err read_file(struct ctx *ctx, const char *path, struct str *out)
{
    FILE *file = fopen(path, "rb");
    if (file == NULL) {
        return fail(ctx, &FAULT_IO, "%s: can't be opened", path);
    }
    char *bytes = memory_new((size_t)YAML_TEXT_MAX + 1);
    const size_t size = fread(bytes, 1, (size_t)YAML_TEXT_MAX + 1, file); /* a larger one is refused by yaml_parse */
    const bool failed = ferror(file) != 0;
    *out = str_copy(ctx->arena, (struct str){ bytes, size });
    fclose(file);
    memory_free(bytes);
    return failed ? fail(ctx, &FAULT_IO, "%s: can't be read", path) : ERR_OK;
}

struct paths {
    const char *list[FILES_MAX];
    size_t count;
};

static bool is_rule_file(struct str name)
{
    return str_ends(name, STR(".yml")) || str_ends(name, STR(".yaml"));
}

static void list_folder(struct ctx *ctx, const char *folder, struct paths *paths, int depth)
{
    DIR *directory = depth < FOLDER_DEPTH_MAX ? opendir(folder) : NULL;
    for (const struct dirent *entry = directory ? readdir(directory) : NULL; entry; entry = readdir(directory)) {
        struct stat info = { 0 };
        const char *path = str_format(ctx->arena, "%s/%s", folder, entry->d_name).ptr;
        if (entry->d_name[0] == '.' || stat(path, &info) != 0) {
            continue;
        }
        if (S_ISDIR(info.st_mode)) {
            list_folder(ctx, path, paths, depth + 1);
        } else if (S_ISREG(info.st_mode) && is_rule_file(str_of(path)) && paths->count < FILES_MAX) {
            paths->list[paths->count++] = path;
        }
    }
    if (directory) {
        closedir(directory);
    }
}

static int compare_paths(const void *a, const void *b)
{
    const char *const *x = a;
    const char *const *y = b;
    return strcmp(*x, *y);
}

static void collect_file(struct collector *c, const char *path)
{
    struct str text = STR_NONE;
    const struct str name = str_copy(c->ctx->arena, str_of(path));
    if (read_file(c->ctx, path, &text).fault) {
        add_problem(c, name, 1);
        return;
    }
    collect_text(c, name, text);
}

struct err match_sigma_load(struct ctx *ctx, const char *path, const struct sigma_options *options, struct sigma_rules *out)
{
    struct collector c = collector_of(ctx, options);
    struct stat info = { 0 };
    if (stat(path, &info) != 0) {
        return fail(ctx, &FAULT_IO, "%s: no such file or folder", path);
    }
    if (S_ISDIR(info.st_mode)) {
        struct paths *paths = memory_new(sizeof(*paths));
        list_folder(ctx, path, paths, 0);
        qsort(paths->list, paths->count, sizeof(paths->list[0]), compare_paths);
        for (size_t i = 0; i < paths->count; i++) {
            collect_file(&c, paths->list[i]);
        }
        memory_free(paths);
    } else {
        collect_file(&c, path);
    }
    *out = collected(&c);
    return ERR_OK;
}
