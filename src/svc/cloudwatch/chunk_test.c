#include "svc/cloudwatch/chunk.h"

#include "svc/cloudwatch/statistic.h"
#include "tests/test.h"

#define START ((int64_t)1764000000000 / 3600000 * 3600000)

static double told(const char *name, const struct datum *datum)
{
    struct statistic statistic = { .kind = STATISTIC_AVERAGE };
    double value = -1;
    CHECK(statistic_parse(str_of(name), &statistic));
    return statistic_of(&statistic, datum, &value) ? value : -1;
}

TEST(data_are_packed_and_come_back)
{
    struct data data = { NULL, 0 };
    struct data read = { NULL, 0 };
    const struct datum set = { START + 5 * 60000, 4, 10, 1, 5, NULL, 0 };
    for (int value = 0; value < 3; value++) {
        const struct datum one = datum_of_value(arena, START + 59 * 60000 + value, value, 1);
        data = chunk_put(arena, 1, data, &one);
    }
    const struct datum first = datum_of_value(arena, START, -2.5, 1);
    data = chunk_put(arena, 1, data, &first);
    data = chunk_put(arena, 1, data, &set);
    const struct str bytes = chunk_write(arena, 1, START, data);
    CHECK(chunk_read(arena, 1, START, bytes, &read));
    CHECK_INT(read.count, 3);
    CHECK_INT(read.items[1].start_ms, START + 5 * 60000);
    CHECK(told("Minimum", &read.items[0]) < -2 && told("p50", &read.items[0]) < -2);
    CHECK_INT(told("Sum", &read.items[1]), 10);
    CHECK_INT(told("p50", &read.items[1]), -1);
    CHECK_INT(told("SampleCount", &read.items[2]), 3);
    CHECK_INT(told("p50", &read.items[2]), 1);
    for (size_t len = 1; len < bytes.len; len++) {
        CHECK(!chunk_read(arena, 1, START, str_slice(bytes, 0, len), &read) || read.count < 3);
    }
}

TEST(samples_are_bounded_and_percentiles_hold)
{
    struct datum all = datum_of_value(arena, START, 0, 1);
    for (int value = 1; value < 10000; value++) {
        const struct datum one = datum_of_value(arena, START, (value * 7919) % 10000, 1);
        datum_add(arena, &all, &one);
    }
    CHECK(all.sample_count <= DATUM_SAMPLES_MAX);
    CHECK_INT(told("SampleCount", &all), 10000);
    CHECK(told("p90", &all) > 8500 && told("p90", &all) < 9500);
    CHECK_INT(told("p0", &all), 0);
    CHECK_INT(told("p100", &all), 9999);
    CHECK(told("TM(10%:90%)", &all) > 4800 && told("TM(10%:90%)", &all) < 5200);
}

TEST(statistics_go_by_their_definitions)
{
    struct datum all = datum_of_value(arena, START, 1, 1);
    for (int value = 2; value <= 10; value++) {
        const struct datum one = datum_of_value(arena, START, value, 1);
        datum_add(arena, &all, &one);
    }
    CHECK_INT(told("tm50", &all), 3);
    CHECK_INT(told("TM(:5)", &all), 3);
    CHECK_INT(told("TC(2:5)", &all), 3);
    CHECK_INT(told("TS(80%:)", &all), 19);
    CHECK_INT(told("PR(:3)", &all), 30);
    CHECK_INT(told("WM(20%:80%)", &all) * 10, 53);
    const char *const wrong[] = { "p101", "p", "q90", "TM()", "TM(1%:5)", "PR90", "average", "TM(9:1)", "" };
    for (size_t i = 0; i < COUNT_OF(wrong); i++) {
        struct statistic statistic = { .kind = STATISTIC_AVERAGE };
        CHECK(!statistic_parse(str_of(wrong[i]), &statistic));
    }
}
