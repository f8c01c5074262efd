/* tactics.h - which call serves which tactic, and what surprises weigh: the tables of rules/anomaly, as built in. */
#ifndef YAGURA_DETECT_LEARN_TACTICS_H
#define YAGURA_DETECT_LEARN_TACTICS_H

#include "base/str.h"

struct tactic {
    struct str service, api; /* "iam"; a name, or its beginning and a * */
    struct str type;         /* of the finding */
    double gravity;
};
extern const struct tactic TACTICS[]; /* names before beginnings, rows of one call beside each other */
extern const size_t TACTICS_COUNT;

struct anomaly_weights {
    double api, service, resource, peers, earlier, earlier_most, network, country, agent, region, hour, volume, edge, failures, forest;
    double threshold, least_behaviour, least_context, alone, grave, grave_threshold;
};
extern const struct anomaly_weights ANOMALY_WEIGHTS;

struct tactics;
struct tactics *tactics_open(void);
void tactics_close(struct tactics *tactics); /* NULL is allowed */
/* The first row of a call, or NULL; source is an eventSource. The next row is of the same call when tactic_also says so. */
const struct tactic *tactics_find(const struct tactics *tactics, struct str source, struct str api);
const struct tactic *tactic_also(const struct tactic *tactic); /* NULL: that was the last */

#endif
