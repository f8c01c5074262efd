#include "svc/organizations/caller.h"

#include <stdarg.h>
#include <stdio.h>

#include "crypto/hash.h"
#include "crypto/random.h"
#include "svc/context.h"

enum { TOKEN_MAX = 4096, PAGE_MAX = 20 };

/* --- faults --- */

PRINTF_LIKE(2, 0) static void say(struct request *rq, const char *format, va_list args)
{
    vsnprintf(rq->ctx.reason, sizeof(rq->ctx.reason), format, args);
}

struct err org_refuse_input(struct request *rq, struct str reason, const char *format, ...)
{
    struct organizations_invalid_input_exception *members =
        ARENA_NEW(rq->ctx.arena, struct organizations_invalid_input_exception);
    va_list args;
    va_start(args, format);
    say(rq, format, args);
    va_end(args);
    members->reason = reason;
    rq->detail = (struct fault_detail){ &ORGANIZATIONS_INVALID_INPUT_EXCEPTION, members };
    return (struct err){ &ORGANIZATIONS_INVALID_INPUT_EXCEPTION };
}

struct err org_refuse_constraint(struct request *rq, struct str reason, const char *format, ...)
{
    struct organizations_constraint_violation_exception *members =
        ARENA_NEW(rq->ctx.arena, struct organizations_constraint_violation_exception);
    va_list args;
    va_start(args, format);
    say(rq, format, args);
    va_end(args);
    members->reason = reason;
    rq->detail = (struct fault_detail){ &ORGANIZATIONS_CONSTRAINT_VIOLATION_EXCEPTION, members };
    return (struct err){ &ORGANIZATIONS_CONSTRAINT_VIOLATION_EXCEPTION };
}

struct err org_refuse_handshake(struct request *rq, struct str reason, const char *format, ...)
{
    struct organizations_handshake_constraint_violation_exception *members =
        ARENA_NEW(rq->ctx.arena, struct organizations_handshake_constraint_violation_exception);
    va_list args;
    va_start(args, format);
    say(rq, format, args);
    va_end(args);
    members->reason = reason;
    rq->detail = (struct fault_detail){ &ORGANIZATIONS_HANDSHAKE_CONSTRAINT_VIOLATION_EXCEPTION, members };
    return (struct err){ &ORGANIZATIONS_HANDSHAKE_CONSTRAINT_VIOLATION_EXCEPTION };
}

/* --- who calls --- */

struct err org_caller_find(struct request *rq, struct standing *out, bool *found)
{
    *out = (struct standing){ .rows = { &rq->ctx, rq->db, rq->account } };
    TRY(org_rows_account_find(&out->rows, rq->account, &out->account, found));
    if (!*found || out->account.management.len == 0) {
        *found = false;
        return ERR_OK;
    }
    out->rows.account = out->account.management;
    out->management = str_equal(out->account.management, rq->account);
    if (rq->writes) {
        TRY(org_rows_organization_lock(&out->rows));
    }
    return org_rows_organization_find(&out->rows, &out->organization, found);
}

struct err org_caller_member(struct request *rq, struct standing *out)
{
    bool found = false;
    TRY(org_caller_find(rq, out, &found));
    return found ? ERR_OK
                 : fail(&rq->ctx, &ORGANIZATIONS_AWS_ORGANIZATIONS_NOT_IN_USE_EXCEPTION,
                        "Your account is not a member of an organization.");
}

static struct err no_permission(struct request *rq)
{
    return fail(&rq->ctx, &ORGANIZATIONS_ACCESS_DENIED_EXCEPTION,
                "You don't have permissions to access this resource.");
}

/* spec: Organizations user guide, "Delegated administrator for Organizations": the resource policy says which members
 * may do what. It speaks of each thing the call names. */
static struct err policy_allows(struct request *rq, const struct standing *standing, const void *in, bool *allowed)
{
    struct pair_row row = { .since_ms = 0 };
    struct policy_error error = { .reason = NULL };
    struct context_pair keys[KEYS_MAX];
    struct str resources[RESOURCES_MAX];
    struct request_context context = { .rq = rq, .extra = keys };
    size_t count = 0;
    TRY(org_rows_resource_policy_find(&standing->rows, &row, allowed));
    const struct policy *policy = *allowed ? policy_parse(rq->ctx.arena, row.value, POLICY_RESOURCE, &error) : NULL;
    const struct policy_layer layer = { LAYER_RESOURCE, &policy, 1 };
    *allowed = policy != NULL;
    if (policy == NULL) {
        return ERR_OK;
    }
    TRY(org_keys_of(rq, &standing->rows, in, keys, &context.extra_count));
    TRY(org_resources_of(rq, &standing->rows, &standing->organization, in, resources, &count));
    for (size_t i = 0; i < count; i++) {
        const struct policy_question question = {
            .action = str_of(rq->operation->action),
            .resource = resources[i],
            .caller = request_caller(rq),
            .lookup = request_lookup,
            .lookup_argument = &context,
            .resource_account = standing->organization.account,
        };
        *allowed = *allowed && policy_weigh(&question, &layer).decision == POLICY_ALLOW;
    }
    return ERR_OK;
}

struct err org_caller_is_management(struct request *rq, struct standing *out)
{
    TRY(org_caller_member(rq, out));
    return out->management ? ERR_OK : no_permission(rq);
}

struct err org_caller_manages(struct request *rq, const void *in, struct standing *out)
{
    TRY(org_caller_member(rq, out));
    bool allowed = out->management;
    if (!allowed) {
        TRY(policy_allows(rq, out, in, &allowed));
    }
    return allowed ? ERR_OK : no_permission(rq);
}

struct err org_caller_reads(struct request *rq, const void *in, struct standing *out)
{
    int64_t delegations = 0;
    TRY(org_caller_member(rq, out));
    if (out->management) {
        return ERR_OK;
    }
    TRY(org_rows_count(&out->rows, COUNT_DELEGATIONS, rq->account, STR_NONE, &delegations));
    return delegations > 0 ? ERR_OK : org_caller_manages(rq, in, out);
}

struct err org_caller_manages_all_features(struct request *rq, const void *in, struct standing *out)
{
    TRY(org_caller_manages(rq, in, out));
    return str_equal(out->organization.features, STR("ALL"))
               ? ERR_OK
               : org_refuse_constraint(
                     rq, STR("ORGANIZATION_NOT_IN_ALL_FEATURES_MODE"),
                     "This operation is available only in an organization with all features enabled.");
}

/* --- ids and ARNs --- */

struct str org_id_new(struct ctx *ctx, const char *prefix, size_t digits)
{
    const struct str random = random_alphabet(ctx, STR("0123456789abcdefghijklmnopqrstuvwxyz"), digits);
    return str_format(ctx->arena, "%s%" STR_FMT, prefix, STR_ARG(random));
}

struct str org_arn_of(struct ctx *ctx, const struct organization_row *organization, const char *kind, struct str id)
{
    return str_format(ctx->arena, "arn:aws:organizations::%" STR_FMT ":%s/%" STR_FMT "/%" STR_FMT,
                      STR_ARG(organization->account), kind, STR_ARG(organization->id), STR_ARG(id));
}

struct str org_arn_of_policy(struct ctx *ctx, const struct organization_row *organization, struct str type,
                             struct str id)
{
    const struct str kind = str_lower(ctx->arena, type);
    if (str_equal(id, STR(FULL_AWS_ACCESS)) || str_equal(id, STR(RCP_FULL_AWS_ACCESS))) {
        return str_format(ctx->arena, "arn:aws:organizations::aws:policy/%" STR_FMT "/%" STR_FMT, STR_ARG(kind),
                          STR_ARG(id));
    }
    return str_format(ctx->arena, "arn:aws:organizations::%" STR_FMT ":policy/%" STR_FMT "/%" STR_FMT "/%" STR_FMT,
                      STR_ARG(organization->account), STR_ARG(organization->id), STR_ARG(kind), STR_ARG(id));
}

struct str org_arn_of_handshake(struct ctx *ctx, const struct handshake_row *handshake)
{
    const struct str action = str_lower(ctx->arena, handshake->action);
    return str_format(ctx->arena, "arn:aws:organizations::%" STR_FMT ":handshake/%" STR_FMT "/%" STR_FMT "/%" STR_FMT,
                      STR_ARG(handshake->account), STR_ARG(handshake->organization), STR_ARG(action),
                      STR_ARG(handshake->id));
}

/* --- pages --- */

static struct str about(struct request *rq, struct str question)
{
    return str_format(rq->ctx.arena, "organizations:page:%s:%" STR_FMT ":%" STR_FMT, rq->operation->name,
                      STR_ARG(rq->account), STR_ARG(hash_hex(rq->ctx.arena, HASH_SHA256, question)));
}

struct err org_page_of(struct request *rq, struct str question, struct str token, struct opt_int max, struct page *out)
{
    struct str sealed = STR_NONE;
    *out = (struct page){ STR(""), max.set ? max.v : PAGE_MAX };
    if (token.len == 0) {
        return ERR_OK;
    }
    if (token.len > TOKEN_MAX || !str_unbase64(rq->ctx.arena, token, &sealed) ||
        !vault_unseal(&rq->ctx, rq->vault, about(rq, question), sealed, &out->after)) {
        return org_refuse_input(rq, STR("INVALID_NEXT_TOKEN"), "You specified an invalid value for NextToken.");
    }
    return ERR_OK;
}

bool org_page_cut(struct page page, size_t *count)
{
    const bool more = *count > (size_t)page.limit;
    *count = more ? (size_t)page.limit : *count;
    return more;
}

struct str org_page_token(struct request *rq, struct str question, struct str last)
{
    return str_base64(rq->ctx.arena, vault_seal(&rq->ctx, rq->vault, about(rq, question), last));
}

struct page org_page_all(void)
{
    return (struct page){ STR(""), 100000 };
}

/* --- what ids name --- */

struct err org_target_find(const struct standing *standing, struct str id, struct target *out)
{
    bool found = false;
    *out = (struct target){ .kind = TARGET_NONE };
    if (str_starts(id, STR("r-"))) {
        out->kind = str_equal(id, standing->organization.root) ? TARGET_ROOT : TARGET_NONE;
    } else if (str_starts(id, STR("ou-"))) {
        TRY(org_rows_unit_find(&standing->rows, id, &out->unit, &found));
        out->kind = found ? TARGET_UNIT : TARGET_NONE;
    } else {
        TRY(org_rows_account_find(&standing->rows, id, &out->account, &found));
        found = found && str_equal(out->account.management, standing->organization.account);
        out->kind = found ? TARGET_ACCOUNT : TARGET_NONE;
    }
    return ERR_OK;
}

struct err org_chain_of(const struct rows *rows, const struct organization_row *organization, struct str parent,
                        struct chain *out)
{
    struct str up[CHAIN_MAX];
    size_t count = 0;
    for (struct str id = parent; count < CHAIN_MAX; count++) {
        struct unit_row unit = { .id = STR_NONE };
        bool found = false;
        up[count] = id;
        TRY(org_rows_unit_find(rows, id, &unit, &found));
        if (!found) {
            count++;
            break;
        }
        id = unit.parent;
    }
    out->count = count;
    for (size_t i = 0; i < count; i++) {
        out->ids[i] = up[count - 1 - i];
    }
    return count > 0 && str_equal(out->ids[0], organization->root)
               ? ERR_OK
               : fail(rows->ctx, &FAULT_INTERNAL, "%" STR_FMT " hangs on no root", STR_ARG(parent));
}

struct str org_chain_path(struct ctx *ctx, const struct organization_row *organization, const struct chain *chain,
                          struct str account)
{
    struct text text = text_new(ctx->arena);
    text_add(&text, organization->id);
    text_add_char(&text, '/');
    for (size_t i = 0; i < chain->count; i++) {
        text_add(&text, chain->ids[i]);
        text_add_char(&text, '/');
    }
    if (account.ptr) {
        text_add(&text, account);
        text_add_char(&text, '/');
    }
    return text_str(&text);
}
