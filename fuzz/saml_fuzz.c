/* saml_fuzz.c - arbitrary bytes as a SAML response, and as a provider's metadata. */
#include <stdlib.h>

#include "svc/sts/saml.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct str bytes = { (const char *)data, size };
    struct arena *arena = arena_open();
    struct saml_provider provider = { .certificate_count = 0 };
    struct xml *assertion = NULL;
    if (saml_verify(arena, bytes, &provider, &assertion) == NULL) {
        abort(); /* nobody may sign */
    }
    saml_status(arena, bytes);
    saml_provider_read(arena, bytes, &provider);
    const struct xml *any = xml_parse(arena, bytes, NULL);
    struct str values[4];
    if (any && saml_values(any, "Role", values, 4) > 4) {
        abort();
    }
    arena_close(arena);
    return 0;
}
