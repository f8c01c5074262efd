/* benign_network.h - benign VPC flow logs and DNS query logs of a week.
 *
 * Flows, each host's minute by minute: web servers behind a load balancer, workers that talk to their database and to some
 * hundred addresses of the internet, a monitor that asks every host on one port, telemetry to one address every minute on
 * the dot, hourly polls, nightly backups of gigabytes to one network, updates, NTP, video calls, mail by submission, a bastion
 * that administrators enter from the office and reach hosts from. On public addresses the internet knocks without pause: most of it
 * is rejected, some reaches the web port. No knock is ever answered on another port, and nobody guesses passwords.
 * Queries: web names in falling frequency, content networks and storage with long random labels, spam block lists and antivirus
 * look-ups that carry addresses or hashes, reverse names, search suffixes that do not exist, mistyped names, and a browser's
 * three random names at its start. Names are made of syllables and words that no training set has. */
#ifndef YAGURA_BENCH_BENIGN_NETWORK_H
#define YAGURA_BENCH_BENIGN_NETWORK_H

#include "bench/benign.h"

enum { FLOW_MINUTES = 7 * 24 * 60, FLOW_HOSTS_PER_RECORD_RATE = 4, POPULAR = 400 };

struct flow {
    uint32_t host, from, to, from_port, to_port, protocol, packets, bytes, flags;
    bool rejected;
};

static uint32_t popular[POPULAR];

static void write_flow(const struct flow *one, int64_t at)
{
    printf("2 4444555566%02u eni-%017x %u.%u.%u.%u %u.%u.%u.%u %u %u %u %u %u %lld %lld %s OK %u\n", one->host % 100 / 50, one->host, one->from >> 24,
           one->from >> 16 & 255, one->from >> 8 & 255, one->from & 255, one->to >> 24, one->to >> 16 & 255, one->to >> 8 & 255, one->to & 255,
           one->from_port, one->to_port, one->protocol, one->packets, one->bytes, (long long)at, (long long)at + 59,
           one->rejected ? "REJECT" : "ACCEPT", one->flags);
}

static uint32_t address_of(uint32_t host)
{
    return 0x0a000000 + host / 50 * 65536 + 10 + host % 50;
}

/* A conversation is two records: there and back. */
static uint64_t talk(uint32_t host, uint32_t to, uint32_t port, uint32_t protocol, uint32_t out, uint32_t in, int64_t at)
{
    const uint32_t from = address_of(host), own = between(32768, 60999);
    const uint32_t flags = protocol == 6 ? 3 : 0;
    write_flow(&(struct flow){ host, from, to, own, port, protocol, out / 900 + 3, out + 180, flags, false }, at);
    write_flow(&(struct flow){ host, to, from, port, own, protocol, in / 1200 + 3, in + 180, protocol == 6 ? 19 : 0, false }, at);
    return 2;
}

static uint64_t knock(uint32_t host, int64_t at)
{
    static const uint32_t ports[] = { 22, 23, 80, 443, 445, 1433, 2323, 3306, 3389, 5060, 5432, 5900, 6379, 8080, 8443, 9200, 11211, 27017 };
    const uint32_t from = between(0x3d000000, 0xdf000000), port = odds(0.8) ? ANY(ports) : between(1, 65535);
    const bool web = port == 443 || port == 80;
    write_flow(&(struct flow){ host, from, address_of(host), between(1024, 65535), port, 6, 1, 40, 2, !web }, at);
    if (web) {
        write_flow(&(struct flow){ host, address_of(host), from, port, between(1024, 65535), 6, 1, 44, 18, false }, at);
    }
    return web ? 2 : 1;
}

static uint64_t web_server(uint32_t host, int64_t at)
{
    uint64_t written = 0;
    for (uint32_t i = between(0, 3); i > 0; i--) {
        const uint32_t client = between(0x3d000000, 0xdf000000), port = between(1024, 65535), size = (uint32_t)waiting(40000);
        write_flow(&(struct flow){ host, client, address_of(host), port, 443, 6, 12, 2000, 3, false }, at);
        write_flow(&(struct flow){ host, address_of(host), client, 443, port, 6, size / 1200 + 8, size + 600, 19, false }, at);
        written += 2;
    }
    return written + (odds(0.5) ? knock(host, at) : 0);
}

static uint64_t worker(uint32_t host, uint32_t minute, int64_t at)
{
    uint64_t written = 0;
    if (odds(0.6)) {
        written += talk(host, 0x0a00c80a + host % 3, host % 2 ? 5432 : 3306, 6, 4000 + (uint32_t)waiting(20000), 9000 + (uint32_t)waiting(90000), at);
    }
    for (uint32_t i = between(0, 2); i > 0; i--) {
        written += talk(host, odds(0.97) ? popular[falling(POPULAR)] : between(0x3d000000, 0xdf000000), odds(0.95) ? 443 : 80, 6,
                        (uint32_t)waiting(6000), (uint32_t)waiting(200000), at);
    }
    if (host % 4 == 0) {
        written += talk(host, popular[7], 443, 6, 1400 + below(60), 500, at); /* telemetry, on the dot */
    }
    if (minute % 60 == host % 60) {
        written += talk(host, popular[11], 443, 6, 900, 300, at);
        written += talk(host, 0xa9fea97b, 123, 17, 76, 76, at);
    }
    if (minute % 1440 == 90 + host % 30 && host % 3 == 0) {
        written += talk(host, 0x34d80000 + below(4096), 443, 6, 200000000 + (uint32_t)waiting(600000000), 2000000, at);
    }
    if (minute % 10080 == 200 + host) {
        written += talk(host, popular[20 + below(5)], 443, 6, 90000, 350000000, at);
    }
    return written;
}

static uint64_t special(uint32_t host, uint32_t hosts, uint32_t minute, int64_t at)
{
    uint64_t written = 0;
    if (host == 1) { /* the monitor asks everybody */
        for (uint32_t other = minute % 5; other < hosts; other += 5) {
            written += talk(host, address_of(other), 9100, 6, 600, 30000, at);
        }
    } else if (host == 2 && minute / 60 % 24 >= 8 && minute / 60 % 24 < 18 && odds(0.1)) { /* the bastion */
        const uint32_t admin = 0x5bd00000 + below(5);
        write_flow(&(struct flow){ host, admin, address_of(host), between(32768, 60999), 22, 6, 400, 40000, 3, false }, at);
        written += 1 + talk(host, address_of(between(3, hosts - 1)), 22, 6, 30000, 60000, at);
    } else if (host == 3) { /* mail by submission, video calls */
        written += odds(0.3) ? talk(host, popular[30 + below(3)], 587, 6, 30000, 2000, at) : 0;
        written += odds(0.1) ? talk(host, popular[40 + below(9)], 3478, 17, 900000, 900000, at) : 0;
    }
    return written;
}

void benign_flow(uint64_t events)
{
    const uint32_t hosts = (uint32_t)(events / ((uint64_t)FLOW_MINUTES * FLOW_HOSTS_PER_RECORD_RATE)) + 10;
    uint64_t written = 0;
    for (uint32_t i = 0; i < POPULAR; i++) {
        popular[i] = between(0x3d000000, 0xdf000000);
    }
    printf("version account-id interface-id srcaddr dstaddr srcport dstport protocol packets bytes start end action log-status tcp-flags\n");
    for (uint32_t minute = 0; written < events; minute++) {
        const int64_t at = FIRST_SECOND + (int64_t)minute * MINUTE;
        for (uint32_t host = 0; host < hosts; host++) {
            written += host > 0 && host < 4 ? special(host, hosts, minute, at) : host % 5 == 0 ? web_server(host, at) : worker(host, minute, at);
        }
    }
}

/* ---- queries ---- */

static const char *const syllables[] = { "mar", "ket", "ven", "so", "lin", "trab", "ela", "port", "gra", "mi", "cor", "nova", "dex", "pri", "hel", "tan", "ro",
    "ber", "quil", "ast", "un", "fle", "mond", "ca", "ser", "ist", "olo", "wei", "yam", "ku", "shi", "lo" };
static const char *const words[] = { "river", "stone", "cloud", "paper", "north", "green", "daily", "trade", "media", "health", "travel", "garden", "school",
    "bank", "auto", "photo", "music", "games", "energy", "design", "family", "market", "sport", "house", "kitchen", "smart", "city", "blue" };
static const char *const endings[] = { "com", "com", "com", "net", "org", "io", "de", "jp", "co.uk", "fr", "dev", "info", "shop", "com.br" };

static void site_name(uint32_t number, char *out, size_t size)
{
    uint64_t mixed = (number + 1) * UINT64_C(0x9E3779B97F4A7C15);
    char first[24] = "";
    for (uint32_t i = 0; i < 2 + mixed % 2; i++) {
        const size_t used = strlen(first);
        snprintf(first + used, sizeof(first) - used, "%s", syllables[mixed >> (8 + 8 * i) & 31]);
    }
    const char *word = words[(mixed >> 40) % (sizeof(words) / sizeof(*words))];
    const char *ending = endings[(mixed >> 48) % (sizeof(endings) / sizeof(*endings))];
    snprintf(out, size, "%s%s.%s", mixed % 3 ? first : word, mixed % 3 == 1 ? word : mixed % 3 ? "" : first, ending);
}

static void random_label(char *out, uint32_t length, const char *alphabet)
{
    for (uint32_t i = 0; i < length; i++) {
        out[i] = alphabet[below(strlen(alphabet))];
    }
    out[length] = 0;
}

static const char *query_name(char *out, size_t size, const char **type)
{
    static const char hexadecimal[] = "0123456789abcdef", base36[] = "abcdefghijklmnopqrstuvwxyz0123456789";
    char site[80], label[64];
    const double what = unit();
    site_name(what < 0.9 ? falling(20000) : below(4000000), site, sizeof(site));
    if (what < 0.62 || what >= 0.9) {
        static const char *const hosts[] = { "www.", "", "", "api.", "cdn.", "static.", "img1.", "login.", "m.", "mail." };
        snprintf(out, size, "%s%s.", ANY(hosts), site);
        *type = odds(0.3) ? "AAAA" : "A";
    } else if (what < 0.72) { /* content networks and storage */
        random_label(label, between(13, 32), odds(0.5) ? hexadecimal : base36);
        static const char *const networks[] = { "cloudfront.net", "edge-delivery.net", "s3.eu-central-1.amazonaws.com", "r.cdn-store.com" };
        snprintf(out, size, "%s.%s.", label, ANY(networks));
    } else if (what < 0.76) { /* spam and antivirus look-ups */
        random_label(label, 32, hexadecimal);
        snprintf(out, size, odds(0.5) ? "%u.%u.%u.%u.zen.blocklist.org." : "%u.%u.%u.%u.ip.reputation-check.net.", below(256), below(256), below(256), below(256));
        if (odds(0.3)) {
            snprintf(out, size, "%s.hash.scan-service.com.", label);
        }
        *type = odds(0.2) ? "TXT" : "A";
        return odds(0.7) ? "NXDOMAIN" : "NOERROR";
    } else if (what < 0.82) {
        snprintf(out, size, "%u.%u.%u.%u.in-addr.arpa.", below(256), below(256), below(256), between(1, 223));
        *type = "PTR";
        return odds(0.4) ? "NXDOMAIN" : "NOERROR";
    } else if (what < 0.885) { /* search suffixes */
        snprintf(out, size, "%s.%s.internal.", site, odds(0.5) ? "eu-central-1.compute" : "corp");
        return "NXDOMAIN";
    } else if (what < 0.895) { /* mistyped */
        site[below((uint32_t)strlen(site) - 4)] = "qxzjw"[below(5)];
        snprintf(out, size, "%s.", site);
        return "NXDOMAIN";
    } else { /* a browser's start */
        random_label(label, between(7, 15), "abcdefghijklmnopqrstuvwxyz");
        snprintf(out, size, "%s.%s.internal.", label, "corp");
        return "NXDOMAIN";
    }
    return odds(0.01) ? "SERVFAIL" : "NOERROR";
}

void benign_dns(uint64_t events)
{
    const double step = 7.0 * DAY / (double)events;
    double at = (double)FIRST_SECOND;
    for (uint64_t i = 0; i < events; i++, at += step) {
        char name[256], clock[32];
        const char *type = "A";
        const char *code = query_name(name, sizeof(name), &type);
        const uint32_t host = falling(60);
        clock_text((int64_t)at, clock);
        printf("{\"version\":\"1.100000\",\"account_id\":\"444455556666\",\"region\":\"eu-central-1\",\"vpc_id\":\"vpc-0aa\",\"query_timestamp\":\"%s\","
               "\"query_name\":\"%s\",\"query_type\":\"%s\",\"query_class\":\"IN\",\"rcode\":\"%s\",\"answers\":[", clock, name, type, code);
        if (strcmp(code, "NOERROR") == 0 && strcmp(type, "A") == 0) {
            printf("{\"Rdata\":\"%u.%u.%u.%u\",\"Type\":\"A\",\"Class\":\"IN\"}", between(61, 222), below(256), below(256), between(1, 254));
        }
        printf("],\"srcaddr\":\"10.0.0.%u\",\"srcport\":\"%u\",\"transport\":\"UDP\",\"srcids\":{\"instance\":\"i-%017x\"}}\n", host + 10,
               between(32768, 60999), host);
    }
}

#endif
