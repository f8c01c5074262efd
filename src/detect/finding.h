/* finding.h - a finding: GuardDuty's exact wire object, and how occurrences of the same thing become one.
 *
 * The engine raises one struct finding per occurrence (count 1). Same type, account, region, resource and caller give the
 * same id, however often and in whatever order a log is replayed. finding_merge joins an occurrence (or another merged
 * finding) to what is known already: counts add up, first and last seen widen, everything else is that of the newest
 * occurrence by event time. Merging is commutative, and an event that is still among those listed counts once.
 *
 * json is whole and valid by itself. Two members depend on the detector, which lives with the service: `arn` and
 * `service.detectorId` carry finding_detector_id(account, region), a fixed id made from both, until the service puts its own
 * there. service.additionalInfo.value tells why the finding was raised (a JSON text: rule or detector, evidence, the
 * newest FINDING_EVENTS_MAX events with file and offset).
 * spec: GuardDuty API reference, Finding; user guide, finding aggregation. */
#ifndef YAGURA_DETECT_FINDING_H
#define YAGURA_DETECT_FINDING_H

#include "base/json.h"
#include "base/str.h"

enum { FINDING_EVENTS_MAX = 10, FINDING_ID_LENGTH = 32 };

/* An event that a finding rests on. */
struct finding_event {
    struct str id, file;
    int64_t at, offset;
};

struct finding {
    struct str id;            /* 32 hexadecimal digits */
    struct str type;
    struct str title;
    struct str description;
    double severity;
    struct str account;       /* of the record */
    struct str region;
    struct str principal;     /* who called: ARN, else principal id, else what is known */
    struct str resource_type; /* "AccessKey", "S3Bucket", … */
    struct str resource_id;   /* what the finding is about, for a person */
    int64_t first_ms;         /* event times, Unix milliseconds */
    int64_t last_ms;
    int64_t count;
    struct str json;          /* the wire object */
    bool has_event;           /* it is one occurrence, of the event that its json lists */
    struct finding_event event;
};

/* Deterministic ids: 32 hexadecimal digits, in the arena. Parts are told apart: ("a","b") is not ("ab",""). */
struct str finding_id(struct arena *arena, const struct str *parts, size_t count);
struct str finding_detector_id(struct arena *arena, struct str account, struct str region);

/* Reads the columns out of a finding's JSON; false when it is none. Borrows from json and the arena. */
bool finding_read(struct arena *arena, struct str json, struct finding *out);

/* The JSON of old and more taken together (same id). STR_NONE when one of them is no finding. What old carries of the
 * service's own (archived, userFeedback, arn, detectorId) stays as old has it. */
struct str finding_merge(struct arena *arena, struct str old, struct str more);

/* A bounded table of merged findings, for runs without a store: takes occurrences, and gives what finding_merge would have
 * made of them. Beyond the bound new ids are counted and dropped. */
struct findings;
struct findings *findings_open(size_t limit);
void findings_close(struct findings *findings); /* NULL is allowed */
void findings_add(struct findings *findings, const struct finding *finding);
/* For an occurrence without its words and json: true when it is taken in, as only its time and event matter. False: it must
 * be added whole. */
bool findings_note(struct findings *findings, const struct finding *finding);
uint64_t findings_dropped(const struct findings *findings);
/* All of them, the most severe first, then by time last seen (newest first), type and id: always the same order.
 * The array is the arena's; the texts stay valid until findings_add or findings_close. */
const struct finding *findings_list(struct findings *findings, struct arena *arena, size_t *count);

#endif
