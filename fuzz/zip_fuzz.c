/* Any bytes as an archive: whatever opens must be readable within its own word. */
#include <stdint.h>

#include "base/zip.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *arena = arena_open();
    struct ctx ctx = ctx_new(arena, 0);
    struct zip zip = { 0 };
    if (zip_open(&ctx, (struct str){ (const char *)data, size }, 1 << 20, &zip).fault == NULL) {
        for (size_t i = 0; i < zip.count && i < 16; i++) {
            (void)zip_read(&zip.entries[i], arena_alloc(arena, zip.entries[i].size + 1));
        }
    }
    arena_close(arena);
    return 0;
}
