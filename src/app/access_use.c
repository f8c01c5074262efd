#include "app/access_use.h"

#include "base/log.h"
#include "svc/iam/iam.h"

enum { PLACES = 4096 };

struct place {
    uint64_t hash;
    int64_t noted_ms;
};

struct access_use {
    struct place places[PLACES];
};

struct note {
    struct store_job job;
    struct ctx ctx;
    struct iam_access access;
};

struct access_use *access_use_open(void)
{
    return memory_new(sizeof(struct access_use));
}

void access_use_close(struct access_use *memory)
{
    memory_free(memory);
}

static bool is_known(struct access_use *memory, struct str id, const struct operation *operation, int64_t now_ms)
{
    const uint64_t hash = str_hash(id) ^ ((uint64_t)(uintptr_t)operation * UINT64_C(0x9E3779B97F4A7C15));
    struct place *place = &memory->places[(hash ^ (hash >> 32)) % PLACES];
    const bool known = place->hash == hash && now_ms >= place->noted_ms && now_ms - place->noted_ms < ACCESS_USE_FRESH_MS;
    if (!known) {
        *place = (struct place){ hash, now_ms };
    }
    return known;
}

static struct err note_run(void *argument, struct store_conn *db)
{
    struct note *note = argument;
    return iam_access_used(&note->ctx, db, &note->access);
}

static void note_done(void *argument, struct err result, const char *reason)
{
    struct note *note = argument;
    if (result.fault) {
        log_warn(NULL, "the use of a service was not noted", LOG_STR("principal", note->access.principal),
                 LOG_STR("reason", str_of(reason[0] ? reason : note->ctx.reason)));
    }
    arena_close(note->ctx.arena);
}

static bool is_lasting(const struct principal *caller)
{
    return caller->type == PRINCIPAL_USER || caller->type == PRINCIPAL_ASSUMED_ROLE || caller->type == PRINCIPAL_ROOT;
}

void access_use_note(struct access_use *memory, struct store_writer *writer, const struct request *rq)
{
    const struct str id = str_cut(rq->caller.id, ':', &(struct str){ NULL, 0 });
    if (!is_lasting(&rq->caller) || is_known(memory, id, rq->operation, rq->ctx.now_ms)) {
        return;
    }
    struct arena *arena = arena_open();
    struct note *note = ARENA_NEW(arena, struct note);
    note->ctx = ctx_new(arena, rq->ctx.now_ms);
    note->job = (struct store_job){ .run = note_run, .done = note_done, .argument = note };
    note->access.account = str_copy(arena, rq->account);
    note->access.principal = str_copy(arena, id);
    note->access.action = str_of(rq->operation->action);
    note->access.region = str_copy(arena, rq->region);
    if (!store_writer_push(writer, &note->job)) {
        arena_close(arena);
    }
}
