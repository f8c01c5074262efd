#include "store/source.h"

static const struct migration STEPS[] = { { "test", 1, "none", "CREATE TABLE test_none (id BIGINT)" } };

#include "store/store_test.h"

STORE_TEST(an_object_is_added_once_for_each_source)
{
    int64_t first = 0, again = 0, second = 0;
    bool has = true;
    CHECK_OK(store_source_open(&test->ctx, test->db, STR("s3://a"), &first));
    CHECK_OK(store_source_open(&test->ctx, test->db, STR("s3://b"), &second));
    CHECK_OK(store_source_open(&test->ctx, test->db, STR("s3://a"), &again));
    CHECK(first == again && first != second);
    CHECK_OK(store_source_has(&test->ctx, test->db, first, STR("x"), &has));
    CHECK(!has);
    CHECK_OK(store_source_add(&test->ctx, test->db, first, STR("x")));
    CHECK_OK(store_source_add(&test->ctx, test->db, second, STR("x")));
    CHECK_OK(store_source_has(&test->ctx, test->db, first, STR("x"), &has));
    CHECK(has);
    CHECK_FAULT(store_source_add(&test->ctx, test->db, first, STR("x")), STORE_CONFLICT.code);
    (void)arena;
}

STORE_TEST(counters_add_up_and_hours_without_objects_are_gaps)
{
    int64_t id = 0;
    CHECK_OK(store_source_open(&test->ctx, test->db, STR("s3://a"), &id));
    for (int64_t i = 0; i < 3; i++) {
        const struct store_source_counts more = { .objects = 1, .bytes = 10, .records = 5, .newest_ms = 100 - i, .lag_ms = i };
        const struct store_source_hour hour = { STR("111122223333"), STR("eu-west-1"), STR("CloudTrail"), 10 + i * i };
        CHECK_OK(store_source_count(&test->ctx, test->db, id, &more));
        CHECK_OK(store_source_add_hour(&test->ctx, test->db, id, &hour));
        CHECK_OK(store_source_add_hour(&test->ctx, test->db, id, &hour));
    }
    CHECK_OK(store_source_looked(&test->ctx, test->db, id, STR("no")));
    struct store_source_row *rows = NULL;
    size_t count = 0;
    CHECK_OK(store_source_list(&test->ctx, test->db, &rows, &count));
    CHECK_INT(count, 1);
    CHECK(rows[0].counts.objects == 3 && rows[0].counts.bytes == 30 && rows[0].counts.records == 15);
    CHECK(rows[0].counts.newest_ms == 100 && rows[0].counts.lag_ms == 2);
    CHECK_INT(rows[0].gaps, 2); /* hours 10, 11 and 14 */
    CHECK_STR(rows[0].error, "no");
    CHECK(rows[0].looked_ms == test->ctx.now_ms);
}
