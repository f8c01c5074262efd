/* suricata.c - EVE records, bare or inside Network Firewall's wrapper, which the reader takes off.
 * spec: Suricata user guide, EVE JSON output; Network Firewall developer guide, log contents. */
#include "ingest/format.h"

const struct json_format FORMAT_SURICATA = {
    .source = SOURCE_SURICATA,
    .marks = { "event_type", "timestamp" },
    .times = { "timestamp" },
    .paths = {
        { FIELD_ACTION, "event_type" },
        { FIELD_EVENT_TYPE, "event_type" },
        { FIELD_IP, "src_ip" },
        { FIELD_PORT, "src_port" },
        { FIELD_TARGET_IP, "dest_ip" },
        { FIELD_TARGET_PORT, "dest_port" },
        { FIELD_PROTOCOL, "proto" },
        { FIELD_VERDICT, "alert.action" },
        { FIELD_RULE, "alert.signature" },
        { FIELD_TYPE, "alert.category" },
        { FIELD_SEVERITY, "alert.severity" },
        { FIELD_PACKETS, "netflow.pkts" },
        { FIELD_BYTES, "netflow.bytes" },
        { FIELD_START, "netflow.start" },
        { FIELD_END, "netflow.end" },
        { FIELD_QUERY, "dns.rrname" },
        { FIELD_QUERY_TYPE, "dns.rrtype" },
        { FIELD_HOST, "http.hostname" },
        { FIELD_HOST, "tls.sni" },
        { FIELD_URI, "http.url" },
        { FIELD_METHOD, "http.http_method" },
        { FIELD_AGENT, "http.http_user_agent" },
        { FIELD_STATUS, "http.status" },
    },
};
