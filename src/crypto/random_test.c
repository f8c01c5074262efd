#include "crypto/random.h"

#include "tests/test.h"

static bool only(struct str s, const char *alphabet)
{
    for (size_t i = 0; i < s.len; i++) {
        if (strchr(alphabet, s.ptr[i]) == NULL) {
            return false;
        }
    }
    return true;
}

TEST(random_hex_has_the_length_asked_for_and_never_repeats)
{
    struct ctx ctx = ctx_new(arena, 0);
    const struct str first = random_hex(&ctx, 33);
    CHECK_INT(first.len, 33);
    CHECK(only(first, "0123456789abcdef"));
    CHECK(!str_equal(first, random_hex(&ctx, 33)));
    CHECK_INT(random_hex(&ctx, 0).len, 0);
}

TEST(every_letter_of_an_alphabet_comes_about_equally_often)
{
    struct ctx ctx = ctx_new(arena, 0);
    const struct str made = random_alphabet(&ctx, STR("abcdefghijk"), 110000);
    size_t seen[11] = { 0 };
    for (size_t i = 0; i < made.len; i++) {
        seen[made.ptr[i] - 'a']++;
    }
    for (size_t i = 0; i < COUNT_OF(seen); i++) {
        CHECK(seen[i] > 9200 && seen[i] < 10800); /* eight standard deviations */
    }
    CHECK_STR(random_alphabet(&ctx, STR("z"), 5), "zzzzz");
}

/* spec: RFC 4122, section 4.4. */
TEST(a_uuid_says_that_it_is_random)
{
    struct ctx ctx = ctx_new(arena, 0);
    for (int i = 0; i < 100; i++) {
        const struct str uuid = random_uuid(&ctx);
        CHECK_INT(uuid.len, 36);
        CHECK(only(uuid, "0123456789abcdef-"));
        CHECK(uuid.ptr[8] == '-' && uuid.ptr[13] == '-' && uuid.ptr[18] == '-' && uuid.ptr[23] == '-');
        CHECK(uuid.ptr[14] == '4' && strchr("89ab", uuid.ptr[19]));
    }
}
