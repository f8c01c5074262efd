#include "store/writer.h"

#include "base/clock.h"
#include "base/queue.h"

static const struct migration STEPS[] = {
    { "note", 1, "note", "CREATE TABLE note (account TEXT NOT NULL, id BIGINT NOT NULL, PRIMARY KEY (account, id));" },
};

#include "store/store_test.h"

static const struct fault REFUSED = { "Refused", NULL, NULL, 400 };

struct caller {
    struct ctx ctx;
    struct store_writer *writer;
    struct thread *thread;
    int64_t id;       /* of the row its job writes */
    int64_t until;
    bool refuse;      /* after writing */
    struct err result;
};

static struct err insert(void *argument, struct store_conn *conn)
{
    struct caller *caller = argument;
    TRY(store_run(&caller->ctx, conn, "INSERT INTO note (account, id) VALUES ($1, $2)",
                  SQL_VALUES(SQL_TEXT(STR("1")), SQL_INT(caller->id)), NULL));
    return caller->refuse ? (struct err){ &REFUSED } : ERR_OK;
}

static void call(void *argument)
{
    struct caller *caller = argument;
    for (; caller->id < caller->until && !caller->result.fault; caller->id++) {
        caller->result = store_writer_wait(&caller->ctx, caller->writer, insert, caller);
    }
}

static int64_t rows(struct store_test *test)
{
    struct store_cursor cursor = { .conn = NULL };
    bool more = false;
    CHECK_OK(store_query(&test->ctx, test->db, "SELECT count(*) FROM note WHERE account = $1",
                         SQL_VALUES(SQL_TEXT(STR("1"))), &cursor));
    CHECK_OK(store_next(&test->ctx, &cursor, &more));
    const int64_t count = store_int(&cursor, 0);
    store_end(&cursor);
    return count;
}

enum { CALLERS = 64 };

/* YAGURA_BENCH=1 makes it long enough to measure. */
STORE_TEST(every_caller_s_row_is_there_when_it_is_told_so)
{
    const int64_t each = getenv("YAGURA_BENCH") ? 2000 : 20;
    struct store_writer *writer = NULL;
    struct caller callers[CALLERS] = { { .id = 0 } };
    CHECK_OK(store_writer_open(&test->ctx, test->store, 128, 4, &writer));
    const int64_t start = clock_monotonic_us();
    for (int64_t i = 0; i < CALLERS; i++) {
        callers[i] = (struct caller){ .ctx = ctx_new(NULL, 0), .writer = writer, .id = i * each, .until = (i + 1) * each };
        callers[i].thread = thread_start("caller", call, &callers[i]);
    }
    for (size_t i = 0; i < CALLERS; i++) {
        thread_join(callers[i].thread);
        CHECK_OK(callers[i].result);
    }
    const double seconds = (double)(clock_monotonic_us() - start) / 1e6;
    CHECK_INT(rows(test), CALLERS * each);
    printf("%.6s: %d callers, %.0f commits/s\n", test->url.ptr, CALLERS, (double)(CALLERS * each) / seconds);
    store_writer_close(writer);
}

struct told {
    struct caller caller;
    struct store_job job;
    int calls;
};

static void tell(void *argument, struct err result, const char *reason)
{
    (void)reason;
    struct told *told = argument;
    told->caller.result = result;
    told->calls++;
}

static struct err run_told(void *argument, struct store_conn *conn)
{
    return insert(&((struct told *)argument)->caller, conn);
}

STORE_TEST(a_job_that_fails_takes_no_other_with_it)
{
    struct store_writer *writer = NULL;
    struct told told[8] = { { .calls = 0 } };
    CHECK_OK(store_writer_open(&test->ctx, test->store, 128, 1, &writer));
    for (int64_t i = 0; i < 8; i++) {
        told[i].caller = (struct caller){ .ctx = ctx_new(NULL, 0), .id = i == 6 ? 5 : i, .refuse = i == 2 };
        told[i].job = (struct store_job){ .run = run_told, .done = tell, .argument = &told[i] };
        CHECK(store_writer_push(writer, &told[i].job));
    }
    store_writer_close(writer);
    for (int i = 0; i < 8; i++) {
        CHECK_INT(told[i].calls, 1);
        const struct fault *expected = i == 2 ? &REFUSED : i == 6 ? &STORE_CONFLICT : NULL;
        CHECK(told[i].caller.result.fault == expected);
    }
    CHECK_INT(rows(test), 6);
}

STORE_TEST(a_broken_store_is_told_to_every_job)
{
    CHECK_OK(store_run(&test->ctx, test->db, "DROP TABLE note", NULL, 0, NULL));
    struct store_writer *writer = NULL;
    struct caller caller = { .ctx = ctx_new(NULL, 0), .until = 1 };
    CHECK_OK(store_writer_open(&test->ctx, test->store, 1, 1, &writer));
    CHECK_FAULT(store_writer_wait(&caller.ctx, writer, insert, &caller), "InternalFailure");
    CHECK(strstr(caller.ctx.reason, "note"));
    store_writer_close(writer);
}
