#include "store/list.h"

static const struct migration STEPS[] = { { "x", 1, "first", "CREATE TABLE item (id BIGINT PRIMARY KEY, name TEXT)" } };
#include "store/store_test.h"

struct item {
    int64_t id;
    struct str name;
};

static void read_item(const void *self, const struct store_cursor *row, void *item)
{
    struct ctx *ctx = (void *)(uintptr_t)self;
    *(struct item *)item = (struct item){ store_int(row, 0), store_text(ctx, row, 1) };
}

STORE_TEST(rows_become_a_list_of_any_length)
{
    const struct store_reader all = { read_item, &test->ctx, sizeof(struct item), 0 };
    const struct store_reader some = { read_item, &test->ctx, sizeof(struct item), 20 };
    struct store_list list = { NULL, 0 };
    CHECK_OK(store_begin(&test->ctx, test->db, STORE_WRITE));
    CHECK_OK(store_list(&test->ctx, test->db, "SELECT id, name FROM item", NULL, 0, &all, &list));
    CHECK(list.items != NULL && list.count == 0);
    for (int64_t i = 0; i < 100; i++) {
        CHECK_OK(store_run(&test->ctx, test->db, "INSERT INTO item VALUES ($1, $2)", SQL_VALUES(SQL_INT(i), SQL_TEXT(STR("n"))), NULL));
    }
    CHECK_OK(store_list(&test->ctx, test->db, "SELECT id, name FROM item ORDER BY id", NULL, 0, &all, &list));
    const struct item *items = list.items;
    CHECK(list.count == 100 && items[0].id == 0 && items[99].id == 99);
    CHECK_STR(items[42].name, "n");
    CHECK_OK(store_list(&test->ctx, test->db, "SELECT id, name FROM item ORDER BY id DESC", NULL, 0, &some, &list));
    items = list.items;
    CHECK(list.count == 20 && items[19].id == 80);
    struct item item = { .id = 7 };
    bool found = true;
    CHECK_OK(store_first(&test->ctx, test->db, "SELECT id, name FROM item WHERE id > $1 ORDER BY id", SQL_VALUES(SQL_INT(1000)), &all, &item, &found));
    CHECK(!found && item.id == 7);
    CHECK_OK(store_first(&test->ctx, test->db, "SELECT id, name FROM item WHERE id > $1 ORDER BY id", SQL_VALUES(SQL_INT(50)), &all, &item, &found));
    CHECK(found && item.id == 51);
    CHECK_OK(store_commit(&test->ctx, test->db));
}
