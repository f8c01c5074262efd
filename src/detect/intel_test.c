#include "detect/intel.h"

#include "detect/intel_format.h"
#include "tests/test.h"

TEST(addresses_and_networks_of_both_families_are_found)
{
    struct intel *intel = intel_open();
    size_t used = 0;
    intel_load_text(intel, INTEL_TOR, STR("# exits\n192.0.2.7\n198.51.100.0/24 a comment\r\n2001:db8::/32\n"
                                          "nonsense\n300.1.1.1\n10.0.0.0/33\n"), &used);
    CHECK_INT(used, 3);
    intel_load_text(intel, INTEL_CUSTOM, STR("198.51.100.9,high"), &used);
    CHECK_INT(used, 1);
    CHECK_INT(intel_lists(intel, STR("192.0.2.7")), INTEL_TOR);
    CHECK_INT(intel_lists(intel, STR("192.0.2.8")), 0);
    CHECK_INT(intel_lists(intel, STR("198.51.100.255")), INTEL_TOR);
    CHECK_INT(intel_lists(intel, STR("198.51.100.9")), INTEL_TOR | INTEL_CUSTOM);
    CHECK_INT(intel_lists(intel, STR("2001:db8:1::2")), INTEL_TOR);
    CHECK_INT(intel_lists(intel, STR("2001:db9::1")), 0);
    CHECK_INT(intel_lists(intel, STR("ec2.amazonaws.com")), 0);
    CHECK_INT(intel_lists(intel, STR_NONE), 0);
    CHECK(intel_has(intel, INTEL_TOR) && !intel_has(intel, INTEL_AWS));
    intel_close(intel);
}

TEST(no_lists_know_nothing)
{
    CHECK_INT(intel_lists(NULL, STR("192.0.2.7")), 0);
    CHECK_INT(intel_country(NULL, STR("192.0.2.7")), 0);
    CHECK(!intel_has(NULL, INTEL_TOR));
    intel_close(NULL);
}

TEST(a_list_without_addresses_is_refused)
{
    struct ctx ctx = ctx_new(arena, 0);
    struct intel *intel = intel_open();
    CHECK_FAULT(intel_load(&ctx, intel, INTEL_TOR, "/nonexistent"), FAULT_IO.code);
    CHECK_FAULT(intel_load(&ctx, intel, INTEL_TOR, "Makefile"), FAULT_INVALID.code);
    intel_close(intel);
}

TEST(many_networks_are_kept)
{
    struct intel *intel = intel_open();
    struct text text = text_new(arena);
    for (int i = 0; i < 5000; i++) {
        text_add_format(&text, "10.%d.%d.0/25\n", i / 256, i % 256);
    }
    size_t used = 0;
    intel_load_text(intel, INTEL_THREAT, text_str(&text), &used);
    CHECK_INT(used, 5000);
    CHECK_INT(intel_lists(intel, STR("10.19.135.127")), INTEL_THREAT);
    CHECK_INT(intel_lists(intel, STR("10.19.135.128")), 0);
    CHECK_INT(intel_lists(intel, STR("10.19.136.1")), 0);
    intel_close(intel);
}

TEST(private_networks_are_told_from_public_ones)
{
    static const char *const private[] = { "10.0.1.50", "172.16.0.1", "172.31.255.1", "192.168.10.20", "127.0.0.1", "169.254.169.254",
                                           "100.64.0.1", "fd00::1", "fe80::1", "::1" };
    static const char *const public[] = { "172.15.0.1", "172.32.0.1", "11.0.0.1", "192.169.0.1", "100.128.0.1", "2001:db8::1",
                                          "ec2.amazonaws.com", "AWS Internal" };
    for (size_t i = 0; i < sizeof(private) / sizeof(private[0]); i++) {
        CHECK(intel_is_private(str_of(private[i])));
    }
    for (size_t i = 0; i < sizeof(public) / sizeof(public[0]); i++) {
        CHECK(!intel_is_private(str_of(public[i])));
    }
}

TEST(a_name_stands_for_all_below_it_and_for_nothing_beside_it)
{
    struct intel *intel = intel_open();
    size_t used = 0;
    intel_load_text(intel, INTEL_MINING, STR("pool.example.org\n*.deep.example.net\nlocalhost\ncom\n"), &used);
    CHECK_INT(used, 2);
    CHECK_INT(intel_name_lists(intel, STR("pool.example.org")), INTEL_MINING);
    CHECK_INT(intel_name_lists(intel, STR("EU.Pool.Example.ORG.")), INTEL_MINING);
    CHECK_INT(intel_name_lists(intel, STR("example.org")), 0);
    CHECK_INT(intel_name_lists(intel, STR("notpool.example.org")), 0);
    CHECK_INT(intel_name_lists(intel, STR("pool.example.org.evil.com")), 0);
    CHECK_INT(intel_name_lists(intel, STR("a.b.deep.example.net")), INTEL_MINING);
    CHECK_INT(intel_name_lists(intel, STR("deep.example.net")), 0);
    CHECK_INT(intel_name_lists(intel, STR("com")), 0);
    CHECK_INT(intel_name_lists(intel, STR(".")), 0);
    CHECK_INT(intel_name_lists(intel, STR("..")), 0);
    CHECK_INT(intel_name_lists(intel, STR_NONE), 0);
    CHECK_INT(intel_name_lists(NULL, STR("pool.example.org")), 0);
    intel_close(intel);
}

TEST(files_and_keys_are_known_by_their_digits)
{
    struct intel *intel = intel_open();
    size_t used = 0;
    intel_load_text(intel, INTEL_THREAT, STR("E3B0C44298FC1C149AFBF4C8996FB92427AE41E4649B934CA495991B7852B855\nAKIAIOSFODNN7EXAMPLE\n"), &used);
    CHECK_INT(used, 2);
    CHECK_INT(intel_hash_lists(intel, STR("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")), INTEL_THREAT);
    CHECK_INT(intel_hash_lists(intel, STR("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b856")), 0);
    CHECK_INT(intel_key_lists(intel, STR("AKIAIOSFODNN7EXAMPLE")), INTEL_THREAT);
    CHECK_INT(intel_key_lists(intel, STR("AKIAIOSFODNN7EXAMPLF")), 0);
    CHECK_INT(intel_hash_lists(intel, STR("AKIAIOSFODNN7EXAMPLE")), 0);
    intel_close(intel);
}

TEST(trusted_beats_every_other_list)
{
    struct intel *intel = intel_open();
    size_t used = 0;
    intel_load_text(intel, INTEL_THREAT, STR("198.51.100.7\nevil.example.org\n"), &used);
    intel_load_text(intel, INTEL_AWS, STR("198.51.100.7"), &used);
    intel_load_text(intel, INTEL_TRUSTED, STR("198.51.100.0/24\nexample.org\n"), &used);
    CHECK_INT(intel_lists(intel, STR("198.51.100.7")), INTEL_TRUSTED | INTEL_AWS);
    CHECK_INT(intel_name_lists(intel, STR("www.evil.example.org")), INTEL_TRUSTED);
    intel_close(intel);
}

TEST(lists_of_an_account_act_on_its_events_alone)
{
    struct intel *intel = intel_open();
    size_t used = 0;
    intel_load_text(intel, INTEL_TOR, STR("198.51.100.7"), &used);
    CHECK(intel_view(intel, STR("111122223333"), STR("eu-west-1")) == intel);
    intel_load_text(intel_view_open(intel, STR("111122223333"), STR("eu-west-1")), INTEL_CUSTOM, STR("198.51.100.7\nbad.example.org"), &used);
    CHECK(intel_view_open(intel, STR("444455556666"), STR("eu-west-1")) != NULL);
    intel_load_text(intel_view_open(intel, STR("*"), STR("eu-west-1")), INTEL_TRUSTED, STR("198.51.100.7"), &used);
    const struct intel *own = intel_view(intel, STR("111122223333"), STR("eu-west-1"));
    CHECK_INT(intel_lists(own, STR("198.51.100.7")), INTEL_TOR | INTEL_CUSTOM);
    CHECK_INT(intel_name_lists(own, STR("bad.example.org")), INTEL_CUSTOM);
    const struct intel *other = intel_view(intel, STR("444455556666"), STR("eu-west-1"));
    CHECK_INT(intel_lists(other, STR("198.51.100.7")), INTEL_TOR);
    CHECK_INT(intel_name_lists(other, STR("bad.example.org")), 0);
    CHECK_INT(intel_lists(intel_view(intel, STR("777788889999"), STR("eu-west-1")), STR("198.51.100.7")), INTEL_TRUSTED);
    CHECK_INT(intel_lists(intel_view(intel, STR("111122223333"), STR("us-east-1")), STR("198.51.100.7")), INTEL_TOR);
    CHECK(intel_has(intel, INTEL_CUSTOM) && intel_has(other, INTEL_TOR) && !intel_has(intel, INTEL_MINING));
    intel_close(intel);
}

TEST(evidence_names_the_list_the_entry_and_what_it_is)
{
    struct intel *intel = intel_open();
    struct intel_hit hit;
    const struct intel_list_options command = { .name = STR("servers"), .lists = INTEL_COMMAND };
    const struct intel_list_options pools = { .name = STR("pools"), .lists = INTEL_MINING };
    intel_load_list(intel, &command, STR("198.51.100.0/24\tSliver\nevil.example.org\tCobalt Strike\n"));
    intel_load_list(intel, &pools, STR("198.51.100.9\n198.51.0.0/16\nevil.example.org\n"));
    CHECK(intel_address_hit(intel, STR("198.51.100.9"), INTEL_COMMAND, arena, &hit));
    CHECK_STR(hit.list, "servers");
    CHECK_STR(hit.threat, "Sliver");
    CHECK_STR(hit.indicator, "198.51.100.0/24");
    CHECK(intel_address_hit(intel, STR("198.51.100.9"), INTEL_MINING, arena, &hit));
    CHECK_STR(hit.list, "pools");
    CHECK_STR(hit.threat, "198.51.100.9");
    CHECK(!intel_address_hit(intel, STR("198.51.1.9"), INTEL_COMMAND, arena, &hit));
    CHECK(intel_name_hit(intel, STR("WWW.evil.example.org."), INTEL_COMMAND | INTEL_MINING, arena, &hit));
    CHECK_STR(hit.indicator, "evil.example.org");
    CHECK(intel_name_hit(intel, STR("www.evil.example.org"), INTEL_COMMAND, arena, &hit));
    CHECK_STR(hit.threat, "Cobalt Strike");
    CHECK(!intel_name_hit(NULL, STR("evil.example.org"), INTEL_COMMAND, arena, &hit));
    intel_close(intel);
}

/* Against the plain definition: every entry looked at. */
TEST(networks_nest_to_any_depth)
{
    struct intel *intel = intel_open();
    uint32_t state = 7;
    enum { COUNT = 6000, TRIES = 4000 };
    uint32_t *starts = ARENA_ARRAY(arena, uint32_t, COUNT);
    uint32_t *masks = ARENA_ARRAY(arena, uint32_t, COUNT);
    struct text text = text_new(arena);
    for (size_t i = 0; i < COUNT; i++) {
        state = state * 1664525u + 1013904223u;
        const unsigned bits = 9 + state / 65536u % 24;
        masks[i] = UINT32_MAX << (32 - bits);
        state = state * 1664525u + 1013904223u;
        starts[i] = (0x0A000000u | (state >> 8 & 0x3FFFFF)) & masks[i];
        text_add_format(&text, "%u.%u.%u.%u/%u\n", starts[i] >> 24, starts[i] >> 16 & 255, starts[i] >> 8 & 255, starts[i] & 255, bits);
    }
    size_t used = 0;
    intel_load_text(intel, INTEL_VPN, text_str(&text), &used);
    CHECK_INT(used, COUNT);
    for (size_t i = 0; i < TRIES; i++) {
        state = state * 1664525u + 1013904223u;
        const uint32_t address = 0x0A000000u | (state >> 8 & 0x7FFFFF);
        bool expected = false;
        for (size_t j = 0; j < COUNT && !expected; j++) {
            expected = (address & masks[j]) == starts[j];
        }
        const struct str asked = str_format(arena, "10.%u.%u.%u", address >> 16 & 255, address >> 8 & 255, address & 255);
        CHECK_INT(intel_lists(intel, asked) != 0, expected);
    }
    intel_close(intel);
}

TEST(many_names_at_once_say_the_same)
{
    struct intel *intel = intel_open();
    struct text text = text_new(arena);
    enum { COUNT = 3000 };
    for (int i = 0; i < COUNT; i++) {
        text_add_format(&text, "host%d.zone%d.example\n", i * 2, i % 50);
    }
    size_t used = 0;
    intel_load_text(intel, INTEL_PHISHING, text_str(&text), &used);
    struct str *names = ARENA_ARRAY(arena, struct str, COUNT);
    unsigned *lists = ARENA_ARRAY(arena, unsigned, COUNT);
    for (int i = 0; i < COUNT; i++) {
        names[i] = i % 7 == 0 ? STR("") : str_format(arena, "a.b.host%d.zone%d.example.", i, i / 2 % 50);
    }
    intel_name_lists_many(intel, names, COUNT, lists);
    size_t hits = 0;
    for (size_t i = 0; i < COUNT; i++) {
        CHECK_INT(lists[i], intel_name_lists(intel, names[i]));
        hits += lists[i] != 0;
    }
    CHECK_INT(hits, 1285); /* the even ones that are not empty */
    intel_close(intel);
}
