/* learn.h - what is usual for whom, learned from events alone: how rare a value is for an entity and for its account, and
 * how far an amount is from its season.
 *
 *     struct learn_view view;
 *     if (learn_at(learn, LEARN_HOST, account, instance, ev->at_ms, &view)) {
 *         struct learn_rarity peer = learn_value(&view, HOST_PEER, address);       // observes and answers
 *         struct learn_volume sent = learn_amount(&view, bytes);                   // likewise, for this hour
 *         if (peer.entity == LEARN_NEVER && ...) { learn_distrust(&view); ... }    // judged anomalous: don't learn it
 *     }
 *
 * Counted are distinct days, never events: a burst teaches no more than one call. Every value has a place in a table of
 * fixed size per entity and feature, so that a flood of values displaces values of that feature of that entity alone, the
 * least established first. Entities are bounded per account and in all; a full account forgets its own least established
 * one, never another account's. Event time rules: records of a day well behind the account's newest are learned and not
 * judged, days far ahead of it are neither until enough of them agree. While too little is known, every word is
 * LEARN_UNKNOWN: silence. Verdicts depend on events alone. One thread. No allocation per event once an entity is known. */
#ifndef YAGURA_DETECT_LEARN_LEARN_H
#define YAGURA_DETECT_LEARN_LEARN_H

#include <stdio.h>

#include "base/err.h"

struct learn;

struct learn_options {
    size_t entities; /* in all, of every kind; 0: LEARN_ENTITIES */
    size_t accounts; /* 0: LEARN_ACCOUNTS */
    uint64_t seed;   /* of the hashes; any number, kept in the model */
};
enum { LEARN_ENTITIES = 1 << 20, LEARN_ACCOUNTS = 1024 };

struct learn *learn_open(const struct learn_options *options); /* NULL: all defaults */
void learn_close(struct learn *learn);                         /* NULL is allowed */

/* What is learned about. Features of each kind follow; a kind's accounts have the same ones, with more room. */
enum learn_kind {
    LEARN_PRINCIPAL, /* of AWS: user, role, or person behind a role */
    LEARN_PEERS,     /* a group of principals: a role many people share, or users who work with the same services */
    LEARN_BUCKET,    /* an S3 bucket, or another resource */
    LEARN_HOST,      /* an instance, pod or network interface */
    LEARN_CLUSTER,   /* a Kubernetes user */
    LEARN_DATABASE,
    LEARN_KINDS
};
enum { LEARN_FEATURES_MAX = 8 };
enum principal_feature { PRINCIPAL_API, PRINCIPAL_SERVICE, PRINCIPAL_REGION, PRINCIPAL_NETWORK, PRINCIPAL_COUNTRY, PRINCIPAL_AGENT,
                         PRINCIPAL_RESOURCE };
enum bucket_feature { BUCKET_CALLER, BUCKET_API, BUCKET_NETWORK };
enum host_feature { HOST_PEER, HOST_PORT, HOST_SERVED_PORT, HOST_NETWORK, HOST_DOMAIN };
enum cluster_feature { CLUSTER_ACTION, CLUSTER_NAMESPACE, CLUSTER_NETWORK, CLUSTER_AGENT, CLUSTER_IMAGE, CLUSTER_RESOURCE };
enum database_feature { DATABASE_USER, DATABASE_NETWORK, DATABASE_COUNTRY, DATABASE_APPLICATION, DATABASE_NAME };

/* An entity of an account at a time; valid until the next learn_at. */
struct learn_view {
    struct learn *learn;
    struct learn_account *owner;            /* account.h */
    struct rarity_profile *entity, *account; /* rarity.h */
    enum learn_kind kind;
    unsigned established; /* features of which this record made a value usual, as bits */
    uint16_t day;
    uint8_t hour;
    bool judged; /* false: learned alone (too little history, or a late record); words are LEARN_UNKNOWN */
    bool learns; /* false: this day is not learned from (a leap in time, or distrusted) */
};

/* False: nothing can be said or learned (no account or entity, an absurd time, or no room left: counted). */
bool learn_at(struct learn *learn, enum learn_kind kind, struct str account, struct str entity, int64_t at_ms,
              struct learn_view *view);

enum learn_word { LEARN_UNKNOWN, LEARN_FREQUENT, LEARN_INFREQUENT, LEARN_RARE, LEARN_NEVER };
struct learn_rarity {
    enum learn_word entity, account;     /* before this day */
    uint8_t entity_days, account_days;   /* distinct days with this value */
    uint8_t entity_history, account_history; /* of so many with any */
    uint8_t adopters;                    /* other entities of the account for which it is established, up to 255 */
    double surprise; /* nats: how unlikely it is that this entity shows this value on a day like any; 0 when unknown */
};
/* Observes and answers. An absent value is neither. */
struct learn_rarity learn_value(struct learn_view *view, unsigned feature, struct str value);
/* The same for values that were hashed before: learn_value(view, f, v) is learn_value_hash(view, f, learn_value_key(learn, v)). */
uint64_t learn_value_key(const struct learn *learn, struct str value);
struct learn_rarity learn_value_hash(struct learn_view *view, unsigned feature, uint64_t hash);
const char *learn_word_name(enum learn_word word); /* "frequent", "infrequent", "rare" (also for never seen), "unknown" */

struct learn_volume {
    double amount;   /* of this hour so far */
    double expected; /* for this hour of the day and week; the usual highest */
    double surprise; /* nats; 0 when it is no more than usual or too little is known */
};
struct learn_volume learn_amount(struct learn_view *view, double amount);

/* What this entity does on this day was judged anomalous: it does not become usual by being repeated. After
 * RARITY_DISTRUST_DAYS days of it, it does: then nobody minded. */
void learn_distrust(struct learn_view *view);

struct learn_counts {
    uint64_t entities, accounts;
    uint64_t forgotten; /* entities displaced by others of their account, and accounts by others */
    uint64_t displaced; /* values of an entity by others of the same feature */
    uint64_t refused;   /* no room, or an absurd time */
    size_t bytes;       /* held */
};
struct learn_counts learn_counts(const struct learn *learn);

/* The model as versioned, checksummed bytes in a file, replaced whole or not at all. FAULT_INVALID: of another version, or
 * damaged; the reason says which. FAULT_MISSING: no such file. FAULT_IO: it can't be read or written. */
MUST_USE struct err learn_save(struct ctx *ctx, const struct learn *learn, const char *path);
MUST_USE struct err learn_load(struct ctx *ctx, const char *path, struct learn **out);
/* The same from a stream, which stays the caller's; name is for the reason. */
MUST_USE struct err learn_read(struct ctx *ctx, FILE *in, const char *name, struct learn **out);
bool learn_write(const struct learn *learn, FILE *out);

#endif
