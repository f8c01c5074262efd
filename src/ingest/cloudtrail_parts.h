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
    uint64_t wasted;  /* bytes looked at in vain, bounded by WASTE_MAX */
    bool in_garbage;  /* already reported */
    bool growing;
    bool pending;     /* what lies ahead isn't whole yet */
};

const struct scan_value *cloudtrail_value(const struct cloudtrail *reader, enum cloudtrail_slot slot);
/* Fills reader->event from the scan of raw. False when eventTime is absent or no time; *reason then says so. */
bool cloudtrail_fill(struct cloudtrail *reader, struct str raw, const char **reason);
/* What makes the record just scanned the same as another. 0: it has no eventID. */
uint64_t cloudtrail_identity(const struct cloudtrail *reader);

#endif
