#include "detect/learn/account.h"

/* A few records are no proof of a date: until so many stand behind it (a day more weighs like several), a distant one replaces
 * it; later, a leap needs as many records, and a few days without any need some. */
enum { LATE_DAYS = 2, LEAP_DAYS = 45, SUPPORT_SOLID = 256, SUPPORT_GAP = 16, SUPPORT_DAY = 24 };

static struct learn_standing restart(struct learn_clock *clock, uint16_t day)
{
    const bool back = day < clock->newest;
    *clock = (struct learn_clock){ .newest = day, .support = 1 };
    return (struct learn_standing){ true, true, back };
}

/* Ahead of the account: the day is believed once enough records agree on it, give or take one. */
static struct learn_standing tell_ahead(struct learn_clock *clock, uint16_t day)
{
    const bool leap = day - clock->newest > LEAP_DAYS;
    if (leap && clock->support < SUPPORT_SOLID) {
        return restart(clock, day);
    }
    const bool agrees = clock->ahead_support > 0 && day + 1 >= clock->ahead && day <= clock->ahead + 1;
    clock->ahead_support = agrees ? (uint16_t)(clock->ahead_support + 1) : 1;
    clock->ahead = agrees && clock->ahead > day ? clock->ahead : day;
    if (clock->ahead_support >= (leap ? SUPPORT_SOLID : SUPPORT_GAP)) {
        *clock = (struct learn_clock){ .newest = clock->ahead, .support = leap ? SUPPORT_SOLID : clock->support };
        return (struct learn_standing){ true, true, false };
    }
    return (struct learn_standing){ !leap, !leap, false };
}

struct learn_standing learn_clock_tell(struct learn_clock *clock, uint16_t day)
{
    if (clock->support == 0) {
        return restart(clock, day);
    }
    if (day > clock->newest + LATE_DAYS) {
        return tell_ahead(clock, day);
    }
    if (day + LEAP_DAYS < clock->newest && clock->support < SUPPORT_SOLID) {
        return restart(clock, day);
    }
    const bool late = day + LATE_DAYS < clock->newest;
    const int more = late ? 0 : day > clock->newest ? SUPPORT_DAY : 1;
    clock->newest = day > clock->newest ? day : clock->newest;
    clock->support = (uint16_t)(clock->support + more < SUPPORT_SOLID ? clock->support + more : SUPPORT_SOLID);
    return (struct learn_standing){ !late, true, false };
}

bool learn_clock_steady(const struct learn_clock *clock, uint16_t day)
{
    return clock->support > 0 && day <= clock->newest && day + LEAP_DAYS >= clock->newest;
}
