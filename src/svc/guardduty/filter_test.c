#include "svc/guardduty/fixture.h"

#define KEY "UnauthorizedAccess:IAMUser/MaliciousIPCaller"
#define TOR "UnauthorizedAccess:EC2/TorClient"

static struct str type_key = STR_INIT(KEY);

static struct err create(struct request *rq, struct str detector, struct str name, struct str action,
                         struct opt_int rank)
{
    struct guardduty_criterion_entry *entry = ARENA_NEW(rq->ctx.arena, struct guardduty_criterion_entry);
    entry->key = STR("type");
    entry->value.eq = (struct guardduty_eq){ &type_key, 1 };
    const struct guardduty_finding_criteria criteria = { .criterion = { .items = entry, .count = 1 } };
    const struct guardduty_create_filter_in in = {
        .detector_id = detector,
        .name = name,
        .action = action,
        .rank = rank,
        .finding_criteria = &criteria,
    };
    struct guardduty_create_filter_out out = { .name = STR_NONE };
    return guardduty_create_filter(rq, &in, &out);
}

static struct str names(struct request *rq, struct str detector)
{
    const struct guardduty_list_filters_in in = { .detector_id = detector };
    struct guardduty_list_filters_out out = { .next_token = STR_NONE };
    struct text text = text_new(rq->ctx.arena);
    CHECK_OK(guardduty_list_filters(rq, &in, &out));
    for (size_t i = 0; i < out.filter_names.count; i++) {
        text_add(&text, out.filter_names.items[i]);
        text_add_char(&text, ' ');
    }
    return text_str(&text);
}

#define NO_RANK ((struct opt_int){ false, 0 })
#define RANK(n) ((struct opt_int){ true, (n) })

GUARDDUTY_TEST(rank_is_a_place_in_the_list)
{
    const struct str detector = fixture_detector(rq);
    CHECK_OK(create(rq, detector, STR("one"), STR_NONE, NO_RANK));
    CHECK_OK(create(rq, detector, STR("two"), STR_NONE, NO_RANK));
    CHECK_OK(create(rq, detector, STR("three"), STR_NONE, RANK(2)));
    CHECK_OK(create(rq, detector, STR("last"), STR_NONE, RANK(100)));
    CHECK_STR(names(rq, detector), "two three one last ");
    const struct guardduty_update_filter_in move = { .detector_id = detector,
                                                     .filter_name = STR("last"),
                                                     .rank = RANK(1) };
    struct guardduty_update_filter_out moved = { .name = STR_NONE };
    CHECK_OK(guardduty_update_filter(rq, &move, &moved));
    CHECK_STR(names(rq, detector), "last two three one ");
    const struct guardduty_delete_filter_in off = { .detector_id = detector, .filter_name = STR("two") };
    struct guardduty_delete_filter_out gone = { 0 };
    CHECK_OK(guardduty_delete_filter(rq, &off, &gone));
    CHECK_STR(names(rq, detector), "last three one ");
    CHECK_FAULT(guardduty_delete_filter(rq, &off, &gone), BAD_REQUEST);
}

GUARDDUTY_TEST(filters_are_listed_in_pages)
{
    const struct str detector = fixture_detector(rq);
    for (int i = 0; i < 5; i++) {
        CHECK_OK(create(rq, detector, str_format(arena, "filter%d", i), STR_NONE, RANK(100)));
    }
    struct guardduty_list_filters_in in = { .detector_id = detector, .max_results = RANK(2) };
    size_t pages = 0, seen = 0;
    do {
        struct guardduty_list_filters_out out = { .next_token = STR_NONE };
        CHECK_OK(guardduty_list_filters(rq, &in, &out));
        seen += out.filter_names.count;
        in.next_token = out.next_token;
        pages++;
    } while (in.next_token.len > 0);
    CHECK_INT(seen, 5);
    CHECK_INT(pages, 3);
}

GUARDDUTY_TEST(a_filter_shows_what_it_was_made_with)
{
    const struct str detector = fixture_detector(rq);
    CHECK_OK(create(rq, detector, STR("one"), STR("ARCHIVE"), NO_RANK));
    const struct guardduty_get_filter_in in = { .detector_id = detector, .filter_name = STR("one") };
    struct guardduty_get_filter_out out = { .name = STR_NONE };
    CHECK_OK(guardduty_get_filter(rq, &in, &out));
    CHECK_ANSWER(GUARDDUTY_SHAPE_GET_FILTER_OUT, &out);
    CHECK_STR(out.action, "ARCHIVE");
    CHECK_INT(out.rank.v, 1);
    CHECK_STR(out.finding_criteria->criterion.items[0].value.eq.items[0], KEY);
}

GUARDDUTY_TEST(names_are_unique_and_plain_and_at_most_a_hundred)
{
    const struct str detector = fixture_detector(rq);
    CHECK_OK(create(rq, detector, STR("one"), STR_NONE, NO_RANK));
    CHECK_FAULT(create(rq, detector, STR("one"), STR_NONE, NO_RANK), BAD_REQUEST);
    CHECK_FAULT(create(rq, detector, STR("a/b"), STR_NONE, NO_RANK), BAD_REQUEST);
    for (int i = 1; i < 100; i++) {
        CHECK_OK(create(rq, detector, str_format(arena, "filter%d", i), STR_NONE, NO_RANK));
    }
    CHECK_FAULT(create(rq, detector, STR("more"), STR_NONE, NO_RANK), BAD_REQUEST);
}

static bool archived(struct request *rq, struct str detector, struct str type)
{
    const struct guardduty_list_findings_in in = { .detector_id = detector };
    const struct guardduty_get_findings_out out = fixture_get(rq, detector, fixture_list(rq, &in).finding_ids);
    for (size_t i = 0; i < out.findings.count; i++) {
        if (str_equal(out.findings.items[i].type, type)) {
            return out.findings.items[i].service->archived.v;
        }
    }
    fail_msg("no finding of type %s", type.ptr);
    return false;
}

GUARDDUTY_TEST(an_archive_filter_suppresses_new_findings_that_match)
{
    struct str types[] = { STR(KEY), STR(TOR) };
    const struct str detector = fixture_detector(rq);
    CHECK_OK(create(rq, detector, STR("noop"), STR("NOOP"), NO_RANK));
    fixture_samples(rq, detector, types, 1);
    CHECK_OK(create(rq, detector, STR("quiet"), STR("ARCHIVE"), NO_RANK));
    fixture_samples(rq, detector, types, 1);
    CHECK(!archived(rq, detector, STR(KEY))); /* it was there before the filter */
    const struct guardduty_delete_detector_in off = { .detector_id = detector };
    struct guardduty_delete_detector_out gone = { 0 };
    CHECK_OK(guardduty_delete_detector(rq, &off, &gone));
    const struct str next = fixture_detector(rq);
    CHECK_STR(names(rq, next), "");
    CHECK_OK(create(rq, next, STR("quiet"), STR("ARCHIVE"), NO_RANK));
    fixture_samples(rq, next, types, 2);
    CHECK(archived(rq, next, STR(KEY)));
    CHECK(!archived(rq, next, STR(TOR)));
}

GUARDDUTY_TEST(a_filters_tags_go_with_it)
{
    const struct str detector = fixture_detector(rq);
    CHECK_OK(create(rq, detector, STR("one"), STR_NONE, NO_RANK));
    struct guardduty_tag_map_entry tag = { STR("team"), STR("blue") };
    const struct guardduty_tag_resource_in put = {
        .resource_arn =
            str_format(arena, "arn:aws:guardduty:ap-northeast-1:111122223333:detector/%s/filter/one", detector.ptr),
        .tags = { .items = &tag, .count = 1 },
    };
    struct guardduty_tag_resource_out put_out = { 0 };
    CHECK_OK(guardduty_tag_resource(rq, &put, &put_out));
    const struct guardduty_delete_filter_in off = { .detector_id = detector, .filter_name = STR("one") };
    struct guardduty_delete_filter_out gone = { 0 };
    CHECK_OK(guardduty_delete_filter(rq, &off, &gone));
    CHECK_FAULT(guardduty_tag_resource(rq, &put, &put_out), BAD_REQUEST);
    CHECK_OK(create(rq, detector, STR("one"), STR_NONE, NO_RANK));
    const struct guardduty_get_filter_in in = { .detector_id = detector, .filter_name = STR("one") };
    struct guardduty_get_filter_out out = { .name = STR_NONE };
    CHECK_OK(guardduty_get_filter(rq, &in, &out));
    CHECK_INT(out.tags.count, 0);
}
