/* dns.c - Route 53 resolver query logs.
 * spec: Route 53 developer guide, values that appear in resolver query logs. */
#include "ingest/format.h"

const struct json_format FORMAT_DNS = {
    .source = SOURCE_DNS,
    .marks = { "query_name", "query_timestamp" },
    .times = { "query_timestamp" },
    .paths = {
        { FIELD_ACTION, "query_type" },
        { FIELD_QUERY_TYPE, "query_type" },
        { FIELD_QUERY, "query_name" },
        { FIELD_STATUS, "rcode" },
        { FIELD_ANSWERS, "answers" },
        { FIELD_IP, "srcaddr" },
        { FIELD_PORT, "srcport" },
        { FIELD_PROTOCOL, "transport" },
        { FIELD_ACCOUNT, "account_id" },
        { FIELD_REGION, "region" },
        { FIELD_VPC, "vpc_id" },
        { FIELD_INSTANCE, "srcids.instance" },
        { FIELD_VERDICT, "firewall_rule_action" },
        { FIELD_RULE, "firewall_rule_group_id" },
    },
};
