/* reader.h - log records out of bytes, in every shape and of every format they are kept in.
 *
 * Formats (format.h) are told apart by content, record by record; a file may hold several. JSON: {"Records":[…]} and the other
 * lists AWS delivers, one record a line, an array, a single record; records inside LookupEvents answers (CloudTrailEvent),
 * EventBridge events (detail), Network Firewall's wrapper (event), Config's notifications, and CloudWatch Logs subscriptions
 * and exports (logEvents, message, timestamped lines). Text: lines, also inside those CloudWatch wrappers. Several of them
 * may follow one another in one file. Order of keys does not matter; BOM, CRLF and blank lines are allowed.
 *
 * The fields of struct event are read with the same projection as the caller's own paths:
 *
 *     struct projection_builder *builder = projection_begin();
 *     struct reader_fields fields = reader_project(builder);   // and the matcher adds its paths
 *     struct reader *reader = reader_open(&fields, projection_end(builder));
 *
 * Reported and skipped: malformed JSON, invalid UTF-8, nesting deeper than READER_DEPTH_MAX, records longer than
 * INFLATE_WINDOW_MAX, lines longer than READER_LINE_MAX, records without a usable time, and what is of no known format. After
 * malformed JSON reading goes on at the next record if its end can be told, else at the next line.
 *
 * A record seen before among the last READER_REMEMBERED or so is counted and not delivered again: of CloudTrail the same
 * eventID, name, time and account; of other formats the same text, if it has an id. A reader belongs to one thread; no memory
 * is taken per record. */
#ifndef YAGURA_INGEST_READER_H
#define YAGURA_INGEST_READER_H

#include "ingest/format.h"
#include "ingest/inflate.h"
#include "ingest/sink.h"

enum { READER_DEPTH_MAX = 128, READER_REMEMBERED = 1 << 20, READER_LINE_MAX = 1 << 20 };

/* Slots of the paths the reader itself asks for. */
enum { READER_SLOTS = 48 };
struct reader_fields {
    uint16_t slot[READER_SLOTS];
    struct format_slots formats[JSON_FORMATS];
};
struct reader_fields reader_project(struct projection_builder *builder);

struct reader;

/* The projection stays the caller's and must outlive the reader, or the next reader_use. */
struct reader *reader_open(const struct reader_fields *fields, const struct projection *projection);
/* One more for the same projection, on another thread: it delivers records seen before as well, and event.identity tells. */
struct reader *reader_open_ahead(const struct reader *reader);
void reader_close(struct reader *reader); /* NULL is allowed */
void reader_use(struct reader *reader, const struct reader_fields *fields, const struct projection *projection);
/* Sources, as bits (1 << SOURCE_…), whose text records are wanted as JSON in event.scan. None at first. */
void reader_want(struct reader *reader, uint32_t sources);

/* What becomes of JSON objects of no known format, or without a time: skipped and reported, or delivered as they stand, as
 * SOURCE_UNKNOWN with the time 0. With READER_ENVELOPES_KEPT so are EventBridge's events and their like, whatever is in them. */
enum reader_strays { READER_STRAYS_SKIPPED, READER_STRAYS_TAKEN, READER_ENVELOPES_KEPT };
void reader_take_strays(struct reader *reader, enum reader_strays strays); /* skipped at first */

/* Reads a started input to its end. */
void reader_read(struct reader *reader, struct str file, struct inflate *in, const struct ingest_sink *sink);
/* Reports a file that can't be read at all. */
void reader_refuse(struct reader *reader, struct str file, const char *reason, const struct ingest_sink *sink);
/* Reads a file that may still grow: what is whole is delivered, and the number of bytes done with is given back, to
 * start from next time. `at` is the offset of the input's first byte in the file; head is how the file begins, for
 * header lines, and may be absent. */
uint64_t reader_read_growing(struct reader *reader, struct str file, struct str head, uint64_t at, struct inflate *in,
                             const struct ingest_sink *sink);
/* Reads text that is in memory already. */
void reader_read_text(struct reader *reader, struct str file, struct str text, const struct ingest_sink *sink);

struct reader_counts {
    uint64_t records;    /* delivered */
    uint64_t duplicates; /* seen before, not delivered */
    uint64_t skipped;    /* troubles reported */
    uint64_t bytes;      /* decompressed */
    uint64_t by_source[SOURCE_COUNT]; /* of records */
};
struct reader_counts reader_counts(const struct reader *reader);
void reader_count_bytes(struct reader *reader, uint64_t more); /* that another reader inflated for it */

#endif
