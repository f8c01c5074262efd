/* known.h - what the user tells about addresses, names, files and interfaces: imported lists, --address-list, --geoip, --asn and
 * --interfaces. */
#ifndef YAGURA_APP_KNOWN_H
#define YAGURA_APP_KNOWN_H

#include "app/config.h"
#include "detect/geoip.h"
#include "detect/intel.h"
#include "detect/interfaces.h"

struct known {
    struct intel *intel;    /* never NULL once open */
    struct geoip *geoip;    /* NULL: no database was named */
    struct geoip *networks; /* the same */
    struct interfaces *interfaces; /* NULL: no file was named */
};

/* FAULT_INVALID and FAULT_IO name the option's value or the file. */
struct err known_open(struct ctx *ctx, const struct settings *settings, struct known *out);
void known_close(struct known *known); /* a zeroed one is allowed */
struct str known_folder(struct ctx *ctx, const struct settings *settings); /* of imported lists */

#endif
