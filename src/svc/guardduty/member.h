/* member.h - accounts whose GuardDuty another account administers, as the rest of the service needs them. */
#ifndef YAGURA_SVC_GUARDDUTY_MEMBER_H
#define YAGURA_SVC_GUARDDUTY_MEMBER_H

#include "svc/guardduty/detector.h"
#include "svc/guardduty/rows_member.h"

/* Refuses what only an administrator or a stand-alone account may do; what says it, for people.
 * spec: GuardDuty user guide, relationship between administrator and member accounts. */
struct err member_refuse(struct request *rq, const char *what);

/* Tries one account of a request; *refused set: it is unprocessed, for that reason. */
typedef struct err (*member_act)(struct request *rq, struct str other, const void *memory, const char **refused);
struct err member_each(struct request *rq, const struct guardduty_account_ids *ids, member_act act, const void *memory,
                       struct guardduty_unprocessed_accounts *unprocessed);

/* The other account's rows in the same region. */
struct rows member_rows(struct request *rq, struct str other);

/* A member of the caller: one that was made, else an account whose records were read here. */
struct err member_find(struct request *rq, struct str account, struct member_row *out, bool *found);
bool member_is_enabled(const struct member_row *row);

#define MEMBER_UNKNOWN "The request is rejected because the given account ID is not an associated member of the current account."

#endif
