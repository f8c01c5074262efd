/* rows.h - all the SQL of Secrets Manager: rows as structs, in the arena of rows->ctx.
 *
 * A secret is known by its ARN; versions, stages, tags and replicas belong to it. *found tells whether there is one. */
#ifndef YAGURA_SVC_SECRETSMANAGER_ROWS_H
#define YAGURA_SVC_SECRETSMANAGER_ROWS_H

#include "svc/request.h"

struct rows {
    struct ctx *ctx;
    struct store_conn *db;
    struct str account; /* the secret's */
    struct str region;
};

struct secret {
    struct str account, region, name, arn;
    struct str description, kms_key, kind, policy;
    struct str owner;          /* the service that manages it; absent: nobody */
    struct str primary_region; /* absent: it has no replicas and is none */
    int64_t created_ms, changed_ms, accessed_ms, deleted_ms;
    bool rotates;
    struct str function; /* ARN */
    int64_t days;        /* 0: a schedule, or nothing */
    struct str schedule, duration;
    int64_t rotated_ms;
    int64_t opens_ms, closes_ms; /* of the next rotation's window */
    bool tagged;                 /* it has, or once had, tags */
};
struct secrets {
    struct secret *items;
    size_t count;
};

struct err secret_row_secret_by_arn(const struct rows *rows, struct str arn, struct secret *out, bool *found);
struct err secret_row_secret_by_name(const struct rows *rows, struct str name, struct secret *out, bool *found);
struct err secret_row_secret_insert(const struct rows *rows, const struct secret *secret);
struct err secret_row_secret_update(const struct rows *rows, const struct secret *secret); /* everything but ARN and name */
struct err secret_row_secret_delete(const struct rows *rows, struct str arn);              /* with all that belongs to it */
struct err secret_row_secrets_expired(const struct rows *rows, int64_t limit, struct secrets *out); /* of every account */
struct err secret_row_secrets_due(const struct rows *rows, int64_t limit, struct secrets *out);     /* a window has opened, none under way */

enum order { BY_CREATED, BY_ACCESSED, BY_CHANGED, BY_NAME };
/* Walks all secrets of the account and Region, from place (exclusive; arn absent: from the start); at most limit. */
struct place {
    int64_t number; /* of the three times */
    struct str name, arn;
};
struct err secret_row_secrets(const struct rows *rows, enum order order, bool descending, struct place place, int64_t limit,
                        struct secrets *out);

struct version {
    struct str id;
    int64_t created_ms, accessed_ms;
    struct str kms_key; /* absent: the default key */
    struct str data_key, value;
    bool text;
};
struct versions {
    struct version *items;
    size_t count;
};
struct err secret_row_version_find(const struct rows *rows, struct str secret, struct str id, struct version *out, bool *found);
struct err secret_row_version_of_stage(const struct rows *rows, struct str secret, struct str stage, struct version *out, bool *found);
struct err secret_row_versions(const struct rows *rows, struct str secret, struct versions *out); /* oldest first */
struct err secret_row_version_put(const struct rows *rows, struct str secret, const struct version *version);
struct err secret_row_version_delete(const struct rows *rows, struct str secret, struct str id);

struct stage {
    struct str stage, version;
};
struct stages {
    struct stage *items;
    size_t count;
};
struct err secret_row_stages(const struct rows *rows, struct str secret, struct stages *out); /* by stage */
struct err secret_row_stage_put(const struct rows *rows, struct str secret, struct str stage, struct str version); /* moves it */
struct err secret_row_stage_delete(const struct rows *rows, struct str secret, struct str stage);

struct tag {
    struct str key, value;
};
struct tags {
    struct tag *items;
    size_t count;
};
struct err secret_row_tags(const struct rows *rows, struct str secret, struct tags *out);
struct err secret_row_tag_put(const struct rows *rows, struct str secret, struct str key, struct str value);
struct err secret_row_tag_delete(const struct rows *rows, struct str secret, struct str key);

struct replica {
    struct str region, kms_key, status, message;
};
struct replicas {
    struct replica *items;
    size_t count;
};
struct err secret_row_replicas(const struct rows *rows, struct str secret, struct replicas *out);
struct err secret_row_replica_put(const struct rows *rows, struct str secret, const struct replica *replica);
struct err secret_row_replica_delete(const struct rows *rows, struct str secret, struct str region);

struct rotation {
    struct str account, secret, version, proof;
    bool check_only;
    int64_t step, tries, next_ms, started_ms;
};
struct rotations {
    struct rotation *items;
    size_t count;
};
struct err secret_row_rotation_find(const struct rows *rows, struct str secret, struct rotation *out, bool *found);
struct err secret_row_rotation_put(const struct rows *rows, const struct rotation *rotation);
struct err secret_row_rotation_delete(const struct rows *rows, struct str secret);
struct err secret_row_rotations_due(const struct rows *rows, int64_t limit, struct rotations *out); /* of every account */

/* Days are kept, and an older one is no news. */
struct err secret_row_accessed(const struct rows *rows, struct str secret, struct str version, int64_t day_ms);

#endif
