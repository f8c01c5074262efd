#include "svc/logs/logs.h"

#include "svc/logs/search.h"
#include "svc/service_test.h"
#include "tests/test.h"

#define NOW_MS 1700000000000

TEST(a_block_gives_back_what_was_written)
{
    struct block_event events[300];
    struct block_reader reader = { .at_ms = 0 };
    struct block_event event = { .at_ms = 0 };
    for (size_t count = 1; count <= COUNT_OF(events); count += 37) {
        for (size_t i = 0; i < count; i++) {
            events[i] = (struct block_event){ NOW_MS + (int64_t)(i * i), str_format(arena, "event %zu of many", i) };
        }
        const struct str data = block_write(arena, events, count);
        CHECK(block_open(arena, data, NOW_MS, &reader));
        for (size_t i = 0; i < count; i++) {
            CHECK(block_next(&reader, &event) && event.at_ms == events[i].at_ms && str_equal(event.message, events[i].message));
        }
        CHECK(!block_next(&reader, &event));
        CHECK(count < 100 || data.len < count * 10); /* packed */
    }
}

static void make_stream(struct request *rq, struct str group, struct str stream)
{
    struct logs_create_log_stream_out out;
    struct logs_create_log_stream_in in = { group, stream };
    CHECK_OK(logs_create_log_stream(rq, &in, &out));
}

static void make_group(struct request *rq, struct str group)
{
    struct logs_create_log_group_out out;
    struct logs_create_log_group_in in = { .log_group_name = group };
    CHECK_OK(logs_create_log_group(rq, &in, &out));
}

/* count events, a step apart, of which each names its stream and number. */
static void put(struct request *rq, struct str group, struct str stream, int64_t at_ms, size_t count, int64_t step_ms)
{
    struct logs_put_log_events_out out = { .next_sequence_token = STR_NONE };
    struct logs_input_log_event *events = ARENA_ARRAY(rq->ctx.arena, struct logs_input_log_event, count);
    for (size_t i = 0; i < count; i++) {
        events[i] = (struct logs_input_log_event){ SOME(at_ms + (int64_t)i * step_ms), str_format(rq->ctx.arena, "%s %zu", stream.ptr, i) };
    }
    struct logs_put_log_events_in in = { .log_group_name = group, .log_stream_name = stream, .log_events = { events, count } };
    CHECK_OK(logs_put_log_events(rq, &in, &out));
    test_sound(rq, "PutLogEvents", &out);
    CHECK(out.rejected_log_events_info == NULL);
}

/* Pages of `limit` until the end: events are in order, and come once. */
static size_t filter_all(struct request *rq, struct str group, struct str pattern, int32_t limit)
{
    struct logs_filter_log_events_in in = { .log_group_name = group, .filter_pattern = pattern, .limit = SOME(limit) };
    size_t count = 0;
    int64_t before_ms = 0;
    struct str before = STR("");
    do {
        struct logs_filter_log_events_out out = { .next_token = STR_NONE };
        CHECK_OK(logs_filter_log_events(rq, &in, &out));
        test_sound(rq, "FilterLogEvents", &out);
        CHECK(out.events.count <= (size_t)limit);
        for (size_t i = 0; i < out.events.count; i++) {
            const struct logs_filtered_log_event *event = &out.events.items[i];
            CHECK(event->timestamp.v >= before_ms && str_compare(event->event_id, before) > 0);
            before_ms = event->timestamp.v;
            before = event->event_id;
        }
        count += out.events.count;
        in.next_token = out.next_token;
    } while (in.next_token.ptr);
    return count;
}

static struct request open_request(struct store_test *test, struct arena *arena)
{
    struct request rq = test_request(test, arena, &LOGS_MODEL);
    for (size_t i = 0; i < LOGS_MODEL.operation_count; i++) {
        if (strcmp(LOGS_MODEL.operations[i].name, "FilterLogEvents") == 0) {
            rq.operation = &LOGS_MODEL.operations[i];
        }
    }
    CHECK_OK(store_begin(&rq.ctx, rq.db, STORE_WRITE));
    return rq;
}

STORE_TEST(blocks_that_overlap_are_searched_in_the_order_of_time)
{
    struct request rq = open_request(test, arena);
    const struct str group = STR("g");
    make_group(&rq, group);
    make_stream(&rq, group, STR("long"));
    make_stream(&rq, group, STR("short"));
    put(&rq, group, STR("long"), NOW_MS - 3600000, 100, 30000); /* one block over 50 minutes */
    for (int64_t i = 0; i < 50; i++) {
        put(&rq, group, STR("short"), NOW_MS - 3600000 + i * 60000, 3, 1000);
    }
    CHECK_INT(filter_all(&rq, group, STR(""), 7), 250);
    CHECK_INT(filter_all(&rq, group, STR("long"), 7), 100);
    CHECK_INT(filter_all(&rq, group, STR("\"short 1\""), 10000), 50);
    store_rollback(rq.db);
    test_request_end(&rq);
}

STORE_TEST(events_of_one_time_are_all_found)
{
    struct request rq = open_request(test, arena);
    const struct str group = STR("g");
    make_group(&rq, group);
    make_stream(&rq, group, STR("s"));
    for (int i = 0; i < 20; i++) {
        put(&rq, group, STR("s"), NOW_MS - 1000, 10, 0);
    }
    CHECK_INT(filter_all(&rq, group, STR(""), 9), 200);
    store_rollback(rq.db);
    test_request_end(&rq);
}

static size_t read_on(struct request *rq, struct str *token, bool head, int32_t limit, struct str *first)
{
    struct logs_get_log_events_out out = { .next_forward_token = STR_NONE };
    struct logs_get_log_events_in in = { .log_group_name = STR("g"), .log_stream_name = STR("s"), .next_token = *token,
                                         .start_from_head = SOME(head), .limit = SOME(limit) };
    CHECK_OK(logs_get_log_events(rq, &in, &out));
    test_sound(rq, "GetLogEvents", &out);
    *token = head ? out.next_forward_token : out.next_backward_token;
    *first = out.events.count ? out.events.items[0].message : STR("");
    return out.events.count;
}

STORE_TEST(a_stream_is_read_from_both_ends)
{
    struct request rq = open_request(test, arena);
    struct str first = STR_NONE;
    make_group(&rq, STR("g"));
    make_stream(&rq, STR("g"), STR("s"));
    for (int64_t i = 0; i < 10; i++) {
        put(&rq, STR("g"), STR("s"), NOW_MS - 100000 + i * 5000, 10, 1000); /* each overlaps the one before */
    }
    for (int head = 0; head < 2; head++) {
        struct str token = STR_NONE, before = STR("x");
        size_t count = 0, pages = 0;
        while (!str_equal(token, before)) {
            before = token;
            count += read_on(&rq, &token, head == 1, 9, &first);
            pages++;
        }
        CHECK_INT(count, 100);
        CHECK_INT(pages, 13); /* twelve with events, and the end */
    }
    struct str bad = STR("f/3/s");
    struct logs_get_log_events_in in = { .log_group_name = STR("g"), .log_stream_name = STR("s"), .next_token = bad };
    struct logs_get_log_events_out out = { .next_forward_token = STR_NONE };
    CHECK_FAULT(logs_get_log_events(&rq, &in, &out), "InvalidParameterException");
    store_rollback(rq.db);
    test_request_end(&rq);
}

STORE_TEST(what_expires_or_is_deleted_is_swept)
{
    struct request rq = open_request(test, arena);
    const struct rows rows = logs_rows(&rq);
    struct group group = { .name = STR_NONE };
    bool more = true, due = false;
    make_group(&rq, STR("g"));
    make_stream(&rq, STR("g"), STR("s"));
    make_stream(&rq, STR("g"), STR("t"));
    put(&rq, STR("g"), STR("s"), NOW_MS - 3 * DAY_MS, 5, 1);
    put(&rq, STR("g"), STR("s"), NOW_MS - 1000, 5, 1);
    put(&rq, STR("g"), STR("t"), NOW_MS - 1000, 5, 1);
    CHECK_OK(logs_sweep_due(&rq.ctx, rq.db, &due));
    CHECK(!due);
    struct logs_put_retention_policy_in keep = { STR("g"), SOME(1) };
    struct logs_put_retention_policy_out kept;
    CHECK_OK(logs_put_retention_policy(&rq, &keep, &kept));
    struct logs_delete_log_stream_in drop = { STR("g"), STR("t") };
    struct logs_delete_log_stream_out dropped;
    CHECK_OK(logs_delete_log_stream(&rq, &drop, &dropped));
    CHECK_OK(logs_sweep_due(&rq.ctx, rq.db, &due));
    CHECK(due);
    while (more) {
        CHECK_OK(logs_sweep(&rq.ctx, rq.db, &more));
    }
    CHECK_OK(logs_sweep_due(&rq.ctx, rq.db, &due));
    CHECK(!due);
    CHECK_OK(logs_group_need(&rq, STR("g"), &group));
    CHECK_INT(group.stored, 5 * (3 + BLOCK_EVENT_OVERHEAD));
    struct blocks blocks = { NULL, 0 };
    CHECK_OK(logs_row_blocks_since(&rows, group.id, 0, 100, NULL, NULL, &blocks));
    CHECK_INT(blocks.count, 1);
    store_rollback(rq.db);
    test_request_end(&rq);
}

STORE_TEST(a_feed_counts_and_makes_messages)
{
    struct request rq = open_request(test, arena);
    const struct rows rows = logs_rows(&rq);
    struct group group = { .name = STR_NONE };
    struct logs_metric_transformation count = { .metric_name = STR("m"), .metric_namespace = STR("n"), .metric_value = STR("2") };
    struct logs_put_metric_filter_in in = { .log_group_name = STR("g"), .filter_name = STR("f"), .filter_pattern = STR("\"s 1\""),
                                            .metric_transformations = { &count, 1 } };
    struct logs_put_metric_filter_out out;
    struct logs_feed feeds[4];
    struct logs_batch batch = { .next_block = 0 };
    struct logs_metric_report report = { .count = 0 };
    size_t due = 0;
    bool mine = false, first = false;
    make_group(&rq, STR("g"));
    make_stream(&rq, STR("g"), STR("s"));
    put(&rq, STR("g"), STR("s"), NOW_MS - 1000, 5, 1); /* before the filter */
    CHECK_OK(logs_put_metric_filter(&rq, &in, &out));
    CHECK_OK(logs_feed_due(&rq.ctx, rq.db, 4, feeds, &due));
    CHECK_INT(due, 0);
    put(&rq, STR("g"), STR("s"), NOW_MS - 1000, 20, 1); /* "s 1", and "s 10" to "s 19" */
    CHECK_OK(logs_feed_due(&rq.ctx, rq.db, 4, feeds, &due));
    CHECK_INT(due, 1);
    CHECK_OK(logs_feed_take(&rq.ctx, rq.db, &feeds[0], &mine));
    CHECK(mine);
    CHECK_OK(logs_feed_take(&rq.ctx, rq.db, &feeds[0], &mine));
    CHECK(!mine); /* leased */
    CHECK_OK(logs_batch_read(&rq.ctx, rq.db, &feeds[0], &batch));
    CHECK(batch.blocks.count == 1 && batch.metric_filters.count == 1);
    CHECK_OK(logs_batch_metrics(&rq.ctx, &batch, &batch.metric_filters.items[0], &report));
    CHECK(report.count == 1 && report.data[0].count >= 1 && report.data[0].sum >= 2);
    CHECK_OK(logs_feed_done(&rq.ctx, rq.db, &feeds[0], batch.next_block, &first));
    CHECK(first);
    CHECK_OK(logs_feed_done(&rq.ctx, rq.db, &feeds[0], batch.next_block, &first));
    CHECK(!first); /* nobody counts it again */
    CHECK_OK(logs_feed_due(&rq.ctx, rq.db, 4, feeds, &due));
    CHECK_INT(due, 0);
    CHECK_OK(logs_group_need(&rq, STR("g"), &group));
    CHECK(group.metric_filters == 1 && rows.db == rq.db);
    store_rollback(rq.db);
    test_request_end(&rq);
}
