/* match.h - many rules compiled into one automaton, asked with one call per document.
 *
 *     struct match_builder *builder = match_builder_open();
 *     TRY(match_builder_add(ctx, builder, 7, predicate));           // each rule; refused whole when it is wrong
 *     TRY(match_compile(ctx, builder, projection_builder, &set));    // closes the builder; adds the paths it needs
 *     ... projection_end, scan_open ...
 *     if (scan_document(scan, record, &used)) {
 *         count = match_run(set, scratch, scan, ids, max);
 *     }
 *
 * A set is immutable and may be shared by threads; a scratch and a scan belong to one thread each. Nothing is allocated
 * per document once a scratch has seen a few. The scan must use a projection that was ended after match_compile.
 * Cost follows the document: each rule waits behind its most selective required value and is looked at only when that
 * value turns up.
 *
 * Bounds: MATCH_DEPTH_MAX levels of and/or/not, MATCH_TESTS_MAX tests a rule; a regular expression is at most
 * MATCH_REGEX_MAX bytes and runs under match and depth limits of PCRE2: one that runs into them counts as not found
 * and is counted in match_scratch_limits. Wildcards are matched without backtracking beyond the last star. */
#ifndef YAGURA_MATCH_MATCH_H
#define YAGURA_MATCH_MATCH_H

#include "base/err.h"
#include "base/scan.h"
#include "match/predicate.h"

enum { MATCH_DEPTH_MAX = 64, MATCH_TESTS_MAX = 4096, MATCH_REGEX_MAX = 4096 };

struct match_builder;
struct match_set;
struct match_scratch;

struct match_builder *match_builder_open(void);
void match_builder_close(struct match_builder *builder); /* only when match_compile is never called; NULL is allowed */
/* predicate must live until match_compile. FAULT_INVALID tells what is wrong; the builder stays as it was. */
MUST_USE struct err match_builder_add(struct ctx *ctx, struct match_builder *builder, uint32_t rule_id,
                                      const struct predicate *predicate);
/* Always closes the builder. The projection builder may serve several sets. */
MUST_USE struct err match_compile(struct ctx *ctx, struct match_builder *builder, struct projection_builder *projection,
                                  struct match_set **out);
void match_set_free(struct match_set *set); /* NULL is allowed */
size_t match_set_rules(const struct match_set *set);

struct match_scratch *match_scratch_open(void);
void match_scratch_close(struct match_scratch *scratch); /* NULL is allowed */
uint64_t match_scratch_limits(const struct match_scratch *scratch); /* how often a regular expression hit its limit */

/* The ids of the rules that hold for the document just scanned, in the order they were added; at most max.
 * Returns how many were written. */
size_t match_run(const struct match_set *set, struct match_scratch *scratch, const struct scan *scan, uint32_t *rule_ids,
                 size_t max);

/* What one test of a rule said, in the order of the rule. */
struct match_reason {
    const struct predicate *test; /* a copy that lives as long as the set; shared by rules that ask the same */
    struct str label;             /* of the predicate as this rule has it */
    bool held;
    bool negated;     /* stands under an odd number of nots */
    struct str value; /* the value that satisfied it, else the first one looked at; STR_NONE: the path is absent */
};

struct match_explanation {
    bool matched;
    const struct match_reason *reasons; /* in ctx->arena */
    size_t count;
    struct str words; /* one sentence: what decided it */
};

/* Why a rule held or not for the document just scanned. FAULT_MISSING: no such rule. */
MUST_USE struct err match_explain(struct ctx *ctx, const struct match_set *set, const struct scan *scan, uint32_t rule_id,
                                  struct match_explanation *out);
/* The same for the document that match_run was last asked about, with its scratch and what it found out. */
MUST_USE struct err match_explain_last(struct ctx *ctx, struct match_scratch *scratch, uint32_t rule_id,
                                       struct match_explanation *out);

/* A slot for the current set, swapped while events flow. A reader takes a reference, uses it for a batch, gives it back;
 * the old set is freed when its last reader has gone. */
struct match_snapshot;
struct match_holder;
struct match_holder *match_holder_open(void);
void match_holder_close(struct match_holder *holder); /* every reference must have been given back */
/* Takes ownership of both; either may be NULL. */
void match_holder_swap(struct match_holder *holder, struct match_set *set, struct projection *projection);
struct match_snapshot *match_holder_take(struct match_holder *holder); /* NULL before the first swap */
void match_holder_give(struct match_holder *holder, struct match_snapshot *snapshot);
const struct match_set *match_snapshot_set(const struct match_snapshot *snapshot);
const struct projection *match_snapshot_projection(const struct match_snapshot *snapshot);

#endif
