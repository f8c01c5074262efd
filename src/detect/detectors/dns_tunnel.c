/* dns_tunnel.c - data carried out in names below one domain.
 * spec: GuardDuty user guide, Trojan:EC2/DNSDataExfiltration. Windows and figures are ours: ten minutes, LEAST_NAMES different
 * names that hold LEAST_BYTES together, and a shape that the trained model takes for data (rules/models/tunnel.md). */
#include "detect/detectors/dns.h"

enum { WINDOW = 600, LEAST_NAMES = 30, LEAST_BYTES = 1000, STEP = 5 };

void dns_tunnel(struct dns *dns)
{
    const struct name_parts *name = &dns->name;
    if (name->below.len < 4 || str_equal(name->suffix, STR("arpa")) || str_ends(name->suffix, STR(".arpa"))) {
        return;
    }
    struct dns_domain *domain = keyed_get(dns->account->domains, dns->domain_key, dns->now);
    const enum network_window window = network_window(&domain->start, dns->now, WINDOW);
    if (window == WINDOW_NEW) {
        domain->window = (struct tunnel_window){ .names = 0 };
    }
    if (window == WINDOW_PAST || !tunnel_add(&domain->window, name->below, event_get(dns->ev, FIELD_QUERY_TYPE))) {
        return;
    }
    const struct tunnel_window *w = &domain->window;
    if (w->names < LEAST_NAMES || w->length < LEAST_BYTES || w->names % STEP != 0 || tunnel_score(&dns->network->tunnel, w) <= 0 ||
        !network_may_tell(&domain->told, dns->now)) {
        return;
    }
    struct verdict *verdict = dns_tell(dns, &DNS_EXFILTRATION,
                                       str_format(dns->ev->arena, "within minutes it asked for at least %u names below %" STR_FMT
                                                  ", %u bytes that read like data", w->names, STR_ARG(name->registered), w->length));
    verdict->related = str_copy(dns->ev->arena, name->registered);
}
