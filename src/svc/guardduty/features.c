#include "svc/guardduty/features.h"

/* A key is a feature, or feature/additional configuration, which follows its feature. What a new detector starts with
 * is what AWS switches on by itself for a new account: every plan but runtime monitoring and the protection of AI. */
static const struct feature {
    struct str key;
    bool on;
} FEATURES[FEATURE_COUNT] = {
    [FEATURE_S3] = { STR_INIT("S3_DATA_EVENTS"), true },
    [FEATURE_EKS_AUDIT] = { STR_INIT("EKS_AUDIT_LOGS"), true },
    [FEATURE_EBS_MALWARE] = { STR_INIT("EBS_MALWARE_PROTECTION"), true },
    [FEATURE_RDS] = { STR_INIT("RDS_LOGIN_EVENTS"), true },
    [FEATURE_EKS_RUNTIME] = { STR_INIT("EKS_RUNTIME_MONITORING"), false },
    [FEATURE_EKS_RUNTIME_ADDON] = { STR_INIT("EKS_RUNTIME_MONITORING/EKS_ADDON_MANAGEMENT"), false },
    [FEATURE_LAMBDA] = { STR_INIT("LAMBDA_NETWORK_LOGS"), true },
    [FEATURE_RUNTIME] = { STR_INIT("RUNTIME_MONITORING"), false },
    [FEATURE_RUNTIME_EKS_ADDON] = { STR_INIT("RUNTIME_MONITORING/EKS_ADDON_MANAGEMENT"), false },
    [FEATURE_RUNTIME_ECS_AGENT] = { STR_INIT("RUNTIME_MONITORING/ECS_FARGATE_AGENT_MANAGEMENT"), false },
    [FEATURE_RUNTIME_EC2_AGENT] = { STR_INIT("RUNTIME_MONITORING/EC2_AGENT_MANAGEMENT"), false },
    [FEATURE_AI] = { STR_INIT("AI_PROTECTION"), false },
};
/* spec: GuardDuty API reference, DetectorFeatureResult: these come with every detector and can't be switched. */
static const struct str FOUNDATION[] = { STR_INIT("CLOUD_TRAIL"), STR_INIT("DNS_LOGS"), STR_INIT("FLOW_LOGS") };

struct str features_key(enum feature_index index)
{
    return FEATURES[index].key;
}

bool features_find(struct str key, enum feature_index *out)
{
    for (size_t i = 0; i < FEATURE_COUNT; i++) {
        if (str_equal(FEATURES[i].key, key)) {
            *out = (enum feature_index)i;
            return true;
        }
    }
    return false;
}

void features_default(struct feature_state states[FEATURE_COUNT], int64_t now_ms)
{
    for (size_t i = 0; i < FEATURE_COUNT; i++) {
        states[i] = (struct feature_state){ FEATURES[i].on, now_ms };
    }
}

static void set(struct request *rq, struct feature_state *state, bool enabled)
{
    if (state->enabled != enabled) {
        *state = (struct feature_state){ enabled, rq->ctx.now_ms };
    }
}

/* The switch behind a name and its status; a request that lacks either, or names none, is refused. */
static struct err set_named(struct request *rq, struct feature_state *states, struct str key, struct str status)
{
    enum feature_index index = FEATURE_COUNT;
    if (status.len == 0 || !features_find(key, &index)) {
        return fail(&rq->ctx, &GUARDDUTY_BAD_REQUEST_EXCEPTION,
                    "The request is rejected because the parameter features has an invalid value.");
    }
    set(rq, &states[index], str_equal(status, STR("ENABLED")));
    return ERR_OK;
}

static struct err apply_feature(struct request *rq, const struct guardduty_detector_feature_configuration *asked,
                                struct feature_state *states)
{
    TRY(set_named(rq, states, asked->name, asked->status));
    for (size_t i = 0; i < asked->additional_configuration.count; i++) {
        const struct guardduty_detector_additional_configuration *extra = &asked->additional_configuration.items[i];
        const struct str key =
            str_format(rq->ctx.arena, "%" STR_FMT "/%" STR_FMT, STR_ARG(asked->name), STR_ARG(extra->name));
        TRY(set_named(rq, states, key, extra->status));
    }
    return ERR_OK;
}

static void apply_sources(struct request *rq, const struct guardduty_data_source_configurations *sources,
                          struct feature_state *states)
{
    if (sources->s3_logs && sources->s3_logs->enable.set) {
        set(rq, &states[FEATURE_S3], sources->s3_logs->enable.v);
    }
    if (sources->kubernetes && sources->kubernetes->audit_logs && sources->kubernetes->audit_logs->enable.set) {
        set(rq, &states[FEATURE_EKS_AUDIT], sources->kubernetes->audit_logs->enable.v);
    }
    const struct guardduty_malware_protection_configuration *malware = sources->malware_protection;
    if (malware && malware->scan_ec2_instance_with_findings &&
        malware->scan_ec2_instance_with_findings->ebs_volumes.set) {
        set(rq, &states[FEATURE_EBS_MALWARE], malware->scan_ec2_instance_with_findings->ebs_volumes.v);
    }
}

struct err features_apply(struct request *rq, const struct guardduty_data_source_configurations *sources,
                          const struct guardduty_detector_feature_configurations *asked,
                          struct feature_state states[FEATURE_COUNT])
{
    if (sources) {
        apply_sources(rq, sources, states);
    }
    for (size_t i = 0; i < asked->count; i++) {
        TRY(apply_feature(rq, &asked->items[i], states));
    }
    /* spec: GuardDuty API reference, CreateDetector features: RUNTIME_MONITORING includes EKS; both is an error. */
    if (states[FEATURE_RUNTIME].enabled && states[FEATURE_EKS_RUNTIME].enabled) {
        return fail(
            &rq->ctx, &GUARDDUTY_BAD_REQUEST_EXCEPTION,
            "The request is rejected because EKS_RUNTIME_MONITORING and RUNTIME_MONITORING cannot both be enabled.");
    }
    return ERR_OK;
}

static struct str status_of(bool enabled)
{
    return enabled ? STR("ENABLED") : STR("DISABLED");
}

/* The additional configurations that follow the feature at `first`; returns how many. */
static size_t show_additional(struct request *rq, const struct feature_state *states, size_t first,
                              struct guardduty_detector_additional_configuration_results *out)
{
    size_t end = first + 1;
    while (end < FEATURE_COUNT && str_find(FEATURES[end].key, '/') != STR_MISSING) {
        end++;
    }
    const size_t count = end - first - 1;
    if (count > 0) {
        out->items = ARENA_ARRAY(rq->ctx.arena, struct guardduty_detector_additional_configuration_result, count);
    }
    for (size_t i = 0; i < count; i++) {
        const size_t at = first + 1 + i;
        out->items[i] = (struct guardduty_detector_additional_configuration_result){
            .name = str_from(FEATURES[at].key, FEATURES[first].key.len + 1),
            .status = status_of(states[at].enabled),
            .updated_at = SOME(states[at].updated_ms),
        };
    }
    out->count = count;
    return count;
}

struct guardduty_detector_feature_configurations_results
features_show(struct request *rq, const struct feature_state states[FEATURE_COUNT], int64_t created_ms)
{
    struct guardduty_detector_feature_configurations_results out = {
        .items = ARENA_ARRAY(rq->ctx.arena, struct guardduty_detector_feature_configuration_result,
                             FEATURE_COUNT + COUNT_OF(FOUNDATION)),
    };
    for (size_t i = 0; i < COUNT_OF(FOUNDATION); i++) {
        out.items[out.count++] = (struct guardduty_detector_feature_configuration_result){
            .name = FOUNDATION[i],
            .status = status_of(true),
            .updated_at = SOME(created_ms),
        };
    }
    for (size_t i = 0; i < FEATURE_COUNT; i++) {
        struct guardduty_detector_feature_configuration_result *result = &out.items[out.count++];
        result->name = FEATURES[i].key;
        result->status = status_of(states[i].enabled);
        result->updated_at = (struct opt_time)SOME(states[i].updated_ms);
        i += show_additional(rq, states, i, &result->additional_configuration);
    }
    return out;
}

static const struct guardduty_malware_protection_configuration_result *show_malware(struct request *rq, bool enabled)
{
    struct guardduty_ebs_volumes_result *volumes = ARENA_NEW(rq->ctx.arena, struct guardduty_ebs_volumes_result);
    volumes->status = status_of(enabled);
    struct guardduty_scan_ec2_instance_with_findings_result *scan =
        ARENA_NEW(rq->ctx.arena, struct guardduty_scan_ec2_instance_with_findings_result);
    scan->ebs_volumes = volumes;
    struct guardduty_malware_protection_configuration_result *malware =
        ARENA_NEW(rq->ctx.arena, struct guardduty_malware_protection_configuration_result);
    malware->scan_ec2_instance_with_findings = scan;
    malware->service_role = str_format(rq->ctx.arena,
                                       "arn:%" STR_FMT ":iam::%" STR_FMT
                                       ":role/aws-service-role/malware-protection.guardduty.amazonaws.com/"
                                       "AWSServiceRoleForAmazonGuardDutyMalwareProtection",
                                       STR_ARG(rq->partition), STR_ARG(rq->account));
    return malware;
}

const struct guardduty_data_source_configurations_result *
features_show_sources(struct request *rq, const struct feature_state states[FEATURE_COUNT])
{
    static const struct guardduty_cloud_trail_configuration_result TRAIL = { .status = STR_INIT("ENABLED") };
    static const struct guardduty_dns_logs_configuration_result DNS = { .status = STR_INIT("ENABLED") };
    static const struct guardduty_flow_logs_configuration_result FLOW = { .status = STR_INIT("ENABLED") };
    struct arena *arena = rq->ctx.arena;
    struct guardduty_s3_logs_configuration_result *s3 = ARENA_NEW(arena, struct guardduty_s3_logs_configuration_result);
    s3->status = status_of(states[FEATURE_S3].enabled);
    struct guardduty_kubernetes_audit_logs_configuration_result *audit =
        ARENA_NEW(arena, struct guardduty_kubernetes_audit_logs_configuration_result);
    audit->status = status_of(states[FEATURE_EKS_AUDIT].enabled);
    struct guardduty_kubernetes_configuration_result *kubernetes =
        ARENA_NEW(arena, struct guardduty_kubernetes_configuration_result);
    kubernetes->audit_logs = audit;
    struct guardduty_data_source_configurations_result *out =
        ARENA_NEW(arena, struct guardduty_data_source_configurations_result);
    *out = (struct guardduty_data_source_configurations_result){
        .cloud_trail = &TRAIL,
        .dns_logs = &DNS,
        .flow_logs = &FLOW,
        .s3_logs = s3,
        .kubernetes = kubernetes,
        .malware_protection = show_malware(rq, states[FEATURE_EBS_MALWARE].enabled),
    };
    return out;
}
