/* source.h - what was read from where: the durable set of objects seen, and figures for people.
 *
 * store_source_add, _hour and _count belong into the transaction that stores what the objects led to, so that an object is
 * read exactly once whatever happens between. An object is named by a hash of its key and version. */
#ifndef YAGURA_STORE_SOURCE_H
#define YAGURA_STORE_SOURCE_H

#include "store/store.h"

/* The row of a source, made if need be. */
struct err store_source_open(struct ctx *ctx, struct store_conn *conn, struct str name, int64_t *id);
struct err store_source_has(struct ctx *ctx, struct store_conn *conn, int64_t source, struct str object, bool *has);
/* Whether some object's name begins so. */
struct err store_source_knows(struct ctx *ctx, struct store_conn *conn, int64_t source, struct str start, bool *knows);
/* STORE_CONFLICT when it is there already. */
struct err store_source_add(struct ctx *ctx, struct store_conn *conn, int64_t source, struct str object);

struct store_source_counts {
    int64_t objects, bytes, records, skipped;
    int64_t newest_ms; /* event time; 0: none */
    int64_t lag_ms;    /* from writing to reading, of the newest batch's oldest object */
};
/* Adds to the counters; newest_ms keeps the greater, lag_ms is replaced. */
struct err store_source_count(struct ctx *ctx, struct store_conn *conn, int64_t source,
                              const struct store_source_counts *more);
/* The end of a look at the source: its trouble, or STR_NONE. */
struct err store_source_looked(struct ctx *ctx, struct store_conn *conn, int64_t source, struct str error);
/* How many objects are there, as of the last whole look, that have not been read. */
struct err store_source_missing(struct ctx *ctx, struct store_conn *conn, int64_t source, int64_t missing);

struct store_source_hour {
    struct str account, region, type;
    int64_t hour;
};
struct err store_source_add_hour(struct ctx *ctx, struct store_conn *conn, int64_t source,
                                 const struct store_source_hour *hour);

struct store_source_row {
    int64_t id;
    struct str name;
    struct store_source_counts counts;
    int64_t looked_ms;
    struct str error; /* absent: the last look went well */
    int64_t missing;  /* store_source_missing */
    int64_t gaps;     /* hours without objects between an account's first and last, over all its regions and types */
};
struct store_source_gap {
    int64_t source;
    struct str account, region, type;
    int64_t first_hour, last_hour, hours; /* that have objects */
};
struct err store_source_list(struct ctx *ctx, struct store_conn *conn, struct store_source_row **rows, size_t *count);
/* One for each account, region and type, of all sources. */
struct err store_source_gaps(struct ctx *ctx, struct store_conn *conn, struct store_source_gap **rows, size_t *count);

#endif
