/* event_message.h - the message by which a bucket tells of an event, and who is to be told.
 *
 * spec: S3 user guide, "Event message structure": version 2.1, and 2.3 of events that came with lifecycle, tags and ACLs. */
#ifndef YAGURA_SVC_S3_EVENT_MESSAGE_H
#define YAGURA_SVC_S3_EVENT_MESSAGE_H

#include "base/str.h"

struct event_message {
    struct str name;         /* "ObjectCreated:Put", as in the message: without "s3:" */
    struct str region;
    int64_t time_ms;
    struct str principal;    /* id of who did it */
    struct str source_ip;
    struct str request_id, host_id;
    struct str configuration; /* id */
    struct str bucket, bucket_arn, bucket_owner;
    struct str key, etag, version; /* etag without quotes; absent: left out */
    int64_t size;            /* negative: left out */
    int64_t sequence;        /* rises with each event of a key */
};

struct str event_message_write(struct arena *arena, const struct event_message *message);

/* "s3:ObjectCreated:*" of a configuration against "ObjectCreated:Put". */
bool event_wanted(struct str configured, struct str name);
/* The rules' prefix and suffix, both absent or empty: any key. */
bool event_key_fits(struct str key, struct str prefix, struct str suffix);

#endif
