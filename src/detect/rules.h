/* rules.h - loads detection rules: Sigma, with a `yagura:` section that says what finding they make.
 *
 * yagura:
 *   type: Stealth:IAMUser/CloudTrailLoggingDisabled
 *   severity: 2
 *   resource: AccessKey            # resourceType of the finding
 *   name: requestParameters.name   # path of the resource's name (a|b: the first that is there); left out: the caller
 *   signal: VPCFlowLogsDeleted     # of custom detection rules
 *   attempts: true                 # failed calls count as well; by default only calls that succeeded do
 *   title: CloudTrail logging was stopped by ${caller}
 *   description: …
 *
 * Filters narrow the rules they name, built-in ones too. A rule sees records of its logsource alone. One without that section (any Sigma rule) makes findings of the type Custom:Sigma/<its title>, with a
 * severity by its level, and judges success for itself. Correlations make findings the same way, from the event that completed
 * them; ${why} says what was counted. Rules they name raise nothing by themselves, unless generate is true. */
#ifndef YAGURA_DETECT_RULES_H
#define YAGURA_DETECT_RULES_H

#include "detect/engine.h"
#include "detect/occurrence.h"
#include "match/correlation.h"
#include "match/sigma.h"

struct rule {
    struct detection detection;
    struct str name; /* by which correlations call it; may be absent */
    bool attempts;
    uint32_t sources; /* its logsource, as bits: 1 << SOURCE_… */
    const struct predicate *when;
    const struct sigma_rule *sigma; /* for filters */
    const struct yaml_node *document; /* for tests: the events beside the rule */
};

struct rules {
    struct rule *items;
    size_t count;
    size_t capacity;
    struct map *by_id; /* while loading: id to place in items */
    struct sigma_filter *filters;
    size_t filter_count;
    struct correlation *correlations;
    struct detection *correlation_detections; /* beside them */
    size_t correlation_count;
};

/* Everything lives in ctx->arena. */
MUST_USE struct err rules_load(struct ctx *ctx, const struct engine_options *options, struct rules *out);

#endif
