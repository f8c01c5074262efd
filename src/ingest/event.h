/* event.h - one log record, normalised: what detectors and rules see.
 *
 * An event borrows from the buffer it was read from and lives until the next one is read. Fields hold text, unescaped;
 * absent ones are STR_NONE. Deeper structure stays JSON text (FIELD_REQUEST, FIELD_RESPONSE, …) that the few detectors
 * that want it parse themselves. `scan` gives the projected values to the matcher. */
#ifndef YAGURA_INGEST_EVENT_H
#define YAGURA_INGEST_EVENT_H

#include "base/scan.h"
#include "base/str.h"

enum source { SOURCE_UNKNOWN, SOURCE_CLOUDTRAIL, SOURCE_COUNT };

enum field {
    FIELD_ACTION,        /* eventName */
    FIELD_SERVICE,       /* eventSource, "iam.amazonaws.com" */
    FIELD_REGION,        /* awsRegion */
    FIELD_ACCOUNT,       /* recipientAccountId, else userIdentity.accountId */
    FIELD_IDENTITY,      /* userIdentity.type */
    FIELD_PRINCIPAL,     /* userIdentity.arn, else principalId */
    FIELD_PRINCIPAL_ID,  /* userIdentity.principalId */
    FIELD_CALLER_ACCOUNT,/* userIdentity.accountId */
    FIELD_USER_NAME,     /* userIdentity.userName, else sessionContext.sessionIssuer.userName */
    FIELD_ACCESS_KEY,    /* userIdentity.accessKeyId */
    FIELD_ISSUER_ARN,    /* userIdentity.sessionContext.sessionIssuer.arn */
    FIELD_ISSUER_TYPE,   /* userIdentity.sessionContext.sessionIssuer.type */
    FIELD_INVOKED_BY,    /* userIdentity.invokedBy */
    FIELD_MFA,           /* userIdentity.sessionContext.attributes.mfaAuthenticated */
    FIELD_ROLE_DELIVERY, /* userIdentity.sessionContext.ec2RoleDelivery */
    FIELD_IP,            /* sourceIPAddress: an address or a service's host name */
    FIELD_AGENT,         /* userAgent */
    FIELD_ERROR,         /* errorCode */
    FIELD_OUTCOME,       /* "Success" or "Failure": from errorCode, and for ConsoleLogin from responseElements */
    FIELD_EVENT_ID,      /* eventID */
    FIELD_EVENT_TYPE,    /* eventType */
    FIELD_CATEGORY,      /* eventCategory */
    FIELD_READ_ONLY,     /* "true" or "false" */
    FIELD_VPC_ENDPOINT,  /* vpcEndpointId */
    FIELD_REQUEST,       /* requestParameters, JSON text */
    FIELD_RESPONSE,      /* responseElements, JSON text */
    FIELD_ADDITIONAL,    /* additionalEventData, JSON text */
    FIELD_RESOURCES,     /* resources, JSON text */
    FIELD_COUNT
};

struct event {
    enum source source;
    int64_t at_ms;                 /* event time, Unix milliseconds */
    struct str fields[FIELD_COUNT];
    struct str raw;                /* the whole record as it stands in the log */
    const struct scan *scan;       /* values of the projection it was read with */
    struct str file;               /* where it came from, and the offset of raw in the inflated bytes */
    uint64_t offset;
    struct arena *arena;           /* reset before the next event: for a detector's short-lived work */
};

static inline struct str event_get(const struct event *ev, enum field field) { return ev->fields[field]; }
/* The slot paths are stored under, for the reader: "userIdentity.arn" for FIELD_PRINCIPAL and so on. */

#endif
