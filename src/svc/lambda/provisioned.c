/* provisioned.c - provisioned concurrency: environments of a version that stand ready before anybody calls.
 *
 * Kept here is what was asked for; the runner makes it so, and says how far it has come. */
#include "base/clock.h"
#include "svc/lambda/alias.h"
#include "svc/lambda/function.h"

enum { UNRESERVED_MIN = 100, WANTED_MAX = 1000 };

static bool is_alias(const struct function_name *name)
{
    return name_number(name->qualifier) < 0;
}

/* An alias, or a published version. */
static struct err need(struct request *rq, struct str function, struct str qualifier, const char *latest, struct function_name *name)
{
    struct lambda_alias_configuration alias = { .name = STR_NONE };
    struct function_row row = { .number = 0 };
    TRY(name_of(rq, function, qualifier, name));
    if (name_number(name->qualifier) == 0) {
        return fail(&rq->ctx, &LAMBDA_INVALID_PARAMETER_VALUE_EXCEPTION, "%s", latest);
    }
    return is_alias(name) ? alias_need(rq, name, name->qualifier, &alias) : name_need(name_rows(rq, name), name, &row);
}

static struct err need_published(struct request *rq, struct str function, struct str qualifier, struct function_name *name)
{
    return need(rq, function, qualifier, "The function resource provided must be an alias or a published version.", name);
}

/* COUNT LASTMODIFIED */
static bool read_body(struct str body, int64_t *count, struct str *modified)
{
    return body.ptr && str_to_int(str_cut(body, ' ', modified), count);
}

static struct err check_conflicts(struct request *rq, const struct function_name *name)
{
    struct item *items = NULL;
    size_t count = 0;
    struct function_row row = { .number = 0 };
    TRY(name_need(name_rows(rq, name), name, &row));
    TRY(rows_extra_list(name_rows(rq, name), name->name, ITEM_PROVISIONED, &items, &count));
    for (size_t i = 0; i < count; i++) {
        const struct function_name other = { name->account, name->region, name->name, items[i].part };
        struct function_row its = { .number = 0 };
        if (str_equal(items[i].part, name->qualifier) || name_need(name_rows(rq, name), &other, &its).fault || its.number != row.number) {
            continue;
        }
        return fail(&rq->ctx, &LAMBDA_RESOURCE_CONFLICT_EXCEPTION, is_alias(&other) ? "Version is pointed by a Provisioned Concurrency alias"
                    : "Alias can't be used for Provisioned Concurrency configuration on an already Provisioned version");
    }
    return ERR_OK;
}

/* What all functions of the region have, but for this one: the account's limit, and this server's own. */
static struct err check_limits(struct request *rq, const struct function_name *name, int64_t wanted)
{
    const struct lambda_runner *runner = lambda_runner;
    struct item *items = NULL;
    size_t count = 0;
    int64_t others = 0, free = 0;
    TRY(rows_extra_list(name_rows(rq, name), STR_NONE, ITEM_PROVISIONED, &items, &count));
    for (size_t i = 0; i < count; i++) {
        struct str ignored = STR_NONE;
        int64_t one = 0;
        const bool same = str_equal(items[i].name, name->name) && str_equal(items[i].part, name->qualifier);
        others += !same && read_body(items[i].body, &one, &ignored) ? one : 0;
    }
    TRY(account_unreserved(rq, &free));
    function_untyped(rq);
    if (wanted > free - others) {
        return fail(&rq->ctx, &LAMBDA_INVALID_PARAMETER_VALUE_EXCEPTION, "Specified ConcurrentExecutions for function is greater than "
                    "account's unreserved concurrency [%lld].", (long long)(free - others));
    }
    if (free - others - wanted < UNRESERVED_MIN) {
        return fail(&rq->ctx, &LAMBDA_INVALID_PARAMETER_VALUE_EXCEPTION, "Specified ConcurrentExecutions for function decreases account's "
                    "UnreservedConcurrentExecution below its minimum value of [%d].", UNRESERVED_MIN);
    }
    if (runner && wanted + others > runner->environments) {
        return fail(&rq->ctx, &LAMBDA_INVALID_PARAMETER_VALUE_EXCEPTION, "This server holds at most %lld environments, %lld of which are "
                    "provisioned already: ask for fewer, or raise yagura serve --lambda-environments", (long long)runner->environments,
                    (long long)others);
    }
    return ERR_OK;
}

static struct err wake(void *self, struct request *rq, void *out)
{
    const struct lambda_runner *runner = lambda_runner;
    (void)self;
    (void)rq;
    (void)out;
    if (runner) {
        runner->provision(runner->self);
    }
    return ERR_OK;
}

struct err lambda_put_provisioned_concurrency_config(struct request *rq, const struct lambda_put_provisioned_concurrency_config_in *in,
                                                     struct lambda_put_provisioned_concurrency_config_out *out)
{
    struct function_name name = { 0 };
    const struct opt_int wanted = in->provisioned_concurrent_executions;
    TRY(need(rq, in->function_name, in->qualifier, "Provisioned Concurrency Configs cannot be applied to unpublished function versions.", &name));
    TRY(check_conflicts(rq, &name));
    TRY(check_limits(rq, &name, wanted.v));
    const struct str now = function_modified(&rq->ctx);
    const struct str body = str_format(rq->ctx.arena, "%d %" STR_FMT, (int)wanted.v, STR_ARG(now));
    *out = (struct lambda_put_provisioned_concurrency_config_out){ wanted, SOME(0), SOME(0), STR("IN_PROGRESS"), STR_NONE, now };
    rq->after = (struct after){ wake, NULL };
    return rows_extra_put(name_rows(rq, &name), name.name, ITEM_PROVISIONED, name.qualifier, body);
}

static struct err show(struct request *rq, const struct function_name *name, struct str body, struct lambda_get_provisioned_concurrency_config_out *out)
{
    const struct lambda_runner *runner = lambda_runner;
    struct lambda_call call = { .number = 0 };
    int64_t wanted = 0, ready = 0;
    bool failed = false;
    struct str modified = STR_NONE;
    if (!read_body(body, &wanted, &modified)) {
        return fail(&rq->ctx, &FAULT_INTERNAL, "what was provisioned can't be read");
    }
    TRY(lambda_settle_first(&rq->ctx, rq->db, name, &call));
    if (runner) {
        runner->provisioned(runner->self, &rq->ctx, &call, &ready, &failed);
    }
    ready = ready < wanted ? ready : wanted;
    *out = (struct lambda_get_provisioned_concurrency_config_out){
        SOME((int32_t)wanted), SOME((int32_t)ready), SOME((int32_t)ready), ready == wanted ? STR("READY") : failed ? STR("FAILED") : STR("IN_PROGRESS"),
        failed && ready < wanted ? STR("FUNCTION_ERROR_INIT_FAILURE") : STR_NONE, modified };
    return ERR_OK;
}

struct err lambda_get_provisioned_concurrency_config(struct request *rq, const struct lambda_get_provisioned_concurrency_config_in *in,
                                                     struct lambda_get_provisioned_concurrency_config_out *out)
{
    struct function_name name = { 0 };
    struct str body = STR_NONE;
    TRY(need_published(rq, in->function_name, in->qualifier, &name));
    TRY(rows_extra_get(name_rows(rq, &name), name.name, ITEM_PROVISIONED, name.qualifier, &body));
    return body.ptr ? show(rq, &name, body, out) : fail(&rq->ctx, &LAMBDA_PROVISIONED_CONCURRENCY_CONFIG_NOT_FOUND_EXCEPTION,
                                                        "No Provisioned Concurrency Config found for this function");
}

struct err lambda_delete_provisioned_concurrency_config(struct request *rq, const struct lambda_delete_provisioned_concurrency_config_in *in,
                                                        struct lambda_delete_provisioned_concurrency_config_out *out)
{
    struct function_name name = { 0 };
    bool ignored = false;
    (void)out;
    TRY(need_published(rq, in->function_name, in->qualifier, &name));
    rq->after = (struct after){ wake, NULL };
    return rows_extra_delete(name_rows(rq, &name), name.name, ITEM_PROVISIONED, name.qualifier, &ignored);
}

struct err lambda_list_provisioned_concurrency_configs(struct request *rq, const struct lambda_list_provisioned_concurrency_configs_in *in,
                                                       struct lambda_list_provisioned_concurrency_configs_out *out)
{
    struct function_name name = { 0 };
    struct function_row row = { .number = 0 };
    struct item *items = NULL;
    size_t count = 0;
    struct str after = STR_NONE;
    const size_t size = function_page_size(in->max_items);
    TRY(name_of(rq, in->function_name, STR_NONE, &name));
    TRY(name_need_latest(name_rows(rq, &name), &name, &row));
    TRY(function_page_start(rq, in->marker, &after));
    TRY(rows_extra_list(name_rows(rq, &name), name.name, ITEM_PROVISIONED, &items, &count));
    out->provisioned_concurrency_configs.items = ARENA_ARRAY(rq->ctx.arena, struct lambda_provisioned_concurrency_config_list_item, size + 1);
    for (size_t i = 0; i < count; i++) {
        struct lambda_get_provisioned_concurrency_config_out shown = { .status = STR_NONE };
        if (after.ptr && str_compare(items[i].part, after) <= 0) {
            continue;
        }
        if (out->provisioned_concurrency_configs.count == size) {
            out->next_marker = function_page_token(rq, items[i - 1].part);
            break;
        }
        name.qualifier = items[i].part;
        TRY(show(rq, &name, items[i].body, &shown));
        out->provisioned_concurrency_configs.items[out->provisioned_concurrency_configs.count++] =
            (struct lambda_provisioned_concurrency_config_list_item){ name_arn(&rq->ctx, &name), shown.requested_provisioned_concurrent_executions,
                shown.available_provisioned_concurrent_executions, shown.allocated_provisioned_concurrent_executions, shown.status,
                shown.status_reason, shown.last_modified };
    }
    return ERR_OK;
}

struct err lambda_provisions(struct ctx *ctx, struct store_conn *db, struct lambda_provision **out, size_t *count)
{
    struct placed_item *items = NULL;
    size_t found = 0;
    *count = 0;
    TRY(rows_provisioned(ctx, db, WANTED_MAX, &items, &found));
    *out = ARENA_ARRAY(ctx->arena, struct lambda_provision, found + 1);
    for (size_t i = 0; i < found; i++) {
        const struct function_name name = { items[i].account, items[i].region, items[i].item.name, items[i].item.part };
        struct lambda_provision *one = &(*out)[*count];
        if (read_body(items[i].item.body, &one->wanted, &one->since) && !lambda_settle_first(ctx, db, &name, &one->call).fault) {
            ++*count;
        }
    }
    return ERR_OK;
}
