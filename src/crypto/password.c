#include "crypto/password.h"

#include <openssl/evp.h>

#include "crypto/equal.h"
#include "crypto/random.h"

enum { SALT_SIZE = 16, DIGEST_SIZE = 32, PASSWORD_MAX = 4096 };
enum { COST = 32768, BLOCK = 8, LANES = 1, MEMORY_MAX = 64 << 20 };

static const struct str SCHEME = STR_INIT("scrypt");

static bool derive(struct str password, const unsigned char salt[SALT_SIZE], unsigned char out[DIGEST_SIZE])
{
    return password.len <= PASSWORD_MAX
        && EVP_PBE_scrypt(password.len ? password.ptr : "", password.len, salt, SALT_SIZE, COST, BLOCK, LANES, MEMORY_MAX,
                          out, DIGEST_SIZE) == 1;
}

struct parts {
    unsigned char salt[SALT_SIZE];
    unsigned char digest[DIGEST_SIZE];
};

static bool read_parts(struct str hash, struct parts *out)
{
    struct str rest = hash;
    const struct str scheme = str_cut(rest, '$', &rest);
    const bool salted = str_unhex(str_cut(rest, '$', &rest), out->salt, SALT_SIZE);
    return str_equal(scheme, SCHEME) && salted && str_unhex(rest, out->digest, DIGEST_SIZE);
}

struct str password_hash_like(struct ctx *ctx, struct str password, struct str hash)
{
    struct parts parts = { { 0 }, { 0 } };
    if (!read_parts(hash, &parts)) {
        random_bytes(parts.salt, sizeof(parts.salt));
    }
    if (!derive(password, parts.salt, parts.digest)) {
        return STR(""); /* too long to be anyone's: matches nothing */
    }
    const struct str salt = str_hex(ctx->arena, parts.salt, SALT_SIZE);
    const struct str digest = str_hex(ctx->arena, parts.digest, DIGEST_SIZE);
    memory_wipe(&parts, sizeof(parts));
    return str_format(ctx->arena, "%" STR_FMT "$%" STR_FMT "$%" STR_FMT, STR_ARG(SCHEME), STR_ARG(salt), STR_ARG(digest));
}

struct str password_hash(struct ctx *ctx, struct str password)
{
    return password_hash_like(ctx, password, STR_NONE);
}

bool password_verify(struct str password, struct str hash)
{
    struct parts parts = { { 0 }, { 0 } };
    unsigned char digest[DIGEST_SIZE] = { 0 };
    if (!read_parts(hash, &parts) || !derive(password, parts.salt, digest)) {
        return false;
    }
    const bool same = crypto_equal((struct str){ (const char *)digest, sizeof(digest) },
                                   (struct str){ (const char *)parts.digest, sizeof(parts.digest) });
    memory_wipe(digest, sizeof(digest));
    return same;
}
