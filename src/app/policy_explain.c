#include "app/policy_explain.h"

#include <stdio.h>

#include "app/data.h"
#include "app/table.h"
#include "base/json.h"
#include "policy/policy.h"

enum { LAYERS_MAX = 64, LEVEL_MAX = 16, IMPLIED = 3 };

struct inquiry {
    struct ctx *ctx;
    const struct settings *settings;
    struct policy_layer layers[LAYERS_MAX];
    const struct str *files[LAYERS_MAX]; /* of the layer's policies */
    struct policy_question question;
    struct str implied[IMPLIED][2]; /* context keys that follow from the principal */
};

struct err policy_load(struct ctx *ctx, struct str path, enum policy_kind kind, const struct policy **out)
{
    struct str document = STR_NONE;
    struct policy_error error = { .reason = NULL };
    TRY(data_read(ctx, path, &document));
    *out = policy_parse(ctx->arena, document, kind, &error);
    if (*out && policy_validate(ctx->arena, *out, &error)) {
        return ERR_OK;
    }
    return fail(ctx, &FAULT_INVALID, "%" STR_FMT ": MalformedPolicyDocument: %s%s%" STR_FMT, STR_ARG(path), error.reason,
                error.place.len ? " at " : "", STR_ARG(error.place));
}

/* --- the question --- */

static struct err add_layer(struct inquiry *inquiry, enum policy_layer_kind kind, const struct str *files, size_t count)
{
    const bool principals = kind == LAYER_RESOURCE || kind == LAYER_RESOURCE_CONTROL;
    const struct policy **policies = ARENA_ARRAY(inquiry->ctx->arena, const struct policy *, count + 1);
    const size_t at = inquiry->question.layer_count;
    if (at == LAYERS_MAX) {
        return fail(inquiry->ctx, &FAULT_INVALID, "at most %d layers of policies", LAYERS_MAX);
    }
    for (size_t i = 0; i < count; i++) {
        TRY(policy_load(inquiry->ctx, files[i], principals ? POLICY_RESOURCE : POLICY_IDENTITY, &policies[i]));
    }
    inquiry->layers[at] = (struct policy_layer){ kind, policies, count };
    inquiry->files[at] = files;
    inquiry->question.layer_count = at + 1;
    return ERR_OK;
}

static struct err add_some(struct inquiry *inquiry, enum policy_layer_kind kind, const struct str *files, size_t count)
{
    return count > 0 ? add_layer(inquiry, kind, files, count) : ERR_OK;
}

/* "root.json,guard.json": of one level's policies any may allow. */
static struct err add_level(struct inquiry *inquiry, enum policy_layer_kind kind, struct str names)
{
    struct str *files = ARENA_ARRAY(inquiry->ctx->arena, struct str, LEVEL_MAX);
    size_t count = 0;
    while (names.ptr && count < LEVEL_MAX) {
        files[count++] = str_cut(names, ',', &names);
    }
    return names.ptr ? fail(inquiry->ctx, &FAULT_INVALID, "at most %d policies a level", LEVEL_MAX)
                     : add_layer(inquiry, kind, files, count);
}

static struct err add_levels(struct inquiry *inquiry, enum policy_layer_kind kind, const struct path_list *levels)
{
    for (size_t i = 0; i < levels->count; i++) {
        TRY(add_level(inquiry, kind, levels->items[i]));
    }
    return ERR_OK;
}

static struct err add_layers(struct inquiry *inquiry)
{
    const struct settings *settings = inquiry->settings;
    TRY(add_levels(inquiry, LAYER_RESOURCE_CONTROL, &settings->rcp));
    TRY(add_levels(inquiry, LAYER_ORGANIZATION, &settings->scp));
    TRY(add_some(inquiry, LAYER_ENDPOINT, &settings->endpoint_policy, settings->endpoint_policy.ptr != NULL));
    TRY(add_some(inquiry, LAYER_RESOURCE, &settings->resource_policy, settings->resource_policy.ptr != NULL));
    TRY(add_some(inquiry, LAYER_IDENTITY, settings->policy.items, settings->policy.count));
    TRY(add_some(inquiry, LAYER_BOUNDARY, &settings->boundary, settings->boundary.ptr != NULL));
    TRY(add_some(inquiry, LAYER_SESSION, settings->session_policy.items, settings->session_policy.count));
    return inquiry->question.layer_count > 0 ? ERR_OK : fail(inquiry->ctx, &FAULT_INVALID, "name a policy: --policy FILE, --resource-policy FILE, …");
}

static bool look_up(void *argument, struct str key, struct policy_values *values)
{
    const struct inquiry *inquiry = argument;
    const struct path_list *context = &inquiry->settings->context;
    struct str *items = ARENA_ARRAY(inquiry->ctx->arena, struct str, context->count + 1);
    *values = (struct policy_values){ items, 0 };
    for (size_t i = 0; i < context->count; i++) {
        struct str value = STR_NONE;
        if (str_equal_nocase(str_cut(context->items[i], '=', &value), key)) {
            items[values->count++] = value;
        }
    }
    for (size_t i = 0; i < IMPLIED && values->count == 0; i++) {
        if (inquiry->implied[i][1].ptr && str_equal_nocase(inquiry->implied[i][0], key)) {
            items[values->count++] = inquiry->implied[i][1];
        }
    }
    return values->count > 0;
}

/* spec: IAM user guide, "AWS global condition context keys": properties of the principal. */
static void imply_keys(struct inquiry *inquiry)
{
    const struct policy_caller *caller = &inquiry->question.caller;
    const size_t user = str_search(caller->arn, STR(":user/"));
    inquiry->implied[0][0] = STR("aws:PrincipalArn");
    inquiry->implied[0][1] = caller->role_arn.ptr ? caller->role_arn : caller->arn;
    inquiry->implied[1][0] = STR("aws:PrincipalAccount");
    inquiry->implied[1][1] = caller->account;
    inquiry->implied[2][0] = STR("aws:username");
    inquiry->implied[2][1] = user == STR_MISSING ? STR_NONE : str_from(caller->arn, str_find_last(caller->arn, '/') + 1);
}

/* Of the resource: as told, else as its ARN says; S3's ARNs don't. */
static struct str owner_of(struct str resource, struct str told)
{
    struct str rest = resource;
    struct str part = STR_NONE;
    for (int i = 0; i < 5 && rest.ptr; i++) {
        part = str_cut(rest, ':', &rest);
    }
    return told.ptr ? told : rest.ptr && part.len > 0 ? part : STR_NONE;
}

static struct err ask(struct inquiry *inquiry)
{
    const struct settings *settings = inquiry->settings;
    struct policy_question *question = &inquiry->question;
    if (str_find(settings->action, ':') == STR_MISSING) {
        return fail(inquiry->ctx, &FAULT_INVALID, "--action takes service and action: s3:GetObject");
    }
    if (!policy_caller_of(inquiry->ctx->arena, settings->principal, &question->caller)) {
        return fail(inquiry->ctx, &FAULT_INVALID, "--principal takes the ARN of a user, role, session or root, a service or anonymous");
    }
    for (size_t i = 0; i < settings->context.count; i++) {
        if (str_find(settings->context.items[i], '=') == STR_MISSING) {
            return fail(inquiry->ctx, &FAULT_INVALID, "--context takes KEY=VALUE, not \"%" STR_FMT "\"", STR_ARG(settings->context.items[i]));
        }
    }
    const bool key = str_starts(settings->action, STR("kms:")) && str_search(settings->resource, STR(":key/")) != STR_MISSING;
    const bool trust = str_starts(settings->action, STR("sts:AssumeRole")) && settings->resource_policy.ptr;
    question->caller.management_account = settings->management_account;
    question->action = settings->action;
    question->resource = settings->resource;
    question->resource_account = owner_of(settings->resource, settings->resource_account);
    question->resource_decides = key || trust;
    question->lookup = look_up;
    question->lookup_argument = inquiry;
    question->layers = inquiry->layers;
    imply_keys(inquiry);
    return add_layers(inquiry);
}

/* --- the answer --- */

static const char *decision_words(enum policy_decision decision)
{
    static const char *const words[] = { "implicit deny", "explicit deny", "allow" };
    return words[decision];
}

static struct str place_words(const struct inquiry *inquiry, size_t layer, const struct policy_place *place)
{
    struct arena *arena = inquiry->ctx->arena;
    const struct str where = str_format(arena, "%" STR_FMT " Statement[%zu]", STR_ARG(inquiry->files[layer][place->policy]),
                                        place->statement);
    return place->sid.len ? str_format(arena, "%" STR_FMT " (%" STR_FMT ")", STR_ARG(where), STR_ARG(place->sid)) : where;
}

static struct str values_words(struct inquiry *inquiry, struct str key)
{
    struct policy_values values = { NULL, 0 };
    struct text text = text_new(inquiry->ctx->arena);
    if (!look_up(inquiry, key, &values)) {
        return STR("the request has none");
    }
    for (size_t i = 0; i < values.count; i++) {
        text_add(&text, i ? STR(", ") : STR("the request has "));
        text_add(&text, values.items[i]);
    }
    return text_str(&text);
}

static struct str why(struct inquiry *inquiry, size_t layer, const struct policy_verdict *said)
{
    static const char *const named[] = { "", ", named by account: delegates to identity policies", ", named by role", ", named directly" };
    struct arena *arena = inquiry->ctx->arena;
    if (said->exempt) {
        return STR("does not bind this caller");
    }
    if (said->decided.set) {
        const struct str place = place_words(inquiry, layer, &said->decided);
        return str_format(arena, "%" STR_FMT "%s", STR_ARG(place), named[said->grant]);
    }
    if (!said->nearest.set) {
        return STR("no statement allows it");
    }
    return str_format(arena, "%" STR_FMT " but for %" STR_FMT " %" STR_FMT ": %" STR_FMT,
                      STR_ARG(place_words(inquiry, layer, &said->nearest)), STR_ARG(said->unmet_operator),
                      STR_ARG(said->unmet_key), STR_ARG(values_words(inquiry, said->unmet_key)));
}

static struct str reason_of(struct arena *arena, const struct policy_answer *answer)
{
    const char *layer = policy_layer_words(answer->layer);
    if (answer->decision == POLICY_IMPLICIT_DENY) {
        return str_format(arena, "no %s allows it", layer);
    }
    return answer->decided.set ? str_format(arena, "by a statement of the %s", layer) : STR("needs no statement");
}

static void print_table(struct inquiry *inquiry, const struct policy_answer *answer)
{
    struct arena *arena = inquiry->ctx->arena;
    struct table table = table_new(arena);
    table_column(&table, "layer", false);
    table_column(&table, "said", false);
    table_column(&table, "why", false);
    for (size_t i = 0; i < inquiry->question.layer_count; i++) {
        const struct policy_verdict said = policy_weigh(&inquiry->question, &inquiry->layers[i]);
        table_cell(&table, str_of(policy_layer_words(inquiry->layers[i].kind)));
        table_cell(&table, str_of(decision_words(said.decision)));
        table_cell(&table, why(inquiry, i, &said));
    }
    (void)table_print(&table, STR("table"), stdout);
    const struct str reason = reason_of(arena, answer);
    printf("\n%s: %" STR_FMT "\n", decision_words(answer->decision), STR_ARG(reason));
}

static void write_place(struct json_writer *w, const struct inquiry *inquiry, size_t layer, const struct policy_place *place)
{
    json_open_object(w);
    json_member_str(w, STR("file"), inquiry->files[layer][place->policy]);
    json_member_int(w, STR("statement"), (int64_t)place->statement);
    json_member_str(w, STR("sid"), place->sid);
    json_close_object(w);
}

static void write_layer(struct json_writer *w, struct inquiry *inquiry, size_t layer)
{
    const struct policy_verdict said = policy_weigh(&inquiry->question, &inquiry->layers[layer]);
    json_open_object(w);
    json_member_str(w, STR("layer"), str_of(policy_layer_words(inquiry->layers[layer].kind)));
    json_member_str(w, STR("said"), str_of(decision_words(said.decision)));
    json_member_str(w, STR("why"), why(inquiry, layer, &said));
    if (said.decided.set) {
        json_key(w, STR("decided"));
        write_place(w, inquiry, layer, &said.decided);
    }
    if (said.nearest.set) {
        json_key(w, STR("nearest"));
        write_place(w, inquiry, layer, &said.nearest);
        json_member_str(w, STR("unmetOperator"), said.unmet_operator);
        json_member_str(w, STR("unmetKey"), said.unmet_key);
    }
    json_close_object(w);
}

static void print_json(struct inquiry *inquiry, const struct policy_answer *answer)
{
    struct json_writer w = json_writer_new(inquiry->ctx->arena);
    json_open_object(&w);
    json_member_str(&w, STR("decision"), str_of(decision_words(answer->decision)));
    json_member_str(&w, STR("reason"), reason_of(inquiry->ctx->arena, answer));
    json_key(&w, STR("layers"));
    json_open_array(&w);
    for (size_t i = 0; i < inquiry->question.layer_count; i++) {
        write_layer(&w, inquiry, i);
    }
    json_close_array(&w);
    json_close_object(&w);
    puts(str_cstr(inquiry->ctx->arena, json_done(&w)));
}

struct err policy_explain(struct ctx *ctx, const struct settings *settings, bool *allowed)
{
    struct inquiry *inquiry = ARENA_NEW(ctx->arena, struct inquiry);
    const bool json = str_equal(settings->format, STR("json")) || str_equal(settings->format, STR("ndjson"));
    inquiry->ctx = ctx;
    inquiry->settings = settings;
    if (!json && !str_equal(settings->format, STR("table"))) {
        return fail(ctx, &FAULT_INVALID, "--format is table or json");
    }
    TRY(ask(inquiry));
    const struct policy_answer answer = policy_decide(&inquiry->question);
    (json ? print_json : print_table)(inquiry, &answer);
    *allowed = answer.decision == POLICY_ALLOW;
    return fflush(stdout) == 0 ? ERR_OK : fail(ctx, &FAULT_IO, "cannot write the answer");
}
