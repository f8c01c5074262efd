/* policy_fuzz.c - parse, validate, weigh and decide. Input: a line each of action, resource (also who asks), context key and
 * value, then the document, which is taken as every kind of policy in every layer that it can stand in.
 *
 * The index must find just the statements that name the action, and a request is denied explicitly just when a layer that
 * binds the caller denies it. */
#include "policy/policy.h"

#include <stdlib.h>

#include "policy/compiled.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct fields {
    struct str action, resource, key, value;
};

static bool look_up(void *argument, struct str key, struct policy_values *values)
{
    const struct fields *fields = argument;
    *values = (struct policy_values){ &fields->value, 1 };
    return str_equal_nocase(key, fields->key);
}

static void mark(const struct policy *policy, struct index_slot range, struct str action, bool *found)
{
    for (uint32_t i = 0; i < range.count; i++) {
        const struct index_entry entry = policy->index.entries[range.start + i];
        const struct statement *statement = &policy->statements[entry.statement];
        found[entry.statement] = found[entry.statement] ||
                                 (entry.pattern == EVERY_PATTERN
                                      ? !action_named(statement, action)
                                      : policy_wildcard(statement->actions.items[entry.pattern].text, action, true));
    }
}

static void compare_with_scan(struct arena *arena, const struct policy *policy, struct str action)
{
    bool *found = ARENA_ARRAY(arena, bool, policy->count + 1);
    mark(policy, (struct index_slot){ 0, 0, policy->index.always }, action, found);
    mark(policy, index_find(&policy->index, index_hash(index_service(action))), action, found);
    mark(policy, index_find(&policy->index, index_hash(action)), action, found);
    for (size_t i = 0; i < policy->count; i++) {
        const struct statement *statement = &policy->statements[i];
        if (found[i] != (action_named(statement, action) != statement->not_action)) {
            abort();
        }
    }
}

static void decide(struct policy_question *question, const struct policy *const *policy, bool principals)
{
    static const enum policy_layer_kind with[] = { LAYER_RESOURCE, LAYER_RESOURCE_CONTROL, LAYER_GRANT };
    static const enum policy_layer_kind without[] = { LAYER_IDENTITY, LAYER_SESSION, LAYER_BOUNDARY, LAYER_ORGANIZATION,
                                                      LAYER_ENDPOINT };
    struct policy_layer layers[COUNT_OF(without)];
    bool denied = false;
    question->layers = layers;
    question->layer_count = 0;
    for (size_t i = 0; i < (principals ? COUNT_OF(with) : COUNT_OF(without)); i++) {
        layers[question->layer_count++] = (struct policy_layer){ principals ? with[i] : without[i], policy, 1 };
        for (size_t j = 0; j < question->layer_count; j++) {
            denied = denied || policy_weigh(question, &layers[j]).decision == POLICY_EXPLICIT_DENY;
        }
        const bool always = str_equal_nocase(question->action, STR("sts:GetCallerIdentity"));
        if ((policy_decide(question).decision == POLICY_EXPLICIT_DENY) != denied && !always) {
            abort();
        }
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *arena = arena_open();
    struct str rest = { (const char *)data, size };
    struct fields fields;
    fields.action = str_cut(rest, '\n', &rest);
    fields.resource = str_cut(rest, '\n', &rest);
    fields.key = str_cut(rest, '\n', &rest);
    fields.value = str_cut(rest, '\n', &rest);
    for (int kind = POLICY_IDENTITY; rest.ptr && kind <= POLICY_RESOURCE; kind++) {
        struct policy_error error = { .reason = NULL };
        const struct policy *policy = policy_parse(arena, rest, (enum policy_kind)kind, &error);
        if (policy == NULL) {
            continue;
        }
        policy_validate(arena, policy, &error);
        compare_with_scan(arena, policy, fields.action);
        struct policy_question question = { .action = fields.action, .resource = fields.resource,
                                            .resource_account = fields.value, .lookup = look_up,
                                            .lookup_argument = &fields, .resource_decides = size % 2 };
        if (!policy_caller_of(arena, fields.resource, &question.caller)) {
            question.caller = (struct policy_caller){ .account = fields.value, .arn = fields.resource };
        }
        decide(&question, &policy, kind != POLICY_IDENTITY);
    }
    arena_close(arena);
    return 0;
}
