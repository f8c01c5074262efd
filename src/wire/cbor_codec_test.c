#include "wire/cbor_codec.h"

#include <math.h>

#include "tests/test.h"
#include "wire/codec.h"
#include "wire/sample_case.h"

static const struct fault BAD = { "Bad", NULL, NULL, 400 };

static struct err read_bytes(struct arena *arena, struct str body, struct sample **out)
{
    static struct ctx ctx;
    ctx = ctx_new(arena, 0);
    struct decoder d = decoder_new(&ctx, &BAD);
    *out = ARENA_NEW(arena, struct sample);
    return cbor_read_structure(&d, &SAMPLE, *out, body);
}

static struct str written(struct arena *arena, const struct sample *sample)
{
    struct text text = text_new(arena);
    cbor_write_structure(&text, &SAMPLE, sample, STR_NONE);
    return text_str(&text);
}

TEST(every_kind_survives_a_round_trip)
{
    struct str words[] = { STR("a"), STR("") };
    struct sample parts[] = { { .small = SOME(-300) } };
    struct sample_counts_entry counts[] = { { STR("k"), INT64_MIN } };
    const struct sample_choice choice = { .left = STR("l") };
    const struct sample sample = {
        .text = STR("x"), .data = STR("\xFF\x00"), .document = STR("{}"), .color = STR("RED"), .flag = SOME(true), .small = SOME(23),
        .big = SOME(1LL << 40), .real = SOME(-0.25), .at = SOME(1422172800123), .strings = { words, 2 }, .parts = { parts, 1 },
        .counts = { counts, 1 }, .nested = parts, .choice = &choice,
    };
    struct sample *again = NULL;
    const struct str once = written(arena, &sample);
    CHECK_OK(read_bytes(arena, once, &again));
    CHECK_INT(again->data.len, 2);
    CHECK(again->at.v == 1422172800123 && again->counts.items[0].value == INT64_MIN && again->real.v == -0.25);
    CHECK(str_equal(written(arena, again), once));
}

TEST(indefinite_lengths_and_all_floats_are_read)
{
    struct sample *sample = NULL;
    CHECK_OK(read_bytes(arena, STR("\xBF\x64text\x7F\x61x\x61y\xFF\x64real\xF9\x3C\x00\x67strings\x9F\x61z\xFF\xFF"), &sample));
    CHECK_STR(sample->text, "xy");
    CHECK(sample->real.v == 1.0);
    CHECK_STR(sample->strings.items[0], "z");
    CHECK_OK(read_bytes(arena, STR("\xA1\x64real\xF9\x00\x01"), &sample));
    CHECK(sample->real.v == ldexp(1, -24));
    CHECK_OK(read_bytes(arena, STR("\xA1\x64real\xFA\x7F\x80\x00\x00"), &sample));
    CHECK(isinf(sample->real.v));
    CHECK_OK(read_bytes(arena, STR("\xA1\x64real\x05"), &sample));
    CHECK(sample->real.v == 5.0);
}

TEST(unknown_members_of_any_form_are_skipped_and_null_is_absent)
{
    struct sample *sample = NULL;
    CHECK_OK(read_bytes(arena, STR("\xA3\x61u\x9F\xC1\x01\xBF\x01\x5F\x41x\xFF\xFF\xFF\x64text\xF6\x64\x66lag\xF5"), &sample));
    CHECK(sample->text.ptr == NULL && sample->flag.v);
    CHECK_OK(read_bytes(arena, STR(""), &sample));
}

TEST(malformed_bodies_are_refused)
{
    static const struct str wrong[] = {
        STR_INIT("\xA1"), STR_INIT("\xA1\x64text"), STR_INIT("\xA1\x64text\x01"), STR_INIT("\xA1\x64text\x62\xFF\xFF"),
        STR_INIT("\xBB\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF"), STR_INIT("\x80"), STR_INIT("\xA0\x00"), STR_INIT("\xA1\x01\x01"),
        STR_INIT("\xA1\x64text\x7B\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF"), STR_INIT("\xA1\x62\x61t\x05"), STR_INIT("\xA1\x65small\x19\xFF\xFF"),
        STR_INIT("\xA1\x63\x62ig\x1B\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF"), STR_INIT("\xA1\x61u\xFF"), STR_INIT("\xBF\x61u\xFF"), STR_INIT("\xFF"),
        STR_INIT("\xA1\x67strings\x81\xF6"), STR_INIT("\xA1\x61u\x1C"),
    };
    for (size_t i = 0; i < COUNT_OF(wrong); i++) {
        struct sample *sample = NULL;
        const struct str body = wrong[i];
        const bool time = str_equal(body, STR("\xA1\x62\x61t\x05"));
        if (read_bytes(arena, body, &sample).fault != &BAD) {
            fail_msg("accepted case %zu%s", i, time ? " (a bare number for a time)" : "");
        }
    }
}

TEST(nesting_is_bounded)
{
    struct text text = text_new(arena);
    struct sample *sample = NULL;
    for (int i = 0; i < 1000; i++) {
        text_add(&text, STR("\xA1\x66nested"));
    }
    text_add(&text, STR("\xA0"));
    CHECK_FAULT(read_bytes(arena, text_str(&text), &sample), "Bad");
    text_reset(&text);
    text_add(&text, STR("\xA1\x61u"));
    for (int i = 0; i < 100000; i++) {
        text_add(&text, STR("\x81"));
    }
    text_add(&text, STR("\x00"));
    CHECK_FAULT(read_bytes(arena, text_str(&text), &sample), "Bad");
}
