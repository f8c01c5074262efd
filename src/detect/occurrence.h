/* occurrence.h - one hit, and the finding it makes.
 *
 * What a rule or detector knows about itself is in struct detection; what it saw in struct verdict. */
#ifndef YAGURA_DETECT_OCCURRENCE_H
#define YAGURA_DETECT_OCCURRENCE_H

#include "detect/finding.h"
#include "detect/record.h"

/* The constant part. Texts may hold ${placeholders} (record.h). */
struct detection {
    struct str id;          /* of the rule or detector */
    struct str file;        /* the rule's file; absent for detectors */
    struct str type;
    double severity;
    struct str signal;      /* of a custom detection rule; absent otherwise */
    struct str resource;    /* resourceType: AccessKey, S3Bucket, Instance, RDSDBInstance, Lambda, EBSSnapshot, EC2Image */
    struct str name;        /* path of the resource's name in the record, or several with | between them; absent: the caller */
    struct str title;
    struct str description;
};

/* What was seen; a detector fills in what differs from its constant part. Texts live until the event's arena is reset. */
struct verdict {
    struct str type;     /* absent: the detection's own */
    double severity;     /* 0: the detection's own */
    struct str resource; /* name of the resource; absent: by the detection's path */
    struct str resource_type; /* absent: the detection's own */
    struct str why;      /* one sentence: what decided it */
    struct str list;     /* name of the address list that was hit */
    struct str threat;   /* what that list says it is, or the entry that was hit: evidence's threatNames */
    struct str role;     /* TARGET or ACTOR; absent: TARGET */
    /* Parts of the wire object as whole JSON objects, for what isn't an API call; absent: made from the record. */
    struct str resource_details; /* its members go into `resource`, beside resourceType: {"instanceDetails":{...}} */
    struct str action;           /* service.action */
    struct str detection;        /* service.detection: the anomaly or sequence */
    struct str facts;            /* its members join service.additionalInfo.value */
    struct str runtime_details;  /* service.runtimeDetails */
    struct str service_details;  /* its members go into `service` */
    struct str caller;           /* whose doing it is, in the finding's identity; absent: the event's */
    struct str related;          /* further part of the finding's identity, when resource and caller do not tell it apart */
};

/* Whose records are that name no account or region, as those of clusters, databases and agents; absent: 000000000000, us-east-1. */
struct occurrence_home {
    struct str account, region;
};

/* The finding but for title, description and json; all of them are told by verdict but `why`. Returns the record, if it had to be
 * parsed for that, for occurrence_words. */
const struct json *occurrence_name(const struct occurrence_home *home, const struct event *ev, const struct detection *detection,
                                   const struct verdict *verdict, struct finding *out);
/* The rest of it. */
void occurrence_words(struct arena *arena, const struct event *ev, const struct detection *detection, const struct verdict *verdict,
                      const struct json *record, struct finding *out);

#endif
