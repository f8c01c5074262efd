/* listing.h - what the three lists of objects share: keys in order, common prefixes among them, a page of both. */
#ifndef YAGURA_SVC_S3_LISTING_H
#define YAGURA_SVC_S3_LISTING_H

#include "svc/s3/faults.h"
#include "svc/s3/rows.h"

enum { LISTING_MAX = 1000 };

struct listing_wish {
    struct str bucket, prefix, delimiter;
    struct str after;      /* keys and common prefixes beyond this one; absent: from the start */
    int64_t after_place;   /* with versions: older ones of that very key too; 0: none */
    bool folded;           /* `after` lies within a common prefix: all of that was shown */
    bool versions;
    struct opt_int max;
};

struct listing {
    struct object_row *rows;
    size_t count;
    struct str *prefixes;
    size_t prefix_count;
    int32_t max;
    bool truncated;
    struct str last;       /* the last key or common prefix shown; where the next page begins */
    struct str last_version; /* with versions: of the last row; absent after a common prefix */
};

struct err listing_find(struct request *rq, const struct listing_wish *wish, struct listing *out);
/* As it goes out: percent-encoded where the client asked for "url". */
struct str listing_shown(struct arena *arena, struct str text, bool url);
struct s3_common_prefix_list listing_prefixes(struct arena *arena, const struct listing *listing, bool url);

#endif
