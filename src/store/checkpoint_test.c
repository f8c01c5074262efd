#include "store/checkpoint.h"

static const struct migration STEPS[] = { { "test", 1, "none", "CREATE TABLE test_none (id BIGINT)" } };

#include "store/store_test.h"

STORE_TEST(a_checkpoint_is_what_was_committed_last)
{
    struct str value = STR_NONE;
    CHECK_OK(store_checkpoint_read(&test->ctx, test->db, STR("watch"), &value));
    CHECK(value.ptr == NULL);
    for (int i = 0; i < 3; i++) {
        CHECK_OK(store_begin(&test->ctx, test->db, STORE_WRITE));
        CHECK_OK(store_checkpoint_write(&test->ctx, test->db, STR("watch"), str_format(arena, "at %d", i)));
        if (i < 2) {
            CHECK_OK(store_commit(&test->ctx, test->db));
        } else {
            store_rollback(test->db);
        }
    }
    CHECK_OK(store_checkpoint_read(&test->ctx, test->db, STR("watch"), &value));
    CHECK_STR(value, "at 1");
}
