#include "svc/input.h"

#include "base/clock.h"

/* A walk along a path. */
struct walk {
    struct arena *arena;
    struct str wanted; /* of a map or of tags: the value of this key; absent: all keys */
    bool keys;         /* the path ended in {} */
    input_take take;
    void *argument;
};

static void give(struct walk *walk, struct str text)
{
    if (text.ptr) {
        walk->take(walk->argument, text);
    }
}

static const void *at(const void *base, size_t offset)
{
    return (const char *)base + offset;
}

/* The text of a scalar as it stands in a structure; absent when it isn't set. */
static struct str scalar(struct arena *arena, const struct shape *shape, const void *value)
{
    switch (shape->kind) {
    case SHAPE_STRING:
        return *(const struct str *)value;
    case SHAPE_BOOLEAN: {
        const struct opt_bool *given = value;
        return !given->set ? STR_NONE : given->v ? STR("true") : STR("false");
    }
    case SHAPE_INTEGER: {
        const struct opt_int *given = value;
        return given->set ? str_format(arena, "%d", (int)given->v) : STR_NONE;
    }
    case SHAPE_LONG: {
        const struct opt_long *given = value;
        return given->set ? str_format(arena, "%lld", (long long)given->v) : STR_NONE;
    }
    case SHAPE_TIMESTAMP: {
        const struct opt_time *given = value;
        return given->set ? clock_format_iso8601(arena, given->v) : STR_NONE;
    }
    default:
        return STR_NONE;
    }
}

static void entry(struct walk *walk, struct str key, struct str value)
{
    if (walk->keys) {
        give(walk, key);
    } else if (str_equal_nocase(key, walk->wanted)) {
        give(walk, value);
    }
}

static void entries_of_map(struct walk *walk, const struct shape *shape, const struct any_list *map)
{
    for (size_t i = 0; i < map->count; i++) {
        const void *item = at(map->items, i * shape->stride);
        const bool text = shape->members[1].shape->kind == SHAPE_STRING;
        const struct str value = text ? *(const struct str *)at(item, shape->members[1].offset) : STR_NONE;
        entry(walk, *(const struct str *)item, value);
    }
}

/* "Key", "TagKey" or "key" of a tag. */
static struct str part_of_tag(const struct shape *shape, const void *tag, struct str name)
{
    for (uint16_t i = 0; i < shape->member_count; i++) {
        const struct member *member = &shape->members[i];
        const struct str spelled = str_of(member->name);
        const size_t skip = str_starts(spelled, STR("Tag")) ? 3 : 0;
        if (member->shape->kind == SHAPE_STRING && str_equal_nocase(str_from(spelled, skip), name)) {
            return *(const struct str *)at(tag, member->offset);
        }
    }
    return STR_NONE;
}

static void collect(struct walk *walk, const struct shape *shape, const void *value, struct str path);

static void collect_list(struct walk *walk, const struct shape *shape, const struct any_list *list, struct str path)
{
    const struct shape *element = shape->members[0].shape;
    for (size_t i = 0; i < list->count; i++) {
        const void *item = at(list->items, i * shape->stride);
        if (path.len > 0 || element->kind != SHAPE_STRUCTURE) {
            collect(walk, element, item, path);
        } else {
            entry(walk, part_of_tag(element, item, STR("Key")), part_of_tag(element, item, STR("Value")));
        }
    }
}

static void collect_member(struct walk *walk, const struct shape *shape, const void *value, struct str path)
{
    struct str rest = STR_NONE;
    const struct str name = str_cut(path, '.', &rest);
    for (uint16_t i = 0; i < shape->member_count; i++) {
        const struct member *member = &shape->members[i];
        if (!str_equal(str_of(member->name), name)) {
            continue;
        }
        const void *inner = at(value, member->offset);
        if (member->shape->kind == SHAPE_STRUCTURE) {
            inner = *(const void *const *)inner;
        }
        if (inner) {
            collect(walk, member->shape, inner, rest);
        }
    }
}

static void collect(struct walk *walk, const struct shape *shape, const void *value, struct str path)
{
    if (shape->kind == SHAPE_LIST) {
        collect_list(walk, shape, value, path);
    } else if (shape->kind == SHAPE_MAP) {
        entries_of_map(walk, shape, value);
    } else if (shape->kind == SHAPE_STRUCTURE && path.len > 0) {
        collect_member(walk, shape, value, path);
    } else {
        give(walk, scalar(walk->arena, shape, value));
    }
}

static void walk_path(struct request *rq, struct walk *walk, const char *path)
{
    struct str whole = str_of(path);
    walk->arena = rq->ctx.arena;
    walk->keys = str_ends(whole, STR("{}"));
    if (walk->keys) {
        whole = str_slice(whole, 0, whole.len - 2);
    }
    if (rq->in) {
        collect(walk, rq->operation->input, rq->in, whole);
    }
}

void input_path_values(struct request *rq, const char *path, input_take take, void *argument)
{
    struct walk walk = { .take = take, .argument = argument };
    walk_path(rq, &walk, path);
}

/* A pattern that ends in a star speaks of all keys that begin so; *rest is what the star stands for. */
static bool speaks_of(struct str pattern, struct str key, struct str *rest)
{
    *rest = STR_NONE;
    if (!str_ends(pattern, STR("*"))) {
        return str_equal_nocase(pattern, key);
    }
    *rest = str_from(key, pattern.len - 1);
    return key.len >= pattern.len && str_equal_nocase(str_slice(pattern, 0, pattern.len - 1), str_slice(key, 0, pattern.len - 1));
}

void input_key_values(struct request *rq, struct str key, input_take take, void *argument)
{
    const struct operation_key *keys = rq->operation ? rq->operation->keys : NULL;
    for (size_t i = 0; keys && keys[i].key; i++) {
        struct walk walk = { .take = take, .argument = argument };
        if (speaks_of(str_of(keys[i].key), key, &walk.wanted)) {
            walk_path(rq, &walk, keys[i].path);
        }
    }
}
