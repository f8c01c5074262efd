#include "app/afterwards.h"

#include "base/arena.h"
#include "base/queue.h"

struct afterwards {
    struct queue *queue;
    struct lock *lock; /* of what follows */
    struct thread *threads[AFTERWARDS_THREADS];
    size_t started, unfinished; /* unfinished: jobs that wait or run */
};

struct afterwards *afterwards_open(void)
{
    struct afterwards *afterwards = memory_new(sizeof(*afterwards));
    afterwards->queue = queue_open(AFTERWARDS_WAITING);
    afterwards->lock = lock_open();
    return afterwards;
}

void afterwards_close(struct afterwards *afterwards)
{
    if (afterwards == NULL) {
        return;
    }
    queue_close(afterwards->queue);
    for (size_t i = 0; i < afterwards->started; i++) {
        thread_join(afterwards->threads[i]);
    }
    queue_free(afterwards->queue);
    lock_free(afterwards->lock);
    memory_free(afterwards);
}

static void work(void *argument)
{
    struct afterwards *afterwards = argument;
    struct afterwards_job *job = NULL;
    while ((job = queue_pop(afterwards->queue)) != NULL) {
        job->run(job->argument);
        lock_take(afterwards->lock);
        afterwards->unfinished--;
        lock_give(afterwards->lock);
    }
}

bool afterwards_push(struct afterwards *afterwards, struct afterwards_job *job)
{
    lock_take(afterwards->lock);
    const bool pushed = queue_try_push(afterwards->queue, job);
    afterwards->unfinished += pushed;
    if (pushed && afterwards->unfinished > afterwards->started && afterwards->started < AFTERWARDS_THREADS) {
        afterwards->threads[afterwards->started++] = thread_start("afterwards", work, afterwards);
    }
    lock_give(afterwards->lock);
    return pushed;
}
