/* unit.c - organisational units, and the tree that they make with the root and the accounts. */
#include "svc/organizations/account.h"
#include "svc/organizations/policy_type.h"
#include "svc/organizations/tag.h"

enum { UNITS_MAX = 2000 };

static struct err unit_get(struct request *rq, const struct standing *standing, struct str id, struct unit_row *out)
{
    bool found = false;
    TRY(org_rows_unit_find(&standing->rows, id, out, &found));
    return found ? ERR_OK
                 : fail(&rq->ctx, &ORGANIZATIONS_ORGANIZATIONAL_UNIT_NOT_FOUND_EXCEPTION,
                        "You specified an organizational unit that doesn't exist.");
}

static struct err parent_get(struct request *rq, const struct standing *standing, struct str id)
{
    struct target target;
    TRY(org_target_find(standing, id, &target));
    return target.kind == TARGET_ROOT || target.kind == TARGET_UNIT
               ? ERR_OK
               : fail(&rq->ctx, &ORGANIZATIONS_PARENT_NOT_FOUND_EXCEPTION, "You specified parent that doesn't exist.");
}

static struct err unit_out(struct request *rq, const struct standing *standing, const struct unit_row *unit,
                           struct organizations_organizational_unit *out)
{
    struct chain chain = { .count = 0 };
    TRY(org_chain_of(&standing->rows, &standing->organization, unit->id, &chain));
    *out = (struct organizations_organizational_unit){
        .id = unit->id,
        .arn = org_arn_of(&rq->ctx, &standing->organization, "ou", unit->id),
        .name = unit->name,
        .path = org_chain_path(&rq->ctx, &standing->organization, &chain, STR_NONE),
    };
    return ERR_OK;
}

static struct err unit_answer(struct request *rq, const struct standing *standing, const struct unit_row *unit,
                              const struct organizations_organizational_unit **out)
{
    struct organizations_organizational_unit *answer =
        ARENA_NEW(rq->ctx.arena, struct organizations_organizational_unit);
    *out = answer;
    return unit_out(rq, standing, unit, answer);
}

static struct err taken(struct request *rq)
{
    return fail(&rq->ctx, &ORGANIZATIONS_DUPLICATE_ORGANIZATIONAL_UNIT_EXCEPTION,
                "An OU with the same name already exists.");
}

/* spec: Organizations user guide, "Quotas": five levels of units below the root. */
static struct err unit_quota(struct request *rq, const struct standing *standing, struct str parent)
{
    struct chain chain = { .count = 0 };
    int64_t units = 0;
    TRY(org_chain_of(&standing->rows, &standing->organization, parent, &chain));
    TRY(org_rows_count(&standing->rows, COUNT_UNITS, STR_NONE, STR_NONE, &units));
    if (chain.count >= CHAIN_MAX) {
        return org_refuse_constraint(rq, STR("OU_DEPTH_LIMIT_EXCEEDED"),
                                     "You have exceeded the maximum depth of nested OUs.");
    }
    return units < UNITS_MAX ? ERR_OK
                             : org_refuse_constraint(rq, STR("OU_NUMBER_LIMIT_EXCEEDED"),
                                                     "You have exceeded the maximum number of OUs in an organization.");
}

struct err organizations_create_organizational_unit(struct request *rq,
                                                    const struct organizations_create_organizational_unit_in *in,
                                                    struct organizations_create_organizational_unit_out *out)
{
    struct standing standing;
    TRY(org_caller_manages(rq, in, &standing));
    TRY(parent_get(rq, &standing, in->parent_id));
    TRY(unit_quota(rq, &standing, in->parent_id));
    const char *prefix = str_cstr(
        rq->ctx.arena, str_format(rq->ctx.arena, "ou-%" STR_FMT "-", STR_ARG(str_from(standing.organization.root, 2))));
    const struct unit_row unit = { org_id_new(&rq->ctx, prefix, 8), in->parent_id, in->name };
    const struct err err = org_rows_unit_insert(&standing.rows, &unit);
    if (err_is(err, &STORE_CONFLICT)) {
        return taken(rq);
    }
    TRY(err);
    TRY(org_policy_type_defaults(&standing, unit.id));
    TRY(org_tags_put(rq, &standing, unit.id, in->tags));
    return unit_answer(rq, &standing, &unit, &out->organizational_unit);
}

struct err organizations_update_organizational_unit(struct request *rq,
                                                    const struct organizations_update_organizational_unit_in *in,
                                                    struct organizations_update_organizational_unit_out *out)
{
    struct standing standing;
    struct unit_row unit = { .id = STR_NONE };
    TRY(org_caller_manages(rq, in, &standing));
    TRY(unit_get(rq, &standing, in->organizational_unit_id, &unit));
    unit.name = in->name.ptr ? in->name : unit.name;
    const struct err err = org_rows_unit_rename(&standing.rows, unit.id, unit.name);
    if (err_is(err, &STORE_CONFLICT)) {
        return taken(rq);
    }
    TRY(err);
    return unit_answer(rq, &standing, &unit, &out->organizational_unit);
}

struct err organizations_delete_organizational_unit(struct request *rq,
                                                    const struct organizations_delete_organizational_unit_in *in,
                                                    struct organizations_delete_organizational_unit_out *out)
{
    (void)out;
    struct standing standing;
    struct unit_row unit = { .id = STR_NONE };
    int64_t accounts = 0;
    int64_t units = 0;
    TRY(org_caller_manages(rq, in, &standing));
    TRY(unit_get(rq, &standing, in->organizational_unit_id, &unit));
    TRY(org_rows_count(&standing.rows, COUNT_ACCOUNTS_OF, unit.id, STR_NONE, &accounts));
    TRY(org_rows_count(&standing.rows, COUNT_UNITS_OF, unit.id, STR_NONE, &units));
    if (accounts + units > 0) {
        return fail(&rq->ctx, &ORGANIZATIONS_ORGANIZATIONAL_UNIT_NOT_EMPTY_EXCEPTION,
                    "The specified OU is not empty. Move all accounts to another root or to other OUs, remove all "
                    "child OUs, and try "
                    "the operation again.");
    }
    TRY(org_rows_drop(&standing.rows, unit.id));
    return org_rows_unit_delete(&standing.rows, unit.id);
}

struct err organizations_describe_organizational_unit(struct request *rq,
                                                      const struct organizations_describe_organizational_unit_in *in,
                                                      struct organizations_describe_organizational_unit_out *out)
{
    struct standing standing;
    struct unit_row unit = { .id = STR_NONE };
    TRY(org_caller_reads(rq, in, &standing));
    TRY(unit_get(rq, &standing, in->organizational_unit_id, &unit));
    return unit_answer(rq, &standing, &unit, &out->organizational_unit);
}

struct err organizations_list_organizational_units_for_parent(
    struct request *rq, const struct organizations_list_organizational_units_for_parent_in *in,
    struct organizations_list_organizational_units_for_parent_out *out)
{
    struct standing standing;
    struct page page = { .limit = 0 };
    struct unit_rows units = { NULL, 0 };
    TRY(org_caller_reads(rq, in, &standing));
    TRY(parent_get(rq, &standing, in->parent_id));
    TRY(org_page_of(rq, in->parent_id, in->next_token, in->max_results, &page));
    TRY(org_rows_units(&standing.rows, in->parent_id, page, &units));
    const bool more = org_page_cut(page, &units.count);
    out->organizational_units.items =
        ARENA_ARRAY(rq->ctx.arena, struct organizations_organizational_unit, units.count + 1);
    for (size_t i = 0; i < units.count; i++) {
        TRY(unit_out(rq, &standing, &units.items[i],
                     &out->organizational_units.items[out->organizational_units.count++]));
    }
    out->next_token = more ? org_page_token(rq, in->parent_id, units.items[units.count - 1].id) : STR_NONE;
    return ERR_OK;
}

struct err organizations_list_accounts_for_parent(struct request *rq,
                                                  const struct organizations_list_accounts_for_parent_in *in,
                                                  struct organizations_list_accounts_for_parent_out *out)
{
    struct standing standing;
    TRY(org_caller_reads(rq, in, &standing));
    TRY(parent_get(rq, &standing, in->parent_id));
    return org_account_list(rq, &standing, in->parent_id, in->next_token, in->max_results, &out->accounts,
                            &out->next_token);
}

struct err organizations_list_roots(struct request *rq, const struct organizations_list_roots_in *in,
                                    struct organizations_list_roots_out *out)
{
    struct standing standing;
    TRY(org_caller_reads(rq, in, &standing));
    out->roots.items = ARENA_NEW(rq->ctx.arena, struct organizations_root);
    out->roots.items[out->roots.count++] = *org_root_out(rq, &standing.organization);
    return ERR_OK;
}

struct err organizations_list_parents(struct request *rq, const struct organizations_list_parents_in *in,
                                      struct organizations_list_parents_out *out)
{
    struct standing standing;
    struct target child;
    TRY(org_caller_reads(rq, in, &standing));
    TRY(org_target_find(&standing, in->child_id, &child));
    if (child.kind != TARGET_UNIT && child.kind != TARGET_ACCOUNT) {
        return fail(&rq->ctx, &ORGANIZATIONS_CHILD_NOT_FOUND_EXCEPTION,
                    "We can't find an organizational unit (OU) or AWS account with the ChildId that you specified.");
    }
    const struct str id = child.kind == TARGET_UNIT ? child.unit.parent : child.account.parent;
    out->parents.items = ARENA_NEW(rq->ctx.arena, struct organizations_parent);
    out->parents.items[out->parents.count++] = (struct organizations_parent){
        id,
        str_starts(id, STR("r-")) ? STR("ROOT") : STR("ORGANIZATIONAL_UNIT"),
    };
    return ERR_OK;
}

/* The ids of a page of children; both kinds come in the order of their ids. */
static struct err child_ids(struct request *rq, const struct rows *rows,
                            const struct organizations_list_children_in *in, struct page page,
                            struct organizations_children *out)
{
    struct unit_rows units = { NULL, 0 };
    struct account_rows accounts = { NULL, 0 };
    if (str_equal(in->child_type, STR("ACCOUNT"))) {
        TRY(org_rows_accounts(rows, in->parent_id, page, &accounts));
    } else {
        TRY(org_rows_units(rows, in->parent_id, page, &units));
    }
    out->items = ARENA_ARRAY(rq->ctx.arena, struct organizations_child, units.count + accounts.count + 1);
    for (size_t i = 0; i < units.count + accounts.count; i++) {
        const struct str id = i < units.count ? units.items[i].id : accounts.items[i - units.count].account;
        out->items[out->count++] = (struct organizations_child){ id, in->child_type };
    }
    return ERR_OK;
}

struct err organizations_list_children(struct request *rq, const struct organizations_list_children_in *in,
                                       struct organizations_list_children_out *out)
{
    struct standing standing;
    struct page page = { .limit = 0 };
    const struct str question =
        str_format(rq->ctx.arena, "%" STR_FMT " %" STR_FMT, STR_ARG(in->parent_id), STR_ARG(in->child_type));
    TRY(org_caller_reads(rq, in, &standing));
    TRY(parent_get(rq, &standing, in->parent_id));
    TRY(org_page_of(rq, question, in->next_token, in->max_results, &page));
    TRY(child_ids(rq, &standing.rows, in, page, &out->children));
    const bool more = org_page_cut(page, &out->children.count);
    out->next_token = more ? org_page_token(rq, question, out->children.items[out->children.count - 1].id) : STR_NONE;
    return ERR_OK;
}
