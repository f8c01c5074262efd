/* store.h - SQL storage behind one small interface: SQLite (WAL) or PostgreSQL, chosen by URL.
 *
 *   sqlite:PATH             one writer, many readers; commit means fsynced
 *   postgresql://...        libpq
 *
 * One SQL subset for both: parameters are $1, $2, ...; types BIGINT, DOUBLE PRECISION, TEXT, BLOB, and IDENTITY for a
 * primary key that counts up (the migration runner translates); INSERT ... ON CONFLICT; no functions beyond coalesce,
 * count, max, min, sum, lower, length. Text sorts by bytes. Values are bound, never pasted. SQL stands only in rows.c
 * files and schema/. A struct store is safe for threads; a struct store_conn belongs to one thread at a time. Text read
 * from a cursor is copied into ctx->arena. Faults: FAULT_UNAVAILABLE (busy, connection lost: nothing happened; only a
 * PostgreSQL commit whose answer was lost may have), STORE_CONFLICT (a unique key exists already), FAULT_IO (disk full,
 * read-only: the reason says which). After any fault within a transaction only store_rollback or store_rollback_to may
 * follow. */
#ifndef YAGURA_STORE_STORE_H
#define YAGURA_STORE_STORE_H

#include "base/err.h"

struct store;
struct store_conn;

extern const struct fault STORE_CONFLICT;

/* A step of a schema; (area, version) is applied once, in the order given. */
struct migration {
    const char *area;  /* service folder, or "store" for the store's own tables */
    int version;
    const char *name;
    const char *sql;
};

struct err store_open(struct ctx *ctx, struct str url, struct store **out);
void store_close(struct store *store); /* connections first */
/* The tables of store (outbox), then the steps not yet applied; all or nothing. Refuses a newer schema with a reason. */
struct err store_migrate(struct ctx *ctx, struct store *store, const struct migration *steps, size_t count);
bool store_single_writer(const struct store *store); /* SQLite: writes go through one connection in batches */

struct err store_connect(struct ctx *ctx, struct store *store, struct store_conn **out);
void store_disconnect(struct store_conn *conn); /* rolls back what is open; NULL is allowed */

enum store_mode { STORE_READ, STORE_WRITE };
struct err store_begin(struct ctx *ctx, struct store_conn *conn, enum store_mode mode);
struct err store_commit(struct ctx *ctx, struct store_conn *conn); /* durable when it returns ERR_OK */
void store_rollback(struct store_conn *conn);
/* store_rollback for what only read, and reads again soon: where nobody else writes, the view stays open until something is
 * committed. Whoever pauses calls store_rest before it waits for anything. */
void store_pause(struct store_conn *conn);
void store_rest(struct store_conn *conn);
/* Within a write transaction, so that one call of a batch can fail alone. Not nested. */
struct err store_savepoint(struct ctx *ctx, struct store_conn *conn);
struct err store_release(struct ctx *ctx, struct store_conn *conn);
void store_rollback_to(struct store_conn *conn);

enum store_type { STORE_NULL, STORE_INT, STORE_REAL, STORE_TEXT, STORE_BLOB };
struct store_value {
    enum store_type type;
    int64_t integer;
    double real;
    struct str text;
};
/* SQL_TEXT of an absent str binds NULL. */
#define SQL_INT(x) ((struct store_value){ .type = STORE_INT, .integer = (x) })
#define SQL_REAL(x) ((struct store_value){ .type = STORE_REAL, .real = (x) })
#define SQL_TEXT(x) ((struct store_value){ .type = STORE_TEXT, .text = (x) })
#define SQL_BLOB(x) ((struct store_value){ .type = STORE_BLOB, .text = (x) })
#define SQL_VALUES(...) (const struct store_value[]){ __VA_ARGS__ }, \
    sizeof((const struct store_value[]){ __VA_ARGS__ }) / sizeof(struct store_value)

/* Whether others write at the same time: then a row that must stay until the commit is read with FOR KEY SHARE, and one that is
 * to go with FOR UPDATE, which only PostgreSQL knows. Where one writes at a time, nothing can come between. */
bool store_needs_row_locks(const struct store_conn *conn);

/* store_run(ctx, db, "UPDATE t SET a = $1 WHERE account = $2", SQL_VALUES(SQL_INT(1), SQL_TEXT(account)), &changed);
 * sql must be a constant: prepared statements are cached by its address. changed may be NULL. */
struct err store_run(struct ctx *ctx, struct store_conn *conn, const char *sql, const struct store_value *values,
                     size_t count, int64_t *changed);

struct store_cursor {
    struct store_conn *conn;
    void *statement;
    int64_t row;
};
struct err store_query(struct ctx *ctx, struct store_conn *conn, const char *sql, const struct store_value *values,
                       size_t count, struct store_cursor *cursor);
struct err store_next(struct ctx *ctx, struct store_cursor *cursor, bool *more); /* ends the cursor at the last row */
/* The same for loops: while (store_row(ctx, &cursor, &err)) { ... } TRY(err); */
bool store_row(struct ctx *ctx, struct store_cursor *cursor, struct err *err);
void store_end(struct store_cursor *cursor); /* needed only when leaving early; harmless twice */
bool store_is_null(const struct store_cursor *cursor, int column);
int64_t store_int(const struct store_cursor *cursor, int column);
double store_real(const struct store_cursor *cursor, int column);
struct str store_text(struct ctx *ctx, const struct store_cursor *cursor, int column); /* also blobs; NULL is absent */

/* Outbox: what must leave the house, written in the transaction that causes it. */
struct err store_outbox_add(struct ctx *ctx, struct store_conn *conn, struct str account, struct str topic,
                            struct str payload);
struct outbox_item {
    int64_t id;
    struct str account, topic, payload;
    int64_t created_ms;
    int64_t tries;
};
/* Up to max due items, oldest first, into ctx->arena. */
struct err store_outbox_due(struct ctx *ctx, struct store_conn *conn, size_t max, struct outbox_item *items,
                            size_t *count);
struct err store_outbox_done(struct ctx *ctx, struct store_conn *conn, int64_t id);
struct err store_outbox_retry(struct ctx *ctx, struct store_conn *conn, int64_t id, int64_t next_ms);
struct err store_outbox_hold(struct ctx *ctx, struct store_conn *conn, int64_t id, int64_t next_ms); /* not a try */

/* A consistent copy while others write. SQLite: into the file `path`, fsynced. PostgreSQL: FAULT_INVALID naming pg_dump. */
struct err store_backup(struct ctx *ctx, struct store *store, struct str path);

#endif
