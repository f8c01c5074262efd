#include "svc/iam/guard_item.h"

#include "svc/iam/password.h"

/* Kept by name, with a path that the template doesn't know. */
static const struct {
    const char *template, *member;
    enum item_kind kind;
} NAMED[] = {
    { "instance-profile/{InstanceProfileName}", "InstanceProfileName", ITEM_INSTANCE_PROFILE },
    { "server-certificate/{ServerCertificateName}", "ServerCertificateName", ITEM_SERVER_CERTIFICATE },
    { "mfa/{VirtualMFADeviceName}", "VirtualMFADeviceName", ITEM_MFA },
};

/* Named by their whole ARN. */
static const struct {
    const char *template;
    enum item_kind kind;
} WHOLE[] = { { "{SerialNumber}", ITEM_MFA },
              { "{OpenIDConnectProviderArn}", ITEM_OIDC },
              { "{SAMLProviderArn}", ITEM_SAML } };

static struct err guard_found(struct request *rq, struct item *item, bool named, struct guard *guard)
{
    const struct rows rows = rows_of(rq);
    struct item stored = *item;
    bool found = false;
    TRY(rows_item_find(&rows, item->kind, item->key, &stored, &found));
    if (named) {
        guard->resource = item_arn(rq, found ? &stored : item);
    }
    return found ? guard_describe(rq, item_tags(&stored), STR_NONE, guard) : ERR_OK;
}

static struct err guard_named(struct request *rq, const void *in, size_t at, struct guard *guard)
{
    const struct str path = guard_input(rq, in, "Path");
    struct item item = { .kind = NAMED[at].kind, .name = guard_input(rq, in, NAMED[at].member) };
    item.path = path.ptr ? path : STR("/");
    item.key = item.kind == ITEM_MFA
                   ? str_format(rq->ctx.arena, "arn:aws:iam::%" STR_FMT ":mfa%" STR_FMT "%" STR_FMT,
                                STR_ARG(rq->account), STR_ARG(item.path), STR_ARG(item.name))
                   : str_lower(rq->ctx.arena, item.name);
    return guard_found(rq, &item, true, guard);
}

/* The ARN of an OpenID Connect provider has its URL without the scheme. */
static void guard_url(struct request *rq, const void *in, struct guard *guard)
{
    struct str url = guard_input(rq, in, "Url");
    url = str_starts(url, STR("https://")) ? str_from(url, sizeof("https://") - 1) : url;
    guard->resource = str_format(rq->ctx.arena, "arn:aws:iam::%" STR_FMT ":oidc-provider/%" STR_FMT,
                                 STR_ARG(rq->account), STR_ARG(url));
}

struct err guard_item(struct request *rq, const void *in, struct guard *guard)
{
    const struct str template = str_of(rq->operation->resource);
    for (size_t i = 0; i < COUNT_OF(NAMED); i++) {
        if (str_equal(template, str_of(NAMED[i].template))) {
            return guard_named(rq, in, i, guard);
        }
    }
    for (size_t i = 0; i < COUNT_OF(WHOLE); i++) {
        if (str_equal(template, str_of(WHOLE[i].template))) {
            return guard_found(rq, &(struct item){ .kind = WHOLE[i].kind, .key = guard->resource }, false, guard);
        }
    }
    if (str_equal(template, STR("oidc-provider/{Url}"))) {
        guard_url(rq, in, guard);
    }
    return ERR_OK;
}

/* spec: IAM user guide, "Grant a user permissions to pass a role to an AWS service": adding a role to an instance profile. */
static struct err guard_pass(struct request *rq, const void *in, struct guard *guard)
{
    const struct rows rows = rows_of(rq);
    struct entity role = { .kind = ENTITY_ROLE, .name = guard_input(rq, in, "RoleName") };
    struct entity stored = role;
    struct context_pair *service = ARENA_NEW(rq->ctx.arena, struct context_pair);
    struct guard *next = ARENA_NEW(rq->ctx.arena, struct guard);
    bool found = false;
    TRY(rows_entity_find(&rows, ENTITY_ROLE, role.name, &stored, &found));
    role.path = found ? stored.path : STR("/");
    *service = (struct context_pair){ STR("iam:PassedToService"), STR("ec2.amazonaws.com") };
    *next = (struct guard){ .action = STR("iam:PassRole"), .resource = entity_arn(rq, &role), .account = rq->account,
                            .pairs = service, .pair_count = 1, .next = guard->next };
    guard->next = next;
    return ERR_OK;
}

struct err guard_special(struct request *rq, const void *in, struct guard *guard)
{
    const struct str action = str_of(rq->operation->name);
    if (str_equal(action, STR("AddRoleToInstanceProfile"))) {
        return guard_pass(rq, in, guard);
    }
    /* spec: IAM user guide, "Permit IAM users to change their own passwords". */
    if (rq->caller.type == PRINCIPAL_USER
        && (str_equal(action, STR("ChangePassword")) || str_equal(action, STR("GetAccountPasswordPolicy")))) {
        const struct rows rows = rows_of(rq);
        struct password_policy policy = { .set = false };
        TRY(password_policy_of(&rows, &policy));
        guard->open = guard->open || policy.may_change;
    }
    return ERR_OK;
}
