#include "crypto/vault.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "crypto/aead.h"
#include "crypto/hash.h"
#include "crypto/random.h"
#include "crypto/secret.h"

enum { KEY_SIZE = VAULT_KEY_SIZE, VERSION = 1, HEAD_SIZE = 1 + AEAD_NONCE_SIZE, FINGERPRINT_SIZE = 16 };

struct vault {
    struct aead *aead;
    unsigned char fingerprint[HASH_SHA256_SIZE];
};

static void close_file(const int *fd)
{
    if (*fd >= 0) {
        close(*fd);
    }
}

static struct err fail_file(struct ctx *ctx, struct str path, const char *what)
{
    return fail(ctx, &FAULT_IO, "root key %" STR_FMT ": %s: %s", STR_ARG(path), what, strerror(errno));
}

static struct err sync_folder(struct ctx *ctx, struct str path)
{
    const size_t slash = str_find_last(path, '/');
    const struct str folder = slash == STR_MISSING ? STR(".") : str_slice(path, 0, slash ? slash : 1);
    const CLEANUP(close_file) int fd = open(str_cstr(ctx->arena, folder), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0 || fsync(fd) != 0) {
        return fail_file(ctx, path, "cannot make its folder durable");
    }
    return ERR_OK;
}

static struct err write_key(struct ctx *ctx, struct str path, const char *temporary)
{
    const CLEANUP(close_file) int fd = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0) {
        return fail_file(ctx, path, "cannot be created");
    }
    unsigned char key[KEY_SIZE];
    random_bytes(key, sizeof(key));
    const ssize_t wrote = write(fd, key, sizeof(key));
    memory_wipe(key, sizeof(key));
    if (wrote != KEY_SIZE || fsync(fd) != 0) {
        return fail_file(ctx, path, "cannot be written");
    }
    return ERR_OK;
}

/* Written aside and then linked: the key appears whole or not at all, and of two first starts one wins. */
static struct err make_key(struct ctx *ctx, struct str path)
{
    const struct str unique = random_hex(ctx, 16);
    const struct str aside = str_format(ctx->arena, "%" STR_FMT ".%" STR_FMT, STR_ARG(path), STR_ARG(unique));
    const struct err written = write_key(ctx, path, aside.ptr);
    const bool linked = written.fault == NULL && link(aside.ptr, str_cstr(ctx->arena, path)) == 0;
    const int reason = errno;
    unlink(aside.ptr);
    TRY(written);
    errno = reason;
    if (!linked && errno != EEXIST) {
        return fail_file(ctx, path, "cannot be put in place");
    }
    return sync_folder(ctx, path);
}

static struct err judge_file(struct ctx *ctx, struct str path, int fd)
{
    struct stat st;
    if (fstat(fd, &st) != 0) {
        return fail_file(ctx, path, "cannot be looked at");
    }
    if (!S_ISREG(st.st_mode) || st.st_size != KEY_SIZE) {
        return fail(ctx, &FAULT_IO, "root key %" STR_FMT ": must be a file of exactly %d bytes", STR_ARG(path), KEY_SIZE);
    }
    if (st.st_mode & 077) {
        return fail(ctx, &FAULT_IO, "root key %" STR_FMT ": others may read or write it (mode %04o); chmod 600 it, "
            "and consider what it protected as known to them", STR_ARG(path), st.st_mode & 07777U);
    }
    if (st.st_uid != geteuid() && st.st_uid != 0) {
        return fail(ctx, &FAULT_IO, "root key %" STR_FMT ": belongs to another user (%u)", STR_ARG(path), st.st_uid);
    }
    return ERR_OK;
}

static struct err read_key(struct ctx *ctx, struct str path, unsigned char key[KEY_SIZE])
{
    const char *name = str_cstr(ctx->arena, path);
    int opened = open(name, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (opened < 0 && errno == ENOENT) {
        TRY(make_key(ctx, path));
        opened = open(name, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    }
    const CLEANUP(close_file) int fd = opened;
    if (fd < 0) {
        return fail_file(ctx, path, "cannot be opened");
    }
    TRY(judge_file(ctx, path, fd));
    if (read(fd, key, KEY_SIZE) != KEY_SIZE) {
        return fail_file(ctx, path, "cannot be read");
    }
    return ERR_OK;
}

struct err vault_open(struct ctx *ctx, struct str key_file, struct vault **out)
{
    unsigned char *key = secret_new(KEY_SIZE);
    *out = NULL;
    const struct err err = read_key(ctx, key_file, key);
    if (!err.fault) {
        *out = vault_of_key(key);
    }
    secret_free(key, KEY_SIZE);
    return err;
}

struct vault *vault_of_key(const unsigned char key[VAULT_KEY_SIZE])
{
    struct vault *vault = memory_new(sizeof(*vault));
    vault->aead = aead_open(key);
    struct hash hash = hash_begin(HASH_SHA256);
    hash_add(&hash, STR("yagura root key"));
    hash_add(&hash, (struct str){ (const char *)key, KEY_SIZE });
    hash_end(&hash, vault->fingerprint);
    memory_wipe(&hash, sizeof(hash));
    return vault;
}

struct str vault_fingerprint(struct arena *arena, const struct vault *vault)
{
    return str_hex(arena, vault->fingerprint, FINGERPRINT_SIZE);
}

void vault_close(struct vault *vault)
{
    if (vault) {
        aead_close(vault->aead);
        memory_free(vault);
    }
}

struct str vault_seal(struct ctx *ctx, const struct vault *vault, struct str about, struct str plain)
{
    const size_t size = HEAD_SIZE + plain.len + AEAD_TAG_SIZE;
    unsigned char *sealed = arena_alloc_raw(ctx->arena, size);
    sealed[0] = VERSION;
    random_name(sealed + 1, AEAD_NONCE_SIZE);
    aead_seal(vault->aead, sealed + 1, about, plain, sealed + HEAD_SIZE);
    return (struct str){ (const char *)sealed, size };
}

bool vault_unseal(struct ctx *ctx, const struct vault *vault, struct str about, struct str sealed, struct str *plain)
{
    *plain = STR_NONE;
    if (sealed.len < HEAD_SIZE + AEAD_TAG_SIZE || sealed.ptr[0] != VERSION) {
        return false;
    }
    const size_t size = sealed.len - HEAD_SIZE - AEAD_TAG_SIZE;
    unsigned char *out = arena_alloc_raw(ctx->arena, size + 1);
    if (!aead_unseal(vault->aead, (const unsigned char *)sealed.ptr + 1, about, str_from(sealed, HEAD_SIZE), out)) {
        return false;
    }
    out[size] = '\0';
    *plain = (struct str){ (const char *)out, size };
    return true;
}
