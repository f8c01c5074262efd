#include "match/sigma.h"

#include <stdarg.h>
#include <stdio.h>

#include "match/match.h"
#include "match/sigma_parts.h"

struct err sigma_refuse(const struct sigma_reader *r, const struct yaml_node *at, const char *format, ...)
{
    char words[600] = "";
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(words, sizeof(words), format, arguments);
    va_end(arguments);
    return fail(r->ctx, &FAULT_INVALID, "%" STR_FMT ":%u: %s", STR_ARG(r->file), at->line, words);
}

static struct err read_detection(const struct sigma_reader *r, const struct yaml_node *detection, struct sigma_rule *rule)
{
    const struct yaml_node *condition = yaml_get(detection, STR("condition"));
    if (condition == NULL) {
        return sigma_refuse(r, detection, "the detection has no condition");
    }
    struct sigma_named *searches = ARENA_ARRAY(r->ctx->arena, struct sigma_named, detection->count);
    size_t count = 0;
    for (const struct yaml_node *n = detection->child; n; n = n->next) {
        if (n == condition || str_equal(n->key, STR("timeframe"))) {
            continue;
        }
        searches[count].name = n->key;
        TRY(sigma_search(r, n, &searches[count++].predicate));
    }
    rule->timeframe = yaml_text(detection, STR("timeframe"));
    TRY(sigma_condition(r, condition, searches, count, &rule->when, &rule->aggregation));
    if (!r->options->keep_unsupported && rule->aggregation.ptr) {
        return sigma_refuse(r, condition, "\"| %" STR_FMT "\" is an old aggregation and not supported: write a correlation",
                            STR_ARG(rule->aggregation));
    }
    if (!r->options->keep_unsupported && rule->timeframe.ptr) {
        return sigma_refuse(r, detection, "a timeframe is not supported: write a correlation");
    }
    return ERR_OK;
}

struct err sigma_level(const struct sigma_reader *r, const struct yaml_node *document)
{
    static const struct str levels[] = { STR_INIT("informational"), STR_INIT("low"), STR_INIT("medium"), STR_INIT("high"),
                                         STR_INIT("critical") };
    const struct yaml_node *level = yaml_get(document, STR("level"));
    for (size_t i = 0; level && i < COUNT_OF(levels); i++) {
        if (level->kind == YAML_SCALAR && str_equal(level->text, levels[i])) {
            return ERR_OK;
        }
    }
    return level ? sigma_refuse(r, level, "the level must be informational, low, medium, high or critical") : ERR_OK;
}

static void read_tags(const struct sigma_reader *r, const struct yaml_node *document, struct sigma_rule *rule)
{
    const struct yaml_node *list = yaml_get(document, STR("tags"));
    if (list && list->kind == YAML_LIST) {
        struct str *tags = ARENA_ARRAY(r->ctx->arena, struct str, list->count);
        for (const struct yaml_node *n = list->child; n; n = n->next) {
            tags[rule->tag_count++] = n->text.ptr ? n->text : STR("");
        }
        rule->tags = tags;
    }
}

struct err sigma_compiles(const struct sigma_reader *r, const struct yaml_node *detection, const struct predicate *when)
{
    struct match_builder *builder = match_builder_open();
    const struct err err = match_builder_add(r->ctx, builder, 0, when);
    match_builder_close(builder);
    if (err.fault) {
        const struct str reason = str_copy(r->ctx->arena, str_of(r->ctx->reason));
        return sigma_refuse(r, detection, "%" STR_FMT, STR_ARG(reason));
    }
    return ERR_OK;
}

struct err sigma_rule(const struct sigma_reader *r, const struct yaml_node *document, struct sigma_rule *rule)
{
    const struct yaml_node *logsource = yaml_get(document, STR("logsource"));
    const struct yaml_node *detection = yaml_get(document, STR("detection"));
    *rule = (struct sigma_rule){
        .file = r->file,
        .line = document->line,
        .id = yaml_text(document, STR("id")),
        .name = yaml_text(document, STR("name")),
        .title = yaml_text(document, STR("title")),
        .description = yaml_text(document, STR("description")),
        .status = yaml_text(document, STR("status")),
        .author = yaml_text(document, STR("author")),
        .level = yaml_text(document, STR("level")),
        .product = yaml_text(logsource, STR("product")),
        .category = yaml_text(logsource, STR("category")),
        .service = yaml_text(logsource, STR("service")),
        .document = document,
    };
    if (rule->title.len == 0) {
        return sigma_refuse(r, document, "the rule has no title");
    }
    if (logsource == NULL || logsource->kind != YAML_MAP) {
        return sigma_refuse(r, document, "the rule has no logsource");
    }
    if (detection == NULL || detection->kind != YAML_MAP) {
        return sigma_refuse(r, document, "the rule has no detection");
    }
    TRY(sigma_level(r, document));
    read_tags(r, document, rule);
    TRY(read_detection(r, detection, rule));
    TRY(sigma_compiles(r, detection, rule->when));
    struct predicate *checked = ARENA_NEW(r->ctx->arena, struct predicate);
    *checked = *rule->when;
    checked->checked = true;
    rule->when = checked;
    return ERR_OK;
}
