/* insight_event.c - an insight as the event that tells of it; who and what caused it is counted in the journal.
 * spec: CloudTrail user guide, "CloudTrail record contents for Insights events for trails". */
#include "base/clock.h"
#include "base/json.h"
#include "base/scan.h"
#include "crypto/random.h"
#include "svc/cloudtrail/insight_parts.h"
#include "svc/cloudtrail/naming.h"

enum { LOOK_MAX = 10000, PLACES = 256, VALUES_MAX = 64, SHOWN_MAX = 5 };
#define JITTER_MS ((int64_t)5 * 60 * 1000) /* events are in order of their answers, and carry the time of the request */

struct value {
    struct str text;
    int64_t calls;
};

struct tally {
    struct value values[VALUES_MAX];
    size_t count;
};

/* What is counted of the insight's own time, and of the time before. */
enum { DURING, BEFORE, TIMES };
enum { BY_ARN, BY_AGENT, BY_ERROR, ATTRIBUTES };
static const char *const NAMES[ATTRIBUTES] = { "userIdentityArn", "userAgent", "errorCode" };

struct attributions {
    struct tally tallies[ATTRIBUTES][TIMES];
    int64_t oldest; /* period that was looked at */
};

void insight_scan_open(struct insight_scan *scan)
{
    struct projection_builder *paths = projection_begin();
    *scan = (struct insight_scan){
        .account = projection_slot(paths, STR("recipientAccountId")), .region = projection_slot(paths, STR("awsRegion")),
        .time = projection_slot(paths, STR("eventTime")), .category = projection_slot(paths, STR("eventCategory")),
        .source = projection_slot(paths, STR("eventSource")), .name = projection_slot(paths, STR("eventName")),
        .error = projection_slot(paths, STR("errorCode")), .read_only = projection_slot(paths, STR("readOnly")),
        .arn = projection_slot(paths, STR("userIdentity.arn")), .agent = projection_slot(paths, STR("userAgent")),
        .invoked_by = projection_slot(paths, STR("userIdentity.invokedBy")),
    };
    scan->projection = projection_end(paths);
    scan->scan = scan_open(scan->projection);
}

void insight_scan_close(struct insight_scan *scan)
{
    scan_close(scan->scan);
    projection_free(scan->projection);
}

static void tally_add(struct ctx *ctx, struct tally *tally, struct str text)
{
    for (size_t i = 0; i < tally->count; i++) {
        if (str_equal(tally->values[i].text, text)) {
            tally->values[i].calls++;
            return;
        }
    }
    if (tally->count < VALUES_MAX) {
        tally->values[tally->count++] = (struct value){ str_copy(ctx->arena, text), 1 };
    }
}

static struct str text_at(struct ctx *ctx, const struct insight_scan *scan, uint16_t slot)
{
    return scan_text(ctx->arena, scan_get(scan->scan, slot));
}

static bool is_of(struct ctx *ctx, const struct rate_key *key, const struct insight_scan *scan)
{
    return str_equal(text_at(ctx, scan, scan->name), key->name) && str_equal(text_at(ctx, scan, scan->source), key->source)
        && str_equal(text_at(ctx, scan, scan->account), key->account) && str_equal(text_at(ctx, scan, scan->region), key->region)
        && (key->error.len == 0 || str_equal(text_at(ctx, scan, scan->error), key->error));
}

struct counting {
    struct ctx *ctx;
    const struct rate_insight *insight;
    int64_t period_ms;
    struct attributions *out;
};

static void count_event(void *self, const struct insight_call *call)
{
    const struct counting *counting = self;
    const struct insight_scan *scan = call->scan;
    const int64_t period = call->at_ms / counting->period_ms;
    struct ctx *ctx = counting->ctx;
    struct attributions *out = counting->out;
    if (period > counting->insight->last) {
        return;
    }
    const size_t time = period >= counting->insight->started ? DURING : BEFORE;
    const struct str arn = text_at(ctx, scan, scan->arn);
    const struct str error = text_at(ctx, scan, scan->error);
    tally_add(ctx, &out->tallies[BY_ARN][time], arn.ptr ? arn : text_at(ctx, scan, scan->invoked_by));
    tally_add(ctx, &out->tallies[BY_AGENT][time], text_at(ctx, scan, scan->agent));
    tally_add(ctx, &out->tallies[BY_ERROR][time], error.ptr ? error : STR("null"));
    out->oldest = period < out->oldest ? period : out->oldest;
}

static struct err look_at(struct ctx *ctx, struct journal *journal, journal_place place, struct insight_scan *scan, bool *read)
{
    struct journal_found entry;
    size_t used = 0;
    const struct err err = journal_get(ctx, journal, place, &entry);
    *read = false;
    if (err_is(err, &FAULT_MISSING)) {
        return ERR_OK;
    }
    TRY(err);
    *read = scan_document(scan->scan, entry.payload, &used);
    return ERR_OK;
}

/* *past: the call was earlier than what is asked for. */
static struct err walk_to(struct ctx *ctx, struct journal *journal, const struct insight_walk *walk, journal_place place,
                          struct insight_scan *scan, bool *past)
{
    bool read = false;
    int64_t at_ms = 0;
    TRY(look_at(ctx, journal, place, scan, &read));
    if (!read || !is_of(ctx, walk->key, scan) || !clock_parse_iso8601(text_at(ctx, scan, scan->time), &at_ms)) {
        return ERR_OK;
    }
    *past = at_ms < walk->from_ms - JITTER_MS;
    if (at_ms >= walk->from_ms) {
        const bool read_only = scan_get(scan->scan, scan->read_only)->kind == SCAN_TRUE;
        walk->each(walk->self, &(struct insight_call){ at_ms, read_only, scan });
    }
    return ERR_OK;
}

struct err insight_walk(struct ctx *ctx, struct journal *journal, const struct insight_walk *walk, struct insight_scan *scan, bool *all)
{
    const struct rate_key *key = walk->key;
    const uint64_t hash = cloudtrail_lookup_key(cloudtrail_place_key(key->account, key->region, false), LOOKUP_EVENT_NAME, key->name);
    journal_place places[PLACES], before = 0;
    size_t found = PLACES, looked = 0;
    bool past = false;
    while (found == PLACES && looked < walk->most && !past) {
        TRY(journal_find(ctx, journal, hash, before, places, PLACES, &found));
        for (size_t i = 0; i < found && !past; i++, looked++) {
            const struct arena_mark mark = arena_mark(ctx->arena);
            before = places[i];
            TRY(walk_to(ctx, journal, walk, places[i], scan, &past));
            if (walk->forget) {
                arena_release(ctx->arena, mark);
            }
        }
    }
    *all = past || found < PLACES;
    return ERR_OK;
}

/* The newest calls of the operation, back to the baseline's beginning or until enough were seen. */
static struct err attribute(struct ctx *ctx, struct journal *journal, const struct rate *rate, int64_t period_ms,
                            struct insight_scan *scan, struct attributions *out)
{
    struct counting counting = { ctx, &rate->insight, period_ms, out };
    const struct insight_walk walk = { .key = &rate->key,
                                       .from_ms = (rate->insight.started - rate->insight.baseline_periods) * period_ms,
                                       .most = LOOK_MAX, .each = count_event, .self = &counting };
    bool all = false;
    out->oldest = rate->insight.started;
    return insight_walk(ctx, journal, &walk, scan, &all);
}

static double per_period(int64_t calls, int64_t periods)
{
    return (double)calls / (double)(periods > 0 ? periods : 1);
}

/* The values with the most calls, most first. */
static void write_values(struct json_writer *w, const char *name, const struct tally *all, int64_t periods)
{
    struct tally tally = *all;
    json_key(w, str_of(name));
    json_open_array(w);
    for (size_t shown = 0; shown < SHOWN_MAX && shown < tally.count; shown++) {
        size_t most = shown;
        for (size_t i = shown + 1; i < tally.count; i++) {
            most = tally.values[i].calls > tally.values[most].calls ? i : most;
        }
        const struct value value = tally.values[most];
        tally.values[most] = tally.values[shown];
        json_open_object(w);
        json_member_str(w, STR("value"), value.text);
        json_key(w, STR("average"));
        json_write_double(w, per_period(value.calls, periods));
        json_close_object(w);
    }
    json_close_array(w);
}

static void write_average(struct json_writer *w, const char *name, double average)
{
    json_key(w, str_of(name));
    json_open_object(w);
    json_key(w, STR("average"));
    json_write_double(w, average);
    json_close_object(w);
}

static void write_context(struct json_writer *w, const struct rate *rate, const struct attributions *by)
{
    const struct rate_insight *insight = &rate->insight;
    const int64_t periods = insight->last - insight->started + 1;
    json_key(w, STR("insightContext"));
    json_open_object(w);
    json_key(w, STR("statistics"));
    json_open_object(w);
    write_average(w, "baseline", per_period(insight->baseline_calls, insight->baseline_periods));
    write_average(w, "insight", per_period(insight->calls, periods));
    json_member_int(w, STR("insightDuration"), periods);
    json_member_int(w, STR("baselineDuration"), insight->baseline_periods);
    json_close_object(w);
    json_key(w, STR("attributions"));
    json_open_array(w);
    for (size_t i = 0; i < (rate->key.error.len ? BY_ERROR : ATTRIBUTES); i++) {
        json_open_object(w);
        json_member_str(w, STR("attribute"), str_of(NAMES[i]));
        write_values(w, "insight", &by->tallies[i][DURING], periods);
        write_values(w, "baseline", &by->tallies[i][BEFORE], insight->started - by->oldest);
        json_close_object(w);
    }
    json_close_array(w);
    json_close_object(w);
}

static void write_details(struct json_writer *w, const struct rate *rate, bool start, const struct attributions *by)
{
    json_key(w, STR("insightDetails"));
    json_open_object(w);
    json_member_str(w, STR("state"), start ? STR("Start") : STR("End"));
    json_member_str(w, STR("eventSource"), rate->key.source);
    json_member_str(w, STR("eventName"), rate->key.name);
    json_member_str(w, STR("insightType"), rate->key.error.len ? STR("ApiErrorRateInsight") : STR("ApiCallRateInsight"));
    json_member_str(w, STR("errorCode"), rate->key.error.len ? rate->key.error : STR_NONE);
    write_context(w, rate, by);
    json_close_object(w);
}

static void add_keys(struct journal_entry *entry, const struct rate *rate, struct str id)
{
    const uint64_t place = cloudtrail_place_key(rate->key.account, rate->key.region, true);
    const struct { enum lookup_attribute attribute; struct str value; } pairs[] = {
        { LOOKUP_ALL, STR("") }, { LOOKUP_EVENT_ID, id }, { LOOKUP_EVENT_NAME, rate->key.name },
        { LOOKUP_EVENT_SOURCE, rate->key.source },
    };
    for (size_t i = 0; i < COUNT_OF(pairs); i++) {
        entry->keys[entry->key_count++] = cloudtrail_lookup_key(place, pairs[i].attribute, pairs[i].value);
    }
}

struct err insight_event(struct ctx *ctx, struct journal *journal, const struct rate *rate, bool start, int64_t period_ms,
                         struct insight_scan *scan, struct journal_entry **out)
{
    const struct rate_insight *insight = &rate->insight;
    struct attributions *by = ARENA_NEW(ctx->arena, struct attributions);
    const struct str id = random_uuid(ctx);
    TRY(attribute(ctx, journal, rate, period_ms, scan, by));
    struct json_writer w = json_writer_new(ctx->arena);
    json_open_object(&w);
    json_member_str(&w, STR("eventVersion"), STR("1.11"));
    json_member_str(&w, STR("eventTime"),
                    clock_format_iso8601(ctx->arena, (start ? insight->started : insight->last + 1) * period_ms));
    json_member_str(&w, STR("awsRegion"), rate->key.region);
    json_member_str(&w, STR("eventID"), id);
    json_member_str(&w, STR("eventType"), STR("AwsCloudTrailInsight"));
    json_member_str(&w, STR("recipientAccountId"), rate->key.account);
    json_member_str(&w, STR("sharedEventID"), insight->id);
    write_details(&w, rate, start, by);
    json_member_str(&w, STR("eventCategory"), STR("Insight"));
    json_close_object(&w);
    *out = ARENA_NEW(ctx->arena, struct journal_entry);
    (*out)->payload = json_done(&w);
    add_keys(*out, rate, id);
    return ERR_OK;
}
