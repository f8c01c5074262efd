/* organization_member.c - how accounts of an organisation become members, and stop being them. */
#include "crypto/random.h"
#include "organizations_model.h"
#include "svc/door.h"
#include "svc/guardduty/guardduty.h"
#include "svc/guardduty/organization.h"

static struct rows rows_in(struct ctx *ctx, struct store_conn *db, struct str account, struct str region)
{
    return (struct rows){ ctx, db, account, region };
}

static struct err detector_make(struct rows rows, const struct organization_features *features)
{
    struct detector_row row = { .enabled = false };
    bool found = false;
    TRY(rows_detector_get(rows, &row, &found));
    if (found) {
        return ERR_OK;
    }
    row = (struct detector_row){
        .id = random_hex(rows.ctx, 32),
        .enabled = true,
        .frequency = STR("SIX_HOURS"),
        .created_ms = rows.ctx->now_ms,
        .updated_ms = rows.ctx->now_ms,
        .token = STR(""),
        .token_hash = STR(""),
    };
    features_default(row.features, rows.ctx->now_ms);
    for (size_t i = 0; features && i < FEATURE_COUNT; i++) {
        row.features[i].enabled = features->items[i] != AUTO_NONE;
    }
    return rows_detector_insert(rows, &row);
}

struct err organization_enroll(struct ctx *ctx, struct store_conn *db, const struct admin_row *admin,
                               struct str account, struct str email)
{
    const struct rows administrator = rows_in(ctx, db, admin->administrator, admin->region);
    const struct rows member = rows_in(ctx, db, account, admin->region);
    const struct organization_features features = organization_features_read(admin->features);
    struct member_row row = { .other = STR_NONE };
    struct member_row other = { .other = STR_NONE };
    bool found = false;
    if (str_equal(account, admin->administrator)) {
        return detector_make(member, NULL);
    }
    TRY(rows_membership_get(administrator, account, &row, &found));
    if (found && member_is_enabled(&row)) {
        return ERR_OK;
    }
    TRY(rows_administrator_get(member, &other, &found));
    if (found) {
        return ERR_OK; /* it follows another one, whom it must leave first */
    }
    TRY(detector_make(member, &features));
    row = (struct member_row){
        .other = account, .email = email, .status = STR("Enabled"), .invitation = STR(""), .updated_ms = ctx->now_ms
    };
    TRY(rows_membership_put(administrator, &row));
    row.other = admin->administrator;
    return rows_invitation_put(member, &row);
}

struct err organization_release(struct ctx *ctx, struct store_conn *db, const struct admin_row *admin,
                                struct str account)
{
    const struct rows administrator = rows_in(ctx, db, admin->administrator, admin->region);
    struct member_row row = { .other = STR_NONE };
    bool found = false;
    TRY(rows_membership_get(administrator, account, &row, &found));
    if (!found || !member_is_enabled(&row) || row.invitation.len > 0) {
        return ERR_OK;
    }
    row.status = STR("Removed");
    row.updated_ms = ctx->now_ms;
    TRY(rows_invitation_delete(rows_in(ctx, db, account, admin->region), admin->administrator));
    return rows_membership_put(administrator, &row);
}

/* The management account leaves only when its organisation ends. */
static struct err forget_administrator(struct ctx *ctx, struct store_conn *db,
                                       const struct guardduty_organization_change *change, struct str region)
{
    return str_equal(change->account, change->management)
               ? rows_admin_delete(rows_in(ctx, db, change->management, region))
               : ERR_OK;
}

/* spec: GuardDuty user guide, "Setting organization auto-enable preferences": an account that joins gets GuardDuty in
 * every region whose administrator wants that; one that leaves is no member any more. */
struct err guardduty_organization_changed(struct ctx *ctx, struct store_conn *db,
                                          const struct guardduty_organization_change *change)
{
    struct admin_row *admins = NULL;
    size_t count = 0;
    TRY(rows_admin_regions(rows_in(ctx, db, change->management, STR_NONE), &admins, &count));
    for (size_t i = 0; i < count; i++) {
        const bool wanted = !str_equal(admins[i].members, STR("NONE"));
        if (!change->joined) {
            TRY(organization_release(ctx, db, &admins[i], change->account));
            TRY(forget_administrator(ctx, db, change, admins[i].region));
        } else if (wanted) {
            TRY(organization_enroll(ctx, db, &admins[i], change->account, change->email));
        }
    }
    return ERR_OK;
}

struct err organization_account(struct request *rq, struct str account, struct str *email, bool *found)
{
    const struct organizations_describe_account_in in = { .account_id = account };
    const struct door_call call = { .service = "organizations", .operation = "DescribeAccount", .in = &in };
    const void *answer = NULL;
    const struct err err = door_call(rq, &call, &answer);
    *found = err.fault == NULL;
    if (*found) {
        *email = ((const struct organizations_describe_account_out *)answer)->account->email;
        return ERR_OK;
    }
    return err_is(err, &ORGANIZATIONS_ACCOUNT_NOT_FOUND_EXCEPTION) ? ERR_OK : err;
}
