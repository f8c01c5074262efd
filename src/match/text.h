/* text.h - text without regard to ASCII case, and wildcards: small tools of the matcher. */
#ifndef YAGURA_MATCH_TEXT_H
#define YAGURA_MATCH_TEXT_H

#include "base/str.h"

uint64_t match_text_hash(struct str text); /* alike for texts that differ in ASCII case only */
bool match_text_equal(struct str lower, struct str text); /* lower is in lower case already */
void match_text_lower(char *out, struct str text);        /* exactly text.len bytes */
bool match_text_contains(struct str text, struct str needle);

/* A wildcard pattern taken apart. */
struct wildcard {
    const uint16_t *tokens; /* a byte, or one of the two below */
    size_t count;
};
enum { WILDCARD_ANY = 256, WILDCARD_ONE = 257 };

/* With lower, literal bytes are put into lower case: match against lowered text. */
struct wildcard wildcard_parse(struct arena *arena, struct str pattern, bool lower);
bool wildcard_is_plain(const struct wildcard *wildcard, struct arena *arena, struct str *plain); /* no * or ? in it */
/* The pattern as it looks inside a JSON string: quotes, backslashes and control characters with their escapes. */
struct wildcard wildcard_in_json(struct arena *arena, const struct wildcard *wildcard);
/* Never more than text.len times the longest run between two stars. */
bool wildcard_match(const struct wildcard *wildcard, struct str text);
uint64_t wildcard_work(const struct wildcard *wildcard, struct str text); /* its steps: that bound, for tests */
struct str wildcard_longest(const struct wildcard *wildcard, struct arena *arena); /* the longest literal run */

#endif
