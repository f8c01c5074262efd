/* cbor_fuzz.c - arbitrary bytes as CBOR: passed over as any item, and read as a value of every kind. */
#include <stdlib.h>

#include "wire/cbor_codec.h"
#include "wire/sample_case.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool holds)
{
    if (!holds) {
        abort();
    }
}

static void skip(struct str bytes)
{
    struct cbor_reader r = { bytes, 0 };
    struct cbor_item item;
    while (cbor_next(&r, &item) && cbor_skip(&r, &item, 0)) {
        must(r.at <= bytes.len);
    }
    must(r.at <= bytes.len);
}

static struct str written(struct arena *arena, const struct sample *sample)
{
    struct text text = text_new(arena);
    cbor_write_structure(&text, &SAMPLE, sample, STR_NONE);
    return text_str(&text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct str bytes = { (const char *)data, size };
    struct arena *arena = arena_open();
    struct ctx ctx = ctx_new(arena, 0);
    struct decoder d = decoder_new(&ctx, &FAULT_INVALID);
    struct sample first = { 0 };
    struct sample second = { 0 };
    skip(bytes);
    if (cbor_read_structure(&d, &SAMPLE, &first, bytes).fault == NULL) {
        const struct str once = written(arena, &first);
        must(cbor_read_structure(&d, &SAMPLE, &second, once).fault == NULL);
        must(str_equal(written(arena, &second), once));
    }
    arena_close(arena);
    return 0;
}
