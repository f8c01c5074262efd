#include "match/selector.h"

struct list {
    const struct predicate **items;
    size_t count;
};

static struct list list_new(struct arena *arena, size_t capacity)
{
    return (struct list){ (void *)ARENA_ARRAY(arena, struct predicate *, capacity), 0 };
}

static const struct predicate *keep(struct arena *arena, struct predicate p)
{
    struct predicate *kept = ARENA_NEW(arena, struct predicate);
    *kept = p;
    return kept;
}

static void add(struct list *list, const struct predicate *p)
{
    list->items[list->count++] = p;
}

static const struct predicate *join(struct arena *arena, enum predicate_kind kind, struct list list)
{
    return list.count == 1 && kind != PREDICATE_NOT
               ? list.items[0]
               : keep(arena, (struct predicate){ .kind = kind, .children = list.items, .child_count = list.count });
}

static const struct predicate *negate(struct arena *arena, const struct predicate *p)
{
    struct list one = list_new(arena, 1);
    add(&one, p);
    return join(arena, PREDICATE_NOT, one);
}

static const struct predicate *pair(struct arena *arena, enum predicate_kind kind, const struct predicate *a, const struct predicate *b)
{
    struct list two = list_new(arena, 2);
    add(&two, a);
    add(&two, b);
    return join(arena, kind, two);
}

static const struct predicate *test(struct arena *arena, enum predicate_operator op, struct str path, struct selector_values values)
{
    return keep(arena, (struct predicate){ .kind = PREDICATE_TEST, .op = op, .path = path, .values = values.values,
                                           .value_count = values.count });
}

/* --- what a record is --- */

static const struct predicate *is(struct arena *arena, struct str path, struct str value)
{
    struct str *values = ARENA_NEW(arena, struct str);
    *values = value;
    return test(arena, PREDICATE_EQUALS, path, (struct selector_values){ values, 1 });
}

static const struct predicate *is_category(struct arena *arena, struct str category)
{
    const struct predicate *named = is(arena, STR("eventCategory"), category);
    const bool data = str_equal(category, STR("Data"));
    if (!data && !str_equal(category, STR("Management"))) {
        return named;
    }
    const struct predicate *old = negate(arena, test(arena, PREDICATE_EXISTS, STR("eventCategory"), (struct selector_values){ NULL, 0 }));
    const struct predicate *outside = is(arena, STR("managementEvent"), STR("false"));
    const struct predicate *by_flag = pair(arena, PREDICATE_ALL, old, data ? outside : negate(arena, outside));
    return pair(arena, PREDICATE_ANY, named, by_flag);
}

static const struct predicate *flat(struct arena *arena, enum predicate_operator op, struct str path, struct selector_values values)
{
    struct predicate p = *test(arena, op, path, values);
    p.flat = true;
    return keep(arena, p);
}

/* A name of one of the resources, that of the types asked for: not the name of one and the type of another. */
static const struct predicate *named(struct arena *arena, struct selector_values types, enum predicate_operator op, struct str path,
                                     struct selector_values values)
{
    if (types.count == 0) {
        return test(arena, op, path, values);
    }
    struct predicate p = *pair(arena, PREDICATE_ALL, flat(arena, PREDICATE_EQUALS, STR("resources.type"), types),
                               flat(arena, op, path, values));
    p.together = true;
    return keep(arena, p);
}

/* A listing names a bucket's ARN with a slash, as ARNPrefix. */
static const struct predicate *of_resource(struct arena *arena, struct selector_values types, enum predicate_operator op,
                                           struct selector_values values)
{
    return pair(arena, PREDICATE_ANY, named(arena, types, op, STR("resources.ARN"), values),
                named(arena, types, op, STR("resources.ARNPrefix"), values));
}

static struct selector_values types_of(const struct selector_advanced *selector)
{
    for (size_t i = 0; i < selector->field_count; i++) {
        if (str_equal(selector->fields[i].field, STR("resources.type"))) {
            return selector->fields[i].by[SELECTOR_EQUALS];
        }
    }
    return (struct selector_values){ NULL, 0 };
}

/* --- advanced --- */

static const struct predicate *one_of(struct arena *arena, const struct selector_field *field, struct selector_values types, size_t first)
{
    static const enum predicate_operator operators[] = { PREDICATE_EQUALS, PREDICATE_PREFIX, PREDICATE_SUFFIX };
    struct list either = list_new(arena, COUNT_OF(operators));
    for (size_t i = 0; i < COUNT_OF(operators); i++) {
        const struct selector_values values = field->by[first + i];
        if (values.count > 0) {
            const bool resource = str_equal(field->field, STR("resources.ARN"));
            add(&either, resource ? of_resource(arena, types, operators[i], values) : test(arena, operators[i], field->field, values));
        }
    }
    return either.count > 0 ? join(arena, PREDICATE_ANY, either) : NULL;
}

static const struct predicate *of_selector(struct arena *arena, const struct selector_advanced *selector)
{
    const struct selector_values types = types_of(selector);
    struct list all = list_new(arena, selector->field_count * 2);
    for (size_t i = 0; i < selector->field_count; i++) {
        const struct selector_field *field = &selector->fields[i];
        if (str_equal(field->field, STR("eventCategory"))) {
            add(&all, is_category(arena, field->by[SELECTOR_EQUALS].values[0]));
            continue;
        }
        const struct predicate *selected = one_of(arena, field, types, SELECTOR_EQUALS);
        const struct predicate *deselected = one_of(arena, field, types, SELECTOR_NOT_EQUALS);
        if (selected) {
            add(&all, selected);
        }
        if (deselected) {
            add(&all, negate(arena, deselected));
        }
    }
    return join(arena, PREDICATE_ALL, all);
}

struct err selector_advanced_compile(struct ctx *ctx, const struct selector_advanced *selectors, size_t count,
                                     enum selector_target target, const struct predicate **out)
{
    TRY(selector_advanced_check(ctx, selectors, count, target));
    struct list any = list_new(ctx->arena, count);
    for (size_t i = 0; i < count; i++) {
        add(&any, of_selector(ctx->arena, &selectors[i]));
    }
    *out = join(ctx->arena, PREDICATE_ANY, any);
    return ERR_OK;
}

/* --- basic --- */

static const struct predicate *management(struct arena *arena, const struct selector_basic *selector)
{
    const struct predicate *category = is_category(arena, STR("Management"));
    if (selector->excluded_sources.count == 0) {
        return category;
    }
    const struct predicate *excluded = test(arena, PREDICATE_EQUALS, STR("eventSource"), selector->excluded_sources);
    return pair(arena, PREDICATE_ALL, category, negate(arena, excluded));
}

/* An S3 value is a prefix; of the others, only the service's name alone is. */
static const struct predicate *resource(struct arena *arena, const struct selector_resource *from)
{
    const bool objects = str_equal(from->type, STR("AWS::S3::Object"));
    struct str *prefixes = ARENA_ARRAY(arena, struct str, from->arns.count);
    struct str *whole = ARENA_ARRAY(arena, struct str, from->arns.count);
    size_t prefix_count = 0;
    size_t whole_count = 0;
    for (size_t i = 0; i < from->arns.count; i++) {
        const struct str arn = from->arns.values[i];
        const bool named = str_find(arn, '/') != STR_MISSING || str_search(arn, STR(":function:")) != STR_MISSING;
        if (objects || !named) {
            prefixes[prefix_count++] = arn;
        } else {
            whole[whole_count++] = arn;
        }
    }
    struct str *type = ARENA_NEW(arena, struct str);
    *type = from->type;
    const struct selector_values types = { type, 1 };
    struct list any = list_new(arena, 2);
    if (prefix_count > 0) {
        add(&any, of_resource(arena, types, PREDICATE_PREFIX, (struct selector_values){ prefixes, prefix_count }));
    }
    if (whole_count > 0) {
        add(&any, of_resource(arena, types, PREDICATE_EQUALS, (struct selector_values){ whole, whole_count }));
    }
    return join(arena, PREDICATE_ANY, any);
}

static const struct predicate *of_basic(struct arena *arena, const struct selector_basic *selector)
{
    struct list data = list_new(arena, selector->resource_count);
    for (size_t i = 0; i < selector->resource_count; i++) {
        add(&data, resource(arena, &selector->resources[i]));
    }
    struct list kinds = list_new(arena, 2);
    if (!selector->without_management) {
        add(&kinds, management(arena, selector));
    }
    if (data.count > 0) {
        add(&kinds, pair(arena, PREDICATE_ALL, is_category(arena, STR("Data")), join(arena, PREDICATE_ANY, data)));
    }
    const struct predicate *any = join(arena, PREDICATE_ANY, kinds);
    if (selector->read_write.ptr == NULL || str_equal(selector->read_write, STR("All"))) {
        return any;
    }
    const bool reads = str_equal(selector->read_write, STR("ReadOnly"));
    return pair(arena, PREDICATE_ALL, any, is(arena, STR("readOnly"), reads ? STR("true") : STR("false")));
}

struct err selector_basic_compile(struct ctx *ctx, const struct selector_basic *selectors, size_t count, const struct predicate **out)
{
    TRY(selector_basic_check(ctx, selectors, count));
    struct list any = list_new(ctx->arena, count);
    for (size_t i = 0; i < count; i++) {
        add(&any, of_basic(ctx->arena, &selectors[i]));
    }
    *out = join(ctx->arena, PREDICATE_ANY, any);
    return ERR_OK;
}
