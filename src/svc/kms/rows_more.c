/* rows_more.c - rows of what hangs on keys: aliases, grants, tags; and of key stores. */
#include "svc/kms/rows_read.h"

#define ALIAS_COLUMNS "name, key_id, created_ms, updated_ms"

static void read_alias(const struct rows *rows, const struct store_cursor *cursor, void *item)
{
    *(struct alias_row *)item = (struct alias_row){
        .name = store_text(rows->ctx, cursor, 0),
        .key = store_text(rows->ctx, cursor, 1),
        .created_ms = store_int(cursor, 2),
        .updated_ms = store_int(cursor, 3),
    };
}

static struct reader alias_reader(size_t room)
{
    return (struct reader){ read_alias, sizeof(struct alias_row), room };
}

struct err kms_rows_alias_find(const struct rows *rows, struct str name, struct alias_row *out, bool *found)
{
    return kms_rows_read_one(rows, "SELECT " ALIAS_COLUMNS " FROM kms_alias WHERE account = $1 AND region = $2 AND name = $3",
                         SQL_VALUES(HERE, SQL_TEXT(name)), alias_reader(1), out, found);
}

struct err kms_rows_alias_put(const struct rows *rows, const struct alias_row *row)
{
    return kms_rows_run(rows,
                    "INSERT INTO kms_alias (account, region, " ALIAS_COLUMNS ") VALUES ($1, $2, $3, $4, $5, $6)"
                    " ON CONFLICT (account, region, name) DO UPDATE SET key_id = $4, updated_ms = $6",
                    SQL_VALUES(HERE, SQL_TEXT(row->name), SQL_TEXT(row->key), SQL_INT(row->created_ms),
                               SQL_INT(row->updated_ms)));
}

struct err kms_rows_alias_delete(const struct rows *rows, struct str name)
{
    return kms_rows_run(rows, "DELETE FROM kms_alias WHERE account = $1 AND region = $2 AND name = $3",
                    SQL_VALUES(HERE, SQL_TEXT(name)));
}

struct err kms_rows_aliases(const struct rows *rows, struct str key, struct page page, struct alias_row **out, size_t *count)
{
    if (key.ptr == NULL) {
        return kms_rows_read(rows,
                         "SELECT " ALIAS_COLUMNS " FROM kms_alias WHERE account = $1 AND region = $2 AND name > $3"
                         " ORDER BY name LIMIT $4",
                         SQL_VALUES(HERE, SQL_TEXT(page.after), SQL_INT(page.limit + 1)), alias_reader(room_of(page)), out,
                         count);
    }
    return kms_rows_read(rows,
                     "SELECT " ALIAS_COLUMNS " FROM kms_alias WHERE account = $1 AND region = $2 AND key_id = $3 AND name > $4"
                     " ORDER BY name LIMIT $5",
                     SQL_VALUES(HERE, SQL_TEXT(key), SQL_TEXT(page.after), SQL_INT(page.limit + 1)),
                     alias_reader(room_of(page)), out, count);
}

#define GRANT_COLUMNS \
    "key_id, id, name, grantee, grantee_service, retiring, retiring_service, operations, constraints, issuer, created_ms, account"

static void read_grant(const struct rows *rows, const struct store_cursor *cursor, void *item)
{
    *(struct grant_row *)item = (struct grant_row){
        .key = store_text(rows->ctx, cursor, 0),
        .id = store_text(rows->ctx, cursor, 1),
        .name = store_text(rows->ctx, cursor, 2),
        .grantee = store_text(rows->ctx, cursor, 3),
        .grantee_service = store_int(cursor, 4) != 0,
        .retiring = store_text(rows->ctx, cursor, 5),
        .retiring_service = store_int(cursor, 6) != 0,
        .operations = store_text(rows->ctx, cursor, 7),
        .constraints = store_text(rows->ctx, cursor, 8),
        .issuer = store_text(rows->ctx, cursor, 9),
        .created_ms = store_int(cursor, 10),
        .account = store_text(rows->ctx, cursor, 11),
    };
}

static struct reader grant_reader(size_t room)
{
    return (struct reader){ read_grant, sizeof(struct grant_row), room };
}

struct err kms_rows_grant_find(const struct rows *rows, struct str key, struct str id, struct grant_row *out, bool *found)
{
    return kms_rows_read_one(rows,
                         "SELECT " GRANT_COLUMNS " FROM kms_grant WHERE account = $1 AND region = $2 AND key_id = $3"
                         " AND id = $4",
                         SQL_VALUES(HERE, SQL_TEXT(key), SQL_TEXT(id)), grant_reader(1), out, found);
}

struct err kms_rows_grant_insert(const struct rows *rows, const struct grant_row *row)
{
    return kms_rows_run(rows,
                    "INSERT INTO kms_grant (region, " GRANT_COLUMNS ") VALUES ($2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12,"
                    " $13, $1)",
                    SQL_VALUES(HERE, SQL_TEXT(row->key), SQL_TEXT(row->id), SQL_TEXT(row->name), SQL_TEXT(row->grantee),
                               SQL_INT(row->grantee_service), SQL_TEXT(row->retiring), SQL_INT(row->retiring_service),
                               SQL_TEXT(row->operations), SQL_TEXT(row->constraints), SQL_TEXT(row->issuer),
                               SQL_INT(row->created_ms)));
}

struct err kms_rows_grant_delete(const struct rows *rows, struct str key, struct str id)
{
    return kms_rows_run(rows, "DELETE FROM kms_grant WHERE account = $1 AND region = $2 AND key_id = $3 AND id = $4",
                    SQL_VALUES(HERE, SQL_TEXT(key), SQL_TEXT(id)));
}

struct err kms_rows_grants(const struct rows *rows, struct str key, struct str grantee, struct page page, struct grant_row **out,
                       size_t *count)
{
    if (grantee.ptr == NULL) {
        return kms_rows_read(rows,
                         "SELECT " GRANT_COLUMNS " FROM kms_grant WHERE account = $1 AND region = $2 AND key_id = $3"
                         " AND id > $4 ORDER BY id LIMIT $5",
                         SQL_VALUES(HERE, SQL_TEXT(key), SQL_TEXT(page.after), SQL_INT(page.limit + 1)),
                         grant_reader(room_of(page)), out, count);
    }
    return kms_rows_read(rows,
                     "SELECT " GRANT_COLUMNS " FROM kms_grant WHERE account = $1 AND region = $2 AND key_id = $3"
                     " AND grantee = $4 AND id > $5 ORDER BY id LIMIT $6",
                     SQL_VALUES(HERE, SQL_TEXT(key), SQL_TEXT(grantee), SQL_TEXT(page.after), SQL_INT(page.limit + 1)),
                     grant_reader(room_of(page)), out, count);
}

struct err kms_rows_grants_retirable(const struct rows *rows, struct str principal, struct page page, struct grant_row **out,
                                 size_t *count)
{
    return kms_rows_read(rows,
                     "SELECT " GRANT_COLUMNS " FROM kms_grant WHERE region = $1 AND retiring = $2 AND id > $3"
                     " ORDER BY id LIMIT $4",
                     SQL_VALUES(SQL_TEXT(rows->region), SQL_TEXT(principal), SQL_TEXT(page.after), SQL_INT(page.limit + 1)),
                     grant_reader(room_of(page)), out, count);
}

struct err kms_rows_grant_count(const struct rows *rows, struct str key, int64_t *out)
{
    return kms_rows_read_count(rows, "SELECT count(*) FROM kms_grant WHERE account = $1 AND region = $2 AND key_id = $3",
                           SQL_VALUES(HERE, SQL_TEXT(key)), out);
}

static void read_tag(const struct rows *rows, const struct store_cursor *cursor, void *item)
{
    *(struct tag_row *)item = (struct tag_row){ store_text(rows->ctx, cursor, 0), store_text(rows->ctx, cursor, 1) };
}

struct err kms_rows_tags(const struct rows *rows, struct str key, struct page page, struct tag_row **out, size_t *count)
{
    return kms_rows_read(rows,
                     "SELECT name, value FROM kms_tag WHERE account = $1 AND region = $2 AND key_id = $3 AND name > $4"
                     " ORDER BY name LIMIT $5",
                     SQL_VALUES(HERE, SQL_TEXT(key), SQL_TEXT(page.after), SQL_INT(page.limit + 1)),
                     (struct reader){ read_tag, sizeof(struct tag_row), room_of(page) }, out, count);
}

struct err kms_rows_tag_put(const struct rows *rows, struct str key, const struct tag_row *row)
{
    return kms_rows_run(rows,
                    "INSERT INTO kms_tag (account, region, key_id, name, value) VALUES ($1, $2, $3, $4, $5)"
                    " ON CONFLICT (account, region, key_id, name) DO UPDATE SET value = $5",
                    SQL_VALUES(HERE, SQL_TEXT(key), SQL_TEXT(row->name), SQL_TEXT(not_absent(row->value))));
}

struct err kms_rows_tag_delete(const struct rows *rows, struct str key, struct str name)
{
    return kms_rows_run(rows, "DELETE FROM kms_tag WHERE account = $1 AND region = $2 AND key_id = $3 AND name = $4",
                    SQL_VALUES(HERE, SQL_TEXT(key), SQL_TEXT(name)));
}

#define STORE_COLUMNS "id, name, cluster, certificate, password, state, created_ms"

static void read_store(const struct rows *rows, const struct store_cursor *cursor, void *item)
{
    *(struct store_row *)item = (struct store_row){
        .id = store_text(rows->ctx, cursor, 0),
        .name = store_text(rows->ctx, cursor, 1),
        .cluster = store_text(rows->ctx, cursor, 2),
        .certificate = store_text(rows->ctx, cursor, 3),
        .password = store_text(rows->ctx, cursor, 4),
        .state = store_text(rows->ctx, cursor, 5),
        .created_ms = store_int(cursor, 6),
    };
}

static struct reader store_reader(size_t room)
{
    return (struct reader){ read_store, sizeof(struct store_row), room };
}

struct err kms_rows_store_find(const struct rows *rows, struct str id, struct store_row *out, bool *found)
{
    return kms_rows_read_one(rows, "SELECT " STORE_COLUMNS " FROM kms_store WHERE account = $1 AND region = $2 AND id = $3",
                         SQL_VALUES(HERE, SQL_TEXT(id)), store_reader(1), out, found);
}

struct err kms_rows_store_put(const struct rows *rows, const struct store_row *row)
{
    return kms_rows_run(rows,
                    "INSERT INTO kms_store (account, region, " STORE_COLUMNS ") VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)"
                    " ON CONFLICT (account, region, id) DO UPDATE SET name = $4, cluster = $5, password = $7, state = $8",
                    SQL_VALUES(HERE, SQL_TEXT(row->id), SQL_TEXT(row->name), SQL_TEXT(row->cluster),
                               SQL_TEXT(row->certificate), SQL_BLOB(row->password), SQL_TEXT(row->state),
                               SQL_INT(row->created_ms)));
}

struct err kms_rows_store_delete(const struct rows *rows, struct str id)
{
    return kms_rows_run(rows, "DELETE FROM kms_store WHERE account = $1 AND region = $2 AND id = $3",
                    SQL_VALUES(HERE, SQL_TEXT(id)));
}

struct err kms_rows_stores(const struct rows *rows, struct page page, struct store_row **out, size_t *count)
{
    return kms_rows_read(rows,
                     "SELECT " STORE_COLUMNS " FROM kms_store WHERE account = $1 AND region = $2 AND id > $3"
                     " ORDER BY id LIMIT $4",
                     SQL_VALUES(HERE, SQL_TEXT(page.after), SQL_INT(page.limit + 1)), store_reader(room_of(page)), out, count);
}

struct err kms_rows_store_keys(const struct rows *rows, struct str id, int64_t *count)
{
    return kms_rows_read_count(rows, "SELECT count(*) FROM kms_key WHERE account = $1 AND region = $2 AND store = $3",
                           SQL_VALUES(HERE, SQL_TEXT(id)), count);
}
