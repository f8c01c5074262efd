/* prompt_injection.c - a Bedrock guardrail stepped in because of a prompt attack it is sure of.
 * spec: GuardDuty user guide, Impact:IAMUser/PromptInjection.Direct: told by CloudTrail data events, when the guardrail's
 * action is GUARDRAIL_INTERVENED and a content filter of type PROMPT_ATTACK has confidence HIGH; Bedrock API reference,
 * ApplyGuardrail and GuardrailContentFilter: shape and words of an assessment.
 *
 * Where in the record AWS puts the assessment is not published. It is looked for, in the API's own shape, at any depth of
 * responseElements, additionalEventData and serviceEventDetails. */
#include "detect/detectors.h"

enum { GUARDRAILS_MAX = 10, FILTERS_MAX = 10 }; /* as many as the finding may list */

struct assessment {
    bool intervened;
    bool output; /* the guardrail judged what the model said, not what it was asked */
    bool attack;
    const struct json *filters[FILTERS_MAX];
    size_t filter_count;
};

static bool says(const struct json *object, const char *key, const char *value)
{
    return str_equal(json_text(json_get(object, str_of(key))), str_of(value));
}

static bool intervenes(const struct json *object)
{
    return says(object, "action", "GUARDRAIL_INTERVENED") || says(object, "guardrailAction", "GUARDRAIL_INTERVENED") ||
           says(object, "amazon-bedrock-guardrailAction", "INTERVENED") || says(object, "stopReason", "guardrail_intervened");
}

/* The tree is bounded by the record's size and json_parse's depth. */
static void assess(const struct json *j, struct assessment *out)
{
    if (j == NULL) {
        return;
    }
    if (j->kind == JSON_OBJECT) {
        const bool filter = json_get(j, STR("confidence")) != NULL && json_get(j, STR("type")) != NULL;
        out->intervened = out->intervened || intervenes(j);
        out->output = out->output || says(j, "guardrailSource", "OUTPUT") || says(j, "source", "OUTPUT");
        out->attack = out->attack || (filter && says(j, "type", "PROMPT_ATTACK") && says(j, "confidence", "HIGH"));
        if (filter && out->filter_count < FILTERS_MAX) {
            out->filters[out->filter_count++] = j;
        }
    }
    for (const struct json *child = j->child; child; child = child->next) {
        assess(child, out);
    }
}

static void write_guardrails(struct json_writer *w, const struct json *record)
{
    const struct json *resources = json_get(record, STR("resources"));
    const struct str version = json_text(json_path(record, "requestParameters.guardrailVersion"));
    size_t count = 0;
    json_key(w, STR("guardrails"));
    json_open_array(w);
    for (const struct json *r = resources ? resources->child : NULL; r && count < GUARDRAILS_MAX; r = r->next) {
        if (says(r, "type", "AWS::Bedrock::Guardrail")) {
            json_open_object(w);
            json_member_str(w, STR("arn"), json_text(json_get(r, STR("ARN"))));
            json_member_str(w, STR("version"), version);
            json_close_object(w);
            count++;
        }
    }
    json_close_array(w);
}

/* spec: GuardDuty API reference, BedrockGuardrailDetails. */
static struct str details(struct arena *arena, const struct json *record, const struct assessment *assessment)
{
    struct json_writer w = json_writer_new(arena);
    json_open_object(&w);
    json_key(&w, STR("bedrockGuardrailDetails"));
    json_open_object(&w);
    write_guardrails(&w, record);
    json_member_str(&w, STR("guardrailAction"), STR("GUARDRAIL_INTERVENED"));
    json_member_str(&w, STR("guardrailSource"), assessment->output ? STR("OUTPUT") : STR("INPUT"));
    json_key(&w, STR("contentPolicyFilters"));
    json_open_array(&w);
    for (size_t i = 0; i < assessment->filter_count; i++) {
        const struct json *filter = assessment->filters[i];
        json_open_object(&w);
        json_member_str(&w, STR("type"), json_text(json_get(filter, STR("type"))));
        json_member_str(&w, STR("confidence"), json_text(json_get(filter, STR("confidence"))));
        json_member_str(&w, STR("action"), says(filter, "action", "BLOCKED") ? STR("BLOCKED") : STR("NONE"));
        json_close_object(&w);
    }
    json_close_array(&w);
    json_close_object(&w);
    json_close_object(&w);
    return json_done(&w);
}

static bool wants(const struct event *ev) { return str_search(ev->raw, STR("PROMPT_ATTACK")) != STR_MISSING; }

static bool inspect(const struct event *ev, void *memory, const struct intel *intel, struct verdict *verdict)
{
    (void)memory;
    (void)intel;
    const struct json *record = json_parse(ev->arena, ev->raw, NULL);
    struct assessment assessment = { .filter_count = 0 };
    assess(json_get(record, STR("responseElements")), &assessment);
    assess(json_get(record, STR("additionalEventData")), &assessment);
    assess(json_get(record, STR("serviceEventDetails")), &assessment);
    if (!assessment.intervened || !assessment.attack) {
        return false;
    }
    verdict->why = STR("a guardrail intervened, sure that the prompt was an attack");
    verdict->resource_details = details(ev->arena, record, &assessment);
    return true;
}

const struct detector PROMPT_INJECTION = {
    .detection = {
        .id = STR_INIT("prompt-injection-direct"),
        .type = STR_INIT("Impact:IAMUser/PromptInjection.Direct"),
        .severity = 2,
        .resource = STR_INIT("AccessKey"),
        .title = STR_INIT("A guardrail stopped a prompt attack by ${caller}."),
        .description = STR_INIT("${caller} called ${eventName} from ${source}: ${why}."),
    },
    .source = SOURCE_CLOUDTRAIL,
    .when = { { FIELD_SERVICE, "bedrock.amazonaws.com" }, { FIELD_SERVICE, "bedrock-runtime.amazonaws.com" },
              { FIELD_SERVICE, "bedrock-mantle.amazonaws.com" } },
    .attempts = true,
    .wants = wants,
    .inspect = inspect,
};
