#include "match/text.h"

#include "tests/test.h"

enum { TEXT_LENGTH = 20000 };

static struct str repeated(struct arena *arena, const char *piece, size_t length)
{
    struct text out = text_new(arena);
    while (out.len < length) {
        text_add(&out, str_of(piece));
    }
    return text_str(&out);
}

/* Whatever the stars, no more than the text's length times the longest run between two of them, and the pattern once. */
static void check_bound(struct arena *arena, struct str pattern, struct str text)
{
    const struct wildcard wildcard = wildcard_parse(arena, pattern, false);
    size_t longest = 0, run = 0;
    for (size_t i = 0; i < wildcard.count; i++) {
        run = wildcard.tokens[i] == WILDCARD_ANY ? 0 : run + 1;
        longest = run > longest ? run : longest;
    }
    CHECK(wildcard_work(&wildcard, text) <= (text.len + 1) * (longest + 2) + wildcard.count);
}

TEST(nested_stars_cost_no_more_than_text_times_run)
{
    const struct str text = repeated(arena, "a", TEXT_LENGTH);
    static const char *const pieces[] = { "*a", "*", "**a?", "*aaaaaaaaaaaaaaab", "?*", "*?*a" };
    for (size_t i = 0; i < COUNT_OF(pieces); i++) {
        for (size_t length = 1; length <= 1024; length *= 4) {
            const struct str stars = repeated(arena, pieces[i], length);
            check_bound(arena, stars, text);
            check_bound(arena, str_format(arena, "%" STR_FMT "b", STR_ARG(stars)), text);
        }
    }
    const struct wildcard nested = wildcard_parse(arena, str_format(arena, "%" STR_FMT "b", STR_ARG(repeated(arena, "*a", 64))), false);
    CHECK(!wildcard_match(&nested, text));
    CHECK(wildcard_match(&nested, str_format(arena, "%" STR_FMT "b", STR_ARG(text))));
}
