#include "base/queue.h"
#include "match/match.h"

struct match_snapshot {
    struct match_set *set;
    struct projection *projection;
    size_t references; /* the holder's own counts as one */
};

struct match_holder {
    struct lock *lock;
    struct match_snapshot *current;
};

struct match_holder *match_holder_open(void)
{
    struct match_holder *holder = memory_new(sizeof(*holder));
    holder->lock = lock_open();
    return holder;
}

static void snapshot_free(struct match_snapshot *snapshot)
{
    match_set_free(snapshot->set);
    projection_free(snapshot->projection);
    memory_free(snapshot);
}

/* With the lock taken; the caller frees, without it, what is returned. */
static struct match_snapshot *let_go(struct match_snapshot *snapshot)
{
    return snapshot && --snapshot->references == 0 ? snapshot : NULL;
}

void match_holder_swap(struct match_holder *holder, struct match_set *set, struct projection *projection)
{
    struct match_snapshot *fresh = memory_new(sizeof(*fresh));
    *fresh = (struct match_snapshot){ set, projection, 1 };
    lock_take(holder->lock);
    struct match_snapshot *old = let_go(holder->current);
    holder->current = fresh;
    lock_give(holder->lock);
    if (old) {
        snapshot_free(old);
    }
}

struct match_snapshot *match_holder_take(struct match_holder *holder)
{
    lock_take(holder->lock);
    struct match_snapshot *snapshot = holder->current;
    if (snapshot) {
        snapshot->references++;
    }
    lock_give(holder->lock);
    return snapshot;
}

void match_holder_give(struct match_holder *holder, struct match_snapshot *snapshot)
{
    lock_take(holder->lock);
    struct match_snapshot *old = let_go(snapshot);
    lock_give(holder->lock);
    if (old) {
        snapshot_free(old);
    }
}

void match_holder_close(struct match_holder *holder)
{
    if (holder->current) {
        snapshot_free(holder->current);
    }
    lock_free(holder->lock);
    memory_free(holder);
}

const struct match_set *match_snapshot_set(const struct match_snapshot *snapshot)
{
    return snapshot->set;
}

const struct projection *match_snapshot_projection(const struct match_snapshot *snapshot)
{
    return snapshot->projection;
}
