/* pattern.h - regular expressions of the models, compiled at first use and kept. */
#ifndef YAGURA_WIRE_PATTERN_H
#define YAGURA_WIRE_PATTERN_H

#include "base/str.h"

/* Whether text satisfies a model's pattern, which must be a constant: it is remembered by its address. Effort is bounded:
 * text that would need more does not match. A pattern that PCRE2 can't read matches everything. Safe for threads. */
bool pattern_matches(const char *pattern, struct str text);

#endif
