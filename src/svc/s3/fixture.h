/* fixture.h - a bucket and its objects behind handlers, for the tests of this folder; within one write transaction. */
#ifndef YAGURA_SVC_S3_FIXTURE_H
#define YAGURA_SVC_S3_FIXTURE_H

#include "s3_model.h"
#include "svc/s3/object.h"
#include "svc/service_test.h"

#define FIXTURE_BUCKET STR("a-bucket")

/* What the handler of an operation is called with. */
static inline void fixture_as(struct request *rq, const char *operation, const void *in)
{
    rq->in = in;
    rq->extra = (struct answer_extra){ .status = 0 };
    rq->before = (struct before){ NULL, NULL, NULL };
    for (size_t i = 0; i < rq->service->operation_count; i++) {
        if (strcmp(rq->service->operations[i].name, operation) == 0) {
            rq->operation = &rq->service->operations[i];
            return;
        }
    }
    fail_msg("no operation %s", operation);
}

static inline struct request fixture_begin(struct store_test *test, struct arena *arena, bool object_lock)
{
    struct request rq = test_request(test, arena, &S3_MODEL);
    const struct bucket_row bucket = { .name = FIXTURE_BUCKET, .account = TEST_ACCOUNT, .region = rq.region, .created_ms = 1,
                                       .versioning = object_lock ? STR("Enabled") : STR(""), .object_lock = object_lock };
    rq.writes = true;
    CHECK_OK(store_begin(&rq.ctx, rq.db, STORE_WRITE));
    CHECK_OK(bucket_rows_insert(&rq.ctx, rq.db, &bucket));
    return rq;
}

static inline void fixture_end(struct request *rq)
{
    store_rollback(rq->db);
    test_request_end(rq);
}

/* The element of the answer's Error, or absent. */
static inline struct str fixture_element(const struct request *rq, const char *name)
{
    for (size_t i = 0; i < rq->extra.element_count; i++) {
        if (str_equal(rq->extra.elements[i].name, str_of(name))) {
            return rq->extra.elements[i].value;
        }
    }
    return STR_NONE;
}

static inline struct err fixture_put(struct request *rq, struct s3_put_object_in in, struct s3_put_object_out *out)
{
    struct s3_put_object_in *kept = ARENA_NEW(rq->ctx.arena, struct s3_put_object_in);
    *kept = in;
    kept->bucket = FIXTURE_BUCKET;
    *out = (struct s3_put_object_out){ .e_tag = STR_NONE };
    fixture_as(rq, "PutObject", kept);
    TRY(object_before_put(rq, kept));
    TRY(s3_put_object(rq, kept, out));
    test_sound(rq, "PutObject", out);
    return ERR_OK;
}

#endif
