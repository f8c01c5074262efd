/* account.c - limits and usage of an account, and what Lambda says of functions that use neither code signing nor pinned
 * runtimes. */
#include "svc/lambda/function.h"

#include "base/json.h"

enum { CONCURRENCY = 1000, UNRESERVED_MIN = 100 };

/* What all functions of the region have reserved together, but for one. */
static struct err reserved_sum(struct request *rq, struct str except, int64_t *out)
{
    const struct lambda_rows rows = { &rq->ctx, rq->db, rq->account, rq->region };
    struct item *items = NULL;
    size_t count = 0;
    *out = 0;
    TRY(rows_extra_list(rows, STR_NONE, ITEM_CONCURRENCY, &items, &count));
    for (size_t i = 0; i < count; i++) {
        int64_t one = 0;
        if (!str_equal(items[i].name, except) && str_to_int(items[i].body, &one)) {
            *out += one;
        }
    }
    return ERR_OK;
}

struct err account_unreserved(struct request *rq, int64_t *out)
{
    TRY(reserved_sum(rq, STR_NONE, out));
    *out = CONCURRENCY - *out;
    return ERR_OK;
}

struct err lambda_get_account_settings(struct request *rq, const struct lambda_get_account_settings_in *in,
                                       struct lambda_get_account_settings_out *out)
{
    const struct lambda_rows rows = { &rq->ctx, rq->db, rq->account, rq->region };
    struct lambda_account_limit *limit = ARENA_NEW(rq->ctx.arena, struct lambda_account_limit);
    struct lambda_account_usage *usage = ARENA_NEW(rq->ctx.arena, struct lambda_account_usage);
    int64_t reserved = 0;
    (void)in;
    TRY(reserved_sum(rq, STR_NONE, &reserved));
    TRY(rows_code_size(rows, &usage->total_code_size.v));
    TRY(rows_function_count(rows, &usage->function_count.v));
    usage->total_code_size.set = usage->function_count.set = true;
    *limit = (struct lambda_account_limit){ SOME(80530636800), SOME(262144000), SOME(52428800), SOME(CONCURRENCY),
                                            SOME((int32_t)(CONCURRENCY - reserved)) };
    out->account_limit = limit;
    out->account_usage = usage;
    return ERR_OK;
}

static struct err need(struct request *rq, struct str function, struct str qualifier, struct function_name *name, struct function_row *row)
{
    TRY(name_of(rq, function, qualifier, name));
    return name_need(name_rows(rq, name), name, row);
}

static struct err need_plain(struct request *rq, struct str function, struct function_name *name)
{
    struct function_row row = { .number = 0 };
    TRY(need(rq, function, STR_NONE, name, &row));
    return name->qualifier.ptr == NULL ? ERR_OK : fail(&rq->ctx, &LAMBDA_INVALID_PARAMETER_VALUE_EXCEPTION,
        "This operation is permitted on Lambda functions only. Aliases and versions do not support this operation. Please specify either "
        "a function name or an unqualified function ARN.");
}

struct err lambda_put_function_concurrency(struct request *rq, const struct lambda_put_function_concurrency_in *in,
                                           struct lambda_put_function_concurrency_out *out)
{
    struct function_name name = { 0 };
    int64_t others = 0;
    TRY(need_plain(rq, in->function_name, &name));
    TRY(reserved_sum(rq, name.name, &others));
    if (CONCURRENCY - others - in->reserved_concurrent_executions.v < UNRESERVED_MIN) {
        function_untyped(rq);
        return fail(&rq->ctx, &LAMBDA_INVALID_PARAMETER_VALUE_EXCEPTION, "Specified ReservedConcurrentExecutions for function decreases "
                    "account's UnreservedConcurrentExecution below its minimum value of [%d].", UNRESERVED_MIN);
    }
    out->reserved_concurrent_executions = in->reserved_concurrent_executions;
    return rows_extra_put(name_rows(rq, &name), name.name, ITEM_CONCURRENCY, STR(""),
                         str_format(rq->ctx.arena, "%d", (int)in->reserved_concurrent_executions.v));
}

struct err lambda_get_function_concurrency(struct request *rq, const struct lambda_get_function_concurrency_in *in,
                                           struct lambda_get_function_concurrency_out *out)
{
    struct function_name name = { 0 };
    struct str body = STR_NONE;
    int64_t reserved = 0;
    TRY(need_plain(rq, in->function_name, &name));
    TRY(rows_extra_get(name_rows(rq, &name), name.name, ITEM_CONCURRENCY, STR(""), &body));
    if (body.ptr && str_to_int(body, &reserved)) {
        out->reserved_concurrent_executions = (struct opt_int)SOME((int32_t)reserved);
    }
    return ERR_OK;
}

struct err lambda_delete_function_concurrency(struct request *rq, const struct lambda_delete_function_concurrency_in *in,
                                              struct lambda_delete_function_concurrency_out *out)
{
    struct function_name name = { 0 };
    bool ignored = false;
    (void)out;
    TRY(need_plain(rq, in->function_name, &name));
    return rows_extra_delete(name_rows(rq, &name), name.name, ITEM_CONCURRENCY, STR(""), &ignored);
}

/* There are no code signing configurations: a function has none. */
struct err lambda_get_function_code_signing_config(struct request *rq, const struct lambda_get_function_code_signing_config_in *in,
                                                   struct lambda_get_function_code_signing_config_out *out)
{
    struct function_name name = { 0 };
    TRY(need_plain(rq, in->function_name, &name));
    out->function_name = name.name;
    out->code_signing_config_arn = STR("");
    return ERR_OK;
}

/* The host's interpreter is what it is: Auto and FunctionUpdate mean the same here. */
struct err lambda_get_runtime_management_config(struct request *rq, const struct lambda_get_runtime_management_config_in *in,
                                                struct lambda_get_runtime_management_config_out *out)
{
    struct function_name name = { 0 };
    struct function_row row = { .number = 0 };
    TRY(need(rq, in->function_name, in->qualifier, &name, &row));
    TRY(rows_extra_get(name_rows(rq, &name), name.name, ITEM_RUNTIME, row.config.version, &out->update_runtime_on));
    out->update_runtime_on = out->update_runtime_on.ptr ? out->update_runtime_on : STR("Auto");
    out->function_arn = name_arn(&rq->ctx, &name);
    return ERR_OK;
}

struct err lambda_put_runtime_management_config(struct request *rq, const struct lambda_put_runtime_management_config_in *in,
                                                struct lambda_put_runtime_management_config_out *out)
{
    struct function_name name = { 0 };
    struct function_row row = { .number = 0 };
    TRY(need(rq, in->function_name, in->qualifier, &name, &row));
    if (str_equal(in->update_runtime_on, STR("Manual"))) {
        return fail(&rq->ctx, &LAMBDA_INVALID_PARAMETER_VALUE_EXCEPTION, "Yagura runs the host's interpreter: its version can't be pinned");
    }
    out->update_runtime_on = in->update_runtime_on;
    out->function_arn = name_arn(&rq->ctx, &name);
    return rows_extra_put(name_rows(rq, &name), name.name, ITEM_RUNTIME, row.config.version, in->update_runtime_on);
}
