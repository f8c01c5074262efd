/* documents_fuzz.c - any bytes as an input of JSON objects: each one handed out lies where it says and is whole by its
 * brackets; whatever the shape, none overlaps the one before. */
#include <stdlib.h>

#include "ingest/documents.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct seen {
    struct str all;
    uint64_t behind; /* the last object */
    bool plain;      /* not compressed: offsets are those of the input */
};

static void take_document(void *self, struct str file, uint64_t offset, struct str text)
{
    struct seen *seen = self;
    (void)file;
    const char last = text.len > 1 ? text.ptr[text.len - 1] : '\0'; /* kinds of brackets are not told apart */
    if (text.ptr[0] != '{' || (last != '}' && last != ']') || offset < seen->behind) {
        abort();
    }
    if (seen->plain && (offset + text.len > seen->all.len || memcmp(seen->all.ptr + offset, text.ptr, text.len) != 0)) {
        abort();
    }
    seen->behind = offset + text.len;
}

static void take_trouble(void *self, struct str file, uint64_t offset, const char *reason)
{
    (void)self;
    (void)file;
    (void)offset;
    if (reason == NULL || reason[0] == '\0') {
        abort();
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct inflate *in = inflate_open();
    struct seen seen = { .all = { (const char *)data, size } };
    seen.plain = size > 0 && (data[0] == '{' || data[0] == '[' || data[0] == ' ');
    inflate_start_bytes(in, seen.all);
    documents_read(in, STR("f"), &(struct documents_sink){ &seen, take_document, take_trouble });
    inflate_close(in);
    return 0;
}
