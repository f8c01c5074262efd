/* simulate.c - SimulateCustomPolicy, SimulatePrincipalPolicy, and which context keys they would need. */
#include "svc/iam/simulate.h"

enum { MATCHES_MAX = 256, PAGE_DEFAULT = 100, EVALUATIONS_MAX = 2000 };

/* What one action on one resource comes to. */
struct evaluated {
    enum policy_decision decision;
    bool identity, resource, boundary, organization; /* each allows on its own */
    bool foreign;                                    /* the resource is another account's */
    struct iam_statement_list_type matched;
};

static struct str decision_words(enum policy_decision decision)
{
    return decision == POLICY_ALLOW ? STR("allowed") : decision == POLICY_EXPLICIT_DENY ? STR("explicitDeny") : STR("implicitDeny");
}

/* --- statements that decided --- */

static const struct iam_position *position_copy(struct request *rq, struct iam_position position)
{
    struct iam_position *copy = ARENA_NEW(rq->ctx.arena, struct iam_position);
    *copy = position;
    return position.line.set ? copy : NULL;
}

static void add_statement(struct request *rq, struct iam_statement_list_type *list, const struct iam_statement *statement)
{
    for (size_t i = 0; i < list->count; i++) {
        const struct iam_statement *known = &list->items[i];
        const bool same = known->start_position && statement->start_position &&
                          known->start_position->line.v == statement->start_position->line.v &&
                          known->start_position->column.v == statement->start_position->column.v;
        if (same && str_equal(known->source_policy_id, statement->source_policy_id)) {
            return;
        }
    }
    if (list->count < MATCHES_MAX) {
        list->items = arena_grow(rq->ctx.arena, list->items, list->count * sizeof(*list->items),
                                 (list->count + 1) * sizeof(*list->items));
        list->items[list->count++] = *statement;
    }
}

static void add_matches(const struct policy_question *question, const struct simulation *simulation,
                        const struct policy_layer *layer, const struct simulated_set *set, struct evaluated *out)
{
    struct request *rq = simulation->rq;
    struct policy_match matches[MATCHES_MAX];
    const size_t count = policy_matches(question, layer, matches, MATCHES_MAX);
    for (size_t i = 0; i < count; i++) {
        const struct simulated *source = &set->sources[matches[i].place.policy];
        if (matches[i].deny != (out->decision == POLICY_EXPLICIT_DENY)) {
            continue;
        }
        const struct statement_place place = source->places[matches[i].place.statement];
        const struct str type = layer->kind == LAYER_RESOURCE ? STR("Resource Policy") : STR("IAM Policy");
        add_statement(rq, &out->matched, &(const struct iam_statement){
            source->id, type, position_copy(rq, place.start), position_copy(rq, place.end) });
    }
}

static void find_matches(const struct policy_question *question, const struct simulation *simulation, struct evaluated *out)
{
    out->matched.items = ARENA_ARRAY(simulation->rq->ctx.arena, struct iam_statement, 1);
    for (size_t i = 0; i < simulation->layer_count && out->decision != POLICY_IMPLICIT_DENY; i++) {
        const struct policy_layer *layer = &simulation->layers[i];
        if (layer->kind == LAYER_IDENTITY) {
            add_matches(question, simulation, layer, &simulation->identity, out);
        } else if (layer->kind == LAYER_RESOURCE) {
            add_matches(question, simulation, layer, &simulation->resource, out);
        } else if (layer->kind == LAYER_BOUNDARY && out->decision == POLICY_EXPLICIT_DENY) {
            add_matches(question, simulation, layer, &simulation->boundary, out);
        }
    }
}

/* --- one action on one resource --- */

static struct str owner_of(const struct simulation *simulation, struct str resource)
{
    struct str rest = resource;
    struct str part = STR_NONE;
    for (int i = 0; i < 5; i++) {
        part = str_cut(rest, ':', &rest);
    }
    return part.len == 12 ? part : simulation->resource_owner;
}

static void weigh_each(const struct policy_question *question, const struct simulation *simulation, struct evaluated *out)
{
    out->organization = true;
    for (size_t i = 0; i < simulation->layer_count; i++) {
        const struct policy_layer *layer = &simulation->layers[i];
        const bool allows = policy_weigh(question, layer).decision == POLICY_ALLOW;
        out->identity = out->identity || (layer->kind == LAYER_IDENTITY && allows);
        out->resource = out->resource || (layer->kind == LAYER_RESOURCE && allows);
        out->boundary = out->boundary || (layer->kind == LAYER_BOUNDARY && allows);
        out->organization = out->organization && (layer->kind != LAYER_ORGANIZATION || allows);
    }
}

static struct evaluated evaluate(struct simulation *simulation, struct str action, struct str resource)
{
    const struct str account = simulation->caller.account;
    struct evaluated out = { .decision = POLICY_IMPLICIT_DENY };
    const struct policy_question question = {
        .action = action, .resource = resource, .caller = simulation->caller, .lookup = simulate_lookup,
        .lookup_argument = simulation, .layers = simulation->layers, .layer_count = simulation->layer_count,
        .resource_account = account.ptr ? owner_of(simulation, resource) : STR_NONE,
    };
    out.foreign = question.resource_account.len > 0 && !str_equal(question.resource_account, account);
    out.decision = policy_decide(&question).decision;
    weigh_each(&question, simulation, &out);
    find_matches(&question, simulation, &out);
    return out;
}

/* --- as answers --- */

static const struct iam_permissions_boundary_decision_detail *boundary_detail(const struct simulation *simulation, bool allowed)
{
    struct iam_permissions_boundary_decision_detail *detail =
        ARENA_NEW(simulation->rq->ctx.arena, struct iam_permissions_boundary_decision_detail);
    detail->allowed_by_permissions_boundary = (struct opt_bool)SOME(allowed);
    return simulation->boundary.count > 0 ? detail : NULL;
}

static const struct iam_organizations_decision_detail *organization_detail(const struct simulation *simulation, bool allowed)
{
    struct iam_organizations_decision_detail *detail = ARENA_NEW(simulation->rq->ctx.arena, struct iam_organizations_decision_detail);
    detail->allowed_by_organizations = (struct opt_bool)SOME(allowed);
    return simulation->organization ? detail : NULL;
}

/* Of an action present whenever there is a resource, of each resource across accounts alone; only there is anything in it. */
static struct iam_eval_decision_details_type decision_details(const struct simulation *simulation, const struct evaluated *one)
{
    const struct { struct str name; bool takes_part, allows; } kinds[] = {
        { STR("IAM Policy"), true, one->identity },
        { STR("Resource Policy"), true, one->resource },
        { STR("Permissions Boundary"), simulation->boundary.count > 0, one->boundary },
    };
    struct iam_eval_decision_details_type details = { NULL, 0 };
    details.items = ARENA_ARRAY(simulation->rq->ctx.arena, struct iam_eval_decision_details_type_entry, COUNT_OF(kinds));
    for (size_t i = 0; i < COUNT_OF(kinds) && one->foreign; i++) {
        if (kinds[i].takes_part) {
            const enum policy_decision said = kinds[i].allows ? POLICY_ALLOW : POLICY_IMPLICIT_DENY;
            details.items[details.count++] =
                (struct iam_eval_decision_details_type_entry){ kinds[i].name, decision_words(said) };
        }
    }
    return details;
}

static struct iam_resource_specific_result specific(const struct simulation *simulation, struct str resource,
                                                    const struct evaluated *one)
{
    return (struct iam_resource_specific_result){
        .eval_resource_name = resource,
        .eval_resource_decision = decision_words(one->decision),
        .matched_statements = one->matched,
        .missing_context_values = simulation->missing,
        .eval_decision_details = one->foreign ? decision_details(simulation, one) : (struct iam_eval_decision_details_type){ NULL, 0 },
        .permissions_boundary_decision_detail = boundary_detail(simulation, one->boundary),
    };
}

/* Of an action on several resources: a deny of any, else an allow of any; a scenario needs all of its resources. */
static enum policy_decision worse(const struct simulation *simulation, enum policy_decision a, enum policy_decision b)
{
    const bool deny = a == POLICY_EXPLICIT_DENY || b == POLICY_EXPLICIT_DENY;
    const bool allow = simulation->handling.ptr ? a == POLICY_ALLOW && b == POLICY_ALLOW : a == POLICY_ALLOW || b == POLICY_ALLOW;
    return deny ? POLICY_EXPLICIT_DENY : allow ? POLICY_ALLOW : POLICY_IMPLICIT_DENY;
}

static void merge(struct simulation *simulation, struct evaluated *all, const struct evaluated *one)
{
    all->decision = worse(simulation, all->decision, one->decision);
    all->identity = all->identity && one->identity;
    all->resource = all->resource && one->resource;
    all->boundary = all->boundary && one->boundary;
    all->organization = all->organization && one->organization;
    all->foreign = all->foreign || one->foreign;
}

/* The statements behind the decision on all resources together. */
static struct iam_statement_list_type contributors(struct simulation *simulation, enum policy_decision decision,
                                                   const struct iam_resource_specific_result_list_type *list)
{
    struct iam_statement_list_type all = { ARENA_ARRAY(simulation->rq->ctx.arena, struct iam_statement, 1), 0 };
    for (size_t i = 0; i < list->count; i++) {
        const struct iam_resource_specific_result *one = &list->items[i];
        const bool counts = str_equal(one->eval_resource_decision, decision_words(decision));
        for (size_t j = 0; counts && j < one->matched_statements.count; j++) {
            add_statement(simulation->rq, &all, &one->matched_statements.items[j]);
        }
    }
    return all;
}

static struct iam_evaluation_result result_of(struct simulation *simulation, struct str action, const struct evaluated *all)
{
    return (struct iam_evaluation_result){
        .eval_action_name = action,
        .eval_resource_name = STR("*"),
        .eval_decision = decision_words(all->decision),
        .matched_statements = all->matched,
        .missing_context_values = simulation->missing,
        .organizations_decision_detail = organization_detail(simulation, all->organization),
        .permissions_boundary_decision_detail = boundary_detail(simulation, all->boundary),
    };
}

static struct iam_evaluation_result simulate_action(struct simulation *simulation, struct str action,
                                                    struct iam_resource_name_list_type resources)
{
    const bool any = resources.count == 0 || (resources.count == 1 && str_equal(resources.items[0], STR("*")));
    struct evaluated all = evaluate(simulation, action, any ? STR("*") : resources.items[0]);
    if (any) {
        return result_of(simulation, action, &all);
    }
    struct iam_resource_specific_result_list_type list = { NULL, 0 };
    list.items = ARENA_ARRAY(simulation->rq->ctx.arena, struct iam_resource_specific_result, resources.count);
    for (size_t i = 0; i < resources.count; i++) {
        const struct evaluated one = i == 0 ? all : evaluate(simulation, action, resources.items[i]);
        list.items[list.count++] = specific(simulation, resources.items[i], &one);
        merge(simulation, &all, &one);
    }
    struct iam_evaluation_result result = result_of(simulation, action, &all);
    result.eval_resource_name = resources.count == 1 ? resources.items[0] : action_form(action);
    result.matched_statements = contributors(simulation, all.decision, &list);
    result.eval_decision_details = decision_details(simulation, &all);
    result.resource_specific_results = list;
    return result;
}

/* --- pages --- */

/* The marker is the number of the first action that is left. */
static struct err first_of_page(struct request *rq, struct str marker, size_t *first)
{
    struct str text = STR_NONE;
    int64_t number = 0;
    *first = 0;
    if (marker.ptr == NULL) {
        return ERR_OK;
    }
    if (!str_unbase64(rq->ctx.arena, marker, &text) || !str_to_int(text, &number) || number < 0) {
        return fail(&rq->ctx, &IAM_INVALID_INPUT_EXCEPTION, "Invalid Marker.");
    }
    *first = (size_t)number;
    return ERR_OK;
}

struct err simulate_run(struct simulation *simulation, const struct simulate_input *input,
                        struct iam_evaluation_results_list_type *results, struct opt_bool *truncated, struct str *marker)
{
    struct request *rq = simulation->rq;
    const size_t asked = input->max_items.set ? (size_t)input->max_items.v : PAGE_DEFAULT;
    const size_t room = EVALUATIONS_MAX / (input->resources.count + 1) + 1;
    const size_t limit = asked < room ? asked : room;
    size_t at = 0;
    TRY(first_of_page(rq, input->marker, &at));
    results->items = ARENA_ARRAY(rq->ctx.arena, struct iam_evaluation_result, limit);
    for (; at < input->actions.count && results->count < limit; at++) {
        results->items[results->count++] = simulate_action(simulation, input->actions.items[at], input->resources);
    }
    *truncated = (struct opt_bool)SOME(at < input->actions.count);
    if (truncated->v) {
        *marker = str_base64(rq->ctx.arena, str_format(rq->ctx.arena, "%zu", at));
    }
    return ERR_OK;
}

/* --- operations --- */

struct err iam_simulate_custom_policy(struct request *rq, const struct iam_simulate_custom_policy_in *in,
                                      struct iam_simulate_custom_policy_out *out)
{
    struct simulation simulation = { .rq = rq };
    const struct simulate_input input = {
        in->policy_input_list, in->permissions_boundary_policy_input_list, in->action_names, in->resource_arns,
        in->resource_policy, in->resource_owner, in->caller_arn, in->resource_handling_option, in->marker,
        in->context_entries, in->max_items,
    };
    TRY(simulate_policies(&simulation, input.policies, "PolicyInputList", &simulation.identity));
    TRY(simulate_organization(&simulation, in->ordered_organization_policy_input_list));
    TRY(simulate_prepare(&simulation, &input));
    return simulate_run(&simulation, &input, &out->evaluation_results, &out->is_truncated, &out->marker);
}

struct err iam_simulate_principal_policy(struct request *rq, const struct iam_simulate_principal_policy_in *in,
                                         struct iam_simulate_principal_policy_out *out)
{
    struct simulation simulation = { .rq = rq };
    const struct simulate_input input = {
        in->policy_input_list, in->permissions_boundary_policy_input_list, in->action_names, in->resource_arns,
        in->resource_policy, in->resource_owner, in->caller_arn.ptr ? in->caller_arn : in->policy_source_arn,
        in->resource_handling_option, in->marker, in->context_entries, in->max_items,
    };
    TRY(simulate_principal(&simulation, in->policy_source_arn, in->policy_exclusion_list));
    TRY(simulate_policies(&simulation, input.policies, "PolicyInputList", &simulation.identity));
    TRY(simulate_prepare(&simulation, &input));
    return simulate_run(&simulation, &input, &out->evaluation_results, &out->is_truncated, &out->marker);
}

struct err iam_get_context_keys_for_custom_policy(struct request *rq, const struct iam_get_context_keys_for_custom_policy_in *in,
                                                  struct iam_get_context_keys_for_custom_policy_out *out)
{
    struct simulation simulation = { .rq = rq };
    TRY(simulate_policies(&simulation, in->policy_input_list, "PolicyInputList", &simulation.identity));
    simulate_keys(rq, &simulation.identity, &out->context_key_names);
    return ERR_OK;
}

struct err iam_get_context_keys_for_principal_policy(struct request *rq,
                                                     const struct iam_get_context_keys_for_principal_policy_in *in,
                                                     struct iam_get_context_keys_for_principal_policy_out *out)
{
    struct simulation simulation = { .rq = rq };
    const struct iam_policy_exclusions_list_type none = { NULL, 0 };
    TRY(simulate_principal(&simulation, in->policy_source_arn, none));
    TRY(simulate_policies(&simulation, in->policy_input_list, "PolicyInputList", &simulation.identity));
    simulate_keys(rq, &simulation.identity, &out->context_key_names);
    simulate_keys(rq, &simulation.boundary, &out->context_key_names);
    return ERR_OK;
}
