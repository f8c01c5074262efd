#include "match/literals.h"

#include "match/text.h"
#include "tests/test.h"

struct seen {
    unsigned counts[64];
};

static void note(void *context, uint32_t literal)
{
    struct seen *seen = context;
    seen->counts[literal]++;
}

static unsigned occurrences(struct str text, struct str literal)
{
    unsigned count = 0;
    for (size_t i = 0; i + literal.len <= text.len; i++) {
        count += match_text_equal(literal, str_slice(text, i, literal.len));
    }
    return count;
}

TEST(every_occurrence_is_found_whatever_its_case)
{
    static const struct str literals[] = { STR_INIT("he"), STR_INIT("she"), STR_INIT("his"), STR_INIT("hers"), STR_INIT("she"), STR_INIT("x") };
    const struct literals *l = literals_build(arena, literals, COUNT_OF(literals));
    struct seen seen = { { 0 } };
    literals_find(l, STR("uSHErs he"), note, &seen);
    CHECK_INT(seen.counts[0], 2);
    CHECK_INT(seen.counts[1], 1);
    CHECK_INT(seen.counts[2], 0);
    CHECK_INT(seen.counts[3], 1);
    CHECK_INT(seen.counts[4], 1);
    CHECK_INT(seen.counts[5], 0);
}

/* Of a few letters they overlap in every way; of all bytes, some of these share a class and may give false hits. */
static void try_random(struct arena *arena, uint64_t *state, unsigned letters)
{
    struct str literals[64];
    char bytes[64][6], text[400], lower[400];
    for (size_t i = 0; i < 64; i++) {
        const size_t len = 1 + (*state >> 40) % 5;
        for (size_t j = 0; j < len; j++) {
            *state = *state * 6364136223846793005u + 1442695040888963407u;
            bytes[i][j] = (char)(unsigned char)('a' + (*state >> 33) % letters);
        }
        match_text_lower(bytes[i], (struct str){ bytes[i], len });
        literals[i] = (struct str){ bytes[i], len };
    }
    for (size_t i = 0; i < sizeof(text); i++) {
        *state = *state * 6364136223846793005u + 1442695040888963407u;
        text[i] = (char)(unsigned char)('a' + (*state >> 33) % letters);
    }
    match_text_lower(lower, (struct str){ text, sizeof(text) });
    struct seen seen = { { 0 } };
    literals_find(literals_build(arena, literals, 64), (struct str){ text, sizeof(text) }, note, &seen);
    for (size_t i = 0; i < 64; i++) {
        const unsigned expected = occurrences((struct str){ text, sizeof(text) }, literals[i]);
        CHECK(letters < 200 ? seen.counts[i] == expected : seen.counts[i] >= expected);
    }
}

TEST(the_automaton_finds_what_a_search_finds)
{
    uint64_t state = 5;
    for (int round = 0; round < 200; round++) {
        try_random(arena, &state, round % 3 == 0 ? 2 : round % 3 == 1 ? 26 : 256);
    }
}
