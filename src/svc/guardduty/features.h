/* features.h - the protection plans of a detector, and their two spellings: Features and the older DataSources.
 *
 * One table holds both, so what is set through one is seen through the other. */
#ifndef YAGURA_SVC_GUARDDUTY_FEATURES_H
#define YAGURA_SVC_GUARDDUTY_FEATURES_H

#include "guardduty_model.h"
#include "svc/request.h"

enum feature_index {
    FEATURE_S3,
    FEATURE_EKS_AUDIT,
    FEATURE_EBS_MALWARE,
    FEATURE_RDS,
    FEATURE_EKS_RUNTIME,
    FEATURE_EKS_RUNTIME_ADDON,
    FEATURE_LAMBDA,
    FEATURE_RUNTIME,
    FEATURE_RUNTIME_EKS_ADDON,
    FEATURE_RUNTIME_ECS_AGENT,
    FEATURE_RUNTIME_EC2_AGENT,
    FEATURE_AI,
    FEATURE_COUNT
};

struct feature_state {
    bool enabled;
    int64_t updated_ms;
};

struct str features_key(enum feature_index index); /* "RUNTIME_MONITORING/EC2_AGENT_MANAGEMENT" */
bool features_find(struct str key, enum feature_index *out);

/* What a new detector starts with. */
void features_default(struct feature_state states[FEATURE_COUNT], int64_t now_ms);

/* Applies a request; DataSources first, so Features win. Either may be absent. */
struct err features_apply(struct request *rq, const struct guardduty_data_source_configurations *sources,
                          const struct guardduty_detector_feature_configurations *asked,
                          struct feature_state states[FEATURE_COUNT]);

struct guardduty_detector_feature_configurations_results
features_show(struct request *rq, const struct feature_state states[FEATURE_COUNT], int64_t created_ms);
const struct guardduty_data_source_configurations_result *
features_show_sources(struct request *rq, const struct feature_state states[FEATURE_COUNT]);

#endif
