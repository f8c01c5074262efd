/* What AWS and event-ruler were recorded to say. */
#include "match/eventbridge.h"

#include "base/json.h"
#include "tests/eventbridge_ask.h"
#include "tests/test.h"

/* Calls check for each line's object; counts. */
static void run_corpus(struct arena *arena, const char *file, bool (*check)(struct arena *arena, const struct json *line))
{
    const char *shared = test_shared();
    if (shared == NULL) {
        return;
    }
    struct str rest = test_read_file(arena, str_cstr(arena, str_format(arena, "%s/corpora/eventbridge/%s.jsonl", shared, file)));
    size_t run = 0;
    size_t passed = 0;
    while (rest.ptr && rest.len) {
        const struct json *line = json_parse(arena, str_cut(rest, '\n', &rest), NULL);
        if (line == NULL) {
            continue;
        }
        run++;
        const bool good = check(arena, line);
        passed += good;
        if (!good) {
            const struct str id = json_text(json_get(line, STR("id")));
            const struct str name = id.ptr ? id : json_text(json_get(line, STR("name")));
            print_error("%s %.*s fails\n", file, (int)name.len, name.ptr);
        }
    }
    test_corpus_report(file, run, passed);
}

static struct str member(const struct json *line, const char *name)
{
    return json_text(json_get(line, str_of(name)));
}

static bool one_matches(struct arena *arena, const struct json *line)
{
    const struct str pattern = member(line, "pattern");
    uint32_t ids[PATTERNS_MAX];
    struct asked asked = ask_open(arena, &pattern, 1);
    const bool matched = ask(&asked, member(line, "event"), ids) == 1;
    ask_close(&asked);
    return matched == str_equal(member(line, "expect"), STR("match"));
}

TEST(fields_of_one_array_element_match_together_in_the_corpus)
{
    run_corpus(arena, "ruler_array_correctness", one_matches);
}

static bool rules_match(struct arena *arena, const struct json *line)
{
    struct str patterns[PATTERNS_MAX];
    struct str names[PATTERNS_MAX];
    uint32_t ids[PATTERNS_MAX];
    size_t count = 0;
    for (const struct json *rule = json_get(line, STR("rules"))->child; rule && count < PATTERNS_MAX; rule = rule->next) {
        patterns[count] = member(rule, "pattern");
        names[count++] = member(rule, "name");
    }
    struct asked asked = ask_open(arena, patterns, count);
    const size_t matched = ask(&asked, member(line, "event"), ids);
    ask_close(&asked);
    bool expected[PATTERNS_MAX] = { false };
    for (const struct json *name = json_get(line, STR("matched"))->child; name; name = name->next) {
        for (size_t i = 0; i < count; i++) {
            expected[i] = expected[i] || str_equal(names[i], name->text);
        }
    }
    bool got[PATTERNS_MAX] = { false };
    for (size_t i = 0; i < matched; i++) { /* rules of one name are one rule to the recorder */
        for (size_t j = 0; j < count; j++) {
            got[j] = got[j] || str_equal(names[j], names[ids[i]]);
        }
    }
    return memcmp(expected, got, sizeof(got)) == 0;
}

TEST(rules_of_the_corpus_match_as_recorded)
{
    run_corpus(arena, "ruler_match", rules_match);
}

static bool compiles(struct arena *arena, const struct json *line)
{
    struct ctx ctx = ctx_new(arena, 0);
    const struct predicate *predicate = NULL;
    struct str reason = STR_NONE;
    const struct err err = eventbridge_parse(&ctx, member(line, "pattern"), &predicate, &reason);
    const struct str recorded = member(line, "error");
    if (err.fault == NULL || recorded.ptr == NULL) {
        return (err.fault == NULL) == (recorded.ptr == NULL);
    }
    const struct str words = str_from(reason, sizeof("Event pattern is not valid. Reason: ") - 1);
    if (!str_equal(words, recorded)) {
        print_error("got  %s\nwant %s\n", str_cstr(arena, words), str_cstr(arena, recorded));
    }
    return str_equal(words, recorded);
}

TEST(patterns_of_the_corpus_compile_or_are_refused_as_recorded)
{
    run_corpus(arena, "ruler_compile", compiles);
}

/* The recording hides partition and region. */
static struct str hide_region(struct arena *arena, struct str reason)
{
    const struct str shown = STR("arn:aws:events:us-east-1:");
    struct text text = text_new(arena);
    for (size_t at = str_search(reason, shown); at != STR_MISSING; at = str_search(reason, shown)) {
        text_add(&text, str_slice(reason, 0, at));
        text_add(&text, STR("arn:<partition>:events:<region>:"));
        reason = str_from(reason, at + shown.len);
    }
    text_add(&text, reason);
    return text_str(&text);
}

static struct err test_event_pattern(struct ctx *ctx, struct str event, struct str pattern, struct str *reason)
{
    const struct predicate *predicate = NULL;
    TRY(eventbridge_check_event(ctx, event));
    TRY(eventbridge_parse(ctx, pattern, &predicate, reason));
    return eventbridge_check_complexity(ctx, predicate);
}

static bool aws_agrees(struct arena *arena, const struct json *line)
{
    struct ctx ctx = ctx_new(arena, 0);
    struct str reason = STR_NONE;
    const struct err err = test_event_pattern(&ctx, member(line, "event"), member(line, "pattern"), &reason);
    if (!str_equal(member(line, "expect"), STR("error"))) {
        return err.fault == NULL && one_matches(arena, line);
    }
    const struct str recorded = member(line, "error_message");
    const struct str words = hide_region(arena, reason.ptr ? reason : str_of(ctx.reason));
    const bool same = err.fault && str_equal(member(line, "error_code"), str_of(err.fault->code))
                      && (recorded.ptr == NULL || str_equal(recorded, words));
    if (!same) {
        print_error("got  %s\nwant %s\n", str_cstr(arena, words), str_cstr(arena, recorded));
    }
    return same;
}

TEST(aws_answers_in_the_corpus_are_ours)
{
    run_corpus(arena, "patterns_aws_validated", aws_agrees);
}
