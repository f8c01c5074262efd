/* expiry.h - lifecycle rules of buckets, carried out: what is due is found in a read transaction, page by page, and goes in a
 * write transaction that looks at each once more. Locked versions stay. */
#ifndef YAGURA_SVC_S3_EXPIRY_H
#define YAGURA_SVC_S3_EXPIRY_H

#include "svc/s3/rows.h"
#include "svc/request.h"

enum { EXPIRY_PAGE = 1000 };

/* Where a walk over all buckets with rules stands; zero at its start. Its text belongs to the arena of the walk. */
struct expiry_place {
    struct str bucket, key;
    int64_t place;
    bool uploads;         /* objects are done with: uploads */
    bool done;
};

struct expiry_item {
    struct str bucket, name;
    int64_t place;        /* of an object's version */
    struct str upload;    /* of an upload; absent: a version */
};

/* The next page: what of it is due. items has room for EXPIRY_PAGE; text in rq->ctx.arena. */
struct err expiry_find(struct request *rq, struct expiry_place *place, struct expiry_item *items, size_t *count);
struct err expiry_apply(struct request *rq, const struct expiry_item *items, size_t count);
/* What is remembered of completed uploads, beyond a day. */
struct err expiry_forget(struct request *rq);

/* When the object will go, and by which rule, as x-amz-expiration has it; absent: nothing is said. */
struct err expiry_text(struct request *rq, const struct object_row *row, struct str *out);

#endif
