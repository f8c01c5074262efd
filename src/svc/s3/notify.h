/* notify.h - a bucket tells of an event: one item of the outbox for each configured function that wants it, written in the
 * transaction that causes it. app/s3_events.c delivers.
 *
 * The topic is "s3.event/BUCKET/FUNCTION-ARN", the payload the message (event_message.h). */
#ifndef YAGURA_SVC_S3_NOTIFY_H
#define YAGURA_SVC_S3_NOTIFY_H

#include "svc/s3/bucket.h"

/* name: "ObjectCreated:Put". row: the object or delete marker as it is, or was. */
struct err notify(struct request *rq, const struct bucket_row *bucket, const char *name, const struct object_row *row);

#endif
