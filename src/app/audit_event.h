/* audit_event.h - one call as the CloudTrail event that tells of it.
 *
 * Built from the shape tables, without a line per operation: requestParameters and responseElements are the typed input and
 * output in CloudTrail's spelling, without what nobody may read (secrets, passwords, tokens, plaintext, blobs).
 * spec: CloudTrail user guide, "CloudTrail record contents" (eventVersion 1.11) and "CloudTrail userIdentity element". */
#ifndef YAGURA_APP_AUDIT_EVENT_H
#define YAGURA_APP_AUDIT_EVENT_H

#include "store/journal.h"
#include "svc/service_event.h"

struct audit_call {
    const struct request *rq;   /* service and operation, caller, region, time, request id */
    const void *in;             /* NULL: it could not be read */
    const void *out;            /* looked at only when err is ERR_OK */
    struct err err;
    const char *reason;         /* of err */
    struct str owner;           /* account of the resource; absent: the caller's */
    struct str resource;        /* its ARN; absent or "*": none */
    struct str invoked_by;      /* service that makes the call on the caller's behalf, or as itself */
    bool as_service;            /* the principal is invoked_by itself */
    struct str host;            /* as the client spelt it */
};

/* The entries of one call in arena: one, or two that share an id when caller and resource are of different accounts.
 * NULL: such calls are not recorded. */
struct journal_entry *audit_event(struct arena *arena, const struct audit_call *call);
/* What services did of themselves (app/audit_service_event.c); NULL: nothing. */
struct journal_entry *audit_service_events(struct arena *arena, const struct service_event *events);

#endif
