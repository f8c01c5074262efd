/* ocsf.c - events of the Open Cybersecurity Schema Framework, as Security Lake keeps them.
 * spec: OCSF 1.x, base event, network and API activity. */
#include "ingest/format.h"

const struct json_format FORMAT_OCSF = {
    .source = SOURCE_OCSF,
    .marks = { "class_uid", "metadata" },
    .times = { "time", "time_dt" },
    .paths = {
        { FIELD_ACTION, "api.operation" },
        { FIELD_ACTION, "activity_name" },
        { FIELD_SERVICE, "api.service.name" },
        { FIELD_EVENT_TYPE, "class_uid" },
        { FIELD_TYPE, "class_name" },
        { FIELD_EVENT_ID, "metadata.uid" },
        { FIELD_ACCOUNT, "cloud.account.uid" },
        { FIELD_ACCOUNT, "cloud.account_uid" },
        { FIELD_REGION, "cloud.region" },
        { FIELD_USER_NAME, "actor.user.name" },
        { FIELD_PRINCIPAL, "actor.user.uid" },
        { FIELD_ACCESS_KEY, "actor.user.credential_uid" },
        { FIELD_IP, "src_endpoint.ip" },
        { FIELD_PORT, "src_endpoint.port" },
        { FIELD_TARGET_IP, "dst_endpoint.ip" },
        { FIELD_TARGET_PORT, "dst_endpoint.port" },
        { FIELD_PROTOCOL, "connection_info.protocol_num" },
        { FIELD_DIRECTION, "connection_info.direction" },
        { FIELD_BYTES, "traffic.bytes" },
        { FIELD_PACKETS, "traffic.packets" },
        { FIELD_QUERY, "query.hostname" },
        { FIELD_QUERY_TYPE, "query.type" },
        { FIELD_VERDICT, "action" },
        { FIELD_VERDICT, "disposition" },
        { FIELD_STATUS, "status" },
        { FIELD_SEVERITY, "severity" },
        { FIELD_AGENT, "http_request.user_agent" },
        { FIELD_MESSAGE, "finding_info.title" },
    },
};
