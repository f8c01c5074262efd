/* backend.h - what SQLite and PostgreSQL each bring; only src/store includes it.
 *
 * A backend's own structs begin with struct store and struct store_conn. store.c keeps `within` and `open`. */
#ifndef YAGURA_STORE_BACKEND_H
#define YAGURA_STORE_BACKEND_H

#include <stdatomic.h>

#include "store/store.h"

struct translation {
    const char *word; /* as schema files spell it; NULL ends the list */
    const char *own;
};

struct backend {
    void (*close)(struct store *store);
    struct err (*connect)(struct ctx *ctx, struct store *store, struct store_conn **out);
    void (*disconnect)(struct store_conn *conn);
    struct err (*script)(struct ctx *ctx, struct store_conn *conn, const char *sql); /* several statements, no values */
    struct err (*run)(struct ctx *ctx, struct store_conn *conn, const char *sql, const struct store_value *values,
                      size_t count, int64_t *changed);
    struct err (*query)(struct ctx *ctx, struct store_conn *conn, const char *sql, const struct store_value *values,
                        size_t count, struct store_cursor *cursor);
    struct err (*next)(struct ctx *ctx, struct store_cursor *cursor, bool *more);
    void (*end)(struct store_cursor *cursor);
    bool (*is_null)(const struct store_cursor *cursor, int column);
    int64_t (*integer)(const struct store_cursor *cursor, int column);
    double (*real)(const struct store_cursor *cursor, int column);
    struct str (*text)(struct ctx *ctx, const struct store_cursor *cursor, int column);
    struct err (*backup)(struct ctx *ctx, struct store *store, struct str path);
    bool single_writer;
    const char *begin_read;
    const char *begin_write;
    const char *schema_exists; /* query: 1 when store_migration is there */
    const char *schema_lock;   /* first statement of a migration; NULL: begin_write suffices */
    const struct translation *translations;
};

struct store {
    const struct backend *backend;
    _Atomic uint64_t commits; /* of this process */
};

struct store_conn {
    struct store *store;
    bool within; /* between store_begin and its end */
    bool open;   /* and the database knows: to read begins with the first statement, and may outlast the end (store_pause) */
    bool writes;
    bool failed; /* a statement: the view isn't trusted any further */
    uint64_t seen; /* store->commits before it was opened */
};

struct err sqlite_open(struct ctx *ctx, struct str path, struct store **out);
struct err postgres_open(struct ctx *ctx, struct str url, struct store **out);

/* A schema in the backend's own words; quoted text and comments are left alone. */
const char *store_translate(struct arena *arena, const struct translation *translations, struct str sql);

#endif
