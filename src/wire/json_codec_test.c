#include "wire/json_codec.h"

#include "tests/test.h"
#include "wire/codec.h"
#include "wire/sample_case.h"

static struct err read_sample(struct ctx *ctx, const char *json, const struct sample **out)
{
    void *value = NULL;
    const struct err err = wire_json_read(ctx, &SAMPLE, str_of(json), &value);
    *out = value;
    return err;
}

static struct str written(struct arena *arena, const struct sample *sample)
{
    struct json_writer w = json_writer_new(arena);
    wire_json_write(&w, &SAMPLE, sample);
    return json_done(&w);
}

TEST(every_kind_survives_a_round_trip)
{
    static const char text[] = "{\"text\":\"x\\u3042\",\"data\":\"aGk=\",\"document\":{\"a\":[1,null]},\"color\":\"RED\",\"flag\":false,"
                               "\"small\":-7,\"big\":9007199254740993,\"real\":0.5,\"at\":1422172800.123,\"strings\":[\"a\",\"b\"],"
                               "\"parts\":[{\"text\":\"y\"},{}],\"counts\":{\"k\":3},\"nested\":{\"nested\":{}},\"choice\":{\"right\":1}}";
    struct ctx ctx = ctx_new(arena, 0);
    const struct sample *sample = NULL;
    CHECK_OK(read_sample(&ctx, text, &sample));
    CHECK_STR(sample->data, "hi");
    CHECK(sample->flag.set && !sample->flag.v);
    CHECK(sample->big.v == 9007199254740993);
    CHECK(sample->at.v == 1422172800123);
    CHECK_INT(sample->parts.count, 2);
    CHECK(sample->counts.items[0].value == 3);
    CHECK(sample->nested->nested != NULL);
    const struct sample *again = NULL;
    const struct str once = written(arena, sample);
    CHECK_OK(read_sample(&ctx, once.ptr, &again));
    CHECK_STR(written(arena, again), once.ptr);
    CHECK(str_search(once, STR("\"at\":1422172800.123")) != STR_MISSING);
}

TEST(null_and_unknown_members_are_absent_and_empty_lists_are_present)
{
    struct ctx ctx = ctx_new(arena, 0);
    const struct sample *sample = NULL;
    CHECK_OK(read_sample(&ctx, "{\"text\":null,\"other\":[1],\"strings\":[],\"counts\":{\"a\":null}}", &sample));
    CHECK(sample->text.ptr == NULL && sample->strings.items != NULL && sample->strings.count == 0);
    CHECK_INT(sample->counts.count, 0);
    CHECK_STR(written(arena, sample), "{\"strings\":[],\"counts\":{}}");
}

TEST(numbers_that_are_none_travel_as_words)
{
    struct ctx ctx = ctx_new(arena, 0);
    const struct sample *sample = NULL;
    CHECK_OK(read_sample(&ctx, "{\"real\":\"-Infinity\"}", &sample));
    CHECK_STR(written(arena, sample), "{\"real\":\"-Infinity\"}");
}

TEST(wrong_types_are_refused)
{
    static const char *const wrong[] = {
        "{\"text\":1}", "{\"data\":\"a\"}", "{\"flag\":\"true\"}", "{\"flag\":1}", "{\"small\":1.0}", "{\"small\":1e1}",
        "{\"small\":32768}", "{\"small\":\"1\"}", "{\"big\":9223372036854775808}", "{\"real\":\"1\"}", "{\"real\":1e999}",
        "{\"at\":\"2015-01-25T08:00:00Z\"}", "{\"at\":1e300}", "{\"strings\":{}}", "{\"strings\":[null]}", "{\"strings\":[1]}",
        "{\"counts\":[]}", "{\"nested\":[]}", "{\"choice\":{\"left\":\"a\",\"right\":1}}", "[]", "{", "{} x",
    };
    struct ctx ctx = ctx_new(arena, 0);
    for (size_t i = 0; i < COUNT_OF(wrong); i++) {
        const struct sample *sample = NULL;
        if (read_sample(&ctx, wrong[i], &sample).fault != &FAULT_INVALID) {
            fail_msg("accepted %s", wrong[i]);
        }
    }
}

TEST(a_request_cannot_make_us_allocate_without_bound)
{
    struct ctx ctx = ctx_new(arena, 0);
    struct text text = text_new(arena);
    const struct sample *sample = NULL;
    text_add(&text, STR("{\"parts\":[{}"));
    for (size_t i = 0; i * sizeof(struct sample) <= DECODE_BUDGET; i++) {
        text_add(&text, STR(",{}"));
    }
    text_add(&text, STR("]}"));
    CHECK_FAULT(read_sample(&ctx, text_str(&text).ptr, &sample), "ValidationException");
}
