/* bucket.h - what S3 says about the objects in a bucket: pages of a listing, notifications of new objects, and the
 * account, region and hour that AWS writes into the keys of its logs.
 *
 * All of it comes from outside: what does not fit is refused or left out, never guessed. */
#ifndef YAGURA_WIRE_BUCKET_H
#define YAGURA_WIRE_BUCKET_H

#include "base/str.h"

/* Letters, digits, dots, hyphens and underscores (of old), 3 to 63: what can stand in an address. */
bool bucket_name_fits(struct str name);

enum { BUCKET_PAGE_MAX = 1000, BUCKET_KEY_MAX = 1024 };

struct bucket_object {
    struct str bucket; /* of a notification; absent in a listing */
    struct str key;    /* as it is, not encoded */
    struct str etag;   /* without quotes */
    int64_t size;
    int64_t modified_ms; /* of a notification: when it happened; 0: not told */
};

struct bucket_page {
    struct bucket_object objects[BUCKET_PAGE_MAX];
    size_t count;
    struct str next; /* continuation token; absent on the last page */
};

/* A ListBucketResult of ListObjectsV2. NULL: fine; else why not. */
const char *bucket_page_read(struct arena *arena, struct str xml, struct bucket_page *page);

struct bucket_notice {
    struct bucket_object *objects; /* that were created */
    size_t count;
};

/* The body of a queue's message: S3's own notification, one within an SNS envelope, or an EventBridge event. S3's test
 * message and events other than "created" give no objects. NULL: fine; else why not. */
const char *bucket_notice_read(struct arena *arena, struct str body, struct bucket_notice *notice);

/* …AWSLogs/[o-…/]ACCOUNT/TYPE/REGION/YYYY/MM/DD/…YYYYMMDDTHHMMZ… */
struct bucket_place {
    struct str account, type, region;
    int64_t hour; /* since 1970 */
};
/* False for keys of another layout. */
bool bucket_place_of(struct str key, struct bucket_place *place);
/* Objects that hold log records: no folders, empty markers or digests. */
bool bucket_holds_logs(const struct bucket_object *object);

#endif
