/* cloudtrail_parts.h - what the files of the CloudTrail reader share; nobody else includes it. */
#ifndef YAGURA_INGEST_CLOUDTRAIL_PARTS_H
#define YAGURA_INGEST_CLOUDTRAIL_PARTS_H

#include "ingest/cloudtrail.h"
#include "ingest/feed.h"
#include "ingest/recent.h"

/* Slots: one per field of struct event, then those that the reader needs for itself. */
enum cloudtrail_slot {
    SLOT_TIME = FIELD_COUNT,
    SLOT_ISSUER_USER,
    SLOT_RECORDS,
    SLOT_EVENTS,
    SLOT_FOUND_EVENTS,
    SLOT_LOG_EVENTS,
    SLOT_LOOKUP,
    SLOT_DETAIL,
    SLOT_MESSAGE,
    SLOT_COUNT
};
_Static_assert((int)SLOT_COUNT <= (int)CLOUDTRAIL_SLOTS, "room for every slot");

struct cloudtrail {
    struct cloudtrail_fields fields;
    struct scan *scan;
    struct recent *recent;
    struct arena *event_arena;   /* reset before every record */
    struct arena *wrapper_arena; /* text taken out of wrappers */
    struct cloudtrail_counts counts;
    struct event event;
    char last_time[32]; /* records come in bursts of the same second */
    size_t last_time_len;
    int64_t last_ms;

    /* of the input being read */
    struct str file;
    const struct ingest_sink *sink;
    const struct feed *declared; /* whose window is the scanner's block */
    uint64_t wasted;  /* bytes looked at in vain, bounded by CLOUDTRAIL_WASTE_MAX */
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

#define CLOUDTRAIL_TOO_DEEP "a record nested too deeply"
/* A file may make us look this far ahead for ends that never come; then the rest of it is left. */
#define CLOUDTRAIL_WASTE_MAX ((uint64_t)1024 * 1024 * 1024)
enum { CLOUDTRAIL_AHEAD = 256 };

void cloudtrail_trouble(struct cloudtrail *reader, uint64_t offset, const char *reason);
/* Takes the object that starts here; an element of an array is known by what follows it. */
enum take cloudtrail_take(struct cloudtrail *reader, struct feed *feed, bool is_element, struct str *raw);
const struct scan_value *cloudtrail_value(const struct cloudtrail *reader, enum cloudtrail_slot slot);
/* Fills reader->event from the scan of raw. False when eventTime is absent or no time; *reason then says so. */
bool cloudtrail_fill(struct cloudtrail *reader, struct str raw, const char **reason);
/* What makes the record just scanned the same as another. 0: it has no eventID. */
uint64_t cloudtrail_identity(const struct cloudtrail *reader);

#endif
