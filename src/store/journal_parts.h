/* journal_parts.h - what the journal's files share: frames, segments and the state behind the lock. */
#ifndef YAGURA_STORE_JOURNAL_PARTS_H
#define YAGURA_STORE_JOURNAL_PARTS_H

#include "base/queue.h"
#include "store/journal.h"

/* An entry on disk: frame, keys, payload. The check covers everything after it but `dead`, which is set in place. */
struct frame {
    uint32_t size; /* of keys and payload */
    uint32_t check;
    uint64_t batch;
    uint8_t dead;
    uint8_t key_count;
    uint8_t zero[6];
};

enum { SEGMENT_HEAD = 16, FRAME_SIZE_MAX = JOURNAL_PAYLOAD_MAX + JOURNAL_KEYS_MAX * 8, LANE_BITS = 8 };

#define SEGMENT_MAGIC "yagura journal 1"

static inline journal_place place_of(uint32_t segment, uint32_t offset)
{
    return (uint64_t)segment << 32 | offset;
}
static inline uint32_t place_segment(journal_place place)
{
    return (uint32_t)(place >> 32);
}
static inline uint32_t place_offset(journal_place place)
{
    return (uint32_t)place;
}

struct index_item {
    uint64_t key;
    uint64_t offset;
};

/* Keys of one segment, in the order of their offsets until it is full, then by key. */
struct index {
    struct index_item *items;
    size_t count, capacity;
};

struct bytes {
    char *ptr;
    size_t len, capacity;
};

/* A batch under way: where its first entry stands and which are its own. */
struct lane {
    uint64_t batch;              /* 0: none */
    journal_place first;         /* 0: nothing appended yet */
    journal_place *entries;
    size_t count, capacity;
    uint64_t failures;           /* the journal's when it began */
};

struct journal {
    const char *folder;
    char id[33];                 /* tells this journal's marks in a shared store */
    struct lock *lock;           /* of all below */
    struct lock *tail;           /* signalled when something settled; of woken */
    bool woken;                  /* nobody waits any more */
    struct thread *thread;
    bool closing, flushing;
    bool wanted;                 /* somebody waits for what has gathered */
    int64_t since_us;            /* the first of the patient came */
    int file;                    /* of the segment that is written */
    uint32_t segment;
    uint32_t durable;            /* of it; what is beyond doesn't exist */
    uint32_t stretched;          /* up to here the file has room; of the thread */
    uint32_t oldest;             /* segment */
    struct bytes filling, writing;
    uint32_t filling_segment, filling_base; /* where `filling` will stand */
    struct journal_wait *waits, **last_wait;
    size_t waiting;              /* how many */
    struct index index;          /* of filling_segment */
    size_t index_durable;        /* items that are on disk */
    struct index sealed;         /* of `segment`, once filling went on to the next */
    struct lane lanes[JOURNAL_LANES];
    uint64_t counter;            /* of batches */
    uint64_t failures;           /* flights that did not arrive */
};

/* journal_read.c: something settled. Not under journal->lock. */
void journal_tell_readers(struct journal *journal);

/* journal_segment.c */
void journal_sync_folder(const struct journal *journal);
const char *segment_path(struct arena *arena, const struct journal *journal, uint32_t segment, const char *suffix);
struct err segment_create(struct ctx *ctx, const struct journal *journal, uint32_t segment, int *file);
uint32_t frame_check(const struct frame *frame, const char *body);
bool frame_is_sane(const struct frame *frame);
/* The frame and what follows it, in ctx->arena; *whole is false at the end or where bytes are torn. */
struct err frame_read(struct ctx *ctx, int file, uint32_t offset, uint32_t end, struct frame *frame, struct str *body,
                      bool *whole);
struct err file_read(struct ctx *ctx, int file, uint64_t offset, void *out, size_t size, size_t *got);
struct err file_write(struct ctx *ctx, int file, uint64_t offset, const void *bytes, size_t size);
struct err frame_kill(struct ctx *ctx, const struct journal *journal, const journal_place *places, size_t count);
/* The segment's keys, beside it; made from the segment when they are missing or don't fit it. */
struct err keys_save(struct ctx *ctx, const struct journal *journal, uint32_t segment, uint32_t size, struct index *index);
struct err keys_find(struct ctx *ctx, struct journal *journal, uint32_t segment, uint64_t key, uint32_t before,
                      journal_place *places, size_t max, size_t *count);
void keys_add(struct index *index, uint64_t key, uint64_t offset);

/* journal_recover.c */
struct err journal_recover(struct ctx *ctx, struct journal *journal, struct store *store);

#endif
