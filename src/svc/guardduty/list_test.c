#include "svc/guardduty/list.h"

#include "detect/intel_format.h"
#include "svc/guardduty/fixture.h"
#include "svc/guardduty/list_location.h"
#include "svc/guardduty/tag.h"

#define LOCATION STR("https://s3.amazonaws.com/amzn-s3-demo-bucket/threats.txt")

static struct str make(struct request *rq, struct str detector, const char *name, bool activate)
{
    const struct guardduty_create_threat_intel_set_in in = { .detector_id = detector, .name = str_of(name), .format = STR("TXT"),
                                                             .location = LOCATION, .activate = SOME(activate) };
    struct guardduty_create_threat_intel_set_out out = { .threat_intel_set_id = STR_NONE };
    CHECK_OK(guardduty_create_threat_intel_set(rq, &in, &out));
    return out.threat_intel_set_id;
}

static struct str status(struct request *rq, struct str detector, struct str id)
{
    const struct guardduty_get_threat_intel_set_in in = { detector, id };
    struct guardduty_get_threat_intel_set_out out = { .name = STR_NONE };
    CHECK_OK(guardduty_get_threat_intel_set(rq, &in, &out));
    CHECK_ANSWER(GUARDDUTY_SHAPE_GET_THREAT_INTEL_SET_OUT, &out);
    return out.status;
}

/* What the loader finds waiting; there is but one list. */
static struct guardduty_list waiting(struct request *rq)
{
    struct guardduty_list *lists = NULL;
    size_t count = 0;
    CHECK_OK(guardduty_lists(&rq->ctx, rq->db, &lists, &count));
    CHECK_INT(count, 1);
    return lists[0];
}

GUARDDUTY_TEST(a_list_goes_through_its_states)
{
    const struct str detector = fixture_detector(rq);
    const struct str id = make(rq, detector, "mine", true);
    CHECK_STR(status(rq, detector, id), "ACTIVATING");
    struct guardduty_list list = waiting(rq);
    CHECK_INT(list.wish, GUARDDUTY_LIST_ACTIVATE);
    CHECK_STR(list.bucket, "amzn-s3-demo-bucket");
    CHECK_STR(list.key, "threats.txt");
    CHECK_OK(guardduty_list_done(&rq->ctx, rq->db, &list, NULL, STR("198.51.100.7\n")));
    CHECK_STR(status(rq, detector, id), "ACTIVE");
    struct str content = STR_NONE;
    CHECK_OK(guardduty_list_content(&rq->ctx, rq->db, &list, &content));
    CHECK_STR(content, "198.51.100.7\n");

    const struct guardduty_update_threat_intel_set_in again = { .detector_id = detector, .threat_intel_set_id = id, .activate = SOME(true) };
    struct guardduty_update_threat_intel_set_out updated = { 0 };
    CHECK_OK(guardduty_update_threat_intel_set(rq, &again, &updated));
    CHECK_OK(guardduty_list_done(&rq->ctx, rq->db, &list, NULL, STR("too late"))); /* of another turn */
    CHECK_STR(status(rq, detector, id), "ACTIVATING");
    list = waiting(rq);
    CHECK_OK(guardduty_list_done(&rq->ctx, rq->db, &list, "no such object", STR("")));
    CHECK_STR(status(rq, detector, id), "ERROR");

    const struct guardduty_update_threat_intel_set_in off = { .detector_id = detector, .threat_intel_set_id = id, .activate = SOME(false) };
    CHECK_OK(guardduty_update_threat_intel_set(rq, &off, &updated));
    CHECK_STR(status(rq, detector, id), "DEACTIVATING");
    list = waiting(rq);
    CHECK_OK(guardduty_list_done(&rq->ctx, rq->db, &list, NULL, STR("")));
    CHECK_STR(status(rq, detector, id), "INACTIVE");

    const struct guardduty_delete_threat_intel_set_in gone = { detector, id };
    struct guardduty_delete_threat_intel_set_out deleted = { 0 };
    CHECK_OK(guardduty_delete_threat_intel_set(rq, &gone, &deleted));
    CHECK_STR(status(rq, detector, id), "DELETE_PENDING");
    list = waiting(rq);
    CHECK_OK(guardduty_list_done(&rq->ctx, rq->db, &list, NULL, STR("")));
    CHECK_STR(status(rq, detector, id), "DELETED"); /* what Terraform waits for */
    CHECK_FAULT(guardduty_update_threat_intel_set(rq, &again, &updated), BAD_REQUEST);
    make(rq, detector, "mine", false); /* its name is free */
    rq->ctx.now_ms += 2 * 3600000;
    make(rq, detector, "other", false);
    const struct guardduty_get_threat_intel_set_in forgotten = { detector, id };
    struct guardduty_get_threat_intel_set_out none = { .name = STR_NONE };
    CHECK_FAULT(guardduty_get_threat_intel_set(rq, &forgotten, &none), BAD_REQUEST);
}

GUARDDUTY_TEST(lists_are_limited_named_and_paged)
{
    const struct str detector = fixture_detector(rq);
    const char *const names[] = { "a", "b", "c", "d", "e", "f" };
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        make(rq, detector, names[i], false);
    }
    struct guardduty_create_threat_intel_set_in in = { .detector_id = detector, .name = STR("g"), .format = STR("TXT"), .location = LOCATION };
    struct guardduty_create_threat_intel_set_out out = { .threat_intel_set_id = STR_NONE };
    CHECK_FAULT(guardduty_create_threat_intel_set(rq, &in, &out), BAD_REQUEST);
    in.name = STR("no/name");
    CHECK_FAULT(guardduty_create_threat_intel_set(rq, &in, &out), BAD_REQUEST);
    in.name = STR("a");
    CHECK_FAULT(guardduty_create_threat_intel_set(rq, &in, &out), BAD_REQUEST);
    in.location = STR("ftp://example.org/x");
    CHECK_FAULT(guardduty_create_threat_intel_set(rq, &in, &out), BAD_REQUEST);

    struct guardduty_list_threat_intel_sets_in page = { .detector_id = detector, .max_results = SOME(4) };
    struct guardduty_list_threat_intel_sets_out first = { .next_token = STR_NONE };
    struct guardduty_list_threat_intel_sets_out second = { .next_token = STR_NONE };
    CHECK_OK(guardduty_list_threat_intel_sets(rq, &page, &first));
    page.next_token = first.next_token;
    CHECK_OK(guardduty_list_threat_intel_sets(rq, &page, &second));
    CHECK_INT(first.threat_intel_set_ids.count, 4);
    CHECK_INT(second.threat_intel_set_ids.count, 2);
    CHECK_INT(second.next_token.len, 0);

    const struct guardduty_create_ip_set_in one = { .detector_id = detector, .name = STR("a"), .format = STR("STIX"), .location = LOCATION };
    const struct guardduty_create_ip_set_in two = { .detector_id = detector, .name = STR("b"), .format = STR("STIX"), .location = LOCATION };
    struct guardduty_create_ip_set_out made = { .ip_set_id = STR_NONE };
    CHECK_OK(guardduty_create_ip_set(rq, &one, &made));
    CHECK_FAULT(guardduty_create_ip_set(rq, &two, &made), BAD_REQUEST);
}

GUARDDUTY_TEST(a_client_token_makes_one_list_and_tags_stay_with_it)
{
    const struct str detector = fixture_detector(rq);
    struct guardduty_tag_map_entry tag = { STR("team"), STR("security") };
    const struct guardduty_create_threat_entity_set_in in = { .detector_id = detector, .name = STR("names"), .format = STR("TXT"),
        .location = STR("s3://amzn-s3-demo-bucket/names.txt"), .activate = SOME(true), .client_token = STR("t"), .tags = { &tag, 1 } };
    struct guardduty_create_threat_entity_set_out out = { .threat_entity_set_id = STR_NONE };
    struct guardduty_create_threat_entity_set_out again = { .threat_entity_set_id = STR_NONE };
    CHECK_OK(guardduty_create_threat_entity_set(rq, &in, &out));
    CHECK_OK(guardduty_create_threat_entity_set(rq, &in, &again));
    CHECK_STR(out.threat_entity_set_id, again.threat_entity_set_id.ptr);
    const struct guardduty_get_threat_entity_set_in ask = { detector, out.threat_entity_set_id };
    struct guardduty_get_threat_entity_set_out got = { .name = STR_NONE };
    CHECK_OK(guardduty_get_threat_entity_set(rq, &ask, &got));
    CHECK_ANSWER(GUARDDUTY_SHAPE_GET_THREAT_ENTITY_SET_OUT, &got);
    CHECK_INT(got.tags.count, 1);
    const struct guardduty_get_ip_set_in wrong = { detector, out.threat_entity_set_id };
    struct guardduty_get_ip_set_out none = { .name = STR_NONE };
    CHECK_FAULT(guardduty_get_ip_set(rq, &wrong, &none), BAD_REQUEST);
    const struct guardduty_list_tags_for_resource_in tags = { str_format(arena,
        "arn:aws:guardduty:ap-northeast-1:111122223333:detector/%s/threatentityset/%s", detector.ptr, out.threat_entity_set_id.ptr) };
    struct guardduty_list_tags_for_resource_out shown = { { NULL, 0 } };
    CHECK_OK(guardduty_list_tags_for_resource(rq, &tags, &shown));
    CHECK_INT(shown.tags.count, 1);
}

TEST(locations_are_those_that_s3_has_had)
{
    static const char *const same[] = { "s3://a.bucket/x/y.txt", "https://s3.amazonaws.com/a.bucket/x/y.txt",
        "https://s3-eu-west-1.amazonaws.com/a.bucket/x/y.txt", "https://s3.eu-west-1.amazonaws.com/a.bucket/x/y.txt",
        "http://a.bucket.s3.amazonaws.com/x/y.txt", "https://a.bucket.s3.eu-west-1.amazonaws.com/x/y.txt",
        "https://a.bucket.s3-eu-west-1.amazonaws.com/x/y.txt", "https://s3.cn-north-1.amazonaws.com.cn/a.bucket/x/y.txt" };
    static const char *const none[] = { "", "s3://", "s3://bucket", "s3://bucket/", "https://example.org/a/b", "https://s3.amazonaws.com/bucket",
        "https://evil.example/?.s3.amazonaws.com/x", "file://host/x", "file:relative", "https://a@b.s3.amazonaws.com/x", "https://s3.amazonaws.com/../x" };
    struct list_location out;
    for (size_t i = 0; i < COUNT_OF(same); i++) {
        CHECK(list_location_read(arena, str_of(same[i]), &out));
        CHECK_STR(out.bucket, "a.bucket");
        CHECK_STR(out.key, "x/y.txt");
    }
    for (size_t i = 0; i < COUNT_OF(none); i++) {
        if (list_location_read(arena, str_of(none[i]), &out)) {
            fail_msg("%s is taken", none[i]);
        }
    }
    CHECK(list_location_read(arena, STR("file:///var/lists/a%20b.txt"), &out));
    CHECK_STR(out.path, "/var/lists/a b.txt");
}
