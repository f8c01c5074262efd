/* literals.h - finds which of many literals occur in a text, in one pass over it, without regard to ASCII case.
 * An Aho-Corasick automaton over classes of bytes. Immutable once built. */
#ifndef YAGURA_MATCH_LITERALS_H
#define YAGURA_MATCH_LITERALS_H

#include "base/str.h"

struct literals;

/* literals must be in lower case and not empty; everything lives in the arena. */
struct literals *literals_build(struct arena *arena, const struct str *literals, size_t count);
/* Calls found once for each occurrence's literal, by its index. */
void literals_find(const struct literals *literals, struct str text, void (*found)(void *context, uint32_t literal),
                   void *context);

#endif
