#include "svc/secretsmanager/accessed.h"

#include <stdatomic.h>

#include "base/map.h"
#include "base/queue.h"
#include "svc/secretsmanager/secret.h"

enum { NOTES_MAX = 65536 };

struct note {
    int64_t day_ms;
    struct arena *arena; /* owns the note's text */
    struct accessed what;
};

struct notes {
    struct lock *lock;
    struct map *map;
    struct map *taken; /* by the chores last: a reader's view of the store may be older than what they wrote */
};

static _Atomic(struct notes *) shared;

static struct notes *notes_of_process(void)
{
    struct notes *notes = atomic_load(&shared);
    if (notes) {
        return notes;
    }
    struct notes *made = memory_new(sizeof(*made));
    made->lock = lock_open();
    made->map = map_open();
    made->taken = map_open();
    if (atomic_compare_exchange_strong(&shared, &notes, made)) {
        return made;
    }
    map_close(made->map, NULL);
    map_close(made->taken, NULL);
    lock_free(made->lock);
    memory_free(made);
    return notes;
}

static struct str key_of(struct arena *arena, struct str secret, struct str version)
{
    return str_format(arena, "%" STR_FMT " %" STR_FMT, STR_ARG(secret), STR_ARG(version));
}

static struct note *note_new(const struct secret *secret, struct str version, int64_t day_ms)
{
    struct arena *arena = arena_open();
    struct note *note = ARENA_NEW(arena, struct note);
    note->arena = arena;
    note->day_ms = day_ms;
    note->what = (struct accessed){ str_copy(arena, secret->account), str_copy(arena, secret->arn), str_copy(arena, version), day_ms };
    return note;
}

void secret_accessed_note(struct request *rq, const struct secret *secret, const struct version *version)
{
    const int64_t today = secret_day_of(rq->ctx.now_ms);
    if (secret->accessed_ms >= today && version->accessed_ms >= today) {
        return;
    }
    struct notes *notes = notes_of_process();
    const struct str key = key_of(rq->ctx.arena, secret->arn, version->id);
    lock_take(notes->lock);
    const struct note *there = map_get(notes->map, key);
    if ((there == NULL || there->day_ms < today) && map_count(notes->map) < NOTES_MAX) {
        struct note *before = map_put(notes->map, key, note_new(secret, version->id, today));
        arena_close(before ? before->arena : NULL);
    }
    lock_give(notes->lock);
}

static bool is_of(const struct note *note, const struct secret *secret, struct str version)
{
    return str_equal(note->what.secret, secret->arn) && (version.ptr == NULL || str_equal(note->what.version, version));
}

static int64_t newest_in(const struct map *map, const struct secret *secret, struct str version)
{
    int64_t newest = 0;
    size_t at = 0;
    struct str key = STR_NONE;
    void *value = NULL;
    while (map_next(map, &at, &key, &value)) {
        const struct note *note = value;
        newest = is_of(note, secret, version) && note->day_ms > newest ? note->day_ms : newest;
    }
    return newest;
}

int64_t secret_accessed_day(const struct secret *secret, struct str version, int64_t stored_ms)
{
    struct notes *notes = notes_of_process();
    lock_take(notes->lock);
    const int64_t waiting_ms = newest_in(notes->map, secret, version);
    const int64_t taken_ms = newest_in(notes->taken, secret, version);
    lock_give(notes->lock);
    const int64_t noted_ms = waiting_ms > taken_ms ? waiting_ms : taken_ms;
    return noted_ms > stored_ms ? noted_ms : stored_ms;
}

bool secret_accessed_waiting(void)
{
    struct notes *notes = notes_of_process();
    lock_take(notes->lock);
    const bool waiting = map_count(notes->map) > 0;
    lock_give(notes->lock);
    return waiting;
}

static void note_free(void *value)
{
    arena_close(((struct note *)value)->arena);
}

size_t secret_accessed_take(struct ctx *ctx, struct accessed **out)
{
    struct notes *notes = notes_of_process();
    size_t count = 0;
    size_t at = 0;
    struct str key = STR_NONE;
    void *value = NULL;
    lock_take(notes->lock);
    struct map *old = notes->taken;
    notes->taken = notes->map;
    notes->map = map_open();
    *out = ARENA_ARRAY(ctx->arena, struct accessed, map_count(notes->taken));
    while (map_next(notes->taken, &at, &key, &value)) {
        const struct note *note = value;
        (*out)[count++] = (struct accessed){ str_copy(ctx->arena, note->what.account), str_copy(ctx->arena, note->what.secret),
                                             str_copy(ctx->arena, note->what.version), note->day_ms };
    }
    lock_give(notes->lock);
    map_close(old, note_free);
    return count;
}
