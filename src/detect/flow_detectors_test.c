/* Detectors over flow records: for each type records that are one, and records that just are not. */
#include "detect/catalogue.h"
#include "detect/flow_log_test.h"

/* --- lists --- */

static struct known known_of(enum intel_list list, const char *addresses, const char *interfaces)
{
    struct known known = { .intel = intel_open() };
    size_t used = 0;
    intel_load_text(known.intel, list, str_of(addresses), &used);
    if (interfaces) {
        known.interfaces = interfaces_open();
        CHECK(interfaces_load_text(known.interfaces, str_of(interfaces)));
    }
    return known;
}

static void known_free(struct known *known)
{
    intel_close(known->intel);
    interfaces_close(known->interfaces);
}

#define FUNCTION                                                                                                         \
    "{\"NetworkInterfaces\":[{\"NetworkInterfaceId\":\"eni-0123456789abcdef0\",\"InterfaceType\":\"lambda\","                \
    "\"VpcId\":\"vpc-1\",\"Description\":\"AWS Lambda VPC ENI-resize-images-01234567-89ab-cdef-0123-456789abcdef\"}]}"

static const struct {
    enum intel_list list;
    const char *instance, *function;
    double severity;
} by_list[] = {
    { INTEL_COMMAND, "Backdoor:EC2/C&CActivity.B", "Backdoor:Lambda/C&CActivity.B", 8 },
    { INTEL_MINING, "CryptoCurrency:EC2/BitcoinTool.B", "CryptoCurrency:Lambda/BitcoinTool.B", 8 },
    { INTEL_SINKHOLE, "Trojan:EC2/BlackholeTraffic", "Trojan:Lambda/BlackholeTraffic", 5 },
    { INTEL_DROP_POINT, "Trojan:EC2/DropPoint", "Trojan:Lambda/DropPoint", 5 },
    { INTEL_CUSTOM, "UnauthorizedAccess:EC2/MaliciousIPCaller.Custom", "UnauthorizedAccess:Lambda/MaliciousIPCaller.Custom", 5 },
    { INTEL_TOR_RELAY, "UnauthorizedAccess:EC2/TorClient", "UnauthorizedAccess:Lambda/TorClient", 8 },
};

TEST(traffic_to_a_listed_address_is_told_of_instances_and_functions)
{
    struct text log = log_new(arena);
    add(&log, (struct line){ .from = HOME, .to = AWAY, .from_port = 41000, .to_port = 443, .protocol = TCP, .packets = 12, .bytes = 3000 });
    for (size_t i = 0; i < COUNT_OF(by_list); i++) {
        struct known instance = known_of(by_list[i].list, AWAY, NULL);
        struct known function = known_of(by_list[i].list, AWAY, FUNCTION);
        HIT(&log, &instance, by_list[i].instance, by_list[i].severity);
        HIT(&log, &function, by_list[i].function, by_list[i].severity);
        known_free(&instance);
        known_free(&function);
    }
}

TEST(traffic_to_a_neighbour_of_a_listed_address_or_with_one_that_was_turned_away_is_not)
{
    struct text near = log_new(arena);
    add(&near, (struct line){ .from = HOME, .to = "203.0.113.8", .from_port = 41000, .to_port = 443, .protocol = TCP, .packets = 12, .bytes = 3000 });
    struct text refused = log_new(arena);
    add(&refused, (struct line){ .from = AWAY, .to = HOME, .from_port = 41000, .to_port = 443, .protocol = TCP, .packets = 1, .bytes = 40, .rejected = true });
    for (size_t i = 0; i < COUNT_OF(by_list); i++) {
        struct known instance = known_of(by_list[i].list, AWAY, NULL);
        struct known function = known_of(by_list[i].list, AWAY, FUNCTION);
        MISS(&near, &instance, by_list[i].instance);
        MISS(&near, &function, by_list[i].function);
        MISS(&refused, &instance, by_list[i].instance);
        MISS(&refused, &function, by_list[i].function);
        known_free(&instance);
        known_free(&function);
    }
}

TEST(a_trusted_address_is_never_told)
{
    struct text log = log_new(arena);
    add(&log, (struct line){ .from = HOME, .to = AWAY, .from_port = 41000, .to_port = 443, .protocol = TCP, .packets = 12, .bytes = 3000 });
    struct known known = known_of(INTEL_COMMAND, AWAY, NULL);
    size_t used = 0;
    intel_load_text(known.intel, INTEL_TRUSTED, STR("203.0.113.0/24"), &used);
    MISS(&log, &known, "Backdoor:EC2/C&CActivity.B");
    known_free(&known);
}

static struct text relay(struct arena *arena, unsigned nodes)
{
    struct text log = log_new(arena);
    for (unsigned i = 0; i < nodes; i++) {
        const char *node = str_format(arena, "198.51.100.%u", i + 1).ptr;
        const char *other = str_format(arena, "198.51.100.%u", i + 101).ptr;
        add(&log, (struct line){ .from = node, .to = HOME, .from_port = 41000 + i, .to_port = 9001, .protocol = TCP, .packets = 50, .bytes = 30000, .at = i * 60, .flags = SYN });
        add(&log, (struct line){ .from = HOME, .to = other, .from_port = 42000 + i, .to_port = 9001, .protocol = TCP, .packets = 50, .bytes = 30000, .at = i * 60, .flags = SYN });
    }
    return log;
}

TEST(tor_nodes_on_both_sides_make_a_relay)
{
    struct known instance = known_of(INTEL_TOR_RELAY, "198.51.100.0/24", NULL);
    struct known function = known_of(INTEL_TOR_RELAY, "198.51.100.0/24", FUNCTION);
    struct text many = relay(arena, 12);
    struct harness *harness = judge(arena, &many, &instance);
    CHECK(harness_count(harness, "UnauthorizedAccess:EC2/TorRelay") > 0);
    harness_close(harness);
    harness = judge(arena, &many, &function);
    CHECK(harness_count(harness, "UnauthorizedAccess:Lambda/TorRelay") > 0);
    harness_close(harness);
    struct text few = relay(arena, 3);
    harness = judge(arena, &few, &instance);
    CHECK_INT(harness_count(harness, "UnauthorizedAccess:EC2/TorRelay"), 0);
    harness_close(harness);
    harness = judge(arena, &few, &function);
    CHECK_INT(harness_count(harness, "UnauthorizedAccess:Lambda/TorRelay"), 0);
    harness_close(harness);
    known_free(&instance);
    known_free(&function);
}

/* --- scans --- */

static struct text scan(struct arena *arena, unsigned ports, unsigned packets, unsigned bytes, unsigned gap)
{
    struct text log = log_new(arena);
    for (unsigned i = 0; i < ports; i++) {
        add(&log, (struct line){ .from = HOME, .to = "10.0.9.9", .from_port = 36050, .to_port = 20 + i, .protocol = TCP, .packets = packets, .bytes = bytes, .at = i * gap, .flags = SYN });
    }
    return log;
}

TEST(many_ports_of_one_host_are_a_scan)
{
    struct text log = scan(arena, 60, 1, 44, 1);
    HIT(&log, NULL, "Recon:EC2/Portscan", 5);
    log = scan(arena, 20, 1, 44, 1);
    MISS(&log, NULL, "Recon:EC2/Portscan");
    log = scan(arena, 60, 30, 9000, 1); /* conversations: passive FTP, RPC */
    MISS(&log, NULL, "Recon:EC2/Portscan");
    log = scan(arena, 60, 1, 44, 100); /* ten minutes never see enough */
    MISS(&log, NULL, "Recon:EC2/Portscan");
}

TEST(an_absurd_time_before_a_scan_hides_nothing)
{
    struct text log = log_new(arena);
    add(&log, (struct line){ .from = HOME, .to = "10.0.9.9", .from_port = 36050, .to_port = 443, .protocol = TCP, .packets = 1, .bytes = 44, .at = 2000000000, .flags = SYN });
    struct text after = scan(arena, 60, 1, 44, 1);
    text_add(&log, str_from(text_str(&after), str_find(text_str(&after), '\n') + 1));
    HIT(&log, NULL, "Recon:EC2/Portscan", 5);
}

TEST(answers_to_many_client_ports_and_traceroute_are_no_scan)
{
    struct text log = log_new(arena);
    for (unsigned i = 0; i < 200; i++) {
        add(&log, (struct line){ .from = HOME, .to = AWAY, .from_port = 443, .to_port = 50000 + i, .protocol = TCP, .packets = 2, .bytes = 104, .at = i, .flags = 18 });
        add(&log, (struct line){ .from = HOME, .to = AWAY, .from_port = 5000, .to_port = 2000 + i, .protocol = TCP, .packets = 1, .bytes = 40, .at = i, .flags = 4 });
        add(&log, (struct line){ .from = HOME, .to = "198.51.100.9", .from_port = 40000, .to_port = 33434 + i % 90, .protocol = UDP, .packets = 1, .bytes = 60, .at = i });
    }
    MISS(&log, NULL, "Recon:EC2/Portscan");
}

static struct text sweep(struct arena *arena, const char *network, unsigned hosts, unsigned packets)
{
    struct text log = log_new(arena);
    for (unsigned i = 0; i < hosts; i++) {
        add(&log, (struct line){ .from = HOME, .to = str_format(arena, "%s.%u", network, i + 1).ptr, .from_port = 36050 + i, .to_port = 23, .protocol = TCP, .packets = packets, .bytes = packets * 60, .at = i, .flags = SYN });
    }
    return log;
}

TEST(one_port_of_many_public_hosts_is_a_sweep)
{
    struct text log = sweep(arena, "198.51.100", 80, 1);
    HIT(&log, NULL, "Impact:EC2/PortSweep", 8);
    log = sweep(arena, "198.51.100", 30, 1);
    MISS(&log, NULL, "Impact:EC2/PortSweep");
    log = sweep(arena, "10.20.30", 80, 1); /* not publicly routable */
    MISS(&log, NULL, "Impact:EC2/PortSweep");
    log = sweep(arena, "198.51.100", 80, 20); /* a crawler talks */
    MISS(&log, NULL, "Impact:EC2/PortSweep");
}

#define PROBE "Recon:EC2/PortProbeUnprotectedPort"

static struct text probe(struct arena *arena, unsigned port, bool rejected)
{
    struct text log = log_new(arena);
    add(&log, (struct line){ .from = AWAY, .to = HOME, .from_port = 41000, .to_port = port, .protocol = TCP, .packets = 2, .bytes = 84, .flags = SYN, .rejected = rejected });
    return log;
}

TEST(a_listed_scanner_at_an_open_port_is_a_probe)
{
    struct known known = known_of(INTEL_REPUTATION, AWAY, NULL);
    struct text log = probe(arena, 8080, false);
    HIT(&log, &known, PROBE, 2);
    MISS(&log, NULL, PROBE);
    log = probe(arena, 9200, false);
    HIT(&log, &known, PROBE, 8);
    log = probe(arena, 8080, true);
    MISS(&log, &known, PROBE);
    known_free(&known);
}

TEST(whoever_tries_many_ports_of_an_instance_is_a_scanner)
{
    for (unsigned ports = 10; ports <= 40; ports += 30) {
        struct text log = log_new(arena);
        for (unsigned i = 0; i < ports; i++) {
            add(&log, (struct line){ .from = AWAY, .to = HOME, .from_port = 41000, .to_port = 20 + i, .protocol = TCP, .packets = 1, .bytes = 44, .at = i, .flags = SYN, .rejected = i < 30 });
        }
        expect(arena, &log, NULL, PROBE, ports == 40, 0);
    }
}

#define EMR_NODE                                                                                                             \
    "{\"NetworkInterfaces\":[{\"NetworkInterfaceId\":\"eni-0123456789abcdef0\",\"InterfaceType\":\"interface\","                 \
    "\"Attachment\":{\"InstanceId\":\"i-0abc\"},\"Groups\":[{\"GroupId\":\"sg-1\",\"GroupName\":\"ElasticMapReduce-master\"}]}]}"

TEST(a_probed_web_interface_of_emr_is_a_type_of_its_own)
{
    struct known known = known_of(INTEL_REPUTATION, AWAY, EMR_NODE);
    struct text log = probe(arena, 8088, false);
    HIT(&log, &known, "Recon:EC2/PortProbeEMRUnprotectedPort", 8);
    log = probe(arena, 8080, false); /* no port of EMR */
    struct harness *harness = judge(arena, &log, &known);
    CHECK_INT(harness_count(harness, "Recon:EC2/PortProbeEMRUnprotectedPort"), 0);
    CHECK_INT(harness_count(harness, PROBE), 1);
    CHECK_STR(harness->found[0].resource_id, "i-0abc");
    harness_close(harness);
    known_free(&known);
}

/* --- passwords guessed --- */

static struct text logins(struct arena *arena, unsigned port, bool out, unsigned count, unsigned bytes)
{
    struct text log = log_new(arena);
    for (unsigned i = 0; i < count; i++) {
        add(&log, (struct line){ .from = out ? HOME : AWAY, .to = out ? AWAY : HOME, .from_port = 41000 + i, .to_port = port, .protocol = TCP, .packets = 16, .bytes = bytes, .at = i * 10, .flags = SYN });
    }
    return log;
}

TEST(many_short_sessions_guess_passwords_by_who_began)
{
    static const struct { const char *type; unsigned port; } services[] = {
        { "UnauthorizedAccess:EC2/SSHBruteForce", 22 }, { "UnauthorizedAccess:EC2/RDPBruteForce", 3389 },
        { "Impact:EC2/WinRMBruteForce", 5985 }, { "Impact:EC2/WinRMBruteForce", 5986 },
    };
    for (size_t i = 0; i < COUNT_OF(services); i++) {
        struct text log = logins(arena, services[i].port, false, 40, 2200);
        HIT(&log, NULL, services[i].type, 2);
        log = logins(arena, services[i].port, true, 40, 2200);
        HIT(&log, NULL, services[i].type, 8);
        log = logins(arena, services[i].port, false, 12, 2200);
        MISS(&log, NULL, services[i].type);
        log = logins(arena, services[i].port, true, 40, 90000); /* work is done in them */
        MISS(&log, NULL, services[i].type);
    }
}

/* --- mail --- */

static struct text mail(struct arena *arena, unsigned servers, bool serves)
{
    struct text log = log_new(arena);
    if (serves) {
        add(&log, (struct line){ .from = AWAY, .to = HOME, .from_port = 40000, .to_port = 25, .protocol = TCP, .packets = 20, .bytes = 9000, .flags = SYN });
    }
    for (unsigned i = 0; i < servers; i++) {
        add(&log, (struct line){ .from = HOME, .to = str_format(arena, "198.51.100.%u", i + 1).ptr, .from_port = 41000 + i, .to_port = 25, .protocol = TCP, .packets = 20, .bytes = 9000, .at = i * 20, .flags = SYN });
    }
    return log;
}

TEST(mail_to_many_servers_is_spam_unless_it_is_a_mail_server)
{
    struct text log = mail(arena, 25, false);
    HIT(&log, NULL, "Backdoor:EC2/Spambot", 5);
    log = mail(arena, 3, false); /* relays */
    MISS(&log, NULL, "Backdoor:EC2/Spambot");
    log = mail(arena, 25, true);
    MISS(&log, NULL, "Backdoor:EC2/Spambot");
}

/* --- mining without a list --- */

static struct text session(struct arena *arena, unsigned port, unsigned bytes, unsigned records)
{
    struct text log = log_new(arena);
    for (unsigned i = 0; i < records; i++) {
        add(&log, (struct line){ .from = HOME, .to = AWAY, .from_port = 41000, .to_port = port, .protocol = TCP, .packets = 20, .bytes = bytes, .at = i * 60 });
    }
    return log;
}

TEST(a_session_kept_up_with_a_pool_is_mining)
{
    struct text log = session(arena, 3333, 1800, 6);
    HIT(&log, NULL, "CryptoCurrency:EC2/BitcoinTool.B", 8);
    log = session(arena, 3333, 1800, 2);
    MISS(&log, NULL, "CryptoCurrency:EC2/BitcoinTool.B");
    log = session(arena, 3333, 900000, 6); /* a download */
    MISS(&log, NULL, "CryptoCurrency:EC2/BitcoinTool.B");
    log = session(arena, 443, 1800, 6);
    MISS(&log, NULL, "CryptoCurrency:EC2/BitcoinTool.B");
}

TEST(several_peers_of_bitcoins_network_are_told)
{
    for (unsigned peers = 2; peers <= 6; peers += 4) {
        struct text log = log_new(arena);
        for (unsigned i = 0; i < peers; i++) {
            add(&log, (struct line){ .from = HOME, .to = str_format(arena, "198.51.100.%u", i + 1).ptr, .from_port = 41000 + i, .to_port = 8333, .protocol = TCP, .packets = 20, .bytes = 9000, .at = i * 20, .flags = SYN });
        }
        expect(arena, &log, NULL, "CryptoCurrency:EC2/BitcoinTool.B", peers == 6, 0);
    }
}

/* --- beacons --- */

static struct text beacon(struct arena *arena, unsigned port, unsigned wobble, bool same_session)
{
    struct text log = log_new(arena);
    unsigned at = 0;
    for (unsigned i = 0; i < 60; i++) {
        add(&log, (struct line){ .from = HOME, .to = AWAY, .from_port = same_session ? 41000 : 41000 + i, .to_port = port, .protocol = TCP, .packets = 6, .bytes = 420, .at = at, .flags = SYN });
        at += 60 + (i % 2 ? wobble : 0);
    }
    return log;
}

TEST(regular_calls_to_an_odd_port_are_a_beacon)
{
    struct text log = beacon(arena, 5888, 4, false);
    HIT(&log, NULL, "Backdoor:EC2/C&CActivity.B", 8);
    log = beacon(arena, 443, 4, false); /* agents do that, and the host isn't known to be new */
    MISS(&log, NULL, "Backdoor:EC2/C&CActivity.B");
    log = beacon(arena, 5888, 400, false); /* people come and go */
    MISS(&log, NULL, "Backdoor:EC2/C&CActivity.B");
    log = beacon(arena, 5888, 4, true); /* one long connection */
    MISS(&log, NULL, "Backdoor:EC2/C&CActivity.B");
}

TEST(regular_calls_to_a_host_long_known_are_no_beacon)
{
    struct text log = log_new(arena);
    for (unsigned i = 0; i < 200; i++) { /* five times a day, for forty days */
        add(&log, (struct line){ .from = HOME, .to = AWAY, .from_port = 41000 + i, .to_port = 5888, .protocol = TCP, .packets = 6, .bytes = 420, .at = i * 17280, .flags = SYN });
    }
    for (unsigned i = 0; i < 60; i++) {
        add(&log, (struct line){ .from = HOME, .to = AWAY, .from_port = 51000 + i, .to_port = 5888, .protocol = TCP, .packets = 6, .bytes = 420, .at = 200 * 17280 + i * 60, .flags = SYN });
    }
    MISS(&log, NULL, "Backdoor:EC2/C&CActivity.B");
}

/* --- what is learned --- */

enum { DAY = 86400, DAYS = 40 };

/* An ordinary life of many days, and on the last one something else. */
static struct text life(struct arena *arena, unsigned days, struct line odd)
{
    struct text log = log_new(arena);
    for (unsigned day = 0; day < days; day++) {
        for (unsigned hour = 0; hour < 24; hour += 2) {
            add(&log, (struct line){ .from = HOME, .to = "198.51.100.20", .from_port = 41000 + hour, .to_port = 443, .protocol = TCP, .packets = 2000, .bytes = 2200000, .at = day * DAY + hour * 3600, .flags = SYN });
        }
    }
    odd.at += (days - 1) * DAY + 80000;
    add(&log, odd);
    return log;
}

static void unusual(struct arena *arena, const char *type, double severity, struct line odd)
{
    struct text log = life(arena, DAYS, odd);
    HIT(&log, NULL, type, severity);
    log = life(arena, 2, odd); /* no history, no word */
    MISS(&log, NULL, type);
    log = life(arena, DAYS, (struct line){ .from = HOME, .to = "198.51.100.20", .from_port = 42000, .to_port = 443, .protocol = TCP, .packets = 20, .bytes = 4000, .flags = SYN });
    MISS(&log, NULL, type); /* as ever */
}

TEST(what_an_instance_never_did_is_told_once_it_is_known)
{
    unusual(arena, "Behavior:EC2/NetworkPortUnusual", 5, (struct line){ .from = HOME, .to = AWAY, .from_port = 41000, .to_port = 4444, .protocol = TCP, .packets = 40, .bytes = 9000, .flags = SYN });
    unusual(arena, "Behavior:EC2/FirstSeenPeer.Yagura", 2, (struct line){ .from = HOME, .to = AWAY, .from_port = 41000, .to_port = 443, .protocol = TCP, .packets = 40, .bytes = 9000, .flags = SYN });
    unusual(arena, "Behavior:EC2/TrafficVolumeUnusual", 5, (struct line){ .from = HOME, .to = "198.51.100.20", .from_port = 41000, .to_port = 443, .protocol = TCP, .packets = 900000, .bytes = 3000000000, .flags = SYN });
    unusual(arena, "DefenseEvasion:EC2/UnusualDNSResolver", 5, (struct line){ .from = HOME, .to = AWAY, .from_port = 41000, .to_port = 53, .protocol = UDP, .packets = 40, .bytes = 9000 });
    unusual(arena, "DefenseEvasion:EC2/UnusualDoHActivity", 5, (struct line){ .from = HOME, .to = "9.9.9.9", .from_port = 41000, .to_port = 443, .protocol = TCP, .packets = 40, .bytes = 9000, .flags = SYN });
    unusual(arena, "DefenseEvasion:EC2/UnusualDoTActivity", 5, (struct line){ .from = HOME, .to = AWAY, .from_port = 41000, .to_port = 853, .protocol = TCP, .packets = 40, .bytes = 9000, .flags = SYN });
}

/* --- what a finding says --- */

TEST(a_finding_names_instance_interface_and_both_ends)
{
    struct known known = known_of(INTEL_COMMAND, AWAY, NULL);
    struct harness *harness = harness_open(arena, &(struct engine_options){ .intel = known.intel });
    harness_feed(harness, "flow.log", STR("version vpc-id subnet-id instance-id interface-id account-id srcaddr dstaddr srcport dstport protocol "
                                          "packets bytes start end action log-status region flow-direction\n"
                                          "5 vpc-1 subnet-1 i-0abc eni-1 111122223333 " HOME " " AWAY
                                          " 41000 443 6 5 600 1767574800 1767574860 REJECT OK eu-west-1 egress\n"));
    CHECK_INT(harness->count, 1);
    const struct finding *f = &harness->found[0];
    CHECK_STR(f->resource_id, "i-0abc");
    CHECK_STR(f->region, "eu-west-1");
    const struct json *tree = json_parse(arena, f->json, NULL);
    const struct json *interfaces = json_path(tree, "resource.instanceDetails.networkInterfaces");
    CHECK_STR(json_text(json_path(tree, "resource.instanceDetails.instanceId")), "i-0abc");
    CHECK_STR(json_text(json_get(interfaces->child, STR("networkInterfaceId"))), "eni-1");
    CHECK_STR(json_text(json_get(interfaces->child, STR("vpcId"))), "vpc-1");
    CHECK_STR(json_text(json_path(tree, "service.resourceRole")), "ACTOR");
    CHECK_STR(json_text(json_path(tree, "service.action.actionType")), "NETWORK_CONNECTION");
    CHECK_STR(json_text(json_path(tree, "service.action.networkConnectionAction.remoteIpDetails.ipAddressV4")), AWAY);
    CHECK_STR(json_text(json_path(tree, "service.action.networkConnectionAction.connectionDirection")), "OUTBOUND");
    CHECK_STR(json_text(json_path(tree, "service.action.networkConnectionAction.remotePortDetails.portName")), "HTTPS");
    CHECK(json_is_true(json_path(tree, "service.action.networkConnectionAction.blocked")));
    CHECK(json_path(tree, "service.evidence.threatIntelligenceDetails") != NULL);
    harness_close(harness);
    known_free(&known);
}

TEST(a_record_without_a_region_has_that_of_the_object_it_lies_in)
{
    static const struct { const char *file, *region; } files[] = {
        { "s3://logs/AWSLogs/111122223333/vpcflowlogs/eu-west-1/2026/01/05/a.log.gz", "eu-west-1" },
        { "AWSLogs/o-1a2b3c/111122223333/vpcflowlogs/ap-northeast-1/2026/01/05/a.log.gz", "ap-northeast-1" },
        { "AWSLogs/111122223333/vpcflowlogs", "us-east-1" },
        { "AWSLogs/", "us-east-1" },
        { "flow.log", "us-east-1" },
    };
    struct known known = known_of(INTEL_COMMAND, AWAY, NULL);
    struct text log = log_new(arena);
    add(&log, (struct line){ .from = HOME, .to = AWAY, .from_port = 41000, .to_port = 443, .protocol = TCP, .packets = 12, .bytes = 3000 });
    for (size_t i = 0; i < COUNT_OF(files); i++) {
        struct harness *harness = harness_open(arena, &(struct engine_options){ .intel = known.intel });
        harness_feed(harness, files[i].file, text_str(&log));
        CHECK_INT(harness->count, 1);
        CHECK_STR(harness->found[0].region, files[i].region);
        harness_close(harness);
    }
    known_free(&known);
}

TEST(gateways_and_balancers_are_left_alone)
{
    struct known known = known_of(INTEL_COMMAND, AWAY,
                                  "{\"NetworkInterfaces\":[{\"NetworkInterfaceId\":\"eni-0123456789abcdef0\",\"InterfaceType\":\"nat_gateway\"}]}");
    struct text log = scan(arena, 60, 1, 44, 1);
    add(&log, (struct line){ .from = HOME, .to = AWAY, .from_port = 41000, .to_port = 443, .protocol = TCP, .packets = 12, .bytes = 3000 });
    MISS(&log, &known, "Recon:EC2/Portscan");
    known_free(&known);
}

TEST(an_interface_file_that_is_something_else_is_refused)
{
    struct interfaces *interfaces = interfaces_open();
    CHECK(!interfaces_load_text(interfaces, STR("{}")));
    CHECK(!interfaces_load_text(interfaces, STR("{\"NetworkInterfaces\":[{}]}")));
    CHECK(!interfaces_load_text(interfaces, STR("no JSON")));
    CHECK(interfaces_load_text(interfaces, STR("{\"NetworkInterfaces\":[]}")));
    CHECK(interfaces_find(interfaces, STR("eni-1")) == NULL);
    interfaces_close(interfaces);
}
