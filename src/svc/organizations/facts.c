/* facts.c - where an account stands and which policies bind it, level by level.
 *
 * spec: Organizations user guide, "SCP evaluation": the root, every unit on the way and the account itself must each
 * allow. */
#include "svc/organizations/facts.h"

#include "svc/organizations/caller.h"
#include "svc/organizations/policy.h"
#include "svc/organizations/policy_type.h"

static struct err level_of(const struct rows *rows, struct str target, struct str type, struct organization_level *out)
{
    struct attachment_rows attached = { NULL, 0 };
    TRY(org_rows_attachments_of_target(rows, target, type, org_page_all(), &attached));
    struct str *documents = ARENA_ARRAY(rows->ctx->arena, struct str, attached.count + 1);
    for (size_t i = 0; i < attached.count; i++) {
        struct policy_row policy = { .content = STR_NONE };
        bool found = false;
        TRY(org_policy_find(rows, attached.items[i].policy, &policy, &found));
        documents[i] = found ? policy.content : STR("");
    }
    *out = (struct organization_level){ documents, attached.count };
    return ERR_OK;
}

static struct err levels_of(const struct rows *rows, const struct organization_row *organization,
                            const struct chain *chain, struct str account, struct str type,
                            struct organization_levels *out)
{
    if (!org_policy_type_enabled(organization, type)) {
        return ERR_OK;
    }
    for (size_t i = 0; i < chain->count; i++) {
        TRY(level_of(rows, chain->ids[i], type, &out->items[out->count++]));
    }
    return level_of(rows, account, type, &out->items[out->count++]);
}

struct err organizations_facts(struct ctx *ctx, struct store_conn *db, struct str account,
                               struct organization_facts *out)
{
    struct rows rows = { ctx, db, account };
    struct account_row row = { .closed_ms = 0 };
    struct organization_row organization = { .created_ms = 0 };
    struct chain chain = { .count = 0 };
    bool found = false;
    *out = (struct organization_facts){ .member = false };
    TRY(org_rows_account_find(&rows, account, &row, &found));
    out->suspended = found && row.closed_ms > 0;
    rows.account = row.management;
    if (!found || row.management.len == 0) {
        return ERR_OK;
    }
    TRY(org_rows_organization_find(&rows, &organization, &found));
    if (!found) {
        return ERR_OK;
    }
    TRY(org_chain_of(&rows, &organization, row.parent, &chain));
    out->member = true;
    out->management = str_equal(row.management, account);
    out->id = organization.id;
    out->path = org_chain_path(ctx, &organization, &chain, STR_NONE);
    out->management_account = organization.account;
    TRY(levels_of(&rows, &organization, &chain, account, STR("SERVICE_CONTROL_POLICY"), &out->service_control));
    return levels_of(&rows, &organization, &chain, account, STR("RESOURCE_CONTROL_POLICY"), &out->resource_control);
}
