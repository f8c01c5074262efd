/* service_test.h - a request for handler tests, on a store with every schema step, called by an IAM user. */
#ifndef YAGURA_SVC_SERVICE_TEST_H
#define YAGURA_SVC_SERVICE_TEST_H

#include "schema.h"

#define STEPS SCHEMA_STEPS
#define STEP_COUNT SCHEMA_STEP_COUNT
#include "store/store_test.h"

#include "svc/request.h"
#include "wire/codec.h"

#define TEST_ACCOUNT STR("111122223333")

static inline struct request test_request(struct store_test *test, struct arena *arena,
                                          const struct service_model *service)
{
    struct vault *vault = NULL;
    CHECK_OK(vault_open(&test->ctx, str_format(arena, "%s/root.key", test_folder(arena)), &vault));
    return (struct request){
        .ctx = test->ctx,
        .db = test->db,
        .vault = vault,
        .service = service,
        .partition = STR("aws"),
        .region = STR("ap-northeast-1"),
        .account = TEST_ACCOUNT,
        .home_account = TEST_ACCOUNT,
        .caller = { .type = PRINCIPAL_USER, .account = TEST_ACCOUNT, .name = STR("caller"), .id = STR("AIDACALLER"),
                    .arn = STR("arn:aws:iam::111122223333:user/caller") },
        .source_ip = STR("192.0.2.7"),
    };
}

static inline void test_request_end(struct request *rq)
{
    struct vault *vault = NULL;
    memcpy(&vault, &rq->vault, sizeof(vault));
    vault_close(vault);
}

/* Every answer must be one that the model allows. */
static inline void test_sound(struct request *rq, const char *operation, const void *out)
{
    for (size_t i = 0; i < rq->service->operation_count; i++) {
        if (strcmp(rq->service->operations[i].name, operation) == 0) {
            const struct str broken = wire_check_output(&rq->ctx, rq->service->operations[i].output, out);
            if (broken.ptr) {
                fail_msg("%s: %.*s", operation, (int)broken.len, broken.ptr);
            }
            return;
        }
    }
    fail_msg("no operation %s", operation);
}

#endif
