/* policy_decide.c - answers policy cases, a JSON object a line, with a decision a line. tests/conformance/policy_cases.py
 * makes the cases. */
#include <stdio.h>
#include <stdlib.h>

#include "base/json.h"
#include "policy/policy.h"

enum { LAYERS_MAX = 32 };

struct question {
    struct arena *arena;
    const struct json *context;
    struct policy_layer layers[LAYERS_MAX];
    struct policy_question asked;
    const char *trouble;
};

static bool look_up(void *argument, struct str key, struct policy_values *values)
{
    const struct question *question = argument;
    for (const struct json *item = question->context ? question->context->child : NULL; item; item = item->next) {
        if (!str_equal_nocase(item->key, key)) {
            continue;
        }
        const bool list = item->kind == JSON_ARRAY;
        struct str *items = ARENA_ARRAY(question->arena, struct str, list ? item->count : 1);
        *values = (struct policy_values){ items, 0 };
        for (const struct json *value = list ? item->child : item; value; value = list ? value->next : NULL) {
            items[values->count++] = value->text;
        }
        return true;
    }
    return false;
}

/* A layer of the documents of a list. */
static void add(struct question *question, enum policy_layer_kind kind, const struct json *documents)
{
    struct policy_error error = { .reason = NULL };
    const bool principals = kind == LAYER_RESOURCE || kind == LAYER_RESOURCE_CONTROL;
    if (documents == NULL || question->asked.layer_count == LAYERS_MAX) {
        return;
    }
    const struct policy **policies = ARENA_ARRAY(question->arena, const struct policy *, documents->count + 1);
    size_t count = 0;
    for (const struct json *document = documents->child; document; document = document->next) {
        policies[count] = policy_parse(question->arena, document->text, principals ? POLICY_RESOURCE : POLICY_IDENTITY, &error);
        if (policies[count++] == NULL) {
            question->trouble = error.reason;
            return;
        }
    }
    question->layers[question->asked.layer_count++] = (struct policy_layer){ kind, policies, count };
}

static void add_levels(struct question *question, enum policy_layer_kind kind, const struct json *levels)
{
    for (const struct json *level = levels ? levels->child : NULL; level; level = level->next) {
        add(question, kind, level);
    }
}

static const char *answer(struct arena *arena, const struct json *given)
{
    static const char *const words[] = { "ImplicitlyDenied", "ExplicitlyDenied", "Allowed" };
    struct question question = { .arena = arena, .context = json_get(given, STR("context")) };
    question.asked = (struct policy_question){
        .action = json_text(json_get(given, STR("action"))), .resource = json_text(json_get(given, STR("resource"))),
        .resource_account = json_text(json_get(given, STR("resourceAccount"))),
        .resource_decides = json_is_true(json_get(given, STR("resourceDecides"))), .lookup = look_up,
        .lookup_argument = &question, .layers = question.layers,
    };
    if (!policy_caller_of(arena, json_text(json_get(given, STR("principal"))), &question.asked.caller)) {
        return "no such principal";
    }
    add(&question, LAYER_IDENTITY, json_get(given, STR("identity")));
    add(&question, LAYER_RESOURCE, json_get(given, STR("resourcePolicy")));
    add(&question, LAYER_BOUNDARY, json_get(given, STR("boundary")));
    add(&question, LAYER_SESSION, json_get(given, STR("session")));
    add(&question, LAYER_ENDPOINT, json_get(given, STR("endpoint")));
    add_levels(&question, LAYER_ORGANIZATION, json_get(given, STR("scp")));
    add_levels(&question, LAYER_RESOURCE_CONTROL, json_get(given, STR("rcp")));
    return question.trouble ? question.trouble : words[policy_decide(&question.asked).decision];
}

int main(void)
{
    char *line = NULL;
    size_t capacity = 0;
    for (ssize_t length = 0; (length = getline(&line, &capacity, stdin)) > 0;) {
        struct arena *arena = arena_open();
        const struct json *given = json_parse(arena, (struct str){ line, (size_t)length }, NULL);
        puts(given ? answer(arena, given) : "no JSON");
        arena_close(arena);
    }
    free(line);
    return fflush(stdout) == 0 ? 0 : 4;
}
