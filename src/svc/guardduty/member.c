/* member.c - the administrator's side: making, inviting, listing and letting go of members.
 *
 * An account whose records are read here is watched by whoever owns the findings; it appears as an enabled member without
 * having been made. spec: GuardDuty user guide, Managing accounts by invitation; API reference, Member. */
#include "svc/guardduty/member.h"

#include "base/clock.h"
#include "crypto/random.h"
#include "svc/guardduty/organization.h"
#include "svc/guardduty/page.h"
#include "svc/guardduty/rows_usage.h"

#define DAY_MS ((int64_t)24 * 3600 * 1000)

struct rows member_rows(struct request *rq, struct str other)
{
    struct rows rows = rows_of(rq);
    rows.account = other;
    return rows;
}

bool member_is_enabled(const struct member_row *row)
{
    return str_equal(row->status, STR("Enabled")) || str_equal(row->status, STR("Disabled"));
}

static bool is_bound(const struct member_row *row)
{
    return member_is_enabled(row) || str_equal(row->status, STR("Invited"));
}

struct err member_refuse(struct request *rq, const char *what)
{
    struct member_row administrator = { .other = STR_NONE };
    bool found = false;
    TRY(rows_administrator_get(rows_of(rq), &administrator, &found));
    if (found) {
        return fail(&rq->ctx, &GUARDDUTY_BAD_REQUEST_EXCEPTION,
                    "The request is rejected because a member account can't %s; its administrator %" STR_FMT " can.", what,
                    STR_ARG(administrator.other));
    }
    return ERR_OK;
}

struct err member_each(struct request *rq, const struct guardduty_account_ids *ids, member_act act, const void *memory,
                       struct guardduty_unprocessed_accounts *unprocessed)
{
    unprocessed->items = ARENA_ARRAY(rq->ctx.arena, struct guardduty_unprocessed_account, ids->count + 1);
    for (size_t i = 0; i < ids->count; i++) {
        const char *refused = NULL;
        TRY(act(rq, ids->items[i], memory, &refused));
        if (refused) {
            unprocessed->items[unprocessed->count++] =
                (struct guardduty_unprocessed_account){ ids->items[i], str_of(refused) };
        }
    }
    return ERR_OK;
}

/* The address says what it is: nobody's. */
static struct member_row member_of_seen(struct request *rq, const struct seen_row *seen)
{
    return (struct member_row){
        .other = seen->account,
        .email = str_format(rq->ctx.arena, "%" STR_FMT "@seen-in-logs.invalid", STR_ARG(seen->account)),
        .status = STR("Enabled"),
        .invitation = STR(""),
        .invited_ms = seen->first_day * DAY_MS,
        .updated_ms = seen->last_day * DAY_MS,
    };
}

struct err member_find(struct request *rq, struct str account, struct member_row *out, bool *found)
{
    struct seen_row seen = { .first_day = 0 };
    TRY(rows_membership_get(rows_of(rq), account, out, found));
    if (*found) {
        return ERR_OK;
    }
    TRY(rows_seen_get(rows_of(rq), account, &seen, found));
    if (*found) {
        *out = member_of_seen(rq, &seen);
    }
    return ERR_OK;
}

/* An account of the caller's organisation needs no invitation. spec: GuardDuty user guide, "Managing GuardDuty accounts with
 * AWS Organizations". */
static struct err enroll(struct request *rq, struct str account, bool *enrolled)
{
    struct admin_row admin = { .features = STR_NONE };
    struct str email = STR_NONE;
    *enrolled = false;
    TRY(rows_admin_of_administrator(rows_of(rq), &admin, enrolled));
    if (*enrolled) {
        TRY(organization_account(rq, account, &email, enrolled));
    }
    return *enrolled ? organization_enroll(&rq->ctx, rq->db, &admin, account, email) : ERR_OK;
}

static struct err create_one(struct request *rq, const struct guardduty_account_detail *detail, const char **refused)
{
    struct member_row row = { .other = STR_NONE };
    bool found = false;
    if (str_equal(detail->account_id, rq->account)) {
        *refused = "The request is rejected because the current account cannot be a member of itself.";
        return ERR_OK;
    }
    TRY(rows_membership_get(rows_of(rq), detail->account_id, &row, &found));
    if (found) {
        *refused = "The request is rejected because the given account ID is already an associated member of the current account.";
        return ERR_OK;
    }
    TRY(enroll(rq, detail->account_id, &found));
    if (found) {
        return ERR_OK;
    }
    row = (struct member_row){
        .other = detail->account_id,
        .email = detail->email,
        .status = STR("Created"),
        .invitation = STR(""),
        .updated_ms = rq->ctx.now_ms,
    };
    return rows_membership_put(rows_of(rq), &row);
}

struct err guardduty_create_members(struct request *rq, const struct guardduty_create_members_in *in,
                                    struct guardduty_create_members_out *out)
{
    struct detector_row detector = { .enabled = false };
    struct guardduty_unprocessed_accounts *unprocessed = &out->unprocessed_accounts;
    TRY(detector_need(rq, in->detector_id, &detector));
    TRY(member_refuse(rq, "have members of its own"));
    unprocessed->items = ARENA_ARRAY(rq->ctx.arena, struct guardduty_unprocessed_account, in->account_details.count + 1);
    for (size_t i = 0; i < in->account_details.count; i++) {
        const struct guardduty_account_detail *detail = &in->account_details.items[i];
        const char *refused = NULL;
        TRY(create_one(rq, detail, &refused));
        if (refused) {
            unprocessed->items[unprocessed->count++] =
                (struct guardduty_unprocessed_account){ detail->account_id, str_of(refused) };
        }
    }
    return ERR_OK;
}

static struct guardduty_member show(struct request *rq, const struct member_row *row)
{
    const bool invited = row->invited_ms > 0;
    return (struct guardduty_member){
        .account_id = row->other,
        .master_id = rq->account,
        .administrator_id = rq->account,
        .email = row->email,
        .relationship_status = row->status,
        .invited_at = invited ? clock_format_iso8601_ms(rq->ctx.arena, row->invited_ms) : STR_NONE,
        .updated_at = clock_format_iso8601_ms(rq->ctx.arena, row->updated_ms),
    };
}

/* With the id of its detector, for one whose detector is in this server. */
static struct err show_whole(struct request *rq, const struct member_row *row, struct guardduty_member *out)
{
    struct detector_row detector = { .enabled = false };
    bool found = false;
    *out = show(rq, row);
    if (member_is_enabled(row)) {
        TRY(rows_detector_get(member_rows(rq, row->other), &detector, &found));
        out->detector_id = found ? detector.id : STR_NONE;
    }
    return ERR_OK;
}

struct err guardduty_get_members(struct request *rq, const struct guardduty_get_members_in *in,
                                 struct guardduty_get_members_out *out)
{
    struct detector_row detector = { .enabled = false };
    const size_t count = in->account_ids.count;
    TRY(detector_need(rq, in->detector_id, &detector));
    out->members.items = ARENA_ARRAY(rq->ctx.arena, struct guardduty_member, count + 1);
    out->unprocessed_accounts.items = ARENA_ARRAY(rq->ctx.arena, struct guardduty_unprocessed_account, count + 1);
    for (size_t i = 0; i < count; i++) {
        const struct str account = in->account_ids.items[i];
        struct member_row row = { .other = STR_NONE };
        bool found = false;
        TRY(member_find(rq, account, &row, &found));
        if (found) {
            TRY(show_whole(rq, &row, &out->members.items[out->members.count++]));
        } else {
            out->unprocessed_accounts.items[out->unprocessed_accounts.count++] =
                (struct guardduty_unprocessed_account){ account, str_of(MEMBER_UNKNOWN) };
        }
    }
    return ERR_OK;
}

/* The next few after an account: members that were made, and accounts seen that were not, merged, since both come in that
 * order. Fewer than MEMBER_PAGE_MAX: there are no more. */
static struct err next_of_both(struct request *rq, struct str after, struct member_row *out, size_t *count)
{
    struct member_row *made = NULL;
    struct seen_row *seen = NULL;
    size_t made_count = 0, seen_count = 0, m = 0, s = 0;
    TRY(rows_membership_list(rows_of(rq), after, MEMBER_PAGE_MAX, &made, &made_count));
    TRY(rows_seen_list(rows_of(rq), after, MEMBER_PAGE_MAX, &seen, &seen_count));
    for (*count = 0; *count < MEMBER_PAGE_MAX && (m < made_count || s < seen_count); (*count)++) {
        const int order = m == made_count   ? 1
                          : s == seen_count ? -1
                                            : str_compare(made[m].other, seen[s].account);
        out[*count] = order <= 0 ? made[m] : member_of_seen(rq, &seen[s]);
        m += order <= 0;
        s += order >= 0;
    }
    return ERR_OK;
}

/* spec: GuardDuty API reference, ListMembers: only associated ones unless OnlyAssociated is false. */
struct err guardduty_list_members(struct request *rq, const struct guardduty_list_members_in *in,
                                  struct guardduty_list_members_out *out)
{
    struct detector_row detector = { .enabled = false };
    struct finding_place after = { .id = STR_NONE };
    struct member_row rows[MEMBER_PAGE_MAX];
    size_t count = 0;
    const bool all = str_equal_nocase(in->only_associated, STR("false"));
    const size_t limit = in->max_results.set && in->max_results.v > 0 ? (size_t)in->max_results.v : MEMBER_PAGE_MAX;
    const struct str question = all ? STR("all") : STR("associated");
    TRY(detector_need(rq, in->detector_id, &detector));
    TRY(page_place(rq, question, in->next_token, &after));
    out->members.items = ARENA_ARRAY(rq->ctx.arena, struct guardduty_member, limit + 1);
    do {
        TRY(next_of_both(rq, after.id, rows, &count));
        for (size_t i = 0; i < count; i++) {
            const bool wanted = all || is_bound(&rows[i]);
            if (wanted && out->members.count == limit) {
                out->next_token = page_token(rq, question, &after);
                return ERR_OK;
            }
            if (wanted) {
                TRY(show_whole(rq, &rows[i], &out->members.items[out->members.count++]));
            }
            after = (struct finding_place){ .id = rows[i].other, .value = SQL_INT(0) };
        }
    } while (count == MEMBER_PAGE_MAX);
    return ERR_OK;
}

static struct err invite_one(struct request *rq, struct str other, const void *memory, const char **refused)
{
    (void)memory;
    struct member_row row = { .other = STR_NONE };
    bool found = false;
    if (str_equal(other, rq->account)) {
        *refused = "The request is rejected because the current account cannot invite itself.";
        return ERR_OK;
    }
    TRY(rows_membership_get(rows_of(rq), other, &row, &found));
    if (!found) {
        *refused = MEMBER_UNKNOWN;
        return ERR_OK;
    }
    if (is_bound(&row)) {
        *refused = "The request is rejected because the current account has already invited or is already the GuardDuty "
                   "master of the given member account ID.";
        return ERR_OK;
    }
    row.status = STR("Invited");
    row.invitation = random_hex(&rq->ctx, 32);
    row.invited_ms = row.updated_ms = rq->ctx.now_ms;
    TRY(rows_membership_put(rows_of(rq), &row));
    row.other = rq->account;
    return rows_invitation_put(member_rows(rq, other), &row);
}

/* Nobody is written to: the invitation is seen where the invited account asks for it. */
struct err guardduty_invite_members(struct request *rq, const struct guardduty_invite_members_in *in,
                                    struct guardduty_invite_members_out *out)
{
    struct detector_row detector = { .enabled = false };
    TRY(detector_need(rq, in->detector_id, &detector));
    TRY(member_refuse(rq, "invite members"));
    return member_each(rq, &in->account_ids, invite_one, NULL, &out->unprocessed_accounts);
}

static struct err delete_one(struct request *rq, struct str other, const void *memory, const char **refused)
{
    (void)memory;
    struct member_row row = { .other = STR_NONE };
    bool found = false;
    TRY(member_find(rq, other, &row, &found));
    if (!found) {
        *refused = MEMBER_UNKNOWN;
        return ERR_OK;
    }
    if (member_is_enabled(&row)) {
        *refused = "The request is rejected because the current account cannot delete the given member account ID since it "
                   "is still associated to it.";
        return ERR_OK;
    }
    TRY(rows_invitation_delete(member_rows(rq, other), rq->account));
    return rows_membership_delete(rows_of(rq), other);
}

struct err guardduty_delete_members(struct request *rq, const struct guardduty_delete_members_in *in,
                                    struct guardduty_delete_members_out *out)
{
    struct detector_row detector = { .enabled = false };
    TRY(detector_need(rq, in->detector_id, &detector));
    return member_each(rq, &in->account_ids, delete_one, NULL, &out->unprocessed_accounts);
}

static struct err disassociate_one(struct request *rq, struct str other, const void *memory, const char **refused)
{
    (void)memory;
    struct member_row row = { .other = STR_NONE };
    bool found = false;
    TRY(rows_membership_get(rows_of(rq), other, &row, &found));
    if (!found || !is_bound(&row)) {
        *refused = MEMBER_UNKNOWN;
        return ERR_OK;
    }
    row.status = STR("Removed");
    row.updated_ms = rq->ctx.now_ms;
    TRY(rows_invitation_delete(member_rows(rq, other), rq->account));
    return rows_membership_put(rows_of(rq), &row);
}

struct err guardduty_disassociate_members(struct request *rq, const struct guardduty_disassociate_members_in *in,
                                          struct guardduty_disassociate_members_out *out)
{
    struct detector_row detector = { .enabled = false };
    TRY(detector_need(rq, in->detector_id, &detector));
    return member_each(rq, &in->account_ids, disassociate_one, NULL, &out->unprocessed_accounts);
}

/* Suspends or resumes the member's detector along with the relationship. */
static struct err monitor_one(struct request *rq, struct str other, const void *memory, const char **refused)
{
    const bool on = *(const bool *)memory;
    struct member_row row = { .other = STR_NONE };
    struct detector_row detector = { .enabled = false };
    const struct rows theirs = member_rows(rq, other);
    bool found = false;
    TRY(rows_membership_get(rows_of(rq), other, &row, &found));
    if (!found || !member_is_enabled(&row)) {
        *refused = MEMBER_UNKNOWN;
        return ERR_OK;
    }
    row.status = on ? STR("Enabled") : STR("Disabled");
    row.updated_ms = rq->ctx.now_ms;
    TRY(rows_membership_put(rows_of(rq), &row));
    row.other = rq->account;
    TRY(rows_invitation_put(theirs, &row));
    TRY(rows_detector_get(theirs, &detector, &found));
    if (!found) {
        return ERR_OK;
    }
    TRY(rows_feature_list(theirs, &detector));
    detector.enabled = on;
    detector.updated_ms = rq->ctx.now_ms;
    return rows_detector_update(theirs, &detector);
}

struct err guardduty_start_monitoring_members(struct request *rq, const struct guardduty_start_monitoring_members_in *in,
                                              struct guardduty_start_monitoring_members_out *out)
{
    static const bool ON = true;
    struct detector_row detector = { .enabled = false };
    TRY(detector_need(rq, in->detector_id, &detector));
    return member_each(rq, &in->account_ids, monitor_one, &ON, &out->unprocessed_accounts);
}

struct err guardduty_stop_monitoring_members(struct request *rq, const struct guardduty_stop_monitoring_members_in *in,
                                             struct guardduty_stop_monitoring_members_out *out)
{
    static const bool OFF = false;
    struct detector_row detector = { .enabled = false };
    TRY(detector_need(rq, in->detector_id, &detector));
    return member_each(rq, &in->account_ids, monitor_one, &OFF, &out->unprocessed_accounts);
}
