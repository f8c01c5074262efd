/* invite.c - asking accounts to join, by number or address. */
#include "svc/organizations/account.h"
#include "svc/organizations/handshake.h"
#include "svc/organizations/tag.h"

static bool is_number(struct str id)
{
    bool digits = id.len == 12;
    for (size_t i = 0; i < id.len && digits; i++) {
        digits = id.ptr[i] >= '0' && id.ptr[i] <= '9';
    }
    return digits;
}

/* something@domain.tld, without spaces. */
static bool is_address(struct str id)
{
    struct str domain = STR_NONE;
    const struct str local = str_cut(id, '@', &domain);
    const size_t dot = domain.ptr ? str_find_last(domain, '.') : STR_MISSING;
    return local.len > 0 && dot != STR_MISSING && dot > 0 && dot + 1 < domain.len &&
           str_find(domain, '@') == STR_MISSING && str_find(id, ' ') == STR_MISSING;
}

static struct err check_target(struct request *rq, const struct organizations_handshake_party *target)
{
    if (str_equal(target->type, STR("ORGANIZATION"))) {
        return org_refuse_input(rq, STR("INVALID_PARTY_TYPE_TARGET"),
                                "You specified the wrong type of entity as a party to the handshake.");
    }
    if (str_equal(target->type, STR("ACCOUNT"))) {
        return is_number(target->id) ? ERR_OK
                                     : org_refuse_input(rq, STR("INVALID_PATTERN_TARGET_ID"),
                                                        "You specified an account id that is not 12 digits.");
    }
    return is_address(target->id)
               ? ERR_OK
               : org_refuse_input(rq, STR("INVALID_EMAIL_ADDRESS_TARGET"),
                                  "You specified an invalid email address for the invited account owner.");
}

/* Whether an open handshake of the organisation asks the same party, or moves it to all features. */
static struct err check_open(struct request *rq, const struct standing *standing, struct str invited)
{
    struct handshake_rows rows = { NULL, 0 };
    TRY(org_rows_handshakes(&standing->rows, org_page_all(), &rows));
    for (size_t i = 0; i < rows.count; i++) {
        const struct handshake_row *row = &rows.items[i];
        if (org_handshake_is_open(rq, row) && str_equal(row->action, STR(ENABLE_ALL_FEATURES))) {
            return org_refuse_handshake(rq, STR("INVITE_DISABLED_DURING_ENABLE_ALL_FEATURES"),
                                        "You can't invite accounts while the organization enables all features.");
        }
        if (org_handshake_is_open(rq, row) && str_equal(row->invited, invited)) {
            return fail(&rq->ctx, &ORGANIZATIONS_DUPLICATE_HANDSHAKE_EXCEPTION,
                        "A handshake with the same action and target already exists.");
        }
    }
    return ERR_OK;
}

struct err
organizations_invite_account_to_organization(struct request *rq,
                                             const struct organizations_invite_account_to_organization_in *in,
                                             struct organizations_invite_account_to_organization_out *out)
{
    struct standing standing;
    struct account_row account = { .management = STR("") };
    bool found = false;
    TRY(org_caller_manages(rq, in, &standing));
    TRY(check_target(rq, in->target));
    const bool by_number = str_equal(in->target->type, STR("ACCOUNT"));
    const struct str invited = by_number ? in->target->id : str_lower(rq->ctx.arena, in->target->id);
    TRY(by_number ? org_rows_account_find(&standing.rows, invited, &account, &found)
                  : org_rows_account_by_email(&standing.rows, invited, &account, &found));
    if (found && account.management.len > 0) {
        return org_refuse_handshake(rq, STR("ALREADY_IN_AN_ORGANIZATION"),
                                    "The AWS account is already a member of an organization.");
    }
    TRY(check_open(rq, &standing, invited));
    struct handshake_row row = org_handshake_new(rq, &standing, INVITE, in->target->type, invited);
    row.notes = in->notes.ptr ? in->notes : STR("");
    TRY(org_rows_handshake_put(&standing.rows, &row));
    TRY(org_tags_put(rq, &standing, row.id, in->tags));
    return org_handshake_out(rq, &row, &out->handshake);
}
