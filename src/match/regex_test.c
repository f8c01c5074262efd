#include "match/regex.h"

#include "tests/test.h"

static struct str repeated(struct arena *arena, const char *piece, size_t count)
{
    struct text out = text_new(arena);
    for (size_t i = 0; i < count; i++) {
        text_add(&out, str_of(piece));
    }
    return text_str(&out);
}

TEST(expressions_that_explode_on_runs_are_refused)
{
    static const char *const patterns[] = { "^(a+)+$", "^(a|aa)+$", "(.*)*=(.*)*;", "^(\\w+\\s?)*$", "^((a+)+)+$" };
    struct ctx ctx = ctx_new(arena, 0);
    for (size_t i = 0; i < COUNT_OF(patterns); i++) {
        struct regex *regex = NULL;
        if (!regex_compile(&ctx, str_of(patterns[i]), 0, &regex).fault) {
            fail_msg("%s is not refused", patterns[i]);
        }
        CHECK(strstr(ctx.reason, "backtracks without end") != NULL);
    }
}

/* The bound is PCRE2's own count of steps: what would need 2 to the 200th ends as "limited", which the caller counts. */
TEST(what_explodes_on_other_texts_ends_at_the_limit_of_steps)
{
    static const struct { const char *pattern; const char *piece; } cases[] = {
        { "^(?:ab|ab)*c", "ab" }, { "(x+x+)+c", "x" }, { "^(?:xyz|xy|z)*!", "xyz" }, { "^(?:(?:key|k|ey)=?)*$", "key" },
    };
    struct ctx ctx = ctx_new(arena, 0);
    struct regex_scratch *scratch = regex_scratch_open();
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct regex *regex = NULL;
        bool limited = false;
        CHECK_OK(regex_compile(&ctx, str_of(cases[i].pattern), 0, &regex));
        const struct str text = str_format(arena, "%" STR_FMT "#c!", STR_ARG(repeated(arena, cases[i].piece, 200)));
        CHECK(!regex_found(regex, scratch, text, &limited));
        if (!limited) {
            fail_msg("%s is not limited", cases[i].pattern);
        }
        CHECK(!regex_found(regex, scratch, STR("#"), &limited));
        CHECK(!limited);
        regex_free(regex);
    }
    regex_scratch_close(scratch);
}
