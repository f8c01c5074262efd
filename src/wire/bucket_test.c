#include "wire/bucket.h"

#include "tests/test.h"

TEST(a_page_gives_its_objects_and_names_the_next)
{
    struct bucket_page *page = ARENA_NEW(arena, struct bucket_page);
    const struct str xml = STR(
        "<?xml version=\"1.0\"?><ListBucketResult xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><IsTruncated>true"
        "</IsTruncated><EncodingType>url</EncodingType><NextContinuationToken>a/+=</NextContinuationToken><Contents>"
        "<Key>logs/a%20b%2Bc</Key><LastModified>2024-07-31T13:06:24.000Z</LastModified><ETag>&quot;abc&quot;</ETag>"
        "<Size>12</Size></Contents></ListBucketResult>");
    const char *reason = bucket_page_read(arena, xml, page);
    CHECK(reason == NULL);
    CHECK_INT(page->count, 1);
    CHECK_STR(page->objects[0].key, "logs/a b+c");
    CHECK_STR(page->objects[0].etag, "abc");
    CHECK_INT(page->objects[0].size, 12);
    CHECK(page->objects[0].modified_ms == 1722431184000);
    CHECK_STR(page->next, "a/+=");
}

TEST(a_page_that_does_not_fit_is_refused)
{
    static const char *const bad[] = { "", "<a/>", "<ListBucketResult>", "<!DOCTYPE x [<!ENTITY a \"b\">]><ListBucketResult/>",
        "<ListBucketResult><Contents/></ListBucketResult>",
        "<ListBucketResult><Contents><Key>a</Key><Size>-1</Size></Contents></ListBucketResult>",
        "<ListBucketResult><IsTruncated>true</IsTruncated></ListBucketResult>" };
    struct bucket_page *page = ARENA_NEW(arena, struct bucket_page);
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        CHECK(bucket_page_read(arena, str_of(bad[i]), page) != NULL);
    }
    CHECK(bucket_page_read(arena, STR("<ListBucketResult></ListBucketResult>"), page) == NULL);
    CHECK_INT(page->count, 0);
}

#define RECORD(event) "{\"Records\":[{\"eventName\":\"" event "\",\"eventTime\":\"2024-07-31T13:06:24.000Z\",\"s3\":{" \
    "\"bucket\":{\"name\":\"trail\"},\"object\":{\"key\":\"a+b%2Bc\",\"size\":7,\"eTag\":\"e1\"}}}]}"

TEST(a_notification_is_read_bare_or_in_an_envelope)
{
    const struct str bare = STR(RECORD("ObjectCreated:Put"));
    struct text wrapped = text_new(arena);
    text_add(&wrapped, STR("{\"Type\":\"Notification\",\"Message\":\""));
    for (size_t i = 0; i < bare.len; i++) {
        if (bare.ptr[i] == '"') {
            text_add_char(&wrapped, '\\');
        }
        text_add_char(&wrapped, bare.ptr[i]);
    }
    text_add(&wrapped, STR("\"}"));
    const struct str both[] = { bare, text_str(&wrapped) };
    for (size_t i = 0; i < COUNT_OF(both); i++) {
        struct bucket_notice notice;
        CHECK(bucket_notice_read(arena, both[i], &notice) == NULL);
        CHECK_INT(notice.count, 1);
        CHECK_STR(notice.objects[0].bucket, "trail");
        CHECK_STR(notice.objects[0].key, "a b+c");
        CHECK_STR(notice.objects[0].etag, "e1");
    }
}

TEST(an_eventbridge_event_has_its_key_as_it_is)
{
    struct bucket_notice notice;
    CHECK(bucket_notice_read(arena, STR("{\"source\":\"aws.s3\",\"detail-type\":\"Object Created\",\"time\":"
        "\"2024-07-31T13:06:24Z\",\"detail\":{\"bucket\":{\"name\":\"trail\"},\"object\":{\"key\":\"a+b%2B\",\"size\":7,"
        "\"etag\":\"e1\"}}}"), &notice) == NULL);
    CHECK_INT(notice.count, 1);
    CHECK_STR(notice.objects[0].key, "a+b%2B");
}

TEST(what_created_nothing_gives_no_objects_and_what_is_not_understood_is_refused)
{
    struct bucket_notice notice;
    CHECK(bucket_notice_read(arena, STR("{\"Service\":\"Amazon S3\",\"Event\":\"s3:TestEvent\"}"), &notice) == NULL);
    CHECK_INT(notice.count, 0);
    CHECK(bucket_notice_read(arena, STR(RECORD("ObjectRemoved:Delete")), &notice) == NULL);
    CHECK_INT(notice.count, 0);
    static const char *const bad[] = { "", "[]", "{}", "{\"Message\":\"x\"}", "{\"Records\":[{}]}",
        "{\"Records\":[{\"eventName\":\"ObjectCreated:Put\"}]}", "{\"source\":\"aws.s3\",\"detail-type\":\"Object Created\"}" };
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        CHECK(bucket_notice_read(arena, str_of(bad[i]), &notice) != NULL);
    }
}

TEST(a_bucket_whose_name_would_change_the_address_is_refused)
{
    static const char *const bad[] = { "evil.com/", "a?b", "user@host", "UPPER", "a b", "", "ab", ".abc", "a:1" };
    struct bucket_notice notice;
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        const struct str event = str_format(arena, "{\"source\":\"aws.s3\",\"detail-type\":\"Object Created\",\"detail\":{"
            "\"bucket\":{\"name\":\"%s\"},\"object\":{\"key\":\"k\",\"size\":7}}}", bad[i]);
        CHECK(!bucket_name_fits(str_of(bad[i])));
        CHECK(bucket_notice_read(arena, event, &notice) != NULL);
    }
    CHECK(bucket_name_fits(STR("aws-logs.example_1")));
}

TEST(a_key_tells_account_type_region_and_hour)
{
    struct bucket_place place;
    CHECK(bucket_place_of(STR("p/AWSLogs/o-abc/111122223333/CloudTrail/eu-west-1/2024/07/31/"
                              "111122223333_CloudTrail_eu-west-1_20240731T1305Z_abc.json.gz"), &place));
    CHECK_STR(place.account, "111122223333");
    CHECK_STR(place.type, "CloudTrail");
    CHECK_STR(place.region, "eu-west-1");
    CHECK_INT(place.hour, 1722431100000 / 3600000);
    CHECK(!bucket_place_of(STR("AWSLogs/111122223333/CloudTrail/eu-west-1/x.json.gz"), &place));
    CHECK(!bucket_place_of(STR("logs/20240731T1305Z.json"), &place));
    CHECK(!bucket_place_of(STR("AWSLogs/"), &place));
}

TEST(folders_markers_and_digests_hold_no_logs)
{
    CHECK(bucket_holds_logs(&(struct bucket_object){ .key = STR("a.json"), .size = 1 }));
    CHECK(!bucket_holds_logs(&(struct bucket_object){ .key = STR("a/"), .size = 1 }));
    CHECK(!bucket_holds_logs(&(struct bucket_object){ .key = STR("a.json"), .size = 0 }));
    CHECK(!bucket_holds_logs(&(struct bucket_object){ .key = STR("AWSLogs/1/CloudTrail-Digest/a.gz"), .size = 1 }));
}
