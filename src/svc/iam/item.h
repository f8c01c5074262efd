/* item.h - what the files about devices, certificates, providers and passwords share: finding them with IAM's own words for
 * what is missing, their ARNs and tags, and sealing their secrets. */
#ifndef YAGURA_SVC_IAM_ITEM_H
#define YAGURA_SVC_IAM_ITEM_H

#include "svc/iam/entity.h"
#include "svc/iam/rows_item.h"

/* NoSuchEntity when it is not there. */
struct err item_get(struct request *rq, enum item_kind kind, struct str key, struct item *out);
/* The same, and when it is another user's. */
struct err item_get_of(struct request *rq, enum item_kind kind, struct str key, struct str owner, struct item *out);
/* By a name that is unique without regard to case, but found only as it is written. */
struct err item_get_named(struct request *rq, enum item_kind kind, struct str name, struct item *out);
/* LimitExceeded "Cannot exceed quota for QUOTA: MAX" when owner (absent: the account) has max already. */
struct err item_quota(struct request *rq, enum item_kind kind, struct str owner, int64_t max, const char *quota);
struct err item_delete(struct request *rq, const struct item *item); /* and its tags */
/* Those of the page's kind and owner, cut to the page. */
struct item_page {
    struct items items;
    struct str marker;
    struct opt_bool truncated;
};
struct err item_list(struct request *rq, enum item_kind kind, struct str owner, struct str path_prefix,
                     struct str marker, struct opt_int max_items, struct item_page *out);

int64_t item_now(const struct request *rq); /* whole seconds, as answers show times */
struct str item_arn(struct request *rq, const struct item *item);
struct str item_tags(const struct item *item); /* what its tags hang on */
struct str item_seal(struct request *rq, const struct item *item, struct str secret);
bool item_unseal(struct request *rq, const struct item *item, struct str *secret);

/* Refuses what only IAM Identity Center could keep. */
struct err provider_check_propagation(struct request *rq, bool asked);

struct err instance_profiles_out(struct request *rq, const struct items *profiles,
                                 struct iam_instance_profile_list_type *out);

/* A report that was made at once; kept for a day. */
struct err job_insert(struct request *rq, struct str subject, struct str kind, struct str body, struct str *id);
/* NoSuchEntity when it isn't the caller's, or its kind ends otherwise. */
struct err job_get(struct request *rq, struct str id, struct str kind, struct item *out);

/* A page of a list at hand; its marker is the place to go on from. */
struct slice {
    size_t start, count;
    struct str marker;
    struct opt_bool truncated;
};
struct err slice_of(struct request *rq, struct str marker, struct opt_int max_items, size_t count, struct slice *out);

/* A value of the account: "password-policy". Absent when it was never set. */
struct err setting_get(const struct rows *rows, struct str name, struct str *value);
struct err setting_put(struct request *rq, struct str name, struct str value);

#endif
