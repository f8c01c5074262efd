/* canonical_xml_fuzz.c - arbitrary bytes as a document: its one spelling spells itself. */
#include <stdlib.h>

#include "wire/canonical_xml.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct str bytes = { (const char *)data, size };
    const struct canonical_wish wish = { .id = STR("i"), .part = CANONICAL_ELEMENT };
    const struct canonical_wish info = { .id = STR("i"), .part = CANONICAL_SIGNED_INFO, .inclusive = STR("p #default") };
    struct arena *arena = arena_open();
    struct str once = STR_NONE;
    struct str twice = STR_NONE;
    if (canonical_xml(arena, bytes, &wish, &once) == NULL) {
        if (canonical_xml(arena, once, &wish, &twice) || !str_equal(once, twice)) {
            abort();
        }
    }
    canonical_xml(arena, bytes, &info, &once);
    arena_close(arena);
    return 0;
}
