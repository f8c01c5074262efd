#include "base/json.h"
#include "detect/catalogue.h"
#include "svc/guardduty/fixture.h"

GUARDDUTY_TEST(every_type_has_a_sample_that_fits_the_model)
{
    const struct str detector = fixture_detector(rq);
    for (size_t i = 0; i < catalogue_count(); i++) {
        struct str type = catalogue_at(i)->type;
        fixture_samples(rq, detector, &type, 1);
    }
    size_t seen = 0;
    struct guardduty_list_findings_in in = { .detector_id = detector };
    do {
        const struct guardduty_list_findings_out page = fixture_list(rq, &in);
        const struct guardduty_get_findings_out out = fixture_get(rq, detector, page.finding_ids);
        CHECK_ANSWER(GUARDDUTY_SHAPE_GET_FINDINGS_OUT, &out);
        seen += out.findings.count;
        in.next_token = page.next_token;
    } while (in.next_token.len > 0);
    CHECK_INT(seen, catalogue_count());
}

static bool has_details(const struct guardduty_finding *finding)
{
    const struct guardduty_resource *r = finding->resource;
    const struct guardduty_detection *detection = finding->service->detection;
    return r->access_key_details || r->instance_details || r->s3_bucket_details.count || r->eks_cluster_details ||
           r->ecs_cluster_details || r->container_details || r->lambda_details || r->rds_db_instance_details ||
           r->ebs_snapshot_details || r->ec2_image_details || r->recovery_point_details ||
           (detection && detection->sequence && detection->sequence->signals.count);
}

GUARDDUTY_TEST(samples_have_the_parts_of_their_type)
{
    const struct str detector = fixture_detector(rq);
    fixture_samples(rq, detector, NULL, 0);
    struct guardduty_list_findings_in in = { .detector_id = detector };
    do {
        const struct guardduty_list_findings_out page = fixture_list(rq, &in);
        const struct guardduty_get_findings_out out = fixture_get(rq, detector, page.finding_ids);
        for (size_t i = 0; i < out.findings.count; i++) {
            const struct guardduty_finding *finding = &out.findings.items[i];
            const struct catalogue_entry *entry = catalogue_find(finding->type);
            CHECK(has_details(finding));
            CHECK((entry->action_type.len > 0) == (finding->service->action != NULL));
            CHECK(finding->severity.v == entry->severity);
            CHECK_STR(finding->region, "ap-northeast-1");
            const bool malware = str_search(finding->type, STR("iousFile")) != STR_MISSING &&
                                 str_search(finding->type, STR("Runtime")) == STR_MISSING;
            CHECK(malware == (finding->service->ebs_volume_scan_details || finding->service->malware_scan_details));
        }
        in.next_token = page.next_token;
    } while (in.next_token.len > 0);
}

GUARDDUTY_TEST(a_sample_made_again_is_a_repeat)
{
    struct str type = STR("Policy:S3/BucketPublicAccessGranted");
    const struct str detector = fixture_detector(rq);
    fixture_samples(rq, detector, &type, 1);
    rq->ctx.now_ms += 60000;
    fixture_samples(rq, detector, &type, 1);
    const struct guardduty_list_findings_in in = { .detector_id = detector };
    const struct guardduty_get_findings_out out = fixture_get(rq, detector, fixture_list(rq, &in).finding_ids);
    CHECK_INT(out.findings.count, 1);
    CHECK_INT(out.findings.items[0].service->count.v, 2);
    CHECK_STR(out.findings.items[0].created_at, "2023-11-14T22:13:20.000Z");
    CHECK_STR(out.findings.items[0].updated_at, "2023-11-14T22:14:20.000Z");
}

GUARDDUTY_TEST(an_unknown_type_is_refused)
{
    struct str type = STR("Recon:EC2/NoSuchThing");
    const struct guardduty_create_sample_findings_in in = {
        .detector_id = fixture_detector(rq),
        .finding_types = { .items = &type, .count = 1 },
    };
    struct guardduty_create_sample_findings_out out = { 0 };
    CHECK_FAULT(guardduty_create_sample_findings(rq, &in, &out), BAD_REQUEST);
}

GUARDDUTY_TEST(the_stored_form_says_sample_true)
{
    struct str type = STR("AttackSequence:S3/CompromisedData");
    fixture_samples(rq, fixture_detector(rq), &type, 1);
    struct finding_row *found = NULL;
    size_t count = 0;
    CHECK_OK(rows_finding_page(rows_of(rq), &(const struct finding_ask){ .limit = 5 }, &found, &count));
    CHECK_INT(count, 1);
    CHECK(json_is_true(json_path(json_parse(arena, found->body, NULL), "service.additionalInfo.sample")));
}
