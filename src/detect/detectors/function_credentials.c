/* function_credentials.c - the role session of a Lambda function is used from outside AWS.
 * spec: GuardDuty user guide, UnauthorizedAccess:IAMUser/ResourceCredentialExfiltration.OutsideAWS; CloudTrail user guide,
 * userIdentity.inScopeOf: whom the credentials were issued to. Only with a list of AWS's address ranges (INTEL_AWS). */
#include "detect/detectors.h"

static bool is_function(const struct event *ev)
{
    const struct str address = event_get(ev, FIELD_IP);
    const char last = address.len > 0 ? address.ptr[address.len - 1] : '-';
    return last >= '0' && last <= '9' && event_get(ev, FIELD_VPC_ENDPOINT).len == 0 && event_get(ev, FIELD_INVOKED_BY).len == 0 &&
           str_search(ev->raw, STR("\"AWS::Lambda::Function\"")) != STR_MISSING;
}

static bool inspect(const struct event *ev, void *memory, const struct intel *intel, struct verdict *verdict)
{
    (void)memory;
    const struct str address = event_get(ev, FIELD_IP);
    const struct json *scope = json_path(json_parse(ev->arena, ev->raw, NULL), "userIdentity.inScopeOf");
    verdict->resource = json_text(json_get(scope, STR("credentialsIssuedTo")));
    verdict->why = STR("the address lies outside AWS");
    return str_equal(json_text(json_get(scope, STR("issuerType"))), STR("AWS::Lambda::Function")) &&
           !intel_is_private(address) && (intel_lists(intel, address) & (INTEL_AWS | INTEL_TRUSTED)) == 0;
}

const struct detector FUNCTION_KEY_OUTSIDE = {
    .detection = {
        .id = STR_INIT("function-key-outside"),
        .type = STR_INIT("UnauthorizedAccess:IAMUser/ResourceCredentialExfiltration.OutsideAWS"),
        .severity = 8,
        .resource = STR_INIT("AccessKey"),
        .title = STR_INIT("Credentials of a Lambda function were used from outside AWS."),
        .description = STR_INIT("Credentials made for ${resource} were used from ${source} to call ${eventName}: ${why}."),
    },
    .source = SOURCE_CLOUDTRAIL,
    .when = { { FIELD_IDENTITY, "AssumedRole" } },
    .attempts = true,
    .needs = INTEL_AWS,
    .wants = is_function,
    .inspect = inspect,
};
