/* findings.c - findings of GuardDuty (exports, EventBridge, the API) and of Security Hub (ASFF).
 * spec: the services' API references, Finding and AwsSecurityFinding. */
#include "ingest/format.h"

const struct json_format FORMAT_GUARDDUTY = {
    .source = SOURCE_GUARDDUTY,
    .marks = { "accountId", "type", "severity", "service" },
    .times = { "updatedAt", "createdAt", "service.eventLastSeen" },
    .paths = {
        { FIELD_ACTION, "type" },
        { FIELD_TYPE, "type" },
        { FIELD_EVENT_ID, "id" },
        { FIELD_ACCOUNT, "accountId" },
        { FIELD_REGION, "region" },
        { FIELD_SEVERITY, "severity" },
        { FIELD_MESSAGE, "title" },
        { FIELD_RESOURCE, "resource.resourceType" },
        { FIELD_INSTANCE, "resource.instanceDetails.instanceId" },
        { FIELD_USER_NAME, "resource.accessKeyDetails.userName" },
        { FIELD_ACCESS_KEY, "resource.accessKeyDetails.accessKeyId" },
        { FIELD_PRINCIPAL_ID, "resource.accessKeyDetails.principalId" },
        { FIELD_IP, "service.action.awsApiCallAction.remoteIpDetails.ipAddressV4" },
        { FIELD_IP, "service.action.networkConnectionAction.remoteIpDetails.ipAddressV4" },
        { FIELD_QUERY, "service.action.dnsRequestAction.domain" },
        { FIELD_START, "service.eventFirstSeen" },
        { FIELD_END, "service.eventLastSeen" },
    },
};

const struct json_format FORMAT_SECURITY_HUB = {
    .source = SOURCE_SECURITY_HUB,
    .marks = { "AwsAccountId", "GeneratorId" },
    .times = { "UpdatedAt", "CreatedAt" },
    .paths = {
        { FIELD_ACTION, "Types[]" },
        { FIELD_TYPE, "Types[]" },
        { FIELD_EVENT_ID, "Id" },
        { FIELD_ACCOUNT, "AwsAccountId" },
        { FIELD_REGION, "Region" },
        { FIELD_SEVERITY, "Severity.Label" },
        { FIELD_MESSAGE, "Title" },
        { FIELD_RULE, "GeneratorId" },
        { FIELD_STATUS, "Compliance.Status" },
        { FIELD_RESOURCE, "Resources.Type" },
        { FIELD_NAME, "Resources.Id" },
        { FIELD_RESOURCES, "Resources" },
    },
};
