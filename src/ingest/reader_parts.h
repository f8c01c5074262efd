/* reader_parts.h - what the files of the reader share; nobody else includes it. */
#ifndef YAGURA_INGEST_READER_PARTS_H
#define YAGURA_INGEST_READER_PARTS_H

#include "ingest/reader.h"
#include "ingest/feed.h"
#include "ingest/flow.h"
#include "ingest/recent.h"

/* Slots: one per field of struct event, then those that the reader needs for itself. */
enum reader_slot {
    SLOT_TIME = FIELD_CLOUDTRAIL_COUNT,
    SLOT_ISSUER_USER,
    SLOT_RECORDS,
    SLOT_EVENTS,
    SLOT_FOUND_EVENTS,
    SLOT_LOG_EVENTS,
    SLOT_ITEMS,
    SLOT_CONFIGURATION_ITEMS,
    SLOT_FINDINGS,
    SLOT_FOUND_FINDINGS,
    SLOT_LOOKUP,
    SLOT_DETAIL,
    SLOT_EVENT,
    SLOT_CONFIGURATION_ITEM,
    SLOT_MESSAGE,
    SLOT_LOG_OWNER,
    SLOT_LOG_GROUP,
    SLOT_COUNT
};
_Static_assert((int)SLOT_COUNT <= (int)READER_SLOTS, "room for every slot");

struct reader {
    struct reader_fields fields;
    const struct projection *projection;
    struct scan *scan;
    struct recent *recent;       /* NULL: another reader looks for records seen before */
    struct arena *event_arena;   /* reset before every record */
    struct arena *wrapper_arena; /* text taken out of wrappers */
    struct reader_counts counts;
    struct event event;
    char last_time[16]; /* up to the hour: records come in bursts of the same one */
    size_t last_time_len; /* of the whole time; 0: none is remembered */
    int64_t last_hour_ms;
    const struct text_format *text_format; /* of the last line; NULL: none yet */
    struct flow_layout flow;
    struct scan *text_scan;          /* of renderings */
    bool rendered;                   /* text_scan holds one */
    struct event *block;             /* READER_BLOCK lines of flow logs, told of together */
    bool block_begun;                /* their fields are those of the columns at hand, or absent */
    enum reader_strays strays;
    uint32_t wanted;                 /* sources to be rendered */

    /* of the wrapper being read: whose CloudWatch log group it is; else absent */
    struct str log_owner, log_group;

    /* of the input being read */
    struct str file;
    const struct ingest_sink *sink;
    const struct feed *declared; /* whose window is the scanner's block */
    uint64_t wasted;  /* bytes looked at in vain, bounded by READER_WASTE_MAX */
    bool in_garbage;  /* already reported */
    bool growing;
    bool pending;     /* what lies ahead isn't whole yet */
};

/* How an attempt to take an object ended. */
enum take {
    TAKE_WHOLE,
    TAKE_SKIPPED, /* reported; feed->at stands behind it */
    TAKE_LOST,    /* reported; where the next one begins can't be told */
    TAKE_PENDING, /* the file may still grow: feed->at stands at its start */
};

#define READER_TOO_DEEP "a record nested too deeply"
/* A file may make us look this far ahead for ends that never come; then the rest of it is left. */
#define READER_WASTE_MAX ((uint64_t)1024 * 1024 * 1024)
enum { READER_AHEAD = 256, READER_BLOCK = 24 };

/* Another file, from its start. */
void reader_begin(struct reader *reader, struct str file, const struct ingest_sink *sink, bool growing);
void reader_trouble(struct reader *reader, uint64_t offset, const char *reason);
/* Takes the object that starts here; an element of an array is known by what follows it. */
enum take reader_take(struct reader *reader, struct feed *feed, bool is_element, struct str *raw);
const struct scan_value *reader_value(const struct reader *reader, enum reader_slot slot);
struct str reader_value_text(struct arena *arena, const struct scan_value *value); /* a scalar as text, else its JSON */
/* The place in JSON_FORMAT of the format that the object just scanned is of; JSON_FORMATS: of none. */
size_t reader_json_format(const struct reader *reader);
bool reader_fill_json(struct reader *reader, size_t format, struct str raw, const char **reason);
/* Fills reader->event from a line, and has it rendered if it is wanted. */
enum line_verdict reader_fill_line(struct reader *reader, struct str line);
/* What all events have alike; no field holds anything afterwards, nor does the event's arena. */
void reader_event_begin(struct reader *reader, enum source source, struct str raw);
uint64_t reader_hash(uint64_t hash, struct str s);
/* Hands an event over, unless it was seen before. */
void reader_pass(struct reader *reader, struct event *ev, uint64_t offset);
/* The lines of flow logs that lie whole ahead, in blocks, up to the first that isn't plain. */
void reader_flow_blocks(struct reader *reader, struct feed *feed);

/* Fills reader->event from the scan of raw. False when eventTime is absent or no time; *reason then says so. */
bool cloudtrail_fill(struct reader *reader, struct str raw, const char **reason);
/* What makes the record just scanned the same as another. 0: it has no eventID. */
uint64_t cloudtrail_identity(const struct reader *reader);

#endif
