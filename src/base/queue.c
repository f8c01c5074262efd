#include "base/queue.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/compat.h"

struct lock {
    pthread_mutex_t mutex;
    pthread_cond_t changed;
};

struct queue {
    struct lock *lock;
    void **items;
    size_t capacity;
    size_t head;
    size_t count;
    bool closed;
};

struct thread {
    pthread_t id;
    void (*run)(void *);
    void *argument;
};

struct lock *lock_open(void)
{
    struct lock *lock = memory_new(sizeof(*lock));
    pthread_mutex_init(&lock->mutex, NULL);
    pthread_condattr_t attributes;
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(&lock->changed, &attributes);
    pthread_condattr_destroy(&attributes);
    return lock;
}

void lock_free(struct lock *lock)
{
    if (lock) {
        pthread_cond_destroy(&lock->changed);
        pthread_mutex_destroy(&lock->mutex);
        memory_free(lock);
    }
}

void lock_take(struct lock *lock)
{
    pthread_mutex_lock(&lock->mutex);
}

void lock_give(struct lock *lock)
{
    pthread_mutex_unlock(&lock->mutex);
}

bool lock_wait(struct lock *lock, int64_t wait_ms)
{
    if (wait_ms < 0) {
        return pthread_cond_wait(&lock->changed, &lock->mutex) == 0;
    }
    struct timespec until = { 0 };
    clock_gettime(CLOCK_MONOTONIC, &until);
    const int64_t nanoseconds = until.tv_nsec + wait_ms % 1000 * 1000000;
    until.tv_sec += wait_ms / 1000 + nanoseconds / 1000000000;
    until.tv_nsec = nanoseconds % 1000000000;
    return pthread_cond_timedwait(&lock->changed, &lock->mutex, &until) == 0;
}

void lock_signal(struct lock *lock)
{
    pthread_cond_broadcast(&lock->changed);
}

struct queue *queue_open(size_t capacity)
{
    struct queue *queue = memory_new(sizeof(*queue));
    queue->lock = lock_open();
    queue->capacity = capacity;
    queue->items = memory_new(capacity * sizeof(void *));
    return queue;
}

void queue_free(struct queue *queue)
{
    if (queue) {
        lock_free(queue->lock);
        memory_free(queue->items);
        memory_free(queue);
    }
}

static void put(struct queue *queue, void *item)
{
    queue->items[(queue->head + queue->count) % queue->capacity] = item;
    queue->count++;
    lock_signal(queue->lock);
}

static void *take(struct queue *queue)
{
    void *item = queue->items[queue->head];
    queue->head = (queue->head + 1) % queue->capacity;
    queue->count--;
    return item;
}

bool queue_push(struct queue *queue, void *item)
{
    lock_take(queue->lock);
    while (!queue->closed && queue->count == queue->capacity) {
        lock_wait(queue->lock, -1);
    }
    const bool open = !queue->closed;
    if (open) {
        put(queue, item);
    }
    lock_give(queue->lock);
    return open;
}

bool queue_try_push(struct queue *queue, void *item)
{
    lock_take(queue->lock);
    const bool room = !queue->closed && queue->count < queue->capacity;
    if (room) {
        put(queue, item);
    }
    lock_give(queue->lock);
    return room;
}

size_t queue_pop_many(struct queue *queue, void **items, size_t max, int64_t wait_ms)
{
    lock_take(queue->lock);
    bool more = true;
    while (queue->count == 0 && !queue->closed && more) {
        more = lock_wait(queue->lock, wait_ms);
    }
    size_t taken = 0;
    while (taken < max && queue->count > 0) {
        items[taken++] = take(queue);
    }
    if (taken > 0) {
        lock_signal(queue->lock);
    }
    lock_give(queue->lock);
    return taken;
}

void *queue_pop(struct queue *queue)
{
    void *item = NULL;
    queue_pop_many(queue, &item, 1, -1);
    return item;
}

void queue_close(struct queue *queue)
{
    lock_take(queue->lock);
    queue->closed = true;
    lock_signal(queue->lock);
    lock_give(queue->lock);
}

bool queue_closed(struct queue *queue)
{
    lock_take(queue->lock);
    const bool closed = queue->closed;
    lock_give(queue->lock);
    return closed;
}

size_t queue_length(struct queue *queue)
{
    lock_take(queue->lock);
    const size_t count = queue->count;
    lock_give(queue->lock);
    return count;
}

static void *thread_main(void *argument)
{
    struct thread *thread = argument;
    thread->run(thread->argument);
    return NULL;
}

struct thread *thread_start(const char *name, void (*run)(void *), void *argument)
{
    struct thread *thread = memory_new(sizeof(*thread));
    thread->run = run;
    thread->argument = argument;
    if (pthread_create(&thread->id, NULL, thread_main, thread) != 0) {
        fputs("yagura: cannot start a thread\n", stderr);
        abort();
    }
    pthread_setname_np(thread->id, name);
    return thread;
}

void thread_join(struct thread *thread)
{
    if (thread) {
        pthread_join(thread->id, NULL);
        memory_free(thread);
    }
}

size_t thread_cores(void)
{
    const long cores = sysconf(_SC_NPROCESSORS_ONLN);
    return cores > 0 ? (size_t)cores : 1;
}
