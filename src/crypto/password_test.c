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

/* spec: RFC 7914, 11: PBKDF2-HMAC-SHA256 (its salt is shorter than ours, so this vector was made with Python's hashlib). */
TEST(rounds_are_read_from_the_hash)
{
    CHECK(password_verify(STR("password"), STR("pbkdf2-sha256$2$000102030405060708090a0b0c0d0e0f$"
                                               "a0ffd34292e4e7d519ee0f25124e0c5b9481d88be40f4662eb6cb4b9e43f9f41")));
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
    static const char *const bad[] = { "", "x", "pbkdf2-sha256$", "pbkdf2-sha256$0$00$00", "md5$1$00$00",
        "pbkdf2-sha256$99999999999$000102030405060708090a0b0c0d0e0f$00" };
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        CHECK(!password_verify(STR(""), str_of(bad[i])));
    }
}
