#include "crypto/password.h"

#include "tests/test.h"

TEST(a_password_is_known_by_its_hash_alone)
{
    struct ctx ctx = ctx_new(arena, 0);
    const struct str hash = password_hash(&ctx, STR("correct horse"));
    CHECK(password_verify(STR("correct horse"), hash));
    CHECK(!password_verify(STR("correct horsf"), hash));
    CHECK(!password_verify(STR(""), hash));
    CHECK(!str_equal(hash, password_hash(&ctx, STR("correct horse"))));
    CHECK(str_search(hash, STR("horse")) == STR_MISSING);
}

/* Made with Python's hashlib.scrypt: RFC 7914's own vectors have other costs and salts. */
TEST(a_hash_is_that_of_another_program)
{
    CHECK(password_verify(STR("password"), STR("scrypt$000102030405060708090a0b0c0d0e0f$"
                                               "2bf82378f6c4c5f8c13d9eb323452f9e37a06291fc00b2f5afae8fcad22f33e3")));
}

TEST(hashes_alike_are_equal_when_the_passwords_are)
{
    struct ctx ctx = ctx_new(arena, 0);
    const struct str first = password_hash(&ctx, STR("one"));
    CHECK(str_equal(password_hash_like(&ctx, STR("one"), first), first));
    CHECK(!str_equal(password_hash_like(&ctx, STR("two"), first), first));
    CHECK(password_verify(STR("one"), password_hash_like(&ctx, STR("one"), STR("no hash"))));
}

TEST(what_is_no_hash_matches_nothing)
{
    static const char *const bad[] = { "", "x", "scrypt$", "scrypt$00$00", "md5$00$00",
                                       "scrypt$000102030405060708090a0b0c0d0e0f$00" };
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        CHECK(!password_verify(STR(""), str_of(bad[i])));
    }
}
