#include "svc/s3/bucket_access.h"

#include "svc/s3/facts.h"
#include "svc/s3/members.h"
#include "svc/s3/owner.h"
#include "svc/s3/setting.h"
#include "svc/s3/tag_set.h"
#include "wire/codec.h"

static const struct fault ACLS_ARE_OFF = { "AccessControlListNotSupported", NULL, NULL, 400 };
static const struct fault ACL_WITH_OWNERSHIP = { "InvalidBucketAclWithObjectOwnership", NULL, NULL, 400 };
static const struct fault ACL_WITH_BLOCK = { "InvalidBucketAclWithBlockPublicAccessError", NULL, NULL, 400 };

static enum ownership ownership_of(struct str text)
{
    return str_equal(text, STR("BucketOwnerEnforced"))    ? OWNER_ENFORCED
        : str_equal(text, STR("BucketOwnerPreferred")) ? OWNER_PREFERRED
                                                        : OWNER_WRITER;
}

static struct err read_ownership(struct request *rq, struct str json, enum ownership *out)
{
    void *value = NULL;
    *out = OWNER_WRITER;
    if (json.ptr) {
        TRY(wire_json_read(&rq->ctx, S3_SHAPE_OWNERSHIP_CONTROLS, json, &value));
        const struct s3_ownership_controls *controls = value;
        *out = controls->rules.count ? ownership_of(controls->rules.items[0].object_ownership) : OWNER_WRITER;
    }
    return ERR_OK;
}

static struct err read_block(struct request *rq, struct str json, struct bucket_access *out)
{
    void *value = NULL;
    if (json.ptr) {
        TRY(wire_json_read(&rq->ctx, S3_SHAPE_PUBLIC_ACCESS_BLOCK_CONFIGURATION, json, &value));
        const struct s3_public_access_block_configuration *block = value;
        out->block_acls = out->block_acls || block->block_public_acls.v;
        out->ignore_acls = out->ignore_acls || block->ignore_public_acls.v;
        out->block_policy = out->block_policy || block->block_public_policy.v;
        out->restrict_buckets = out->restrict_buckets || block->restrict_public_buckets.v;
    }
    return ERR_OK;
}

struct err bucket_access_read(struct request *rq, const struct bucket_row *bucket, struct bucket_access *out)
{
    const struct bucket_facts *facts = NULL;
    TRY(facts_of(rq, bucket->name, &facts));
    *out = (struct bucket_access){ .policy = facts_setting(facts, STR("policy")), .acl = facts_setting(facts, STR("acl")) };
    out->requester_pays = str_search(facts_setting(facts, STR("request-payment")), STR("\"Requester\"")) != STR_MISSING;
    out->abac = str_search(facts_setting(facts, STR("abac")), STR("\"Enabled\"")) != STR_MISSING;
    TRY(read_ownership(rq, facts_setting(facts, STR("ownership")), &out->ownership));
    TRY(read_block(rq, facts_setting(facts, STR("public-access")), out));
    return read_block(rq, facts_setting(facts, SETTING_OF_ACCOUNT), out);
}

struct err account_public_access(struct request *rq, struct str account, const struct s3_public_access_block_configuration **out)
{
    struct str document = STR_NONE;
    void *value = NULL;
    TRY(account_setting_get(&rq->ctx, rq->db, account, STR("public-access"), &document));
    TRY(document.ptr ? wire_json_read(&rq->ctx, S3_SHAPE_PUBLIC_ACCESS_BLOCK_CONFIGURATION, document, &value) : ERR_OK);
    *out = value;
    return ERR_OK;
}

/* The members of an ACL's wish, by their names: PutObject, CreateBucket and others have them alike. */
static struct acl_wish wish_of(struct request *rq, const void *in)
{
    const struct shape *shape = rq->operation->input;
    return (struct acl_wish){
        .canned = member_text(shape, in, "ACL"),
        .full_control = member_text(shape, in, "GrantFullControl"),
        .read = member_text(shape, in, "GrantRead"),
        .read_acp = member_text(shape, in, "GrantReadACP"),
        .write = member_text(shape, in, "GrantWrite"),
        .write_acp = member_text(shape, in, "GrantWriteACP"),
    };
}

static struct err begin_tags(struct request *rq, const struct s3_create_bucket_configuration *configuration,
                             const struct bucket_row *bucket)
{
    if (configuration == NULL || configuration->tags.count == 0) {
        return ERR_OK;
    }
    const struct s3_tagging tagging = { .tag_set = configuration->tags };
    TRY(tag_set_check(rq, &tagging.tag_set, TAGS_OF_BUCKET));
    return bucket_setting_put(rq, bucket->name, STR("tagging"), STR(""), S3_SHAPE_TAGGING, &tagging);
}

static struct err begin_acl(struct request *rq, const struct acl_wish *wish, enum ownership ownership, const struct bucket_row *bucket)
{
    const struct acl_owners owners = { bucket->account, bucket->account };
    struct s3_access_control_policy acl = { .owner = NULL };
    if (!acl_wished(wish)) {
        return ERR_OK;
    }
    TRY(acl_make(rq, wish, &owners, &acl));
    if (acl_keeps_to_owner(&acl, acl.owner->id)) {
        return ERR_OK;
    }
    if (ownership == OWNER_ENFORCED) {
        return fail(&rq->ctx, &ACL_WITH_OWNERSHIP, "Bucket cannot have ACLs set with ObjectOwnership's BucketOwnerEnforced setting");
    }
    if (acl_is_public(&acl)) {
        return fail(&rq->ctx, &ACL_WITH_BLOCK, "Bucket cannot have public ACLs set with BlockPublicAccess enabled");
    }
    return bucket_setting_put(rq, bucket->name, STR("acl"), STR(""), S3_SHAPE_ACCESS_CONTROL_POLICY, &acl);
}

/* spec: S3 user guide, "Default settings for new S3 buckets FAQ": all public access blocked, ACLs off. */
struct err bucket_access_begin(struct request *rq, const struct s3_create_bucket_in *in, const struct bucket_row *bucket)
{
    const struct opt_bool yes = SOME(true);
    const struct s3_public_access_block_configuration block = { yes, yes, yes, yes };
    struct s3_ownership_controls_rule rule = { in->object_ownership.ptr ? in->object_ownership : STR("BucketOwnerEnforced") };
    const struct s3_ownership_controls controls = { .rules = { &rule, 1 } };
    const struct acl_wish wish = wish_of(rq, in);
    TRY(bucket_setting_put(rq, bucket->name, STR("ownership"), STR(""), S3_SHAPE_OWNERSHIP_CONTROLS, &controls));
    TRY(bucket_setting_put(rq, bucket->name, STR("public-access"), STR(""), S3_SHAPE_PUBLIC_ACCESS_BLOCK_CONFIGURATION, &block));
    TRY(begin_acl(rq, &wish, ownership_of(rule.object_ownership), bucket));
    return begin_tags(rq, in->create_bucket_configuration, bucket);
}

static struct err off(struct request *rq)
{
    return fail(&rq->ctx, &ACLS_ARE_OFF, "The bucket does not allow ACLs");
}

/* Who owns what is written. spec: S3 user guide, "Controlling ownership of objects". */
static struct str owner_of_new(struct request *rq, const struct acl_wish *wish, enum ownership ownership, const struct bucket_row *bucket)
{
    const bool given = str_equal(wish->canned, STR("bucket-owner-full-control"));
    const bool stranger = rq->account.len == 0; /* what nobody signed belongs to the bucket's owner */
    return ownership == OWNER_ENFORCED || stranger || (ownership == OWNER_PREFERRED && given) ? bucket->account : rq->account;
}

static struct err judge_new(struct request *rq, const struct bucket_access *access, const struct s3_access_control_policy *acl,
                            const struct bucket_row *bucket)
{
    if (access->ownership == OWNER_ENFORCED && !acl_keeps_to_owner(acl, owner_id(rq->ctx.arena, bucket->account))) {
        return off(rq);
    }
    return access->block_acls && acl_is_public(acl) ? acl_blocked(rq) : ERR_OK;
}

struct err object_access_begin(struct request *rq, const void *in, const struct bucket_row *bucket, struct str *acl, struct str *owner)
{
    const struct acl_wish wish = wish_of(rq, in);
    struct bucket_access access = { .policy = STR_NONE };
    struct s3_access_control_policy made = { .owner = NULL };
    *acl = STR_NONE;
    *owner = bucket->account;
    if (!acl_wished(&wish) && str_equal(rq->account, bucket->account)) {
        return ERR_OK;
    }
    TRY(bucket_access_read(rq, bucket, &access));
    *owner = owner_of_new(rq, &wish, access.ownership, bucket);
    if (!acl_wished(&wish)) {
        return ERR_OK;
    }
    const struct acl_owners owners = { *owner, bucket->account };
    TRY(acl_make(rq, &wish, &owners, &made));
    TRY(judge_new(rq, &access, &made, bucket));
    *acl = acl_keeps_to_owner(&made, made.owner->id) ? STR_NONE : acl_write(rq, &made);
    return ERR_OK;
}
