/* sigma_load.c - documents of files become rules, correlations and filters; what is wrong becomes a problem with its place. */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "match/correlation.h"
#include "match/sigma_parts.h"

enum { FOLDER_DEPTH_MAX = 16, FILES_MAX = 50000 };

/* A growing array in the arena. */
struct heap {
    void *items;
    size_t count;
    size_t capacity;
};

static void *heap_add(struct arena *arena, struct heap *heap, size_t size)
{
    if (heap->count == heap->capacity) {
        const size_t grown = heap->capacity ? heap->capacity * 2 : 16;
        heap->items = arena_grow(arena, heap->items, heap->capacity * size, grown * size);
        heap->capacity = grown;
    }
    return (char *)heap->items + heap->count++ * size;
}

struct collector {
    struct ctx *ctx;
    const struct sigma_options *options;
    struct heap rules, correlations, filters, problems;
};

/* The newest failure, whose reason begins with "file:line: ". */
static void add_problem(struct collector *c, struct str file, uint32_t line)
{
    struct str reason = str_copy(c->ctx->arena, str_of(c->ctx->reason));
    int64_t reported = line;
    if (str_starts(reason, file) && str_starts(str_from(reason, file.len), STR(":"))) {
        struct str rest = STR_NONE;
        const struct str number = str_cut(str_from(reason, file.len + 1), ':', &rest);
        if (rest.ptr && str_to_int(number, &reported)) {
            reason = str_trim(rest);
        }
    }
    struct sigma_problem *problem = heap_add(c->ctx->arena, &c->problems, sizeof(*problem));
    *problem = (struct sigma_problem){ file, (uint32_t)reported, reason };
}

static struct err collect_correlation(struct collector *c, const struct sigma_reader *r, const struct yaml_node *document)
{
    struct correlation correlation;
    TRY(sigma_level(r, document));
    TRY(sigma_correlation(r, document, &correlation));
    *(struct correlation *)heap_add(c->ctx->arena, &c->correlations, sizeof(correlation)) = correlation;
    return ERR_OK;
}

static struct err collect_filter(struct collector *c, const struct sigma_reader *r, const struct yaml_node *document)
{
    struct sigma_filter filter;
    TRY(sigma_filter(r, document, &filter));
    *(struct sigma_filter *)heap_add(c->ctx->arena, &c->filters, sizeof(filter)) = filter;
    return ERR_OK;
}

static struct err collect_rule(struct collector *c, const struct sigma_reader *r, const struct yaml_node *document)
{
    struct sigma_rule rule;
    TRY(sigma_rule(r, document, &rule));
    *(struct sigma_rule *)heap_add(c->ctx->arena, &c->rules, sizeof(rule)) = rule;
    return ERR_OK;
}

/* What documents of a file with `action` add to one another. */
struct collection {
    const struct yaml_node *global;   /* NULL: none */
    const struct yaml_node *previous; /* what `action: repeat` repeats */
};

/* The document as the collection has it; NULL when it only says something about others.
 * Assumption: as pySigma has it, what the global document says wins over the rule's own, and repeat over what it repeats. */
static struct err complete(const struct sigma_reader *r, struct collection *collection, const struct yaml_node *document,
                           const struct yaml_node **out)
{
    struct arena *arena = r->ctx->arena;
    const struct yaml_node *action = yaml_get(document, STR("action"));
    const struct yaml_node *own = action ? yaml_without(arena, document, STR("action")) : document;
    const struct str word = action && action->kind == YAML_SCALAR ? action->text : STR("");
    *out = NULL;
    if (action == NULL) {
        *out = collection->global ? yaml_merge(arena, own, collection->global) : own;
        collection->previous = *out;
    } else if (str_equal(word, STR("global"))) {
        collection->global = own;
        collection->previous = own;
    } else if (str_equal(word, STR("reset"))) {
        collection->global = NULL;
    } else if (str_equal(word, STR("repeat"))) {
        if (collection->previous == NULL) {
            return sigma_refuse(r, action, "there is no rule before it that could be repeated");
        }
        *out = yaml_merge(arena, collection->previous, own);
        collection->previous = *out;
    } else {
        return sigma_refuse(r, action, "the action must be global, reset or repeat");
    }
    return *out && (*out)->count > YAML_KEYS_MAX ? sigma_refuse(r, document, "too many keys in one mapping") : ERR_OK;
}

static struct err collect_document(struct collector *c, const struct sigma_reader *r, struct collection *collection,
                                   const struct yaml_node *document)
{
    const struct yaml_node *whole = NULL;
    if (document->kind != YAML_MAP) {
        return sigma_refuse(r, document, "a rule must be a mapping");
    }
    if (yaml_get(document, STR("correlation"))) {
        return collect_correlation(c, r, document);
    }
    if (yaml_get(document, STR("filter"))) {
        return collect_filter(c, r, document);
    }
    TRY(complete(r, collection, document, &whole));
    return whole ? collect_rule(c, r, whole) : ERR_OK;
}

static void collect_text(struct collector *c, struct str file, struct str text)
{
    struct yaml_node *document = NULL;
    struct collection collection = { NULL, NULL };
    const struct sigma_reader reader = { c->ctx, file, c->options };
    if (yaml_parse(c->ctx, file, text, &document).fault) {
        add_problem(c, file, 1);
        return;
    }
    for (; document; document = document->next) {
        /* An empty document stands after a closing ---. */
        if (!yaml_is_null(document) && collect_document(c, &reader, &collection, document).fault) {
            add_problem(c, file, document->line);
        }
    }
}

static struct collector collector_of(struct ctx *ctx, const struct sigma_options *options)
{
    static const struct sigma_options none = { 0 };
    return (struct collector){ .ctx = ctx, .options = options ? options : &none };
}

static struct sigma_rules collected(const struct collector *c)
{
    return (struct sigma_rules){
        .rules = c->rules.items, .count = c->rules.count,
        .correlations = c->correlations.items, .correlation_count = c->correlations.count,
        .filters = c->filters.items, .filter_count = c->filters.count,
        .problems = c->problems.items, .problem_count = c->problems.count,
    };
}

void match_sigma_parse(struct ctx *ctx, struct str file, struct str text, const struct sigma_options *options,
                       struct sigma_rules *out)
{
    struct collector c = collector_of(ctx, options);
    collect_text(&c, str_copy(ctx->arena, file), text);
    *out = collected(&c);
}

/* --- files --- */

struct err sigma_read_file(struct ctx *ctx, const char *path, struct str *out)
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
    if (sigma_read_file(c->ctx, path, &text).fault) {
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

static uint64_t stamp_file(struct ctx *ctx, const char *path)
{
    struct stat info = { 0 };
    if (stat(path, &info) != 0) {
        return str_hash(str_of(path));
    }
    return str_hash(str_format(ctx->arena, "%s %lld %lld %lld %lld", path, (long long)info.st_size, (long long)info.st_ino,
                               (long long)info.st_mtim.tv_sec, (long long)info.st_mtim.tv_nsec));
}

uint64_t match_sigma_stamp(struct ctx *ctx, const char *path)
{
    struct stat info = { 0 };
    uint64_t stamp = 0;
    if (stat(path, &info) != 0 || !S_ISDIR(info.st_mode)) {
        return stamp_file(ctx, path);
    }
    struct paths *paths = memory_new(sizeof(*paths));
    list_folder(ctx, path, paths, 0);
    for (size_t i = 0; i < paths->count; i++) {
        stamp += stamp_file(ctx, paths->list[i]) | 1; /* in whatever order they were listed */
    }
    memory_free(paths);
    return stamp;
}
