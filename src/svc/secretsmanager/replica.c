/* replica.c - copies of a secret in other Regions, kept in step with every change, each sealed under its own Region's key.
 *
 * spec: user guide, "Replicate AWS Secrets Manager secrets across Regions": value, tags and policy are copied; what can't be is
 * Failed with a message, and the secret itself stays changed. */
#include "svc/secretsmanager/secret.h"

enum { SUFFIX_SIZE = 6 };

static struct str arn_in(struct request *rq, const struct secret *secret, struct str region)
{
    const struct str suffix = str_from(secret->arn, secret->arn.len - SUFFIX_SIZE);
    return secret_arn(rq, secret->account, region, secret->name, suffix);
}

static struct err copy_values(struct request *rq, const struct secret *from, const struct secret *to)
{
    const struct rows here = secret_rows(rq, from);
    const struct rows there = secret_rows(rq, to);
    struct versions versions = { NULL, 0 };
    struct versions old = { NULL, 0 };
    TRY(secret_row_versions(&here, from->arn, &versions));
    TRY(secret_row_versions(&there, to->arn, &old));
    for (size_t i = 0; i < old.count; i++) {
        struct version version = { .id = STR_NONE };
        bool found = false;
        TRY(secret_row_version_find(&here, from->arn, old.items[i].id, &version, &found));
        if (!found) {
            TRY(secret_row_version_delete(&there, to->arn, old.items[i].id));
        }
    }
    for (size_t i = 0; i < versions.count; i++) {
        struct version copy = versions.items[i];
        struct version present = { .id = STR_NONE };
        struct str plain = STR_NONE;
        bool found = false;
        TRY(secret_row_version_find(&there, to->arn, copy.id, &present, &found));
        if (!found && copy.value.ptr) {
            TRY(secret_unseal_version(rq, from, &copy, &plain));
            copy.accessed_ms = 0;
            TRY(secret_seal_version(rq, to, plain, &copy));
            TRY(secret_row_version_put(&there, to->arn, &copy));
        }
    }
    return ERR_OK;
}

static struct err copy_stages(struct request *rq, const struct secret *from, const struct secret *to)
{
    const struct rows here = secret_rows(rq, from);
    const struct rows there = secret_rows(rq, to);
    struct stages stages = { NULL, 0 };
    struct stages old = { NULL, 0 };
    TRY(secret_row_stages(&here, from->arn, &stages));
    TRY(secret_row_stages(&there, to->arn, &old));
    for (size_t i = 0; i < old.count; i++) {
        TRY(secret_row_stage_delete(&there, to->arn, old.items[i].stage));
    }
    for (size_t i = 0; i < stages.count; i++) {
        struct version version = { .id = STR_NONE };
        bool found = false;
        TRY(secret_row_version_find(&there, to->arn, stages.items[i].version, &version, &found));
        if (found) {
            TRY(secret_row_stage_put(&there, to->arn, stages.items[i].stage, stages.items[i].version));
        }
    }
    return ERR_OK;
}

static struct err copy_tags(struct request *rq, const struct secret *from, const struct secret *to)
{
    const struct rows here = secret_rows(rq, from);
    const struct rows there = secret_rows(rq, to);
    struct tags tags = { NULL, 0 };
    struct tags old = { NULL, 0 };
    TRY(secret_row_tags(&here, from->arn, &tags));
    TRY(secret_row_tags(&there, to->arn, &old));
    for (size_t i = 0; i < old.count; i++) {
        TRY(secret_row_tag_delete(&there, to->arn, old.items[i].key));
    }
    for (size_t i = 0; i < tags.count; i++) {
        TRY(secret_row_tag_put(&there, to->arn, tags.items[i].key, tags.items[i].value));
    }
    return ERR_OK;
}

/* The row of the replica, made or brought up to date. */
static struct err copy_row(struct request *rq, const struct secret *from, const struct replica *replica, struct secret *to)
{
    const struct rows rows = { &rq->ctx, rq->db, from->account, replica->region };
    struct secret there = { .name = STR_NONE };
    bool found = false;
    *to = *from;
    to->region = replica->region;
    to->arn = arn_in(rq, from, replica->region);
    to->kms_key = replica->kms_key;
    to->rotates = false;
    to->function = STR_NONE;
    to->accessed_ms = 0;
    TRY(secret_row_secret_by_name(&rows, from->name, &there, &found));
    if (!found) {
        return secret_row_secret_insert(&rows, to);
    }
    if (!str_equal(there.arn, to->arn)) {
        return fail(&rq->ctx, &SECRETSMANAGER_RESOURCE_EXISTS_EXCEPTION,
                    "Replication failed: Secret name %" STR_FMT " already exists in region %" STR_FMT ".", STR_ARG(from->name),
                    STR_ARG(replica->region));
    }
    to->accessed_ms = there.accessed_ms;
    return secret_row_secret_update(&rows, to);
}

static struct err copy_all(struct request *rq, const struct secret *from, const struct replica *replica)
{
    struct secret to = { .name = STR_NONE };
    TRY(copy_row(rq, from, replica, &to));
    TRY(copy_values(rq, from, &to));
    TRY(copy_stages(rq, from, &to));
    return copy_tags(rq, from, &to);
}

struct err secret_replicas_sync(struct request *rq, const struct secret *secret)
{
    const struct rows rows = secret_rows(rq, secret);
    struct replicas replicas = { NULL, 0 };
    if (secret->primary_region.ptr == NULL) {
        return ERR_OK;
    }
    TRY(secret_row_replicas(&rows, secret->arn, &replicas));
    for (size_t i = 0; i < replicas.count; i++) {
        struct replica *replica = &replicas.items[i];
        if (rq->door == NULL && !str_equal(replica->status, STR("InSync"))) {
            continue; /* the end of a rotation: nobody is there whom KMS would let catch up */
        }
        const struct err err = copy_all(rq, secret, replica);
        if (err.fault && err.fault->http >= 500) {
            return err;
        }
        replica->status = err.fault ? STR("Failed") : STR("InSync");
        replica->message = err.fault ? str_format(rq->ctx.arena, "%s", rq->ctx.reason) : STR_NONE;
        TRY(secret_row_replica_put(&rows, secret->arn, replica));
    }
    return ERR_OK;
}

struct err secret_replicas_out(struct request *rq, const struct secret *secret, struct secretsmanager_replication_status_list_type *out)
{
    const struct rows rows = secret_rows(rq, secret);
    struct replicas replicas = { NULL, 0 };
    TRY(secret_row_replicas(&rows, secret->arn, &replicas));
    if (replicas.count == 0) {
        return ERR_OK;
    }
    out->items = ARENA_ARRAY(rq->ctx.arena, struct secretsmanager_replication_status_type, replicas.count);
    out->count = replicas.count;
    for (size_t i = 0; i < replicas.count; i++) {
        const struct replica *replica = &replicas.items[i];
        out->items[i] = (struct secretsmanager_replication_status_type){
            .region = replica->region,
            .kms_key_id = replica->kms_key.ptr ? replica->kms_key : STR("alias/aws/secretsmanager"),
            .status = replica->status,
            .status_message = replica->message,
        };
    }
    return ERR_OK;
}

/* ForceOverwriteReplicaSecret: what has the name there goes, unless it is another primary with replicas of its own. */
static struct err make_way(struct request *rq, const struct secret *secret, struct str region)
{
    const struct rows rows = { &rq->ctx, rq->db, secret->account, region };
    struct secret there = { .name = STR_NONE };
    struct replicas replicas = { NULL, 0 };
    bool found = false;
    TRY(secret_row_secret_by_name(&rows, secret->name, &there, &found));
    if (!found || str_equal(there.arn, arn_in(rq, secret, region))) {
        return ERR_OK;
    }
    TRY(secret_row_replicas(&rows, there.arn, &replicas));
    return replicas.count > 0 ? ERR_OK : secret_row_secret_delete(&rows, there.arn);
}

struct err secret_replicas_add(struct request *rq, struct secret *secret, struct secretsmanager_add_replica_region_list_type regions,
                        bool overwrite)
{
    const struct rows rows = secret_rows(rq, secret);
    for (size_t i = 0; i < regions.count; i++) {
        const struct str region = regions.items[i].region;
        const struct str key = regions.items[i].kms_key_id;
        if (region.ptr == NULL || str_equal(region, secret->region)) {
            return fail(&rq->ctx, &SECRETSMANAGER_INVALID_PARAMETER_EXCEPTION, "Invalid replica region: it must be another than the primary secret's.");
        }
        if (overwrite) {
            TRY(make_way(rq, secret, region));
        }
        TRY(secret_row_replica_put(&rows, secret->arn, &(struct replica){ region, key.len > 0 ? key : STR_NONE, STR("InProgress"), STR_NONE }));
    }
    if (regions.count == 0) {
        return ERR_OK;
    }
    secret->primary_region = secret->region;
    return secret_save(rq, secret);
}

struct err secretsmanager_replicate_secret_to_regions(struct request *rq, const struct secretsmanager_replicate_secret_to_regions_in *in,
                                                      struct secretsmanager_replicate_secret_to_regions_out *out)
{
    struct secret secret = { .name = STR_NONE };
    TRY(secret_need(rq, in->secret_id, NEED_OWN, &secret));
    TRY(secret_replicas_add(rq, &secret, in->add_replica_regions, in->force_overwrite_replica_secret.v));
    out->arn = secret.arn;
    return secret_replicas_out(rq, &secret, &out->replication_status);
}

/* What belongs to another secret of that name stays. */
static struct err remove_replica(struct request *rq, const struct secret *secret, struct str region)
{
    const struct rows rows = secret_rows(rq, secret);
    struct replicas replicas = { NULL, 0 };
    bool found = false;
    TRY(secret_row_replicas(&rows, secret->arn, &replicas));
    for (size_t i = 0; i < replicas.count; i++) {
        found = found || str_equal(replicas.items[i].region, region);
    }
    if (!found) {
        return fail(&rq->ctx, &SECRETSMANAGER_INVALID_PARAMETER_EXCEPTION, "Secret is not replicated to region %" STR_FMT ".", STR_ARG(region));
    }
    TRY(secret_row_secret_delete(&rows, arn_in(rq, secret, region)));
    return secret_row_replica_delete(&rows, secret->arn, region);
}

struct err secretsmanager_remove_regions_from_replication(struct request *rq, const struct secretsmanager_remove_regions_from_replication_in *in,
                                                          struct secretsmanager_remove_regions_from_replication_out *out)
{
    struct secret secret = { .name = STR_NONE };
    struct replicas left = { NULL, 0 };
    TRY(secret_need(rq, in->secret_id, NEED_OWN, &secret));
    const struct rows rows = secret_rows(rq, &secret);
    for (size_t i = 0; i < in->remove_replica_regions.count; i++) {
        TRY(remove_replica(rq, &secret, in->remove_replica_regions.items[i]));
    }
    TRY(secret_row_replicas(&rows, secret.arn, &left));
    secret.primary_region = left.count > 0 ? secret.primary_region : STR_NONE;
    out->arn = secret.arn;
    TRY(secret_replicas_out(rq, &secret, &out->replication_status));
    return secret_save(rq, &secret);
}

struct err secretsmanager_stop_replication_to_replica(struct request *rq, const struct secretsmanager_stop_replication_to_replica_in *in,
                                                      struct secretsmanager_stop_replication_to_replica_out *out)
{
    struct secret secret = { .name = STR_NONE };
    struct secret primary = { .name = STR_NONE };
    struct replicas left = { NULL, 0 };
    bool found = false;
    TRY(secret_need(rq, in->secret_id, NEED_LIVE, &secret));
    const struct rows rows = secret_rows(rq, &secret);
    if (!secret_is_replica(&secret)) {
        return fail(&rq->ctx, &SECRETSMANAGER_INVALID_REQUEST_EXCEPTION, "You can't stop replication: the secret is not a replica.");
    }
    const struct str arn = arn_in(rq, &secret, secret.primary_region);
    TRY(secret_row_replica_delete(&rows, arn, secret.region));
    TRY(secret_row_secret_by_arn(&rows, arn, &primary, &found));
    TRY(secret_row_replicas(&rows, arn, &left));
    if (found && left.count == 0) {
        primary.primary_region = STR_NONE;
        TRY(secret_row_secret_update(&rows, &primary));
    }
    secret.primary_region = STR_NONE;
    out->arn = secret.arn;
    return secret_save(rq, &secret);
}
