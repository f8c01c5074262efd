/* benign.h - what the generators of benign logs share: seeded chance, lists of words, and the clock of a log.
 *
 * Chance is splitmix64, so one seed gives one log on every machine. A generator writes records in order of time. */
#ifndef YAGURA_BENCH_BENIGN_H
#define YAGURA_BENCH_BENIGN_H

#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define ANY(list) ((list)[below(sizeof(list) / sizeof(*(list)))])

enum { MINUTE = 60, HOUR = 3600, DAY = 86400 };
#define FIRST_SECOND INT64_C(1772409600) /* 2 March 2026, a Monday */

static uint64_t chance_state;

static inline uint64_t bits(void)
{
    uint64_t z = (chance_state += UINT64_C(0x9E3779B97F4A7C15));
    z = (z ^ (z >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94D049BB133111EB);
    return z ^ (z >> 31);
}

static inline uint32_t below(uint64_t limit)
{
    return (uint32_t)(bits() % limit);
}

static inline double unit(void)
{
    return (double)(bits() >> 11) * 0x1p-53;
}

static inline bool odds(double p)
{
    return unit() < p;
}

static inline uint32_t between(uint32_t least, uint32_t most)
{
    return least + below(most - least + 1);
}

static inline double waiting(double mean)
{
    return -log(1 - unit()) * mean;
}

/* The first ones often, the last ones seldom: a place in a list of count. */
static inline uint32_t falling(uint32_t count)
{
    const uint32_t place = (uint32_t)(exp(unit() * log(count + 1.0)) - 1);
    return place < count ? place : count - 1;
}

static inline void clock_text(int64_t at, char out[32])
{
    struct tm tm = { 0 };
    const time_t seconds = (time_t)at;
    gmtime_r(&seconds, &tm);
    strftime(out, 32, "%Y-%m-%dT%H:%M:%SZ", &tm);
}

static inline bool weekend(int64_t local)
{
    return (local / DAY + 4) % 7 == 0 || (local / DAY + 4) % 7 == 6;
}

void benign_cloudtrail(uint64_t events);
void benign_kubernetes(uint64_t events);
void benign_flow(uint64_t events);
void benign_then_stolen(uint64_t events);
void benign_principals(uint64_t events);
void benign_dns(uint64_t events);

#endif
