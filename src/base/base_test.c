#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/map.h"
#include "base/queue.h"
#include "base/str.h"

#include "tests/test.h"

TEST(an_arena_gives_zeroed_memory_and_takes_it_back)
{
    const struct arena_mark mark = arena_mark(arena);
    for (int i = 0; i < 1000; i++) {
        const char *piece = arena_alloc(arena, 1000);
        CHECK(piece[0] == 0 && piece[999] == 0);
    }
    arena_release(arena, mark);
    CHECK(arena_size(arena) < 100000);
}

/* Each must come out as the library would have it. */
#define CHECK_FORMAT(...)                                                        \
    do {                                                                         \
        char expected[512];                                                      \
        snprintf(expected, sizeof(expected), __VA_ARGS__);                       \
        struct text added = text_new(arena);                                     \
        text_add_format(&added, __VA_ARGS__);                                    \
        CHECK_STR(str_format(arena, __VA_ARGS__), expected);                     \
        CHECK_STR(text_str(&added), expected);                                   \
    } while (0)

TEST(formats_are_as_the_library_has_them)
{
    const struct str absent = STR_NONE, nul = { "a\0b", 3 };
    CHECK_FORMAT("%s", "");
    CHECK_FORMAT("plain");
    CHECK_FORMAT("%s%%%s%%", "a", "100%");
    CHECK_FORMAT("[%" STR_FMT "][%" STR_FMT "][%.*s]", STR_ARG(absent), STR_ARG(nul), -1, "no limit");
    CHECK_FORMAT("%d %d %d %u %u", 0, INT32_MAX, INT32_MIN, 0U, UINT32_MAX);
    CHECK_FORMAT("%lld %lld %llu %zu", (long long)INT64_MIN, (long long)INT64_MAX, (unsigned long long)UINT64_MAX, SIZE_MAX);
    CHECK_FORMAT("%05d|%-4s|%c|%.2f|%x|%.3s", 42, "ab", 'c', 1.5, 255U, "abcdef");
    CHECK_FORMAT("%02d %03d %03d %02d %020lld %020llu %01u", 5, -5, 1234, -1, (long long)INT64_MIN, (unsigned long long)UINT64_MAX, 0U);
    CHECK_FORMAT("%040lld %0d %021llu", 7LL, 8, 10ULL);
    CHECK_FORMAT("%d%d%d%d%d%d%d%d%d%d%d%d%d%d%d%d%d%d%d%d%d%d%d%d%d", 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17,
                 18, 19, 20, 21, 22, 23, 24, 25);
}

TEST(text_grows_and_stays_terminated)
{
    struct text text = text_new(arena);
    for (int i = 0; i < 1000; i++) {
        text_add_int(&text, -i);
    }
    text_add_format(&text, "%s", "end");
    const struct str all = text_str(&text);
    CHECK(all.len == strlen(all.ptr) && str_ends(all, STR("-999end")));
}

TEST(base64_is_strict_both_ways)
{
    struct str out = STR_NONE;
    CHECK_STR(str_base64(arena, STR("any carnal pleas")), "YW55IGNhcm5hbCBwbGVhcw==");
    CHECK(str_unbase64(arena, STR("YW55IGNhcm5hbCBwbGVhcw=="), &out));
    CHECK_STR(out, "any carnal pleas");
    CHECK(!str_unbase64(arena, STR("YW55"
                                   "IGNhcm5hbCBwbGVhcx=="), &out));
    CHECK(!str_unbase64(arena, STR("abc"), &out) && !str_unbase64(arena, STR("a==="), &out));
}

TEST(numbers_are_whole_texts_within_range)
{
    int64_t n = 0;
    CHECK(str_to_int(STR("-9223372036854775808"), &n) && n == INT64_MIN);
    CHECK(!str_to_int(STR("9223372036854775808"), &n) && !str_to_int(STR("12a"), &n) && !str_to_int(STR(""), &n));
}

TEST(percent_coding_round_trips)
{
    const struct str encoded = str_percent_encode(arena, STR("a b/\xE3\x81\x82~"), true);
    CHECK_STR(encoded, "a%20b/%E3%81%82~");
    CHECK_STR(str_percent_decode(arena, STR("a+b%2Fc%zz"), true), "a b/c%zz");
}

TEST(dates_survive_the_round_trip)
{
    int64_t ms = 0;
    CHECK(clock_parse_iso8601(STR("2024-02-29T23:59:59.250+09:00"), &ms));
    CHECK_STR(clock_format_iso8601_ms(arena, ms), "2024-02-29T14:59:59.250Z");
    CHECK(clock_parse_rfc7231(clock_format_rfc7231(arena, 784111777000), &ms) && ms == 784111777000);
    CHECK_STR(clock_format_rfc7231(arena, 784111777000), "Sun, 06 Nov 1994 08:49:37 GMT");
    CHECK(clock_parse_amz(STR("20130524T000000Z"), &ms));
    CHECK_STR(clock_format_iso8601(arena, ms), "2013-05-24T00:00:00Z");
    CHECK_STR(clock_format_iso8601(arena, -1), "1969-12-31T23:59:59Z");
    CHECK(!clock_parse_iso8601(STR("2023-02-29T00:00:00Z"), &ms) && !clock_parse_iso8601(STR("2023-02-28"), &ms));
}

TEST(a_map_finds_what_was_put_and_forgets_what_was_removed)
{
    struct map *map = map_open();
    static int values[1000];
    for (int i = 0; i < 1000; i++) {
        map_put(map, str_format(arena, "key%d", i), &values[i]);
    }
    CHECK(map_count(map) == 1000 && map_get(map, STR("key77")) == &values[77]);
    CHECK(map_remove(map, STR("key77")) == &values[77] && map_get(map, STR("key77")) == NULL);
    CHECK(map_count(map) == 999);
    map_close(map, NULL);
}

static void produce(void *argument)
{
    static int item;
    for (int i = 0; i < 1000; i++) {
        queue_push(argument, &item);
    }
}

TEST(a_queue_hands_over_everything_and_then_closes)
{
    struct queue *queue = queue_open(8);
    struct thread *a = thread_start("a", produce, queue);
    struct thread *b = thread_start("b", produce, queue);
    for (int i = 0; i < 2000; i++) {
        CHECK(queue_pop(queue) != NULL);
    }
    thread_join(a);
    thread_join(b);
    queue_close(queue);
    CHECK(queue_pop(queue) == NULL && !queue_try_push(queue, arena));
    queue_free(queue);
}

TEST(short_numbers_are_read_as_the_library_reads_them)
{
    static const char *const edges[] = { "0", "-0", "-0.0", "9007199254740993", "9999999999999999", "0.000000000000001", "-122.42916360922",
                                         "0.1", "37.80848", "1e5", "123456789012.5", "1234567.89012345", "999999999999999" };
    uint64_t state = 7;
    for (size_t i = 0; i < 20000; i++) {
        state = state * 6364136223846793005u + 1442695040888963407u;
        const uint64_t digits = (state >> 12) % 10000000000000u;
        const struct str text = i < COUNT_OF(edges) ? str_of(edges[i])
                                : str_format(arena, "%s%llu.%0*llu", state >> 63 ? "-" : "", (unsigned long long)digits % 100000,
                                             (int)(1 + (state >> 56) % 9), (unsigned long long)(digits / 100000) % 10);
        double got = 0;
        const double expected = strtod(text.ptr, NULL);
        CHECK(str_to_double(text, &got));
        CHECK(memcmp(&got, &expected, sizeof(got)) == 0);
    }
}
