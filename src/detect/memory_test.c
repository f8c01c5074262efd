#include "detect/memory.h"

#include "tests/test.h"

static int *piece(struct memory_table *table, const char *account, const char *key)
{
    return memory_table_get(table, str_of(account), str_of(key));
}

TEST(a_piece_is_zeroed_and_then_kept)
{
    struct memory_table *table = memory_table_open(sizeof(int), 4, 4);
    CHECK_INT(*piece(table, "a", "x"), 0);
    *piece(table, "a", "x") = 7;
    CHECK_INT(*piece(table, "a", "y"), 0);
    CHECK_INT(*piece(table, "b", "x"), 0);
    CHECK_INT(*piece(table, "a", "x"), 7);
    CHECK_INT(*(int *)memory_table_get(table, STR_NONE, STR_NONE), 0);
    memory_table_close(table);
}

TEST(a_noisy_account_forgets_only_its_own_oldest_key)
{
    struct memory_table *table = memory_table_open(sizeof(int), 3, 4);
    *piece(table, "quiet", "x") = 1;
    *piece(table, "noisy", "old") = 2;
    *piece(table, "noisy", "used") = 3;
    for (int i = 0; i < 100; i++) {
        (void)piece(table, "noisy", str_format(arena, "key-%d", i).ptr);
        CHECK_INT(*piece(table, "noisy", "used"), 3);
    }
    CHECK_INT(*piece(table, "quiet", "x"), 1);
    CHECK_INT(memory_table_evictions(table), 99);
    CHECK_INT(*piece(table, "noisy", "old"), 0);
    memory_table_close(table);
}

TEST(beyond_the_number_of_accounts_the_least_used_of_the_late_ones_goes)
{
    struct memory_table *table = memory_table_open(sizeof(int), 4, 5); /* three that stay, two places for others */
    for (const char *early = "123"; *early; early++) {
        *piece(table, str_cstr(arena, (struct str){ early, 1 }), "x") = *early;
    }
    *piece(table, "a", "x") = 1;
    *piece(table, "b", "x") = 2;
    *piece(table, "a", "x") = 3;
    (void)piece(table, "c", "x");
    CHECK_INT(memory_table_evictions(table), 1);
    CHECK_INT(*piece(table, "a", "x"), 3);
    CHECK_INT(*piece(table, "1", "x"), '1');
    CHECK_INT(*piece(table, "b", "x"), 0);
    memory_table_close(table);
}

TEST(forged_accounts_that_came_first_give_way_to_one_that_is_used)
{
    struct memory_table *table = memory_table_open(sizeof(int), 4, 8);
    for (int i = 0; i < 8; i++) {
        (void)piece(table, str_format(arena, "forged-%d", i).ptr, "x");
    }
    *piece(table, "real", "x") = 7;
    for (int i = 0; i < ACCOUNT_IDLE; i++) {
        (void)piece(table, "real", "x");
    }
    for (int i = 0; i < 1000; i++) {
        (void)piece(table, str_format(arena, "more-%d", i).ptr, "x");
    }
    CHECK_INT(*piece(table, "real", "x"), 7);
    memory_table_close(table);
}

TEST(a_flood_of_forged_accounts_forgets_no_account_that_was_there)
{
    struct memory_table *table = memory_table_open(sizeof(int), 4, 8);
    *piece(table, "real", "x") = 7;
    for (int i = 0; i < 1000; i++) {
        *piece(table, str_format(arena, "forged-%d", i).ptr, "x") = i;
    }
    CHECK_INT(*piece(table, "real", "x"), 7);
    CHECK_INT(memory_table_evictions(table), 993);
    memory_table_close(table);
}
