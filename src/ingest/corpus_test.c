/* corpus_test.c - every real sample there is, read whole: none of its records may be skipped but those listed with a reason. */
#include <fcntl.h>
#include <ftw.h>
#include <unistd.h>

#include "ingest/gather.h"
#include "tests/test.h"

static const struct {
    const char *ending;
    size_t skipped;
    const char *reason;
} exceptions[] = {
    { "flow/panther_tests.jsonl.gz", 29, "parts of records: none has a time" },
    { "eks/panther_tests.jsonl.gz", 220, "parts of records without a time, and records of Azure and Google Cloud" },
    { "eks/falco_traces.jsonl.gz", 1, "an object that is no audit event" },
    { "s3/panther_tests.jsonl.gz", 5, "parts of records: they have no time" },
    { "cloudtrail/panther_tests.jsonl.gz", 104, "parts of records without eventTime, or with one that CloudTrail never writes" },
    { "cloudtrail/streamalert_tests.jsonl.gz", 14, "parts of records without eventTime" },
    { "v1.5.0/CloudTrail/Authentication/samples/authentication.ocsf", 6, "not JSON: a comma is missing" },
    { "v1.5.0/CloudTrail/API Activity/samples/generic_api_activity.ocsf", 6, "not JSON: a comma is missing" },
};

/* Beside the logs, not logs: names, lists, labels. */
static const char *const others[] = { ".csv.gz", ".labels.gz", "_names.txt.gz", "NOTICE", "LICENSE", ".md" };

static struct gather_reader reader;
static struct inflate *in;
static size_t run;
static size_t passed;

static bool is_other(struct str path, off_t size)
{
    bool other = size == 0;
    for (size_t i = 0; i < COUNT_OF(others); i++) {
        other = other || str_ends(path, str_of(others[i]));
    }
    return other;
}

static size_t allowed(struct str path)
{
    for (size_t i = 0; i < COUNT_OF(exceptions); i++) {
        if (str_ends(path, str_of(exceptions[i].ending))) {
            return exceptions[i].skipped;
        }
    }
    return 0;
}

static void drop_event(void *self, const struct event *ev)
{
    size_t *sources = self;
    sources[ev->source]++;
}

static void show_trouble(void *self, const struct ingest_trouble *trouble)
{
    size_t *sources = self;
    if (++sources[SOURCE_COUNT] > allowed(trouble->file)) {
        print_message("%" STR_FMT " at byte %ju: %s\n", STR_ARG(trouble->file), (uintmax_t)trouble->offset, trouble->reason);
    }
}

static int read_sample(const char *path, const struct stat *st, int type)
{
    if (type != FTW_F || is_other(str_of(path), st->st_size)) {
        return 0;
    }
    size_t seen[SOURCE_COUNT + 1] = { 0 };
    const struct ingest_sink sink = { .self = seen, .event = drop_event, .trouble = show_trouble };
    const struct reader_counts before = reader_counts(reader.reader);
    const int fd = open(path, O_RDONLY | O_CLOEXEC);
    inflate_start(in, fd);
    reader_read(reader.reader, str_of(path), in, &sink);
    close(fd);
    const struct reader_counts after = reader_counts(reader.reader);
    const uint64_t read = after.records + after.duplicates - before.records - before.duplicates;
    const bool whole = seen[SOURCE_COUNT] == allowed(str_of(path)) && read + seen[SOURCE_COUNT] > 0;
    if (!whole) {
        print_message("%s: %ju read, %zu skipped\n", path, (uintmax_t)read, seen[SOURCE_COUNT]);
    }
    run++;
    passed += whole;
    return 0;
}

TEST(every_sample_is_read_whole)
{
    static const char *const folders[] = { "logs/cloudtrail", "logs/flow", "logs/dns", "logs/eks", "logs/s3", "logs/waf", "logs/findings",
                                           "logs/bedrock", "logs/format", "corpora/flowlogs", "corpora/ocsf/examples/mappings" };
    if (test_shared() == NULL) {
        return;
    }
    reader = gather_reader_open();
    in = inflate_open();
    for (size_t i = 0; i < COUNT_OF(folders); i++) {
        CHECK_INT(ftw(str_format(arena, "%s/%s", test_shared(), folders[i]).ptr, read_sample, 16), 0);
    }
    const struct reader_counts counts = reader_counts(reader.reader);
    static const enum source sources[] = { SOURCE_CLOUDTRAIL, SOURCE_FLOW, SOURCE_DNS, SOURCE_KUBERNETES, SOURCE_S3_ACCESS, SOURCE_WAF,
                                           SOURCE_OCSF, SOURCE_GUARDDUTY, SOURCE_SECURITY_HUB, SOURCE_BEDROCK };
    for (size_t i = 0; i < COUNT_OF(sources); i++) {
        CHECK(counts.by_source[sources[i]] > 0);
    }
    inflate_close(in);
    gather_reader_close(&reader);
    test_corpus_report("readers", run, passed);
}

static void keep_status(void *self, const struct event *ev)
{
    struct text *out = self;
    text_add_format(out, "%d%d%c ", ev->source == SOURCE_FLOW, ev->flow.protocol,
                    ev->flow.status == FLOW_OK ? (ev->flow.rejected ? 'R' : 'A') : ev->flow.status == FLOW_NO_DATA ? 'N' : 'S');
}

static void no_trouble(void *self, const struct ingest_trouble *trouble)
{
    text_add_format(self, "trouble at %ju: %s ", (uintmax_t)trouble->offset, trouble->reason);
}

/* The records of the guide, and what it says of each. */
TEST(the_examples_of_the_flow_log_guide_say_what_they_say)
{
    if (test_shared() == NULL) {
        return;
    }
    struct text out = text_new(arena);
    const struct ingest_sink sink = { .self = &out, .event = keep_status, .trouble = no_trouble };
    reader = gather_reader_open();
    const char *path = str_format(arena, "%s/corpora/flowlogs/doc_examples.txt", test_shared()).ptr;
    reader_read_text(reader.reader, STR("f"), test_read_file(arena, path), &sink);
    const char *expected = "16A 16R 10N 10S 11A 11R 16A 16A 16A 16A 16A 16A 16A 16A 16A 16A 16A 16A 16A ";
    CHECK_STR(text_str(&out), expected);
    test_corpus_report("flowlogs", 19, reader_counts(reader.reader).by_source[SOURCE_FLOW]);
    gather_reader_close(&reader);
}
