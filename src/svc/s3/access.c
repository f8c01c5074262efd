#include "svc/s3/access.h"

#include "policy/policy.h"
#include "svc/s3/copy.h"
#include "svc/s3/cors_answer.h"
#include "svc/s3/members.h"
#include "svc/s3/owner.h"

static const struct fault INVALID_OWNER = { "InvalidBucketOwnerAWSAccountID", NULL, NULL, 400 };

/* What handlers may ask: whether the caller may list, and of each object of DeleteObjects whether it may go. */
struct judged {
    bool may_list;
    bool *may_delete;
    size_t count;
};

bool access_may_list(const struct request *rq)
{
    const struct judged *judged = rq->judged;
    return judged == NULL || judged->may_list;
}

bool access_may_delete(const struct request *rq, size_t at)
{
    const struct judged *judged = rq->judged;
    return judged == NULL || judged->may_delete == NULL || (at < judged->count && judged->may_delete[at]);
}

static bool is_operation(const struct request *rq, const char *name)
{
    return strcmp(rq->operation->name, name) == 0;
}

static struct str text_of(const struct request *rq, const void *in, const char *name)
{
    return member_text(rq->operation->input, in, name);
}

static bool says_true(const struct request *rq, const void *in, const char *name)
{
    const struct member *member = member_named(rq->operation->input, name);
    const struct opt_bool *value = member && member->shape->kind == SHAPE_BOOLEAN
        ? (const void *)((const char *)in + member->offset) : NULL;
    return value && value->set && value->v;
}

struct err subject_look(struct request *rq, struct subject *subject)
{
    if (subject->looked || subject->key.len == 0) {
        return ERR_OK;
    }
    subject->looked = true;
    return object_belongings_get(&rq->ctx, rq->db, subject->bucket.name, subject->key, subject->version, &subject->belongings,
                                 &subject->found);
}

/* --- actions --- */

/* spec: with a version id, each of these is another action. */
static const struct {
    const char *plain, *version;
} VERSIONS[] = {
    { "s3:GetObject", "s3:GetObjectVersion" },
    { "s3:DeleteObject", "s3:DeleteObjectVersion" },
    { "s3:GetObjectAcl", "s3:GetObjectVersionAcl" },
    { "s3:PutObjectAcl", "s3:PutObjectVersionAcl" },
    { "s3:GetObjectTagging", "s3:GetObjectVersionTagging" },
    { "s3:PutObjectTagging", "s3:PutObjectVersionTagging" },
    { "s3:DeleteObjectTagging", "s3:DeleteObjectVersionTagging" },
    { "s3:GetObjectAttributes", "s3:GetObjectVersionAttributes" },
};

static struct str action_of(struct str action, struct str version)
{
    for (size_t i = 0; version.len && i < COUNT_OF(VERSIONS); i++) {
        if (str_equal(action, str_of(VERSIONS[i].plain))) {
            return str_of(VERSIONS[i].version);
        }
    }
    return action;
}

/* One more action on the same thing. */
static struct guard *also(struct request *rq, struct guard *guard, const char *action)
{
    struct guard *next = ARENA_NEW(rq->ctx.arena, struct guard);
    *next = *guard;
    next->action = str_of(action);
    next->verdict = NULL;
    guard->next = next;
    return next;
}

static bool has_acl(const struct request *rq, const void *in)
{
    static const char *const members[] = { "ACL", "GrantFullControl", "GrantRead", "GrantReadACP", "GrantWrite", "GrantWriteACP" };
    for (size_t i = 0; i < COUNT_OF(members); i++) {
        if (text_of(rq, in, members[i]).ptr) {
            return true;
        }
    }
    return false;
}

/* spec: S3 API reference, CreateBucket, "Permissions". */
static void guard_creation(struct request *rq, const struct s3_create_bucket_in *in, struct guard *guard)
{
    struct guard *last = guard;
    if (has_acl(rq, in)) {
        last = also(rq, last, "s3:PutBucketAcl");
    }
    if (in->object_lock_enabled_for_bucket.v) {
        last = also(rq, last, "s3:PutBucketObjectLockConfiguration");
        last = also(rq, last, "s3:PutBucketVersioning");
    }
    if (in->object_ownership.ptr) {
        last = also(rq, last, "s3:PutBucketOwnershipControls");
    }
    if (in->create_bucket_configuration && in->create_bucket_configuration->tags.count) {
        also(rq, last, "s3:TagResource");
    }
}

/* What a write says beside its bytes needs permissions of its own. */
static void guard_beside(struct request *rq, const void *in, struct guard *guard)
{
    struct guard *last = guard;
    const bool writes = str_equal(guard->action, STR("s3:PutObject"));
    /* spec: CloudTrail user guide, "Amazon S3 bucket policy for CloudTrail": to a service s3:PutObject is enough with that ACL. */
    const bool yields = rq->caller.type == PRINCIPAL_AWS_SERVICE && str_equal(text_of(rq, in, "ACL"), STR("bucket-owner-full-control"));
    if (writes && has_acl(rq, in) && !yields) {
        last = also(rq, last, "s3:PutObjectAcl");
    }
    if (writes && text_of(rq, in, "Tagging").len) {
        last = also(rq, last, "s3:PutObjectTagging");
    }
    if (writes && text_of(rq, in, "ObjectLockMode").len) {
        last = also(rq, last, "s3:PutObjectRetention");
    }
    if (writes && text_of(rq, in, "ObjectLockLegalHoldStatus").len) {
        last = also(rq, last, "s3:PutObjectLegalHold");
    }
    if (is_operation(rq, "GetObjectAttributes")) {
        last = also(rq, last, text_of(rq, in, "VersionId").len ? "s3:GetObjectVersion" : "s3:GetObject");
    }
    if (says_true(rq, in, "BypassGovernanceRetention")) {
        also(rq, last, "s3:BypassGovernanceRetention");
    }
}

/* --- who speaks --- */

static bool is_public(struct request *rq, struct str document)
{
    struct policy_error error = { NULL, STR_NONE };
    const struct policy *policy = policy_parse(rq->ctx.arena, document, POLICY_RESOURCE, &error);
    return policy && policy_is_public(policy);
}

static bool is_stranger(const struct request *rq, struct str account)
{
    return !str_equal(rq->account, account);
}

/* The bucket's policy; of a public one nothing, where such buckets are restricted, but to its own account and services.
 * spec: S3 user guide, "Blocking public access", RestrictPublicBuckets. */
static struct str policy_for(struct request *rq, const struct subject *subject)
{
    const struct bucket_access *access = &subject->access;
    const bool restricted = access->restrict_buckets && access->policy.ptr && is_stranger(rq, subject->bucket.account)
        && rq->caller.type != PRINCIPAL_AWS_SERVICE && is_public(rq, access->policy);
    return restricted ? STR_NONE : access->policy;
}

/* Whether an action is about what an existing object is, which its own ACL speaks of. */
static bool is_about_object(struct str action)
{
    return str_starts(action, STR("s3:GetObject")) || str_starts(action, STR("s3:PutObjectAcl"))
        || str_starts(action, STR("s3:PutObjectVersionAcl"));
}

static struct err read_acl(struct request *rq, struct str json, struct str owner, enum acl_of of, bool public_too, struct str *out)
{
    struct s3_access_control_policy acl = { .owner = NULL };
    *out = STR_NONE;
    if (json.ptr == NULL) {
        return ERR_OK;
    }
    TRY(acl_read(rq, json, owner, &acl));
    *out = acl_policy(rq->ctx.arena, &acl, of, public_too);
    return ERR_OK;
}

/* spec: S3 user guide, "Bucket policies": they don't speak for objects that another account owns; what they deny holds. */
static void guard_foreign(struct request *rq, const struct subject *subject, struct guard *guard)
{
    if (guard->policy.ptr) {
        struct guard *denies = also(rq, guard, "");
        denies->action = guard->action;
        denies->acl = STR_NONE;
        denies->handler_decides = true;
    }
    guard->policy = STR_NONE;
    guard->account = subject->belongings.owner;
}

static struct err guard_acl(struct request *rq, struct subject *subject, struct guard *guard)
{
    const struct bucket_access *access = &subject->access;
    if (access->ownership == OWNER_ENFORCED) {
        return ERR_OK;
    }
    if (!is_about_object(guard->action) || subject->key.len == 0) {
        return read_acl(rq, access->acl, subject->bucket.account, ACL_OF_BUCKET, !access->ignore_acls, &guard->acl);
    }
    TRY(subject_look(rq, subject));
    if (!subject->found) {
        return ERR_OK;
    }
    TRY(read_acl(rq, subject->belongings.acl, subject->belongings.owner, ACL_OF_OBJECT, !access->ignore_acls, &guard->acl));
    if (!str_equal(subject->belongings.owner, subject->bucket.account)) {
        guard_foreign(rq, subject, guard);
    }
    return ERR_OK;
}

/* spec: S3 user guide, "Using Requester Pays buckets": others must say that they would pay, and sign. */
static struct err check_payment(struct request *rq, const void *in, const struct subject *subject)
{
    const bool exempt = !subject->access.requester_pays || !is_stranger(rq, subject->bucket.account)
        || rq->caller.type == PRINCIPAL_AWS_SERVICE;
    const bool pays = rq->account.len && str_equal(text_of(rq, in, "RequestPayer"), STR("requester"));
    return exempt || pays ? ERR_OK : s3_fail(rq, &S3_ACCESS_DENIED);
}

static struct err check_expected_owner(struct request *rq, struct str owner)
{
    int64_t number = 0;
    const bool sound = owner.ptr == NULL || (owner.len == 12 && str_to_int(owner, &number) && number >= 0);
    return sound ? ERR_OK : fail(&rq->ctx, &INVALID_OWNER,
                                 "The value of the expected bucket owner parameter must be an AWS Account ID... [%" STR_FMT "]", STR_ARG(owner));
}

static struct err make_subject(struct request *rq, struct str bucket, struct str owner, struct subject **out)
{
    struct subject *subject = ARENA_NEW(rq->ctx.arena, struct subject);
    TRY(check_expected_owner(rq, owner));
    TRY(bucket_need_anywhere(rq, bucket, owner, &subject->bucket));
    TRY(bucket_access_read(rq, &subject->bucket, &subject->access));
    *out = subject;
    return ERR_OK;
}

static struct err guard_subject(struct request *rq, struct subject *subject, struct guard *guard)
{
    guard->account = subject->bucket.account;
    guard->policy = policy_for(rq, subject);
    guard->terse = is_stranger(rq, subject->bucket.account);
    guard->late = access_late_key;
    guard->late_self = subject;
    if (str_search(guard->policy, STR("CanonicalUser")) != STR_MISSING) {
        guard->canonical_user = rq->account.len ? owner_id(rq->ctx.arena, rq->account) : STR_NONE;
    }
    return guard_acl(rq, subject, guard);
}

static struct guard *last_of(struct guard *guard)
{
    while (guard->next) {
        guard = guard->next;
    }
    return guard;
}

static struct str arn_of(struct request *rq, struct str bucket, struct str key)
{
    return key.ptr ? str_format(rq->ctx.arena, "arn:aws:s3:::%" STR_FMT "/%" STR_FMT, STR_ARG(bucket), STR_ARG(key))
                   : str_format(rq->ctx.arena, "arn:aws:s3:::%" STR_FMT, STR_ARG(bucket));
}

/* --- operations about more than one thing --- */

/* The source of a copy is read: by the same caller, from a bucket that may be another's. */
static struct err guard_source(struct request *rq, const void *in, struct guard *guard)
{
    struct copy_source from = { .bucket = STR_NONE };
    struct subject *subject = NULL;
    TRY(copy_source_parse(rq, text_of(rq, in, "CopySource"), &from));
    struct guard *last = last_of(guard);
    struct guard *source = ARENA_NEW(rq->ctx.arena, struct guard);
    TRY(make_subject(rq, from.bucket, text_of(rq, in, "ExpectedSourceBucketOwner"), &subject));
    subject->key = from.key;
    subject->version = from.version;
    source->action = action_of(STR("s3:GetObject"), from.version);
    source->resource = arn_of(rq, from.bucket, from.key);
    TRY(guard_subject(rq, subject, source));
    last->next = source;
    TRY(subject_look(rq, subject));
    const bool tags = subject->belongings.tags.len > sizeof("[]") && !str_equal(text_of(rq, in, "TaggingDirective"), STR("REPLACE"));
    if (tags && is_operation(rq, "CopyObject")) {
        also(rq, last_of(guard), from.version.len ? "s3:GetObjectVersionTagging" : "s3:GetObjectTagging");
    }
    return ERR_OK;
}

/* Each object is judged for itself, and refused for itself in the answer. */
static struct err guard_deletions(struct request *rq, const struct s3_delete_objects_in *in, struct subject *subject, struct guard *guard,
                                  struct judged *judged)
{
    const size_t count = in->delete ? in->delete->objects.count : 0;
    struct guard *last = guard;
    judged->may_delete = ARENA_ARRAY(rq->ctx.arena, bool, count + 1);
    judged->count = count;
    for (size_t i = 0; i < count; i++) {
        const struct s3_object_identifier *object = &in->delete->objects.items[i];
        struct guard *one = ARENA_NEW(rq->ctx.arena, struct guard);
        struct subject *own = ARENA_NEW(rq->ctx.arena, struct subject);
        *one = *guard;
        *own = *subject;
        own->key = object->key;
        own->version = object->version_id;
        one->late_self = own;
        one->next = NULL;
        one->open = false;
        one->action = action_of(STR("s3:DeleteObject"), object->version_id);
        one->resource = arn_of(rq, subject->bucket.name, object->key);
        one->verdict = &judged->may_delete[i];
        last->next = one;
        last = one;
    }
    if (in->bypass_governance_retention.v) {
        struct guard *bypass = also(rq, last, "s3:BypassGovernanceRetention");
        bypass->resource = arn_of(rq, subject->bucket.name, STR("*"));
        bypass->open = false;
    }
    guard->open = true;
    return ERR_OK;
}

/* Whether the caller may list: only then does it learn that a key isn't there. */
static void guard_listing(struct request *rq, const struct subject *subject, struct guard *guard, struct judged *judged)
{
    struct guard *last = last_of(guard);
    struct guard *listing = ARENA_NEW(rq->ctx.arena, struct guard);
    *listing = (struct guard){ .action = STR("s3:ListBucket"), .resource = arn_of(rq, subject->bucket.name, STR_NONE),
                               .account = subject->bucket.account, .policy = policy_for(rq, subject), .late = access_late_key,
                               .late_self = subject, .canonical_user = guard->canonical_user, .verdict = &judged->may_list };
    last->next = listing;
}

static struct err guard_call(struct request *rq, const void *in, struct subject *subject, struct guard *guard)
{
    struct judged *judged = ARENA_NEW(rq->ctx.arena, struct judged);
    judged->may_list = true;
    rq->judged = judged;
    TRY(check_payment(rq, in, subject));
    guard->action = action_of(guard->action, subject->version);
    TRY(guard_subject(rq, subject, guard));
    if (is_operation(rq, "DeleteObjects")) {
        return guard_deletions(rq, in, subject, guard, judged);
    }
    guard_beside(rq, in, guard);
    if (text_of(rq, in, "CopySource").len) {
        TRY(guard_source(rq, in, guard));
    }
    if (subject->key.len && rq->operation->access == ACCESS_READ) {
        guard_listing(rq, subject, guard, judged);
    }
    return ERR_OK;
}

struct err s3_guard(struct request *rq, const void *in, struct guard *guard)
{
    const struct str bucket = text_of(rq, in, "Bucket");
    struct subject *subject = NULL;
    if (is_operation(rq, "CreateBucket")) {
        guard->late = access_late_key;
        guard_creation(rq, in, guard);
        return ERR_OK;
    }
    if (bucket.ptr == NULL) {
        guard->late = access_late_key;
        guard->terse = rq->account.len == 0;
        return ERR_OK;
    }
    TRY(cors_tell(rq, bucket));
    TRY(make_subject(rq, bucket, text_of(rq, in, "ExpectedBucketOwner"), &subject));
    subject->key = text_of(rq, in, "Key");
    subject->version = text_of(rq, in, "VersionId");
    return guard_call(rq, in, subject, guard);
}
