/* resource_policy.c - the policy attached to a secret: put, read, judged.
 *
 * spec: PutResourcePolicy: BlockPublicPolicy refuses what lets just anybody in. */
#include "svc/policy_text.h"
#include "svc/secretsmanager/secret.h"

#define DEFAULT_POLICY STR("default")

static struct err judge_syntax(struct request *rq, struct str document)
{
    return policy_text_check(rq, document, POLICY_RESOURCE, &SECRETSMANAGER_MALFORMED_POLICY_DOCUMENT_EXCEPTION);
}

/* Of a sound document. */
static bool is_public(struct request *rq, struct str document)
{
    struct policy_error error = { NULL, STR_NONE };
    return policy_is_public(policy_parse(rq->ctx.arena, document, POLICY_RESOURCE, &error));
}

static struct err judge_policy_name(struct request *rq, struct str name)
{
    return name.ptr == NULL || str_equal(name, DEFAULT_POLICY)
               ? ERR_OK
               : fail(&rq->ctx, &SECRETSMANAGER_INVALID_PARAMETER_EXCEPTION, "You can only modify the resource policy named default.");
}

struct err secretsmanager_put_resource_policy(struct request *rq, const struct secretsmanager_put_resource_policy_in *in,
                                              struct secretsmanager_put_resource_policy_out *out)
{
    struct secret secret = { .name = STR_NONE };
    TRY(secret_need(rq, in->secret_id, NEED_OWN, &secret));
    TRY(judge_policy_name(rq, in->policy_name));
    TRY(judge_syntax(rq, in->resource_policy));
    if (in->block_public_policy.v && is_public(rq, in->resource_policy)) {
        return fail(&rq->ctx, &SECRETSMANAGER_PUBLIC_POLICY_EXCEPTION,
                    "You can't attach this resource policy: it would grant public access to the secret, and BlockPublicPolicy is set.");
    }
    secret.policy = in->resource_policy;
    out->arn = secret.arn;
    out->name = secret.name;
    out->policy_name = DEFAULT_POLICY;
    return secret_save(rq, &secret);
}

struct err secretsmanager_get_resource_policy(struct request *rq, const struct secretsmanager_get_resource_policy_in *in,
                                              struct secretsmanager_get_resource_policy_out *out)
{
    struct secret secret = { .name = STR_NONE };
    TRY(secret_need(rq, in->secret_id, NEED_LIVE, &secret));
    if (in->policy_name.ptr && !str_equal(in->policy_name, DEFAULT_POLICY)) {
        return fail(&rq->ctx, &SECRETSMANAGER_RESOURCE_NOT_FOUND_EXCEPTION, "Secrets Manager can't find the specified resource policy.");
    }
    out->arn = secret.arn;
    out->name = secret.name;
    out->resource_policy = secret.policy;
    out->policy_name = DEFAULT_POLICY;
    return ERR_OK;
}

struct err secretsmanager_delete_resource_policy(struct request *rq, const struct secretsmanager_delete_resource_policy_in *in,
                                                 struct secretsmanager_delete_resource_policy_out *out)
{
    struct secret secret = { .name = STR_NONE };
    TRY(secret_need(rq, in->secret_id, NEED_OWN, &secret));
    TRY(judge_policy_name(rq, in->policy_name));
    secret.policy = STR_NONE;
    out->arn = secret.arn;
    out->name = secret.name;
    out->policy_name = DEFAULT_POLICY;
    return secret_save(rq, &secret);
}

struct err secretsmanager_list_resource_policies(struct request *rq, const struct secretsmanager_list_resource_policies_in *in,
                                                 struct secretsmanager_list_resource_policies_out *out)
{
    struct secret secret = { .name = STR_NONE };
    struct place place = { .number = 0 };
    TRY(secret_need(rq, in->secret_id, NEED_LIVE, &secret));
    TRY(secret_page_place(rq, secret.arn, in->next_token, &place));
    out->resource_policies.items = ARENA_NEW(rq->ctx.arena, struct secretsmanager_resource_policy_summary);
    out->resource_policies.items[0].policy_name = DEFAULT_POLICY;
    out->resource_policies.count = secret.policy.ptr ? 1 : 0;
    return ERR_OK;
}

static void add_error(struct request *rq, struct secretsmanager_validate_resource_policy_out *out, const char *check, struct str words)
{
    struct secretsmanager_validation_errors_entry *entry = ARENA_NEW(rq->ctx.arena, struct secretsmanager_validation_errors_entry);
    *entry = (struct secretsmanager_validation_errors_entry){ .check_name = str_of(check), .error_message = words };
    out->validation_errors = (struct secretsmanager_validation_errors_type){ entry, 1 };
}

struct err secretsmanager_validate_resource_policy(struct request *rq, const struct secretsmanager_validate_resource_policy_in *in,
                                                   struct secretsmanager_validate_resource_policy_out *out)
{
    struct secret secret = { .name = STR_NONE };
    if (in->secret_id.ptr) {
        TRY(secret_need(rq, in->secret_id, NEED_LIVE, &secret));
    }
    TRY(judge_syntax(rq, in->resource_policy));
    const bool public = is_public(rq, in->resource_policy);
    if (public) {
        add_error(rq, out, "BLOCK_PUBLIC_ACCESS", STR("The resource policy grants access to any principal, without a condition that limits whom."));
    }
    out->policy_validation_passed = (struct opt_bool)SOME(!public);
    return ERR_OK;
}
