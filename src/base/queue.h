/* queue.h - threads, locks and the bounded hand-over between them: the only place where they are made.
 *
 * A queue holds pointers, first in first out, for any number of producers and consumers. queue_push waits while it is
 * full; queue_pop waits while it is empty and gives NULL once it is closed and drained. */
#ifndef YAGURA_BASE_QUEUE_H
#define YAGURA_BASE_QUEUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct queue;

struct queue *queue_open(size_t capacity);
void queue_free(struct queue *queue);  /* no one may use it any more */
bool queue_push(struct queue *queue, void *item);     /* false once closed */
bool queue_try_push(struct queue *queue, void *item); /* false when full or closed */
void *queue_pop(struct queue *queue);
/* Takes up to max items, waiting for the first one at most wait_ms (-1: for ever). 0 when none came or it is closed. */
size_t queue_pop_many(struct queue *queue, void **items, size_t max, int64_t wait_ms);
void queue_close(struct queue *queue);
bool queue_closed(struct queue *queue);
size_t queue_length(struct queue *queue);

struct lock;
struct lock *lock_open(void);
void lock_free(struct lock *lock);
void lock_take(struct lock *lock);
void lock_give(struct lock *lock);
/* Waits, having taken the lock, until lock_signal; -1: for ever. False on time-out. May wake without a signal. */
bool lock_wait(struct lock *lock, int64_t wait_ms);
void lock_signal(struct lock *lock); /* wakes all */

struct thread;
struct thread *thread_start(const char *name, void (*run)(void *), void *argument);
void thread_join(struct thread *thread); /* and frees it */
size_t thread_cores(void);

#endif
