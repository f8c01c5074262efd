/* watch.h - judges log records while the server runs, and stores what it finds: those of followed files and folders, and
 * batches that sources submit.
 *
 * One thread reads and judges. What was read and what was found commit together, so that after any kill -9 reading goes
 * on with nothing lost and nothing counted twice. */
#ifndef YAGURA_APP_WATCH_H
#define YAGURA_APP_WATCH_H

#include "app/config.h"
#include "app/known.h"
#include "store/writer.h"

struct watch_options {
    const struct path_list *paths;
    const struct path_list *rules;
    struct str mapping; /* of field names, a file; may be absent */
    struct known known; /* the watch closes it, unless watch_open fails */
    struct store *store;
    struct store_writer *writer;
    struct str home_account, home_region;
    struct str data; /* folder, for what is learned */
    int64_t interval_ms;
    /* Called on the watching thread after the first look at all paths, and then with each later look that raised some. */
    void (*looked)(void *self, size_t findings);
    void *self;
};

struct watch;

struct err watch_open(struct ctx *ctx, const struct watch_options *options, struct watch **out);
void watch_start(struct watch *watch);
/* Ends the thread; batches that wait hear of it, further ones are refused. NULL is allowed. */
void watch_stop(struct watch *watch);
void watch_close(struct watch *watch); /* stopped first; NULL is allowed */
/* Loads the rules anew; on FAULT_INVALID the old ones stay. */
struct err watch_reload(struct ctx *ctx, struct watch *watch);
/* Other lists, from the next look or batch on; the watch closes them in time. What is being judged is not waited for. */
void watch_use_known(struct watch *watch, const struct known *known);
/* Whether rule files or the mapping are no longer what they were when last loaded or asked about, and are at rest: the same
 * twice in a row. For the thread that calls watch_reload. */
bool watch_rules_changed(struct watch *watch);

struct watch_counts {
    int64_t records, duplicates, skipped, bytes; /* decompressed */
    int64_t newest_ms;                           /* event time; 0: none */
};

/* One input, whole: compressed or not, in any form the readers know. */
struct watch_item {
    struct str name;
    int file; /* read from where it stands; -1: text is it */
    struct str text;
    struct watch_counts counts; /* filled in before mark is called */
};

/* The submitter's, until done was called. */
struct watch_batch {
    struct watch_item *items;
    size_t count;
    struct str owner; /* account whose findings they are; absent: the server's first */
    /* Within the transaction that stores the findings, perhaps more than once. STORE_CONFLICT: somebody else was faster;
     * nothing of the batch is stored. */
    struct err (*mark)(void *self, struct ctx *ctx, struct store_conn *db);
    /* Once. ERR_OK means durable. */
    void (*done)(void *self, struct err result, const char *reason);
    void *self;
    struct watch_batch *next;
};

/* False when too many wait or the watch is stopping: done is not called. */
bool watch_submit(struct watch *watch, struct watch_batch *batch);

#endif
