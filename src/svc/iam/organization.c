/* organization.c - root access of member accounts, managed centrally: which of the two features an organisation has on. */
#include "svc/iam/organization.h"

#include "svc/door.h"

static const struct str SETTING = STR_INIT("organization-features");
static const struct str PRINCIPAL = STR_INIT("iam.amazonaws.com");
static const char *const FEATURES[] = { "RootCredentialsManagement", "RootSessions" };

enum feature { ROOT_CREDENTIALS, ROOT_SESSIONS };

struct err organization_call(struct request *rq, const char *operation, const void *in, const void **out)
{
    return door_call(rq, &(struct door_call){ .service = "organizations", .operation = operation, .in = in }, out);
}

struct err organization_get(struct request *rq, const struct organizations_organization **out)
{
    const struct organizations_describe_organization_in in = { 0 };
    const void *answer = NULL;
    const struct err err = organization_call(rq, "DescribeOrganization", &in, &answer);
    if (err_is(err, &ORGANIZATIONS_AWS_ORGANIZATIONS_NOT_IN_USE_EXCEPTION)) {
        return fail(&rq->ctx, &IAM_ORGANIZATION_NOT_FOUND_EXCEPTION, "Your account is not a member of an organization.");
    }
    TRY(err);
    *out = ((const struct organizations_describe_organization_out *)answer)->organization;
    return ERR_OK;
}

static struct err check_trusted(struct request *rq)
{
    struct organizations_list_aws_service_access_for_organization_in in = { .next_token = STR_NONE };
    const struct organizations_list_aws_service_access_for_organization_out *answer = NULL;
    do {
        const void *out = NULL;
        TRY(organization_call(rq, "ListAWSServiceAccessForOrganization", &in, &out));
        answer = out;
        for (size_t i = 0; i < answer->enabled_service_principals.count; i++) {
            if (str_equal(answer->enabled_service_principals.items[i].service_principal, PRINCIPAL)) {
                return ERR_OK;
            }
        }
        in.next_token = answer->next_token;
    } while (in.next_token.ptr);
    return fail(&rq->ctx, &IAM_SERVICE_ACCESS_NOT_ENABLED_EXCEPTION,
                "Trusted access for IAM is not enabled in your organization. Use EnableAWSServiceAccess of Organizations "
                "with iam.amazonaws.com.");
}

static struct err is_delegated(struct request *rq, bool *out)
{
    const struct organizations_list_delegated_administrators_in in = { .service_principal = PRINCIPAL };
    const void *answer = NULL;
    const struct err err = organization_call(rq, "ListDelegatedAdministrators", &in, &answer);
    *out = false;
    if (err.fault) {
        return ERR_OK; /* only the management account and delegated administrators may ask */
    }
    const struct organizations_list_delegated_administrators_out *found = answer;
    for (size_t i = 0; i < found->delegated_administrators.count; i++) {
        *out = *out || str_equal(found->delegated_administrators.items[i].id, rq->account);
    }
    return ERR_OK;
}

static struct err check_caller(struct request *rq, const struct organizations_organization *organization, bool enabling)
{
    bool delegated = false;
    if (str_equal(organization->master_account_id, rq->account)) {
        return ERR_OK;
    }
    if (enabling) {
        return fail(&rq->ctx, &IAM_CALLER_IS_NOT_MANAGEMENT_ACCOUNT_EXCEPTION,
                    "Only the management account of the organization may do this.");
    }
    TRY(is_delegated(rq, &delegated));
    return delegated ? ERR_OK
                     : fail(&rq->ctx, &IAM_ACCOUNT_NOT_MANAGEMENT_OR_DELEGATED_ADMINISTRATOR_EXCEPTION,
                            "Only the management account or a delegated administrator for IAM may do this.");
}

/* What every one of the operations asks first; the features are kept with the management account. */
static struct err begin(struct request *rq, bool enabling, const struct organizations_organization **organization,
                        bool enabled[COUNT_OF(FEATURES)])
{
    struct rows rows = rows_of(rq);
    struct str value = STR_NONE;
    TRY(organization_get(rq, organization));
    if (!str_equal((*organization)->feature_set, STR("ALL"))) {
        return fail(&rq->ctx, &IAM_ORGANIZATION_NOT_IN_ALL_FEATURES_MODE_EXCEPTION,
                    "The organization must have all features enabled.");
    }
    TRY(check_caller(rq, *organization, enabling));
    TRY(check_trusted(rq));
    rows.account = (*organization)->master_account_id;
    TRY(setting_get(&rows, SETTING, &value));
    for (size_t i = 0; i < COUNT_OF(FEATURES); i++) {
        enabled[i] = value.ptr && str_search(value, str_of(FEATURES[i])) != STR_MISSING;
    }
    return ERR_OK;
}

static struct iam_features_list_type features_out(struct request *rq, const bool enabled[COUNT_OF(FEATURES)])
{
    struct iam_features_list_type out = { ARENA_ARRAY(rq->ctx.arena, struct str, COUNT_OF(FEATURES)), 0 };
    for (size_t i = 0; i < COUNT_OF(FEATURES); i++) {
        if (enabled[i]) {
            out.items[out.count++] = str_of(FEATURES[i]);
        }
    }
    return out;
}

struct answer {
    struct str organization;
    struct iam_features_list_type features;
};

static struct err turn(struct request *rq, enum feature feature, bool on, struct answer *out)
{
    const struct organizations_organization *organization = NULL;
    bool enabled[COUNT_OF(FEATURES)] = { false };
    TRY(begin(rq, on, &organization, enabled));
    enabled[feature] = on;
    *out = (struct answer){ organization->id, features_out(rq, enabled) };
    struct text text = text_new(rq->ctx.arena);
    for (size_t i = 0; i < out->features.count; i++) {
        text_add(&text, out->features.items[i]);
        text_add_char(&text, ' ');
    }
    struct rows rows = rows_of(rq);
    rows.account = organization->master_account_id;
    const struct item item = { .kind = ITEM_SETTING, .key = SETTING, .name = SETTING, .body = text_str(&text),
                               .created_ms = item_now(rq) };
    TRY(rows_item_delete(&rows, ITEM_SETTING, SETTING));
    return rows_item_insert(&rows, &item);
}

struct err iam_list_organizations_features(struct request *rq, const struct iam_list_organizations_features_in *in,
                                           struct iam_list_organizations_features_out *out)
{
    (void)in;
    const struct organizations_organization *organization = NULL;
    bool enabled[COUNT_OF(FEATURES)] = { false };
    TRY(begin(rq, false, &organization, enabled));
    out->organization_id = organization->id;
    out->enabled_features = features_out(rq, enabled);
    return ERR_OK;
}

/* Four operations that differ in the feature and the way it is turned. */
#define TURN(operation, feature, on)                                                                     \
    struct err iam_##operation(struct request *rq, const struct iam_##operation##_in *in,                \
                               struct iam_##operation##_out *out)                                        \
    {                                                                                                    \
        (void)in;                                                                                        \
        struct answer answer = { .organization = STR_NONE };                                             \
        TRY(turn(rq, feature, on, &answer));                                                             \
        out->organization_id = answer.organization;                                                      \
        out->enabled_features = answer.features;                                                         \
        return ERR_OK;                                                                                   \
    }

TURN(enable_organizations_root_credentials_management, ROOT_CREDENTIALS, true)
TURN(disable_organizations_root_credentials_management, ROOT_CREDENTIALS, false)
TURN(enable_organizations_root_sessions, ROOT_SESSIONS, true)
TURN(disable_organizations_root_sessions, ROOT_SESSIONS, false)
