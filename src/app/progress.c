#include "app/progress.h"

#include <stdio.h>
#include <unistd.h>

#include "base/clock.h"

enum { BAR_WIDTH = 24, REDRAW_US = 100000 };

struct progress progress_begin(bool wanted, uint64_t total)
{
    const int64_t now = clock_monotonic_us();
    return (struct progress){
        .enabled = wanted && isatty(STDERR_FILENO), .total = total, .started_us = now, .last_us = now,
    };
}

static int rate_text(char *line, size_t size, int64_t elapsed_us, uint64_t inflated, uint64_t records)
{
    const double seconds = elapsed_us > 0 ? (double)elapsed_us / 1e6 : 1e-6;
    return snprintf(line, size, "%.0f MB/s  %ju records", (double)inflated / 1e6 / seconds, (uintmax_t)records);
}

int progress_line(char *line, size_t size, const struct progress *progress, int64_t now_us, uint64_t done,
                  uint64_t inflated, uint64_t records)
{
    char rate[80];
    const int64_t elapsed = now_us - progress->started_us;
    rate_text(rate, sizeof(rate), elapsed, inflated, records);
    if (progress->total == 0) {
        return snprintf(line, size, "%.1f MB  %s", (double)inflated / 1e6, rate);
    }
    double share = (double)done / (double)progress->total;
    share = share > 1 ? 1 : share; /* files may have grown meanwhile */
    char bar[BAR_WIDTH + 1];
    for (int i = 0; i < BAR_WIDTH; i++) {
        bar[i] = i < (int)(share * BAR_WIDTH) ? '#' : '.';
    }
    bar[BAR_WIDTH] = '\0';
    const int64_t left = share > 0 ? (int64_t)((double)elapsed / share * (1 - share) / 1e6 + 0.5) : 0;
    return snprintf(line, size, "[%s] %3d %%  %s  %lld:%02lld left", bar, (int)(share * 100), rate, (long long)(left / 60),
                    (long long)(left % 60));
}

void progress_update(struct progress *progress, uint64_t done, uint64_t inflated, uint64_t records)
{
    if (!progress->enabled) {
        return;
    }
    const int64_t now = clock_monotonic_us();
    if (now - progress->last_us < REDRAW_US) {
        return;
    }
    char line[160];
    progress_line(line, sizeof(line), progress, now, done, inflated, records);
    progress->last_us = now;
    progress->shown = true;
    fprintf(stderr, "\r\033[K%s", line);
    fflush(stderr);
}

void progress_clear(struct progress *progress)
{
    if (progress->shown) {
        fputs("\r\033[K", stderr);
        fflush(stderr);
        progress->shown = false;
    }
}
