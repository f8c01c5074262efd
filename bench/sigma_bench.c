/* sigma_bench.c - Yagura's matcher alone over Sigma rules and CloudTrail in gzip, as the drivers of other engines do it.
 *
 *     sigma_bench RULES LOGS     prints "BYTES SECONDS MATCHES": of JSON, of the processor after the rules are loaded, and
 *                                pairs of rule and record */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "bench/corpus.h"
#include "ingest/documents.h"
#include "ingest/files.h"
#include "match/match.h"
#include "match/sigma.h"

enum { RULES_MAX = 8192 };

struct judge {
    struct match_set *set;
    struct projection *projection;
    struct scan *scan;
    struct match_scratch *scratch;
    uint32_t ids[RULES_MAX];
    size_t matches;
    uint64_t bytes;
};

static void stop(const char *what)
{
    fprintf(stderr, "sigma_bench: %s\n", what);
    exit(4);
}

static void take_document(void *self, struct str file, uint64_t offset, struct str text)
{
    (void)file;
    struct judge *j = self;
    size_t used = 0;
    if (!scan_document(j->scan, text, &used)) {
        stop("a record was refused");
    }
    j->matches += match_run(j->set, j->scratch, j->scan, j->ids, RULES_MAX);
    j->bytes = offset + text.len;
}

static void take_trouble(void *self, struct str file, uint64_t offset, const char *reason)
{
    (void)self, (void)file, (void)offset;
    stop(reason);
}

static void take_missing_file(void *self, const struct ingest_trouble *trouble)
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
    j->scan = scan_open(j->projection);
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
    const struct ingest_sink missing = { .trouble = take_missing_file };
    const struct str logs = str_of(argv[2]);
    const struct ingest_files files = ingest_files_find(arena, &logs, 1, &missing);
    const struct documents_sink sink = { &judge, take_document, take_trouble };
    struct inflate *in = inflate_open();
    uint64_t bytes = 0;
    const double start = corpus_seconds();
    for (size_t i = 0; i < files.count; i++) {
        const int fd = open(str_cstr(arena, files.list[i].path), O_RDONLY | O_CLOEXEC);
        if (fd < 0) {
            stop("a log can't be opened");
        }
        inflate_start(in, fd);
        documents_read(in, files.list[i].path, &sink);
        close(fd);
        bytes += judge.bytes;
    }
    printf("%ju %.6f %zu\n", (uintmax_t)bytes, corpus_seconds() - start, judge.matches);
    inflate_close(in);
    match_scratch_close(judge.scratch);
    scan_close(judge.scan);
    projection_free(judge.projection);
    match_set_free(judge.set);
    arena_close(arena);
    return 0;
}
