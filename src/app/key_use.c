#include "app/key_use.h"

#include "base/log.h"
#include "svc/iam/iam.h"

struct note {
    struct store_job job;
    struct ctx ctx;
    struct str access_key, service, region;
};

static struct err note_run(void *argument, struct store_conn *db)
{
    struct note *note = argument;
    return iam_credential_used(&note->ctx, db, note->access_key, note->service, note->region);
}

static void note_done(void *argument, struct err result, const char *reason)
{
    struct note *note = argument;
    if (result.fault) {
        log_warn(NULL, "the use of a key was not noted", LOG_STR("accessKeyId", note->access_key),
                 LOG_STR("reason", str_of(reason[0] ? reason : note->ctx.reason)));
    }
    arena_close(note->ctx.arena);
}

void key_use_note(struct store_writer *writer, struct str access_key, struct str service, struct str region,
                  int64_t now_ms)
{
    struct arena *arena = arena_open();
    struct note *note = ARENA_NEW(arena, struct note);
    note->ctx = ctx_new(arena, now_ms);
    note->job = (struct store_job){ .run = note_run, .done = note_done, .argument = note };
    note->access_key = str_copy(arena, access_key);
    note->service = str_copy(arena, service);
    note->region = str_copy(arena, region);
    if (!store_writer_push(writer, &note->job)) {
        arena_close(arena);
    }
}
