#include "svc/kms/usage.h"

#include <stdatomic.h>

#include "crypto/hash.h"

enum { SLOTS = 4096, UUID_SIZE = 36 };

/* The newest use of the keys that fall to a slot. Several threads write: what is torn shows by its sequence number, which is
 * odd while somebody writes. */
struct slot {
    _Atomic uint64_t sequence;
    _Atomic uint64_t key;          /* hash of its ARN */
    _Atomic int64_t at_ms;
    _Atomic(const char *) operation;
    _Atomic uint64_t request[5];   /* text of the request id */
};

static struct slot slots[SLOTS];
static _Atomic int64_t since_ms;

static struct slot *slot_of(const struct key *key, uint64_t *hash)
{
    *hash = str_hash(key->arn);
    return &slots[*hash % SLOTS];
}

static void note_start(int64_t now_ms)
{
    int64_t none = 0;
    if (atomic_load_explicit(&since_ms, memory_order_relaxed) == 0) {
        atomic_compare_exchange_strong(&since_ms, &none, now_ms);
    }
}

void kms_usage_note(struct request *rq, const struct key *key)
{
    uint64_t hash = 0;
    uint64_t words[5] = { 0 };
    struct slot *slot = slot_of(key, &hash);
    uint64_t sequence = atomic_load(&slot->sequence);
    note_start(rq->ctx.now_ms);
    if (sequence % 2 || !atomic_compare_exchange_strong(&slot->sequence, &sequence, sequence + 1)) {
        return; /* another thread is noting a use of the same moment */
    }
    memcpy(words, rq->ctx.request_id.ptr ? rq->ctx.request_id.ptr : "",
           rq->ctx.request_id.len < UUID_SIZE ? rq->ctx.request_id.len : UUID_SIZE);
    atomic_store_explicit(&slot->key, hash, memory_order_relaxed);
    atomic_store_explicit(&slot->at_ms, rq->ctx.now_ms, memory_order_relaxed);
    atomic_store_explicit(&slot->operation, rq->operation->name, memory_order_relaxed);
    for (size_t i = 0; i < COUNT_OF(words); i++) {
        atomic_store_explicit(&slot->request[i], words[i], memory_order_relaxed);
    }
    atomic_store(&slot->sequence, sequence + 2);
}

void kms_usage_of(struct request *rq, const struct key *key, struct kms_key_last_usage_data *out, struct opt_time *since)
{
    uint64_t hash = 0;
    uint64_t words[5];
    const struct slot *slot = slot_of(key, &hash);
    note_start(rq->ctx.now_ms);
    const int64_t begun_ms = atomic_load(&since_ms);
    *since = (struct opt_time)SOME(begun_ms > key->created_ms ? begun_ms : key->created_ms);
    const uint64_t before = atomic_load(&slot->sequence);
    const uint64_t owner = atomic_load(&slot->key);
    const int64_t at_ms = atomic_load(&slot->at_ms);
    const char *operation = atomic_load(&slot->operation);
    for (size_t i = 0; i < COUNT_OF(words); i++) {
        words[i] = atomic_load(&slot->request[i]);
    }
    if (owner == hash && operation && before % 2 == 0 && before == atomic_load(&slot->sequence)) {
        out->operation = str_of(operation);
        out->timestamp = (struct opt_time)SOME(at_ms);
        out->kms_request_id = str_copy(rq->ctx.arena, (struct str){ (const char *)words, UUID_SIZE });
    }
}

struct err kms_usage_no_recipient(struct request *rq, const struct kms_recipient_info *recipient)
{
    return recipient == NULL ? ERR_OK
                             : fail(&rq->ctx, &KMS_UNSUPPORTED_OPERATION_EXCEPTION,
                                    "Recipient needs an attested Nitro enclave, which there is none of here; leave it out");
}
