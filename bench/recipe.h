/* recipe.h - what the benches of logs share: turns that alternate between a plain recipe in C and the reader, over text and
 * over the same text in gzip, whose sums must agree.
 *
 * Prints a line for each: name, median seconds, bytes, lines, between tabs. */
#ifndef YAGURA_BENCH_RECIPE_H
#define YAGURA_BENCH_RECIPE_H

#include <libdeflate.h>
#include <stdio.h>
#include <stdlib.h>

#include "bench/corpus.h"
#include "ingest/reader.h"

enum { RECIPE_TURNS = 5, RECIPE_FILES_MAX = 4096, RECIPE_FILE_BYTES = 1 << 20 };

struct recipe {
    struct str text;
    size_t lines;
    void (*by_hand)(struct str text);
    uint64_t (*checksum)(void); /* of what was kept, which it clears */
    struct ingest_sink sink;    /* keeps the same */
};

struct recipe_files {
    struct str gz[RECIPE_FILES_MAX];
    size_t count;
};

static inline int recipe_compare(const void *a, const void *b)
{
    const double x = *(const double *)a;
    const double y = *(const double *)b;
    return (x > y) - (x < y);
}

/* Files of about a megabyte, as AWS delivers them. */
static inline struct recipe_files recipe_pack(struct arena *arena, struct str text)
{
    struct recipe_files files = { .count = 0 };
    struct libdeflate_compressor *compressor = libdeflate_alloc_compressor(6);
    while (text.len > 0 && files.count < RECIPE_FILES_MAX) {
        size_t size = text.len < RECIPE_FILE_BYTES ? text.len : RECIPE_FILE_BYTES;
        while (size < text.len && text.ptr[size - 1] != '\n') {
            size++;
        }
        const size_t most = libdeflate_gzip_compress_bound(compressor, size);
        char *out = arena_alloc(arena, most);
        files.gz[files.count++] = (struct str){ out, libdeflate_gzip_compress(compressor, text.ptr, size, out, most) };
        text = str_from(text, size);
    }
    libdeflate_free_compressor(compressor);
    return files;
}

static inline void recipe_expect(uint64_t sum, uint64_t expected)
{
    if (sum != expected) {
        fputs("the reader's sums differ from the recipe's\n", stderr);
        exit(4);
    }
}

static inline void recipe_inflate(const struct recipe *r, const struct recipe_files *files, char *out, size_t most, bool judge)
{
    struct libdeflate_decompressor *decompressor = libdeflate_alloc_decompressor();
    for (size_t i = 0; i < files->count; i++) {
        size_t made = 0;
        if (libdeflate_gzip_decompress(decompressor, files->gz[i].ptr, files->gz[i].len, out, most, &made) != LIBDEFLATE_SUCCESS) {
            exit(4);
        }
        if (judge) {
            r->by_hand((struct str){ out, made });
        }
    }
    libdeflate_free_decompressor(decompressor);
}

static inline void recipe_read(struct reader *reader, const struct recipe *r, const struct recipe_files *files, struct inflate *in)
{
    for (size_t i = 0; i < files->count; i++) {
        inflate_start_bytes(in, files->gz[i]);
        reader_read(reader, STR("bench"), in, &r->sink);
    }
}

static inline void recipe_report(const char *name, double *seconds, const struct recipe *r)
{
    qsort(seconds, RECIPE_TURNS, sizeof(*seconds), recipe_compare);
    printf("%s\t%.6f\t%zu\t%zu\n", name, seconds[RECIPE_TURNS / 2], r->text.len, r->lines);
}

static inline void recipe_write(const struct recipe_files *files, const char *folder)
{
    for (size_t i = 0; i < files->count; i++) {
        char path[4096];
        snprintf(path, sizeof(path), "%s/%04zu.log.gz", folder, i);
        FILE *file = fopen(path, "wb");
        if (file == NULL || fwrite(files->gz[i].ptr, 1, files->gz[i].len, file) != files->gz[i].len || fclose(file) != 0) {
            perror(path);
            exit(4);
        }
    }
}

static inline void recipe_run(struct arena *arena, const struct recipe *r, const struct recipe_files *files)
{
    static double hand[RECIPE_TURNS], read[RECIPE_TURNS], inflated[RECIPE_TURNS], floor[RECIPE_TURNS], packed[RECIPE_TURNS];
    struct projection_builder *builder = projection_begin();
    const struct reader_fields fields = reader_project(builder);
    struct projection *projection = projection_end(builder);
    struct inflate *in = inflate_open();
    const size_t most = 2 * (size_t)RECIPE_FILE_BYTES;
    char *out = arena_alloc(arena, most);
    for (int turn = 0; turn < RECIPE_TURNS; turn++) {
        double start = corpus_seconds();
        r->by_hand(r->text);
        hand[turn] = corpus_seconds() - start;
        const uint64_t expected = r->checksum();
        struct reader *reader = reader_open(&fields, projection); /* a fresh one each time: it knows repeated records */
        start = corpus_seconds();
        reader_read_text(reader, STR("bench"), r->text, &r->sink);
        read[turn] = corpus_seconds() - start;
        recipe_expect(r->checksum(), expected);
        reader_close(reader);
        start = corpus_seconds();
        recipe_inflate(r, files, out, most, false);
        inflated[turn] = corpus_seconds() - start;
        start = corpus_seconds();
        recipe_inflate(r, files, out, most, true);
        floor[turn] = corpus_seconds() - start;
        recipe_expect(r->checksum(), expected);
        reader = reader_open(&fields, projection);
        start = corpus_seconds();
        recipe_read(reader, r, files, in);
        packed[turn] = corpus_seconds() - start;
        recipe_expect(r->checksum(), expected);
        reader_close(reader);
    }
    inflate_close(in);
    projection_free(projection);
    recipe_report("recipe, text", hand, r);
    recipe_report("reader, text", read, r);
    recipe_report("inflation alone", inflated, r);
    recipe_report("recipe, gz", floor, r);
    recipe_report("reader, gz", packed, r);
}

static inline void recipe_trouble(void *self, const struct ingest_trouble *trouble)
{
    (void)self;
    fprintf(stderr, "at %ju: %s\n", (uintmax_t)trouble->offset, trouble->reason);
    exit(4);
}

#endif
