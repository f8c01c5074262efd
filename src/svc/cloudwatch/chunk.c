/* chunk.c - sample sets: added up, and packed into bytes.
 *
 * Bytes of a datum: slot, kind, then for ONE the value, for SET and MANY count, sum, minimum and maximum, for MANY the number
 * of samples and value and count of each. Doubles are eight bytes, lowest first. */
#include "svc/cloudwatch/chunk.h"

#include <string.h>

#define SECOND_MS ((int64_t)1000)
#define MINUTE_MS (60 * SECOND_MS)
#define HOUR_MS (60 * MINUTE_MS)
#define DAY_MS (24 * HOUR_MS)

enum kind { ONE, SET, MANY };

const struct chunk_level CHUNK_LEVEL[CHUNK_LEVELS] = {
    { SECOND_MS, MINUTE_MS, 3 * HOUR_MS },
    { MINUTE_MS, HOUR_MS, 15 * DAY_MS },
    { 5 * MINUTE_MS, 12 * HOUR_MS, 63 * DAY_MS },
    { HOUR_MS, 7 * DAY_MS, 455 * DAY_MS },
};

int64_t chunk_floor(int64_t ms, int64_t step_ms)
{
    const int64_t rest = ms % step_ms;
    return ms - (rest < 0 ? rest + step_ms : rest);
}

struct datum datum_of_value(struct arena *arena, int64_t start_ms, double value, double count)
{
    struct sample *sample = ARENA_NEW(arena, struct sample);
    *sample = (struct sample){ value, count };
    return (struct datum){ start_ms, count, value * count, value, value, sample, 1 };
}

/* Neighbours become their weighted mean. */
static size_t halve(struct sample *samples, size_t count)
{
    size_t kept = 0;
    for (size_t i = 0; i < count; i += 2) {
        const struct sample one = samples[i];
        const struct sample other = i + 1 < count ? samples[i + 1] : (struct sample){ 0, 0 };
        const double weight = one.count + other.count;
        const double mean = weight > 0 ? one.value + (other.value - one.value) * (other.count / weight) : one.value;
        samples[kept++] = (struct sample){ i + 1 < count ? mean : one.value, weight };
    }
    return kept;
}

static void merge_samples(struct arena *arena, struct datum *into, const struct datum *more)
{
    const size_t room = into->sample_count + more->sample_count;
    struct sample *all = ARENA_ARRAY(arena, struct sample, room);
    size_t count = 0;
    for (size_t i = 0, j = 0; i < into->sample_count || j < more->sample_count;) {
        const bool first = j == more->sample_count || (i < into->sample_count && into->samples[i].value <= more->samples[j].value);
        const struct sample next = first ? into->samples[i++] : more->samples[j++];
        if (count > 0 && !(all[count - 1].value < next.value)) {
            all[count - 1].count += next.count;
        } else {
            all[count++] = next;
        }
    }
    while (count > DATUM_SAMPLES_MAX) {
        count = halve(all, count);
    }
    into->samples = all;
    into->sample_count = count;
}

void datum_add(struct arena *arena, struct datum *into, const struct datum *more)
{
    if (!(more->count > 0)) {
        return;
    }
    if (!(into->count > 0)) {
        const int64_t start_ms = into->start_ms;
        *into = *more;
        into->start_ms = start_ms;
        return;
    }
    if (into->sample_count == 0 || more->sample_count == 0) {
        into->sample_count = 0;
    } else {
        merge_samples(arena, into, more);
    }
    into->count += more->count;
    into->sum += more->sum;
    into->minimum = more->minimum < into->minimum ? more->minimum : into->minimum;
    into->maximum = more->maximum > into->maximum ? more->maximum : into->maximum;
}

static void add_double(struct text *text, double value)
{
    uint64_t bits = 0;
    memcpy(&bits, &value, sizeof(bits));
    for (unsigned shift = 0; shift < 64; shift += 8) {
        text_add_char(text, (char)(unsigned char)(bits >> shift & 0xff));
    }
}

static bool is_one(const struct datum *datum)
{
    return datum->sample_count == 1 && !(datum->count < 1) && !(datum->count > 1);
}

static void add_datum(struct text *text, const struct datum *datum)
{
    const enum kind kind = is_one(datum) ? ONE : datum->sample_count > 0 ? MANY : SET;
    text_add_char(text, (char)kind);
    if (kind == ONE) {
        add_double(text, datum->minimum);
        return;
    }
    const double sums[] = { datum->count, datum->sum, datum->minimum, datum->maximum };
    for (size_t i = 0; i < COUNT_OF(sums); i++) {
        add_double(text, sums[i]);
    }
    if (kind == MANY) {
        text_add_char(text, (char)(unsigned char)datum->sample_count);
    }
    for (size_t i = 0; i < datum->sample_count; i++) {
        add_double(text, datum->samples[i].value);
        add_double(text, datum->samples[i].count);
    }
}

struct str chunk_write(struct arena *arena, int level, int64_t start_ms, struct data data)
{
    struct text text = text_new(arena);
    for (size_t i = 0; i < data.count; i++) {
        text_add_char(&text, (char)(unsigned char)((data.items[i].start_ms - start_ms) / CHUNK_LEVEL[level].step_ms));
        add_datum(&text, &data.items[i]);
    }
    return text_str(&text);
}

struct bytes {
    struct str rest;
    bool broken;
};

static unsigned take_byte(struct bytes *bytes)
{
    if (bytes->rest.len == 0) {
        bytes->broken = true;
        return 0;
    }
    const unsigned char byte = (unsigned char)bytes->rest.ptr[0];
    bytes->rest = str_from(bytes->rest, 1);
    return byte;
}

static double take_double(struct bytes *bytes)
{
    uint64_t bits = 0;
    for (unsigned shift = 0; shift < 64; shift += 8) {
        bits |= (uint64_t)take_byte(bytes) << shift;
    }
    double value = 0;
    memcpy(&value, &bits, sizeof(value));
    return value;
}

static void take_datum(struct arena *arena, struct bytes *bytes, struct datum *datum)
{
    const unsigned kind = take_byte(bytes);
    if (kind == ONE) {
        *datum = datum_of_value(arena, datum->start_ms, take_double(bytes), 1);
        return;
    }
    datum->count = take_double(bytes);
    datum->sum = take_double(bytes);
    datum->minimum = take_double(bytes);
    datum->maximum = take_double(bytes);
    datum->sample_count = kind == MANY ? take_byte(bytes) : 0;
    bytes->broken = bytes->broken || kind > MANY || datum->sample_count > DATUM_SAMPLES_MAX;
    if (bytes->broken) {
        return;
    }
    datum->samples = ARENA_ARRAY(arena, struct sample, datum->sample_count);
    for (size_t i = 0; i < datum->sample_count && !bytes->broken; i++) {
        datum->samples[i].value = take_double(bytes);
        datum->samples[i].count = take_double(bytes);
    }
}

bool chunk_read(struct arena *arena, int level, int64_t start_ms, struct str bytes, struct data *out)
{
    const int64_t slots = CHUNK_LEVEL[level].span_ms / CHUNK_LEVEL[level].step_ms;
    struct bytes reading = { bytes, false };
    int64_t last = -1;
    *out = (struct data){ ARENA_ARRAY(arena, struct datum, CHUNK_SLOTS_MAX), 0 };
    while (reading.rest.len > 0) {
        const int64_t slot = take_byte(&reading);
        if (slot >= slots || slot <= last) {
            return false;
        }
        struct datum *datum = &out->items[out->count];
        datum->start_ms = start_ms + slot * CHUNK_LEVEL[level].step_ms;
        take_datum(arena, &reading, datum);
        if (reading.broken) {
            return false;
        }
        last = slot;
        out->count++;
    }
    return true;
}

struct data chunk_put(struct arena *arena, int level, struct data data, const struct datum *datum)
{
    struct data out = { ARENA_ARRAY(arena, struct datum, data.count + 1), 0 };
    struct datum own = *datum;
    own.start_ms = chunk_floor(datum->start_ms, CHUNK_LEVEL[level].step_ms);
    size_t at = 0;
    while (at < data.count && data.items[at].start_ms < own.start_ms) {
        out.items[out.count++] = data.items[at++];
    }
    if (at < data.count && data.items[at].start_ms == own.start_ms) {
        out.items[out.count] = data.items[at++];
        datum_add(arena, &out.items[out.count], &own);
    } else {
        out.items[out.count] = own;
    }
    out.count++;
    while (at < data.count) {
        out.items[out.count++] = data.items[at++];
    }
    return out;
}
