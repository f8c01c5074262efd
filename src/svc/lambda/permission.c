#include "svc/lambda/permission.h"

#include "base/json.h"
#include "crypto/hash.h"
#include "crypto/random.h"
#include "svc/lambda/alias.h"

enum { POLICY_MAX = 20480 }; /* spec: Lambda developer guide, quotas */

/* QUALIFIER/NUMBER/SID: statements stay in the order in which they came. */
static struct str part_of(struct ctx *ctx, struct str qualifier, int64_t number, struct str sid)
{
    return str_format(ctx->arena, "%" STR_FMT "/%06lld/%" STR_FMT, STR_ARG(qualifier), (long long)number, STR_ARG(sid));
}

struct err permission_document(struct lambda_rows rows, struct str name, struct str qualifier, struct str *out)
{
    struct item *items = NULL;
    size_t count = 0, used = 0;
    struct json_writer w = json_writer_new(rows.ctx->arena);
    const struct str head = str_format(rows.ctx->arena, "%" STR_FMT "/", STR_ARG(qualifier));
    *out = STR_NONE;
    TRY(rows_extra_list(rows, name, ITEM_PERMISSION, &items, &count));
    json_open_object(&w);
    json_member_str(&w, STR("Version"), STR("2012-10-17"));
    json_member_str(&w, STR("Id"), STR("default"));
    json_key(&w, STR("Statement"));
    json_open_array(&w);
    for (size_t i = 0; i < count; i++) {
        if (str_starts(items[i].part, head)) {
            json_raw(&w, items[i].body);
            used++;
        }
    }
    json_close_array(&w);
    json_close_object(&w);
    *out = used > 0 ? json_done(&w) : STR_NONE;
    return ERR_OK;
}

struct str permission_revision(struct ctx *ctx, struct str document)
{
    const struct str hex = hash_hex(ctx->arena, HASH_SHA256, document.ptr ? document : STR(""));
    return str_format(ctx->arena, "%.8s-%.4s-4%.3s-8%.3s-%.12s", hex.ptr, hex.ptr + 8, hex.ptr + 12, hex.ptr + 15, hex.ptr + 18);
}

/* The part of a statement, absent when there is none; and the number that the next one gets. */
static struct err find_statement(struct lambda_rows rows, struct str name, struct str qualifier, struct str sid, struct str *part, int64_t *next)
{
    struct item *items = NULL;
    size_t count = 0;
    const struct str head = str_format(rows.ctx->arena, "%" STR_FMT "/", STR_ARG(qualifier));
    *part = STR_NONE;
    *next = 1;
    TRY(rows_extra_list(rows, name, ITEM_PERMISSION, &items, &count));
    for (size_t i = 0; i < count; i++) {
        struct str rest = STR_NONE;
        int64_t number = 0;
        if (!str_starts(items[i].part, head) || !str_to_int(str_cut(str_from(items[i].part, head.len), '/', &rest), &number)) {
            continue;
        }
        *next = number + 1;
        *part = str_equal(rest, sid) ? items[i].part : *part;
    }
    return ERR_OK;
}

struct err permission_add(struct request *rq, struct lambda_rows rows, struct str name, struct str qualifier, struct str sid, struct str statement)
{
    struct str known = STR_NONE, document = STR_NONE;
    int64_t next = 0;
    TRY(find_statement(rows, name, qualifier, sid, &known, &next));
    if (known.ptr) {
        return fail(&rq->ctx, &LAMBDA_RESOURCE_CONFLICT_EXCEPTION, "The statement id (%" STR_FMT ") provided already exists. Please provide "
                    "a new statement id, or remove the existing statement.", STR_ARG(sid));
    }
    TRY(rows_extra_put(rows, name, ITEM_PERMISSION, part_of(&rq->ctx, qualifier, next, sid), statement));
    TRY(permission_document(rows, name, qualifier, &document));
    return document.len <= POLICY_MAX ? ERR_OK : fail(&rq->ctx, &LAMBDA_POLICY_LENGTH_EXCEEDED_EXCEPTION,
        "The final policy size (%zu) is bigger than the limit (%d).", document.len, POLICY_MAX);
}

struct err permission_remove(struct request *rq, struct lambda_rows rows, struct str name, struct str qualifier, struct str sid)
{
    struct str known = STR_NONE;
    int64_t next = 0;
    bool ignored = false;
    TRY(find_statement(rows, name, qualifier, sid, &known, &next));
    if (known.ptr == NULL) {
        return fail(&rq->ctx, &LAMBDA_RESOURCE_NOT_FOUND_EXCEPTION, "Statement %" STR_FMT " is not found in resource policy.", STR_ARG(sid));
    }
    return rows_extra_delete(rows, name, ITEM_PERMISSION, known, &ignored);
}

static struct str revision_part(const struct function_name *name)
{
    return name->qualifier.ptr ? name->qualifier : STR("");
}

/* A policy has revisions of its own; before the first one it is that of what it will belong to: a function, a version or an alias. */
static struct err revision_of(struct request *rq, const struct function_name *name, struct str *out)
{
    struct lambda_alias_configuration alias = { .name = STR_NONE };
    struct function_row row = { .number = 0 };
    TRY(rows_extra_get(name_rows(rq, name), name->name, ITEM_REVISION, revision_part(name), out));
    if (out->ptr) {
        return ERR_OK;
    }
    const bool is_alias = name->qualifier.ptr && name_number(name->qualifier) < 0;
    TRY(is_alias ? alias_need(rq, name, name->qualifier, &alias) : name_need(name_rows(rq, name), name, &row));
    *out = is_alias ? alias.revision_id : row.config.revision_id;
    return ERR_OK;
}

static struct err check_revision(struct request *rq, const struct function_name *name, struct str asked)
{
    struct str now = STR_NONE;
    TRY(revision_of(rq, name, &now));
    return asked.len == 0 || str_equal(asked, now) ? ERR_OK : fail(&rq->ctx, &LAMBDA_PRECONDITION_FAILED_EXCEPTION,
        "The Revision Id provided does not match the latest Revision Id. Call the GetPolicy API to retrieve the latest Revision Id");
}

static struct err revise(struct request *rq, const struct function_name *name)
{
    return rows_extra_put(name_rows(rq, name), name->name, ITEM_REVISION, revision_part(name), random_uuid(&rq->ctx));
}

/* spec: AddPermission: a service by its domain. */
static bool is_service(struct str principal)
{
    return str_ends(principal, STR(".amazonaws.com")) || str_ends(principal, STR(".amazonaws.com.cn")) || str_ends(principal, STR(".amazon.com"));
}

/* $LATEST has no policy of its own. */
static struct err need_resource(struct request *rq, struct str function, struct str qualifier, struct function_name *name)
{
    struct function_row row = { .number = 0 };
    TRY(name_of(rq, function, qualifier, name));
    TRY(name_need_latest(name_rows(rq, name), name, &row));
    if (str_equal(name->qualifier, STR("$LATEST"))) {
        return fail(&rq->ctx, &LAMBDA_INVALID_PARAMETER_VALUE_EXCEPTION, "We currently do not support adding policies for $LATEST.");
    }
    if (name->qualifier.ptr == NULL) {
        return ERR_OK;
    }
    struct lambda_alias_configuration alias = { .name = STR_NONE };
    const bool is_alias = name_number(name->qualifier) < 0 && str_find(name->qualifier, '$') == STR_MISSING;
    return is_alias ? alias_need(rq, name, name->qualifier, &alias) : name_need(name_rows(rq, name), name, &row);
}

/* A service by name, an account by number or ARN, anyone by *. */
static struct err write_principal(struct request *rq, struct json_writer *w, struct str principal)
{
    int64_t ignored = 0;
    json_key(w, STR("Principal"));
    if (str_equal(principal, STR("*"))) {
        json_str(w, principal);
        return ERR_OK;
    }
    json_open_object(w);
    if (principal.len == 12 && str_to_int(principal, &ignored)) {
        json_member_str(w, STR("AWS"), str_format(rq->ctx.arena, "arn:aws:iam::%" STR_FMT ":root", STR_ARG(principal)));
    } else if (str_starts(principal, STR("arn:"))) {
        json_member_str(w, STR("AWS"), principal);
    } else if (is_service(principal)) {
        json_member_str(w, STR("Service"), principal);
    } else {
        return fail(&rq->ctx, &LAMBDA_INVALID_PARAMETER_VALUE_EXCEPTION, "The provided principal was invalid. Please check the principal and "
                    "try again.");
    }
    json_close_object(w);
    return ERR_OK;
}

static void write_condition(struct json_writer *w, bool *any, const char *operator, const char *key, struct str value)
{
    if (value.len == 0) {
        return;
    }
    if (!*any) {
        json_key(w, STR("Condition"));
        json_open_object(w);
        *any = true;
    }
    json_key(w, str_of(operator));
    json_open_object(w);
    json_member_str(w, str_of(key), value);
    json_close_object(w);
}

/* Conditions of one operator stand together. */
static void write_conditions(struct json_writer *w, const struct lambda_add_permission_in *in)
{
    bool any = false;
    const struct { const char *key; struct str value; } equals[] = {
        { "AWS:SourceAccount", in->source_account },
        { "lambda:FunctionUrlAuthType", in->function_url_auth_type },
        { "aws:PrincipalOrgID", in->principal_org_id },
        { "lambda:EventSourceToken", in->event_source_token },
    };
    bool first = true;
    for (size_t i = 0; i < COUNT_OF(equals); i++) {
        if (equals[i].value.len == 0) {
            continue;
        }
        if (first) {
            json_key(w, STR("Condition"));
            json_open_object(w);
            json_key(w, STR("StringEquals"));
            json_open_object(w);
            first = false;
            any = true;
        }
        json_member_str(w, str_of(equals[i].key), equals[i].value);
    }
    if (!first) {
        json_close_object(w);
    }
    write_condition(w, &any, "ArnLike", "AWS:SourceArn", in->source_arn);
    write_condition(w, &any, "Bool", "lambda:InvokedViaFunctionUrl", in->invoked_via_function_url.set ? (in->invoked_via_function_url.v ? STR("true") : STR("false")) : STR_NONE);
    if (any) {
        json_close_object(w);
    }
}

struct err lambda_add_permission(struct request *rq, const struct lambda_add_permission_in *in, struct lambda_add_permission_out *out)
{
    struct function_name name = { 0 };
    struct json_writer w = json_writer_new(rq->ctx.arena);
    TRY(need_resource(rq, in->function_name, in->qualifier, &name));
    TRY(check_revision(rq, &name, in->revision_id));
    if (in->function_url_auth_type.ptr && !str_equal(in->action, STR("lambda:InvokeFunctionUrl"))) {
        return fail(&rq->ctx, &LAMBDA_INVALID_PARAMETER_VALUE_EXCEPTION, "FunctionUrlAuthType is only supported for lambda:InvokeFunctionUrl action");
    }
    json_open_object(&w);
    json_member_str(&w, STR("Sid"), in->statement_id);
    json_member_str(&w, STR("Effect"), STR("Allow"));
    TRY(write_principal(rq, &w, in->principal));
    json_member_str(&w, STR("Action"), in->action);
    json_member_str(&w, STR("Resource"), name_arn(&rq->ctx, &name));
    write_conditions(&w, in);
    json_close_object(&w);
    out->statement = json_done(&w);
    TRY(revise(rq, &name));
    return permission_add(rq, name_rows(rq, &name), name.name, name.qualifier, in->statement_id, out->statement);
}

struct err lambda_remove_permission(struct request *rq, const struct lambda_remove_permission_in *in, struct lambda_remove_permission_out *out)
{
    struct function_name name = { 0 };
    struct function_row row = { .number = 0 };
    struct str document = STR_NONE;
    (void)out;
    TRY(name_of(rq, in->function_name, in->qualifier, &name));
    if (name_need_latest(name_rows(rq, &name), &name, &row).fault) {
        return fail(&rq->ctx, &LAMBDA_RESOURCE_NOT_FOUND_EXCEPTION, "No policy found for: %" STR_FMT, STR_ARG(name_arn(&rq->ctx, &name)));
    }
    TRY(need_resource(rq, in->function_name, in->qualifier, &name));
    TRY(permission_document(name_rows(rq, &name), name.name, name.qualifier, &document));
    if (document.ptr == NULL) {
        return fail(&rq->ctx, &LAMBDA_RESOURCE_NOT_FOUND_EXCEPTION, "No policy is associated with the given resource.");
    }
    TRY(check_revision(rq, &name, in->revision_id));
    TRY(revise(rq, &name));
    return permission_remove(rq, name_rows(rq, &name), name.name, name.qualifier, in->statement_id);
}

struct err lambda_get_policy(struct request *rq, const struct lambda_get_policy_in *in, struct lambda_get_policy_out *out)
{
    struct function_name name = { 0 };
    TRY(name_of(rq, in->function_name, in->qualifier, &name));
    TRY(permission_document(name_rows(rq, &name), name.name, name.qualifier, &out->policy));
    if (out->policy.ptr == NULL) {
        return fail(&rq->ctx, &LAMBDA_RESOURCE_NOT_FOUND_EXCEPTION, "The resource you requested does not exist.");
    }
    return revision_of(rq, &name, &out->revision_id);
}
