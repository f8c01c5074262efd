/* report_parts.h - what the files of the triage page share. */
#ifndef YAGURA_APP_REPORT_PARTS_H
#define YAGURA_APP_REPORT_PARTS_H

#include "app/report.h"
#include "app/report_words.h"

struct report {
    struct arena *arena;
    const struct detect_run *run;
    FILE *out;
};

extern const char REPORT_STYLE[];
extern const char REPORT_SCRIPT[];

static inline const char *word(const struct report *report, enum report_word name)
{
    return report_word(report->run->language, name);
}

/* Text of the page, escaped for content and for attributes in double quotes. */
void report_text(const struct report *report, struct str s);
/* The same, with places where a long name may be broken. */
void report_name(const struct report *report, struct str s);
/* "2024-05-01 10:00:00" */
void report_time(const struct report *report, int64_t ms);
void report_timeline(const struct report *report);
void report_findings(const struct report *report);

#endif
