#include "svc/cloudtrail/channel.h"

#include "crypto/random.h"
#include "svc/cloudtrail/trail.h"

enum { CHANNELS_MAX = 100, PAGE_MAX = 1000 };

struct str channel_arn(struct request *rq, const struct channel_row *row)
{
    return str_format(rq->ctx.arena, "arn:%" STR_FMT ":cloudtrail:%" STR_FMT ":%" STR_FMT ":channel/%" STR_FMT, STR_ARG(rq->partition),
                      STR_ARG(row->region), STR_ARG(row->account), STR_ARG(row->id));
}

struct err channel_need(struct request *rq, struct str arn_or_id, struct channel_row *out)
{
    struct channel_row *rows = NULL;
    size_t count = 0;
    const bool arn = str_starts(arn_or_id, STR("arn:"));
    if (arn && str_search(arn_or_id, STR(":channel/")) == STR_MISSING) {
        return fail(&rq->ctx, &CLOUDTRAIL_CHANNEL_ARN_INVALID_EXCEPTION, "%" STR_FMT " is not a valid channel ARN.", STR_ARG(arn_or_id));
    }
    TRY(channel_rows_list(&rq->ctx, rq->db, rq->account, rq->region, &rows, &count));
    for (size_t i = 0; i < count; i++) {
        if (str_equal(arn_or_id, arn ? channel_arn(rq, &rows[i]) : rows[i].id)) {
            *out = rows[i];
            return ERR_OK;
        }
    }
    return fail(&rq->ctx, &CLOUDTRAIL_CHANNEL_NOT_FOUND_EXCEPTION, "Channel %" STR_FMT " not found.", STR_ARG(arn_or_id));
}

/* Event data stores are closed to new customers: what a channel can lead to is this server's own record. */
static struct err check_destinations(struct request *rq, const struct cloudtrail_destinations *destinations)
{
    const struct str record = str_format(rq->ctx.arena, "arn:%" STR_FMT ":cloudtrail:%" STR_FMT ":%" STR_FMT ":eventdatastore/record",
                                         STR_ARG(rq->partition), STR_ARG(rq->region), STR_ARG(rq->account));
    if (destinations->count != 1) {
        return fail(&rq->ctx, &CLOUDTRAIL_INVALID_PARAMETER_EXCEPTION, "A channel has one destination: %" STR_FMT, STR_ARG(record));
    }
    const struct cloudtrail_destination *destination = &destinations->items[0];
    if (!str_equal(destination->type, STR("EVENT_DATA_STORE"))) {
        return fail(&rq->ctx, &CLOUDTRAIL_OPERATION_NOT_PERMITTED_EXCEPTION, "Only AWS services make channels to AWS services.");
    }
    if (!str_starts(destination->location, STR("arn:"))) {
        return fail(&rq->ctx, &CLOUDTRAIL_EVENT_DATA_STORE_ARN_INVALID_EXCEPTION, "%" STR_FMT " is not a valid event data store ARN.",
                    STR_ARG(destination->location));
    }
    return str_equal(destination->location, record)
        ? ERR_OK : fail(&rq->ctx, &CLOUDTRAIL_EVENT_DATA_STORE_NOT_FOUND_EXCEPTION,
                        "Event data stores are closed to new customers. A channel leads to this server's record: %" STR_FMT, STR_ARG(record));
}

static struct err check_name(struct request *rq, struct str name, struct str id)
{
    struct channel_row *rows = NULL;
    size_t count = 0;
    TRY(channel_rows_list(&rq->ctx, rq->db, rq->account, rq->region, &rows, &count));
    for (size_t i = 0; i < count; i++) {
        if (str_equal(rows[i].name, name) && !str_equal(rows[i].id, id)) {
            return fail(&rq->ctx, &CLOUDTRAIL_CHANNEL_ALREADY_EXISTS_EXCEPTION, "A channel of the name %" STR_FMT " already exists.",
                        STR_ARG(name));
        }
    }
    return id.ptr || count < CHANNELS_MAX
        ? ERR_OK : fail(&rq->ctx, &CLOUDTRAIL_CHANNEL_MAX_LIMIT_EXCEEDED_EXCEPTION, "An account has at most %d channels in a Region.",
                        CHANNELS_MAX);
}

struct err cloudtrail_create_channel(struct request *rq, const struct cloudtrail_create_channel_in *in,
                                     struct cloudtrail_create_channel_out *out)
{
    struct channel_row row = { .account = rq->account, .region = rq->region, .id = STR_NONE, .name = in->name, .source = in->source,
                               .destinations = in->destinations, .attempt_id = STR(""), .attempt_error = STR(""), .success_id = STR("") };
    TRY(check_name(rq, in->name, row.id));
    if (!str_equal(in->source, STR("Custom"))) {
        return fail(&rq->ctx, &CLOUDTRAIL_INVALID_SOURCE_EXCEPTION,
                    "%" STR_FMT " is no source of this server; channels are for the source Custom.", STR_ARG(in->source));
    }
    TRY(check_destinations(rq, &in->destinations));
    row.id = random_uuid(&rq->ctx);
    TRY(channel_rows_put(&rq->ctx, rq->db, &row));
    TRY(trail_tags_put(rq, channel_arn(rq, &row), &in->tags));
    *out = (struct cloudtrail_create_channel_out){ .channel_arn = channel_arn(rq, &row), .name = row.name, .source = row.source,
                                                   .destinations = row.destinations, .tags = in->tags };
    return ERR_OK;
}

static struct opt_time time_of(int64_t ms)
{
    return ms ? (struct opt_time)SOME(ms) : (struct opt_time){ .set = false };
}

static struct str text_of(struct str text)
{
    return text.len ? text : STR_NONE;
}

struct err cloudtrail_get_channel(struct request *rq, const struct cloudtrail_get_channel_in *in, struct cloudtrail_get_channel_out *out)
{
    struct channel_row row;
    struct cloudtrail_ingestion_status *status = ARENA_NEW(rq->ctx.arena, struct cloudtrail_ingestion_status);
    TRY(channel_need(rq, in->channel, &row));
    *status = (struct cloudtrail_ingestion_status){
        .latest_ingestion_success_time = time_of(row.success_ms), .latest_ingestion_success_event_id = text_of(row.success_id),
        .latest_ingestion_error_code = text_of(row.attempt_error), .latest_ingestion_attempt_time = time_of(row.attempt_ms),
        .latest_ingestion_attempt_event_id = text_of(row.attempt_id),
    };
    *out = (struct cloudtrail_get_channel_out){ .channel_arn = channel_arn(rq, &row), .name = row.name, .source = row.source,
                                                .destinations = row.destinations, .ingestion_status = status };
    return ERR_OK;
}

struct err cloudtrail_update_channel(struct request *rq, const struct cloudtrail_update_channel_in *in,
                                     struct cloudtrail_update_channel_out *out)
{
    struct channel_row row;
    TRY(channel_need(rq, in->channel, &row));
    row.name = in->name.ptr ? in->name : row.name;
    TRY(check_name(rq, row.name, row.id));
    if (in->destinations.items) {
        TRY(check_destinations(rq, &in->destinations));
        row.destinations = in->destinations;
    }
    TRY(channel_rows_put(&rq->ctx, rq->db, &row));
    *out = (struct cloudtrail_update_channel_out){ .channel_arn = channel_arn(rq, &row), .name = row.name, .source = row.source,
                                                   .destinations = row.destinations };
    return ERR_OK;
}

struct err cloudtrail_delete_channel(struct request *rq, const struct cloudtrail_delete_channel_in *in,
                                     struct cloudtrail_delete_channel_out *out)
{
    struct channel_row row;
    (void)out;
    TRY(channel_need(rq, in->channel, &row));
    TRY(trail_rows_tag_delete_all(&rq->ctx, rq->db, row.account, channel_arn(rq, &row)));
    return channel_rows_delete(&rq->ctx, rq->db, &row);
}

/* The token is the id of the last one shown. */
struct err cloudtrail_list_channels(struct request *rq, const struct cloudtrail_list_channels_in *in,
                                    struct cloudtrail_list_channels_out *out)
{
    const size_t max = in->max_results.set ? (size_t)in->max_results.v : PAGE_MAX;
    struct channel_row *rows = NULL;
    size_t count = 0, at = 0;
    TRY(channel_rows_list(&rq->ctx, rq->db, rq->account, rq->region, &rows, &count));
    while (in->next_token.ptr && at < count && !str_equal(rows[at].id, in->next_token)) {
        at++;
    }
    if (in->next_token.ptr && at == count) {
        return fail(&rq->ctx, &CLOUDTRAIL_INVALID_NEXT_TOKEN_EXCEPTION, "Invalid NextToken.");
    }
    at += in->next_token.ptr ? 1 : 0;
    out->channels.items = ARENA_ARRAY(rq->ctx.arena, struct cloudtrail_channel, count + 1);
    for (; at < count && out->channels.count < max; at++) {
        out->channels.items[out->channels.count++] = (struct cloudtrail_channel){ channel_arn(rq, &rows[at]), rows[at].name };
    }
    out->next_token = at < count ? rows[at - 1].id : STR_NONE;
    return ERR_OK;
}
