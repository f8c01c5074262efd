/* finding.h - findings as the service keeps and walks them.
 *
 * The body is the finding's JSON in wire form. What depends on the detector (arn, service.detectorId) is put in when it
 * is shown, so that findings can wait for one. */
#ifndef YAGURA_SVC_GUARDDUTY_FINDING_H
#define YAGURA_SVC_GUARDDUTY_FINDING_H

#include "base/json.h"
#include "match/criteria.h"
#include "svc/guardduty/detector.h"

/* A row from a body: the columns are read out of it. False when the body is no finding. */
bool finding_from_body(struct arena *arena, struct str body, struct finding_row *out);

/* One value in a body: path "service.archived" gets this JSON. Members on the way are made if need be. */
struct finding_change {
    const char *path;
    struct str json;
};
struct str finding_change(struct arena *arena, struct str body, const struct finding_change *changes, size_t count);

/* arn:PARTITION:guardduty:REGION:ACCOUNT:detector/D/finding/F; account is the owner's. */
struct str finding_arn(struct arena *arena, struct str partition, struct rows rows, struct str detector_id,
                       struct str id);

/* What the caller asks for, ready to be tested; free with match_criteria_free. NULL in: every finding. */
struct err finding_criteria(struct ctx *ctx, const struct guardduty_finding_criteria *in, struct match_criteria **out);

/* Walks the region's findings in order, from a place on; those that fail the criteria are left out. visit gives false
 * when it has had enough. The row is gone when visit returns. */
typedef bool (*finding_visit)(struct request *rq, const struct finding_row *row, void *memory);
struct finding_walk {
    struct finding_order order;
    struct finding_place after;
    struct match_criteria *criteria;
    bool brief; /* visit needs only id and sorted */
    finding_visit visit;
    void *memory;
};
struct err finding_each(struct request *rq, const struct finding_walk *walk);

#endif
