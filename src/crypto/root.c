#include "crypto/root.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/evp.h>
#include <sys/stat.h>
#include <unistd.h>

#include "crypto/hmac.h"
#include "crypto/random.h"
#include "crypto/secret.h"

enum {
    SALT_SIZE = 16, HEAD_SIZE = 5 + SALT_SIZE, WRAPPED_SIZE = HEAD_SIZE + AEAD_NONCE_SIZE + VAULT_KEY_SIZE + AEAD_TAG_SIZE,
    SECRET_MAX = 4096, CREDENTIAL_MIN = 32, SCRYPT_N = 1 << 16, SCRYPT_R = 8, SCRYPT_P = 1, SCRYPT_MEMORY = 1 << 28
};

static const struct str MAGIC = STR_INIT("YGR1");

struct err root_source_read(struct ctx *ctx, struct str text, struct str credentials, struct root_source *out)
{
    *out = (struct root_source){ .kind = ROOT_FILE };
    if (text.ptr == NULL || str_equal(text, STR("file"))) {
        return ERR_OK;
    }
    if (str_starts(text, STR("passphrase:"))) {
        out->kind = ROOT_PASSPHRASE;
        out->path = str_from(text, 11);
        return ERR_OK;
    }
    if (str_starts(text, STR("credential:"))) {
        const struct str name = str_from(text, 11);
        if (credentials.ptr == NULL || str_find(name, '/') != STR_MISSING) {
            return fail(ctx, &FAULT_INVALID, "--root-key credential:NAME needs $CREDENTIALS_DIRECTORY, which systemd sets"
                        " (LoadCredential=NAME:PATH)");
        }
        out->kind = ROOT_CREDENTIAL;
        out->path = str_format(ctx->arena, "%" STR_FMT "/%" STR_FMT, STR_ARG(credentials), STR_ARG(name));
        return ERR_OK;
    }
    out->kind = ROOT_TOKEN;
    return token_uri_read(ctx->arena, text, &out->uri)
        ? ERR_OK
        : fail(ctx, &FAULT_INVALID, "--root-key takes file, passphrase:PATH, credential:NAME or"
               " pkcs11:token=LABEL?module-path=PATH&pin-source=PATH");
}

static void close_file(const int *fd)
{
    if (*fd >= 0) {
        close(*fd);
    }
}

/* What stands in a file (or comes through a pipe) that only its owner may read; without the newline at its end. */
static struct err read_secret(struct ctx *ctx, struct str path, struct str *out)
{
    const CLEANUP(close_file) int fd = open(str_cstr(ctx->arena, path), O_RDONLY | O_CLOEXEC);
    char *bytes = arena_alloc(ctx->arena, SECRET_MAX + 1);
    struct stat st;
    ssize_t got = 1;
    size_t size = 0;
    if (fd < 0 || fstat(fd, &st) != 0) {
        return fail(ctx, &FAULT_IO, "cannot read %" STR_FMT ": %s", STR_ARG(path), strerror(errno));
    }
    if (S_ISREG(st.st_mode) && (st.st_mode & 077)) {
        return fail(ctx, &FAULT_IO, "%" STR_FMT ": others may read it (mode %04o); chmod 600 it", STR_ARG(path),
                    st.st_mode & 07777U);
    }
    while (got > 0 && size < SECRET_MAX) {
        got = read(fd, bytes + size, SECRET_MAX - size);
        size += got > 0 ? (size_t)got : 0;
    }
    while (size > 0 && (bytes[size - 1] == '\n' || bytes[size - 1] == '\r')) {
        size--;
    }
    *out = (struct str){ bytes, size };
    return size > 0 ? ERR_OK : fail(ctx, &FAULT_IO, "%" STR_FMT " is empty", STR_ARG(path));
}

/* The key that wraps: of a passphrase slowly, of a credential by one HMAC. */
static struct err make_wrapping(struct ctx *ctx, const struct root_source *source, struct str salt, unsigned char *key)
{
    struct str secret = STR_NONE;
    TRY(read_secret(ctx, source->path, &secret));
    if (source->kind == ROOT_CREDENTIAL) {
        if (secret.len < CREDENTIAL_MIN) {
            return fail(ctx, &FAULT_INVALID, "the credential must have at least %d bytes: openssl rand -hex 32", CREDENTIAL_MIN);
        }
        hmac_of(PKEY_SHA256, salt, secret, key);
        return ERR_OK;
    }
    const int done = EVP_PBE_scrypt(secret.ptr, secret.len, (const unsigned char *)salt.ptr, salt.len, SCRYPT_N, SCRYPT_R,
                                    SCRYPT_P, SCRYPT_MEMORY, key, VAULT_KEY_SIZE);
    return done == 1 ? ERR_OK : fail(ctx, &FAULT_INTERNAL, "scrypt has no memory");
}

/* The same bytes in either direction: in is what lies after the nonce. */
struct wrapping {
    struct str head;
    unsigned char *nonce;
    bool sealing;
};

static struct err run_token(struct ctx *ctx, const struct root_source *source, const struct wrapping *wrapping, struct str in,
                            unsigned char *out, bool *done)
{
    struct token *token = NULL;
    struct str pin = source->uri.pin;
    const struct str label = source->uri.object.ptr ? source->uri.object : STR("yagura-root");
    bool made = false;
    if (pin.ptr == NULL && source->uri.pin_source.ptr) {
        TRY(read_secret(ctx, source->uri.pin_source, &pin));
    }
    TRY(token_open(ctx, &source->uri, pin, &token));
    struct err err = ERR_OK;
    if (wrapping->sealing) {
        err = token_need_key(ctx, token, label, &made);
        err = err.fault ? err : token_seal(ctx, token, label, wrapping->nonce, wrapping->head, in, out);
        *done = true;
    } else {
        err = token_unseal(ctx, token, label, wrapping->nonce, wrapping->head, in, out, done);
    }
    token_close(token);
    return err;
}

static struct err run(struct ctx *ctx, const struct root_source *source, const struct wrapping *wrapping, struct str in,
                      unsigned char *out, bool *done)
{
    if (source->kind == ROOT_TOKEN) {
        return run_token(ctx, source, wrapping, in, out, done);
    }
    unsigned char *key = secret_new(HMAC_SIZE_MAX);
    const struct err err = make_wrapping(ctx, source, str_from(wrapping->head, 5), key);
    if (!err.fault) {
        struct aead *aead = aead_open(key);
        *done = true;
        if (wrapping->sealing) {
            aead_seal(aead, wrapping->nonce, wrapping->head, in, out);
        } else {
            *done = aead_unseal(aead, wrapping->nonce, wrapping->head, in, out);
        }
        aead_close(aead);
    }
    secret_free(key, HMAC_SIZE_MAX);
    return err;
}

struct err root_wrap(struct ctx *ctx, const struct root_source *source, const unsigned char key[VAULT_KEY_SIZE], struct str *out)
{
    unsigned char *bytes = arena_alloc(ctx->arena, WRAPPED_SIZE);
    bool done = false;
    memcpy(bytes, MAGIC.ptr, MAGIC.len);
    bytes[MAGIC.len] = (unsigned char)source->kind;
    random_bytes(bytes + 5, SALT_SIZE + AEAD_NONCE_SIZE);
    const struct wrapping wrapping = { { (const char *)bytes, HEAD_SIZE }, bytes + HEAD_SIZE, true };
    *out = (struct str){ (const char *)bytes, WRAPPED_SIZE };
    return run(ctx, source, &wrapping, (struct str){ (const char *)key, VAULT_KEY_SIZE }, bytes + HEAD_SIZE + AEAD_NONCE_SIZE,
               &done);
}

struct err root_unwrap(struct ctx *ctx, const struct root_source *source, struct str wrapped, unsigned char key[VAULT_KEY_SIZE])
{
    bool done = false;
    if (wrapped.len != WRAPPED_SIZE || !str_starts(wrapped, MAGIC)) {
        return fail(ctx, &FAULT_INVALID, "the wrapped root key is damaged; put it back from a backup");
    }
    if (wrapped.ptr[MAGIC.len] != (char)source->kind) {
        return fail(ctx, &FAULT_INVALID, "the root key is wrapped by another kind of source than --root-key names");
    }
    unsigned char nonce[AEAD_NONCE_SIZE];
    memcpy(nonce, wrapped.ptr + HEAD_SIZE, sizeof(nonce));
    const struct wrapping wrapping = { str_slice(wrapped, 0, HEAD_SIZE), nonce, false };
    TRY(run(ctx, source, &wrapping, str_from(wrapped, HEAD_SIZE + AEAD_NONCE_SIZE), key, &done));
    return done ? ERR_OK : fail(ctx, &FAULT_INVALID, "the root key doesn't open: a wrong passphrase, credential or token");
}
