#include "svc/cloudwatch/statistic.h"

#include <math.h>

static const struct {
    struct str name;
    enum statistic_kind kind;
} PLAIN[] = {
    { STR_INIT("SampleCount"), STATISTIC_SAMPLE_COUNT }, { STR_INIT("Average"), STATISTIC_AVERAGE },
    { STR_INIT("Sum"), STATISTIC_SUM },                  { STR_INIT("Minimum"), STATISTIC_MINIMUM },
    { STR_INIT("Maximum"), STATISTIC_MAXIMUM },
}, RANGED[] = {
    { STR_INIT("TM"), STATISTIC_TRIMMED_MEAN },    { STR_INIT("WM"), STATISTIC_WINSORIZED_MEAN },
    { STR_INIT("TC"), STATISTIC_TRIMMED_COUNT },   { STR_INIT("TS"), STATISTIC_TRIMMED_SUM },
    { STR_INIT("PR"), STATISTIC_PERCENTILE_RANK },
};

static bool percent_of(struct str text, double *out)
{
    return str_to_double(text, out) && *out >= 0 && *out <= 100;
}

/* One end of a range; *percent tells its kind, which both ends must share. */
static bool read_end(struct str text, double otherwise, bool *percent, bool *given, double *out)
{
    *given = text.len > 0;
    *out = otherwise;
    if (!*given) {
        return true;
    }
    *percent = str_ends(text, STR("%"));
    return *percent ? percent_of(str_slice(text, 0, text.len - 1), out) : str_to_double(text, out);
}

/* "5%:95%" or "10:250", either end may be left out. */
static bool read_range(struct str inside, struct statistic *out)
{
    struct str end = STR_NONE;
    const struct str begin = str_cut(inside, ':', &end);
    bool low_percent = false, high_percent = false, low_given = false, high_given = false;
    if (end.ptr == NULL || !read_end(begin, -(double)INFINITY, &low_percent, &low_given, &out->low)
        || !read_end(end, (double)INFINITY, &high_percent, &high_given, &out->high) || !(low_given || high_given)
        || (low_given && high_given && low_percent != high_percent)) {
        return false;
    }
    out->values = !(low_percent || high_percent);
    if (!out->values) {
        out->low = low_given ? out->low : 0;
        out->high = high_given ? out->high : 100;
    }
    return out->low <= out->high && (out->values || out->kind != STATISTIC_PERCENTILE_RANK);
}

bool statistic_parse(struct str name, struct statistic *out)
{
    *out = (struct statistic){ .kind = STATISTIC_AVERAGE, .low = 0, .high = 100 };
    for (size_t i = 0; i < COUNT_OF(PLAIN); i++) {
        if (str_equal(name, PLAIN[i].name)) {
            out->kind = PLAIN[i].kind;
            return true;
        }
    }
    if (str_equal_nocase(name, STR("IQM"))) {
        *out = (struct statistic){ .kind = STATISTIC_TRIMMED_MEAN, .low = 25, .high = 75 };
        return true;
    }
    if (name.len > 1 && (name.ptr[0] == 'p' || name.ptr[0] == 'P') && percent_of(str_from(name, 1), &out->high)) {
        out->kind = STATISTIC_PERCENTILE;
        return true;
    }
    for (size_t i = 0; i < COUNT_OF(RANGED); i++) {
        if (!str_equal_nocase(str_slice(name, 0, 2), RANGED[i].name) || name.len < 3) {
            continue;
        }
        out->kind = RANGED[i].kind;
        if (name.ptr[2] == '(' && name.ptr[name.len - 1] == ')') {
            return read_range(str_slice(name, 3, name.len - 4), out);
        }
        return out->kind != STATISTIC_PERCENTILE_RANK && percent_of(str_from(name, 2), &out->high);
    }
    return false;
}

static double percentile(const struct datum *datum, double percent)
{
    const double wanted = datum->count * percent / 100;
    double seen = 0;
    if (!(percent > 0)) {
        return datum->minimum;
    }
    for (size_t i = 0; i < datum->sample_count && percent < 100; i++) {
        seen += datum->samples[i].count;
        if (seen >= wanted) {
            return datum->samples[i].value;
        }
    }
    return datum->maximum;
}

struct trimmed {
    double count, sum;
};

/* What lies within the range; of a sample on its border, the part that does. */
static struct trimmed trim(const struct statistic *statistic, const struct datum *datum)
{
    struct trimmed out = { 0, 0 };
    const double low = datum->count * statistic->low / 100;
    const double high = datum->count * statistic->high / 100;
    double seen = 0;
    for (size_t i = 0; i < datum->sample_count; i++) {
        const struct sample sample = datum->samples[i];
        double part = 0;
        if (statistic->values) {
            part = sample.value > statistic->low && sample.value <= statistic->high ? sample.count : 0;
        } else {
            part = fmax(0, fmin(seen + sample.count, high) - fmax(seen, low));
        }
        seen += sample.count;
        out.count += part;
        out.sum += part * sample.value;
    }
    return out;
}

/* Values beyond the range count as its ends. */
static double winsorized_mean(const struct statistic *statistic, const struct datum *datum)
{
    const double low = statistic->values ? statistic->low : percentile(datum, statistic->low);
    const double high = statistic->values ? statistic->high : percentile(datum, statistic->high);
    double sum = 0;
    for (size_t i = 0; i < datum->sample_count; i++) {
        sum += datum->samples[i].count * fmin(high, fmax(low, datum->samples[i].value));
    }
    return sum / datum->count;
}

static bool of_samples(const struct statistic *statistic, const struct datum *datum, double *out)
{
    if (statistic->kind == STATISTIC_PERCENTILE) {
        *out = percentile(datum, statistic->high);
        return true;
    }
    if (statistic->kind == STATISTIC_WINSORIZED_MEAN) {
        *out = winsorized_mean(statistic, datum);
        return true;
    }
    const struct trimmed trimmed = trim(statistic, datum);
    switch (statistic->kind) {
    case STATISTIC_TRIMMED_COUNT: *out = trimmed.count; return true;
    case STATISTIC_TRIMMED_SUM: *out = trimmed.sum; return true;
    case STATISTIC_PERCENTILE_RANK: *out = 100 * trimmed.count / datum->count; return true;
    default: *out = trimmed.sum / trimmed.count; return trimmed.count > 0;
    }
}

bool statistic_of(const struct statistic *statistic, const struct datum *datum, double *out)
{
    if (!(datum->count > 0)) {
        return false;
    }
    switch (statistic->kind) {
    case STATISTIC_SAMPLE_COUNT: *out = datum->count; return true;
    case STATISTIC_AVERAGE: *out = datum->sum / datum->count; return true;
    case STATISTIC_SUM: *out = datum->sum; return true;
    case STATISTIC_MINIMUM: *out = datum->minimum; return true;
    case STATISTIC_MAXIMUM: *out = datum->maximum; return true;
    default: break;
    }
    if (datum->sample_count > 0) {
        return of_samples(statistic, datum, out);
    }
    struct sample only = { datum->minimum, datum->count };
    struct datum same = *datum;
    same.samples = &only;
    same.sample_count = 1;
    return !(datum->maximum > datum->minimum) && of_samples(statistic, &same, out);
}
