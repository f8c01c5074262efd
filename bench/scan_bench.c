/* scan_bench.c - the scanner alone: 12 and 16 CloudTrail fields, record by record and over a block.
 *
 *     build/release/bench/scan_bench [megabytes] [--write FILE | --lines | --fields N]
 *
 * Prints medians of five. --write keeps the corpus for bench/simdjson_bench.cc, which reads the same fields; --lines only
 * prints its records, one a line; --fields reads N fields of a block, and again, and prints "BYTES SECONDS" of the second time. */
#include <stdio.h>
#include <stdlib.h>

#include "base/scan.h"
#include "base/scan_bits.h"
#include "bench/corpus.h"

enum { TURNS = 5 };

static int compare_doubles(const void *a, const void *b)
{
    const double x = *(const double *)a;
    const double y = *(const double *)b;
    return (x > y) - (x < y);
}

static size_t checksum;

static void touch(const struct scan *scan, size_t fields)
{
    for (uint16_t i = 0; i < fields; i++) {
        checksum += scan_get(scan, i)->len;
    }
}

static double run(struct scan *scan, const struct corpus *corpus, size_t fields, bool block)
{
    const double start = corpus_seconds();
    size_t used = 0;
    if (block) {
        scan_block(scan, corpus->text);
    }
    for (size_t i = 0; i < corpus->count; i++) {
        const bool good = block ? scan_next(scan, corpus->starts[i], &used)
                                : scan_document(scan, str_from(corpus->text, corpus->starts[i]), &used);
        if (!good) {
            fprintf(stderr, "record %zu was refused\n", i);
            exit(4);
        }
        touch(scan, fields);
    }
    return corpus_seconds() - start;
}

static void report(const char *name, double *seconds, const struct corpus *corpus)
{
    qsort(seconds, TURNS, sizeof(*seconds), compare_doubles);
    const double median = seconds[TURNS / 2];
    printf("%-34s %6.2f GB/s %8.3f M records/s\n", name, (double)corpus->text.len / median / 1e9,
           (double)corpus->count / median / 1e6);
}

static struct projection *project(size_t fields)
{
    struct projection_builder *builder = projection_begin();
    for (size_t i = 0; i < fields && i < COUNT_OF(CORPUS_FIELDS); i++) {
        projection_slot(builder, str_of(CORPUS_FIELDS[i]));
    }
    return projection_end(builder);
}

static int time_fields(const struct corpus *corpus, size_t fields)
{
    struct projection *projection = project(fields);
    struct scan *scan = scan_open(projection);
    run(scan, corpus, fields, true);
    printf("%zu %.6f\n", corpus->text.len, run(scan, corpus, fields, true));
    fprintf(stderr, "(%zu)\n", checksum);
    scan_close(scan);
    projection_free(projection);
    return 0;
}

static void bench_fields(const struct corpus *corpus, size_t fields)
{
    struct projection *projection = project(fields);
    struct scan *scan = scan_open(projection);
    double each[TURNS], block[TURNS];
    for (int turn = 0; turn < TURNS; turn++) {
        each[turn] = run(scan, corpus, fields, false);
        block[turn] = run(scan, corpus, fields, true);
    }
    char name[64];
    snprintf(name, sizeof(name), "%zu fields, scan_document", fields);
    report(name, each, corpus);
    snprintf(name, sizeof(name), "%zu fields, scan_block", fields);
    report(name, block, corpus);
    scan_close(scan);
    projection_free(projection);
}

static void bench_index(const struct corpus *corpus, scan_indexer *make, const char *name)
{
    enum { WORDS = 128 };
    static struct scan_bits bits[WORDS];
    static uint32_t ranks[WORDS], places[WORDS * 64 + SCAN_PLACES_SLACK];
    double seconds[TURNS];
    for (int turn = 0; turn < TURNS; turn++) {
        const double start = corpus_seconds();
        struct scan_carry carry = { 0, 0 };
        for (size_t at = 0; at + WORDS * 64 <= corpus->text.len; at += WORDS * 64) {
            struct scan_index index = { .bits = bits, .ranks = ranks, .places = places };
            make(corpus->text.ptr + at, WORDS, &carry, &index);
            checksum += index.place_count;
        }
        seconds[turn] = corpus_seconds() - start;
    }
    report(name, seconds, corpus);
}

static int print_lines(const struct corpus *corpus)
{
    for (size_t i = 0; i < corpus->count; i++) {
        const size_t end = i + 1 < corpus->count ? corpus->starts[i + 1] - 1 : corpus->text.len - 2;
        fwrite(corpus->text.ptr + corpus->starts[i], 1, end - corpus->starts[i], stdout);
        putchar('\n');
    }
    return 0;
}

int main(int argc, char **argv)
{
    struct arena *arena = arena_open();
    const size_t megabytes = argc > 1 ? (size_t)strtoul(argv[1], NULL, 10) : 32;
    const struct corpus corpus = corpus_make(arena, megabytes << 20);
    if (argc > 2 && strcmp(argv[2], "--lines") == 0) {
        return print_lines(&corpus);
    }
    if (argc > 3 && strcmp(argv[2], "--fields") == 0) {
        return time_fields(&corpus, (size_t)strtoul(argv[3], NULL, 10));
    }
    printf("%zu records, %.0f bytes each\n", corpus.count, (double)corpus.text.len / (double)corpus.count);
    if (argc > 3 && strcmp(argv[2], "--write") == 0) {
        FILE *file = fopen(argv[3], "wb");
        if (file == NULL || fwrite(corpus.text.ptr, 1, corpus.text.len, file) != corpus.text.len || fclose(file) != 0) {
            fprintf(stderr, "%s can't be written\n", argv[3]);
            return 4;
        }
    }
    bench_index(&corpus, scan_index_portable, "index alone, portable");
#if HAVE_X86_VECTORS
    bench_index(&corpus, scan_index_sse2, "index alone, SSE2");
    if (scan_has_avx2()) {
        bench_index(&corpus, scan_index_avx2, "index alone, AVX2");
    }
#endif
    bench_index(&corpus, scan_code_choose().index, "index alone, chosen");
    bench_fields(&corpus, 12);
    bench_fields(&corpus, 16);
    printf("(%zu)\n", checksum);
    arena_close(arena);
    return 0;
}
