/* address.h - IPv4 and IPv6 addresses and networks, for the IpAddress conditions. */
#ifndef YAGURA_POLICY_ADDRESS_H
#define YAGURA_POLICY_ADDRESS_H

#include "base/str.h"

struct address_range {
    unsigned char bytes[16];
    int64_t size; /* 4 or 16 */
    int64_t bits; /* of the prefix */
};

/* "10.0.0.0/8", "2001:db8::/32", or an address alone. */
bool address_range_parse(struct str s, struct address_range *out);
bool address_range_holds(const struct address_range *network, const struct address_range *address);

#endif
