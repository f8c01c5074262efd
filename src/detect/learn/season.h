/* season.h - how much is usual at an hour of the day and day of the week: a volume model in 64 bytes.
 *
 * Amounts are kept as logarithms: per hour of the day a fading mean of the hour's total, over working days and over weekends
 * an offset, and a fading mean deviation. An hour weighs the same whatever it holds, and at most a factor of SEASON_CAP above
 * what was expected enters it: bursts teach little. */
#ifndef YAGURA_DETECT_LEARN_SEASON_H
#define YAGURA_DETECT_LEARN_SEASON_H

#include <stdbool.h>
#include <stdint.h>

struct season {
    uint8_t hour_mean[24];  /* sixths of a power of two of the hour's amount; 0: nothing yet */
    uint8_t hour_days[24];  /* distinct days seen at that hour, up to 255 */
    int8_t weekend;         /* offset, sixths */
    uint8_t deviation;      /* mean, sixths */
    uint8_t peak;           /* fading highest, sixths */
    uint8_t hours;          /* closed hours learned, up to 255 */
    uint16_t day;           /* of the hour at hand */
    uint8_t hour;
    uint8_t open;           /* SEASON_…: of the hour at hand */
    float amount;           /* of it, so far */
    uint32_t spare;
};

struct season_view {
    double amount, expected, surprise;
};
enum { SEASON_CLOSED, SEASON_LEARNED, SEASON_DISTRUSTED };
/* Adds to the hour at hand, closing the one before; what belongs to an older hour is left out. learns false: the hour at hand
 * will teach nothing. */
void season_add(struct season *season, uint16_t day, uint8_t hour, double amount, bool learns);
struct season_view season_now(const struct season *season);
void season_distrust(struct season *season); /* the hour at hand */
/* Days on which anything happened at this hour of the day, among history days: how usual the hour is, 0 to 1. */
double season_hour_share(const struct season *season, uint8_t hour, uint8_t history);

#endif
