#include "base/json.h"

#include "tests/test.h"

static const struct json *parse(struct arena *arena, const char *text)
{
    return json_parse(arena, str_of(text), NULL);
}

TEST(a_tree_keeps_order_and_source)
{
    const struct json *j = parse(arena, " {\"b\": [1, 2.5, true, null], \"a\": {\"x\": \"\\u3042\\n\"} } ");
    CHECK(j && j->count == 2);
    CHECK_STR(j->child->key, "b");
    CHECK_STR(j->child->text, "[1, 2.5, true, null]");
    CHECK_STR(json_text(json_path(j, "a.x")), "\xE3\x81\x82\n");
}

TEST(malformed_json_is_refused_with_its_place)
{
    static const char *const bad[] = { "", "{", "[1,]", "{\"a\":1,}", "01", "1.", "+1", "nul", "\"\\x\"", "\"\\ud800\"",
        "\"\xC0\xAF\"", "[1] 2", "{\"a\" 1}", "\"a\nb\"", "-", "[" };
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        struct json_error error = { 0 };
        CHECK(json_parse(arena, str_of(bad[i]), &error) == NULL);
        CHECK(error.reason != NULL);
    }
}

TEST(a_long_number_is_still_held_to_the_grammar)
{
    char digits[1000];
    memset(digits, '1', sizeof(digits));
    CHECK(json_parse(arena, (struct str){ digits, sizeof(digits) }, NULL) != NULL);
    digits[700] = '-';
    CHECK(json_parse(arena, (struct str){ digits, sizeof(digits) }, NULL) == NULL);
}

TEST(depth_is_bounded)
{
    char deep[1000];
    memset(deep, '[', sizeof(deep));
    CHECK(json_parse(arena, (struct str){ deep, sizeof(deep) }, NULL) == NULL);
}

TEST(whole_numbers_may_be_written_with_a_fraction)
{
    int64_t n = 0;
    CHECK(json_int(parse(arena, "1.0"), &n) && n == 1);
    CHECK(json_int(parse(arena, "1e2"), &n) && n == 100);
    CHECK(json_int(parse(arena, "-9223372036854775808"), &n) && n == INT64_MIN);
    CHECK(!json_int(parse(arena, "9223372036854775808"), &n));
    CHECK(!json_int(parse(arena, "1.5"), &n));
}

TEST(the_writer_escapes_and_separates)
{
    struct json_writer w = json_writer_new(arena);
    json_open_object(&w);
    json_member_str(&w, STR("a\"b"), STR("\x01\xFF\n"));
    json_member_str(&w, STR("absent"), STR_NONE);
    json_key(&w, STR("list"));
    json_open_array(&w);
    json_write_int(&w, INT64_MIN);
    json_write_double(&w, 8.0);
    json_write_double(&w, 0.1);
    json_close_array(&w);
    json_close_object(&w);
    CHECK_STR(json_done(&w), "{\"a\\\"b\":\"\\u0001\xEF\xBF\xBD\\n\",\"list\":[-9223372036854775808,8.0,0.1]}");
}

/* Words of eight bytes are looked at together: wherever it stands, what needs an escape gets it, and nothing else does. */
TEST(what_needs_an_escape_gets_it_at_any_place)
{
    char text[33];
    for (size_t size = 0; size < sizeof(text); size++) {
        memset(text, 'a', sizeof(text));
        struct text plain = text_new(arena);
        json_escape(&plain, (struct str){ text, size });
        CHECK(str_equal(text_str(&plain), (struct str){ text, size }));
        for (size_t at = 0; at < size; at++) {
            text[at] = '"';
            struct text escaped = text_new(arena);
            json_escape(&escaped, (struct str){ text, size });
            CHECK(str_search(text_str(&escaped), STR("\\\"")) == at && escaped.len == size + 1);
            text[at] = 'a';
        }
    }
}

TEST(a_byte_that_is_no_utf8_is_seen_at_any_place)
{
    char text[33];
    for (size_t size = 1; size < sizeof(text); size++) {
        memset(text, 'a', sizeof(text));
        CHECK(str_utf8_valid((struct str){ text, size }));
        for (size_t at = 0; at < size; at++) {
            text[at] = '\xFF';
            CHECK(!str_utf8_valid((struct str){ text, size }));
            text[at] = 'a';
        }
    }
}

TEST(an_error_lies_within_the_text)
{
    struct json_error error = { 0, NULL };
    CHECK(json_parse(arena, STR("{\"a\\"), &error) == NULL);
    CHECK(error.reason != NULL && error.offset <= 4);
}
