/* sigma_bench.c - Yagura's reader and matcher alone over Sigma rules and CloudTrail in gzip, as the drivers of other engines
 * do it.
 *
 *     sigma_bench RULES LOGS     prints "BYTES SECONDS MATCHES": of JSON, of the processor after the rules are loaded, and
 *                                pairs of rule and record */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "bench/corpus.h"
#include "ingest/files.h"
#include "ingest/reader.h"
#include "match/match.h"
#include "match/sigma.h"

enum { RULES_MAX = 8192 };

struct judge {
    struct match_set *set;
    struct projection *projection;
    struct reader_fields fields;
    struct match_scratch *scratch;
    uint32_t ids[RULES_MAX];
    size_t matches;
};

static void stop(const char *what)
{
    fprintf(stderr, "sigma_bench: %s\n", what);
    exit(4);
}

static void take_event(void *self, const struct event *ev)
{
    struct judge *j = self;
    j->matches += match_run(j->set, j->scratch, ev->scan, j->ids, RULES_MAX);
}

static void take_trouble(void *self, const struct ingest_trouble *trouble)
{
    (void)self;
    stop(trouble->reason);
}

static void load(struct arena *arena, const char *path, struct judge *j)
{
    struct ctx ctx = ctx_new(arena, 0);
    struct sigma_rules rules = { 0 };
    struct match_builder *builder = match_builder_open();
    struct projection_builder *paths = projection_begin();
    j->fields = reader_project(paths);
    if (match_sigma_load(&ctx, path, NULL, &rules).fault || rules.problem_count > 0 || rules.count > RULES_MAX) {
        stop("the rules can't be loaded");
    }
    for (uint32_t i = 0; i < rules.count; i++) {
        if (match_builder_add(&ctx, builder, i, rules.rules[i].when).fault) {
            stop(ctx.reason);
        }
    }
    if (match_compile(&ctx, builder, paths, &j->set).fault) {
        stop(ctx.reason);
    }
    j->projection = projection_end(paths);
    j->scratch = match_scratch_open();
}

int main(int argc, char **argv)
{
    static struct judge judge;
    if (argc != 3) {
        fputs("usage: sigma_bench RULES LOGS\n", stderr);
        return 2;
    }
    struct arena *arena = arena_open();
    load(arena, argv[1], &judge);
    const struct ingest_sink sink = { .self = &judge, .event = take_event, .trouble = take_trouble };
    const struct str logs = str_of(argv[2]);
    const struct ingest_files files = ingest_files_find(arena, &logs, 1, &sink);
    struct reader *reader = reader_open(&judge.fields, judge.projection);
    struct inflate *in = inflate_open();
    const double start = corpus_seconds();
    for (size_t i = 0; i < files.count; i++) {
        const int fd = open(str_cstr(arena, files.list[i].path), O_RDONLY | O_CLOEXEC);
        if (fd < 0) {
            stop("a log can't be opened");
        }
        inflate_start(in, fd);
        reader_read(reader, files.list[i].path, in, &sink);
        close(fd);
    }
    printf("%ju %.6f %zu\n", (uintmax_t)reader_counts(reader).bytes, corpus_seconds() - start, judge.matches);
    reader_close(reader);
    inflate_close(in);
    match_scratch_close(judge.scratch);
    projection_free(judge.projection);
    match_set_free(judge.set);
    arena_close(arena);
    return 0;
}
