/* pattern_bench.c - Yagura's matcher behind the protocol of bench/patterns.py.
 *
 *     pattern_bench PATTERNS EVENTS LIMIT
 *
 * PATTERNS has a line per pattern: set, number within the set and EventBridge pattern, between tabs. EVENTS is one JSON
 * object a line. Questions come on standard input: "count SET" answers how many events each pattern of the set holds for,
 * "time SET" the processor's seconds for the first LIMIT events and how many pairs were found. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/scan.h"
#include "bench/corpus.h"
#include "match/eventbridge.h"
#include "match/match.h"

enum { RULES_MAX = 8192, QUESTION_MAX = 256 };

struct events {
    struct str text;
    size_t *starts;
    size_t count;
};

struct engine {
    struct arena *arena;
    char name[QUESTION_MAX];
    struct match_set *set;
    struct projection *projection;
    size_t rules;
};

static void stop(const char *what)
{
    fprintf(stderr, "pattern_bench: %s\n", what);
    exit(4);
}

static struct str read_all(struct arena *arena, const char *path)
{
    FILE *file = fopen(path, "rb");
    if (file == NULL || fseek(file, 0, SEEK_END) != 0) {
        stop(path);
    }
    const size_t size = (size_t)ftell(file);
    char *bytes = arena_alloc(arena, size + 1);
    rewind(file);
    if (fread(bytes, 1, size, file) != size || fclose(file) != 0) {
        stop(path);
    }
    return (struct str){ bytes, size };
}

static struct str take_to(struct str *rest, char end)
{
    const char *at = rest->len ? memchr(rest->ptr, end, rest->len) : NULL;
    const size_t len = at ? (size_t)(at - rest->ptr) : rest->len;
    const struct str taken = str_slice(*rest, 0, len);
    *rest = str_from(*rest, at ? len + 1 : len);
    return taken;
}

static struct events split(struct arena *arena, struct str text)
{
    struct events events = { .text = text, .starts = ARENA_ARRAY(arena, size_t, text.len / 64 + 16) };
    for (struct str rest = text; rest.len > 0;) {
        const size_t start = (size_t)(rest.ptr - text.ptr);
        if (take_to(&rest, '\n').len > 0) {
            events.starts[events.count++] = start;
        }
    }
    return events;
}

/* NULL, or why the set can't be. */
static const char *engine_open(struct engine *e, struct str patterns, const char *name)
{
    struct match_builder *builder = match_builder_open();
    struct projection_builder *paths = projection_begin();
    e->arena = arena_open();
    struct ctx ctx = ctx_new(e->arena, 0);
    e->rules = 0;
    for (struct str rest = patterns; rest.len > 0;) {
        struct str line = take_to(&rest, '\n');
        if (!str_equal(take_to(&line, '\t'), str_of(name))) {
            continue;
        }
        take_to(&line, '\t');
        const struct predicate *predicate = NULL;
        if (eventbridge_parse(&ctx, line, &predicate, NULL).fault
            || match_builder_add(&ctx, builder, (uint32_t)e->rules++, predicate).fault) {
            return str_cstr(e->arena, str_of(ctx.reason));
        }
    }
    if (match_compile(&ctx, builder, paths, &e->set).fault) {
        return str_cstr(e->arena, str_of(ctx.reason));
    }
    e->projection = projection_end(paths);
    snprintf(e->name, sizeof(e->name), "%s", name);
    return NULL;
}

static void engine_close(struct engine *e)
{
    if (e->set) {
        match_set_free(e->set);
        projection_free(e->projection);
        arena_close(e->arena);
    }
    *e = (struct engine){ 0 };
}

static size_t run(const struct engine *e, const struct events *events, size_t limit, size_t *counts)
{
    static uint32_t ids[RULES_MAX];
    struct scan *scan = scan_open(e->projection);
    struct match_scratch *scratch = match_scratch_open();
    size_t pairs = 0, used = 0;
    scan_block(scan, events->text);
    for (size_t i = 0; i < events->count && i < limit; i++) {
        if (!scan_next(scan, events->starts[i], &used)) {
            stop("an event was refused");
        }
        const size_t found = match_run(e->set, scratch, scan, ids, RULES_MAX);
        pairs += found;
        for (size_t k = 0; counts && k < found; k++) {
            counts[ids[k]]++;
        }
    }
    match_scratch_close(scratch);
    scan_close(scan);
    return pairs;
}

static void answer(const struct engine *e, const struct events *events, bool count, size_t limit)
{
    static size_t counts[RULES_MAX];
    if (!count) {
        const double start = corpus_seconds();
        const size_t pairs = run(e, events, limit, NULL);
        printf("%.9f %zu\n", corpus_seconds() - start, pairs);
        return;
    }
    memset(counts, 0, sizeof(counts));
    run(e, events, events->count, counts);
    for (size_t i = 0; i < e->rules; i++) {
        printf("%zu%c", counts[i], i + 1 < e->rules ? ' ' : '\n');
    }
}

int main(int argc, char **argv)
{
    if (argc != 4) {
        fputs("usage: pattern_bench PATTERNS EVENTS LIMIT\n", stderr);
        return 2;
    }
    struct arena *arena = arena_open();
    const struct str patterns = read_all(arena, argv[1]);
    const struct events events = split(arena, read_all(arena, argv[2]));
    const size_t limit = (size_t)strtoul(argv[3], NULL, 10);
    struct engine engine = { 0 };
    char question[QUESTION_MAX];
    while (fgets(question, sizeof(question), stdin)) {
        question[strcspn(question, "\n")] = '\0';
        const char *name = strchr(question, ' ');
        if (name == NULL) {
            stop("a question is QUESTION SET");
        }
        const char *trouble = NULL;
        if (strcmp(engine.name, name + 1) != 0) {
            engine_close(&engine);
            trouble = engine_open(&engine, patterns, name + 1);
        }
        if (trouble) {
            printf("unsupported %s\n", trouble);
        } else {
            answer(&engine, &events, strncasecmp(question, "count", 5) == 0, limit);
        }
        fflush(stdout);
    }
    engine_close(&engine);
    arena_close(arena);
    return 0;
}
