/* policy_type.c - enabling and disabling a type of policy in the root.
 *
 * spec: Organizations user guide, "Enabling a policy type": FullAWSAccess or RCPFullAWSAccess is then attached to the
 * root, every unit and every account; disabling a type detaches all policies of it. */
#include "svc/organizations/policy_type.h"

#include "svc/organizations/policy.h"

static bool has_word(struct str words, struct str word)
{
    while (words.ptr) {
        if (str_equal(str_cut(words, ' ', &words), word)) {
            return true;
        }
    }
    return false;
}

bool org_policy_type_enabled(const struct organization_row *organization, struct str type)
{
    return has_word(organization->types, type);
}

static struct err attach_default(const struct rows *rows, struct str type, struct str target)
{
    const struct str policy = org_policy_default(type);
    return org_rows_attachment_insert(rows, &(const struct attachment_row){ policy, target, type, rows->ctx->now_ms });
}

struct err org_policy_type_defaults(const struct standing *standing, struct str target)
{
    struct str rest = standing->organization.types;
    while (rest.len > 0) {
        const struct str type = str_cut(rest, ' ', &rest);
        if (org_policy_default(type).ptr) {
            TRY(attach_default(&standing->rows, type, target));
        }
    }
    return ERR_OK;
}

static struct err attach_everywhere(const struct standing *standing, struct str type)
{
    const struct rows *rows = &standing->rows;
    struct unit_rows units = { NULL, 0 };
    struct account_rows accounts = { NULL, 0 };
    TRY(org_rows_units(rows, STR_NONE, org_page_all(), &units));
    TRY(org_rows_accounts(rows, STR_NONE, org_page_all(), &accounts));
    TRY(attach_default(rows, type, standing->organization.root));
    for (size_t i = 0; i < units.count; i++) {
        TRY(attach_default(rows, type, units.items[i].id));
    }
    for (size_t i = 0; i < accounts.count; i++) {
        TRY(attach_default(rows, type, accounts.items[i].account));
    }
    return ERR_OK;
}

struct organizations_policy_types org_policy_types_out(struct request *rq, const struct organization_row *organization)
{
    struct organizations_policy_types out = { ARENA_ARRAY(rq->ctx.arena, struct organizations_policy_type_summary, 16),
                                              0 };
    struct str rest = organization->types;
    while (rest.len > 0 && out.count < 16) {
        out.items[out.count++] =
            (struct organizations_policy_type_summary){ str_cut(rest, ' ', &rest), STR("ENABLED") };
    }
    return out;
}

const struct organizations_root *org_root_out(struct request *rq, const struct organization_row *organization)
{
    struct organizations_root *root = ARENA_NEW(rq->ctx.arena, struct organizations_root);
    *root = (struct organizations_root){
        .id = organization->root,
        .arn = org_arn_of(&rq->ctx, organization, "root", organization->root),
        .name = STR("Root"),
        .policy_types = org_policy_types_out(rq, organization),
    };
    return root;
}

static struct err root_check(struct request *rq, const struct standing *standing, struct str root)
{
    return str_equal(standing->organization.root, root)
               ? ERR_OK
               : fail(&rq->ctx, &ORGANIZATIONS_ROOT_NOT_FOUND_EXCEPTION, "You specified a root that doesn't exist.");
}

struct err organizations_enable_policy_type(struct request *rq, const struct organizations_enable_policy_type_in *in,
                                            struct organizations_enable_policy_type_out *out)
{
    struct standing standing;
    TRY(org_caller_manages_all_features(rq, in, &standing));
    TRY(root_check(rq, &standing, in->root_id));
    struct organization_row *organization = &standing.organization;
    if (org_policy_type_enabled(organization, in->policy_type)) {
        return fail(&rq->ctx, &ORGANIZATIONS_POLICY_TYPE_ALREADY_ENABLED_EXCEPTION,
                    "The specified policy type is already enabled.");
    }
    organization->types = organization->types.len == 0
                              ? in->policy_type
                              : str_format(rq->ctx.arena, "%" STR_FMT " %" STR_FMT, STR_ARG(organization->types),
                                           STR_ARG(in->policy_type));
    TRY(org_rows_organization_update(&standing.rows, organization));
    if (org_policy_default(in->policy_type).ptr) {
        TRY(attach_everywhere(&standing, in->policy_type));
    }
    out->root = org_root_out(rq, organization);
    return ERR_OK;
}

static struct str without_word(struct request *rq, struct str words, struct str word)
{
    struct text text = text_new(rq->ctx.arena);
    while (words.len > 0) {
        const struct str one = str_cut(words, ' ', &words);
        if (!str_equal(one, word)) {
            text_add(&text, text.len > 0 ? STR(" ") : STR(""));
            text_add(&text, one);
        }
    }
    return text_str(&text);
}

struct err organizations_disable_policy_type(struct request *rq, const struct organizations_disable_policy_type_in *in,
                                             struct organizations_disable_policy_type_out *out)
{
    struct standing standing;
    TRY(org_caller_manages(rq, in, &standing));
    TRY(root_check(rq, &standing, in->root_id));
    struct organization_row *organization = &standing.organization;
    if (!org_policy_type_enabled(organization, in->policy_type)) {
        return fail(&rq->ctx, &ORGANIZATIONS_POLICY_TYPE_NOT_ENABLED_EXCEPTION,
                    "This operation can be performed only for enabled policy types.");
    }
    organization->types = without_word(rq, organization->types, in->policy_type);
    TRY(org_rows_organization_update(&standing.rows, organization));
    TRY(org_rows_attachments_drop_type(&standing.rows, in->policy_type));
    out->root = org_root_out(rq, organization);
    return ERR_OK;
}
