/* fixture.h - a caller with an empty store for this folder's tests, on each backend that is there. */
#ifndef YAGURA_SVC_GUARDDUTY_FIXTURE_H
#define YAGURA_SVC_GUARDDUTY_FIXTURE_H

#include "schema.h"
#include "store/store_test.h"
#include "svc/guardduty/detector.h"
#include "svc/guardduty/guardduty.h"
#include "wire/codec.h"

#define BAD_REQUEST "BadRequestException"

static inline struct request fixture_request(struct store_test *test, const struct vault *vault)
{
    return (struct request){
        .ctx = test->ctx,
        .db = test->db,
        .service = &GUARDDUTY_MODEL,
        .operation = &GUARDDUTY_MODEL.operations[0],
        .partition = STR("aws"),
        .region = STR("ap-northeast-1"),
        .account = STR("111122223333"),
        .home_account = STR("111122223333"),
        .vault = vault,
    };
}

/* A detector with everything at its default. */
static inline struct str fixture_detector(struct request *rq)
{
    const struct guardduty_create_detector_in in = { .enable = SOME(true) };
    struct guardduty_create_detector_out out = { .detector_id = STR_NONE };
    CHECK_OK(guardduty_create_detector(rq, &in, &out));
    CHECK_INT(out.detector_id.len, 32);
    return out.detector_id;
}

/* Sample findings of some types, or of all when there is none. */
static inline void fixture_samples(struct request *rq, struct str detector, struct str *types, size_t count)
{
    const struct guardduty_create_sample_findings_in in = {
        .detector_id = detector,
        .finding_types = { .items = types, .count = count },
    };
    struct guardduty_create_sample_findings_out out = { 0 };
    CHECK_OK(guardduty_create_sample_findings(rq, &in, &out));
}

static inline struct guardduty_list_findings_out fixture_list(struct request *rq,
                                                              const struct guardduty_list_findings_in *in)
{
    struct guardduty_list_findings_out out = { .next_token = STR_NONE };
    CHECK_OK(guardduty_list_findings(rq, in, &out));
    return out;
}

static inline struct guardduty_get_findings_out fixture_get(struct request *rq, struct str detector,
                                                            struct guardduty_finding_ids ids)
{
    const struct guardduty_get_findings_in in = { .detector_id = detector, .finding_ids = ids };
    struct guardduty_get_findings_out out = { .findings = { NULL, 0 } };
    CHECK_OK(guardduty_get_findings(rq, &in, &out));
    return out;
}

/* What the answer breaks of its own model fails the test. */
#define CHECK_ANSWER(shape, answer)                                                                                    \
    do {                                                                                                               \
        const struct str broken_ = wire_check_output(&rq->ctx, (shape), (answer));                                     \
        if (broken_.ptr) {                                                                                             \
            fail_msg("%s", str_cstr(rq->ctx.arena, broken_));                                                          \
        }                                                                                                              \
    } while (0)

#define GUARDDUTY_TEST(name)                                                                                           \
    static void name##_body(struct request *rq, struct arena *arena);                                                  \
    static void name##_backend(struct store_test *test, struct arena *arena)                                           \
    {                                                                                                                  \
        struct vault *vault = NULL;                                                                                    \
        CHECK_OK(vault_open(&test->ctx, str_format(arena, "%s/root.key", test_folder(arena)), &vault));                \
        struct request rq = fixture_request(test, vault);                                                              \
        name##_body(&rq, arena);                                                                                       \
        vault_close(vault);                                                                                            \
    }                                                                                                                  \
    TEST(name)                                                                                                         \
    {                                                                                                                  \
        store_test_run(arena, store_test_sqlite(arena), SCHEMA_STEPS, SCHEMA_STEP_COUNT, name##_backend);              \
        const struct str postgres = store_test_postgres(arena);                                                        \
        if (postgres.ptr) {                                                                                            \
            store_test_run(arena, postgres, SCHEMA_STEPS, SCHEMA_STEP_COUNT, name##_backend);                          \
        }                                                                                                              \
    }                                                                                                                  \
    static void name##_body(struct request *rq, struct arena *arena __attribute__((unused)))

#endif
