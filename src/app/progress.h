/* progress.h - one line on standard error that tells how far a long run is: only on a terminal. */
#ifndef YAGURA_APP_PROGRESS_H
#define YAGURA_APP_PROGRESS_H

#include "base/str.h"

struct progress {
    bool enabled;
    bool shown;
    uint64_t total; /* 0: not known */
    int64_t started_us;
    int64_t last_us;
};

struct progress progress_begin(bool wanted, uint64_t total);
/* done counts towards total; inflated is what the rate is about. Draws at most ten times a second. */
void progress_update(struct progress *progress, uint64_t done, uint64_t inflated, uint64_t records);
/* Takes the line away, before anything else is written to the terminal and at the end. */
void progress_clear(struct progress *progress);

/* "[#####.....]  50 %   120 MB/s  1234 records  0:07 left", without the clock, for the test. */
int progress_line(char *line, size_t size, const struct progress *progress, int64_t now_us, uint64_t done,
                  uint64_t inflated, uint64_t records);

#endif
