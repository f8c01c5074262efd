/* decide.c - what one layer says: the statements that concern the question, and the conditions that failed. */
#include "policy/layers.h"

struct asked policy_asked(const struct policy_question *question)
{
    struct asked asked = { .question = question, .action_hash = index_hash(question->action),
                           .service_hash = index_hash(index_service(question->action)) };
    asked.part_count = arn_split(question->resource, asked.parts);
    return asked;
}

static bool resource_named(const struct asked *asked, const struct statement *statement)
{
    const struct str resource = asked->question->resource;
    for (size_t i = 0; i < statement->resources.count; i++) {
        const struct pattern *pattern = &statement->resources.items[i];
        if (pattern_match_arn(asked, pattern, resource, asked->parts, asked->part_count)) {
            return true;
        }
    }
    return false;
}

static bool equal_or_absent(struct str value, struct str wanted)
{
    return value.len > 0 && str_equal(value, wanted);
}

static enum policy_grant if_so(bool named, enum policy_grant grant)
{
    return named ? grant : GRANT_NONE;
}

/* spec: IAM user guide, Principal: an account stands for all its principals; a role for all its sessions. */
static enum policy_grant principal_fits(const struct named_principal *principal, const struct policy_caller *caller)
{
    switch (principal->kind) {
    case NAMES_ANYONE:
        return GRANT_DIRECT;
    case NAMES_SERVICE:
        return if_so(equal_or_absent(caller->service, principal->value), GRANT_DIRECT);
    case NAMES_FEDERATED:
        return if_so(equal_or_absent(caller->federated, principal->value), GRANT_DIRECT);
    case NAMES_CANONICAL:
        return if_so(equal_or_absent(caller->canonical_user, principal->value), GRANT_ACCOUNT);
    case NAMES_ACCOUNT:
        return if_so(caller->service.ptr == NULL && equal_or_absent(caller->account, principal->value), GRANT_ACCOUNT);
    case NAMES_ARN:
        break;
    }
    return equal_or_absent(caller->arn, principal->value)
               ? GRANT_DIRECT
               : if_so(equal_or_absent(caller->role_arn, principal->value), GRANT_ROLE);
}

/* How closely the statement names the caller; a NotPrincipal that doesn't name it means it.
 * spec: IAM user guide, NotPrincipal: with Deny it denies whoever has a permissions boundary. */
static enum policy_grant principal_named(const struct asked *asked, const struct statement *statement)
{
    const struct policy_question *question = asked->question;
    enum policy_grant closest = GRANT_NONE;
    for (size_t i = 0; i < statement->principals.count && closest < GRANT_DIRECT; i++) {
        const enum policy_grant grant = principal_fits(&statement->principals.items[i], &question->caller);
        closest = grant > closest ? grant : closest;
    }
    if (!statement->not_principal) {
        return closest;
    }
    bool bounded = false;
    for (size_t i = 0; i < question->layer_count; i++) {
        bounded = bounded || question->layers[i].kind == LAYER_BOUNDARY;
    }
    return closest == GRANT_NONE || (statement->deny && bounded) ? GRANT_DIRECT : GRANT_NONE;
}

static const struct condition *first_unmet(const struct asked *asked, const struct statement *statement)
{
    for (size_t i = 0; i < statement->condition_count; i++) {
        if (!condition_met(asked, &statement->conditions[i])) {
            return &statement->conditions[i];
        }
    }
    return NULL;
}

static void note_unmet(struct policy_verdict *verdict, const struct policy_place *place, const struct condition *unmet)
{
    if (!verdict->nearest.set) {
        verdict->nearest = *place;
        verdict->unmet_operator = unmet->operator_text;
        verdict->unmet_key = unmet->key;
    }
}

static void note(struct policy_verdict *verdict, const struct policy_place *place, bool deny, enum policy_grant grant)
{
    verdict->decision = deny ? POLICY_EXPLICIT_DENY : POLICY_ALLOW;
    verdict->grant = deny ? GRANT_NONE : grant;
    verdict->decided = *place;
}

/* The action is known to fit. An Allow is of use only when it names the caller more closely than one before. */
static void weigh_statement(const struct asked *asked, const struct policy *policy, struct policy_place *place,
                            struct policy_verdict *verdict)
{
    const struct statement *statement = &policy->statements[place->statement];
    const bool identity = policy->kind == POLICY_IDENTITY;
    if (!statement->deny && verdict->decision == POLICY_ALLOW && (identity || verdict->grant == GRANT_DIRECT)) {
        return;
    }
    const enum policy_grant grant = identity ? GRANT_NONE : principal_named(asked, statement);
    if (!identity && grant == GRANT_NONE) {
        return;
    }
    if (statement->resources.items && resource_named(asked, statement) == statement->not_resource) {
        return;
    }
    const struct condition *unmet = first_unmet(asked, statement);
    place->sid = statement->sid;
    if (unmet == NULL && (statement->deny || verdict->decision != POLICY_ALLOW || grant > verdict->grant)) {
        note(verdict, place, statement->deny, grant);
    } else if (unmet && !statement->deny) {
        note_unmet(verdict, place, unmet);
    }
}

static void weigh_entries(const struct asked *asked, const struct policy *policy, struct index_slot range,
                          struct policy_place place, struct policy_verdict *verdict)
{
    const struct str action = asked->question->action;
    for (uint32_t i = 0; i < range.count && verdict->decision != POLICY_EXPLICIT_DENY; i++) {
        const struct index_entry entry = policy->index.entries[range.start + i];
        const struct statement *statement = &policy->statements[entry.statement];
        const bool fits = entry.pattern == EVERY_PATTERN
                              ? !action_named(statement, action)
                              : policy_wildcard(statement->actions.items[entry.pattern].text, action, true);
        if (fits) {
            place.statement = entry.statement;
            weigh_statement(asked, policy, &place, verdict);
        }
    }
}

static void weigh_policy(const struct asked *asked, const struct policy *policy, struct policy_place place,
                         struct policy_verdict *verdict)
{
    const struct action_index *index = &policy->index;
    weigh_entries(asked, policy, (struct index_slot){ 0, 0, index->always }, place, verdict);
    weigh_entries(asked, policy, index_find(index, asked->service_hash), place, verdict);
    weigh_entries(asked, policy, index_find(index, asked->action_hash), place, verdict);
}

struct policy_verdict policy_weigh_layer(const struct asked *asked, const struct policy_layer *layer)
{
    struct policy_verdict verdict = { .decision = POLICY_IMPLICIT_DENY };
    for (size_t i = 0; i < layer->count && verdict.decision != POLICY_EXPLICIT_DENY; i++) {
        const struct policy_place place = { .set = true, .layer = layer->kind, .policy = i };
        weigh_policy(asked, layer->policies[i], place, &verdict);
    }
    if (verdict.decision != POLICY_IMPLICIT_DENY) {
        verdict.nearest.set = false;
        verdict.unmet_operator = verdict.unmet_key = STR_NONE;
    }
    return verdict;
}

struct policy_verdict policy_weigh(const struct policy_question *question, const struct policy_layer *layer)
{
    if (!policy_binds(question, layer->kind)) {
        return (struct policy_verdict){ .decision = POLICY_ALLOW, .exempt = true };
    }
    const struct asked asked = policy_asked(question);
    return policy_weigh_layer(&asked, layer);
}

static bool statement_fits(const struct asked *asked, const struct policy *policy, const struct statement *statement)
{
    const bool named = policy->kind == POLICY_IDENTITY || principal_named(asked, statement) != GRANT_NONE;
    return named && action_named(statement, asked->question->action) != statement->not_action &&
           (statement->resources.items == NULL || resource_named(asked, statement) != statement->not_resource) &&
           first_unmet(asked, statement) == NULL;
}

size_t policy_matches(const struct policy_question *question, const struct policy_layer *layer, struct policy_match *out,
                      size_t max)
{
    const struct asked asked = policy_asked(question);
    size_t count = 0;
    for (size_t i = 0; i < layer->count; i++) {
        const struct policy *policy = layer->policies[i];
        for (size_t j = 0; j < policy->count && count < max; j++) {
            const struct statement *statement = &policy->statements[j];
            if (statement_fits(&asked, policy, statement)) {
                const struct policy_place place = { .set = true, .layer = layer->kind, .policy = i, .statement = j, .sid = statement->sid };
                out[count++] = (struct policy_match){ place, statement->deny };
            }
        }
    }
    return count;
}
