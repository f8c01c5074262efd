#include "svc/secretsmanager/schedule.h"

#include "base/clock.h"

enum { HOURS_PER_DAY = 24, SHORTEST_HOURS = 4, DAYS_MAX = 1000, HOURS_MAX = 999, DAYS_AHEAD = 4 * 366 + 1, FIELDS = 6 };
#define HOUR_MS ((int64_t)3600 * 1000)
#define DAY_MS (HOURS_PER_DAY * HOUR_MS)

struct schedule secret_schedule_of_days(int64_t days)
{
    return (struct schedule){ .kind = SCHEDULE_DAYS, .every = days };
}

/* "NAME(inside)" */
static bool inside(struct str expression, struct str name, struct str *out)
{
    if (!str_starts(expression, name) || !str_ends(expression, STR(")"))) {
        return false;
    }
    *out = str_slice(expression, name.len, expression.len - name.len - 1);
    return true;
}

static const char *parse_rate(struct str text, struct schedule *out)
{
    struct str unit = STR_NONE;
    const struct str number = str_cut(text, ' ', &unit);
    const bool days = str_equal(unit, STR("days")) || str_equal(unit, STR("day"));
    const bool hours = str_equal(unit, STR("hours")) || str_equal(unit, STR("hour"));
    *out = (struct schedule){ .kind = days ? SCHEDULE_DAYS : SCHEDULE_HOURS };
    if (!str_to_int(number, &out->every) || (!days && !hours)) {
        return "a rate has the form rate(10 days) or rate(12 hours)";
    }
    if (days ? out->every < 1 || out->every > DAYS_MAX : out->every < SHORTEST_HOURS || out->every > HOURS_MAX) {
        return "a rate is at least 4 hours and at most 999 hours or 1000 days";
    }
    return NULL;
}

/* How the numbers of a field are written. */
struct range {
    int64_t low, high;
    const char *names; /* three letters each, from low on; NULL: numbers only */
};

static bool read_number(struct str text, struct range range, int64_t *out)
{
    if (range.names && text.len == 3) {
        const struct str names = str_of(range.names);
        for (size_t i = 0; i + 3 <= names.len; i += 3) {
            if (str_equal_nocase(str_slice(names, i, 3), text)) {
                *out = range.low + (int64_t)i / 3;
                return true;
            }
        }
    }
    return text.len <= 2 && str_to_int(text, out) && *out >= range.low && *out <= range.high;
}

/* One of a list: "*", "5", "2-8", "0/6", "8-18/2" */
static bool read_item(struct str item, struct range range, uint32_t *bits)
{
    struct str step_text = STR_NONE;
    struct str high_text = STR_NONE;
    const struct str span = str_cut(item, '/', &step_text);
    const struct str low_text = str_cut(span, '-', &high_text);
    int64_t low = range.low;
    int64_t high = range.high;
    int64_t step = 1;
    const bool all = str_equal(span, STR("*"));
    if (!all && !read_number(low_text, range, &low)) {
        return false;
    }
    if (!all) {
        high = step_text.ptr ? range.high : low;
    }
    if (high_text.ptr && (all || !read_number(high_text, range, &high))) {
        return false;
    }
    if (step_text.ptr && (!str_to_int(step_text, &step) || step < 1 || step > range.high)) {
        return false;
    }
    for (int64_t at = low; at <= high; at += step) {
        *bits |= (uint32_t)1 << at;
    }
    return low <= high;
}

static bool read_list(struct str field, struct range range, uint32_t *bits)
{
    while (field.ptr) {
        struct str rest = STR_NONE;
        if (!read_item(str_cut(field, ',', &rest), range, bits)) {
            return false;
        }
        field = rest;
    }
    return true;
}

static bool is_any(struct str field)
{
    return str_equal(field, STR("?")) || str_equal(field, STR("*"));
}

/* Also L and 15W. */
static bool read_days(struct str field, struct schedule *out)
{
    static const struct range days = { 1, 31, NULL };
    int64_t day = 0;
    out->any_day = is_any(field);
    out->last_day = str_equal(field, STR("L"));
    if (out->any_day || out->last_day) {
        return true;
    }
    if (str_ends(field, STR("W")) && read_number(str_slice(field, 0, field.len - 1), days, &day)) {
        out->near = (uint32_t)1 << day;
        return true;
    }
    return read_list(field, days, &out->days);
}

/* Also 6L, FRIL, 3#2. */
static bool read_weekdays(struct str field, struct schedule *out)
{
    static const struct range weekdays = { 1, 7, "SUNMONTUEWEDTHUFRISAT" };
    struct str nth_text = STR_NONE;
    const struct str nth_day = str_cut(field, '#', &nth_text);
    int64_t day = 0;
    int64_t nth = 0;
    uint32_t bits = 0;
    out->any_weekday = is_any(field);
    if (out->any_weekday) {
        return true;
    }
    if (nth_text.ptr) {
        if (!read_number(nth_day, weekdays, &day) || !str_to_int(nth_text, &nth) || nth < 1 || nth > 5) {
            return false;
        }
        out->nth_weekdays[nth] = (uint8_t)(1u << (day - 1));
        return true;
    }
    if (field.len > 1 && str_ends(field, STR("L")) && read_number(str_slice(field, 0, field.len - 1), weekdays, &day)) {
        out->last_weekdays = (uint8_t)(1u << (day - 1));
        return true;
    }
    const bool sound = read_list(field, weekdays, &bits);
    out->weekdays = (uint8_t)(bits >> 1);
    return sound;
}

static bool often_enough(uint32_t hours)
{
    int64_t last = -SHORTEST_HOURS;
    for (int64_t hour = 0; hour < HOURS_PER_DAY; hour++) {
        if (hours >> hour & 1) {
            if (hour - last < SHORTEST_HOURS) {
                return false;
            }
            last = hour;
        }
    }
    return hours != 0;
}

static const char *parse_cron(struct str text, struct schedule *out)
{
    static const struct range hours = { 0, 23, NULL };
    static const struct range months = { 1, 12, "JANFEBMARAPRMAYJUNJULAUGSEPOCTNOVDEC" };
    struct str fields[FIELDS] = { STR_NONE };
    uint32_t bits = 0;
    size_t count = 0;
    struct str rest = text;
    while (rest.ptr && count < FIELDS) {
        struct str tail = STR_NONE;
        fields[count++] = str_cut(rest, ' ', &tail);
        rest = tail;
    }
    *out = (struct schedule){ .kind = SCHEDULE_CRON };
    if (count != FIELDS || rest.ptr) {
        return "cron() has six fields: minutes, hours, day of the month, month, day of the week, year";
    }
    if (!str_equal(fields[0], STR("0"))) {
        return "the minutes of cron() must be 0: rotation windows open on the hour";
    }
    if (!read_list(fields[1], hours, &out->hours) || !often_enough(out->hours)) {
        return "the hours of cron() must be 0 to 23, at least four apart";
    }
    if (!read_days(fields[2], out) || !read_weekdays(fields[4], out)) {
        return "a day of cron() can't be read";
    }
    if (!out->any_day && !out->any_weekday) {
        return "cron() takes a day of the month or a day of the week, and ? for the other";
    }
    if (!read_list(fields[3], months, &bits)) {
        return "the months of cron() must be 1 to 12 or JAN to DEC";
    }
    out->months = (uint16_t)bits;
    return str_equal(fields[5], STR("*")) ? NULL : "the year of cron() must be *";
}

const char *secret_schedule_parse(struct str expression, struct schedule *out)
{
    struct str text = STR_NONE;
    if (inside(expression, STR("rate("), &text)) {
        return parse_rate(text, out);
    }
    if (inside(expression, STR("cron("), &text)) {
        return parse_cron(text, out);
    }
    *out = (struct schedule){ .every = 0 };
    return "a schedule is rate(...) or cron(...)";
}

static int hours_a_day(const struct schedule *schedule)
{
    return __builtin_popcount(schedule->hours);
}

const char *secret_schedule_duration(const struct schedule *schedule, struct str duration, int64_t *hours)
{
    *hours = 0;
    if (duration.ptr == NULL) {
        return NULL;
    }
    if (duration.len < 2 || !str_to_int(str_slice(duration, 0, duration.len - 1), hours) || *hours < 1 || *hours > HOURS_PER_DAY) {
        return "a duration has the form 3h, up to 24h";
    }
    if (schedule->kind == SCHEDULE_HOURS && *hours > schedule->every) {
        return "the rotation window must not extend into the next one";
    }
    for (int64_t hour = 0; schedule->kind == SCHEDULE_CRON && hour < HOURS_PER_DAY; hour++) {
        const int64_t end = hour + *hours;
        const uint32_t within = end < HOURS_PER_DAY ? schedule->hours & (((uint32_t)1 << end) - 1) : schedule->hours;
        if ((schedule->hours >> hour & 1) && (end > HOURS_PER_DAY || within >> hour >> 1)) {
            return "the rotation window must not extend into the next one or the next UTC day";
        }
    }
    return NULL;
}

static int days_in(int64_t year, int month)
{
    const struct civil_time next = { .year = month == 12 ? year + 1 : year, .month = month == 12 ? 1 : month + 1, .day = 1 };
    return clock_civil(clock_from_civil(next) - DAY_MS).day;
}

static int weekday_of(int64_t day_ms)
{
    return (int)((day_ms / DAY_MS + 4) % 7); /* the first day of 1970 was a Thursday */
}

/* The weekday nearest to a day of the month, without leaving it. */
static int nearest_weekday(int64_t day_ms, const struct civil_time *date, int day, int last)
{
    day = day > last ? last : day;
    const int weekday = weekday_of(day_ms + (int64_t)(day - date->day) * DAY_MS);
    if (weekday == 6) {
        return day > 1 ? day - 1 : day + 2;
    }
    if (weekday == 0) {
        return day < last ? day + 1 : day - 2;
    }
    return day;
}

static bool is_near(const struct schedule *schedule, int64_t day_ms, const struct civil_time *date, int last)
{
    for (int day = 1; day <= 31; day++) {
        if ((schedule->near >> day & 1) && nearest_weekday(day_ms, date, day, last) == date->day) {
            return true;
        }
    }
    return false;
}

static bool is_day(const struct schedule *schedule, int64_t day_ms)
{
    const struct civil_time date = clock_civil(day_ms);
    const int last = days_in(date.year, date.month);
    const unsigned weekday = (unsigned)weekday_of(day_ms);
    if (!(schedule->months >> date.month & 1)) {
        return false;
    }
    const bool day = schedule->any_day || (schedule->days >> date.day & 1) || (schedule->last_day && date.day == last)
        || is_near(schedule, day_ms, &date, last);
    const bool of_week = schedule->any_weekday || (schedule->weekdays >> weekday & 1)
        || ((schedule->last_weekdays >> weekday & 1) && date.day + 7 > last)
        || (schedule->nth_weekdays[(date.day - 1) / 7 + 1] >> weekday & 1);
    return day && of_week;
}

static int64_t next_of_cron(const struct schedule *schedule, int64_t after_ms)
{
    const int64_t today = after_ms - after_ms % DAY_MS;
    for (int64_t day = today; day < today + DAYS_AHEAD * DAY_MS; day += DAY_MS) {
        for (int64_t hour = 0; is_day(schedule, day) && hour < HOURS_PER_DAY; hour++) {
            if ((schedule->hours >> hour & 1) && day + hour * HOUR_MS > after_ms) {
                return day + hour * HOUR_MS;
            }
        }
    }
    return 0;
}

static int64_t next_opening(const struct schedule *schedule, int64_t after_ms)
{
    switch (schedule->kind) {
    case SCHEDULE_DAYS:
        return after_ms - after_ms % DAY_MS + schedule->every * DAY_MS;
    case SCHEDULE_HOURS:
        return after_ms - after_ms % HOUR_MS + schedule->every * HOUR_MS;
    case SCHEDULE_CRON:
        break;
    }
    return next_of_cron(schedule, after_ms);
}

struct schedule_window secret_schedule_next(const struct schedule *schedule, int64_t hours, int64_t after_ms)
{
    const int64_t opens = next_opening(schedule, after_ms);
    const bool short_window = schedule->kind == SCHEDULE_HOURS || (schedule->kind == SCHEDULE_CRON && hours_a_day(schedule) > 1);
    const int64_t end_of_day = opens - opens % DAY_MS + DAY_MS;
    const int64_t closes = hours > 0 ? opens + hours * HOUR_MS : short_window ? opens + HOUR_MS : end_of_day;
    return opens > 0 ? (struct schedule_window){ opens, closes - 1000 } : (struct schedule_window){ 0, 0 };
}
