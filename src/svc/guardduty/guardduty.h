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

/* Whether an enabled detector watches the account in the Region. Within a transaction. */
struct err guardduty_watches(struct ctx *ctx, struct store_conn *db, struct str account, struct str region, bool *out);

/* Whether any enabled detector reads S3's data events. Within a transaction. */
struct err guardduty_takes_data(struct ctx *ctx, struct store_conn *db, bool *out);

/* Stores a new finding or merges a repeat into the one that is there (same id). Within a write transaction of db. */
struct err guardduty_record_finding(struct ctx *ctx, struct store_conn *db, struct str owner,
                                    const struct finding *finding);

/* Whether findings also go to the outbox topic "guardduty.finding", as events for subscribers: new ones at once, repeats at
 * the detector's frequency. Off until something delivers that topic. Set once at start, before threads. */
void guardduty_set_publish(bool on);

/* Findings to export go to the outbox topic "guardduty.export/REGION/DESTINATION", one each; an empty payload asks to try
 * the destination. What the deliverer needs to know of one, and how it tells what came of it. */
#define GUARDDUTY_EXPORT "guardduty.export"
struct guardduty_destination_place {
    struct str arn;     /* arn:aws:s3:::BUCKET[/PREFIX] */
    struct str kms_key; /* ARN */
    struct str bucket_owner; /* empty: not asked for */
};
struct err guardduty_destination_find(struct ctx *ctx, struct store_conn *db, struct str account, struct str region,
                                      struct str id, struct guardduty_destination_place *out, bool *found);
/* Within a write transaction. */
struct err guardduty_destination_note(struct ctx *ctx, struct store_conn *db, struct str account, struct str region,
                                      struct str id, bool works);

/* What is to be done now and then: repeats go out at the detector's frequency, suppressions end, and what neither happened nor changed for 90
 * days is deleted, a piece at a time. due reads; do is for a write transaction, and may have to be called again. */
struct guardduty_chores {
    int64_t purged_ms; /* 0 at first */
};
struct err guardduty_chores_due(struct ctx *ctx, struct store_conn *db, const struct guardduty_chores *chores, bool *out);
struct err guardduty_chores_do(struct ctx *ctx, struct store_conn *db, struct guardduty_chores *chores);

/* An account came into an organisation or left it: members follow where the administrator wants it. Within a write
 * transaction. */
struct guardduty_organization_change {
    struct str management, account, email;
    bool joined;
};
struct err guardduty_organization_changed(struct ctx *ctx, struct store_conn *db, const struct guardduty_organization_change *change);

/* How many records were read, by the account, Region and source they tell of. Within a write transaction. */
struct guardduty_usage {
    struct str account, region;
    struct str source; /* a feature in the API's words, CLOUD_TRAIL …, or a name of ours */
    int64_t records, bytes;
};
struct err guardduty_record_usage(struct ctx *ctx, struct store_conn *db, struct str owner,
                                  const struct guardduty_usage *usage, size_t count);

/* Archiving filters that can hide high or critical findings, and that nobody has acknowledged; see hiding.h. */
struct guardduty_hiding {
    struct str region, filter;
    int64_t since_ms;
    int64_t hidden, high, critical; /* findings it has archived: all, and those of that severity */
};
struct err guardduty_hiding_list(struct ctx *ctx, struct store_conn *db, struct str owner, struct guardduty_hiding **out,
                                 size_t *count);
/* In every region; *count says in how many it was listed. Within a write transaction. */
struct err guardduty_hiding_acknowledge(struct ctx *ctx, struct store_conn *db, struct str owner, struct str filter,
                                        struct str reason, size_t *count);

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

/* A filter from a finding: later findings of its type, account and resource are archived as they come, until it expires.
 * The caller gives finding, reason, since_ms and expires_ms and gets the rest: what the filter would have matched since.
 * make_it: it is made, within a write transaction. FAULT_MISSING: no such finding, or its region has no detector. */
enum { GUARDDUTY_EXAMPLES = 20 };
struct guardduty_suppression {
    struct str finding, reason;
    int64_t since_ms, expires_ms;
    struct str filter, region, criteria; /* JSON of FindingCriteria */
    int64_t findings, occurrences, high; /* high: of high or critical severity */
    struct guardduty_summary examples[GUARDDUTY_EXAMPLES]; /* the newest */
    size_t example_count;
};
struct err guardduty_suppress(struct ctx *ctx, struct store_conn *db, struct str owner, bool make_it,
                              struct guardduty_suppression *suppression);

/* Lists (IP sets and entity sets). Calls only ask for a state; whoever can read files and buckets looks at guardduty_lists, loads
 * what is to be activated and says how it went. */
struct intel_list_options; /* detect/intel_format.h */
enum guardduty_list_wish {
    GUARDDUTY_LIST_NOTHING,
    GUARDDUTY_LIST_HOLD,     /* active: its content is stored */
    GUARDDUTY_LIST_ACTIVATE, /* read it from where it lies */
    GUARDDUTY_LIST_DEACTIVATE,
    GUARDDUTY_LIST_DELETE,
};
struct guardduty_list {
    struct str account, region, id, kind, name, format, owner, location;
    struct str bucket, key, bucket_region; /* of an object in S3; region absent: unknown */
    struct str path;                       /* of a file; absent: it is none */
    int64_t turn;                          /* goes up with each change */
    enum guardduty_list_wish wish;
};
struct err guardduty_lists(struct ctx *ctx, struct store_conn *db, struct guardduty_list **out, size_t *count);
/* Where there is a detector: account and region alone are filled in. */
struct err guardduty_list_places(struct ctx *ctx, struct store_conn *db, struct guardduty_list **out, size_t *count);
struct err guardduty_list_content(struct ctx *ctx, struct store_conn *db, const struct guardduty_list *list, struct str *content);
struct intel_list_options guardduty_list_options(const struct guardduty_list *list);
/* Within a write transaction. trouble NULL: it went well; content is kept. Nothing happens when the list changed meanwhile. */
struct err guardduty_list_done(struct ctx *ctx, struct store_conn *db, const struct guardduty_list *list, const char *trouble,
                               struct str content);
/* Called, within their transactions, by calls that ask for a state. Set once at start. */
void guardduty_on_list(void (*call)(void *self), void *self);

#endif
