/* criteria.c - from the API's FindingCriteria to predicates over the finding's JSON. */
#include "svc/guardduty/finding.h"

/* spec: GuardDuty user guide, filter quotas: 50 attributes, 50 values in Equals and NotEquals. */
enum { ATTRIBUTES_MAX = 50, VALUES_MAX = 50, COMPARISONS = 14 };

static const struct member *member_of(const struct shape *shape, struct str wire_name)
{
    for (uint16_t i = 0; i < shape->member_count; i++) {
        if (str_equal(str_of(shape->members[i].wire_name), wire_name)) {
            return &shape->members[i];
        }
    }
    return NULL;
}

/* Whether a dotted path ends at a value of the finding's model, seeing through lists. additionalInfo is free-form. */
static bool is_field(struct str path)
{
    const struct shape *shape = GUARDDUTY_SHAPE_FINDING;
    if (str_starts(path, STR("service.additionalInfo."))) {
        return true;
    }
    while (path.ptr) {
        struct str rest = STR_NONE;
        const struct member *member =
            shape->kind == SHAPE_STRUCTURE ? member_of(shape, str_cut(path, '.', &rest)) : NULL;
        if (member == NULL) {
            return false;
        }
        shape = member->shape;
        while (shape->kind == SHAPE_LIST) {
            shape = shape->members[0].shape;
        }
        path = rest;
    }
    return shape->kind != SHAPE_STRUCTURE && shape->kind != SHAPE_MAP;
}

/* Where guide and model differ. spec: GuardDuty user guide, Property filters: what it names is accepted, be it that the
 * model spells it otherwise (to), or that no finding of the model has it (to absent): then nothing equals it. */
static const struct {
    struct str from, to;
} GUIDE[] = {
    { STR_INIT("resource.instanceDetails.outpostARN"), STR_INIT("resource.instanceDetails.outpostArn") },
    { STR_INIT("resource.kubernetesDetails.kubernetesWorkloadDetails.hostIpc"),
      STR_INIT("resource.kubernetesDetails.kubernetesWorkloadDetails.hostIPC") },
    { STR_INIT("resource.kubernetesDetails.kubernetesWorkloadDetails.hostPid"),
      STR_INIT("resource.kubernetesDetails.kubernetesWorkloadDetails.hostPID") },
    { STR_INIT("service.action.rdsLoginAttemptAction.loginAttributes.application"),
      STR_INIT("service.action.rdsLoginAttemptAction.LoginAttributes.application") },
    { STR_INIT("service.action.rdsLoginAttemptAction.loginAttributes.failedLoginAttempts"),
      STR_INIT("service.action.rdsLoginAttemptAction.LoginAttributes.failedLoginAttempts") },
    { STR_INIT("service.action.rdsLoginAttemptAction.loginAttributes.successfulLoginAttempts"),
      STR_INIT("service.action.rdsLoginAttemptAction.LoginAttributes.successfulLoginAttempts") },
    { STR_INIT("service.action.rdsLoginAttemptAction.loginAttributes.user"),
      STR_INIT("service.action.rdsLoginAttemptAction.LoginAttributes.user") },
    { STR_INIT("resource.rdsDbInstanceDetails.dbSecurityGroups.name"), { NULL, 0 } },
    { STR_INIT("resource.rdsDbInstanceDetails.dbSecurityGroups.status"), { NULL, 0 } },
    { STR_INIT("resource.rdsDbInstanceDetails.iamDatabaseAuthenticationEnabled"), { NULL, 0 } },
    { STR_INIT("resource.rdsDbInstanceDetails.publiclyAccessible"), { NULL, 0 } },
    { STR_INIT("resource.rdsDbInstanceDetails.vpcId"), { NULL, 0 } },
    { STR_INIT("resource.rdsDbInstanceDetails.vpcSecurityGroups.status"), { NULL, 0 } },
    { STR_INIT("resource.rdsDbInstanceDetails.vpcSecurityGroups.vpcSecurityGroupId"), { NULL, 0 } },
    { STR_INIT("service.detection.sequence.resources.data.ec2Instance.iamInstanceProfile.arn"),
      STR_INIT("service.detection.sequence.resources.data.ec2Instance.IamInstanceProfile.arn") },
    { STR_INIT("service.detection.sequence.resources.data.ec2Instance.iamInstanceProfile.id"),
      STR_INIT("service.detection.sequence.resources.data.ec2Instance.IamInstanceProfile.id") },
    { STR_INIT("service.detection.sequence.resources.data.iamInstanceProfile.id"), { NULL, 0 } },
};

/* The field to look at; absent when there is none of that name. */
static struct str field_of(struct str name)
{
    for (size_t i = 0; i < COUNT_OF(GUIDE); i++) {
        if (str_equal(GUIDE[i].from, name)) {
            return GUIDE[i].to.ptr ? GUIDE[i].to : name;
        }
    }
    return str_starts(name, STR("resource.accessKeyDetails.userIdentity.")) || is_field(name) ? name : STR_NONE;
}

/* The values of one operator of a condition as text; none: it is absent. */
static size_t values_of(struct ctx *ctx, const struct member *member, const void *condition, const struct str **out)
{
    const void *at = (const char *)condition + member->offset;
    if (member->shape->kind == SHAPE_LIST) {
        const struct any_list *list = at;
        *out = list->items;
        return list->items ? list->count : 0;
    }
    const struct opt_int *small = at;
    const struct opt_long *large = at;
    const bool is_long = member->shape->kind == SHAPE_LONG;
    if (is_long ? !large->set : !small->set) {
        return 0;
    }
    struct str *value = ARENA_NEW(ctx->arena, struct str);
    *value = str_format(ctx->arena, "%lld", is_long ? (long long)large->v : (long long)small->v);
    *out = value;
    return 1;
}

static struct err add_condition(struct ctx *ctx, const struct guardduty_criterion_entry *entry,
                                struct match_criterion *criteria, size_t *count)
{
    const struct shape *shape = GUARDDUTY_SHAPE_CONDITION;
    const struct str field = field_of(entry->key);
    if (field.ptr == NULL) {
        return detector_refuse(ctx, "findingCriteria");
    }
    for (uint16_t i = 0; i < shape->member_count; i++) {
        struct match_criterion criterion = { .field = field };
        criterion.value_count = values_of(ctx, &shape->members[i], &entry->value, &criterion.values);
        if (criterion.value_count > VALUES_MAX ||
            !match_comparison_parse(str_of(shape->members[i].name), &criterion.comparison)) {
            return detector_refuse(ctx, "findingCriteria");
        }
        if (criterion.value_count > 0) {
            criteria[(*count)++] = criterion;
        }
    }
    return ERR_OK;
}

struct err finding_criteria(struct ctx *ctx, const struct guardduty_finding_criteria *in, struct match_criteria **out)
{
    const size_t asked = in ? in->criterion.count : 0;
    *out = NULL;
    if (asked == 0) {
        return ERR_OK;
    }
    if (asked > ATTRIBUTES_MAX) {
        return detector_refuse(ctx, "findingCriteria");
    }
    struct match_criterion *criteria = ARENA_ARRAY(ctx->arena, struct match_criterion, asked * COMPARISONS);
    size_t count = 0;
    for (size_t i = 0; i < asked; i++) {
        TRY(add_condition(ctx, &in->criterion.items[i], criteria, &count));
    }
    if (match_criteria_compile(ctx, criteria, count, out).fault) {
        return detector_refuse(ctx, "findingCriteria");
    }
    return ERR_OK;
}
