#include "detect/geoip.h"

#include <stdio.h>

#include "detect/intel.h"
#include "tests/test.h"

/* The smallest database there can be: one node, the lower half of IPv4 is in Japan, the upper half in France.
 * spec: MaxMind DB file format 2.0. */
static const char *written(struct arena *arena)
{
    static const unsigned char bytes[] = "\0\0\x11\0\0\x27" /* the node: two records of 24 bits, data at 0 and at 22 */
                                         "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"
                                         "\xE1\x47" "country" "\xE1\x48" "iso_code" "\x42" "JP"
                                         "\xE1\x47" "country" "\xE1\x48" "iso_code" "\x42" "FR"
                                         "\xAB\xCD\xEF" "MaxMind.com"
                                         "\xE9\x4A" "node_count" "\xC1\x01" "\x4B" "record_size" "\xA1\x18"
                                         "\x4A" "ip_version" "\xA1\x04" "\x4D" "database_type" "\x44" "Test"
                                         "\x49" "languages" "\0\x04" "\x5B" "binary_format_major_version" "\xA1\x02"
                                         "\x5B" "binary_format_minor_version" "\xA0" "\x4B" "build_epoch" "\x01\x02\x01"
                                         "\x4B" "description" "\xE0";
    const char *path = str_format(arena, "%s/country.mmdb", test_folder(arena)).ptr;
    FILE *file = fopen(path, "wb");
    CHECK(file != NULL);
    CHECK(fwrite(bytes, 1, sizeof(bytes) - 1, file) == sizeof(bytes) - 1);
    CHECK(fclose(file) == 0);
    return path;
}

TEST(an_address_has_the_country_the_database_says)
{
    struct ctx ctx = ctx_new(arena, 0);
    struct geoip *geoip = NULL;
    CHECK_OK(geoip_open(&ctx, written(arena), &geoip));
    CHECK_INT(geoip_country(geoip, STR("1.2.3.4")), 'J' << 8 | 'P');
    CHECK_INT(geoip_country(geoip, STR("203.0.113.7")), 'F' << 8 | 'R');
    CHECK_INT(geoip_country(geoip, STR("2001:db8::1")), 0);
    CHECK_INT(geoip_country(geoip, STR("ec2.amazonaws.com")), 0);
    CHECK_INT(geoip_country(geoip, STR_NONE), 0);
    struct intel *intel = intel_open();
    intel_set_country(intel, geoip_country, geoip);
    CHECK_INT(intel_country(intel, STR("1.2.3.4")), 'J' << 8 | 'P');
    intel_close(intel);
    geoip_close(geoip);
}

TEST(what_is_no_database_is_refused)
{
    struct ctx ctx = ctx_new(arena, 0);
    struct geoip *geoip = NULL;
    CHECK_FAULT(geoip_open(&ctx, "Makefile", &geoip), FAULT_IO.code);
    CHECK(strstr(ctx.reason, "Makefile") != NULL);
    CHECK_FAULT(geoip_open(&ctx, "/nonexistent", &geoip), FAULT_IO.code);
}
