/* s3_access.c - S3 server access logs: lines, and their JSON.
 * spec: S3 user guide, server access log format. Later fields may be missing, so lines are read from the left. */
#include "ingest/reader_parts.h"

#include "base/clock.h"

struct place {
    struct str name; /* as the guide's table for Athena calls it */
    enum field field;
};

static const struct place places[] = {
    { STR_INIT("bucketowner"), FIELD_ISSUER_TYPE },
    { STR_INIT("bucket_name"), FIELD_BUCKET },
    { STR_INIT("requestdatetime"), FIELD_START },
    { STR_INIT("remoteip"), FIELD_IP },
    { STR_INIT("requester"), FIELD_PRINCIPAL },
    { STR_INIT("requestid"), FIELD_EVENT_ID },
    { STR_INIT("operation"), FIELD_ACTION },
    { STR_INIT("key"), FIELD_KEY },
    { STR_INIT("request_uri"), FIELD_URI },
    { STR_INIT("httpstatus"), FIELD_STATUS },
    { STR_INIT("errorcode"), FIELD_ERROR },
    { STR_INIT("bytessent"), FIELD_BYTES },
    { STR_INIT("objectsize"), FIELD_COUNT },
    { STR_INIT("totaltime"), FIELD_COUNT },
    { STR_INIT("turnaroundtime"), FIELD_COUNT },
    { STR_INIT("referrer"), FIELD_COUNT },
    { STR_INIT("useragent"), FIELD_AGENT },
    { STR_INIT("versionid"), FIELD_COUNT },
    { STR_INIT("hostid"), FIELD_COUNT },
    { STR_INIT("sigv"), FIELD_COUNT },
    { STR_INIT("ciphersuite"), FIELD_COUNT },
    { STR_INIT("authtype"), FIELD_TYPE },
    { STR_INIT("endpoint"), FIELD_HOST },
    { STR_INIT("tlsversion"), FIELD_PROTOCOL },
    { STR_INIT("accesspointarn"), FIELD_COUNT },
    { STR_INIT("aclrequired"), FIELD_COUNT },
};
enum { NEEDED = 11, STAMP = 26 };

/* A quoted value ends at a quote that a space or the end follows: quotes inside are not escaped. */
static struct str next_value(struct str *rest)
{
    *rest = str_trim(*rest);
    const char opening = rest->len > 0 ? rest->ptr[0] : ' ';
    if (opening != '"' && opening != '[') {
        return str_cut(*rest, ' ', rest);
    }
    const char closing = opening == '[' ? ']' : '"';
    for (size_t i = 1; i < rest->len; i++) {
        if (rest->ptr[i] == closing && (i + 1 == rest->len || rest->ptr[i + 1] == ' ')) {
            const struct str value = str_slice(*rest, 1, i - 1);
            *rest = str_from(*rest, i + 1);
            return value;
        }
    }
    return str_cut(*rest, ' ', rest);
}

/* 06/Feb/2019:00:00:38 +0000 */
static bool stamp(struct str text, int64_t *ms)
{
    char shaped[] = "Mon, dd MMM yyyy hh:mm:ss GMT";
    if (text.len != STAMP || text.ptr[2] != '/' || text.ptr[6] != '/' || text.ptr[11] != ':') {
        return false;
    }
    memcpy(shaped + 5, text.ptr, 2);
    memcpy(shaped + 8, text.ptr + 3, 3);
    memcpy(shaped + 12, text.ptr + 7, 4);
    memcpy(shaped + 17, text.ptr + 12, 8);
    int64_t zone = 0;
    const bool fine = clock_parse_rfc7231((struct str){ shaped, sizeof(shaped) - 1 }, ms)
        && (text.ptr[21] == '+' || text.ptr[21] == '-') && str_to_int(str_from(text, 22), &zone);
    const int64_t minutes = zone / 100 * 60 + zone % 100;
    *ms -= fine ? (text.ptr[21] == '-' ? -minutes : minutes) * 60000 : 0;
    return fine;
}

static bool fits(struct reader *reader, struct str line)
{
    (void)reader;
    struct str rest = line;
    int64_t ms = 0;
    next_value(&rest);
    next_value(&rest);
    return str_starts(str_trim(rest), STR("[")) && stamp(next_value(&rest), &ms);
}

static enum line_verdict read_line(struct reader *reader, struct str line)
{
    if (!fits(reader, line)) {
        return LINE_FOREIGN;
    }
    reader_event_begin(reader, SOURCE_S3_ACCESS, line);
    struct event *ev = &reader->event;
    struct str rest = line;
    size_t count = 0;
    for (; count < COUNT_OF(places) && rest.ptr && rest.len > 0; count++) {
        const struct str value = next_value(&rest);
        if (places[count].field < FIELD_COUNT && !str_equal(value, STR("-"))) {
            ev->fields[places[count].field] = value;
        }
    }
    if (count < NEEDED || !stamp(ev->fields[FIELD_START], &ev->at_ms)) {
        return LINE_BROKEN;
    }
    ev->fields[FIELD_OUTCOME] = ev->fields[FIELD_ERROR].len > 0 ? STR("Failure") : STR("Success");
    ev->fields[FIELD_SERVICE] = STR("s3.amazonaws.com");
    return LINE_RECORD;
}

static void render(struct reader *reader, struct json_writer *w)
{
    struct str rest = reader->event.raw;
    for (size_t i = 0; i < COUNT_OF(places) && rest.ptr && rest.len > 0; i++) {
        const struct str value = next_value(&rest);
        int64_t number = 0;
        if (str_equal(value, STR("-"))) {
            continue;
        }
        json_key(w, places[i].name);
        if (i >= 9 && i <= 14 && i != 10 && str_to_int(value, &number)) {
            json_write_int(w, number);
            continue;
        }
        json_str(w, value);
    }
}

const struct text_format FORMAT_S3_ACCESS = { .source = SOURCE_S3_ACCESS, .fits = fits, .line = read_line, .render = render };

const struct json_format FORMAT_S3_ACCESS_JSON = {
    .source = SOURCE_S3_ACCESS,
    .marks = { "operation", "httpstatus" },
    .times = { "time", "requestdatetime" },
    .paths = {
        { FIELD_ACTION, "operation" },
        { FIELD_BUCKET, "bucket" },
        { FIELD_BUCKET, "bucket_name" },
        { FIELD_KEY, "key" },
        { FIELD_IP, "remoteip" },
        { FIELD_PRINCIPAL, "requester" },
        { FIELD_EVENT_ID, "requestid" },
        { FIELD_URI, "requesturi" },
        { FIELD_URI, "request_uri" },
        { FIELD_STATUS, "httpstatus" },
        { FIELD_ERROR, "errorcode" },
        { FIELD_BYTES, "bytessent" },
        { FIELD_AGENT, "useragent" },
        { FIELD_HOST, "hostheader" },
        { FIELD_HOST, "endpoint" },
    },
};
