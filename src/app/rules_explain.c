#include "app/rules_explain.h"

#include "app/rules_tests.h"
#include "ingest/reader.h"
#include "match/match.h"

/* One rule as a set of its own, with a reader. */
struct bench {
    struct ctx *ctx;
    const struct rule *rule;
    const struct rules_explain_sink *sink;
    struct match_set *set;
    struct match_scratch *scratch;
    struct projection *projection;
    struct reader *reader;
    struct str part; /* the event at hand */
    size_t told;     /* events, so that no two are one to the reader */
};

static struct str json_of(struct arena *arena, const struct yaml_node *node)
{
    struct json_writer w = json_writer_new(arena);
    rules_tests_json(&w, node);
    return json_done(&w);
}

static void tell_entries(struct ctx *ctx, const struct yaml_node *section, const struct rules_explain_sink *sink)
{
    for (const struct yaml_node *n = section ? section->child : NULL; n; n = n->next) {
        sink->line(sink->self, n->key, "", n->kind == YAML_SCALAR ? n->text : json_of(ctx->arena, n));
    }
}

static void take_event(void *self, const struct event *ev)
{
    struct bench *bench = self;
    uint32_t id = 0;
    struct match_explanation why = { .words = STR_NONE };
    const bool matched = match_run(bench->set, bench->scratch, ev->scan, &id, 1) > 0;
    if (match_explain_last(bench->ctx, bench->scratch, 0, &why).fault) {
        return;
    }
    const bool failed = matched && !bench->rule->attempts && str_equal(event_get(ev, FIELD_OUTCOME), STR("Failure"));
    const struct str words = failed ? str_format(bench->ctx->arena, "%" STR_FMT "; but the call failed, and this rule's attempts don't count",
                                                 STR_ARG(why.words)) : why.words;
    bench->sink->line(bench->sink->self, bench->part, matched && !failed ? "match" : "miss", words);
}

static void take_trouble(void *self, const struct ingest_trouble *trouble)
{
    struct bench *bench = self;
    bench->sink->line(bench->sink->self, bench->part, "skipped", str_copy(bench->ctx->arena, str_of(trouble->reason)));
}

static void tell_events(struct bench *bench, const struct yaml_node *entries, const char *kind)
{
    const bool of_calls = (bench->rule->sources >> SOURCE_CLOUDTRAIL & 1) != 0;
    const struct ingest_sink sink = { .self = bench, .event = take_event, .trouble = take_trouble };
    size_t number = 0;
    for (const struct yaml_node *entry = entries ? entries->child : NULL; entry; entry = entry->next) {
        const bool several = entry->kind == YAML_LIST;
        bench->part = str_format(bench->ctx->arena, "%s %zu", kind, ++number);
        for (const struct yaml_node *event = several ? entry->child : entry; event; event = several ? event->next : NULL) {
            const struct str record = rules_tests_record(bench->ctx->arena, event, of_calls, ++bench->told);
            reader_read_text(bench->reader, STR("test"), str_format(bench->ctx->arena, "%" STR_FMT "\n", STR_ARG(record)), &sink);
        }
    }
}

static struct err open_bench(struct bench *bench)
{
    struct match_builder *builder = match_builder_open();
    struct projection_builder *paths = projection_begin();
    const struct reader_fields fields = reader_project(paths);
    struct err err = match_builder_add(bench->ctx, builder, 0, bench->rule->when);
    if (err.fault) {
        match_builder_close(builder);
    } else {
        err = match_compile(bench->ctx, builder, paths, &bench->set);
    }
    bench->projection = projection_end(paths);
    TRY(err);
    bench->scratch = match_scratch_open();
    bench->reader = reader_open(&fields, bench->projection);
    reader_want(bench->reader, UINT32_MAX);
    return ERR_OK;
}

struct err rules_explain_rule(struct ctx *ctx, const struct rule *rule, const struct rules_explain_sink *sink)
{
    const struct yaml_node *tests = yaml_get(yaml_get(rule->document, STR("yagura")), STR("tests"));
    struct bench bench = { .ctx = ctx, .rule = rule, .sink = sink };
    tell_entries(ctx, yaml_get(rule->document, STR("detection")), sink);
    const struct err err = open_bench(&bench);
    if (!err.fault) {
        tell_events(&bench, yaml_get(tests, STR("hit")), "hit");
        tell_events(&bench, yaml_get(tests, STR("near_miss")), "near_miss");
    }
    reader_close(bench.reader);
    match_scratch_close(bench.scratch);
    match_set_free(bench.set);
    projection_free(bench.projection);
    return err;
}

void rules_explain_correlation(struct ctx *ctx, const struct correlation *correlation, const struct rules_explain_sink *sink)
{
    tell_entries(ctx, yaml_get(correlation->document, STR("correlation")), sink);
}
