/* spec: GuardDuty user guide, Exporting findings; Suppression rules. */
#include "svc/guardduty/publish.h"

#include "svc/guardduty/fixture.h"
#include "svc/guardduty/hiding.h"

#define KEY "UnauthorizedAccess:IAMUser/MaliciousIPCaller"
#define HIGH "UnauthorizedAccess:EC2/TorClient"
#define MINUTE ((int64_t)60 * 1000)
#define DAY (24 * 60 * MINUTE)

/* What lies in the outbox by now; taken out of it. */
static size_t sent(struct request *rq, struct outbox_item *items)
{
    size_t count = 0;
    CHECK_OK(store_outbox_due(&rq->ctx, rq->db, 10, items, &count));
    for (size_t i = 0; i < count; i++) {
        CHECK_OK(store_outbox_done(&rq->ctx, rq->db, items[i].id));
    }
    return count;
}

static void sample(struct request *rq, struct str detector, const char *type)
{
    struct str name = str_of(type);
    fixture_samples(rq, detector, &name, 1);
}

static void do_chores(struct request *rq, bool expected)
{
    struct guardduty_chores chores = { .purged_ms = rq->ctx.now_ms };
    bool due = false;
    CHECK_OK(guardduty_chores_due(&rq->ctx, rq->db, &chores, &due));
    CHECK(due == expected);
    CHECK_OK(guardduty_chores_do(&rq->ctx, rq->db, &chores));
}

static struct str filter(struct request *rq, struct str detector, const char *name, const char *type)
{
    struct str *value = ARENA_NEW(rq->ctx.arena, struct str);
    struct guardduty_criterion_entry entry = { .key = STR("type") };
    *value = str_of(type);
    entry.value.matches = (struct guardduty_matches){ value, 1 };
    const struct guardduty_finding_criteria criteria = { .criterion = { .items = &entry, .count = 1 } };
    const struct guardduty_create_filter_in in = { .detector_id = detector, .name = str_of(name), .action = STR("ARCHIVE"),
                                                   .finding_criteria = &criteria };
    struct guardduty_create_filter_out out = { .name = STR_NONE };
    CHECK_OK(guardduty_create_filter(rq, &in, &out));
    return out.name;
}

static struct str id_of(struct request *rq, struct str detector, const char *type)
{
    struct str *value = ARENA_NEW(rq->ctx.arena, struct str);
    *value = str_of(type);
    struct guardduty_criterion_entry entry = { .key = STR("type") };
    entry.value.eq = (struct guardduty_eq){ value, 1 };
    const struct guardduty_finding_criteria criteria = { .criterion = { .items = &entry, .count = 1 } };
    const struct guardduty_list_findings_in in = { .detector_id = detector, .finding_criteria = &criteria };
    const struct guardduty_list_findings_out out = fixture_list(rq, &in);
    return out.finding_ids.count ? out.finding_ids.items[0] : STR_NONE;
}

static void archive(struct request *rq, struct str detector, struct str id, bool on)
{
    const struct guardduty_archive_findings_in in = { .detector_id = detector, .finding_ids = { &id, 1 } };
    const struct guardduty_unarchive_findings_in back = { .detector_id = detector, .finding_ids = { &id, 1 } };
    struct guardduty_archive_findings_out out = { 0 };
    struct guardduty_unarchive_findings_out back_out = { 0 };
    if (on) {
        CHECK_OK(guardduty_archive_findings(rq, &in, &out));
    } else {
        CHECK_OK(guardduty_unarchive_findings(rq, &back, &back_out));
    }
}

static struct str export_to(struct request *rq, struct str detector)
{
    const struct guardduty_destination_properties properties = {
        .destination_arn = STR("arn:aws:s3:::findings/audit"),
        .kms_key_arn = STR("arn:aws:kms:ap-northeast-1:111122223333:key/1"),
    };
    const struct guardduty_create_publishing_destination_in in = {
        .detector_id = detector, .destination_type = STR("S3"), .destination_properties = &properties };
    struct guardduty_create_publishing_destination_out out = { .destination_id = STR_NONE };
    struct outbox_item items[10];
    CHECK_OK(guardduty_create_publishing_destination(rq, &in, &out));
    CHECK_INT(sent(rq, items), 1);
    CHECK_INT(items[0].payload.len, 0);
    return out.destination_id;
}

GUARDDUTY_TEST(new_findings_go_at_once_and_repeats_at_the_frequency)
{
    struct outbox_item items[10];
    const struct str detector = fixture_detector(rq);
    sample(rq, detector, HIGH);
    CHECK_INT(sent(rq, items), 0); /* nobody asked */
    const struct str destination = export_to(rq, detector);
    sample(rq, detector, KEY);
    CHECK_INT(sent(rq, items), 1);
    CHECK(str_equal(items[0].topic, str_format(arena, "guardduty.export/ap-northeast-1/%" STR_FMT, STR_ARG(destination))));
    CHECK(str_search(items[0].payload, str_format(arena, "\"detectorId\":\"%s\"", detector.ptr)) != STR_MISSING);
    sample(rq, detector, KEY);
    sample(rq, detector, KEY);
    do_chores(rq, false);
    CHECK_INT(sent(rq, items), 0);
    rq->ctx.now_ms += 6 * 60 * MINUTE - 1;
    do_chores(rq, false);
    rq->ctx.now_ms += 1;
    do_chores(rq, true);
    CHECK_INT(sent(rq, items), 1); /* one for both repeats */
    CHECK(str_search(items[0].payload, STR("\"count\":3")) != STR_MISSING);
    do_chores(rq, false);
}

GUARDDUTY_TEST(the_frequency_is_the_detectors)
{
    struct outbox_item items[10];
    const struct str detector = fixture_detector(rq);
    export_to(rq, detector);
    sample(rq, detector, KEY);
    sample(rq, detector, KEY);
    CHECK_INT(sent(rq, items), 1);
    rq->ctx.now_ms += 15 * MINUTE;
    do_chores(rq, false);
    const struct guardduty_update_detector_in in = { .detector_id = detector,
                                                     .finding_publishing_frequency = STR("FIFTEEN_MINUTES") };
    struct guardduty_update_detector_out out = { 0 };
    CHECK_OK(guardduty_update_detector(rq, &in, &out));
    do_chores(rq, true);
    CHECK_INT(sent(rq, items), 1);
}

GUARDDUTY_TEST(suppressed_findings_go_nowhere_and_archived_ones_to_events_alone)
{
    struct outbox_item items[10];
    guardduty_set_publish(true);
    const struct str detector = fixture_detector(rq);
    export_to(rq, detector);
    filter(rq, detector, "quiet", KEY);
    sample(rq, detector, KEY);
    sample(rq, detector, KEY);
    sample(rq, detector, HIGH);
    CHECK_INT(sent(rq, items), 2); /* HIGH, as event and for export */
    archive(rq, detector, id_of(rq, detector, HIGH), true);
    sample(rq, detector, HIGH);
    rq->ctx.now_ms += 6 * 60 * MINUTE;
    do_chores(rq, true);
    CHECK_INT(sent(rq, items), 1);
    CHECK_STR(items[0].topic, "guardduty.finding");
    archive(rq, detector, id_of(rq, detector, KEY), false);
    do_chores(rq, false);
    rq->ctx.now_ms += 6 * 60 * MINUTE;
    do_chores(rq, true);
    CHECK_INT(sent(rq, items), 2);
    guardduty_set_publish(false);
}

GUARDDUTY_TEST(nobody_is_told_while_the_detector_is_suspended)
{
    struct outbox_item items[10];
    const struct str detector = fixture_detector(rq);
    export_to(rq, detector);
    const struct guardduty_update_detector_in in = { .detector_id = detector, .enable = SOME(false) };
    struct guardduty_update_detector_out out = { 0 };
    CHECK_OK(guardduty_update_detector(rq, &in, &out));
    sample(rq, detector, KEY);
    CHECK_INT(sent(rq, items), 0);
}

GUARDDUTY_TEST(findings_are_kept_for_ninety_days)
{
    const struct str detector = fixture_detector(rq);
    sample(rq, detector, KEY);
    rq->ctx.now_ms += 50 * DAY;
    sample(rq, detector, HIGH);
    struct guardduty_chores chores = { .purged_ms = 0 };
    bool due = false;
    CHECK_OK(guardduty_chores_due(&rq->ctx, rq->db, &chores, &due));
    CHECK(due);
    rq->ctx.now_ms += 40 * DAY + 1;
    CHECK_OK(guardduty_chores_do(&rq->ctx, rq->db, &chores));
    CHECK(id_of(rq, detector, KEY).ptr == NULL);
    CHECK(id_of(rq, detector, HIGH).ptr != NULL);
    CHECK_OK(guardduty_chores_due(&rq->ctx, rq->db, &chores, &due));
    CHECK(!due); /* for an hour */
}

static size_t hiding(struct request *rq, struct guardduty_hiding **out)
{
    size_t count = 0;
    CHECK_OK(guardduty_hiding_list(&rq->ctx, rq->db, rq->account, out, &count));
    return count;
}

GUARDDUTY_TEST(a_filter_that_can_hide_what_is_high_is_told_of_until_acknowledged)
{
    struct guardduty_hiding *list = NULL;
    size_t acknowledged = 0;
    const struct str detector = fixture_detector(rq);
    filter(rq, detector, "low", "Recon:EC2/PortProbeUnprotectedPort"); /* usually low */
    CHECK_INT(hiding(rq, &list), 0);
    CHECK(id_of(rq, detector, HIDING_TYPE).ptr == NULL);
    filter(rq, detector, "all", "*");
    CHECK_INT(hiding(rq, &list), 1);
    CHECK_STR(list[0].filter, "all");
    const struct str own = id_of(rq, detector, HIDING_TYPE);
    CHECK(own.ptr != NULL);
    struct str own_ids[] = { own };
    const struct guardduty_get_findings_out shown =
        fixture_get(rq, detector, (struct guardduty_finding_ids){ own_ids, 1 });
    CHECK_ANSWER(GUARDDUTY_SHAPE_GET_FINDINGS_OUT, &shown);
    CHECK(!shown.findings.items[0].service->archived.v);
    sample(rq, detector, HIGH);
    sample(rq, detector, "AttackSequence:IAM/CompromisedCredentials");
    sample(rq, detector, "Recon:EC2/PortProbeUnprotectedPort"); /* "all" comes first */
    CHECK_INT(hiding(rq, &list), 1);
    CHECK_INT(list[0].hidden, 3);
    CHECK_INT(list[0].high, 1);
    CHECK_INT(list[0].critical, 1);
    CHECK_OK(guardduty_hiding_acknowledge(&rq->ctx, rq->db, rq->account, STR("low"), STR("x"), &acknowledged));
    CHECK_INT(acknowledged, 0);
    CHECK_OK(guardduty_hiding_acknowledge(&rq->ctx, rq->db, rq->account, STR("all"), STR("a test"), &acknowledged));
    CHECK_INT(acknowledged, 1);
    CHECK_INT(hiding(rq, &list), 0);
}

GUARDDUTY_TEST(what_a_filter_hid_outlives_it)
{
    struct guardduty_hiding *list = NULL;
    struct outbox_item items[10];
    const struct str detector = fixture_detector(rq);
    export_to(rq, detector);
    filter(rq, detector, "short", "*");
    CHECK_INT(sent(rq, items), 1); /* the finding about it */
    sample(rq, detector, HIGH);
    const struct guardduty_delete_filter_in in = { .detector_id = detector, .filter_name = STR("short") };
    struct guardduty_delete_filter_out out = { 0 };
    CHECK_OK(guardduty_delete_filter(rq, &in, &out));
    CHECK_INT(hiding(rq, &list), 1);
    filter(rq, detector, "idle", "*");
    CHECK_INT(hiding(rq, &list), 2);
    const struct guardduty_delete_filter_in idle = { .detector_id = detector, .filter_name = STR("idle") };
    CHECK_OK(guardduty_delete_filter(rq, &idle, &out));
    CHECK_INT(hiding(rq, &list), 1);
}
