/* rotation.c - new material for an old key; what was sealed under the old one still opens.
 *
 * spec: KMS developer guide, "Rotate AWS KMS keys"; the table of key states, notes [6] and [7]. */
#include "svc/kms/rotation.h"

#include "crypto/random.h"
#include "svc/kms/kms.h"
#include "svc/kms/material.h"
#include "svc/kms/page.h"

enum { USUAL_DAYS = 365, ON_DEMAND_MAX = 25, PAGE = 100 };
#define DAY_MS INT64_C(86400000)

static struct err unsupported(struct request *rq, const struct key *key, const char *what)
{
    return fail(&rq->ctx, &KMS_UNSUPPORTED_OPERATION_EXCEPTION, "%" STR_FMT " %s", STR_ARG(key->arn), what);
}

static struct err refuse_origin(struct request *rq, const struct key *key)
{
    return fail(&rq->ctx, &KMS_UNSUPPORTED_OPERATION_EXCEPTION, "%" STR_FMT " origin is %" STR_FMT
                " which is not valid for this operation.", STR_ARG(key->arn), STR_ARG(key->origin));
}

/* Automatic rotation is for symmetric keys whose material was made here, and is asked for at the primary key. */
static struct err need_rotatable(struct request *rq, const struct key *key)
{
    TRY(key_refuse_managed(rq, key));
    if (key->spec->form != FORM_SYMMETRIC) {
        return unsupported(rq, key, "is not a symmetric encryption key, and only those can be rotated.");
    }
    if (str_equal(key->multi_region, STR("REPLICA"))) {
        return unsupported(rq, key, "is a multi-Region replica key; rotate its primary key.");
    }
    return str_equal(key->origin, STR("AWS_KMS")) ? ERR_OK : refuse_origin(rq, key);
}

/* What happens to a primary's material or rotation happens to its replicas. */
static struct err update_everywhere(struct request *rq, const struct key *key)
{
    struct key *keys = NULL;
    size_t count = 0;
    const struct rows rows = kms_rows_of(rq, key);
    TRY(kms_rows_key_update(&rows, key));
    if (key->multi_region.len == 0) {
        return ERR_OK;
    }
    TRY(kms_rows_key_regions(&rows, key->id, &keys, &count));
    for (size_t i = 0; i < count; i++) {
        keys[i].rotation_days = key->rotation_days;
        keys[i].rotation_ms = str_equal(keys[i].multi_region, STR("PRIMARY")) ? key->rotation_ms : 0;
        keys[i].material = key->material;
        const struct rows there = kms_rows_of(rq, &keys[i]);
        TRY(kms_rows_key_update(&there, &keys[i]));
    }
    return ERR_OK;
}

struct err kms_enable_key_rotation(struct request *rq, const struct kms_enable_key_rotation_in *in,
                                   struct kms_enable_key_rotation_out *out)
{
    struct key key = { .id = STR_NONE };
    (void)out;
    TRY(key_need(rq, in->key_id, NEED_USABLE, &key));
    TRY(need_rotatable(rq, &key));
    const int64_t days = in->rotation_period_in_days.set ? in->rotation_period_in_days.v : USUAL_DAYS;
    if (days != key.rotation_days) {
        key.rotation_days = days;
        key.rotation_ms = rq->ctx.now_ms + days * DAY_MS;
    }
    return update_everywhere(rq, &key);
}

struct err kms_disable_key_rotation(struct request *rq, const struct kms_disable_key_rotation_in *in,
                                    struct kms_disable_key_rotation_out *out)
{
    struct key key = { .id = STR_NONE };
    (void)out;
    TRY(key_need(rq, in->key_id, NEED_USABLE, &key));
    TRY(need_rotatable(rq, &key));
    key.rotation_days = 0;
    key.rotation_ms = 0;
    return update_everywhere(rq, &key);
}

struct err kms_get_key_rotation_status(struct request *rq, const struct kms_get_key_rotation_status_in *in,
                                       struct kms_get_key_rotation_status_out *out)
{
    struct key key = { .id = STR_NONE };
    TRY(key_find(rq, in->key_id, &key));
    if (str_equal(key.origin, STR("AWS_CLOUDHSM"))) {
        return refuse_origin(rq, &key);
    }
    out->key_id = key.arn;
    out->key_rotation_enabled = (struct opt_bool)SOME(key.rotation_days > 0);
    if (key.rotation_days > 0) {
        out->rotation_period_in_days = (struct opt_int)SOME((int32_t)key.rotation_days);
        if (key.rotation_ms && key_is_state(&key, "Enabled")) {
            out->next_rotation_date = (struct opt_time)SOME(key.rotation_ms);
        }
    }
    return ERR_OK;
}

/* The newest material becomes the current one, in every Region of the key. */
static struct err make_current(struct request *rq, struct key *key, struct material_row *newest, const char *kind)
{
    struct material_row old = { .id = STR_NONE };
    struct key *keys = NULL;
    size_t count = 0;
    bool found = false;
    const struct rows rows = kms_rows_of(rq, key);
    TRY(kms_rows_material_find(&rows, key->id, key->material, &old, &found));
    TRY(kms_rows_key_regions(&rows, key->id, &keys, &count));
    newest->state = STR("CURRENT");
    newest->rotated_ms = rq->ctx.now_ms;
    newest->rotation = str_of(kind);
    old.state = STR("NON_CURRENT");
    for (size_t i = 0; i < count; i++) {
        const struct rows there = kms_rows_of(rq, &keys[i]);
        TRY(kms_rows_material_put(&there, key->id, newest));
        if (found) {
            TRY(kms_rows_material_put(&there, key->id, &old));
        }
    }
    key->material = newest->id;
    key_tell(rq, key, "RotateKey", newest->rotation);
    return update_everywhere(rq, key);
}

static struct err newest_position(struct request *rq, const struct key *key, int64_t *out)
{
    struct material_row *materials = NULL;
    size_t count = 0;
    const struct rows rows = kms_rows_of(rq, key);
    TRY(kms_rows_materials(&rows, key->id, &materials, &count));
    *out = count ? materials[count - 1].position : 0;
    return ERR_OK;
}

struct err rotation_do(struct request *rq, struct key *key, const char *kind)
{
    struct material_row row = { .id = random_hex(&rq->ctx, 64) };
    TRY(newest_position(rq, key, &row.position));
    row.position++;
    row.sealed = material_seal(rq, key, row.id, material_random(rq, key->spec));
    return make_current(rq, key, &row, kind);
}

/* Imported material that waits for its rotation. */
static struct err rotate_imported(struct request *rq, struct key *key)
{
    struct material_row *materials = NULL;
    size_t count = 0;
    const struct rows rows = kms_rows_of(rq, key);
    TRY(kms_rows_materials(&rows, key->id, &materials, &count));
    for (size_t i = 0; i < count; i++) {
        if (str_equal(materials[i].state, STR("PENDING_ROTATION")) && materials[i].sealed.ptr) {
            return make_current(rq, key, &materials[i], "ON_DEMAND");
        }
    }
    return fail(&rq->ctx, &KMS_KMS_INVALID_STATE_EXCEPTION, "No available key material pending rotation for the key: %" STR_FMT
                ".", STR_ARG(key->arn));
}

struct err kms_rotate_key_on_demand(struct request *rq, const struct kms_rotate_key_on_demand_in *in,
                                    struct kms_rotate_key_on_demand_out *out)
{
    struct key key = { .id = STR_NONE };
    TRY(key_need(rq, in->key_id, NEED_USABLE, &key));
    const bool imported = str_equal(key.origin, STR("EXTERNAL")) && key.spec->form == FORM_SYMMETRIC;
    if (!imported) {
        TRY(need_rotatable(rq, &key));
    }
    if (key.on_demand >= ON_DEMAND_MAX) {
        return fail(&rq->ctx, &KMS_LIMIT_EXCEEDED_EXCEPTION, "The on-demand rotations limit has been reached for the given keyId."
                    " No more on-demand rotations can be performed for this key: %" STR_FMT, STR_ARG(key.arn));
    }
    key.on_demand++;
    out->key_id = key.arn;
    return imported ? rotate_imported(rq, &key) : rotation_do(rq, &key, "ON_DEMAND");
}

static struct kms_rotations_list_entry entry_of(const struct key *key, const struct material_row *row, bool all)
{
    const bool imported = str_equal(key->origin, STR("EXTERNAL"));
    struct kms_rotations_list_entry entry = {
        .key_id = key->id,
        .key_material_id = row->id,
        .key_material_state = row->state,
        .rotation_type = row->rotation.len ? row->rotation : STR_NONE,
    };
    if (row->rotated_ms) {
        entry.rotation_date = (struct opt_time)SOME(row->rotated_ms);
    }
    if (imported && all) {
        entry.key_material_description = row->description;
        entry.import_state = row->sealed.ptr ? STR("IMPORTED") : STR("PENDING_IMPORT");
        entry.expiration_model = row->sealed.ptr == NULL ? STR_NONE
            : row->expires_ms                            ? STR("KEY_MATERIAL_EXPIRES")
                                                         : STR("KEY_MATERIAL_DOES_NOT_EXPIRE");
        if (row->sealed.ptr && row->expires_ms) {
            entry.valid_to = (struct opt_time)SOME(row->expires_ms);
        }
    }
    return entry;
}

/* Positions are what pages are cut by. */
struct err kms_list_key_rotations(struct request *rq, const struct kms_list_key_rotations_in *in,
                                  struct kms_list_key_rotations_out *out)
{
    struct page page = { .limit = 0 };
    struct key key = { .id = STR_NONE };
    struct material_row *materials = NULL;
    size_t count = 0;
    int64_t after = -1;
    TRY(key_find(rq, in->key_id, &key));
    if (key.spec->form != FORM_SYMMETRIC || str_equal(key.origin, STR("AWS_CLOUDHSM"))) {
        return unsupported(rq, &key, "has no rotations.");
    }
    TRY(kms_page_begin(rq, key.id, in->limit, PAGE, in->marker, &page));
    if (page.after.len) {
        str_to_int(page.after, &after);
    }
    const bool all = str_equal(in->include_key_material, STR("ALL_KEY_MATERIAL"));
    const struct rows rows = kms_rows_of(rq, &key);
    TRY(kms_rows_materials(&rows, key.id, &materials, &count));
    out->rotations.items = ARENA_ARRAY(rq->ctx.arena, struct kms_rotations_list_entry, count + 1);
    out->truncated = (struct opt_bool)SOME(false);
    for (size_t i = 0; i < count && !out->truncated.v; i++) {
        if (materials[i].position <= after || (!all && materials[i].rotated_ms == 0)) {
            continue;
        }
        if (out->rotations.count == (size_t)page.limit) {
            out->truncated.v = true;
            out->next_marker = kms_page_marker(rq, key.id, str_format(rq->ctx.arena, "%lld", (long long)after));
        } else {
            out->rotations.items[out->rotations.count++] = entry_of(&key, &materials[i], all);
            after = materials[i].position;
        }
    }
    return ERR_OK;
}
