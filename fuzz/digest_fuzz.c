/* A digest and its key, as a stranger's bucket may hold them. */
#include "svc/cloudtrail/digest.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *arena = arena_open();
    const struct str input = { (const char *)data, size };
    struct digest_doc doc;
    struct digest_name name;
    if (digest_read(arena, input, &doc) == NULL) {
        digest_message(arena, &doc, STR("00"));
    }
    digest_name_read(input, &name);
    arena_close(arena);
    return 0;
}
