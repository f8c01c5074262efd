/* keys.c - what there is of keys, and their life: described, listed, switched, left to go. */
#include "svc/kms/kms.h"
#include "svc/kms/material.h"
#include "svc/kms/page.h"
#include "svc/kms/usage.h"

enum { PAGE = 100, WAIT_DAYS = 30 };
#define DAY_MS INT64_C(86400000)

struct err kms_describe_key(struct request *rq, const struct kms_describe_key_in *in, struct kms_describe_key_out *out)
{
    struct key key = { .id = STR_NONE };
    TRY(key_find(rq, in->key_id, &key));
    struct kms_key_metadata *metadata = ARENA_NEW(rq->ctx.arena, struct kms_key_metadata);
    TRY(key_metadata_whole(rq, &key, metadata));
    out->key_metadata = metadata;
    return ERR_OK;
}

struct err kms_list_keys(struct request *rq, const struct kms_list_keys_in *in, struct kms_list_keys_out *out)
{
    struct page page = { .limit = 0 };
    struct key *keys = NULL;
    size_t count = 0;
    TRY(kms_page_begin(rq, STR(""), in->limit, PAGE, in->marker, &page));
    const struct rows rows = kms_rows_here(rq);
    TRY(kms_rows_keys(&rows, page, &keys, &count));
    out->truncated = (struct opt_bool)SOME(count > (size_t)page.limit);
    if (out->truncated.v) {
        count = (size_t)page.limit;
        out->next_marker = kms_page_marker(rq, STR(""), keys[count - 1].id);
    }
    out->keys.items = ARENA_ARRAY(rq->ctx.arena, struct kms_key_list_entry, count + 1);
    for (size_t i = 0; i < count; i++) {
        const bool gone = key_is_state(&keys[i], "PendingDeletion") && keys[i].deletion_ms <= rq->ctx.now_ms;
        if (!gone) {
            out->keys.items[out->keys.count++] = (struct kms_key_list_entry){ keys[i].id, keys[i].arn };
        }
    }
    return ERR_OK;
}

static struct err change(struct request *rq, const struct key *key)
{
    const struct rows rows = kms_rows_of(rq, key);
    return kms_rows_key_update(&rows, key);
}

static struct err switch_key(struct request *rq, struct str reference, const char *state)
{
    struct key key = { .id = STR_NONE };
    TRY(key_need(rq, reference, NEED_SETTLED, &key));
    TRY(key_refuse_managed(rq, &key));
    if (key_is_state(&key, "Unavailable")) {
        key.asked_state = str_of(state);
    } else {
        key.state = str_of(state);
    }
    return change(rq, &key);
}

struct err kms_enable_key(struct request *rq, const struct kms_enable_key_in *in, struct kms_enable_key_out *out)
{
    (void)out;
    return switch_key(rq, in->key_id, "Enabled");
}

struct err kms_disable_key(struct request *rq, const struct kms_disable_key_in *in, struct kms_disable_key_out *out)
{
    (void)out;
    return switch_key(rq, in->key_id, "Disabled");
}

struct err kms_update_key_description(struct request *rq, const struct kms_update_key_description_in *in,
                                      struct kms_update_key_description_out *out)
{
    struct key key = { .id = STR_NONE };
    (void)out;
    TRY(key_need(rq, in->key_id, NEED_NOT_LEAVING, &key));
    TRY(key_refuse_managed(rq, &key));
    key.description = in->description;
    return change(rq, &key);
}

static struct err has_replicas(struct request *rq, const struct key *key, bool *out)
{
    struct key *keys = NULL;
    size_t count = 0;
    const struct rows rows = kms_rows_of(rq, key);
    *out = false;
    if (str_equal(key->multi_region, STR("PRIMARY"))) {
        TRY(kms_rows_key_regions(&rows, key->id, &keys, &count));
        *out = count > 1;
    }
    return ERR_OK;
}

/* spec: KMS API reference, ScheduleKeyDeletion: a primary waits for its replicas to go, and only then do its days begin. */
struct err kms_schedule_key_deletion(struct request *rq, const struct kms_schedule_key_deletion_in *in,
                                     struct kms_schedule_key_deletion_out *out)
{
    struct key key = { .id = STR_NONE };
    bool waits = false;
    TRY(key_need(rq, in->key_id, NEED_NOT_LEAVING, &key));
    TRY(key_refuse_managed(rq, &key));
    key.deletion_days = in->pending_window_in_days.set ? in->pending_window_in_days.v : WAIT_DAYS;
    if (key.deletion_days < 7) {
        return fail(&rq->ctx, &KMS_VALIDATION_EXCEPTION, "PendingWindowInDays must be between 7 and 30 (inclusive).");
    }
    TRY(has_replicas(rq, &key, &waits));
    key.state = waits ? STR("PendingReplicaDeletion") : STR("PendingDeletion");
    key.deletion_ms = waits ? 0 : rq->ctx.now_ms + key.deletion_days * DAY_MS;
    TRY(change(rq, &key));
    out->key_id = key.arn;
    out->key_state = key.state;
    out->pending_window_in_days = (struct opt_int)SOME((int32_t)key.deletion_days);
    if (!waits) {
        out->deletion_date = (struct opt_time)SOME(key.deletion_ms);
    }
    return ERR_OK;
}

/* Imported material may have gone meanwhile: then it must be imported again. */
static struct err state_after_return(struct request *rq, const struct key *key, struct str *state)
{
    struct material_row row = { .id = STR_NONE };
    bool found = false;
    const struct rows rows = kms_rows_of(rq, key);
    *state = STR("Disabled");
    if (str_equal(key->origin, STR("EXTERNAL"))) {
        TRY(kms_rows_material_find(&rows, key->id, key->material, &row, &found));
        *state = found && row.sealed.ptr ? *state : STR("PendingImport");
    }
    return ERR_OK;
}

struct err kms_cancel_key_deletion(struct request *rq, const struct kms_cancel_key_deletion_in *in,
                                   struct kms_cancel_key_deletion_out *out)
{
    struct key key = { .id = STR_NONE };
    TRY(key_find(rq, in->key_id, &key));
    if (!key_is_state(&key, "PendingDeletion") && !key_is_state(&key, "PendingReplicaDeletion")) {
        return fail(&rq->ctx, &KMS_KMS_INVALID_STATE_EXCEPTION, "%" STR_FMT " is not pending deletion.", STR_ARG(key.arn));
    }
    TRY(state_after_return(rq, &key, &key.state));
    key.deletion_ms = 0;
    key.deletion_days = 0;
    out->key_id = key.arn;
    return change(rq, &key);
}

struct err kms_get_key_last_usage(struct request *rq, const struct kms_get_key_last_usage_in *in,
                                  struct kms_get_key_last_usage_out *out)
{
    struct key key = { .id = STR_NONE };
    struct kms_key_last_usage_data *last = ARENA_NEW(rq->ctx.arena, struct kms_key_last_usage_data);
    TRY(key_find(rq, in->key_id, &key));
    kms_usage_of(rq, &key, last, &out->tracking_start_date);
    out->key_id = key.arn;
    out->key_creation_date = (struct opt_time)SOME(key.created_ms);
    out->key_last_usage = last;
    return ERR_OK;
}
