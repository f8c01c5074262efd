/* secretsmanager_test.c - secrets, their versions and stages. spec: SPECS section 6, and the API reference. */
#include "svc/secretsmanager/accessed.h"
#include "svc/secretsmanager/fixture.h"

#define TOKEN_1 STR("11111111-1111-1111-1111-111111111111")
#define TOKEN_2 STR("22222222-2222-2222-2222-222222222222")
#define TOKEN_3 STR("33333333-3333-3333-3333-333333333333")

static struct err get(struct request *rq, struct str id, struct str *value)
{
    return fixture_get(rq, (struct secretsmanager_get_secret_value_in){ .secret_id = id }, value);
}

STORE_TEST(a_secret_is_found_by_name_arn_and_arn_without_its_end)
{
    struct request rq = fixture_request(test, arena);
    struct secretsmanager_create_secret_out made;
    struct str value = STR_NONE;
    CHECK_OK(fixture_create(&rq, "app/db", "s3cret", &made));
    CHECK(str_starts(made.arn, STR("arn:aws:secretsmanager:ap-northeast-1:111122223333:secret:app/db-")));
    CHECK_INT(made.arn.len, strlen("arn:aws:secretsmanager:ap-northeast-1:111122223333:secret:app/db-") + 6);
    CHECK_OK(get(&rq, STR("app/db"), &value));
    CHECK_OK(get(&rq, made.arn, &value));
    CHECK_OK(get(&rq, str_slice(made.arn, 0, made.arn.len - 7), &value));
    CHECK_STR(value, "s3cret");
    CHECK_FAULT(get(&rq, str_slice(made.arn, 0, made.arn.len - 1), &value), "ResourceNotFoundException");
    CHECK_STR(str_of(rq.ctx.reason), "Secrets Manager can't find the specified secret.");
    CHECK_FAULT(get(&rq, STR("arn:aws:secretsmanager:us-east-1:111122223333:secret:app/db"), &value), "ResourceNotFoundException");
    CHECK_FAULT(get(&rq, STR("no space"), &value), "ValidationException");
    test_request_end(&rq);
}

STORE_TEST(stages_move_as_versions_come)
{
    struct request rq = fixture_request(test, arena);
    struct secretsmanager_create_secret_out made;
    struct str version = STR_NONE;
    CHECK_OK(fixture_create(&rq, "n", "one", &made));
    CHECK_OK(fixture_put(&rq, (struct secretsmanager_put_secret_value_in){ .secret_id = STR("n"), .secret_string = STR("two"), .client_request_token = TOKEN_2 }, &version));
    CHECK(str_equal(fixture_at(&rq, made.arn, STAGE_CURRENT), TOKEN_2));
    CHECK(str_equal(fixture_at(&rq, made.arn, STAGE_PREVIOUS), made.version_id));
    struct str pending = STAGE_PENDING;
    CHECK_OK(fixture_put(&rq, (struct secretsmanager_put_secret_value_in){ .secret_id = STR("n"), .secret_string = STR("three"),
                 .client_request_token = TOKEN_3, .version_stages = { &pending, 1 } }, &version));
    CHECK(str_equal(fixture_at(&rq, made.arn, STAGE_CURRENT), TOKEN_2));
    CHECK(str_equal(fixture_at(&rq, made.arn, STAGE_PENDING), TOKEN_3));
    struct secretsmanager_update_secret_version_stage_out moved = { .arn = STR_NONE };
    struct secretsmanager_update_secret_version_stage_in move = { .secret_id = STR("n"), .version_stage = STAGE_CURRENT, .move_to_version_id = TOKEN_3 };
    CHECK_FAULT(secretsmanager_update_secret_version_stage(&rq, &move, &moved), "InvalidParameterException");
    move.remove_from_version_id = TOKEN_2;
    CHECK_OK(secretsmanager_update_secret_version_stage(&rq, &move, &moved));
    CHECK(str_equal(fixture_at(&rq, made.arn, STAGE_CURRENT), TOKEN_3));
    CHECK(str_equal(fixture_at(&rq, made.arn, STAGE_PENDING), TOKEN_3));
    CHECK(str_equal(fixture_at(&rq, made.arn, STAGE_PREVIOUS), TOKEN_2));
    struct secretsmanager_list_secret_version_ids_out list = { .arn = STR_NONE };
    CHECK_OK(secretsmanager_list_secret_version_ids(&rq, &(struct secretsmanager_list_secret_version_ids_in){ .secret_id = STR("n") }, &list));
    CHECK_INT(list.versions.count, 2);
    CHECK_OK(secretsmanager_list_secret_version_ids(&rq, &(struct secretsmanager_list_secret_version_ids_in){ .secret_id = STR("n"), .include_deprecated = SOME(true) },
                                                    (memset(&list, 0, sizeof(list)), &list)));
    CHECK_INT(list.versions.count, 3);
    move = (struct secretsmanager_update_secret_version_stage_in){ .secret_id = STR("n"), .version_stage = STAGE_CURRENT, .remove_from_version_id = TOKEN_3 };
    CHECK_FAULT(secretsmanager_update_secret_version_stage(&rq, &move, &moved), "InvalidParameterException");
    test_request_end(&rq);
}

STORE_TEST(a_token_makes_writes_idempotent_but_never_changes_a_version)
{
    struct request rq = fixture_request(test, arena);
    struct secretsmanager_create_secret_out made;
    struct secretsmanager_create_secret_in create = { .name = STR("n"), .secret_string = STR("one"), .client_request_token = TOKEN_1 };
    struct str version = STR_NONE;
    memset(&made, 0, sizeof(made));
    CHECK_OK(secretsmanager_create_secret(&rq, &create, &made));
    CHECK_OK(secretsmanager_create_secret(&rq, &create, &made));
    create.secret_string = STR("other");
    CHECK_FAULT(secretsmanager_create_secret(&rq, &create, &made), "ResourceExistsException");
    struct secretsmanager_put_secret_value_in put = { .secret_id = STR("n"), .secret_string = STR("one"), .client_request_token = TOKEN_1 };
    CHECK_OK(fixture_put(&rq, put, &version));
    put.secret_string = STR("two");
    CHECK_FAULT(fixture_put(&rq, put, &version), "ResourceExistsException");
    CHECK(str_search(str_of(rq.ctx.reason), STR("two")) == STR_MISSING);
    test_request_end(&rq);
}

STORE_TEST(twenty_labels_and_a_hundred_versions_are_the_most)
{
    struct request rq = fixture_request(test, arena);
    struct secretsmanager_create_secret_out made;
    struct str labels[21];
    struct str version = STR_NONE;
    CHECK_OK(fixture_create(&rq, "n", "v", &made));
    for (size_t i = 0; i < COUNT_OF(labels); i++) {
        labels[i] = str_format(arena, "L%zu", i);
    }
    struct secretsmanager_put_secret_value_in put = { .secret_id = STR("n"), .secret_string = STR("w"), .version_stages = { labels, 20 } };
    CHECK_OK(fixture_put(&rq, put, &version));
    put.version_stages.count = 21;
    CHECK_FAULT(fixture_put(&rq, put, &version), "LimitExceededException");
    put.version_stages = (struct secretsmanager_secret_version_stages_type){ NULL, 0 };
    for (size_t i = 0; i < 120; i++) {
        CHECK_OK(fixture_put(&rq, put, &version));
    }
    const struct rows rows = secret_rows_here(&rq);
    struct versions versions = { NULL, 0 };
    CHECK_OK(secret_row_versions(&rows, made.arn, &versions));
    CHECK_INT(versions.count, 100);
    CHECK(str_equal(fixture_at(&rq, made.arn, STAGE_CURRENT), version));
    test_request_end(&rq);
}

STORE_TEST(a_deleted_secret_can_be_restored_until_it_is_purged)
{
    struct request rq = fixture_request(test, arena);
    struct secretsmanager_create_secret_out made;
    struct secretsmanager_delete_secret_out gone = { .arn = STR_NONE };
    struct secretsmanager_restore_secret_out back = { .arn = STR_NONE };
    struct secretsmanager_delete_secret_in deletion = { .secret_id = STR("n"), .recovery_window_in_days = SOME(6) };
    struct str value = STR_NONE;
    bool due = false;
    CHECK_OK(fixture_create(&rq, "n", "v", &made));
    CHECK_FAULT(secretsmanager_delete_secret(&rq, &deletion, &gone), "InvalidParameterException");
    deletion.recovery_window_in_days.v = 7;
    CHECK_OK(secretsmanager_delete_secret(&rq, &deletion, &gone));
    CHECK_INT(gone.deletion_date.v, rq.ctx.now_ms + 7 * DAY_MS);
    CHECK_FAULT(get(&rq, STR("n"), &value), "InvalidRequestException");
    CHECK_STR(str_of(rq.ctx.reason), "You can't perform this operation on the secret because it was marked for deletion.");
    CHECK_FAULT(fixture_create(&rq, "n", "v", &made), "InvalidRequestException");
    CHECK_OK(secretsmanager_restore_secret(&rq, &(struct secretsmanager_restore_secret_in){ .secret_id = STR("n") }, &back));
    CHECK_OK(get(&rq, STR("n"), &value));
    CHECK_OK(secretsmanager_delete_secret(&rq, &deletion, &gone));
    CHECK_OK(secretsmanager_chores_do(&rq.ctx, rq.db));
    CHECK_OK(secretsmanager_chores_due(&rq.ctx, rq.db, &due));
    CHECK(!due);
    rq.ctx.now_ms += 7 * DAY_MS;
    CHECK_OK(secretsmanager_chores_due(&rq.ctx, rq.db, &due));
    CHECK(due);
    CHECK_OK(secretsmanager_chores_do(&rq.ctx, rq.db));
    CHECK_FAULT(get(&rq, STR("n"), &value), "ResourceNotFoundException");
    CHECK_OK(fixture_create(&rq, "n", "v", &made));
    test_request_end(&rq);
}

STORE_TEST(the_day_of_reading_is_told_at_once_and_stored_later)
{
    struct request rq = fixture_request(test, arena);
    struct secretsmanager_create_secret_out made;
    struct secretsmanager_describe_secret_out told = { .arn = STR_NONE };
    const struct secretsmanager_describe_secret_in describe = { .secret_id = STR("n") };
    struct str value = STR_NONE;
    CHECK_OK(fixture_create(&rq, "n", "v", &made));
    CHECK_OK(secretsmanager_describe_secret(&rq, &describe, &told));
    CHECK(!told.last_accessed_date.set);
    CHECK_OK(get(&rq, STR("n"), &value));
    struct accessed *taken = NULL;
    CHECK_INT(secret_accessed_take(&rq.ctx, &taken), 1); /* and not stored: a view of the store from before */
    memset(&told, 0, sizeof(told));
    CHECK_OK(secretsmanager_describe_secret(&rq, &describe, &told));
    CHECK_INT(told.last_accessed_date.v, secret_day_of(rq.ctx.now_ms));
    CHECK_OK(get(&rq, STR("n"), &value));
    for (int stored = 0; stored < 2; stored++) {
        memset(&told, 0, sizeof(told));
        CHECK_OK(secretsmanager_describe_secret(&rq, &describe, &told));
        CHECK_INT(told.last_accessed_date.v, secret_day_of(rq.ctx.now_ms));
        CHECK_OK(secretsmanager_chores_do(&rq.ctx, rq.db));
    }
    test_request_end(&rq);
}

STORE_TEST(kms_decides_who_reads_and_its_refusal_has_secrets_managers_words)
{
    struct request rq = fixture_request(test, arena);
    struct secretsmanager_create_secret_out made;
    struct str value = STR_NONE;
    CHECK_OK(fixture_create(&rq, "n", "v", &made));
    fixture_kms_denies = true;
    CHECK_FAULT(get(&rq, STR("n"), &value), "AccessDeniedException");
    CHECK_STR(str_of(rq.ctx.reason), "Access to KMS is not allowed");
    fixture_kms_denies = false;
    /* A ciphertext belongs to its secret and version. */
    CHECK_OK(fixture_create(&rq, "m", "v", &made));
    CHECK_OK(store_run(&rq.ctx, rq.db,
                       "UPDATE secretsmanager_version SET data_key = (SELECT v.data_key FROM secretsmanager_version v WHERE v.secret = $1)",
                       SQL_VALUES(SQL_TEXT(made.arn)), NULL));
    CHECK_FAULT(get(&rq, STR("n"), &value), "DecryptionFailure");
    CHECK_OK(get(&rq, STR("m"), &value));
    test_request_end(&rq);
}

STORE_TEST(filters_narrow_and_pages_join)
{
    struct request rq = fixture_request(test, arena);
    struct secretsmanager_create_secret_out made;
    struct secretsmanager_list_secrets_out page = { .next_token = STR_NONE };
    struct secretsmanager_list_secrets_in in = { .max_results = SOME(2), .sort_by = STR("name"), .sort_order = STR("desc") };
    const char *const names[] = { "app/a", "app/b", "app/c", "web/d" };
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        CHECK_OK(fixture_create(&rq, names[i], "v", &made));
    }
    struct str prefix = STR("app/");
    struct secretsmanager_filter filter = { .key = STR("name"), .values = { &prefix, 1 } };
    in.filters = (struct secretsmanager_filters_list_type){ &filter, 1 };
    CHECK_OK(secretsmanager_list_secrets(&rq, &in, &page));
    CHECK_INT(page.secret_list.count, 2);
    CHECK_STR(page.secret_list.items[0].name, "app/c");
    in.next_token = page.next_token;
    memset(&page, 0, sizeof(page));
    CHECK_OK(secretsmanager_list_secrets(&rq, &in, &page));
    CHECK_INT(page.secret_list.count, 1);
    CHECK_STR(page.secret_list.items[0].name, "app/a");
    CHECK(page.next_token.ptr == NULL);
    prefix = STR("!app/");
    CHECK_FAULT(secretsmanager_list_secrets(&rq, &in, &page), "InvalidNextTokenException");
    in.next_token = STR_NONE;
    CHECK_OK(secretsmanager_list_secrets(&rq, &in, &page));
    CHECK_INT(page.secret_list.count, 1);
    CHECK_STR(page.secret_list.items[0].name, "web/d");
    test_request_end(&rq);
}

STORE_TEST(passwords_hold_each_kind_and_nothing_excluded)
{
    struct request rq = fixture_request(test, arena);
    for (int i = 0; i < 200; i++) {
        struct secretsmanager_get_random_password_out out = { .random_password = STR_NONE };
        const struct secretsmanager_get_random_password_in in = { .password_length = SOME(4), .exclude_characters = STR("abc\"'\\") };
        CHECK_OK(secretsmanager_get_random_password(&rq, &in, &out));
        CHECK_INT(out.random_password.len, 4);
        bool lower = false;
        bool digit = false;
        for (size_t k = 0; k < 4; k++) {
            const char c = out.random_password.ptr[k];
            lower = lower || (c >= 'a' && c <= 'z');
            digit = digit || (c >= '0' && c <= '9');
            CHECK(str_find(in.exclude_characters, c) == STR_MISSING);
        }
        CHECK(lower && digit);
    }
    struct secretsmanager_get_random_password_out out = { .random_password = STR_NONE };
    CHECK_FAULT(secretsmanager_get_random_password(&rq, &(struct secretsmanager_get_random_password_in){ .password_length = SOME(3) }, &out), "InvalidParameterException");
    test_request_end(&rq);
}
