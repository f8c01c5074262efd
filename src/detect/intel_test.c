#include "detect/intel.h"

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
