#include "app/worker.h"

#include <stdatomic.h>

#include "base/queue.h"

struct workers {
    struct store *store;
    struct lock *lock; /* of list */
    struct worker *list;
    uint64_t serial; /* tells these from closed ones whose worker a thread may remember */
};

static _Atomic uint64_t next_serial = 1;

struct workers *workers_open(struct store *store)
{
    struct workers *workers = memory_new(sizeof(*workers));
    workers->store = store;
    workers->lock = lock_open();
    workers->serial = atomic_fetch_add(&next_serial, 1);
    return workers;
}

void workers_close(struct workers *workers)
{
    if (workers == NULL) {
        return;
    }
    for (struct worker *worker = workers->list; worker;) {
        struct worker *next = worker->next;
        store_disconnect(worker->db);
        identity_cache_close(worker->identities);
        sigv4_keys_close(worker->keys);
        authorise_memory_close(worker->memory);
        access_use_close(worker->uses);
        memory_free(worker);
        worker = next;
    }
    lock_free(workers->lock);
    memory_free(workers);
}

static struct worker *add(struct workers *workers)
{
    struct worker *worker = memory_new(sizeof(*worker));
    worker->store = workers->store;
    worker->identities = identity_cache_open();
    worker->keys = sigv4_keys_open();
    worker->memory = authorise_memory_open();
    worker->uses = access_use_open();
    lock_take(workers->lock);
    worker->next = workers->list;
    workers->list = worker;
    lock_give(workers->lock);
    return worker;
}

struct worker *worker_here(struct workers *workers)
{
    static _Thread_local struct worker *mine;
    static _Thread_local uint64_t serial;
    if (serial != workers->serial) {
        mine = add(workers);
        serial = workers->serial;
    }
    return mine;
}

struct err worker_connect(struct ctx *ctx, struct worker *worker)
{
    return worker->db ? ERR_OK : store_connect(ctx, worker->store, &worker->db);
}
