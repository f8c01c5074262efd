#include "crypto/totp.h"

#include "tests/test.h"

#define SEED STR("12345678901234567890")
#define AT(step) ((int64_t)(step) * TOTP_STEP_MS)

/* spec: RFC 6238, appendix B (the last six of its eight digits); RFC 4226, appendix D. */
TEST(codes_are_those_of_the_rfc)
{
    static const struct {
        int64_t seconds;
        const char *code;
    } cases[] = { { 59, "287082" }, { 1111111109, "081804" }, { 1111111111, "050471" }, { 1234567890, "005924" },
                  { 2000000000, "279037" }, { 20000000000, "353130" } };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        CHECK_STR(totp_code(arena, SEED, totp_step(cases[i].seconds * 1000)), cases[i].code);
    }
    CHECK_STR(totp_code(arena, SEED, 0), "755224");
    CHECK_STR(totp_code(arena, SEED, 9), "520489");
}

TEST(a_code_is_good_within_the_window_and_once)
{
    int64_t step = 0;
    const struct str code = totp_code(arena, SEED, 1000);
    CHECK(totp_verify(SEED, code, AT(1001), TOTP_WINDOW, 0, &step));
    CHECK_INT(step, 1000);
    CHECK(totp_verify(SEED, code, AT(999), TOTP_WINDOW, 0, &step));
    CHECK(!totp_verify(SEED, code, AT(1002), TOTP_WINDOW, 0, &step));
    CHECK(!totp_verify(SEED, code, AT(1000), TOTP_WINDOW, 1000, &step));
    CHECK(!totp_verify(SEED, totp_code(arena, SEED, 999), AT(1000), TOTP_WINDOW, 1000, &step));
    CHECK(totp_verify(SEED, totp_code(arena, SEED, 1001), AT(1000), TOTP_WINDOW, 1000, &step));
    CHECK(!totp_verify(SEED, STR("12345"), AT(1000), TOTP_WINDOW, 0, &step));
    CHECK(!totp_verify(SEED, STR_NONE, AT(1000), TOTP_WINDOW, 0, &step));
}

TEST(two_codes_in_a_row_bring_a_wrong_clock_into_step)
{
    int64_t step = 0;
    const struct str first = totp_code(arena, SEED, 990);
    const struct str second = totp_code(arena, SEED, 991);
    CHECK(totp_verify_pair(SEED, first, second, AT(1000), 0, &step));
    CHECK_INT(step, 991);
    CHECK(!totp_verify_pair(SEED, second, first, AT(1000), 0, &step));
    CHECK(!totp_verify_pair(SEED, first, first, AT(1000), 0, &step));
    CHECK(!totp_verify_pair(SEED, first, second, AT(2000), 0, &step));
    CHECK(!totp_verify_pair(SEED, first, second, AT(1000), 990, &step));
}

/* spec: RFC 4648, 10, without padding. */
TEST(base32_is_that_of_the_rfc)
{
    CHECK_STR(totp_base32(arena, STR("")), "");
    CHECK_STR(totp_base32(arena, STR("f")), "MY");
    CHECK_STR(totp_base32(arena, STR("foob")), "MZXW6YQ");
    CHECK_STR(totp_base32(arena, STR("fooba")), "MZXW6YTB");
    CHECK_STR(totp_base32(arena, STR("foobar")), "MZXW6YTBOI");
}
