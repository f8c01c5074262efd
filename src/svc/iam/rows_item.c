#include "svc/iam/rows_item.h"

#include "svc/iam/rows_read.h"

static const char *const KINDS[] = {
    [ITEM_MFA] = "mfa",
    [ITEM_LOGIN] = "login",
    [ITEM_OLD_PASSWORD] = "old-password",
    [ITEM_INSTANCE_PROFILE] = "instance-profile",
    [ITEM_SERVER_CERTIFICATE] = "server-certificate",
    [ITEM_SIGNING_CERTIFICATE] = "signing-certificate",
    [ITEM_SSH_KEY] = "ssh-key",
    [ITEM_SERVICE_CREDENTIAL] = "service-credential",
    [ITEM_OIDC] = "oidc",
    [ITEM_SAML] = "saml",
    [ITEM_SAML_KEY] = "saml-key",
    [ITEM_SETTING] = "setting",
    [ITEM_PROPERTY] = "property",
    [ITEM_JOB] = "job",
    [ITEM_REPORT] = "report",
    [ITEM_TASK] = "task",
    [ITEM_DELEGATION] = "delegation",
};

#define COLUMNS "key, name, id, path, owner, status, number, created_ms, changed_ms, expires_ms, body, more, secret, kind"

const char *rows_item_kind(enum item_kind kind)
{
    return KINDS[kind];
}

static enum item_kind kind_of(struct str name)
{
    size_t kind = 0;
    while (kind + 1 < COUNT_OF(KINDS) && !str_equal(str_of(KINDS[kind]), name)) {
        kind++;
    }
    return (enum item_kind)kind;
}

static void read_item(const struct rows *rows, const struct store_cursor *cursor, void *out)
{
    *(struct item *)out = (struct item){
        .kind = kind_of(store_text(rows->ctx, cursor, 13)),
        .key = store_text(rows->ctx, cursor, 0),
        .name = store_text(rows->ctx, cursor, 1),
        .id = store_text(rows->ctx, cursor, 2),
        .path = store_text(rows->ctx, cursor, 3),
        .owner = store_text(rows->ctx, cursor, 4),
        .status = store_text(rows->ctx, cursor, 5),
        .number = store_int(cursor, 6),
        .created_ms = store_int(cursor, 7),
        .changed_ms = store_int(cursor, 8),
        .expires_ms = store_int(cursor, 9),
        .body = store_text(rows->ctx, cursor, 10),
        .more = store_text(rows->ctx, cursor, 11),
        .secret = store_text(rows->ctx, cursor, 12),
    };
}

static const struct rows_reader READER = { read_item, sizeof(struct item), 1 };

static struct store_value kind_value(enum item_kind kind)
{
    return SQL_TEXT(str_of(KINDS[kind]));
}

struct err rows_item_find(const struct rows *rows, enum item_kind kind, struct str key, struct item *out, bool *found)
{
    return rows_read_one(rows, "SELECT " COLUMNS " FROM iam_item WHERE account = $1 AND kind = $2 AND key = $3",
                         SQL_VALUES(SQL_TEXT(rows->account), kind_value(kind), SQL_TEXT(key)), READER, out, found);
}

struct err rows_item_insert(const struct rows *rows, const struct item *item)
{
    return rows_run(rows,
                    "INSERT INTO iam_item (account, kind, key, name, id, path, owner, status, number, created_ms,"
                    " changed_ms, expires_ms, body, more, secret)"
                    " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)",
                    SQL_VALUES(SQL_TEXT(rows->account), kind_value(item->kind), SQL_TEXT(item->key),
                               SQL_TEXT(item->name), SQL_TEXT(item->id),
                               SQL_TEXT(item->path.ptr ? item->path : STR("/")),
                               SQL_TEXT(rows_text_or_empty(item->owner)), SQL_TEXT(item->status),
                               SQL_INT(item->number), SQL_INT(item->created_ms), SQL_INT(item->changed_ms),
                               SQL_INT(item->expires_ms), SQL_TEXT(item->body), SQL_TEXT(item->more),
                               SQL_BLOB(item->secret)));
}

struct err rows_item_update(const struct rows *rows, const struct item *item, struct str new_key)
{
    return rows_run(rows,
                    "UPDATE iam_item SET key = $4, name = $5, path = $6, owner = $7, status = $8, number = $9,"
                    " changed_ms = $10, expires_ms = $11, body = $12, more = $13, secret = $14, id = $15"
                    " WHERE account = $1 AND kind = $2 AND key = $3",
                    SQL_VALUES(SQL_TEXT(rows->account), kind_value(item->kind), SQL_TEXT(item->key),
                               SQL_TEXT(new_key.ptr ? new_key : item->key), SQL_TEXT(item->name),
                               SQL_TEXT(item->path.ptr ? item->path : STR("/")),
                               SQL_TEXT(rows_text_or_empty(item->owner)), SQL_TEXT(item->status),
                               SQL_INT(item->number), SQL_INT(item->changed_ms), SQL_INT(item->expires_ms),
                               SQL_TEXT(item->body), SQL_TEXT(item->more), SQL_BLOB(item->secret),
                               SQL_TEXT(item->id)));
}

struct err rows_item_delete(const struct rows *rows, enum item_kind kind, struct str key)
{
    return rows_run(rows, "DELETE FROM iam_item WHERE account = $1 AND kind = $2 AND key = $3",
                    SQL_VALUES(SQL_TEXT(rows->account), kind_value(kind), SQL_TEXT(key)));
}

struct err rows_item_delete_before(const struct rows *rows, enum item_kind kind, int64_t before_ms)
{
    return rows_run(rows, "DELETE FROM iam_item WHERE account = $1 AND kind = $2 AND created_ms < $3",
                    SQL_VALUES(SQL_TEXT(rows->account), kind_value(kind), SQL_INT(before_ms)));
}

struct err rows_item_delete_of(const struct rows *rows, enum item_kind kind, struct str owner)
{
    return rows_run(rows, "DELETE FROM iam_item WHERE account = $1 AND owner = $2 AND kind = $3",
                    SQL_VALUES(SQL_TEXT(rows->account), SQL_TEXT(owner), kind_value(kind)));
}

#define LIGHT "key, name, id, path, owner, status, number, created_ms, changed_ms, expires_ms, NULL, NULL, NULL, kind"
#define LISTED(columns, more)                                                                                  \
    "SELECT " columns " FROM iam_item WHERE account = $1 AND kind = $2 AND key > $3 AND path >= $4 AND path < $5" more \
    " ORDER BY key LIMIT $6"

/* Without the bodies of what may be megabytes long. */
static const char *list_sql(enum item_kind kind, bool of_owner)
{
    const bool light = kind == ITEM_SAML || kind == ITEM_SERVER_CERTIFICATE || kind == ITEM_JOB || kind == ITEM_REPORT;
    if (light) {
        return of_owner ? LISTED(LIGHT, " AND owner = $7") : LISTED(LIGHT, "");
    }
    return of_owner ? LISTED(COLUMNS, " AND owner = $7") : LISTED(COLUMNS, "");
}

struct err rows_items(const struct rows *rows, enum item_kind kind, struct str owner, struct str path_prefix,
                      struct page page, struct items *out)
{
    const struct str prefix = rows_text_or_empty(path_prefix);
    const struct rows_reader reader = { read_item, sizeof(struct item), rows_room(page) };
    const struct store_value values[] = { SQL_TEXT(rows->account), kind_value(kind), SQL_TEXT(page.after),
                                          SQL_TEXT(prefix), SQL_TEXT(rows_path_end(rows, prefix)),
                                          SQL_INT(page.limit + 1), SQL_TEXT(owner) };
    struct any_list list = { NULL, 0 };
    TRY(rows_read(rows, list_sql(kind, owner.ptr != NULL), values, owner.ptr ? 7 : 6, reader, &list));
    *out = (struct items){ list.items, list.count };
    return ERR_OK;
}

static void read_number(const struct rows *rows, const struct store_cursor *cursor, void *out)
{
    (void)rows;
    *(int64_t *)out = store_int(cursor, 0);
}

static const struct rows_reader NUMBER = { read_number, sizeof(int64_t), 1 };

struct err rows_item_count(const struct rows *rows, enum item_kind kind, struct str owner, int64_t *count)
{
    const struct store_value values[] = { SQL_TEXT(rows->account), kind_value(kind), SQL_TEXT(owner) };
    bool found = false;
    return rows_read_one(rows,
                         owner.ptr ? "SELECT count(*) FROM iam_item WHERE account = $1 AND kind = $2 AND owner = $3"
                                   : "SELECT count(*) FROM iam_item WHERE account = $1 AND kind = $2",
                         values, owner.ptr ? 3 : 2, NUMBER, count, &found);
}

struct err rows_item_owned(const struct rows *rows, enum item_kind kind, int64_t *count)
{
    bool found = false;
    return rows_read_one(rows, "SELECT count(*) FROM iam_item WHERE account = $1 AND kind = $2 AND owner <> ''",
                         SQL_VALUES(SQL_TEXT(rows->account), kind_value(kind)), NUMBER, count, &found);
}

#define USE_COLUMNS "owner, service, operation, used_ms, region"

static void read_use(const struct rows *rows, const struct store_cursor *cursor, void *out)
{
    *(struct use *)out = (struct use){
        .owner = store_text(rows->ctx, cursor, 0),
        .service = store_text(rows->ctx, cursor, 1),
        .operation = store_text(rows->ctx, cursor, 2),
        .used_ms = store_int(cursor, 3),
        .region = store_text(rows->ctx, cursor, 4),
    };
}

/* One principal's operations are as many as are answered, at most. */
struct err rows_uses(const struct rows *rows, struct str owner, struct uses *out)
{
    struct any_list list = { NULL, 0 };
    TRY(rows_read(rows,
                  "SELECT " USE_COLUMNS " FROM iam_access WHERE account = $1 AND owner = $2"
                  " ORDER BY service, operation",
                  SQL_VALUES(SQL_TEXT(rows->account), SQL_TEXT(owner)),
                  (struct rows_reader){ read_use, sizeof(struct use), 10000 }, &list));
    *out = (struct uses){ list.items, list.count };
    return ERR_OK;
}

/* The newest of each service. */
struct err rows_uses_of_account(const struct rows *rows, struct uses *out)
{
    struct any_list list = { NULL, 0 };
    TRY(rows_read(rows,
                  "SELECT " USE_COLUMNS " FROM iam_access a WHERE account = $1 AND used_ms = (SELECT max(b.used_ms)"
                  " FROM iam_access b WHERE b.account = a.account AND b.service = a.service) ORDER BY service",
                  SQL_VALUES(SQL_TEXT(rows->account)), (struct rows_reader){ read_use, sizeof(struct use), 10000 }, &list));
    *out = (struct uses){ list.items, list.count };
    return ERR_OK;
}

const struct use *uses_newest(const struct uses *uses, struct str service, struct str operation)
{
    const struct use *found = NULL;
    for (size_t i = 0; i < uses->count; i++) {
        const struct use *use = &uses->items[i];
        const bool same = str_equal(use->service, service) && (operation.ptr == NULL || str_equal(use->operation, operation));
        found = same && (found == NULL || use->used_ms > found->used_ms) ? use : found;
    }
    return found;
}

struct err rows_use_put(const struct rows *rows, const struct use *use)
{
    return rows_run(rows,
                    "INSERT INTO iam_access (account, owner, service, operation, used_ms, region)"
                    " VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (account, owner, service, operation)"
                    " DO UPDATE SET used_ms = $5, region = $6",
                    SQL_VALUES(SQL_TEXT(rows->account), SQL_TEXT(use->owner), SQL_TEXT(use->service),
                               SQL_TEXT(use->operation), SQL_INT(use->used_ms), SQL_TEXT(use->region)));
}

struct err rows_use_last(const struct rows *rows, struct str owner, struct use *out, bool *found)
{
    return rows_read_one(rows,
                         "SELECT " USE_COLUMNS " FROM iam_access WHERE account = $1 AND owner = $2"
                         " ORDER BY used_ms DESC LIMIT 1",
                         SQL_VALUES(SQL_TEXT(rows->account), SQL_TEXT(owner)),
                         (struct rows_reader){ read_use, sizeof(struct use), 1 }, out, found);
}

struct err rows_use_delete(const struct rows *rows, struct str owner)
{
    return rows_run(rows, "DELETE FROM iam_access WHERE account = $1 AND owner = $2",
                    SQL_VALUES(SQL_TEXT(rows->account), SQL_TEXT(owner)));
}
