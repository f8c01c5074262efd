/* tunnel.h - whether the names asked below one domain carry data (a DNS tunnel, or data smuggled out).
 *
 * A window sums up what an instance asked below a domain; the model weighs its shape. Trained by tools/train_dns.py; its card is
 * rules/models/tunnel.md. Nothing is allocated per name. */
#ifndef YAGURA_DETECT_TUNNEL_H
#define YAGURA_DETECT_TUNNEL_H

#include "base/str.h"

enum { TUNNEL_LEAST = 20, TUNNEL_CHARACTERS = 38 };

/* Plain memory, zeroed at first. */
struct tunnel_window {
    uint64_t seen[16]; /* of names: counts distinct ones well up to a thousand */
    uint32_t queries, names, length, odd, carriers;
    uint16_t counts[TUNNEL_CHARACTERS];
};

/* A name below the domain ("a.b" of a.b.example.com, in lower case) and the type asked for. True: it was new. */
bool tunnel_add(struct tunnel_window *window, struct str below, struct str type);

struct tunnel {
    double bias, weights[5];
};
bool tunnel_open(struct str model, struct tunnel *out); /* false: not a model of this version, or damaged */
double tunnel_score(const struct tunnel *tunnel, const struct tunnel_window *window); /* above 0: it carries data */

#endif
