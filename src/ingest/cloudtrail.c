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

static bool event_time(struct reader *reader, const char **reason)
{
    const struct scan_value *value = reader_value(reader, SLOT_TIME);
    if (value->kind == SCAN_ABSENT || value->kind == SCAN_NULL) {
        *reason = "a record without eventTime";
        return false;
    }
    const struct str text = { value->ptr, value->len };
    if (text.len > 0 && text.len == reader->last_time_len && memcmp(text.ptr, reader->last_time, text.len) == 0) {
        reader->event.at_ms = reader->last_ms;
        return true;
    }
    if (value->kind != SCAN_STRING || !clock_parse_iso8601(text, &reader->event.at_ms)) {
        *reason = "a record whose eventTime is no time";
        return false;
    }
    reader->last_time_len = text.len <= sizeof(reader->last_time) ? text.len : 0;
    memcpy(reader->last_time, text.ptr, reader->last_time_len);
    reader->last_ms = reader->event.at_ms;
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
    for (size_t i = 0; i < FIELD_CLOUDTRAIL_COUNT; i++) {
        fields[i] = reader_value_text(ev->arena, scan_get(reader->scan, reader->fields.slot[i]));
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
