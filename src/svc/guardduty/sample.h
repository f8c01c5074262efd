/* sample.h - the placeholders that sample findings are made of: typed, so that they fit the model by construction.
 *
 * spec: GuardDuty user guide, Sample findings: values are placeholders such as GeneratedFinding..., addresses are from
 * the documentation ranges of RFC 5737. */
#ifndef YAGURA_SVC_GUARDDUTY_SAMPLE_H
#define YAGURA_SVC_GUARDDUTY_SAMPLE_H

#include "guardduty_model.h"
#include "svc/request.h"

enum sample_malware { SAMPLE_NO_MALWARE, SAMPLE_VOLUME_SCAN, SAMPLE_OBJECT_SCAN, SAMPLE_BACKUP_SCAN };

/* What a sample is made from: the facts of one finding type. */
struct sample_type {
    struct str name;
    struct str resource_type; /* one of resource.resourceType */
    struct str role;          /* TARGET or ACTOR */
    struct str action;        /* actionType; empty: none */
    struct str title;
    struct str description;
    double severity;
    enum sample_malware malware;
    bool runtime;
    bool sequence;
};

/* Where it happens: for the ARNs in it. */
struct sample_place {
    struct arena *arena;
    struct str partition, region, account;
    int64_t now_ms;
};

/* "arn:PARTITION:SERVICE:REGION:ACCOUNT:REST" */
struct str sample_arn(const struct sample_place *place, const char *service, const char *rest);
const struct guardduty_resource *sample_resource(const struct sample_place *place, const struct sample_type *type);
const struct guardduty_action *sample_action(struct str action); /* NULL: there is none of that type */
/* Adds scan results, process details or the sequence. */
void sample_evidence(const struct sample_place *place, const struct sample_type *type,
                     struct guardduty_service *service);

#endif
