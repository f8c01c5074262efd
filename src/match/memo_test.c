#include "match/memo.h"

#include <stdio.h>

#include "base/arena.h"
#include "tests/test.h"

TEST(a_text_keeps_its_place_until_another_takes_it)
{
    struct memo_table *table = memory_new(sizeof(*table));
    struct memo *first = memo_of(table, STR("aws-cli/2.31.4"));
    first->known = 1;
    const uint64_t serial = first->serial;
    CHECK(memo_of(table, STR("aws-cli/2.31.4")) == first);
    CHECK(first->known == 1 && first->serial == serial);
    char other[24];
    for (int i = 0; i < 10000; i++) {
        snprintf(other, sizeof(other), "agent-%d", i);
        memo_of(table, str_of(other));
    }
    first = memo_of(table, STR("aws-cli/2.31.4"));
    CHECK(first->known == 0 && first->serial != serial);
    memory_free(table);
}

TEST(texts_that_differ_anywhere_are_told_apart)
{
    struct memo_table *table = memory_new(sizeof(*table));
    struct memo *memo = memo_of(table, STR("a0000000000000000000000000000000"));
    memo->known = 1;
    memo = memo_of(table, STR("b0000000000000000000000000000000"));
    CHECK(memo->known == 0);
    memory_free(table);
}

TEST(empty_texts_are_remembered_and_long_ones_are_not)
{
    char longest[MEMO_TEXT_MAX + 1] = { 0 };
    struct memo_table *table = memory_new(sizeof(*table));
    struct memo *memo = memo_of(table, STR(""));
    CHECK(memo && memo->serial == 1 && memo->hit_count == MEMO_UNSEARCHED);
    memo->known = 4;
    CHECK(memo_of(table, STR(""))->known == 4);
    CHECK(memo_of(table, (struct str){ longest, MEMO_TEXT_MAX }) != NULL);
    CHECK(memo_of(table, (struct str){ longest, MEMO_TEXT_MAX + 1 }) == NULL);
    memory_free(table);
}
