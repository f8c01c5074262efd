/* naming.h - how CloudTrail names what calls are about, and by which keys an event is looked up again. */
#ifndef YAGURA_SVC_CLOUDTRAIL_NAMING_H
#define YAGURA_SVC_CLOUDTRAIL_NAMING_H

#include "base/str.h"

enum lookup_attribute {
    LOOKUP_ALL, LOOKUP_EVENT_ID, LOOKUP_EVENT_NAME, LOOKUP_READ_ONLY, LOOKUP_USERNAME, LOOKUP_RESOURCE_TYPE,
    LOOKUP_RESOURCE_NAME, LOOKUP_EVENT_SOURCE, LOOKUP_ACCESS_KEY_ID,
    LOOKUP_ATTRIBUTES,
};

/* "iam.amazonaws.com" and a parameter, its first letter in either case: "AWS::IAM::User"; NULL: no resource of LookupEvents. */
const char *cloudtrail_resource_type(struct str source, struct str parameter);
/* Resource type of a data event by its source: "AWS::S3::Object"; NULL: none. */
const char *cloudtrail_data_type(struct str source);
/* spec: readOnly by the operation's first word, but for keys' use and sessions, which change nothing. */
bool cloudtrail_read_only(struct str source, struct str operation);
/* What CloudTrail calls the operation: "CreateFunction20150331", "PutBucketLifecycle". */
struct str cloudtrail_event_name(struct str source, struct str operation);

/* Services without regions have their events in us-east-1. */
struct str cloudtrail_region(struct str source, struct str region);

/* A key of the journal: of account and region, then of what is asked. */
uint64_t cloudtrail_place_key(struct str account, struct str region, bool insight);
uint64_t cloudtrail_lookup_key(uint64_t place, enum lookup_attribute attribute, struct str value);

#endif
