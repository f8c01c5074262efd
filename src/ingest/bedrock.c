/* bedrock.c - model invocation logs.
 * spec: Bedrock user guide, model invocation logging, schema version 1.0. */
#include "ingest/format.h"

const struct json_format FORMAT_BEDROCK = {
    .source = SOURCE_BEDROCK,
    .marks = { "modelId", "operation", "timestamp" },
    .times = { "timestamp" },
    .paths = {
        { FIELD_ACTION, "operation" },
        { FIELD_NAME, "modelId" },
        { FIELD_EVENT_ID, "requestId" },
        { FIELD_ACCOUNT, "accountId" },
        { FIELD_REGION, "region" },
        { FIELD_PRINCIPAL, "identity.arn" },
        { FIELD_ERROR, "errorCode" },
        { FIELD_REQUEST, "input" },
        { FIELD_RESPONSE, "output" },
        { FIELD_PACKETS, "input.inputTokenCount" }, /* what goes in and out is counted in tokens */
        { FIELD_BYTES, "output.outputTokenCount" },
    },
};
