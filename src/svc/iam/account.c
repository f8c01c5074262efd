/* account.c - the account as a whole: its alias and its numbers. */
#include "svc/iam/item.h"

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
    { "InstanceProfilesQuota", COUNT_ENTITIES, NULL, 1000 },
    { "ServerCertificatesQuota", COUNT_ENTITIES, NULL, 20 },
    { "SigningCertificatesPerUserQuota", COUNT_ENTITIES, NULL, 2 },
};

/* What is counted of all else. */
enum counting { ALL, OWNED, OF_ROOT };
static const struct {
    const char *key;
    enum item_kind kind;
    enum counting counting;
} ITEMS[] = {
    { "AccountMFAEnabled", ITEM_MFA, OF_ROOT },
    { "AccountSigningCertificatesPresent", ITEM_SIGNING_CERTIFICATE, OF_ROOT },
    { "MFADevices", ITEM_MFA, ALL },
    { "MFADevicesInUse", ITEM_MFA, OWNED },
    { "ServerCertificates", ITEM_SERVER_CERTIFICATE, ALL },
    { "InstanceProfiles", ITEM_INSTANCE_PROFILE, ALL },
    { "Providers", ITEM_OIDC, ALL },
};

static struct err count_items(struct request *rq, size_t at, int64_t *number)
{
    const struct rows rows = rows_of(rq);
    int64_t saml = 0;
    if (ITEMS[at].counting == OWNED) {
        return rows_item_owned(&rows, ITEMS[at].kind, number);
    }
    TRY(rows_item_count(&rows, ITEMS[at].kind, ITEMS[at].counting == OF_ROOT ? rq->account : STR_NONE, number));
    if (ITEMS[at].kind == ITEM_OIDC) {
        TRY(rows_item_count(&rows, ITEM_SAML, STR_NONE, &saml));
    }
    *number += saml;
    return ERR_OK;
}

static void add(struct iam_summary_map_type *map, const char *key, int64_t number)
{
    map->items[map->count++] = (struct iam_summary_map_type_entry){ str_of(key), (int32_t)number };
}

struct err iam_get_account_summary(struct request *rq, const struct iam_get_account_summary_in *in,
                                   struct iam_get_account_summary_out *out)
{
    (void)in;
    const struct rows rows = rows_of(rq);
    struct iam_summary_map_type *map = &out->summary_map;
    struct str version = STR_NONE;
    int64_t root_keys = 0;
    map->items = ARENA_ARRAY(rq->ctx.arena, struct iam_summary_map_type_entry, COUNT_OF(SUMMARY) + COUNT_OF(ITEMS) + 3);
    for (size_t i = 0; i < COUNT_OF(SUMMARY); i++) {
        int64_t number = SUMMARY[i].fixed;
        if (SUMMARY[i].of) {
            TRY(rows_count(&rows, SUMMARY[i].counted, str_of(SUMMARY[i].of), &number));
        }
        add(map, SUMMARY[i].key, number);
    }
    for (size_t i = 0; i < COUNT_OF(ITEMS); i++) {
        int64_t number = 0;
        TRY(count_items(rq, i, &number));
        add(map, ITEMS[i].key, number > 0 && ITEMS[i].counting == OF_ROOT ? 1 : number);
    }
    TRY(rows_count(&rows, COUNT_KEYS, rq->account, &root_keys));
    TRY(setting_get(&rows, STR("sts-token-version"), &version));
    add(map, "AccountAccessKeysPresent", root_keys > 0);
    add(map, "AccountPasswordPresent", 0); /* the root signs with keys only: there is no console */
    add(map, "GlobalEndpointTokenVersion", str_equal(version, STR("2")) ? 2 : 1);
    return ERR_OK;
}
