/* Detectors over DNS query logs: for each type queries that are one, and queries that just are not. */
#include "detect/catalogue.h"
#include "detect/harness.h"
#include "detect/intel.h"
#include "detect/suffixes.h"
#include "detect/tunnel.h"

enum { START = 1767574800 };

static void ask(struct text *log, unsigned at, const char *name, const char *type, const char *code, const char *answer)
{
    text_add_format(log,
                    "{\"version\":\"1.100000\",\"account_id\":\"111122223333\",\"region\":\"us-east-1\",\"vpc_id\":\"vpc-1\","
                    "\"query_timestamp\":\"2026-01-05T%02u:%02u:%02uZ\",\"query_name\":\"%s.\",\"query_type\":\"%s\",\"query_class\":\"IN\","
                    "\"rcode\":\"%s\",\"answers\":[%s%s%s],\"srcaddr\":\"10.0.0.5\",\"srcport\":\"50872\",\"transport\":\"UDP\","
                    "\"srcids\":{\"instance\":\"i-0abc\"}}\n",
                    at / 3600, at / 60 % 60, at % 60, name, type, code, answer ? "{\"Rdata\":\"" : "", answer ? answer : "",
                    answer ? "\",\"Type\":\"A\",\"Class\":\"IN\"}" : "");
}

static void expect(struct arena *arena, struct text *log, const struct intel *intel, const char *type, bool hit)
{
    struct harness *harness = harness_open(arena, &(struct engine_options){ .intel = intel });
    harness_feed(harness, "dns.log", text_str(log));
    CHECK_INT(harness->troubles, 0);
    if ((harness_count(harness, type) > 0) != hit || (!hit && harness->count > 0)) {
        fail_msg("%s: %zu of it, %zu findings", type, harness_count(harness, type), harness->count);
    }
    if (hit) {
        CHECK(harness->found[0].severity >= catalogue_find(harness->found[0].type)->severity);
    }
    harness_close(harness);
}

static const struct {
    enum intel_list list;
    const char *type;
} by_list[] = {
    { INTEL_COMMAND, "Backdoor:EC2/C&CActivity.B!DNS" },
    { INTEL_MINING, "CryptoCurrency:EC2/BitcoinTool.B!DNS" },
    { INTEL_MINING_LOW, "Impact:EC2/BitcoinDomainRequest.Reputation" },
    { INTEL_ABUSED, "Impact:EC2/AbusedDomainRequest.Reputation" },
    { INTEL_CUSTOM, "Impact:EC2/MaliciousDomainRequest.Custom" },
    { INTEL_THREAT, "Impact:EC2/MaliciousDomainRequest.Reputation" },
    { INTEL_SUSPICIOUS, "Impact:EC2/SuspiciousDomainRequest.Reputation" },
    { INTEL_SINKHOLE, "Trojan:EC2/BlackholeTraffic!DNS" },
    { INTEL_DGA_KNOWN, "Trojan:EC2/DGADomainRequest.C!DNS" },
    { INTEL_DRIVE_BY, "Trojan:EC2/DriveBySourceTraffic!DNS" },
    { INTEL_DROP_POINT, "Trojan:EC2/DropPoint!DNS" },
    { INTEL_PHISHING, "Trojan:EC2/PhishingDomainRequest!DNS" },
};

TEST(a_listed_name_and_what_is_below_it_is_told_by_its_list)
{
    static const struct { const char *name; bool hit; } names[] = {
        { "evil.example.org", true }, { "A.B.Evil.Example.ORG", true }, { "notevil.example.org", false }, { "example.org", false },
    };
    for (size_t i = 0; i < COUNT_OF(by_list); i++) {
        struct intel *intel = intel_open();
        size_t used = 0;
        intel_load_text(intel, by_list[i].list, STR("evil.example.org"), &used);
        for (size_t j = 0; j < COUNT_OF(names); j++) {
            struct text log = text_new(arena);
            ask(&log, 1, names[j].name, "A", "NOERROR", "198.51.100.1");
            expect(arena, &log, intel, by_list[i].type, names[j].hit);
        }
        intel_close(intel);
    }
}

TEST(a_trusted_name_is_never_told)
{
    struct intel *intel = intel_open();
    size_t used = 0;
    intel_load_text(intel, INTEL_COMMAND, STR("evil.example.org"), &used);
    intel_load_text(intel, INTEL_TRUSTED, STR("example.org"), &used);
    struct text log = text_new(arena);
    ask(&log, 1, "evil.example.org", "A", "NOERROR", NULL);
    expect(arena, &log, intel, "Backdoor:EC2/C&CActivity.B!DNS", false);
    intel_close(intel);
}

TEST(an_answer_that_is_a_sinkhole_is_told)
{
    struct intel *intel = intel_open();
    size_t used = 0;
    intel_load_text(intel, INTEL_SINKHOLE, STR("198.51.100.1"), &used);
    struct text log = text_new(arena);
    ask(&log, 1, "www.example.org", "A", "NOERROR", "198.51.100.1");
    expect(arena, &log, intel, "Trojan:EC2/BlackholeTraffic!DNS", true);
    text_reset(&log);
    ask(&log, 1, "www.example.org", "A", "NOERROR", "198.51.100.2");
    expect(arena, &log, intel, "Trojan:EC2/BlackholeTraffic!DNS", false);
    intel_close(intel);
}

#define REBIND "UnauthorizedAccess:EC2/MetadataDNSRebind"

TEST(a_public_name_that_leads_to_the_metadata_service_is_a_rebind)
{
    static const struct { const char *name, *answer; bool hit; } cases[] = {
        { "a.attacker.com", "169.254.169.254", true },
        { "a.attacker.co.uk", "fd00:ec2::254", true },
        { "instance-data.ec2.internal", "169.254.169.254", false }, /* AWS's own, and no public name */
        { "a.attacker.com", "169.254.169.25", false },
        { "169.254.169.254.attacker.com", "198.51.100.1", false },
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct text log = text_new(arena);
        ask(&log, 1, cases[i].name, "A", "NOERROR", cases[i].answer);
        expect(arena, &log, NULL, REBIND, cases[i].hit);
    }
}

#define GENERATED "Trojan:EC2/DGADomainRequest.B"

static uint64_t turn(uint64_t *state)
{
    *state = *state * 6364136223846793005u + 1442695040888963407u;
    return *state >> 33;
}

static const char *random_label(struct arena *arena, uint64_t *state, unsigned length)
{
    char *label = arena_alloc(arena, length + 1);
    for (unsigned i = 0; i < length; i++) {
        label[i] = (char)('a' + turn(state) % 26);
    }
    return label;
}

static struct text generated(struct arena *arena, unsigned count, const char *suffix, const char *code, unsigned gap)
{
    struct text log = text_new(arena);
    uint64_t state = 42;
    for (unsigned i = 0; i < count; i++) {
        const char *name = str_format(arena, "%s.%s", random_label(arena, &state, 14), suffix).ptr;
        ask(&log, i * gap, name, "A", code, NULL);
        ask(&log, i * gap, name, "AAAA", code, NULL);
    }
    return log;
}

TEST(many_made_up_names_that_do_not_exist_are_told)
{
    struct text log = generated(arena, 20, "net", "NXDOMAIN", 5);
    expect(arena, &log, NULL, GENERATED, true);
    log = generated(arena, 3, "net", "NXDOMAIN", 5); /* a browser finds out whether answers are forged */
    expect(arena, &log, NULL, GENERATED, false);
    log = generated(arena, 20, "net", "NOERROR", 5); /* content networks */
    expect(arena, &log, NULL, GENERATED, false);
    log = generated(arena, 20, "corp.internal", "NXDOMAIN", 5); /* a search list */
    expect(arena, &log, NULL, GENERATED, false);
    log = generated(arena, 20, "example.com", "NXDOMAIN", 5); /* below one domain that exists */
    expect(arena, &log, NULL, GENERATED, false);
    log = generated(arena, 20, "net", "NXDOMAIN", 1200); /* an hour never sees enough */
    expect(arena, &log, NULL, GENERATED, false);
}

TEST(mistyped_names_that_do_not_exist_are_not)
{
    static const char *const names[] = { "gogle-shop.com", "my-garden-tools.net", "facebok-login.org", "weatherforcast.com", "onlinebankng.co.uk",
                                         "smartphonez.com", "travelagencys.net", "cookingrecipies.com", "footballresult.org", "newyorktims.com",
                                         "hotelbookings24.net", "cheapflightss.com", "musicdownlod.com", "carinsurrance.net", "homedepott.com" };
    struct text log = text_new(arena);
    for (unsigned i = 0; i < COUNT_OF(names); i++) {
        ask(&log, i, names[i], "A", "NXDOMAIN", NULL);
    }
    expect(arena, &log, NULL, GENERATED, false);
}

#define EXFILTRATION "Trojan:EC2/DNSDataExfiltration"

static struct text carried(struct arena *arena, unsigned count, unsigned length, unsigned gap, bool repeat)
{
    struct text log = text_new(arena);
    uint64_t state = 7;
    for (unsigned i = 0; i < count; i++) {
        uint64_t again = 7;
        const char *label = random_label(arena, repeat ? &again : &state, length);
        ask(&log, i * gap, str_format(arena, "%s.%u.t.example.com", label, repeat ? 0u : i).ptr, "TXT", "NOERROR", NULL);
    }
    return log;
}

TEST(many_long_names_below_one_domain_carry_data)
{
    struct text log = carried(arena, 60, 60, 1, false);
    expect(arena, &log, NULL, EXFILTRATION, true);
    log = carried(arena, 20, 60, 1, false);
    expect(arena, &log, NULL, EXFILTRATION, false);
    log = carried(arena, 60, 60, 1, true); /* the same name again and again */
    expect(arena, &log, NULL, EXFILTRATION, false);
    log = carried(arena, 60, 60, 60, false); /* ten minutes never see enough */
    expect(arena, &log, NULL, EXFILTRATION, false);
}

TEST(hosts_of_a_network_and_block_lists_carry_none)
{
    struct text log = text_new(arena);
    for (unsigned i = 0; i < 200; i++) {
        ask(&log, i, str_format(arena, "node-%u.eu-west-1.compute.example.com", i).ptr, "A", "NOERROR", "198.51.100.1");
        ask(&log, i, str_format(arena, "%u.%u.51.198.bl.example.org", i, i % 7).ptr, "A", "NXDOMAIN", NULL);
        ask(&log, i, str_format(arena, "%u.0.0.10.in-addr.arpa", i).ptr, "PTR", "NOERROR", NULL);
    }
    expect(arena, &log, NULL, EXFILTRATION, false);
}

TEST(a_finding_names_the_instance_and_the_query)
{
    struct text log = text_new(arena);
    ask(&log, 1, "a.attacker.co.uk", "A", "NOERROR", "169.254.169.254");
    struct harness *harness = harness_open(arena, &(struct engine_options){ .intel = NULL });
    harness_feed(harness, "dns.log", text_str(&log));
    CHECK_INT(harness->count, 1);
    const struct json *tree = json_parse(arena, harness->found[0].json, NULL);
    CHECK_STR(json_text(json_path(tree, "resource.resourceType")), "Instance");
    CHECK_STR(json_text(json_path(tree, "resource.instanceDetails.instanceId")), "i-0abc");
    CHECK_STR(json_text(json_path(tree, "service.resourceRole")), "ACTOR");
    CHECK_STR(json_text(json_path(tree, "service.action.actionType")), "DNS_REQUEST");
    CHECK_STR(json_text(json_path(tree, "service.action.dnsRequestAction.domain")), "a.attacker.co.uk");
    CHECK_STR(json_text(json_path(tree, "service.action.dnsRequestAction.domainWithSuffix")), "attacker.co.uk");
    CHECK_STR(json_text(json_path(tree, "service.action.dnsRequestAction.protocol")), "UDP");
    CHECK_STR(json_text(json_path(tree, "service.featureName")), "DNS_LOGS");
    harness_close(harness);
}

TEST(a_name_is_cut_at_its_public_suffix)
{
    static const struct { const char *name, *registered, *below, *suffix; bool listed; } cases[] = {
        { "a.b.example.co.uk.", "example.co.uk", "a.b", "co.uk", true }, { "Example.COM", "example.com", "", "com", true },
        { "com", NULL, "", "com", true },                                { "host.corp.internal", "corp.internal", "host", "internal", false },
        { "www.ck", "www.ck", "", "ck", true },                          { "single", NULL, "", "single", false },
        { "x.dyndns.org", "x.dyndns.org", "", "dyndns.org", true },
    };
    struct suffixes *suffixes = suffixes_open();
    for (int round = 0; round < 2; round++) { /* asked, then remembered */
        for (size_t i = 0; i < COUNT_OF(cases); i++) {
            struct name_parts parts;
            CHECK(suffixes_split(suffixes, str_of(cases[i].name), &parts));
            CHECK(str_equal(parts.registered, str_of(cases[i].registered)));
            CHECK_STR(parts.below, cases[i].below);
            CHECK_STR(parts.suffix, cases[i].suffix);
            CHECK_INT(parts.listed, cases[i].listed);
        }
    }
    struct name_parts parts;
    CHECK(!suffixes_split(suffixes, STR(""), &parts));
    CHECK(!suffixes_split(suffixes, STR("."), &parts));
    CHECK(suffixes_split(suffixes, STR("..a..com.."), &parts));
    CHECK(!suffixes_split(suffixes, str_format(arena, "%0300d.com", 1), &parts));
    suffixes_close(suffixes);
}

TEST(a_tunnel_model_of_another_version_is_refused)
{
    struct tunnel tunnel;
    CHECK(!tunnel_open(STR("yagura-model 2 tunnel\ninputs 5\nbias 1\nweights 1 2 3 4 5\n"), &tunnel));
    CHECK(!tunnel_open(STR("yagura-model 1 tunnel\ninputs 5\nbias 1\nweights 1 2 3 4\n"), &tunnel));
    CHECK(!tunnel_open(STR("yagura-model 1 tunnel\ninputs 6\nbias 1\nweights 1 2 3 4 5\n"), &tunnel));
    CHECK(tunnel_open(STR("yagura-model 1 tunnel\ninputs 5\nbias 1\nweights 1 2 3 4 5\n"), &tunnel));
}
