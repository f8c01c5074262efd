#include "app/authorise.h"

#include "app/authorise_memory.h"
#include "app/metrics.h"
#include "services.h"
#include "svc/denial_message.h"
#include "svc/guard.h"
#include "svc/input.h"

static const struct fault ACCESS_DENIED = { "AccessDenied", NULL, NULL, 403 };
static const struct fault ACCESS_DENIED_EXCEPTION = { "AccessDeniedException", NULL, NULL, 403 };

enum { LAYERS_MAX = IAM_LAYERS_MAX + 2 * ORGANIZATION_LEVELS_MAX + 2 };

/* One guard of a call, with the layers that speak about it. */
struct judgement {
    struct authorise_memory *memory;
    struct request *rq;
    const struct identity *identity;
    const struct guard *guard;
    struct policy_layer layers[LAYERS_MAX];
    size_t layer_count;
    const struct policy *resource_policies[2]; /* its policy, its ACL */
    struct policy_caller caller;
    struct request_context context;
};

static void add_layers(struct judgement *judgement, const struct policy_layer *layers, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        judgement->layers[judgement->layer_count++] = layers[i];
    }
}

static struct organization_place place_of(struct request *rq, const struct organization *organization)
{
    const struct organization_facts *facts = &organization->facts;
    return facts->member ? (struct organization_place){ str_copy(rq->ctx.arena, facts->id), str_copy(rq->ctx.arena, facts->path) }
                         : (struct organization_place){ STR_NONE, STR_NONE };
}

/* spec: Organizations user guide, "Closing a member account": its keys and roles are of no use any more. */
static struct err closed(struct request *rq)
{
    return fail(&rq->ctx, &SIGV4_INVALID_CLIENT_TOKEN_ID, SIGV4_UNKNOWN_KEY_TEXT);
}

static bool says_xml(const struct request *rq)
{
    return rq->protocol == PROTOCOL_QUERY || rq->protocol == PROTOCOL_EC2 || rq->protocol == PROTOCOL_REST_XML;
}

static struct err out_of_reach(struct request *rq, const struct guard *guard)
{
    return fail(&rq->ctx, says_xml(rq) ? &ACCESS_DENIED : &ACCESS_DENIED_EXCEPTION,
                "User: %" STR_FMT " is not authorized to perform: %" STR_FMT " on resource: %" STR_FMT " because its account is "
                "suspended", STR_ARG(rq->caller.arn), STR_ARG(guard->action), STR_ARG(guard->resource));
}

static struct err refuse_suspended(struct authorise_memory *memory, struct request *rq)
{
    const struct organization *mine = NULL;
    TRY(authorise_organization(memory, rq, rq->caller.account, &mine));
    return mine && mine->facts.suspended ? closed(rq) : ERR_OK;
}

static struct err add_organizations(struct judgement *judgement)
{
    struct request *rq = judgement->rq;
    const struct organization *mine = NULL;
    const struct organization *theirs = NULL;
    TRY(authorise_organization(judgement->memory, rq, rq->caller.account, &mine));
    if (str_equal(rq->caller.account, judgement->guard->account)) {
        theirs = mine;
    } else {
        TRY(authorise_organization(judgement->memory, rq, judgement->guard->account, &theirs));
    }
    if (theirs && theirs->facts.suspended) {
        return out_of_reach(rq, judgement->guard);
    }
    if (mine) {
        judgement->caller.management_account = mine->facts.management;
        add_layers(judgement, mine->service_control, mine->service_control_count);
        rq->caller_place = place_of(rq, mine);
    }
    if (theirs) {
        add_layers(judgement, theirs->resource_control, theirs->resource_control_count);
        rq->resource_place = place_of(rq, theirs);
    }
    return ERR_OK;
}

/* Compiling a grant costs more than seeing that it speaks of others or of other operations. */
static bool concerns(const struct judgement *judgement, const struct policy_kms_grant *grant)
{
    const struct str service = judgement->caller.service;
    const struct str who = service.ptr ? service : judgement->caller.account;
    struct str operation = STR_NONE;
    str_cut(judgement->guard->action, ':', &operation);
    if (who.len == 0 || str_search(grant->grantee, who) == STR_MISSING) {
        return false;
    }
    for (size_t i = 0; i < grant->operation_count; i++) {
        if (str_equal(grant->operations[i], operation)) {
            return true;
        }
    }
    return false;
}

static void add_grants(struct judgement *judgement)
{
    const struct guard *guard = judgement->guard;
    struct arena *arena = judgement->rq->ctx.arena;
    if (guard->grant_count == 0) {
        return;
    }
    const struct policy **policies = ARENA_ARRAY(arena, const struct policy *, guard->grant_count);
    size_t count = 0;
    for (size_t i = 0; i < guard->grant_count; i++) {
        const struct policy *policy = concerns(judgement, &guard->grants[i]) ? policy_of_grant(arena, &guard->grants[i]) : NULL;
        if (policy) {
            policies[count++] = policy;
        }
    }
    if (count > 0) {
        add_layers(judgement, &(const struct policy_layer){ LAYER_GRANT, policies, count }, 1);
    }
}

static void add_resource(struct judgement *judgement)
{
    const struct guard *guard = judgement->guard;
    size_t count = 0;
    if (guard->policy.ptr) {
        judgement->resource_policies[count++] = authorise_compiled(judgement->memory, guard->policy, guard->trust);
    }
    if (guard->acl.ptr) {
        judgement->resource_policies[count++] = authorise_compiled(judgement->memory, guard->acl, false);
    }
    if (count > 0) {
        add_layers(judgement, &(const struct policy_layer){ LAYER_RESOURCE, judgement->resource_policies, count }, 1);
    } else if (guard->resource_decides || judgement->identity == NULL) {
        add_layers(judgement, &(const struct policy_layer){ LAYER_RESOURCE, NULL, 0 }, 1);
    }
}

static struct policy_question question_of(struct judgement *judgement)
{
    const struct guard *guard = judgement->guard;
    judgement->context = (struct request_context){ judgement->rq, guard->pairs, guard->pair_count, guard };
    return (struct policy_question){
        .action = guard->action,
        .resource = guard->resource,
        .caller = judgement->caller,
        .lookup = request_lookup,
        .lookup_argument = &judgement->context,
        .layers = judgement->layers,
        .layer_count = judgement->layer_count,
        .resource_account = guard->handler_decides ? STR_NONE : guard->account,
        .resource_decides = guard->resource_decides,
    };
}

static bool is_limited(const struct policy_question *question)
{
    bool limited = false;
    for (size_t i = 0; i < question->layer_count; i++) {
        const struct policy_layer *layer = &question->layers[i];
        const bool limits = layer->kind == LAYER_BOUNDARY || layer->kind == LAYER_SESSION;
        limited = limited || (limits && policy_weigh(question, layer).decision != POLICY_ALLOW);
    }
    return limited;
}

/* What a handler may still allow: the caller's own policies alone are silent. */
static bool left_open(const struct guard *guard, const struct policy_answer *answer)
{
    return guard->handler_decides && answer->decision == POLICY_IMPLICIT_DENY && answer->layer != LAYER_ORGANIZATION &&
           answer->layer != LAYER_RESOURCE_CONTROL;
}

static struct err denied(struct request *rq, const struct guard *guard, const struct policy_answer *answer)
{
    const bool s3 = rq->service && strcmp(rq->service->signing_name, "s3") == 0; /* which puts ARNs in quotes */
    const struct str resource = s3 ? str_format(rq->ctx.arena, "\"%" STR_FMT "\"", STR_ARG(guard->resource)) : guard->resource;
    const struct str words = iam_denial(&rq->ctx, &rq->caller, guard->action, resource, answer);
    metric_add(METRIC_REQUESTS_REFUSED, 1);
    const struct fault *fault = says_xml(rq) ? &ACCESS_DENIED : &ACCESS_DENIED_EXCEPTION;
    if (guard->terse) {
        return fail(&rq->ctx, fault, "Access Denied");
    }
    if (denial_message_wanted(guard->action)) {
        return fail(&rq->ctx, fault,
                    "You are not authorized to perform this operation. %" STR_FMT ". Encoded authorization failure message: %" STR_FMT,
                    STR_ARG(words), STR_ARG(denial_message_seal(rq, guard, answer)));
    }
    return fail(&rq->ctx, fault, "%" STR_FMT, STR_ARG(words));
}

static struct err settle(struct judgement *judgement)
{
    struct request *rq = judgement->rq;
    const struct policy_question question = question_of(judgement);
    const struct policy_answer answer = policy_decide(&question);
    if (judgement->guard->verdict) {
        *judgement->guard->verdict = answer.decision == POLICY_ALLOW;
        return ERR_OK;
    }
    rq->identity_allows = answer.decision == POLICY_ALLOW;
    rq->limited = judgement->guard->handler_decides && is_limited(&question);
    return rq->identity_allows || left_open(judgement->guard, &answer) ? ERR_OK : denied(rq, judgement->guard, &answer);
}

static struct err judge(struct authorise_memory *memory, struct request *rq, const struct identity *identity,
                        const struct guard *guard)
{
    struct judgement judgement = { .memory = memory, .rq = rq, .identity = identity, .guard = guard, .caller = request_caller(rq) };
    judgement.caller.canonical_user = guard->canonical_user;
    rq->resource_account = guard->account;
    if (identity) {
        add_layers(&judgement, identity->policies.layers, identity->policies.layer_count);
    }
    if (memory) {
        TRY(add_organizations(&judgement));
        add_resource(&judgement);
        add_grants(&judgement);
    }
    return settle(&judgement);
}

/* The account in a whole ARN that the caller named, else the caller's. */
static struct str owner_of(const struct request *rq, struct str resource)
{
    struct str rest = resource;
    struct str part = STR_NONE;
    for (int i = 0; i < 5; i++) {
        part = str_cut(rest, ':', &rest);
    }
    return part.len == 12 ? part : rq->account;
}

const struct service *authorise_service(const struct service_model *model)
{
    size_t i = 0;
    while (SERVICE_MODELS[i] != model) {
        i++;
    }
    return SERVICES[i];
}

/* Roles that the call hands to services. */
struct passing {
    struct request *rq;
    const struct guard *by;
    struct str service;
    struct guard *guards;
};

/* spec: IAM user guide, "Grant a user permissions to pass a role to an AWS service". */
static void pass_role(void *argument, struct str role)
{
    struct passing *passing = argument;
    struct arena *arena = passing->rq->ctx.arena;
    struct context_pair *pairs = ARENA_ARRAY(arena, struct context_pair, 2);
    pairs[0] = (struct context_pair){ STR("iam:PassedToService"), passing->service };
    pairs[1] = (struct context_pair){ STR("iam:AssociatedResourceArn"), passing->by->resource };
    struct guard *guard = ARENA_NEW(arena, struct guard);
    *guard = (struct guard){ .action = STR("iam:PassRole"), .resource = role, .account = owner_of(passing->rq, role),
                             .pairs = pairs, .pair_count = 2, .next = passing->guards };
    passing->guards = guard;
}

static struct guard *passed_roles(struct request *rq, const struct guard *by)
{
    struct passing passing = { .rq = rq, .by = by };
    const struct operation_key *keys = rq->operation->keys;
    for (size_t i = 0; keys && keys[i].key && rq->caller.type != PRINCIPAL_AWS_SERVICE; i++) {
        if (keys[i].passed_to) {
            passing.service = str_of(keys[i].passed_to);
            input_path_values(rq, keys[i].path, pass_role, &passing);
        }
    }
    return passing.guards;
}

static struct err judge_chain(struct authorise_memory *memory, struct request *rq, const struct identity *identity,
                              const struct guard *guard)
{
    for (const struct guard *one = guard; one; one = one->next) {
        if (!one->open) {
            TRY(judge(memory, rq, identity, one));
        }
    }
    return ERR_OK;
}

struct err authorise(struct authorise_memory *memory, struct request *rq, const void *in, const struct identity *identity)
{
    const struct service *service = authorise_service(rq->service);
    rq->in = in;
    struct guard guard = { .action = str_of(rq->operation->action), .resource = request_resource(rq, in) };
    guard.account = owner_of(rq, guard.resource);
    guard.open = rq->caller.type == PRINCIPAL_ANONYMOUS && rq->operation->unsigned_ok;
    if (service->guard) {
        TRY(service->guard(rq, in, &guard));
    }
    rq->resource = guard.resource;
    rq->resource_account = guard.account;
    authorise_memory_trim(memory);
    TRY(refuse_suspended(memory, rq));
    TRY(judge_chain(memory, rq, identity, &guard));
    struct guard *passed = passed_roles(rq, &guard);
    return passed ? judge_chain(memory, rq, identity, passed) : ERR_OK;
}

struct err authorise_action(struct request *rq, const struct identity *identity, struct str action, struct str resource)
{
    const struct guard guard = { .action = action, .resource = resource, .account = rq->account };
    rq->protocol = PROTOCOL_JSON;
    return judge(NULL, rq, identity, &guard);
}
