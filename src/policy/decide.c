#include "policy/compiled.h"

/* Blanks, commas or nothing after the colon never match (as the policy simulators answer), so NotAction does. */
static bool action_sound(struct str pattern)
{
    const struct str after = str_from(pattern, str_find(pattern, ':') == STR_MISSING ? 0 : str_find(pattern, ':') + 1);
    for (size_t i = 0; i < after.len; i++) {
        if (after.ptr[i] == ' ' || after.ptr[i] == '\t' || after.ptr[i] == '\n' || after.ptr[i] == ',') {
            return false;
        }
    }
    return after.len > 0;
}

static bool action_named(const struct statement *statement, const struct policy_question *question)
{
    for (size_t i = 0; i < statement->actions.count; i++) {
        const struct str pattern = statement->actions.items[i].text;
        if (action_sound(pattern) && policy_wildcard(pattern, question->action, true)) {
            return true;
        }
    }
    return false;
}

static bool resource_named(struct arena *arena, const struct statement *statement,
                           const struct policy_question *question)
{
    for (size_t i = 0; i < statement->resources.count; i++) {
        const struct pattern *pattern = &statement->resources.items[i];
        if (str_equal(pattern->text, STR("*"))) {
            return true;
        }
        struct codes codes = { NULL, 0 };
        if (pattern_expand(arena, pattern, question, true, &codes) && codes_match_arn(codes, question->resource)) {
            return true;
        }
    }
    return false;
}

static struct str account_of_root(struct str principal)
{
    const struct str head = STR("arn:aws:iam::");
    const struct str tail = STR(":root");
    if (!str_starts(principal, head) || !str_ends(principal, tail)) {
        return principal;
    }
    return str_slice(principal, head.len, principal.len - head.len - tail.len);
}

/* spec: IAM user guide, Principal: an account stands for all its principals; a role for all its sessions. */
static bool principal_fits(struct str principal, const struct policy_caller *caller)
{
    struct str value = STR_NONE;
    const struct str type = str_cut(principal, ':', &value);
    if (str_equal(principal, STR("*"))) {
        return true;
    }
    if (str_equal(type, STR("Service"))) {
        return caller->service.ptr && str_equal(value, caller->service);
    }
    if (!str_equal(type, STR("AWS")) || caller->service.ptr) {
        return false;
    }
    return str_equal(value, STR("*")) || (caller->account.len > 0 && str_equal(account_of_root(value), caller->account)) ||
           (caller->arn.ptr && str_equal(value, caller->arn)) ||
           (caller->role_arn.ptr && str_equal(value, caller->role_arn));
}

static bool principal_named(const struct statement *statement, const struct policy_caller *caller)
{
    for (size_t i = 0; i < statement->principals.count; i++) {
        if (principal_fits(statement->principals.items[i].text, caller)) {
            return true;
        }
    }
    return false;
}

/* All but the conditions. */
static bool concerns(struct arena *arena, const struct policy *policy, const struct statement *statement,
                     const struct policy_question *question)
{
    if (action_named(statement, question) == statement->not_action) {
        return false;
    }
    if (policy->kind != POLICY_IDENTITY &&
        principal_named(statement, &question->caller) == statement->not_principal) {
        return false;
    }
    return policy->kind == POLICY_TRUST || resource_named(arena, statement, question) != statement->not_resource;
}

static const struct condition *first_unmet(struct arena *arena, const struct statement *statement,
                                           const struct policy_question *question)
{
    for (size_t i = 0; i < statement->condition_count; i++) {
        if (!condition_met(arena, &statement->conditions[i], question)) {
            return &statement->conditions[i];
        }
    }
    return NULL;
}

struct tally {
    struct policy_place denies, allows, nearest;
    const struct condition *unmet;
};

static void weigh(struct arena *arena, const struct policy *policy, const struct policy_question *question,
                  struct policy_place place, struct tally *tally)
{
    for (size_t i = 0; i < policy->count && !tally->denies.set; i++) {
        const struct statement *statement = &policy->statements[i];
        if ((!statement->deny && tally->allows.set) || !concerns(arena, policy, statement, question)) {
            continue;
        }
        const struct condition *unmet = first_unmet(arena, statement, question);
        place.set = true;
        place.statement = i;
        place.sid = statement->sid;
        if (unmet == NULL) {
            *(statement->deny ? &tally->denies : &tally->allows) = place;
        } else if (!statement->deny && !tally->nearest.set) {
            tally->nearest = place;
            tally->unmet = unmet;
        }
    }
}

static struct tally weigh_layer(struct arena *arena, const struct policy_layer *layer,
                                const struct policy_question *question)
{
    struct tally tally = { .unmet = NULL };
    for (size_t i = 0; i < layer->count && !tally.denies.set; i++) {
        const struct policy_place place = { .layer = layer->kind, .policy = i };
        weigh(arena, layer->policies[i], question, place, &tally);
    }
    return tally;
}

static struct policy_answer refused(const struct policy_layer *layer, const struct tally *tally)
{
    struct policy_answer answer = { .decision = POLICY_IMPLICIT_DENY, .layer = layer->kind };
    if (tally->unmet) {
        answer.nearest = tally->nearest;
        answer.unmet_operator = tally->unmet->operator_text;
        answer.unmet_key = tally->unmet->key;
    }
    return answer;
}

/* A later layer may still deny explicitly, which wins over an earlier layer's silence. */
struct policy_answer policy_decide(struct arena *arena, const struct policy_question *question)
{
    struct policy_answer answer = { .decision = POLICY_IMPLICIT_DENY };
    for (size_t i = 0; i < question->layer_count; i++) {
        const struct policy_layer *layer = &question->layers[i];
        const struct tally tally = weigh_layer(arena, layer, question);
        if (tally.denies.set) {
            return (struct policy_answer){ .decision = POLICY_EXPLICIT_DENY, .layer = layer->kind,
                                           .decided = tally.denies };
        }
        if (!tally.allows.set && (i == 0 || answer.decision == POLICY_ALLOW)) {
            answer = refused(layer, &tally);
        } else if (i == 0) {
            answer = (struct policy_answer){ .decision = POLICY_ALLOW, .layer = layer->kind, .decided = tally.allows };
        }
    }
    return answer;
}
