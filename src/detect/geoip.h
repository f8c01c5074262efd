/* geoip.h - the country or the network operator of an address, from a database in MaxMind's format (GeoLite2-Country,
 * GeoLite2-ASN and the like).
 *
 *     TRY(geoip_open(ctx, path, &geoip));
 *     intel_set_country(intel, geoip_country, geoip);
 *     TRY(geoip_open(ctx, path_of_asn, &networks));
 *     intel_set_network(intel, geoip_network, networks);
 *
 * Immutable once open; the file must not change in place while it is used. */
#ifndef YAGURA_DETECT_GEOIP_H
#define YAGURA_DETECT_GEOIP_H

#include "detect/intel.h"

struct geoip;

/* FAULT_IO: unreadable, or not such a database; the reason names the file. */
MUST_USE struct err geoip_open(struct ctx *ctx, const char *path, struct geoip **out);
void geoip_close(struct geoip *geoip); /* NULL is allowed */
/* Two letters in a number ('J' << 8 | 'P'); 0: unknown. self is a struct geoip. */
uint16_t geoip_country(void *self, struct str address);
/* Number 0: unknown. The organisation lives as long as self. */
struct intel_network geoip_network(void *self, struct str address);

#endif
