#include "svc/lambda/alias.h"

#include "crypto/random.h"
#include "wire/codec.h"

static struct str alias_arn(struct request *rq, const struct function_name *name, struct str alias)
{
    const struct function_name whole = { name->account, name->region, name->name, alias };
    return name_arn(&rq->ctx, &whole);
}

struct err alias_need(struct request *rq, const struct function_name *name, struct str alias, struct lambda_alias_configuration *out)
{
    struct str body = STR_NONE;
    void *value = NULL;
    TRY(rows_extra_get(name_rows(rq, name), name->name, ITEM_ALIAS, alias, &body));
    if (body.ptr == NULL) {
        return fail(&rq->ctx, &LAMBDA_RESOURCE_NOT_FOUND_EXCEPTION, "Cannot find alias arn: %" STR_FMT,
                    STR_ARG(alias_arn(rq, name, alias)));
    }
    TRY(wire_json_read(&rq->ctx, LAMBDA_SHAPE_ALIAS_CONFIGURATION, body, &value));
    memcpy(out, value, sizeof(*out));
    return ERR_OK;
}

struct err alias_put(struct request *rq, const struct function_name *name, struct lambda_alias_configuration *alias)
{
    struct json_writer w = json_writer_new(rq->ctx.arena);
    alias->revision_id = random_uuid(&rq->ctx);
    wire_json_write(&w, LAMBDA_SHAPE_ALIAS_CONFIGURATION, alias);
    return rows_extra_put(name_rows(rq, name), name->name, ITEM_ALIAS, alias->name, json_done(&w));
}

static struct err need_version(struct request *rq, const struct function_name *name, struct str version)
{
    const struct function_name whole = { name->account, name->region, name->name, version };
    struct function_row row = { .number = 0 };
    return name_need(name_rows(rq, name), &whole, &row);
}

/* spec: Lambda developer guide, weighted aliases: one other version, both published. */
static struct err check_routing(struct request *rq, const struct function_name *name, const struct lambda_alias_configuration *alias)
{
    static const char range[] = "1 validation error detected: Value '{%" STR_FMT "=%.1f}' at 'routingConfig.additionalVersionWeights' failed to "
        "satisfy constraint: Map value must satisfy constraint: [Member must have value less than or equal to 1.0, Member must have "
        "value greater than or equal to 0.0, Member must not be null]";
    const struct lambda_additional_version_weights *weights = alias->routing_config ? &alias->routing_config->additional_version_weights : NULL;
    if (weights == NULL || weights->count == 0) {
        return ERR_OK;
    }
    const struct lambda_additional_version_weights_entry *other = &weights->items[0];
    if (weights->count > 1) {
        return fail(&rq->ctx, &LAMBDA_INVALID_PARAMETER_VALUE_EXCEPTION, "Number of items in AdditionalVersionWeights cannot be greater than 1");
    }
    if (other->value < 0 || other->value > 1) {
        return fail(&rq->ctx, &LAMBDA_VALIDATION_EXCEPTION, range, STR_ARG(other->key), other->value);
    }
    if (str_equal(other->key, alias->function_version)) {
        return fail(&rq->ctx, &LAMBDA_INVALID_PARAMETER_VALUE_EXCEPTION, "Invalid function version %" STR_FMT ". Function version %" STR_FMT
                    " is already included in routing configuration.", STR_ARG(other->key), STR_ARG(other->key));
    }
    if (str_equal(alias->function_version, STR("$LATEST")) || str_equal(other->key, STR("$LATEST"))) {
        function_untyped(rq);
        return fail(&rq->ctx, &LAMBDA_INVALID_PARAMETER_VALUE_EXCEPTION, "$LATEST is not supported for an alias pointing to more than 1 version");
    }
    return need_version(rq, name, other->key);
}

static struct err need_function(struct request *rq, struct str function, struct function_name *name)
{
    struct function_row row = { .number = 0 };
    TRY(name_of(rq, function, STR_NONE, name));
    name->qualifier = STR_NONE;
    return name_need_latest(name_rows(rq, name), name, &row);
}

/* One without weights is none. */
static const struct lambda_alias_routing_configuration *routing_of(const struct lambda_alias_routing_configuration *asked)
{
    return asked && asked->additional_version_weights.count > 0 ? asked : NULL;
}

struct err lambda_create_alias(struct request *rq, const struct lambda_create_alias_in *in, struct lambda_create_alias_out *out)
{
    struct function_name name = { 0 };
    struct str known = STR_NONE;
    const struct err missing = need_function(rq, in->function_name, &name);
    if (missing.fault && str_starts(str_of(rq->ctx.reason), STR("Function not found"))) {
        name.qualifier = in->function_version; /* the refusal names the version that was wanted */
        return name_missing(&rq->ctx, &name);
    }
    TRY(missing);
    TRY(rows_extra_get(name_rows(rq, &name), name.name, ITEM_ALIAS, in->name, &known));
    if (known.ptr) {
        return fail(&rq->ctx, &LAMBDA_RESOURCE_CONFLICT_EXCEPTION, "Alias already exists: %" STR_FMT, STR_ARG(alias_arn(rq, &name, in->name)));
    }
    struct lambda_alias_configuration alias = {
        .alias_arn = alias_arn(rq, &name, in->name), .name = in->name, .function_version = in->function_version,
        .description = in->description.ptr ? in->description : STR(""), .routing_config = routing_of(in->routing_config),
    };
    TRY(check_routing(rq, &name, &alias));
    TRY(need_version(rq, &name, in->function_version));
    TRY(alias_put(rq, &name, &alias));
    memcpy(out, &alias, sizeof(alias));
    return ERR_OK;
}

struct err lambda_get_alias(struct request *rq, const struct lambda_get_alias_in *in, struct lambda_get_alias_out *out)
{
    struct function_name name = { 0 };
    struct lambda_alias_configuration alias = { .name = STR_NONE };
    TRY(need_function(rq, in->function_name, &name));
    TRY(alias_need(rq, &name, in->name, &alias));
    memcpy(out, &alias, sizeof(alias));
    return ERR_OK;
}

struct err lambda_update_alias(struct request *rq, const struct lambda_update_alias_in *in, struct lambda_update_alias_out *out)
{
    struct function_name name = { 0 };
    struct lambda_alias_configuration alias = { .name = STR_NONE };
    TRY(need_function(rq, in->function_name, &name));
    if (alias_need(rq, &name, in->name, &alias).fault) {
        return fail(&rq->ctx, &LAMBDA_RESOURCE_NOT_FOUND_EXCEPTION, "Alias not found: %" STR_FMT, STR_ARG(alias_arn(rq, &name, in->name)));
    }
    TRY(name_check_revision(&rq->ctx, in->revision_id, alias.revision_id));
    alias.function_version = in->function_version.ptr ? in->function_version : alias.function_version;
    alias.description = in->description.ptr ? in->description : alias.description;
    if (in->routing_config) {
        alias.routing_config = routing_of(in->routing_config);
    }
    TRY(check_routing(rq, &name, &alias));
    TRY(need_version(rq, &name, alias.function_version));
    TRY(alias_put(rq, &name, &alias));
    memcpy(out, &alias, sizeof(alias));
    return ERR_OK;
}

/* With everything that was said of it alone. */
struct err lambda_delete_alias(struct request *rq, const struct lambda_delete_alias_in *in, struct lambda_delete_alias_out *out)
{
    struct function_name name = { 0 };
    bool ignored = false;
    (void)out;
    TRY(name_of(rq, in->function_name, STR_NONE, &name));
    TRY(rows_extra_delete(name_rows(rq, &name), name.name, ITEM_EVENT, in->name, &ignored));
    TRY(rows_extra_delete(name_rows(rq, &name), name.name, ITEM_REVISION, in->name, &ignored));
    TRY(rows_extra_delete(name_rows(rq, &name), name.name, ITEM_PROVISIONED, in->name, &ignored));
    return rows_extra_delete(name_rows(rq, &name), name.name, ITEM_ALIAS, in->name, &ignored);
}

struct err lambda_list_aliases(struct request *rq, const struct lambda_list_aliases_in *in, struct lambda_list_aliases_out *out)
{
    struct function_name name = { 0 };
    struct item *items = NULL;
    size_t count = 0;
    struct str after = STR_NONE;
    const size_t size = function_page_size(in->max_items);
    TRY(need_function(rq, in->function_name, &name));
    TRY(function_page_start(rq, in->marker, &after));
    TRY(rows_extra_list(name_rows(rq, &name), name.name, ITEM_ALIAS, &items, &count));
    out->aliases.items = ARENA_ARRAY(rq->ctx.arena, struct lambda_alias_configuration, size + 1);
    for (size_t i = 0; i < count; i++) {
        struct lambda_alias_configuration alias = { .name = STR_NONE };
        TRY(alias_need(rq, &name, items[i].part, &alias));
        if ((after.ptr && str_compare(alias.name, after) <= 0)
            || (in->function_version.ptr && !str_equal(alias.function_version, in->function_version))) {
            continue;
        }
        if (out->aliases.count == size) {
            out->next_marker = function_page_token(rq, out->aliases.items[size - 1].name);
            break;
        }
        out->aliases.items[out->aliases.count++] = alias;
    }
    return ERR_OK;
}
