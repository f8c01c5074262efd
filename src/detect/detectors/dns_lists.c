/* dns_lists.c - names that stand on lists, and names whose answers lead to a sinkhole or to the instance's own metadata.
 * spec: GuardDuty user guide, the !DNS and Reputation types of EC2, UnauthorizedAccess:EC2/MetadataDNSRebind. Names outside the
 * public DNS (instance-data.ec2.internal) may well lead to the metadata service. */
#include "base/json.h"
#include "detect/detectors/dns.h"

static const struct {
    enum intel_list list;
    const struct detector *detector;
} listed[] = {
    { INTEL_CUSTOM, &DNS_CUSTOM },       { INTEL_COMMAND, &DNS_COMMAND },     { INTEL_MINING, &DNS_MINING },
    { INTEL_MINING_LOW, &DNS_MINING_LOW }, { INTEL_SINKHOLE, &DNS_BLACKHOLE }, { INTEL_DROP_POINT, &DNS_DROP_POINT },
    { INTEL_PHISHING, &DNS_PHISHING },   { INTEL_DRIVE_BY, &DNS_DRIVE_BY },   { INTEL_DGA_KNOWN, &DNS_GENERATED_KNOWN },
    { INTEL_THREAT, &DNS_MALICIOUS },    { INTEL_ABUSED, &DNS_ABUSED },       { INTEL_SUSPICIOUS, &DNS_SUSPICIOUS },
};
_Static_assert(COUNT_OF(listed) == DNS_LISTS, "a time for each");

void dns_lists(struct dns *dns)
{
    const unsigned lists = intel_name_lists(dns->intel, dns->name.name);
    if (lists == 0 || lists & INTEL_TRUSTED) {
        return;
    }
    for (size_t i = 0; i < COUNT_OF(listed); i++) {
        struct intel_hit hit = { .list = STR_NONE };
        if ((lists & (unsigned)listed[i].list) == 0 || !network_may_tell(&dns->asker->told[i], dns->now) ||
            !intel_name_hit(dns->intel, dns->name.name, (unsigned)listed[i].list, dns->ev->arena, &hit)) {
            continue;
        }
        const struct str why = str_format(dns->ev->arena, "%" STR_FMT " is on the list %" STR_FMT, STR_ARG(dns->name.name), STR_ARG(hit.list));
        struct verdict *verdict = dns_tell(dns, listed[i].detector, why);
        verdict->list = hit.list;
        verdict->threat = hit.threat;
    }
}

static bool is_metadata(struct str address)
{
    return str_equal(address, STR("169.254.169.254")) || str_equal_nocase(address, STR("fd00:ec2::254"));
}

static void rebind(struct dns *dns, struct str address)
{
    if (is_metadata(address) && dns->name.listed && network_may_tell(&dns->asker->rebind_told, dns->now)) {
        dns_tell(dns, &DNS_REBIND, str_format(dns->ev->arena, "%" STR_FMT " leads to %" STR_FMT, STR_ARG(dns->name.name), STR_ARG(address)));
    }
}

static void sinkhole(struct dns *dns, struct str address)
{
    struct intel_hit hit = { .list = STR_NONE };
    if ((intel_lists(dns->intel, address) & INTEL_SINKHOLE) == 0 || !network_may_tell(&dns->asker->answers_told, dns->now) ||
        !intel_address_hit(dns->intel, address, INTEL_SINKHOLE, dns->ev->arena, &hit)) {
        return;
    }
    struct verdict *verdict = dns_tell(dns, &DNS_BLACKHOLE, str_format(dns->ev->arena, "%" STR_FMT " leads to the sinkhole %" STR_FMT,
                                                                       STR_ARG(dns->name.name), STR_ARG(address)));
    verdict->list = hit.list;
    verdict->threat = hit.threat;
}

bool dns_may_lead_astray(const struct dns *dns)
{
    const struct str answers = event_get(dns->ev, FIELD_ANSWERS);
    const bool metadata = str_search(answers, STR("169.254.169.254")) != STR_MISSING || str_search(answers, STR("fd00:")) != STR_MISSING ||
                          str_search(answers, STR("FD00:")) != STR_MISSING;
    return answers.len > 2 && (metadata || intel_has(dns->intel, INTEL_SINKHOLE));
}

void dns_answers(struct dns *dns)
{
    const struct str answers = event_get(dns->ev, FIELD_ANSWERS);
    const struct json *list = json_parse(dns->ev->arena, answers, NULL);
    for (const struct json *answer = list ? list->child : NULL; answer; answer = answer->next) {
        const struct str address = json_text(json_get(answer, STR("Rdata")));
        rebind(dns, address);
        sinkhole(dns, address);
    }
}
