/* json_fuzz.c - arbitrary bytes as JSON: what parses is written and parsed again with the same result, and read as a value
 * of every kind. */
#include <stdlib.h>

#include "wire/codec.h"
#include "wire/sample_case.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool holds)
{
    if (!holds) {
        abort();
    }
}

static struct str written(struct arena *arena, const struct json *j)
{
    struct json_writer w = json_writer_new(arena);
    json_write_tree(&w, j);
    return json_done(&w);
}

static void tree(struct arena *arena, struct str bytes)
{
    struct json_error error = { 0, NULL };
    const struct json *j = json_parse(arena, bytes, &error);
    must((j == NULL) == (error.reason != NULL));
    must(error.offset <= bytes.len);
    if (j) {
        const struct str once = written(arena, j);
        const struct json *again = json_parse(arena, once, NULL);
        must(again != NULL && str_equal(written(arena, again), once));
    }
}

static void value(struct ctx *ctx, struct str bytes)
{
    void *sample = NULL;
    void *again = NULL;
    if (wire_json_read(ctx, &SAMPLE, bytes, &sample).fault == NULL) {
        struct json_writer first = json_writer_new(ctx->arena);
        struct json_writer second = json_writer_new(ctx->arena);
        wire_json_write(&first, &SAMPLE, sample);
        must(wire_json_read(ctx, &SAMPLE, json_done(&first), &again).fault == NULL);
        wire_json_write(&second, &SAMPLE, again);
        must(str_equal(json_done(&first), json_done(&second)));
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct str bytes = { (const char *)data, size };
    struct arena *arena = arena_open();
    struct ctx ctx = ctx_new(arena, 0);
    tree(arena, bytes);
    value(&ctx, bytes);
    arena_close(arena);
    return 0;
}
