/* report.h - the triage page: one HTML file that needs nothing else.
 *
 * No request leaves the page: everything is inside, and its own content security policy forbids the rest; the one script
 * is allowed by its digest. Whatever came from logs is escaped. The page shows no time of its own making, so that the same
 * logs give the same page. */
#ifndef YAGURA_APP_REPORT_H
#define YAGURA_APP_REPORT_H

#include "app/detect_output.h"

enum { REPORT_FINDINGS_MAX = 5000, REPORT_PRINCIPALS_MAX = 200 };

void report_html(struct arena *arena, const struct detect_run *run, FILE *out);

#endif
