/* event.h - one log record, normalised: what detectors and rules see.
 *
 * Which fields a source fills stands in its file (dns.c, flow.c, …); the first FIELD_CLOUDTRAIL_COUNT are CloudTrail's, and
 * other sources use them where they mean the same. Flow log records have their numbers and addresses in `flow` too, parsed.
 * Records that are text have no JSON of their own: `scan` then holds the values of a rendering of them, made only when
 * rules want that source (reader_want), else nothing.
 *
 * An event borrows from the buffer it was read from and lives until the next one is read. Fields hold text, unescaped;
 * absent ones are STR_NONE. Deeper structure stays JSON text (FIELD_REQUEST, FIELD_RESPONSE, …) that the few detectors
 * that want it parse themselves. `scan` gives the projected values to the matcher. */
#ifndef YAGURA_INGEST_EVENT_H
#define YAGURA_INGEST_EVENT_H

#include "base/scan.h"
#include "base/str.h"

enum source {
    SOURCE_UNKNOWN,
    SOURCE_CLOUDTRAIL,
    SOURCE_FLOW,         /* VPC flow logs: text, CSV and JSON */
    SOURCE_DNS,          /* Route 53 resolver query logs */
    SOURCE_KUBERNETES,   /* Kubernetes and EKS audit logs */
    SOURCE_S3_ACCESS,    /* S3 server access logs */
    SOURCE_WAF,
    SOURCE_AUDITD,       /* Linux audit records */
    SOURCE_SURICATA,     /* EVE, also inside Network Firewall's wrapper */
    SOURCE_FALCO,
    SOURCE_POSTGRESQL,   /* connections */
    SOURCE_MYSQL,        /* connections */
    SOURCE_OCSF,
    SOURCE_GUARDDUTY,    /* findings */
    SOURCE_SECURITY_HUB, /* findings, ASFF */
    SOURCE_CONFIG,       /* configuration items */
    SOURCE_BEDROCK,      /* model invocations */
    SOURCE_TETRAGON,
    SOURCE_MALWARE,      /* what scanners of files found: ClamAV, AWS's scan results */
    SOURCE_COUNT
};

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
    FIELD_CLOUDTRAIL_COUNT,
    FIELD_TARGET_IP = FIELD_CLOUDTRAIL_COUNT, /* FIELD_IP is the other end */
    FIELD_PORT,          /* of FIELD_IP */
    FIELD_TARGET_PORT,
    FIELD_PROTOCOL,      /* as the log has it: "6", "TCP", "UDP" */
    FIELD_PACKETS,
    FIELD_BYTES,
    FIELD_FLAGS,         /* TCP flags, ORed, decimal */
    FIELD_VERDICT,       /* ACCEPT, REJECT, ALLOW, BLOCK, allow, …: what was decided about it */
    FIELD_STATUS,        /* log-status, HTTP status, response code */
    FIELD_START,         /* begin and end of what a record sums up, as the log has them */
    FIELD_END,
    FIELD_DIRECTION,
    FIELD_ORIGIN_IP,     /* pkt-srcaddr, pkt-dstaddr: before and behind what stands between */
    FIELD_FINAL_IP,
    FIELD_INTERFACE,     /* network interface */
    FIELD_INSTANCE,
    FIELD_VPC,
    FIELD_SUBNET,
    FIELD_QUERY,         /* name asked for, as logged: with its final dot */
    FIELD_QUERY_TYPE,
    FIELD_ANSWERS,       /* JSON text */
    FIELD_RESOURCE,      /* kind of what was acted on: "pods", "AWS::S3::Bucket", "AccessKey" */
    FIELD_SUBRESOURCE,
    FIELD_NAMESPACE,     /* Kubernetes */
    FIELD_NAME,          /* of what was acted on */
    FIELD_GROUPS,        /* of the user, JSON text */
    FIELD_IMPERSONATED,  /* user acted as */
    FIELD_URI,
    FIELD_METHOD,        /* HTTP */
    FIELD_HOST,
    FIELD_COUNTRY,
    FIELD_BUCKET,
    FIELD_KEY,           /* of an object */
    FIELD_RULE,          /* that decided or spoke: WAF rule, Suricata signature, Falco rule, audit key */
    FIELD_SEVERITY,
    FIELD_TYPE,          /* of a finding or record */
    FIELD_PROCESS,       /* executable or container process */
    FIELD_COMMAND,       /* its command line */
    FIELD_CONTAINER,     /* id of its container */
    FIELD_HASH,          /* of a file */
    FIELD_DATABASE,
    FIELD_MESSAGE,       /* for people */
    FIELD_LOG_GROUP,     /* of CloudWatch Logs, when the record came in its wrapper: it names cluster, database or function */
    FIELD_COUNT
};

/* spec: VPC user guide, flow log records: NODATA and SKIPDATA records have no addresses and no action. */
enum flow_status { FLOW_OK, FLOW_NO_DATA, FLOW_SKIPPED };
struct event_flow {
    unsigned char source[16]; /* addresses; IPv4 mapped: ::ffff:a.b.c.d. All zero when absent */
    unsigned char target[16];
    uint16_t source_port, target_port;
    uint8_t protocol;  /* 6 TCP, 17 UDP, 1 ICMP */
    uint8_t tcp_flags; /* FIN 1, SYN 2, RST 4, SYN-ACK 18 */
    bool rejected;
    uint8_t status;    /* enum flow_status */
    uint64_t packets, bytes;
    int64_t start, end; /* Unix seconds */
};

struct event {
    enum source source;
    int64_t at_ms;                 /* event time, Unix milliseconds */
    struct str fields[FIELD_COUNT];
    struct event_flow flow;        /* of SOURCE_FLOW alone */
    struct str raw;                /* the whole record as it stands in the log */
    const struct scan *scan;       /* values of the projection it was read with; NULL: rules were asked before, and none holds */
    struct str file;               /* where it came from, and the offset of raw in the inflated bytes */
    uint64_t offset;
    uint64_t identity;             /* the same of two records that are one; 0: can't be told */
    struct arena *arena;           /* reset before the next event: for a detector's short-lived work */
};

static inline struct str event_get(const struct event *ev, enum field field) { return ev->fields[field]; }
#endif
