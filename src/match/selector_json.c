#include "base/json.h"
#include "match/selector.h"

static struct err malformed(struct ctx *ctx, const char *member)
{
    return fail(ctx, &SELECTOR_INVALID, "%s is not as the API has it.", member);
}

static struct err read_values(struct ctx *ctx, const struct json *list, const char *member, struct selector_values *out)
{
    *out = (struct selector_values){ NULL, 0 };
    if (list == NULL || list->kind == JSON_NULL) {
        return ERR_OK;
    }
    if (list->kind != JSON_ARRAY) {
        return malformed(ctx, member);
    }
    struct str *values = ARENA_ARRAY(ctx->arena, struct str, list->count);
    size_t count = 0;
    for (const struct json *value = list->child; value; value = value->next) {
        if (value->kind != JSON_STRING) {
            return malformed(ctx, member);
        }
        values[count++] = value->text;
    }
    *out = (struct selector_values){ values, count };
    return ERR_OK;
}

static const struct json *first_of(const struct json *list)
{
    return list && list->kind == JSON_ARRAY ? list->child : NULL;
}

static size_t count_of(const struct json *list)
{
    return list && list->kind == JSON_ARRAY ? list->count : 0;
}

static struct err read_advanced(struct ctx *ctx, const struct json *from, struct selector_advanced *out)
{
    const struct json *list = json_get(from, STR("FieldSelectors"));
    struct selector_field *fields = ARENA_ARRAY(ctx->arena, struct selector_field, count_of(list));
    *out = (struct selector_advanced){ json_text(json_get(from, STR("Name"))), fields, 0 };
    for (const struct json *field = first_of(list); field; field = field->next) {
        struct selector_field *to = &fields[out->field_count++];
        to->field = json_text(json_get(field, STR("Field")));
        for (int op = 0; op < SELECTOR_OPERATORS; op++) {
            const struct str name = selector_operator_name((enum selector_operator)op);
            TRY(read_values(ctx, json_get(field, name), name.ptr, &to->by[op]));
        }
    }
    return ERR_OK;
}

static struct err read_basic(struct ctx *ctx, const struct json *from, struct selector_basic *out)
{
    const struct json *list = json_get(from, STR("DataResources"));
    const struct json *management = json_get(from, STR("IncludeManagementEvents"));
    struct selector_resource *resources = ARENA_ARRAY(ctx->arena, struct selector_resource, count_of(list));
    *out = (struct selector_basic){ .read_write = json_text(json_get(from, STR("ReadWriteType"))), .resources = resources };
    out->without_management = management && management->kind == JSON_FALSE;
    TRY(read_values(ctx, json_get(from, STR("ExcludeManagementEventSources")), "ExcludeManagementEventSources", &out->excluded_sources));
    for (const struct json *resource = first_of(list); resource; resource = resource->next) {
        struct selector_resource *to = &resources[out->resource_count++];
        to->type = json_text(json_get(resource, STR("Type")));
        TRY(read_values(ctx, json_get(resource, STR("Values")), "DataResources.Values", &to->arns));
    }
    return ERR_OK;
}

struct err selector_json_compile(struct ctx *ctx, const struct json *document, enum selector_target target, const struct predicate **out)
{
    const struct json *basic = json_get(document, STR("EventSelectors"));
    const struct json *advanced = json_get(document, STR("AdvancedEventSelectors"));
    size_t count = 0;
    if ((basic == NULL) == (advanced == NULL)) {
        return fail(ctx, &SELECTOR_INVALID, "EventSelectors or AdvancedEventSelectors must be given, not both.");
    }
    if (basic) {
        struct selector_basic *selectors = ARENA_ARRAY(ctx->arena, struct selector_basic, count_of(basic));
        for (const struct json *one = first_of(basic); one; one = one->next) {
            TRY(read_basic(ctx, one, &selectors[count++]));
        }
        return selector_basic_compile(ctx, selectors, count, out);
    }
    struct selector_advanced *selectors = ARENA_ARRAY(ctx->arena, struct selector_advanced, count_of(advanced));
    for (const struct json *one = first_of(advanced); one; one = one->next) {
        TRY(read_advanced(ctx, one, &selectors[count++]));
    }
    return selector_advanced_compile(ctx, selectors, count, target, out);
}
