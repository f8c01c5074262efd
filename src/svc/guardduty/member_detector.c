/* member_detector.c - the protection plans of members, seen and set by their administrator.
 *
 * An account that is only seen in logs has no detector: what the administrator's own detector says holds for it, and only
 * there can it be changed. spec: GuardDuty API reference, GetMemberDetectors and UpdateMemberDetectors. */
#include "svc/guardduty/member.h"

static struct guardduty_member_features_configurations_results
features_of(struct request *rq, const struct guardduty_detector_feature_configurations_results *all)
{
    struct guardduty_member_features_configurations_results out = {
        .items = ARENA_ARRAY(rq->ctx.arena, struct guardduty_member_features_configuration_result, all->count),
    };
    for (size_t i = 0; i < all->count; i++) {
        const struct guardduty_detector_feature_configuration_result *from = &all->items[i];
        enum feature_index index = FEATURE_COUNT;
        if (!features_find(from->name, &index)) {
            continue; /* one that comes with every detector */
        }
        struct guardduty_member_features_configuration_result *to = &out.items[out.count++];
        *to = (struct guardduty_member_features_configuration_result){
            .name = from->name, .status = from->status, .updated_at = from->updated_at,
        };
        const size_t extras = from->additional_configuration.count;
        to->additional_configuration.items =
            extras ? ARENA_ARRAY(rq->ctx.arena, struct guardduty_member_additional_configuration_result, extras) : NULL;
        to->additional_configuration.count = extras;
        for (size_t e = 0; e < extras; e++) {
            const struct guardduty_detector_additional_configuration_result *extra = &from->additional_configuration.items[e];
            to->additional_configuration.items[e] = (struct guardduty_member_additional_configuration_result){
                .name = extra->name, .status = extra->status, .updated_at = extra->updated_at,
            };
        }
    }
    return out;
}

/* The detector whose plans hold for a member: its own, else the administrator's. *own says which. */
static struct err detector_of(struct request *rq, struct str account, const struct detector_row *ours,
                              struct detector_row *out, bool *own)
{
    const struct rows theirs = member_rows(rq, account);
    TRY(rows_detector_get(theirs, out, own));
    if (!*own) {
        *out = *ours;
    }
    return rows_feature_list(*own ? theirs : rows_of(rq), out);
}

struct err guardduty_get_member_detectors(struct request *rq, const struct guardduty_get_member_detectors_in *in,
                                          struct guardduty_get_member_detectors_out *out)
{
    struct detector_row ours = { .enabled = false };
    const size_t count = in->account_ids.count;
    TRY(detector_need(rq, in->detector_id, &ours));
    struct guardduty_member_data_source_configuration *items =
        ARENA_ARRAY(rq->ctx.arena, struct guardduty_member_data_source_configuration, count + 1);
    out->member_data_source_configurations.items = items;
    out->unprocessed_accounts.items = ARENA_ARRAY(rq->ctx.arena, struct guardduty_unprocessed_account, count + 1);
    for (size_t i = 0; i < count; i++) {
        const struct str account = in->account_ids.items[i];
        struct member_row member = { .other = STR_NONE };
        struct detector_row detector = { .enabled = false };
        bool found = false, own = false;
        TRY(member_find(rq, account, &member, &found));
        if (!found || !member_is_enabled(&member)) {
            out->unprocessed_accounts.items[out->unprocessed_accounts.count++] =
                (struct guardduty_unprocessed_account){ account, str_of(MEMBER_UNKNOWN) };
            continue;
        }
        TRY(detector_of(rq, account, &ours, &detector, &own));
        const struct guardduty_detector_feature_configurations_results all =
            features_show(rq, detector.features, detector.created_ms);
        items[out->member_data_source_configurations.count++] = (struct guardduty_member_data_source_configuration){
            account, features_show_sources(rq, detector.features), features_of(rq, &all),
        };
    }
    return ERR_OK;
}

/* A member's features are spelt like those of a detector. */
static struct guardduty_detector_feature_configurations
features_asked(struct request *rq, const struct guardduty_member_features_configurations *in)
{
    struct guardduty_detector_feature_configurations out = {
        .items = ARENA_ARRAY(rq->ctx.arena, struct guardduty_detector_feature_configuration, in->count + 1),
        .count = in->count,
    };
    for (size_t i = 0; i < in->count; i++) {
        const struct guardduty_member_features_configuration *from = &in->items[i];
        const size_t extras = from->additional_configuration.count;
        struct guardduty_detector_additional_configuration *items =
            ARENA_ARRAY(rq->ctx.arena, struct guardduty_detector_additional_configuration, extras + 1);
        for (size_t e = 0; e < extras; e++) {
            items[e].name = from->additional_configuration.items[e].name;
            items[e].status = from->additional_configuration.items[e].status;
        }
        out.items[i] = (struct guardduty_detector_feature_configuration){
            .name = from->name, .status = from->status, .additional_configuration = { items, extras },
        };
    }
    return out;
}

static struct err update_one(struct request *rq, struct str other, const void *memory, const char **refused)
{
    const struct guardduty_update_member_detectors_in *in = memory;
    const struct rows theirs = member_rows(rq, other);
    struct member_row member = { .other = STR_NONE };
    struct detector_row detector = { .enabled = false };
    bool found = false;
    TRY(rows_membership_get(rows_of(rq), other, &member, &found));
    if (!found || !member_is_enabled(&member)) {
        *refused = MEMBER_UNKNOWN;
        return ERR_OK;
    }
    TRY(rows_detector_get(theirs, &detector, &found));
    if (!found) {
        *refused = "The request is rejected because the given account ID has no detector in this Region.";
        return ERR_OK;
    }
    const struct guardduty_detector_feature_configurations asked = features_asked(rq, &in->features);
    TRY(rows_feature_list(theirs, &detector));
    TRY(features_apply(rq, in->data_sources, &asked, detector.features));
    detector.updated_ms = rq->ctx.now_ms;
    return rows_detector_update(theirs, &detector);
}

struct err guardduty_update_member_detectors(struct request *rq, const struct guardduty_update_member_detectors_in *in,
                                             struct guardduty_update_member_detectors_out *out)
{
    struct detector_row ours = { .enabled = false };
    TRY(detector_need(rq, in->detector_id, &ours));
    return member_each(rq, &in->account_ids, update_one, in, &out->unprocessed_accounts);
}
