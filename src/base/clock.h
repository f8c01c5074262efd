/* clock.h - the one place that reads the machine's clock, and calendar arithmetic in UTC.
 *
 * Code that judges never calls clock_now_ms: it takes ctx->now_ms or the event's own time. Times are Unix milliseconds. */
#ifndef YAGURA_BASE_CLOCK_H
#define YAGURA_BASE_CLOCK_H

#include <stdbool.h>
#include <stdint.h>

#include "base/str.h"

int64_t clock_now_ms(void);       /* wall clock; YAGURA_CLOCK is applied by app through clock_set_offset */
int64_t clock_monotonic_us(void); /* for durations */
void clock_set_offset(int64_t offset_ms);
void clock_sleep_us(int64_t us);
void clock_sleep_ms(int64_t ms);

struct civil_time {
    int64_t year;
    int month, day, hour, minute, second, millisecond; /* month 1..12 */
};
struct civil_time clock_civil(int64_t ms);
int64_t clock_from_civil(struct civil_time t);

/* 2024-07-31T13:06:24Z, optional .fraction, optional +hh:mm instead of Z. False when anything else stands there. */
bool clock_parse_iso8601(struct str s, int64_t *ms);
bool clock_parse_rfc7231(struct str s, int64_t *ms);   /* Tue, 29 Apr 2014 18:30:38 GMT, fraction tolerated */
bool clock_parse_amz(struct str s, int64_t *ms);       /* 20130524T000000Z */

enum { CLOCK_ISO8601 = 20, CLOCK_ISO8601_MS = 24, CLOCK_RFC7231 = 29, CLOCK_AMZ = 16 };
struct str clock_format_iso8601(struct arena *arena, int64_t ms);    /* seconds */
struct str clock_format_iso8601_ms(struct arena *arena, int64_t ms); /* .123Z */
struct str clock_format_rfc7231(struct arena *arena, int64_t ms);
struct str clock_format_amz(struct arena *arena, int64_t ms);

#endif
