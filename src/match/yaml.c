#include "match/yaml.h"

#include <yaml.h>

struct reader {
    struct ctx *ctx;
    struct str file;
    yaml_parser_t parser;
    yaml_event_t event;
    bool holds_event;
    size_t nodes;
};

static struct err refuse(struct reader *r, size_t line, const char *reason)
{
    return fail(r->ctx, &FAULT_INVALID, "%" STR_FMT ":%zu: %s", STR_ARG(r->file), line + 1, reason);
}

static struct err next_event(struct reader *r)
{
    if (r->holds_event) {
        yaml_event_delete(&r->event);
        r->holds_event = false;
    }
    if (!yaml_parser_parse(&r->parser, &r->event)) {
        const char *reason = r->parser.problem ? r->parser.problem : "not YAML";
        return refuse(r, r->parser.problem_mark.line, reason);
    }
    r->holds_event = true;
    return ERR_OK;
}

static struct str event_text(struct reader *r)
{
    const char *bytes = (const char *)r->event.data.scalar.value;
    return str_copy(r->ctx->arena, (struct str){ bytes, r->event.data.scalar.length });
}

static const yaml_char_t *event_anchor(const yaml_event_t *event)
{
    switch (event->type) {
    case YAML_SCALAR_EVENT: return event->data.scalar.anchor;
    case YAML_SEQUENCE_START_EVENT: return event->data.sequence_start.anchor;
    case YAML_MAPPING_START_EVENT: return event->data.mapping_start.anchor;
    case YAML_ALIAS_EVENT: return event->data.alias.anchor;
    default: return NULL;
    }
}

static struct err read_node(struct reader *r, struct yaml_node **out, int depth);

static struct err read_list(struct reader *r, struct yaml_node *list, int depth)
{
    struct yaml_node **link = &list->child;
    for (;;) {
        TRY(next_event(r));
        if (r->event.type == YAML_SEQUENCE_END_EVENT) {
            return ERR_OK;
        }
        TRY(read_node(r, link, depth + 1));
        link = &(*link)->next;
        list->count++;
    }
}

static struct err read_map(struct reader *r, struct yaml_node *map, int depth)
{
    struct yaml_node **link = &map->child;
    for (;;) {
        TRY(next_event(r));
        if (r->event.type == YAML_MAPPING_END_EVENT) {
            return ERR_OK;
        }
        const size_t line = r->event.start_mark.line;
        if (r->event.type != YAML_SCALAR_EVENT || event_anchor(&r->event)) {
            return refuse(r, line, "a key must be plain text");
        }
        if (map->count == YAML_KEYS_MAX) {
            return refuse(r, line, "too many keys in one mapping");
        }
        const struct str key = event_text(r);
        if (yaml_get(map, key)) {
            return refuse(r, line, str_format(r->ctx->arena, "the key \"%" STR_FMT "\" stands twice", STR_ARG(key)).ptr);
        }
        TRY(next_event(r));
        TRY(read_node(r, link, depth + 1));
        (*link)->key = key;
        link = &(*link)->next;
        map->count++;
    }
}

/* The event at hand starts the node. */
static struct err read_node(struct reader *r, struct yaml_node **out, int depth)
{
    const size_t line = r->event.start_mark.line;
    if (event_anchor(&r->event)) {
        return refuse(r, line, "anchors and aliases are not allowed");
    }
    if (depth > YAML_DEPTH_MAX || ++r->nodes > YAML_NODES_MAX) {
        return refuse(r, line, depth > YAML_DEPTH_MAX ? "nested too deeply" : "too many nodes");
    }
    struct yaml_node *node = ARENA_NEW(r->ctx->arena, struct yaml_node);
    node->line = (uint32_t)line + 1;
    *out = node;
    switch (r->event.type) {
    case YAML_SCALAR_EVENT:
        node->kind = YAML_SCALAR;
        node->text = event_text(r);
        node->quoted = r->event.data.scalar.style != YAML_PLAIN_SCALAR_STYLE;
        return ERR_OK;
    case YAML_SEQUENCE_START_EVENT:
        node->kind = YAML_LIST;
        return read_list(r, node, depth);
    case YAML_MAPPING_START_EVENT:
        node->kind = YAML_MAP;
        return read_map(r, node, depth);
    default:
        return refuse(r, line, "unexpected YAML");
    }
}

static struct err read_stream(struct reader *r, struct yaml_node **out)
{
    struct yaml_node **link = out;
    size_t documents = 0;
    for (;;) {
        TRY(next_event(r));
        if (r->event.type == YAML_STREAM_END_EVENT) {
            return ERR_OK;
        }
        if (r->event.type != YAML_DOCUMENT_START_EVENT) {
            continue;
        }
        if (++documents > YAML_DOCUMENTS_MAX) {
            return refuse(r, r->event.start_mark.line, "too many documents");
        }
        TRY(next_event(r));
        TRY(read_node(r, link, 0));
        link = &(*link)->next;
    }
}

struct err yaml_parse(struct ctx *ctx, struct str file, struct str text, struct yaml_node **out)
{
    struct reader r = { .ctx = ctx, .file = file };
    *out = NULL;
    if (text.len > YAML_TEXT_MAX) {
        return refuse(&r, 0, "the file is too large");
    }
    if (!str_utf8_valid(text)) {
        return refuse(&r, 0, "not UTF-8");
    }
    if (!yaml_parser_initialize(&r.parser)) {
        return refuse(&r, 0, "no memory for the YAML reader");
    }
    yaml_parser_set_encoding(&r.parser, YAML_UTF8_ENCODING);
    yaml_parser_set_input_string(&r.parser, (const unsigned char *)(text.ptr ? text.ptr : ""), text.len);
    const struct err err = read_stream(&r, out);
    if (r.holds_event) {
        yaml_event_delete(&r.event);
    }
    yaml_parser_delete(&r.parser);
    return err;
}

const struct yaml_node *yaml_get(const struct yaml_node *map, struct str key)
{
    if (map && map->kind == YAML_MAP) {
        for (const struct yaml_node *n = map->child; n; n = n->next) {
            if (str_equal(n->key, key)) {
                return n;
            }
        }
    }
    return NULL;
}

struct str yaml_text(const struct yaml_node *map, struct str key)
{
    const struct yaml_node *node = yaml_get(map, key);
    return node && node->kind == YAML_SCALAR ? node->text : STR_NONE;
}

static struct yaml_node **append(struct arena *arena, struct yaml_node *map, struct yaml_node **link, const struct yaml_node *entry)
{
    *link = ARENA_NEW(arena, struct yaml_node);
    **link = *entry;
    (*link)->next = NULL;
    map->count++;
    return &(*link)->next;
}

static struct yaml_node *like(struct arena *arena, const struct yaml_node *map)
{
    struct yaml_node *out = ARENA_NEW(arena, struct yaml_node);
    *out = *map;
    out->child = out->next = NULL;
    out->count = 0;
    return out;
}

/* Never deeper than the maps themselves are. */
const struct yaml_node *yaml_merge(struct arena *arena, const struct yaml_node *base, const struct yaml_node *over)
{
    struct yaml_node *out = like(arena, base);
    struct yaml_node **link = &out->child;
    for (const struct yaml_node *n = base->child; n; n = n->next) {
        const struct yaml_node *other = yaml_get(over, n->key);
        const bool maps = other && n->kind == YAML_MAP && other->kind == YAML_MAP;
        link = append(arena, out, link, maps ? yaml_merge(arena, n, other) : other ? other : n);
    }
    for (const struct yaml_node *n = over->child; n; n = n->next) {
        link = yaml_get(base, n->key) ? link : append(arena, out, link, n);
    }
    return out;
}

const struct yaml_node *yaml_without(struct arena *arena, const struct yaml_node *map, struct str key)
{
    struct yaml_node *out = like(arena, map);
    struct yaml_node **link = &out->child;
    for (const struct yaml_node *n = map->child; n; n = n->next) {
        link = str_equal(n->key, key) ? link : append(arena, out, link, n);
    }
    return out;
}

bool yaml_is_null(const struct yaml_node *node)
{
    return node->kind == YAML_SCALAR && !node->quoted
           && (node->text.len == 0 || str_equal(node->text, STR("~")) || str_equal_nocase(node->text, STR("null")));
}

bool yaml_bool(const struct yaml_node *node, bool *out)
{
    *out = node->kind == YAML_SCALAR && str_equal_nocase(node->text, STR("true"));
    return node->kind == YAML_SCALAR && !node->quoted && (*out || str_equal_nocase(node->text, STR("false")));
}

bool yaml_number(const struct yaml_node *node, double *out)
{
    return node->kind == YAML_SCALAR && !node->quoted && str_to_double(node->text, out);
}
