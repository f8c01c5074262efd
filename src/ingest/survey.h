/* survey.h - what a look at the bytes of a record tells, in one pass that costs little beside the scan. */
#ifndef YAGURA_INGEST_SURVEY_H
#define YAGURA_INGEST_SURVEY_H

#include "base/str.h"

struct survey {
    bool ascii;
    size_t brackets; /* no fewer than there are opening ones, in strings too: a bound of the nesting */
};

struct survey survey_of(struct str s);

#endif
