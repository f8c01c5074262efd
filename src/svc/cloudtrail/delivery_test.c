#include "svc/cloudtrail/delivery.h"

#include "crypto/hash.h"
#include "crypto/rsa_sign.h"
#include "svc/cloudtrail/digest.h"
#include "svc/cloudtrail/rows_delivery.h"
#include "svc/service_test.h"
#include "wire/gzip.h"

enum { OBJECTS_MAX = 64 };
#define START ((int64_t)1700000000000)
#define HOUR ((int64_t)3600000)

/* What has been put, in order; `refuse` says how many puts succeed before one fails (-1: all do). */
struct bucket {
    struct arena *arena;
    struct trail_object objects[OBJECTS_MAX];
    size_t count;
    size_t lines; /* of log groups */
    int refuse;
    void (*meanwhile)(void *scene); /* what others do while the first object is put; NULL: nothing */
    void *scene;
};

static const struct fault NO_SUCH_BUCKET = { "NoSuchBucket", NULL, NULL, 404 };

static struct err put(void *self, struct ctx *ctx, const struct trail_object *object)
{
    struct bucket *bucket = self;
    (void)ctx;
    if (bucket->refuse == 0) {
        bucket->refuse = -1;
        return (struct err){ &NO_SUCH_BUCKET };
    }
    bucket->refuse -= bucket->refuse > 0;
    if (bucket->meanwhile) {
        void (*meanwhile)(void *scene) = bucket->meanwhile;
        bucket->meanwhile = NULL;
        meanwhile(bucket->scene);
    }
    CHECK(bucket->count < OBJECTS_MAX);
    struct trail_object *kept = &bucket->objects[bucket->count++];
    *kept = (struct trail_object){ .bucket = str_copy(bucket->arena, object->bucket), .key = str_copy(bucket->arena, object->key),
                                   .body = str_copy(bucket->arena, object->body),
                                   .signature = object->signature.ptr ? str_copy(bucket->arena, object->signature) : STR_NONE };
    return ERR_OK;
}

static struct err in_none(struct ctx *ctx, struct store_conn *db, struct str account, struct str *id)
{
    (void)ctx;
    (void)db;
    (void)account;
    *id = STR_NONE;
    return ERR_OK;
}

struct scene {
    struct store_test *test;
    struct vault *vault;
    struct journal *journal;
    struct store_writer *writer;
    struct bucket bucket;
    struct delivery_options options;
};

static void scene_open(struct scene *scene, struct store_test *test, struct arena *arena, bool validates)
{
    const char *folder = test_folder(arena);
    static struct cloudtrail_trail trail;
    trail = (struct cloudtrail_trail){
        .name = STR("main"), .s3_bucket_name = STR("log-bucket"), .home_region = STR("eu-west-1"), .is_multi_region_trail = SOME(true),
        .trail_arn = STR("arn:aws:cloudtrail:eu-west-1:111122223333:trail/main"), .log_file_validation_enabled = SOME(validates),
    };
    const struct trail_row row = { .account = TEST_ACCOUNT, .region = STR("eu-west-1"), .name = STR("main"), .trail = &trail,
                                   .created_ms = START, .started_ms = START, .logging = true };
    *scene = (struct scene){ .test = test, .bucket = { .arena = arena, .refuse = -1 } };
    CHECK_OK(vault_open(&test->ctx, str_format(arena, "%s/root.key", folder), &scene->vault));
    CHECK_OK(journal_open(&test->ctx, str_format(arena, "%s/audit", folder), test->store, &scene->journal));
    CHECK_OK(store_writer_open(&test->ctx, test->store, 16, 2, &scene->writer));
    CHECK_OK(store_begin(&test->ctx, test->db, STORE_WRITE));
    CHECK_OK(trail_rows_put(&test->ctx, test->db, &row));
    CHECK_OK(store_commit(&test->ctx, test->db));
    scene->options = (struct delivery_options){
        .journal = scene->journal, .writer = scene->writer, .vault = scene->vault, .home_account = TEST_ACCOUNT,
        .interval_ms = 1000, .digest_ms = HOUR, .sink = { .put = put, .self = &scene->bucket }, .organization_of = in_none,
    };
}

static void scene_close(struct scene *scene)
{
    store_writer_close(scene->writer);
    journal_close(scene->journal);
    vault_close(scene->vault);
}

static void record(struct scene *scene, const char *id, const char *account, const char *region, const char *category, const char *time)
{
    struct arena *arena = scene->test->ctx.arena;
    const struct journal_entry entry = { .payload = str_format(arena,
        "{\"eventVersion\":\"1.11\",\"eventTime\":\"%s\",\"eventSource\":\"s3.amazonaws.com\",\"eventName\":\"X\",\"awsRegion\":\"%s\","
        "\"eventID\":\"%s\",\"readOnly\":false,\"managementEvent\":%s,\"recipientAccountId\":\"%s\",\"eventCategory\":\"%s\"}",
        time, region, id, strcmp(category, "Data") == 0 ? "false" : "true", account, category) };
    journal_append(scene->journal, 0, &entry, NULL);
    CHECK_OK(journal_sync(&scene->test->ctx, scene->journal, 0));
}

static void pass(struct scene *scene, int64_t now_ms)
{
    struct ctx ctx = ctx_new(scene->test->ctx.arena, now_ms);
    bool again = true;
    for (int i = 0; again && i < 10; i++) {
        CHECK_OK(delivery_pass(&ctx, scene->test->db, &scene->options, &again));
    }
    CHECK(!again);
}

static bool holds(struct scene *scene, size_t object, const char *id)
{
    struct str plain = STR_NONE;
    CHECK(gzip_unpack(scene->test->ctx.arena, scene->bucket.objects[object].body, 1 << 20, &plain));
    return str_search(plain, str_of(id)) != STR_MISSING;
}

#define NOW "2023-11-14T22:13:21Z" /* a second after START */

STORE_TEST(a_trail_takes_what_it_selects_of_its_account_by_region)
{
    struct scene scene;
    scene_open(&scene, test, arena, false);
    record(&scene, "before", "111122223333", "eu-west-1", "Management", "2023-11-14T22:13:19Z");
    record(&scene, "here", "111122223333", "eu-west-1", "Management", NOW);
    record(&scene, "there", "111122223333", "us-east-1", "Management", NOW);
    record(&scene, "data", "111122223333", "eu-west-1", "Data", NOW);
    record(&scene, "foreign", "444455556666", "eu-west-1", "Management", NOW);
    pass(&scene, START + 5000);
    CHECK_INT(scene.bucket.count, 2);
    CHECK(holds(&scene, 0, "\"here\"") && holds(&scene, 1, "\"there\""));
    for (size_t i = 0; i < 2; i++) {
        CHECK(!holds(&scene, i, "\"before\"") && !holds(&scene, i, "\"data\"") && !holds(&scene, i, "\"foreign\""));
    }
    CHECK(str_starts(scene.bucket.objects[0].key,
                     STR("AWSLogs/111122223333/CloudTrail/eu-west-1/2023/11/14/111122223333_CloudTrail_eu-west-1_20231114T2213Z_")));
    pass(&scene, START + 10000);
    CHECK_INT(scene.bucket.count, 2); /* nothing new */
    scene_close(&scene);
}

STORE_TEST(what_failed_half_way_is_written_again_over_the_same_names)
{
    struct scene scene;
    struct delivery_row state;
    struct trail_row trail;
    bool found = false;
    scene_open(&scene, test, arena, false);
    record(&scene, "one", "111122223333", "eu-west-1", "Management", NOW);
    record(&scene, "two", "111122223333", "us-east-1", "Management", NOW);
    scene.bucket.refuse = 1;
    pass(&scene, START + 5000);
    CHECK_INT(scene.bucket.count, 1);
    CHECK_OK(trail_rows_get(&test->ctx, test->db, TEST_ACCOUNT, STR("eu-west-1"), STR("main"), &trail, &found));
    CHECK_OK(trail_rows_delivery_get(&test->ctx, test->db, &trail, &state));
    CHECK_STR(state.error, "NoSuchBucket");

    record(&scene, "three", "111122223333", "eu-west-1", "Management", "2023-11-14T22:13:26Z");
    pass(&scene, START + 7000);
    CHECK_OK(trail_rows_delivery_get(&test->ctx, test->db, &trail, &state));
    CHECK_STR(state.error, "");
    pass(&scene, START + 9000);
    CHECK_INT(scene.bucket.count, 4);
    CHECK(str_equal(scene.bucket.objects[0].key, scene.bucket.objects[1].key));
    CHECK(str_equal(scene.bucket.objects[0].body, scene.bucket.objects[1].body));
    CHECK(holds(&scene, 2, "\"two\"") && holds(&scene, 3, "\"three\"") && !holds(&scene, 3, "\"one\""));
    scene_close(&scene);
}

/* One digest, held against the key that is listed; its signature is the next one's previous. */
static struct str check_digest(struct scene *scene, const struct trail_object *object, struct str before, size_t logs)
{
    struct arena *arena = scene->test->ctx.arena;
    struct str plain = STR_NONE;
    struct digest_doc doc;
    struct key_row *keys = NULL;
    size_t count = 0;
    unsigned char signature[512];
    CHECK(gzip_unpack(arena, object->body, 1 << 20, &plain));
    CHECK(digest_read(arena, plain, &doc) == NULL);
    CHECK(str_equal(doc.object, object->key));
    CHECK_INT(doc.log_count, logs);
    CHECK(str_equal(doc.previous_signature, before));
    CHECK_INT(doc.end_ms - doc.start_ms, HOUR);
    CHECK_OK(trail_rows_key_list(&scene->test->ctx, scene->test->db, TEST_ACCOUNT, STR("eu-west-1"), &keys, &count));
    size_t at = 0;
    while (at < count && !str_equal(keys[at].fingerprint, doc.fingerprint)) {
        at++;
    }
    CHECK(at < count);
    struct rsa_public *key = rsa_public_open(keys[at].public_key);
    CHECK(key && str_unhex(object->signature, signature, object->signature.len / 2));
    CHECK(rsa_public_verify(key, digest_message(arena, &doc, hash_hex(arena, HASH_SHA256, plain)),
                            (struct str){ (const char *)signature, object->signature.len / 2 }));
    rsa_public_close(key);
    return object->signature;
}

STORE_TEST(every_hour_has_a_digest_signed_and_chained_to_the_one_before)
{
    struct scene scene;
    scene_open(&scene, test, arena, true);
    record(&scene, "one", "111122223333", "eu-west-1", "Management", NOW);
    pass(&scene, START + 5000);
    CHECK_INT(scene.bucket.count, 1);
    pass(&scene, START + HOUR * 3 + 1000);
    CHECK_INT(scene.bucket.count, 4);
    struct str before = STR_NONE;
    for (size_t i = 1; i < 4; i++) {
        before = check_digest(&scene, &scene.bucket.objects[i], before, i == 1);
    }
    CHECK(str_ends(scene.bucket.objects[1].key, STR("/2023/11/14/111122223333_CloudTrail-Digest_eu-west-1_main_eu-west-1_20231114T231320Z.json.gz")));
    scene_close(&scene);
}

static void set_logging(struct scene *scene, int64_t now_ms, bool logging)
{
    struct ctx *ctx = &scene->test->ctx;
    struct trail_row row;
    bool found = false;
    CHECK_OK(store_begin(ctx, scene->test->db, STORE_WRITE));
    CHECK_OK(trail_rows_get(ctx, scene->test->db, TEST_ACCOUNT, STR("eu-west-1"), STR("main"), &row, &found));
    row.logging = logging;
    *(logging ? &row.started_ms : &row.stopped_ms) = now_ms;
    CHECK_OK(trail_rows_put(ctx, scene->test->db, &row));
    CHECK_OK(store_commit(ctx, scene->test->db));
}

/* The chain of a stopped trail once began again, over the names it already had. */
STORE_TEST(a_stopped_trail_s_chain_ends_and_a_started_one_s_begins_anew)
{
    struct scene scene;
    scene_open(&scene, test, arena, true);
    record(&scene, "one", "111122223333", "eu-west-1", "Management", NOW);
    pass(&scene, START + 5000);
    pass(&scene, START + HOUR + 1000);
    CHECK_INT(scene.bucket.count, 2);
    const struct str first = check_digest(&scene, &scene.bucket.objects[1], STR_NONE, 1);
    set_logging(&scene, START + HOUR + 5000, false);
    pass(&scene, START + 2 * HOUR + 1000);
    CHECK_INT(scene.bucket.count, 3);
    check_digest(&scene, &scene.bucket.objects[2], first, 0);
    for (int64_t hour = 3; hour < 6; hour++) {
        pass(&scene, START + hour * HOUR + 1000);
        CHECK_INT(scene.bucket.count, 3);
    }
    set_logging(&scene, START + 6 * HOUR, true);
    pass(&scene, START + 7 * HOUR + 1000);
    CHECK_INT(scene.bucket.count, 4);
    check_digest(&scene, &scene.bucket.objects[3], STR_NONE, 0);
    for (size_t i = 0; i < 3; i++) {
        CHECK(!str_equal(scene.bucket.objects[i].key, scene.bucket.objects[3].key));
    }
    scene_close(&scene);
}

STORE_TEST(what_is_written_after_the_clock_went_back_is_in_a_backfill_digest)
{
    struct scene scene;
    struct digest_doc doc;
    struct str plain = STR_NONE;
    scene_open(&scene, test, arena, true);
    record(&scene, "one", "111122223333", "eu-west-1", "Management", NOW);
    pass(&scene, START + 5000);
    pass(&scene, START + 3 * HOUR + 1000);
    CHECK_INT(scene.bucket.count, 4);
    record(&scene, "two", "111122223333", "eu-west-1", "Management", NOW);
    pass(&scene, START + HOUR);
    CHECK_INT(scene.bucket.count, 6);
    CHECK(holds(&scene, 4, "\"two\""));
    CHECK(str_ends(scene.bucket.objects[5].key, STR("_20231114T231321Z_backfill.json.gz")));
    CHECK(gzip_unpack(arena, scene.bucket.objects[5].body, 1 << 20, &plain));
    CHECK(digest_read(arena, plain, &doc) == NULL);
    CHECK_INT(doc.log_count, 1);
    CHECK(str_equal(doc.logs[0].object, scene.bucket.objects[4].key));
    check_digest(&scene, &scene.bucket.objects[5], STR_NONE, 1);
    pass(&scene, START + HOUR + 2000);
    CHECK_INT(scene.bucket.count, 6);
    pass(&scene, START + 4 * HOUR + 1000);
    CHECK_INT(scene.bucket.count, 7);
    check_digest(&scene, &scene.bucket.objects[6], scene.bucket.objects[3].signature, 0);
    scene_close(&scene);
}

/* The calls that a delivery makes are events too; alone they start no further one. */
STORE_TEST(what_delivering_causes_waits_for_something_else)
{
    struct scene scene;
    static const char echo[] =
        "{\"eventTime\":\"" NOW "\",\"eventSource\":\"kms.amazonaws.com\",\"eventName\":\"GenerateDataKey\",\"awsRegion\":\"eu-west-1\","
        "\"userIdentity\":{\"type\":\"AWSService\",\"invokedBy\":\"cloudtrail.amazonaws.com\"},\"eventID\":\"echo\",\"readOnly\":true,"
        "\"managementEvent\":true,\"recipientAccountId\":\"111122223333\",\"eventCategory\":\"Management\"}";
    const struct journal_entry entry = { .payload = str_of(echo) };
    scene_open(&scene, test, arena, false);
    journal_append(scene.journal, 0, &entry, NULL);
    CHECK_OK(journal_sync(&test->ctx, scene.journal, 0));
    pass(&scene, START + 5000);
    pass(&scene, START + 10000);
    CHECK_INT(scene.bucket.count, 0);
    record(&scene, "one", "111122223333", "eu-west-1", "Management", NOW);
    pass(&scene, START + 15000);
    CHECK_INT(scene.bucket.count, 1);
    CHECK(holds(&scene, 0, "\"one\"") && holds(&scene, 0, "\"echo\""));
    scene_close(&scene);
}

static struct err count_lines(void *self, struct ctx *ctx, const struct trail_log *log)
{
    struct bucket *bucket = self;
    (void)ctx;
    bucket->lines += log->count;
    return ERR_OK;
}

static void put_trail(struct scene *scene, struct str log_group, struct str selectors)
{
    struct ctx *ctx = &scene->test->ctx;
    struct trail_row row;
    bool found = false;
    CHECK_OK(store_begin(ctx, scene->test->db, STORE_WRITE));
    CHECK_OK(trail_rows_get(ctx, scene->test->db, TEST_ACCOUNT, STR("eu-west-1"), STR("main"), &row, &found));
    row.trail->cloud_watch_logs_log_group_arn = log_group;
    row.selectors = selectors;
    CHECK_OK(trail_rows_put(ctx, scene->test->db, &row));
    CHECK_OK(store_commit(ctx, scene->test->db));
}

static const struct str LOG_GROUP = STR_INIT("arn:aws:logs:eu-west-1:111122223333:log-group:trail:*");

static void select_data(void *self)
{
    struct scene *scene = self;
    put_trail(scene, LOG_GROUP, STR("{\"AdvancedEventSelectors\":[{\"FieldSelectors\":[{\"Field\":\"eventCategory\",\"Equals\":[\"Data\"]},"
                                    "{\"Field\":\"resources.type\",\"Equals\":[\"AWS::S3::Object\"]}]}]}"));
    const struct journal_entry entry = { .payload = STR(
        "{\"eventTime\":\"" NOW "\",\"eventSource\":\"s3.amazonaws.com\",\"eventName\":\"PutObject\",\"awsRegion\":\"eu-west-1\","
        "\"eventID\":\"data\",\"readOnly\":false,\"managementEvent\":false,\"recipientAccountId\":\"111122223333\","
        "\"eventCategory\":\"Data\",\"resources\":[{\"type\":\"AWS::S3::Object\",\"ARN\":\"arn:aws:s3:::b/k\"}]}") };
    journal_append(scene->journal, 0, &entry, NULL);
    CHECK_OK(journal_sync(&scene->test->ctx, scene->journal, 0));
}

/* Such an event was once held against the selectors that the pass had read before, and never stood in the log group. */
STORE_TEST(an_event_after_a_change_of_selectors_is_taken_though_a_pass_was_under_way)
{
    struct scene scene;
    scene_open(&scene, test, arena, false);
    put_trail(&scene, LOG_GROUP, STR_NONE);
    scene.options.sink = (struct trail_sink){ .put = put, .log = count_lines, .self = &scene.bucket };
    record(&scene, "one", "111122223333", "eu-west-1", "Management", NOW);
    scene.bucket.meanwhile = select_data;
    scene.bucket.scene = &scene;
    pass(&scene, START + 5000);
    CHECK_INT(scene.bucket.count, 1);
    CHECK_INT(scene.bucket.lines, 1);
    pass(&scene, START + 10000);
    CHECK_INT(scene.bucket.count, 2);
    CHECK(holds(&scene, 1, "\"data\""));
    CHECK_INT(scene.bucket.lines, 2);
    scene_close(&scene);
}
