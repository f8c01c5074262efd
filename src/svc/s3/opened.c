#include "svc/s3/opened.h"

#include <stdatomic.h>

#include "base/queue.h"
#include "crypto/secret.h"

enum { SLOTS = 128, ID_MAX = 96 };

struct slot {
    char id[ID_MAX];
    unsigned char key[SEGMENTS_KEY_SIZE];
};

struct opened {
    struct lock *lock;
    struct slot *slots; /* in locked memory */
};

static _Atomic(struct opened *) shared;

static struct opened *opened_of_process(void)
{
    struct opened *opened = atomic_load(&shared);
    if (opened) {
        return opened;
    }
    struct opened *made = memory_new(sizeof(*made));
    *made = (struct opened){ lock_open(), secret_new(SLOTS * sizeof(struct slot)) };
    if (atomic_compare_exchange_strong(&shared, &opened, made)) {
        return made;
    }
    lock_free(made->lock);
    secret_free(made->slots, SLOTS * sizeof(struct slot));
    memory_free(made);
    return opened;
}

/* NULL: no id that is kept. */
static struct slot *slot_of(struct opened *opened, struct str id)
{
    return id.len > 0 && id.len < ID_MAX ? &opened->slots[str_hash(id) % SLOTS] : NULL;
}

bool opened_get(struct str id, unsigned char key[SEGMENTS_KEY_SIZE])
{
    struct opened *opened = opened_of_process();
    const struct slot *slot = slot_of(opened, id);
    if (slot == NULL) {
        return false;
    }
    lock_take(opened->lock);
    const bool found = slot->id[id.len] == '\0' && memcmp(slot->id, id.ptr, id.len) == 0;
    if (found) {
        memcpy(key, slot->key, SEGMENTS_KEY_SIZE);
    }
    lock_give(opened->lock);
    return found;
}

void opened_put(struct str id, const unsigned char key[SEGMENTS_KEY_SIZE])
{
    struct opened *opened = opened_of_process();
    struct slot *slot = slot_of(opened, id);
    if (slot == NULL) {
        return;
    }
    lock_take(opened->lock);
    memset(slot->id, 0, ID_MAX);
    memcpy(slot->id, id.ptr, id.len);
    memcpy(slot->key, key, SEGMENTS_KEY_SIZE);
    lock_give(opened->lock);
}
