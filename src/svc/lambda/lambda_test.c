#include "svc/lambda/lambda.h"

#include "s3_model.h"
#include "svc/door.h"
#include "svc/lambda/event.h"
#include "svc/lambda/function.h"
#include "svc/service_test.h"
#include "svc/lambda/url.h"
#include "tests/test.h"

static struct function_row some_function(struct str name, int64_t number)
{
    return (struct function_row){
        .name = name, .number = number, .code = STR("00"), .basis = STR("b"),
        .config = { .function_name = name, .version = number ? STR("1") : STR("$LATEST"), .timeout = SOME(3), .memory_size = SOME(128),
                    .role = STR("arn:aws:iam::111122223333:role/fn"), .revision_id = STR("r") },
    };
}

static struct err read_name(struct ctx *ctx, const char *text, const char *qualifier, struct function_name *out)
{
    return name_read(ctx, TEST_ACCOUNT, STR("ap-northeast-1"), str_of(text), str_of(qualifier), out);
}

TEST(a_function_is_named_in_many_ways)
{
    static const struct { const char *text, *account, *name, *qualifier; } cases[] = {
        { "fn", "111122223333", "fn", NULL }, { "fn:live", "111122223333", "fn", "live" },
        { "444455556666:function:fn", "444455556666", "fn", NULL }, { "function:fn:2", "111122223333", "fn", "2" },
        { "arn:aws:lambda:ap-northeast-1:444455556666:function:fn:$LATEST", "444455556666", "fn", "$LATEST" },
        { "123456789012", "111122223333", "123456789012", NULL },
    };
    struct ctx ctx = ctx_new(arena, 0);
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct function_name name = { 0 };
        CHECK_OK(read_name(&ctx, cases[i].text, NULL, &name));
        CHECK_STR(name.account, cases[i].account);
        CHECK_STR(name.name, cases[i].name);
        CHECK(str_equal(name.qualifier, str_of(cases[i].qualifier)));
    }
    struct function_name name = { 0 };
    CHECK_FAULT(read_name(&ctx, "fn:1", "2", &name), "InvalidParameterValueException");
    CHECK_FAULT(read_name(&ctx, "arn:aws:lambda:eu-west-1:444455556666:function:fn", NULL, &name), "ResourceNotFoundException");
}

/* An S3 in which every object is as large as this. */
static int64_t object_size;

static struct err s3_stand_in(struct request *rq, const struct door_call *call, const void **out)
{
    struct s3_head_object_out *head = ARENA_NEW(rq->ctx.arena, struct s3_head_object_out);
    head->content_length = (struct opt_long)SOME(object_size);
    *out = head;
    snprintf(rq->ctx.reason, sizeof(rq->ctx.reason), "it is read: %s", call->operation);
    return strcmp(call->operation, "HeadObject") == 0 ? ERR_OK : (struct err){ &FAULT_MISSING };
}

TEST(code_in_s3_is_measured_before_it_is_read)
{
    static const struct operation create = { .name = "CreateFunction" };
    struct door door = { .call = s3_stand_in };
    struct request rq = { .ctx = ctx_new(arena, 0), .operation = &create, .door = &door };
    const struct lambda_function_code place = { .s3_bucket = STR("b"), .s3_key = STR("k") };
    const struct lambda_create_function_in in = { .code = &place };
    struct code code = { .size = 0 };
    for (int i = 0; i < 9; i++) { /* more often than may be under way at once */
        object_size = i % 2 ? CODE_UNZIPPED_MAX : CODE_UNZIPPED_MAX + 1;
        CHECK_OK(code_before(&rq, &in));
        CHECK_OK(rq.before.run(rq.before.self, &rq));
        CHECK_FAULT(code_fetched(&rq, &code), "InvalidParameterValueException");
        CHECK(str_search(str_of(rq.ctx.reason), i % 2 ? STR("it is read: GetObject") : STR("must be smaller than 262144000")) != STR_MISSING);
        rq.before.undo(rq.before.self, &rq);
    }
}

STORE_TEST(aliases_lead_to_versions)
{
    struct request rq = test_request(test, arena, &LAMBDA_MODEL);
    const struct lambda_rows rows = { &rq.ctx, rq.db, rq.account, rq.region };
    const struct function_row latest = some_function(STR("fn"), 0), first = some_function(STR("fn"), 1);
    struct lambda_call call = { .number = 0 };
    CHECK_OK(rows_function_put(rows, &latest));
    CHECK_OK(rows_function_put(rows, &first));
    CHECK_OK(rows_extra_put(rows, STR("fn"), ITEM_ALIAS, STR("live"), STR("{\"FunctionVersion\":\"1\"}")));
    CHECK_OK(rows_extra_put(rows, STR("fn"), ITEM_CONCURRENCY, STR(""), STR("7")));
    CHECK_OK(lambda_settle(&rq.ctx, rq.db, rq.account, rq.region, STR("fn"), STR("live"), &call));
    CHECK(call.number == 1 && call.reserved == 7 && call.timeout_ms == 3000);
    CHECK_STR(call.arn, "arn:aws:lambda:ap-northeast-1:111122223333:function:fn:live");
    CHECK_OK(lambda_settle(&rq.ctx, rq.db, rq.account, rq.region, STR("fn"), STR_NONE, &call));
    CHECK_INT(call.number, 0);
    CHECK_FAULT(lambda_settle(&rq.ctx, rq.db, rq.account, rq.region, STR("fn"), STR("gone"), &call), "ResourceNotFoundException");
    test_request_end(&rq);
}

static enum lambda_event_next decided(struct request *rq, int64_t tries, enum lambda_event_end end, struct lambda_event_plan *plan)
{
    const struct lambda_owed event = { .account = rq->account, .region = rq->region, .id = STR("id"), .tries = tries,
                                       .arn = STR("arn:aws:lambda:ap-northeast-1:111122223333:function:fn"), .created_ms = INT64_MAX / 4 };
    CHECK_OK(lambda_event_decide(&rq->ctx, rq->db, &event, end, 60000, plan));
    return plan->next;
}

STORE_TEST(a_failing_event_comes_three_times_and_its_end_is_told)
{
    struct request rq = test_request(test, arena, &LAMBDA_MODEL);
    const struct lambda_rows rows = { &rq.ctx, rq.db, rq.account, rq.region };
    const struct function_row latest = some_function(STR("fn"), 0);
    struct lambda_event_plan plan = { .pause_ms = 0 };
    CHECK_OK(rows_function_put(rows, &latest));
    CHECK_OK(rows_extra_put(rows, STR("fn"), ITEM_EVENT, STR("$LATEST"), STR("{\"DestinationConfig\":{\"OnFailure\":{\"Destination\":\"arn:x\"}}}")));
    CHECK_INT(decided(&rq, 1, EVENT_FUNCTION_ERROR, &plan), EVENT_AGAIN);
    CHECK_INT(plan.pause_ms, 60000);
    CHECK_INT(decided(&rq, 2, EVENT_FUNCTION_ERROR, &plan), EVENT_AGAIN);
    CHECK_INT(plan.pause_ms, 120000);
    CHECK_INT(decided(&rq, 3, EVENT_FUNCTION_ERROR, &plan), EVENT_OVER);
    CHECK_STR(plan.destination, "arn:x");
    CHECK_STR(plan.condition, "RetriesExhausted");
    CHECK_INT(decided(&rq, 0, EVENT_SUCCESS, &plan), EVENT_OVER);
    CHECK(plan.destination.ptr == NULL);
    CHECK_INT(decided(&rq, 9, EVENT_THROTTLED, &plan), EVENT_AGAIN);
    test_request_end(&rq);
}

STORE_TEST(an_archive_stays_as_long_as_somebody_uses_it)
{
    struct request rq = test_request(test, arena, &LAMBDA_MODEL);
    const struct lambda_rows rows = { &rq.ctx, rq.db, rq.account, rq.region };
    struct function_row latest = some_function(STR("fn"), 0);
    struct str archive = STR_NONE;
    latest.code = STR("aa11");
    CHECK_OK(rows_function_put(rows, &latest));
    CHECK_OK(rows_code_put(rows, STR("aa11"), STR("zip")));
    CHECK_OK(rows_code_put(rows, STR("bb22"), STR("zip two")));
    CHECK_OK(rows_extra_put(rows, STR("layer:l"), ITEM_LAYER, STR("000000000001"), STR("{\"Content\":{\"Location\":\"bb22\"}}")));
    CHECK_OK(rows_code_drop(rows, STR("aa11")));
    CHECK_OK(rows_code_drop(rows, STR("bb22")));
    CHECK_OK(rows_code_get(rows, STR("bb22"), &archive));
    CHECK_STR(archive, "zip two");
    CHECK_OK(rows_function_delete_all(rows, STR("fn")));
    CHECK_OK(rows_code_drop(rows, STR("aa11")));
    CHECK_OK(rows_code_get(rows, STR("aa11"), &archive));
    CHECK(archive.ptr == NULL);
    test_request_end(&rq);
}

STORE_TEST(the_id_of_a_url_that_is_none_finds_nothing)
{
    struct request rq = test_request(test, arena, &LAMBDA_MODEL);
    struct lambda_url url = { .name = STR_NONE };
    const char *const ids[] = { "", "x", "dhpwnehf5yuhcrgxcmrn7yj5alpi5k4l", "????????????????????????????????", "dhpwnehf5yuhcrgxcmrn7yj5alpi5k4l0" };
    for (size_t i = 0; i < COUNT_OF(ids); i++) {
        bool found = true;
        CHECK_OK(lambda_url_find(&rq.ctx, rq.db, str_of(ids[i]), &url, &found));
        CHECK(!found);
    }
    test_request_end(&rq);
}
