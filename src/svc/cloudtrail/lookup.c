/* lookup.c - LookupEvents: management events of the last 90 days, newest first, straight from the journal.
 *
 * The journal names places by key; the event there is asked again, as keys are hashes. One call looks at a bounded number
 * of events: a page may be short and still have a next one, as in AWS. */
#include "base/clock.h"
#include "base/json.h"
#include "store/journal.h"
#include "svc/cloudtrail/naming.h"
#include "svc/cloudtrail/trail.h"

enum { PAGE_MAX = 50, LOOK_MAX = 2000, PLACES = 128, TOKEN_MAX = 256, RESOURCES_MAX = 8 };
#define KEPT_MS ((int64_t)90 * 24 * 60 * 60 * 1000)
#define JITTER_MS ((int64_t)5 * 60 * 1000) /* events are in order of their answers, and carry the time of the request */

struct question {
    enum lookup_attribute attribute;
    struct str value;
    int64_t from_ms, to_ms;
    size_t max;
    uint64_t key;
    struct str about; /* what a token is good for */
};

static struct err read_attribute(struct request *rq, const struct cloudtrail_lookup_attributes_list *attributes,
                                 struct question *question)
{
    static const struct { struct str name; enum lookup_attribute attribute; } known[] = {
        { STR_INIT("EventId"), LOOKUP_EVENT_ID }, { STR_INIT("EventName"), LOOKUP_EVENT_NAME },
        { STR_INIT("ReadOnly"), LOOKUP_READ_ONLY }, { STR_INIT("Username"), LOOKUP_USERNAME },
        { STR_INIT("ResourceType"), LOOKUP_RESOURCE_TYPE }, { STR_INIT("ResourceName"), LOOKUP_RESOURCE_NAME },
        { STR_INIT("EventSource"), LOOKUP_EVENT_SOURCE }, { STR_INIT("AccessKeyId"), LOOKUP_ACCESS_KEY_ID },
    };
    question->value = STR("");
    if (attributes->count > 1) {
        return fail(&rq->ctx, &CLOUDTRAIL_INVALID_LOOKUP_ATTRIBUTES_EXCEPTION, "Only one lookup attribute can be specified.");
    }
    for (size_t i = 0; attributes->count && i < COUNT_OF(known); i++) {
        if (str_equal(attributes->items[0].attribute_key, known[i].name)) {
            question->attribute = known[i].attribute;
            question->value = attributes->items[0].attribute_value;
        }
    }
    return ERR_OK;
}

static struct err read_question(struct request *rq, const struct cloudtrail_lookup_events_in *in, struct question *question)
{
    const bool insight = in->event_category.ptr != NULL;
    TRY(read_attribute(rq, &in->lookup_attributes, question));
    const int64_t oldest = rq->ctx.now_ms - KEPT_MS;
    question->from_ms = in->start_time.set && in->start_time.v > oldest ? in->start_time.v : oldest;
    question->to_ms = in->end_time.set ? in->end_time.v : INT64_MAX;
    if (in->start_time.set && in->end_time.set && in->start_time.v > in->end_time.v) {
        return fail(&rq->ctx, &CLOUDTRAIL_INVALID_TIME_RANGE_EXCEPTION, "Start time must be earlier than end time.");
    }
    question->max = in->max_results.set ? (size_t)in->max_results.v : PAGE_MAX;
    const bool fits = !insight || question->attribute == LOOKUP_ALL || question->attribute == LOOKUP_EVENT_ID
        || question->attribute == LOOKUP_EVENT_NAME || question->attribute == LOOKUP_EVENT_SOURCE;
    if (!fits) {
        return fail(&rq->ctx, &CLOUDTRAIL_INVALID_LOOKUP_ATTRIBUTES_EXCEPTION,
                    "Insights events can be looked up by EventId, EventName and EventSource.");
    }
    question->key = cloudtrail_lookup_key(cloudtrail_place_key(rq->account, rq->region, insight), question->attribute,
                                          question->value);
    question->about = str_format(rq->ctx.arena, "cloudtrail:lookup:%" STR_FMT ":%" STR_FMT ":%llx:%lld:%lld",
                                 STR_ARG(rq->account), STR_ARG(rq->region), (unsigned long long)question->key,
                                 (long long)(in->start_time.set ? in->start_time.v : 0), (long long)question->to_ms);
    return ERR_OK;
}

static struct err read_token(struct request *rq, const struct question *question, struct str token, journal_place *before)
{
    struct str sealed = STR_NONE, plain = STR_NONE;
    int64_t place = 0;
    *before = 0;
    if (token.ptr == NULL) {
        return ERR_OK;
    }
    if (token.len > TOKEN_MAX || !str_unbase64(rq->ctx.arena, token, &sealed)
        || !vault_unseal(&rq->ctx, rq->vault, question->about, sealed, &plain) || !str_to_int(plain, &place)) {
        return fail(&rq->ctx, &CLOUDTRAIL_INVALID_NEXT_TOKEN_EXCEPTION, "Invalid NextToken; it belongs to the request it came from.");
    }
    *before = (journal_place)place;
    return ERR_OK;
}

static struct str make_token(struct request *rq, const struct question *question, journal_place place)
{
    const struct str plain = str_format(rq->ctx.arena, "%lld", (long long)place);
    return str_base64(rq->ctx.arena, vault_seal(&rq->ctx, rq->vault, question->about, plain));
}

static struct str username_of(const struct json *identity)
{
    const struct str type = json_text(json_get(identity, STR("type")));
    if (str_equal(type, STR("Root"))) {
        return STR("root");
    }
    const struct str name = json_text(json_get(identity, STR("userName")));
    if (name.ptr) {
        return name;
    }
    struct str session = STR_NONE;
    str_cut(json_text(json_get(identity, STR("principalId"))), ':', &session);
    return session;
}

static void show_resources(struct request *rq, const struct json *event, struct cloudtrail_event *out)
{
    const struct json *parameters = json_get(event, STR("requestParameters"));
    out->resources.items = ARENA_ARRAY(rq->ctx.arena, struct cloudtrail_resource, RESOURCES_MAX);
    for (const struct json *member = parameters && parameters->kind == JSON_OBJECT ? parameters->child : NULL;
         member && out->resources.count < RESOURCES_MAX; member = member->next) {
        const char *type = member->kind == JSON_STRING ? cloudtrail_resource_type(out->event_source, member->key) : NULL;
        if (type) {
            out->resources.items[out->resources.count++] = (struct cloudtrail_resource){ str_of(type), member->text };
        }
    }
}

/* Another's, by a channel: its names and caller are in eventData. */
static struct cloudtrail_event show_foreign(struct str payload, const struct json *event, const struct json *data, int64_t at_ms)
{
    return (struct cloudtrail_event){
        .event_id = json_text(json_get(event, STR("eventID"))), .event_name = json_text(json_get(data, STR("eventName"))),
        .event_source = json_text(json_get(data, STR("eventSource"))), .event_time = SOME(at_ms), .read_only = STR("false"),
        .username = json_text(json_path(data, "userIdentity.principalId")), .cloud_trail_event = payload,
    };
}

static struct cloudtrail_event show(struct request *rq, struct str payload, const struct json *event, int64_t at_ms)
{
    const struct json *identity = json_get(event, STR("userIdentity"));
    const struct json *insight = json_get(event, STR("insightDetails"));
    if (insight) {
        return (struct cloudtrail_event){
            .event_id = json_text(json_get(event, STR("eventID"))), .event_name = json_text(json_get(insight, STR("eventName"))),
            .event_source = json_text(json_get(insight, STR("eventSource"))), .event_time = SOME(at_ms), .cloud_trail_event = payload,
        };
    }
    if (json_get(event, STR("eventData"))) {
        return show_foreign(payload, event, json_get(event, STR("eventData")), at_ms);
    }
    struct cloudtrail_event out = {
        .event_id = json_text(json_get(event, STR("eventID"))),
        .event_name = json_text(json_get(event, STR("eventName"))),
        .read_only = json_is_true(json_get(event, STR("readOnly"))) ? STR("true") : STR("false"),
        .access_key_id = json_text(json_get(identity, STR("accessKeyId"))),
        .event_time = SOME(at_ms),
        .event_source = json_text(json_get(event, STR("eventSource"))),
        .username = username_of(identity),
        .cloud_trail_event = payload,
    };
    show_resources(rq, event, &out);
    return out;
}

static bool has_attribute(const struct question *question, const struct cloudtrail_event *event)
{
    const struct str value = question->value;
    bool type = false, name = false;
    for (size_t i = 0; i < event->resources.count; i++) {
        type = type || str_equal(event->resources.items[i].resource_type, value);
        name = name || str_equal(event->resources.items[i].resource_name, value);
    }
    switch (question->attribute) {
    case LOOKUP_ALL: return true;
    case LOOKUP_EVENT_ID: return str_equal(event->event_id, value);
    case LOOKUP_EVENT_NAME: return str_equal(event->event_name, value);
    case LOOKUP_READ_ONLY: return str_equal(event->read_only, value);
    case LOOKUP_USERNAME: return str_equal(event->username, value);
    case LOOKUP_RESOURCE_TYPE: return type;
    case LOOKUP_RESOURCE_NAME: return name;
    case LOOKUP_EVENT_SOURCE: return str_equal(event->event_source, value);
    case LOOKUP_ACCESS_KEY_ID: return str_equal(event->access_key_id, value);
    case LOOKUP_ATTRIBUTES: break;
    }
    return false;
}

/* Of this account and Region, within the time and with the attribute. *past: no older one can be. */
static bool wanted(struct request *rq, const struct question *question, struct str payload, struct cloudtrail_event *out,
                   bool *past)
{
    const struct json *event = json_parse(rq->ctx.arena, payload, NULL);
    int64_t at_ms = 0;
    if (event == NULL || !clock_parse_iso8601(json_text(json_get(event, STR("eventTime"))), &at_ms)) {
        return false;
    }
    *past = at_ms < question->from_ms - JITTER_MS;
    *out = show(rq, payload, event, at_ms);
    return at_ms >= question->from_ms / 1000 * 1000 && at_ms <= question->to_ms && has_attribute(question, out)
        && str_equal(json_text(json_get(event, STR("recipientAccountId"))), rq->account)
        && str_equal(json_text(json_get(event, STR("awsRegion"))), rq->region);
}

struct err cloudtrail_lookup_events(struct request *rq, const struct cloudtrail_lookup_events_in *in,
                                    struct cloudtrail_lookup_events_out *out)
{
    struct question question = { .attribute = LOOKUP_ALL };
    journal_place places[PLACES];
    journal_place before = 0;
    size_t looked = 0, found = PLACES;
    bool past = false;
    TRY(read_question(rq, in, &question));
    TRY(read_token(rq, &question, in->next_token, &before));
    out->events.items = ARENA_ARRAY(rq->ctx.arena, struct cloudtrail_event, question.max);
    while (rq->journal && found == PLACES && !past && looked < LOOK_MAX && out->events.count < question.max) {
        TRY(journal_find(&rq->ctx, rq->journal, question.key, before, places, PLACES, &found));
        for (size_t i = 0; i < found && !past && out->events.count < question.max; i++, looked++) {
            struct journal_found entry;
            const struct err err = journal_get(&rq->ctx, rq->journal, places[i], &entry);
            before = places[i];
            if (err_is(err, &FAULT_MISSING)) {
                continue; /* of a transaction that did not commit */
            }
            TRY(err);
            if (wanted(rq, &question, entry.payload, &out->events.items[out->events.count], &past)) {
                out->events.count++;
            }
        }
    }
    const bool more = !past && (out->events.count == question.max || (found == PLACES && looked >= LOOK_MAX));
    out->next_token = more && before ? make_token(rq, &question, before) : STR_NONE;
    return ERR_OK;
}

/* spec: ListInsightsData: Insights of a trail, by EventId, EventName or EventSource: what LookupEvents shows of them. */
struct err cloudtrail_list_insights_data(struct request *rq, const struct cloudtrail_list_insights_data_in *in,
                                         struct cloudtrail_list_insights_data_out *out)
{
    struct trail_row row = { .logging = false };
    struct cloudtrail_lookup_attribute by;
    struct cloudtrail_lookup_events_in asked = {
        .start_time = in->start_time, .end_time = in->end_time, .event_category = STR("insight"), .max_results = in->max_results,
        .next_token = in->next_token,
    };
    struct cloudtrail_lookup_events_out found = { .next_token = STR_NONE };
    if (trail_need(rq, in->insight_source, &row).fault) {
        return fail(&rq->ctx, &CLOUDTRAIL_INVALID_PARAMETER_EXCEPTION, "InsightSource must be the ARN of a trail.");
    }
    if (in->dimensions.count > 0) {
        by = (struct cloudtrail_lookup_attribute){ in->dimensions.items[0].key, in->dimensions.items[0].value };
        asked.lookup_attributes = (struct cloudtrail_lookup_attributes_list){ &by, 1 };
    }
    TRY(cloudtrail_lookup_events(rq, &asked, &found));
    out->events = found.events;
    out->next_token = found.next_token;
    return ERR_OK;
}
