#include "detect/suffixes.h"

#include <libpsl.h>

#include "tests/test.h"

static void check_name(struct suffixes *suffixes, const char *name)
{
    struct name_parts parts;
    CHECK(suffixes_split(suffixes, str_of(name), &parts));
    CHECK(str_equal(parts.suffix, str_of(psl_unregistrable_domain(psl_builtin(), name))));
    CHECK(parts.listed == (psl_is_public_suffix2(psl_builtin(), parts.suffix.ptr, PSL_TYPE_ANY | PSL_TYPE_NO_STAR_RULE) != 0));
}

/* Whatever was asked before. */
TEST(the_suffix_is_the_one_that_the_list_names)
{
    static const char *const names[] = {
        "example.com", "www.example.com", "a.b.example.co.uk", "co.uk", "uk", "com", "www.ck", "a.www.ck", "anything.ck", "b.anything.ck",
        "a.b.kawasaki.jp", "city.kawasaki.jp", "a.city.kawasaki.jp", "kawasaki.jp", "his.name", "forgot.his.name", "a.forgot.his.name",
        "node1.s3.amazonaws.com", "bucket.s3.ap-northeast-1.amazonaws.com", "amazonaws.com", "x.compute.amazonaws.com",
        "ec2-1.us-west-2.compute.amazonaws.com", "a.b.c.d.e.f.example.org", "host.internal", "internal", "1.0.168.192.in-addr.arpa",
        "blogspot.com", "me.blogspot.com", "x.y.github.io", "a..b.com", "xn--p1ai", "a.xn--p1ai", "no-such-top-level.zz9",
    };
    struct suffixes *suffixes = suffixes_open();
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        check_name(suffixes, names[i]);
    }
    for (size_t i = COUNT_OF(names); i > 0; i--) {
        check_name(suffixes, names[i - 1]);
    }
    suffixes_close(suffixes);
}
