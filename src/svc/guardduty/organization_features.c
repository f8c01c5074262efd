/* organization_features.c - which features an organisation's accounts get, in storage and in the API's two spellings.
 *
 * spec: GuardDuty API reference, UpdateOrganizationConfiguration: NEW, ALL or NONE for each. */
#include "svc/guardduty/organization.h"

static const char *const WORDS[] = { [AUTO_NONE] = "NONE", [AUTO_NEW] = "NEW", [AUTO_ALL] = "ALL" };

static bool read_word(struct str word, enum auto_enable *out)
{
    for (size_t i = 0; i < COUNT_OF(WORDS); i++) {
        if (str_equal(word, str_of(WORDS[i]))) {
            *out = (enum auto_enable)i;
            return true;
        }
    }
    return false;
}

struct organization_features organization_features_read(struct str text)
{
    struct organization_features features = { { AUTO_NONE } };
    while (text.len > 0) {
        struct str word = STR_NONE;
        enum feature_index index = FEATURE_COUNT;
        const struct str key = str_cut(str_cut(text, ' ', &text), '=', &word);
        if (features_find(key, &index)) {
            read_word(word, &features.items[index]);
        }
    }
    return features;
}

struct str organization_features_write(struct ctx *ctx, const struct organization_features *features)
{
    struct text text = text_new(ctx->arena);
    for (size_t i = 0; i < FEATURE_COUNT; i++) {
        if (features->items[i] != AUTO_NONE) {
            text_add_format(&text, "%" STR_FMT "=%s ", STR_ARG(features_key((enum feature_index)i)),
                            WORDS[features->items[i]]);
        }
    }
    return str_trim(text_str(&text));
}

static struct err set(struct request *rq, struct organization_features *features, struct str key, struct str word)
{
    enum feature_index index = FEATURE_COUNT;
    return features_find(key, &index) && read_word(word, &features->items[index])
               ? ERR_OK
               : detector_refuse(&rq->ctx, "features");
}

static void set_source(struct organization_features *features, enum feature_index index, struct opt_bool wanted)
{
    if (wanted.set) {
        features->items[index] = wanted.v ? AUTO_NEW : AUTO_NONE;
    }
}

static void apply_sources(const struct guardduty_organization_data_source_configurations *sources,
                          struct organization_features *features)
{
    if (sources->s3_logs) {
        set_source(features, FEATURE_S3, sources->s3_logs->auto_enable);
    }
    if (sources->kubernetes && sources->kubernetes->audit_logs) {
        set_source(features, FEATURE_EKS_AUDIT, sources->kubernetes->audit_logs->auto_enable);
    }
    if (sources->malware_protection && sources->malware_protection->scan_ec2_instance_with_findings &&
        sources->malware_protection->scan_ec2_instance_with_findings->ebs_volumes) {
        set_source(features, FEATURE_EBS_MALWARE,
                   sources->malware_protection->scan_ec2_instance_with_findings->ebs_volumes->auto_enable);
    }
}

struct err organization_features_apply(struct request *rq,
                                       const struct guardduty_update_organization_configuration_in *in,
                                       struct organization_features *features)
{
    if (in->data_sources) {
        apply_sources(in->data_sources, features);
    }
    for (size_t i = 0; i < in->features.count; i++) {
        const struct guardduty_organization_feature_configuration *one = &in->features.items[i];
        TRY(set(rq, features, one->name, one->auto_enable));
        for (size_t j = 0; j < one->additional_configuration.count; j++) {
            const struct guardduty_organization_additional_configuration *extra =
                &one->additional_configuration.items[j];
            const struct str key =
                str_format(rq->ctx.arena, "%" STR_FMT "/%" STR_FMT, STR_ARG(one->name), STR_ARG(extra->name));
            TRY(set(rq, features, key, extra->auto_enable));
        }
    }
    return ERR_OK;
}

static void show_list(struct request *rq, const struct organization_features *features,
                      struct guardduty_organization_features_configurations_results *out)
{
    out->items = ARENA_ARRAY(rq->ctx.arena, struct guardduty_organization_feature_configuration_result, FEATURE_COUNT);
    for (size_t i = 0; i < FEATURE_COUNT; i++) {
        struct str extra = STR_NONE;
        const struct str name = str_cut(features_key((enum feature_index)i), '/', &extra);
        const struct str word = str_of(WORDS[features->items[i]]);
        if (extra.ptr == NULL) {
            out->items[out->count++] =
                (struct guardduty_organization_feature_configuration_result){ .name = name, .auto_enable = word };
            continue;
        }
        struct guardduty_organization_additional_configuration_results *list =
            &out->items[out->count - 1].additional_configuration; /* it follows its feature */
        if (list->items == NULL) {
            list->items = ARENA_ARRAY(rq->ctx.arena, struct guardduty_organization_additional_configuration_result,
                                      FEATURE_COUNT);
        }
        list->items[list->count++] = (struct guardduty_organization_additional_configuration_result){ extra, word };
    }
}

/* Every part has its own type in the model, all with AutoEnable alone. */
static const struct guardduty_organization_data_source_configurations_result *
show_sources(struct request *rq, const struct organization_features *features)
{
    struct parts {
        struct guardduty_organization_data_source_configurations_result all;
        struct guardduty_organization_s3_logs_configuration_result s3;
        struct guardduty_organization_kubernetes_configuration_result kubernetes;
        struct guardduty_organization_kubernetes_audit_logs_configuration_result audit;
        struct guardduty_organization_malware_protection_configuration_result malware;
        struct guardduty_organization_scan_ec2_instance_with_findings_result scan;
        struct guardduty_organization_ebs_volumes_result volumes;
    } *parts = ARENA_NEW(rq->ctx.arena, struct parts);
    parts->s3.auto_enable = (struct opt_bool)SOME(features->items[FEATURE_S3] != AUTO_NONE);
    parts->audit.auto_enable = (struct opt_bool)SOME(features->items[FEATURE_EKS_AUDIT] != AUTO_NONE);
    parts->volumes.auto_enable = (struct opt_bool)SOME(features->items[FEATURE_EBS_MALWARE] != AUTO_NONE);
    parts->kubernetes.audit_logs = &parts->audit;
    parts->scan.ebs_volumes = &parts->volumes;
    parts->malware.scan_ec2_instance_with_findings = &parts->scan;
    parts->all.s3_logs = &parts->s3;
    parts->all.kubernetes = &parts->kubernetes;
    parts->all.malware_protection = &parts->malware;
    return &parts->all;
}

void organization_features_show(struct request *rq, const struct organization_features *features,
                                struct guardduty_describe_organization_configuration_out *out)
{
    show_list(rq, features, &out->features);
    out->data_sources = show_sources(rq, features);
}
