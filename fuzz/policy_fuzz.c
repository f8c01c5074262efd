/* policy_fuzz.c - parse, validate and decide. Input: a line each of action, resource, context
 * key and value, then the document. */
#include "policy/policy.h"

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
        const struct policy_layer layer = { LAYER_IDENTITY, &policy, 1 };
        const struct policy_question question = {
            .action = fields.action, .resource = fields.resource, .caller.account = fields.value,
            .caller.arn = fields.resource, .lookup = look_up, .lookup_argument = &fields,
            .layers = &layer, .layer_count = 1,
        };
        policy_decide(&question);
    }
    arena_close(arena);
    return 0;
}
