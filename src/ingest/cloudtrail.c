/* cloudtrail.c - one scanned CloudTrail record to a struct event.
 * spec: CloudTrail user guide, record contents (eventVersion 1.11) and userIdentity element. */
#include "ingest/reader_parts.h"

#include "base/clock.h"

static const char *const paths[SLOT_COUNT] = {
    [FIELD_ACTION] = "eventName",
    [FIELD_SERVICE] = "eventSource",
    [FIELD_REGION] = "awsRegion",
    [FIELD_ACCOUNT] = "recipientAccountId",
    [FIELD_IDENTITY] = "userIdentity.type",
    [FIELD_PRINCIPAL] = "userIdentity.arn",
    [FIELD_PRINCIPAL_ID] = "userIdentity.principalId",
    [FIELD_CALLER_ACCOUNT] = "userIdentity.accountId",
    [FIELD_USER_NAME] = "userIdentity.userName",
    [FIELD_ACCESS_KEY] = "userIdentity.accessKeyId",
    [FIELD_ISSUER_ARN] = "userIdentity.sessionContext.sessionIssuer.arn",
    [FIELD_ISSUER_TYPE] = "userIdentity.sessionContext.sessionIssuer.type",
    [FIELD_INVOKED_BY] = "userIdentity.invokedBy",
    [FIELD_MFA] = "userIdentity.sessionContext.attributes.mfaAuthenticated",
    [FIELD_ROLE_DELIVERY] = "userIdentity.sessionContext.ec2RoleDelivery",
    [FIELD_IP] = "sourceIPAddress",
    [FIELD_AGENT] = "userAgent",
    [FIELD_ERROR] = "errorCode",
    [FIELD_OUTCOME] = "responseElements.ConsoleLogin",
    [FIELD_EVENT_ID] = "eventID",
    [FIELD_EVENT_TYPE] = "eventType",
    [FIELD_CATEGORY] = "eventCategory",
    [FIELD_READ_ONLY] = "readOnly",
    [FIELD_VPC_ENDPOINT] = "vpcEndpointId",
    [FIELD_REQUEST] = "requestParameters",
    [FIELD_RESPONSE] = "responseElements",
    [FIELD_ADDITIONAL] = "additionalEventData",
    [FIELD_RESOURCES] = "resources",
    [SLOT_TIME] = "eventTime",
    [SLOT_ISSUER_USER] = "userIdentity.sessionContext.sessionIssuer.userName",
    [SLOT_RECORDS] = "Records",
    [SLOT_EVENTS] = "Events",
    [SLOT_FOUND_EVENTS] = "events",
    [SLOT_LOG_EVENTS] = "logEvents",
    [SLOT_ITEMS] = "items",
    [SLOT_CONFIGURATION_ITEMS] = "configurationItems",
    [SLOT_FINDINGS] = "Findings",
    [SLOT_FOUND_FINDINGS] = "findings",
    [SLOT_LOOKUP] = "CloudTrailEvent",
    [SLOT_DETAIL] = "detail",
    [SLOT_EVENT] = "event",
    [SLOT_CONFIGURATION_ITEM] = "configurationItem",
    [SLOT_MESSAGE] = "message",
    [SLOT_LOG_OWNER] = "owner",
    [SLOT_LOG_GROUP] = "logGroup",
};

struct reader_fields reader_project(struct projection_builder *builder)
{
    struct reader_fields fields = { .slot = { 0 } };
    for (size_t i = 0; i < SLOT_COUNT; i++) {
        fields.slot[i] = projection_slot(builder, str_of(paths[i]));
    }
    for (size_t i = 0; i < JSON_FORMATS; i++) {
        fields.formats[i] = format_project(JSON_FORMAT[i], builder);
    }
    return fields;
}

const struct scan_value *reader_value(const struct reader *reader, enum reader_slot slot)
{
    return scan_get(reader->scan, reader->fields.slot[slot]);
}

struct str reader_value_text(struct arena *arena, const struct scan_value *value)
{
    switch ((enum scan_kind)value->kind) {
    case SCAN_STRING:
        return value->escaped ? scan_text(arena, value) : (struct str){ value->ptr, value->len };
    case SCAN_TRUE:
        return STR("true");
    case SCAN_FALSE:
        return STR("false");
    case SCAN_OBJECT:
    case SCAN_ARRAY:
    case SCAN_NUMBER:
        return (struct str){ value->ptr, value->len };
    case SCAN_ABSENT:
    case SCAN_NULL:
    default:
        return STR_NONE;
    }
}

static struct str either(struct str first, struct str second)
{
    return first.len > 0 ? first : second;
}

/* spec: CloudTrail user guide, console sign-in events: responseElements.ConsoleLogin is Success or Failure; a failed call
 * of any other kind carries an errorCode. */
static struct str outcome(const struct event *ev)
{
    const struct str login = ev->fields[FIELD_OUTCOME];
    if (login.len > 0) {
        return login;
    }
    return ev->fields[FIELD_ERROR].len > 0 ? STR("Failure") : STR("Success");
}

/* 2026-11-16T00:36:17Z, as CloudTrail writes it, and how much of it tells the hour. */
enum { TIME_LEN = 20, HOUR_LEN = 14 };

static bool two_digits(const char *at, int64_t below, int64_t *out)
{
    const unsigned tens = (unsigned)(unsigned char)at[0] - '0';
    const unsigned ones = (unsigned)(unsigned char)at[1] - '0';
    *out = (int64_t)tens * 10 + (int64_t)ones;
    return tens < 10 && ones < 10 && *out < below;
}

/* Milliseconds since the full hour. False: written in another way, or none. */
static bool within_hour(struct str text, int64_t *ms)
{
    int64_t minute = 0;
    int64_t second = 0;
    if (!two_digits(text.ptr + HOUR_LEN, 60, &minute) || text.ptr[16] != ':' || !two_digits(text.ptr + 17, 60, &second)
        || text.ptr[19] != 'Z') {
        return false;
    }
    *ms = (minute * 60 + second) * 1000;
    return true;
}

static bool event_time(struct reader *reader, const char **reason)
{
    const struct scan_value *value = reader_value(reader, SLOT_TIME);
    if (value->kind == SCAN_ABSENT || value->kind == SCAN_NULL) {
        *reason = "a record without eventTime";
        return false;
    }
    const struct str text = { value->ptr, value->len };
    if (text.len == TIME_LEN && reader->last_time_len == TIME_LEN && memcmp(text.ptr, reader->last_time, HOUR_LEN) == 0
        && within_hour(text, &reader->event.at_ms)) {
        reader->event.at_ms += reader->last_hour_ms;
        return true;
    }
    if (value->kind != SCAN_STRING || !clock_parse_iso8601(text, &reader->event.at_ms)) {
        *reason = "a record whose eventTime is no time";
        return false;
    }
    int64_t in_hour = 0;
    reader->last_time_len = 0;
    if (text.len == TIME_LEN && within_hour(text, &in_hour)) {
        reader->last_time_len = TIME_LEN;
        reader->last_hour_ms = reader->event.at_ms - in_hour;
        memcpy(reader->last_time, text.ptr, HOUR_LEN);
    }
    return true;
}

bool cloudtrail_fill(struct reader *reader, struct str raw, const char **reason)
{
    if (!event_time(reader, reason)) {
        return false;
    }
    arena_reset(reader->event_arena);
    struct event *ev = &reader->event;
    if (ev->source != SOURCE_CLOUDTRAIL) {
        reader_event_begin(reader, SOURCE_CLOUDTRAIL, raw);
    }
    ev->raw = raw;
    ev->scan = reader->scan;
    ev->file = reader->file;
    ev->arena = reader->event_arena;
    struct str *fields = ev->fields;
    const struct scan_value *values = scan_values(reader->scan);
    for (size_t i = 0; i < FIELD_CLOUDTRAIL_COUNT; i++) {
        const struct scan_value *value = &values[reader->fields.slot[i]];
        /* Nothing or plain text, mostly; an absent value has neither place nor length. */
        const bool plain = !value->escaped && (value->kind == SCAN_ABSENT || value->kind == SCAN_STRING);
        fields[i] = LIKELY(plain) ? (struct str){ value->ptr, value->len } : reader_value_text(ev->arena, value);
    }
    fields[FIELD_ACCOUNT] = either(fields[FIELD_ACCOUNT], fields[FIELD_CALLER_ACCOUNT]);
    fields[FIELD_PRINCIPAL] = either(fields[FIELD_PRINCIPAL], fields[FIELD_PRINCIPAL_ID]);
    fields[FIELD_OUTCOME] = outcome(ev);
    if (fields[FIELD_USER_NAME].len == 0) {
        fields[FIELD_USER_NAME] = reader_value_text(ev->arena, reader_value(reader, SLOT_ISSUER_USER));
    }
    return true;
}

uint64_t reader_hash(uint64_t hash, struct str s)
{
    size_t at = 0;
    for (; at + 8 <= s.len; at += 8) {
        uint64_t word = 0;
        memcpy(&word, s.ptr + at, 8);
        hash = (hash ^ word) * 0x9FB21C651E98DF25ULL;
        hash ^= hash >> 35;
    }
    uint64_t tail = s.len;
    for (; at < s.len; at++) {
        tail = tail << 8 | (unsigned char)s.ptr[at];
    }
    hash = (hash ^ tail) * 0xC4CEB9FE1A85EC53ULL;
    return hash ^ hash >> 32;
}

static struct str source_of(const struct reader *reader, size_t slot)
{
    const struct scan_value *value = scan_get(reader->scan, reader->fields.slot[slot]);
    return (struct str){ value->ptr, value->len };
}

/* Not str_hash: its seed changes from run to run, and which records are remembered must not. Time, name and account are
 * in it because test data and some exporters repeat ids. */
uint64_t cloudtrail_identity(const struct reader *reader)
{
    const struct str id = source_of(reader, FIELD_EVENT_ID);
    if (id.len == 0) {
        return 0;
    }
    uint64_t hash = reader_hash(0x9E3779B97F4A7C15ULL, id);
    hash = reader_hash(hash, source_of(reader, SLOT_TIME));
    hash = reader_hash(hash, source_of(reader, FIELD_ACTION));
    hash = reader_hash(hash, either(source_of(reader, FIELD_ACCOUNT), source_of(reader, FIELD_CALLER_ACCOUNT)));
    return hash ? hash : 1;
}
