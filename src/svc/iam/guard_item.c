#include "svc/iam/guard_item.h"

#include "svc/iam/linked_services.h"
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

/* spec: IAM user guide, "Permit IAM users to change their own passwords". */
static struct err guard_password(struct request *rq, const void *in, struct guard *guard)
{
    (void)in;
    const struct rows rows = rows_of(rq);
    struct password_policy policy = { .set = false };
    if (rq->caller.type == PRINCIPAL_USER) {
        TRY(password_policy_of(&rows, &policy));
    }
    guard->open = guard->open || policy.may_change;
    return ERR_OK;
}

/* Everybody's credentials are not the caller's own. */
static struct err guard_all_users(struct request *rq, const void *in, struct guard *guard)
{
    const struct iam_list_service_specific_credentials_in *asked = in;
    if (asked->all_users.v && asked->user_name.ptr == NULL) {
        guard->resource = str_format(rq->ctx.arena, "arn:aws:iam::%" STR_FMT ":user/*", STR_ARG(rq->account));
    }
    return ERR_OK;
}

/* A device asked for by its serial alone is its user's. */
static struct err guard_device(struct request *rq, const void *in, struct guard *guard)
{
    const struct iam_get_mfa_device_in *asked = in;
    const struct rows rows = rows_of(rq);
    struct item device = { .kind = ITEM_MFA };
    struct entity user = { .kind = ENTITY_USER };
    bool found = false;
    if (asked->user_name.ptr) {
        return ERR_OK;
    }
    guard->resource = str_format(rq->ctx.arena, "arn:aws:iam::%" STR_FMT ":user/*", STR_ARG(rq->account));
    TRY(rows_item_find(&rows, ITEM_MFA, asked->serial_number, &device, &found));
    if (found) {
        TRY(rows_entity_by_id(&rows, device.owner, &user, &found));
    }
    guard->resource = found ? entity_arn(rq, &user) : guard->resource;
    return ERR_OK;
}

/* The role that will be made. */
static struct err guard_linked(struct request *rq, const void *in, struct guard *guard)
{
    const struct iam_create_service_linked_role_in *asked = in;
    const struct linked_service *service = linked_service_find(asked->aws_service_name);
    if (service) {
        const struct entity role = linked_service_role(rq, service, asked->custom_suffix);
        guard->resource = entity_arn(rq, &role);
    }
    return ERR_OK;
}

struct err guard_special(struct request *rq, const void *in, struct guard *guard)
{
    static const struct {
        const char *operation;
        struct err (*guard)(struct request *rq, const void *in, struct guard *guard);
    } SPECIAL[] = {
        { "AddRoleToInstanceProfile", guard_pass },
        { "ChangePassword", guard_password },
        { "GetAccountPasswordPolicy", guard_password },
        { "ListServiceSpecificCredentials", guard_all_users },
        { "GetMFADevice", guard_device },
        { "CreateServiceLinkedRole", guard_linked },
    };
    for (size_t i = 0; i < COUNT_OF(SPECIAL); i++) {
        if (str_equal(str_of(rq->operation->name), str_of(SPECIAL[i].operation))) {
            return SPECIAL[i].guard(rq, in, guard);
        }
    }
    return ERR_OK;
}
