/* schedule.h - when a secret is rotated: rate(), cron() and the window that opens then, all in UTC.
 *
 * spec: user guide, "Schedule expressions in Secrets Manager rotation". */
#ifndef YAGURA_SVC_SECRETSMANAGER_SCHEDULE_H
#define YAGURA_SVC_SECRETSMANAGER_SCHEDULE_H

#include "base/str.h"

enum schedule_kind { SCHEDULE_DAYS, SCHEDULE_HOURS, SCHEDULE_CRON };

struct schedule {
    enum schedule_kind kind;
    int64_t every;    /* days or hours */
    uint32_t hours;   /* of cron(): bit per hour, day of the month, month, day of the week (Sunday is 0) */
    uint32_t days;
    uint16_t months;
    uint8_t weekdays;
    bool last_day;    /* L */
    uint32_t near;    /* nW: the weekday nearest to the day */
    uint8_t last_weekdays;    /* nL */
    uint8_t nth_weekdays[6];  /* n#m, by m */
    bool any_day, any_weekday; /* ? or *: the other one decides */
};

/* NULL, or why not. */
const char *secret_schedule_parse(struct str expression, struct schedule *out);
struct schedule secret_schedule_of_days(int64_t days);
/* "3h"; hours 0: as long as the schedule says by itself. NULL, or why it doesn't fit the schedule. */
const char *secret_schedule_duration(const struct schedule *schedule, struct str duration, int64_t *hours);

struct schedule_window {
    int64_t opens_ms;  /* 0: never again */
    int64_t closes_ms; /* its last second */
};
/* The first window that opens after that. */
struct schedule_window secret_schedule_next(const struct schedule *schedule, int64_t hours, int64_t after_ms);

#endif
