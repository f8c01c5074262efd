/* rows_policy.c - policies, what they are attached to, and the organisation's resource policy. */
#include "svc/organizations/rows_read.h"

static void read_policy(const struct rows *rows, const struct store_cursor *cursor, void *item)
{
    *(struct policy_row *)item = (struct policy_row){
        .id = store_text(rows->ctx, cursor, 0),
        .type = store_text(rows->ctx, cursor, 1),
        .name = store_text(rows->ctx, cursor, 2),
        .description = store_text(rows->ctx, cursor, 3),
        .content = store_text(rows->ctx, cursor, 4),
    };
}

static struct rows_reader policy_reader(size_t room)
{
    return (struct rows_reader){ read_policy, sizeof(struct policy_row), room };
}

struct err org_rows_policy_find(const struct rows *rows, struct str id, struct policy_row *out, bool *found)
{
    return org_rows_read_one(
        rows, "SELECT id, type, name, description, content FROM organizations_policy WHERE account = $1 AND id = $2",
        SQL_VALUES(SQL_TEXT(rows->account), SQL_TEXT(id)), policy_reader(1), out, found);
}

struct err org_rows_policy_insert(const struct rows *rows, const struct policy_row *row)
{
    return org_rows_run(rows,
                        "INSERT INTO organizations_policy (account, id, type, name, description, content)"
                        " VALUES ($1, $2, $3, $4, $5, $6)",
                        SQL_VALUES(SQL_TEXT(rows->account), SQL_TEXT(row->id), SQL_TEXT(row->type), SQL_TEXT(row->name),
                                   SQL_TEXT(row->description), SQL_TEXT(row->content)));
}

struct err org_rows_policy_update(const struct rows *rows, const struct policy_row *row)
{
    return org_rows_run(
        rows,
        "UPDATE organizations_policy SET name = $3, description = $4, content = $5 WHERE account = $1 AND id = $2",
        SQL_VALUES(SQL_TEXT(rows->account), SQL_TEXT(row->id), SQL_TEXT(row->name), SQL_TEXT(row->description),
                   SQL_TEXT(row->content)));
}

struct err org_rows_policy_delete(const struct rows *rows, struct str id)
{
    return org_rows_run(rows, "DELETE FROM organizations_policy WHERE account = $1 AND id = $2",
                        SQL_VALUES(SQL_TEXT(rows->account), SQL_TEXT(id)));
}

struct err org_rows_policies(const struct rows *rows, struct str type, struct page page, struct policy_rows *out)
{
    const size_t room = rows_room(page);
    return org_rows_read(
        rows,
        "SELECT id, type, name, description, content FROM organizations_policy"
        " WHERE account = $1 AND type = $2 AND id > $3 ORDER BY id LIMIT $4",
        SQL_VALUES(SQL_TEXT(rows->account), SQL_TEXT(type), SQL_TEXT(page.after), SQL_INT((int64_t)room)),
        policy_reader(room), out);
}

static void read_attachment(const struct rows *rows, const struct store_cursor *cursor, void *item)
{
    *(struct attachment_row *)item = (struct attachment_row){
        .policy = store_text(rows->ctx, cursor, 0),
        .target = store_text(rows->ctx, cursor, 1),
        .type = store_text(rows->ctx, cursor, 2),
        .since_ms = store_int(cursor, 3),
    };
}

static struct rows_reader attachment_reader(size_t room)
{
    return (struct rows_reader){ read_attachment, sizeof(struct attachment_row), room };
}

struct err org_rows_attachment_find(const struct rows *rows, struct str policy, struct str target, bool *found)
{
    return org_rows_exists(
        rows, "SELECT policy FROM organizations_attachment WHERE account = $1 AND policy = $2 AND target = $3",
        SQL_VALUES(SQL_TEXT(rows->account), SQL_TEXT(policy), SQL_TEXT(target)), found);
}

struct err org_rows_attachment_insert(const struct rows *rows, const struct attachment_row *row)
{
    return org_rows_run(
        rows,
        "INSERT INTO organizations_attachment (account, policy, target, type, since_ms) VALUES ($1, $2, $3, $4, $5)",
        SQL_VALUES(SQL_TEXT(rows->account), SQL_TEXT(row->policy), SQL_TEXT(row->target), SQL_TEXT(row->type),
                   SQL_INT(row->since_ms)));
}

struct err org_rows_attachment_delete(const struct rows *rows, struct str policy, struct str target)
{
    return org_rows_run(rows, "DELETE FROM organizations_attachment WHERE account = $1 AND policy = $2 AND target = $3",
                        SQL_VALUES(SQL_TEXT(rows->account), SQL_TEXT(policy), SQL_TEXT(target)));
}

struct err org_rows_attachments_of_target(const struct rows *rows, struct str target, struct str type, struct page page,
                                          struct attachment_rows *out)
{
    const size_t room = rows_room(page);
    return org_rows_read(rows,
                         "SELECT policy, target, type, since_ms FROM organizations_attachment"
                         " WHERE account = $1 AND target = $2 AND type = $3 AND policy > $4 ORDER BY policy LIMIT $5",
                         SQL_VALUES(SQL_TEXT(rows->account), SQL_TEXT(target), SQL_TEXT(type), SQL_TEXT(page.after),
                                    SQL_INT((int64_t)room)),
                         attachment_reader(room), out);
}

struct err org_rows_attachments_of_policy(const struct rows *rows, struct str policy, struct page page,
                                          struct attachment_rows *out)
{
    const size_t room = rows_room(page);
    return org_rows_read(
        rows,
        "SELECT policy, target, type, since_ms FROM organizations_attachment"
        " WHERE account = $1 AND policy = $2 AND target > $3 ORDER BY target LIMIT $4",
        SQL_VALUES(SQL_TEXT(rows->account), SQL_TEXT(policy), SQL_TEXT(page.after), SQL_INT((int64_t)room)),
        attachment_reader(room), out);
}

struct err org_rows_attachments_drop_type(const struct rows *rows, struct str type)
{
    return org_rows_run(rows, "DELETE FROM organizations_attachment WHERE account = $1 AND type = $2",
                        SQL_VALUES(SQL_TEXT(rows->account), SQL_TEXT(type)));
}

struct err org_rows_drop(const struct rows *rows, struct str target)
{
    static const char *const TABLES[] = {
        "DELETE FROM organizations_attachment WHERE account = $1 AND target = $2",
        "DELETE FROM organizations_tag WHERE account = $1 AND resource = $2",
        "DELETE FROM organizations_delegate WHERE account = $1 AND member = $2",
    };
    for (size_t i = 0; i < COUNT_OF(TABLES); i++) {
        TRY(org_rows_run(rows, TABLES[i], SQL_VALUES(SQL_TEXT(rows->account), SQL_TEXT(target))));
    }
    return ERR_OK;
}

static void read_resource_policy(const struct rows *rows, const struct store_cursor *cursor, void *item)
{
    *(struct pair_row *)item = (struct pair_row){
        .name = store_text(rows->ctx, cursor, 0),
        .value = store_text(rows->ctx, cursor, 1),
    };
}

struct err org_rows_resource_policy_find(const struct rows *rows, struct pair_row *out, bool *found)
{
    return org_rows_read_one(rows, "SELECT id, content FROM organizations_resource_policy WHERE account = $1",
                             SQL_VALUES(SQL_TEXT(rows->account)),
                             (struct rows_reader){ read_resource_policy, sizeof(*out), 1 }, out, found);
}

struct err org_rows_resource_policy_put(const struct rows *rows, const struct pair_row *row)
{
    return org_rows_run(rows,
                        "INSERT INTO organizations_resource_policy (account, id, content) VALUES ($1, $2, $3)"
                        " ON CONFLICT (account) DO UPDATE SET content = $3",
                        SQL_VALUES(SQL_TEXT(rows->account), SQL_TEXT(row->name), SQL_TEXT(row->value)));
}

struct err org_rows_resource_policy_delete(const struct rows *rows)
{
    return org_rows_run(rows, "DELETE FROM organizations_resource_policy WHERE account = $1",
                        SQL_VALUES(SQL_TEXT(rows->account)));
}
