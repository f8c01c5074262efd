/* form_data_fuzz.c - arbitrary bytes as a posted form, its boundary in the first line: what comes out lies within the body. */
#include <stdlib.h>

#include "wire/form_data.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must_lie_in(struct str body, struct str piece)
{
    if (piece.ptr && (piece.ptr < body.ptr || piece.ptr + piece.len > body.ptr + body.len)) {
        abort();
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct str body = STR_NONE;
    const struct str type = str_cut((struct str){ (const char *)data, size }, '\n', &body);
    struct arena *arena = arena_open();
    struct form_data form;
    if (body.ptr && form_data_read(arena, type, body, &form) == FORM_DATA_FINE) {
        for (size_t i = 0; i < form.count; i++) {
            must_lie_in(body, form.fields[i].value);
        }
        must_lie_in(body, form.file);
    }
    arena_close(arena);
    return 0;
}
