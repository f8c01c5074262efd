/* layer.c - layers: archives that functions find unpacked below /opt.
 *
 * A version's row is the JSON of GetLayerVersion's answer, in which Content.Location is the archive's digest. */
#include "base/clock.h"
#include "crypto/random.h"
#include "svc/lambda/permission.h"
#include "wire/codec.h"

enum { LAYERS_MAX = 5 };

/* Whose, which, and which version of it; 0: none named. */
struct layer_name {
    struct str account, region, name;
    int64_t version;
};

static struct layer_name read_name(struct str account, struct str region, struct str text)
{
    struct layer_name out = { account, region, text, 0 };
    struct str rest = text;
    if (!str_starts(text, STR("arn:"))) {
        return out;
    }
    str_cut(rest, ':', &rest);
    str_cut(rest, ':', &rest);
    str_cut(rest, ':', &rest);
    out.region = str_cut(rest, ':', &rest);
    out.account = str_cut(rest, ':', &rest);
    str_cut(rest, ':', &rest);
    out.name = str_cut(rest, ':', &rest);
    if (!str_to_int(rest, &out.version) || out.version < 1) {
        out.version = 0;
    }
    return out;
}

static struct layer_name of_request(struct request *rq, struct str text, struct opt_long version)
{
    struct layer_name name = read_name(rq->account, rq->region, text);
    name.version = version.set ? version.v : name.version;
    return name;
}

static struct lambda_rows rows_of(struct request *rq, const struct layer_name *name)
{
    return (struct lambda_rows){ &rq->ctx, rq->db, name->account, name->region };
}

/* Functions have no colon in their names: layers never meet them. */
static struct str key_of(struct ctx *ctx, const struct layer_name *name)
{
    return str_format(ctx->arena, "layer:%" STR_FMT, STR_ARG(name->name));
}

static struct str part_of(struct ctx *ctx, int64_t version)
{
    return str_format(ctx->arena, "%012lld", (long long)version);
}

static struct str arn_of(struct ctx *ctx, const struct layer_name *name)
{
    const struct str plain = str_format(ctx->arena, "arn:aws:lambda:%" STR_FMT ":%" STR_FMT ":layer:%" STR_FMT, STR_ARG(name->region),
                                        STR_ARG(name->account), STR_ARG(name->name));
    return name->version ? str_format(ctx->arena, "%" STR_FMT ":%lld", STR_ARG(plain), (long long)name->version) : plain;
}

static struct err read_version(struct ctx *ctx, struct str body, struct lambda_get_layer_version_out *out)
{
    void *value = NULL;
    TRY(wire_json_read(ctx, LAMBDA_SHAPE_GET_LAYER_VERSION_RESPONSE, body, &value));
    memcpy(out, value, sizeof(*out));
    return ERR_OK;
}

static struct err missing(struct ctx *ctx, const struct layer_name *name)
{
    return fail(ctx, &LAMBDA_RESOURCE_NOT_FOUND_EXCEPTION, "The resource you requested does not exist. Layer version %" STR_FMT
                " does not exist.", STR_ARG(arn_of(ctx, name)));
}

static struct err need_version(struct request *rq, const struct layer_name *name, struct lambda_get_layer_version_out *out)
{
    struct str body = STR_NONE;
    if (name->version < 1) {
        return fail(&rq->ctx, &LAMBDA_INVALID_PARAMETER_VALUE_EXCEPTION, "Layer Version Cannot be less than 1.");
    }
    TRY(rows_extra_get(rows_of(rq, name), key_of(&rq->ctx, name), ITEM_LAYER, part_of(&rq->ctx, name->version), &body));
    return body.ptr ? read_version(&rq->ctx, body, out) : missing(&rq->ctx, name);
}

struct err layer_digest(struct ctx *ctx, struct store_conn *db, struct str arn, struct str *account, struct str *digest)
{
    const struct layer_name name = read_name(STR_NONE, STR_NONE, arn);
    const struct lambda_rows rows = { ctx, db, name.account, name.region };
    struct lambda_get_layer_version_out version = { .content = NULL };
    struct str body = STR_NONE;
    TRY(rows_extra_get(rows, key_of(ctx, &name), ITEM_LAYER, part_of(ctx, name.version), &body));
    if (body.ptr == NULL) {
        return fail(ctx, &LAMBDA_RESOURCE_NOT_FOUND_EXCEPTION, "Layer version %" STR_FMT " does not exist.", STR_ARG(arn));
    }
    TRY(read_version(ctx, body, &version));
    *account = name.account;
    *digest = version.content->location;
    return ERR_OK;
}

/* Another account's layer must be given to this one, or to all. */
static struct err check_given(struct request *rq, const struct layer_name *name)
{
    struct str policy = STR_NONE;
    if (str_equal(name->account, rq->account)) {
        return ERR_OK;
    }
    TRY(permission_document(rows_of(rq, name), key_of(&rq->ctx, name), part_of(&rq->ctx, name->version), &policy));
    const struct str root = str_format(rq->ctx.arena, "arn:aws:iam::%" STR_FMT ":root", STR_ARG(rq->account));
    if (policy.ptr && (str_search(policy, root) != STR_MISSING || str_search(policy, STR("\"Principal\":\"*\"")) != STR_MISSING)) {
        return ERR_OK;
    }
    return fail(&rq->ctx, &LAMBDA_ACCESS_DENIED, "User: %" STR_FMT " is not authorized to perform: lambda:GetLayerVersion on resource: %"
                STR_FMT, STR_ARG(rq->caller.arn), STR_ARG(arn_of(&rq->ctx, name)));
}

static struct err resolve_one(struct request *rq, struct str arn, struct lambda_layer *out)
{
    const struct layer_name name = read_name(rq->account, rq->region, arn);
    struct lambda_get_layer_version_out version = { .content = NULL };
    struct str body = STR_NONE;
    if (!str_equal(name.region, rq->region)) {
        return fail(&rq->ctx, &LAMBDA_INVALID_PARAMETER_VALUE_EXCEPTION, "Layers are not in the same region as the function. Layers are "
                    "expected to be in region %" STR_FMT ".", STR_ARG(rq->region));
    }
    TRY(rows_extra_get(rows_of(rq, &name), key_of(&rq->ctx, &name), ITEM_LAYER, part_of(&rq->ctx, name.version), &body));
    if (body.ptr == NULL) {
        return fail(&rq->ctx, &LAMBDA_INVALID_PARAMETER_VALUE_EXCEPTION, "Layer version %" STR_FMT " does not exist.", STR_ARG(arn));
    }
    TRY(check_given(rq, &name));
    TRY(read_version(&rq->ctx, body, &version));
    *out = (struct lambda_layer){ .arn = arn, .code_size = version.content->code_size };
    return ERR_OK;
}

struct err layer_resolve(struct request *rq, const struct lambda_layer_list *asked, struct lambda_layers_reference_list *out)
{
    if (asked->count > LAYERS_MAX) {
        return fail(&rq->ctx, &LAMBDA_INVALID_PARAMETER_VALUE_EXCEPTION, "Cannot reference more than 5 layers.");
    }
    *out = (struct lambda_layers_reference_list){ asked->count ? ARENA_ARRAY(rq->ctx.arena, struct lambda_layer, asked->count) : NULL,
                                                  asked->count };
    for (size_t i = 0; i < asked->count; i++) {
        const struct layer_name name = read_name(rq->account, rq->region, asked->items[i]);
        for (size_t j = 0; j < i; j++) {
            const struct layer_name other = read_name(rq->account, rq->region, asked->items[j]);
            if (str_equal(name.name, other.name) && str_equal(name.account, other.account)) {
                return fail(&rq->ctx, &LAMBDA_INVALID_PARAMETER_VALUE_EXCEPTION, "Two different versions of the same layer are not allowed "
                            "to be referenced in the same function. %" STR_FMT " and %" STR_FMT " are versions of the same layer.",
                            STR_ARG(asked->items[j]), STR_ARG(asked->items[i]));
            }
        }
        TRY(resolve_one(rq, asked->items[i], &out->items[i]));
    }
    return ERR_OK;
}

/* As it goes out: a link in place of the digest. */
static void show(struct request *rq, const struct layer_name *name, struct lambda_get_layer_version_out *version)
{
    struct lambda_layer_version_content_output *content = ARENA_NEW(rq->ctx.arena, struct lambda_layer_version_content_output);
    *content = *version->content;
    content->location = code_link(rq, name->account, content->location);
    version->content = content;
}

struct err lambda_publish_layer_version(struct request *rq, const struct lambda_publish_layer_version_in *in,
                                        struct lambda_publish_layer_version_out *out)
{
    struct layer_name name = of_request(rq, in->layer_name, (struct opt_long){ .set = false });
    struct code code = { 0 };
    struct str body = STR_NONE;
    int64_t last = 0;
    const struct str key = key_of(&rq->ctx, &name);
    TRY(code_take(rq, rows_of(rq, &name), &(struct code_source){ in->content->zip_file, in->content->s3_bucket, in->content->s3_key,
                                                                 in->content->s3_object_version, STR_NONE }, &code));
    TRY(rows_extra_get(rows_of(rq, &name), key, ITEM_LAST, STR(""), &body));
    if (body.ptr && !str_to_int(body, &last)) {
        last = 0;
    }
    name.version = 0;
    struct lambda_layer_version_content_output content = { .location = code.digest, .code_sha256 = code.sha256,
                                                           .code_size = SOME(code.size) };
    const struct str stamp = clock_format_iso8601_ms(rq->ctx.arena, rq->ctx.now_ms);
    struct lambda_get_layer_version_out version = {
        .content = &content, .layer_arn = arn_of(&rq->ctx, &name), .description = in->description.ptr ? in->description : STR(""),
        .created_date = str_format(rq->ctx.arena, "%" STR_FMT "+0000", STR_ARG(str_slice(stamp, 0, stamp.len - 1))),
        .version = SOME(last + 1), .compatible_architectures = in->compatible_architectures,
        .compatible_runtimes = in->compatible_runtimes, .license_info = in->license_info,
    };
    name.version = last + 1;
    version.layer_version_arn = arn_of(&rq->ctx, &name);
    struct json_writer w = json_writer_new(rq->ctx.arena);
    wire_json_write(&w, LAMBDA_SHAPE_GET_LAYER_VERSION_RESPONSE, &version);
    TRY(rows_extra_put(rows_of(rq, &name), key, ITEM_LAYER, part_of(&rq->ctx, name.version), json_done(&w)));
    TRY(rows_extra_put(rows_of(rq, &name), key, ITEM_LAST, STR(""), str_format(rq->ctx.arena, "%lld", (long long)name.version)));
    show(rq, &name, &version);
    memcpy(out, &version, sizeof(*out));
    return ERR_OK;
}

struct err lambda_get_layer_version(struct request *rq, const struct lambda_get_layer_version_in *in, struct lambda_get_layer_version_out *out)
{
    const struct layer_name name = of_request(rq, in->layer_name, in->version_number);
    TRY(need_version(rq, &name, out));
    show(rq, &name, out);
    return ERR_OK;
}

struct err lambda_get_layer_version_by_arn(struct request *rq, const struct lambda_get_layer_version_by_arn_in *in,
                                           struct lambda_get_layer_version_by_arn_out *out)
{
    const struct layer_name name = read_name(rq->account, rq->region, in->arn);
    struct lambda_get_layer_version_out version = { .content = NULL };
    TRY(need_version(rq, &name, &version));
    show(rq, &name, &version);
    memcpy(out, &version, sizeof(*out));
    return ERR_OK;
}

static bool has_runtime(const struct lambda_compatible_runtimes *runtimes, struct str asked)
{
    for (size_t i = 0; i < runtimes->count; i++) {
        if (str_equal(runtimes->items[i], asked)) {
            return true;
        }
    }
    return asked.ptr == NULL;
}

static struct lambda_layer_versions_list_item listed(const struct lambda_get_layer_version_out *version)
{
    return (struct lambda_layer_versions_list_item){ version->layer_version_arn, version->version, version->description,
        version->created_date, version->compatible_architectures, version->compatible_runtimes, version->license_info };
}

/* Newest first. */
struct err lambda_list_layer_versions(struct request *rq, const struct lambda_list_layer_versions_in *in,
                                      struct lambda_list_layer_versions_out *out)
{
    const struct layer_name name = of_request(rq, in->layer_name, (struct opt_long){ .set = false });
    struct item *items = NULL;
    size_t count = 0;
    struct str after = STR_NONE;
    const size_t size = function_page_size(in->max_items);
    TRY(function_page_start(rq, in->marker, &after));
    TRY(rows_extra_list(rows_of(rq, &name), key_of(&rq->ctx, &name), ITEM_LAYER, &items, &count));
    out->layer_versions.items = ARENA_ARRAY(rq->ctx.arena, struct lambda_layer_versions_list_item, size + 1);
    for (size_t i = count; i-- > 0;) {
        struct lambda_get_layer_version_out version = { .content = NULL };
        TRY(read_version(&rq->ctx, items[i].body, &version));
        if ((after.ptr && str_compare(items[i].part, after) >= 0) || !has_runtime(&version.compatible_runtimes, in->compatible_runtime)) {
            continue;
        }
        if (out->layer_versions.count == size) {
            out->next_marker = function_page_token(rq, part_of(&rq->ctx, out->layer_versions.items[size - 1].version.v));
            break;
        }
        out->layer_versions.items[out->layer_versions.count++] = listed(&version);
    }
    return ERR_OK;
}

/* Items come by name and version: the last one of a name is its newest. */
struct err lambda_list_layers(struct request *rq, const struct lambda_list_layers_in *in, struct lambda_list_layers_out *out)
{
    const struct lambda_rows rows = { &rq->ctx, rq->db, rq->account, rq->region };
    struct item *items = NULL;
    size_t count = 0;
    struct str after = STR_NONE;
    const size_t size = function_page_size(in->max_items);
    TRY(function_page_start(rq, in->marker, &after));
    TRY(rows_extra_list(rows, STR_NONE, ITEM_LAYER, &items, &count));
    out->layers.items = ARENA_ARRAY(rq->ctx.arena, struct lambda_layers_list_item, size + 1);
    for (size_t i = 0; i < count; i++) {
        struct lambda_get_layer_version_out version = { .content = NULL };
        const bool newest = i + 1 == count || !str_equal(items[i].name, items[i + 1].name);
        if (!newest || (after.ptr && str_compare(items[i].name, after) <= 0)) {
            continue;
        }
        TRY(read_version(&rq->ctx, items[i].body, &version));
        if (!has_runtime(&version.compatible_runtimes, in->compatible_runtime)) {
            continue;
        }
        if (out->layers.count == size) {
            out->next_marker = function_page_token(rq, str_format(rq->ctx.arena, "layer:%" STR_FMT, STR_ARG(out->layers.items[size - 1].layer_name)));
            break;
        }
        struct lambda_layer_versions_list_item *latest = ARENA_NEW(rq->ctx.arena, struct lambda_layer_versions_list_item);
        *latest = listed(&version);
        out->layers.items[out->layers.count++] = (struct lambda_layers_list_item){ str_from(items[i].name, 6), version.layer_arn, latest };
    }
    return ERR_OK;
}

struct err lambda_delete_layer_version(struct request *rq, const struct lambda_delete_layer_version_in *in,
                                       struct lambda_delete_layer_version_out *out)
{
    const struct layer_name name = of_request(rq, in->layer_name, in->version_number);
    struct lambda_get_layer_version_out version = { .content = NULL };
    bool found = false;
    (void)out;
    if (name.version < 1) {
        return fail(&rq->ctx, &LAMBDA_INVALID_PARAMETER_VALUE_EXCEPTION, "Layer Version Cannot be less than 1.");
    }
    if (need_version(rq, &name, &version).fault) {
        return ERR_OK; /* spec: deleting what isn't there is no error */
    }
    TRY(rows_extra_delete(rows_of(rq, &name), key_of(&rq->ctx, &name), ITEM_LAYER, part_of(&rq->ctx, name.version), &found));
    return rows_code_drop(rows_of(rq, &name), version.content->location);
}

/* Every change of a policy is a revision, whatever it says then. */
static struct err policy_revise(struct request *rq, const struct layer_name *name, struct str *out)
{
    *out = random_uuid(&rq->ctx);
    return rows_extra_put(rows_of(rq, name), key_of(&rq->ctx, name), ITEM_REVISION, part_of(&rq->ctx, name->version), *out);
}

static struct err policy_revision(struct request *rq, const struct layer_name *name, struct str document, struct str *out)
{
    TRY(rows_extra_get(rows_of(rq, name), key_of(&rq->ctx, name), ITEM_REVISION, part_of(&rq->ctx, name->version), out));
    *out = out->ptr ? *out : permission_revision(&rq->ctx, document);
    return ERR_OK;
}

static struct err need_policy(struct request *rq, const struct layer_name *name, struct str revision, struct str *document)
{
    struct lambda_get_layer_version_out version = { .content = NULL };
    if (need_version(rq, name, &version).fault) {
        return fail(&rq->ctx, &LAMBDA_RESOURCE_NOT_FOUND_EXCEPTION, "Layer version %" STR_FMT " does not exist.",
                    STR_ARG(arn_of(&rq->ctx, name)));
    }
    TRY(permission_document(rows_of(rq, name), key_of(&rq->ctx, name), part_of(&rq->ctx, name->version), document));
    struct str now = STR_NONE;
    TRY(policy_revision(rq, name, *document, &now));
    if (revision.len > 0 && !str_equal(revision, now)) {
        return fail(&rq->ctx, &LAMBDA_PRECONDITION_FAILED_EXCEPTION, "The Revision Id provided does not match the latest Revision Id. Call "
                    "the GetLayerPolicy API to retrieve the latest Revision Id");
    }
    return ERR_OK;
}

static struct str layer_statement(struct request *rq, const struct layer_name *name, const struct lambda_add_layer_version_permission_in *in)
{
    struct json_writer w = json_writer_new(rq->ctx.arena);
    json_open_object(&w);
    json_member_str(&w, STR("Sid"), in->statement_id);
    json_member_str(&w, STR("Effect"), STR("Allow"));
    if (str_equal(in->principal, STR("*"))) {
        json_member_str(&w, STR("Principal"), in->principal);
    } else {
        json_key(&w, STR("Principal"));
        json_open_object(&w);
        json_member_str(&w, STR("AWS"), str_starts(in->principal, STR("arn:")) ? in->principal
                        : str_format(rq->ctx.arena, "arn:aws:iam::%" STR_FMT ":root", STR_ARG(in->principal)));
        json_close_object(&w);
    }
    json_member_str(&w, STR("Action"), in->action);
    json_member_str(&w, STR("Resource"), arn_of(&rq->ctx, name));
    if (in->organization_id.ptr) {
        json_key(&w, STR("Condition"));
        json_raw(&w, str_format(rq->ctx.arena, "{\"StringEquals\":{\"aws:PrincipalOrgID\":\"%" STR_FMT "\"}}", STR_ARG(in->organization_id)));
    }
    json_close_object(&w);
    return json_done(&w);
}

struct err lambda_add_layer_version_permission(struct request *rq, const struct lambda_add_layer_version_permission_in *in,
                                               struct lambda_add_layer_version_permission_out *out)
{
    const struct layer_name name = of_request(rq, in->layer_name, in->version_number);
    struct str document = STR_NONE;
    TRY(need_policy(rq, &name, in->revision_id, &document));
    out->statement = layer_statement(rq, &name, in);
    TRY(permission_add(rq, rows_of(rq, &name), key_of(&rq->ctx, &name), part_of(&rq->ctx, name.version), in->statement_id, out->statement));
    return policy_revise(rq, &name, &out->revision_id);
}

struct err lambda_remove_layer_version_permission(struct request *rq, const struct lambda_remove_layer_version_permission_in *in,
                                                  struct lambda_remove_layer_version_permission_out *out)
{
    const struct layer_name name = of_request(rq, in->layer_name, in->version_number);
    struct str document = STR_NONE;
    (void)out;
    struct str revision = STR_NONE;
    TRY(need_policy(rq, &name, in->revision_id, &document));
    TRY(permission_remove(rq, rows_of(rq, &name), key_of(&rq->ctx, &name), part_of(&rq->ctx, name.version), in->statement_id));
    return policy_revise(rq, &name, &revision);
}

struct err lambda_get_layer_version_policy(struct request *rq, const struct lambda_get_layer_version_policy_in *in,
                                           struct lambda_get_layer_version_policy_out *out)
{
    const struct layer_name name = of_request(rq, in->layer_name, in->version_number);
    TRY(need_policy(rq, &name, STR_NONE, &out->policy));
    if (out->policy.ptr == NULL) {
        return fail(&rq->ctx, &LAMBDA_RESOURCE_NOT_FOUND_EXCEPTION, "No policy is associated with the given resource.");
    }
    return policy_revision(rq, &name, out->policy, &out->revision_id);
}

struct err layer_guard(struct request *rq, const void *in, struct str text, struct guard *guard)
{
    struct layer_name name = read_name(rq->account, rq->region, text);
    const struct shape *input = rq->operation->input;
    for (uint16_t i = 0; i < input->member_count; i++) {
        if (strcmp(input->members[i].name, "VersionNumber") == 0) {
            const struct opt_long *version = (const struct opt_long *)(const void *)((const char *)in + input->members[i].offset);
            name.version = version->set ? version->v : name.version;
        }
    }
    guard->resource = arn_of(&rq->ctx, &name);
    guard->account = name.account;
    return name.version > 0 ? permission_document(rows_of(rq, &name), key_of(&rq->ctx, &name), part_of(&rq->ctx, name.version),
                                                  &guard->policy) : ERR_OK;
}
