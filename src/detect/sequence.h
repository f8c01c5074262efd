/* sequence.h - attack sequences: findings about one identity, cluster or group of instances that, taken together, show the
 * steps of an attack. A second stage behind rules and detectors: an event without a finding costs nothing here.
 *
 * spec: GuardDuty user guide, Extended Threat Detection: signals of a rolling 24 hours, of several tactics; API reference,
 * Detection.sequence. The guide gives no rule for how many and which. Our own reading: three kinds of findings of two tactics, one of
 * which tells of somebody else (a listed address, a stolen key, malware); four kinds of three tactics when one is merely unusual
 * for its maker; of an identity also four tactics, one of which hides.
 * What is remembered has a fixed size per identity or group and is bounded per account. Event time rules. One thread. */
#ifndef YAGURA_DETECT_SEQUENCE_H
#define YAGURA_DETECT_SEQUENCE_H

#include "detect/occurrence.h"

enum sequence_kind { SEQUENCE_IDENTITY, SEQUENCE_DATA, SEQUENCE_EKS, SEQUENCE_ECS, SEQUENCE_EC2, SEQUENCE_KINDS };
extern const struct detection SEQUENCES[SEQUENCE_KINDS]; /* what they raise */

struct sequences;
struct sequences *sequences_open(size_t keys_per_account, size_t accounts); /* 0: the defaults */
void sequences_close(struct sequences *sequences); /* NULL is allowed */
uint64_t sequences_evictions(const struct sequences *sequences);

/* Takes a finding that was just named as a signal. How many sequences it begins or goes on with: hits[i] says which, and what
 * they are made of; told again only when something new was added. Texts live in ev->arena. */
struct sequence_hit {
    const struct detection *detection;
    struct verdict verdict;
    struct str region; /* where it began */
};
size_t sequences_take(struct sequences *sequences, const struct event *ev, const struct detection *detection,
                      const struct finding *finding, struct sequence_hit hits[2]);

#endif
