#include "svc/guardduty/fixture.h"

static struct guardduty_get_detector_out get(struct request *rq, struct str id)
{
    const struct guardduty_get_detector_in in = { .detector_id = id };
    struct guardduty_get_detector_out out = { .status = STR_NONE };
    CHECK_OK(guardduty_get_detector(rq, &in, &out));
    CHECK_ANSWER(GUARDDUTY_SHAPE_GET_DETECTOR_OUT, &out);
    return out;
}

static struct str feature_status(const struct guardduty_get_detector_out *detector, struct str name)
{
    for (size_t i = 0; i < detector->features.count; i++) {
        if (str_equal(detector->features.items[i].name, name)) {
            return detector->features.items[i].status;
        }
    }
    return STR("absent");
}

GUARDDUTY_TEST(an_account_has_one_detector_per_region)
{
    const struct guardduty_create_detector_in in = { .enable = SOME(true) };
    struct guardduty_create_detector_out out = { .detector_id = STR_NONE };
    const struct str id = fixture_detector(rq);
    CHECK_FAULT(guardduty_create_detector(rq, &in, &out), BAD_REQUEST);
    CHECK_STR(str_of(rq->ctx.reason),
              "The request is rejected because a detector already exists for the current account.");
    rq->region = STR("us-east-1");
    CHECK(!str_equal(fixture_detector(rq), id));
    rq->account = STR("999999999999");
    fixture_detector(rq);
}

GUARDDUTY_TEST(a_client_token_makes_creation_idempotent)
{
    struct guardduty_create_detector_in in = { .enable = SOME(true), .client_token = STR("t1") };
    struct guardduty_create_detector_out first = { .detector_id = STR_NONE }, again = { .detector_id = STR_NONE };
    CHECK_OK(guardduty_create_detector(rq, &in, &first));
    CHECK_OK(guardduty_create_detector(rq, &in, &again));
    CHECK(str_equal(first.detector_id, again.detector_id));
    in.enable.v = false;
    CHECK_FAULT(guardduty_create_detector(rq, &in, &again), BAD_REQUEST);
    in = (struct guardduty_create_detector_in){ .enable = SOME(true), .client_token = STR("t2") };
    CHECK_FAULT(guardduty_create_detector(rq, &in, &again), BAD_REQUEST);
}

GUARDDUTY_TEST(a_detector_shows_what_it_was_made_with)
{
    const struct guardduty_get_detector_out out = get(rq, fixture_detector(rq));
    CHECK_STR(out.status, "ENABLED");
    CHECK_STR(out.finding_publishing_frequency, "SIX_HOURS");
    CHECK_STR(out.created_at, "2023-11-14T22:13:20.000Z");
    CHECK_STR(out.service_role, "arn:aws:iam::111122223333:role/aws-service-role/guardduty.amazonaws.com/"
                                "AWSServiceRoleForAmazonGuardDuty");
    CHECK_INT(out.features.count, 11);
    CHECK_STR(feature_status(&out, STR("CLOUD_TRAIL")), "ENABLED");
    CHECK_STR(feature_status(&out, STR("S3_DATA_EVENTS")), "ENABLED");
    CHECK_STR(feature_status(&out, STR("RUNTIME_MONITORING")), "DISABLED");
    const struct guardduty_detector_feature_configuration_result *last = &out.features.items[9];
    CHECK_STR(last->name, "RUNTIME_MONITORING");
    CHECK_INT(last->additional_configuration.count, 3);
    CHECK_STR(last->additional_configuration.items[2].name, "EC2_AGENT_MANAGEMENT");
}

GUARDDUTY_TEST(data_sources_and_features_are_two_spellings_of_one_thing)
{
    static const struct guardduty_s3_logs_configuration OFF = { .enable = SOME(false) };
    const struct guardduty_data_source_configurations sources = { .s3_logs = &OFF };
    struct guardduty_detector_feature_configuration audit = { .name = STR("EKS_AUDIT_LOGS"),
                                                              .status = STR("DISABLED") };
    const struct guardduty_create_detector_in in = {
        .enable = SOME(true),
        .data_sources = &sources,
        .features = { .items = &audit, .count = 1 },
    };
    struct guardduty_create_detector_out made = { .detector_id = STR_NONE };
    CHECK_OK(guardduty_create_detector(rq, &in, &made));
    const struct guardduty_get_detector_out out = get(rq, made.detector_id);
    CHECK_STR(feature_status(&out, STR("S3_DATA_EVENTS")), "DISABLED");
    CHECK_STR(out.data_sources->s3_logs->status, "DISABLED");
    CHECK_STR(out.data_sources->kubernetes->audit_logs->status, "DISABLED");
    CHECK_STR(out.data_sources->malware_protection->scan_ec2_instance_with_findings->ebs_volumes->status, "ENABLED");
}

GUARDDUTY_TEST(runtime_monitoring_comes_in_one_form_only)
{
    const struct str id = fixture_detector(rq);
    struct guardduty_detector_feature_configuration both[] = {
        { .name = STR("EKS_RUNTIME_MONITORING"), .status = STR("ENABLED") },
        { .name = STR("RUNTIME_MONITORING"), .status = STR("ENABLED") },
    };
    struct guardduty_update_detector_in in = { .detector_id = id, .features = { .items = both, .count = 2 } };
    struct guardduty_update_detector_out out = { 0 };
    CHECK_FAULT(guardduty_update_detector(rq, &in, &out), BAD_REQUEST);
    in.features.count = 1;
    CHECK_OK(guardduty_update_detector(rq, &in, &out));
    in.features = (struct guardduty_detector_feature_configurations){ .items = both + 1, .count = 1 };
    CHECK_FAULT(guardduty_update_detector(rq, &in, &out), BAD_REQUEST);
    both[0].status = STR("DISABLED");
    in.features = (struct guardduty_detector_feature_configurations){ .items = both, .count = 2 };
    CHECK_OK(guardduty_update_detector(rq, &in, &out));
    const struct guardduty_get_detector_out now = get(rq, id);
    CHECK_STR(feature_status(&now, STR("RUNTIME_MONITORING")), "ENABLED");
}

GUARDDUTY_TEST(additional_configuration_belongs_to_its_feature)
{
    const struct str id = fixture_detector(rq);
    struct guardduty_detector_additional_configuration agent = { .name = STR("EC2_AGENT_MANAGEMENT"),
                                                                 .status = STR("ENABLED") };
    struct guardduty_detector_feature_configuration feature = {
        .name = STR("RUNTIME_MONITORING"),
        .status = STR("ENABLED"),
        .additional_configuration = { .items = &agent, .count = 1 },
    };
    struct guardduty_update_detector_in in = { .detector_id = id, .features = { .items = &feature, .count = 1 } };
    struct guardduty_update_detector_out out = { 0 };
    rq->ctx.now_ms += 5000;
    CHECK_OK(guardduty_update_detector(rq, &in, &out));
    const struct guardduty_get_detector_out now = get(rq, id);
    CHECK_STR(now.features.items[9].additional_configuration.items[2].status, "ENABLED");
    CHECK(now.features.items[9].additional_configuration.items[2].updated_at.v == rq->ctx.now_ms);
    CHECK(now.features.items[9].additional_configuration.items[0].updated_at.v == rq->ctx.now_ms - 5000);
    feature.name = STR("RDS_LOGIN_EVENTS");
    CHECK_FAULT(guardduty_update_detector(rq, &in, &out), BAD_REQUEST);
}

GUARDDUTY_TEST(update_changes_only_what_it_names)
{
    const struct str id = fixture_detector(rq);
    const struct guardduty_update_detector_in in = { .detector_id = id, .enable = SOME(false) };
    struct guardduty_update_detector_out out = { 0 };
    rq->ctx.now_ms += 1000;
    CHECK_OK(guardduty_update_detector(rq, &in, &out));
    const struct guardduty_get_detector_out now = get(rq, id);
    CHECK_STR(now.status, "DISABLED");
    CHECK_STR(now.finding_publishing_frequency, "SIX_HOURS");
    CHECK_STR(now.created_at, "2023-11-14T22:13:20.000Z");
    CHECK_STR(now.updated_at, "2023-11-14T22:13:21.000Z");
}

GUARDDUTY_TEST(list_shows_the_detector_of_this_account_and_region)
{
    struct guardduty_list_detectors_in in = { .next_token = STR_NONE };
    struct guardduty_list_detectors_out out = { .next_token = STR_NONE };
    CHECK_OK(guardduty_list_detectors(rq, &in, &out));
    CHECK_INT(out.detector_ids.count, 0);
    CHECK(out.detector_ids.items != NULL);
    const struct str id = fixture_detector(rq);
    out = (struct guardduty_list_detectors_out){ .next_token = STR_NONE };
    CHECK_OK(guardduty_list_detectors(rq, &in, &out));
    CHECK_INT(out.detector_ids.count, 1);
    CHECK(str_equal(out.detector_ids.items[0], id));
    in.next_token = STR("forged");
    CHECK_FAULT(guardduty_list_detectors(rq, &in, &out), BAD_REQUEST);
    rq->account = STR("999999999999");
    in.next_token = STR_NONE;
    out = (struct guardduty_list_detectors_out){ .next_token = STR_NONE };
    CHECK_OK(guardduty_list_detectors(rq, &in, &out));
    CHECK_INT(out.detector_ids.count, 0);
}

GUARDDUTY_TEST(a_strangers_detector_is_not_owned)
{
    const struct str id = fixture_detector(rq);
    const struct guardduty_delete_detector_in in = { .detector_id = id };
    struct guardduty_delete_detector_out out = { 0 };
    rq->account = STR("999999999999");
    CHECK_FAULT(guardduty_delete_detector(rq, &in, &out), BAD_REQUEST);
    CHECK_STR(str_of(rq->ctx.reason),
              "The request is rejected because the input detectorId is not owned by the current account.");
    rq->account = STR("111122223333");
    CHECK_OK(guardduty_delete_detector(rq, &in, &out));
    CHECK_FAULT(guardduty_delete_detector(rq, &in, &out), BAD_REQUEST);
    fixture_detector(rq);
}

static struct str detector_arn(struct request *rq, struct str id)
{
    return str_format(rq->ctx.arena, "arn:aws:guardduty:ap-northeast-1:111122223333:detector/%" STR_FMT, STR_ARG(id));
}

static size_t tag_count(struct request *rq, struct str arn)
{
    const struct guardduty_list_tags_for_resource_in in = { .resource_arn = arn };
    struct guardduty_list_tags_for_resource_out out = { .tags = { NULL, 0 } };
    CHECK_OK(guardduty_list_tags_for_resource(rq, &in, &out));
    return out.tags.count;
}

GUARDDUTY_TEST(tags_are_put_overwritten_and_taken_off)
{
    const struct str arn = detector_arn(rq, fixture_detector(rq));
    struct guardduty_tag_map_entry tags[] = { { STR("team"), STR("blue") }, { STR("env"), STR("prod") } };
    struct guardduty_tag_resource_in put = { .resource_arn = arn, .tags = { .items = tags, .count = 2 } };
    struct guardduty_tag_resource_out put_out = { 0 };
    CHECK_OK(guardduty_tag_resource(rq, &put, &put_out));
    tags[0].value = STR("red");
    CHECK_OK(guardduty_tag_resource(rq, &put, &put_out));
    CHECK_INT(tag_count(rq, arn), 2);
    struct str key = STR("env");
    const struct guardduty_untag_resource_in off = { .resource_arn = arn, .tag_keys = { .items = &key, .count = 1 } };
    struct guardduty_untag_resource_out off_out = { 0 };
    CHECK_OK(guardduty_untag_resource(rq, &off, &off_out));
    CHECK_INT(tag_count(rq, arn), 1);
}

GUARDDUTY_TEST(reserved_keys_too_many_tags_and_foreign_arns_are_refused)
{
    const struct str arn = detector_arn(rq, fixture_detector(rq));
    struct guardduty_tag_map_entry tag = { STR("AWS:made"), STR("x") };
    struct guardduty_tag_resource_in put = { .resource_arn = arn, .tags = { .items = &tag, .count = 1 } };
    struct guardduty_tag_resource_out out = { 0 };
    CHECK_FAULT(guardduty_tag_resource(rq, &put, &out), BAD_REQUEST);
    for (int i = 0; i < 51; i++) {
        tag.key = str_format(arena, "key%d", i);
        if (i < 50) {
            CHECK_OK(guardduty_tag_resource(rq, &put, &out));
        } else {
            CHECK_FAULT(guardduty_tag_resource(rq, &put, &out), BAD_REQUEST);
        }
    }
    put.resource_arn = STR("arn:aws:guardduty:ap-northeast-1:111122223333:detector/00000000000000000000000000000000");
    CHECK_FAULT(guardduty_tag_resource(rq, &put, &out), BAD_REQUEST);
    put.resource_arn = STR("arn:aws:guardduty:us-east-1:111122223333:detector/x");
    CHECK_FAULT(guardduty_tag_resource(rq, &put, &out), BAD_REQUEST);
}
