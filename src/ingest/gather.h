/* gather.h - for tests: a sink that writes down what it was handed, in order. */
#ifndef YAGURA_INGEST_GATHER_H
#define YAGURA_INGEST_GATHER_H

#include <stdio.h>

#include "ingest/reader.h"

struct gather {
    struct arena *arena;
    struct text events;   /* "eventID " each */
    struct text troubles; /* "offset reason\n" each */
    size_t event_count;
    size_t trouble_count;
    struct event last; /* only its at_ms, offset and copied fields may be used */
};

static inline void gather_event(void *self, const struct event *ev)
{
    struct gather *gather = self;
    gather->event_count++;
    text_add(&gather->events, ev->fields[FIELD_EVENT_ID]);
    text_add_char(&gather->events, ' ');
    gather->last = *ev;
    for (size_t i = 0; i < FIELD_COUNT; i++) {
        gather->last.fields[i] = ev->fields[i].ptr ? str_copy(gather->arena, ev->fields[i]) : STR_NONE;
    }
    gather->last.file = str_copy(gather->arena, ev->file);
}

static inline void gather_trouble(void *self, const struct ingest_trouble *trouble)
{
    struct gather *gather = self;
    gather->trouble_count++;
    text_add_format(&gather->troubles, "%ju %s\n", (uintmax_t)trouble->offset, trouble->reason);
}

static inline struct gather gather_new(struct arena *arena)
{
    return (struct gather){ .arena = arena, .events = text_new(arena), .troubles = text_new(arena) };
}

static inline struct ingest_sink gather_sink(struct gather *gather)
{
    return (struct ingest_sink){ .self = gather, .event = gather_event, .trouble = gather_trouble };
}

/* A reader with its projection, for one test. */
struct gather_reader {
    struct projection *projection;
    struct reader *reader;
};

static inline struct gather_reader gather_reader_open(void)
{
    struct projection_builder *builder = projection_begin();
    const struct reader_fields fields = reader_project(builder);
    struct projection *projection = projection_end(builder);
    return (struct gather_reader){ projection, reader_open(&fields, projection) };
}

static inline void gather_reader_close(struct gather_reader *reader)
{
    reader_close(reader->reader);
    projection_free(reader->projection);
}

#endif
