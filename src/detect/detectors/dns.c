/* dns.c - queries in Route 53 resolver logs: who asked for what, and what a finding about it says.
 * spec: Route 53 developer guide, resolver query logs: srcids.instance is there when an instance asked; GuardDuty API
 * reference, DnsRequestAction. */
#include "detect/detectors/dns.h"

#include "base/json.h"

static struct str asker_text(const struct event *ev)
{
    const struct str instance = event_get(ev, FIELD_INSTANCE);
    return instance.len > 0 ? instance : event_get(ev, FIELD_IP);
}

static uint32_t seconds_of(int64_t at_ms)
{
    const int64_t seconds = at_ms / 1000;
    return seconds < 1 ? 1 : seconds > UINT32_MAX ? UINT32_MAX : (uint32_t)seconds;
}

static void open_tables(const struct network *network, struct network_account *account)
{
    if (account->askers == NULL) {
        account->askers = keyed_open(sizeof(struct dns_asker), network->options.keys_per_account);
        account->domains = keyed_open(sizeof(struct dns_domain), network_pairs(network));
    }
}

/* What memory has to bring is asked for early and looked at late. */
void dns_inspect(struct network *network, struct network_account *account, const struct event *ev, const struct intel *intel,
                 struct network_hits *hits)
{
    struct dns dns = { .ev = ev, .network = network, .account = account, .intel = intel, .hits = hits, .now = seconds_of(ev->at_ms) };
    const struct str asker = asker_text(ev);
    open_tables(network, account);
    dns.asker_key = keyed_hash(10, asker.ptr, asker.len);
    keyed_prefetch(account->askers, dns.asker_key);
    if (asker.len == 0 || !suffixes_split(network->suffixes, event_get(ev, FIELD_QUERY), &dns.name)) {
        return;
    }
    dns.domain_key = keyed_hash(dns.asker_key, dns.name.registered.ptr, dns.name.registered.len);
    keyed_prefetch(account->domains, dns.domain_key);
    keyed_prefetch_piece(account->askers, dns.asker_key, sizeof(struct dns_asker));
    const bool answers = dns_may_lead_astray(&dns);
    keyed_prefetch_piece(account->domains, dns.domain_key, sizeof(struct dns_domain));
    dns.asker = keyed_get(account->askers, dns.asker_key, dns.now);
    dns_lists(&dns);
    if (answers) {
        dns_answers(&dns);
    }
    dns_generated(&dns);
    dns_tunnel(&dns);
}

static struct str instance_details(const struct dns *dns)
{
    const struct event *ev = dns->ev;
    struct json_writer w = json_writer_new(ev->arena);
    json_open_object(&w);
    json_key(&w, STR("instanceDetails"));
    json_open_object(&w);
    const struct str instance = event_get(ev, FIELD_INSTANCE);
    json_member_str(&w, STR("instanceId"), instance.len > 0 ? instance : STR_NONE);
    json_key(&w, STR("networkInterfaces"));
    json_open_array(&w);
    json_open_object(&w);
    json_member_str(&w, STR("privateIpAddress"), event_get(ev, FIELD_IP));
    json_member_str(&w, STR("vpcId"), event_get(ev, FIELD_VPC));
    json_close_object(&w);
    json_close_array(&w);
    json_close_object(&w);
    json_close_object(&w);
    return json_done(&w);
}

static struct str request(const struct dns *dns)
{
    const struct event *ev = dns->ev;
    struct json_writer w = json_writer_new(ev->arena);
    json_open_object(&w);
    json_member_str(&w, STR("actionType"), STR("DNS_REQUEST"));
    json_key(&w, STR("dnsRequestAction"));
    json_open_object(&w);
    json_member_str(&w, STR("domain"), str_copy(ev->arena, dns->name.name));
    json_member_str(&w, STR("protocol"), event_get(ev, FIELD_PROTOCOL));
    json_member_bool(&w, STR("blocked"), str_equal(event_get(ev, FIELD_VERDICT), STR("BLOCK")));
    if (dns->name.registered.len > 0) {
        json_member_str(&w, STR("domainWithSuffix"), dns->name.registered);
    }
    json_member_str(&w, STR("vpcOwnerAccountId"), event_get(ev, FIELD_ACCOUNT));
    json_close_object(&w);
    json_close_object(&w);
    return json_done(&w);
}

struct verdict *dns_tell(struct dns *dns, const struct detector *detector, struct str why)
{
    struct verdict *verdict = network_tell(dns->hits, detector);
    verdict->why = why;
    verdict->role = STR("ACTOR");
    verdict->resource = asker_text(dns->ev);
    verdict->resource_details = instance_details(dns);
    verdict->action = request(dns);
    return verdict;
}

#define TYPE(name_, id_, type_, severity_, needs_, title_)                                               \
    const struct detector name_ = {                                                                      \
        .detection = {                                                                                   \
            .id = STR_INIT(id_),                                                                         \
            .type = STR_INIT(type_),                                                                     \
            .severity = severity_,                                                                       \
            .resource = STR_INIT("Instance"),                                                            \
            .title = STR_INIT("The EC2 instance ${resource} " title_ "."),                               \
            .description = STR_INIT("The EC2 instance ${resource} " title_ ": ${why}."),                 \
        },                                                                                               \
        .source = SOURCE_DNS,                                                                            \
        .needs = needs_,                                                                                 \
        .shared = true,                                                                                  \
    }

TYPE(DNS_COMMAND, "dns-command", "Backdoor:EC2/C&CActivity.B!DNS", 8, INTEL_COMMAND, "looks up the name of a command-and-control server");
TYPE(DNS_MINING, "dns-mining", "CryptoCurrency:EC2/BitcoinTool.B!DNS", 8, INTEL_MINING, "looks up a name tied to cryptocurrency activity");
TYPE(DNS_MINING_LOW, "dns-mining-reputation", "Impact:EC2/BitcoinDomainRequest.Reputation", 8, INTEL_MINING_LOW, "looks up a name of low reputation that is linked to cryptocurrency");
TYPE(DNS_ABUSED, "dns-abused", "Impact:EC2/AbusedDomainRequest.Reputation", 5, INTEL_ABUSED, "looks up a name below a service that is often abused");
TYPE(DNS_CUSTOM, "dns-custom-list", "Impact:EC2/MaliciousDomainRequest.Custom", 5, INTEL_CUSTOM, "looks up a name on your threat list");
TYPE(DNS_MALICIOUS, "dns-malicious", "Impact:EC2/MaliciousDomainRequest.Reputation", 8, INTEL_THREAT, "looks up a name known to be malicious");
TYPE(DNS_SUSPICIOUS, "dns-suspicious", "Impact:EC2/SuspiciousDomainRequest.Reputation", 2, INTEL_SUSPICIOUS, "looks up a suspicious name");
TYPE(DNS_BLACKHOLE, "dns-blackhole", "Trojan:EC2/BlackholeTraffic!DNS", 5, INTEL_SINKHOLE, "looks up a name that leads to a sinkhole");
TYPE(DNS_GENERATED_KNOWN, "dns-generated-known", "Trojan:EC2/DGADomainRequest.C!DNS", 8, INTEL_DGA_KNOWN, "looks up a name that a known malware generates");
TYPE(DNS_DRIVE_BY, "dns-drive-by", "Trojan:EC2/DriveBySourceTraffic!DNS", 8, INTEL_DRIVE_BY, "looks up a name known for drive-by downloads");
TYPE(DNS_DROP_POINT, "dns-drop-point", "Trojan:EC2/DropPoint!DNS", 5, INTEL_DROP_POINT, "looks up a name where stolen data is collected");
TYPE(DNS_PHISHING, "dns-phishing", "Trojan:EC2/PhishingDomainRequest!DNS", 8, INTEL_PHISHING, "looks up the name of a phishing site");
TYPE(DNS_GENERATED, "dns-generated", "Trojan:EC2/DGADomainRequest.B", 8, 0, "looks up names that a machine made up");
TYPE(DNS_EXFILTRATION, "dns-exfiltration", "Trojan:EC2/DNSDataExfiltration", 8, 0, "sends data out in the names it looks up");
TYPE(DNS_REBIND, "dns-rebind", "UnauthorizedAccess:EC2/MetadataDNSRebind", 8, 0, "looks up a public name that leads to its metadata service");
