/* config_item.c - configuration items: snapshots, histories, notifications of Config.
 * spec: Config developer guide, components of a configuration item. */
#include "ingest/format.h"

const struct json_format FORMAT_CONFIG = {
    .source = SOURCE_CONFIG,
    .marks = { "configurationItemCaptureTime", "resourceType" },
    .times = { "configurationItemCaptureTime" },
    .paths = {
        { FIELD_ACTION, "configurationItemStatus" },
        { FIELD_RESOURCE, "resourceType" },
        { FIELD_NAME, "resourceId" },
        { FIELD_PRINCIPAL, "ARN" },
        { FIELD_PRINCIPAL, "arn" },
        { FIELD_ACCOUNT, "awsAccountId" },
        { FIELD_REGION, "awsRegion" },
        { FIELD_REQUEST, "configuration" },
        { FIELD_ADDITIONAL, "supplementaryConfiguration" },
    },
};
