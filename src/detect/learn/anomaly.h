/* anomaly.h - unusual behaviour of callers, from CloudTrail: every call is learned, and calls that serve a tactic
 * (rules/anomaly/tactics.tsv) are judged by a joint score: how unlikely it is that this caller, in this account, does this,
 * from there, with that client, at this hour, so often. docs/learning.md explains it.
 * spec: GuardDuty user guide, IAM and S3 finding types (…AnomalousBehavior), anomaly details. */
#ifndef YAGURA_DETECT_LEARN_ANOMALY_H
#define YAGURA_DETECT_LEARN_ANOMALY_H

#include "detect/learn/edges.h"
#include "detect/learn/forest.h"
#include "detect/learn/season.h"
#include "detect/learn/tactics.h"
#include "detect/learn/traits.h"
#include "detect/occurrence.h"

/* What is compared, in the order it is told. */
enum aspect { ASPECT_API, ASPECT_SERVICE, ASPECT_RESOURCE, ASPECT_CALLER, ASPECT_NETWORK, ASPECT_COUNTRY, ASPECT_AGENT, ASPECT_REGION,
              ASPECTS };

struct anomaly_score {
    struct learn_rarity of[ASPECTS]; /* ASPECT_CALLER: of the resource's own habits, this caller */
    double nats[ASPECTS];            /* weighted */
    double hour, volume, edge, failures, forest, earlier; /* likewise */
    double context, behaviour, total;
    double amount, expected; /* calls in this hour */
    uint8_t hour_days;       /* days with activity about this hour */
    uint16_t refused;        /* calls in this hour */
    bool judged;
};

enum { CASE_CALLS = 10, CASE_NAME = 64 };
/* The unusual calls of an entity in one hour, for the finding. */
struct anomaly_case {
    uint64_t entity;
    uint32_t hour;
    uint32_t count;
    struct anomaly_call {
        char name[CASE_NAME]; /* "iam.amazonaws.com/CreateUser", cut */
        uint16_t succeeded, failed;
    } calls[CASE_CALLS];
};

struct anomaly;
struct anomaly *anomaly_open(void);
void anomaly_close(struct anomaly *anomaly); /* NULL is allowed */

void anomaly_new_intel(struct anomaly *anomaly); /* what was remembered of addresses is out of date */

/* Learns the call and scores it. False: it is no finding. True: verdict is filled in, for the types of the call; the second
 * one, if any, is asked for with anomaly_also. */
bool anomaly_inspect(struct anomaly *anomaly, struct learn *learn, const struct event *ev, const struct intel *intel,
                     struct verdict *verdict);
bool anomaly_also(struct anomaly *anomaly, const struct event *ev, struct verdict *verdict);

/* anomaly_words.c: the score as a sentence, and as the parts of the finding. */
void anomaly_tell(const struct event *ev, const struct intel *intel, const struct traits *traits, const struct anomaly_score *score,
                  const struct anomaly_case *calls, struct verdict *verdict);

#endif
