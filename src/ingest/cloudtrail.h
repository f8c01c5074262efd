/* cloudtrail.h - CloudTrail records out of bytes, in every shape they are kept in.
 *
 * {"Records":[…]} as delivered to a bucket, one record a line, a JSON array, a single record; records inside LookupEvents
 * answers (CloudTrailEvent), EventBridge events (detail) and CloudWatch Logs subscriptions and exports (logEvents,
 * timestamped lines). Several of them may follow one another in one file. Order does not matter; BOM, CRLF and blank lines
 * are allowed.
 *
 * The fields of struct event are read with the same projection as the caller's own paths:
 *
 *     struct projection_builder *builder = projection_begin();
 *     struct cloudtrail_fields fields = cloudtrail_project(builder);   // and the matcher adds its paths
 *     struct cloudtrail *reader = cloudtrail_open(&fields, projection_end(builder));
 *
 * Reported and skipped: malformed JSON, invalid UTF-8, nesting deeper than CLOUDTRAIL_DEPTH_MAX, records longer than
 * INFLATE_WINDOW_MAX, records without a usable eventTime. After malformed JSON reading goes on at the next record if its
 * end can be told, else at the next line.
 *
 * A record seen before (same eventID, name, time and account) among the last CLOUDTRAIL_REMEMBERED or so is counted and
 * not delivered again. A reader belongs to one thread; no memory is taken per record. */
#ifndef YAGURA_INGEST_CLOUDTRAIL_H
#define YAGURA_INGEST_CLOUDTRAIL_H

#include "ingest/inflate.h"
#include "ingest/sink.h"

enum { CLOUDTRAIL_DEPTH_MAX = 128, CLOUDTRAIL_REMEMBERED = 1 << 20 };

/* Slots of the paths the reader itself asks for. */
enum { CLOUDTRAIL_SLOTS = 48 };
struct cloudtrail_fields {
    uint16_t slot[CLOUDTRAIL_SLOTS];
};
struct cloudtrail_fields cloudtrail_project(struct projection_builder *builder);

struct cloudtrail;

/* The projection stays the caller's and must outlive the reader, or the next cloudtrail_use. */
struct cloudtrail *cloudtrail_open(const struct cloudtrail_fields *fields, const struct projection *projection);
void cloudtrail_close(struct cloudtrail *reader); /* NULL is allowed */
void cloudtrail_use(struct cloudtrail *reader, const struct cloudtrail_fields *fields, const struct projection *projection);

/* Reads a started input to its end. */
void cloudtrail_read(struct cloudtrail *reader, struct str file, struct inflate *in, const struct ingest_sink *sink);
/* Reads a file that may still grow: what is whole is delivered, and the number of bytes done with is given back, to
 * start from next time. `at` is the offset of the input's first byte in the file. */
uint64_t cloudtrail_read_growing(struct cloudtrail *reader, struct str file, uint64_t at, struct inflate *in,
                                 const struct ingest_sink *sink);
/* Reads text that is in memory already. */
void cloudtrail_read_text(struct cloudtrail *reader, struct str file, struct str text, const struct ingest_sink *sink);

struct cloudtrail_counts {
    uint64_t records;    /* delivered */
    uint64_t duplicates; /* seen before, not delivered */
    uint64_t skipped;    /* troubles reported */
    uint64_t bytes;      /* decompressed */
};
struct cloudtrail_counts cloudtrail_counts(const struct cloudtrail *reader);

#endif
