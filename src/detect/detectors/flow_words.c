/* flow_words.c - what a finding about flows says: the instance or function, and the connection.
 * spec: GuardDuty API reference, NetworkConnectionAction, PortProbeAction, InstanceDetails, LambdaDetails. */
#include "detect/catalogue.h"
#include "detect/detectors/flow.h"

static struct str address_text(const struct flow *flow, bool remote)
{
    const bool source = remote != flow->outbound;
    return event_get(flow->ev, source ? FIELD_IP : FIELD_TARGET_IP);
}

struct str flow_remote_text(const struct flow *flow) { return address_text(flow, true); }

static bool is_v6(struct str address) { return str_find(address, ':') != STR_MISSING; }

static struct str or_else(struct str first, struct str second) { return first.len > 0 ? first : second; }

static void write_address(struct json_writer *w, const char *member, struct str address)
{
    json_key(w, str_of(member));
    json_open_object(w);
    json_member_str(w, is_v6(address) ? STR("ipAddressV6") : STR("ipAddressV4"), address);
    json_close_object(w);
}

/* In the words of the guide; the common services by name. */
static const char *port_name(uint16_t port)
{
    static const struct { uint16_t port; const char *name; } names[] = {
        { 20, "FTP" }, { 21, "FTP" }, { 22, "SSH" }, { 23, "Telnet" }, { 25, "SMTP" }, { 53, "DNS" }, { 80, "HTTP" }, { 110, "POP3" },
        { 123, "NTP" }, { 143, "IMAP" }, { 389, "LDAP" }, { 443, "HTTPS" }, { 445, "SMB" }, { 465, "SMTP" }, { 587, "SMTP" },
        { 853, "DNS" }, { 1433, "MSSQL" }, { 3306, "MySQL" }, { 3389, "RDP" }, { 5432, "PostgreSQL" }, { 5985, "WinRM" },
        { 5986, "WinRM" }, { 9200, "Elasticsearch" }, { 9300, "Elasticsearch" },
    };
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        if (names[i].port == port) {
            return names[i].name;
        }
    }
    return "Unknown";
}

static void write_port(struct json_writer *w, const char *member, uint16_t port)
{
    json_key(w, str_of(member));
    json_open_object(w);
    json_member_int(w, STR("port"), port);
    json_member_str(w, STR("portName"), str_of(port_name(port)));
    json_close_object(w);
}

static struct str protocol_name(const struct flow *flow)
{
    switch (flow->protocol) {
    case FLOW_TCP:
        return STR("TCP");
    case FLOW_UDP:
        return STR("UDP");
    case FLOW_ICMP:
    case FLOW_ICMP6:
        return STR("ICMP");
    default:
        return str_format(flow->ev->arena, "%u", flow->protocol);
    }
}

static struct str connection(const struct flow *flow)
{
    struct json_writer w = json_writer_new(flow->ev->arena);
    json_open_object(&w);
    json_member_str(&w, STR("actionType"), STR("NETWORK_CONNECTION"));
    json_key(&w, STR("networkConnectionAction"));
    json_open_object(&w);
    json_member_bool(&w, STR("blocked"), flow->ev->flow.rejected);
    json_member_str(&w, STR("connectionDirection"), flow->initiated ? STR("OUTBOUND") : STR("INBOUND"));
    json_member_str(&w, STR("protocol"), protocol_name(flow));
    write_address(&w, "localIpDetails", address_text(flow, false));
    write_port(&w, "localPortDetails", flow->local_port);
    write_address(&w, "remoteIpDetails", address_text(flow, true));
    write_port(&w, "remotePortDetails", flow->remote_port);
    json_member_str(&w, STR("localNetworkInterface"), event_get(flow->ev, FIELD_INTERFACE));
    json_close_object(&w);
    json_close_object(&w);
    return json_done(&w);
}

static struct str probe(const struct flow *flow)
{
    struct json_writer w = json_writer_new(flow->ev->arena);
    json_open_object(&w);
    json_member_str(&w, STR("actionType"), STR("PORT_PROBE"));
    json_key(&w, STR("portProbeAction"));
    json_open_object(&w);
    json_member_bool(&w, STR("blocked"), flow->ev->flow.rejected);
    json_key(&w, STR("portProbeDetails"));
    json_open_array(&w);
    json_open_object(&w);
    write_address(&w, "localIpDetails", address_text(flow, false));
    write_port(&w, "localPortDetails", flow->local_port);
    write_address(&w, "remoteIpDetails", address_text(flow, true));
    json_close_object(&w);
    json_close_array(&w);
    json_close_object(&w);
    json_close_object(&w);
    return json_done(&w);
}

static struct str of_interface(const struct flow *flow, enum field field, struct str known)
{
    return or_else(event_get(flow->ev, field), known);
}

static void write_interface(struct json_writer *w, const struct flow *flow)
{
    static const struct interface unknown = { .kind = INTERFACE_INSTANCE };
    const struct interface *known = flow->host->interface ? flow->host->interface : &unknown;
    const struct str local = address_text(flow, false);
    json_open_object(w);
    json_member_str(w, STR("networkInterfaceId"), event_get(flow->ev, FIELD_INTERFACE));
    if (is_v6(local)) {
        json_key(w, STR("ipv6Addresses"));
        json_open_array(w);
        json_str(w, local);
        json_close_array(w);
    }
    json_member_str(w, STR("privateIpAddress"), or_else(known->private_ip, is_v6(local) ? STR_NONE : local));
    json_member_str(w, STR("publicIp"), known->public_ip);
    json_member_str(w, STR("subnetId"), of_interface(flow, FIELD_SUBNET, known->subnet));
    json_member_str(w, STR("vpcId"), of_interface(flow, FIELD_VPC, known->vpc));
    if (known->groups.len > 2) {
        json_key(w, STR("securityGroups"));
        json_raw(w, known->groups);
    }
    json_close_object(w);
}

static struct str instance_details(const struct flow *flow, struct str instance)
{
    struct json_writer w = json_writer_new(flow->ev->arena);
    json_open_object(&w);
    json_key(&w, STR("instanceDetails"));
    json_open_object(&w);
    json_member_str(&w, STR("instanceId"), instance.len > 0 ? instance : STR_NONE);
    json_key(&w, STR("networkInterfaces"));
    json_open_array(&w);
    write_interface(&w, flow);
    json_close_array(&w);
    json_close_object(&w);
    json_close_object(&w);
    return json_done(&w);
}

static struct str function_details(const struct flow *flow, struct str name)
{
    const struct interface *known = flow->host->interface;
    struct json_writer w = json_writer_new(flow->ev->arena);
    json_open_object(&w);
    json_key(&w, STR("lambdaDetails"));
    json_open_object(&w);
    json_member_str(&w, STR("functionName"), name);
    json_key(&w, STR("vpcConfig"));
    json_open_object(&w);
    json_member_str(&w, STR("vpcId"), of_interface(flow, FIELD_VPC, known->vpc));
    json_close_object(&w);
    json_close_object(&w);
    json_close_object(&w);
    return json_done(&w);
}

/* Whom it is about: the instance where it is known, else what is known of it. */
static struct str named(const struct flow *flow, struct str owner)
{
    return or_else(owner, or_else(event_get(flow->ev, FIELD_INTERFACE), address_text(flow, false)));
}

struct verdict *flow_tell(struct flow *flow, const struct detector *detector, enum flow_role role, struct str why)
{
    struct verdict *verdict = network_tell(flow->hits, detector);
    const struct interface *known = flow->host->interface;
    const bool function = str_equal(detector->detection.resource, STR("Lambda"));
    const struct catalogue_entry *entry = catalogue_find(detector->detection.type);
    const bool probed = entry && str_equal(entry->action_type, STR("PORT_PROBE"));
    const struct str owner = function ? known->function : or_else(event_get(flow->ev, FIELD_INSTANCE), known ? known->instance : STR_NONE);
    verdict->why = why;
    verdict->role = role == FLOW_ACTOR ? STR("ACTOR") : STR("TARGET");
    verdict->resource = named(flow, owner);
    verdict->resource_details = function ? function_details(flow, verdict->resource) : instance_details(flow, owner);
    verdict->action = probed ? probe(flow) : connection(flow);
    return verdict;
}
