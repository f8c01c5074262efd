/* memory_bench.c - what is allocated for a compiled rule, and for a key that a detector remembers.
 *
 *     memory_bench rules FOLDER     prints how many Sigma rules there are, and the bytes of the compiled set
 *     memory_bench keys BYTES       100,000 keys of 40 letters with BYTES of memory each: prints keys and bytes */
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>

#include "detect/memory.h"
#include "match/match.h"
#include "match/sigma.h"

enum { KEYS = 100000 };

static size_t allocated(void)
{
    const struct mallinfo2 info = mallinfo2();
    return info.uordblks + info.hblkhd;
}

static int rules(const char *folder)
{
    struct arena *arena = arena_open();
    struct ctx ctx = ctx_new(arena, 0);
    struct sigma_rules rules = { 0 };
    struct match_builder *builder = match_builder_open();
    struct projection_builder *paths = projection_begin();
    struct match_set *set = NULL;
    const size_t before = allocated();
    if (match_sigma_load(&ctx, folder, NULL, &rules).fault) {
        return 4;
    }
    for (uint32_t i = 0; i < rules.count; i++) {
        if (match_builder_add(&ctx, builder, i, rules.rules[i].when).fault) {
            return 4;
        }
    }
    if (match_compile(&ctx, builder, paths, &set).fault) {
        return 4;
    }
    struct projection *projection = projection_end(paths);
    const size_t count = match_set_rules(set);
    arena_close(arena);
    printf("%zu %zu\n", count, allocated() - before);
    projection_free(projection);
    match_set_free(set);
    return 0;
}

static int keys(size_t piece)
{
    const size_t before = allocated();
    struct memory_table *table = memory_table_open(piece, KEYS, 1);
    for (int i = 0; i < KEYS; i++) {
        char name[48];
        snprintf(name, sizeof(name), "arn:aws:iam::111122223333:user/n%08d", i);
        memory_table_get(table, STR("111122223333"), str_of(name));
    }
    printf("%d %zu\n", KEYS, allocated() - before);
    memory_table_close(table);
    return 0;
}

int main(int argc, char **argv)
{
    if (argc != 3) {
        fputs("usage: memory_bench rules FOLDER | keys BYTES\n", stderr);
        return 2;
    }
    return argv[1][0] == 'r' ? rules(argv[2]) : keys((size_t)strtoul(argv[2], NULL, 10));
}
