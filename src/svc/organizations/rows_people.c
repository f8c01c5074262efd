/* rows_people.c - invitations, trusted services, delegated administrators and tags. */
#include "svc/organizations/rows_read.h"

#define HANDSHAKE_COLUMNS                                                                                              \
    "account, id, organization, action, state, party, invited, notes, parent, requested_ms, expires_ms"

static void read_handshake(const struct rows *rows, const struct store_cursor *cursor, void *item)
{
    *(struct handshake_row *)item = (struct handshake_row){
        .account = store_text(rows->ctx, cursor, 0),
        .id = store_text(rows->ctx, cursor, 1),
        .organization = store_text(rows->ctx, cursor, 2),
        .action = store_text(rows->ctx, cursor, 3),
        .state = store_text(rows->ctx, cursor, 4),
        .party = store_text(rows->ctx, cursor, 5),
        .invited = store_text(rows->ctx, cursor, 6),
        .notes = store_text(rows->ctx, cursor, 7),
        .parent = store_text(rows->ctx, cursor, 8),
        .requested_ms = store_int(cursor, 9),
        .expires_ms = store_int(cursor, 10),
    };
}

static struct rows_reader handshake_reader(size_t room)
{
    return (struct rows_reader){ read_handshake, sizeof(struct handshake_row), room };
}

struct err org_rows_handshake_find(const struct rows *rows, struct str id, struct handshake_row *out, bool *found)
{
    return org_rows_read_one(rows, "SELECT " HANDSHAKE_COLUMNS " FROM organizations_handshake WHERE id = $1",
                             SQL_VALUES(SQL_TEXT(id)), handshake_reader(1), out, found);
}

struct err org_rows_handshake_put(const struct rows *rows, const struct handshake_row *row)
{
    return org_rows_run(rows,
                        "INSERT INTO organizations_handshake (" HANDSHAKE_COLUMNS ")"
                        " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)"
                        " ON CONFLICT (account, id) DO UPDATE SET state = $5, invited = $7",
                        SQL_VALUES(SQL_TEXT(row->account), SQL_TEXT(row->id), SQL_TEXT(row->organization),
                                   SQL_TEXT(row->action), SQL_TEXT(row->state), SQL_TEXT(row->party),
                                   SQL_TEXT(row->invited), SQL_TEXT(row->notes), SQL_TEXT(row->parent),
                                   SQL_INT(row->requested_ms), SQL_INT(row->expires_ms)));
}

struct err org_rows_handshakes(const struct rows *rows, struct page page, struct handshake_rows *out)
{
    const size_t room = rows_room(page);
    return org_rows_read(rows,
                         "SELECT " HANDSHAKE_COLUMNS " FROM organizations_handshake WHERE account = $1 AND id > $2"
                         " ORDER BY id LIMIT $3",
                         SQL_VALUES(SQL_TEXT(rows->account), SQL_TEXT(page.after), SQL_INT((int64_t)room)),
                         handshake_reader(room), out);
}

struct err org_rows_handshakes_of_invited(const struct rows *rows, struct str account, struct str email,
                                          struct page page, struct handshake_rows *out)
{
    const size_t room = rows_room(page);
    return org_rows_read(
        rows,
        "SELECT " HANDSHAKE_COLUMNS " FROM organizations_handshake WHERE (invited = $1 OR invited = $2) AND id > $3"
        " ORDER BY id LIMIT $4",
        SQL_VALUES(SQL_TEXT(account), SQL_TEXT(email.ptr ? str_lower(rows->ctx->arena, email) : account),
                   SQL_TEXT(page.after), SQL_INT((int64_t)room)),
        handshake_reader(room), out);
}

static void read_pair(const struct rows *rows, const struct store_cursor *cursor, void *item)
{
    *(struct pair_row *)item = (struct pair_row){
        .name = store_text(rows->ctx, cursor, 0),
        .value = store_text(rows->ctx, cursor, 1),
        .since_ms = store_int(cursor, 2),
    };
}

static struct rows_reader pair_reader(size_t room)
{
    return (struct rows_reader){ read_pair, sizeof(struct pair_row), room };
}

struct err org_rows_trusted(const struct rows *rows, struct page page, struct pair_rows *out)
{
    const size_t room = rows_room(page);
    return org_rows_read(
        rows,
        "SELECT principal, account, since_ms FROM organizations_trusted WHERE account = $1 AND principal > $2"
        " ORDER BY principal LIMIT $3",
        SQL_VALUES(SQL_TEXT(rows->account), SQL_TEXT(page.after), SQL_INT((int64_t)room)), pair_reader(room), out);
}

struct err org_rows_trusted_find(const struct rows *rows, struct str principal, bool *found)
{
    return org_rows_exists(rows, "SELECT principal FROM organizations_trusted WHERE account = $1 AND principal = $2",
                           SQL_VALUES(SQL_TEXT(rows->account), SQL_TEXT(principal)), found);
}

struct err org_rows_trusted_put(const struct rows *rows, struct str principal)
{
    return org_rows_run(rows,
                        "INSERT INTO organizations_trusted (account, principal, since_ms) VALUES ($1, $2, $3)"
                        " ON CONFLICT (account, principal) DO NOTHING",
                        SQL_VALUES(SQL_TEXT(rows->account), SQL_TEXT(principal), SQL_INT(rows->ctx->now_ms)));
}

struct err org_rows_trusted_delete(const struct rows *rows, struct str principal)
{
    return org_rows_run(rows, "DELETE FROM organizations_trusted WHERE account = $1 AND principal = $2",
                        SQL_VALUES(SQL_TEXT(rows->account), SQL_TEXT(principal)));
}

struct err org_rows_delegates(const struct rows *rows, struct str principal, struct page page, struct pair_rows *out)
{
    const size_t room = rows_room(page);
    return principal.ptr
               ? org_rows_read(rows,
                               "SELECT member, principal, since_ms FROM organizations_delegate"
                               " WHERE account = $1 AND principal = $2 AND member > $3 ORDER BY member LIMIT $4",
                               SQL_VALUES(SQL_TEXT(rows->account), SQL_TEXT(principal), SQL_TEXT(page.after),
                                          SQL_INT((int64_t)room)),
                               pair_reader(room), out)
               : org_rows_read(rows,
                               "SELECT member, '', min(since_ms) FROM organizations_delegate"
                               " WHERE account = $1 AND member > $2 GROUP BY member ORDER BY member LIMIT $3",
                               SQL_VALUES(SQL_TEXT(rows->account), SQL_TEXT(page.after), SQL_INT((int64_t)room)),
                               pair_reader(room), out);
}

struct err org_rows_delegations(const struct rows *rows, struct str member, struct page page, struct pair_rows *out)
{
    const size_t room = rows_room(page);
    return org_rows_read(
        rows,
        "SELECT principal, member, since_ms FROM organizations_delegate"
        " WHERE account = $1 AND member = $2 AND principal > $3 ORDER BY principal LIMIT $4",
        SQL_VALUES(SQL_TEXT(rows->account), SQL_TEXT(member), SQL_TEXT(page.after), SQL_INT((int64_t)room)),
        pair_reader(room), out);
}

struct err org_rows_delegate_find(const struct rows *rows, struct str member, struct str principal, bool *found)
{
    return org_rows_exists(
        rows, "SELECT member FROM organizations_delegate WHERE account = $1 AND member = $2 AND principal = $3",
        SQL_VALUES(SQL_TEXT(rows->account), SQL_TEXT(member), SQL_TEXT(principal)), found);
}

struct err org_rows_delegate_insert(const struct rows *rows, struct str member, struct str principal)
{
    return org_rows_run(
        rows, "INSERT INTO organizations_delegate (account, member, principal, since_ms) VALUES ($1, $2, $3, $4)",
        SQL_VALUES(SQL_TEXT(rows->account), SQL_TEXT(member), SQL_TEXT(principal), SQL_INT(rows->ctx->now_ms)));
}

struct err org_rows_delegate_delete(const struct rows *rows, struct str member, struct str principal)
{
    return org_rows_run(rows,
                        "DELETE FROM organizations_delegate WHERE account = $1 AND member = $2 AND principal = $3",
                        SQL_VALUES(SQL_TEXT(rows->account), SQL_TEXT(member), SQL_TEXT(principal)));
}

struct err org_rows_tags(const struct rows *rows, struct str resource, struct page page, struct pair_rows *out)
{
    const size_t room = rows_room(page);
    return org_rows_read(
        rows,
        "SELECT key, value, 0 FROM organizations_tag WHERE account = $1 AND resource = $2 AND key > $3"
        " ORDER BY key LIMIT $4",
        SQL_VALUES(SQL_TEXT(rows->account), SQL_TEXT(resource), SQL_TEXT(page.after), SQL_INT((int64_t)room)),
        pair_reader(room), out);
}

struct err org_rows_tag_put(const struct rows *rows, struct str resource, struct str key, struct str value)
{
    return org_rows_run(rows,
                        "INSERT INTO organizations_tag (account, resource, key, value) VALUES ($1, $2, $3, $4)"
                        " ON CONFLICT (account, resource, key) DO UPDATE SET value = $4",
                        SQL_VALUES(SQL_TEXT(rows->account), SQL_TEXT(resource), SQL_TEXT(key), SQL_TEXT(value)));
}

struct err org_rows_tag_delete(const struct rows *rows, struct str resource, struct str key)
{
    return org_rows_run(rows, "DELETE FROM organizations_tag WHERE account = $1 AND resource = $2 AND key = $3",
                        SQL_VALUES(SQL_TEXT(rows->account), SQL_TEXT(resource), SQL_TEXT(key)));
}
