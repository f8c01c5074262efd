#include "ingest/recent.h"

#include "tests/test.h"

static uint64_t spread(uint64_t i)
{
    return (i + 1) * 0x9E3779B97F4A7C15ULL;
}

TEST(a_hash_is_new_once)
{
    struct recent *recent = recent_open(100);
    CHECK(recent_add(recent, 7) && !recent_add(recent, 7));
    CHECK(recent_add(recent, 0) && !recent_add(recent, 0));
    recent_close(recent);
}

TEST(the_newest_are_remembered_and_the_oldest_forgotten)
{
    struct recent *recent = recent_open(1 << 12);
    for (uint64_t i = 0; i < 100000; i++) {
        CHECK(recent_add(recent, spread(i)));
    }
    size_t known = 0;
    for (uint64_t i = 100000 - 1024; i < 100000; i++) {
        known += !recent_add(recent, spread(i));
    }
    CHECK(known > 1000); /* buckets fill unevenly: a few of a quarter of the capacity may be gone */
    CHECK(recent_add(recent, spread(0)));
    recent_close(recent);
}

TEST(growing_forgets_next_to_nothing)
{
    struct recent *recent = recent_open(1 << 20);
    for (uint64_t i = 0; i < 300000; i++) {
        CHECK(recent_add(recent, spread(i)));
    }
    size_t forgotten = 0;
    for (uint64_t i = 0; i < 300000; i++) {
        forgotten += recent_add(recent, spread(i));
    }
    CHECK(forgotten < 300000 / 1000);
    recent_close(recent);
}
