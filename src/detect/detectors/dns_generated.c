/* dns_generated.c - an instance that looks for names a machine made up: most of them don't exist.
 * spec: GuardDuty user guide, Trojan:EC2/DGADomainRequest.B, which is a statistical detection. One odd name proves nothing
 * (browsers and content networks have such); malware tries many until one is registered. So evidence is added up over
 * different registrable names that do not exist, as in a sequential test: the classifier's logarithm of the likelihood ratio,
 * bounded per name, never below zero in sum, within an hour. Names outside the public DNS, and names below an existing
 * domain, say nothing. */
#include "detect/detectors/dns.h"
#include "detect/dga.h"

enum { WINDOW = 3600, LEAST_NAMES = 8 };
static const float MOST = 3, LEAST = -4, ENOUGH = 18;

static bool seen(struct dns_asker *asker, struct str name)
{
    const uint32_t hash = (uint32_t)keyed_hash(11, name.ptr, name.len) | 1u;
    for (size_t i = 0; i < DNS_REMEMBERED; i++) {
        if (asker->last[i] == hash) {
            return true;
        }
    }
    asker->last[asker->next++ % DNS_REMEMBERED] = hash;
    return false;
}

static bool counts(const struct dns *dns)
{
    const struct name_parts *name = &dns->name;
    return name->listed && name->registered.len > 0 && (name->below.len == 0 || str_equal(name->below, STR("www"))) &&
           str_equal(event_get(dns->ev, FIELD_STATUS), STR("NXDOMAIN"));
}

void dns_generated(struct dns *dns)
{
    struct dns_asker *asker = dns->asker;
    if (!counts(dns) || seen(asker, dns->name.registered)) {
        return;
    }
    const enum network_window window = network_window(&asker->start, dns->now, WINDOW);
    if (window == WINDOW_PAST) {
        return;
    }
    if (window == WINDOW_NEW) {
        asker->sum = 0;
        asker->names = 0;
    }
    const float score = (float)dga_score(dns->network->dga, dns->name.label, dns->name.suffix);
    asker->sum += score > MOST ? MOST : score < LEAST ? LEAST : score;
    asker->names = (uint16_t)(asker->names + (score > 0 && asker->names < UINT16_MAX));
    if (asker->sum <= 0) {
        asker->sum = 0;
        asker->names = 0;
    }
    if (asker->sum < ENOUGH || asker->names < LEAST_NAMES || !network_may_tell(&asker->generated_told, dns->now)) {
        return;
    }
    dns_tell(dns, &DNS_GENERATED,
             str_format(dns->ev->arena, "within an hour it asked for %u names like %" STR_FMT ", none of which exists", asker->names,
                        STR_ARG(dns->name.registered)));
}
