/* bucket_acl.c - ACLs of buckets and objects: put and shown.
 *
 * spec: S3 user guide, "Controlling ownership of objects": where the bucket's owner is enforced, ACLs say nothing and none but
 * the owner's own is taken. */
#include "svc/s3/notify.h"
#include "svc/s3/bucket_access.h"
#include "svc/s3/object.h"
#include "svc/s3/owner.h"

static const struct fault ACLS_ARE_OFF = { "AccessControlListNotSupported", NULL, NULL, 400 };

struct err acl_blocked(struct request *rq)
{
    return fail(&rq->ctx, &S3_ACCESS_DENIED,
                "User: %" STR_FMT " is not authorized to perform: %s on resource: \"%" STR_FMT
                "\" because public access control lists (ACLs) are prevented by the BlockPublicAcls setting in S3 Block Public Access.",
                STR_ARG(rq->caller.arn), rq->operation->action, STR_ARG(rq->resource));
}

/* The ACL that the call wishes for, once the bucket takes such. */
static struct err make(struct request *rq, const struct acl_wish *wish, const struct acl_owners *owners, const struct bucket_row *bucket,
                       struct s3_access_control_policy *out)
{
    struct bucket_access access = { .policy = STR_NONE };
    if (!acl_wished(wish)) {
        return acl_needed(rq);
    }
    TRY(acl_make(rq, wish, owners, out));
    TRY(bucket_access_read(rq, bucket, &access));
    if (access.ownership == OWNER_ENFORCED && !acl_keeps_to_owner(out, owner_id(rq->ctx.arena, owners->owner))) {
        return fail(&rq->ctx, &ACLS_ARE_OFF, "The bucket does not allow ACLs");
    }
    return access.block_acls && acl_is_public(out) ? acl_blocked(rq) : ERR_OK;
}

struct err s3_put_bucket_acl(struct request *rq, const struct s3_put_bucket_acl_in *in, struct s3_put_bucket_acl_out *out)
{
    const struct acl_wish wish = { in->acl, in->grant_full_control, in->grant_read, in->grant_read_acp, in->grant_write,
                                   in->grant_write_acp, in->access_control_policy };
    struct bucket_row row = { .name = STR_NONE };
    struct s3_access_control_policy acl = { .owner = NULL };
    (void)out;
    TRY(bucket_need(rq, in->bucket, in->expected_bucket_owner, &row));
    const struct acl_owners owners = { row.account, row.account };
    TRY(make(rq, &wish, &owners, &row, &acl));
    return setting_rows_put(&rq->ctx, rq->db, row.name, STR("acl"), STR(""), acl_write(rq, &acl));
}

/* Where the owner is enforced, what was said before is not shown: it has no meaning. */
static struct err show(struct request *rq, const struct bucket_row *bucket, struct str document, struct str owner,
                       struct s3_access_control_policy *out)
{
    struct bucket_access access = { .policy = STR_NONE };
    TRY(bucket_access_read(rq, bucket, &access));
    const bool enforced = access.ownership == OWNER_ENFORCED;
    return acl_read(rq, enforced ? STR_NONE : document, enforced ? bucket->account : owner, out);
}

struct err s3_get_bucket_acl(struct request *rq, const struct s3_get_bucket_acl_in *in, struct s3_get_bucket_acl_out *out)
{
    struct bucket_row row = { .name = STR_NONE };
    struct s3_access_control_policy acl = { .owner = NULL };
    struct str document = STR_NONE;
    TRY(bucket_need(rq, in->bucket, in->expected_bucket_owner, &row));
    TRY(setting_rows_get(&rq->ctx, rq->db, row.name, STR("acl"), STR(""), &document));
    TRY(show(rq, &row, document, row.account, &acl));
    out->owner = acl.owner;
    out->grants = acl.grants;
    return ERR_OK;
}

struct err s3_put_object_acl(struct request *rq, const struct s3_put_object_acl_in *in, struct s3_put_object_acl_out *out)
{
    const struct acl_wish wish = { in->acl, in->grant_full_control, in->grant_read, in->grant_read_acp, in->grant_write,
                                   in->grant_write_acp, in->access_control_policy };
    struct bucket_row row = { .name = STR_NONE };
    struct object_row object = { .name = STR_NONE };
    struct s3_access_control_policy acl = { .owner = NULL };
    (void)out;
    TRY(bucket_need(rq, in->bucket, in->expected_bucket_owner, &row));
    TRY(object_need(rq, &row, in->key, in->version_id, &object));
    const struct acl_owners owners = { object.owner, row.account };
    TRY(make(rq, &wish, &owners, &row, &acl));
    object.acl = acl_write(rq, &acl);
    TRY(object_rows_update(&rq->ctx, rq->db, &object));
    return notify(rq, &row, "ObjectAcl:Put", &object);
}

struct err s3_get_object_acl(struct request *rq, const struct s3_get_object_acl_in *in, struct s3_get_object_acl_out *out)
{
    struct bucket_row row = { .name = STR_NONE };
    struct object_row object = { .name = STR_NONE };
    struct s3_access_control_policy acl = { .owner = NULL };
    TRY(bucket_need(rq, in->bucket, in->expected_bucket_owner, &row));
    TRY(object_need(rq, &row, in->key, in->version_id, &object));
    TRY(show(rq, &row, object.acl, object.owner, &acl));
    out->owner = acl.owner;
    out->grants = acl.grants;
    return ERR_OK;
}

/* spec: ACLs can't be switched off while they grant something to others. */
struct err s3_put_bucket_ownership_controls(struct request *rq, const struct s3_put_bucket_ownership_controls_in *in,
                                            struct s3_put_bucket_ownership_controls_out *out)
{
    static const struct fault in_use = { "InvalidBucketAclWithObjectOwnership", NULL, NULL, 400 };
    const struct s3_ownership_controls *controls = in->ownership_controls;
    struct bucket_row row = { .name = STR_NONE };
    struct s3_access_control_policy acl = { .owner = NULL };
    struct str document = STR_NONE;
    (void)out;
    TRY(bucket_need(rq, in->bucket, in->expected_bucket_owner, &row));
    if (controls->rules.count != 1) {
        return s3_fail(rq, &S3_MALFORMED_XML);
    }
    TRY(setting_rows_get(&rq->ctx, rq->db, row.name, STR("acl"), STR(""), &document));
    TRY(acl_read(rq, document, row.account, &acl));
    const bool enforced = str_equal(controls->rules.items[0].object_ownership, STR("BucketOwnerEnforced"));
    if (enforced && !acl_keeps_to_owner(&acl, acl.owner->id)) {
        return fail(&rq->ctx, &in_use, "Bucket cannot have ACLs set with ObjectOwnership's BucketOwnerEnforced setting");
    }
    return bucket_setting_put(rq, row.name, STR("ownership"), STR(""), S3_SHAPE_OWNERSHIP_CONTROLS, controls);
}
