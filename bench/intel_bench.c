/* intel_bench.c - names, addresses and files looked up in lists of millions. Usage: intel_bench [MILLIONS]. */
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <time.h>

#include "base/arena.h"
#include "detect/intel_format.h"

enum { ASKED = 1 << 16, ROUNDS = 64 };

static double seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static long resident_kib(void)
{
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    return usage.ru_maxrss;
}

static uint32_t next(uint32_t *state)
{
    *state = *state * 1664525u + 1013904223u;
    return *state >> 8;
}

static void load(struct intel *intel, enum intel_list list, struct text *lines, const char *what, size_t count)
{
    size_t used = 0;
    const double start = seconds();
    intel_load_text(intel, list, text_str(lines), &used);
    printf("%-34s %6.2f M/s (%zu of %zu)\n", what, (double)count / (seconds() - start) / 1e6, used, count);
    text_reset(lines);
}

static void report(const char *what, double start, size_t hits)
{
    printf("%-34s %6.2f M/s (%zu hits)\n", what, (double)ASKED * ROUNDS / (seconds() - start) / 1e6, hits);
}

int main(int argc, char **argv)
{
    const size_t count = (size_t)(argc > 1 ? strtoul(argv[1], NULL, 10) : 2) * 1000000;
    struct arena *arena = arena_open();
    struct intel *intel = intel_open();
    struct text lines = text_new(arena);
    struct str *names = ARENA_ARRAY(arena, struct str, ASKED);
    struct str *addresses = ARENA_ARRAY(arena, struct str, ASKED);
    unsigned *lists = ARENA_ARRAY(arena, unsigned, ASKED);
    uint32_t state = 1;
    for (size_t i = 0; i < ASKED; i++) { /* one of sixteen stands on the list */
        const size_t n = next(&state) % count;
        names[i] = i % 16 == 0 ? str_format(arena, "a.host%zu.evil%zu.example", n, n % 977)
                               : str_format(arena, "www%u.service.shop%u.example.com", next(&state) % 100, next(&state));
        addresses[i] = str_format(arena, "%u.%u.%u.%u", next(&state) % 224, next(&state) % 256, next(&state) % 256, next(&state) % 256);
    }
    for (size_t i = 0; i < count; i++) {
        text_add_format(&lines, "host%zu.evil%zu.example\n", i, i % 977);
    }
    load(intel, INTEL_COMMAND, &lines, "names loaded", count);
    const long before = resident_kib();
    for (size_t i = 0; i < count; i++) {
        text_add_format(&lines, "%u.%u.%u.%u/%u\n", next(&state) % 224, next(&state) % 256, next(&state) % 256, next(&state) % 256,
                        16 + next(&state) % 17);
    }
    load(intel, INTEL_VPN, &lines, "networks loaded", count);
    printf("%-34s %ld MiB, before the networks %ld MiB, text of the lists included\n", "most memory", resident_kib() / 1024, before / 1024);

    size_t hits = 0;
    double start = seconds();
    for (size_t round = 0; round < ROUNDS; round++) {
        for (size_t i = 0; i < ASKED; i++) {
            hits += intel_name_lists(intel, names[i]) != 0;
        }
    }
    report("names, one by one", start, hits);
    hits = 0;
    start = seconds();
    for (size_t round = 0; round < ROUNDS; round++) {
        intel_name_lists_many(intel, names, ASKED, lists);
        for (size_t i = 0; i < ASKED; i++) {
            hits += lists[i] != 0;
        }
    }
    report("names, many at once", start, hits);
    hits = 0;
    start = seconds();
    for (size_t round = 0; round < ROUNDS; round++) {
        for (size_t i = 0; i < ASKED; i++) {
            hits += intel_lists(intel, addresses[i]) != 0;
        }
    }
    report("addresses, as text", start, hits);
    intel_close(intel);
    arena_close(arena);
    return 0;
}
