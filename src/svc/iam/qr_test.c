#include "svc/iam/qr.h"

#include "crypto/hash.h"
#include "tests/test.h"

static struct str drawn(struct arena *arena, const struct qr *qr)
{
    struct text text = text_new(arena);
    for (int row = 0; row < qr->side; row++) {
        for (int column = 0; column < qr->side; column++) {
            text_add_char(&text, qr->dark[row][column] ? '1' : '0');
        }
    }
    return hash_hex(arena, HASH_SHA256, text_str(&text));
}

/* Python's qrcode package gave these, with level L and mask 0: a hash over the rows as 0 and 1. */
TEST(codes_are_those_of_another_encoder)
{
    static const struct {
        size_t length;
        int side;
        const char *hash;
    } cases[] = {
        { 1, 21, "c8b94007197ad57de04587d88c0bc0ef98b3138bb8e37461a0f2d207ddb68736" },
        { 17, 21, "5177b26f606eef060ce63ba4f5beb83f563a1ae26668b255e4695cf1bea5d960" },
        { 18, 25, "64dcdbf73ae33b272680c96c4735de902bd87652bde75bd616e208f5a55f6c53" },
        { 80, 37, "2800a953971f469129cf2d77b99ea421726b20001e9f9ab7074ac80ef9a8ea1f" },
        { 134, 41, "300bc7090ea0a4270764af6a149c832c0a1ce95ef5b1e84f930c6cac9097cb64" },
        { 150, 45, "fa376daa52870c8cd0c090c6546aca15fba8d9a476e3a0ec2cb3a4fde7afbcef" },
        { 180, 49, "583c412ff45e5f157bef31aaf45f9c045d870ae782d0c131686c3fa664850004" },
        { 230, 53, "f68eea1948d76f2973e9eaddbc969831452cafb17fb5ed784a6954eb2cd78390" },
        { 260, 57, "97072d9d076605ab7df2e36a29f3f1892e1b9e4681617008ff5a5b792fda43d8" },
        { 300, 61, "b1d5adc2a2441c497e462c98b5dd02a93e3535d130bfc9cdbbe019bad2556641" },
        { 420, 69, "1ff66967f665b91ec47a81dd2ad99265f6212bc251bcddaf4e4a6f434b75b14d" },
        { 520, 77, "27c4a5f99fe76dc9cbc7f04ccce76309a1637f8c4f724a3c9af12d07a7abe6f2" },
    };
    struct qr *qr = ARENA_NEW(arena, struct qr);
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        char *text = arena_alloc(arena, cases[i].length);
        for (size_t j = 0; j < cases[i].length; j++) {
            text[j] = (char)('a' + j % 26);
        }
        CHECK(qr_encode((struct str){ text, cases[i].length }, qr));
        CHECK_INT(qr->side, cases[i].side);
        CHECK_STR(drawn(arena, qr), cases[i].hash);
    }
}

TEST(what_is_too_long_is_refused)
{
    struct ctx ctx = ctx_new(arena, 0);
    struct qr *qr = ARENA_NEW(arena, struct qr);
    const char *text = arena_alloc(arena, 600);
    CHECK(qr_encode((struct str){ text, 520 }, qr));
    CHECK(!qr_encode((struct str){ text, 521 }, qr));
    CHECK(qr_png(&ctx, (struct str){ text, 521 }).ptr == NULL);
    CHECK(str_starts(qr_png(&ctx, STR("x")), STR("\x89PNG")));
}
