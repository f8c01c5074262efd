/* replica_test.c - copies in other Regions. */
#include "svc/secretsmanager/fixture.h"

static struct secretsmanager_replica_region_type osaka = { .region = STR_INIT("ap-northeast-3") };

static struct request in_osaka(const struct request *rq)
{
    struct request there = *rq;
    there.region = STR("ap-northeast-3");
    return there;
}

STORE_TEST(a_replica_follows_its_primary_until_it_is_cut_off)
{
    struct request rq = fixture_request(test, arena);
    struct secretsmanager_create_secret_out made;
    struct secretsmanager_replicate_secret_to_regions_out copied = { .arn = STR_NONE };
    struct str value = STR_NONE;
    struct str version = STR_NONE;
    CHECK_OK(fixture_create(&rq, "n", "one", &made));
    CHECK_OK(secretsmanager_replicate_secret_to_regions(&rq, &(struct secretsmanager_replicate_secret_to_regions_in){ .secret_id = STR("n"), .add_replica_regions = { &osaka, 1 } }, &copied));
    test_sound(&rq, "ReplicateSecretToRegions", &copied);
    CHECK_STR(copied.replication_status.items[0].status, "InSync");
    CHECK_OK(fixture_put(&rq, (struct secretsmanager_put_secret_value_in){ .secret_id = STR("n"), .secret_string = STR("two") }, &version));
    struct request there = in_osaka(&rq);
    CHECK_OK(fixture_get(&there, (struct secretsmanager_get_secret_value_in){ .secret_id = STR("n") }, &value));
    CHECK_STR(value, "two");
    CHECK_FAULT(fixture_put(&there, (struct secretsmanager_put_secret_value_in){ .secret_id = STR("n"), .secret_string = STR("x") }, &version), "InvalidRequestException");
    struct secretsmanager_delete_secret_out gone = { .arn = STR_NONE };
    const struct secretsmanager_delete_secret_in deletion = { .secret_id = STR("n") };
    CHECK_FAULT(secretsmanager_delete_secret(&rq, &deletion, &gone), "InvalidRequestException");
    struct secretsmanager_stop_replication_to_replica_out stopped = { .arn = STR_NONE };
    CHECK_OK(secretsmanager_stop_replication_to_replica(&there, &(struct secretsmanager_stop_replication_to_replica_in){ .secret_id = STR("n") }, &stopped));
    CHECK_OK(fixture_put(&there, (struct secretsmanager_put_secret_value_in){ .secret_id = STR("n"), .secret_string = STR("own") }, &version));
    CHECK_OK(fixture_get(&rq, (struct secretsmanager_get_secret_value_in){ .secret_id = STR("n") }, &value));
    CHECK_STR(value, "two");
    CHECK_OK(secretsmanager_delete_secret(&rq, &deletion, &gone));
    test_request_end(&rq);
}

STORE_TEST(a_name_that_is_taken_there_fails_unless_it_may_be_overwritten)
{
    struct request rq = fixture_request(test, arena);
    struct request there = in_osaka(&rq);
    struct secretsmanager_create_secret_out made;
    struct secretsmanager_replicate_secret_to_regions_out copied = { .arn = STR_NONE };
    struct secretsmanager_replicate_secret_to_regions_in in = { .secret_id = STR("n"), .add_replica_regions = { &osaka, 1 } };
    struct str value = STR_NONE;
    CHECK_OK(fixture_create(&there, "n", "theirs", &made));
    CHECK_OK(fixture_create(&rq, "n", "ours", &made));
    CHECK_OK(secretsmanager_replicate_secret_to_regions(&rq, &in, &copied));
    CHECK_STR(copied.replication_status.items[0].status, "Failed");
    CHECK_STR(copied.replication_status.items[0].status_message, "Replication failed: Secret name n already exists in region ap-northeast-3.");
    in.force_overwrite_replica_secret = (struct opt_bool)SOME(true);
    CHECK_OK(secretsmanager_replicate_secret_to_regions(&rq, &in, &copied));
    CHECK_STR(copied.replication_status.items[0].status, "InSync");
    CHECK_OK(fixture_get(&there, (struct secretsmanager_get_secret_value_in){ .secret_id = STR("n") }, &value));
    CHECK_STR(value, "ours");
    struct str region = STR("ap-northeast-3");
    struct secretsmanager_remove_regions_from_replication_out removed = { .arn = STR_NONE };
    CHECK_OK(secretsmanager_remove_regions_from_replication(&rq, &(struct secretsmanager_remove_regions_from_replication_in){ .secret_id = STR("n"), .remove_replica_regions = { &region, 1 } }, &removed));
    CHECK_FAULT(fixture_get(&there, (struct secretsmanager_get_secret_value_in){ .secret_id = STR("n") }, &value), "ResourceNotFoundException");
    test_request_end(&rq);
}
