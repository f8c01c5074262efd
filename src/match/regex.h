/* regex.h - regular expressions that cannot run away. PCRE2 with JIT where it has one, under a match limit. */
#ifndef YAGURA_MATCH_REGEX_H
#define YAGURA_MATCH_REGEX_H

#include "base/err.h"

struct regex;
struct regex_scratch; /* of one thread */

/* REGEX_CHECKED: regex_check took it before. */
enum regex_flag { REGEX_IGNORE_CASE = 1, REGEX_MULTILINE = 2, REGEX_DOT_ALL = 4, REGEX_CHECKED = 8 };

/* FAULT_INVALID: it doesn't compile, or some short text already makes it backtrack without end. */
MUST_USE struct err regex_check(struct ctx *ctx, struct str pattern, unsigned flags);
/* With the same faults. */
MUST_USE struct err regex_compile(struct ctx *ctx, struct str pattern, unsigned flags, struct regex **out);
void regex_free(struct regex *regex);
struct regex_scratch *regex_scratch_open(void);
void regex_scratch_close(struct regex_scratch *scratch);
/* *limited (may be NULL) tells that the limit was hit; the answer is then false. */
bool regex_found(const struct regex *regex, struct regex_scratch *scratch, struct str text, bool *limited);

#endif
