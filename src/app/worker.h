/* worker.h - what one thread keeps between calls: its connection and what it remembers of callers, keys and policies.
 *
 * A thread's worker is made at its first call and closed with all others by workers_close, once those threads are done. */
#ifndef YAGURA_APP_WORKER_H
#define YAGURA_APP_WORKER_H

#include "app/access_use.h"
#include "app/authorise.h"
#include "app/identity.h"
#include "store/store.h"
#include "wire/sigv4.h"

struct worker {
    struct store *store;
    struct store_conn *db; /* NULL until worker_connect */
    struct identity_cache *identities;
    struct sigv4_keys *keys;
    struct authorise_memory *memory;
    struct access_use *uses;
    struct worker *next;
};

struct workers;

struct workers *workers_open(struct store *store);
void workers_close(struct workers *workers); /* NULL is allowed */
/* The calling thread's own. */
struct worker *worker_here(struct workers *workers);
/* The writer's threads have a connection already, and never ask. */
struct err worker_connect(struct ctx *ctx, struct worker *worker);

#endif
