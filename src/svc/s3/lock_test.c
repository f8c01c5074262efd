/* lock_test.c - retention and legal hold: who may lengthen, shorten and remove. spec: S3 user guide, "Locking objects". */
#include "svc/s3/fixture.h"

#define DAY_MS ((int64_t)24 * 3600 * 1000)
#define KEY STR("kept")

static struct err retain(struct request *rq, const char *mode, int64_t until_ms, bool bypass)
{
    const struct s3_object_lock_retention retention = { .mode = mode ? str_of(mode) : STR_NONE, .retain_until_date = { until_ms != 0, until_ms } };
    const struct s3_put_object_retention_in in = { .bucket = FIXTURE_BUCKET, .key = KEY, .retention = &retention,
                                                   .bypass_governance_retention = { bypass, bypass } };
    struct s3_put_object_retention_out out = { .request_charged = STR_NONE };
    fixture_as(rq, "PutObjectRetention", &in);
    return s3_put_object_retention(rq, &in, &out);
}

static struct err retained(struct request *rq, const struct s3_object_lock_retention **found)
{
    const struct s3_get_object_retention_in in = { .bucket = FIXTURE_BUCKET, .key = KEY };
    struct s3_get_object_retention_out out = { .retention = NULL };
    fixture_as(rq, "GetObjectRetention", &in);
    TRY(s3_get_object_retention(rq, &in, &out));
    *found = out.retention;
    return ERR_OK;
}

static struct err hold(struct request *rq, const char *status)
{
    const struct s3_object_lock_legal_hold legal_hold = { .status = str_of(status) };
    const struct s3_put_object_legal_hold_in in = { .bucket = FIXTURE_BUCKET, .key = KEY, .legal_hold = &legal_hold };
    struct s3_put_object_legal_hold_out out = { .request_charged = STR_NONE };
    fixture_as(rq, "PutObjectLegalHold", &in);
    return s3_put_object_legal_hold(rq, &in, &out);
}

static struct err held(struct request *rq, struct str *status)
{
    const struct s3_get_object_legal_hold_in in = { .bucket = FIXTURE_BUCKET, .key = KEY };
    struct s3_get_object_legal_hold_out out = { .legal_hold = NULL };
    fixture_as(rq, "GetObjectLegalHold", &in);
    TRY(s3_get_object_legal_hold(rq, &in, &out));
    *status = out.legal_hold->status;
    return ERR_OK;
}

static struct request begin(struct store_test *test, struct arena *arena)
{
    struct request rq = fixture_begin(test, arena, true);
    struct s3_put_object_out put;
    CHECK_OK(fixture_put(&rq, (struct s3_put_object_in){ .key = KEY, .body = STR("bytes") }, &put));
    return rq;
}

STORE_TEST(a_governance_retention_shrinks_only_for_who_bypasses_it)
{
    struct request rq = begin(test, arena);
    const struct s3_object_lock_retention *found = NULL;
    const int64_t now = rq.ctx.now_ms;
    CHECK_FAULT(retained(&rq, &found), "NoSuchObjectLockConfiguration");
    CHECK_OK(retain(&rq, "GOVERNANCE", now + 2 * DAY_MS, false));
    CHECK_FAULT(retain(&rq, "GOVERNANCE", now + DAY_MS, false), "AccessDenied");
    CHECK_FAULT(retain(&rq, NULL, 0, false), "AccessDenied");
    CHECK_OK(retain(&rq, "GOVERNANCE", now + 3 * DAY_MS, false)); /* longer may anybody */
    CHECK_OK(retained(&rq, &found));
    CHECK_STR(found->mode, "GOVERNANCE");
    CHECK_INT(found->retain_until_date.v, now + 3 * DAY_MS);
    CHECK_OK(retain(&rq, "GOVERNANCE", now + DAY_MS, true));
    CHECK_OK(retain(&rq, NULL, 0, true));
    CHECK_FAULT(retained(&rq, &found), "NoSuchObjectLockConfiguration");
    fixture_end(&rq);
}

STORE_TEST(a_compliance_retention_shrinks_for_nobody_until_it_is_over)
{
    struct request rq = begin(test, arena);
    const int64_t now = rq.ctx.now_ms;
    CHECK_OK(retain(&rq, "COMPLIANCE", now + 2 * DAY_MS, false));
    CHECK_FAULT(retain(&rq, "COMPLIANCE", now + DAY_MS, true), "AccessDenied");
    CHECK_FAULT(retain(&rq, "GOVERNANCE", now + 9 * DAY_MS, true), "AccessDenied");
    CHECK_FAULT(retain(&rq, NULL, 0, true), "AccessDenied");
    CHECK_OK(retain(&rq, "COMPLIANCE", now + 3 * DAY_MS, false));
    rq.ctx.now_ms += 4 * DAY_MS;
    CHECK_OK(retain(&rq, NULL, 0, false));
    fixture_end(&rq);
}

STORE_TEST(a_retention_must_be_whole_and_to_come)
{
    struct request rq = begin(test, arena);
    const int64_t now = rq.ctx.now_ms;
    CHECK_FAULT(retain(&rq, "GOVERNANCE", 0, false), "MalformedXML");
    CHECK_FAULT(retain(&rq, NULL, now + DAY_MS, false), "MalformedXML");
    CHECK_FAULT(retain(&rq, "FOREVER", now + DAY_MS, false), "MalformedXML");
    CHECK_FAULT(retain(&rq, "GOVERNANCE", now, false), "InvalidArgument");
    CHECK_STR(str_of(rq.ctx.reason), "The retain until date must be in the future!");
    fixture_end(&rq);
}

STORE_TEST(a_hold_is_none_until_it_was_said_and_leaves_retention_alone)
{
    struct request rq = begin(test, arena);
    struct str status = STR_NONE;
    CHECK_FAULT(held(&rq, &status), "NoSuchObjectLockConfiguration");
    CHECK_FAULT(hold(&rq, "PERHAPS"), "MalformedXML");
    CHECK_OK(hold(&rq, "ON"));
    CHECK_OK(held(&rq, &status));
    CHECK_STR(status, "ON");
    CHECK_OK(retain(&rq, "GOVERNANCE", rq.ctx.now_ms + 2 * DAY_MS, false));
    CHECK_OK(retain(&rq, "GOVERNANCE", rq.ctx.now_ms + DAY_MS, true));
    CHECK_OK(hold(&rq, "OFF"));
    CHECK_OK(held(&rq, &status));
    CHECK_STR(status, "OFF");
    fixture_end(&rq);
}

STORE_TEST(a_bucket_without_lock_knows_neither)
{
    struct request rq = fixture_begin(test, arena, false);
    struct s3_put_object_out put;
    struct str status = STR_NONE;
    CHECK_OK(fixture_put(&rq, (struct s3_put_object_in){ .key = KEY, .body = STR("bytes") }, &put));
    CHECK_FAULT(hold(&rq, "ON"), "InvalidRequest");
    CHECK_FAULT(held(&rq, &status), "InvalidRequest");
    CHECK_FAULT(retain(&rq, "GOVERNANCE", rq.ctx.now_ms + DAY_MS, false), "InvalidRequest");
    fixture_end(&rq);
}
