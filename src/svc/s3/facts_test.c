/* facts_test.c - what is known of a bucket is kept until something is written, and never by calls that write. */
#include "svc/s3/facts.h"

#include "s3_model.h"
#include "svc/changes.h"
#include "svc/s3/opened.h"
#include "svc/service_test.h"

#define BUCKET STR("facts-bucket")

static void begin(struct request *rq)
{
    const struct bucket_row bucket = { .name = BUCKET, .account = TEST_ACCOUNT, .region = STR("eu-west-1"), .created_ms = 1 };
    CHECK_OK(store_begin(&rq->ctx, rq->db, STORE_WRITE));
    CHECK_OK(bucket_rows_insert(&rq->ctx, rq->db, &bucket));
    CHECK_OK(setting_rows_put(&rq->ctx, rq->db, BUCKET, STR("policy"), STR(""), STR("one")));
    CHECK_OK(setting_rows_put(&rq->ctx, rq->db, BUCKET, STR("inventory"), STR("weekly"), STR("not a bucket's only one")));
    CHECK_OK(account_setting_put(&rq->ctx, rq->db, TEST_ACCOUNT, STR("public-access"), STR("block")));
}

static struct str policy_now(struct request *rq)
{
    const struct bucket_facts *facts = NULL;
    CHECK_OK(facts_of(rq, BUCKET, &facts));
    return facts_setting(facts, STR("policy"));
}

/* Behind the back of this process. */
static void change_elsewhere(struct request *rq, const char *document)
{
    static const char sql[] = "UPDATE s3_bucket_setting SET document = $1 WHERE kind = 'policy'";
    CHECK_OK(store_run(&rq->ctx, rq->db, sql, SQL_VALUES(SQL_TEXT(str_of(document))), NULL));
}

STORE_TEST(a_bucket_is_known_with_what_is_set_of_it_and_of_its_account)
{
    struct request rq = test_request(test, arena, &S3_MODEL);
    const struct bucket_facts *facts = NULL;
    begin(&rq);
    CHECK_OK(facts_of(&rq, STR("another"), &facts));
    CHECK(facts == NULL && facts_setting(facts, STR("policy")).ptr == NULL);
    CHECK_OK(facts_of(&rq, BUCKET, &facts));
    CHECK_STR(facts->row.region, "eu-west-1");
    CHECK_STR(facts_setting(facts, STR("policy")), "one");
    CHECK_STR(facts_setting(facts, SETTING_OF_ACCOUNT), "block");
    CHECK(facts_setting(facts, STR("inventory")).ptr == NULL);
    store_rollback(rq.db);
    test_request_end(&rq);
}

STORE_TEST(facts_are_kept_until_something_is_written_or_they_grow_old)
{
    struct request rq = test_request(test, arena, &S3_MODEL);
    begin(&rq);
    CHECK_STR(policy_now(&rq), "one");
    change_elsewhere(&rq, "two");
    CHECK_STR(policy_now(&rq), "two"); /* just written: nothing is kept yet */
    rq.ctx.now_ms += CHANGES_SETTLE_MS;
    CHECK_STR(policy_now(&rq), "two");
    change_elsewhere(&rq, "three");
    CHECK_STR(policy_now(&rq), "two"); /* another process's change shows later */
    rq.writes = true;
    CHECK_STR(policy_now(&rq), "three"); /* but not to who writes */
    rq.writes = false;
    rq.ctx.now_ms += CHANGES_FRESH_MS;
    CHECK_STR(policy_now(&rq), "three");
    CHECK_OK(setting_rows_put(&rq.ctx, rq.db, BUCKET, STR("policy"), STR(""), STR("four")));
    CHECK_STR(policy_now(&rq), "four");
    rq.ctx.now_ms += CHANGES_SETTLE_MS;
    CHECK_STR(policy_now(&rq), "four");
    CHECK_OK(account_setting_delete(&rq.ctx, rq.db, TEST_ACCOUNT, STR("public-access")));
    const struct bucket_facts *facts = NULL;
    CHECK_OK(facts_of(&rq, BUCKET, &facts));
    CHECK(facts_setting(facts, SETTING_OF_ACCOUNT).ptr == NULL);
    store_rollback(rq.db);
    test_request_end(&rq);
}

TEST(an_opened_key_is_found_again_under_its_whole_id_alone)
{
    unsigned char key[SEGMENTS_KEY_SIZE] = { 7 }, got[SEGMENTS_KEY_SIZE] = { 0 };
    char long_id[200];
    memset(long_id, 'x', sizeof(long_id));
    CHECK(!opened_get(STR("bucket/abc"), got));
    opened_put(STR("bucket/abc"), key);
    CHECK(opened_get(STR("bucket/abc"), got) && memcmp(got, key, sizeof(key)) == 0);
    CHECK(!opened_get(STR("bucket/ab"), got) && !opened_get(STR("bucket/abcd"), got) && !opened_get(STR(""), got));
    opened_put((struct str){ long_id, sizeof(long_id) }, key);
    CHECK(!opened_get((struct str){ long_id, sizeof(long_id) }, got));
}
