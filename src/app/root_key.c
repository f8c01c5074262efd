#include "app/root_key.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "app/data.h"
#include "base/log.h"
#include "crypto/random.h"
#include "crypto/secret.h"

static struct err read_source(struct ctx *ctx, struct str text, struct root_source *out)
{
    return root_source_read(ctx, text, str_of(getenv("CREDENTIALS_DIRECTORY")), out);
}

static struct str path_of(struct ctx *ctx, struct str folder, enum root_kind kind, bool next)
{
    const char *name = kind == ROOT_FILE ? next ? "root.key.next" : "root.key" : next ? "root.sealed.next" : "root.sealed";
    return data_file(ctx->arena, folder, name);
}

static struct err open_file(struct ctx *ctx, const struct root_source *source, struct str path, struct vault **out)
{
    struct str wrapped = STR_NONE;
    if (source->kind == ROOT_FILE) {
        return vault_open(ctx, path, out);
    }
    TRY(data_read(ctx, path, &wrapped));
    unsigned char *key = secret_new(VAULT_KEY_SIZE);
    const struct err err = root_unwrap(ctx, source, wrapped, key);
    if (!err.fault) {
        *out = vault_of_key(key);
    }
    secret_free(key, VAULT_KEY_SIZE);
    return err;
}

/* A new key, written to path in the form of its source. */
static struct err make_file(struct ctx *ctx, const struct root_source *source, struct str path, struct vault **out)
{
    unsigned char *key = secret_new(VAULT_KEY_SIZE);
    struct str bytes = { (const char *)key, VAULT_KEY_SIZE };
    random_bytes(key, VAULT_KEY_SIZE);
    struct err err = source->kind == ROOT_FILE ? ERR_OK : root_wrap(ctx, source, key, &bytes);
    if (!err.fault) {
        err = data_write(ctx, path, bytes, 0600);
    }
    if (!err.fault) {
        *out = vault_of_key(key);
    }
    secret_free(key, VAULT_KEY_SIZE);
    return err;
}

/* A new key would open nothing that the lost one sealed: better to stop than to start with all secrets gone. */
static struct err refuse_new(struct ctx *ctx, struct str folder, const struct root_source *source, struct str path)
{
    const enum root_kind other = source->kind == ROOT_FILE ? ROOT_TOKEN : ROOT_FILE;
    const struct str there = path_of(ctx, folder, other, false);
    if (data_exists(ctx, there)) {
        return fail(ctx, &FAULT_MISSING, source->kind == ROOT_FILE
                    ? "the root key lies wrapped in %" STR_FMT "; name what opens it with --root-key"
                    : "the root key lies in %" STR_FMT "; yagura admin rotate-root-key --to SOURCE takes it to another source",
                    STR_ARG(there));
    }
    if (data_exists(ctx, data_file(ctx->arena, folder, "credentials"))) {
        return fail(ctx, &FAULT_MISSING, "%" STR_FMT " is missing, and without it the secrets in %" STR_FMT
                    " can't be read; put it back from a backup", STR_ARG(path), STR_ARG(folder));
    }
    return ERR_OK;
}

struct err root_key_open(struct ctx *ctx, struct str folder, struct str source_text, struct vault **out)
{
    struct root_source source = { .kind = ROOT_FILE };
    TRY(read_source(ctx, source_text, &source));
    const struct str path = path_of(ctx, folder, source.kind, false);
    const struct str next = path_of(ctx, folder, source.kind, true);
    if (data_exists(ctx, path)) {
        return open_file(ctx, &source, path, out);
    }
    if (data_exists(ctx, next)) { /* a replacement that changes the source: root_key_settle says whether it counts */
        return open_file(ctx, &source, next, out);
    }
    TRY(refuse_new(ctx, folder, &source, path));
    return make_file(ctx, &source, path, out);
}

/* Gone for good: overwritten first, as far as the file system lets one. */
static void destroy(struct str path)
{
    const char zeroes[256] = { 0 };
    const int fd = open(path.ptr, O_WRONLY | O_CLOEXEC | O_NOFOLLOW);
    if (fd >= 0) {
        const ssize_t wrote = write(fd, zeroes, sizeof(zeroes));
        (void)wrote;
        fsync(fd);
        close(fd);
        unlink(path.ptr);
    }
}

/* The present key's file alone stays. */
static void clean_up(struct ctx *ctx, struct str folder, enum root_kind kind)
{
    destroy(path_of(ctx, folder, ROOT_FILE, true));
    destroy(path_of(ctx, folder, ROOT_TOKEN, true));
    destroy(path_of(ctx, folder, kind == ROOT_FILE ? ROOT_TOKEN : ROOT_FILE, false));
}

static struct err put_in_place(struct ctx *ctx, struct str folder, enum root_kind kind)
{
    const struct str next = path_of(ctx, folder, kind, true);
    const struct str path = path_of(ctx, folder, kind, false);
    struct str bytes = STR_NONE;
    if (data_exists(ctx, next)) {
        TRY(data_read(ctx, next, &bytes));
        TRY(data_write(ctx, path, bytes, 0600));
    }
    clean_up(ctx, folder, kind);
    return ERR_OK;
}

static struct err write_fingerprint(struct ctx *ctx, struct store_conn *db, struct str fingerprint)
{
    TRY(store_begin(ctx, db, STORE_WRITE));
    const struct err err = store_root_write(ctx, db, fingerprint);
    if (err.fault) {
        store_rollback(db);
        return err;
    }
    return store_commit(ctx, db);
}

static struct err read_fingerprint(struct ctx *ctx, struct store_conn *db, struct str *out)
{
    TRY(store_begin(ctx, db, STORE_READ));
    const struct err err = store_root_read(ctx, db, out);
    store_rollback(db);
    return err;
}

struct err root_key_settle(struct ctx *ctx, const struct settings *settings, struct store_conn *db, struct vault **vault)
{
    struct root_source source = { .kind = ROOT_FILE };
    struct str sealed_by = STR_NONE;
    struct vault *next = NULL;
    TRY(read_source(ctx, settings->root_key, &source));
    TRY(read_fingerprint(ctx, db, &sealed_by));
    if (sealed_by.ptr == NULL) {
        return write_fingerprint(ctx, db, vault_fingerprint(ctx->arena, *vault));
    }
    if (str_equal(sealed_by, vault_fingerprint(ctx->arena, *vault))) {
        const bool in_place = data_exists(ctx, path_of(ctx, settings->data, source.kind, false));
        if (in_place) {
            clean_up(ctx, settings->data, source.kind);
        }
        return in_place ? ERR_OK : put_in_place(ctx, settings->data, source.kind);
    }
    const struct str path = path_of(ctx, settings->data, source.kind, true);
    if (data_exists(ctx, path)) {
        TRY(open_file(ctx, &source, path, &next));
    }
    if (next && str_equal(sealed_by, vault_fingerprint(ctx->arena, next))) {
        vault_close(*vault);
        *vault = next;
        log_info(ctx, "the root key's replacement is finished");
        return put_in_place(ctx, settings->data, source.kind);
    }
    vault_close(next);
    return fail(ctx, &FAULT_INVALID, "this store was sealed under another root key than the one in %" STR_FMT
                "; put back the right one, or name its source with --root-key", STR_ARG(settings->data));
}

static struct err seal_anew(struct ctx *ctx, struct store_conn *db, const struct vault *from, const struct vault *to,
                            int64_t *changed)
{
    TRY(store_begin(ctx, db, STORE_WRITE));
    struct err err = store_reseal(ctx, db, SEALED_COLUMNS, SEALED_COLUMN_COUNT, from, to, changed);
    if (!err.fault) {
        err = store_root_write(ctx, db, vault_fingerprint(ctx->arena, to));
    }
    if (err.fault) {
        store_rollback(db);
        return err;
    }
    return store_commit(ctx, db);
}

struct err root_key_replace(struct ctx *ctx, const struct settings *settings, struct store_conn *db, const struct vault *vault,
                            struct str to, int64_t *changed)
{
    struct root_source source = { .kind = ROOT_FILE };
    struct vault *next = NULL;
    TRY(read_source(ctx, to, &source));
    TRY(make_file(ctx, &source, path_of(ctx, settings->data, source.kind, true), &next));
    const struct err err = seal_anew(ctx, db, vault, next, changed);
    vault_close(next);
    TRY(err);
    return put_in_place(ctx, settings->data, source.kind);
}
