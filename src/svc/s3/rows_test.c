/* rows_test.c - versions of objects, their order, and the blobs they consist of; pages of a list. */
#include "svc/s3/rows.h"

#include "svc/s3/listing.h"
#include "svc/service_test.h"

#define BUCKET STR("bucket")

static struct object_row object(struct str name, struct str version)
{
    return (struct object_row){ .bucket = BUCKET, .name = name, .version = version, .owner = TEST_ACCOUNT, .modified_ms = 1 };
}

static void put(struct request *rq, struct object_row row)
{
    CHECK_OK(object_rows_put(&rq->ctx, rq->db, &row));
}

static struct object_row get(struct request *rq, struct str name, struct str version)
{
    struct object_row row = { .name = STR_NONE };
    bool found = false;
    CHECK_OK(object_rows_get(&rq->ctx, rq->db, BUCKET, name, version, &row, &found));
    return found ? row : (struct object_row){ .name = STR_NONE };
}

static bool is_free(struct request *rq, struct str blob)
{
    struct str ids[8];
    size_t count = 0;
    CHECK_OK(blob_rows_free(&rq->ctx, rq->db, rq->ctx.now_ms + 1, COUNT_OF(ids), ids, &count));
    for (size_t i = 0; i < count; i++) {
        if (str_equal(ids[i], blob)) {
            return true;
        }
    }
    return false;
}

STORE_TEST(the_newest_version_answers_until_it_goes)
{
    struct request rq = test_request(test, arena, &S3_MODEL);
    CHECK_OK(store_begin(&rq.ctx, rq.db, STORE_WRITE));
    put(&rq, object(STR("k"), STR("null")));
    put(&rq, object(STR("k"), STR("one"))); /* within the same millisecond */
    put(&rq, object(STR("k"), STR("two")));
    CHECK_STR(get(&rq, STR("k"), STR_NONE).version, "two");
    CHECK(!get(&rq, STR("k"), STR("null")).latest && get(&rq, STR("k"), STR("null")).name.ptr);
    const struct object_row two = get(&rq, STR("k"), STR("two"));
    CHECK_OK(object_rows_delete(&rq.ctx, rq.db, &two));
    CHECK_STR(get(&rq, STR("k"), STR_NONE).version, "one");
    put(&rq, object(STR("k"), STR("null"))); /* replaces the old one, and is on top */
    CHECK_STR(get(&rq, STR("k"), STR_NONE).version, "null");
    const struct object_row top = get(&rq, STR("k"), STR_NONE);
    CHECK_OK(object_rows_delete(&rq.ctx, rq.db, &top));
    const struct object_row one = get(&rq, STR("k"), STR_NONE);
    CHECK_STR(one.version, "one");
    CHECK_OK(object_rows_delete(&rq.ctx, rq.db, &one));
    CHECK(get(&rq, STR("k"), STR_NONE).name.ptr == NULL);
    store_rollback(rq.db);
    test_request_end(&rq);
}

STORE_TEST(a_clock_that_goes_back_changes_no_order)
{
    struct request rq = test_request(test, arena, &S3_MODEL);
    CHECK_OK(store_begin(&rq.ctx, rq.db, STORE_WRITE));
    put(&rq, object(STR("k"), STR("one")));
    rq.ctx.now_ms -= 1000000;
    put(&rq, object(STR("k"), STR("two")));
    CHECK_STR(get(&rq, STR("k"), STR_NONE).version, "two");
    store_rollback(rq.db);
    test_request_end(&rq);
}

STORE_TEST(a_blob_goes_with_the_last_object_that_consists_of_it)
{
    struct request rq = test_request(test, arena, &S3_MODEL);
    struct object_part part = { .size = 5, .blob = STR("blob") };
    struct object_row first = object(STR("a"), STR("null")), copy = object(STR("b"), STR("null"));
    first.parts = copy.parts = &part;
    first.part_count = copy.part_count = 1;
    CHECK_OK(store_begin(&rq.ctx, rq.db, STORE_WRITE));
    CHECK_OK(blob_rows_use(&rq.ctx, rq.db, part.blob, part.size));
    put(&rq, first);
    CHECK_OK(blob_rows_use(&rq.ctx, rq.db, part.blob, part.size));
    put(&rq, copy);
    CHECK_STR(get(&rq, STR("b"), STR_NONE).parts[0].blob, "blob");
    put(&rq, object(STR("a"), STR("null"))); /* overwritten */
    CHECK(!is_free(&rq, part.blob));
    const struct object_row last = get(&rq, STR("b"), STR_NONE);
    CHECK_OK(object_rows_delete(&rq.ctx, rq.db, &last));
    CHECK(is_free(&rq, part.blob));
    bool known = false;
    CHECK_OK(blob_rows_known(&rq.ctx, rq.db, part.blob, &known));
    CHECK(known);
    CHECK_OK(blob_rows_forget(&rq.ctx, rq.db, part.blob));
    CHECK_OK(blob_rows_known(&rq.ctx, rq.db, part.blob, &known));
    CHECK(!known);
    store_rollback(rq.db);
    test_request_end(&rq);
}

/* All pages of a list, as "key key prefix/|key ...". */
static struct str pages(struct request *rq, struct str prefix, struct str delimiter, int32_t max)
{
    struct text text = text_new(rq->ctx.arena);
    struct str after = STR_NONE;
    for (bool more = true; more;) {
        struct listing found = { 0 };
        CHECK_OK(listing_find(rq, &(const struct listing_wish){ .bucket = BUCKET, .prefix = prefix, .delimiter = delimiter,
                                                                .after = after, .max = SOME(max) }, &found));
        CHECK(found.count + found.prefix_count <= (size_t)max);
        for (size_t i = 0; i < found.count; i++) {
            text_add_format(&text, "%" STR_FMT " ", STR_ARG(found.rows[i].name));
        }
        for (size_t i = 0; i < found.prefix_count; i++) {
            text_add_format(&text, "[%" STR_FMT "] ", STR_ARG(found.prefixes[i]));
        }
        after = found.last;
        more = found.truncated;
    }
    return text_str(&text);
}

STORE_TEST(pages_of_any_size_hold_every_key_once)
{
    static const char *const keys[] = { "a", "a/1", "a/2", "b\x7f", "b\x7f/1", "c/\xed\x9f\xbf", "c/\xed\x9f\xbfx", "c/\xee\x80\x80",
                                        "z/\xf4\x8f\xbf\xbf", "z/\xf4\x8f\xbf\xbfz", "\xc3\xa9/1", "\xf4\x8f\xbf\xbf" };
    struct request rq = test_request(test, arena, &S3_MODEL);
    CHECK_OK(store_begin(&rq.ctx, rq.db, STORE_WRITE));
    for (size_t i = 0; i < COUNT_OF(keys); i++) {
        put(&rq, object(str_of(keys[i]), STR("null")));
    }
    for (int32_t max = 1; max < 14; max++) {
        CHECK_STR(pages(&rq, STR_NONE, STR_NONE, max),
                  "a a/1 a/2 b\x7f b\x7f/1 c/\xed\x9f\xbf c/\xed\x9f\xbfx c/\xee\x80\x80 z/\xf4\x8f\xbf\xbf z/\xf4\x8f\xbf\xbfz "
                  "\xc3\xa9/1 \xf4\x8f\xbf\xbf ");
        CHECK_STR(pages(&rq, STR("a/"), STR("/"), max), "a/1 a/2 ");
        CHECK_STR(pages(&rq, STR("c/\xed\x9f\xbf"), STR_NONE, max), "c/\xed\x9f\xbf c/\xed\x9f\xbfx ");
        CHECK_STR(pages(&rq, STR("z/\xf4\x8f\xbf\xbf"), STR_NONE, max), "z/\xf4\x8f\xbf\xbf z/\xf4\x8f\xbf\xbfz ");
        CHECK_STR(pages(&rq, STR("\xf4\x8f\xbf\xbf"), STR("/"), max), "\xf4\x8f\xbf\xbf ");
        CHECK_STR(pages(&rq, STR("b\x7f"), STR_NONE, max), "b\x7f b\x7f/1 ");
        CHECK_STR(pages(&rq, STR("nothing"), STR("/"), max), "");
    }
    CHECK_STR(pages(&rq, STR_NONE, STR("/"), 1000), "a b\x7f \xf4\x8f\xbf\xbf [a/] [b\x7f/] [c/] [z/] [\xc3\xa9/] ");
    CHECK_STR(pages(&rq, STR_NONE, STR("/"), 1), "a [a/] b\x7f [b\x7f/] [c/] [z/] [\xc3\xa9/] \xf4\x8f\xbf\xbf ");
    store_rollback(rq.db);
    test_request_end(&rq);
}

/* Skipping, not reading: what lies below a common prefix costs one look, however much it is. */
STORE_TEST(common_prefixes_are_skipped_over)
{
    struct request rq = test_request(test, arena, &S3_MODEL);
    CHECK_OK(store_begin(&rq.ctx, rq.db, STORE_WRITE));
    for (int i = 0; i < 3000; i++) {
        put(&rq, object(str_format(arena, "%d/%04d", i / 1500, i), STR("null")));
    }
    CHECK_STR(pages(&rq, STR_NONE, STR("/"), 1000), "[0/] [1/] ");
    store_rollback(rq.db);
    test_request_end(&rq);
}
