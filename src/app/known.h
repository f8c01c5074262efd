/* known.h - what the user tells about addresses: --address-list KIND=FILE and --geoip FILE. */
#ifndef YAGURA_APP_KNOWN_H
#define YAGURA_APP_KNOWN_H

#include "app/config.h"
#include "detect/geoip.h"
#include "detect/intel.h"

struct known {
    struct intel *intel; /* never NULL once open */
    struct geoip *geoip; /* NULL: no database was named */
};

/* FAULT_INVALID and FAULT_IO name the option's value or the file. */
struct err known_open(struct ctx *ctx, const struct settings *settings, struct known *out);
void known_close(struct known *known); /* a zeroed one is allowed */

#endif
