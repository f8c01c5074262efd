/* intel_store.h - lists that were imported: files NAME.list in one folder, readable by any program.
 *
 * Each begins with what it is ("# category: mining", source, date, entries) and holds one indicator a line, with what it is
 * said to be behind a tab. */
#ifndef YAGURA_APP_INTEL_STORE_H
#define YAGURA_APP_INTEL_STORE_H

#include "detect/intel_format.h"

struct intel_stored {
    struct str name;
    enum intel_list category;
    struct str source;   /* where it came from */
    struct str date;     /* of that file */
    struct str imported;
    struct str entries;  /* a number */
};

bool intel_store_name_fits(struct str name); /* letters, digits, - _ . and not too many */
MUST_USE struct err intel_store_write(struct ctx *ctx, struct str folder, const struct intel_stored *about, struct str lines);
/* By name. A folder that is not there holds none. */
MUST_USE struct err intel_store_list(struct ctx *ctx, struct str folder, struct intel_stored **out, size_t *count);
MUST_USE struct err intel_store_remove(struct ctx *ctx, struct str folder, struct str name); /* FAULT_MISSING */
/* All of them into intel. */
MUST_USE struct err intel_store_load(struct ctx *ctx, struct str folder, struct intel *intel);

#endif
