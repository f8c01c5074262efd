/* sqlite.c - the backend of one machine: WAL, one writer, many readers. */
#include <errno.h>
#include <fcntl.h>
#include <sqlite3.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "store/backend.h"

/* Statements are looked up by the address of their constant text; two that fall into one slot take turns. */
enum { SLOTS = 512, PARAMETERS_MAX = 64, BUSY_MS = 10000 };

struct statement {
    const char *sql;
    sqlite3_stmt *handle;
    uint8_t order[PARAMETERS_MAX]; /* which value each of SQLite's parameters takes */
    bool busy;                     /* a cursor is on it */
    bool spare;                    /* not in the cache: finalised at the end */
};

struct sqlite_store {
    struct store base;
    char *path;
};

struct sqlite_conn {
    struct store_conn base;
    sqlite3 *db;
    struct statement *slots[SLOTS];
};

static sqlite3 *database(struct store_conn *conn)
{
    return ((struct sqlite_conn *)conn)->db;
}

static const struct fault *fault_of(int code)
{
    switch (code & 0xff) {
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
        return &FAULT_UNAVAILABLE;
    case SQLITE_FULL:
    case SQLITE_IOERR:
    case SQLITE_READONLY:
    case SQLITE_CANTOPEN:
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
    case SQLITE_PERM:
        return &FAULT_IO;
    default:
        break;
    }
    const bool taken = code == SQLITE_CONSTRAINT_UNIQUE || code == SQLITE_CONSTRAINT_PRIMARYKEY ||
                       code == SQLITE_CONSTRAINT_ROWID;
    return taken ? &STORE_CONFLICT : &FAULT_INTERNAL;
}

/* SQLite keeps the system's reason for its main file only; for the write-ahead log errno still holds it. */
static struct err failed(struct ctx *ctx, sqlite3 *db, const char *doing)
{
    const int newest = errno;
    const int code = sqlite3_extended_errcode(db);
    const int kept = sqlite3_system_errno(db);
    const int system = fault_of(code) != &FAULT_IO ? 0 : kept ? kept : newest;
    return fail(ctx, fault_of(code), "the database failed to %s: %s%s%s", doing, sqlite3_errmsg(db),
                system ? ": " : "", system ? io_reason(system) : "");
}

static void drop_statement(struct statement *statement)
{
    if (statement) {
        sqlite3_finalize(statement->handle);
        memory_free(statement);
    }
}

static size_t slot_of(const char *sql)
{
    return (size_t)(((uintptr_t)sql * 0x9E3779B97F4A7C15U) >> 55) % SLOTS;
}

/* SQLite numbers $N by first use; a statement may name them in any order. */
static void map_parameters(struct statement *statement)
{
    const int count = sqlite3_bind_parameter_count(statement->handle);
    for (int i = 0; i < count && i < PARAMETERS_MAX; i++) {
        const char *name = sqlite3_bind_parameter_name(statement->handle, i + 1);
        int64_t number = i + 1;
        if (name && *name == '$') {
            str_to_int(str_of(name + 1), &number);
        }
        statement->order[i] = (uint8_t)(number - 1);
    }
}

static struct err prepare(struct ctx *ctx, struct sqlite_conn *conn, const char *sql, struct statement **out)
{
    struct statement **slot = &conn->slots[slot_of(sql)];
    if (*slot && (*slot)->sql == sql && !(*slot)->busy) {
        *out = *slot;
        return ERR_OK;
    }
    sqlite3_stmt *handle = NULL;
    if (sqlite3_prepare_v3(conn->db, sql, -1, SQLITE_PREPARE_PERSISTENT, &handle, NULL) != SQLITE_OK) {
        return failed(ctx, conn->db, "prepare a statement");
    }
    struct statement *made = memory_new(sizeof(*made));
    *made = (struct statement){ .sql = sql, .handle = handle, .spare = *slot && (*slot)->busy };
    map_parameters(made);
    if (!made->spare) {
        drop_statement(*slot);
        *slot = made;
    }
    *out = made;
    return ERR_OK;
}

static void finish(struct statement *statement)
{
    sqlite3_reset(statement->handle);
    sqlite3_clear_bindings(statement->handle);
    statement->busy = false;
    if (statement->spare) {
        drop_statement(statement);
    }
}

/* Values outlive the statement's run, or are copied by SQLite when a cursor stays open. */
static int bind_one(sqlite3_stmt *handle, int at, const struct store_value *value, sqlite3_destructor_type keep)
{
    switch (value->type) {
    case STORE_INT:
        return sqlite3_bind_int64(handle, at, value->integer);
    case STORE_REAL:
        return sqlite3_bind_double(handle, at, value->real);
    case STORE_TEXT:
        return sqlite3_bind_text64(handle, at, value->text.ptr, value->text.len, keep, SQLITE_UTF8);
    case STORE_BLOB:
        return sqlite3_bind_blob64(handle, at, value->text.ptr, value->text.len, keep);
    case STORE_NULL:
        break;
    }
    return sqlite3_bind_null(handle, at);
}

static struct err start(struct ctx *ctx, struct sqlite_conn *conn, const char *sql, const struct store_value *values,
                        size_t count, struct statement **out)
{
    /* After a full disk SQLite has rolled back by itself; what follows must not be committed alone. */
    if (conn->base.open && sqlite3_get_autocommit(conn->db) && strcmp(sql, "ROLLBACK") != 0) {
        return fail(ctx, &FAULT_IO, "the transaction was rolled back by the database");
    }
    TRY(prepare(ctx, conn, sql, out));
    const sqlite3_destructor_type keep = SQLITE_TRANSIENT;
    const int parameters = sqlite3_bind_parameter_count((*out)->handle);
    for (int i = 0; i < parameters; i++) {
        const size_t which = i < PARAMETERS_MAX ? (*out)->order[i] : SIZE_MAX;
        if (which >= count || bind_one((*out)->handle, i + 1, &values[which], keep) != SQLITE_OK) {
            finish(*out);
            return fail(ctx, &FAULT_INTERNAL, "parameter %d of a statement has no value, or a too large one", i + 1);
        }
    }
    (*out)->busy = true;
    return ERR_OK;
}

static struct err sqlite_run(struct ctx *ctx, struct store_conn *conn, const char *sql,
                             const struct store_value *values, size_t count, int64_t *changed)
{
    struct statement *statement = NULL;
    TRY(start(ctx, (struct sqlite_conn *)conn, sql, values, count, &statement));
    int code = SQLITE_ROW;
    while (code == SQLITE_ROW) {
        code = sqlite3_step(statement->handle);
    }
    const struct err err = code == SQLITE_DONE ? ERR_OK : failed(ctx, database(conn), "write");
    if (changed) {
        *changed = sqlite3_changes64(database(conn));
    }
    finish(statement);
    return err;
}

static struct err sqlite_query(struct ctx *ctx, struct store_conn *conn, const char *sql,
                               const struct store_value *values, size_t count, struct store_cursor *cursor)
{
    struct statement *statement = NULL;
    TRY(start(ctx, (struct sqlite_conn *)conn, sql, values, count, &statement));
    cursor->statement = statement;
    return ERR_OK;
}

static sqlite3_stmt *handle_of(const struct store_cursor *cursor)
{
    return ((const struct statement *)cursor->statement)->handle;
}

static struct err sqlite_next(struct ctx *ctx, struct store_cursor *cursor, bool *more)
{
    const int code = sqlite3_step(handle_of(cursor));
    *more = code == SQLITE_ROW;
    cursor->row++;
    return code == SQLITE_ROW || code == SQLITE_DONE ? ERR_OK : failed(ctx, database(cursor->conn), "read");
}

static void sqlite_end(struct store_cursor *cursor)
{
    finish(cursor->statement);
}

static bool sqlite_is_null(const struct store_cursor *cursor, int column)
{
    return sqlite3_column_type(handle_of(cursor), column) == SQLITE_NULL;
}

static int64_t sqlite_int(const struct store_cursor *cursor, int column)
{
    return sqlite3_column_int64(handle_of(cursor), column);
}

static double sqlite_real(const struct store_cursor *cursor, int column)
{
    return sqlite3_column_double(handle_of(cursor), column);
}

static struct str sqlite_text(struct ctx *ctx, const struct store_cursor *cursor, int column)
{
    const void *bytes = sqlite3_column_blob(handle_of(cursor), column);
    const size_t count = (size_t)sqlite3_column_bytes(handle_of(cursor), column);
    return str_copy(ctx->arena, (struct str){ bytes ? bytes : "", count });
}

static void sqlite_disconnect(struct store_conn *conn)
{
    struct sqlite_conn *own = (struct sqlite_conn *)conn;
    for (size_t i = 0; i < SLOTS; i++) {
        drop_statement(own->slots[i]);
    }
    sqlite3_close_v2(own->db);
    memory_free(own);
}

static struct err sqlite_script(struct ctx *ctx, struct store_conn *conn, const char *sql)
{
    if (sqlite3_exec(database(conn), sql, NULL, NULL, NULL) != SQLITE_OK) {
        return failed(ctx, database(conn), "run a schema step");
    }
    return ERR_OK;
}

/* synchronous=FULL: a commit returns after the write-ahead log has been fsynced. */
static const char SETTINGS[] = "PRAGMA journal_mode=WAL;"
                               "PRAGMA synchronous=FULL;"
                               "PRAGMA foreign_keys=ON;"
                               "PRAGMA cache_size=-1024;"
                               "PRAGMA mmap_size=0;"
                               "PRAGMA journal_size_limit=8388608;"
                               "PRAGMA trusted_schema=OFF;";

static struct err sqlite_connect(struct ctx *ctx, struct store *store, struct store_conn **out)
{
    const char *path = ((struct sqlite_store *)store)->path;
    struct sqlite_conn *conn = memory_new(sizeof(*conn));
    conn->base.store = store;
    const int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX;
    struct err err = ERR_OK;
    if (sqlite3_open_v2(path, &conn->db, flags, NULL) != SQLITE_OK) {
        err = fail(ctx, &FAULT_IO, "cannot open the database %s: %s: %s", path, sqlite3_errmsg(conn->db),
                   strerror(sqlite3_system_errno(conn->db)));
    } else {
        sqlite3_busy_timeout(conn->db, BUSY_MS);
        err = sqlite_script(ctx, &conn->base, SETTINGS);
    }
    if (err.fault) {
        sqlite_disconnect(&conn->base);
        return err;
    }
    *out = &conn->base;
    return ERR_OK;
}

static struct err sync_path(struct ctx *ctx, const char *path, int flags)
{
    const int file = open(path, flags | O_CLOEXEC);
    const bool done = file >= 0 && fsync(file) == 0;
    const int why = errno;
    if (file >= 0) {
        close(file);
    }
    return done ? ERR_OK : fail(ctx, &FAULT_IO, "cannot sync %s: %s", path, io_reason(why));
}

static struct err copy_database(struct ctx *ctx, sqlite3 *from, const char *path)
{
    sqlite3 *to = NULL;
    struct err err = ERR_OK;
    sqlite3_backup *copy = NULL;
    if (sqlite3_open(path, &to) == SQLITE_OK) {
        copy = sqlite3_backup_init(to, "main", from, "main");
    }
    const bool complete = copy && sqlite3_backup_step(copy, -1) == SQLITE_DONE;
    if (sqlite3_backup_finish(copy) != SQLITE_OK || !complete) {
        err = failed(ctx, to, "write the backup");
    }
    sqlite3_close(to);
    return err;
}

static struct err sqlite_backup(struct ctx *ctx, struct store *store, struct str path)
{
    const char *final = str_cstr(ctx->arena, path);
    const char *partial = str_format(ctx->arena, "%s.partial", final).ptr;
    const size_t slash = str_find_last(path, '/');
    const char *folder = slash == STR_MISSING ? "." : str_cstr(ctx->arena, str_slice(path, 0, slash + 1));
    unlink(partial);

    struct store_conn *conn = NULL;
    TRY(sqlite_connect(ctx, store, &conn));
    struct err err = copy_database(ctx, database(conn), partial);
    sqlite_disconnect(conn);
    if (!err.fault) {
        err = sync_path(ctx, partial, O_RDONLY);
    }
    if (!err.fault && rename(partial, final) != 0) {
        err = fail(ctx, &FAULT_IO, "cannot rename %s: %s", partial, io_reason(errno));
    }
    if (err.fault) {
        unlink(partial);
        return err;
    }
    return sync_path(ctx, folder, O_RDONLY | O_DIRECTORY);
}

static void sqlite_close_store(struct store *store)
{
    struct sqlite_store *own = (struct sqlite_store *)store;
    memory_free(own->path);
    memory_free(own);
}

static const struct translation TRANSLATIONS[] = {
    { "IDENTITY", "INTEGER PRIMARY KEY AUTOINCREMENT" },
    { NULL, NULL },
};

static const struct backend SQLITE = {
    .close = sqlite_close_store,
    .connect = sqlite_connect,
    .disconnect = sqlite_disconnect,
    .script = sqlite_script,
    .run = sqlite_run,
    .query = sqlite_query,
    .next = sqlite_next,
    .end = sqlite_end,
    .is_null = sqlite_is_null,
    .integer = sqlite_int,
    .real = sqlite_real,
    .text = sqlite_text,
    .backup = sqlite_backup,
    .single_writer = true,
    .begin_read = "BEGIN",
    .begin_write = "BEGIN IMMEDIATE",
    .schema_exists = "SELECT count(*) FROM sqlite_schema WHERE name = 'store_migration'",
    .translations = TRANSLATIONS,
};

struct err sqlite_open(struct ctx *ctx, struct str path, struct store **out)
{
    if (path.len == 0 || str_find(path, '\0') != STR_MISSING) {
        return fail(ctx, &FAULT_INVALID, "sqlite: needs the path of a file");
    }
    /* Counting its memory would take one lock for all threads on every allocation. Too late is no harm. */
    (void)sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
    struct sqlite_store *store = memory_new(sizeof(*store));
    store->base.backend = &SQLITE;
    store->path = memory_new(path.len + 1);
    memcpy(store->path, path.ptr, path.len);
    *out = &store->base;
    return ERR_OK;
}
