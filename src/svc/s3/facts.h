/* facts.h - a bucket and what is set of it, as every call needs it to be judged.
 *
 * Read at most once within a call, and kept from one call to the next for as long as svc/changes.h lets it count; calls that
 * write always look themselves. Bounded in number and size. */
#ifndef YAGURA_SVC_S3_FACTS_H
#define YAGURA_SVC_S3_FACTS_H

#include "svc/request.h"
#include "svc/s3/rows_access.h"

struct bucket_facts {
    struct bucket_row row;
    struct setting_row *settings; /* those that a bucket has one of; and SETTING_OF_ACCOUNT */
    size_t setting_count;
};

/* Within a transaction. NULL: there is no such bucket. */
struct err facts_of(struct request *rq, struct str bucket, const struct bucket_facts **out);
/* A document; absent: none, or no facts. */
struct str facts_setting(const struct bucket_facts *facts, struct str kind);
void facts_changed(void); /* a bucket or a setting was written */

#endif
