/* intel_networks.h - networks of one address family with a number each, in 13 bytes an IPv4 network.
 *
 * Sorted by first address; each knows the one around it, so that the innermost network of an address is found by one search
 * and the wider ones by walking outward. Add, then settle, then find. */
#ifndef YAGURA_DETECT_INTEL_NETWORKS_H
#define YAGURA_DETECT_INTEL_NETWORKS_H

#include "detect/intel_labels.h"

#define NETWORKS_NONE UINT32_MAX

struct network_entry {
    unsigned char address[16];
    uint32_t value;
    uint8_t bits;
};

struct networks {
    size_t width; /* of an address: 4 or 16 bytes */
    unsigned char *addresses;
    uint8_t *bits;
    uint32_t *outer; /* the network around it, else NETWORKS_NONE */
    uint32_t *values;
    size_t count;
    uint32_t *first; /* of the networks that start at or after each value of the first two bytes; NULL: few networks */
    struct network_entry *added;
    size_t added_count, added_capacity;
};

void networks_free(struct networks *networks);
void networks_add(struct networks *networks, const unsigned char *address, unsigned bits, uint32_t value);
void networks_settle(struct networks *networks, struct labels *labels); /* networks given twice have both labels */
uint32_t networks_find(const struct networks *networks, const unsigned char *address);

#endif
