#include "svc/cloudtrail/insight_rate.h"

#include "base/arena.h"
#include "base/map.h"

struct place {
    int64_t first_hour;
};

struct rates {
    struct arena *arena;
    struct map *by_key;
    struct map *places; /* account and Region to struct place */
    struct rate *items[RATES_MAX];
    size_t count;
};

struct rates *rates_open(void)
{
    struct rates *rates = memory_new(sizeof(*rates));
    rates->arena = arena_open();
    rates->by_key = map_open();
    rates->places = map_open();
    return rates;
}

void rates_close(struct rates *rates)
{
    if (rates) {
        map_close(rates->by_key, NULL);
        map_close(rates->places, NULL);
        arena_close(rates->arena);
        memory_free(rates);
    }
}

size_t rates_count(const struct rates *rates)
{
    return rates->count;
}

struct rate *rates_at(struct rates *rates, size_t index)
{
    return rates->items[index];
}

struct str rates_keep(struct rates *rates, struct str text)
{
    return text.len ? str_copy(rates->arena, text) : STR("");
}

/* A key's texts with a byte between that none of them has. */
static struct str joined(char *buffer, size_t size, const struct str *texts, size_t count)
{
    size_t length = 0;
    for (size_t i = 0; i < count; i++) {
        if (texts[i].len + 1 > size - length) {
            return STR_NONE;
        }
        if (texts[i].len) {
            memcpy(buffer + length, texts[i].ptr, texts[i].len);
        }
        length += texts[i].len;
        buffer[length++] = '\n';
    }
    return (struct str){ buffer, length };
}

struct rate *rates_need(struct rates *rates, const struct rate_key *key)
{
    char buffer[1024];
    const struct str texts[] = { key->account, key->region, key->source, key->name, key->error };
    const struct str name = joined(buffer, sizeof(buffer), texts, COUNT_OF(texts));
    struct rate *rate = name.ptr ? map_get(rates->by_key, name) : NULL;
    if (rate || name.ptr == NULL || rates->count == RATES_MAX) {
        return rate;
    }
    rate = ARENA_NEW(rates->arena, struct rate);
    rate->key = (struct rate_key){ rates_keep(rates, key->account), rates_keep(rates, key->region), rates_keep(rates, key->source),
                                   rates_keep(rates, key->name), rates_keep(rates, key->error) };
    map_put(rates->by_key, name, rate);
    rates->items[rates->count++] = rate;
    return rate;
}

static struct place *place_of(const struct rates *rates, const struct rate *rate)
{
    char buffer[256];
    const struct str texts[] = { rate->key.account, rate->key.region };
    const struct str name = joined(buffer, sizeof(buffer), texts, COUNT_OF(texts));
    return name.ptr ? map_get(rates->places, name) : NULL;
}

static void note_place(struct rates *rates, const struct rate *rate, int64_t hour)
{
    char buffer[256];
    const struct str texts[] = { rate->key.account, rate->key.region };
    struct place *place = place_of(rates, rate);
    if (place == NULL) {
        place = ARENA_NEW(rates->arena, struct place);
        place->first_hour = hour;
        const struct str name = joined(buffer, sizeof(buffer), texts, COUNT_OF(texts));
        if (name.ptr) {
            map_put(rates->places, name, place);
        }
    }
    place->first_hour = hour < place->first_hour ? hour : place->first_hour;
}

/* The hour's place in the ring; false: it is too old. Hours that were skipped had no calls. */
static bool reach(struct rate *rate, int64_t hour, size_t *at)
{
    if (hour < 0 || (rate->hour && hour <= rate->hour - RATE_HOURS)) {
        return false;
    }
    const int64_t from = rate->hour && hour - rate->hour < RATE_HOURS ? rate->hour + 1 : hour - RATE_HOURS + 1;
    for (int64_t i = from < 0 ? 0 : from; i <= hour; i++) {
        rate->calls[i % RATE_HOURS] = rate->peak[i % RATE_HOURS] = 0;
    }
    rate->hour = hour > rate->hour ? hour : rate->hour;
    *at = (size_t)(hour % RATE_HOURS);
    return true;
}

void rate_add(struct rates *rates, struct rate *rate, int64_t period)
{
    size_t at = 0;
    if (period < 0 || !reach(rate, period / RATE_PERIODS, &at)) {
        return;
    }
    const size_t slot = (size_t)(period % RATE_RECENT);
    if (rate->recent[slot].period < period) {
        rate->recent[slot].period = period;
        rate->recent[slot].calls = 0;
    }
    if (rate->recent[slot].period == period) {
        rate->recent[slot].calls++;
        rate->peak[at] = rate->recent[slot].calls > rate->peak[at] ? rate->recent[slot].calls : rate->peak[at];
    }
    rate->calls[at]++;
    const int64_t hour = period / RATE_PERIODS;
    rate->oldest_changed = rate->oldest_changed && rate->oldest_changed < hour ? rate->oldest_changed : hour;
    note_place(rates, rate, hour);
}

void rate_restore(struct rates *rates, struct rate *rate, int64_t hour, uint32_t calls, uint32_t peak)
{
    size_t at = 0;
    if (reach(rate, hour, &at)) {
        rate->calls[at] = calls;
        rate->peak[at] = peak;
        note_place(rates, rate, hour);
    }
}

bool rate_has_recent(const struct rate *rate, int64_t period)
{
    const size_t slot = (size_t)(period % RATE_RECENT);
    return rate->recent[slot].period == period && rate->recent[slot].calls > 0;
}

/* How unusual a period must be, by the hours before its own; 0: too little is known. */
static int64_t threshold_of(const struct rates *rates, const struct rate *rate, int64_t hour, struct rate_insight *out)
{
    const struct place *place = place_of(rates, rate);
    const int64_t oldest = hour - RATE_HOURS + 1;
    const int64_t first = place && place->first_hour > oldest ? place->first_hour : oldest;
    int64_t peak = 0;
    if (place == NULL || hour - first < RATE_WARM_HOURS) {
        return 0;
    }
    out->baseline_calls = 0;
    out->baseline_periods = (hour - first) * RATE_PERIODS;
    for (int64_t i = first; i < hour; i++) {
        const bool known = i <= rate->hour && i > rate->hour - RATE_HOURS;
        out->baseline_calls += known ? rate->calls[i % RATE_HOURS] : 0;
        peak = known && rate->peak[i % RATE_HOURS] > peak ? rate->peak[i % RATE_HOURS] : peak;
    }
    const int64_t average = (out->baseline_calls + out->baseline_periods - 1) / out->baseline_periods;
    int64_t threshold = average + RATE_LEAST;
    threshold = average * RATE_TIMES > threshold ? average * RATE_TIMES : threshold;
    return peak + (peak + 1) / 2 > threshold ? peak + (peak + 1) / 2 : threshold;
}

enum rate_verdict rate_judge(const struct rates *rates, struct rate *rate, int64_t period)
{
    struct rate_insight *insight = &rate->insight;
    const int64_t calls = rate_has_recent(rate, period) ? rate->recent[period % RATE_RECENT].calls : 0;
    if (insight->id.len) {
        if (calls * 2 < insight->threshold) {
            return RATE_ENDS;
        }
        insight->calls += calls;
        insight->last = period;
        return RATE_GOES_ON;
    }
    struct rate_insight found = { .started = period, .last = period, .calls = calls };
    found.threshold = threshold_of(rates, rate, period / RATE_PERIODS, &found);
    if (found.threshold == 0 || calls < found.threshold) {
        return RATE_USUAL;
    }
    *insight = found;
    return RATE_STARTS;
}
