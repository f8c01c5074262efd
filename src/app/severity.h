/* severity.h - a finding's severity as a word.
 * spec: GuardDuty user guide, severity levels: low from 1, medium from 4, high from 7, critical from 9. */
#ifndef YAGURA_APP_SEVERITY_H
#define YAGURA_APP_SEVERITY_H

#include "base/str.h"

enum severity { SEVERITY_LOW, SEVERITY_MEDIUM, SEVERITY_HIGH, SEVERITY_CRITICAL, SEVERITY_COUNT };

enum severity severity_of(double number);
const char *severity_word(enum severity severity);
/* "high" or "7.5"; false for anything else. */
bool severity_parse(struct str text, double *number);

#endif
