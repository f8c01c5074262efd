/* intel.h - what is known about addresses, domain names, files and access keys: lists they stand on, the country and the
 * network operator of an address.
 *
 * Ask with what the log says; the answer is a set of enum intel_list:
 *
 *     const unsigned lists = intel_lists(intel, event_get(ev, FIELD_IP));
 *     if (lists & INTEL_MINING) {
 *         struct intel_hit hit;
 *         intel_address_hit(intel, address, INTEL_MINING, ev->arena, &hit);
 *         verdict->list = hit.list, verdict->threat = hit.threat; // evidence: which list, and what it says of the entry
 *     }
 *
 * Trusted beats everything: what stands on a trusted list is answered with INTEL_TRUSTED (and INTEL_AWS) alone. A detector is
 * handed the view of its event's account and region (intel_view): lists of that account act besides the operator's own.
 * Names match with all that is below them; letter case and a trailing dot don't count.
 *
 * Built up first, immutable while anybody asks: several threads may, and an engine is given another one whole
 * (engine_use_intel). intel may be NULL wherever it is asked: nothing is known then. */
#ifndef YAGURA_DETECT_INTEL_H
#define YAGURA_DETECT_INTEL_H

#include "base/err.h"

enum intel_list {
    INTEL_TOR = 1,             /* Tor exit nodes: ...TorIPCaller */
    INTEL_THREAT = 2,          /* known to be malicious, no further kind: MaliciousIPCaller, MaliciousDomainRequest.Reputation,
                                  MaliciousFileExecuted */
    INTEL_CUSTOM = 4,          /* a customer's own threat list: the .Custom types */
    INTEL_TRUSTED = 8,         /* beats the others */
    INTEL_AWS = 16,            /* address ranges of AWS itself */
    INTEL_TOR_RELAY = 32,      /* Tor guards, authorities and relays, where clients connect to: TorClient */
    INTEL_COMMAND = 64,        /* command and control: C&CActivity.B and its !DNS */
    INTEL_MINING = 128,        /* pools and other traffic of cryptocurrencies: BitcoinTool.B; of files: CryptoMinerExecuted */
    INTEL_MINING_LOW = 256,    /* names of low reputation about cryptocurrencies: BitcoinDomainRequest.Reputation */
    INTEL_SINKHOLE = 512,      /* sinkholes and black holes: BlackholeTraffic */
    INTEL_DROP_POINT = 1024,   /* collects stolen data: DropPoint */
    INTEL_PHISHING = 2048,     /* PhishingDomainRequest!DNS */
    INTEL_DRIVE_BY = 4096,     /* drive-by downloads: DriveBySourceTraffic!DNS */
    INTEL_DGA_KNOWN = 8192,    /* generated names of known families: DGADomainRequest.C!DNS */
    INTEL_ABUSED = 16384,      /* commonly abused services (free hosting, dynamic DNS): AbusedDomainRequest.Reputation */
    INTEL_SUSPICIOUS = 32768,  /* SuspiciousDomainRequest.Reputation */
    INTEL_REPUTATION = 65536,  /* an address of bad standing: scanners, brute force; PortProbe, RDS MaliciousIPCaller */
    INTEL_VPN = 131072,        /* VPN, proxies, hosting: no finding by itself; nobody asks yet */
    INTEL_LEAKED = 262144,     /* access keys that leaked: CompromisedCredentials */
    INTEL_TOOL = 524288,       /* files and names of attack tools: SuspiciousTool */
};
/* A caller from there is malicious: what the provider's threat list means in ...MaliciousIPCaller of IAM, S3, EKS and RDS. */
#define INTEL_MALICIOUS_CALLER ((unsigned)(INTEL_THREAT | INTEL_COMMAND | INTEL_DROP_POINT | INTEL_REPUTATION))

struct intel;
struct intel *intel_open(void);
void intel_close(struct intel *intel); /* NULL is allowed */
/* A text file, one entry a line (intel_format.h reads lists in every format). FAULT_IO: unreadable. FAULT_INVALID: no line of it
 * is an indicator; the reason names the file. */
MUST_USE struct err intel_load(struct ctx *ctx, struct intel *intel, enum intel_list list, const char *path);
void intel_load_text(struct intel *intel, enum intel_list list, struct str text, size_t *lines_used);

/* country gives an ISO 3166 code as two letters in a number ('J' << 8 | 'P'), 0: unknown. */
void intel_set_country(struct intel *intel, uint16_t (*country)(void *self, struct str address), void *self);
uint16_t intel_country(const struct intel *intel, struct str address);

/* The autonomous system an address belongs to; needs a database of the user's (--asn). */
struct intel_network {
    uint32_t number;         /* 0: unknown */
    struct str organisation; /* borrowed, lives as long as intel; absent: unknown */
};
void intel_set_network(struct intel *intel, struct intel_network (*network)(void *self, struct str address), void *self);
struct intel_network intel_asn(const struct intel *intel, struct str address);

/* What an account and region of a log see; never NULL unless intel is. Lives as long as intel. */
const struct intel *intel_view(const struct intel *intel, struct str account, struct str region);
/* A view to load into, made if need be; intel's own. Account "*" is for those without one. NULL: no such account or region. */
struct intel *intel_view_open(struct intel *intel, struct str account, struct str region);

/* Each gives a set of enum intel_list, 0 for what is no address, name, … . */
unsigned intel_lists(const struct intel *intel, struct str address);
unsigned intel_name_lists(const struct intel *intel, struct str domain);
unsigned intel_hash_lists(const struct intel *intel, struct str sha256); /* hexadecimal digits; MD5 and SHA-1 as well */
unsigned intel_key_lists(const struct intel *intel, struct str access_key);
bool intel_has(const struct intel *intel, unsigned lists); /* any entry on any of them, in any view */

/* Many names at once, four times as fast: lists[i] is what intel_name_lists says of names[i]. */
void intel_name_lists_many(const struct intel *intel, const struct str *names, size_t count, unsigned *lists);

/* For evidence: the first list among `lists` that a thing stands on. */
struct intel_hit {
    struct str list;      /* the list's name: evidence's threatListName */
    struct str threat;    /* what the list says of the entry, else the entry: evidence's threatNames */
    struct str indicator; /* the entry that was hit: 198.51.100.0/24, evil.example */
    unsigned lists;       /* of that list */
};
bool intel_address_hit(const struct intel *intel, struct str address, unsigned lists, struct arena *arena, struct intel_hit *out);
bool intel_name_hit(const struct intel *intel, struct str domain, unsigned lists, struct arena *arena, struct intel_hit *out);
bool intel_hash_hit(const struct intel *intel, struct str sha256, unsigned lists, struct arena *arena, struct intel_hit *out);
bool intel_key_hit(const struct intel *intel, struct str access_key, unsigned lists, struct arena *arena, struct intel_hit *out);

/* "tor", "mining", "command", …; the words that commands and list files use. */
bool intel_list_of(struct str word, enum intel_list *out);
struct str intel_list_word(enum intel_list list);
struct str intel_list_words(struct arena *arena); /* all of them, for messages: "tor, threat, … or tool" */

/* Of a private, loopback or link-local network: it says how a call was routed, not where from. */
bool intel_is_private(struct str address);

#endif
