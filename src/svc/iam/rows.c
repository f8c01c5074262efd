#include "svc/iam/rows.h"

#include "svc/iam/rows_read.h"

static const char *const KINDS[] = { [ENTITY_USER] = "user", [ENTITY_GROUP] = "group", [ENTITY_ROLE] = "role" };

struct str rows_kind(enum entity_kind kind)
{
    return str_of(KINDS[kind]);
}

static struct str key_of(const struct rows *rows, struct str name)
{
    return str_lower(rows->ctx->arena, name);
}

#define ENTITY_COLUMNS \
    "e.kind, e.name, e.id, e.path, e.created_ms, e.description, e.trust, e.max_session, e.boundary, e.key"

static void read_entity(const struct rows *rows, const struct store_cursor *cursor, void *item)
{
    const struct str kind = store_text(rows->ctx, cursor, 0);
    *(struct entity *)item = (struct entity){
        .kind = str_equal(kind, STR("user")) ? ENTITY_USER : str_equal(kind, STR("role")) ? ENTITY_ROLE : ENTITY_GROUP,
        .name = store_text(rows->ctx, cursor, 1),
        .id = store_text(rows->ctx, cursor, 2),
        .path = store_text(rows->ctx, cursor, 3),
        .created_ms = store_int(cursor, 4),
        .description = store_text(rows->ctx, cursor, 5),
        .trust = store_text(rows->ctx, cursor, 6),
        .max_session = store_int(cursor, 7),
        .boundary = store_text(rows->ctx, cursor, 8),
        .key = store_text(rows->ctx, cursor, 9),
    };
}

static struct rows_reader entity_reader(size_t room)
{
    return (struct rows_reader){ read_entity, sizeof(struct entity), room };
}

struct err rows_entity_find(const struct rows *rows, enum entity_kind kind, struct str name, struct entity *out,
                         bool *found)
{
    return rows_read_one(rows, "SELECT " ENTITY_COLUMNS " FROM iam_entity e WHERE account = $1 AND kind = $2 AND key = $3",
                    SQL_VALUES(SQL_TEXT(rows->account), SQL_TEXT(rows_kind(kind)), SQL_TEXT(key_of(rows, name))),
                    entity_reader(1), out, found);
}

struct err rows_entity_by_id(const struct rows *rows, struct str id, struct entity *out, bool *found)
{
    return rows_read_one(rows, "SELECT " ENTITY_COLUMNS " FROM iam_entity e WHERE account = $1 AND id = $2",
                    SQL_VALUES(SQL_TEXT(rows->account), SQL_TEXT(id)), entity_reader(1), out, found);
}

struct err rows_entity_insert(const struct rows *rows, const struct entity *e)
{
    return rows_run(rows,
               "INSERT INTO iam_entity (account, kind, key, name, id, path, created_ms, description, trust, max_session,"
               " boundary) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
               SQL_VALUES(SQL_TEXT(rows->account), SQL_TEXT(rows_kind(e->kind)), SQL_TEXT(key_of(rows, e->name)),
                       SQL_TEXT(e->name), SQL_TEXT(e->id), SQL_TEXT(e->path), SQL_INT(e->created_ms),
                       SQL_TEXT(e->description), SQL_TEXT(e->trust), SQL_INT(e->max_session),
                       SQL_TEXT(e->boundary)));
}

struct err rows_entity_update(const struct rows *rows, const struct entity *e)
{
    return rows_run(rows,
               "UPDATE iam_entity SET key = $3, name = $4, path = $5, description = $6, trust = $7, max_session = $8,"
               " boundary = $9 WHERE account = $1 AND id = $2",
               SQL_VALUES(SQL_TEXT(rows->account), SQL_TEXT(e->id), SQL_TEXT(key_of(rows, e->name)), SQL_TEXT(e->name),
                       SQL_TEXT(e->path), SQL_TEXT(e->description), SQL_TEXT(e->trust), SQL_INT(e->max_session),
                       SQL_TEXT(e->boundary)));
}

struct err rows_entity_delete(const struct rows *rows, struct str id)
{
    TRY(rows_drop_tags(rows, id));
    return rows_run(rows, "DELETE FROM iam_entity WHERE account = $1 AND id = $2",
               SQL_VALUES(SQL_TEXT(rows->account), SQL_TEXT(id)));
}

struct err rows_entities(const struct rows *rows, enum entity_kind kind, struct str path_prefix, struct page page,
                      struct entities *out)
{
    const struct str prefix = rows_text_or_empty(path_prefix);
    struct any_list list = { NULL, 0 };
    TRY(rows_read(rows,
                  "SELECT " ENTITY_COLUMNS " FROM iam_entity e WHERE account = $1 AND kind = $2 AND key > $3"
                  " AND path >= $4 AND path < $5 ORDER BY key LIMIT $6",
                  SQL_VALUES(SQL_TEXT(rows->account), SQL_TEXT(rows_kind(kind)), SQL_TEXT(page.after),
                             SQL_TEXT(prefix), SQL_TEXT(rows_path_end(rows, prefix)), SQL_INT(page.limit + 1)),
                  entity_reader(rows_room(page)), &list));
    *out = (struct entities){ list.items, list.count };
    return ERR_OK;
}

static const char *const RELATED[] = {
    [USERS_OF_GROUP] = "SELECT " ENTITY_COLUMNS " FROM iam_member m JOIN iam_entity e ON e.account = m.account"
                       " AND e.id = m.member WHERE m.account = $1 AND m.team = $2 AND e.key > $3 ORDER BY e.key LIMIT $4",
    [GROUPS_OF_USER] = "SELECT " ENTITY_COLUMNS " FROM iam_member m JOIN iam_entity e ON e.account = m.account"
                       " AND e.id = m.team WHERE m.account = $1 AND m.member = $2 AND e.key > $3 ORDER BY e.key LIMIT $4",
};

struct err rows_related(const struct rows *rows, enum related which, struct str id, struct page page,
                        struct entities *out)
{
    struct any_list list = { NULL, 0 };
    TRY(rows_read(rows, RELATED[which],
                  SQL_VALUES(SQL_TEXT(rows->account), SQL_TEXT(id), SQL_TEXT(page.after), SQL_INT(page.limit + 1)),
                  entity_reader(rows_room(page)), &list));
    *out = (struct entities){ list.items, list.count };
    return ERR_OK;
}

struct err rows_entities_of_policy(const struct rows *rows, struct str arn, const enum entity_kind *kind,
                                   struct str path_prefix, struct page page, struct entities *out)
{
    const struct str prefix = rows_text_or_empty(path_prefix);
    struct any_list list = { NULL, 0 };
    TRY(rows_read(rows,
                  "SELECT " ENTITY_COLUMNS " FROM iam_attachment a JOIN iam_entity e ON e.account = a.account"
                  " AND e.id = a.owner WHERE a.account = $1 AND a.policy = $2 AND e.id > $3"
                  " AND (e.kind = $4 OR $4 = '') AND e.path >= $5 AND e.path < $6 ORDER BY e.id LIMIT $7",
                  SQL_VALUES(SQL_TEXT(rows->account), SQL_TEXT(arn), SQL_TEXT(page.after),
                             SQL_TEXT(kind ? rows_kind(*kind) : STR("")), SQL_TEXT(prefix),
                             SQL_TEXT(rows_path_end(rows, prefix)), SQL_INT(page.limit + 1)),
                  entity_reader(rows_room(page)), &list));
    *out = (struct entities){ list.items, list.count };
    return ERR_OK;
}

static void read_pair(const struct rows *rows, const struct store_cursor *cursor, void *item)
{
    *(struct pair *)item = (struct pair){ store_text(rows->ctx, cursor, 0), store_text(rows->ctx, cursor, 1),
                                          store_text(rows->ctx, cursor, 2) };
}

static const struct {
    const char *list, *find, *put, *drop;
} BELONGINGS[] = {
    [TAGS] = { "SELECT key, name, value FROM iam_tag WHERE account = $1 AND owner = $2 AND key > $3 ORDER BY key LIMIT $4",
               "SELECT key, name, value FROM iam_tag WHERE account = $1 AND owner = $2 AND key = $3",
               "INSERT INTO iam_tag (account, owner, key, name, value) VALUES ($1, $2, $3, $4, $5)"
               " ON CONFLICT (account, owner, key) DO UPDATE SET name = $4, value = $5",
               "DELETE FROM iam_tag WHERE account = $1 AND owner = $2 AND key = $3" },
    [INLINE_POLICIES] = { "SELECT key, name, document FROM iam_inline WHERE account = $1 AND owner = $2 AND key > $3"
                          " ORDER BY key LIMIT $4",
                          "SELECT key, name, document FROM iam_inline WHERE account = $1 AND owner = $2 AND key = $3",
                          "INSERT INTO iam_inline (account, owner, key, name, document) VALUES ($1, $2, $3, $4, $5)"
                          " ON CONFLICT (account, owner, key) DO UPDATE SET name = $4, document = $5",
                          "DELETE FROM iam_inline WHERE account = $1 AND owner = $2 AND key = $3" },
    [ATTACHED_POLICIES] = { "SELECT policy, policy, policy FROM iam_attachment WHERE account = $1 AND owner = $2"
                            " AND policy > $3 ORDER BY policy LIMIT $4",
                            "SELECT policy, policy, policy FROM iam_attachment WHERE account = $1 AND owner = $2"
                            " AND policy = $3",
                            "INSERT INTO iam_attachment (account, owner, policy) VALUES ($1, $2, $3)"
                            " ON CONFLICT (account, owner, policy) DO NOTHING",
                            "DELETE FROM iam_attachment WHERE account = $1 AND owner = $2 AND policy = $3" },
};

static struct str pair_key(const struct rows *rows, enum belonging which, struct str name)
{
    return which == ATTACHED_POLICIES ? name : key_of(rows, name);
}

struct err rows_pairs(const struct rows *rows, enum belonging which, struct str owner, struct page page,
                      struct pairs *out)
{
    struct any_list list = { NULL, 0 };
    TRY(rows_read(rows, BELONGINGS[which].list,
                  SQL_VALUES(SQL_TEXT(rows->account), SQL_TEXT(owner), SQL_TEXT(page.after), SQL_INT(page.limit + 1)),
                  (struct rows_reader){ read_pair, sizeof(struct pair), rows_room(page) }, &list));
    *out = (struct pairs){ list.items, list.count };
    return ERR_OK;
}

struct err rows_pair_find(const struct rows *rows, enum belonging which, struct str owner, struct str name,
                          struct pair *out, bool *found)
{
    return rows_read_one(rows, BELONGINGS[which].find,
                    SQL_VALUES(SQL_TEXT(rows->account), SQL_TEXT(owner), SQL_TEXT(pair_key(rows, which, name))),
                    (struct rows_reader){ read_pair, sizeof(struct pair), 1 }, out, found);
}

struct err rows_pair_put(const struct rows *rows, enum belonging which, struct str owner, struct str name,
                         struct str value)
{
    const struct store_value values[] = { SQL_TEXT(rows->account), SQL_TEXT(owner),
                                          SQL_TEXT(pair_key(rows, which, name)), SQL_TEXT(name), SQL_TEXT(value) };
    return rows_run(rows, BELONGINGS[which].put, values, which == ATTACHED_POLICIES ? 3 : 5);
}

struct err rows_pair_delete(const struct rows *rows, enum belonging which, struct str owner, struct str name,
                            int64_t *deleted)
{
    return store_run(rows->ctx, rows->db, BELONGINGS[which].drop,
                     SQL_VALUES(SQL_TEXT(rows->account), SQL_TEXT(owner), SQL_TEXT(pair_key(rows, which, name))),
                     deleted);
}

struct err rows_drop_tags(const struct rows *rows, struct str owner)
{
    return rows_run(rows, "DELETE FROM iam_tag WHERE account = $1 AND owner = $2",
               SQL_VALUES(SQL_TEXT(rows->account), SQL_TEXT(owner)));
}

struct err rows_member_put(const struct rows *rows, struct str group, struct str user)
{
    return rows_run(rows,
               "INSERT INTO iam_member (account, team, member) VALUES ($1, $2, $3)"
               " ON CONFLICT (account, team, member) DO NOTHING",
               SQL_VALUES(SQL_TEXT(rows->account), SQL_TEXT(group), SQL_TEXT(user)));
}

struct err rows_member_delete(const struct rows *rows, struct str group, struct str user, int64_t *deleted)
{
    return store_run(rows->ctx, rows->db, "DELETE FROM iam_member WHERE account = $1 AND team = $2 AND member = $3",
                     SQL_VALUES(SQL_TEXT(rows->account), SQL_TEXT(group), SQL_TEXT(user)), deleted);
}

static const char *const COUNTS[] = {
    [COUNT_TAGS] = "SELECT count(*) FROM iam_tag WHERE account = $1 AND owner = $2",
    [COUNT_INLINE] = "SELECT count(*) FROM iam_inline WHERE account = $1 AND owner = $2",
    [COUNT_ATTACHED] = "SELECT count(*) FROM iam_attachment WHERE account = $1 AND owner = $2",
    [COUNT_USERS_OF_GROUP] = "SELECT count(*) FROM iam_member WHERE account = $1 AND team = $2",
    [COUNT_GROUPS_OF_USER] = "SELECT count(*) FROM iam_member WHERE account = $1 AND member = $2",
    [COUNT_KEYS] = "SELECT count(*) FROM iam_access_key WHERE account = $1 AND owner = $2",
    [COUNT_VERSIONS] = "SELECT count(*) FROM iam_policy_version WHERE account = $1 AND policy = $2",
    [COUNT_ENTITIES_OF_POLICY] = "SELECT count(*) FROM iam_attachment WHERE account = $1 AND policy = $2",
    [COUNT_BOUNDED] = "SELECT count(*) FROM iam_entity WHERE account = $1 AND boundary = $2",
    [COUNT_ENTITIES] = "SELECT count(*) FROM iam_entity WHERE account = $1 AND kind = $2",
    [COUNT_POLICIES] = "SELECT count(*) FROM iam_policy WHERE account = $1",
    [COUNT_ALL_VERSIONS] = "SELECT count(*) FROM iam_policy_version WHERE account = $1",
};

static void read_count(const struct rows *rows, const struct store_cursor *cursor, void *item)
{
    (void)rows;
    *(int64_t *)item = store_int(cursor, 0);
}

struct err rows_count(const struct rows *rows, enum counted which, struct str owner, int64_t *count)
{
    const struct store_value values[] = { SQL_TEXT(rows->account), SQL_TEXT(owner) };
    const bool over_all = which == COUNT_POLICIES || which == COUNT_ALL_VERSIONS;
    bool found = false;
    return rows_read_one(rows, COUNTS[which], values, over_all ? 1 : 2, (struct rows_reader){ read_count, sizeof(int64_t), 1 },
                    count, &found);
}

#define KEY_COLUMNS "id, owner, status, secret, created_ms, used_ms, used_service, used_region"

static void read_key(const struct rows *rows, const struct store_cursor *cursor, void *item)
{
    *(struct key_row *)item = (struct key_row){
        .id = store_text(rows->ctx, cursor, 0),
        .owner = store_text(rows->ctx, cursor, 1),
        .status = store_text(rows->ctx, cursor, 2),
        .secret = store_text(rows->ctx, cursor, 3),
        .created_ms = store_int(cursor, 4),
        .used_ms = store_int(cursor, 5),
        .used_service = store_text(rows->ctx, cursor, 6),
        .used_region = store_text(rows->ctx, cursor, 7),
    };
}

struct err rows_key_find(const struct rows *rows, struct str id, struct key_row *out, bool *found)
{
    return rows_read_one(rows, "SELECT " KEY_COLUMNS " FROM iam_access_key WHERE account = $1 AND id = $2",
                    SQL_VALUES(SQL_TEXT(rows->account), SQL_TEXT(id)),
                    (struct rows_reader){ read_key, sizeof(struct key_row), 1 }, out, found);
}

struct err rows_keys(const struct rows *rows, struct str owner, struct page page, struct key_rows *out)
{
    struct any_list list = { NULL, 0 };
    TRY(rows_read(rows,
                  "SELECT " KEY_COLUMNS " FROM iam_access_key WHERE account = $1 AND owner = $2 AND id > $3"
                  " ORDER BY id LIMIT $4",
                  SQL_VALUES(SQL_TEXT(rows->account), SQL_TEXT(owner), SQL_TEXT(page.after), SQL_INT(page.limit + 1)),
                  (struct rows_reader){ read_key, sizeof(struct key_row), rows_room(page) }, &list));
    *out = (struct key_rows){ list.items, list.count };
    return ERR_OK;
}

struct err rows_key_insert(const struct rows *rows, const struct key_row *key)
{
    return rows_run(rows,
               "INSERT INTO iam_access_key (account, id, owner, status, secret, created_ms)"
               " VALUES ($1, $2, $3, $4, $5, $6)",
               SQL_VALUES(SQL_TEXT(rows->account), SQL_TEXT(key->id), SQL_TEXT(key->owner), SQL_TEXT(key->status),
                          SQL_BLOB(key->secret), SQL_INT(key->created_ms)));
}

struct err rows_key_status(const struct rows *rows, struct str id, struct str status)
{
    return rows_run(rows, "UPDATE iam_access_key SET status = $3 WHERE account = $1 AND id = $2",
               SQL_VALUES(SQL_TEXT(rows->account), SQL_TEXT(id), SQL_TEXT(status)));
}

struct err rows_key_used(const struct rows *rows, struct str id, struct str service, struct str region)
{
    return rows_run(rows,
               "UPDATE iam_access_key SET used_ms = $3, used_service = $4, used_region = $5"
               " WHERE account = $1 AND id = $2",
               SQL_VALUES(SQL_TEXT(rows->account), SQL_TEXT(id), SQL_INT(rows->ctx->now_ms), SQL_TEXT(service),
                          SQL_TEXT(region)));
}

struct err rows_key_delete(const struct rows *rows, struct str id)
{
    return rows_run(rows, "DELETE FROM iam_access_key WHERE account = $1 AND id = $2",
               SQL_VALUES(SQL_TEXT(rows->account), SQL_TEXT(id)));
}

#define POLICY_COLUMNS \
    "p.name, p.id, p.path, p.arn, p.description, p.default_version, p.newest_version, p.created_ms, p.updated_ms," \
    " (SELECT count(*) FROM iam_attachment a WHERE a.account = p.account AND a.policy = p.arn)," \
    " (SELECT count(*) FROM iam_entity e WHERE e.account = p.account AND e.boundary = p.arn)"

static void read_policy(const struct rows *rows, const struct store_cursor *cursor, void *item)
{
    *(struct policy_row *)item = (struct policy_row){
        .name = store_text(rows->ctx, cursor, 0),
        .id = store_text(rows->ctx, cursor, 1),
        .path = store_text(rows->ctx, cursor, 2),
        .arn = store_text(rows->ctx, cursor, 3),
        .description = store_text(rows->ctx, cursor, 4),
        .default_version = store_int(cursor, 5),
        .newest_version = store_int(cursor, 6),
        .created_ms = store_int(cursor, 7),
        .updated_ms = store_int(cursor, 8),
        .attached = store_int(cursor, 9),
        .bounding = store_int(cursor, 10),
    };
}

struct err rows_policy_find(const struct rows *rows, struct str arn, struct policy_row *out, bool *found)
{
    return rows_read_one(rows, "SELECT " POLICY_COLUMNS " FROM iam_policy p WHERE account = $1 AND arn = $2",
                    SQL_VALUES(SQL_TEXT(rows->account), SQL_TEXT(arn)),
                    (struct rows_reader){ read_policy, sizeof(struct policy_row), 1 }, out, found);
}

struct err rows_policies(const struct rows *rows, struct str path_prefix, struct page page, struct policy_rows *out)
{
    const struct str prefix = rows_text_or_empty(path_prefix);
    struct any_list list = { NULL, 0 };
    TRY(rows_read(rows,
                  "SELECT " POLICY_COLUMNS " FROM iam_policy p WHERE account = $1 AND arn > $2 AND path >= $3"
                  " AND path < $4 ORDER BY arn LIMIT $5",
                  SQL_VALUES(SQL_TEXT(rows->account), SQL_TEXT(page.after), SQL_TEXT(prefix),
                          SQL_TEXT(rows_path_end(rows, prefix)), SQL_INT(page.limit + 1)),
                  (struct rows_reader){ read_policy, sizeof(struct policy_row), rows_room(page) }, &list));
    *out = (struct policy_rows){ list.items, list.count };
    return ERR_OK;
}

struct err rows_policy_insert(const struct rows *rows, const struct policy_row *policy)
{
    return rows_run(rows,
               "INSERT INTO iam_policy (account, key, name, id, path, arn, description, default_version,"
               " newest_version, created_ms, updated_ms) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
               SQL_VALUES(SQL_TEXT(rows->account), SQL_TEXT(key_of(rows, policy->name)), SQL_TEXT(policy->name),
                          SQL_TEXT(policy->id), SQL_TEXT(policy->path), SQL_TEXT(policy->arn),
                          SQL_TEXT(policy->description), SQL_INT(policy->default_version),
                          SQL_INT(policy->newest_version), SQL_INT(policy->created_ms), SQL_INT(policy->updated_ms)));
}

struct err rows_policy_update(const struct rows *rows, const struct policy_row *policy)
{
    return rows_run(rows,
               "UPDATE iam_policy SET default_version = $3, newest_version = $4, updated_ms = $5"
               " WHERE account = $1 AND arn = $2",
               SQL_VALUES(SQL_TEXT(rows->account), SQL_TEXT(policy->arn), SQL_INT(policy->default_version),
                          SQL_INT(policy->newest_version), SQL_INT(policy->updated_ms)));
}

struct err rows_policy_delete(const struct rows *rows, const struct policy_row *policy)
{
    TRY(rows_drop_tags(rows, policy->id));
    TRY(rows_run(rows, "DELETE FROM iam_policy_version WHERE account = $1 AND policy = $2",
            SQL_VALUES(SQL_TEXT(rows->account), SQL_TEXT(policy->id))));
    return rows_run(rows, "DELETE FROM iam_policy WHERE account = $1 AND arn = $2",
               SQL_VALUES(SQL_TEXT(rows->account), SQL_TEXT(policy->arn)));
}

static void read_version(const struct rows *rows, const struct store_cursor *cursor, void *item)
{
    *(struct version_row *)item = (struct version_row){ store_int(cursor, 0), store_int(cursor, 1),
                                                        store_text(rows->ctx, cursor, 2) };
}

struct err rows_version_find(const struct rows *rows, struct str policy, int64_t version, struct version_row *out,
                             bool *found)
{
    return rows_read_one(rows,
                    "SELECT version, created_ms, document FROM iam_policy_version"
                    " WHERE account = $1 AND policy = $2 AND version = $3",
                    SQL_VALUES(SQL_TEXT(rows->account), SQL_TEXT(policy), SQL_INT(version)),
                    (struct rows_reader){ read_version, sizeof(struct version_row), 1 }, out, found);
}

struct err rows_versions(const struct rows *rows, struct str policy, struct version_rows *out)
{
    struct any_list list = { NULL, 0 };
    TRY(rows_read(rows,
                  "SELECT version, created_ms, document FROM iam_policy_version"
                  " WHERE account = $1 AND policy = $2 ORDER BY version DESC",
                  SQL_VALUES(SQL_TEXT(rows->account), SQL_TEXT(policy)),
                  (struct rows_reader){ read_version, sizeof(struct version_row), 100 }, &list));
    *out = (struct version_rows){ list.items, list.count };
    return ERR_OK;
}

struct err rows_version_insert(const struct rows *rows, struct str policy, const struct version_row *version)
{
    return rows_run(rows,
               "INSERT INTO iam_policy_version (account, policy, version, document, created_ms)"
               " VALUES ($1, $2, $3, $4, $5)",
               SQL_VALUES(SQL_TEXT(rows->account), SQL_TEXT(policy), SQL_INT(version->version),
                          SQL_TEXT(version->document), SQL_INT(version->created_ms)));
}

struct err rows_version_delete(const struct rows *rows, struct str policy, int64_t version)
{
    return rows_run(rows, "DELETE FROM iam_policy_version WHERE account = $1 AND policy = $2 AND version = $3",
               SQL_VALUES(SQL_TEXT(rows->account), SQL_TEXT(policy), SQL_INT(version)));
}

static void read_alias(const struct rows *rows, const struct store_cursor *cursor, void *item)
{
    *(struct str *)item = store_text(rows->ctx, cursor, 0);
}

struct err rows_alias_get(const struct rows *rows, struct str *alias)
{
    bool found = false;
    *alias = STR_NONE;
    return rows_read_one(rows, "SELECT alias FROM iam_alias WHERE account = $1", SQL_VALUES(SQL_TEXT(rows->account)),
                    (struct rows_reader){ read_alias, sizeof(struct str), 1 }, alias, &found);
}

struct err rows_alias_put(const struct rows *rows, struct str alias)
{
    return rows_run(rows,
               "INSERT INTO iam_alias (account, alias) VALUES ($1, $2) ON CONFLICT (account) DO UPDATE SET alias = $2",
               SQL_VALUES(SQL_TEXT(rows->account), SQL_TEXT(alias)));
}

struct err rows_alias_delete(const struct rows *rows, struct str alias, int64_t *deleted)
{
    return store_run(rows->ctx, rows->db, "DELETE FROM iam_alias WHERE account = $1 AND alias = $2",
                     SQL_VALUES(SQL_TEXT(rows->account), SQL_TEXT(alias)), deleted);
}
