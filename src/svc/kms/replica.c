/* replica.c - one key in several Regions: the same id and material, each with its own policy, grants, aliases and tags.
 *
 * spec: KMS developer guide, "Multi-Region keys in AWS KMS". */
#include "svc/kms/authority.h"
#include "svc/kms/kms.h"
#include "svc/kms/material.h"
#include "svc/kms/tag.h"

static struct err need_primary(struct request *rq, struct str reference, struct key *key)
{
    TRY(key_need(rq, reference, NEED_USABLE, key));
    return str_equal(key->multi_region, STR("PRIMARY"))
        ? ERR_OK
        : fail(&rq->ctx, &KMS_UNSUPPORTED_OPERATION_EXCEPTION, "%" STR_FMT " is not a multi-region primary key.",
               STR_ARG(key->arn));
}

static bool is_region(struct str name)
{
    size_t hyphens = 0;
    for (size_t i = 0; i < name.len; i++) {
        const char c = name.ptr[i];
        if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-')) {
            return false;
        }
        hyphens += c == '-';
    }
    return hyphens >= 2;
}

static struct err copy_materials(struct request *rq, const struct key *from, const struct key *to)
{
    struct material_row *materials = NULL;
    size_t count = 0;
    const struct rows here = kms_rows_of(rq, from);
    const struct rows there = kms_rows_of(rq, to);
    TRY(kms_rows_materials(&here, from->id, &materials, &count));
    for (size_t i = 0; i < count; i++) {
        TRY(kms_rows_material_put(&there, to->id, &materials[i]));
    }
    return ERR_OK;
}

static struct key replica_of(struct request *rq, const struct key *primary, const struct kms_replicate_key_in *in)
{
    struct key replica = *primary;
    const bool imported = str_equal(primary->origin, STR("EXTERNAL"));
    replica.region = in->replica_region;
    replica.arn = str_format(rq->ctx.arena, "arn:aws:kms:%" STR_FMT ":%" STR_FMT ":key/%" STR_FMT, STR_ARG(replica.region),
                             STR_ARG(replica.account), STR_ARG(replica.id));
    replica.multi_region = STR("REPLICA");
    replica.description = in->description.ptr ? in->description : STR("");
    replica.policy = in->policy.ptr ? in->policy : key_default_policy(rq, primary->account);
    replica.created_ms = rq->ctx.now_ms;
    replica.rotation_ms = 0;
    if (imported) { /* spec: material is imported into each replica by itself */
        replica.state = STR("PendingImport");
        replica.material = STR("");
        replica.expires_ms = 0;
        replica.expiration = STR("");
    }
    return replica;
}

struct err kms_replicate_key(struct request *rq, const struct kms_replicate_key_in *in, struct kms_replicate_key_out *out)
{
    struct key key = { .id = STR_NONE };
    struct key there = { .id = STR_NONE };
    bool found = false;
    TRY(need_primary(rq, in->key_id, &key));
    if (!is_region(in->replica_region) || str_equal(in->replica_region, key.region)) {
        return fail(&rq->ctx, &KMS_VALIDATION_EXCEPTION, "ReplicaRegion must be another Region than the key's");
    }
    struct key replica = replica_of(rq, &key, in);
    const struct rows rows = kms_rows_of(rq, &replica);
    TRY(kms_rows_key_find(&rows, key.id, &there, &found));
    if (found) {
        return fail(&rq->ctx, &KMS_ALREADY_EXISTS_EXCEPTION, "%" STR_FMT " already exists", STR_ARG(replica.arn));
    }
    TRY(kms_tag_check(rq, in->tags.items, in->tags.count, 0));
    TRY(authority_check_policy(rq, &replica, replica.policy, in->bypass_policy_lockout_safety_check.v));
    TRY(kms_rows_key_insert(&rows, &replica));
    if (!str_equal(key.origin, STR("EXTERNAL"))) {
        TRY(copy_materials(rq, &key, &replica));
    }
    TRY(kms_tag_put(rq, &replica, in->tags.items, in->tags.count));

    struct kms_key_metadata *metadata = ARENA_NEW(rq->ctx.arena, struct kms_key_metadata);
    TRY(key_metadata_whole(rq, &replica, metadata));
    out->replica_key_metadata = metadata;
    out->replica_policy = replica.policy;
    out->replica_tags = in->tags;
    return ERR_OK;
}

struct err kms_update_primary_region(struct request *rq, const struct kms_update_primary_region_in *in,
                                     struct kms_update_primary_region_out *out)
{
    struct key key = { .id = STR_NONE };
    struct key *keys = NULL;
    size_t count = 0;
    bool there = false;
    (void)out;
    TRY(need_primary(rq, in->key_id, &key));
    const struct rows rows = kms_rows_of(rq, &key);
    TRY(kms_rows_key_regions(&rows, key.id, &keys, &count));
    for (size_t i = 0; i < count; i++) {
        const bool chosen = str_equal(keys[i].region, in->primary_region);
        there = there || (chosen && key_is_state(&keys[i], "Enabled"));
        keys[i].multi_region = chosen ? STR("PRIMARY") : STR("REPLICA");
        keys[i].primary_region = in->primary_region;
        keys[i].rotation_ms = chosen ? key.rotation_ms : 0;
    }
    if (!there) {
        return fail(&rq->ctx, &KMS_NOT_FOUND_EXCEPTION, "There is no enabled replica key in %" STR_FMT,
                    STR_ARG(in->primary_region));
    }
    for (size_t i = 0; i < count; i++) {
        const struct rows each = kms_rows_of(rq, &keys[i]);
        TRY(kms_rows_key_update(&each, &keys[i]));
    }
    return ERR_OK;
}
