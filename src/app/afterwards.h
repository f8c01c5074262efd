/* afterwards.h - threads for work that blocks: what a handler leaves to do in struct after (svc/request.h).
 *
 * Threads are started as they are needed, up to a bound; beyond that work waits, and what finds no room any more is
 * refused, so that slow functions never hold up other calls. */
#ifndef YAGURA_APP_AFTERWARDS_H
#define YAGURA_APP_AFTERWARDS_H

#include <stdbool.h>

enum { AFTERWARDS_THREADS = 64, AFTERWARDS_WAITING = 192 };

struct afterwards_job {
    void (*run)(void *argument);
    void *argument;
};

struct afterwards;

struct afterwards *afterwards_open(void);
void afterwards_close(struct afterwards *afterwards); /* finishes what waits; NULL is allowed */
/* The job is its caller's until run was called; false: no room. */
bool afterwards_push(struct afterwards *afterwards, struct afterwards_job *job);

#endif
