/* chores.c - what time does to keys: rotation that is due, material that expires, keys whose waiting period is over. */
#include "svc/kms/import.h"
#include "svc/kms/kms.h"
#include "svc/kms/material.h"
#include "svc/kms/rotation.h"
#include "svc/kms/store.h"

#define DAY_MS INT64_C(86400000)

struct err kms_chores_due(struct ctx *ctx, struct store_conn *db, bool *due)
{
    struct key *keys = NULL;
    size_t count = 0;
    const struct rows rows = { ctx, db, STR_NONE, STR_NONE };
    TRY(kms_rows_keys_due(&rows, ctx->now_ms, &keys, &count));
    *due = count > 0;
    return ERR_OK;
}

static struct err forget_all(struct request *rq, const struct key *key)
{
    struct material_row *materials = NULL;
    size_t count = 0;
    const struct rows rows = kms_rows_of(rq, key);
    TRY(kms_rows_materials(&rows, key->id, &materials, &count));
    for (size_t i = 0; i < count; i++) {
        material_forget(key, materials[i].id);
    }
    return ERR_OK;
}

/* The last replica of a primary that waited for it: its own waiting period begins. */
static struct err tell_primary(struct request *rq, const struct key *gone)
{
    struct key *keys = NULL;
    size_t count = 0;
    const struct rows rows = kms_rows_of(rq, gone);
    TRY(kms_rows_key_regions(&rows, gone->id, &keys, &count));
    if (count != 1 || !key_is_state(&keys[0], "PendingReplicaDeletion")) {
        return ERR_OK;
    }
    keys[0].state = STR("PendingDeletion");
    keys[0].deletion_ms = rq->ctx.now_ms + keys[0].deletion_days * DAY_MS;
    const struct rows there = kms_rows_of(rq, &keys[0]);
    return kms_rows_key_update(&there, &keys[0]);
}

static struct err remove_key(struct request *rq, const struct key *key)
{
    const struct rows rows = kms_rows_of(rq, key);
    TRY(forget_all(rq, key));
    if (key->store.len) {
        store_delete_key(rq, key);
    }
    TRY(kms_rows_key_delete(&rows, key->id));
    key_tell(rq, key, "DeleteKey", STR_NONE);
    return tell_primary(rq, key);
}

static struct err expire(struct request *rq, struct key *key)
{
    struct material_row *materials = NULL;
    size_t count = 0;
    const struct rows rows = kms_rows_of(rq, key);
    TRY(kms_rows_materials(&rows, key->id, &materials, &count));
    for (size_t i = 0; i < count; i++) {
        if (materials[i].expires_ms && materials[i].expires_ms <= rq->ctx.now_ms) {
            TRY(import_drop(rq, key, &materials[i]));
            key_tell(rq, key, "DeleteImportedKeyMaterial", STR_NONE);
        }
    }
    return ERR_OK;
}

static struct err rotate(struct request *rq, struct key *key)
{
    key->rotation_ms = rq->ctx.now_ms + key->rotation_days * DAY_MS;
    return rotation_do(rq, key, "AUTOMATIC");
}

static struct err attend(struct request *rq, struct key *key)
{
    const int64_t now_ms = rq->ctx.now_ms;
    if (key_is_state(key, "PendingDeletion") && key->deletion_ms && key->deletion_ms <= now_ms) {
        return remove_key(rq, key);
    }
    if (key->expires_ms && key->expires_ms <= now_ms) {
        return expire(rq, key);
    }
    return rotate(rq, key);
}

struct err kms_chores_do(struct ctx *ctx, struct store_conn *db, const struct vault *vault, struct service_event **told)
{
    struct key *keys = NULL;
    size_t count = 0;
    struct request rq = { .ctx = *ctx, .db = db, .vault = vault, .writes = true, .service = &KMS_MODEL };
    const struct rows rows = { &rq.ctx, db, STR_NONE, STR_NONE };
    TRY(kms_rows_keys_due(&rows, ctx->now_ms, &keys, &count));
    for (size_t i = 0; i < count; i++) {
        TRY(attend(&rq, &keys[i]));
    }
    *told = rq.service_events;
    return ERR_OK;
}
