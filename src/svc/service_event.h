/* service_event.h - what a service does of itself, without anybody's call: CloudTrail's AwsServiceEvent.
 *
 * Told in the transaction that does it, and on record if and only if that commits: within a call it goes with the call's
 * own record; chores and threads of ours hand the list to app/audit_event.h. All texts live in the arena.
 * spec: CloudTrail user guide, "Non-API events captured by CloudTrail". */
#ifndef YAGURA_SVC_SERVICE_EVENT_H
#define YAGURA_SVC_SERVICE_EVENT_H

#include "svc/request.h"

struct service_event {
    struct str source;            /* "kms.amazonaws.com" */
    struct str invoked_by;        /* "AWS Internal", or the source */
    struct str name;              /* "RotateKey" */
    struct str account, region;
    struct str resource_type;     /* "AWS::KMS::Key"; absent: no resources */
    struct str resource;          /* ARN */
    struct str details;           /* JSON object of serviceEventDetails; absent: none */
    struct str additional;        /* JSON object of additionalEventData; absent: none */
    int64_t at_ms;
    struct str id;                /* absent: one is made */
    struct str whole;             /* the event as it stands, with that id: another's, by a channel; absent: made of the above */
    struct str username;          /* of such a one: by what it is looked up */
    struct service_event *next;
};

/* Copied into arena, at the end of the list. */
void service_event_add(struct arena *arena, struct service_event **list, const struct service_event *event);

#endif
