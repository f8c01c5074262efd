/* bucket_policy.c - a bucket's policy: put, shown, and whether it lets in everybody.
 *
 * spec: S3 API reference, PutBucketPolicy: 20 KB; statements about this bucket alone; BlockPublicPolicy refuses public ones. */
#include "base/json.h"
#include "policy/policy.h"
#include "svc/s3/bucket_access.h"

enum { POLICY_MAX = 20 * 1024 };

static const struct fault NO_POLICY = { "NoSuchBucketPolicy", NULL, NULL, 404 };
static const struct fault MALFORMED_POLICY = { "MalformedPolicy", NULL, NULL, 400 };

#define KIND STR("policy")
#define WHOLE STR("")

static struct err malformed(struct request *rq, const char *words)
{
    return fail(&rq->ctx, &MALFORMED_POLICY, "%s", words);
}

static bool names_bucket(struct str resource, struct str bucket)
{
    const struct str prefix = STR("arn:aws:s3:::");
    struct str object = STR_NONE;
    if (str_equal(resource, STR("*"))) {
        return true;
    }
    if (!str_starts(resource, prefix)) {
        return false;
    }
    const struct str name = str_cut(str_from(resource, prefix.len), '/', &object);
    return policy_wildcard(name, bucket, false);
}

static bool all_name_bucket(const struct json *resources, struct str bucket)
{
    if (resources == NULL || resources->kind == JSON_STRING) {
        return resources == NULL || names_bucket(resources->text, bucket);
    }
    for (const struct json *one = resources->child; one; one = one->next) {
        if (!names_bucket(json_text(one), bucket)) {
            return false;
        }
    }
    return true;
}

static struct err check_statement(struct request *rq, const struct json *statement, struct str bucket)
{
    const bool fits = all_name_bucket(json_get(statement, STR("Resource")), bucket)
        && all_name_bucket(json_get(statement, STR("NotResource")), bucket);
    return fits ? ERR_OK : malformed(rq, "Policy has invalid resource");
}

static struct err check_resources(struct request *rq, const struct json *document, struct str bucket)
{
    const struct json *statements = json_get(document, STR("Statement"));
    if (statements->kind == JSON_OBJECT) {
        return check_statement(rq, statements, bucket);
    }
    for (const struct json *one = statements->child; one; one = one->next) {
        TRY(check_statement(rq, one, bucket));
    }
    return ERR_OK;
}

static struct err check(struct request *rq, struct str text, struct str bucket, const struct policy **out)
{
    struct policy_error error = { NULL, STR_NONE };
    const struct json *document = str_starts(text, STR("{")) ? json_parse(rq->ctx.arena, text, NULL) : NULL;
    if (document == NULL || document->kind != JSON_OBJECT) {
        return malformed(rq, "Policies must be valid JSON and the first byte must be '{'");
    }
    if (text.len > POLICY_MAX) {
        return fail(&rq->ctx, &MALFORMED_POLICY, "Policy exceeds the maximum allowed document size.");
    }
    if (json_get(document, STR("Statement")) == NULL) {
        return malformed(rq, "Missing required field Statement");
    }
    const struct policy *policy = policy_parse(rq->ctx.arena, text, POLICY_RESOURCE, &error);
    if (policy == NULL || !policy_validate(rq->ctx.arena, policy, &error)) {
        return error.place.len ? fail(&rq->ctx, &MALFORMED_POLICY, "%s (%" STR_FMT ")", error.reason, STR_ARG(error.place))
                               : malformed(rq, error.reason);
    }
    *out = policy;
    return check_resources(rq, document, bucket);
}

struct err s3_put_bucket_policy(struct request *rq, const struct s3_put_bucket_policy_in *in, struct s3_put_bucket_policy_out *out)
{
    struct bucket_row row = { .name = STR_NONE };
    struct bucket_access access = { .policy = STR_NONE };
    const struct policy *policy = NULL;
    (void)out;
    TRY(bucket_need(rq, in->bucket, in->expected_bucket_owner, &row));
    TRY(check(rq, in->policy.ptr ? in->policy : STR(""), row.name, &policy));
    TRY(bucket_access_read(rq, &row, &access));
    if (access.block_policy && policy_is_public(policy)) {
        return fail(&rq->ctx, &S3_ACCESS_DENIED,
                    "User: %" STR_FMT " is not authorized to perform: s3:PutBucketPolicy on resource: \"arn:aws:s3:::%" STR_FMT
                    "\" because public policies are prevented by the BlockPublicPolicy setting in S3 Block Public Access.",
                    STR_ARG(rq->caller.arn), STR_ARG(row.name));
    }
    rq->extra.status = 204;
    return setting_rows_put(&rq->ctx, rq->db, row.name, KIND, WHOLE, in->policy);
}

static struct err need_policy(struct request *rq, struct str bucket, struct str owner, struct str *document)
{
    struct bucket_row row = { .name = STR_NONE };
    TRY(bucket_need(rq, bucket, owner, &row));
    TRY(setting_rows_get(&rq->ctx, rq->db, row.name, KIND, WHOLE, document));
    if (document->ptr == NULL) {
        request_element(rq, STR("BucketName"), bucket);
        return fail(&rq->ctx, &NO_POLICY, "The bucket policy does not exist");
    }
    return ERR_OK;
}

struct err s3_get_bucket_policy(struct request *rq, const struct s3_get_bucket_policy_in *in, struct s3_get_bucket_policy_out *out)
{
    return need_policy(rq, in->bucket, in->expected_bucket_owner, &out->policy);
}

struct err s3_get_bucket_policy_status(struct request *rq, const struct s3_get_bucket_policy_status_in *in,
                                       struct s3_get_bucket_policy_status_out *out)
{
    struct s3_policy_status *status = ARENA_NEW(rq->ctx.arena, struct s3_policy_status);
    struct policy_error error = { NULL, STR_NONE };
    struct str document = STR_NONE;
    TRY(need_policy(rq, in->bucket, in->expected_bucket_owner, &document));
    const struct policy *policy = policy_parse(rq->ctx.arena, document, POLICY_RESOURCE, &error);
    status->is_public = (struct opt_bool)SOME(policy && policy_is_public(policy));
    out->policy_status = status;
    return ERR_OK;
}

struct err s3_delete_bucket_policy(struct request *rq, const struct s3_delete_bucket_policy_in *in,
                                   struct s3_delete_bucket_policy_out *out)
{
    struct bucket_row row = { .name = STR_NONE };
    (void)out;
    TRY(bucket_need(rq, in->bucket, in->expected_bucket_owner, &row));
    return setting_rows_delete(&rq->ctx, rq->db, row.name, KIND, WHOLE, NULL);
}
