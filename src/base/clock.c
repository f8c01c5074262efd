#include "base/clock.h"

#include <stdatomic.h>
#include <time.h>

static _Atomic int64_t offset;

int64_t clock_now_ms(void)
{
    struct timespec now = { 0 };
    clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000 + atomic_load(&offset);
}

int64_t clock_monotonic_us(void)
{
    struct timespec now = { 0 };
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

void clock_set_offset(int64_t offset_ms)
{
    atomic_store(&offset, offset_ms);
}

void clock_sleep_us(int64_t us)
{
    const struct timespec pause = { .tv_sec = us / 1000000, .tv_nsec = us % 1000000 * 1000 };
    nanosleep(&pause, NULL);
}

void clock_sleep_ms(int64_t ms)
{
    clock_sleep_us(ms * 1000);
}

static int64_t floor_div(int64_t a, int64_t b)
{
    return a / b - (a % b < 0);
}

/* Days since 1970-01-01 of a date in the proleptic Gregorian calendar, counted in 400-year eras that begin in March. */
static int64_t days_from_date(int64_t year, int month, int day)
{
    const int64_t y = year - (month <= 2);
    const int64_t era = floor_div(y, 400);
    const int64_t year_of_era = y - era * 400;
    const int64_t day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    return era * 146097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719468;
}

int64_t clock_from_civil(struct civil_time t)
{
    const int64_t seconds = t.hour * 3600 + t.minute * 60 + t.second;
    return (days_from_date(t.year, t.month, t.day) * 86400 + seconds) * 1000 + t.millisecond;
}

struct civil_time clock_civil(int64_t ms)
{
    const int64_t day_number = floor_div(ms, 86400000);
    const int64_t in_day = ms - day_number * 86400000;
    const int64_t z = day_number + 719468;
    const int64_t era = floor_div(z, 146097);
    const int64_t day_of_era = z - era * 146097;
    const int64_t year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
    const int64_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    const int64_t shifted = (5 * day_of_year + 2) / 153;
    const int month = (int)(shifted < 10 ? shifted + 3 : shifted - 9);
    return (struct civil_time){
        .year = year_of_era + era * 400 + (month <= 2),
        .month = month,
        .day = (int)(day_of_year - (153 * shifted + 2) / 5 + 1),
        .hour = (int)(in_day / 3600000),
        .minute = (int)(in_day / 60000 % 60),
        .second = (int)(in_day / 1000 % 60),
        .millisecond = (int)(in_day % 1000),
    };
}

/* Exactly `count` digits at *at; moves past them. */
static bool take_digits(struct str s, size_t *at, size_t count, int *out)
{
    if (*at + count > s.len) {
        return false;
    }
    int value = 0;
    for (size_t i = 0; i < count; i++) {
        const char c = s.ptr[*at + i];
        if (c < '0' || c > '9') {
            return false;
        }
        value = value * 10 + (c - '0');
    }
    *at += count;
    *out = value;
    return true;
}

static bool take_char(struct str s, size_t *at, char c)
{
    if (*at >= s.len || s.ptr[*at] != c) {
        return false;
    }
    (*at)++;
    return true;
}

static bool take_fraction(struct str s, size_t *at, int *millisecond)
{
    *millisecond = 0;
    if (!take_char(s, at, '.')) {
        return true;
    }
    int scale = 100;
    const size_t start = *at;
    for (; *at < s.len && s.ptr[*at] >= '0' && s.ptr[*at] <= '9'; (*at)++) {
        *millisecond += (s.ptr[*at] - '0') * scale;
        scale /= 10;
    }
    return *at > start;
}

static bool date_exists(const struct civil_time *t)
{
    static const int lengths[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
    if (t->month < 1 || t->month > 12 || t->day < 1) {
        return false;
    }
    const bool leap = (t->year % 4 == 0 && t->year % 100 != 0) || t->year % 400 == 0;
    const int length = lengths[t->month - 1] + (leap && t->month == 2);
    return t->day <= length && t->hour <= 23 && t->minute <= 59 && t->second <= 60;
}

static bool take_zone(struct str s, size_t *at, int64_t *minutes)
{
    *minutes = 0;
    if (*at < s.len && (s.ptr[*at] == 'Z' || s.ptr[*at] == 'z')) {
        (*at)++;
        return true;
    }
    const bool ahead = take_char(s, at, '+');
    int hours = 0;
    int mins = 0;
    if (!ahead && !take_char(s, at, '-')) {
        return false;
    }
    if (!take_digits(s, at, 2, &hours) || !take_char(s, at, ':') || !take_digits(s, at, 2, &mins) || hours > 23
        || mins > 59) {
        return false;
    }
    *minutes = (ahead ? 1 : -1) * (hours * 60 + mins);
    return true;
}

bool clock_parse_iso8601(struct str s, int64_t *ms)
{
    struct civil_time t = { 0 };
    size_t at = 0;
    int year = 0;
    int64_t zone = 0;
    const bool parsed = take_digits(s, &at, 4, &year) && take_char(s, &at, '-') && take_digits(s, &at, 2, &t.month)
        && take_char(s, &at, '-') && take_digits(s, &at, 2, &t.day) && (take_char(s, &at, 'T') || take_char(s, &at, 't'))
        && take_digits(s, &at, 2, &t.hour) && take_char(s, &at, ':') && take_digits(s, &at, 2, &t.minute)
        && take_char(s, &at, ':') && take_digits(s, &at, 2, &t.second) && take_fraction(s, &at, &t.millisecond)
        && take_zone(s, &at, &zone) && at == s.len;
    t.year = year;
    if (!parsed || !date_exists(&t)) {
        return false;
    }
    *ms = clock_from_civil(t) - zone * 60000;
    return true;
}

static const char month_names[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
static const char day_names[] = "ThuFriSatSunMonTueWed"; /* the epoch was a Thursday */

static bool take_month(struct str s, size_t *at, int *month)
{
    for (int i = 0; i < 12; i++) {
        if (*at + 3 <= s.len && memcmp(s.ptr + *at, month_names + (ptrdiff_t)i * 3, 3) == 0) {
            *at += 3;
            *month = i + 1;
            return true;
        }
    }
    return false;
}

bool clock_parse_rfc7231(struct str s, int64_t *ms)
{
    struct civil_time t = { 0 };
    size_t at = str_find(s, ',');
    int year = 0;
    if (at == STR_MISSING) {
        return false;
    }
    at++;
    const bool parsed = take_char(s, &at, ' ') && take_digits(s, &at, 2, &t.day) && take_char(s, &at, ' ')
        && take_month(s, &at, &t.month) && take_char(s, &at, ' ') && take_digits(s, &at, 4, &year)
        && take_char(s, &at, ' ') && take_digits(s, &at, 2, &t.hour) && take_char(s, &at, ':')
        && take_digits(s, &at, 2, &t.minute) && take_char(s, &at, ':') && take_digits(s, &at, 2, &t.second)
        && take_fraction(s, &at, &t.millisecond) && str_equal(str_from(s, at), STR(" GMT"));
    t.year = year;
    if (!parsed || !date_exists(&t)) {
        return false;
    }
    *ms = clock_from_civil(t);
    return true;
}

bool clock_parse_amz(struct str s, int64_t *ms)
{
    struct civil_time t = { 0 };
    size_t at = 0;
    int year = 0;
    const bool parsed = take_digits(s, &at, 4, &year) && take_digits(s, &at, 2, &t.month)
        && take_digits(s, &at, 2, &t.day) && take_char(s, &at, 'T') && take_digits(s, &at, 2, &t.hour)
        && take_digits(s, &at, 2, &t.minute) && take_digits(s, &at, 2, &t.second) && take_char(s, &at, 'Z')
        && at == s.len;
    t.year = year;
    if (!parsed || !date_exists(&t)) {
        return false;
    }
    *ms = clock_from_civil(t);
    return true;
}

static char *put_digits(char *at, int number, int digits)
{
    for (int i = digits; i-- > 0; number /= 10) {
        at[i] = (char)('0' + number % 10);
    }
    return at + digits;
}

/* "2024-07-31T13:06:24", without printf: every call is told with its time. Years of four digits. */
static char *put_civil(char *at, struct civil_time t)
{
    at = put_digits(at, (int)t.year, 4);
    *at++ = '-';
    at = put_digits(at, t.month, 2);
    *at++ = '-';
    at = put_digits(at, t.day, 2);
    *at++ = 'T';
    at = put_digits(at, t.hour, 2);
    *at++ = ':';
    at = put_digits(at, t.minute, 2);
    *at++ = ':';
    return put_digits(at, t.second, 2);
}

static struct str format_iso8601(struct arena *arena, int64_t ms, bool fraction)
{
    const struct civil_time t = clock_civil(ms);
    if (t.year < 0 || t.year > 9999) {
        return str_format(arena, fraction ? "%04lld-%02d-%02dT%02d:%02d:%02d.%03dZ" : "%04lld-%02d-%02dT%02d:%02d:%02dZ",
                          (long long)t.year, t.month, t.day, t.hour, t.minute, t.second, t.millisecond);
    }
    char *text = arena_alloc_raw(arena, CLOCK_ISO8601_MS + 1);
    char *at = put_civil(text, t);
    if (fraction) {
        *at++ = '.';
        at = put_digits(at, t.millisecond, 3);
    }
    *at++ = 'Z';
    *at = '\0';
    return (struct str){ text, (size_t)(at - text) };
}

struct str clock_format_iso8601(struct arena *arena, int64_t ms)
{
    return format_iso8601(arena, ms, false);
}

struct str clock_format_iso8601_ms(struct arena *arena, int64_t ms)
{
    return format_iso8601(arena, ms, true);
}

struct str clock_format_rfc7231(struct arena *arena, int64_t ms)
{
    const struct civil_time t = clock_civil(ms);
    const int64_t day_number = floor_div(ms, 86400000);
    const int64_t weekday = day_number - floor_div(day_number, 7) * 7;
    return str_format(arena, "%.3s, %02d %.3s %04lld %02d:%02d:%02d GMT", day_names + weekday * 3, t.day,
                      month_names + (ptrdiff_t)(t.month - 1) * 3, (long long)t.year, t.hour, t.minute, t.second);
}

struct str clock_format_amz(struct arena *arena, int64_t ms)
{
    const struct civil_time t = clock_civil(ms);
    return str_format(arena, "%04lld%02d%02dT%02d%02d%02dZ", (long long)t.year, t.month, t.day, t.hour, t.minute,
                      t.second);
}
