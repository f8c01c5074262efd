#include "crypto/password.h"

#include <openssl/evp.h>

#include "crypto/equal.h"
#include "crypto/random.h"

enum { ROUNDS = 600000, ROUNDS_MAX = 10000000, SALT_SIZE = 16, DIGEST_SIZE = 32, PASSWORD_MAX = 4096 };

static const struct str SCHEME = STR_INIT("pbkdf2-sha256");

static bool derive(struct str password, const unsigned char salt[SALT_SIZE], int rounds, unsigned char out[DIGEST_SIZE])
{
    return password.len <= PASSWORD_MAX
        && PKCS5_PBKDF2_HMAC(password.len ? password.ptr : "", (int)password.len, salt, SALT_SIZE, rounds, EVP_sha256(),
                             DIGEST_SIZE, out) == 1;
}

struct parts {
    int rounds;
    unsigned char salt[SALT_SIZE];
    unsigned char digest[DIGEST_SIZE];
};

static bool read_parts(struct str hash, struct parts *out)
{
    int64_t rounds = 0;
    struct str rest = hash;
    const struct str scheme = str_cut(rest, '$', &rest);
    const bool counted = str_to_int(str_cut(rest, '$', &rest), &rounds);
    const bool salted = str_unhex(str_cut(rest, '$', &rest), out->salt, SALT_SIZE);
    out->rounds = rounds < 1 || rounds > ROUNDS_MAX ? 0 : (int)rounds;
    return str_equal(scheme, SCHEME) && counted && out->rounds > 0 && salted && str_unhex(rest, out->digest, DIGEST_SIZE);
}

struct str password_hash_like(struct ctx *ctx, struct str password, struct str hash)
{
    struct parts parts = { .rounds = ROUNDS };
    if (!read_parts(hash, &parts)) {
        parts.rounds = ROUNDS;
        random_bytes(parts.salt, sizeof(parts.salt));
    }
    if (!derive(password, parts.salt, parts.rounds, parts.digest)) {
        return STR(""); /* too long to be anyone's: matches nothing */
    }
    const struct str salt = str_hex(ctx->arena, parts.salt, SALT_SIZE);
    const struct str digest = str_hex(ctx->arena, parts.digest, DIGEST_SIZE);
    const int rounds = parts.rounds;
    memory_wipe(&parts, sizeof(parts));
    return str_format(ctx->arena, "%" STR_FMT "$%d$%" STR_FMT "$%" STR_FMT, STR_ARG(SCHEME), rounds, STR_ARG(salt),
                      STR_ARG(digest));
}

struct str password_hash(struct ctx *ctx, struct str password)
{
    return password_hash_like(ctx, password, STR_NONE);
}

bool password_verify(struct str password, struct str hash)
{
    struct parts parts = { .rounds = 0 };
    unsigned char digest[DIGEST_SIZE] = { 0 };
    if (!read_parts(hash, &parts) || !derive(password, parts.salt, parts.rounds, digest)) {
        return false;
    }
    const bool same = crypto_equal((struct str){ (const char *)digest, sizeof(digest) },
                                   (struct str){ (const char *)parts.digest, sizeof(parts.digest) });
    memory_wipe(digest, sizeof(digest));
    return same;
}
