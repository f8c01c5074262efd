#include "app/match_rules.h"

#include "app/rule_options.h"
#include "match/eventbridge.h"

static struct err add_pattern(struct ctx *ctx, struct str pattern, struct match_builder *builder, struct match_rules *out)
{
    const struct predicate *predicate = NULL;
    TRY(eventbridge_parse(ctx, pattern, &predicate, NULL));
    out->titles = ARENA_NEW(ctx->arena, struct str);
    out->titles[0] = STR("pattern");
    out->count = 1;
    return match_builder_add(ctx, builder, 0, predicate);
}

static struct err add_rules(struct ctx *ctx, const struct settings *settings, struct projection_builder *paths,
                            struct match_builder *builder, struct match_rules *out)
{
    struct engine_options options = { .without_builtin = true };
    TRY(rule_options_read(ctx, &settings->rule, settings->mapping, &options));
    TRY(rules_load(ctx, &options, &out->loaded));
    if (out->loaded.count == 0) {
        return fail(ctx, &FAULT_INVALID, "there are no rules in what --rule names");
    }
    out->titles = ARENA_ARRAY(ctx->arena, struct str, out->loaded.count);
    for (size_t i = 0; i < out->loaded.count; i++) {
        out->titles[i] = out->loaded.items[i].sigma->title;
        TRY(match_builder_add(ctx, builder, (uint32_t)out->count++, out->loaded.items[i].when));
    }
    return correlate_open(ctx, &out->loaded, paths, &out->correlate);
}

struct err match_rules_open(struct ctx *ctx, const struct settings *settings, struct projection_builder *paths, struct match_rules *out)
{
    struct match_builder *builder = match_builder_open();
    const struct err err = settings->pattern.ptr ? add_pattern(ctx, settings->pattern, builder, out)
                                                 : add_rules(ctx, settings, paths, builder, out);
    if (err.fault) {
        match_builder_close(builder);
        return err;
    }
    TRY(match_compile(ctx, builder, paths, &out->set));
    out->scratch = match_scratch_open();
    out->held = ARENA_ARRAY(ctx->arena, uint32_t, out->count);
    return ERR_OK;
}

void match_rules_close(struct match_rules *rules)
{
    correlate_close(rules->correlate);
    match_scratch_close(rules->scratch);
    match_set_free(rules->set);
    projection_free(rules->projection);
}

static void *open_scratch(const void *self)
{
    (void)self;
    return match_scratch_open();
}

static void close_scratch(void *scratch)
{
    match_scratch_close(scratch);
}

static bool any_holds(const void *self, void *scratch, const struct event *ev)
{
    const struct match_rules *rules = self;
    uint32_t first = 0;
    return match_run(rules->set, scratch, ev->scan, &first, 1) > 0;
}

struct ingest_question match_rules_question(const struct match_rules *rules)
{
    return (struct ingest_question){ rules, open_scratch, close_scratch, any_holds };
}

struct match_verdict match_rules_ask(struct match_rules *rules, const struct event *ev)
{
    const size_t held = ev->scan ? match_run(rules->set, rules->scratch, ev->scan, rules->held, rules->count) : 0;
    if (held == 0) {
        return (struct match_verdict){ NULL, 0 };
    }
    struct correlate_hit complete[CORRELATE_HITS_MAX];
    const bool correlates = rules->correlate && ev->at_ms != 0;
    const size_t more = correlates ? correlate_event(rules->correlate, ev, rules->held, held, complete) : 0;
    struct match_hit *hits = ARENA_ARRAY(ev->arena, struct match_hit, held + more);
    size_t count = 0;
    for (size_t i = 0; i < held; i++) {
        if (!correlate_hides(rules->correlate, rules->held[i])) {
            hits[count++] = (struct match_hit){ rules->titles[rules->held[i]], STR_NONE };
        }
    }
    for (size_t i = 0; i < more; i++) {
        hits[count++] = (struct match_hit){ complete[i].detection->title, complete[i].why };
    }
    return (struct match_verdict){ hits, count };
}
