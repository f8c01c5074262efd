#include "match/sigma.h"

#include <stdio.h>

#include "match/match.h"
#include "tests/test.h"

static const struct str SERVERS[] = { STR_INIT("srv*"), STR_INIT("dc1") };
static const struct str RANGES[] = { STR_INIT("192.0.2.1") };
static const struct sigma_placeholder PLACEHOLDERS[] = {
    { STR_INIT("servers"), SERVERS, 2 }, { STR_INIT("Legitimate_IP_Ranges"), RANGES, 1 }, { STR_INIT("Legitimate_Countries"), RANGES, 1 },
};
static const struct sigma_mapping MAPPINGS[] = { { STR_INIT("CommandLine"), STR_INIT("process.command_line") } };
static const struct sigma_options OPTIONS = { PLACEHOLDERS, 3, MAPPINGS, 1, false };

static struct sigma_rules rules_of(struct ctx *ctx, const char *detection)
{
    struct sigma_rules rules = { 0 };
    const struct str text = str_format(ctx->arena, "title: t\nlogsource:\n  product: aws\ndetection:\n%s", detection);
    match_sigma_parse(ctx, STR("rule.yml"), text, &OPTIONS, &rules);
    return rules;
}

static bool decide(struct ctx *ctx, const struct predicate *when, const char *document)
{
    struct match_builder *builder = match_builder_open();
    struct projection_builder *paths = projection_begin();
    struct match_set *set = NULL;
    CHECK_OK(match_builder_add(ctx, builder, 1, when));
    CHECK_OK(match_compile(ctx, builder, paths, &set));
    struct projection *projection = projection_end(paths);
    struct scan *scan = scan_open(projection);
    struct match_scratch *scratch = match_scratch_open();
    uint32_t id = 0;
    size_t used = 0;
    CHECK(scan_document(scan, str_of(document), &used));
    const bool hit = match_run(set, scratch, scan, &id, 1) == 1;
    match_scratch_close(scratch);
    scan_close(scan);
    projection_free(projection);
    match_set_free(set);
    return hit;
}

/* Whether a rule with this detection (indented by two spaces) matches. */
static bool hits(struct arena *arena, const char *detection, const char *document)
{
    struct ctx ctx = ctx_new(arena, 0);
    const struct sigma_rules rules = rules_of(&ctx, detection);
    if (rules.problem_count) {
        fail_msg("%.*s", STR_ARG(rules.problems[0].reason));
    }
    CHECK_INT(rules.count, 1);
    return decide(&ctx, rules.rules[0].when, document);
}

static const char *problem(struct arena *arena, const char *detection)
{
    struct ctx ctx = ctx_new(arena, 0);
    const struct sigma_rules rules = rules_of(&ctx, detection);
    if (rules.problem_count != 1) {
        return "no problem";
    }
    return str_format(arena, "%u: %.*s", rules.problems[0].line, STR_ARG(rules.problems[0].reason)).ptr;
}

#define ITEM(item) "  s:\n    " item "\n  condition: s\n"
#define HIT(item, document) CHECK(hits(arena, ITEM(item), document))
#define MISS(item, document) CHECK(!hits(arena, ITEM(item), document))
#define PROBLEM(item, words) CHECK_STR(str_of(problem(arena, ITEM(item))), words)

TEST(plain_values_are_compared_without_case)
{
    HIT("a: Foo", "{\"a\":\"fOO\"}");
    MISS("a: Foo", "{\"a\":\"food\"}");
    HIT("a.b: 517", "{\"a\":{\"b\":517}}");
    MISS("a.b: 517", "{\"a\":{\"b\":5170}}");
    HIT("a: true", "{\"a\":true}");
    HIT("a: ''", "{\"a\":\"\"}");
    MISS("a: ''", "{\"a\":\"x\"}");
    HIT("a: [x, y]", "{\"a\":\"Y\"}");
    HIT("a: x", "{\"a\":[\"w\",\"x\"]}");
    HIT("CommandLine: x", "{\"process\":{\"command_line\":\"x\"}}");
    MISS("CommandLine: x", "{\"CommandLine\":\"x\"}");
}

TEST(wildcards_and_their_escapes)
{
    HIT("a: 'f*o'", "{\"a\":\"FXXO\"}");
    MISS("a: 'f*o'", "{\"a\":\"fxxob\"}");
    HIT("a: 'f?o'", "{\"a\":\"fxo\"}");
    MISS("a: 'f?o'", "{\"a\":\"fo\"}");
    HIT("a: 'f\\*o'", "{\"a\":\"f*o\"}");
    MISS("a: 'f\\*o'", "{\"a\":\"fxo\"}");
    HIT("a: 'f\\\\*o'", "{\"a\":\"f\\\\xo\"}");
    HIT("a: 'f\\\\\\*o'", "{\"a\":\"f\\\\*o\"}");
    HIT("a: 'C:\\x'", "{\"a\":\"c:\\\\x\"}");
    HIT("a: 'C:\\\\x'", "{\"a\":\"c:\\\\x\"}");
    HIT("a: '\\\\\\\\x'", "{\"a\":\"\\\\\\\\x\"}");
}

TEST(null_means_null_or_absent)
{
    HIT("a: null", "{\"a\":null}");
    HIT("a:", "{\"b\":1}");
    MISS("a: null", "{\"a\":\"\"}");
    HIT("a: 'null'", "{\"a\":\"null\"}");
    MISS("a: 'null'", "{\"a\":null}");
    PROBLEM("a: ['', null]", "6: null can't be part of a list");
}

TEST(parts_of_text)
{
    HIT("a|contains: oo", "{\"a\":\"fOOd\"}");
    MISS("a|contains: oo", "{\"a\":\"fod\"}");
    HIT("a|startswith: fo", "{\"a\":\"FOOd\"}");
    MISS("a|startswith: oo", "{\"a\":\"food\"}");
    HIT("a|endswith: od", "{\"a\":\"fooD\"}");
    MISS("a|endswith: oo", "{\"a\":\"food\"}");
    HIT("a|contains: 'b*d'", "{\"a\":\"abcde\"}");
    MISS("a|startswith: 'b*d'", "{\"a\":\"abcde\"}");
    HIT("a|endswith: 'b?d'", "{\"a\":\"abcd\"}");
    HIT("a|contains: '*'", "{\"a\":[\"x\"]}");
    MISS("a|contains: '*'", "{\"b\":1}");
    HIT("a|contains: failure", "{\"a\":{\"ConsoleLogin\":\"Failure\"}}");
}

TEST(all_joins_values_by_and)
{
    HIT("a|contains|all: [x, y]", "{\"a\":\"yx\"}");
    MISS("a|contains|all: [x, y]", "{\"a\":\"y\"}");
    HIT("a|all|contains: [x, y]", "{\"a\":\"yx\"}");
    PROBLEM("a|contains|all: x", "6: |all needs at least two values");
}

TEST(cased_neq_and_exists)
{
    HIT("a|cased: Foo", "{\"a\":\"Foo\"}");
    MISS("a|cased: Foo", "{\"a\":\"foo\"}");
    HIT("a|contains|cased: Foo", "{\"a\":\"xFoo\"}");
    MISS("a|contains|cased: Foo", "{\"a\":\"xfoo\"}");
    HIT("a|cased: 'F*o'", "{\"a\":\"Foo\"}");
    MISS("a|cased: 'F*o'", "{\"a\":\"foo\"}");
    HIT("a|neq: x", "{\"a\":\"y\"}");
    MISS("a|neq: x", "{\"a\":\"X\"}");
    MISS("a|neq: [x, y]", "{\"a\":\"y\"}");
    HIT("a|exists: true", "{\"a\":null}");
    MISS("a|exists: true", "{\"b\":null}");
    HIT("a|exists: false", "{\"b\":null}");
    MISS("a|exists: false", "{\"a\":1}");
    PROBLEM("a|exists: 7", "6: |exists takes true or false");
}

TEST(regular_expressions_with_flags)
{
    HIT("a|re: '^f[o0]+$'", "{\"a\":\"fo0\"}");
    MISS("a|re: '^f[o0]+$'", "{\"a\":\"FO0\"}");
    HIT("a|re|i: '^f[o0]+$'", "{\"a\":\"FO0\"}");
    HIT("a|re|m: '^b'", "{\"a\":\"a\\nb\"}");
    MISS("a|re: '^b'", "{\"a\":\"a\\nb\"}");
    HIT("a|re|s: 'a.b'", "{\"a\":\"a\\nb\"}");
    MISS("a|re: 'a.b'", "{\"a\":\"a\\nb\"}");
    HIT("a|re|i|s: 'A.B'", "{\"a\":\"a\\nb\"}");
    PROBLEM("a|i: x", "6: unknown modifier |i");
    CHECK(strstr(problem(arena, ITEM("a|re: '(a'")), "regular expression"));
    CHECK(strstr(problem(arena, ITEM("a|re: '^(a*)*$'")), "backtracks"));
}

TEST(encodings)
{
    HIT("a|base64: foobar", "{\"a\":\"Zm9vYmFy\"}");
    MISS("a|base64: foobar", "{\"a\":\"Zm9vYmFz\"}");
    HIT("a|base64|contains: foo", "{\"a\":\"xZm9vx\"}");
    /* "foobar" behind nothing, "x" and "xy". */
    HIT("a|base64offset|contains: foobar", "{\"a\":\"Zm9vYmFy\"}");
    HIT("a|base64offset|contains: foobar", "{\"a\":\"eGZvb2Jhcg==\"}");
    HIT("a|base64offset|contains: foobar", "{\"a\":\"eHlmb29iYXI=\"}");
    MISS("a|base64offset|contains: foobar", "{\"a\":\"eHlmb3FiYXI=\"}");
    HIT("a|utf16le|base64: 'ab'", "{\"a\":\"YQBiAA==\"}");
    MISS("a|utf16le|base64: 'ab'", "{\"a\":\"YWI=\"}");
    HIT("a|wide|base64: 'ab'", "{\"a\":\"YQBiAA==\"}");
    MISS("a|wide|base64: 'ab'", "{\"a\":\"AGEAYg==\"}");
    HIT("a|utf16be|base64: 'ab'", "{\"a\":\"AGEAYg==\"}");
    MISS("a|utf16be|base64: 'ab'", "{\"a\":\"YQBiAA==\"}");
    HIT("a|utf16|base64: 'ab'", "{\"a\":\"//5hAGIA\"}");
    MISS("a|utf16|base64: 'ab'", "{\"a\":\"YQBiAA==\"}");
    HIT("a|utf16be|base64: '\xF0\x9F\x98\x80'", "{\"a\":\"2D3eAA==\"}");
    PROBLEM("a|base64: 'x*'", "6: wildcards can't be encoded: \"x*\"");
    PROBLEM("a|contains|base64: 'x'", "6: |base64 must come before |contains, |re and their like");
    PROBLEM("a|base64offset: ''", "6: too short for base64offset");
}

TEST(dashes_of_options_are_interchangeable)
{
    HIT("a|windash|contains: ' -f'", "{\"a\":\"x /f\"}");
    HIT("a|windash|contains: ' /f'", "{\"a\":\"x \xE2\x80\x94" "f\"}");
    HIT("a|windash|contains|all: [' -a -b', x]", "{\"a\":\"x -a /b\"}");
    MISS("a|windash|contains: ' -f'", "{\"a\":\"x +f\"}");
    MISS("a|windash: 'a-b'", "{\"a\":\"a/b\"}");
    CHECK(strstr(problem(arena, ITEM("a|windash: '-a -a -a -a -a -a -a -a -a'")), "more than"));
}

TEST(numbers_and_times)
{
    HIT("a|lt: 5", "{\"a\":4.5}");
    MISS("a|lt: 5", "{\"a\":5}");
    HIT("a|lte: 5", "{\"a\":5}");
    MISS("a|lte: 5", "{\"a\":6}");
    HIT("a|gt: 5", "{\"a\":\"6\"}");
    MISS("a|gt: 5", "{\"a\":5}");
    HIT("a|gte: 5", "{\"a\":5}");
    MISS("a|gte: 5", "{\"a\":4}");
    HIT("a|minute: 6", "{\"a\":\"2024-07-31T13:06:24Z\"}");
    MISS("a|minute: 7", "{\"a\":\"2024-07-31T13:06:24Z\"}");
    HIT("a|hour|gte: 13", "{\"a\":\"2024-07-31T13:06:24Z\"}");
    MISS("a|hour|lt: 13", "{\"a\":\"2024-07-31T13:06:24Z\"}");
    HIT("a|day: 31", "{\"a\":\"2024-07-31T13:06:24Z\"}");
    MISS("a|day: 30", "{\"a\":\"2024-07-31T13:06:24Z\"}");
    HIT("a|week: 31", "{\"a\":\"2024-07-31T13:06:24Z\"}");
    MISS("a|week: 30", "{\"a\":\"2024-07-31T13:06:24Z\"}");
    HIT("a|month: [6, 7]", "{\"a\":\"2024-07-31T13:06:24Z\"}");
    MISS("a|month: 8", "{\"a\":\"2024-07-31T13:06:24Z\"}");
    HIT("a|year: 2024", "{\"a\":\"2024-07-31T13:06:24Z\"}");
    MISS("a|year: 2024", "{\"a\":2024}");
    PROBLEM("a|gt: x", "6: \"x\" is not a number");
}

TEST(networks_placeholders_and_other_fields)
{
    HIT("a|cidr: 10.0.0.0/8", "{\"a\":\"10.1.1.1\"}");
    MISS("a|cidr: 10.0.0.0/8", "{\"a\":\"11.1.1.1\"}");
    HIT("a|cidr: [10.0.0.0/8, '2001:db8::/32']", "{\"a\":\"2001:db8::9\"}");
    CHECK(strstr(problem(arena, ITEM("a|cidr: 10.0.0.0/99")), "no IP address"));
    HIT("a|expand: '%servers%'", "{\"a\":\"SRV7\"}");
    HIT("a|expand: 'x-%servers%.corp'", "{\"a\":\"x-dc1.corp\"}");
    MISS("a|expand: 'x-%servers%.corp'", "{\"a\":\"x-dc2.corp\"}");
    HIT("a|expand|contains|all: ['%servers%', x]", "{\"a\":\"x srv\"}");
    MISS("a|expand|contains|all: ['%servers%', x]", "{\"a\":\"dc1\"}");
    HIT("a|expand: '\\%x%servers%'", "{\"a\":\"%xdc1\"}");
    HIT("a: '%servers%'", "{\"a\":\"%servers%\"}");
    PROBLEM("a|expand: '%unknown%'", "6: no values are given for the placeholder %unknown%");
    HIT("a|fieldref: b.c", "{\"a\":\"x\",\"b\":{\"c\":\"X\"}}");
    MISS("a|fieldref: b.c", "{\"a\":\"x\",\"b\":{\"c\":\"y\"}}");
    MISS("a|fieldref|neq: b", "{\"a\":\"x\",\"b\":\"x\"}");
    HIT("a|fieldref|neq: b", "{\"a\":\"x\",\"b\":\"y\"}");
    HIT("a|fieldref|endswith: b", "{\"a\":\"wx\",\"b\":\"x\"}");
    MISS("a|startswith|fieldref: b", "{\"a\":\"wx\",\"b\":\"x\"}");
    HIT("a|contains|fieldref: b", "{\"a\":\"wxy\",\"b\":\"x\"}");
}

TEST(maps_are_and_lists_are_or)
{
    CHECK(hits(arena, "  s:\n    a: 1\n    b: 2\n  condition: s\n", "{\"a\":1,\"b\":2}"));
    CHECK(!hits(arena, "  s:\n    a: 1\n    b: 2\n  condition: s\n", "{\"a\":1,\"b\":3}"));
    CHECK(hits(arena, "  s:\n    - a: 1\n    - b: 2\n      c: 3\n  condition: s\n", "{\"a\":1}"));
    CHECK(hits(arena, "  s:\n    - a: 1\n    - b: 2\n      c: 3\n  condition: s\n", "{\"b\":2,\"c\":3}"));
    CHECK(!hits(arena, "  s:\n    - a: 1\n    - b: 2\n      c: 3\n  condition: s\n", "{\"b\":2}"));
    CHECK(!hits(arena, "  s:\n    - a: 1\n    - b: 1\n  condition: s\n", "{\"b\":2}"));
}

TEST(keywords_search_the_whole_record)
{
    CHECK(hits(arena, "  k:\n    - evil one\n    - 'x*z'\n  condition: k\n", "{\"q\":{\"r\":\"An EVIL one\"}}"));
    CHECK(hits(arena, "  k:\n    - evil one\n    - 'xx*zz'\n  condition: k\n", "{\"q\":{\"r\":\"xxyzz\"}}"));
    CHECK(!hits(arena, "  k:\n    - evil one\n  condition: k\n", "{\"q\":{\"r\":\"evil  one\"}}"));
    CHECK(hits(arena, "  k: evil\n  condition: k\n", "{\"q\":\"evil\"}"));
    CHECK(hits(arena, "  k:\n    '|all': [ab, cd]\n  condition: k\n", "{\"q\":\"cd\",\"r\":\"ab\"}"));
    CHECK(!hits(arena, "  k:\n    '|all': [ab, cd]\n  condition: k\n", "{\"q\":\"cd\"}"));
    CHECK(hits(arena, "  k:\n    - evil\n    - a: 1\n  condition: k\n", "{\"a\":1}"));
    CHECK_STR(str_of(problem(arena, "  k:\n    '|cidr': 10.0.0.0/8\n  condition: k\n")), "6: keywords can't have this modifier");
}

#define CONDITION(text) "  a1: { a: 1 }\n  a2: { b: 2 }\n  _c: { c: 3 }\n  condition: " text "\n"

TEST(conditions)
{
    CHECK(hits(arena, CONDITION("a1 and a2"), "{\"a\":1,\"b\":2}"));
    CHECK(!hits(arena, CONDITION("a1 and a2"), "{\"a\":1}"));
    CHECK(hits(arena, CONDITION("a1 or a2"), "{\"b\":2}"));
    CHECK(!hits(arena, CONDITION("a1 or a2"), "{\"c\":3}"));
    CHECK(hits(arena, CONDITION("a1 and not a2"), "{\"a\":1}"));
    CHECK(!hits(arena, CONDITION("a1 and not a2"), "{\"a\":1,\"b\":2}"));
    CHECK(hits(arena, CONDITION("not a1"), "{}"));
    /* and binds more than or, not more than and. */
    CHECK(hits(arena, CONDITION("a1 or a2 and _c"), "{\"a\":1}"));
    CHECK(!hits(arena, CONDITION("(a1 or a2) and _c"), "{\"a\":1}"));
    CHECK(hits(arena, CONDITION("not a1 or a2"), "{\"a\":1,\"b\":2}"));
    CHECK(!hits(arena, CONDITION("not (a1 or a2)"), "{\"a\":1}"));
    CHECK(hits(arena, CONDITION("1 of them"), "{\"b\":2}"));
    CHECK(!hits(arena, CONDITION("1 of them"), "{\"c\":3}"));
    CHECK(hits(arena, CONDITION("all of them"), "{\"a\":1,\"b\":2}"));
    CHECK(!hits(arena, CONDITION("all of them"), "{\"a\":1}"));
    CHECK(hits(arena, CONDITION("1 of a*"), "{\"a\":1}"));
    CHECK(!hits(arena, CONDITION("1 of a*"), "{\"c\":3}"));
    CHECK(hits(arena, CONDITION("all of a*"), "{\"a\":1,\"b\":2}"));
    CHECK(!hits(arena, CONDITION("all of a*"), "{\"a\":1}"));
    CHECK(hits(arena, CONDITION("any of a* and not 1 of _*"), "{\"a\":1}"));
    CHECK(!hits(arena, CONDITION("1 of a* and not 1 of _*"), "{\"a\":1,\"c\":3}"));
    CHECK(hits(arena, CONDITION("[a1, a2]"), "{\"b\":2}"));
    CHECK(!hits(arena, CONDITION("[a1, a2]"), "{\"c\":3}"));
    CHECK(hits(arena, CONDITION("NOT a1 AND a2"), "{\"b\":2}"));
}

TEST(wrong_conditions_are_refused_with_their_line)
{
    static const struct { const char *condition; const char *words; } cases[] = {
        { CONDITION("a1 and"), "8: the condition lacks a search before \"\"" },
        { CONDITION("and a1"), "8: the condition lacks a search before \"and\"" },
        { CONDITION("(a1"), "8: a parenthesis of the condition is not closed" },
        { CONDITION("a1)"), "8: unexpected \")\" in the condition" },
        { CONDITION("a1 a2"), "8: unexpected \"a2\" in the condition" },
        { CONDITION("a3"), "8: the condition names \"a3\", which is not defined" },
        { CONDITION("1 of b*"), "8: \"b*\" in the condition fits no search" },
        { CONDITION("1 of"), "8: the condition ends behind \"of\"" },
        { CONDITION("{}"), "8: the condition must be text or a list of texts" },
        { CONDITION("a1 | count() > 5"), "8: \"| count() > 5\" is an old aggregation and not supported: write a correlation" },
        { "  a: { b: 1 }\n", "5: the detection has no condition" },
        { "  a: {}\n  condition: a\n", "5: an empty search" },
        { "  a: []\n  condition: a\n", "5: an empty search" },
        { "  a: { b: { c: 1 } }\n  condition: a\n", "5: a mapping can't be a value" },
        { "  a: { b|what: 1 }\n  condition: a\n", "5: unknown modifier |what" },
        { "  a: { b|re|contains: x }\n  condition: a\n", "5: |contains can't follow the modifiers before it" },
        { "  a: { b: 1 }\n  timeframe: 5m\n  condition: a\n", "5: a timeframe is not supported: write a correlation" },
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        CHECK_STR(str_of(problem(arena, cases[i].condition)), cases[i].words);
    }
}

TEST(metadata_stays_and_so_do_keys_of_our_own)
{
    struct ctx ctx = ctx_new(arena, 0);
    struct sigma_rules rules = { 0 };
    match_sigma_parse(&ctx, STR("f.yml"),
                      STR("title: T\nid: 1-2\nstatus: test\nlevel: high\nauthor: A\ntags: [attack.t1078, x]\n"
                          "logsource: { product: aws, service: cloudtrail }\ndetection: { s: { a: 1 }, condition: s }\n"
                          "yagura:\n  type: Recon:IAMUser/X\n  tests: [1]\n---\ntitle: second\n---\n- no map\n---\n"),
                      NULL, &rules);
    CHECK_INT(rules.count, 1);
    const struct sigma_rule *rule = &rules.rules[0];
    CHECK_STR(rule->title, "T");
    CHECK_STR(rule->id, "1-2");
    CHECK_STR(rule->level, "high");
    CHECK_STR(rule->product, "aws");
    CHECK_STR(rule->service, "cloudtrail");
    CHECK_INT(rule->tag_count, 2);
    CHECK_STR(rule->tags[0], "attack.t1078");
    CHECK_STR(yaml_text(yaml_get(rule->document, STR("yagura")), STR("type")), "Recon:IAMUser/X");
    CHECK_INT(rules.problem_count, 2);
    CHECK_STR(rules.problems[0].file, "f.yml");
    CHECK_INT(rules.problems[0].line, 13);
    CHECK_STR(rules.problems[0].reason, "the rule has no logsource");
    CHECK_STR(rules.problems[1].reason, "a rule must be a mapping");
}

static struct sigma_rules parsed(struct ctx *ctx, const char *text)
{
    struct sigma_rules rules = { 0 };
    match_sigma_parse(ctx, STR("f"), str_of(text), NULL, &rules);
    return rules;
}

static const char *first_problem(struct arena *arena, const char *text)
{
    struct ctx ctx = ctx_new(arena, 0);
    const struct sigma_rules rules = parsed(&ctx, text);
    if (rules.problem_count == 0) {
        return "no problem";
    }
    return str_format(arena, "%u: %.*s", rules.problems[0].line, STR_ARG(rules.problems[0].reason)).ptr;
}

#define FILTERED "title: T\nid: r1\nname: one\nlogsource: { product: aws, service: cloudtrail }\ndetection: { s: { a: 1 }, condition: s }\n---\n"
#define FILTER(logsource, body) FILTERED "title: F\nlogsource: " logsource "\nfilter:\n" body
#define NOT_BOB "  s: { user|startswith: bob }\n  condition: not s\n"

/* Whether the rule of FILTERED holds, narrowed. */
static bool filtered(struct arena *arena, const char *text, const char *document)
{
    struct ctx ctx = ctx_new(arena, 0);
    const struct sigma_rules rules = parsed(&ctx, text);
    CHECK_INT(rules.problem_count, 0);
    CHECK_INT(rules.count, 1);
    CHECK_INT(rules.filter_count, 1);
    return decide(&ctx, match_sigma_filtered(arena, &rules.rules[0], rules.filters, rules.filter_count), document);
}

TEST(filters_narrow_the_rules_they_name)
{
    static const char BOB[] = "{\"a\":1,\"user\":\"bobby\"}";
    static const char ANN[] = "{\"a\":1,\"user\":\"ann\"}";
    static const char *const apply[] = {
        FILTER("{ product: aws }", "  rules: [r1]\n" NOT_BOB), FILTER("{ product: aws, service: cloudtrail }", "  rules: [x, one]\n" NOT_BOB),
        FILTER("{ service: cloudtrail }", "  rules: one\n" NOT_BOB), FILTER("{}", "  rules: any\n" NOT_BOB),
        FILTER("{ product: aws }", "  rules: All\n" NOT_BOB), FILTER("{ product: aws }", "  rules: []\n" NOT_BOB),
    };
    for (size_t i = 0; i < COUNT_OF(apply); i++) {
        CHECK(filtered(arena, apply[i], ANN));
        CHECK(!filtered(arena, apply[i], BOB));
    }
    static const char *const other[] = {
        FILTER("{ product: aws }", "  rules: [r2]\n" NOT_BOB), FILTER("{ product: windows }", "  rules: [r1]\n" NOT_BOB),
        FILTER("{ category: process_creation, product: aws }", "  rules: any\n" NOT_BOB),
    };
    for (size_t i = 0; i < COUNT_OF(other); i++) {
        CHECK(filtered(arena, other[i], ANN));
        CHECK(filtered(arena, other[i], BOB));
    }
    /* spec: the condition is joined as it stands, with searches of its own whatever the rule's are called. */
    CHECK(filtered(arena, FILTER("{}", "  rules: any\n  s: { user: ann }\n  condition: s\n"), ANN));
    CHECK(!filtered(arena, FILTER("{}", "  rules: any\n  s: { user: ann }\n  condition: s\n"), BOB));
}

TEST(wrong_filters_are_refused)
{
    static const struct { const char *text; const char *words; } cases[] = {
        { "title: F\nlogsource: {}\nfilter:\n" NOT_BOB, "4: the filter must name its rules: a list of ids or names, or any" },
        { "title: F\nlogsource: {}\nfilter:\n  rules: {}\n" NOT_BOB, "4: the filter must name its rules: a list of ids or names, or any" },
        { "title: F\nlogsource: {}\nfilter:\n  rules: [[]]\n" NOT_BOB, "4: the filter must name its rules: a list of ids or names, or any" },
        { "title: F\nlogsource: {}\nfilter:\n  rules: any\n  s: { a: 1 }\n", "4: the filter needs one condition" },
        { "title: F\nlogsource: {}\nfilter:\n  rules: any\n  s: { a: 1 }\n  condition: [s]\n", "6: the filter needs one condition" },
        { "title: F\nlogsource: {}\nfilter:\n  rules: any\n  s: { a: 1 }\n  condition: t\n", "6: the condition names \"t\", which is not defined" },
        { "title: F\nlogsource: {}\nfilter:\n  rules: any\n  s: { a: 1 }\n  condition: s | count() > 1\n", "6: a filter can't count" },
        { "title: F\nlogsource: {}\nfilter:\n  rules: any\n  s: { a|re: '(' }\n  condition: s\n", "4: " },
        { "title: F\nfilter:\n  rules: any\n" NOT_BOB, "1: the filter has no logsource" },
        { "logsource: {}\nfilter:\n  rules: any\n" NOT_BOB, "1: the filter has no title" },
        { "title: F\nlogsource: {}\nfilter: 1\n", "3: the filter needs one condition" },
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        CHECK(str_starts(str_of(first_problem(arena, cases[i].text)), str_of(cases[i].words)));
    }
}

TEST(collections_share_what_is_global)
{
    struct ctx ctx = ctx_new(arena, 0);
    const struct sigma_rules rules = parsed(&ctx, "action: global\ntitle: T\nlevel: high\nlogsource: { product: aws }\n"
                                                  "detection: { condition: s }\n---\ndetection: { s: { a: 1 } }\n---\n"
                                                  "id: two\ndetection: { s: { a: 2 } }\n---\naction: repeat\ndetection: { s: { b: 3 } }\n---\n"
                                                  "action: reset\n---\ntitle: alone\nlogsource: {}\ndetection: { s: { c: 1 }, condition: s }\n");
    CHECK_INT(rules.problem_count, 0);
    CHECK_INT(rules.count, 4);
    CHECK_STR(rules.rules[0].title, "T");
    CHECK_STR(rules.rules[1].level, "high");
    CHECK_STR(rules.rules[2].id, "two");
    CHECK_STR(rules.rules[3].title, "alone");
    CHECK(rules.rules[3].level.ptr == NULL);
    CHECK(decide(&ctx, rules.rules[0].when, "{\"a\":1}"));
    CHECK(!decide(&ctx, rules.rules[0].when, "{\"a\":2}"));
    CHECK(decide(&ctx, rules.rules[1].when, "{\"a\":2}"));
    CHECK(decide(&ctx, rules.rules[2].when, "{\"a\":2,\"b\":3}"));
    CHECK(!decide(&ctx, rules.rules[2].when, "{\"a\":2}"));
    CHECK(decide(&ctx, rules.rules[3].when, "{\"c\":1}"));
}

TEST(wrong_collections_and_documents_are_refused)
{
    CHECK_STR(str_of(first_problem(arena, "action: repeat\ntitle: x\n")), "1: there is no rule before it that could be repeated");
    CHECK_STR(str_of(first_problem(arena, "title: x\naction: other\n")), "2: the action must be global, reset or repeat");
    CHECK_STR(str_of(first_problem(arena, "title: x\naction: [global]\n")), "2: the action must be global, reset or repeat");
    CHECK_STR(str_of(first_problem(arena, "title: T\ncorrelation: {}\n")), "2: the type \"\" is no correlation");
    CHECK_STR(str_of(first_problem(arena, "action: global\ntitle: T\n---\nlogsource: {}\n")), "4: the rule has no detection");
    CHECK_STR(str_of(first_problem(arena, "action: global\ntitle: T\n---\naction: reset\n---\nlogsource: {}\n")), "6: the rule has no title");
}

TEST(options_of_a_file_give_fields_and_placeholders)
{
    struct ctx ctx = ctx_new(arena, 0);
    struct sigma_options options = { 0 };
    struct sigma_rules rules = { 0 };
    CHECK_OK(match_sigma_options_parse(&ctx, STR("m.yml"), STR("fields: { User: userIdentity.userName }\nplaceholders:\n  admins: [ann, 'adm_*']\n  one: x\n"),
                                       &options));
    match_sigma_parse(&ctx, STR("f"), STR("title: T\nlogsource: {}\ndetection: { s: { User|expand: '%admins%' }, condition: s }\n"), &options, &rules);
    CHECK_INT(rules.problem_count, 0);
    CHECK(decide(&ctx, rules.rules[0].when, "{\"userIdentity\":{\"userName\":\"adm_7\"}}"));
    CHECK(!decide(&ctx, rules.rules[0].when, "{\"userIdentity\":{\"userName\":\"bob\"}}"));
    CHECK(!decide(&ctx, rules.rules[0].when, "{\"User\":\"ann\"}"));
    static const struct { const char *text; const char *words; } wrong[] = {
        { "fields: [a]\n", "m.yml:1: only the mappings fields and placeholders can stand here" },
        { "field: { a: b }\n", "m.yml:1: only the mappings fields and placeholders can stand here" },
        { "fields:\n  a: [b]\n", "m.yml:2: a field must be given the path it stands for" },
        { "placeholders: { a: [] }\n", "m.yml:1: a placeholder needs a value or a list of values" },
        { "placeholders: { a: [[b]] }\n", "m.yml:1: a placeholder's value must be text" },
        { "- a\n", "m.yml:1: a mapping with fields, placeholders or both is needed" },
        { "", "m.yml:1: a mapping with fields, placeholders or both is needed" },
    };
    for (size_t i = 0; i < COUNT_OF(wrong); i++) {
        CHECK_FAULT(match_sigma_options_parse(&ctx, STR("m.yml"), str_of(wrong[i].text), &options), FAULT_INVALID.code);
        CHECK_STR(str_of(ctx.reason), wrong[i].words);
    }
    CHECK_FAULT(match_sigma_options_load(&ctx, "/nonexistent", &options), FAULT_IO.code);
}

TEST(loading_a_folder_keeps_the_good_and_tells_the_bad)
{
    struct ctx ctx = ctx_new(arena, 0);
    struct sigma_rules rules = { 0 };
    const char *folder = test_folder(arena);
    const char *names[] = { "b.yml", "a.yaml", "bad.yml", "note.txt" };
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        FILE *file = fopen(str_format(arena, "%s/%s", folder, names[i]).ptr, "w");
        CHECK(file != NULL);
        fprintf(file, i == 2 ? "title: [\n" : "title: %s\nlogsource: {}\ndetection: { s: { a: 1 }, condition: s }\n", names[i]);
        fclose(file);
    }
    CHECK_OK(match_sigma_load(&ctx, folder, NULL, &rules));
    CHECK_INT(rules.count, 2);
    CHECK_STR(rules.rules[0].title, "a.yaml");
    CHECK_STR(rules.rules[1].title, "b.yml");
    CHECK_INT(rules.problem_count, 1);
    CHECK(str_ends(rules.problems[0].file, STR("/bad.yml")));
    CHECK_FAULT(match_sigma_load(&ctx, str_format(arena, "%s/none", folder).ptr, NULL, &rules), FAULT_IO.code);
}

TEST(the_public_rules_load)
{
    const char *shared = test_shared();
    if (shared == NULL) {
        return;
    }
    struct ctx ctx = ctx_new(arena, 0);
    struct sigma_rules rules = { 0 };
    struct sigma_options options = OPTIONS;
    options.keep_unsupported = true;
    CHECK_OK(match_sigma_load(&ctx, str_format(arena, "%s/corpora/sigma/rules", shared).ptr, &options, &rules));
    for (size_t i = 0; i < rules.problem_count; i++) {
        print_message("%.*s:%u: %.*s\n", STR_ARG(rules.problems[i].file), rules.problems[i].line, STR_ARG(rules.problems[i].reason));
    }
    test_corpus_report("sigma_rules", rules.count + rules.problem_count, rules.count);
    CHECK_INT(rules.problem_count, 0);
    struct match_builder *builder = match_builder_open();
    struct projection_builder *paths = projection_begin();
    struct match_set *set = NULL;
    for (size_t i = 0; i < rules.count; i++) {
        CHECK_OK(match_builder_add(&ctx, builder, (uint32_t)i, rules.rules[i].when));
    }
    CHECK_OK(match_compile(&ctx, builder, paths, &set));
    match_set_free(set);
    projection_free(projection_end(paths));
}
