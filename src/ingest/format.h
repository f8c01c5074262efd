/* format.h - the log formats there are, told apart by what stands in a record, never by a file's name.
 *
 * A format is a constant in the file named after it. JSON formats list the paths that mark a record of theirs and the paths
 * of their fields, all in the reader's one projection; text formats read a line. */
#ifndef YAGURA_INGEST_FORMAT_H
#define YAGURA_INGEST_FORMAT_H

#include "base/json.h"
#include "ingest/event.h"

struct reader;

enum { FORMAT_MARKS_MAX = 4, FORMAT_PATHS_MAX = 28, FORMAT_TIMES_MAX = 4 };

struct format_path {
    enum field field;
    const char *path;
};

struct json_format {
    enum source source;
    const char *marks[FORMAT_MARKS_MAX]; /* a record has all of them */
    const char *times[FORMAT_TIMES_MAX]; /* the first that is there is the event's time */
    struct format_path paths[FORMAT_PATHS_MAX]; /* of paths of one field the first that is there counts */
    void (*finish)(struct event *ev); /* may be NULL: what can't be said by paths */
};

/* Where the projection has them. */
struct format_slots {
    uint16_t marks[FORMAT_MARKS_MAX];
    uint16_t times[FORMAT_TIMES_MAX];
    uint16_t paths[FORMAT_PATHS_MAX];
};

struct format_slots format_project(const struct json_format *format, struct projection_builder *builder);

/* A line of text. fits looks at a line nobody knows yet, and may prepare for those that follow. line fills reader->event but
 * for what all lines have alike; false: no line of this format. render writes the record as members of a JSON object. */
enum line_verdict {
    LINE_FOREIGN,
    LINE_RECORD,
    LINE_ASCII_RECORD, /* a record, and it need not be looked at for wrong UTF-8 */
    LINE_SILENT,       /* understood, but no record */
    LINE_BROKEN,
};
struct text_format {
    enum source source;
    bool (*fits)(struct reader *reader, struct str line);
    enum line_verdict (*line)(struct reader *reader, struct str line);
    void (*render)(struct reader *reader, struct json_writer *w);
};

extern const struct json_format FORMAT_FLOW_JSON, FORMAT_DNS, FORMAT_KUBERNETES, FORMAT_S3_ACCESS_JSON, FORMAT_WAF,
    FORMAT_SURICATA, FORMAT_FALCO, FORMAT_POSTGRESQL_JSON, FORMAT_OCSF, FORMAT_GUARDDUTY, FORMAT_SECURITY_HUB, FORMAT_CONFIG,
    FORMAT_BEDROCK, FORMAT_TETRAGON_EXEC, FORMAT_TETRAGON_KPROBE, FORMAT_TETRAGON_LSM, FORMAT_TETRAGON_EXIT,
    FORMAT_TETRAGON_CONNECT, FORMAT_TETRAGON_DNS, FORMAT_TETRAGON_LOADER, FORMAT_MALWARE_SCAN;
enum { JSON_FORMATS = 21 };
extern const struct json_format *const JSON_FORMAT[JSON_FORMATS];

extern const struct text_format FORMAT_FLOW, FORMAT_S3_ACCESS, FORMAT_AUDITD, FORMAT_POSTGRESQL, FORMAT_MYSQL, FORMAT_CLAMAV;
enum { TEXT_FORMATS = 6 };
extern const struct text_format *const TEXT_FORMAT[TEXT_FORMATS];

/* "cloudtrail", "vpcflow", …; for people and for counts. */
const char *source_name(enum source source);
/* Sources that a Sigma logsource means, as bits (1 << SOURCE_…). All of them when it names none; CloudTrail when it is one
 * that we have no reader for. */
uint32_t sources_of_logsource(struct str product, struct str category, struct str service);

/* A time as logs have it: ISO 8601 (also with a space, also without a zone: UTC), or a number of seconds, milliseconds,
 * microseconds or nanoseconds, told apart by size. */
bool format_time(struct str text, int64_t *ms);

#endif
