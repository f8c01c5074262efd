#include "svc/s3/event_message.h"

#include "base/json.h"
#include "tests/test.h"

TEST(an_event_is_told_in_the_shape_that_functions_know)
{
    const struct str text = event_message_write(arena, &(struct event_message){
        .name = STR("ObjectCreated:Put"), .region = STR("ap-northeast-1"), .time_ms = 1000, .principal = STR("AIDA1"),
        .source_ip = STR("192.0.2.1"), .request_id = STR("R"), .host_id = STR("H"), .configuration = STR("c"), .bucket = STR("b"),
        .bucket_arn = STR("arn:aws:s3:::b"), .bucket_owner = STR("O"), .key = STR("a b/c+d"), .etag = STR("e"), .size = 3, .sequence = 255,
    });
    const struct json *event = json_get(json_parse(arena, text, NULL), STR("Records"))->child;
    CHECK_STR(json_text(json_get(event, STR("eventVersion"))), "2.1");
    CHECK_STR(json_text(json_get(event, STR("eventTime"))), "1970-01-01T00:00:01.000Z");
    CHECK_STR(json_text(json_path(event, "s3.object.key")), "a+b/c%2Bd");
    CHECK_STR(json_text(json_path(event, "s3.object.sequencer")), "0000000000000000FF");
    CHECK(json_path(event, "s3.object.versionId") == NULL);
    CHECK_STR(json_text(json_path(event, "s3.bucket.ownerIdentity.principalId")), "O");
    CHECK_STR(json_text(json_path(event, "responseElements.x-amz-id-2")), "H");
}

TEST(events_and_keys_are_chosen_by_the_configuration)
{
    CHECK(event_wanted(STR("s3:ObjectCreated:*"), STR("ObjectCreated:Copy")));
    CHECK(event_wanted(STR("s3:ObjectRemoved:Delete"), STR("ObjectRemoved:Delete")));
    CHECK(!event_wanted(STR("s3:ObjectRemoved:Delete"), STR("ObjectRemoved:DeleteMarkerCreated")));
    CHECK(!event_wanted(STR("s3:ObjectCreated:*"), STR("ObjectRemoved:Delete")));
    CHECK(event_key_fits(STR("in/a.jpg"), STR("in/"), STR(".jpg")) && event_key_fits(STR("x"), STR_NONE, STR("")));
    CHECK(!event_key_fits(STR("in/a.png"), STR("in/"), STR(".jpg")));
}
