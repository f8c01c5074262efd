/* invitation.c - the invited account's side: accepting, declining, and the administrator it then has.
 *
 * The operations named after a master are the older names of those named after an administrator.
 * spec: GuardDuty API reference, AcceptAdministratorInvitation and its neighbours; the wording of refusals is AWS's where
 * it is known. */
#include "base/clock.h"
#include "svc/guardduty/member.h"
#include "svc/guardduty/page.h"

/* The administrator's row follows what the invited account does. */
static struct err tell_administrator(struct request *rq, struct str administrator, struct str status)
{
    const struct rows theirs = member_rows(rq, administrator);
    struct member_row row = { .other = STR_NONE };
    bool found = false;
    TRY(rows_membership_get(theirs, rq->account, &row, &found));
    if (!found) {
        return ERR_OK;
    }
    row.status = status;
    row.updated_ms = rq->ctx.now_ms;
    return rows_membership_put(theirs, &row);
}

static struct err accept(struct request *rq, struct str detector_id, struct str administrator, struct str invitation)
{
    struct detector_row detector = { .enabled = false };
    struct member_row row = { .other = STR_NONE };
    int64_t members = 0;
    bool found = false;
    TRY(detector_need(rq, detector_id, &detector));
    TRY(member_refuse(rq, "accept another invitation"));
    TRY(rows_membership_bound(rows_of(rq), &members));
    if (members > 0) {
        return fail(&rq->ctx, &GUARDDUTY_BAD_REQUEST_EXCEPTION,
                    "The request is rejected because the current account has members of its own.");
    }
    TRY(rows_invitation_get(rows_of(rq), administrator, &row, &found));
    if (!found || !str_equal(row.status, STR("Invited")) || !str_equal(row.invitation, invitation)) {
        return fail(&rq->ctx, &GUARDDUTY_BAD_REQUEST_EXCEPTION,
                    "The request is rejected because the current account does not have an invitation from the requested "
                    "master account.");
    }
    row.status = STR("Enabled");
    TRY(rows_invitation_put(rows_of(rq), &row));
    return tell_administrator(rq, administrator, row.status);
}

struct err guardduty_accept_administrator_invitation(struct request *rq,
                                                     const struct guardduty_accept_administrator_invitation_in *in,
                                                     struct guardduty_accept_administrator_invitation_out *out)
{
    (void)out;
    return accept(rq, in->detector_id, in->administrator_id, in->invitation_id);
}

struct err guardduty_accept_invitation(struct request *rq, const struct guardduty_accept_invitation_in *in,
                                       struct guardduty_accept_invitation_out *out)
{
    (void)out;
    return accept(rq, in->detector_id, in->master_id, in->invitation_id);
}

static struct err decline_one(struct request *rq, struct str other, const void *memory, const char **refused)
{
    (void)memory;
    struct member_row row = { .other = STR_NONE };
    bool found = false;
    TRY(rows_invitation_get(rows_of(rq), other, &row, &found));
    if (!found || !str_equal(row.status, STR("Invited"))) {
        *refused = "The request is rejected because the current account does not have an invitation from the requested "
                   "master account.";
        return ERR_OK;
    }
    row.status = STR("Resigned");
    TRY(rows_invitation_put(rows_of(rq), &row));
    return tell_administrator(rq, other, row.status);
}

struct err guardduty_decline_invitations(struct request *rq, const struct guardduty_decline_invitations_in *in,
                                         struct guardduty_decline_invitations_out *out)
{
    return member_each(rq, &in->account_ids, decline_one, NULL, &out->unprocessed_accounts);
}

static struct err delete_one(struct request *rq, struct str other, const void *memory, const char **refused)
{
    (void)memory;
    struct member_row row = { .other = STR_NONE };
    bool found = false;
    TRY(rows_invitation_get(rows_of(rq), other, &row, &found));
    if (!found) {
        *refused = "The request is rejected because the current account does not have an invitation from the requested "
                   "master account.";
        return ERR_OK;
    }
    if (!str_equal(row.status, STR("Resigned"))) {
        *refused = "The request is rejected because the current account cannot delete the invitation from the given master "
                   "account ID since it is still associated to it or has not declined their invitation yet.";
        return ERR_OK;
    }
    return rows_invitation_delete(rows_of(rq), other);
}

struct err guardduty_delete_invitations(struct request *rq, const struct guardduty_delete_invitations_in *in,
                                        struct guardduty_delete_invitations_out *out)
{
    return member_each(rq, &in->account_ids, delete_one, NULL, &out->unprocessed_accounts);
}

struct err guardduty_get_invitations_count(struct request *rq, const struct guardduty_get_invitations_count_in *in,
                                           struct guardduty_get_invitations_count_out *out)
{
    (void)in;
    int64_t count = 0;
    TRY(rows_invitation_open(rows_of(rq), &count));
    out->invitations_count = (struct opt_int)SOME((int32_t)count);
    return ERR_OK;
}

struct err guardduty_list_invitations(struct request *rq, const struct guardduty_list_invitations_in *in,
                                      struct guardduty_list_invitations_out *out)
{
    struct finding_place after = { .id = STR_NONE };
    struct member_row *rows = NULL;
    size_t count = 0;
    const size_t limit = in->max_results.set ? (size_t)in->max_results.v : MEMBER_PAGE_MAX;
    TRY(page_place(rq, STR("invitations"), in->next_token, &after));
    TRY(rows_invitation_list(rows_of(rq), after.id, limit + 1, &rows, &count));
    out->invitations.items = ARENA_ARRAY(rq->ctx.arena, struct guardduty_invitation, limit + 1);
    out->invitations.count = count < limit ? count : limit;
    for (size_t i = 0; i < out->invitations.count; i++) {
        out->invitations.items[i] = (struct guardduty_invitation){
            rows[i].other, rows[i].invitation, rows[i].status,
            clock_format_iso8601_ms(rq->ctx.arena, rows[i].invited_ms),
        };
        after = (struct finding_place){ .id = rows[i].other, .value = SQL_INT(0) };
    }
    out->next_token = count > limit ? page_token(rq, STR("invitations"), &after) : STR_NONE;
    return ERR_OK;
}

/* Without an administrator an empty object: the model demands the member, AWS gives it no content. */
static struct err administrator_of(struct request *rq, struct str detector_id, struct guardduty_administrator *out)
{
    struct detector_row detector = { .enabled = false };
    struct member_row row = { .other = STR_NONE };
    bool found = false;
    TRY(detector_need(rq, detector_id, &detector));
    TRY(rows_administrator_get(rows_of(rq), &row, &found));
    if (found) {
        *out = (struct guardduty_administrator){
            row.other, row.invitation, row.status, clock_format_iso8601_ms(rq->ctx.arena, row.invited_ms),
        };
    }
    return ERR_OK;
}

struct err guardduty_get_administrator_account(struct request *rq,
                                               const struct guardduty_get_administrator_account_in *in,
                                               struct guardduty_get_administrator_account_out *out)
{
    struct guardduty_administrator *administrator = ARENA_NEW(rq->ctx.arena, struct guardduty_administrator);
    out->administrator = administrator;
    return administrator_of(rq, in->detector_id, administrator);
}

struct err guardduty_get_master_account(struct request *rq, const struct guardduty_get_master_account_in *in,
                                        struct guardduty_get_master_account_out *out)
{
    struct guardduty_master *master = ARENA_NEW(rq->ctx.arena, struct guardduty_master);
    struct guardduty_administrator found = { .account_id = STR_NONE };
    TRY(administrator_of(rq, in->detector_id, &found));
    *master = (struct guardduty_master){ found.account_id, found.invitation_id, found.relationship_status,
                                         found.invited_at };
    out->master = master;
    return ERR_OK;
}

static struct err leave(struct request *rq, struct str detector_id)
{
    struct detector_row detector = { .enabled = false };
    struct member_row row = { .other = STR_NONE };
    bool found = false;
    TRY(detector_need(rq, detector_id, &detector));
    TRY(rows_administrator_get(rows_of(rq), &row, &found));
    if (!found) {
        return fail(&rq->ctx, &GUARDDUTY_BAD_REQUEST_EXCEPTION,
                    "The request is rejected because the current account is not associated to a master account.");
    }
    row.status = STR("Resigned");
    TRY(rows_invitation_put(rows_of(rq), &row));
    return tell_administrator(rq, row.other, row.status);
}

struct err guardduty_disassociate_from_administrator_account(
    struct request *rq, const struct guardduty_disassociate_from_administrator_account_in *in,
    struct guardduty_disassociate_from_administrator_account_out *out)
{
    (void)out;
    return leave(rq, in->detector_id);
}

struct err guardduty_disassociate_from_master_account(struct request *rq,
                                                      const struct guardduty_disassociate_from_master_account_in *in,
                                                      struct guardduty_disassociate_from_master_account_out *out)
{
    (void)out;
    return leave(rq, in->detector_id);
}
