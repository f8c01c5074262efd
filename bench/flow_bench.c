/* flow_bench.c - flow log text: the reader against a plain C recipe that does the same by hand, pairwise in one run.
 *
 *     build/release/bench/flow_bench [lines in thousands]
 *
 * The recipe knows the 14 columns of version 2 by heart, checks nothing but what it parses, and keeps packets, bytes and the
 * last second per pair of addresses. The reader finds format and columns by itself, checks, and hands over whole events, of
 * which the sink keeps the same. Medians of five; the sums of both must agree. */
#include <stdio.h>
#include <stdlib.h>

#include "bench/corpus.h"
#include "ingest/reader.h"

enum { TURNS = 5, PAIRS = 1 << 16, HOSTS = 4096 };

struct pair {
    uint64_t key;
    uint64_t packets, bytes;
    int64_t last;
};

static struct pair pairs[PAIRS];
static uint64_t lines_seen;

static void keep(uint32_t source, uint32_t target, uint64_t packets, uint64_t bytes, int64_t end)
{
    const uint64_t key = (uint64_t)source << 32 | target;
    size_t at = (size_t)((key * 0x9E3779B97F4A7C15u) >> 48);
    while (pairs[at].key != key && pairs[at].key != 0) {
        at = (at + 1) & (PAIRS - 1);
    }
    pairs[at].key = key;
    pairs[at].packets += packets;
    pairs[at].bytes += bytes;
    pairs[at].last = end > pairs[at].last ? end : pairs[at].last;
    lines_seen++;
}

static uint64_t checksum(void)
{
    uint64_t sum = lines_seen;
    for (size_t i = 0; i < PAIRS; i++) {
        sum = sum * 31 + pairs[i].key + pairs[i].packets * 7 + pairs[i].bytes * 3 + (uint64_t)pairs[i].last;
    }
    memset(pairs, 0, sizeof(pairs));
    lines_seen = 0;
    return sum;
}

/* --- the recipe --- */

static const char *skip_word(const char *at)
{
    while (*at != ' ') {
        at++;
    }
    return at + 1;
}

static const char *take_number(const char *at, uint64_t *out)
{
    uint64_t number = 0;
    while (*at >= '0' && *at <= '9') {
        number = number * 10 + (uint64_t)(*at++ - '0');
    }
    *out = number;
    return at + 1;
}

static const char *take_address(const char *at, uint32_t *out)
{
    uint32_t address = 0;
    for (int part = 0; part < 4; part++) {
        uint64_t number = 0;
        at = take_number(at, &number);
        address = address << 8 | (uint32_t)number;
    }
    *out = address;
    return at;
}

static void recipe(struct str text)
{
    const char *const end = text.ptr + text.len;
    for (const char *at = text.ptr; at < end;) {
        uint32_t source = 0, target = 0;
        uint64_t source_port, target_port, protocol, packets, bytes, first, last;
        at = skip_word(skip_word(skip_word(at)));
        at = take_address(at, &source);
        at = take_address(at, &target);
        at = take_number(at, &source_port);
        at = take_number(at, &target_port);
        at = take_number(at, &protocol);
        at = take_number(at, &packets);
        at = take_number(at, &bytes);
        at = take_number(at, &first);
        at = take_number(at, &last);
        keep(source, target, packets, bytes, (int64_t)last);
        at = (const char *)memchr(at, '\n', (size_t)(end - at)) + 1;
    }
}

/* --- the reader --- */

static uint32_t v4(const unsigned char address[16])
{
    return (uint32_t)address[12] << 24 | (uint32_t)address[13] << 16 | (uint32_t)address[14] << 8 | address[15];
}

static void take_event(void *self, const struct event *ev)
{
    (void)self;
    keep(v4(ev->flow.source), v4(ev->flow.target), ev->flow.packets, ev->flow.bytes, ev->flow.end);
}

static void take_trouble(void *self, const struct ingest_trouble *trouble)
{
    (void)self;
    fprintf(stderr, "at %ju: %s\n", (uintmax_t)trouble->offset, trouble->reason);
    exit(4);
}

static struct str made_up(struct arena *arena, size_t lines)
{
    struct text out = text_new(arena);
    uint64_t state = 7;
    for (size_t i = 0; i < lines; i++) {
        const uint32_t host = corpus_pick(&state, HOSTS);
        text_add_format(&out, "2 111122223333 eni-0%016x 10.%u.%u.%u 203.0.%u.%u %u %u %d %u %u %zu %zu %s OK\n", host * 7919u, host % 16,
                        host / 16 % 16, host / 256 + 1, corpus_pick(&state, 4), 1 + corpus_pick(&state, 3), 1024 + corpus_pick(&state, 60000),
                        corpus_pick(&state, 3) ? 443 : 22, corpus_pick(&state, 5) ? 6 : 17, 1 + corpus_pick(&state, 900),
                        40 + corpus_pick(&state, 900000), 1767574923 + i / 500, 1767574983 + i / 500, corpus_pick(&state, 9) ? "ACCEPT" : "REJECT");
    }
    return text_str(&out);
}

static int compare_doubles(const void *a, const void *b)
{
    const double x = *(const double *)a;
    const double y = *(const double *)b;
    return (x > y) - (x < y);
}

static void report(const char *name, double *seconds, struct str text, size_t lines)
{
    qsort(seconds, TURNS, sizeof(*seconds), compare_doubles);
    printf("%-44s %6.2f GB/s %7.2f M lines/s\n", name, (double)text.len / seconds[TURNS / 2] / 1e9,
           (double)lines / seconds[TURNS / 2] / 1e6);
}

int main(int argc, char **argv)
{
    const size_t lines = (argc > 1 ? (size_t)strtoul(argv[1], NULL, 10) : 500) * 1000;
    struct arena *arena = arena_open();
    const struct str text = made_up(arena, lines);
    struct projection_builder *builder = projection_begin();
    const struct reader_fields fields = reader_project(builder);
    struct projection *projection = projection_end(builder);
    struct reader *reader = reader_open(&fields, projection);
    const struct ingest_sink sink = { NULL, take_event, take_trouble };
    double by_hand[TURNS], by_reader[TURNS];
    for (int turn = 0; turn < TURNS; turn++) {
        double start = corpus_seconds();
        recipe(text);
        by_hand[turn] = corpus_seconds() - start;
        const uint64_t expected = checksum();
        start = corpus_seconds();
        reader_read_text(reader, STR("bench"), text, &sink);
        by_reader[turn] = corpus_seconds() - start;
        if (checksum() != expected) {
            fputs("the reader's sums differ from the recipe's\n", stderr);
            return 4;
        }
    }
    report("plain C recipe, state per pair", by_hand, text, lines);
    report("reader, whole events, state per pair", by_reader, text, lines);
    printf("%-44s %6.2f\n", "share of the recipe's speed", by_hand[TURNS / 2] / by_reader[TURNS / 2]);
    reader_close(reader);
    projection_free(projection);
    arena_close(arena);
    return 0;
}
