#include "match/log_filter.h"

#include "match/match.h"
#include "tests/test.h"

static bool ask(struct arena *arena, const char *pattern, const char *message)
{
    struct ctx ctx = ctx_new(arena, 0);
    struct log_filter *filter = NULL;
    CHECK_OK(log_filter_compile(&ctx, str_of(pattern), &filter));
    const bool matched = log_filter_test(filter, arena, str_of(message));
    log_filter_free(filter);
    return matched;
}

#define HIT(pattern, message) CHECK(ask(arena, pattern, message))
#define MISS(pattern, message) CHECK(!ask(arena, pattern, message))

static void refused(struct arena *arena, const char *pattern, const char *words)
{
    struct ctx ctx = ctx_new(arena, 0);
    struct log_filter *filter = NULL;
    CHECK_FAULT(log_filter_compile(&ctx, str_of(pattern), &filter), "InvalidParameterException");
    CHECK(filter == NULL);
    CHECK_STR(str_of(ctx.reason), words);
}

TEST(terms_are_parts_of_the_line)
{
    HIT("", "anything");
    HIT("ERROR", "[ERRORS]");
    MISS("ERROR", "error");
    HIT("one two", "two and one");
    MISS("one two", "one");
    HIT("\"a \\\"b\\\"\"", "say a \"b\" now");
    MISS("\"a  b\"", "a b");
    HIT("-\"x y\"", "x z y");
    MISS("-x", "x");
    HIT("?a ?b", "b");
    MISS("?a ?b", "c");
    HIT("?a b", "b"); /* beside another term the optional one says nothing */
    MISS("?a -b", "a b");
    HIT("?a -b", "c");
    HIT("%E\\d+%", "saw E42");
    MISS("%^E\\d+%", "saw E42");
    HIT("-%E\\d+%", "saw E");
}

TEST(terms_with_other_characters_need_quotation_marks)
{
    refused(arena, "Status: x", "Invalid character(s) in term ':'");
    refused(arena, "?a ?(b", "Invalid character(s) in term '('");
    refused(arena, "%a(b)%", "Invalid character(s) in term '('");
    refused(arena, "%a b%", "Invalid character(s) in term ' '");
    refused(arena, "a -", "Invalid character(s) in term '-'");
    refused(arena, "\"abc", "Invalid metric filter pattern: at 5: a quotation mark is missing");
    refused(arena, "%abc", "Invalid metric filter pattern: at 2: a regular expression stands between two %");
    refused(arena, "%a% %b% %c%", "Invalid metric filter pattern: at 12: more than 2 regular expressions");
}

static const char LINE[] = "127.0.0.1 Prod frank [10/Oct/2000:13:25:15 -0700] \"GET /index.html HTTP/1.0\" 404 1534";

TEST(fields_are_counted_and_compared)
{
    HIT("[a, b, c, d, e, f, g]", LINE);
    MISS("[a, b, c, d, e, f]", LINE);
    MISS("[a, b, c, d, e, f, g, h]", LINE);
    HIT("[ip = 127.*, ...]", LINE);
    HIT("[..., bytes > 1000]", LINE);
    MISS("[..., bytes > 1534]", LINE);
    HIT("[..., bytes >= 1534]", LINE);
    HIT("[..., bytes <= 1534.0]", LINE);
    MISS("[..., bytes < 1534]", LINE);
    HIT("[ip, ..., status = 404, bytes]", LINE);
    HIT("[..., status = 4* && status != 403, bytes]", LINE);
    MISS("[..., status = 4* && status != 404, bytes]", LINE);
    HIT("[..., (status = 1 || status = 404) && status > 2, bytes]", LINE);
    HIT("[, , user = frank, ...]", LINE);
    HIT("[..., request = %index\\.html?%, status, bytes]", LINE);
    MISS("[..., request != %index%, status, bytes]", LINE);
    HIT("[a, b, c, d = \"10/Oct/2000:13:25:15 -0700\", ...]", LINE);
    HIT("[...]", "");
    MISS("[a]", "");
    MISS("[..., n > 1]", "a b");
}

TEST(wrong_field_patterns_are_refused)
{
    refused(arena, "[a, b", "Invalid metric filter pattern: at 6: a comparison is missing");
    refused(arena, "[..., a, ...]", "Invalid metric filter pattern: at 13: ... stands twice");
    refused(arena, "[a, b] c", "Invalid metric filter pattern: at 7: the pattern should end in ]");
    refused(arena, "[status = 4* && bytes > 1000]", "Invalid metric filter pattern: at 29: one field's conditions name two fields");
    refused(arena, "[a > x]", "Invalid character(s) in term 'x'");
    refused(arena, "[a > \"1\"]", "Invalid character(s) in term '1'");
    refused(arena, "[a > %1%]", "Invalid metric filter pattern: at 9: a number is needed");
    refused(arena, "[a =]", "Invalid metric filter pattern: at 5: a value is missing");
}

static const char DOCUMENT[] =
    "{\"type\":\"Update\",\"n\":5,\"half\":12.50,\"s\":\"1.0\",\"no\":null,\"yes\":true,\"off\":false,\"o\":{\"k\":1},\"list\":[\"a\",\"b\"],"
    "\"rows\":[{\"id\":1},{\"id\":2}],\"grid\":[[0,1],[2]],\"a.b\":\"dot\",\"detail-type\":\"x\",\"q\":\"a?b\\\\c\"}";

TEST(documents_are_compared_by_text_and_number)
{
    HIT("{ $.type = \"Update\" }", DOCUMENT);
    HIT("{$.type=Up*e}", DOCUMENT);
    MISS("{ $.type = \"update\" }", DOCUMENT);
    HIT("{ $.type != \"x\" }", DOCUMENT);
    MISS("{ $.type != Update }", DOCUMENT);
    HIT("{ $.n = 5.0 }", DOCUMENT);
    MISS("{ $.n = \"5.0\" }", DOCUMENT);
    HIT("{ $.n = \"5\" }", DOCUMENT);
    HIT("{ $.n >= 5 && $.n <= 5 }", DOCUMENT);
    MISS("{ $.n > 5 }", DOCUMENT);
    HIT("{ $.half < 1.26e1 }", DOCUMENT);
    MISS("{ $.half < 12.5 }", DOCUMENT);
    HIT("{ $.half = 12* }", DOCUMENT);
    MISS("{ $.s > 0 }", DOCUMENT);
    MISS("{ $.s = 1 }", DOCUMENT);
    HIT("{ $.s = 1.0 }", DOCUMENT);
    HIT("{ $.type = %^Up[a-z]+$% }", DOCUMENT);
    MISS("{ $.type != %^Up% }", DOCUMENT);
    HIT("{ $.yes = true }", DOCUMENT);
    HIT("{ $.q = \"a?b\\\\c\" }", DOCUMENT);
    MISS("{ $.q = \"a?b?c\" }", DOCUMENT);
}

TEST(what_is_no_scalar_satisfies_no_comparison)
{
    MISS("{ $.absent = \"x\" }", DOCUMENT);
    MISS("{ $.absent != \"x\" }", DOCUMENT);
    MISS("{ $.o != \"x\" }", DOCUMENT);
    MISS("{ $.list = \"a\" }", DOCUMENT);
    MISS("{ $.list != \"x\" }", DOCUMENT);
    MISS("{ $.rows.id = 1 }", DOCUMENT);
    MISS("{ $.no != \"x\" }", DOCUMENT);
    MISS("{ $.type = \"Update\" }", "\"Update\"");
    MISS("{ $.type = \"Update\" }", "{\"type\":\"Update\"} x");
    MISS("{ $.absent NOT EXISTS }", "plain text");
}

TEST(presence_null_and_truth)
{
    HIT("{ $.no IS NULL }", DOCUMENT);
    MISS("{ $.absent IS NULL }", DOCUMENT);
    MISS("{ $.n IS NULL }", DOCUMENT);
    HIT("{ $.no EXISTS }", DOCUMENT);
    MISS("{ $.absent EXISTS }", DOCUMENT);
    HIT("{ $.absent NOT EXISTS }", DOCUMENT);
    MISS("{ $.o.k NOT EXISTS }", DOCUMENT);
    HIT("{ $.yes IS TRUE && $.off IS FALSE }", DOCUMENT);
    MISS("{ $.off IS TRUE || $.yes IS FALSE }", DOCUMENT);
    HIT("{ $.a.b NOT EXISTS }", "{\"a\":{\"b\":1},\"a\":{}}");
}

TEST(selectors_reach_into_arrays_and_odd_keys)
{
    HIT("{ $.list[1] = \"b\" }", DOCUMENT);
    MISS("{ $.list[0] = \"b\" }", DOCUMENT);
    MISS("{ $.list[2] = * }", DOCUMENT);
    HIT("{ $.list[0] != \"b\" }", DOCUMENT);
    HIT("{ $.list[2] NOT EXISTS }", DOCUMENT);
    HIT("{ $.rows[1].id = 2 }", DOCUMENT);
    HIT("{ $.grid[0][1] = 1 }", DOCUMENT);
    MISS("{ $.grid[1][1] EXISTS }", DOCUMENT);
    HIT("{ $.['a.b'] = \"dot\" }", DOCUMENT);
    HIT("{ $[\"a.b\"] = \"dot\" }", DOCUMENT);
    HIT("{ $.detail-type = \"x\" }", DOCUMENT);
    MISS("{ $.type[0] = \"Update\" }", DOCUMENT);
}

TEST(and_binds_before_or)
{
    HIT("{ $.n = 5 || $.n = 6 && $.n = 7 }", DOCUMENT);
    MISS("{ ($.n = 5 || $.n = 6) && $.n = 7 }", DOCUMENT);
    HIT("{ (($.n = 5)) }", DOCUMENT);
    struct text many = text_new(arena);
    text_add(&many, STR("{ $.n = 1"));
    for (int i = 0; i < 90; i++) {
        text_add(&many, STR("||$.n=1"));
    }
    text_add(&many, STR(" || $.n = 5 }"));
    HIT(text_str(&many).ptr, DOCUMENT);
}

TEST(wrong_json_patterns_are_refused)
{
    refused(arena, "{ $.a = 1", "Invalid metric filter pattern: at 10: the pattern should end in }");
    refused(arena, "{ a = 1 }", "Invalid metric filter pattern: at 3: a selector begins with $.");
    refused(arena, "{ $ = 1 }", "Invalid metric filter pattern: at 4: a name is missing in the selector");
    refused(arena, "{ $.\"a\" = 1 }", "Invalid metric filter pattern: at 5: a name is missing in the selector");
    refused(arena, "{ $.a[x] = 1 }", "Invalid metric filter pattern: at 6: an index is a number within brackets");
    refused(arena, "{ $.a[-1] = 1 }", "Invalid metric filter pattern: at 6: an index is a number within brackets");
    refused(arena, "{ $.a IS MAYBE }", "Invalid metric filter pattern: at 7: a comparison is missing");
    refused(arena, "{ $.a > \"x\" }", "Invalid character(s) in term 'x'");
    refused(arena, "{ ($.a = 1 }", "Invalid metric filter pattern: at 12: a closing parenthesis is missing");
    refused(arena, "{ $.a = 1 && }", "Invalid metric filter pattern: at 14: a selector begins with $.");
    refused(arena, "{ $.a = %(a% }", "Invalid character(s) in term '('");
    refused(arena, "{ $.a = %[a% }", "Invalid metric filter pattern: at 10: regular expression \"[a\", at 2: missing terminating ] for character class");
    struct text deep = text_new(arena);
    text_add(&deep, STR("{ "));
    for (int i = 0; i < 40; i++) {
        text_add_char(&deep, '(');
    }
    refused(arena, text_str(&deep).ptr, "Invalid metric filter pattern: at 35: parentheses are nested too deep");
    char long_pattern[LOG_FILTER_PATTERN_MAX + 2];
    memset(long_pattern, 'a', sizeof(long_pattern) - 1);
    long_pattern[sizeof(long_pattern) - 1] = '\0';
    refused(arena, long_pattern, "Invalid metric filter pattern: at 1: it has more than 1024 characters");
}

TEST(many_filters_wait_in_one_matcher)
{
    static const char *const patterns[] = { "{ $.rows[1].id = 2 }", "{ $.rows[0].id = 2 }", "{ $.n = 6 }" };
    struct ctx ctx = ctx_new(arena, 0);
    struct log_filter *filters[COUNT_OF(patterns)];
    struct match_builder *builder = match_builder_open();
    struct projection_builder *paths = projection_begin();
    struct match_set *set = NULL;
    for (uint32_t i = 0; i < COUNT_OF(patterns); i++) {
        CHECK_OK(log_filter_compile(&ctx, str_of(patterns[i]), &filters[i]));
        CHECK_OK(match_builder_add(&ctx, builder, i, log_filter_predicate(filters[i])));
    }
    CHECK_OK(match_compile(&ctx, builder, paths, &set));
    struct projection *projection = projection_end(paths);
    struct scan *scan = scan_open(projection);
    struct match_scratch *scratch = match_scratch_open();
    uint32_t ids[COUNT_OF(patterns)];
    size_t used = 0;
    CHECK(scan_document(scan, str_of(DOCUMENT), &used));
    CHECK_INT(match_run(set, scratch, scan, ids, COUNT_OF(ids)), 2);
    const struct json *document = json_parse(arena, str_of(DOCUMENT), NULL);
    CHECK(log_filter_confirm(filters[ids[0]], document));
    CHECK(!log_filter_confirm(filters[ids[1]], document));
    match_scratch_close(scratch);
    scan_close(scan);
    projection_free(projection);
    match_set_free(set);
    for (size_t i = 0; i < COUNT_OF(patterns); i++) {
        log_filter_free(filters[i]);
    }
}

TEST(an_explanation_names_selector_and_value)
{
    static const struct { const char *pattern; bool matched; const char *words; } cases[] = {
        { "{ $.eventType = \"Up*\" }", true, "it is \"UpdateTrail\"" }, { "{ $.eventType = \"Down\" }", false, "no, it is \"UpdateTrail\"" },
    };
    struct ctx ctx = ctx_new(arena, 0);
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct log_filter *filter = NULL;
        struct match_builder *builder = match_builder_open();
        struct projection_builder *paths = projection_begin();
        struct match_set *set = NULL;
        struct match_explanation why = { .words = STR_NONE };
        size_t used = 0;
        CHECK_OK(log_filter_compile(&ctx, str_of(cases[i].pattern), &filter));
        CHECK_OK(match_builder_add(&ctx, builder, 0, log_filter_predicate(filter)));
        CHECK_OK(match_compile(&ctx, builder, paths, &set));
        struct projection *projection = projection_end(paths);
        struct scan *scan = scan_open(projection);
        CHECK(scan_document(scan, STR("{\"eventType\":\"UpdateTrail\"}"), &used));
        CHECK_OK(match_explain(&ctx, set, scan, 0, &why));
        CHECK(why.matched == cases[i].matched && strstr(why.words.ptr, cases[i].words));
        scan_close(scan);
        projection_free(projection);
        match_set_free(set);
        log_filter_free(filter);
    }
}

TEST(values_are_named_as_in_the_pattern)
{
    struct ctx ctx = ctx_new(arena, 0);
    struct log_filter *filter = NULL;
    const struct log_filter_value *values = NULL;
    CHECK_OK(log_filter_compile(&ctx, STR("[ip, ..., status = 4*, bytes]"), &filter));
    CHECK_INT(log_filter_values(filter, arena, str_of(LINE), &values), 3);
    CHECK_STR(values[1].name, "$status");
    CHECK_STR(values[1].value, "404");
    log_filter_free(filter);
    CHECK_OK(log_filter_compile(&ctx, STR("{ $.n > 1 && $.n < 9 && $.rows[0].id = 1 && $.absent NOT EXISTS }"), &filter));
    CHECK_INT(log_filter_values(filter, arena, str_of(DOCUMENT), &values), 2);
    CHECK_STR(values[1].name, "$.rows[0].id");
    CHECK_STR(values[1].value, "1");
    log_filter_free(filter);
    CHECK_OK(log_filter_compile(&ctx, STR("ERROR"), &filter));
    CHECK_INT(log_filter_values(filter, arena, STR("ERROR"), &values), 0);
    log_filter_free(filter);
}

static bool values_agree(struct arena *arena, const struct json *example)
{
    struct ctx ctx = ctx_new(arena, 0);
    struct log_filter *filter = NULL;
    const struct log_filter_value *values = NULL;
    const struct json *expected = json_get(example, STR("extractedValues"));
    CHECK_OK(log_filter_compile(&ctx, json_text(json_get(example, STR("filterPattern"))), &filter));
    const size_t count = log_filter_values(filter, arena, json_text(json_get(example, STR("message"))), &values);
    bool same = expected && count == expected->count;
    for (size_t i = 0; i < count; i++) {
        same = same && str_equal(json_text(json_get(expected, values[i].name)), values[i].value);
    }
    log_filter_free(filter);
    return same;
}

TEST(the_documented_examples_hold)
{
    const char *shared = test_shared();
    if (shared == NULL) {
        return;
    }
    const char *path = str_format(arena, "%s/corpora/log_filter_patterns/filter_pattern_vectors.json", shared).ptr;
    const struct json *corpus = json_parse(arena, test_read_file(arena, path), NULL);
    const struct json *vectors = json_get(corpus, STR("vectors"));
    size_t run = 0, passed = 0;
    for (const struct json *v = vectors ? vectors->child : NULL; v; v = v->next) {
        const struct str pattern = json_text(json_get(v, STR("filterPattern")));
        const bool matched = ask(arena, str_cstr(arena, pattern), str_cstr(arena, json_text(json_get(v, STR("message")))));
        run++;
        passed += matched == json_is_true(json_get(v, STR("match")));
    }
    test_corpus_report("log_filter_patterns", run, passed);
    CHECK_INT(run, passed);
    CHECK(values_agree(arena, json_get(corpus, STR("extracted_example"))));
}
