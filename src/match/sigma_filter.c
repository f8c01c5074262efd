/* sigma_filter.c - filters: one document narrows many rules. spec: Sigma filters specification 2.1.
 *
 * Assumption: as pySigma has it, the filter's condition is joined to the rule's by AND (so one that leaves events out says
 * "not selection"), `rules: any` and `all` name every rule, and what the filter's logsource gives must be the same in the
 * rule's. */
#include "match/sigma_parts.h"

enum { FILTER_RULES_MAX = 4096 };

static struct err read_names(const struct sigma_reader *r, const struct yaml_node *filter, struct sigma_filter *out)
{
    const struct yaml_node *rules = yaml_get(filter, STR("rules"));
    const bool list = rules && rules->kind == YAML_LIST;
    if (rules == NULL || rules->kind == YAML_MAP || rules->count > FILTER_RULES_MAX) {
        return sigma_refuse(r, rules ? rules : filter, "the filter must name its rules: a list of ids or names, or any");
    }
    struct str *names = ARENA_ARRAY(r->ctx->arena, struct str, list ? rules->count + 1 : 1);
    for (const struct yaml_node *n = list ? rules->child : rules; n; n = list ? n->next : NULL) {
        if (n->kind != YAML_SCALAR || n->text.len == 0) {
            return sigma_refuse(r, n, "the filter must name its rules: a list of ids or names, or any");
        }
        names[out->rule_count++] = n->text;
    }
    const bool word = !list && (str_equal_nocase(rules->text, STR("any")) || str_equal_nocase(rules->text, STR("all")));
    out->rules = names;
    out->rule_count = word ? 0 : out->rule_count;
    return ERR_OK;
}

static struct err read_filter(const struct sigma_reader *r, const struct yaml_node *filter, struct sigma_filter *out)
{
    const struct yaml_node *condition = yaml_get(filter, STR("condition"));
    if (filter->kind != YAML_MAP || condition == NULL || condition->kind != YAML_SCALAR) {
        return sigma_refuse(r, condition ? condition : filter, "the filter needs one condition");
    }
    TRY(read_names(r, filter, out));
    struct sigma_named *searches = ARENA_ARRAY(r->ctx->arena, struct sigma_named, filter->count);
    size_t count = 0;
    for (const struct yaml_node *n = filter->child; n; n = n->next) {
        if (n != condition && !str_equal(n->key, STR("rules"))) {
            searches[count].name = n->key;
            TRY(sigma_search(r, n, &searches[count++].predicate));
        }
    }
    struct str aggregation = STR_NONE;
    TRY(sigma_condition(r, condition, searches, count, &out->when, &aggregation));
    return aggregation.ptr ? sigma_refuse(r, condition, "a filter can't count") : sigma_compiles(r, filter, out->when);
}

struct err sigma_filter(const struct sigma_reader *r, const struct yaml_node *document, struct sigma_filter *out)
{
    const struct yaml_node *logsource = yaml_get(document, STR("logsource"));
    *out = (struct sigma_filter){
        .file = r->file,
        .line = document->line,
        .id = yaml_text(document, STR("id")),
        .title = yaml_text(document, STR("title")),
        .product = yaml_text(logsource, STR("product")),
        .category = yaml_text(logsource, STR("category")),
        .service = yaml_text(logsource, STR("service")),
    };
    if (out->title.len == 0) {
        return sigma_refuse(r, document, "the filter has no title");
    }
    if (logsource == NULL || logsource->kind != YAML_MAP) {
        return sigma_refuse(r, document, "the filter has no logsource");
    }
    return read_filter(r, yaml_get(document, STR("filter")), out);
}

static bool agrees(struct str asked, struct str given)
{
    return asked.ptr == NULL || str_equal(asked, given);
}

bool match_sigma_filter_concerns(const struct sigma_filter *filter, const struct sigma_rule *rule)
{
    bool named = filter->rule_count == 0;
    for (size_t i = 0; i < filter->rule_count && !named; i++) {
        const struct str name = filter->rules[i];
        named = (rule->id.ptr && str_equal(name, rule->id)) || (rule->name.ptr && str_equal(name, rule->name));
    }
    return named && agrees(filter->product, rule->product) && agrees(filter->category, rule->category)
        && agrees(filter->service, rule->service);
}

const struct predicate *match_sigma_filtered(struct arena *arena, const struct sigma_rule *rule, const struct sigma_filter *filters,
                                             size_t count)
{
    const struct predicate **all = (void *)ARENA_ARRAY(arena, struct predicate *, count + 1);
    size_t joined = 0;
    all[joined++] = rule->when;
    for (size_t i = 0; i < count; i++) {
        if (match_sigma_filter_concerns(&filters[i], rule)) {
            all[joined++] = filters[i].when;
        }
    }
    return sigma_join(arena, PREDICATE_ALL, all, joined);
}
