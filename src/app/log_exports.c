#include "app/log_exports.h"

#include "app/log_batch.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/queue.h"
#include "s3_model.h"
#include "svc/logs/export.h"
#include "wire/gzip.h"

enum { LOOK_MS = 500, FILE_BYTES = 16 << 20 };

struct log_exports {
    struct log_feeds_options options;
    struct store_conn *db;
    struct thread *thread;
    struct lock *lock; /* of stopping */
    bool stopping;
};

/* One task under way. */
struct task {
    struct log_exports *exports;
    struct ctx *ctx;
    struct logs_export export;
    struct logs_batch group;
    bool cancelled;
};

static bool is_stopping(struct log_exports *exports)
{
    lock_take(exports->lock);
    const bool stopping = exports->stopping;
    lock_give(exports->lock);
    return stopping;
}

static struct err put_object(struct task *task, struct ctx *ctx, struct str key, struct str body)
{
    const struct s3_put_object_in in = { .bucket = task->export.task->destination, .key = key, .body = body,
                                         .acl = STR("bucket-owner-full-control") };
    const struct inside_call call = {
        .service = "s3", .operation = "PutObject", .in = &in, .account = task->export.account, .region = task->export.region,
        .principal = str_format(ctx->arena, "logs.%" STR_FMT ".amazonaws.com", STR_ARG(task->export.region)),
        .source_arn = str_format(ctx->arena, "%" STR_FMT ":*", STR_ARG(task->group.arn)),
    };
    const void *answer = NULL;
    return inside_call(ctx, task->exports->options.inside, &call, &answer);
}

/* Slashes of a stream's name would be folders. */
static struct str folder_of(struct arena *arena, struct str stream)
{
    const struct str folder = str_copy(arena, stream);
    char *text = arena_alloc_raw(arena, folder.len + 1);
    for (size_t i = 0; i < folder.len; i++) {
        text[i] = folder.ptr[i] == '/' ? '-' : folder.ptr[i];
    }
    text[folder.len] = '\0';
    return (struct str){ text, folder.len };
}

static struct err page(struct task *task, struct ctx *ctx, const struct stream *stream, struct place *at, struct text *lines, bool *more)
{
    struct store_conn *db = task->exports->db;
    TRY(store_begin(ctx, db, STORE_READ));
    const struct err err = logs_export_page(ctx, db, &task->export, &task->group, stream, at, lines, more);
    store_rollback(db);
    return err;
}

/* One object: as many pages as fit. */
static struct err write_file(struct task *task, const struct stream *stream, unsigned number, struct place *at, bool *more)
{
    struct arena *arena CLEANUP(arena_cleanup) = arena_open_secret();
    struct arena *pages CLEANUP(arena_cleanup) = arena_open_secret();
    struct ctx ctx = ctx_new(arena, clock_now_ms());
    struct text lines = text_new(arena);
    const struct logs_export_task *about = task->export.task;
    while (*more && lines.len < FILE_BYTES) {
        struct ctx mine = ctx_new(pages, clock_now_ms());
        const struct err err = page(task, &mine, stream, at, &lines, more);
        if (err.fault) {
            memcpy(task->ctx->reason, mine.reason, sizeof(mine.reason));
            return err;
        }
        arena_reset(pages);
    }
    if (lines.len == 0) {
        return ERR_OK;
    }
    const struct str key = str_format(arena, "%" STR_FMT "/%" STR_FMT "/%" STR_FMT "/%06u.gz", STR_ARG(about->destination_prefix),
                                      STR_ARG(about->task_id), STR_ARG(folder_of(arena, stream->name)), number);
    const struct err err = put_object(task, &ctx, key, gzip_pack(arena, text_str(&lines)));
    memcpy(task->ctx->reason, ctx.reason, sizeof(ctx.reason));
    return err;
}

/* --- what becomes of the task --- */

struct mark {
    struct ctx ctx;
    struct task *task;
    struct str code, message;
};

static struct err write_mark(void *argument, struct store_conn *db)
{
    struct mark *mark = argument;
    return logs_export_mark(&mark->ctx, db, &mark->task->export, mark->code, mark->message, &mark->task->cancelled);
}

static struct err mark(struct task *task, struct str code, struct str message)
{
    struct mark mark = { .ctx = *task->ctx, .task = task, .code = code, .message = message };
    mark.ctx.now_ms = clock_now_ms();
    return store_writer_wait(task->ctx, task->exports->options.writer, write_mark, &mark);
}

static struct err write_streams(struct task *task, const struct streams *streams)
{
    for (size_t i = 0; i < streams->count && !task->cancelled; i++) {
        struct place at = { 0, 0, 0 };
        bool more = true;
        for (unsigned number = 0; more && !task->cancelled; number++) {
            if (is_stopping(task->exports)) {
                return fail(task->ctx, &FAULT_UNAVAILABLE, "the server is stopping");
            }
            TRY(write_file(task, &streams->items[i], number, &at, &more));
            TRY(mark(task, STR("RUNNING"), STR("Started successfully")));
        }
    }
    return ERR_OK;
}

static struct err open_task(struct task *task, struct streams *streams, bool *found)
{
    struct store_conn *db = task->exports->db;
    TRY(store_begin(task->ctx, db, STORE_READ));
    struct err err = logs_export_open(task->ctx, db, &task->export, &task->group, found);
    err = err.fault || !*found ? err : logs_export_streams(task->ctx, db, &task->export, streams);
    store_rollback(db);
    return err;
}

static struct err write_all(struct task *task)
{
    struct streams streams = { NULL, 0 };
    bool found = false;
    TRY(open_task(task, &streams, &found));
    if (!found) {
        return fail(task->ctx, &FAULT_MISSING, "The specified log group does not exist.");
    }
    const struct str test = str_format(task->ctx->arena, "%" STR_FMT "/aws-logs-write-test", STR_ARG(task->export.task->destination_prefix));
    if (put_object(task, task->ctx, test, STR("Permission Check Successful")).fault) {
        return fail(task->ctx, &FAULT_INVALID, "PutObject call on the given bucket failed. Please check if CloudWatch Logs has been granted "
                    "permission to perform this operation.");
    }
    log_batch_open_keys(task->ctx, task->exports->options.inside, &task->group);
    return write_streams(task, &streams);
}

static void work(struct task *task)
{
    if (mark(task, STR("RUNNING"), STR("Started successfully")).fault || task->cancelled) {
        return;
    }
    const struct err err = write_all(task);
    if (err.fault && is_stopping(task->exports)) {
        return; /* from the beginning, at the next start */
    }
    const struct str reason = str_copy(task->ctx->arena, str_of(task->ctx->reason));
    const bool marked = !task->cancelled && (err.fault ? mark(task, STR("FAILED"), reason)
                                                       : mark(task, STR("COMPLETED"), STR("Completed successfully"))).fault == NULL;
    if (!marked && !task->cancelled) {
        log_warn(NULL, "the end of an export can't be stored; it will be done again", LOG_STR("reason", str_of(task->ctx->reason)));
    }
}

static void look(struct log_exports *exports)
{
    struct arena *arena CLEANUP(arena_cleanup) = arena_open_secret();
    struct ctx ctx = ctx_new(arena, clock_now_ms());
    struct task task = { .exports = exports, .ctx = &ctx };
    bool found = false;
    struct err err = store_begin(&ctx, exports->db, STORE_READ);
    if (!err.fault) {
        err = logs_export_next(&ctx, exports->db, &task.export, &found);
        store_rollback(exports->db);
    }
    if (err.fault) {
        log_warn(NULL, "exports of log groups can't be looked at", LOG_STR("reason", str_of(ctx.reason)));
    } else if (found) {
        work(&task);
    }
}

static void run(void *argument)
{
    struct log_exports *exports = argument;
    while (!is_stopping(exports)) {
        look(exports);
        lock_take(exports->lock);
        if (!exports->stopping) {
            lock_wait(exports->lock, LOOK_MS);
        }
        lock_give(exports->lock);
    }
}

struct err log_exports_open(struct ctx *ctx, const struct log_feeds_options *options, struct log_exports **out)
{
    struct store_conn *db = NULL;
    TRY(store_connect(ctx, options->store, &db));
    struct log_exports *exports = memory_new(sizeof(*exports));
    exports->options = *options;
    exports->db = db;
    exports->lock = lock_open();
    *out = exports;
    return ERR_OK;
}

void log_exports_start(struct log_exports *exports)
{
    exports->thread = thread_start("log exports", run, exports);
}

void log_exports_close(struct log_exports *exports)
{
    if (exports == NULL) {
        return;
    }
    lock_take(exports->lock);
    exports->stopping = true;
    lock_signal(exports->lock);
    lock_give(exports->lock);
    if (exports->thread) {
        thread_join(exports->thread);
    }
    store_disconnect(exports->db);
    lock_free(exports->lock);
    memory_free(exports);
}
