/* combine.c - from what each layer says to the decision.
 *
 * spec: IAM user guide, "Policy evaluation for requests within a single account", "Cross-account policy evaluation logic",
 * "Permissions boundaries" and "Principal"; Organizations user guide, "SCP evaluation" and "RCP evaluation". */
#include "policy/layers.h"

struct scales {
    const struct policy_question *question;
    bool present[LAYER_KINDS];
    struct policy_verdict said[LAYER_KINDS]; /* of several layers of a kind the first that doesn't allow */
    enum policy_grant grant;                 /* how closely resource policy or grants name the caller */
};

const char *policy_layer_words(enum policy_layer_kind kind)
{
    static const char *const words[LAYER_KINDS] = {
        [LAYER_IDENTITY] = "identity-based policy",
        [LAYER_SESSION] = "session policy",
        [LAYER_BOUNDARY] = "permissions boundary",
        [LAYER_ORGANIZATION] = "service control policy",
        [LAYER_RESOURCE] = "resource-based policy",
        [LAYER_RESOURCE_CONTROL] = "resource control policy",
        [LAYER_GRANT] = "grant",
        [LAYER_ENDPOINT] = "VPC endpoint policy",
    };
    return words[kind];
}

static bool service_linked(const struct policy_caller *caller)
{
    return str_search(caller->role_arn, STR(":role/aws-service-role/")) != STR_MISSING;
}

bool policy_binds(const struct policy_question *question, enum policy_layer_kind kind)
{
    const struct policy_caller *caller = &question->caller;
    if (kind == LAYER_RESOURCE_CONTROL) {
        return !service_linked(caller);
    }
    const bool outside = caller->account.len == 0 || caller->service.ptr || caller->management_account;
    return kind != LAYER_ORGANIZATION || !(outside || service_linked(caller));
}

/* Nobody's identity policies speak for these: the resource's policy alone does. */
static bool alone(const struct scales *scales)
{
    const struct policy_caller *caller = &scales->question->caller;
    return caller->service.ptr || (caller->account.len == 0 && !scales->present[LAYER_IDENTITY]);
}

static bool is_root(const struct policy_caller *caller)
{
    return caller->account.len > 0 && str_ends(caller->arn, STR(":root")) &&
           str_search(caller->arn, STR(":iam::")) != STR_MISSING;
}

static bool silent(const struct scales *scales, enum policy_layer_kind kind)
{
    return scales->present[kind] && scales->said[kind].decision != POLICY_ALLOW;
}

static struct policy_answer refused(const struct scales *scales, enum policy_layer_kind kind)
{
    const struct policy_verdict *said = &scales->said[kind];
    return (struct policy_answer){ .decision = POLICY_IMPLICIT_DENY, .layer = kind, .nearest = said->nearest,
                                   .unmet_operator = said->unmet_operator, .unmet_key = said->unmet_key };
}

static struct policy_answer allowed(const struct scales *scales, enum policy_layer_kind kind)
{
    return (struct policy_answer){ .decision = POLICY_ALLOW, .layer = kind, .decided = scales->said[kind].decided };
}

/* The layer that speaks for the resource. */
static enum policy_layer_kind granting(const struct scales *scales)
{
    return scales->said[LAYER_GRANT].grant > scales->said[LAYER_RESOURCE].grant ? LAYER_GRANT : LAYER_RESOURCE;
}

/* Boundary and session policy have the last word. */
static struct policy_answer limited(const struct scales *scales, enum policy_layer_kind by)
{
    return silent(scales, LAYER_BOUNDARY)  ? refused(scales, LAYER_BOUNDARY)
           : silent(scales, LAYER_SESSION) ? refused(scales, LAYER_SESSION)
                                           : allowed(scales, by);
}

static struct policy_answer same_account(const struct scales *scales, bool identity)
{
    if (scales->grant == GRANT_DIRECT) {
        return allowed(scales, granting(scales));
    }
    if (scales->question->resource_decides && scales->grant == GRANT_NONE) {
        return refused(scales, LAYER_RESOURCE);
    }
    if (!identity && scales->grant != GRANT_ROLE) {
        return refused(scales, LAYER_IDENTITY);
    }
    return limited(scales, identity ? LAYER_IDENTITY : granting(scales));
}

static struct policy_answer other_account(const struct scales *scales, bool identity)
{
    if (scales->said[LAYER_GRANT].grant != GRANT_NONE) {
        return limited(scales, LAYER_GRANT);
    }
    if (scales->grant == GRANT_NONE) {
        return refused(scales, LAYER_RESOURCE);
    }
    return identity ? limited(scales, LAYER_IDENTITY) : refused(scales, LAYER_IDENTITY);
}

static struct policy_answer settle(const struct scales *scales)
{
    static const enum policy_layer_kind guards[] = { LAYER_RESOURCE_CONTROL, LAYER_ORGANIZATION, LAYER_ENDPOINT };
    const struct policy_question *question = scales->question;
    const struct policy_caller *caller = &question->caller;
    for (size_t i = 0; i < COUNT_OF(guards); i++) {
        if (silent(scales, guards[i])) {
            return refused(scales, guards[i]);
        }
    }
    if (alone(scales)) {
        return scales->grant == GRANT_NONE ? refused(scales, scales->present[LAYER_RESOURCE] ? LAYER_RESOURCE : LAYER_IDENTITY)
                                           : allowed(scales, granting(scales));
    }
    const bool identity = is_root(caller) || scales->said[LAYER_IDENTITY].decision == POLICY_ALLOW;
    const bool same = question->resource_account.len == 0 || str_equal(question->resource_account, caller->account);
    return same ? same_account(scales, identity) : other_account(scales, identity);
}

static void put(struct scales *scales, enum policy_layer_kind kind, const struct policy_verdict *verdict)
{
    if (!scales->present[kind] || (verdict->decision != POLICY_ALLOW && !silent(scales, kind))) {
        scales->said[kind] = *verdict;
    }
    scales->present[kind] = true;
    if (kind == LAYER_RESOURCE || kind == LAYER_GRANT) {
        scales->grant = verdict->grant > scales->grant ? verdict->grant : scales->grant;
    }
}

struct policy_answer policy_decide(const struct policy_question *question)
{
    const struct asked asked = policy_asked(question);
    struct scales scales = { .question = question };
    /* spec: STS API reference: GetCallerIdentity needs no permission, and no policy takes it away. */
    if ((question->caller.account.len > 0 || question->caller.service.ptr) && str_equal_nocase(question->action, STR("sts:GetCallerIdentity"))) {
        return (struct policy_answer){ .decision = POLICY_ALLOW };
    }
    for (size_t i = 0; i < question->layer_count; i++) {
        const struct policy_layer *layer = &question->layers[i];
        if (!policy_binds(question, layer->kind)) {
            continue;
        }
        const struct policy_verdict verdict = policy_weigh_layer(&asked, layer);
        if (verdict.decision == POLICY_EXPLICIT_DENY) {
            return (struct policy_answer){ .decision = POLICY_EXPLICIT_DENY, .layer = layer->kind,
                                           .decided = verdict.decided };
        }
        put(&scales, layer->kind, &verdict);
    }
    return settle(&scales);
}
