#include "store/writer.h"

#include <stdio.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/queue.h"

enum { JOURNAL_RETRY_MS = 200 };

struct store_writer {
    struct queue *queue;
    struct journal *journal; /* NULL: none */
    struct worker *workers;
    size_t count;
    size_t batch_max;
};

struct worker {
    struct store_writer *writer;
    struct store_conn *conn;
    struct thread *thread;
    struct arena *arena;
    struct ctx ctx;
    unsigned lane; /* of the journal */
};

/* run one job so that its failure leaves the others' changes alone; *broken when the whole transaction is lost. */
static struct err run_job(struct worker *worker, const struct store_job *job, bool alone, struct err *broken)
{
    if (!alone) {
        *broken = store_savepoint(&worker->ctx, worker->conn);
        TRY(*broken);
    }
    const struct err result = job->run(job->argument, worker->conn);
    if (alone) {
        return result;
    }
    if (result.fault) {
        store_rollback_to(worker->conn);
        return result;
    }
    *broken = store_release(&worker->ctx, worker->conn);
    return *broken;
}

/* Entries of the jobs that are kept: durable before the commit that makes them true. */
static struct err write_journal(struct worker *worker, struct store_job *const *jobs, size_t count, const struct err *results,
                                uint64_t *batch)
{
    struct journal *journal = worker->writer->journal;
    for (size_t i = 0; i < count && journal; i++) {
        if (!results[i].fault && jobs[i]->entries) {
            *batch = *batch ? *batch : journal_begin(journal, worker->lane);
            journal_append(journal, *batch, jobs[i]->entries, NULL);
        }
    }
    if (*batch == 0) {
        return ERR_OK;
    }
    TRY(journal_mark(&worker->ctx, worker->conn, journal, *batch));
    return journal_sync(&worker->ctx, journal, *batch);
}

/* Until it is known and written down how the batch ended, no other may begin: recovery could not tell them apart. */
static void settle_journal(struct worker *worker, uint64_t batch, bool committed)
{
    struct ctx ctx = ctx_new(worker->arena, worker->ctx.now_ms);
    while (journal_settle(&ctx, worker->conn, worker->writer->journal, batch, committed).fault
           && !queue_closed(worker->writer->queue)) {
        log_error(&ctx, "the audit journal waits for the store", LOG_STR("reason", str_of(ctx.reason)));
        clock_sleep_ms(JOURNAL_RETRY_MS);
    }
}

/* The fault that loses every job of the batch, or ERR_OK. results holds each job's own. */
static struct err run_batch(struct worker *worker, struct store_job *const *jobs, size_t count, struct err *results)
{
    TRY(store_begin(&worker->ctx, worker->conn, STORE_WRITE));
    size_t kept = 0;
    struct err broken = ERR_OK;
    for (size_t i = 0; i < count && !broken.fault; i++) {
        results[i] = run_job(worker, jobs[i], count == 1, &broken);
        kept += !results[i].fault;
    }
    uint64_t batch = 0;
    if (!broken.fault && kept > 0) {
        broken = write_journal(worker, jobs, count, results, &batch);
    }
    if (broken.fault || kept == 0) {
        store_rollback(worker->conn);
    } else {
        broken = store_commit(&worker->ctx, worker->conn);
    }
    if (batch) {
        settle_journal(worker, batch, kept > 0 && !broken.fault);
    }
    return broken;
}

static void serve(struct worker *worker, struct store_job *const *jobs, size_t count)
{
    struct err results[STORE_BATCH_MAX] = { ERR_OK };
    worker->ctx.now_ms = clock_now_ms();
    const struct err lost = run_batch(worker, jobs, count, results);
    for (size_t i = 0; i < count; i++) {
        const bool shared = lost.fault && (!results[i].fault || results[i].fault == lost.fault);
        jobs[i]->done(jobs[i]->argument, shared ? lost : results[i], shared ? worker->ctx.reason : "");
    }
    arena_reset(worker->arena);
}

static void work(void *argument)
{
    struct worker *worker = argument;
    void *jobs[STORE_BATCH_MAX];
    for (size_t count = 1; count > 0;) {
        count = queue_pop_many(worker->writer->queue, jobs, worker->writer->batch_max, -1);
        if (count > 0) {
            serve(worker, (struct store_job *const *)jobs, count);
        }
    }
}

struct err store_writer_open(struct ctx *ctx, struct store *store, size_t capacity, size_t threads,
                             struct store_writer **out)
{
    const bool single = store_single_writer(store);
    struct store_writer *writer = memory_new(sizeof(*writer));
    writer->queue = queue_open(capacity);
    writer->batch_max = single ? STORE_BATCH_MAX : 1;
    const size_t wanted = single ? 1 : threads < JOURNAL_LANES ? threads : JOURNAL_LANES;
    writer->workers = memory_new(wanted * sizeof(*writer->workers));
    for (; writer->count < wanted; writer->count++) {
        struct worker *worker = &writer->workers[writer->count];
        const struct err err = store_connect(ctx, store, &worker->conn);
        if (err.fault) {
            store_writer_close(writer);
            return err;
        }
        worker->writer = writer;
        worker->lane = (unsigned)writer->count;
        worker->arena = arena_open();
        worker->ctx = ctx_new(worker->arena, ctx->now_ms);
        worker->thread = thread_start("writer", work, worker);
    }
    *out = writer;
    return ERR_OK;
}

void store_writer_close(struct store_writer *writer)
{
    if (writer == NULL) {
        return;
    }
    queue_close(writer->queue);
    for (size_t i = 0; i < writer->count; i++) {
        thread_join(writer->workers[i].thread);
        store_disconnect(writer->workers[i].conn);
        arena_close(writer->workers[i].arena);
    }
    queue_free(writer->queue);
    memory_free(writer->workers);
    memory_free(writer);
}

void store_writer_use_journal(struct store_writer *writer, struct journal *journal)
{
    writer->journal = journal;
}

bool store_writer_push(struct store_writer *writer, struct store_job *job)
{
    return queue_push(writer->queue, job);
}

size_t store_writer_waiting(struct store_writer *writer)
{
    return queue_length(writer->queue);
}

struct waiter {
    struct err (*run)(void *argument, struct store_conn *conn);
    void *argument;
    const struct journal_entry *const *entries; /* may be NULL */
    struct store_job job;
    struct ctx *ctx;
    struct lock *lock;
    struct err result;
    bool finished;
};

static struct err waiter_run(void *argument, struct store_conn *conn)
{
    struct waiter *waiter = argument;
    TRY(waiter->run(waiter->argument, conn));
    waiter->job.entries = waiter->entries ? *waiter->entries : NULL;
    return ERR_OK;
}

static void waiter_done(void *argument, struct err result, const char *reason)
{
    struct waiter *waiter = argument;
    lock_take(waiter->lock);
    waiter->result = result;
    waiter->finished = true;
    if (*reason) {
        snprintf(waiter->ctx->reason, sizeof(waiter->ctx->reason), "%s", reason);
    }
    lock_signal(waiter->lock);
    lock_give(waiter->lock);
}

struct err store_writer_wait(struct ctx *ctx, struct store_writer *writer,
                             struct err (*run)(void *argument, struct store_conn *conn), void *argument)
{
    return store_writer_wait_recorded(ctx, writer, run, argument, NULL);
}

struct err store_writer_wait_recorded(struct ctx *ctx, struct store_writer *writer,
                                      struct err (*run)(void *argument, struct store_conn *conn), void *argument,
                                      const struct journal_entry *const *entries)
{
    struct waiter waiter = { .run = run, .argument = argument, .entries = entries, .ctx = ctx, .lock = lock_open() };
    waiter.job = (struct store_job){ .run = waiter_run, .done = waiter_done, .argument = &waiter };
    if (!store_writer_push(writer, &waiter.job)) {
        lock_free(waiter.lock);
        return fail(ctx, &FAULT_UNAVAILABLE, "the server is stopping");
    }
    lock_take(waiter.lock);
    while (!waiter.finished) {
        lock_wait(waiter.lock, -1);
    }
    lock_give(waiter.lock);
    lock_free(waiter.lock);
    return waiter.result;
}
