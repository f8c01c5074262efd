/* engine.h - judges events: each goes in once, and every hit comes out as a finding.
 *
 *     struct projection_builder *builder = projection_begin();
 *     const struct reader_fields fields = reader_project(builder);
 *     TRY(engine_open(ctx, &options, builder, &engine));      // adds the paths its rules ask for
 *     struct projection *projection = projection_end(builder);
 *     ... reader_open(&fields, projection), and for each event of its sink:
 *     engine_inspect(engine, ev, &sink);
 *
 * Rules (Sigma, compiled by match) see one record; detectors (registry.c) may remember: a fixed-size memory per key, in a
 * table bounded per account. When an account's table is full its oldest key goes and engine_counts says so; another
 * account's memory is never touched. Verdicts depend on events alone, never on the clock. What rules and detectors without
 * memory find is the same in whatever order a log is read; one with memory may hit on the other record of a pair. Events must be read with the
 * projection engine_open added to. An engine belongs to one thread. */
#ifndef YAGURA_DETECT_ENGINE_H
#define YAGURA_DETECT_ENGINE_H

#include "base/err.h"
#include "base/scan.h"
#include "detect/finding.h"
#include "ingest/event.h"

struct sigma_options; /* match/sigma.h */
struct learn;
struct interfaces; /* detect/interfaces.h */
struct intel; /* detect/intel.h: address lists and countries */

struct engine_options {
    const char *const *rule_paths; /* further rule files or folders; a rule with the id of a built-in one replaces it */
    size_t rule_path_count;
    const struct sigma_options *sigma; /* field mappings and placeholders of those rules; may be NULL */
    bool without_tests;            /* rules_load: built-in rules come without their tests, as engine_open takes them */
    bool without_builtin;          /* only rule_paths, no embedded rules and no detectors */
    const struct intel *intel;     /* may be NULL; stays the caller's and must outlive the engine */
    struct learn *learn;           /* what is usual (detect/learn/learn.h); NULL: begins with nothing. Stays the caller's, must outlive
                                      the engine and be shared with no other that runs */
    const struct interfaces *interfaces; /* whose network interfaces are; may be NULL; must outlive the engine */
    size_t keys_per_account;       /* per detector; 0: ENGINE_KEYS_PER_ACCOUNT */
    size_t accounts;               /* per detector; 0: ENGINE_ACCOUNTS */
};
enum { ENGINE_KEYS_PER_ACCOUNT = 4096, ENGINE_ACCOUNTS = 1024 };

/* Where findings go, one call per occurrence; the finding is gone when emit returns. */
struct engine_sink {
    void *self;
    void (*emit)(void *self, const struct finding *finding);
};

struct engine;

/* FAULT_INVALID: a rule is wrong, the reason names file, line and what; FAULT_IO: a path can't be read.
 * The builder is the caller's in either case. */
MUST_USE struct err engine_open(struct ctx *ctx, const struct engine_options *options, struct projection_builder *builder,
                                struct engine **out);
void engine_close(struct engine *engine); /* NULL is allowed */

/* Other lists from the next event on; what detectors remember stays. engine_sources may change. The old ones are the caller's. */
void engine_use_intel(struct engine *engine, const struct intel *intel);
/* Likewise whose network interfaces are; NULL: nothing is known. */
void engine_use_interfaces(struct engine *engine, const struct interfaces *interfaces);

/* Whose records are that name no account or region; else such findings have 000000000000 and us-east-1. Copied. */
void engine_set_home(struct engine *engine, struct str account, struct str region);

/* Whether a rule may hold for an event, which depends on nothing but the event and may be asked on any thread, with an examiner of
 * its own, while the engine is used on another: then engine_inspect is given those for which none holds with ev->scan NULL. */
struct engine_examiner;
struct engine_examiner *engine_examiner_open(const struct engine *engine);
void engine_examiner_close(struct engine_examiner *examiner); /* NULL is allowed */
bool engine_examine(const struct engine *engine, struct engine_examiner *examiner, const struct event *ev);

/* ev->arena is used for the findings. Order of findings for one event: rules as loaded, correlations, then detectors as
 * registered. */
void engine_inspect(struct engine *engine, const struct event *ev, const struct engine_sink *sink);

/* The next events will be these, in this order: what is known of them is brought into the cache. May be left out. */
void engine_expect(struct engine *engine, const struct event *events, size_t count);

/* Asked with each finding before it is put into words (no title, description, json yet): true when whoever receives it has
 * taken note of it and wants no more. Repeats are mostly told by time and event alone. */
void engine_ask_first(struct engine *engine, bool (*noted)(void *self, const struct finding *finding), void *self);

struct engine_counts {
    uint64_t events;
    uint64_t findings;  /* occurrences emitted */
    uint64_t evictions; /* keys forgotten because an account's (or the table's) bound was reached */
};
struct engine_counts engine_counts(const struct engine *engine);

/* Sources whose records some rule or detector wants to see as JSON, as bits (1 << SOURCE_…); for reader_want. */
uint32_t engine_sources(const struct engine *engine);

/* What is loaded, in order; for `yagura rules` and for tests. */
struct engine_rule {
    struct str id, type, title, file; /* file is empty for detectors */
    double severity;
};
size_t engine_rules(const struct engine *engine);
struct engine_rule engine_rule_at(const struct engine *engine, size_t index);

#endif
