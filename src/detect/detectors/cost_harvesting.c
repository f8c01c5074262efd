/* cost_harvesting.c - somebody has models work far more than this identity ever did, and in another unusual way besides.
 * spec: GuardDuty user guide, Impact:IAMUser/CostHarvesting; Bedrock user guide, token counts of invocation logs and of
 * CloudTrail's additionalEventData. Our own reading: an hour's tokens are very unlikely for the identity, at least four times
 * what is expected and a hundred thousand, while model or region are new to it. */
#include "detect/detectors.h"
#include "detect/learn/learn.h"

enum { TOKENS_LEAST = 100000, TIMES_LEAST = 4 };
#define SURPRISE_LEAST 6.0

static int64_t number(struct str text)
{
    int64_t value = 0;
    return str_to_int(text, &value) && value > 0 && value < INT32_MAX ? value : 0;
}

static int64_t tokens_of(const struct event *ev)
{
    if (ev->source == SOURCE_BEDROCK) {
        return number(event_get(ev, FIELD_PACKETS)) + number(event_get(ev, FIELD_BYTES));
    }
    const struct json *more = json_parse(ev->arena, event_get(ev, FIELD_ADDITIONAL), NULL);
    const struct json *in = json_get(more, STR("inputTokens"));
    const struct json *out = json_get(more, STR("outputTokens"));
    return number(in ? in->text : STR_NONE) + number(out ? out->text : STR_NONE);
}

static struct str model_of(const struct event *ev)
{
    return ev->source == SOURCE_BEDROCK ? event_get(ev, FIELD_NAME)
                                        : json_text(json_get(json_parse(ev->arena, event_get(ev, FIELD_REQUEST), NULL), STR("modelId")));
}

/* A trail and an invocation log may tell of the same call: each has habits of its own. */
static struct str habits_of(const struct event *ev)
{
    return str_format(ev->arena, "tokens %d %" STR_FMT, (int)ev->source, STR_ARG(record_caller_key(ev)));
}

static bool judge(const struct event *ev, void *memory, const struct learning *learning, const struct intel *intel, struct verdict *verdict)
{
    struct learn_view view;
    const int64_t tokens = tokens_of(ev);
    (void)memory;
    (void)intel;
    if (tokens == 0 || !learn_at(learning->learn, LEARN_PRINCIPAL, event_get(ev, FIELD_ACCOUNT), habits_of(ev), ev->at_ms, &view)) {
        return false;
    }
    const struct str model = model_of(ev);
    const struct learn_rarity known = learn_value(&view, PRINCIPAL_RESOURCE, model);
    const struct learn_rarity region = learn_value(&view, PRINCIPAL_REGION, event_get(ev, FIELD_REGION));
    const struct learn_volume volume = learn_amount(&view, (double)tokens);
    const bool strange = known.entity == LEARN_NEVER || region.entity == LEARN_NEVER;
    const bool much = volume.surprise >= SURPRISE_LEAST && volume.amount >= TOKENS_LEAST && volume.amount >= TIMES_LEAST * volume.expected;
    if (!view.judged || !strange || !much) {
        return false;
    }
    learn_distrust(&view);
    verdict->why = str_format(ev->arena, "%.0f tokens in this hour, where %.0f are expected, and the %s %" STR_FMT " is new to the caller",
                              volume.amount, volume.expected, known.entity == LEARN_NEVER ? "model" : "region",
                              STR_ARG(known.entity == LEARN_NEVER ? model : event_get(ev, FIELD_REGION)));
    return true;
}

const struct detector COST_HARVESTING = {
    .detection = {
        .id = STR_INIT("cost-harvesting"),
        .type = STR_INIT("Impact:IAMUser/CostHarvesting"),
        .severity = 2,
        .resource = STR_INIT("AccessKey"),
        .title = STR_INIT("Models work far more for ${caller} than they ever did."),
        .description = STR_INIT("${caller} has models work far more than it ever did: ${why}."),
    },
    .source = SOURCE_CLOUDTRAIL,
    .also = 1u << SOURCE_BEDROCK,
    .learns = true,
    .when = { { FIELD_ACTION, "InvokeModel" }, { FIELD_ACTION, "InvokeModelWithResponseStream" }, { FIELD_ACTION, "Converse" },
              { FIELD_ACTION, "ConverseStream" } },
    .judge = judge,
};
