/* kms_blob_fuzz.c - arbitrary bytes as a ciphertext blob: what is taken apart names a key, an account and material, and never
 * opens. */
#include <stdlib.h>

#include "svc/kms/blob.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool holds)
{
    if (!holds) {
        abort();
    }
}

/* Written anew from its names, the head is the same. */
static void check_head(struct arena *arena, const struct blob *blob)
{
    struct str again = STR_NONE;
    kms_blob_begin(arena, blob, 0, &again);
    must(str_equal(str_slice(again, 0, BLOB_HEAD), blob->head));
}

static void check(struct arena *arena, const struct aead *aead, struct str bytes)
{
    struct blob blob = { .key = STR_NONE };
    if (!kms_blob_read(arena, bytes, &blob)) {
        return;
    }
    must(blob.key.len == 36 && blob.material.len == 64 && blob.account.len >= 12 && blob.sealed.len >= AEAD_TAG_SIZE);
    if (blob.account.len == 12) {
        check_head(arena, &blob);
    }
    unsigned char *plain = arena_alloc(arena, blob.sealed.len);
    const struct str bound = kms_blob_bound(arena, blob.head, STR(""));
    must(!aead_unseal(aead, (const unsigned char *)blob.nonce.ptr, bound, blob.sealed, plain));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const unsigned char key[AEAD_KEY_SIZE] = { 7 };
    struct aead *aead = aead_open(key);
    struct arena *arena = arena_open();
    check(arena, aead, (struct str){ (const char *)data, size });
    arena_close(arena);
    aead_close(aead);
    return 0;
}
