/* waf.c - web ACL traffic logs.
 * spec: WAF developer guide, log fields for web ACL traffic. */
#include "ingest/format.h"

/* arn:aws:wafv2:REGION:ACCOUNT:… */
static void finish(struct event *ev)
{
    struct str rest = ev->fields[FIELD_NAME];
    for (int i = 0; i < 3; i++) {
        str_cut(rest, ':', &rest);
    }
    ev->fields[FIELD_REGION] = str_cut(rest, ':', &rest);
    ev->fields[FIELD_ACCOUNT] = str_cut(rest, ':', &rest);
}

const struct json_format FORMAT_WAF = {
    .source = SOURCE_WAF,
    .marks = { "webaclId", "httpRequest" },
    .times = { "timestamp" },
    .paths = {
        { FIELD_ACTION, "action" },
        { FIELD_VERDICT, "action" },
        { FIELD_NAME, "webaclId" },
        { FIELD_RULE, "terminatingRuleId" },
        { FIELD_TYPE, "terminatingRuleType" },
        { FIELD_SERVICE, "httpSourceName" },
        { FIELD_RESOURCE, "httpSourceId" },
        { FIELD_STATUS, "responseCodeSent" },
        { FIELD_IP, "httpRequest.clientIp" },
        { FIELD_COUNTRY, "httpRequest.country" },
        { FIELD_URI, "httpRequest.uri" },
        { FIELD_METHOD, "httpRequest.httpMethod" },
        { FIELD_PROTOCOL, "httpRequest.httpVersion" },
        { FIELD_EVENT_ID, "httpRequest.requestId" },
        { FIELD_REQUEST, "httpRequest" },
        { FIELD_ADDITIONAL, "labels" },
    },
    .finish = finish,
};
