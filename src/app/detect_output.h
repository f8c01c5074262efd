/* detect_output.h - findings of a run on a stream, in every format of yagura detect. */
#ifndef YAGURA_APP_DETECT_OUTPUT_H
#define YAGURA_APP_DETECT_OUTPUT_H

#include <stdio.h>

#include "app/severity.h"
#include "detect/finding.h"

struct detect_run {
    const struct finding *findings; /* in the order in which they are shown */
    size_t count;
    size_t by_severity[SEVERITY_COUNT];
    uint64_t files, records, duplicates, skipped;
    uint64_t bytes; /* decompressed */
    double seconds;
    const struct str *troubles; /* the first ones, a line each */
    size_t trouble_count;
    struct str language; /* "en" or "ja" */
};

/* What tells a principal from the others: the end of its ARN. */
struct str detect_principal_name(struct str principal);

bool detect_format_known(struct str format);
/* colour: for terminals. format must be known. */
void detect_output(struct arena *arena, const struct detect_run *run, struct str format, bool colour, FILE *out);

#endif
