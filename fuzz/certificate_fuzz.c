/* certificate_fuzz.c - certificates, chains, keys and SSH's public keys of strangers. What is read as an SSH key reads the
 * same once we have written it. */
#include <stdlib.h>

#include "crypto/certificate.h"
#include "svc/iam/ssh_public_key.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool holds)
{
    if (!holds) {
        abort();
    }
}

static void read_ssh(struct arena *arena, struct str text)
{
    struct ssh_public_key key = { STR_NONE, STR_NONE };
    struct ssh_public_key again = { STR_NONE, STR_NONE };
    if (ssh_public_key_read(arena, text, &key) != SSH_KEY_GOOD) {
        return;
    }
    must(ssh_public_key_fingerprint(arena, &key).len == 47);
    must(ssh_public_key_read(arena, ssh_public_key_line(arena, &key), &again) == SSH_KEY_GOOD);
    must(str_equal(key.modulus, again.modulus) && str_equal(key.exponent, again.exponent));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *arena = arena_open();
    const struct str text = { (const char *)data, size };
    struct certificate certificate = { .not_after_ms = 0 };
    if (certificate_read(arena, text, &certificate)) {
        must(certificate.fingerprint.len == 64);
        certificate_match_key(text, text);
    }
    certificate_check_chain(text, text);
    certificate_is_private_key(text);
    read_ssh(arena, text);
    arena_close(arena);
    return 0;
}
