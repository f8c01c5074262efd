/* reconcile.h - what lies in a bucket or folder of logs beside what the store says was read of it.
 *
 * A gap is a log object that was not read, not to its end, or in another state than it has now. Reading one is marked in the
 * transaction of its findings (decisions 004, 006), so that it is read once, however often this runs. */
#ifndef YAGURA_APP_RECONCILE_H
#define YAGURA_APP_RECONCILE_H

#include "app/config.h"
#include "store/writer.h"

struct reconcile_gap {
    struct str name; /* s3://BUCKET/KEY or path */
    const char *what; /* "missing", "partly read", "changed" */
    int64_t size;
    bool filled; /* it is read now */
    struct str trouble; /* why it is not; absent: nothing was tried, or nothing is known */
};
struct reconcile {
    struct reconcile_gap *gaps;
    size_t count, room;
    int64_t objects; /* looked at */
};

void reconcile_add(struct arena *arena, struct reconcile *into, const struct reconcile_gap *gap);

struct reconcile_options {
    const struct settings *settings;
    struct str where;
    struct store *store;
    struct store_writer *writer; /* NULL: look only */
    bool alone; /* no server runs on the data folder */
};

/* s3://BUCKET/PREFIX… of source.h */
struct err reconcile_bucket(struct ctx *ctx, const struct reconcile_options *options, struct reconcile *out);
/* A path as --watch takes it. Filling its gaps needs the data folder alone: who follows it keeps its place in memory. */
struct err reconcile_folder(struct ctx *ctx, const struct reconcile_options *options, struct reconcile *out);

#endif
