/* rows.h - all the SQL of IAM: rows as structs, in the arena of rows->ctx.
 *
 * Names are looked up without regard to case. Lists come in the order of their key, from after (exclusive), at most limit + 1 rows: one
 * more than asked for tells that there are more. */
#ifndef YAGURA_SVC_IAM_ROWS_H
#define YAGURA_SVC_IAM_ROWS_H

#include "svc/request.h"

struct rows {
    struct ctx *ctx;
    struct store_conn *db;
    struct str account;
};

struct page {
    struct str after; /* key of the last row already seen; empty: from the start */
    int64_t limit;
};

enum entity_kind { ENTITY_USER, ENTITY_GROUP, ENTITY_ROLE };

struct entity {
    enum entity_kind kind;
    struct str name, id, path;
    int64_t created_ms;
    struct str description;
    struct str trust; /* of a role */
    int64_t max_session;
    struct str boundary; /* ARN of a policy, or absent */
    struct str key;      /* as read; lists are ordered by it */
};

struct entities {
    struct entity *items;
    size_t count;
};

/* *found tells whether; the other rows_*_find functions alike. */
struct err rows_entity_find(const struct rows *rows, enum entity_kind kind, struct str name, struct entity *out,
                            bool *found);
struct err rows_entity_by_id(const struct rows *rows, struct str id, struct entity *out, bool *found);
struct err rows_entity_insert(const struct rows *rows, const struct entity *entity); /* STORE_CONFLICT: name taken */
struct err rows_entity_update(const struct rows *rows, const struct entity *entity); /* by id; STORE_CONFLICT alike */
struct err rows_entity_delete(const struct rows *rows, struct str id);
struct err rows_entities(const struct rows *rows, enum entity_kind kind, struct str path_prefix, struct page page,
                         struct entities *out);

enum related { USERS_OF_GROUP, GROUPS_OF_USER };
struct err rows_related(const struct rows *rows, enum related which, struct str id, struct page page,
                        struct entities *out);
/* Ordered by id; kind absent: of every kind. */
struct err rows_entities_of_policy(const struct rows *rows, struct str arn, const enum entity_kind *kind,
                                   struct str path_prefix, struct page page, struct entities *out);

/* What hangs on an entity or policy. */
struct pair {
    struct str key; /* what the list is ordered by */
    struct str name;
    struct str value;
};
struct pairs {
    struct pair *items;
    size_t count;
};
enum belonging { TAGS, INLINE_POLICIES, ATTACHED_POLICIES };
struct err rows_pairs(const struct rows *rows, enum belonging which, struct str owner, struct page page,
                      struct pairs *out);
struct err rows_pair_find(const struct rows *rows, enum belonging which, struct str owner, struct str name,
                          struct pair *out, bool *found);
/* Puts or replaces; value is ignored for attachments, whose name is the policy's ARN. */
struct err rows_pair_put(const struct rows *rows, enum belonging which, struct str owner, struct str name,
                         struct str value);
struct err rows_pair_delete(const struct rows *rows, enum belonging which, struct str owner, struct str name,
                            int64_t *deleted);
/* Tags, inline policies, attachments and memberships of one that is going. */
struct err rows_drop_tags(const struct rows *rows, struct str owner);

struct err rows_member_put(const struct rows *rows, struct str group, struct str user);
struct err rows_member_delete(const struct rows *rows, struct str group, struct str user, int64_t *deleted);

enum counted {
    COUNT_TAGS, COUNT_INLINE, COUNT_ATTACHED, COUNT_USERS_OF_GROUP, COUNT_GROUPS_OF_USER, COUNT_KEYS, COUNT_VERSIONS,
    COUNT_ENTITIES_OF_POLICY, COUNT_BOUNDED, COUNT_ENTITIES /* of a kind: "user", "group", "role" */, COUNT_POLICIES, COUNT_ALL_VERSIONS
};
/* owner: an id, an ARN or a kind; ignored by the counts over everything. */
struct err rows_count(const struct rows *rows, enum counted which, struct str owner, int64_t *count);
struct str rows_kind(enum entity_kind kind);

struct key_row {
    struct str id, owner, status, secret;
    int64_t created_ms;
    int64_t used_ms; /* 0: never */
    struct str used_service, used_region;
};
struct key_rows {
    struct key_row *items;
    size_t count;
};
struct err rows_key_find(const struct rows *rows, struct str id, struct key_row *out, bool *found);
struct err rows_keys(const struct rows *rows, struct str owner, struct page page, struct key_rows *out);
struct err rows_key_insert(const struct rows *rows, const struct key_row *key);
struct err rows_key_status(const struct rows *rows, struct str id, struct str status);
struct err rows_key_used(const struct rows *rows, struct str id, struct str service, struct str region);
struct err rows_key_delete(const struct rows *rows, struct str id);

struct policy_row {
    struct str name, id, path, arn, description;
    int64_t default_version, newest_version, created_ms, updated_ms;
    int64_t attached; /* to how many users, groups and roles */
    int64_t bounding; /* how many users and roles */
};
struct policy_rows {
    struct policy_row *items;
    size_t count;
};
struct version_row {
    int64_t version, created_ms;
    struct str document;
};
struct version_rows {
    struct version_row *items;
    size_t count;
};
struct err rows_policy_find(const struct rows *rows, struct str arn, struct policy_row *out, bool *found);
struct err rows_policies(const struct rows *rows, struct str path_prefix, struct page page, struct policy_rows *out);
struct err rows_policy_insert(const struct rows *rows, const struct policy_row *policy); /* STORE_CONFLICT: name taken */
struct err rows_policy_update(const struct rows *rows, const struct policy_row *policy); /* versions, updated_ms */
struct err rows_policy_delete(const struct rows *rows, const struct policy_row *policy);
struct err rows_version_find(const struct rows *rows, struct str policy, int64_t version, struct version_row *out,
                             bool *found);
/* Newest first; all of them: a policy has few. */
struct err rows_versions(const struct rows *rows, struct str policy, struct version_rows *out);
struct err rows_version_insert(const struct rows *rows, struct str policy, const struct version_row *version);
struct err rows_version_delete(const struct rows *rows, struct str policy, int64_t version);

struct err rows_alias_get(const struct rows *rows, struct str *alias); /* absent: none */
struct err rows_alias_put(const struct rows *rows, struct str alias);  /* STORE_CONFLICT: another account's */
struct err rows_alias_delete(const struct rows *rows, struct str alias, int64_t *deleted);

#endif
