/* rotation.c - what becomes of rotations as their steps succeed or fail, and what the passing of time brings. */
#include "svc/secretsmanager/rotation.h"

#include "base/json.h"
#include "crypto/random.h"
#include "svc/secretsmanager/accessed.h"
#include "svc/secretsmanager/secret.h"
#include "svc/secretsmanager/secretsmanager.h"

enum { FIRST_RETRY_MS = 1000, LAST_RETRY_MS = 3600 * 1000, TESTS_MAX = 3, CHORES_PIECE = 100, STEPS_PIECE = 64 };

static const char *const STEP_NAMES[] = {
    [ROTATION_CREATE] = "createSecret",
    [ROTATION_SET] = "setSecret",
    [ROTATION_TEST] = "testSecret",
    [ROTATION_FINISH] = "finishSecret",
};

static struct rows rows_of(struct ctx *ctx, struct store_conn *db, struct str account, struct str region)
{
    return (struct rows){ ctx, db, account, region };
}

static struct str event_of(struct ctx *ctx, const struct rotation *rotation)
{
    struct json_writer writer = json_writer_new(ctx->arena);
    json_open_object(&writer);
    json_member_str(&writer, STR("Step"), str_of(STEP_NAMES[rotation->step]));
    json_member_str(&writer, STR("SecretId"), rotation->secret);
    json_member_str(&writer, STR("ClientRequestToken"), rotation->version);
    json_member_str(&writer, STR("RotationToken"), rotation->proof);
    json_close_object(&writer);
    return json_done(&writer);
}

struct err secretsmanager_steps(struct ctx *ctx, struct store_conn *db, size_t max, struct secretsmanager_step *steps,
                                size_t *count)
{
    const struct rows any = rows_of(ctx, db, STR_NONE, STR_NONE);
    struct rotations due = { NULL, 0 };
    *count = 0;
    TRY(secret_row_rotations_due(&any, STEPS_PIECE, &due));
    for (size_t i = 0; i < due.count && *count < max; i++) {
        const struct rotation *rotation = &due.items[i];
        const struct rows rows = rows_of(ctx, db, rotation->account, STR_NONE);
        struct secret secret = { .name = STR_NONE };
        bool found = false;
        TRY(secret_row_secret_by_arn(&rows, rotation->secret, &secret, &found));
        if (found && rotation->step >= ROTATION_CREATE && rotation->step <= ROTATION_FINISH) {
            steps[(*count)++] = (struct secretsmanager_step){
                .account = rotation->account, .region = secret.region, .secret = secret.arn, .version = rotation->version,
                .function = secret.function, .name = str_of(STEP_NAMES[rotation->step]), .event = event_of(ctx, rotation),
                .number = rotation->step, .tries = rotation->tries, .test_only = rotation->check_only,
            };
        }
    }
    return ERR_OK;
}

static int64_t pause_after(int64_t tries)
{
    const int64_t pause = (int64_t)FIRST_RETRY_MS << (tries < 12 ? tries : 12);
    return pause < LAST_RETRY_MS ? pause : LAST_RETRY_MS;
}

/* The version that was only for testing leaves no trace. */
static struct err end_test(const struct rows *rows, const struct rotation *rotation)
{
    struct version pending = { .id = STR_NONE };
    bool found = false;
    TRY(secret_row_version_of_stage(rows, rotation->secret, STAGE_PENDING, &pending, &found));
    if (found && str_equal(pending.id, rotation->version)) {
        TRY(secret_row_stage_delete(rows, rotation->secret, STAGE_PENDING));
        TRY(secret_row_version_delete(rows, rotation->secret, rotation->version));
    }
    return secret_row_rotation_delete(rows, rotation->secret);
}

static struct err try_again(const struct rows *rows, struct rotation *rotation, enum secretsmanager_news *news)
{
    rotation->next_ms = rows->ctx->now_ms + pause_after(rotation->tries);
    rotation->tries++;
    if (rotation->check_only && rotation->tries >= TESTS_MAX) {
        *news = SECRETSMANAGER_GONE;
        return end_test(rows, rotation);
    }
    rotation->step = rotation->check_only ? ROTATION_TEST : ROTATION_CREATE;
    *news = SECRETSMANAGER_TRIES_AGAIN;
    return secret_row_rotation_put(rows, rotation);
}

/* spec: SPECS: after a successful rotation only AWSCURRENT remains on the new version. */
static struct err succeed(const struct rows *rows, struct secret *secret, const struct rotation *rotation)
{
    struct version pending = { .id = STR_NONE };
    bool found = false;
    TRY(secret_row_version_of_stage(rows, secret->arn, STAGE_PENDING, &pending, &found));
    if (found && str_equal(pending.id, rotation->version)) {
        TRY(secret_row_stage_delete(rows, secret->arn, STAGE_PENDING));
    }
    secret->rotated_ms = rows->ctx->now_ms;
    secret->changed_ms = rows->ctx->now_ms;
    secret_rotation_plan(secret, rows->ctx->now_ms);
    TRY(secret_row_secret_update(rows, secret));
    struct request rq = { .ctx = *rows->ctx, .db = rows->db, .partition = STR("aws"), .account = secret->account, .region = secret->region };
    TRY(secret_replicas_sync(&rq, secret));
    return secret_row_rotation_delete(rows, secret->arn);
}

static struct err finished(const struct rows *rows, struct secret *secret, struct rotation *rotation, enum secretsmanager_news *news)
{
    struct version current = { .id = STR_NONE };
    bool found = false;
    TRY(secret_row_version_of_stage(rows, secret->arn, STAGE_CURRENT, &current, &found));
    if (!found || !str_equal(current.id, rotation->version)) {
        return try_again(rows, rotation, news);
    }
    *news = SECRETSMANAGER_ROTATED;
    return succeed(rows, secret, rotation);
}

struct err secretsmanager_step_done(struct ctx *ctx, struct store_conn *db, const struct secretsmanager_step *step, bool succeeded,
                                    enum secretsmanager_news *news)
{
    const struct rows rows = rows_of(ctx, db, step->account, step->region);
    struct rotation rotation = { .secret = STR_NONE };
    struct secret secret = { .name = STR_NONE };
    bool found = false;
    bool secret_found = false;
    *news = SECRETSMANAGER_GONE;
    TRY(secret_row_rotation_find(&rows, step->secret, &rotation, &found));
    TRY(secret_row_secret_by_arn(&rows, step->secret, &secret, &secret_found));
    if (!found || !secret_found || rotation.step != step->number || !str_equal(rotation.version, step->version)) {
        return ERR_OK;
    }
    if (!succeeded) {
        return try_again(&rows, &rotation, news);
    }
    if (rotation.check_only) {
        *news = SECRETSMANAGER_TESTED;
        return end_test(&rows, &rotation);
    }
    if (rotation.step == ROTATION_FINISH) {
        return finished(&rows, &secret, &rotation, news);
    }
    *news = SECRETSMANAGER_GOES_ON;
    rotation.step++;
    rotation.next_ms = ctx->now_ms;
    return secret_row_rotation_put(&rows, &rotation);
}

struct err secretsmanager_chores_due(struct ctx *ctx, struct store_conn *db, bool *due)
{
    const struct rows any = rows_of(ctx, db, STR_NONE, STR_NONE);
    struct secrets secrets = { NULL, 0 };
    *due = secret_accessed_waiting();
    if (!*due) {
        TRY(secret_row_secrets_expired(&any, 1, &secrets));
        *due = secrets.count > 0;
    }
    if (!*due) {
        TRY(secret_row_secrets_due(&any, 1, &secrets));
        *due = secrets.count > 0;
    }
    return ERR_OK;
}

/* A version that an earlier rotation left behind with AWSPENDING is taken up again. */
static struct err begin_planned(const struct rows *rows, const struct secret *secret)
{
    struct version pending = { .id = STR_NONE };
    struct version current = { .id = STR_NONE };
    bool found = false;
    bool has_current = false;
    TRY(secret_row_version_of_stage(rows, secret->arn, STAGE_PENDING, &pending, &found));
    TRY(secret_row_version_of_stage(rows, secret->arn, STAGE_CURRENT, &current, &has_current));
    if (!found || (has_current && str_equal(pending.id, current.id))) {
        pending = (struct version){ .id = random_uuid(rows->ctx), .created_ms = rows->ctx->now_ms };
        TRY(secret_row_version_put(rows, secret->arn, &pending));
        TRY(secret_row_stage_put(rows, secret->arn, STAGE_PENDING, pending.id));
    }
    return secret_rotation_begin(rows, secret, pending.id, false);
}

static struct err store_days(struct ctx *ctx, struct store_conn *db)
{
    struct accessed *accessed = NULL;
    const size_t count = secret_accessed_take(ctx, &accessed);
    for (size_t i = 0; i < count; i++) {
        const struct rows rows = rows_of(ctx, db, accessed[i].account, STR_NONE);
        TRY(secret_row_accessed(&rows, accessed[i].secret, accessed[i].version, accessed[i].day_ms));
    }
    return ERR_OK;
}

struct err secretsmanager_chores_do(struct ctx *ctx, struct store_conn *db)
{
    const struct rows any = rows_of(ctx, db, STR_NONE, STR_NONE);
    struct secrets expired = { NULL, 0 };
    struct secrets due = { NULL, 0 };
    TRY(store_days(ctx, db));
    TRY(secret_row_secrets_expired(&any, CHORES_PIECE, &expired));
    for (size_t i = 0; i < expired.count; i++) {
        const struct rows rows = rows_of(ctx, db, expired.items[i].account, expired.items[i].region);
        TRY(secret_row_secret_delete(&rows, expired.items[i].arn));
    }
    TRY(secret_row_secrets_due(&any, CHORES_PIECE, &due));
    for (size_t i = 0; i < due.count; i++) {
        const struct rows rows = rows_of(ctx, db, due.items[i].account, due.items[i].region);
        TRY(begin_planned(&rows, &due.items[i]));
    }
    return ERR_OK;
}
