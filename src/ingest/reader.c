#include "ingest/reader.h"

#include "ingest/reader_parts.h"
#include "ingest/extent.h"
#include "ingest/survey.h"

/* Wrappers inside wrappers, as when a LookupEvents answer was itself logged. */
enum { WRAPPERS_DEEP = 4 };

static void read_object(struct reader *reader, struct str raw, uint64_t offset, int depth);

struct reader *reader_open(const struct reader_fields *fields, const struct projection *projection)
{
    struct reader *reader = memory_new(sizeof(*reader));
    reader->fields = *fields;
    reader->projection = projection;
    reader->scan = scan_open(projection);
    reader->text_scan = scan_open(projection);
    reader->recent = recent_open(READER_REMEMBERED);
    reader->event_arena = arena_open();
    reader->wrapper_arena = arena_open();
    reader->block = memory_new(READER_BLOCK * sizeof(*reader->block));
    return reader;
}

struct reader *reader_open_ahead(const struct reader *of)
{
    struct reader *reader = reader_open(&of->fields, of->projection);
    recent_close(reader->recent);
    reader->recent = NULL;
    reader->wanted = of->wanted;
    reader->strays = of->strays;
    return reader;
}

void reader_close(struct reader *reader)
{
    if (reader == NULL) {
        return;
    }
    scan_close(reader->scan);
    scan_close(reader->text_scan);
    recent_close(reader->recent);
    arena_close(reader->event_arena);
    arena_close(reader->wrapper_arena);
    memory_free(reader->block);
    memory_free(reader);
}

void reader_use(struct reader *reader, const struct reader_fields *fields, const struct projection *projection)
{
    reader->fields = *fields;
    reader->projection = projection;
    scan_use(reader->scan, projection);
    scan_use(reader->text_scan, projection);
    reader->rendered = false;
}

void reader_want(struct reader *reader, uint32_t sources)
{
    reader->wanted = sources;
}

void reader_take_strays(struct reader *reader, enum reader_strays strays)
{
    reader->strays = strays;
}

struct reader_counts reader_counts(const struct reader *reader)
{
    return reader->counts;
}

void reader_trouble(struct reader *reader, uint64_t offset, const char *reason)
{
    const struct ingest_trouble what = { .file = reader->file, .offset = offset, .reason = reason };
    reader->counts.skipped++;
    reader->sink->trouble(reader->sink->self, &what);
}

/* NULL: fit to be delivered. Mostly the scanner has seen as much; it is asked about this very text alone. */
static const char *unfit(const struct reader *reader, struct str raw)
{
    const struct str scanned = scan_source(reader->scan);
    if (LIKELY(scanned.ptr == raw.ptr && scanned.len == raw.len && scan_ascii(reader->scan) && scan_deepest(reader->scan) <= READER_DEPTH_MAX)) {
        return NULL;
    }
    const struct survey survey = survey_of(raw);
    if (!survey.ascii && !str_utf8_valid(raw)) {
        return "a record that is not valid UTF-8";
    }
    return survey.brackets > READER_DEPTH_MAX && extent_depth(raw) > READER_DEPTH_MAX ? READER_TOO_DEEP : NULL;
}

void reader_pass(struct reader *reader, struct event *ev, uint64_t offset)
{
    if (ev->identity && reader->recent && !recent_add(reader->recent, ev->identity)) {
        reader->counts.duplicates++;
        return;
    }
    ev->offset = offset;
    reader->counts.records++;
    reader->counts.by_source[ev->source]++;
    reader->sink->event(reader->sink->self, ev);
}

static void pass(struct reader *reader, uint64_t identity, uint64_t offset)
{
    reader->event.identity = identity;
    reader_pass(reader, &reader->event, offset);
}

static bool scan_apart(struct reader *reader, struct str text, size_t *used)
{
    reader->declared = NULL;
    return scan_document(reader->scan, text, used);
}

/* What is no record of a known format. With nothing declared something within it was scanned meanwhile. */
static void deliver_stray(struct reader *reader, struct str raw, uint64_t offset, const char *reason)
{
    size_t used = 0;
    const char *unfit_for = reader->strays == READER_STRAYS_SKIPPED ? reason : unfit(reader, raw);
    if (unfit_for || (reader->declared == NULL && !scan_apart(reader, raw, &used))) {
        reader_trouble(reader, offset, unfit_for ? unfit_for : reason);
        return;
    }
    reader_event_begin(reader, SOURCE_UNKNOWN, raw);
    reader->event.at_ms = 0;
    pass(reader, 0, offset);
}

static void deliver(struct reader *reader, struct str raw, uint64_t offset)
{
    const uint64_t identity = cloudtrail_identity(reader);
    if (reader->recent) {
        recent_prefetch(reader->recent, identity); /* comes from memory while the record is looked over */
    }
    const char *reason = unfit(reader, raw);
    if (reason || !cloudtrail_fill(reader, raw, &reason)) {
        deliver_stray(reader, raw, offset, reason);
        return;
    }
    pass(reader, identity, offset);
}

/* spec: CloudWatch Logs user guide, subscription filters: owner is the account, logGroup the group's name. */
static void name_log_group(struct reader *reader)
{
    struct str *fields = reader->event.fields;
    fields[FIELD_LOG_GROUP] = reader->log_group;
    if (fields[FIELD_ACCOUNT].len == 0) {
        fields[FIELD_ACCOUNT] = reader->log_owner;
    }
}

static void deliver_format(struct reader *reader, size_t format, struct str raw, uint64_t offset)
{
    const char *reason = unfit(reader, raw);
    if (reason || !reader_fill_json(reader, format, raw, &reason)) {
        deliver_stray(reader, raw, offset, reason);
        return;
    }
    name_log_group(reader);
    const bool has_id = reader->event.fields[FIELD_EVENT_ID].len > 0;
    pass(reader, has_id ? reader_hash(reader->event.source, raw) | 1 : 0, offset);
}

static bool is_text(struct str line)
{
    return survey_of(line).ascii || str_utf8_valid(line);
}

/* False: of no format we know. */
static bool deliver_line(struct reader *reader, struct str line, uint64_t offset)
{
    const enum line_verdict verdict = reader_fill_line(reader, line);
    if (verdict == LINE_FOREIGN) {
        return false;
    }
    if (verdict == LINE_BROKEN || (verdict == LINE_RECORD && !is_text(line))) {
        reader_trouble(reader, offset, verdict == LINE_BROKEN ? "a line that is malformed" : "a line that is not valid UTF-8");
    } else if (verdict != LINE_SILENT) {
        name_log_group(reader);
        pass(reader, 0, offset);
    }
    return true;
}

/* Elements up to the closing bracket. False when the array ended otherwise. */
static bool read_elements(struct reader *reader, struct feed *feed, int depth)
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
            reader_trouble(reader, offset, "something else than a record among the records");
            return false;
        }
        const enum take taken = reader_take(reader, feed, true, &raw);
        if (taken == TAKE_WHOLE) {
            read_object(reader, raw, offset, depth);
        }
        if (taken == TAKE_LOST || taken == TAKE_PENDING || reader->wasted > READER_WASTE_MAX) {
            return false;
        }
    }
    feed->at += feed->at < feed->window.len;
    return true;
}

static void read_array_text(struct reader *reader, struct str text, uint64_t offset, int depth)
{
    struct feed feed = feed_of_text(text, offset);
    feed.at = 1;
    read_elements(reader, &feed, depth);
}

/* Lines of text in a message; true when the first is of a format we know. */
static bool read_message_lines(struct reader *reader, struct str text, uint64_t offset)
{
    bool known = false;
    for (struct str rest = text; rest.ptr;) {
        const struct str line = str_trim(str_cut(rest, '\n', &rest));
        const bool taken = line.len == 0 || deliver_line(reader, line, offset);
        if (!taken && !known) {
            return false;
        }
        if (!taken) {
            reader_trouble(reader, offset, "a wrapped line of no known format");
        }
        known = known || line.len > 0;
    }
    return known;
}

/* Text that holds a record, perhaps behind a time stamp. False: it holds none, and its object is a stray to be taken. */
static bool read_text(struct reader *reader, const struct scan_value *value, uint64_t offset, int depth)
{
    const struct arena_mark mark = arena_mark(reader->wrapper_arena);
    const struct str text = scan_text(reader->wrapper_arena, value);
    if (text.len > 0 && text.ptr[0] != '{' && read_message_lines(reader, text, offset)) {
        arena_release(reader->wrapper_arena, mark);
        return true;
    }
    const size_t start = text.ptr ? str_find(text, '{') : STR_MISSING;
    size_t used = 0;
    const struct str record = start == STR_MISSING ? STR("") : str_from(text, start);
    const bool whole = scan_apart(reader, record, &used);
    const bool stray = reader->strays != READER_STRAYS_SKIPPED && (!whole || start > 0);
    if (whole && !stray) {
        read_object(reader, str_slice(record, 0, used), offset, depth);
    } else if (!stray) {
        reader_trouble(reader, offset, "a wrapped record that is malformed");
    }
    arena_release(reader->wrapper_arena, mark);
    return !stray;
}

/* Whether what lies in an object that is no wrapper of ours, as far as we know, should be taken out of it. */
static bool is_worth_unwrapping(const struct reader *reader)
{
    const bool known = reader_value(reader, SLOT_TIME)->kind != SCAN_ABSENT || reader_json_format(reader) < JSON_FORMATS;
    return reader->strays == READER_STRAYS_SKIPPED || (reader->strays == READER_STRAYS_TAKEN && known);
}

static bool is_list_of_objects(struct str list)
{
    return str_starts(str_trim(str_from(list, 1)), STR("{"));
}

/* The list of a wrapper, knowing whose log group it is. */
static void read_log_events(struct reader *reader, struct str list, uint64_t offset, int depth)
{
    const struct arena_mark mark = arena_mark(reader->wrapper_arena);
    const struct str owner = reader->log_owner;
    const struct str group = reader->log_group;
    reader->log_owner = str_copy(reader->wrapper_arena, reader_value_text(reader->wrapper_arena, reader_value(reader, SLOT_LOG_OWNER)));
    reader->log_group = str_copy(reader->wrapper_arena, reader_value_text(reader->wrapper_arena, reader_value(reader, SLOT_LOG_GROUP)));
    read_array_text(reader, list, offset, depth);
    reader->log_owner = owner;
    reader->log_group = group;
    arena_release(reader->wrapper_arena, mark);
}

static bool read_wrapped(struct reader *reader, struct str raw, uint64_t offset, int depth)
{
    static const enum reader_slot lists[] = { SLOT_RECORDS, SLOT_EVENTS, SLOT_FOUND_EVENTS, SLOT_LOG_EVENTS,
                                              SLOT_ITEMS, SLOT_CONFIGURATION_ITEMS, SLOT_FINDINGS, SLOT_FOUND_FINDINGS };
    static const enum reader_slot objects[] = { SLOT_DETAIL, SLOT_EVENT, SLOT_CONFIGURATION_ITEM };
    static const enum reader_slot texts[] = { SLOT_LOOKUP, SLOT_MESSAGE };
    for (size_t i = 0; i < COUNT_OF(lists); i++) {
        const struct scan_value value = *reader_value(reader, lists[i]);
        if (value.kind == SCAN_ARRAY
            && (reader->strays == READER_STRAYS_SKIPPED || is_list_of_objects((struct str){ value.ptr, value.len }))) {
            (lists[i] == SLOT_LOG_EVENTS ? read_log_events : read_array_text)(
                reader, (struct str){ value.ptr, value.len }, offset + (uint64_t)(value.ptr - raw.ptr), depth);
            return true;
        }
    }
    for (size_t i = 0; i < COUNT_OF(texts); i++) {
        const struct scan_value value = *reader_value(reader, texts[i]);
        if (value.kind == SCAN_STRING) {
            return read_text(reader, &value, offset, depth);
        }
    }
    for (size_t i = 0; i < COUNT_OF(objects); i++) {
        const struct scan_value value = *reader_value(reader, objects[i]);
        const struct str inner = { value.ptr, value.len };
        size_t used = 0;
        if (value.kind == SCAN_OBJECT && scan_apart(reader, inner, &used) && is_worth_unwrapping(reader)) {
            read_object(reader, inner, offset + (uint64_t)(inner.ptr - raw.ptr), depth);
            return true;
        }
    }
    return false;
}

/* raw was just scanned. */
static void read_object(struct reader *reader, struct str raw, uint64_t offset, int depth)
{
    if (reader_value(reader, SLOT_TIME)->kind != SCAN_ABSENT) {
        deliver(reader, raw, offset);
        return;
    }
    const size_t format = reader_json_format(reader);
    if (format < JSON_FORMATS) {
        deliver_format(reader, format, raw, offset);
        return;
    }
    if (depth < WRAPPERS_DEEP && read_wrapped(reader, raw, offset, depth + 1)) {
        return;
    }
    if (reader->strays == READER_STRAYS_SKIPPED) {
        deliver(reader, raw, offset);
    } else {
        deliver_stray(reader, raw, offset, "a record without a time"); /* what was scanned within it may have one */
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
    const struct str ahead = feed_ahead(feed, READER_AHEAD);
    size_t at = 0;
    const bool is_head = skip_token(ahead, &at, STR("{")) && skip_token(ahead, &at, STR("\"Records\""))
        && skip_token(ahead, &at, STR(":")) && skip_token(ahead, &at, STR("["));
    if (is_head) {
        feed->at += at;
    }
    return is_head;
}

static void read_list(struct reader *reader, struct feed *feed, bool in_document)
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

static void read_single(struct reader *reader, struct feed *feed)
{
    struct str raw = STR_NONE;
    const uint64_t offset = feed_offset(feed);
    const enum take taken = reader_take(reader, feed, false, &raw);
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
    const struct str ahead = feed_ahead(feed, READER_AHEAD);
    const size_t brace = str_search(ahead, STR("Z {"));
    if (brace == STR_MISSING || brace > 32 || ahead.ptr[0] < '0' || ahead.ptr[0] > '9') {
        return false;
    }
    feed->at += brace + 2;
    return true;
}

/* The line ahead, without its end; *next is how far to go on. False: it isn't whole, or reported. */
static bool line_ahead(struct reader *reader, struct feed *feed, struct str *line, size_t *next)
{
    struct str rest = feed_rest(feed);
    const char *end = memchr(rest.ptr, '\n', rest.len);
    while (end == NULL && rest.len <= READER_LINE_MAX && feed_grow(feed)) {
        rest = feed_rest(feed);
        end = memchr(rest.ptr, '\n', rest.len);
    }
    rest = feed_rest(feed); /* growing moves it even when nothing comes */
    const size_t len = end ? (size_t)(end - rest.ptr) : rest.len;
    *line = str_slice(rest, 0, len > 0 && rest.ptr[len - 1] == '\r' ? len - 1 : len);
    *next = len + (end != NULL);
    reader->pending = end == NULL && len <= READER_LINE_MAX && reader->growing && feed->in;
    if (line->len > READER_LINE_MAX) {
        reader_trouble(reader, feed_offset(feed), "a line longer than 1 MiB");
        feed_skip_line(feed);
        return false;
    }
    return !reader->pending;
}

/* The same before a line of text. Lines of MySQL begin with a stamp of their own. */
static bool deliver_stamped(struct reader *reader, struct str line, uint64_t offset)
{
    struct str rest = STR_NONE;
    int64_t ms = 0;
    if (line.len < 20 || line.ptr[10] != 'T') {
        return false;
    }
    const struct str stamp = str_cut(line, ' ', &rest);
    return reader->text_format != &FORMAT_MYSQL && rest.len > 0 && stamp.len >= 20 && stamp.ptr[stamp.len - 1] == 'Z' && format_time(stamp, &ms)
        && deliver_line(reader, rest, offset + stamp.len + 1);
}

/* Lines until one begins like JSON. False: one is of no known format, and still ahead. */
static bool read_lines(struct reader *reader, struct feed *feed)
{
    struct str line = STR_NONE;
    size_t next = 0;
    while (!reader->pending && feed_ahead(feed, 1).len > 0) {
        reader_flow_blocks(reader, feed);
        if (feed_ahead(feed, 1).len == 0) {
            return true;
        }
        const char c = feed_rest(feed).ptr[0];
        if (c == '{' || c == '[') {
            return true;
        }
        if (!line_ahead(reader, feed, &line, &next)) {
            return true;
        }
        const uint64_t offset = feed_offset(feed);
        if (line.len > 0 && !deliver_stamped(reader, line, offset) && !deliver_line(reader, line, offset)) {
            return false;
        }
        feed->at += next;
    }
    return true;
}

static void skip_garbage(struct reader *reader, struct feed *feed)
{
    if (!reader->in_garbage) {
        reader_trouble(reader, feed_offset(feed), "text that is no JSON object");
    }
    reader->in_garbage = true;
    feed_skip_line(feed);
}

static void read_document(struct reader *reader, struct feed *feed, char c)
{
    if (c != '{' && c != '[' && !skip_stamp(feed)) {
        const uint64_t before = feed_offset(feed);
        const bool known = read_lines(reader, feed);
        reader->in_garbage = reader->in_garbage && feed_offset(feed) == before;
        if (!known) {
            skip_garbage(reader, feed);
        }
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

static void read_feed(struct reader *reader, struct feed *feed)
{
    if (str_starts(feed_ahead(feed, 3), STR("\xEF\xBB\xBF"))) {
        feed->at += 3;
    }
    char c = 0;
    while (!reader->pending && feed_peek(feed, &c)) {
        if (reader->wasted > READER_WASTE_MAX) {
            reader_trouble(reader, feed_offset(feed), "too many records without an end; the rest of the file is left");
            return;
        }
        read_document(reader, feed, c);
    }
}

void reader_begin(struct reader *reader, struct str file, const struct ingest_sink *sink, bool growing)
{
    reader->file = file;
    reader->sink = sink;
    reader->growing = growing;
    reader->declared = NULL;
    reader->pending = false;
    reader->in_garbage = false;
    reader->wasted = 0;
    reader->text_format = NULL;
    reader->flow.count = 0;
    reader->event.source = SOURCE_UNKNOWN;
}

void reader_count_bytes(struct reader *reader, uint64_t more)
{
    reader->counts.bytes += more;
}

static uint64_t read_input(struct reader *reader, uint64_t start, struct inflate *in)
{
    struct feed feed = feed_of(in, start);
    read_feed(reader, &feed);
    const uint64_t end = feed.base + feed.window.len;
    reader->counts.bytes += end - start;
    if (inflate_trouble(in)) {
        reader_trouble(reader, end, inflate_trouble(in));
    }
    return reader->pending ? feed_offset(&feed) : end;
}

void reader_read(struct reader *reader, struct str file, struct inflate *in, const struct ingest_sink *sink)
{
    reader_begin(reader, file, sink, false);
    read_input(reader, 0, in);
}

void reader_refuse(struct reader *reader, struct str file, const char *reason, const struct ingest_sink *sink)
{
    reader_begin(reader, file, sink, false);
    reader_trouble(reader, 0, reason);
}

uint64_t reader_read_growing(struct reader *reader, struct str file, struct str head, uint64_t at, struct inflate *in,
                             const struct ingest_sink *sink)
{
    struct str rest = STR_NONE;
    reader_begin(reader, file, sink, true);
    if (at > 0 && flow_header(&reader->flow, str_trim(str_cut(head, '\n', &rest)))) {
        reader->text_format = &FORMAT_FLOW;
    }
    return read_input(reader, at, in);
}

void reader_read_text(struct reader *reader, struct str file, struct str text, const struct ingest_sink *sink)
{
    reader_begin(reader, file, sink, false);
    struct feed feed = feed_of_text(text, 0);
    read_feed(reader, &feed);
    reader->counts.bytes += text.len;
}
