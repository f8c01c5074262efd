#include "svc/s3/encoded_word.h"

#include "tests/test.h"

static void both_ways(struct arena *arena, const char *text, const char *words)
{
    CHECK_STR(encoded_words_write(arena, str_of(text)), words);
    CHECK_STR(encoded_words_read(arena, str_of(words)), text);
}

TEST(letters_beyond_ascii_travel_as_words)
{
    both_ways(arena, "plain = text?", "plain = text?");
    both_ways(arena, "", "");
    both_ways(arena, "ÄMÄZÕÑ S3", "=?UTF-8?Q?=C3=84M=C3=84Z=C3=95=C3=91_S3?=");
    both_ways(arena, "test_—_é?.pdf", "=?UTF-8?Q?test=5F=E2=80=94=5F=C3=A9=3F.pdf?=");
    both_ways(arena, "櫓", "=?UTF-8?B?5quT?=");
    both_ways(arena, "\x01\x02", "=?UTF-8?B?AQI=?=");
    both_ways(arena, "a\r\nb", "=?UTF-8?B?YQ0KYg==?=");
}

TEST(a_long_text_becomes_several_words)
{
    both_ways(arena, "0123456789012345678901234567890123456789é0123456789012345678901234567890",
              "=?UTF-8?Q?012345678901234567890123456789012345?= =?UTF-8?Q?6789=C3=A90123456789012345678901234567890?=");
}

TEST(what_is_no_word_stays)
{
    CHECK_STR(encoded_words_read(arena, STR("a =?utf-8?q?=E6=AB=93?= b")), "a 櫓 b");
    CHECK_STR(encoded_words_read(arena, STR("=?UTF-8?B?//9h?=")), "\xEF\xBF\xBD\xEF\xBF\xBD" "a");
    static const char *const kept[] = { "=?", "=?UTF-8?", "=?UTF-8?Q?", "=?UTF-8?Q?=", "=?UTF-8?Q?=4?=", "=?UTF-8?B?a?=", "=?UTF-8?X?a?=",
                                        "=?ISO-8859-1?Q?a?=", "=?UTF-8?Qa?=" };
    for (size_t i = 0; i < COUNT_OF(kept); i++) {
        CHECK_STR(encoded_words_read(arena, str_of(kept[i])), kept[i]);
    }
}
