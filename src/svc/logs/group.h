/* group.h - what the files of CloudWatch Logs share: groups and streams by what callers call them. */
#ifndef YAGURA_SVC_LOGS_GROUP_H
#define YAGURA_SVC_LOGS_GROUP_H

#include "svc/logs/block.h"
#include "svc/logs/rows.h"

#define DAY_MS ((int64_t)24 * 60 * 60 * 1000)
#define CLASS_STANDARD STR("STANDARD")
#define CLASS_DELIVERY STR("DELIVERY")

struct rows logs_rows(struct request *rq); /* of the caller's account and Region */

/* "arn:aws:logs:REGION:ACCOUNT:log-group:NAME", without ":*". */
struct str logs_group_arn(struct request *rq, const struct group *group);
/* The name within a group's ARN, with or without ":*", or the name itself; *account and *region say whose it is. False: neither. */
bool logs_group_read(const struct request *rq, struct str identifier, struct str *account, struct str *region, struct str *name);
/* ResourceNotFoundException in AWS's words. */
struct err logs_group_need(struct request *rq, struct str name, struct group *out);
/* By one of the two members that name a group, exactly one of them present. */
struct err logs_group_need_either(struct request *rq, struct str name, struct str identifier, struct group *out);
struct err logs_stream_need(struct request *rq, const struct group *group, struct str name, struct stream *out);
/* Classes other than STANDARD can't do everything. */
struct err logs_class_allows(struct request *rq, const struct group *group, const char *what);
/* Whether it still exists for its retention; INT64_MIN: for ever. */
int64_t logs_oldest_ms(const struct request *rq, const struct group *group);

/* Pages of lists: an opaque token of this account, Region and operation. */
struct err logs_page_start(struct request *rq, struct str token, struct str *after);
struct str logs_page_token(struct request *rq, struct str last);
int64_t logs_page_size(struct opt_int asked, int64_t normal);

struct err logs_tags_put(struct request *rq, struct str account, struct str resource, struct logs_tags tags);

/* seal.c: blocks under a data key that the group's KMS key enciphers. */
struct err logs_key_use(struct request *rq, struct group *group, struct str kms_key);
struct err logs_block_seal(struct request *rq, const struct group *group, struct block *block);
/* The key last opened is kept for the request. */
struct logs_open_key {
    int64_t number;
    struct str key;
};
struct err logs_block_unseal(struct request *rq, const struct group *group, struct logs_open_key *opened, const struct block *block,
                             struct str *data);

/* put.c */
struct str logs_sequence_token(struct request *rq, int64_t at_ms);

#endif
