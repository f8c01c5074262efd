/* handshake.c - handshakes: answered, withdrawn, described and listed.
 *
 * spec: API reference, Handshake: an invitation is good for 15 days, the move to all features for 90; only the invited
 * account accepts or declines, only the one that asked cancels. */
#include "svc/organizations/handshake.h"

#include "svc/organizations/account.h"
#include "svc/organizations/tag.h"

#define DAY_MS ((int64_t)24 * 3600 * 1000)
enum { INVITE_DAYS = 15, FEATURES_DAYS = 90 };

struct handshake_row org_handshake_new(struct request *rq, const struct standing *standing, const char *action,
                                       struct str party, struct str invited)
{
    const int days = strcmp(action, INVITE) == 0 ? INVITE_DAYS : FEATURES_DAYS;
    return (struct handshake_row){
        .account = standing->organization.account,
        .id = org_id_new(&rq->ctx, "h-", 10),
        .organization = standing->organization.id,
        .action = str_of(action),
        .state = STR("OPEN"),
        .party = party,
        .invited = invited,
        .notes = STR(""),
        .parent = STR(""),
        .requested_ms = rq->ctx.now_ms,
        .expires_ms = rq->ctx.now_ms + days * DAY_MS,
    };
}

static struct str state_of(const struct request *rq, const struct handshake_row *row)
{
    const bool waits = str_equal(row->state, STR("OPEN")) || str_equal(row->state, STR("REQUESTED"));
    return waits && rq->ctx.now_ms > row->expires_ms ? STR("EXPIRED") : row->state;
}

bool org_handshake_is_open(const struct request *rq, const struct handshake_row *row)
{
    const struct str state = state_of(rq, row);
    return str_equal(state, STR("OPEN")) || str_equal(state, STR("REQUESTED"));
}

static bool is_action(const struct handshake_row *row, const char *action)
{
    return str_equal(row->action, str_of(action));
}

/* --- as an answer --- */

static void add(struct organizations_handshake_resources *list, const char *type, struct str value)
{
    list->items[list->count++] = (struct organizations_handshake_resource){ .value = value, .type = str_of(type) };
}

static struct err resources_out(struct request *rq, const struct handshake_row *row,
                                struct organizations_handshake_resources *out)
{
    const struct rows rows = { &rq->ctx, rq->db, row->account };
    struct account_row management = { .closed_ms = 0 };
    struct organization_row organization = { .created_ms = 0 };
    bool found = false;
    TRY(org_rows_account_find(&rows, row->account, &management, &found));
    TRY(org_rows_organization_find(&rows, &organization, &found));
    out->items = ARENA_ARRAY(rq->ctx.arena, struct organizations_handshake_resource, 4);
    add(out, "ORGANIZATION", row->organization);
    struct organizations_handshake_resources *inner = &out->items[0].resources;
    inner->items = ARENA_ARRAY(rq->ctx.arena, struct organizations_handshake_resource, 3);
    add(inner, "MASTER_EMAIL", management.email);
    add(inner, "MASTER_NAME", management.name);
    add(inner, "ORGANIZATION_FEATURE_SET", found ? organization.features : STR("ALL"));
    if (!is_action(row, ENABLE_ALL_FEATURES)) {
        add(out, str_equal(row->party, STR("EMAIL")) ? "EMAIL" : "ACCOUNT", row->invited);
    }
    if (row->notes.len > 0) {
        add(out, "NOTES", row->notes);
    }
    if (row->parent.len > 0) {
        add(out, "PARENT_HANDSHAKE", row->parent);
    }
    return ERR_OK;
}

static struct err fill(struct request *rq, const struct handshake_row *row, struct organizations_handshake *out)
{
    struct organizations_handshake_party *parties = ARENA_ARRAY(rq->ctx.arena, struct organizations_handshake_party, 2);
    const bool alone = is_action(row, ENABLE_ALL_FEATURES);
    parties[0] = (struct organizations_handshake_party){ row->organization, STR("ORGANIZATION") };
    parties[1] = (struct organizations_handshake_party){ row->invited, row->party };
    *out = (struct organizations_handshake){
        .id = row->id,
        .arn = org_arn_of_handshake(&rq->ctx, row),
        .parties = { parties, alone ? 1 : 2 },
        .state = state_of(rq, row),
        .requested_timestamp = SOME(row->requested_ms),
        .expiration_timestamp = SOME(row->expires_ms),
        .action = row->action,
    };
    return resources_out(rq, row, &out->resources);
}

struct err org_handshake_out(struct request *rq, const struct handshake_row *row,
                             const struct organizations_handshake **out)
{
    struct organizations_handshake *answer = ARENA_NEW(rq->ctx.arena, struct organizations_handshake);
    *out = answer;
    return fill(rq, row, answer);
}

/* --- whose it is --- */

struct parties {
    bool asks;                  /* the caller's account is the one that asked */
    bool invited;               /* the caller's account is the one that was asked */
    struct account_row account; /* the caller's, as far as it is known */
};

static struct err parties_of(struct request *rq, const struct handshake_row *row, struct parties *out)
{
    const struct rows rows = { &rq->ctx, rq->db, row->account };
    bool found = false;
    *out = (struct parties){ .asks = str_equal(row->account, rq->account) };
    TRY(org_rows_account_find(&rows, rq->account, &out->account, &found));
    if (!found) {
        out->account = org_account_unknown(&rq->ctx, rq->account);
    }
    const struct str email = str_lower(rq->ctx.arena, out->account.email);
    out->invited = is_action(row, ENABLE_ALL_FEATURES)
                       ? out->asks
                       : str_equal(row->invited, rq->account) || str_equal(row->invited, email);
    return ERR_OK;
}

static struct err handshake_get(struct request *rq, struct str id, struct handshake_row *out, struct parties *parties)
{
    const struct rows rows = { &rq->ctx, rq->db, rq->account };
    bool found = false;
    TRY(org_rows_handshake_find(&rows, id, out, &found));
    if (found) {
        TRY(parties_of(rq, out, parties));
    }
    return found && (parties->asks || parties->invited)
               ? ERR_OK
               : fail(&rq->ctx, &ORGANIZATIONS_HANDSHAKE_NOT_FOUND_EXCEPTION,
                      "We can't find a handshake with the HandshakeId that you specified.");
}

/* Into a final state: only while it is open, and only by the right party. */
static struct err transition(struct request *rq, struct handshake_row *row, bool may, struct str state)
{
    if (!may) {
        return fail(&rq->ctx, &ORGANIZATIONS_ACCESS_DENIED_EXCEPTION,
                    "You don't have permissions to access this resource.");
    }
    if (str_equal(row->state, state)) {
        return fail(&rq->ctx, &ORGANIZATIONS_HANDSHAKE_ALREADY_IN_STATE_EXCEPTION,
                    "The specified handshake is already in the requested state.");
    }
    if (!org_handshake_is_open(rq, row)) {
        return fail(&rq->ctx, &ORGANIZATIONS_INVALID_HANDSHAKE_TRANSITION_EXCEPTION,
                    "You can't perform the operation on the handshake in its current state.");
    }
    const struct rows rows = { &rq->ctx, rq->db, row->account };
    row->state = state;
    return org_rows_handshake_put(&rows, row);
}

/* --- the operations --- */

static struct err invitation_accepted(struct request *rq, const struct handshake_row *row, struct account_row *account)
{
    struct standing standing = { .rows = { &rq->ctx, rq->db, row->account } };
    struct pair_rows tags = { NULL, 0 };
    bool found = false;
    int64_t accounts = 0;
    TRY(org_rows_organization_lock(&standing.rows));
    TRY(org_rows_organization_find(&standing.rows, &standing.organization, &found));
    TRY(org_rows_count(&standing.rows, COUNT_ACCOUNTS, STR_NONE, STR_NONE, &accounts));
    if (account->management.len > 0) {
        return org_refuse_handshake(rq, STR("ALREADY_IN_AN_ORGANIZATION"),
                                    "The AWS account is already a member of an organization.");
    }
    if (accounts >= ACCOUNTS_MAX) {
        return org_refuse_handshake(rq, STR("ACCOUNT_NUMBER_LIMIT_EXCEEDED"),
                                    "The organization has the maximum number of accounts.");
    }
    TRY(org_account_join(&standing, account, STR("INVITED")));
    TRY(org_rows_tags(&standing.rows, row->id, org_page_all(), &tags));
    for (size_t i = 0; i < tags.count; i++) {
        TRY(org_rows_tag_put(&standing.rows, account->account, tags.items[i].name, tags.items[i].value));
    }
    return org_rows_drop(&standing.rows, row->id);
}

struct err organizations_accept_handshake(struct request *rq, const struct organizations_accept_handshake_in *in,
                                          struct organizations_accept_handshake_out *out)
{
    struct handshake_row row = { .expires_ms = 0 };
    struct parties parties = { .asks = false };
    TRY(handshake_get(rq, in->handshake_id, &row, &parties));
    const bool early = is_action(&row, ENABLE_ALL_FEATURES) && str_equal(row.state, STR("REQUESTED"));
    if (early) {
        return fail(&rq->ctx, &ORGANIZATIONS_INVALID_HANDSHAKE_TRANSITION_EXCEPTION,
                    "Not every invited account has agreed to all features yet.");
    }
    TRY(transition(rq, &row, parties.invited, STR("ACCEPTED")));
    TRY(is_action(&row, INVITE) ? invitation_accepted(rq, &row, &parties.account)
                                : org_handshake_features_accepted(rq, &row));
    return org_handshake_out(rq, &row, &out->handshake);
}

struct err organizations_decline_handshake(struct request *rq, const struct organizations_decline_handshake_in *in,
                                           struct organizations_decline_handshake_out *out)
{
    struct handshake_row row = { .expires_ms = 0 };
    struct parties parties = { .asks = false };
    TRY(handshake_get(rq, in->handshake_id, &row, &parties));
    TRY(transition(rq, &row, parties.invited, STR("DECLINED")));
    return org_handshake_out(rq, &row, &out->handshake);
}

struct err organizations_cancel_handshake(struct request *rq, const struct organizations_cancel_handshake_in *in,
                                          struct organizations_cancel_handshake_out *out)
{
    struct handshake_row row = { .expires_ms = 0 };
    struct parties parties = { .asks = false };
    TRY(handshake_get(rq, in->handshake_id, &row, &parties));
    TRY(transition(rq, &row, parties.asks, STR("CANCELED")));
    return org_handshake_out(rq, &row, &out->handshake);
}

struct err organizations_describe_handshake(struct request *rq, const struct organizations_describe_handshake_in *in,
                                            struct organizations_describe_handshake_out *out)
{
    struct handshake_row row = { .expires_ms = 0 };
    struct parties parties = { .asks = false };
    TRY(handshake_get(rq, in->handshake_id, &row, &parties));
    return org_handshake_out(rq, &row, &out->handshake);
}

static bool passes(const struct organizations_handshake_filter *filter, const struct handshake_row *row)
{
    const bool action = filter == NULL || filter->action_type.len == 0 || str_equal(filter->action_type, row->action);
    const bool parent =
        filter == NULL || filter->parent_handshake_id.len == 0 || str_equal(filter->parent_handshake_id, row->parent);
    return action && parent;
}

/* With a filter a page may hold fewer than asked for. */
static struct err list_out(struct request *rq, const struct handshake_rows *rows,
                           const struct organizations_handshake_filter *filter, struct organizations_handshakes *out)
{
    out->items = ARENA_ARRAY(rq->ctx.arena, struct organizations_handshake, rows->count + 1);
    for (size_t i = 0; i < rows->count; i++) {
        if (passes(filter, &rows->items[i])) {
            TRY(fill(rq, &rows->items[i], &out->items[out->count++]));
        }
    }
    return ERR_OK;
}

struct err organizations_list_handshakes_for_account(struct request *rq,
                                                     const struct organizations_list_handshakes_for_account_in *in,
                                                     struct organizations_list_handshakes_for_account_out *out)
{
    const struct rows rows = { &rq->ctx, rq->db, rq->account };
    struct account_row account = { .email = STR_NONE };
    struct handshake_rows handshakes = { NULL, 0 };
    struct page page = { .limit = 0 };
    bool found = false;
    TRY(org_page_of(rq, STR_NONE, in->next_token, in->max_results, &page));
    TRY(org_rows_account_find(&rows, rq->account, &account, &found));
    TRY(org_rows_handshakes_of_invited(&rows, rq->account, account.email, page, &handshakes));
    const bool more = org_page_cut(page, &handshakes.count);
    TRY(list_out(rq, &handshakes, in->filter, &out->handshakes));
    out->next_token = more ? org_page_token(rq, STR_NONE, handshakes.items[handshakes.count - 1].id) : STR_NONE;
    return ERR_OK;
}

struct err
organizations_list_handshakes_for_organization(struct request *rq,
                                               const struct organizations_list_handshakes_for_organization_in *in,
                                               struct organizations_list_handshakes_for_organization_out *out)
{
    struct standing standing;
    struct handshake_rows handshakes = { NULL, 0 };
    struct page page = { .limit = 0 };
    TRY(org_caller_reads(rq, in, &standing));
    TRY(org_page_of(rq, STR_NONE, in->next_token, in->max_results, &page));
    TRY(org_rows_handshakes(&standing.rows, page, &handshakes));
    const bool more = org_page_cut(page, &handshakes.count);
    TRY(list_out(rq, &handshakes, in->filter, &out->handshakes));
    out->next_token = more ? org_page_token(rq, STR_NONE, handshakes.items[handshakes.count - 1].id) : STR_NONE;
    return ERR_OK;
}
