#include "app/afterwards.h"

#include "base/queue.h"
#include "tests/test.h"

enum { JOBS = AFTERWARDS_THREADS + AFTERWARDS_WAITING };

/* Jobs that wait until they are let go. */
struct gate {
    struct lock *lock;
    bool open;
    size_t entered, done;
};

static void pass(void *argument)
{
    struct gate *gate = argument;
    lock_take(gate->lock);
    gate->entered++;
    lock_signal(gate->lock);
    while (!gate->open) {
        lock_wait(gate->lock, -1);
    }
    gate->done++;
    lock_give(gate->lock);
}

TEST(blocking_work_has_threads_of_its_own_and_a_bound)
{
    struct gate gate = { .lock = lock_open() };
    struct afterwards *afterwards = afterwards_open();
    struct afterwards_job *jobs = ARENA_ARRAY(arena, struct afterwards_job, JOBS + 1);
    for (size_t i = 0; i <= JOBS; i++) {
        jobs[i] = (struct afterwards_job){ pass, &gate };
    }
    for (size_t i = 0; i < AFTERWARDS_THREADS; i++) {
        CHECK(afterwards_push(afterwards, &jobs[i]));
    }
    lock_take(gate.lock); /* a thread each: none waits for another */
    while (gate.entered < AFTERWARDS_THREADS) {
        CHECK(lock_wait(gate.lock, 5000));
    }
    lock_give(gate.lock);
    for (size_t i = AFTERWARDS_THREADS; i < JOBS; i++) {
        CHECK(afterwards_push(afterwards, &jobs[i]));
    }
    CHECK(!afterwards_push(afterwards, &jobs[JOBS]));
    lock_take(gate.lock);
    gate.open = true;
    lock_signal(gate.lock);
    lock_give(gate.lock);
    afterwards_close(afterwards);
    CHECK_INT(gate.done, JOBS);
    lock_free(gate.lock);
}
