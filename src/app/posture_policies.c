/* posture_policies.c - policies that allow everything, roles that everyone may assume, and who is an administrator. */
#include "app/posture.h"

enum { PAGES_MAX = 1000 };

/* All pages of GetAccountAuthorizationDetails. */
struct pages {
    const struct xml **items;
    size_t count;
};

/* --- documents --- */

/* Text, or a list with it. */
static bool says(const struct json *value, struct str wanted)
{
    if (value && value->kind == JSON_ARRAY) {
        for (const struct json *one = value->child; one; one = one->next) {
            if (str_equal(json_text(one), wanted)) {
                return true;
            }
        }
        return false;
    }
    return str_equal(json_text(value), wanted);
}

static bool allows_everything(const struct json *statement)
{
    const struct json *action = json_get(statement, STR("Action"));
    return json_get(statement, STR("Condition")) == NULL && (says(action, STR("*")) || says(action, STR("*:*"))) &&
           says(json_get(statement, STR("Resource")), STR("*"));
}

static bool trusts_everyone(const struct json *statement)
{
    const struct json *principal = json_get(statement, STR("Principal"));
    return json_get(statement, STR("Condition")) == NULL &&
           (says(principal, STR("*")) || says(json_get(principal, STR("AWS")), STR("*")));
}

/* Whether a condition speaks about the provider's sub claim, and not just by "*". */
static bool names_subject(const struct json *condition)
{
    for (const struct json *test = condition ? condition->child : NULL; test; test = test->next) {
        for (const struct json *key = test->child; key; key = key->next) {
            if (str_ends(key->key, STR(":sub")) && !says(key, STR("*"))) {
                return true;
            }
        }
    }
    return false;
}

static bool trusts_any_subject(const struct json *statement)
{
    const struct json *federated = json_get(json_get(statement, STR("Principal")), STR("Federated"));
    const struct str provider = federated && federated->kind == JSON_ARRAY ? json_text(federated->child) : json_text(federated);
    return str_search(provider, STR(":oidc-provider/")) != STR_MISSING && !names_subject(json_get(statement, STR("Condition")));
}

/* Whether it is true of an Allow in the document, which comes percent-encoded. */
static bool any_allows(struct ctx *ctx, struct str encoded, bool (*is)(const struct json *statement))
{
    const struct json *document = json_parse(ctx->arena, str_percent_decode(ctx->arena, encoded, false), NULL);
    const struct json *list = json_get(document, STR("Statement"));
    const bool many = list && list->kind == JSON_ARRAY;
    for (const struct json *one = many ? list->child : list; one; one = many ? one->next : NULL) {
        if (str_equal(json_text(json_get(one, STR("Effect"))), STR("Allow")) && is(one)) {
            return true;
        }
    }
    return false;
}

/* --- items --- */

static void add_policy(struct ctx *ctx, struct str subject, bool administrator, struct posture_items *out)
{
    struct json_writer w = json_writer_new(ctx->arena);
    json_open_object(&w);
    json_member_str(&w, STR("kind"), STR("policy"));
    json_member_str(&w, STR("name"), subject);
    json_member_bool(&w, STR("administrator"), administrator);
    json_close_object(&w);
    posture_add(ctx, out, subject, &w);
}

static void add_role(struct ctx *ctx, const struct xml *role, struct posture_items *out)
{
    const struct str trust = posture_text(role, "AssumeRolePolicyDocument");
    const struct str arn = posture_text(role, "Arn");
    struct json_writer w = json_writer_new(ctx->arena);
    json_open_object(&w);
    json_member_str(&w, STR("kind"), STR("role"));
    json_member_str(&w, STR("arn"), arn);
    json_member_bool(&w, STR("trusts_everyone"), any_allows(ctx, trust, trusts_everyone));
    json_member_bool(&w, STR("trusts_any_subject"), any_allows(ctx, trust, trusts_any_subject));
    json_close_object(&w);
    posture_add(ctx, out, arn, &w);
}

/* Inline policies become items; whether one of them allows everything. */
static bool add_inline(struct ctx *ctx, const struct xml *owner, const char *list, struct posture_items *out)
{
    bool any = false;
    for (const struct xml *policy = posture_members(owner, list); policy; policy = policy->next) {
        const bool administrator = any_allows(ctx, posture_text(policy, "PolicyDocument"), allows_everything);
        add_policy(ctx, str_format(ctx->arena, "%" STR_FMT ":%" STR_FMT, STR_ARG(posture_text(owner, "Arn")),
                                   STR_ARG(posture_text(policy, "PolicyName"))), administrator, out);
        any = any || administrator;
    }
    return any;
}

static bool default_allows_everything(struct ctx *ctx, const struct xml *policy)
{
    for (const struct xml *version = posture_members(policy, "PolicyVersionList"); version; version = version->next) {
        if (str_equal(posture_text(version, "IsDefaultVersion"), STR("true"))) {
            return any_allows(ctx, posture_text(version, "Document"), allows_everything);
        }
    }
    return false;
}

static bool is_aws_own(struct str arn)
{
    return str_starts(arn, STR("arn:aws:iam::aws:"));
}

static bool policy_of_pages(struct ctx *ctx, const struct pages *pages, struct str arn)
{
    for (size_t i = 0; i < pages->count; i++) {
        for (const struct xml *policy = posture_members(pages->items[i], "Policies"); policy; policy = policy->next) {
            if (str_equal(posture_text(policy, "Arn"), arn)) {
                return default_allows_everything(ctx, policy);
            }
        }
    }
    return str_ends(arn, STR("/AdministratorAccess")) && is_aws_own(arn);
}

static bool attached_allows_everything(struct ctx *ctx, const struct pages *pages, const struct xml *owner)
{
    for (const struct xml *policy = posture_members(owner, "AttachedManagedPolicies"); policy; policy = policy->next) {
        if (policy_of_pages(ctx, pages, posture_text(policy, "PolicyArn"))) {
            return true;
        }
    }
    return false;
}

static void add_page(struct ctx *ctx, const struct pages *pages, const struct xml *page, struct posture_administrators *administrators,
                     struct posture_items *out)
{
    for (const struct xml *policy = posture_members(page, "Policies"); policy; policy = policy->next) {
        if (!is_aws_own(posture_text(policy, "Arn"))) {
            add_policy(ctx, posture_text(policy, "Arn"), default_allows_everything(ctx, policy), out);
        }
    }
    for (const struct xml *group = posture_members(page, "GroupDetailList"); group; group = group->next) {
        add_inline(ctx, group, "GroupPolicyList", out);
    }
    for (const struct xml *role = posture_members(page, "RoleDetailList"); role; role = role->next) {
        add_inline(ctx, role, "RolePolicyList", out);
        add_role(ctx, role, out);
    }
    for (const struct xml *user = posture_members(page, "UserDetailList"); user; user = user->next) {
        const bool own = add_inline(ctx, user, "UserPolicyList", out);
        if (own || attached_allows_everything(ctx, pages, user)) {
            const size_t n = administrators->count++;
            administrators->users = arena_grow(ctx->arena, administrators->users, n * sizeof(struct str), (n + 1) * sizeof(struct str));
            administrators->users[n] = posture_text(user, "UserName");
        }
    }
}

static struct err read_pages(struct ctx *ctx, struct posture *posture, struct pages *pages, struct posture_items *out)
{
    struct str fields = STR("MaxItems=1000");
    while (pages->count < PAGES_MAX) {
        struct posture_answer answer;
        TRY(posture_iam(ctx, posture, "GetAccountAuthorizationDetails", fields, &answer));
        if (answer.code.ptr) {
            posture_trouble(ctx, out, "policies and roles", "iam:GetAccountAuthorizationDetails", &answer);
            return ERR_OK;
        }
        pages->items = arena_grow(ctx->arena, pages->items, pages->count * sizeof(*pages->items), (pages->count + 1) * sizeof(*pages->items));
        pages->items[pages->count++] = answer.xml;
        if (!str_equal(posture_text(answer.xml, "IsTruncated"), STR("true"))) {
            return ERR_OK;
        }
        fields = str_format(ctx->arena, "MaxItems=1000&Marker=%" STR_FMT,
                            STR_ARG(str_percent_encode(ctx->arena, posture_text(answer.xml, "Marker"), false)));
    }
    return ERR_OK;
}

struct err posture_look_policies(struct ctx *ctx, struct posture *posture, struct posture_administrators *administrators,
                                 struct posture_items *out)
{
    struct pages pages = { NULL, 0 };
    const size_t trouble = out->trouble_count;
    TRY(read_pages(ctx, posture, &pages, out));
    administrators->known = out->trouble_count == trouble;
    for (size_t i = 0; i < pages.count; i++) {
        add_page(ctx, &pages, pages.items[i], administrators, out);
    }
    return ERR_OK;
}
