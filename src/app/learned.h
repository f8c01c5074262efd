/* learned.h - what a server has learned (detect/learn/learn.h), kept in the data folder in step with the store.
 *
 * A model is a file of its own, DATA/learned/N.model; which N counts stands in the store. It is saved only when whatever was
 * learned is stored as read, so after any kill -9 it holds nothing that will be read again: at worst it lacks what was read
 * since it was saved last, some minutes, and nothing is counted twice.
 *
 *     if (learned_save(&ctx, &learned, false)) {       // true: a new file is there, from now on or never
 *         ... in a transaction: TRY(learned_mark(ctx, db, &learned));
 *         learned_settle(&learned, committed);
 *     } */
#ifndef YAGURA_APP_LEARNED_H
#define YAGURA_APP_LEARNED_H

#include "detect/learn/learn.h"
#include "store/store.h"

struct learned {
    struct learn *learn;
    struct str folder;    /* copied; absent: nothing is kept */
    int64_t generation;   /* that counts; 0: none */
    int64_t next_save_us; /* monotonic */
    bool changed;         /* since it was saved */
};

/* A model of another version, a damaged or missing one is told in the log; then learning begins anew. */
struct err learned_open(struct ctx *ctx, struct store *store, struct str data_folder, struct learned *out);
void learned_close(struct learned *learned); /* a zeroed one is allowed */
bool learned_save(struct ctx *ctx, struct learned *learned, bool at_once);
struct err learned_mark(struct ctx *ctx, struct store_conn *db, const struct learned *learned);
void learned_settle(struct learned *learned, bool committed);

#endif
