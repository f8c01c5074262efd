#include "detect/learn/season.h"

#include <math.h>

/* Levels are logarithms: sixths of a power of two, so that a byte reaches from 1 to 2^42. */
enum { STEPS = 6, LEVEL_MAX = 255, CAP = 2 * STEPS, DEVIATION_LEAST = 3, HOURS_NEEDED = 24 };
#define SURPRISE_MOST 8.0

static int level_of(double amount)
{
    const double level = log2(amount + 1) * STEPS + 0.5;
    return level < LEVEL_MAX ? (int)level : LEVEL_MAX;
}

static double amount_of(int level) { return exp2((double)level / STEPS) - 1; }

static bool is_weekend(uint16_t day)
{
    const unsigned weekday = (day + 4u) % 7; /* 1970-01-01 was a Thursday */
    return weekday == 0 || weekday == 6;
}

static uint8_t bounded(int level)
{
    return (uint8_t)(level < 0 ? 0 : level > LEVEL_MAX ? LEVEL_MAX : level);
}

static int hour_level(const struct season *season, uint16_t day, uint8_t hour)
{
    const int level = season->hour_mean[hour] + (is_weekend(day) ? season->weekend : 0);
    return level > 0 ? level : 0;
}

/* A step towards a level: large at first, an eighth of the way later. */
static int step(int from, int to, int weight) { return (to - from) / weight; }

static void learn_hour(struct season *season)
{
    const int expected = hour_level(season, season->day, season->hour);
    const bool known = season->hours >= HOURS_NEEDED;
    const int usual = expected > season->peak ? expected : season->peak;
    int level = level_of((double)season->amount);
    level = known && level > usual + CAP ? usual + CAP : level;
    const int weight = season->hour_days[season->hour] < 8 ? season->hour_days[season->hour] : 8;
    const int offset = is_weekend(season->day) ? season->weekend : 0;
    const int mean = season->hour_mean[season->hour];
    season->hour_mean[season->hour] = bounded(mean + step(mean, level - offset, weight > 0 ? weight : 1));
    if (is_weekend(season->day) && known) {
        const int moved = season->weekend + step(expected, level, 8);
        season->weekend = (int8_t)(moved < -100 ? -100 : moved > 100 ? 100 : moved);
    }
    const int apart = level > expected ? level - expected : expected - level;
    season->deviation = bounded(season->deviation + step(season->deviation, apart, 8));
    const int peak = level > season->peak ? level : season->peak - (season->hours % 48 == 47);
    season->peak = bounded(peak);
    season->hours = (uint8_t)(season->hours < UINT8_MAX ? season->hours + 1 : UINT8_MAX - 47); /* goes round, so that peaks fade by one step in 48 hours */
}

static double surprise_of(const struct season *season)
{
    if (season->hours < HOURS_NEEDED) {
        return 0;
    }
    const int expected = hour_level(season, season->day, season->hour);
    const int usual = expected > season->peak ? expected : season->peak;
    const int deviation = season->deviation > DEVIATION_LEAST ? season->deviation : DEVIATION_LEAST;
    const double surprise = (double)(level_of((double)season->amount) - usual) / deviation;
    return surprise < 0 ? 0 : surprise < SURPRISE_MOST ? surprise : SURPRISE_MOST;
}

void season_add(struct season *season, uint16_t day, uint8_t hour, double amount, bool learns)
{
    const bool later = day > season->day || (day == season->day && hour > season->hour);
    if (season->open == SEASON_CLOSED || later) {
        if (season->open == SEASON_LEARNED) {
            learn_hour(season);
        }
        season->day = day;
        season->hour = hour;
        season->open = SEASON_LEARNED;
        season->amount = 0;
        const bool counted = learns && season->hour_days[hour] < UINT8_MAX;
        season->hour_days[hour] = (uint8_t)(season->hour_days[hour] + counted);
    }
    if (day == season->day && hour == season->hour) {
        season->amount += (float)amount;
        season->open = learns ? season->open : SEASON_DISTRUSTED;
    }
}

struct season_view season_now(const struct season *season)
{
    const int expected = hour_level(season, season->day, season->hour);
    const int usual = expected > season->peak ? expected : season->peak;
    return (struct season_view){ (double)season->amount, amount_of(usual), surprise_of(season) };
}

void season_distrust(struct season *season)
{
    if (season->open == SEASON_LEARNED) {
        season->open = SEASON_DISTRUSTED;
        season->hour_days[season->hour] = (uint8_t)(season->hour_days[season->hour] - (season->hour_days[season->hour] > 0));
    }
}

double season_hour_share(const struct season *season, uint8_t hour, uint8_t history)
{
    unsigned days = season->hour_days[hour];
    const unsigned around[] = { season->hour_days[(hour + 23) % 24], season->hour_days[(hour + 1) % 24] };
    days = around[0] > days ? around[0] : days;
    days = around[1] > days ? around[1] : days;
    return history == 0 || days >= history ? 1 : (double)days / history;
}
