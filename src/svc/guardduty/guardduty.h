/* guardduty.h - all that the outside sees of GuardDuty: the service, and the door through which detections come in.
 *
 * A finding belongs to an owner: the record's account when it lives in this server, else the server's first account
 * (the caller decides). accountId inside the finding stays the record's. Findings need no detector: they wait, and the
 * region's detector shows them once there is one. */
#ifndef YAGURA_SVC_GUARDDUTY_GUARDDUTY_H
#define YAGURA_SVC_GUARDDUTY_GUARDDUTY_H

#include "svc/request.h"

struct finding; /* detect/finding.h */

extern const struct service GUARDDUTY;

/* Stores a new finding or merges a repeat into the one that is there (same id). Within a write transaction of db. */
struct err guardduty_record_finding(struct ctx *ctx, struct store_conn *db, struct str owner,
                                    const struct finding *finding);

/* Whether recorded findings also go to the outbox topic "guardduty.finding". Off until something delivers that topic:
 * an outbox nobody drains grows without bound. Set once at start, before threads. */
void guardduty_set_publish(bool on);

/* What a table of findings shows; and all of it, as the wire object that GetFindings completes with the detector's id. */
struct guardduty_summary {
    struct str id, type, title, region, record_account, resource_type, resource_id;
    double severity;
    int64_t count, first_ms, last_ms, updated_ms;
    bool archived;
    struct str json;
};

/* The newest findings of an owner, newest first, archived ones left out; region absent: of every region. */
struct err guardduty_findings_newest(struct ctx *ctx, struct store_conn *db, struct str owner, struct str region,
                                     size_t limit, struct guardduty_summary **out, size_t *count);

#endif
