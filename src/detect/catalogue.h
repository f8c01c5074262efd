/* catalogue.h - every finding type GuardDuty has today, from rules/catalogue.tsv (built into the program).
 *
 * spec: GuardDuty user guide, finding types; restated in our own words. */
#ifndef YAGURA_DETECT_CATALOGUE_H
#define YAGURA_DETECT_CATALOGUE_H

#include <stddef.h>

#include "base/str.h"

struct catalogue_entry {
    struct str type;          /* "Stealth:IAMUser/CloudTrailLoggingDisabled" */
    double severity;          /* its usual one: 2, 5, 8 or 9 */
    struct str resource_type; /* "AccessKey", "S3Bucket", "Instance", "EKSCluster", … */
    struct str action_type;   /* "AWS_API_CALL", …; empty: the type has no action */
    struct str feature;       /* the detector feature it needs: "CLOUD_TRAIL", "S3_DATA_EVENTS", …; empty: none */
    struct str source;        /* what it is read from, in words */
    struct str title;         /* short, English */
    struct str description;   /* one sentence, English */
    struct str technique;     /* of ATT&CK, the one it shows most: "T1562.008" */
};

const struct catalogue_entry *catalogue_find(struct str type); /* NULL: no such type */
size_t catalogue_count(void);
const struct catalogue_entry *catalogue_at(size_t index);      /* in order of type */

#endif
