#include "ingest/reader.h"

#include <fcntl.h>
#include <unistd.h>
#include <zlib.h>

#include "base/clock.h"
#include "base/json.h"
#include "ingest/gather.h"
#include "tests/test.h"

/* A record of nothing but its id; at is the second. */
static struct str record(struct arena *arena, const char *id)
{
    return str_format(arena,
                      "{\"eventVersion\":\"1.08\",\"userIdentity\":{\"type\":\"IAMUser\",\"accountId\":\"111122223333\"},"
                      "\"eventTime\":\"2024-05-01T00:00:00Z\",\"eventSource\":\"iam.amazonaws.com\",\"eventName\":\"GetUser\","
                      "\"requestParameters\":{\"a\":[1,{\"b\":\"}\"}]},\"eventID\":\"%s\"}",
                      id);
}

static struct gather read_text(struct arena *arena, struct str text)
{
    struct gather gather = gather_new(arena);
    const struct ingest_sink sink = gather_sink(&gather);
    struct gather_reader reader = gather_reader_open();
    reader_read_text(reader.reader, STR("f.json"), text, &sink);
    gather_reader_close(&reader);
    return gather;
}

/* The same through an inflate, that is in windows. */
static struct gather read_bytes(struct arena *arena, struct str bytes)
{
    struct gather gather = gather_new(arena);
    const struct ingest_sink sink = gather_sink(&gather);
    struct gather_reader reader = gather_reader_open();
    struct inflate *in = inflate_open();
    inflate_start_bytes(in, bytes);
    reader_read(reader.reader, STR("f.json"), in, &sink);
    CHECK(reader_counts(reader.reader).skipped == gather.trouble_count);
    CHECK(reader_counts(reader.reader).records == gather.event_count);
    inflate_close(in);
    gather_reader_close(&reader);
    return gather;
}

#define RECORD(id) STR_ARG(record(arena, (id)))
#define R "%" STR_FMT
#define CHECK_READ(text, expected_events, expected_troubles)               \
    do {                                                                   \
        struct gather whole_ = read_text(arena, (text));                   \
        CHECK_STR(text_str(&whole_.events), (expected_events));            \
        CHECK_STR(text_str(&whole_.troubles), (expected_troubles));        \
        struct gather windows_ = read_bytes(arena, (text));                \
        CHECK_STR(text_str(&windows_.events), (expected_events));          \
        CHECK_STR(text_str(&windows_.troubles), (expected_troubles));      \
    } while (0)

TEST(every_shape_of_file_gives_its_records)
{
    CHECK_READ(str_format(arena, "{\"Records\":[" R "," R "]}", RECORD("a"), RECORD("b")), "a b ", "");
    CHECK_READ(str_format(arena, " { \"Records\" : [ " R " ] , \"next\" : { \"a\" : [ \"]}\" ] } }\n", RECORD("a")), "a ", "");
    CHECK_READ(str_format(arena, "{\"first\":1,\"Records\":[" R "," R "]}", RECORD("a"), RECORD("b")), "a b ", "");
    CHECK_READ(str_format(arena, R "\n" R "\n", RECORD("a"), RECORD("b")), "a b ", "");
    CHECK_READ(str_format(arena, "[" R "," R "]", RECORD("a"), RECORD("b")), "a b ", "");
    CHECK_READ(record(arena, "a"), "a ", "");
    CHECK_READ(str_format(arena, "{\"Records\":[" R "]}{\"Records\":[" R "]}\n[" R "]", RECORD("a"), RECORD("b"), RECORD("c")),
               "a b c ", "");
    CHECK_READ(STR("{\"Records\":[]}"), "", "");
    CHECK_READ(STR(""), "", "");
}

TEST(bom_crlf_and_blank_lines_are_allowed)
{
    CHECK_READ(str_format(arena, "\xEF\xBB\xBF\r\n" R "\r\n\r\n\n" R "\r\n", RECORD("a"), RECORD("b")), "a b ", "");
}

TEST(wrapped_records_are_unwrapped)
{
    CHECK_READ(str_format(arena, "{\"version\":\"0\",\"detail-type\":\"AWS API Call via CloudTrail\",\"detail\":" R "}", RECORD("a")),
               "a ", "");
    struct text quoted = text_new(arena);
    json_escape(&quoted, record(arena, "b"));
    const struct str inner = text_str(&quoted);
    CHECK_READ(str_format(arena, "{\"EventId\":\"b\",\"EventTime\":1.5e9,\"CloudTrailEvent\":\"" R "\"}", STR_ARG(inner)), "b ", "");
    CHECK_READ(str_format(arena, "{\"Events\":[{\"CloudTrailEvent\":\"" R "\"}]}", STR_ARG(inner)), "b ", "");
    CHECK_READ(str_format(arena, "{\"messageType\":\"DATA_MESSAGE\",\"logEvents\":[{\"id\":\"1\",\"message\":\"" R "\"}]}",
                          STR_ARG(inner)), "b ", "");
    CHECK_READ(str_format(arena, "2024-05-01T00:00:00.000Z " R "\n2024-05-01T00:00:01.000Z " R "\n", RECORD("a"), RECORD("b")),
               "a b ", "");
    CHECK_READ(STR("{\"CloudTrailEvent\":\"no\"}\n"), "", "0 a wrapped record that is malformed\n");
    CHECK_READ(STR("{\"detail\":{\"detail\":{\"detail\":{\"detail\":{\"detail\":{\"detail\":{}}}}}}}\n"), "",
               "40 a record without eventTime\n");
}

TEST(fields_are_filled)
{
    struct gather gather = read_text(arena, STR(
        "{\"userIdentity\":{\"type\":\"AssumedRole\",\"principalId\":\"AROA1:i-1\",\"arn\":\"arn:aws:sts::111122223333:assumed-role/r/i-1\","
        "\"accountId\":\"111122223333\",\"accessKeyId\":\"ASIA1\",\"sessionContext\":{\"sessionIssuer\":{\"type\":\"Role\","
        "\"arn\":\"arn:aws:iam::111122223333:role/r\",\"userName\":\"r\"},\"attributes\":{\"mfaAuthenticated\":\"false\"},"
        "\"ec2RoleDelivery\":\"2.0\"},\"invokedBy\":\"x.amazonaws.com\"},\"eventTime\":\"2024-05-01T00:00:01Z\","
        "\"eventSource\":\"s3.amazonaws.com\",\"eventName\":\"GetObject\",\"awsRegion\":\"eu-west-1\",\"sourceIPAddress\":\"192.0.2.1\","
        "\"userAgent\":\"a \\\"b\\\"\",\"errorCode\":\"AccessDenied\",\"requestParameters\":{\"bucketName\":\"b\"},"
        "\"responseElements\":null,\"additionalEventData\":{\"x\":1},\"resources\":[{\"ARN\":\"arn:aws:s3:::b\"}],\"readOnly\":true,"
        "\"eventID\":\"e\",\"eventType\":\"AwsApiCall\",\"eventCategory\":\"Data\",\"vpcEndpointId\":\"vpce-1\","
        "\"recipientAccountId\":\"444455556666\"}"));
    CHECK(gather.event_count == 1);
    CHECK(gather.last.at_ms == clock_from_civil((struct civil_time){ 2024, 5, 1, 0, 0, 1, 0 }));
    CHECK(gather.last.source == SOURCE_CLOUDTRAIL);
    static const char *const expected[FIELD_COUNT] = {
        [FIELD_ACTION] = "GetObject", [FIELD_SERVICE] = "s3.amazonaws.com", [FIELD_REGION] = "eu-west-1",
        [FIELD_ACCOUNT] = "444455556666", [FIELD_IDENTITY] = "AssumedRole",
        [FIELD_PRINCIPAL] = "arn:aws:sts::111122223333:assumed-role/r/i-1", [FIELD_PRINCIPAL_ID] = "AROA1:i-1",
        [FIELD_CALLER_ACCOUNT] = "111122223333", [FIELD_USER_NAME] = "r", [FIELD_ACCESS_KEY] = "ASIA1",
        [FIELD_ISSUER_ARN] = "arn:aws:iam::111122223333:role/r", [FIELD_ISSUER_TYPE] = "Role",
        [FIELD_INVOKED_BY] = "x.amazonaws.com", [FIELD_MFA] = "false", [FIELD_ROLE_DELIVERY] = "2.0",
        [FIELD_IP] = "192.0.2.1", [FIELD_AGENT] = "a \"b\"", [FIELD_ERROR] = "AccessDenied", [FIELD_OUTCOME] = "Failure",
        [FIELD_EVENT_ID] = "e", [FIELD_EVENT_TYPE] = "AwsApiCall", [FIELD_CATEGORY] = "Data", [FIELD_READ_ONLY] = "true",
        [FIELD_VPC_ENDPOINT] = "vpce-1", [FIELD_REQUEST] = "{\"bucketName\":\"b\"}", [FIELD_RESPONSE] = NULL,
        [FIELD_ADDITIONAL] = "{\"x\":1}", [FIELD_RESOURCES] = "[{\"ARN\":\"arn:aws:s3:::b\"}]",
    };
    for (size_t i = 0; i < FIELD_COUNT; i++) {
        CHECK(str_equal(gather.last.fields[i], str_of(expected[i])));
        CHECK((gather.last.fields[i].ptr == NULL) == (expected[i] == NULL));
    }
}

TEST(absent_fields_fall_back)
{
    struct gather gather = read_text(arena, STR(
        "{\"userIdentity\":{\"type\":\"AWSAccount\",\"principalId\":\"AIDA1\",\"accountId\":\"111122223333\"},"
        "\"eventTime\":\"2024-05-01T00:00:01Z\",\"eventName\":\"x\"}"));
    CHECK_STR(gather.last.fields[FIELD_ACCOUNT], "111122223333");
    CHECK_STR(gather.last.fields[FIELD_PRINCIPAL], "AIDA1");
    CHECK_STR(gather.last.fields[FIELD_OUTCOME], "Success");
    CHECK(gather.last.fields[FIELD_USER_NAME].ptr == NULL);
}

/* spec: CloudTrail user guide, console sign-in events. */
TEST(a_console_login_tells_its_outcome)
{
    struct gather gather = read_text(arena, STR(
        "{\"eventTime\":\"2024-05-01T00:00:01Z\",\"eventName\":\"ConsoleLogin\",\"responseElements\":{\"ConsoleLogin\":\"Failure\"}}"));
    CHECK_STR(gather.last.fields[FIELD_OUTCOME], "Failure");
    CHECK_STR(gather.last.fields[FIELD_RESPONSE], "{\"ConsoleLogin\":\"Failure\"}");
}

TEST(a_record_without_a_usable_time_is_reported_and_skipped)
{
    CHECK_READ(str_format(arena, R "\n{\"eventName\":\"x\"}\n{\"eventTime\":\"soon\"}\n{\"eventTime\":null}\n{\"eventTime\":7}\n" R,
                          RECORD("a"), RECORD("b")), "a b ",
               str_format(arena, "%zu a record without eventTime\n%zu a record whose eventTime is no time\n"
                          "%zu a record without eventTime\n%zu a record whose eventTime is no time\n",
                          record(arena, "a").len + 1, record(arena, "a").len + 19, record(arena, "a").len + 40,
                          record(arena, "a").len + 59).ptr);
}

TEST(malformed_lines_are_reported_and_the_next_line_is_read)
{
    struct gather gather = read_bytes(arena, str_format(arena, R "\n{\"eventTime\":oops}\n" R "\n{\"a\":1,\n" R "\n{\"a\":\"b\n" R "\n",
                                                        RECORD("a"), RECORD("b"), RECORD("c"), RECORD("d")));
    CHECK_STR(text_str(&gather.events), "a b c d ");
    CHECK(gather.trouble_count == 3);
    CHECK(str_search(text_str(&gather.troubles), STR("malformed JSON")) != STR_MISSING);
}

TEST(text_that_is_no_json_is_reported_once_a_run)
{
    CHECK_READ(str_format(arena, "hello\nworld\n" R "\nbye\n", RECORD("a")), "a ",
               str_format(arena, "0 text that is no JSON object\n%zu text that is no JSON object\n",
                          record(arena, "a").len + 13).ptr);
}

TEST(a_malformed_record_among_records_does_not_hide_the_others)
{
    struct gather gather = read_bytes(arena, str_format(arena, "{\"Records\":[" R ",{\"eventTime\" 5},{}," R "]}\n" R "\n",
                                                        RECORD("a"), RECORD("b"), RECORD("c")));
    CHECK_STR(text_str(&gather.events), "a b c ");
    CHECK(gather.trouble_count == 2);
    gather = read_bytes(arena, str_format(arena, "{\"Records\":[" R ",7," R "]}\n" R "\n", RECORD("a"), RECORD("b"), RECORD("c")));
    CHECK_STR(text_str(&gather.events), "a c ");
    CHECK(gather.trouble_count == 1);
}

TEST(a_file_cut_inside_a_record_gives_those_before_it)
{
    const struct str whole = str_format(arena, "{\"Records\":[" R "," R "]}", RECORD("a"), RECORD("b"));
    const size_t second = 13 + record(arena, "a").len;
    CHECK_READ(str_slice(whole, 0, whole.len - 20), "a ",
               str_format(arena, "%zu a record cut short by the end of the file\n", second).ptr);
}

TEST(invalid_utf8_is_reported_and_skipped)
{
    CHECK_READ(str_format(arena, R "\n{\"eventTime\":\"2024-05-01T00:00:00Z\",\"userAgent\":\"\xFF\"}\n" R "\n", RECORD("a"), RECORD("b")),
               "a b ", str_format(arena, "%zu a record that is not valid UTF-8\n", record(arena, "a").len + 1).ptr);
    CHECK_READ(STR("{\"eventTime\":\"2024-05-01T00:00:00Z\",\"userAgent\":\"櫓\",\"eventID\":\"j\"}"), "j ", "");
}

TEST(deep_nesting_is_reported_and_skipped)
{
    struct text deep = text_new(arena);
    text_add_format(&deep, R "\n{\"eventTime\":\"2024-05-01T00:00:00Z\",\"x\":", RECORD("a"));
    for (int i = 0; i < 200000; i++) {
        text_add_char(&deep, '[');
    }
    for (int i = 0; i < 200000; i++) {
        text_add_char(&deep, ']');
    }
    text_add_format(&deep, ",\"requestParameters\":[[]]}\n" R "\n", RECORD("b"));
    struct gather gather = read_bytes(arena, text_str(&deep));
    CHECK_STR(text_str(&gather.events), "a b ");
    CHECK(gather.trouble_count == 1);
    CHECK(str_search(text_str(&gather.troubles), STR("nested too deeply")) != STR_MISSING);
}

/* Brackets in text are no nesting. */
TEST(many_brackets_are_not_deep_nesting)
{
    struct text wide = text_new(arena);
    text_add(&wide, STR("{\"eventTime\":\"2024-05-01T00:00:00Z\",\"eventID\":\"w\",\"requestParameters\":{\"list\":["));
    for (int i = 0; i < 1000; i++) {
        text_add(&wide, STR("{\"a\":\"{[\"},"));
    }
    text_add(&wide, STR("{}]}}"));
    CHECK_READ(text_str(&wide), "w ", "");
}

TEST(a_line_of_100_megabytes_is_refused_in_bounded_memory)
{
    const size_t size = (size_t)100 * 1024 * 1024;
    char *huge = arena_alloc_raw(arena, size + 4096);
    const struct str head = str_format(arena, R "\n{\"eventTime\":\"2024-05-01T00:00:00Z\",\"x\":\"", RECORD("a"));
    const struct str tail = str_format(arena, "\"}\n" R "\n", RECORD("b"));
    memset(huge, 'x', size + 4096);
    memcpy(huge, head.ptr, head.len);
    memcpy(huge + size, tail.ptr, tail.len);
    struct gather gather = read_bytes(arena, (struct str){ huge, size + tail.len });
    CHECK_STR(text_str(&gather.events), "a b ");
    CHECK_STR(text_str(&gather.troubles),
              str_format(arena, "%zu a record longer than 64 MiB\n", record(arena, "a").len + 1).ptr);
    memset(huge, 'x', size);
    gather = read_bytes(arena, (struct str){ huge, size + tail.len });
    CHECK_STR(text_str(&gather.events), "b ");
    CHECK(gather.trouble_count == 1);
}

TEST(brackets_never_closed_do_not_swallow_what_follows)
{
    const struct str line = str_format(arena, "{\"eventTime\":\"2024-05-01T00:00:00Z\",\"x\":\"%0*d\"}\n", 1 << 20, 0);
    struct text text = text_new(arena);
    text_add(&text, STR("{\"userAgent\":[\n"));
    for (int i = 0; i < 70; i++) {
        text_add(&text, line);
    }
    struct gather gather = read_bytes(arena, text_str(&text));
    CHECK(gather.event_count == 70 && gather.trouble_count == 1);
}

TEST(records_longer_than_a_window_step_are_read)
{
    const size_t size = (size_t)3 * 1024 * 1024;
    char *filling = arena_alloc(arena, size + 1);
    memset(filling, 'y', size);
    struct text text = text_new(arena);
    text_add(&text, STR("{\"Records\":["));
    for (int i = 0; i < 3; i++) {
        text_add_format(&text, "%s{\"eventTime\":\"2024-05-01T00:00:00Z\",\"eventID\":\"%d\",\"x\":\"", i ? "," : "", i);
        text_add(&text, (struct str){ filling, size });
        text_add(&text, STR("\"}"));
    }
    text_add(&text, STR("]}"));
    CHECK_READ(text_str(&text), "0 1 2 ", "");
}

TEST(records_seen_before_are_counted_and_not_delivered)
{
    struct gather gather = gather_new(arena);
    const struct ingest_sink sink = gather_sink(&gather);
    struct gather_reader reader = gather_reader_open();
    const struct str text = str_format(arena, R "\n" R "\n" R "\n", RECORD("a"), RECORD("b"), RECORD("a"));
    reader_read_text(reader.reader, STR("1"), text, &sink);
    reader_read_text(reader.reader, STR("2"), text, &sink);
    CHECK_STR(text_str(&gather.events), "a b ");
    CHECK(reader_counts(reader.reader).duplicates == 4);
    /* Without an id nothing says that two records are the same. */
    reader_read_text(reader.reader, STR("3"), STR("{\"eventTime\":\"2024-05-01T00:00:00Z\"}{\"eventTime\":\"2024-05-01T00:00:00Z\"}"),
                         &sink);
    CHECK(gather.event_count == 4);
    gather_reader_close(&reader);
}

TEST(offsets_name_the_place_of_the_record)
{
    const struct str text = str_format(arena, "{\"Records\":[ " R ", " R "]}", RECORD("a"), RECORD("b"));
    struct gather gather = read_bytes(arena, text);
    CHECK(gather.last.offset == 12 + 1 + record(arena, "a").len + 2);
    CHECK_STR(gather.last.file, "f.json");
}

TEST(a_cut_gzip_file_gives_what_stands_before_the_cut)
{
    struct text text = text_new(arena);
    text_add(&text, STR("{\"Records\":["));
    for (unsigned i = 0; i < 5000; i++) {
        text_add(&text, record(arena, str_format(arena, "%x", i * 2654435761U).ptr));
        text_add_char(&text, i < 4999 ? ',' : ']');
    }
    text_add_char(&text, '}');
    const struct str whole = text_str(&text);
    const char *path = str_format(arena, "%s/cut.json.gz", test_folder(arena)).ptr;
    gzFile out = gzopen(path, "wb");
    CHECK(gzwrite(out, whole.ptr, (unsigned)whole.len) == (int)whole.len && gzclose(out) == Z_OK);
    struct str packed = test_read_file(arena, path);
    packed.len /= 2;
    struct gather gather = read_bytes(arena, packed);
    CHECK(gather.event_count > 1000 && gather.event_count < 4000);
    CHECK(gather.trouble_count == 1);
    CHECK(str_search(text_str(&gather.troubles), STR("cut short")) != STR_MISSING);
}

/* Real logs: one record a line, thousands of them, none of which may be lost. */
TEST(real_logs_are_read_whole)
{
    static const struct {
        const char *name;
        size_t records;
        size_t troubles;
    } files[] = {
        { "invictus", 2541, 0 }, { "sans504_background", 14607, 0 }, { "otrf_cloud_bank_breach", 103, 0 },
    };
    if (test_shared() == NULL) {
        return;
    }
    size_t passed = 0;
    for (size_t i = 0; i < COUNT_OF(files); i++) {
        const char *path = str_format(arena, "%s/logs/cloudtrail/%s.jsonl.gz", test_shared(), files[i].name).ptr;
        struct gather gather = read_bytes(arena, test_read_file(arena, path));
        passed += gather.event_count == files[i].records && gather.trouble_count == files[i].troubles;
        if (gather.event_count != files[i].records) {
            print_message("%s: %zu records\n%s", files[i].name, gather.event_count, text_str(&gather.troubles).ptr);
        }
    }
    test_corpus_report("cloudtrail logs", COUNT_OF(files), passed);
}

TEST(lookup_answers_of_a_real_client_are_read)
{
    if (test_shared() == NULL) {
        return;
    }
    const char *path = str_format(arena, "%s/logs/format/plaso_lookup_events.jsonl.gz", test_shared()).ptr;
    struct gather gather = read_bytes(arena, test_read_file(arena, path));
    test_corpus_report("lookup events", 6, gather.event_count);
}
