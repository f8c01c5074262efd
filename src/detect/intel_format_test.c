#include "detect/intel_format.h"

#include "tests/test.h"

/* What a list said, as one text: "indicator=threat;" and "!line;" for broken ones. */
struct told {
    struct text text;
};

static const char *entry(void *self, struct str indicator, struct str threat)
{
    struct told *told = self;
    if (str_equal(indicator, STR("nonsense"))) {
        return "nonsense";
    }
    text_add_format(&told->text, "%" STR_FMT "=%" STR_FMT ";", STR_ARG(indicator), STR_ARG(threat));
    return NULL;
}

static void broken(void *self, size_t line, struct str text, const char *reason)
{
    struct told *told = self;
    (void)text;
    CHECK(reason[0] != '\0');
    text_add_format(&told->text, "!%zu;", line);
}

static struct str read(struct arena *arena, enum intel_format format, struct str text)
{
    struct told told = { text_new(arena) };
    intel_format_read(format, text, &(struct intel_format_sink){ &told, entry, broken });
    return text_str(&told.text);
}

TEST(plain_lists_are_one_indicator_a_line)
{
    CHECK_STR(read(arena, INTEL_FORMAT_TXT, STR("\xEF\xBB\xBF" "192.0.2.0/24\r\n# no\n\n example.org # yes\nnonsense")),
              "192.0.2.0/24=;example.org=;!5;");
}

TEST(public_lists_are_read_as_they_come)
{
    CHECK_STR(read(arena, INTEL_FORMAT_ANY, STR("# hosts\n0.0.0.0 evil.example other.example # both\n127.0.0.1 localhost\n::1 localhost\n")),
              "evil.example=;other.example=;");
    CHECK_STR(read(arena, INTEL_FORMAT_ANY, STR("198.51.100.7\t3\n198.51.100.8\tSliver C2\n")), "198.51.100.7=;198.51.100.8=Sliver C2;");
    CHECK_STR(read(arena, INTEL_FORMAT_ANY, STR("evil.example;APT of somebody\n")), "evil.example=APT of somebody;");
    CHECK_STR(read(arena, INTEL_FORMAT_ANY, STR("uuid,event_id,category,type,value,comment\n"
                                                "\"1\",7,\"Network, activity\",ip-dst,\"198.51.100.7\",\"seen in May\"\n")),
              "198.51.100.7=seen in May;");
    CHECK_STR(read(arena, INTEL_FORMAT_ANY, STR("\"first_seen\",\"dst_ip\",\"dst_port\",\"malware\"\n\"2026\",\"198.51.100.7\",\"443\",\"Emotet\"\n")),
              "198.51.100.7=Emotet;");
    CHECK_STR(read(arena, INTEL_FORMAT_ANY, STR("0.0.0.0\n")), "0.0.0.0=;");
}

/* spec: GuardDuty user guide, list formats. */
TEST(formats_of_guardduty_are_read)
{
    CHECK_STR(read(arena, INTEL_FORMAT_OTX_CSV, STR("Indicator type, Indicator, Description\nCIDR, 192.0.2.0/24, example\nIPv4, 198.51.100.1, \n"
                                                    "URL, http://x.example/, no\nIPv4\n")),
              "192.0.2.0/24=example;198.51.100.1=;!4;!5;");
    CHECK_STR(read(arena, INTEL_FORMAT_ALIEN_VAULT, STR("198.51.100.4#4#2#Malicious Host#KR##37.5,126.9#3\nnonsense#1\n")),
              "198.51.100.4=Malicious Host;!2;");
    CHECK_STR(read(arena, INTEL_FORMAT_PROOF_POINT, STR("ip, category, score, first_seen, last_seen, ports (|)\n"
                                                        "198.51.100.4, 1, 100, 2000-01-01, 2000-01-01,\n")),
              "198.51.100.4=;");
    CHECK_STR(read(arena, INTEL_FORMAT_FIRE_EYE, STR("reportId, title, sha256, cidr, domain, ip, malwareFamily\n"
                                                     "01, \"A, title\", , 192.0.2.0/24, evil.example, , Family\n02,,,,,,\n03,,,,,198.51.100.9,\n")),
              "192.0.2.0/24=Family;evil.example=Family;!3;198.51.100.9=;");
    CHECK_STR(read(arena, INTEL_FORMAT_FIRE_EYE, STR("1, 2, 3\n4, 5, 6\n")), "!1;");
}

TEST(stix_observables_are_read)
{
    CHECK_STR(read(arena, INTEL_FORMAT_STIX,
                   STR("<?xml version=\"1.0\"?>\n<stix:STIX_Package>\n<cybox:Properties xsi:type=\"AddressObject:AddressObjectType\">\n"
                       "<AddressObject:Address_Value condition=\"Equals\">198.51.100.1##comma## 198.51.100.2##comma##nonsense</AddressObject:Address_Value>\n"
                       "<DomainNameObj:Value condition=\"Equals\">evil.example</DomainNameObj:Value><URIObj:Value>http://x/</URIObj:Value>\n"
                       "<cyboxCommon:Simple_Hash_Value>aa</cyboxCommon:Simple_Hash_Value>")),
              "198.51.100.1=;198.51.100.2=;!4;evil.example=;aa=;");
    CHECK_STR(read(arena, INTEL_FORMAT_STIX, STR("198.51.100.1\n")), "!1;");
}

/* spec: STIX 2.1, §9 */
TEST(patterns_of_a_stix_2_bundle_are_read)
{
    const struct str bundle = STR("{\"type\":\"bundle\",\"objects\":[\n{\"pattern\":\"[ipv4-addr:value = '198.51.100.1' OR domain-name:value='evil.example']\"},\n"
                                  "{\"pattern\":\"[file:hashes.'SHA-256' = '0123456789012345678901234567890123456789012345678901234567890123']\"},"
                                  "{\"pattern\":\"[file:name = '198.51.100.9']\"},\n{\"pattern\":\"[ipv4-addr:value = 'nonsense']\"},{\"pattern\":\"[ipv4-addr:value = '1.1\"}]}");
    const char *const said = "198.51.100.1=;evil.example=;0123456789012345678901234567890123456789012345678901234567890123=;!4;";
    CHECK_STR(read(arena, INTEL_FORMAT_STIX, bundle), said);
    CHECK_STR(read(arena, INTEL_FORMAT_ANY, bundle), said);
    CHECK_STR(read(arena, INTEL_FORMAT_STIX, STR("{")), "");
}

static void count_line(void *self, size_t line, struct str text, const char *reason)
{
    (void)text;
    (void)reason;
    *(size_t *)self = *(size_t *)self * 100 + line;
}

TEST(what_a_kind_of_list_does_not_match_is_told_by_line)
{
    struct intel *intel = intel_open();
    size_t lines = 0;
    const struct intel_list_options options = { .name = STR("mine"), .lists = INTEL_CUSTOM, .format = INTEL_FORMAT_TXT, .addresses_only = true,
                                                .public_v4_only = true, .entries_max = 2, .broken = count_line, .self = &lines };
    const struct intel_counts counts =
        intel_load_list(intel, &options, STR("198.51.100.1\n10.0.0.1\n2001:db8::1\nevil.example\n198.51.100.0/0\n198.51.100.2\n198.51.100.3\n"));
    CHECK_INT(counts.addresses, 2);
    CHECK_INT(counts.broken, 5);
    CHECK(counts.full);
    CHECK_INT(lines, 203040507);
    CHECK_INT(intel_lists(intel, STR("198.51.100.2")), INTEL_CUSTOM);
    CHECK_INT(intel_lists(intel, STR("198.51.100.3")), 0);
    intel_close(intel);
}

TEST(a_url_means_a_host_when_it_has_no_path)
{
    struct intel *intel = intel_open();
    size_t used = 0;
    intel_load_text(intel, INTEL_COMMAND, STR("http://198.51.100.7\thing\nhttps://evil.example:8443/\nhttp://shared.example/bad\n"), &used);
    CHECK_INT(used, 2);
    CHECK_INT(intel_lists(intel, STR("198.51.100.7")), INTEL_COMMAND);
    CHECK_INT(intel_name_lists(intel, STR("evil.example")), INTEL_COMMAND);
    CHECK_INT(intel_name_lists(intel, STR("shared.example")), 0);
    intel_close(intel);
}

TEST(a_line_without_end_is_not_taken_for_an_indicator)
{
    struct text text = text_new(arena);
    for (int i = 0; i < 3000; i++) {
        text_add(&text, STR("a."));
    }
    text_add(&text, STR("example\nexample.org\n"));
    CHECK_STR(read(arena, INTEL_FORMAT_ANY, text_str(&text)), "!1;example.org=;");
}
