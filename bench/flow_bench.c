/* flow_bench.c - flow log text: the reader against a plain C recipe that does the same by hand, pairwise in one run.
 *
 *     build/release/bench/flow_bench [lines in thousands [folder to write the files to]]
 *
 * The recipe knows the 14 columns of version 2 by heart, checks nothing but what it parses, and keeps packets, bytes and the
 * last second per pair of addresses. The reader finds format and columns by itself, checks, and hands over whole events, of
 * which the sink keeps the same. recipe.h says what is printed. */
#include "bench/recipe.h"

enum { PAIRS = 1 << 16, HOSTS = 4096 };

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

static void by_hand(struct str text)
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

int main(int argc, char **argv)
{
    const size_t lines = (argc > 1 ? (size_t)strtoul(argv[1], NULL, 10) : 500) * 1000;
    struct arena *arena = arena_open();
    const struct recipe recipe = { made_up(arena, lines), lines, by_hand, checksum, { .event = take_event, .trouble = recipe_trouble } };
    const struct recipe_files files = recipe_pack(arena, recipe.text);
    if (argc > 2) {
        recipe_write(&files, argv[2]);
    }
    recipe_run(arena, &recipe, &files);
    arena_close(arena);
    return 0;
}
