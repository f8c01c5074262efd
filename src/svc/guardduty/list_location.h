/* list_location.h - where a list lies: an object in S3, by any of the URLs S3 has had, or a file of the server's. */
#ifndef YAGURA_SVC_GUARDDUTY_LIST_LOCATION_H
#define YAGURA_SVC_GUARDDUTY_LIST_LOCATION_H

#include "base/str.h"

struct list_location {
    struct str bucket, key, region; /* region absent: the URL does not say */
    struct str path;                /* of a file: absolute; else absent */
};

/* Percent signs of URLs are decoded. False: nothing of the kind. */
bool list_location_read(struct arena *arena, struct str location, struct list_location *out);

#endif
