/* match_rules.h - what yagura match asks of records: one EventBridge pattern, or Sigma rules with their correlations. */
#ifndef YAGURA_APP_MATCH_RULES_H
#define YAGURA_APP_MATCH_RULES_H

#include "app/config.h"
#include "detect/correlate.h"
#include "ingest/run.h"
#include "match/match.h"

struct match_rules {
    struct str *titles; /* of rules, by id */
    size_t count;
    struct rules loaded;
    struct correlate *correlate; /* NULL: none */
    struct match_set *set;
    struct match_scratch *scratch;
    struct projection *projection; /* the caller ends it, after match_rules_open */
    uint32_t *held;
    uint64_t unreadable; /* files; the caller counts them */
};

/* FAULT_INVALID: the pattern or a rule is wrong. In either case match_rules_close follows. */
MUST_USE struct err match_rules_open(struct ctx *ctx, const struct settings *settings, struct projection_builder *paths,
                                     struct match_rules *out);
void match_rules_close(struct match_rules *rules);

struct match_hit {
    struct str title;
    struct str why; /* of correlations: what was counted; else STR_NONE */
};
struct match_verdict {
    const struct match_hit *hits; /* in ev->arena; without rules that are parts of correlations only */
    size_t count;
};
/* For ingest_run: whether any rule holds. */
struct ingest_question match_rules_question(const struct match_rules *rules);
/* None hold when ev->scan is NULL. The scratch then knows the event for match_explain_last. Records without a time take no part in correlations. */
struct match_verdict match_rules_ask(struct match_rules *rules, const struct event *ev);

#endif
