#include "detect/rules.h"

#include "base/map.h"
#include "detect/embedded.h"
#include "ingest/format.h"

static struct str slug(struct arena *arena, struct str title)
{
    struct text out = text_new(arena);
    for (size_t i = 0; i < title.len; i++) {
        const char c = title.ptr[i];
        const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
        if (plain || (out.len > 0 && out.ptr[out.len - 1] != '-')) {
            text_add_char(&out, plain ? c : '-');
        }
    }
    return text_str(&out);
}

/* Sigma's levels as GuardDuty's bands. */
static double severity_of_level(struct str level)
{
    static const struct {
        struct str level;
        double severity;
    } levels[] = { { STR_INIT("critical"), 9 }, { STR_INIT("high"), 8 }, { STR_INIT("medium"), 5 }, { STR_INIT("low"), 2 },
                   { STR_INIT("informational"), 1 } };
    for (size_t i = 0; i < sizeof(levels) / sizeof(levels[0]); i++) {
        if (str_equal_nocase(level, levels[i].level)) {
            return levels[i].severity;
        }
    }
    return 5;
}

static struct str or_else(struct str first, struct str second) { return first.len > 0 ? first : second; }

static struct rule plain_rule(struct arena *arena, const struct sigma_rule *sigma, uint32_t sources)
{
    const struct str name = slug(arena, or_else(sigma->title, sigma->file));
    const bool of_calls = (sources >> SOURCE_CLOUDTRAIL & 1) != 0;
    return (struct rule){
        .detection = {
            .type = str_format(arena, "Custom:Sigma/%" STR_FMT, STR_ARG(name)),
            .severity = severity_of_level(sigma->level),
            .resource = STR("AccessKey"),
            .title = or_else(sigma->title, name),
            .description = str_format(arena, "%" STR_FMT "%s", STR_ARG(sigma->description),
                                      of_calls ? " Seen in a call of ${eventName} by ${caller} from ${source}." : ""),
        },
        .attempts = true,
    };
}

static struct err own_rule(struct ctx *ctx, const struct sigma_rule *sigma, const struct yaml_node *own, struct rule *out)
{
    *out = (struct rule){
        .detection = {
            .type = yaml_text(own, STR("type")),
            .signal = yaml_text(own, STR("signal")),
            .resource = or_else(yaml_text(own, STR("resource")), STR("AccessKey")),
            .name = yaml_text(own, STR("name")),
            .title = or_else(yaml_text(own, STR("title")), sigma->title),
            .description = or_else(yaml_text(own, STR("description")), sigma->description),
        },
    };
    const struct yaml_node *attempts = yaml_get(own, STR("attempts"));
    const struct yaml_node *severity = yaml_get(own, STR("severity"));
    if (out->detection.type.len == 0 || severity == NULL || !yaml_number(severity, &out->detection.severity) ||
        !(out->detection.severity >= 1 && out->detection.severity <= 10) ||
        (attempts && !yaml_bool(attempts, &out->attempts))) {
        return fail(ctx, &FAULT_INVALID, "%" STR_FMT ":%u: yagura needs a type, a severity from 1 to 10, and attempts true or false",
                    STR_ARG(sigma->file), own->line);
    }
    return ERR_OK;
}

static void put(struct arena *arena, struct rules *rules, const struct rule *rule)
{
    const size_t *known = map_get(rules->by_id, rule->detection.id);
    if (known) {
        rules->items[*known] = *rule;
        return;
    }
    size_t *place = ARENA_NEW(arena, size_t);
    *place = rules->count;
    map_put(rules->by_id, rule->detection.id, place);
    if (rules->count == rules->capacity) {
        const size_t size = sizeof(struct rule);
        const size_t capacity = rules->capacity ? rules->capacity * 2 : 64;
        rules->items = arena_grow(arena, rules->items, rules->capacity * size, capacity * size);
        rules->capacity = capacity;
    }
    rules->items[rules->count++] = *rule;
}

static struct err take_correlation(struct ctx *ctx, const struct correlation *from, struct detection *out)
{
    const struct sigma_rule sigma = {
        .file = from->file, .line = from->line, .title = from->title, .description = from->description, .level = from->level,
    };
    const struct yaml_node *own = yaml_get(from->document, STR("yagura"));
    struct rule rule = plain_rule(ctx->arena, &sigma, 0);
    rule.detection.description = str_format(ctx->arena, "%" STR_FMT " ${why}.", STR_ARG(from->description));
    if (own) {
        TRY(own_rule(ctx, &sigma, own, &rule));
    }
    *out = rule.detection;
    out->id = or_else(from->id, or_else(from->name, slug(ctx->arena, from->title)));
    out->file = from->file;
    return ERR_OK;
}

static struct err take_correlations(struct ctx *ctx, const struct sigma_rules *sigma, struct rules *out)
{
    const size_t count = out->correlation_count + sigma->correlation_count;
    struct correlation *correlations = ARENA_ARRAY(ctx->arena, struct correlation, count);
    struct detection *detections = ARENA_ARRAY(ctx->arena, struct detection, count);
    for (size_t i = 0; i < out->correlation_count; i++) {
        correlations[i] = out->correlations[i];
        detections[i] = out->correlation_detections[i];
    }
    out->correlations = correlations;
    out->correlation_detections = detections;
    for (size_t i = 0; i < sigma->correlation_count; i++) {
        correlations[out->correlation_count] = sigma->correlations[i];
        TRY(take_correlation(ctx, &sigma->correlations[i], &detections[out->correlation_count++]));
    }
    return ERR_OK;
}

static void take_filters(struct arena *arena, const struct sigma_rules *sigma, struct rules *out)
{
    const size_t count = out->filter_count + sigma->filter_count;
    const size_t size = sizeof(*out->filters);
    out->filters = arena_grow(arena, out->filters, out->filter_count * size, count * size);
    for (size_t i = 0; i < sigma->filter_count; i++) {
        out->filters[out->filter_count++] = sigma->filters[i];
    }
}

/* Rules of one collection mostly mean the same logs as the one before. */
static uint32_t sources_like(const struct sigma_rule *rule, const struct sigma_rule *before, uint32_t sources_before)
{
    const bool same = before && str_equal(rule->product, before->product) && str_equal(rule->category, before->category)
        && str_equal(rule->service, before->service);
    return same ? sources_before : sources_of_logsource(rule->product, rule->category, rule->service);
}

static struct err take(struct ctx *ctx, const struct sigma_rules *sigma, struct rules *out)
{
    if (sigma->problem_count > 0) {
        const struct sigma_problem *problem = &sigma->problems[0];
        return fail(ctx, &FAULT_INVALID, "%" STR_FMT ":%u: %" STR_FMT, STR_ARG(problem->file), problem->line, STR_ARG(problem->reason));
    }
    uint32_t sources = 0;
    for (size_t i = 0; i < sigma->count; i++) {
        const struct sigma_rule *from = &sigma->rules[i];
        sources = sources_like(from, i > 0 ? from - 1 : NULL, sources);
        const struct yaml_node *own = yaml_get(from->document, STR("yagura"));
        struct rule rule = { .attempts = false };
        if (own) {
            TRY(own_rule(ctx, from, own, &rule));
        }
        if (own == NULL) {
            rule = plain_rule(ctx->arena, from, sources);
        }
        rule.detection.id = from->id.len > 0 ? from->id : slug(ctx->arena, or_else(from->title, from->file));
        rule.detection.file = from->file;
        rule.name = from->name;
        rule.when = from->when;
        rule.sigma = from;
        rule.sources = sources;
        rule.document = from->document;
        put(ctx->arena, out, &rule);
    }
    if (sigma->filter_count > 0) {
        take_filters(ctx->arena, sigma, out);
    }
    return sigma->correlation_count > 0 ? take_correlations(ctx, sigma, out) : ERR_OK;
}

static struct err load_all(struct ctx *ctx, const struct engine_options *options, struct rules *out)
{
    struct sigma_rules sigma;
    for (size_t i = 0; i < EMBEDDED_RULES_COUNT && !options->without_builtin; i++) {
        const struct embedded_rule *rule = &EMBEDDED_RULES[i];
        match_sigma_parse(ctx, rule->file, options->without_tests ? rule->brief : rule->text, NULL, &sigma);
        TRY(take(ctx, &sigma, out));
    }
    for (size_t i = 0; i < options->rule_path_count; i++) {
        TRY(match_sigma_load(ctx, options->rule_paths[i], options->sigma, &sigma));
        TRY(take(ctx, &sigma, out));
    }
    for (size_t i = 0; i < out->count && out->filter_count > 0; i++) {
        out->items[i].when = match_sigma_filtered(ctx->arena, out->items[i].sigma, out->filters, out->filter_count);
    }
    return ERR_OK;
}

struct err rules_load(struct ctx *ctx, const struct engine_options *options, struct rules *out)
{
    *out = (struct rules){ .by_id = map_open() };
    const struct err err = load_all(ctx, options, out);
    map_close(out->by_id, NULL);
    out->by_id = NULL;
    return err;
}
