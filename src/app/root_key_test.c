#include "app/root_key.h"

#include "svc/service_test.h"
#include "tests/test.h"

/* BLOB columns that hold nothing sealed under the root key. */
static const char *const OPEN_COLUMNS[] = {
    "guardduty_list_content.content", "cloudtrail_key.public_key",
    "lambda_code.archive", "lambda_event.payload", "sts_token_key.public",
    "secretsmanager_version.data_key", "secretsmanager_version.value", /* sealed by KMS */
    "s3_object.body", /* sealed under keys of its bucket */
    "cloudwatch_chunk.data",
    "logs_block.data", "logs_key.sealed", /* of a group with a KMS key: sealed by KMS */
};

static bool is_listed(struct str table, struct str column)
{
    for (size_t i = 0; i < SEALED_COLUMN_COUNT; i++) {
        if (str_equal(table, str_of(SEALED_COLUMNS[i].table)) && str_equal(column, str_of(SEALED_COLUMNS[i].column))) {
            return true;
        }
    }
    return false;
}

static bool is_open(struct arena *arena, struct str table, struct str column)
{
    const struct str name = str_format(arena, "%" STR_FMT ".%" STR_FMT, STR_ARG(table), STR_ARG(column));
    for (size_t i = 0; i < COUNT_OF(OPEN_COLUMNS); i++) {
        if (str_equal(name, str_of(OPEN_COLUMNS[i]))) {
            return true;
        }
    }
    return false;
}

static bool ends_word(char c)
{
    return c == ' ' || c == '\n' || c == '(' || c == ',' || c == ')' || c == ';';
}

/* Words of a schema step; comments are no words. */
static struct str next_word(struct str *rest)
{
    size_t at = 0;
    while (at < rest->len && (ends_word(rest->ptr[at]) || rest->ptr[at] == '-')) {
        const bool comment = rest->ptr[at] == '-' && at + 1 < rest->len && rest->ptr[at + 1] == '-';
        while (comment && at < rest->len && rest->ptr[at] != '\n') {
            at++;
        }
        at += !comment;
    }
    size_t end = at;
    while (end < rest->len && !ends_word(rest->ptr[end])) {
        end++;
    }
    const struct str word = str_slice(*rest, at, end - at);
    *rest = str_from(*rest, end);
    return word;
}

static size_t check_step(struct arena *arena, const char *sql)
{
    struct str rest = str_of(sql);
    struct str table = STR_NONE;
    struct str before = STR_NONE;
    size_t sealed = 0;
    for (struct str word = next_word(&rest); word.len > 0; word = next_word(&rest)) {
        table = str_equal(before, STR("TABLE")) ? word : table;
        if (str_equal(word, STR("BLOB")) && !is_open(arena, table, before)) {
            if (!is_listed(table, before)) {
                fail_msg("%.*s.%.*s is a BLOB that src/app/sealed.c doesn't list", STR_ARG(table), STR_ARG(before));
            }
            sealed++;
        }
        before = word;
    }
    return sealed;
}

TEST(every_sealed_column_of_the_schema_is_listed)
{
    size_t sealed = 0;
    for (size_t i = 0; i < SCHEMA_STEP_COUNT; i++) {
        sealed += check_step(arena, SCHEMA_STEPS[i].sql);
    }
    CHECK_INT(sealed, SEALED_COLUMN_COUNT);
}

STORE_TEST(what_was_sealed_anew_opens_under_the_new_key_alone)
{
    struct request rq = test_request(test, arena, NULL);
    struct vault *next = NULL;
    struct str plain = STR_NONE;
    int64_t changed = 0;
    CHECK_OK(vault_open(&rq.ctx, str_format(arena, "%s/next.key", test_folder(arena)), &next));
    const struct str sealed = vault_seal(&rq.ctx, rq.vault, STR("kms:material:1:key:one"), STR("secret"));
    CHECK_OK(store_begin(&rq.ctx, rq.db, STORE_WRITE));
    CHECK_OK(store_run(&rq.ctx, rq.db,
                       "INSERT INTO kms_material (account, region, key_id, id, position, sealed, state, expires_ms, rotated_ms,"
                       " rotation) VALUES ('1', 'r', 'key', 'one', 0, $1, 'CURRENT', 0, 0, '')",
                       SQL_VALUES(SQL_BLOB(sealed)), NULL));
    const struct str environment = vault_seal(&rq.ctx, rq.vault, STR("lambda:environment:1:r:f"), STR("{}"));
    for (int64_t number = 0; number < 300; number++) { /* more than are read at once */
        CHECK_OK(store_run(&rq.ctx, rq.db,
                           "INSERT INTO lambda_function (account, region, name, number, config, environment, code, basis)"
                           " VALUES ('1', 'r', 'f', $1, '', $2, '', '')",
                           SQL_VALUES(SQL_INT(number), SQL_BLOB(environment)), NULL));
    }
    CHECK_OK(store_reseal(&rq.ctx, rq.db, SEALED_COLUMNS, SEALED_COLUMN_COUNT, rq.vault, next, &changed));
    CHECK_INT(changed, 301);
    struct store_cursor cursor = { .conn = NULL };
    bool more = false;
    CHECK_OK(store_query(&rq.ctx, rq.db, "SELECT sealed FROM kms_material", NULL, 0, &cursor));
    CHECK_OK(store_next(&rq.ctx, &cursor, &more));
    const struct str anew = store_text(&rq.ctx, &cursor, 0);
    store_end(&cursor);
    CHECK(!vault_unseal(&rq.ctx, rq.vault, STR("kms:material:1:key:one"), anew, &plain));
    CHECK(vault_unseal(&rq.ctx, next, STR("kms:material:1:key:one"), anew, &plain));
    CHECK_STR(plain, "secret");
    vault_close(next);
    test_request_end(&rq);
}
