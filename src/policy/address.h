/* address.h - IPv4 and IPv6 addresses and networks, for the IpAddress conditions. */
#ifndef YAGURA_POLICY_ADDRESS_H
#define YAGURA_POLICY_ADDRESS_H

#include "base/str.h"

struct network {
    unsigned char bytes[16];
    int64_t size; /* 4 or 16 */
    int64_t bits; /* of the prefix */
};

/* "10.0.0.0/8", "2001:db8::/32", or an address alone. */
bool network_parse(struct str s, struct network *out);
bool network_holds(const struct network *network, const struct network *address);

#endif
