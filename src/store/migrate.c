/* migrate.c - schema steps, each applied once; what was applied stands in store_migration. */
#include <ctype.h>

#include "store/backend.h"

static const struct migration OWN[] = {
    { "store", 1, "outbox",
      "CREATE TABLE store_outbox (id IDENTITY, account TEXT NOT NULL, topic TEXT NOT NULL, payload BLOB NOT NULL,"
      " created_ms BIGINT NOT NULL, next_ms BIGINT NOT NULL, tries BIGINT NOT NULL);"
      "CREATE INDEX store_outbox_due ON store_outbox (next_ms, id);" },
    { "store", 2, "checkpoint",
      "CREATE TABLE store_checkpoint (name TEXT NOT NULL PRIMARY KEY, value BLOB NOT NULL, updated_ms BIGINT NOT NULL);" },
    { "store", 3, "source",
      "CREATE TABLE store_source (id IDENTITY, name TEXT NOT NULL UNIQUE, objects BIGINT NOT NULL, bytes BIGINT NOT NULL,"
      " records BIGINT NOT NULL, skipped BIGINT NOT NULL, newest_ms BIGINT NOT NULL, lag_ms BIGINT NOT NULL,"
      " looked_ms BIGINT NOT NULL, error TEXT);"
      "CREATE TABLE store_source_object (source BIGINT NOT NULL, object TEXT NOT NULL, PRIMARY KEY (source, object));"
      "CREATE TABLE store_source_hour (source BIGINT NOT NULL, account TEXT NOT NULL, region TEXT NOT NULL,"
      " type TEXT NOT NULL, hour BIGINT NOT NULL, PRIMARY KEY (source, account, region, type, hour));" },
    { "store", 4, "missing", "ALTER TABLE store_source ADD COLUMN missing BIGINT NOT NULL DEFAULT 0;" },
};

static const char APPLIED_TABLE[] =
    "CREATE TABLE store_migration (area TEXT NOT NULL, version BIGINT NOT NULL, name TEXT NOT NULL,"
    " applied_ms BIGINT NOT NULL, PRIMARY KEY (area, version))";

/* End of the quoted text or comment that starts at `at`; `at` itself when there is none. */
static size_t skip_opaque(struct str sql, size_t at)
{
    const char c = sql.ptr[at];
    if (c == '\'' || c == '"') {
        const size_t end = str_find(str_from(sql, at + 1), c);
        return end == STR_MISSING ? sql.len : at + 1 + end + 1;
    }
    if (c == '-' && at + 1 < sql.len && sql.ptr[at + 1] == '-') {
        const size_t end = str_find(str_from(sql, at), '\n');
        return end == STR_MISSING ? sql.len : at + end;
    }
    return at;
}

static bool in_word(char c)
{
    return isalnum((unsigned char)c) || c == '_';
}

static struct str translated(const struct translation *translations, struct str word)
{
    for (const struct translation *t = translations; t->word; t++) {
        if (str_equal(word, str_of(t->word))) {
            return str_of(t->own);
        }
    }
    return word;
}

const char *store_translate(struct arena *arena, const struct translation *translations, struct str sql)
{
    struct text text = text_new(arena);
    for (size_t at = 0; at < sql.len;) {
        size_t end = skip_opaque(sql, at);
        if (end > at) {
            text_add(&text, str_slice(sql, at, end - at));
            at = end;
            continue;
        }
        while (end < sql.len && in_word(sql.ptr[end])) {
            end++;
        }
        if (end == at) {
            text_add_char(&text, sql.ptr[at++]);
            continue;
        }
        text_add(&text, translated(translations, str_slice(sql, at, end - at)));
        at = end;
    }
    return text_str(&text).ptr;
}

static struct err script(struct ctx *ctx, struct store_conn *conn, const char *sql)
{
    const struct backend *backend = conn->store->backend;
    return backend->script(ctx, conn, store_translate(ctx->arena, backend->translations, str_of(sql)));
}

static struct err schema_exists(struct ctx *ctx, struct store_conn *conn, bool *exists)
{
    struct store_cursor cursor = { .conn = NULL };
    TRY(store_query(ctx, conn, conn->store->backend->schema_exists, NULL, 0, &cursor));
    bool more = false;
    TRY(store_next(ctx, &cursor, &more));
    *exists = more && store_int(&cursor, 0) > 0;
    store_end(&cursor);
    return ERR_OK;
}

struct plan {
    const struct migration *steps;
    size_t count;
    bool *applied;
    size_t missing;
};

static bool plan_mark(struct plan *plan, struct str area, int64_t version)
{
    for (size_t i = 0; i < plan->count; i++) {
        if (plan->steps[i].version == version && str_equal(str_of(plan->steps[i].area), area)) {
            plan->missing -= !plan->applied[i];
            plan->applied[i] = true;
            return true;
        }
    }
    return false;
}

static struct err read_applied(struct ctx *ctx, struct store_conn *conn, struct plan *plan)
{
    struct store_cursor cursor = { .conn = NULL };
    TRY(store_query(ctx, conn, "SELECT area, version, name FROM store_migration ORDER BY area, version", NULL, 0,
                    &cursor));
    struct err err = ERR_OK;
    while (store_row(ctx, &cursor, &err)) {
        const struct str area = store_text(ctx, &cursor, 0);
        const int64_t version = store_int(&cursor, 1);
        if (!plan_mark(plan, area, version)) {
            const struct str name = store_text(ctx, &cursor, 2);
            store_end(&cursor);
            return fail(ctx, &FAULT_INVALID,
                        "this data was written by a newer version: it has schema step %" STR_FMT " %lld (%" STR_FMT
                        "), which this one doesn't know",
                        STR_ARG(area), (long long)version, STR_ARG(name));
        }
    }
    return err;
}

static struct err apply(struct ctx *ctx, struct store_conn *conn, const struct plan *plan)
{
    for (size_t i = 0; i < plan->count; i++) {
        if (plan->applied[i]) {
            continue;
        }
        const struct migration *step = &plan->steps[i];
        TRY(script(ctx, conn, step->sql));
        TRY(store_run(ctx, conn, "INSERT INTO store_migration (area, version, name, applied_ms) VALUES ($1, $2, $3, $4)",
                      SQL_VALUES(SQL_TEXT(str_of(step->area)), SQL_INT(step->version), SQL_TEXT(str_of(step->name)),
                                 SQL_INT(ctx->now_ms)),
                      NULL));
    }
    return ERR_OK;
}

static struct plan plan_new(struct arena *arena, const struct migration *steps, size_t count)
{
    const size_t all = count + COUNT_OF(OWN);
    struct migration *copy = ARENA_ARRAY(arena, struct migration, all);
    memcpy(copy, OWN, sizeof(OWN));
    if (count > 0) {
        memcpy(copy + COUNT_OF(OWN), steps, count * sizeof(*steps));
    }
    return (struct plan){ copy, all, ARENA_ARRAY(arena, bool, all), all };
}

/* Another process may be migrating at the same time: what was applied is read again under the lock. */
static struct err migrate_locked(struct ctx *ctx, struct store_conn *conn, struct plan *plan)
{
    const char *lock = conn->store->backend->schema_lock;
    if (lock) {
        TRY(conn->store->backend->script(ctx, conn, lock));
    }
    bool exists = false;
    TRY(schema_exists(ctx, conn, &exists));
    TRY(exists ? read_applied(ctx, conn, plan) : script(ctx, conn, APPLIED_TABLE));
    return apply(ctx, conn, plan);
}

static struct err migrate(struct ctx *ctx, struct store_conn *conn, struct plan *plan)
{
    bool exists = false;
    TRY(schema_exists(ctx, conn, &exists));
    if (exists) {
        TRY(read_applied(ctx, conn, plan));
    }
    if (plan->missing == 0) {
        return ERR_OK;
    }
    TRY(store_begin(ctx, conn, STORE_WRITE));
    TRY(migrate_locked(ctx, conn, plan));
    return store_commit(ctx, conn);
}

struct err store_migrate(struct ctx *ctx, struct store *store, const struct migration *steps, size_t count)
{
    struct plan plan = plan_new(ctx->arena, steps, count);
    struct store_conn *conn = NULL;
    TRY(store_connect(ctx, store, &conn));
    const struct err err = migrate(ctx, conn, &plan);
    store_disconnect(conn);
    return err;
}
