/* secret.h - how a secret is found by what callers call it, and what its state allows.
 *
 * spec: Secrets Manager API reference; user guide, "What's in a Secrets Manager secret?", "Secrets Manager secret versions". */
#ifndef YAGURA_SVC_SECRETSMANAGER_SECRET_H
#define YAGURA_SVC_SECRETSMANAGER_SECRET_H

#include "secretsmanager_model.h"
#include "svc/secretsmanager/rows.h"

#define STAGE_CURRENT STR("AWSCURRENT")
#define STAGE_PENDING STR("AWSPENDING")
#define STAGE_PREVIOUS STR("AWSPREVIOUS")
#define DAY_MS ((int64_t)24 * 3600 * 1000)

extern const struct fault SECRETSMANAGER_ACCESS_DENIED; /* AccessDeniedException, which the model doesn't list */

struct rows secret_rows(struct request *rq, const struct secret *secret);
struct rows secret_rows_here(struct request *rq); /* of the caller's account, in the call's Region */

/* What an operation needs of a secret. */
enum need {
    NEED_EXISTS, /* deletion may be scheduled */
    NEED_LIVE,
    NEED_OWN,    /* live, and no replica */
};
/* By name, ARN, or ARN without the six characters. */
struct err secret_need(struct request *rq, struct str id, enum need need, struct secret *out);
/* The same without complaint. */
struct err secret_look(struct request *rq, struct str id, struct secret *out, bool *found);
struct err secret_name_judge(struct request *rq, struct str name);
bool secret_is_replica(const struct secret *secret);
/* arn:aws:secretsmanager:REGION:ACCOUNT:secret:NAME-SUFFIX */
struct str secret_arn(struct request *rq, struct str account, struct str region, struct str name, struct str suffix);
/* Stores what was changed, now, here and in the replicas. */
struct err secret_save(struct request *rq, struct secret *secret);
int64_t secret_day_of(int64_t ms); /* its midnight, UTC */
struct opt_time secret_time_or_none(int64_t ms); /* 0 is none */

/* Values (value.c). */
struct value {
    struct str bytes; /* absent: none was given */
    bool text;
};
struct err secret_value_given(struct request *rq, struct str text, struct str binary, struct value *out);
struct err secret_version_read(struct request *rq, const struct secret *secret, const struct version *version, struct value *out);
/* A version with this value; id absent: a random one. Stored unless the same stands there already. *added tells. */
struct err secret_version_add(struct request *rq, const struct secret *secret, struct str id, struct value value, struct str *version,
                       bool *added);
/* A version with this id exists and holds this very value. */
struct err secret_version_is_same(struct request *rq, const struct secret *secret, struct str id, struct value value, bool *exists,
                           bool *same);

/* Stages (stage.c). AWSCURRENT takes AWSPREVIOUS along; versions above the limit go. */
struct err secret_stage_move(struct request *rq, const struct secret *secret, struct str stage, struct str version);
struct err secret_stages_of(struct request *rq, const struct secret *secret, struct str version,
                     struct secretsmanager_secret_version_stages_type *out);
struct err secret_stages_map(struct request *rq, const struct secret *secret, struct secretsmanager_secret_versions_to_stages_map_type *out);

/* Sealing (seal.c): fills in kms_key, data_key and value of the version, or deciphers them. */
struct err secret_seal_version(struct request *rq, const struct secret *secret, struct str plain, struct version *version);
struct err secret_unseal_version(struct request *rq, const struct secret *secret, const struct version *version, struct str *plain);

/* Tags (tag.c). */
struct err secret_tags_put(struct request *rq, const struct secret *secret, struct secretsmanager_tag_list_type tags);
struct err secret_tags_out(struct request *rq, const struct secret *secret, struct secretsmanager_tag_list_type *out);

/* Replicas (replica.c). */
struct err secret_replicas_add(struct request *rq, struct secret *secret, struct secretsmanager_add_replica_region_list_type regions,
                        bool overwrite);
struct err secret_replicas_sync(struct request *rq, const struct secret *secret);
struct err secret_replicas_out(struct request *rq, const struct secret *secret, struct secretsmanager_replication_status_list_type *out);

/* Pages (page.c): a place sealed together with the operation and what was asked. */
struct str secret_page_token(struct request *rq, struct str question, struct place place);
struct err secret_page_place(struct request *rq, struct str question, struct str token, struct place *out);

/* Rotation (rotate.c). */
const struct secretsmanager_rotation_rules_type *secret_rules_out(struct request *rq, const struct secret *secret);
/* The value was changed by hand, which counts as a rotation: the next one is due later. */
void secret_rotation_put_off(struct request *rq, struct secret *secret);

/* Who read what on which day (accessed.c): kept in memory until the chores store it. */
void secret_accessed_note(struct request *rq, const struct secret *secret, const struct version *version);
int64_t secret_accessed_day(const struct secret *secret, struct str version, int64_t stored_ms); /* version absent: any */

#endif
