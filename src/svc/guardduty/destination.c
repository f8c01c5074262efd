/* destination.c - where findings are exported to. Each new or changed destination is tried with an empty object, as AWS
 * does; until that has arrived its status is PENDING_VERIFICATION.
 *
 * spec: GuardDuty API reference, CreatePublishingDestination; user guide, Exporting findings: the key is required. */
#include "crypto/random.h"
#include "svc/guardduty/detector.h"
#include "svc/guardduty/guardduty.h"
#include "svc/guardduty/rows_publish.h"
#include "svc/guardduty/tag.h"
#include "wire/bucket.h"

/* spec: AWS's words for an unknown destination, which Terraform waits for. */
static struct err unknown(struct request *rq)
{
    return fail(&rq->ctx, &GUARDDUTY_BAD_REQUEST_EXCEPTION,
                "The request is rejected because the one or more input parameters have invalid values.");
}

static struct err need(struct request *rq, struct str detector_id, struct str id, struct destination_row *out)
{
    struct detector_row detector = { .enabled = false };
    bool found = false;
    TRY(detector_need(rq, detector_id, &detector));
    TRY(rows_destination_get(rows_of(rq), id, out, &found));
    return found ? ERR_OK : unknown(rq);
}

static struct err refuse(struct request *rq, const char *parameter)
{
    return fail(&rq->ctx, &GUARDDUTY_BAD_REQUEST_EXCEPTION,
                "The request failed because the value specified for the %s parameter is not valid.", parameter);
}

static bool is_bucket_arn(struct str arn)
{
    struct str prefix = STR_NONE;
    if (!str_starts(arn, STR("arn:aws:s3:::"))) {
        return false;
    }
    const struct str bucket = str_cut(str_from(arn, sizeof("arn:aws:s3:::") - 1), '/', &prefix);
    return bucket_name_fits(bucket) && prefix.len <= 512;
}

/* Letters, digits and hyphens alone: parts of the ARN become a host name and a header. */
static bool is_plain(struct str s, size_t most)
{
    for (size_t i = 0; i < s.len; i++) {
        const char c = s.ptr[i];
        const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
        if (!letter && !(c >= '0' && c <= '9') && c != '-') {
            return false;
        }
    }
    return s.len > 0 && s.len <= most;
}

/* arn:aws:kms:REGION:ACCOUNT:key/ID */
static bool is_key_arn(struct str arn)
{
    struct str rest = str_starts(arn, STR("arn:aws:kms:")) ? str_from(arn, sizeof("arn:aws:kms:") - 1) : STR_NONE;
    const struct str region = rest.ptr ? str_cut(rest, ':', &rest) : STR_NONE;
    const struct str account = rest.ptr ? str_cut(rest, ':', &rest) : STR_NONE;
    return is_plain(region, 32) && is_plain(account, 12) && str_starts(rest, STR("key/")) &&
           is_plain(str_from(rest, 4), 128);
}

static struct err take_properties(struct request *rq, const struct guardduty_destination_properties *in,
                                  struct destination_row *row)
{
    row->arn = in->destination_arn.ptr ? in->destination_arn : row->arn;
    row->kms_key = in->kms_key_arn.ptr ? in->kms_key_arn : row->kms_key;
    row->bucket_owner = in->expected_bucket_owner.ptr ? in->expected_bucket_owner : row->bucket_owner;
    if (!is_bucket_arn(row->arn)) {
        return refuse(rq, "destinationArn");
    }
    if (row->bucket_owner.len > 0 && !is_plain(row->bucket_owner, 12)) {
        return refuse(rq, "expectedBucketOwner");
    }
    return is_key_arn(row->kms_key) ? ERR_OK : refuse(rq, "kmsKeyArn");
}

/* The trial is an item like any other, with nothing in it. */
static struct err keep_and_try(struct request *rq, struct destination_row *row)
{
    row->status = STR("PENDING_VERIFICATION");
    row->failed_ms = 0;
    TRY(rows_destination_put(rows_of(rq), row));
    const struct str topic = str_format(rq->ctx.arena, GUARDDUTY_EXPORT "/%" STR_FMT "/%" STR_FMT, STR_ARG(rq->region),
                                        STR_ARG(row->id));
    return store_outbox_add(&rq->ctx, rq->db, rq->account, topic, STR(""));
}

static struct str tag_name(struct request *rq, struct str detector, struct str id)
{
    return str_format(rq->ctx.arena, "detector/%" STR_FMT "/publishingDestination/%" STR_FMT, STR_ARG(detector),
                      STR_ARG(id));
}

/* spec: GuardDuty quotas: one destination of a type. The same client token gives the same one again. */
struct err guardduty_create_publishing_destination(struct request *rq,
                                                   const struct guardduty_create_publishing_destination_in *in,
                                                   struct guardduty_create_publishing_destination_out *out)
{
    struct detector_row detector = { .enabled = false };
    struct destination_row *there = NULL;
    size_t count = 0;
    TRY(detector_need(rq, in->detector_id, &detector));
    TRY(rows_destination_list(rows_of(rq), &there, &count));
    if (count > 0 && in->client_token.len > 0 && str_equal(there[0].token, in->client_token)) {
        out->destination_id = there[0].id;
        return ERR_OK;
    }
    if (count > 0) {
        return fail(&rq->ctx, &GUARDDUTY_BAD_REQUEST_EXCEPTION,
                    "The request is rejected because a publishing destination of this type already exists.");
    }
    struct destination_row row = {
        .id = random_hex(&rq->ctx, 32),
        .arn = STR(""),
        .kms_key = STR(""),
        .bucket_owner = STR(""),
        .token = in->client_token.ptr ? in->client_token : STR(""),
    };
    TRY(take_properties(rq, in->destination_properties, &row));
    TRY(keep_and_try(rq, &row));
    TRY(tag_put_all(rq, tag_name(rq, detector.id, row.id), &in->tags));
    out->destination_id = row.id;
    return ERR_OK;
}

struct err guardduty_describe_publishing_destination(struct request *rq,
                                                     const struct guardduty_describe_publishing_destination_in *in,
                                                     struct guardduty_describe_publishing_destination_out *out)
{
    struct destination_row row = { .failed_ms = 0 };
    TRY(need(rq, in->detector_id, in->destination_id, &row));
    struct guardduty_destination_properties *properties =
        ARENA_NEW(rq->ctx.arena, struct guardduty_destination_properties);
    *properties = (struct guardduty_destination_properties){
        row.arn, row.kms_key, row.bucket_owner.len > 0 ? row.bucket_owner : STR_NONE,
    };
    out->destination_id = row.id;
    out->destination_type = STR("S3");
    out->status = row.status;
    out->publishing_failure_start_timestamp = (struct opt_long)SOME(row.failed_ms);
    out->destination_properties = properties;
    return tag_get_all(rq, tag_name(rq, in->detector_id, row.id), &out->tags);
}

struct err guardduty_list_publishing_destinations(struct request *rq,
                                                  const struct guardduty_list_publishing_destinations_in *in,
                                                  struct guardduty_list_publishing_destinations_out *out)
{
    struct detector_row detector = { .enabled = false };
    struct destination_row *rows = NULL;
    size_t count = 0;
    TRY(detector_need(rq, in->detector_id, &detector));
    if (in->next_token.len > 0) {
        return detector_refuse(&rq->ctx, "nextToken"); /* there is never a second page */
    }
    TRY(rows_destination_list(rows_of(rq), &rows, &count));
    out->destinations.items = ARENA_ARRAY(rq->ctx.arena, struct guardduty_destination, count + 1);
    out->destinations.count = count;
    for (size_t i = 0; i < count; i++) {
        out->destinations.items[i] = (struct guardduty_destination){
            .destination_id = rows[i].id, .destination_type = STR("S3"), .status = rows[i].status,
        };
    }
    return ERR_OK;
}

struct err guardduty_update_publishing_destination(struct request *rq,
                                                   const struct guardduty_update_publishing_destination_in *in,
                                                   struct guardduty_update_publishing_destination_out *out)
{
    (void)out;
    struct destination_row row = { .failed_ms = 0 };
    TRY(need(rq, in->detector_id, in->destination_id, &row));
    if (in->destination_properties) {
        TRY(take_properties(rq, in->destination_properties, &row));
    }
    return keep_and_try(rq, &row);
}

struct err guardduty_delete_publishing_destination(struct request *rq,
                                                   const struct guardduty_delete_publishing_destination_in *in,
                                                   struct guardduty_delete_publishing_destination_out *out)
{
    (void)out;
    struct destination_row row = { .failed_ms = 0 };
    TRY(need(rq, in->detector_id, in->destination_id, &row));
    TRY(rows_tag_delete_all(rows_of(rq), tag_name(rq, in->detector_id, row.id)));
    return rows_destination_delete(rows_of(rq), row.id);
}
