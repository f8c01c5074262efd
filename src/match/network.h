/* network.h - IP addresses and networks as numbers. IPv4 is kept in its mapped IPv6 form, so one comparison serves both. */
#ifndef YAGURA_MATCH_NETWORK_H
#define YAGURA_MATCH_NETWORK_H

#include "base/str.h"

struct network {
    uint64_t high, low;           /* the address */
    uint64_t high_mask, low_mask; /* all ones for one address */
    bool v4;
};

/* 192.0.2.1, 2001:db8::1, ::ffff:192.0.2.1, each with an optional /length. Host bits are cleared. */
bool network_parse(struct str text, struct network *out);
bool network_holds(const struct network *network, const struct network *address);

#endif
