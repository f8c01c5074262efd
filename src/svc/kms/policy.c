/* policy.c - key policies. A key has one, by the name of default. */
#include "svc/kms/authority.h"

static const struct str NAME = STR_INIT("default");

static struct err check_name(struct request *rq, struct str name)
{
    return name.ptr == NULL || str_equal(name, NAME)
        ? ERR_OK
        : fail(&rq->ctx, &KMS_NOT_FOUND_EXCEPTION, "No such policy exists");
}

struct err kms_get_key_policy(struct request *rq, const struct kms_get_key_policy_in *in, struct kms_get_key_policy_out *out)
{
    struct key key = { .id = STR_NONE };
    TRY(key_find(rq, in->key_id, &key));
    TRY(check_name(rq, in->policy_name));
    out->policy = key.policy;
    out->policy_name = NAME;
    return ERR_OK;
}

struct err kms_put_key_policy(struct request *rq, const struct kms_put_key_policy_in *in, struct kms_put_key_policy_out *out)
{
    struct key key = { .id = STR_NONE };
    (void)out;
    TRY(key_find(rq, in->key_id, &key));
    TRY(check_name(rq, in->policy_name));
    TRY(key_refuse_managed(rq, &key));
    TRY(authority_check_policy(rq, &key, in->policy, in->bypass_policy_lockout_safety_check.v));
    key.policy = in->policy;
    const struct rows rows = kms_rows_of(rq, &key);
    return kms_rows_key_update(&rows, &key);
}

struct err kms_list_key_policies(struct request *rq, const struct kms_list_key_policies_in *in,
                                 struct kms_list_key_policies_out *out)
{
    struct key key = { .id = STR_NONE };
    TRY(key_find(rq, in->key_id, &key));
    struct str *names = ARENA_NEW(rq->ctx.arena, struct str);
    *names = NAME;
    out->policy_names.items = names;
    out->policy_names.count = 1;
    out->truncated = (struct opt_bool)SOME(false);
    return ERR_OK;
}
