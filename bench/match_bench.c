/* match_bench.c - scanning and matching CloudTrail records with 10 to 5,000 Sigma-like rules, against scanning alone.
 *
 *     build/release/bench/match_bench [megabytes [rules]]
 *     build/release/bench/match_bench write RULES     the rules themselves, for other programs to load
 *
 * The rules are shaped like the public CloudTrail rules: most ask for a service and one to four actions, some add a part of a
 * user agent or an ARN, an error code or a negation; few have nothing but a part of a text. Prints medians of five. */
#include <stdio.h>
#include <stdlib.h>

#include "base/scan.h"
#include "bench/corpus.h"
#include "match/match.h"
#include "match/sigma.h"

enum { TURNS = 5, RULES_MAX = 5000 };

static int compare_doubles(const void *a, const void *b)
{
    const double x = *(const double *)a;
    const double y = *(const double *)b;
    return (x > y) - (x < y);
}

static void action(struct text *out, uint64_t *state, uint32_t rule)
{
    const char *verb = CORPUS_VERBS[corpus_pick(state, COUNT_OF(CORPUS_VERBS))];
    const char *noun = CORPUS_NOUNS[corpus_pick(state, COUNT_OF(CORPUS_NOUNS))];
    /* Half of the actions are rare ones that the corpus never shows. */
    text_add_format(out, rule % 2 ? "'%s%s'" : "'%s%sV%u'", verb, noun, rule % 700);
}

static void rule_text(struct text *out, uint64_t *state, uint32_t rule)
{
    const char *service = CORPUS_SERVICES[corpus_pick(state, COUNT_OF(CORPUS_SERVICES))];
    text_add_format(out, "title: rule %u\nid: 00000000-0000-4000-8000-%012u\nlevel: low\nlogsource: { product: aws, service: cloudtrail }\n"
                         "detection:\n  s:\n    eventSource: %s.amazonaws.com\n", rule, rule, service);
    if (rule % 25 == 24) { /* no action: only a part of a text */
        text_add_format(out, "    userAgent|contains: 'tool-%u'\n", rule);
    } else {
        text_add(out, STR("    eventName: ["));
        for (uint32_t n = corpus_pick(state, 4), i = 0; i <= n; i++) {
            text_add(out, i ? STR(", ") : STR(""));
            action(out, state, rule + i);
        }
        text_add(out, STR("]\n"));
    }
    switch (rule % 6) {
    case 1: text_add_format(out, "    userIdentity.arn|contains: 'service-role-%u'\n", corpus_pick(state, 400)); break;
    case 2: text_add(out, STR("    errorCode: AccessDenied\n")); break;
    case 3: text_add_format(out, "    userAgent|startswith: 'aws-cli/%u'\n", corpus_pick(state, 4)); break;
    case 4: text_add_format(out, "    sourceIPAddress|cidr: 203.0.113.%u/29\n", corpus_pick(state, 32) * 8); break;
    default: break;
    }
    text_add_format(out, "  f:\n    userIdentity.type: AWSService\n    userAgent|contains: 'internal-%u'\n", rule % 50);
    text_add(out, STR("  condition: s and not f\n---\n"));
}

struct engine {
    struct match_set *set;
    struct projection *projection;
    double compile_seconds;
};

static struct engine engine_of(struct arena *arena, size_t rule_count)
{
    struct ctx ctx = ctx_new(arena, 0);
    struct engine e = { 0 };
    struct match_builder *builder = match_builder_open();
    struct projection_builder *paths = projection_begin();
    const double start = corpus_seconds();
    uint64_t state = 77;
    for (uint32_t i = 0; i < rule_count; i++) {
        struct text text = text_new(arena);
        struct sigma_rules rules = { 0 };
        rule_text(&text, &state, i);
        match_sigma_parse(&ctx, STR("bench"), text_str(&text), NULL, &rules);
        if (rules.problem_count || match_builder_add(&ctx, builder, i, rules.rules[0].when).fault) {
            fprintf(stderr, "rule %u: %s\n", i, ctx.reason);
            exit(4);
        }
    }
    /* The fields an engine wants besides. */
    for (size_t i = 0; i < 12; i++) {
        projection_slot(paths, str_of(CORPUS_FIELDS[i]));
    }
    if (match_compile(&ctx, builder, paths, &e.set).fault) {
        fprintf(stderr, "%s\n", ctx.reason);
        exit(4);
    }
    e.projection = projection_end(paths);
    e.compile_seconds = corpus_seconds() - start;
    return e;
}

static double run(const struct engine *e, const struct corpus *corpus, bool matching, size_t *matches)
{
    static uint32_t ids[RULES_MAX];
    struct scan *scan = scan_open(e->projection);
    struct match_scratch *scratch = match_scratch_open();
    const double start = corpus_seconds();
    size_t used = 0;
    *matches = 0;
    scan_block(scan, corpus->text);
    for (size_t i = 0; i < corpus->count; i++) {
        if (!scan_next(scan, corpus->starts[i], &used)) {
            exit(4);
        }
        if (matching) {
            *matches += match_run(e->set, scratch, scan, ids, RULES_MAX);
        }
    }
    const double seconds = corpus_seconds() - start;
    match_scratch_close(scratch);
    scan_close(scan);
    return seconds;
}

static void bench_rules(const struct corpus *corpus, size_t rule_count)
{
    struct arena *arena = arena_open();
    const struct engine e = engine_of(arena, rule_count);
    double scanning[TURNS], matching[TURNS];
    size_t matches = 0, ignored = 0;
    for (int turn = 0; turn < TURNS; turn++) {
        scanning[turn] = run(&e, corpus, false, &ignored);
        matching[turn] = run(&e, corpus, true, &matches);
    }
    qsort(scanning, TURNS, sizeof(double), compare_doubles);
    qsort(matching, TURNS, sizeof(double), compare_doubles);
    const double median = matching[TURNS / 2];
    printf("%6zu %10.3f %10.2f %12.2f %14.1f %14zu %12.1f\n", rule_count, (double)corpus->count / median / 1e6,
           (double)corpus->text.len / median / 1e9, median / scanning[TURNS / 2],
           (median - scanning[TURNS / 2]) / (double)corpus->count * 1e9, matches, e.compile_seconds * 1e3);
    match_set_free(e.set);
    projection_free(e.projection);
    arena_close(arena);
}

static int write_rules(struct arena *arena, uint32_t count)
{
    uint64_t state = 77;
    struct text text = text_new(arena);
    for (uint32_t i = 0; i < count; i++) {
        rule_text(&text, &state, i);
    }
    fwrite(text_str(&text).ptr, 1, text.len, stdout);
    return 0;
}

int main(int argc, char **argv)
{
    static const size_t counts[] = { 10, 100, 300, 1000, 5000 };
    const size_t only = argc > 2 ? (size_t)strtoul(argv[2], NULL, 10) : 0;
    struct arena *arena = arena_open();
    if (argc > 2 && strcmp(argv[1], "write") == 0) {
        return write_rules(arena, (uint32_t)only);
    }
    const struct corpus corpus = corpus_make(arena, (argc > 1 ? (size_t)strtoul(argv[1], NULL, 10) : 32) << 20);
    printf("%zu records, %.0f bytes each\n", corpus.count, (double)corpus.text.len / (double)corpus.count);
    printf(" rules  M records/s     GB/s  scan+match/scan  match ns/record   matches   load, ms\n");
    for (size_t i = 0; i < COUNT_OF(counts); i++) {
        if (only == 0 || only == counts[i]) {
            bench_rules(&corpus, counts[i]);
        }
    }
    arena_close(arena);
    return 0;
}
