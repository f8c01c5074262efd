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
    if (atomic_compare_exchange_strong(&shared, &notes, made)) {
        return made;
    }
    map_close(made->map, NULL);
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

int64_t secret_accessed_day(const struct secret *secret, struct str version, int64_t stored_ms)
{
    struct notes *notes = notes_of_process();
    int64_t newest = stored_ms;
    size_t at = 0;
    struct str key = STR_NONE;
    void *value = NULL;
    lock_take(notes->lock);
    while (map_next(notes->map, &at, &key, &value)) {
        const struct note *note = value;
        newest = is_of(note, secret, version) && note->day_ms > newest ? note->day_ms : newest;
    }
    lock_give(notes->lock);
    return newest;
}

bool secret_accessed_waiting(void)
{
    struct notes *notes = notes_of_process();
    lock_take(notes->lock);
    const bool waiting = map_count(notes->map) > 0;
    lock_give(notes->lock);
    return waiting;
}

size_t secret_accessed_take(struct ctx *ctx, struct accessed **out)
{
    struct notes *notes = notes_of_process();
    lock_take(notes->lock);
    struct map *taken = notes->map;
    notes->map = map_open();
    lock_give(notes->lock);
    size_t count = 0;
    size_t at = 0;
    struct str key = STR_NONE;
    void *value = NULL;
    *out = ARENA_ARRAY(ctx->arena, struct accessed, map_count(taken));
    while (map_next(taken, &at, &key, &value)) {
        struct note *note = value;
        (*out)[count++] = (struct accessed){ str_copy(ctx->arena, note->what.account), str_copy(ctx->arena, note->what.secret),
                                             str_copy(ctx->arena, note->what.version), note->day_ms };
        arena_close(note->arena);
    }
    map_close(taken, NULL);
    return count;
}
