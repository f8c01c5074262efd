/* channel.h - channels: by which others put their own events into the record. */
#ifndef YAGURA_SVC_CLOUDTRAIL_CHANNEL_H
#define YAGURA_SVC_CLOUDTRAIL_CHANNEL_H

#include "svc/cloudtrail/rows_channel.h"
#include "svc/request.h"

/* By ARN or the id that ends it. CLOUDTRAIL_CHANNEL_NOT_FOUND_EXCEPTION, CLOUDTRAIL_CHANNEL_ARN_INVALID_EXCEPTION. */
struct err channel_need(struct request *rq, struct str arn_or_id, struct channel_row *out);
struct str channel_arn(struct request *rq, const struct channel_row *row);

#endif
