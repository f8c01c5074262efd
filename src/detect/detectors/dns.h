/* dns.h - what the detectors over DNS query logs share: a query with its name's parts, and the state it belongs to. */
#ifndef YAGURA_DETECT_DETECTORS_DNS_H
#define YAGURA_DETECT_DETECTORS_DNS_H

#include "detect/detectors/shared.h"
#include "detect/suffixes.h"
#include "detect/tunnel.h"

enum { DNS_LISTS = 12, DNS_REMEMBERED = 16 };

/* Who asks. */
struct dns_asker {
    uint32_t told[DNS_LISTS];     /* by list */
    uint32_t answers_told, rebind_told;
    uint32_t start, generated_told; /* of names without an answer */
    uint32_t last[DNS_REMEMBERED];  /* their hashes, so that each counts once */
    uint32_t next;
    uint16_t names;                 /* that score as generated */
    float sum;
};

/* Who asks below one domain. */
struct dns_domain {
    struct tunnel_window window;
    uint32_t start, told;
};

struct dns {
    const struct event *ev;
    struct network *network;
    struct network_account *account;
    const struct intel *intel;
    struct network_hits *hits;
    struct dns_asker *asker;
    uint64_t asker_key, domain_key;
    uint32_t now;
    struct name_parts name;
};

extern const struct detector DNS_COMMAND, DNS_MINING, DNS_MINING_LOW, DNS_ABUSED, DNS_CUSTOM, DNS_MALICIOUS, DNS_SUSPICIOUS, DNS_BLACKHOLE,
    DNS_GENERATED, DNS_GENERATED_KNOWN, DNS_EXFILTRATION, DNS_DRIVE_BY, DNS_DROP_POINT, DNS_PHISHING, DNS_REBIND;

void dns_lists(struct dns *dns);
bool dns_may_lead_astray(const struct dns *dns); /* whether dns_answers has anything to look for */
void dns_answers(struct dns *dns);
void dns_generated(struct dns *dns);
void dns_tunnel(struct dns *dns);

struct verdict *dns_tell(struct dns *dns, const struct detector *detector, struct str why);

#endif
