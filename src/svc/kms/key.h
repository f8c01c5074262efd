/* key.h - a KMS key, how it is found by what a caller calls it, and what its state allows.
 *
 * spec: KMS developer guide, "Key identifiers", "Key states of AWS KMS keys". */
#ifndef YAGURA_SVC_KMS_KEY_H
#define YAGURA_SVC_KMS_KEY_H

#include "kms_model.h"
#include "svc/kms/spec.h"
#include "svc/request.h"

struct key {
    struct str account, region, id;
    struct str arn;             /* follows from the three above */
    const struct spec *spec;
    enum usage usage;
    struct str origin, manager, state, description, policy;
    struct str asked_state;     /* Unavailable hides it: what it will be when its store is connected */
    int64_t created_ms;
    int64_t deletion_ms;        /* 0: none is scheduled */
    int64_t deletion_days;
    struct str multi_region;    /* PRIMARY, REPLICA or empty */
    struct str primary_region;
    struct str material;        /* id of the current one; empty: none yet */
    int64_t expires_ms;         /* the first expiry among its materials; 0: none */
    struct str expiration;      /* expiration model of imported material, or empty */
    struct str store;           /* custom key store, or empty */
    int64_t rotation_days;      /* 0: no automatic rotation */
    int64_t rotation_ms;        /* when the next one is due */
    int64_t on_demand;          /* how many rotations were asked for */
};

struct rows;
struct rows kms_rows_here(struct request *rq);                           /* of the caller's account, in the call's Region */
struct rows kms_rows_of(struct request *rq, const struct key *key);      /* of the key's */

/* id, ARN, alias name or alias ARN. NotFoundException in AWS's words when there is none. */
struct err key_find(struct request *rq, struct str reference, struct key *out);
/* As key_find, without complaint. */
struct err key_look(struct request *rq, struct str reference, struct key *out, bool *found);

/* What an operation needs of a key's state. */
enum need {
    NEED_EXISTS,      /* whatever the state */
    NEED_USABLE,      /* Enabled */
    NEED_NOT_LEAVING, /* anything but pending deletion */
    NEED_SETTLED,     /* Enabled or Disabled */
};
struct err key_judge(struct request *rq, const struct key *key, enum need need);
/* key_find and key_judge. */
struct err key_need(struct request *rq, struct str reference, enum need need, struct key *out);
/* … and that its usage is the operation's. */
struct err key_use(struct request *rq, struct str reference, enum usage usage, struct key *out);
struct err key_judge_usage(struct request *rq, const struct key *key, enum usage usage);
/* The algorithm must be one of the key's. */
struct err key_algorithm(struct request *rq, const struct key *key, struct str name, const struct algorithm **out);

/* Services' own keys are managed by nobody else, and keys by nobody of another account. */
struct err key_refuse_managed(struct request *rq, const struct key *key);
bool key_is_state(const struct key *key, const char *state);
struct kms_key_metadata key_metadata(struct request *rq, const struct key *key);
struct err key_metadata_whole(struct request *rq, const struct key *key, struct kms_key_metadata *out); /* and its Regions */

/* DryRunOperationException once nothing else stood against the call. */
struct err key_dry_run(struct request *rq, struct opt_bool asked);

/* Makes a key with material; every member but material is filled in by the caller. */
struct err key_make(struct request *rq, struct key *key);
struct str key_default_policy(struct request *rq, struct str account);
/* KMS did something to a key of itself ("RotateKey"); rotation: AUTOMATIC, ON_DEMAND or absent. On record with the request. */
void key_tell(struct request *rq, const struct key *key, const char *event, struct str rotation);

#endif
