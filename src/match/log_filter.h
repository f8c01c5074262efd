/* log_filter.h - CloudWatch Logs filter patterns, in their three forms:
 *
 *     ERROR -timeout "disk full" %5\d\d%               terms of a line; ?one ?or ?other
 *     [ip, user, ..., status = 4* && status != 404]    a line cut at spaces; "…" and […] are one field
 *     { $.a.b = "x*" && ($.n > 5 || $.c IS NULL) }     a JSON document
 *
 * Everything is compared with regard to case; * is any text. A JSON pattern gives a predicate that every document it
 * matches satisfies, so that many filters can wait in one matcher; whatever gets past it is asked by log_filter_confirm.
 * Comparisons need a text, a number, true or false at the selector: absent, null, objects and arrays satisfy none, != too.
 * Optional terms are passed over beside other ones, as AWS does it. Numbers are compared as numbers when neither is quoted.
 * spec: CloudWatch Logs user guide, Filter pattern syntax. What it leaves open is ours: a term may stand within a word;
 * IS NULL wants a null that is there; a field that "..." covers has no name. */
#ifndef YAGURA_MATCH_LOG_FILTER_H
#define YAGURA_MATCH_LOG_FILTER_H

#include "base/err.h"
#include "base/json.h"
#include "match/predicate.h"

enum { LOG_FILTER_PATTERN_MAX = 1024, LOG_FILTER_REGEX_MAX = 2, LOG_FILTER_DEPTH_MAX = 32 };

extern const struct fault LOG_FILTER_INVALID; /* InvalidParameterException */

struct log_filter; /* of one thread at a time */

/* The empty pattern matches everything. LOG_FILTER_INVALID: the reason begins in AWS's words and tells the place. */
MUST_USE struct err log_filter_compile(struct ctx *ctx, struct str pattern, struct log_filter **out);
void log_filter_free(struct log_filter *filter); /* NULL is allowed */

/* arena: for this message's own needs. */
bool log_filter_test(struct log_filter *filter, struct arena *arena, struct str message);

const struct predicate *log_filter_predicate(const struct log_filter *filter); /* NULL: not a JSON pattern */
bool log_filter_confirm(struct log_filter *filter, const struct json *document);

/* What a matching message holds for the names in the pattern: "$status", "$.eventType". Returns the count. */
struct log_filter_value {
    struct str name, value;
};
size_t log_filter_values(struct log_filter *filter, struct arena *arena, struct str message, const struct log_filter_value **out);

#endif
