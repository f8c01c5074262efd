/* account.c - the account as a whole: its alias and its numbers. */
#include "svc/iam/entity.h"

struct err iam_list_account_aliases(struct request *rq, const struct iam_list_account_aliases_in *in,
                                    struct iam_list_account_aliases_out *out)
{
    (void)in; /* one at most: never a second page */
    const struct rows rows = rows_of(rq);
    struct str *alias = ARENA_NEW(rq->ctx.arena, struct str);
    TRY(rows_alias_get(&rows, alias));
    out->account_aliases = (struct iam_account_alias_list_type){ alias, alias->ptr != NULL };
    out->is_truncated = (struct opt_bool)SOME(false);
    return ERR_OK;
}

/* spec: IAM user guide, account aliases: an account has one; a new one replaces it. */
struct err iam_create_account_alias(struct request *rq, const struct iam_create_account_alias_in *in,
                                    struct iam_create_account_alias_out *out)
{
    (void)out;
    const struct rows rows = rows_of(rq);
    const struct err err = rows_alias_put(&rows, in->account_alias);
    return err_is(err, &STORE_CONFLICT)
               ? fail(&rq->ctx, &IAM_ENTITY_ALREADY_EXISTS_EXCEPTION, "The account alias %" STR_FMT " already exists.",
                      STR_ARG(in->account_alias))
               : err;
}

struct err iam_delete_account_alias(struct request *rq, const struct iam_delete_account_alias_in *in,
                                    struct iam_delete_account_alias_out *out)
{
    (void)out;
    const struct rows rows = rows_of(rq);
    int64_t deleted = 0;
    TRY(rows_alias_delete(&rows, in->account_alias, &deleted));
    return deleted > 0 ? ERR_OK
                       : fail(&rq->ctx, &IAM_NO_SUCH_ENTITY_EXCEPTION,
                              "The account alias with name %" STR_FMT " cannot be found.", STR_ARG(in->account_alias));
}

/* What is counted, and what IAM's default quotas are. */
static const struct {
    const char *key;
    enum counted counted;
    const char *of;
    int32_t fixed;
} SUMMARY[] = {
    { "Users", COUNT_ENTITIES, "user", 0 },
    { "Groups", COUNT_ENTITIES, "group", 0 },
    { "Roles", COUNT_ENTITIES, "role", 0 },
    { "Policies", COUNT_POLICIES, "", 0 },
    { "PolicyVersionsInUse", COUNT_ALL_VERSIONS, "", 0 },
    { "UsersQuota", COUNT_ENTITIES, NULL, 5000 },
    { "GroupsQuota", COUNT_ENTITIES, NULL, 300 },
    { "RolesQuota", COUNT_ENTITIES, NULL, 1000 },
    { "PoliciesQuota", COUNT_ENTITIES, NULL, 1500 },
    { "PolicyVersionsInUseQuota", COUNT_ENTITIES, NULL, 10000 },
    { "PolicySizeQuota", COUNT_ENTITIES, NULL, 6144 },
    { "VersionsPerPolicyQuota", COUNT_ENTITIES, NULL, 5 },
    { "UserPolicySizeQuota", COUNT_ENTITIES, NULL, 2048 },
    { "GroupPolicySizeQuota", COUNT_ENTITIES, NULL, 5120 },
    { "RolePolicySizeQuota", COUNT_ENTITIES, NULL, 10240 },
    { "AssumeRolePolicySizeQuota", COUNT_ENTITIES, NULL, 2048 },
    { "AccessKeysPerUserQuota", COUNT_ENTITIES, NULL, 2 },
    { "GroupsPerUserQuota", COUNT_ENTITIES, NULL, 10 },
    { "AttachedPoliciesPerUserQuota", COUNT_ENTITIES, NULL, 10 },
    { "AttachedPoliciesPerGroupQuota", COUNT_ENTITIES, NULL, 10 },
    { "AttachedPoliciesPerRoleQuota", COUNT_ENTITIES, NULL, 10 },
    { "AccountMFAEnabled", COUNT_ENTITIES, NULL, 0 },
    { "MFADevices", COUNT_ENTITIES, NULL, 0 },
    { "MFADevicesInUse", COUNT_ENTITIES, NULL, 0 },
    { "ServerCertificates", COUNT_ENTITIES, NULL, 0 },
    { "InstanceProfiles", COUNT_ENTITIES, NULL, 0 },
    { "Providers", COUNT_ENTITIES, NULL, 0 },
};

struct err iam_get_account_summary(struct request *rq, const struct iam_get_account_summary_in *in,
                                   struct iam_get_account_summary_out *out)
{
    (void)in;
    const struct rows rows = rows_of(rq);
    const size_t count = COUNT_OF(SUMMARY);
    struct iam_summary_map_type_entry *items = ARENA_ARRAY(rq->ctx.arena, struct iam_summary_map_type_entry, count + 1);
    for (size_t i = 0; i < count; i++) {
        int64_t number = SUMMARY[i].fixed;
        if (SUMMARY[i].of) {
            TRY(rows_count(&rows, SUMMARY[i].counted, str_of(SUMMARY[i].of), &number));
        }
        items[i] = (struct iam_summary_map_type_entry){ str_of(SUMMARY[i].key), (int32_t)number };
    }
    int64_t root_keys = 0;
    TRY(rows_count(&rows, COUNT_KEYS, rq->account, &root_keys));
    items[count] = (struct iam_summary_map_type_entry){ STR("AccountAccessKeysPresent"), root_keys > 0 };
    out->summary_map = (struct iam_summary_map_type){ items, count + 1 };
    return ERR_OK;
}
