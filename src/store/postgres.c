/* postgres.c - the backend beyond one machine, on libpq with prepared statements.
 *
 * Values travel with their type (whole numbers and doubles as text, text and blobs as raw bytes); results come as text.
 * A result set is read whole: rows.c files ask with LIMIT. */
#include <libpq-fe.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/map.h"
#include "store/backend.h"

enum { PARAMETERS_MAX = 64, OID_BYTEA = 17, OID_INT8 = 20, OID_TEXT = 25, OID_FLOAT8 = 701 };

struct postgres_store {
    struct store base;
    char *url;
};

struct postgres_conn {
    struct store_conn base;
    PGconn *link;
    struct map *prepared; /* by the address of the statement's constant text */
};

static PGconn *link_of(struct store_conn *conn)
{
    return ((struct postgres_conn *)conn)->link;
}

static bool in_class(const char *state, const char *class)
{
    return memcmp(state, class, strlen(class)) == 0;
}

/* spec: PostgreSQL 15, appendix A, error codes. */
static const struct fault *fault_of(const char *state)
{
    if (state == NULL || strlen(state) != 5) {
        return &FAULT_UNAVAILABLE; /* no answer at all: the connection is lost */
    }
    if (in_class(state, "23505")) {
        return &STORE_CONFLICT;
    }
    if (in_class(state, "08") || in_class(state, "40") || in_class(state, "55P03") || in_class(state, "57P")) {
        return &FAULT_UNAVAILABLE;
    }
    if (in_class(state, "53") || in_class(state, "58") || in_class(state, "25006")) {
        return &FAULT_IO;
    }
    return &FAULT_INTERNAL;
}

static struct err failed(struct ctx *ctx, PGconn *link, PGresult *result, const char *doing)
{
    const char *state = result ? PQresultErrorField(result, PG_DIAG_SQLSTATE) : NULL;
    const char *message = result ? PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY) : NULL;
    const struct err err = fail(ctx, fault_of(state), "the database failed to %s: %s", doing,
                                message ? message : PQerrorMessage(link));
    PQclear(result);
    return err;
}

static bool succeeded(PGresult *result)
{
    const ExecStatusType status = PQresultStatus(result);
    return status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK;
}

static struct err postgres_script(struct ctx *ctx, struct store_conn *conn, const char *sql)
{
    PGresult *result = PQexec(link_of(conn), sql);
    if (!succeeded(result)) {
        return failed(ctx, link_of(conn), result, "run a schema step");
    }
    PQclear(result);
    return ERR_OK;
}

static const char SETTINGS[] = "SET client_min_messages = warning; SET synchronous_commit = on;"
                               " SET client_encoding = 'UTF8'; SET standard_conforming_strings = on";

static struct err greet(struct ctx *ctx, struct postgres_conn *conn)
{
    if (PQstatus(conn->link) != CONNECTION_OK) {
        return fail(ctx, &FAULT_UNAVAILABLE, "cannot connect to the database: %s", PQerrorMessage(conn->link));
    }
    return postgres_script(ctx, &conn->base, SETTINGS);
}

/* Only between transactions: what was open on a lost connection is gone, and its owner has to hear that. */
static struct err revive(struct ctx *ctx, struct postgres_conn *conn)
{
    if (PQstatus(conn->link) == CONNECTION_OK || conn->base.open) {
        return ERR_OK;
    }
    PQreset(conn->link);
    map_close(conn->prepared, NULL);
    conn->prepared = map_open();
    return greet(ctx, conn);
}

static Oid type_of(const struct store_value *value)
{
    static const Oid TYPES[] = {
        [STORE_NULL] = 0, [STORE_INT] = OID_INT8, [STORE_REAL] = OID_FLOAT8, [STORE_TEXT] = OID_TEXT,
        [STORE_BLOB] = OID_BYTEA,
    };
    return TYPES[value->type];
}

struct name {
    char text[24];
};

static struct name name_of(const char *sql)
{
    struct name name = { { 0 } };
    snprintf(name.text, sizeof(name.text), "s%llx", (unsigned long long)(uintptr_t)sql);
    return name;
}

static struct err prepare(struct ctx *ctx, struct postgres_conn *conn, const char *sql,
                          const struct store_value *values, size_t count)
{
    const struct name name = name_of(sql);
    if (map_get(conn->prepared, str_of(name.text))) {
        return ERR_OK;
    }
    Oid types[PARAMETERS_MAX] = { 0 };
    for (size_t i = 0; i < count; i++) {
        types[i] = type_of(&values[i]);
    }
    PGresult *result = PQprepare(conn->link, name.text, sql, (int)count, types);
    if (!succeeded(result)) {
        return failed(ctx, conn->link, result, "prepare a statement");
    }
    PQclear(result);
    map_put(conn->prepared, str_of(name.text), conn);
    return ERR_OK;
}

struct arguments {
    const char *values[PARAMETERS_MAX];
    int lengths[PARAMETERS_MAX];
    int formats[PARAMETERS_MAX];
    char numbers[PARAMETERS_MAX][32];
};

static void argument(struct arguments *arguments, size_t at, const struct store_value *value)
{
    char *number = arguments->numbers[at];
    const size_t room = sizeof(arguments->numbers[at]);
    switch (value->type) {
    case STORE_INT:
        snprintf(number, room, "%lld", (long long)value->integer);
        arguments->values[at] = number;
        return;
    case STORE_REAL:
        snprintf(number, room, "%.17g", value->real);
        arguments->values[at] = number;
        return;
    case STORE_TEXT:
    case STORE_BLOB:
        arguments->values[at] = value->text.ptr;
        arguments->lengths[at] = (int)value->text.len;
        arguments->formats[at] = 1;
        return;
    case STORE_NULL:
        return;
    }
}

static struct err execute(struct ctx *ctx, struct store_conn *base, const char *sql,
                          const struct store_value *values, size_t count, PGresult **out)
{
    struct postgres_conn *conn = (struct postgres_conn *)base;
    struct arguments arguments = { .values = { NULL } };
    if (count > PARAMETERS_MAX) {
        return fail(ctx, &FAULT_INTERNAL, "a statement takes at most %d values", PARAMETERS_MAX);
    }
    for (size_t i = 0; i < count; i++) {
        if (values[i].text.len > INT32_MAX) {
            return fail(ctx, &FAULT_INVALID, "a value of %zu bytes is too large for the database", values[i].text.len);
        }
        argument(&arguments, i, &values[i]);
    }
    TRY(revive(ctx, conn));
    TRY(prepare(ctx, conn, sql, values, count));
    *out = PQexecPrepared(conn->link, name_of(sql).text, (int)count, arguments.values, arguments.lengths,
                          arguments.formats, 0);
    return succeeded(*out) ? ERR_OK : failed(ctx, conn->link, *out, "run a statement");
}

/* A COMMIT of a transaction in which something failed is answered ROLLBACK, and is no error to PostgreSQL. */
static bool committed(const char *sql, PGresult *result)
{
    return strcmp(sql, "COMMIT") != 0 || strcmp(PQcmdStatus(result), "COMMIT") == 0;
}

static struct err postgres_run(struct ctx *ctx, struct store_conn *conn, const char *sql,
                               const struct store_value *values, size_t count, int64_t *changed)
{
    PGresult *result = NULL;
    TRY(execute(ctx, conn, sql, values, count, &result));
    const bool kept = committed(sql, result);
    int64_t rows = 0;
    str_to_int(str_of(PQcmdTuples(result)), &rows);
    if (changed) {
        *changed = rows;
    }
    PQclear(result);
    return kept ? ERR_OK : fail(ctx, &FAULT_UNAVAILABLE, "the transaction was rolled back by the database");
}

static struct err postgres_query(struct ctx *ctx, struct store_conn *conn, const char *sql,
                                 const struct store_value *values, size_t count, struct store_cursor *cursor)
{
    PGresult *result = NULL;
    TRY(execute(ctx, conn, sql, values, count, &result));
    cursor->statement = result;
    cursor->row = -1;
    return ERR_OK;
}

static PGresult *result_of(const struct store_cursor *cursor)
{
    return cursor->statement;
}

static struct err postgres_next(struct ctx *ctx, struct store_cursor *cursor, bool *more)
{
    (void)ctx;
    cursor->row++;
    *more = cursor->row < PQntuples(result_of(cursor));
    return ERR_OK;
}

static void postgres_end(struct store_cursor *cursor)
{
    PQclear(result_of(cursor));
}

static bool postgres_is_null(const struct store_cursor *cursor, int column)
{
    return PQgetisnull(result_of(cursor), (int)cursor->row, column);
}

static struct str cell(const struct store_cursor *cursor, int column)
{
    const int row = (int)cursor->row;
    return (struct str){ PQgetvalue(result_of(cursor), row, column),
                         (size_t)PQgetlength(result_of(cursor), row, column) };
}

static int64_t postgres_int(const struct store_cursor *cursor, int column)
{
    const struct str text = cell(cursor, column);
    int64_t number = 0;
    return str_to_int(text, &number) ? number : text.len == 1 && text.ptr[0] == 't';
}

static double postgres_real(const struct store_cursor *cursor, int column)
{
    double number = 0;
    return str_to_double(cell(cursor, column), &number) ? number : 0;
}

static struct str postgres_text(struct ctx *ctx, const struct store_cursor *cursor, int column)
{
    const struct str text = cell(cursor, column);
    if (PQftype(result_of(cursor), column) != OID_BYTEA) {
        return str_copy(ctx->arena, text);
    }
    const size_t count = text.len / 2 - 1; /* "\x" and two digits for each byte */
    unsigned char *bytes = arena_alloc(ctx->arena, count + 1);
    str_unhex(str_from(text, 2), bytes, count);
    return (struct str){ (const char *)bytes, count };
}

static void postgres_disconnect(struct store_conn *conn)
{
    struct postgres_conn *own = (struct postgres_conn *)conn;
    PQfinish(own->link);
    map_close(own->prepared, NULL);
    memory_free(own);
}

static struct err postgres_connect(struct ctx *ctx, struct store *store, struct store_conn **out)
{
    struct postgres_conn *conn = memory_new(sizeof(*conn));
    conn->base.store = store;
    conn->prepared = map_open();
    conn->link = PQconnectdb(((struct postgres_store *)store)->url);
    const struct err err = greet(ctx, conn);
    if (err.fault) {
        postgres_disconnect(&conn->base);
        return err;
    }
    *out = &conn->base;
    return ERR_OK;
}

static struct err postgres_backup(struct ctx *ctx, struct store *store, struct str path)
{
    (void)store;
    return fail(ctx, &FAULT_INVALID, "a PostgreSQL store is backed up with pg_dump, not into %" STR_FMT, STR_ARG(path));
}

static void postgres_close(struct store *store)
{
    struct postgres_store *own = (struct postgres_store *)store;
    memory_free(own->url);
    memory_free(own);
}

/* Text sorts by bytes, as it does in SQLite: pagination relies on it. */
static const struct translation TRANSLATIONS[] = {
    { "IDENTITY", "BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY" },
    { "BLOB", "BYTEA" },
    { "TEXT", "TEXT COLLATE \"C\"" },
    { NULL, NULL },
};

static const struct backend POSTGRES = {
    .close = postgres_close,
    .connect = postgres_connect,
    .disconnect = postgres_disconnect,
    .script = postgres_script,
    .run = postgres_run,
    .query = postgres_query,
    .next = postgres_next,
    .end = postgres_end,
    .is_null = postgres_is_null,
    .integer = postgres_int,
    .real = postgres_real,
    .text = postgres_text,
    .backup = postgres_backup,
    .begin_read = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY",
    .begin_write = "BEGIN",
    .schema_exists = "SELECT count(*) FROM pg_tables WHERE tablename = 'store_migration'"
                     " AND schemaname = current_schema()",
    .schema_lock = "SELECT pg_advisory_xact_lock(7921480412)",
    .translations = TRANSLATIONS,
};

struct err postgres_open(struct ctx *ctx, struct str url, struct store **out)
{
    (void)ctx;
    struct postgres_store *store = memory_new(sizeof(*store));
    store->base.backend = &POSTGRES;
    store->url = memory_new(url.len + 1);
    memcpy(store->url, url.ptr, url.len);
    *out = &store->base;
    return ERR_OK;
}
