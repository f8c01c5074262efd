#include "crypto/envelope.h"

#include "tests/test.h"

static const struct str KEY = STR_INIT("0123456789abcdef0123456789abcdef");

TEST(what_is_sealed_opens_under_the_same_key_and_about_only)
{
    struct ctx ctx = ctx_new(arena, 0);
    struct str plain = STR_NONE;
    const struct str sealed = envelope_seal(&ctx, KEY, STR("about"), STR("secret"));
    CHECK(envelope_open(&ctx, KEY, STR("about"), sealed, &plain));
    CHECK_STR(plain, "secret");
    CHECK(!envelope_open(&ctx, KEY, STR("about2"), sealed, &plain));
    CHECK(!envelope_open(&ctx, STR("0123456789abcdef0123456789abcdeX"), STR("about"), sealed, &plain));
    CHECK(!envelope_open(&ctx, STR("short"), STR("about"), sealed, &plain));
}

TEST(every_changed_byte_is_noticed)
{
    struct ctx ctx = ctx_new(arena, 0);
    struct str plain = STR_NONE;
    const struct str sealed = envelope_seal(&ctx, KEY, STR(""), STR("s"));
    for (size_t i = 0; i < sealed.len; i++) {
        char *copy = arena_alloc(arena, sealed.len);
        memcpy(copy, sealed.ptr, sealed.len);
        copy[i] = (char)(copy[i] ^ 1);
        CHECK(!envelope_open(&ctx, KEY, STR(""), (struct str){ copy, sealed.len }, &plain));
        CHECK(!envelope_open(&ctx, KEY, STR(""), str_slice(sealed, 0, i), &plain));
    }
}
