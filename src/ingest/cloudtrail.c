#include "ingest/cloudtrail.h"

#include "ingest/cloudtrail_parts.h"
#include "ingest/extent.h"
#include "ingest/survey.h"

/* Wrappers inside wrappers, as when a LookupEvents answer was itself logged. */
enum { WRAPPERS_DEEP = 4 };

static void read_object(struct cloudtrail *reader, struct str raw, uint64_t offset, int depth);

struct cloudtrail *cloudtrail_open(const struct cloudtrail_fields *fields, const struct projection *projection)
{
    struct cloudtrail *reader = memory_new(sizeof(*reader));
    reader->fields = *fields;
    reader->scan = scan_open(projection);
    reader->recent = recent_open(CLOUDTRAIL_REMEMBERED);
    reader->event_arena = arena_open();
    reader->wrapper_arena = arena_open();
    return reader;
}

void cloudtrail_close(struct cloudtrail *reader)
{
    if (reader == NULL) {
        return;
    }
    scan_close(reader->scan);
    recent_close(reader->recent);
    arena_close(reader->event_arena);
    arena_close(reader->wrapper_arena);
    memory_free(reader);
}

void cloudtrail_use(struct cloudtrail *reader, const struct cloudtrail_fields *fields, const struct projection *projection)
{
    reader->fields = *fields;
    scan_use(reader->scan, projection);
}

struct cloudtrail_counts cloudtrail_counts(const struct cloudtrail *reader)
{
    return reader->counts;
}

void cloudtrail_trouble(struct cloudtrail *reader, uint64_t offset, const char *reason)
{
    const struct ingest_trouble what = { .file = reader->file, .offset = offset, .reason = reason };
    reader->counts.skipped++;
    reader->sink->trouble(reader->sink->self, &what);
}

/* NULL: fit to be delivered. */
static const char *unfit(struct str raw)
{
    const struct survey survey = survey_of(raw);
    if (!survey.ascii && !str_utf8_valid(raw)) {
        return "a record that is not valid UTF-8";
    }
    return survey.brackets > CLOUDTRAIL_DEPTH_MAX && extent_depth(raw) > CLOUDTRAIL_DEPTH_MAX ? CLOUDTRAIL_TOO_DEEP : NULL;
}

static void deliver(struct cloudtrail *reader, struct str raw, uint64_t offset)
{
    const uint64_t identity = cloudtrail_identity(reader);
    recent_prefetch(reader->recent, identity); /* comes from memory while the record is looked over */
    const char *reason = unfit(raw);
    if (reason || !cloudtrail_fill(reader, raw, &reason)) {
        cloudtrail_trouble(reader, offset, reason);
        return;
    }
    if (identity && !recent_add(reader->recent, identity)) {
        reader->counts.duplicates++;
        return;
    }
    reader->event.offset = offset;
    reader->counts.records++;
    reader->sink->event(reader->sink->self, &reader->event);
}

static bool scan_apart(struct cloudtrail *reader, struct str text, size_t *used)
{
    reader->declared = NULL;
    return scan_document(reader->scan, text, used);
}

/* Elements up to the closing bracket. False when the array ended otherwise. */
static bool read_elements(struct cloudtrail *reader, struct feed *feed, int depth)
{
    char c = 0;
    while (feed_peek(feed, &c) && c != ']') {
        struct str raw = STR_NONE;
        const uint64_t offset = feed_offset(feed);
        if (c == ',') {
            feed->at++;
            continue;
        }
        if (c != '{') {
            cloudtrail_trouble(reader, offset, "something else than a record among the records");
            return false;
        }
        const enum take taken = cloudtrail_take(reader, feed, true, &raw);
        if (taken == TAKE_WHOLE) {
            read_object(reader, raw, offset, depth);
        }
        if (taken == TAKE_LOST || taken == TAKE_PENDING || reader->wasted > CLOUDTRAIL_WASTE_MAX) {
            return false;
        }
    }
    feed->at += feed->at < feed->window.len;
    return true;
}

static void read_array_text(struct cloudtrail *reader, struct str text, uint64_t offset, int depth)
{
    struct feed feed = feed_of_text(text, offset);
    feed.at = 1;
    read_elements(reader, &feed, depth);
}

/* Text that holds a record, perhaps behind a time stamp. */
static void read_text(struct cloudtrail *reader, const struct scan_value *value, uint64_t offset, int depth)
{
    const struct arena_mark mark = arena_mark(reader->wrapper_arena);
    const struct str text = scan_text(reader->wrapper_arena, value);
    const size_t start = text.ptr ? str_find(text, '{') : STR_MISSING;
    size_t used = 0;
    const struct str record = start == STR_MISSING ? STR("") : str_from(text, start);
    if (scan_apart(reader, record, &used)) {
        read_object(reader, str_slice(record, 0, used), offset, depth);
    } else {
        cloudtrail_trouble(reader, offset, "a wrapped record that is malformed");
    }
    arena_release(reader->wrapper_arena, mark);
}

static bool read_wrapped(struct cloudtrail *reader, struct str raw, uint64_t offset, int depth)
{
    static const enum cloudtrail_slot lists[] = { SLOT_RECORDS, SLOT_EVENTS, SLOT_FOUND_EVENTS, SLOT_LOG_EVENTS };
    static const enum cloudtrail_slot texts[] = { SLOT_LOOKUP, SLOT_MESSAGE };
    for (size_t i = 0; i < COUNT_OF(lists); i++) {
        const struct scan_value value = *cloudtrail_value(reader, lists[i]);
        if (value.kind == SCAN_ARRAY) {
            read_array_text(reader, (struct str){ value.ptr, value.len }, offset + (uint64_t)(value.ptr - raw.ptr), depth);
            return true;
        }
    }
    for (size_t i = 0; i < COUNT_OF(texts); i++) {
        const struct scan_value value = *cloudtrail_value(reader, texts[i]);
        if (value.kind == SCAN_STRING) {
            read_text(reader, &value, offset, depth);
            return true;
        }
    }
    const struct scan_value detail = *cloudtrail_value(reader, SLOT_DETAIL);
    const struct str inner = { detail.ptr, detail.len };
    size_t used = 0;
    if (detail.kind != SCAN_OBJECT || !scan_apart(reader, inner, &used)) {
        return false;
    }
    read_object(reader, inner, offset + (uint64_t)(inner.ptr - raw.ptr), depth);
    return true;
}

/* raw was just scanned. */
static void read_object(struct cloudtrail *reader, struct str raw, uint64_t offset, int depth)
{
    const bool is_record = cloudtrail_value(reader, SLOT_TIME)->kind != SCAN_ABSENT;
    if (is_record || depth == WRAPPERS_DEEP || !read_wrapped(reader, raw, offset, depth + 1)) {
        deliver(reader, raw, offset);
    }
}

static size_t skip_space(struct str s, size_t at)
{
    while (at < s.len && (s.ptr[at] == ' ' || s.ptr[at] == '\n' || s.ptr[at] == '\r' || s.ptr[at] == '\t')) {
        at++;
    }
    return at;
}

static bool skip_token(struct str s, size_t *at, struct str token)
{
    *at = skip_space(s, *at);
    if (!str_starts(str_from(s, *at), token)) {
        return false;
    }
    *at += token.len;
    return true;
}

/* {"Records":[ - the shape that may be longer than any window. */
static bool takes_records_head(struct feed *feed)
{
    const struct str ahead = feed_ahead(feed, CLOUDTRAIL_AHEAD);
    size_t at = 0;
    const bool is_head = skip_token(ahead, &at, STR("{")) && skip_token(ahead, &at, STR("\"Records\""))
        && skip_token(ahead, &at, STR(":")) && skip_token(ahead, &at, STR("["));
    if (is_head) {
        feed->at += at;
    }
    return is_head;
}

static void read_list(struct cloudtrail *reader, struct feed *feed, bool in_document)
{
    if (!read_elements(reader, feed, 0)) {
        if (!reader->pending) {
            feed_skip_line(feed);
        }
        return;
    }
    if (in_document) {
        feed_skip_value(feed, 1);
    }
}

static void read_single(struct cloudtrail *reader, struct feed *feed)
{
    struct str raw = STR_NONE;
    const uint64_t offset = feed_offset(feed);
    const enum take taken = cloudtrail_take(reader, feed, false, &raw);
    if (taken == TAKE_WHOLE) {
        read_object(reader, raw, offset, 0);
    }
    if (taken == TAKE_LOST) {
        feed_skip_line(feed);
    }
}

/* spec: CloudWatch Logs user guide, export to S3: each line is a time stamp, a space and the message. */
static bool skip_stamp(struct feed *feed)
{
    const struct str ahead = feed_ahead(feed, CLOUDTRAIL_AHEAD);
    const size_t brace = str_search(ahead, STR("Z {"));
    if (brace == STR_MISSING || brace > 32 || ahead.ptr[0] < '0' || ahead.ptr[0] > '9') {
        return false;
    }
    feed->at += brace + 2;
    return true;
}

static void skip_garbage(struct cloudtrail *reader, struct feed *feed)
{
    if (!reader->in_garbage) {
        cloudtrail_trouble(reader, feed_offset(feed), "text that is no JSON object");
    }
    reader->in_garbage = true;
    feed_skip_line(feed);
}

static void read_document(struct cloudtrail *reader, struct feed *feed, char c)
{
    if (c != '{' && c != '[' && !skip_stamp(feed)) {
        skip_garbage(reader, feed);
        return;
    }
    reader->in_garbage = false;
    if (c == '[') {
        feed->at++;
        read_list(reader, feed, false);
        return;
    }
    if (takes_records_head(feed)) {
        read_list(reader, feed, true);
        return;
    }
    read_single(reader, feed);
}

static void read_feed(struct cloudtrail *reader, struct feed *feed)
{
    if (str_starts(feed_ahead(feed, 3), STR("\xEF\xBB\xBF"))) {
        feed->at += 3;
    }
    char c = 0;
    while (!reader->pending && feed_peek(feed, &c)) {
        if (reader->wasted > CLOUDTRAIL_WASTE_MAX) {
            cloudtrail_trouble(reader, feed_offset(feed), "too many records without an end; the rest of the file is left");
            return;
        }
        read_document(reader, feed, c);
    }
}

static void begin(struct cloudtrail *reader, struct str file, const struct ingest_sink *sink, bool growing)
{
    reader->file = file;
    reader->sink = sink;
    reader->growing = growing;
    reader->declared = NULL;
    reader->pending = false;
    reader->in_garbage = false;
    reader->wasted = 0;
}

static uint64_t read_input(struct cloudtrail *reader, uint64_t start, struct inflate *in)
{
    struct feed feed = feed_of(in, start);
    read_feed(reader, &feed);
    const uint64_t end = feed.base + feed.window.len;
    reader->counts.bytes += end - start;
    if (inflate_trouble(in)) {
        cloudtrail_trouble(reader, end, inflate_trouble(in));
    }
    return reader->pending ? feed_offset(&feed) : end;
}

void cloudtrail_read(struct cloudtrail *reader, struct str file, struct inflate *in, const struct ingest_sink *sink)
{
    begin(reader, file, sink, false);
    read_input(reader, 0, in);
}

uint64_t cloudtrail_read_growing(struct cloudtrail *reader, struct str file, uint64_t at, struct inflate *in,
                                 const struct ingest_sink *sink)
{
    begin(reader, file, sink, true);
    return read_input(reader, at, in);
}

void cloudtrail_read_text(struct cloudtrail *reader, struct str file, struct str text, const struct ingest_sink *sink)
{
    begin(reader, file, sink, false);
    struct feed feed = feed_of_text(text, 0);
    read_feed(reader, &feed);
    reader->counts.bytes += text.len;
}
