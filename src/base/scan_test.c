#include "base/scan.h"

#include "base/json.h"
#include "base/scan_bits.h"
#include "tests/scan_oracle.h"
#include "tests/test.h"

static uint64_t next_random(uint64_t *state)
{
    *state = *state * 6364136223846793005u + 1442695040888963407u;
    return *state >> 33;
}

static struct scan *scan_of(struct projection **projection, const char *const *paths, size_t count)
{
    struct projection_builder *builder = projection_begin();
    for (size_t i = 0; i < count; i++) {
        CHECK_INT(projection_slot(builder, str_of(paths[i])), i);
    }
    *projection = projection_end(builder);
    return scan_open(*projection);
}

static void close_both(struct scan *scan, struct projection *projection)
{
    scan_close(scan);
    projection_free(projection);
}

/* The values of one path, as "kind:text" separated by "|". */
static struct str values_of(struct arena *arena, const char *path, const char *json)
{
    struct projection *projection = NULL;
    struct scan *scan = scan_of(&projection, &path, 1);
    struct text out = text_new(arena);
    size_t used = 0;
    if (!scan_document(scan, str_of(json), &used)) {
        text_add_format(&out, "refused at %zu", used);
    } else {
        const struct scan_value *v = scan_get(scan, 0);
        for (; v && v->kind != SCAN_ABSENT; v = scan_more(scan, v)) {
            text_add(&out, out.len ? STR("|") : STR(""));
            text_add(&out, v->kind == SCAN_STRING ? scan_text(arena, v) : (struct str){ v->ptr, v->len });
        }
    }
    close_both(scan, projection);
    return text_str(&out);
}

TEST(values_of_wanted_paths_are_found_and_others_skipped)
{
    CHECK_STR(values_of(arena, "a", "{\"a\":\"x\"}"), "x");
    CHECK_STR(values_of(arena, "a", " \t{ \"b\" : [1,{\"a\":2}] , \"a\" : 3.5e-1 }"), "3.5e-1");
    CHECK_STR(values_of(arena, "a", "{\"a\":null}"), "null");
    CHECK_STR(values_of(arena, "a.b", "{\"a\":{\"c\":1,\"b\":true}}"), "true");
    CHECK_STR(values_of(arena, "a.b", "{\"a\":1}"), "");
    CHECK_STR(values_of(arena, "a", "{\"a\":{\"b\": [1, 2]}}"), "{\"b\": [1, 2]}");
    CHECK_STR(values_of(arena, "a", "{}"), "");
    CHECK_STR(values_of(arena, "a", "{\"\":1,\"aa\":2}"), "");
}

TEST(paths_see_through_arrays)
{
    CHECK_STR(values_of(arena, "r.n", "{\"r\":[{\"n\":1},{\"m\":2},{\"n\":3},7,[[{\"n\":4}]]]}"), "1|3|4");
    CHECK_STR(values_of(arena, "r.n", "{\"r\":{\"n\":1}}"), "1");
    CHECK_STR(values_of(arena, "r", "{\"r\":[1,2]}"), "[1,2]");
    CHECK_STR(values_of(arena, "r[]", "{\"r\":[1,\"x\",[2,[3]],{\"a\":4}]}"), "1|x|2|3|{\"a\":4}");
    CHECK_STR(values_of(arena, "r[]", "{\"r\":5}"), "5");
    CHECK_STR(values_of(arena, "r[]", "{\"r\":[]}"), "");
    CHECK_STR(values_of(arena, "r.t[]", "{\"r\":[{\"t\":[1,2]},{\"t\":3}]}"), "1|2|3");
}

TEST(dots_brackets_and_empty_parts_in_keys_can_be_asked_for)
{
    CHECK_STR(values_of(arena, "a\\.b", "{\"a\":{\"b\":1},\"a.b\":2}"), "2");
    CHECK_STR(values_of(arena, "a\\\\b", "{\"a\\\\b\":2}"), "2");
    CHECK_STR(values_of(arena, "a\\[]", "{\"a[]\":[2]}"), "[2]");
    CHECK_STR(values_of(arena, "", "{\"\":2}"), "2");
    CHECK_STR(values_of(arena, "a..b", "{\"a\":{\"\":{\"b\":2}}}"), "2");
}

TEST(the_last_of_duplicate_keys_wins)
{
    CHECK_STR(values_of(arena, "a", "{\"a\":1,\"a\":2}"), "2");
    CHECK_STR(values_of(arena, "a.b", "{\"a\":{\"b\":1},\"a\":{\"c\":2}}"), "");
    CHECK_STR(values_of(arena, "a.b", "{\"a\":{\"b\":1},\"a\":{\"b\":2,\"b\":3}}"), "3");
    CHECK_STR(values_of(arena, "a.b", "{\"a\":[{\"b\":1,\"b\":2},{\"b\":3},{\"b\":4,\"b\":5}]}"), "2|3|5");
    CHECK_STR(values_of(arena, "a", "{\"a\":1,\"\\u0061\":2}"), "2");
    CHECK_STR(values_of(arena, "a", "{\"a\":1,\"b\":\"}\\\"\",\"a\":[\"]\",\"\\\\\"]}"), "[\"]\",\"\\\\\"]");
}

TEST(escapes_are_followed_in_keys_and_values)
{
    CHECK_STR(values_of(arena, "abc", "{\"\\u0061\\u0062c\":\"q\\\"\\\\\\u00e9\\ud83d\\ude00\"}"), "q\"\\\xC3\xA9\xF0\x9F\x98\x80");
    CHECK_STR(values_of(arena, "a", "{\"b\":\"\\\\\",\"a\":\"\\\\\\\"\"}"), "\\\"");
    CHECK_STR(values_of(arena, "a", "{\"a\":\"x\\ud800y\\q\"}"), "x\xEF\xBF\xBDy\xEF\xBF\xBD");
}

TEST(a_malformed_walk_is_refused_with_its_place)
{
    static const struct { const char *json; size_t at; } cases[] = {
        { "", 0 },  { "  ", 2 },  { "[1]", 0 },  { "{", 1 },  { "{\"a\"", 4 },  { "{\"a\":", 5 },  { "{\"a\":1", 6 },
        { "{\"a\":\"x", 7 },  { "{\"a\":1,}", 7 },  { "{\"a\" 1}", 5 },  { "{a:1}", 1 },  { "{\"a\":01}", 6 },
        { "{\"a\":tru}", 5 },  { "{\"a\":[1 2]}", 8 },  { "{\"a\":[1}", 7 },  { "{\"a\":-}", 6 },  { "{\"b\":{\"c\":1}", 12 },
        { "{\"a\":1.}", 7 },  { "{\"a\":1e+}", 8 },  { "{\"b\":nul}", 5 },  { "{\"a\":[1,]}", 8 },  { "{\"b\":[1", 7 },
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        const struct str expected = str_format(arena, "refused at %zu", cases[i].at);
        CHECK_STR(values_of(arena, "a[]", cases[i].json), expected.ptr);
    }
}

TEST(text_behind_the_document_is_left_alone)
{
    static const char *const path = "a";
    struct projection *projection = NULL;
    struct scan *scan = scan_of(&projection, &path, 1);
    size_t used = 0;
    CHECK(scan_document(scan, STR(" {\"a\":1},{\"a\":"), &used));
    CHECK_INT(used, 8);
    CHECK_STR(scan_source(scan), "{\"a\":1}");
    close_both(scan, projection);
}

TEST(nesting_is_bounded_on_wanted_paths_only)
{
    struct text deep = text_new(arena);
    text_add(&deep, STR("{\"a\":"));
    for (int i = 0; i < 100000; i++) {
        text_add_char(&deep, '[');
    }
    for (int i = 0; i < 100000; i++) {
        text_add_char(&deep, ']');
    }
    text_add(&deep, STR(",\"b\":1}"));
    CHECK_STR(values_of(arena, "b", text_str(&deep).ptr), "1");
    CHECK_STR(values_of(arena, "a[]", text_str(&deep).ptr), "refused at 260");
}

TEST(values_beyond_the_bound_are_left_out_and_told)
{
    static const char *const path = "a[]";
    struct projection *projection = NULL;
    struct scan *scan = scan_of(&projection, &path, 1);
    struct text many = text_new(arena);
    text_add(&many, STR("{\"a\":[0"));
    for (int i = 0; i < SCAN_EXTRAS_MAX + 10; i++) {
        text_add(&many, STR(",1"));
    }
    text_add(&many, STR("]}"));
    size_t used = 0;
    CHECK(scan_document(scan, text_str(&many), &used));
    CHECK(scan_truncated(scan));
    size_t count = 0;
    for (const struct scan_value *v = scan_get(scan, 0); v; v = scan_more(scan, v)) {
        count++;
    }
    CHECK_INT(count, SCAN_EXTRAS_MAX + 1);
    CHECK(scan_document(scan, STR("{}"), &used));
    CHECK(!scan_truncated(scan));
    CHECK_INT(scan_get(scan, 0)->kind, SCAN_ABSENT);
    close_both(scan, projection);
}

TEST(slots_are_shared_by_equal_paths_and_bounded)
{
    struct projection_builder *builder = projection_begin();
    CHECK_INT(projection_slot(builder, STR("a.b")), 0);
    CHECK_INT(projection_slot(builder, STR("a")), 1);
    CHECK_INT(projection_slot(builder, STR("a.b")), 0);
    struct text deep = text_new(arena);
    for (int i = 0; i < SCAN_PATH_PARTS_MAX; i++) {
        text_add(&deep, STR("a."));
    }
    CHECK_INT(projection_slot(builder, text_str(&deep)), SCAN_NO_SLOT);
    struct projection *projection = projection_end(builder);
    CHECK_INT(projection_slots(projection), 2);
    projection_free(projection);
}

TEST(a_hundred_keys_under_one_node_are_all_found)
{
    struct projection_builder *builder = projection_begin();
    struct text json = text_new(arena);
    text_add_char(&json, '{');
    for (int i = 0; i < 100; i++) {
        const struct str key = str_format(arena, "same first and last, not middle %03d and the end", i * 7);
        CHECK_INT(projection_slot(builder, key), i);
        text_add_format(&json, "%s\"%.*s\":%d", i ? "," : "", STR_ARG(key), i);
    }
    text_add(&json, STR(",\"same first and last, not middle 999 and the end\":7}"));
    struct projection *projection = projection_end(builder);
    struct scan *scan = scan_open(projection);
    size_t used = 0;
    CHECK(scan_document(scan, text_str(&json), &used));
    for (int i = 0; i < 100; i++) {
        const struct scan_value *v = scan_get(scan, (uint16_t)i);
        CHECK_STR(((struct str){ v->ptr, v->len }), str_format(arena, "%d", i).ptr);
    }
    close_both(scan, projection);
}

/* --- blocks --- */

TEST(documents_of_a_block_are_read_in_any_order)
{
    static const char *const path = "a";
    struct projection *projection = NULL;
    struct scan *scan = scan_of(&projection, &path, 1);
    struct text block = text_new(arena);
    size_t starts[500];
    text_add(&block, STR("{\"Records\":["));
    for (int i = 0; i < 500; i++) {
        starts[i] = block.len;
        /* Every tenth is broken by a quote that turns strings inside out for whoever counts on from there. */
        text_add_format(&block, "{\"a\":\"%d\",\"pad\":\"%*s\"%s}%s", i, i % 97, "", i % 10 ? "" : ",\"", i == 499 ? "]}" : ",\n");
    }
    const struct str buffer = text_str(&block);
    scan_block(scan, buffer);
    uint64_t state = 7;
    for (int turn = 0; turn < 3000; turn++) {
        const size_t i = turn < 500 ? (size_t)turn : next_random(&state) % 500;
        size_t used = 0;
        const bool good = scan_next(scan, starts[i], &used);
        CHECK(good == (i % 10 != 0));
        if (good) {
            CHECK_STR(scan_text(arena, scan_get(scan, 0)), str_format(arena, "%zu", i).ptr);
            CHECK(buffer.ptr[starts[i] + used - 1] == '}');
            CHECK_INT(scan_source(scan).len, used);
        }
    }
    close_both(scan, projection);
}

/* --- against the strict parser --- */

static void random_string(struct text *out, uint64_t *state)
{
    static const char *const pieces[] = { "a", "b", "\\\"", "\\\\", "\\u0061", "\\n", "{", "]", "\xE6\xAB\x93", "\\ud83d\\ude00",
                                          "some longer text that passes over a word of sixty-four bytes, surely", ",", ":" };
    text_add_char(out, '"');
    for (uint64_t n = next_random(state) % 5; n > 0; n--) {
        text_add(out, str_of(pieces[next_random(state) % COUNT_OF(pieces)]));
    }
    text_add_char(out, '"');
}

static void random_key(struct text *out, uint64_t *state)
{
    static const char *const keys[] = { "\"a\"", "\"b\"", "\"a\"", "\"b\"", "\"\"", "\"a.b\"", "\"\\u0061\"",
                                        "\"key that is longer than sixteen\"", "\"key that is wronger than sixteen\"" };
    const uint64_t pick = next_random(state) % (COUNT_OF(keys) + 1);
    if (pick == COUNT_OF(keys)) {
        random_string(out, state);
    } else {
        text_add(out, str_of(keys[pick]));
    }
}

static void random_space(struct text *out, uint64_t *state)
{
    static const char *const spaces[] = { "", "", "", " ", "\n\t", "                                                  " };
    text_add(out, str_of(spaces[next_random(state) % COUNT_OF(spaces)]));
}

static void random_value(struct text *out, uint64_t *state, int depth)
{
    static const char *const plain[] = { "true", "false", "null", "0", "-1.5E+3", "123456789012345678901234567890" };
    const uint64_t pick = next_random(state) % 8;
    random_space(out, state);
    if (depth > 5 || pick < 2) {
        text_add(out, str_of(plain[next_random(state) % COUNT_OF(plain)]));
    } else if (pick < 4 && depth > 0) {
        random_string(out, state);
    } else {
        const bool object = depth == 0 || pick < 7;
        text_add_char(out, object ? '{' : '[');
        random_space(out, state);
        for (uint64_t n = next_random(state) % 6, i = 0; i < n; i++) {
            text_add(out, i ? STR(",") : STR(""));
            random_space(out, state);
            if (object) {
                random_key(out, state);
                random_space(out, state);
                text_add_char(out, ':');
            }
            random_value(out, state, depth + 1);
            random_space(out, state);
        }
        text_add_char(out, object ? '}' : ']');
    }
}

TEST(scanner_and_parser_agree_on_random_documents_sound_and_broken)
{
    struct projection *projection = oracle_projection();
    struct scan *scan = scan_open(projection);
    struct arena *work = arena_open();
    uint64_t state = 42;
    for (int round = 0; round < 20000; round++) {
        arena_reset(work);
        struct text out = text_new(work);
        random_space(&out, &state);
        text_add_char(&out, ' ');
        do {
            text_reset(&out);
            random_value(&out, &state, 0);
        } while (memchr(out.ptr, '{', out.len) == NULL);
        if (round % 2) {
            out.ptr[next_random(&state) % out.len] = "{}[]\",:\\a1 "[next_random(&state) % 11];
        }
        const struct str text = text_str(&out);
        /* The exact size, so that a sanitizer sees a read beyond it. */
        char *exact = memory_new(text.len);
        memcpy(exact, text.ptr, text.len);
        const char *trouble = oracle_check(work, scan, (struct str){ exact, text.len });
        memory_free(exact);
        if (trouble) {
            fail_msg("%s: %.*s", trouble, STR_ARG(text));
        }
    }
    arena_close(work);
    close_both(scan, projection);
}

/* The scanner that has seen a document many times, and goes by its shape, against one that hasn't. */
TEST(a_document_like_an_earlier_one_is_read_as_if_it_were_the_first)
{
    struct projection *projection = oracle_projection();
    struct scan *knowing = scan_open(projection);
    struct arena *work = arena_open();
    uint64_t state = 43;
    for (int round = 0; round < 4000; round++) {
        struct scan *fresh = scan_open(projection);
        arena_reset(work);
        struct text out = text_new(work);
        text_add(&out, STR("{\"a\":"));
        random_value(&out, &state, 1);
        text_add(&out, STR(",\"b\":{\"pad\":\"\",\"b\":"));
        random_value(&out, &state, 1);
        text_add(&out, STR("}}"));
        const struct str text = text_str(&out);
        const char *trouble = oracle_check(work, knowing, text);
        for (int turn = 0; turn < 6 && trouble == NULL; turn++) {
            trouble = oracle_alike(knowing, fresh, text);
            out.ptr[next_random(&state) % out.len] = "{}[]\",:\\a1 -."[next_random(&state) % 13];
        }
        if (trouble) {
            fail_msg("%s: %.*s", trouble, STR_ARG(text));
        }
        scan_close(fresh);
    }
    arena_close(work);
    close_both(knowing, projection);
}

TEST(what_a_document_holds_besides_ascii_and_how_deep_it_goes_is_told)
{
    static const char *const path = "a.b";
    struct projection *projection = NULL;
    struct scan *scan = scan_of(&projection, &path, 1);
    const struct str plain = STR("{\"a\":{\"b\":\"x\",\"c\":[[[]]]}}");
    const struct str wide = STR("{\"a\":{\"b\":\"\xE6\xAB\x93\",\"c\":[[[]]]}}");
    const struct str deep = STR("{\"a\":{\"b\":\"x\",\"c\":[[[[[[[[[[]]]]]]]]]]}}");
    size_t used = 0;
    for (int turn = 0; turn < 40; turn++) {
        CHECK(scan_document(scan, plain, &used) && scan_ascii(scan) && scan_deepest(scan) >= 5 && scan_deepest(scan) < 12);
        CHECK(scan_document(scan, wide, &used) && !scan_ascii(scan));
        CHECK(scan_document(scan, deep, &used) && scan_ascii(scan) && scan_deepest(scan) >= 12);
    }
    close_both(scan, projection);
}

enum { WORDS = 64 };
struct indexed {
    struct scan_bits bits[WORDS];
    uint32_t ranks[WORDS];
    uint32_t places[WORDS * 64 + SCAN_PLACES_SLACK];
    uint32_t place_count;
    struct scan_carry carry;
};

/* In two calls, so that the carry is put to the test as well. */
static void index_with(scan_indexer *make, const char *bytes, struct indexed *out)
{
    memset(out, 0, sizeof(*out));
    struct scan_index index = { .bits = out->bits, .ranks = out->ranks, .places = out->places };
    make(bytes, WORDS / 2, &out->carry, &index);
    index.bits += WORDS / 2;
    index.ranks += WORDS / 2;
    make(bytes + WORDS / 2 * 64, WORDS / 2, &out->carry, &index);
    out->place_count = index.place_count;
    memset(out->places + out->place_count, 0, sizeof(out->places) - out->place_count * sizeof(out->places[0]));
}

TEST(all_kinds_of_vector_code_make_the_same_index)
{
    static const char alphabet[] = "\"\\\\\\{}[]ab:,\x80\xFB\xFD\x7B";
    scan_indexer *makers[] = {
        scan_code_choose().index,
#if HAVE_X86_VECTORS
        scan_index_sse2,
        scan_has_avx2() ? scan_index_avx2 : scan_index_sse2,
#endif
    };
    char bytes[WORDS * 64];
    static struct indexed expected, got;
    uint64_t state = 3;
    for (int round = 0; round < 300; round++) {
        for (size_t i = 0; i < sizeof(bytes); i++) {
            bytes[i] = round % 3 == 0 ? (char)next_random(&state) : alphabet[next_random(&state) % (round % 3 == 1 ? 1u : sizeof(alphabet) - 1)];
        }
        index_with(scan_index_portable, bytes, &expected);
        for (uint32_t i = 0, at = 0; at < sizeof(bytes); at++) {
            const bool quote = expected.bits[at / 64].quotes >> at % 64 & 1;
            CHECK(!quote || expected.places[i] == at);
            i += quote;
        }
        for (size_t m = 0; m < COUNT_OF(makers); m++) {
            index_with(makers[m], bytes, &got);
            CHECK(memcmp(&expected, &got, sizeof(got)) == 0);
        }
    }
}

TEST(strings_longer_than_the_window_are_followed)
{
    struct text json = text_new(arena);
    text_add(&json, STR("{\"b\":[\""));
    for (int i = 0; i < 100000; i++) {
        text_add(&json, i % 1000 ? STR("x") : STR("\\\""));
    }
    text_add(&json, STR("\"],\"a\":\""));
    for (int i = 0; i < 100000; i++) {
        text_add_char(&json, (char)('a' + i % 26));
    }
    text_add(&json, STR("\\n\",\"c\":{\"d\":\"e\"}}"));
    CHECK_STR(values_of(arena, "c.d", text_str(&json).ptr), "e");
    CHECK_INT(values_of(arena, "a", text_str(&json).ptr).len, 100001);
    CHECK_INT(values_of(arena, "b[]", text_str(&json).ptr).len, 100000);
}
