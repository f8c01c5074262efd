#include "crypto/vault.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <openssl/evp.h>
#include <stdatomic.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"
#include "crypto/random.h"

enum { KEY_SIZE = 32, NONCE_SIZE = 12, TAG_SIZE = 16, VERSION = 1, HEAD_SIZE = 1 + NONCE_SIZE, SPARES = 16 };

/* Lies in pages of its own, so that locking and keeping it out of core dumps concerns nothing else. */
struct vault {
    unsigned char key[KEY_SIZE];
    EVP_CIPHER *cipher;
    _Atomic(EVP_CIPHER_CTX *) spare[SPARES]; /* with the key schedule made: setting one up costs more than sealing */
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

static struct vault *vault_new(struct ctx *ctx)
{
    void *page = mmap(NULL, sizeof(struct vault), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (page == MAP_FAILED) {
        return NULL;
    }
    if (mlock(page, sizeof(struct vault)) != 0) {
        log_warn(ctx, "the root key cannot be locked in memory; raise the memlock limit");
    }
    madvise(page, sizeof(struct vault), MADV_DONTDUMP);
    return page;
}

struct err vault_open(struct ctx *ctx, struct str key_file, struct vault **out)
{
    *out = NULL;
    struct vault *vault = vault_new(ctx);
    if (vault == NULL) {
        return fail(ctx, &FAULT_INTERNAL, "no memory for the root key");
    }
    const struct err read_in = read_key(ctx, key_file, vault->key);
    if (read_in.fault) {
        vault_close(vault);
        return read_in;
    }
    vault->cipher = EVP_CIPHER_fetch(NULL, "AES-256-GCM", NULL);
    if (vault->cipher == NULL) {
        vault_close(vault);
        return fail(ctx, &FAULT_INTERNAL, "this OpenSSL has no AES-256-GCM");
    }
    *out = vault;
    return ERR_OK;
}

void vault_close(struct vault *vault)
{
    if (vault == NULL) {
        return;
    }
    for (size_t i = 0; i < SPARES; i++) {
        EVP_CIPHER_CTX_free(atomic_load(&vault->spare[i]));
    }
    EVP_CIPHER_free(vault->cipher);
    memory_wipe(vault, sizeof(*vault));
    munmap(vault, sizeof(*vault));
}

/* The spares are a cache: taking one changes nothing that a caller can see. */
static _Atomic(EVP_CIPHER_CTX *) *spares_of(const struct vault *vault)
{
    return ((struct vault *)(uintptr_t)vault)->spare;
}

static EVP_CIPHER_CTX *take_cipher(const struct vault *vault)
{
    _Atomic(EVP_CIPHER_CTX *) *spare = spares_of(vault);
    for (size_t i = 0; i < SPARES; i++) {
        EVP_CIPHER_CTX *found = atomic_load(&spare[i]) ? atomic_exchange(&spare[i], NULL) : NULL;
        if (found) {
            return found;
        }
    }
    EVP_CIPHER_CTX *made = EVP_CIPHER_CTX_new();
    const int ready = made ? EVP_CipherInit_ex2(made, vault->cipher, vault->key, NULL, 1, NULL) : 0;
    assert(ready == 1);
    (void)ready;
    return made;
}

static void give_cipher(const struct vault *vault, EVP_CIPHER_CTX *cipher)
{
    _Atomic(EVP_CIPHER_CTX *) *spare = spares_of(vault);
    for (size_t i = 0; i < SPARES; i++) {
        EVP_CIPHER_CTX *expected = NULL;
        if (atomic_compare_exchange_strong(&spare[i], &expected, cipher)) {
            return;
        }
    }
    EVP_CIPHER_CTX_free(cipher);
}

/* One pass in either direction; the tag is made or asked for by the caller. */
static bool run_cipher(EVP_CIPHER_CTX *cipher, bool sealing, const unsigned char *nonce, struct str about, struct str in,
    unsigned char *out)
{
    int wrote = 0;
    if (about.len > INT_MAX || in.len > INT_MAX) {
        return false;
    }
    return EVP_CipherInit_ex2(cipher, NULL, NULL, nonce, sealing ? 1 : 0, NULL) == 1
        && (about.len == 0
            || EVP_CipherUpdate(cipher, NULL, &wrote, (const unsigned char *)about.ptr, (int)about.len) == 1)
        && (in.len == 0 || EVP_CipherUpdate(cipher, out, &wrote, (const unsigned char *)in.ptr, (int)in.len) == 1);
}

struct str vault_seal(struct ctx *ctx, const struct vault *vault, struct str about, struct str plain)
{
    const size_t size = HEAD_SIZE + plain.len + TAG_SIZE;
    unsigned char *sealed = arena_alloc_raw(ctx->arena, size);
    sealed[0] = VERSION;
    random_bytes(sealed + 1, NONCE_SIZE);

    EVP_CIPHER_CTX *cipher = take_cipher(vault);
    unsigned char *tag = sealed + HEAD_SIZE + plain.len;
    int wrote = 0;
    const bool done = run_cipher(cipher, true, sealed + 1, about, plain, sealed + HEAD_SIZE)
        && EVP_CipherFinal_ex(cipher, tag, &wrote) == 1
        && EVP_CIPHER_CTX_ctrl(cipher, EVP_CTRL_AEAD_GET_TAG, TAG_SIZE, tag) == 1;
    give_cipher(vault, cipher);
    assert(done);
    (void)done;
    return (struct str){ (const char *)sealed, size };
}

bool vault_unseal(struct ctx *ctx, const struct vault *vault, struct str about, struct str sealed, struct str *plain)
{
    *plain = STR_NONE;
    if (sealed.len < HEAD_SIZE + TAG_SIZE || sealed.ptr[0] != VERSION) {
        return false;
    }
    const struct str hidden = str_slice(sealed, HEAD_SIZE, sealed.len - HEAD_SIZE - TAG_SIZE);
    unsigned char tag[TAG_SIZE];
    memcpy(tag, sealed.ptr + sealed.len - TAG_SIZE, TAG_SIZE);
    unsigned char *out = arena_alloc_raw(ctx->arena, hidden.len + 1);

    EVP_CIPHER_CTX *cipher = take_cipher(vault);
    int wrote = 0;
    const bool done = run_cipher(cipher, false, (const unsigned char *)sealed.ptr + 1, about, hidden, out)
        && EVP_CIPHER_CTX_ctrl(cipher, EVP_CTRL_AEAD_SET_TAG, TAG_SIZE, tag) == 1
        && EVP_CipherFinal_ex(cipher, out + hidden.len, &wrote) == 1;
    give_cipher(vault, cipher);
    if (!done) {
        memory_wipe(out, hidden.len); /* what was deciphered before the tag failed is nobody's business */
        return false;
    }
    out[hidden.len] = '\0';
    *plain = (struct str){ (const char *)out, hidden.len };
    return true;
}
