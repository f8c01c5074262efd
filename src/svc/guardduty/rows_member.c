#include "svc/guardduty/rows_member.h"

#define MEMBER_FROM                                                                                                    \
    "SELECT member, status, invitation, invited_ms, updated_ms, email FROM guardduty_member"                           \
    " WHERE account = $1 AND region = $2"
static const char MEMBER_GET[] = MEMBER_FROM " AND member = $3";
static const char MEMBER_LIST[] = MEMBER_FROM " AND member > $3 ORDER BY member LIMIT $4";
static const char MEMBER_PUT[] =
    "INSERT INTO guardduty_member (account, region, member, email, status, invitation, invited_ms, updated_ms)"
    " VALUES ($1, $2, $3, $4, $5, $6, $7, $8)"
    " ON CONFLICT (account, region, member) DO UPDATE SET email = excluded.email, status = excluded.status,"
    " invitation = excluded.invitation, invited_ms = excluded.invited_ms, updated_ms = excluded.updated_ms";
static const char MEMBER_DELETE[] = "DELETE FROM guardduty_member WHERE account = $1 AND region = $2 AND member = $3";
static const char MEMBER_BOUND[] =
    "SELECT count(*) FROM guardduty_member WHERE account = $1 AND region = $2"
    " AND (status = 'Invited' OR status = 'Enabled' OR status = 'Disabled')";

#define INVITATION_FROM                                                                                                \
    "SELECT administrator, status, invitation, invited_ms, invited_ms FROM guardduty_invitation"                       \
    " WHERE account = $1 AND region = $2"
static const char INVITATION_GET[] = INVITATION_FROM " AND administrator = $3";
static const char INVITATION_LIST[] = INVITATION_FROM " AND administrator > $3 ORDER BY administrator LIMIT $4";
static const char INVITATION_PUT[] =
    "INSERT INTO guardduty_invitation (account, region, administrator, status, invitation, invited_ms)"
    " VALUES ($1, $2, $3, $4, $5, $6)"
    " ON CONFLICT (account, region, administrator) DO UPDATE SET status = excluded.status,"
    " invitation = excluded.invitation, invited_ms = excluded.invited_ms";
static const char INVITATION_DELETE[] =
    "DELETE FROM guardduty_invitation WHERE account = $1 AND region = $2 AND administrator = $3";
static const char INVITATION_OPEN[] =
    "SELECT count(*) FROM guardduty_invitation WHERE account = $1 AND region = $2"
    " AND status <> 'Enabled' AND status <> 'Disabled'";
static const char ADMINISTRATOR_GET[] = INVITATION_FROM " AND (status = 'Enabled' OR status = 'Disabled')";

static struct member_row read_row(struct rows rows, const struct store_cursor *cursor, bool member)
{
    return (struct member_row){
        .other = store_text(rows.ctx, cursor, 0),
        .status = store_text(rows.ctx, cursor, 1),
        .invitation = store_text(rows.ctx, cursor, 2),
        .invited_ms = store_int(cursor, 3),
        .updated_ms = store_int(cursor, 4),
        .email = member ? store_text(rows.ctx, cursor, 5) : STR_NONE,
    };
}

static struct err get(struct rows rows, const char *sql, struct str other, struct member_row *out, bool *found)
{
    const struct store_value values[] = { SQL_TEXT(rows.account), SQL_TEXT(rows.region), SQL_TEXT(other) };
    struct store_cursor cursor = { .conn = NULL };
    TRY(store_query(rows.ctx, rows.db, sql, values, sql == ADMINISTRATOR_GET ? 2 : 3, &cursor));
    TRY(store_next(rows.ctx, &cursor, found));
    if (*found) {
        *out = read_row(rows, &cursor, sql == MEMBER_GET);
    }
    store_end(&cursor);
    return ERR_OK;
}

static struct err list(struct rows rows, const char *sql, struct str after, size_t limit, struct member_row **out,
                       size_t *count)
{
    struct store_cursor cursor = { .conn = NULL };
    struct err err = ERR_OK;
    *out = ARENA_ARRAY(rows.ctx->arena, struct member_row, limit + 1);
    *count = 0;
    TRY(store_query(rows.ctx, rows.db, sql,
                    SQL_VALUES(SQL_TEXT(rows.account), SQL_TEXT(rows.region), SQL_TEXT(after.ptr ? after : STR("")),
                               SQL_INT((int64_t)limit)),
                    &cursor));
    while (*count < limit && store_row(rows.ctx, &cursor, &err)) {
        (*out)[(*count)++] = read_row(rows, &cursor, sql == MEMBER_LIST);
    }
    store_end(&cursor);
    return err;
}

static struct err delete_one(struct rows rows, const char *sql, struct str other)
{
    return store_run(rows.ctx, rows.db, sql,
                     SQL_VALUES(SQL_TEXT(rows.account), SQL_TEXT(rows.region), SQL_TEXT(other)), NULL);
}

static struct err count_all(struct rows rows, const char *sql, int64_t *count)
{
    struct store_cursor cursor = { .conn = NULL };
    bool more = false;
    TRY(store_query(rows.ctx, rows.db, sql, SQL_VALUES(SQL_TEXT(rows.account), SQL_TEXT(rows.region)), &cursor));
    TRY(store_next(rows.ctx, &cursor, &more));
    *count = more ? store_int(&cursor, 0) : 0;
    store_end(&cursor);
    return ERR_OK;
}

struct err rows_membership_get(struct rows rows, struct str member, struct member_row *out, bool *found)
{
    return get(rows, MEMBER_GET, member, out, found);
}

struct err rows_membership_put(struct rows rows, const struct member_row *row)
{
    return store_run(rows.ctx, rows.db, MEMBER_PUT,
                     SQL_VALUES(SQL_TEXT(rows.account), SQL_TEXT(rows.region), SQL_TEXT(row->other),
                                SQL_TEXT(row->email), SQL_TEXT(row->status), SQL_TEXT(row->invitation),
                                SQL_INT(row->invited_ms), SQL_INT(row->updated_ms)),
                     NULL);
}

struct err rows_membership_delete(struct rows rows, struct str member)
{
    return delete_one(rows, MEMBER_DELETE, member);
}

struct err rows_membership_list(struct rows rows, struct str after, size_t limit, struct member_row **out, size_t *count)
{
    return list(rows, MEMBER_LIST, after, limit, out, count);
}

struct err rows_membership_bound(struct rows rows, int64_t *count)
{
    return count_all(rows, MEMBER_BOUND, count);
}

struct err rows_invitation_get(struct rows rows, struct str administrator, struct member_row *out, bool *found)
{
    return get(rows, INVITATION_GET, administrator, out, found);
}

struct err rows_invitation_put(struct rows rows, const struct member_row *row)
{
    return store_run(rows.ctx, rows.db, INVITATION_PUT,
                     SQL_VALUES(SQL_TEXT(rows.account), SQL_TEXT(rows.region), SQL_TEXT(row->other),
                                SQL_TEXT(row->status), SQL_TEXT(row->invitation), SQL_INT(row->invited_ms)),
                     NULL);
}

struct err rows_invitation_delete(struct rows rows, struct str administrator)
{
    return delete_one(rows, INVITATION_DELETE, administrator);
}

struct err rows_invitation_list(struct rows rows, struct str after, size_t limit, struct member_row **out,
                                size_t *count)
{
    return list(rows, INVITATION_LIST, after, limit, out, count);
}

struct err rows_invitation_open(struct rows rows, int64_t *count)
{
    return count_all(rows, INVITATION_OPEN, count);
}

struct err rows_administrator_get(struct rows rows, struct member_row *out, bool *found)
{
    return get(rows, ADMINISTRATOR_GET, STR_NONE, out, found);
}
