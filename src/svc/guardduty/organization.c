/* organization.c - what only accounts of an organisation may ask. No account here is in one, so each answer is AWS's own to
 * such an account. spec: the wording is AWS's. */
#include "svc/guardduty/detector.h"

static struct err not_in_one(struct request *rq)
{
    return fail(&rq->ctx, &GUARDDUTY_BAD_REQUEST_EXCEPTION,
                "The request failed because you do not have required AWS Organization master permission.");
}

static struct err not_in_one_with(struct request *rq, struct str detector_id)
{
    struct detector_row detector = { .enabled = false };
    TRY(detector_need(rq, detector_id, &detector));
    return not_in_one(rq);
}

struct err guardduty_enable_organization_admin_account(struct request *rq,
                                                       const struct guardduty_enable_organization_admin_account_in *in,
                                                       struct guardduty_enable_organization_admin_account_out *out)
{
    (void)in;
    (void)out;
    return not_in_one(rq);
}

struct err guardduty_disable_organization_admin_account(struct request *rq,
                                                        const struct guardduty_disable_organization_admin_account_in *in,
                                                        struct guardduty_disable_organization_admin_account_out *out)
{
    (void)in;
    (void)out;
    return not_in_one(rq);
}

struct err guardduty_list_organization_admin_accounts(struct request *rq,
                                                      const struct guardduty_list_organization_admin_accounts_in *in,
                                                      struct guardduty_list_organization_admin_accounts_out *out)
{
    (void)in;
    (void)out;
    return not_in_one(rq);
}

struct err guardduty_describe_organization_configuration(struct request *rq,
                                                         const struct guardduty_describe_organization_configuration_in *in,
                                                         struct guardduty_describe_organization_configuration_out *out)
{
    (void)out;
    return not_in_one_with(rq, in->detector_id);
}

struct err guardduty_update_organization_configuration(struct request *rq,
                                                       const struct guardduty_update_organization_configuration_in *in,
                                                       struct guardduty_update_organization_configuration_out *out)
{
    (void)out;
    return not_in_one_with(rq, in->detector_id);
}

struct err guardduty_get_organization_statistics(struct request *rq,
                                                 const struct guardduty_get_organization_statistics_in *in,
                                                 struct guardduty_get_organization_statistics_out *out)
{
    (void)in;
    (void)out;
    return not_in_one(rq);
}

struct err guardduty_create_custom_detection_rule_org_configuration(
    struct request *rq, const struct guardduty_create_custom_detection_rule_org_configuration_in *in,
    struct guardduty_create_custom_detection_rule_org_configuration_out *out)
{
    (void)in;
    (void)out;
    return not_in_one(rq);
}

struct err guardduty_get_custom_detection_rule_org_configuration(
    struct request *rq, const struct guardduty_get_custom_detection_rule_org_configuration_in *in,
    struct guardduty_get_custom_detection_rule_org_configuration_out *out)
{
    (void)in;
    (void)out;
    return not_in_one(rq);
}

struct err guardduty_update_custom_detection_rule_org_configuration(
    struct request *rq, const struct guardduty_update_custom_detection_rule_org_configuration_in *in,
    struct guardduty_update_custom_detection_rule_org_configuration_out *out)
{
    (void)in;
    (void)out;
    return not_in_one(rq);
}

struct err guardduty_delete_custom_detection_rule_org_configuration(
    struct request *rq, const struct guardduty_delete_custom_detection_rule_org_configuration_in *in,
    struct guardduty_delete_custom_detection_rule_org_configuration_out *out)
{
    (void)in;
    (void)out;
    return not_in_one(rq);
}

struct err guardduty_list_custom_detection_rule_org_configurations(
    struct request *rq, const struct guardduty_list_custom_detection_rule_org_configurations_in *in,
    struct guardduty_list_custom_detection_rule_org_configurations_out *out)
{
    (void)in;
    (void)out;
    return not_in_one(rq);
}
