/* features.c - from consolidated billing to all features, once every invited member agrees. */
#include "svc/organizations/handshake.h"

/* One handshake for the organisation, and one below it for each invited member. */
struct err org_handshake_all_features(struct request *rq, const struct standing *standing,
                                      const struct organizations_handshake **out)
{
    struct account_rows accounts = { NULL, 0 };
    struct handshake_rows known = { NULL, 0 };
    TRY(org_rows_handshakes(&standing->rows, org_page_all(), &known));
    for (size_t i = 0; i < known.count; i++) {
        if (str_equal(known.items[i].action, STR(ENABLE_ALL_FEATURES)) && org_handshake_is_open(rq, &known.items[i])) {
            return org_refuse_handshake(rq, STR("ORGANIZATION_IS_ALREADY_PENDING_ALL_FEATURES_MIGRATION"),
                                        "The organization is already in the process of enabling all features.");
        }
    }
    struct handshake_row whole =
        org_handshake_new(rq, standing, ENABLE_ALL_FEATURES, STR("ORGANIZATION"), standing->organization.id);
    TRY(org_rows_accounts(&standing->rows, STR_NONE, org_page_all(), &accounts));
    for (size_t i = 0; i < accounts.count; i++) {
        const struct account_row *account = &accounts.items[i];
        if (str_equal(account->method, STR("INVITED")) &&
            !str_equal(account->account, standing->organization.account)) {
            struct handshake_row one =
                org_handshake_new(rq, standing, APPROVE_ALL_FEATURES, STR("ACCOUNT"), account->account);
            one.parent = whole.id;
            whole.state = STR("REQUESTED");
            TRY(org_rows_handshake_put(&standing->rows, &one));
        }
    }
    TRY(org_rows_handshake_put(&standing->rows, &whole));
    return org_handshake_out(rq, &whole, out);
}

/* The last member that agrees opens the whole one, which the management account then accepts. */
static struct err open_when_all_agree(struct request *rq, const struct rows *rows, struct str parent)
{
    struct handshake_rows all = { NULL, 0 };
    struct handshake_row *whole = NULL;
    bool agreed = true;
    TRY(org_rows_handshakes(rows, org_page_all(), &all));
    for (size_t i = 0; i < all.count; i++) {
        struct handshake_row *row = &all.items[i];
        const bool child = str_equal(row->parent, parent);
        agreed = agreed && (!child || str_equal(row->state, STR("ACCEPTED")));
        whole = str_equal(row->id, parent) ? row : whole;
    }
    if (!agreed || whole == NULL || !org_handshake_is_open(rq, whole)) {
        return ERR_OK;
    }
    whole->state = STR("OPEN");
    return org_rows_handshake_put(rows, whole);
}

struct err org_handshake_features_accepted(struct request *rq, const struct handshake_row *row)
{
    const struct rows rows = { &rq->ctx, rq->db, row->account };
    struct organization_row organization = { .created_ms = 0 };
    bool found = false;
    if (str_equal(row->action, STR(APPROVE_ALL_FEATURES))) {
        return open_when_all_agree(rq, &rows, row->parent);
    }
    TRY(org_rows_organization_find(&rows, &organization, &found));
    organization.features = STR("ALL");
    return org_rows_organization_update(&rows, &organization);
}
