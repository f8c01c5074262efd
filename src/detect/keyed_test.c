#include "detect/keyed.h"

#include "tests/test.h"

static uint64_t key(uint64_t number) { return keyed_hash(1, &number, sizeof(number)); }

TEST(a_keyed_piece_is_zeroed_and_then_kept_while_the_table_grows)
{
    enum { MANY = 20000 };
    struct keyed *table = keyed_open(sizeof(uint64_t), 1 << 19);
    for (uint64_t i = 0; i < MANY; i++) {
        uint64_t *piece = keyed_get(table, key(i), 1);
        CHECK(*piece == 0);
        *piece = i + 1;
    }
    for (uint64_t i = 0; i < MANY; i++) {
        CHECK(*(uint64_t *)keyed_get(table, key(i), 2) == i + 1);
    }
    CHECK_INT(keyed_evictions(table), 0);
    keyed_close(table);
}

TEST(a_full_keyed_table_forgets_what_was_longest_unused)
{
    struct keyed *table = keyed_open(sizeof(uint64_t), KEYED_WAYS);
    for (uint64_t i = 0; i < KEYED_WAYS; i++) {
        *(uint64_t *)keyed_get(table, key(i), (uint32_t)(100 + i)) = i + 1;
    }
    *(uint64_t *)keyed_get(table, key(0), 200) = 77;
    CHECK(*(uint64_t *)keyed_get(table, key(99), 201) == 0);
    CHECK_INT(keyed_evictions(table), 1);
    CHECK(*(uint64_t *)keyed_get(table, key(0), 202) == 77);
    CHECK(*(uint64_t *)keyed_get(table, key(1), 203) == 0); /* it was the oldest */
    keyed_close(table);
}

TEST(a_time_that_never_comes_does_not_keep_a_piece_in_a_keyed_table)
{
    struct keyed *table = keyed_open(sizeof(uint64_t), KEYED_WAYS);
    for (uint64_t i = 0; i + 1 < KEYED_WAYS; i++) {
        *(uint64_t *)keyed_get(table, key(i), UINT32_MAX) = 1;
    }
    *(uint64_t *)keyed_get(table, key(50), 100) = 77;
    *(uint64_t *)keyed_get(table, key(99), 101) = 78;
    CHECK(*(uint64_t *)keyed_get(table, key(50), 102) == 77);
    CHECK(*(uint64_t *)keyed_get(table, key(99), 103) == 78);
    CHECK_INT(keyed_evictions(table), 1);
    keyed_close(table);
}

TEST(a_keyed_hash_of_every_length_differs)
{
    const char bytes[32] = { 0 };
    for (size_t i = 0; i < sizeof(bytes); i++) {
        CHECK(keyed_hash(1, bytes, i) != keyed_hash(1, bytes, i + 1));
    }
}
