/* trail_sink.h - where trails deliver to: objects by S3's PutObject, events by CloudWatch Logs' PutLogEvents.
 *
 * Calls like any other (app/inside.h): as cloudtrail.amazonaws.com with the trail as aws:SourceArn, so that the bucket's policy
 * must allow it; to log groups with the trail's role. spec: CloudTrail user guide, "Amazon S3 bucket policy for CloudTrail",
 * "Role policy document for CloudTrail to use CloudWatch Logs for monitoring". */
#ifndef YAGURA_APP_TRAIL_SINK_H
#define YAGURA_APP_TRAIL_SINK_H

#include "app/inside.h"
#include "svc/cloudtrail/delivery.h"

/* For struct trail_sink; inside is a struct inside. */
struct err trail_sink_put(void *inside, struct ctx *ctx, const struct trail_object *object);
struct err trail_sink_log(void *inside, struct ctx *ctx, const struct trail_log *log);

#endif
