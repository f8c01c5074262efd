/* source_uri.h - the URI that names a source, taken apart and checked. */
#ifndef YAGURA_APP_SOURCE_URI_H
#define YAGURA_APP_SOURCE_URI_H

#include "base/err.h"

enum source_kind { SOURCE_BUCKET, SOURCE_QUEUE, SOURCE_INPUT, SOURCE_SYSLOG };

struct source_uri {
    enum source_kind kind;
    struct str name;        /* that its place in the store goes by: without what does not change which objects there are */
    struct str bucket;      /* of SOURCE_BUCKET */
    struct str prefix;
    struct str address;     /* of SOURCE_SYSLOG: host:port */
    struct str region;
    struct str endpoint;    /* scheme://host[:port]; absent: AWS */
    struct str role;        /* absent: the environment's own keys */
    struct str external_id;
    struct str queue_base;  /* scheme://host[:port]; absent: no queue */
    struct str queue_path;
    int64_t poll_s;
};

/* region: for those that name none. */
struct err source_uri_read(struct ctx *ctx, struct str uri, struct str region, struct source_uri *out);

#endif
