/* put.c - PutAuditEvents: what happened elsewhere, written into the record by a channel.
 *
 * Each event is wrapped as CloudTrail Lake keeps it, and looked up like any other; its own time and names are the sender's word.
 * spec: CloudTrail user guide, "CloudTrail Lake integrations event schema": version, UID, userIdentity with type and
 * principalId, eventSource, eventName, eventTime and recipientAccountId are required. */
#include "base/clock.h"
#include "base/json.h"
#include "cloudtraildata_model.h"
#include "crypto/hash.h"
#include "crypto/random.h"
#include "svc/cloudtraildata/cloudtraildata.h"
#include "svc/cloudtraildata/rows.h"
#include "svc/guard.h"
#include "svc/service_event.h"

enum { DATA_MAX = 256 << 10, ID_MAX = 64 };

/* The channel's ARN, or the id that ends it in the caller's account; false: neither. */
static bool read_channel(struct request *rq, struct str given, struct channel_key *out)
{
    struct str rest = given, parts[5];
    *out = (struct channel_key){ rq->account, rq->region, given };
    if (!str_starts(given, STR("arn:"))) {
        return given.len > 0 && given.len <= ID_MAX;
    }
    for (size_t i = 0; i < COUNT_OF(parts); i++) {
        parts[i] = str_cut(rest, ':', &rest);
    }
    *out = (struct channel_key){ parts[4], parts[3], str_from(rest, sizeof("channel/") - 1) };
    return str_equal(parts[2], STR("cloudtrail")) && str_starts(rest, STR("channel/")) && out->id.len <= ID_MAX;
}

static struct str arn_of(struct request *rq, const struct channel_key *key)
{
    return str_format(rq->ctx.arena, "arn:%" STR_FMT ":cloudtrail:%" STR_FMT ":%" STR_FMT ":channel/%" STR_FMT, STR_ARG(rq->partition),
                      STR_ARG(key->region), STR_ARG(key->account), STR_ARG(key->id));
}

static struct str text_at(const struct json *event, const char *path)
{
    return json_text(json_path(event, path));
}

/* What is wrong with an event, as the answer's code and words; NULL: nothing. */
static const char *refuse(struct request *rq, const struct cloudtraildata_audit_event *given, const struct json *event, const char **words)
{
    static const char *const needed[] = { "version", "UID", "userIdentity.type", "userIdentity.principalId", "eventSource", "eventName",
                                          "eventTime", "recipientAccountId" };
    struct str checksum = STR_NONE;
    int64_t at_ms = 0;
    unsigned char digest[HASH_SHA256_SIZE];
    hash_sha256(given->event_data, digest);
    if (given->event_data.len > DATA_MAX) {
        *words = "An event has at most 262,144 bytes.";
        return "EventSizeTooLarge";
    }
    if (given->event_data_checksum.ptr && (!str_unbase64(rq->ctx.arena, given->event_data_checksum, &checksum)
                                           || !str_equal(checksum, (struct str){ (const char *)digest, sizeof(digest) }))) {
        *words = "eventDataChecksum is not the SHA-256 of eventData in base64.";
        return "InvalidChecksum";
    }
    if (event == NULL || event->kind != JSON_OBJECT) {
        *words = "eventData is not a JSON object.";
        return "InvalidData";
    }
    for (size_t i = 0; i < COUNT_OF(needed); i++) {
        if (text_at(event, needed[i]).len == 0) {
            *words = str_format(rq->ctx.arena, "eventData lacks %s.", needed[i]).ptr;
            return "InvalidData";
        }
    }
    *words = "eventTime is not a time like 2026-01-31T13:00:00Z.";
    return clock_parse_iso8601(text_at(event, "eventTime"), &at_ms) ? NULL : "InvalidData";
}

static struct str wrap(struct request *rq, const struct channel_key *channel, const struct cloudtraildata_audit_event *given, struct str id)
{
    struct json_writer w = json_writer_new(rq->ctx.arena);
    json_open_object(&w);
    json_member_str(&w, STR("eventVersion"), STR("1.0"));
    json_member_str(&w, STR("eventCategory"), STR("ActivityAuditLog"));
    json_member_str(&w, STR("eventType"), STR("ActivityLog"));
    json_member_str(&w, STR("eventID"), id);
    json_member_str(&w, STR("eventTime"), clock_format_iso8601(rq->ctx.arena, rq->ctx.now_ms));
    json_member_str(&w, STR("awsRegion"), channel->region);
    json_member_str(&w, STR("recipientAccountId"), channel->account);
    json_key(&w, STR("metadata"));
    json_open_object(&w);
    json_member_str(&w, STR("ingestionTime"), clock_format_iso8601_ms(rq->ctx.arena, rq->ctx.now_ms));
    json_member_str(&w, STR("channelARN"), arn_of(rq, channel));
    json_close_object(&w);
    json_key(&w, STR("eventData"));
    json_raw(&w, given->event_data);
    json_close_object(&w);
    return json_done(&w);
}

/* Taken, or refused by itself: the others go on. */
static struct err put(struct request *rq, const struct channel_key *channel, const struct cloudtraildata_audit_event *given,
                      struct cloudtraildata_put_audit_events_out *out)
{
    const struct json *event = given->event_data.len <= DATA_MAX ? json_parse(rq->ctx.arena, given->event_data, NULL) : NULL;
    const char *words = NULL;
    const char *code = refuse(rq, given, event, &words);
    const struct str id = random_uuid(&rq->ctx);
    if (code) {
        out->failed.items[out->failed.count++] = (struct cloudtraildata_result_error_entry){ .id = given->id, .error_code = str_of(code),
                                                                                             .error_message = str_of(words) };
        return channel_note(&rq->ctx, rq->db, channel, id, str_of(code));
    }
    service_event_add(rq->ctx.arena, &rq->service_events, &(const struct service_event){
        .source = text_at(event, "eventSource"), .name = text_at(event, "eventName"), .account = channel->account,
        .region = channel->region, .id = id, .whole = wrap(rq, channel, given, id), .username = text_at(event, "userIdentity.principalId"),
        .at_ms = rq->ctx.now_ms });
    out->successful.items[out->successful.count++] = (struct cloudtraildata_audit_event_result_entry){ .id = given->id, .event_id = id };
    return channel_note(&rq->ctx, rq->db, channel, id, STR(""));
}

static struct err check_ids(struct request *rq, const struct cloudtraildata_audit_events *events)
{
    for (size_t i = 0; i < events->count; i++) {
        for (size_t j = 0; j < i; j++) {
            if (str_equal(events->items[i].id, events->items[j].id)) {
                return fail(&rq->ctx, &CLOUDTRAILDATA_DUPLICATED_AUDIT_EVENT_ID, "The id %" STR_FMT " is given twice.",
                            STR_ARG(events->items[i].id));
            }
        }
    }
    return ERR_OK;
}

struct err cloudtraildata_put_audit_events(struct request *rq, const struct cloudtraildata_put_audit_events_in *in,
                                           struct cloudtraildata_put_audit_events_out *out)
{
    struct channel_key channel;
    struct str policy = STR_NONE;
    bool found = false;
    if (!read_channel(rq, in->channel_arn, &channel)) {
        return fail(&rq->ctx, &CLOUDTRAILDATA_INVALID_CHANNEL_ARN, "%" STR_FMT " is not a valid channel ARN.", STR_ARG(in->channel_arn));
    }
    TRY(check_ids(rq, &in->audit_events));
    TRY(channel_policy_get(&rq->ctx, rq->db, &channel, &policy, &found));
    if (!found) {
        return fail(&rq->ctx, &CLOUDTRAILDATA_CHANNEL_NOT_FOUND, "Channel %" STR_FMT " not found.", STR_ARG(in->channel_arn));
    }
    out->successful.items = ARENA_ARRAY(rq->ctx.arena, struct cloudtraildata_audit_event_result_entry, in->audit_events.count + 1);
    out->failed.items = ARENA_ARRAY(rq->ctx.arena, struct cloudtraildata_result_error_entry, in->audit_events.count + 1);
    for (size_t i = 0; i < in->audit_events.count; i++) {
        TRY(put(rq, &channel, &in->audit_events.items[i], out));
    }
    return ERR_OK;
}

/* spec: user guide, resource policies of channels: cloudtrail:ExternalId is what the sender gave. */
static struct err guard(struct request *rq, const void *input, struct guard *guard)
{
    const struct cloudtraildata_put_audit_events_in *in = input;
    struct channel_key channel;
    bool found = false;
    if (!read_channel(rq, in->channel_arn, &channel)) {
        return ERR_OK; /* the handler says so */
    }
    struct context_pair *pair = ARENA_NEW(rq->ctx.arena, struct context_pair);
    *pair = (struct context_pair){ STR("cloudtrail:ExternalId"), in->external_id };
    guard->resource = arn_of(rq, &channel);
    guard->account = channel.account;
    guard->pairs = pair;
    guard->pair_count = in->external_id.ptr ? 1 : 0;
    return channel_policy_get(&rq->ctx, rq->db, &channel, &guard->policy, &found);
}

const struct service CLOUDTRAILDATA = { .model = &CLOUDTRAILDATA_MODEL, .guard = guard };
