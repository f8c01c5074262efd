/* organization_statistics.c - how many accounts of the organisation are protected, and with what; custom rules for it.
 * spec: GuardDuty API reference, GetOrganizationStatistics. */
#include "organizations_model.h"
#include "svc/door.h"
#include "svc/guardduty/organization.h"

struct counts {
    int32_t members, active, enabled;
    int32_t features[FEATURE_COUNT];
};

static struct err count_detector(struct rows rows, struct counts *counts)
{
    struct detector_row detector = { .enabled = false };
    bool found = false;
    TRY(rows_detector_get(rows, &detector, &found));
    if (!found || !detector.enabled) {
        return ERR_OK;
    }
    TRY(rows_feature_list(rows, &detector));
    counts->enabled++;
    for (size_t i = 0; i < FEATURE_COUNT; i++) {
        counts->features[i] += detector.features[i].enabled;
    }
    return ERR_OK;
}

static struct err count_members(struct request *rq, struct counts *counts)
{
    struct member_row *members = NULL;
    struct str after = STR("");
    size_t count = 0;
    TRY(count_detector(rows_of(rq), counts));
    do {
        TRY(rows_membership_list(rows_of(rq), after, MEMBER_PAGE_MAX, &members, &count));
        for (size_t i = 0; i < count; i++) {
            after = members[i].other;
            counts->members++;
            if (member_is_enabled(&members[i])) {
                counts->active++;
                TRY(count_detector(member_rows(rq, members[i].other), counts));
            }
        }
    } while (count == MEMBER_PAGE_MAX);
    return ERR_OK;
}

/* How many accounts the organisation has, asked of it page by page. */
static struct err count_accounts(struct request *rq, int32_t *total)
{
    struct organizations_list_accounts_in in = { .next_token = STR_NONE };
    const struct door_call call = { .service = "organizations", .operation = "ListAccounts", .in = &in };
    do {
        const void *answer = NULL;
        TRY(door_call(rq, &call, &answer));
        const struct organizations_list_accounts_out *page = answer;
        *total += (int32_t)page->accounts.count;
        in.next_token = page->next_token;
    } while (in.next_token.len > 0);
    return ERR_OK;
}

static void show_features(struct request *rq, const struct counts *counts,
                          struct guardduty_organization_feature_statistics_results *out)
{
    out->items = ARENA_ARRAY(rq->ctx.arena, struct guardduty_organization_feature_statistics, FEATURE_COUNT);
    for (size_t i = 0; i < FEATURE_COUNT; i++) {
        struct str extra = STR_NONE;
        const struct str name = str_cut(features_key((enum feature_index)i), '/', &extra);
        if (extra.ptr == NULL) {
            out->items[out->count++] = (struct guardduty_organization_feature_statistics){
                .name = name,
                .enabled_accounts_count = SOME(counts->features[i]),
            };
            continue;
        }
        struct guardduty_organization_feature_statistics_additional_configurations *list =
            &out->items[out->count - 1].additional_configuration; /* it follows its feature */
        if (list->items == NULL) {
            list->items =
                ARENA_ARRAY(rq->ctx.arena, struct guardduty_organization_feature_statistics_additional_configuration,
                            FEATURE_COUNT);
        }
        list->items[list->count++] = (struct guardduty_organization_feature_statistics_additional_configuration){
            extra,
            SOME(counts->features[i]),
        };
    }
}

struct err guardduty_get_organization_statistics(struct request *rq,
                                                 const struct guardduty_get_organization_statistics_in *in,
                                                 struct guardduty_get_organization_statistics_out *out)
{
    (void)in;
    struct admin_row admin = { .features = STR_NONE };
    struct counts counts = { .members = 0 };
    int32_t total = 0;
    TRY(organization_admin_need(rq, &admin));
    TRY(count_accounts(rq, &total));
    TRY(count_members(rq, &counts));
    struct guardduty_organization_statistics *statistics =
        ARENA_NEW(rq->ctx.arena, struct guardduty_organization_statistics);
    struct guardduty_organization_details *details = ARENA_NEW(rq->ctx.arena, struct guardduty_organization_details);
    *statistics = (struct guardduty_organization_statistics){
        .total_accounts_count = SOME(total),
        .member_accounts_count = SOME(counts.members),
        .active_accounts_count = SOME(counts.active),
        .enabled_accounts_count = SOME(counts.enabled),
    };
    show_features(rq, &counts, &statistics->count_by_feature);
    *details = (struct guardduty_organization_details){ SOME(rq->ctx.now_ms), statistics };
    out->organization_details = details;
    return ERR_OK;
}

/* AWS's custom rules are not here (custom_rule.c), so no configuration of one is. */
static struct err no_rule(struct request *rq, struct str rule)
{
    struct admin_row admin = { .features = STR_NONE };
    TRY(organization_admin_need(rq, &admin));
    return fail(&rq->ctx, &GUARDDUTY_RESOURCE_NOT_FOUND_EXCEPTION,
                "The request was rejected because the custom detection rule %" STR_FMT " was not found.",
                STR_ARG(rule));
}

struct err guardduty_create_custom_detection_rule_org_configuration(
    struct request *rq, const struct guardduty_create_custom_detection_rule_org_configuration_in *in,
    struct guardduty_create_custom_detection_rule_org_configuration_out *out)
{
    (void)out;
    return no_rule(rq, in->rule_id);
}

struct err guardduty_get_custom_detection_rule_org_configuration(
    struct request *rq, const struct guardduty_get_custom_detection_rule_org_configuration_in *in,
    struct guardduty_get_custom_detection_rule_org_configuration_out *out)
{
    (void)out;
    return no_rule(rq, in->rule_id);
}

struct err guardduty_update_custom_detection_rule_org_configuration(
    struct request *rq, const struct guardduty_update_custom_detection_rule_org_configuration_in *in,
    struct guardduty_update_custom_detection_rule_org_configuration_out *out)
{
    (void)out;
    return no_rule(rq, in->rule_id);
}

struct err guardduty_delete_custom_detection_rule_org_configuration(
    struct request *rq, const struct guardduty_delete_custom_detection_rule_org_configuration_in *in,
    struct guardduty_delete_custom_detection_rule_org_configuration_out *out)
{
    (void)out;
    return no_rule(rq, in->rule_id);
}

struct err guardduty_list_custom_detection_rule_org_configurations(
    struct request *rq, const struct guardduty_list_custom_detection_rule_org_configurations_in *in,
    struct guardduty_list_custom_detection_rule_org_configurations_out *out)
{
    struct admin_row admin = { .features = STR_NONE };
    TRY(organization_admin_need(rq, &admin));
    out->configurations.items = ARENA_NEW(rq->ctx.arena, struct guardduty_detection_rule_org_configuration_summary);
    return in->next_token.len > 0 ? detector_refuse(&rq->ctx, "nextToken") : ERR_OK;
}
