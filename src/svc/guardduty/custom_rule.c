/* custom_rule.c - AWS's catalogue of custom detection rules, and their association with an account. The catalogue is AWS's
 * own and not published; Yagura has none of its rules (its own are Sigma rules, see yagura rules), so lists are empty and
 * every rule is unknown. spec: GuardDuty API reference, ListCustomDetectionRules and its neighbours. */
#include "svc/guardduty/detector.h"

static struct err unknown(struct request *rq, const char *kind, struct str id)
{
    return fail(&rq->ctx, &GUARDDUTY_RESOURCE_NOT_FOUND_EXCEPTION,
                "The request was rejected because the %s %" STR_FMT " was not found.", kind, STR_ARG(id));
}

static struct err no_second_page(struct request *rq, struct str token)
{
    return token.len > 0 ? detector_refuse(&rq->ctx, "nextToken") : ERR_OK;
}

struct err guardduty_list_custom_detection_rules(struct request *rq,
                                                 const struct guardduty_list_custom_detection_rules_in *in,
                                                 struct guardduty_list_custom_detection_rules_out *out)
{
    out->rules.items = ARENA_NEW(rq->ctx.arena, struct guardduty_rule_summary);
    return no_second_page(rq, in->next_token);
}

struct err guardduty_get_custom_detection_rule(struct request *rq, const struct guardduty_get_custom_detection_rule_in *in,
                                               struct guardduty_get_custom_detection_rule_out *out)
{
    (void)out;
    return unknown(rq, "custom detection rule", in->rule_id);
}

struct err guardduty_create_custom_detection_rule_association(
    struct request *rq, const struct guardduty_create_custom_detection_rule_association_in *in,
    struct guardduty_create_custom_detection_rule_association_out *out)
{
    (void)out;
    return unknown(rq, "custom detection rule", in->rule_id);
}

struct err guardduty_get_custom_detection_rule_association(
    struct request *rq, const struct guardduty_get_custom_detection_rule_association_in *in,
    struct guardduty_get_custom_detection_rule_association_out *out)
{
    (void)out;
    return unknown(rq, "association", in->association_id);
}

struct err guardduty_update_custom_detection_rule_association(
    struct request *rq, const struct guardduty_update_custom_detection_rule_association_in *in,
    struct guardduty_update_custom_detection_rule_association_out *out)
{
    (void)out;
    return unknown(rq, "association", in->association_id);
}

struct err guardduty_delete_custom_detection_rule_association(
    struct request *rq, const struct guardduty_delete_custom_detection_rule_association_in *in,
    struct guardduty_delete_custom_detection_rule_association_out *out)
{
    (void)out;
    return unknown(rq, "association", in->association_id);
}

struct err guardduty_list_custom_detection_rule_associations(
    struct request *rq, const struct guardduty_list_custom_detection_rule_associations_in *in,
    struct guardduty_list_custom_detection_rule_associations_out *out)
{
    out->rule_associations.items = ARENA_NEW(rq->ctx.arena, struct guardduty_association_summary);
    return no_second_page(rq, in->next_token);
}
