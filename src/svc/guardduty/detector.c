#include "svc/guardduty/detector.h"

#include "base/clock.h"
#include "crypto/hash.h"
#include "crypto/random.h"
#include "svc/guardduty/guardduty.h"
#include "svc/guardduty/member.h"
#include "svc/guardduty/tag.h"
#include "wire/codec.h"

const struct service GUARDDUTY = { .model = &GUARDDUTY_MODEL, .changes_records = true };

struct err detector_refuse(struct ctx *ctx, const char *name)
{
    return fail(ctx, &GUARDDUTY_BAD_REQUEST_EXCEPTION,
                "The request is rejected because the parameter %s has an invalid value.", name);
}

static struct err owned(struct request *rq, bool yes)
{
    return yes ? ERR_OK
               : fail(&rq->ctx, &GUARDDUTY_BAD_REQUEST_EXCEPTION,
                      "The request is rejected because the input detectorId is not owned by the current account.");
}

struct err detector_need(struct request *rq, struct str id, struct detector_row *out)
{
    bool found = false;
    TRY(rows_detector_get(rows_of(rq), out, &found));
    return owned(rq, found && str_equal(out->id, id));
}

struct err detector_exists(struct request *rq, struct str id)
{
    bool found = false;
    TRY(rows_detector_exists(rows_of(rq), id, &found));
    return owned(rq, found);
}

/* What tells two requests with one client token apart. */
static struct str fingerprint(struct request *rq, const struct guardduty_create_detector_in *in)
{
    struct json_writer writer = json_writer_new(rq->ctx.arena);
    wire_json_write(&writer, GUARDDUTY_SHAPE_CREATE_DETECTOR_IN, in);
    return hash_hex(rq->ctx.arena, HASH_SHA256, json_done(&writer));
}

static struct err exists_already(struct request *rq)
{
    return fail(&rq->ctx, &GUARDDUTY_BAD_REQUEST_EXCEPTION,
                "The request is rejected because a detector already exists for the current account.");
}

/* CreateDetector makes the account's only detector in this region. Findings that were recorded before it show at once.
 * spec: GuardDuty API reference, CreateDetector: a second one is a BadRequestException; ClientToken is idempotent. */
struct err guardduty_create_detector(struct request *rq, const struct guardduty_create_detector_in *in,
                                     struct guardduty_create_detector_out *out)
{
    const struct rows rows = rows_of(rq);
    const struct str token_hash = fingerprint(rq, in);
    struct detector_row row = { .enabled = false };
    bool found = false;
    TRY(rows_detector_get(rows, &row, &found));
    if (found && in->client_token.len > 0 && str_equal(row.token, in->client_token) &&
        str_equal(row.token_hash, token_hash)) {
        out->detector_id = row.id;
        return ERR_OK;
    }
    if (found) {
        return exists_already(rq);
    }

    row = (struct detector_row){
        .id = random_hex(&rq->ctx, 32),
        .enabled = in->enable.v,
        .frequency = in->finding_publishing_frequency.ptr ? in->finding_publishing_frequency : STR("SIX_HOURS"),
        .created_ms = rq->ctx.now_ms,
        .updated_ms = rq->ctx.now_ms,
        .token = in->client_token.ptr ? in->client_token : STR(""),
        .token_hash = token_hash,
    };
    features_default(row.features, rq->ctx.now_ms);
    TRY(features_apply(rq, in->data_sources, &in->features, row.features));
    const struct err inserted = rows_detector_insert(rows, &row);
    if (err_is(inserted, &STORE_CONFLICT)) {
        return exists_already(rq); /* another server on the same store was quicker */
    }
    TRY(inserted);
    TRY(tag_put_all(rq, str_format(rq->ctx.arena, "detector/%" STR_FMT, STR_ARG(row.id)), &in->tags));

    out->detector_id = row.id;
    return ERR_OK;
}

struct err guardduty_get_detector(struct request *rq, const struct guardduty_get_detector_in *in,
                                  struct guardduty_get_detector_out *out)
{
    struct detector_row row = { .enabled = false };
    TRY(detector_need(rq, in->detector_id, &row));
    TRY(rows_feature_list(rows_of(rq), &row));
    TRY(tag_get_all(rq, str_format(rq->ctx.arena, "detector/%" STR_FMT, STR_ARG(row.id)), &out->tags));
    out->created_at = clock_format_iso8601_ms(rq->ctx.arena, row.created_ms);
    out->updated_at = clock_format_iso8601_ms(rq->ctx.arena, row.updated_ms);
    out->finding_publishing_frequency = row.frequency;
    out->status = row.enabled ? STR("ENABLED") : STR("DISABLED");
    out->service_role = str_format(rq->ctx.arena,
                                   "arn:%" STR_FMT ":iam::%" STR_FMT
                                   ":role/aws-service-role/guardduty.amazonaws.com/AWSServiceRoleForAmazonGuardDuty",
                                   STR_ARG(rq->partition), STR_ARG(rq->account));
    out->data_sources = features_show_sources(rq, row.features);
    out->features = features_show(rq, row.features, row.created_ms);
    return ERR_OK;
}

/* There is at most one detector, hence never a second page: any token is a forged one. */
struct err guardduty_list_detectors(struct request *rq, const struct guardduty_list_detectors_in *in,
                                    struct guardduty_list_detectors_out *out)
{
    struct detector_row row = { .enabled = false };
    bool found = false;
    if (in->next_token.len > 0) {
        return detector_refuse(&rq->ctx, "nextToken");
    }
    TRY(rows_detector_get(rows_of(rq), &row, &found));
    out->detector_ids.items = ARENA_NEW(rq->ctx.arena, struct str);
    if (found) {
        out->detector_ids.items[out->detector_ids.count++] = row.id;
    }
    return ERR_OK;
}

struct err guardduty_update_detector(struct request *rq, const struct guardduty_update_detector_in *in,
                                     struct guardduty_update_detector_out *out)
{
    (void)out;
    struct detector_row row = { .enabled = false };
    TRY(detector_need(rq, in->detector_id, &row));
    TRY(rows_feature_list(rows_of(rq), &row));
    TRY(features_apply(rq, in->data_sources, &in->features, row.features));
    if (in->enable.set) {
        row.enabled = in->enable.v;
    }
    if (in->finding_publishing_frequency.ptr && !str_equal(in->finding_publishing_frequency, row.frequency)) {
        TRY(member_refuse(rq, "change how often findings are published"));
        row.frequency = in->finding_publishing_frequency;
    }
    row.updated_ms = rq->ctx.now_ms;
    return rows_detector_update(rows_of(rq), &row);
}

/* DeleteDetector takes the region's findings along.
 * spec: GuardDuty user guide, Suspending or disabling: existing findings are lost and can't be recovered. */
struct err guardduty_delete_detector(struct request *rq, const struct guardduty_delete_detector_in *in,
                                     struct guardduty_delete_detector_out *out)
{
    (void)out;
    struct detector_row row = { .enabled = false };
    int64_t members = 0;
    TRY(detector_need(rq, in->detector_id, &row));
    TRY(member_refuse(rq, "delete its detector before it leaves"));
    TRY(rows_membership_bound(rows_of(rq), &members));
    if (members > 0) {
        return fail(&rq->ctx, &GUARDDUTY_BAD_REQUEST_EXCEPTION,
                    "The request is rejected because the current account cannot delete detector while it has invited or "
                    "associated members.");
    }
    return rows_detector_delete(rows_of(rq));
}

struct err guardduty_takes_data(struct ctx *ctx, struct store_conn *db, bool *out)
{
    return rows_detector_takes_data(ctx, db, features_key(FEATURE_S3), out);
}

struct err guardduty_watches(struct ctx *ctx, struct store_conn *db, struct str account, struct str region, bool *out)
{
    struct detector_row detector = { .enabled = false };
    bool found = false;
    TRY(rows_detector_get((struct rows){ ctx, db, account, region }, &detector, &found));
    *out = found && detector.enabled;
    return ERR_OK;
}
