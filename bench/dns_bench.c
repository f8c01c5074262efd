/* dns_bench.c - resolver query logs: the reader against a plain C recipe that does the same by hand, pairwise in one run.
 *
 *     build/release/bench/dns_bench [lines in thousands [folder to write the files to]]
 *
 * The recipe knows the order of the keys by heart and looks for no more than four of them; it counts per source, and looks up
 * every suffix of the name in a set of two million listed names, probed in batches. The reader finds the format by itself,
 * checks, and hands over whole events, of which the sink keeps the same. recipe.h says what is printed. */
#include "bench/recipe.h"

enum { LISTED = 2000000, SLOTS = 1 << 22, SOURCES = 1 << 12, BATCH = 32, LABELS_MAX = 8 };

static uint64_t *listed;
static struct asker {
    uint64_t queries, bytes, failed;
} sources[SOURCES];
static uint64_t found, lines_seen, waiting[BATCH * LABELS_MAX];
static size_t waiting_count;

static uint64_t mix(uint64_t hash, unsigned char byte) { return (hash ^ byte) * 0x100000001B3u; }
static size_t place_of(uint64_t hash) { return (size_t)((hash * 0x9E3779B97F4A7C15u) >> 42); }

static void list_names(void)
{
    listed = calloc(SLOTS, sizeof(*listed));
    uint64_t state = 99;
    for (size_t i = 0; listed && i < LISTED; i++) {
        state = state * 6364136223846793005u + 1442695040888963407u;
        listed[place_of(state)] = state;
    }
}

/* The probes of a batch of names at once, so that the memory works while we do. */
static void probe(void)
{
    for (size_t i = 0; i < waiting_count; i++) {
        found += listed[place_of(waiting[i])] == waiting[i];
    }
    waiting_count = 0;
}

/* From the last label on, without the final dot. */
static void look_up(struct str name)
{
    uint64_t hash = 0xCBF29CE484222325u;
    size_t labels = 0;
    if (waiting_count + LABELS_MAX > COUNT_OF(waiting)) {
        probe();
    }
    for (size_t i = name.len; i-- > 0 && labels < LABELS_MAX;) {
        if (name.ptr[i] == '.' && i + 1 < name.len) {
            __builtin_prefetch(&listed[place_of(hash)]);
            waiting[waiting_count++] = hash;
            labels++;
        }
        hash = mix(hash, (unsigned char)name.ptr[i]);
    }
}

static void keep(struct str address, struct str name, struct str status)
{
    uint64_t hash = 0;
    for (size_t i = 0; i < address.len; i++) {
        hash = mix(hash, (unsigned char)address.ptr[i]);
    }
    struct asker *source = &sources[hash % SOURCES];
    source->queries++;
    source->bytes += name.len;
    source->failed += !str_equal(status, STR("NOERROR"));
    lines_seen++;
    look_up(name);
}

static uint64_t checksum(void)
{
    probe();
    uint64_t sum = lines_seen * 7 + found;
    for (size_t i = 0; i < SOURCES; i++) {
        sum = sum * 31 + sources[i].queries + sources[i].bytes * 3 + sources[i].failed * 5;
    }
    memset(sources, 0, sizeof(sources));
    lines_seen = found = 0;
    return sum;
}

/* --- the recipe --- */

static const char *take(const char *at, const char *end, struct str key, struct str *value)
{
    const char *start = (const char *)memmem(at, (size_t)(end - at), key.ptr, key.len) + key.len;
    const char *quote = memchr(start, '"', (size_t)(end - start));
    *value = (struct str){ start, (size_t)(quote - start) };
    return quote + 1;
}

static void by_hand(struct str text)
{
    const char *const end = text.ptr + text.len;
    for (const char *at = text.ptr; at < end;) {
        struct str name = STR_NONE, status = STR_NONE, address = STR_NONE;
        at = take(at, end, STR("\"query_name\":\""), &name);
        at = take(at, end, STR("\"rcode\":\""), &status);
        at = take(at, end, STR("\"srcaddr\":\""), &address);
        keep(address, name, status);
        at = (const char *)memchr(at, '\n', (size_t)(end - at)) + 1;
    }
}

/* --- the reader --- */

static void take_event(void *self, const struct event *ev)
{
    (void)self;
    keep(event_get(ev, FIELD_IP), event_get(ev, FIELD_QUERY), event_get(ev, FIELD_STATUS));
}

static struct str made_up(struct arena *arena, size_t lines)
{
    static const char *const domains[] = { "example.com.", "cdn.example.net.", "ap-northeast-1.amazonaws.com.", "internal.example.org.",
                                           "updates.example.co.jp.", "metrics.example.io." };
    struct text out = text_new(arena);
    uint64_t state = 5;
    for (size_t i = 0; i < lines; i++) {
        const uint32_t host = corpus_pick(&state, 3000), n = corpus_pick(&state, 1u << 24);
        text_add_format(&out,
                        "{\"version\":\"1.100000\",\"account_id\":\"111122223333\",\"region\":\"ap-northeast-1\",\"vpc_id\":\"vpc-0a1b2c3d4e5f60718\","
                        "\"query_timestamp\":\"2026-11-16T%02zu:%02zu:%02zuZ\",\"query_name\":\"%s%u.%s\",\"query_type\":\"%s\","
                        "\"query_class\":\"IN\",\"rcode\":\"%s\",\"answers\":[{\"Rdata\":\"203.0.113.%u\",\"Type\":\"A\",\"Class\":\"IN\"}],"
                        "\"srcaddr\":\"10.%u.%u.%u\",\"srcport\":\"%u\",\"transport\":\"UDP\",\"srcids\":{\"instance\":\"i-%017x\"}}\n",
                        i / 40000 % 24, i / 700 % 60, i / 12 % 60, n % 3 ? "node" : "www", n % 9000,
                        domains[corpus_pick(&state, COUNT_OF(domains))], n % 4 ? "A" : "AAAA", n % 13 ? "NOERROR" : "NXDOMAIN", n % 250,
                        host % 16, host / 16 % 16, host / 256 + 1, 1024 + n % 60000, host);
    }
    return text_str(&out);
}

int main(int argc, char **argv)
{
    const size_t lines = (argc > 1 ? (size_t)strtoul(argv[1], NULL, 10) : 200) * 1000;
    struct arena *arena = arena_open();
    list_names();
    const struct recipe recipe = { made_up(arena, lines), lines, by_hand, checksum, { .event = take_event, .trouble = recipe_trouble } };
    const struct recipe_files files = recipe_pack(arena, recipe.text);
    if (argc > 2) {
        recipe_write(&files, argv[2]);
    }
    recipe_run(arena, &recipe, &files);
    free(listed);
    arena_close(arena);
    return 0;
}
