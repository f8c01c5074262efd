#include "store/store.h"

#include <assert.h>

#include "store/backend.h"

const struct fault STORE_CONFLICT = { "Conflict", NULL, NULL, 409 };

struct err store_open(struct ctx *ctx, struct str url, struct store **out)
{
    const struct str sqlite = STR("sqlite:");
    if (str_starts(url, sqlite)) {
        return sqlite_open(ctx, str_from(url, sqlite.len), out);
    }
    if (str_starts(url, STR("postgresql://")) || str_starts(url, STR("postgres://"))) {
        return postgres_open(ctx, url, out);
    }
    return fail(ctx, &FAULT_INVALID, "a store is named sqlite:PATH or postgresql://..., not like this: %" STR_FMT,
                STR_ARG(url));
}

void store_close(struct store *store)
{
    if (store) {
        store->backend->close(store);
    }
}

bool store_single_writer(const struct store *store)
{
    return store->backend->single_writer;
}

bool store_needs_row_locks(const struct store_conn *conn)
{
    return !store_single_writer(conn->store);
}

struct err store_connect(struct ctx *ctx, struct store *store, struct store_conn **out)
{
    return store->backend->connect(ctx, store, out);
}

void store_disconnect(struct store_conn *conn)
{
    if (conn) {
        store_rollback(conn);
        conn->store->backend->disconnect(conn);
    }
}

struct err store_begin(struct ctx *ctx, struct store_conn *conn, enum store_mode mode)
{
    assert(!conn->within);
    if (conn->open && (mode == STORE_WRITE || conn->seen != atomic_load(&conn->store->commits))) {
        store_rest(conn);
    }
    conn->writes = mode == STORE_WRITE;
    conn->failed = false;
    if (conn->writes) {
        TRY(conn->store->backend->run(ctx, conn, conn->store->backend->begin_write, NULL, 0, NULL));
        conn->open = true;
    }
    conn->within = true;
    return ERR_OK;
}

/* A view of the database begins with its first statement anyway; many calls have none, since caches know all they need. */
static struct err begin_to_read(struct ctx *ctx, struct store_conn *conn)
{
    if (!conn->within) {
        store_rest(conn);
    } else if (!conn->open) {
        conn->seen = atomic_load(&conn->store->commits);
        TRY(conn->store->backend->run(ctx, conn, conn->store->backend->begin_read, NULL, 0, NULL));
        conn->open = true;
    }
    return ERR_OK;
}

struct err store_commit(struct ctx *ctx, struct store_conn *conn)
{
    assert(conn->within);
    const struct err err = conn->open ? conn->store->backend->run(ctx, conn, "COMMIT", NULL, 0, NULL) : ERR_OK;
    if (err.fault) {
        store_rollback(conn);
        return err;
    }
    conn->open = false;
    conn->within = false;
    if (conn->writes) {
        atomic_fetch_add(&conn->store->commits, 1);
    }
    return ERR_OK;
}

/* What fails here has been rolled back already, by the database itself. */
static void attempt(struct store_conn *conn, const char *sql)
{
    struct ctx ctx = ctx_new(NULL, 0);
    const struct err err = conn->store->backend->run(&ctx, conn, sql, NULL, 0, NULL);
    (void)err.fault;
}

void store_rollback(struct store_conn *conn)
{
    if (conn->open) {
        attempt(conn, "ROLLBACK");
    }
    conn->open = false;
    conn->within = false;
}

void store_pause(struct store_conn *conn)
{
    if (conn->writes || conn->failed || !store_single_writer(conn->store)) {
        store_rollback(conn);
    }
    conn->within = false;
}

void store_rest(struct store_conn *conn)
{
    if (conn->open && !conn->within) {
        store_rollback(conn);
    }
}

struct err store_savepoint(struct ctx *ctx, struct store_conn *conn)
{
    assert(conn->open);
    return conn->store->backend->run(ctx, conn, "SAVEPOINT call", NULL, 0, NULL);
}

struct err store_release(struct ctx *ctx, struct store_conn *conn)
{
    return conn->store->backend->run(ctx, conn, "RELEASE SAVEPOINT call", NULL, 0, NULL);
}

void store_rollback_to(struct store_conn *conn)
{
    attempt(conn, "ROLLBACK TO SAVEPOINT call");
    attempt(conn, "RELEASE SAVEPOINT call");
}

struct err store_run(struct ctx *ctx, struct store_conn *conn, const char *sql, const struct store_value *values,
                     size_t count, int64_t *changed)
{
    TRY(begin_to_read(ctx, conn));
    const struct err err = conn->store->backend->run(ctx, conn, sql, values, count, changed);
    conn->failed = conn->failed || err.fault;
    if (!conn->within) { /* committed by itself */
        atomic_fetch_add(&conn->store->commits, 1);
    }
    return err;
}

struct err store_query(struct ctx *ctx, struct store_conn *conn, const char *sql, const struct store_value *values,
                       size_t count, struct store_cursor *cursor)
{
    *cursor = (struct store_cursor){ .conn = conn };
    TRY(begin_to_read(ctx, conn));
    const struct err err = conn->store->backend->query(ctx, conn, sql, values, count, cursor);
    conn->failed = conn->failed || err.fault;
    return err;
}

struct err store_next(struct ctx *ctx, struct store_cursor *cursor, bool *more)
{
    *more = false;
    const struct err err = cursor->conn->store->backend->next(ctx, cursor, more);
    cursor->conn->failed = cursor->conn->failed || err.fault;
    if (!*more) {
        store_end(cursor);
    }
    return err;
}

bool store_row(struct ctx *ctx, struct store_cursor *cursor, struct err *err)
{
    bool more = false;
    *err = store_next(ctx, cursor, &more);
    return more && !err->fault;
}

void store_end(struct store_cursor *cursor)
{
    if (cursor->statement) {
        cursor->conn->store->backend->end(cursor);
        cursor->statement = NULL;
    }
}

bool store_is_null(const struct store_cursor *cursor, int column)
{
    return cursor->conn->store->backend->is_null(cursor, column);
}

int64_t store_int(const struct store_cursor *cursor, int column)
{
    return cursor->conn->store->backend->integer(cursor, column);
}

double store_real(const struct store_cursor *cursor, int column)
{
    return cursor->conn->store->backend->real(cursor, column);
}

struct str store_text(struct ctx *ctx, const struct store_cursor *cursor, int column)
{
    if (store_is_null(cursor, column)) {
        return STR_NONE;
    }
    return cursor->conn->store->backend->text(ctx, cursor, column);
}

struct err store_backup(struct ctx *ctx, struct store *store, struct str path)
{
    return store->backend->backup(ctx, store, path);
}
