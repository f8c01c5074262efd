#include <math.h>

#include "match/correlation.h"
#include "match/sigma_parts.h"

enum { DAYS_MAX = 366 };
static const int64_t DAY_MS = INT64_C(24) * 60 * 60 * 1000;

struct reading {
    const struct sigma_reader *r;
    const struct yaml_node *node; /* the correlation section */
    struct correlation *out;
};

/* A text or a list of texts. */
static struct err read_texts(const struct reading *in, struct str key, const struct yaml_node *node, size_t max, const struct str **out,
                             size_t *count)
{
    const struct yaml_node *first = node && node->kind == YAML_LIST ? node->child : node;
    const size_t entries = node == NULL ? 0 : node->kind == YAML_LIST ? node->count : 1;
    struct str *texts = ARENA_ARRAY(in->r->ctx->arena, struct str, entries + 1);
    *out = texts;
    *count = 0;
    if (entries > max) {
        return sigma_refuse(in->r, node, "%" STR_FMT " has more than %zu entries", STR_ARG(key), max);
    }
    for (const struct yaml_node *n = first; n && *count < entries; n = n->next) {
        if (n->kind != YAML_SCALAR || n->text.len == 0) {
            return sigma_refuse(in->r, n, "%" STR_FMT " must be texts", STR_ARG(key));
        }
        for (size_t i = 0; i < *count; i++) {
            if (str_equal(texts[i], n->text)) {
                return sigma_refuse(in->r, n, "%" STR_FMT " has \"%" STR_FMT "\" twice", STR_ARG(key), STR_ARG(n->text));
            }
        }
        texts[(*count)++] = n->text;
    }
    return ERR_OK;
}

static struct err read_type(const struct reading *in)
{
    static const struct str types[] = { STR_INIT("event_count"),      STR_INIT("value_count"), STR_INIT("temporal"),
                                        STR_INIT("temporal_ordered"), STR_INIT("value_sum"),   STR_INIT("value_avg"),
                                        STR_INIT("value_percentile") };
    const struct str type = yaml_text(in->node, STR("type"));
    for (size_t i = 0; i < COUNT_OF(types); i++) {
        if (str_equal(type, types[i])) {
            in->out->type = (enum correlation_type)i;
            return ERR_OK;
        }
    }
    return sigma_refuse(in->r, in->node, "the type \"%" STR_FMT "\" is no correlation", STR_ARG(type));
}

static struct err read_timespan(const struct reading *in)
{
    static const struct {
        char unit;
        int64_t ms;
    } units[] = { { 's', 1000 }, { 'm', 60 * 1000 }, { 'h', 60 * 60 * 1000 }, { 'd', INT64_C(24) * 60 * 60 * 1000 } };
    const struct str text = yaml_text(in->node, STR("timespan"));
    int64_t number = 0;
    for (size_t i = 0; text.len > 1 && i < COUNT_OF(units); i++) {
        if (text.ptr[text.len - 1] == units[i].unit && str_to_int(str_slice(text, 0, text.len - 1), &number) && number > 0 &&
            number <= DAYS_MAX * DAY_MS / units[i].ms) {
            in->out->timespan_ms = number * units[i].ms;
            return ERR_OK;
        }
    }
    return sigma_refuse(in->r, in->node, "the timespan must be a number and s, m, h or d, at most %d days", DAYS_MAX);
}

static struct err read_aliases(const struct reading *in)
{
    const struct yaml_node *aliases = yaml_get(in->node, STR("aliases"));
    size_t count = 0;
    for (const struct yaml_node *alias = aliases ? aliases->child : NULL; alias; alias = alias->next) {
        count += alias->count;
    }
    struct correlation_alias *out = ARENA_ARRAY(in->r->ctx->arena, struct correlation_alias, count + 1);
    in->out->aliases = out;
    for (const struct yaml_node *alias = aliases ? aliases->child : NULL; alias; alias = alias->next) {
        for (const struct yaml_node *field = alias->child; field; field = field->next) {
            if (alias->kind != YAML_MAP || field->kind != YAML_SCALAR || field->text.len == 0) {
                return sigma_refuse(in->r, field, "an alias must map names of rules to fields");
            }
            out[in->out->alias_count++] = (struct correlation_alias){ alias->key, field->key, field->text };
        }
        if (alias->kind != YAML_MAP) {
            return sigma_refuse(in->r, alias, "an alias must map names of rules to fields");
        }
    }
    return ERR_OK;
}

static bool comparison_of(struct str key, enum correlation_comparison *out)
{
    static const struct str names[] = { STR_INIT("gt"), STR_INIT("gte"), STR_INIT("lt"), STR_INIT("lte"), STR_INIT("eq"), STR_INIT("neq") };
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        if (str_equal(key, names[i])) {
            *out = (enum correlation_comparison)i;
            return true;
        }
    }
    return false;
}

static bool counts(const struct correlation *c)
{
    return c->type <= CORRELATION_TEMPORAL_ORDERED;
}

static struct err read_bound(const struct reading *in, const struct yaml_node *node, enum correlation_comparison comparison)
{
    double value = 0;
    if (node->kind != YAML_SCALAR || !yaml_number(node, &value) || !isfinite(value)) {
        return sigma_refuse(in->r, node, "\"%" STR_FMT "\" must be compared with a number", STR_ARG(node->key));
    }
    const int most = in->out->type == CORRELATION_VALUE_COUNT ? CORRELATION_VALUES_MAX : CORRELATION_COUNT_MAX;
    if (counts(in->out) && (value < 0 || value > most || value > floor(value))) {
        return sigma_refuse(in->r, node, "a count must be a whole number from 0 to %d", most);
    }
    if (in->out->bound_count == CORRELATION_BOUNDS_MAX) {
        return sigma_refuse(in->r, node, "a condition has at most %d comparisons", CORRELATION_BOUNDS_MAX);
    }
    in->out->bounds[in->out->bound_count++] = (struct correlation_bound){ comparison, value };
    return ERR_OK;
}

static struct err read_percentile(const struct reading *in, const struct yaml_node *node)
{
    double value = 0;
    const bool good = node->kind == YAML_SCALAR && yaml_number(node, &value) && value >= 0 && value <= 100;
    if (!good || in->out->type != CORRELATION_VALUE_PERCENTILE) {
        return sigma_refuse(in->r, node, "percentile must be from 0 to 100, in a value_percentile");
    }
    in->out->percentile = value;
    return ERR_OK;
}

static struct err read_conditions(const struct reading *in, const struct yaml_node *condition)
{
    for (const struct yaml_node *n = condition ? condition->child : NULL; n; n = n->next) {
        enum correlation_comparison comparison = CORRELATION_GT;
        if (str_equal(n->key, STR("field"))) {
            TRY(read_texts(in, STR("field"), n, CORRELATION_FIELDS_MAX, &in->out->fields, &in->out->field_count));
        } else if (str_equal(n->key, STR("percentile"))) {
            TRY(read_percentile(in, n));
        } else if (comparison_of(n->key, &comparison)) {
            TRY(read_bound(in, n, comparison));
        } else {
            return sigma_refuse(in->r, n, "\"%" STR_FMT "\" is no part of a condition", STR_ARG(n->key));
        }
    }
    return ERR_OK;
}

static struct err read_condition(const struct reading *in)
{
    struct correlation *c = in->out;
    const struct yaml_node *condition = yaml_get(in->node, STR("condition"));
    const bool temporal = c->type == CORRELATION_TEMPORAL || c->type == CORRELATION_TEMPORAL_ORDERED;
    if (condition && condition->kind != YAML_MAP) {
        return sigma_refuse(in->r, condition, "the condition must be a mapping");
    }
    TRY(read_conditions(in, condition));
    if (temporal && c->bound_count == 0) {
        c->bounds[c->bound_count++] = (struct correlation_bound){ CORRELATION_GTE, (double)c->rule_count };
    }
    if (c->bound_count == 0) {
        return sigma_refuse(in->r, in->node, "the condition compares with nothing: gt, gte, lt, lte, eq or neq is needed");
    }
    const bool wants_field = c->type == CORRELATION_VALUE_COUNT || c->type >= CORRELATION_VALUE_SUM;
    if (wants_field != (c->field_count > 0)) {
        return sigma_refuse(in->r, in->node, wants_field ? "the condition names no field" : "this type's condition has no field");
    }
    const bool several = c->type == CORRELATION_VALUE_COUNT || (c->type == CORRELATION_VALUE_PERCENTILE && c->percentile < 0);
    return c->field_count > 1 && !several ? sigma_refuse(in->r, condition, "only one field can be a number") : ERR_OK;
}

/* Names of fields become paths as they do in rules; those that are aliases stay. */
static struct str mapped(const struct reading *in, struct str name)
{
    for (size_t i = 0; i < in->out->alias_count; i++) {
        if (str_equal(in->out->aliases[i].alias, name)) {
            return name;
        }
    }
    for (size_t i = 0; i < in->r->options->mapping_count; i++) {
        if (str_equal(in->r->options->mappings[i].from, name)) {
            return in->r->options->mappings[i].to;
        }
    }
    return name;
}

static const struct str *mapped_list(const struct reading *in, const struct str *names, size_t count)
{
    struct str *out = ARENA_ARRAY(in->r->ctx->arena, struct str, count + 1);
    for (size_t i = 0; i < count; i++) {
        out[i] = mapped(in, names[i]);
    }
    return out;
}

static struct err read_section(const struct reading *in)
{
    struct correlation *c = in->out;
    const struct yaml_node *generate = yaml_get(in->node, STR("generate"));
    if (in->node->kind != YAML_MAP) {
        return sigma_refuse(in->r, in->node, "the correlation must be a mapping");
    }
    TRY(read_type(in));
    TRY(read_texts(in, STR("rules"), yaml_get(in->node, STR("rules")), CORRELATION_RULES_MAX, &c->rules, &c->rule_count));
    if (c->rule_count == 0) {
        return sigma_refuse(in->r, in->node, "the correlation refers to no rules");
    }
    TRY(read_texts(in, STR("group-by"), yaml_get(in->node, STR("group-by")), CORRELATION_FIELDS_MAX, &c->group_by, &c->group_count));
    TRY(read_timespan(in));
    TRY(read_aliases(in));
    TRY(read_condition(in));
    c->group_by = mapped_list(in, c->group_by, c->group_count);
    c->fields = mapped_list(in, c->fields, c->field_count);
    return generate && !yaml_bool(generate, &c->generate) ? sigma_refuse(in->r, generate, "generate must be true or false") : ERR_OK;
}

struct err sigma_correlation(const struct sigma_reader *r, const struct yaml_node *document, struct correlation *out)
{
    const struct yaml_node *generate = yaml_get(document, STR("generate"));
    *out = (struct correlation){
        .file = r->file,
        .line = document->line,
        .id = yaml_text(document, STR("id")),
        .name = yaml_text(document, STR("name")),
        .title = yaml_text(document, STR("title")),
        .description = yaml_text(document, STR("description")),
        .status = yaml_text(document, STR("status")),
        .level = yaml_text(document, STR("level")),
        .document = document,
        .percentile = -1,
    };
    if (out->title.len == 0) {
        return sigma_refuse(r, document, "the rule has no title");
    }
    if (generate && !yaml_bool(generate, &out->generate)) {
        return sigma_refuse(r, generate, "generate must be true or false");
    }
    const struct reading in = { r, yaml_get(document, STR("correlation")), out };
    return read_section(&in);
}
