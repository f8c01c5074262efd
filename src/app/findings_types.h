/* findings_types.h - yagura findings types: every finding type, what raises it and what that waits for. */
#ifndef YAGURA_APP_FINDINGS_TYPES_H
#define YAGURA_APP_FINDINGS_TYPES_H

#include <stdio.h>

#include "base/err.h"

/* format: table, json, ndjson or csv; FAULT_INVALID for another. */
MUST_USE struct err findings_types_print(struct ctx *ctx, struct str format, FILE *out);

#endif
