/* record.c - one record of a format other than CloudTrail's to a struct event. */
#include "ingest/reader_parts.h"

static const struct scan_value *slot(const struct reader *reader, uint16_t at)
{
    return scan_get(reader->scan, at);
}

static bool has_marks(const struct reader *reader, size_t index)
{
    const struct json_format *format = JSON_FORMAT[index];
    const struct format_slots *slots = &reader->fields.formats[index];
    for (size_t i = 0; i < FORMAT_MARKS_MAX && format->marks[i]; i++) {
        if (slot(reader, slots->marks[i])->kind == SCAN_ABSENT) {
            return false;
        }
    }
    return true;
}

/* Always in the same order, so that a record that has the marks of two formats is of the same one whatever came before. */
size_t reader_json_format(const struct reader *reader)
{
    size_t index = 0;
    while (index < JSON_FORMATS && !has_marks(reader, index)) {
        index++;
    }
    return index;
}

void reader_event_begin(struct reader *reader, enum source source, struct str raw)
{
    arena_reset(reader->event_arena);
    struct event *ev = &reader->event;
    memset(ev->fields, 0, sizeof(ev->fields));
    ev->source = source;
    ev->raw = raw;
    ev->scan = reader->scan;
    ev->file = reader->file;
    ev->arena = reader->event_arena;
}

static bool fill_time(struct reader *reader, size_t index, const char **reason)
{
    const struct json_format *format = JSON_FORMAT[index];
    *reason = "a record without a time";
    for (size_t i = 0; i < FORMAT_TIMES_MAX && format->times[i]; i++) {
        const struct scan_value *value = slot(reader, reader->fields.formats[index].times[i]);
        const struct str text = { value->ptr, value->len };
        if (value->kind != SCAN_STRING && value->kind != SCAN_NUMBER) {
            continue;
        }
        if (format_time(text, &reader->event.at_ms)) {
            return true;
        }
        *reason = "a record whose time is no time";
    }
    return false;
}

bool reader_fill_json(struct reader *reader, size_t index, struct str raw, const char **reason)
{
    const struct json_format *format = JSON_FORMAT[index];
    if (!fill_time(reader, index, reason)) {
        return false;
    }
    reader_event_begin(reader, format->source, raw);
    struct event *ev = &reader->event;
    for (size_t i = 0; i < FORMAT_PATHS_MAX && format->paths[i].path; i++) {
        struct str *field = &ev->fields[format->paths[i].field];
        if (field->len == 0) {
            *field = reader_value_text(ev->arena, slot(reader, reader->fields.formats[index].paths[i]));
        }
    }
    if (format->finish) {
        format->finish(ev);
    }
    return true;
}

/* Rules see a line as the JSON object it stands for; without them nothing is made. */
static void render(struct reader *reader)
{
    const bool wanted = (reader->wanted >> reader->event.source & 1) != 0;
    reader->event.scan = reader->text_scan;
    if (!wanted && !reader->rendered) {
        return;
    }
    size_t used = 0;
    reader->rendered = wanted;
    if (!wanted) {
        scan_document(reader->text_scan, STR("{}"), &used);
        return;
    }
    struct json_writer w = json_writer_new(reader->event_arena);
    json_open_object(&w);
    reader->text_format->render(reader, &w);
    json_close_object(&w);
    scan_document(reader->text_scan, json_done(&w), &used);
}

enum line_verdict reader_fill_line(struct reader *reader, struct str line)
{
    const struct text_format *format = reader->text_format;
    enum line_verdict verdict = format ? format->line(reader, line) : LINE_FOREIGN;
    for (size_t i = 0; i < TEXT_FORMATS && verdict == LINE_FOREIGN; i++) {
        if (TEXT_FORMAT[i]->fits(reader, line)) {
            reader->text_format = TEXT_FORMAT[i];
            verdict = TEXT_FORMAT[i]->line(reader, line);
        }
    }
    if (verdict == LINE_RECORD || verdict == LINE_ASCII_RECORD) {
        render(reader);
    }
    return verdict;
}
