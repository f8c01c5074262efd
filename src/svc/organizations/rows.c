/* rows.c - organisations, their accounts and units, requests for new accounts; rows_policy.c and rows_people.c hold the
 * rest. */
#include "svc/organizations/rows.h"

#include "store/list.h"
#include "svc/organizations/rows_read.h"

/* A reader of ours as the store calls it. */
struct adapter {
    const struct rows *rows;
    void (*read)(const struct rows *rows, const struct store_cursor *cursor, void *item);
};

static void read_row(const void *self, const struct store_cursor *row, void *item)
{
    const struct adapter *adapter = self;
    adapter->read(adapter->rows, row, item);
}

struct err org_rows_read(const struct rows *rows, const char *sql, const struct store_value *values, size_t count,
                         struct rows_reader reader, void *out)
{
    const struct adapter adapter = { rows, reader.read };
    struct store_list list = { NULL, 0 };
    const struct err err = store_list(rows->ctx, rows->db, sql, values, count,
                                      &(const struct store_reader){ read_row, &adapter, reader.size, reader.room }, &list);
    *(struct any_list *)out = (struct any_list){ list.items, list.count };
    return err;
}

struct err org_rows_read_one(const struct rows *rows, const char *sql, const struct store_value *values, size_t count,
                             struct rows_reader reader, void *out, bool *found)
{
    const struct adapter adapter = { rows, reader.read };
    return store_first(rows->ctx, rows->db, sql, values, count,
                       &(const struct store_reader){ read_row, &adapter, reader.size, 1 }, out, found);
}

struct err org_rows_run(const struct rows *rows, const char *sql, const struct store_value *values, size_t count)
{
    return store_run(rows->ctx, rows->db, sql, values, count, NULL);
}

static void read_nothing(const struct rows *rows, const struct store_cursor *cursor, void *item)
{
    (void)rows;
    (void)cursor;
    (void)item;
}

struct err org_rows_exists(const struct rows *rows, const char *sql, const struct store_value *values, size_t count,
                           bool *found)
{
    char ignored = 0;
    return org_rows_read_one(rows, sql, values, count, (struct rows_reader){ read_nothing, 1, 1 }, &ignored, found);
}

static void read_organization(const struct rows *rows, const struct store_cursor *cursor, void *item)
{
    *(struct organization_row *)item = (struct organization_row){
        .account = store_text(rows->ctx, cursor, 0),
        .id = store_text(rows->ctx, cursor, 1),
        .root = store_text(rows->ctx, cursor, 2),
        .features = store_text(rows->ctx, cursor, 3),
        .types = store_text(rows->ctx, cursor, 4),
        .created_ms = store_int(cursor, 5),
    };
}

struct err org_rows_organization_find(const struct rows *rows, struct organization_row *out, bool *found)
{
    return org_rows_read_one(rows,
                             "SELECT account, id, root, features, types, created_ms FROM organizations_organization"
                             " WHERE account = $1",
                             SQL_VALUES(SQL_TEXT(rows->account)),
                             (struct rows_reader){ read_organization, sizeof(*out), 1 }, out, found);
}

struct err org_rows_organization_lock(const struct rows *rows)
{
    return org_rows_run(rows, "UPDATE organizations_organization SET created_ms = created_ms WHERE account = $1",
                        SQL_VALUES(SQL_TEXT(rows->account)));
}

struct err org_rows_organization_insert(const struct rows *rows, const struct organization_row *row)
{
    return org_rows_run(rows,
                        "INSERT INTO organizations_organization (account, id, root, features, types, created_ms)"
                        " VALUES ($1, $2, $3, $4, $5, $6)",
                        SQL_VALUES(SQL_TEXT(rows->account), SQL_TEXT(row->id), SQL_TEXT(row->root),
                                   SQL_TEXT(row->features), SQL_TEXT(row->types), SQL_INT(row->created_ms)));
}

struct err org_rows_organization_update(const struct rows *rows, const struct organization_row *row)
{
    return org_rows_run(rows, "UPDATE organizations_organization SET features = $2, types = $3 WHERE account = $1",
                        SQL_VALUES(SQL_TEXT(rows->account), SQL_TEXT(row->features), SQL_TEXT(row->types)));
}

struct err org_rows_organization_delete(const struct rows *rows)
{
    static const char *const TABLES[] = {
        "DELETE FROM organizations_organization WHERE account = $1",
        "DELETE FROM organizations_unit WHERE account = $1",
        "DELETE FROM organizations_request WHERE account = $1",
        "DELETE FROM organizations_policy WHERE account = $1",
        "DELETE FROM organizations_attachment WHERE account = $1",
        "DELETE FROM organizations_handshake WHERE account = $1",
        "DELETE FROM organizations_trusted WHERE account = $1",
        "DELETE FROM organizations_delegate WHERE account = $1",
        "DELETE FROM organizations_resource_policy WHERE account = $1",
        "DELETE FROM organizations_tag WHERE account = $1",
    };
    for (size_t i = 0; i < COUNT_OF(TABLES); i++) {
        TRY(org_rows_run(rows, TABLES[i], SQL_VALUES(SQL_TEXT(rows->account))));
    }
    return ERR_OK;
}

#define ACCOUNT_COLUMNS "account, management, parent, name, email, status, method, joined_ms, closed_ms"

static void read_account(const struct rows *rows, const struct store_cursor *cursor, void *item)
{
    *(struct account_row *)item = (struct account_row){
        .account = store_text(rows->ctx, cursor, 0),
        .management = store_text(rows->ctx, cursor, 1),
        .parent = store_text(rows->ctx, cursor, 2),
        .name = store_text(rows->ctx, cursor, 3),
        .email = store_text(rows->ctx, cursor, 4),
        .status = store_text(rows->ctx, cursor, 5),
        .method = store_text(rows->ctx, cursor, 6),
        .joined_ms = store_int(cursor, 7),
        .closed_ms = store_int(cursor, 8),
    };
}

static struct rows_reader account_reader(size_t room)
{
    return (struct rows_reader){ read_account, sizeof(struct account_row), room };
}

struct err org_rows_account_find(const struct rows *rows, struct str account, struct account_row *out, bool *found)
{
    return org_rows_read_one(rows, "SELECT " ACCOUNT_COLUMNS " FROM organizations_account WHERE account = $1",
                             SQL_VALUES(SQL_TEXT(account)), account_reader(1), out, found);
}

struct err org_rows_account_by_email(const struct rows *rows, struct str email, struct account_row *out, bool *found)
{
    return org_rows_read_one(rows, "SELECT " ACCOUNT_COLUMNS " FROM organizations_account WHERE email_key = $1",
                             SQL_VALUES(SQL_TEXT(str_lower(rows->ctx->arena, email))), account_reader(1), out, found);
}

struct err org_rows_account_put(const struct rows *rows, const struct account_row *row)
{
    return org_rows_run(
        rows,
        "INSERT INTO organizations_account (account, management, parent, name, email, email_key, status, method,"
        " joined_ms, closed_ms) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)"
        " ON CONFLICT (account) DO UPDATE SET management = $2, parent = $3, name = $4, email = $5, email_key = $6,"
        " status = $7, method = $8, joined_ms = $9, closed_ms = $10",
        SQL_VALUES(SQL_TEXT(row->account), SQL_TEXT(row->management), SQL_TEXT(row->parent), SQL_TEXT(row->name),
                   SQL_TEXT(row->email), SQL_TEXT(str_lower(rows->ctx->arena, row->email)), SQL_TEXT(row->status),
                   SQL_TEXT(row->method), SQL_INT(row->joined_ms), SQL_INT(row->closed_ms)));
}

struct err org_rows_accounts(const struct rows *rows, struct str parent, struct page page, struct account_rows *out)
{
    const size_t room = rows_room(page);
    return parent.ptr
               ? org_rows_read(rows,
                               "SELECT " ACCOUNT_COLUMNS " FROM organizations_account"
                               " WHERE management = $1 AND parent = $2 AND account > $3 ORDER BY account LIMIT $4",
                               SQL_VALUES(SQL_TEXT(rows->account), SQL_TEXT(parent), SQL_TEXT(page.after),
                                          SQL_INT((int64_t)room)),
                               account_reader(room), out)
               : org_rows_read(rows,
                               "SELECT " ACCOUNT_COLUMNS " FROM organizations_account"
                               " WHERE management = $1 AND account > $2 ORDER BY account LIMIT $3",
                               SQL_VALUES(SQL_TEXT(rows->account), SQL_TEXT(page.after), SQL_INT((int64_t)room)),
                               account_reader(room), out);
}

struct err org_rows_accounts_all(const struct rows *rows, struct account_rows *out)
{
    return org_rows_read(rows, "SELECT " ACCOUNT_COLUMNS " FROM organizations_account ORDER BY account", NULL, 0,
                         account_reader(100000), out);
}

struct err org_rows_accounts_closing(const struct rows *rows, int64_t before_ms, struct account_rows *out)
{
    return org_rows_read(rows,
                         "SELECT " ACCOUNT_COLUMNS
                         " FROM organizations_account WHERE closed_ms > 0 AND (status = 'PENDING_CLOSURE'"
                         " OR (closed_ms < $1 AND management <> '')) ORDER BY account LIMIT 100",
                         SQL_VALUES(SQL_INT(before_ms)), account_reader(100), out);
}

static void read_news(const struct rows *rows, const struct store_cursor *cursor, void *item)
{
    *(struct news_row *)item = (struct news_row){
        .id = store_int(cursor, 0),
        .account = store_text(rows->ctx, cursor, 1),
        .member = store_text(rows->ctx, cursor, 2),
        .email = store_text(rows->ctx, cursor, 3),
        .joined = store_int(cursor, 4) != 0,
    };
}

struct err org_rows_news(const struct rows *rows, struct news_rows *out)
{
    return org_rows_read(rows,
                         "SELECT id, account, member, email, joined FROM organizations_news ORDER BY id LIMIT 100",
                         NULL, 0, (struct rows_reader){ read_news, sizeof(struct news_row), 100 }, out);
}

struct err org_rows_news_add(const struct rows *rows, struct str member, struct str email, bool joined)
{
    return org_rows_run(rows, "INSERT INTO organizations_news (account, member, email, joined) VALUES ($1, $2, $3, $4)",
                        SQL_VALUES(SQL_TEXT(rows->account), SQL_TEXT(member), SQL_TEXT(email), SQL_INT(joined)));
}

struct err org_rows_news_delete(const struct rows *rows, int64_t id)
{
    return org_rows_run(rows, "DELETE FROM organizations_news WHERE account = $1 AND id = $2",
                        SQL_VALUES(SQL_TEXT(rows->account), SQL_INT(id)));
}

static void read_unit(const struct rows *rows, const struct store_cursor *cursor, void *item)
{
    *(struct unit_row *)item = (struct unit_row){
        .id = store_text(rows->ctx, cursor, 0),
        .parent = store_text(rows->ctx, cursor, 1),
        .name = store_text(rows->ctx, cursor, 2),
    };
}

static struct rows_reader unit_reader(size_t room)
{
    return (struct rows_reader){ read_unit, sizeof(struct unit_row), room };
}

struct err org_rows_unit_find(const struct rows *rows, struct str id, struct unit_row *out, bool *found)
{
    return org_rows_read_one(rows, "SELECT id, parent, name FROM organizations_unit WHERE account = $1 AND id = $2",
                             SQL_VALUES(SQL_TEXT(rows->account), SQL_TEXT(id)), unit_reader(1), out, found);
}

struct err org_rows_unit_insert(const struct rows *rows, const struct unit_row *row)
{
    return org_rows_run(
        rows, "INSERT INTO organizations_unit (account, id, parent, name) VALUES ($1, $2, $3, $4)",
        SQL_VALUES(SQL_TEXT(rows->account), SQL_TEXT(row->id), SQL_TEXT(row->parent), SQL_TEXT(row->name)));
}

struct err org_rows_unit_rename(const struct rows *rows, struct str id, struct str name)
{
    return org_rows_run(rows, "UPDATE organizations_unit SET name = $3 WHERE account = $1 AND id = $2",
                        SQL_VALUES(SQL_TEXT(rows->account), SQL_TEXT(id), SQL_TEXT(name)));
}

struct err org_rows_unit_delete(const struct rows *rows, struct str id)
{
    return org_rows_run(rows, "DELETE FROM organizations_unit WHERE account = $1 AND id = $2",
                        SQL_VALUES(SQL_TEXT(rows->account), SQL_TEXT(id)));
}

struct err org_rows_units(const struct rows *rows, struct str parent, struct page page, struct unit_rows *out)
{
    const size_t room = rows_room(page);
    return parent.ptr ? org_rows_read(rows,
                                      "SELECT id, parent, name FROM organizations_unit"
                                      " WHERE account = $1 AND parent = $2 AND id > $3 ORDER BY id LIMIT $4",
                                      SQL_VALUES(SQL_TEXT(rows->account), SQL_TEXT(parent), SQL_TEXT(page.after),
                                                 SQL_INT((int64_t)room)),
                                      unit_reader(room), out)
                      : org_rows_read(rows,
                                      "SELECT id, parent, name FROM organizations_unit"
                                      " WHERE account = $1 AND id > $2 ORDER BY id LIMIT $3",
                                      SQL_VALUES(SQL_TEXT(rows->account), SQL_TEXT(page.after), SQL_INT((int64_t)room)),
                                      unit_reader(room), out);
}

#define REQUEST_COLUMNS "account, id, name, email, role, state, made, failure, requested_ms, completed_ms"

static void read_request(const struct rows *rows, const struct store_cursor *cursor, void *item)
{
    *(struct request_row *)item = (struct request_row){
        .account = store_text(rows->ctx, cursor, 0),
        .id = store_text(rows->ctx, cursor, 1),
        .name = store_text(rows->ctx, cursor, 2),
        .email = store_text(rows->ctx, cursor, 3),
        .role = store_text(rows->ctx, cursor, 4),
        .state = store_text(rows->ctx, cursor, 5),
        .made = store_text(rows->ctx, cursor, 6),
        .failure = store_text(rows->ctx, cursor, 7),
        .requested_ms = store_int(cursor, 8),
        .completed_ms = store_int(cursor, 9),
    };
}

static struct rows_reader request_reader(size_t room)
{
    return (struct rows_reader){ read_request, sizeof(struct request_row), room };
}

struct err org_rows_request_find(const struct rows *rows, struct str id, struct request_row *out, bool *found)
{
    return org_rows_read_one(rows,
                             "SELECT " REQUEST_COLUMNS " FROM organizations_request WHERE account = $1 AND id = $2",
                             SQL_VALUES(SQL_TEXT(rows->account), SQL_TEXT(id)), request_reader(1), out, found);
}

struct err org_rows_request_put(const struct rows *rows, const struct request_row *row)
{
    return org_rows_run(
        rows,
        "INSERT INTO organizations_request (" REQUEST_COLUMNS ") VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)"
        " ON CONFLICT (account, id) DO UPDATE SET state = $6, made = $7, failure = $8, completed_ms = $10",
        SQL_VALUES(SQL_TEXT(row->account), SQL_TEXT(row->id), SQL_TEXT(row->name), SQL_TEXT(row->email),
                   SQL_TEXT(row->role), SQL_TEXT(row->state), SQL_TEXT(row->made), SQL_TEXT(row->failure),
                   SQL_INT(row->requested_ms), SQL_INT(row->completed_ms)));
}

struct err org_rows_requests(const struct rows *rows, struct page page, struct request_rows *out)
{
    const size_t room = rows_room(page);
    return org_rows_read(
        rows,
        "SELECT " REQUEST_COLUMNS " FROM organizations_request WHERE account = $1 AND id > $2 ORDER BY id LIMIT $3",
        SQL_VALUES(SQL_TEXT(rows->account), SQL_TEXT(page.after), SQL_INT((int64_t)room)), request_reader(room), out);
}

struct err org_rows_requests_open(const struct rows *rows, struct request_rows *out)
{
    return org_rows_read(
        rows, "SELECT " REQUEST_COLUMNS " FROM organizations_request WHERE state = $1 ORDER BY account, id LIMIT 100",
        SQL_VALUES(SQL_TEXT(STR("IN_PROGRESS"))), request_reader(100), out);
}

static struct err read_count(const struct rows *rows, const char *sql, const struct store_value *values, size_t count,
                             int64_t *out)
{
    struct store_cursor cursor = { .conn = NULL };
    bool more = false;
    TRY(store_query(rows->ctx, rows->db, sql, values, count, &cursor));
    TRY(store_next(rows->ctx, &cursor, &more));
    *out = more ? store_int(&cursor, 0) : 0;
    store_end(&cursor);
    return ERR_OK;
}

struct err org_rows_count(const struct rows *rows, enum counted which, struct str what, struct str also, int64_t *count)
{
    static const struct {
        const char *sql;
        size_t values;
    } COUNTS[] = {
        [COUNT_ACCOUNTS] = { "SELECT count(*) FROM organizations_account WHERE management = $1", 1 },
        [COUNT_UNITS] = { "SELECT count(*) FROM organizations_unit WHERE account = $1", 1 },
        [COUNT_POLICIES] = { "SELECT count(*) FROM organizations_policy WHERE account = $1 AND type = $2", 2 },
        [COUNT_OF_POLICY] = { "SELECT count(*) FROM organizations_attachment WHERE account = $1 AND policy = $2", 2 },
        [COUNT_OF_TARGET] = { "SELECT count(*) FROM organizations_attachment WHERE account = $1 AND target = $2 AND "
                              "type = $3",
                              3 },
        [COUNT_ACCOUNTS_OF] = { "SELECT count(*) FROM organizations_account WHERE management = $1 AND parent = $2", 2 },
        [COUNT_UNITS_OF] = { "SELECT count(*) FROM organizations_unit WHERE account = $1 AND parent = $2", 2 },
        [COUNT_DELEGATES_OF] = { "SELECT count(*) FROM organizations_delegate WHERE account = $1 AND principal = $2",
                                 2 },
        [COUNT_DELEGATIONS] = { "SELECT count(*) FROM organizations_delegate WHERE account = $1 AND member = $2", 2 },
        [COUNT_TAGS] = { "SELECT count(*) FROM organizations_tag WHERE account = $1 AND resource = $2", 2 },
        [COUNT_OPEN_REQUESTS] = { "SELECT count(*) FROM organizations_request WHERE account = $1 AND state = "
                                  "'IN_PROGRESS'",
                                  1 },
    };
    const struct store_value values[] = { SQL_TEXT(rows->account), SQL_TEXT(what), SQL_TEXT(also) };
    return read_count(rows, COUNTS[which].sql, values, COUNTS[which].values, count);
}

struct err org_rows_closed_since(const struct rows *rows, int64_t since_ms, int64_t *count)
{
    return read_count(rows, "SELECT count(*) FROM organizations_account WHERE management = $1 AND closed_ms > $2",
                      SQL_VALUES(SQL_TEXT(rows->account), SQL_INT(since_ms)), count);
}
