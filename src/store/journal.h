/* journal.h - an append-only record of what happened: durable before anybody is told, one fsync for many.
 *
 * A folder of segments (00000001.journal, ...); an entry is a payload and the 64-bit keys that find it again. Appending
 * copies and returns; `done` is called on the journal's own thread once the entry is durable, or can't be.
 *
 * One truth with the store's transactions: entries of a batch are appended before their transaction commits, which also
 * writes the batch's number (journal_mark). Until journal_settle says how it ended, readers stop before the batch; after
 * a crash, opening drops the entries of batches whose number the store doesn't know (docs/decisions/012). A batch has a
 * lane; of each lane at most one is under way.
 *
 * Safe for threads. Readers see whole entries in order, each once, and nothing that isn't durable. */
#ifndef YAGURA_STORE_JOURNAL_H
#define YAGURA_STORE_JOURNAL_H

#include "store/store.h"

enum {
    JOURNAL_KEYS_MAX = 24,
    JOURNAL_PAYLOAD_MAX = 1 << 20,
    JOURNAL_SEGMENT = 16 << 20, /* a new one begins beyond it */
    JOURNAL_LANES = 16,
};

struct journal;

struct journal_entry {
    struct str payload;
    uint64_t keys[JOURNAL_KEYS_MAX];
    size_t key_count;
    struct journal_entry *next;
};

/* The appender's, until done was called. */
struct journal_wait {
    void (*done)(void *self, struct err result, const char *reason);
    void *self;
    bool patient; /* whoever appends has more to come, and calls journal_flush after it */
    struct journal_wait *next;
};

/* The store says which batches committed; it is not kept. */
struct err journal_open(struct ctx *ctx, struct str folder, struct store *store, struct journal **out);
/* Appended entries become durable first. NULL is allowed. */
void journal_close(struct journal *journal);

/* All entries of the list, one after the other. batch 0: they stand for themselves. wait NULL: they go with what comes next. */
void journal_append(struct journal *journal, uint64_t batch, const struct journal_entry *entries, struct journal_wait *wait);
/* What was appended so far is written now. */
void journal_flush(struct journal *journal);

uint64_t journal_begin(struct journal *journal, unsigned lane);
struct err journal_mark(struct ctx *ctx, struct store_conn *db, struct journal *journal, uint64_t batch);
/* Waits until what was appended is on disk; FAULT_IO when anything appended since the batch began is not. */
struct err journal_sync(struct ctx *ctx, struct journal *journal, uint64_t batch);
/* How the batch ended, the transaction being over. A commit that failed may have happened: db is asked. A fault: it can't be
 * known or written down yet; try again before the lane's next batch. */
struct err journal_settle(struct ctx *ctx, struct store_conn *db, struct journal *journal, uint64_t batch, bool committed);

/* A place: between entries, totally ordered; 0 is before all. */
typedef uint64_t journal_place;

struct journal_found {
    struct str payload;
    journal_place at, after;
};
/* The entries from a place on, up to max of them and about bytes_max of payload, into ctx->arena; *next is where to go on. */
struct err journal_read(struct ctx *ctx, struct journal *journal, journal_place from, struct journal_found *entries,
                        size_t max, size_t bytes_max, size_t *count, journal_place *next);
/* Newest first: the places before `before` (0: the end) of entries with that key. May name some without it. */
struct err journal_find(struct ctx *ctx, struct journal *journal, uint64_t key, journal_place before, journal_place *places,
                        size_t max, size_t *count);
/* The one entry at a place that journal_find named. */
struct err journal_get(struct ctx *ctx, struct journal *journal, journal_place at, struct journal_found *entry);
/* Where reading ends at present. */
journal_place journal_end(struct journal *journal);
/* Waits until there is something beyond the place, at most so long; false: there is not. */
bool journal_wait_beyond(struct journal *journal, journal_place place, int64_t wait_ms);
void journal_wake(struct journal *journal); /* at the end: nobody waits any more */

/* Removes segments that end before a place and were last written before a time. */
struct err journal_trim(struct ctx *ctx, struct journal *journal, journal_place before, int64_t written_before_ms);

#endif
