#include "detect/engine.h"

#include <assert.h>

#include "base/map.h"
#include "detect/body.h"
#include "detect/correlate.h"
#include "detect/detector.h"
#include "detect/learn/anomaly.h"
#include "detect/memory.h"
#include "detect/network.h"
#include "detect/rules.h"
#include "detect/sequence.h"
#include "match/match.h"

enum { DETECTORS_MAX = 256, OF_SOURCE_MAX = 64 };

/* The detectors of one source. An event touches only those. */
struct of_source {
    struct map *by_action;         /* name of a call to struct wanting; NULL: none asks for names */
    uint64_t any_action;           /* those that look at calls of every name, as bits by their place here */
    uint8_t places[OF_SOURCE_MAX]; /* in DETECTORS */
    size_t count;
};

struct engine {
    struct arena *arena;
    struct rules rules;
    struct match_set *set;
    struct match_scratch *scratch;
    struct correlate *correlate; /* NULL: no correlations */
    struct sequences *sequences; /* NULL: nothing built in is wanted */
    uint32_t *matched;
    const struct intel *intel;
    size_t detector_count;
    struct memory_table *memories[DETECTORS_MAX];
    struct of_source of_source[SOURCE_COUNT];
    uint32_t rule_sources;  /* that some rule, some detector asks about */
    uint32_t detector_sources;
    uint32_t network_sources; /* of the detectors that share their state */
    struct network *network;  /* NULL: without detectors */
    bool (*noted)(void *self, const struct finding *finding); /* NULL: every finding is wanted whole */
    void *noted_self;
    struct occurrence_home home;
    struct learning learning;
    bool own_learn; /* nobody gave us a model */
    struct engine_counts counts;
};

/* Detectors that may want an event of one name, as bits. */
struct wanting {
    uint64_t detectors;
};

/* Most differ in the first letter: their lengths are not even counted. */
static bool event_is(const struct event *ev, enum field field, const char *value)
{
    const struct str text = event_get(ev, field);
    return text.len > 0 && text.ptr[0] == value[0] && str_equal(text, str_of(value));
}

static bool some_term_holds(const struct detector *detector, const struct event *ev, enum field field)
{
    for (size_t i = 0; i < DETECTOR_TERMS_MAX && detector->when[i].value; i++) {
        if (detector->when[i].field == field && event_is(ev, field, detector->when[i].value)) {
            return true;
        }
    }
    return false;
}

/* One value at least of every field that has terms. */
static bool terms_hold(const struct detector *detector, const struct event *ev)
{
    enum field last = FIELD_COUNT;
    for (size_t i = 0; i < DETECTOR_TERMS_MAX && detector->when[i].value; i++) {
        const enum field field = detector->when[i].field;
        if (field != last && !some_term_holds(detector, ev, field)) {
            return false;
        }
        last = field;
    }
    return true;
}

static bool has_failed(const struct event *ev) { return str_equal(event_get(ev, FIELD_OUTCOME), STR("Failure")); }

bool detector_applies(const struct detector *detector, const struct event *ev)
{
    return terms_hold(detector, ev) && (detector->attempts || !has_failed(ev)) && (detector->wants == NULL || detector->wants(ev));
}

static void want_action(struct engine *engine, struct of_source *of, struct str action, uint64_t bit)
{
    of->by_action = of->by_action ? of->by_action : map_open();
    struct wanting *wanting = map_get(of->by_action, action);
    if (wanting == NULL) {
        wanting = ARENA_NEW(engine->arena, struct wanting);
        map_put(of->by_action, action, wanting);
    }
    wanting->detectors |= bit;
}

static void index_detector(struct engine *engine, size_t index, enum source source)
{
    const struct detector *detector = DETECTORS[index];
    struct of_source *of = &engine->of_source[source];
    assert(of->count < OF_SOURCE_MAX);
    const uint64_t bit = (uint64_t)1 << of->count;
    bool named = false;
    for (size_t i = 0; i < DETECTOR_TERMS_MAX && detector->when[i].value; i++) {
        if (detector->when[i].field == FIELD_ACTION) {
            named = true;
            want_action(engine, of, str_of(detector->when[i].value), bit);
        }
    }
    of->any_action |= named ? 0 : bit;
    of->places[of->count++] = (uint8_t)index;
    engine->detector_sources |= UINT32_C(1) << source;
}

static void index_sources(struct engine *engine, size_t index)
{
    const uint32_t sources = UINT32_C(1) << DETECTORS[index]->source | DETECTORS[index]->also;
    for (size_t source = 0; source < SOURCE_COUNT; source++) {
        if (sources >> source & 1) {
            index_detector(engine, index, (enum source)source);
        }
    }
}

/* Those whose lists there are. */
static void index_detectors(struct engine *engine)
{
    for (size_t i = 0; i < engine->detector_count; i++) {
        if (DETECTORS[i]->shared) {
            engine->network_sources |= UINT32_C(1) << DETECTORS[i]->source;
            continue;
        }
        if (DETECTORS[i]->needs == 0 || intel_has(engine->intel, DETECTORS[i]->needs)) {
            index_sources(engine, i);
        }
    }
}

static void drop_index(struct engine *engine)
{
    for (size_t i = 0; i < SOURCE_COUNT; i++) {
        map_close(engine->of_source[i].by_action, NULL);
        engine->of_source[i] = (struct of_source){ .count = 0 };
    }
    engine->detector_sources = 0;
}

void engine_use_intel(struct engine *engine, const struct intel *intel)
{
    engine->intel = intel;
    anomaly_new_intel(engine->learning.anomaly);
    if (engine->network) {
        network_lists_changed(engine->network);
    }
    drop_index(engine);
    index_detectors(engine);
}

void engine_use_interfaces(struct engine *engine, const struct interfaces *interfaces)
{
    if (engine->network) {
        network_use_interfaces(engine->network, interfaces);
    }
}

static void open_detectors(struct engine *engine, const struct engine_options *options)
{
    const size_t keys = options->keys_per_account ? options->keys_per_account : ENGINE_KEYS_PER_ACCOUNT;
    const size_t accounts = options->accounts ? options->accounts : ENGINE_ACCOUNTS;
    assert(DETECTORS_COUNT <= DETECTORS_MAX);
    engine->detector_count = options->without_builtin ? 0 : DETECTORS_COUNT;
    engine->sequences = options->without_builtin ? NULL : sequences_open(options->keys_per_account, options->accounts);
    index_detectors(engine);
    if (engine->detector_count > 0) {
        engine->network = network_open(&(struct network_options){ .interfaces = options->interfaces, .learn = engine->learning.learn,
                                                                  .keys_per_account = keys, .accounts = accounts });
    }
    for (size_t i = 0; i < engine->detector_count; i++) {
        if (DETECTORS[i]->memory > 0) {
            engine->memories[i] = memory_table_open(DETECTORS[i]->memory, keys, accounts);
        }
    }
}

static struct err compile_rules(struct ctx *own, struct engine *engine, const struct engine_options *options,
                                struct projection_builder *builder)
{
    struct engine_options untested = *options; /* tests are more than half of the text of rules */
    untested.without_tests = true;
    TRY(rules_load(own, &untested, &engine->rules));
    struct match_builder *match = match_builder_open();
    for (size_t i = 0; i < engine->rules.count; i++) {
        const struct rule *rule = &engine->rules.items[i];
        engine->rule_sources |= rule->sources;
        const struct err err = match_builder_add(own, match, (uint32_t)i, rule->when);
        if (err.fault) {
            match_builder_close(match);
            char reason[sizeof(own->reason)];
            memcpy(reason, own->reason, sizeof(reason));
            return fail(own, err.fault, "%" STR_FMT ": %.900s", STR_ARG(rule->detection.file), reason);
        }
    }
    TRY(match_compile(own, match, builder, &engine->set));
    return correlate_open(own, &engine->rules, builder, &engine->correlate);
}

struct err engine_open(struct ctx *ctx, const struct engine_options *options, struct projection_builder *builder,
                       struct engine **out)
{
    _Static_assert(OF_SOURCE_MAX == 64 && DETECTORS_MAX <= UINT8_MAX + 1, "one bit each, and a place in a byte");
    struct engine *engine = memory_new(sizeof(*engine));
    engine->arena = arena_open();
    engine->intel = options->intel;
    engine->scratch = match_scratch_open();
    *out = NULL;
    struct ctx own = ctx_new(engine->arena, ctx->now_ms);
    const struct err err = compile_rules(&own, engine, options, builder);
    if (err.fault) {
        engine_close(engine);
        return fail(ctx, err.fault, "%s", own.reason);
    }
    engine->matched = ARENA_ARRAY(engine->arena, uint32_t, engine->rules.count + 1);
    engine->own_learn = options->learn == NULL;
    engine->learning = (struct learning){ options->learn ? options->learn : learn_open(NULL), anomaly_open() };
    open_detectors(engine, options);
    *out = engine;
    return ERR_OK;
}

void engine_close(struct engine *engine)
{
    if (engine == NULL) {
        return;
    }
    for (size_t i = 0; i < DETECTORS_MAX; i++) {
        memory_table_close(engine->memories[i]);
    }
    network_close(engine->network);
    anomaly_close(engine->learning.anomaly);
    learn_close(engine->own_learn ? engine->learning.learn : NULL);
    correlate_close(engine->correlate);
    sequences_close(engine->sequences);
    match_scratch_close(engine->scratch);
    match_set_free(engine->set);
    drop_index(engine);
    arena_close(engine->arena);
    memory_free(engine);
}

void engine_set_home(struct engine *engine, struct str account, struct str region)
{
    engine->home = (struct occurrence_home){ str_copy(engine->arena, account), str_copy(engine->arena, region) };
}

void engine_ask_first(struct engine *engine, bool (*noted)(void *self, const struct finding *finding), void *self)
{
    engine->noted = noted;
    engine->noted_self = self;
}

static struct str explain(struct engine *engine, const struct event *ev, uint32_t rule)
{
    struct ctx ctx = ctx_new(ev->arena, ev->at_ms);
    struct match_explanation explanation = { .words = STR_NONE };
    const struct err err = match_explain_last(&ctx, engine->scratch, rule, &explanation);
    return err.fault ? STR_NONE : explanation.words;
}

#define NO_RULE UINT32_MAX

static bool is_noted(struct engine *engine, const struct finding *finding)
{
    engine->counts.findings++;
    return engine->noted && engine->noted(engine->noted_self, finding);
}

/* What the finding, with those before it, is a step of. */
static void run_sequences(struct engine *engine, const struct event *ev, const struct detection *detection,
                          const struct finding *step, const struct engine_sink *sink)
{
    struct sequence_hit hits[2];
    const size_t count = engine->sequences ? sequences_take(engine->sequences, ev, detection, step, hits) : 0;
    for (size_t i = 0; i < count; i++) {
        struct event begun = *ev;
        struct finding finding;
        begun.fields[FIELD_REGION] = hits[i].region;
        const struct json *record = occurrence_name(&engine->home, &begun, hits[i].detection, &hits[i].verdict, &finding);
        if (!is_noted(engine, &finding)) {
            occurrence_words(ev->arena, &begun, hits[i].detection, &hits[i].verdict, record, &finding);
            sink->emit(sink->self, &finding);
        }
    }
}

/* Of a rule, it is told here what decided it; the verdict of anything else says so itself. */
static void emit(struct engine *engine, const struct event *ev, const struct detection *detection, struct verdict *verdict,
                 uint32_t rule, const struct engine_sink *sink)
{
    struct finding finding;
    body_name(ev, detection, verdict);
    const struct json *record = occurrence_name(&engine->home, ev, detection, verdict, &finding);
    if (!is_noted(engine, &finding)) {
        if (rule != NO_RULE) {
            verdict->why = explain(engine, ev, rule);
        }
        body_fill(ev, &finding, verdict);
        occurrence_words(ev->arena, ev, detection, verdict, record, &finding);
        sink->emit(sink->self, &finding);
    }
    run_sequences(engine, ev, detection, &finding, sink);
}

static void run_correlations(struct engine *engine, const struct event *ev, size_t matched, const struct engine_sink *sink)
{
    struct correlate_hit hits[CORRELATE_HITS_MAX];
    const size_t count = correlate_event(engine->correlate, ev, engine->matched, matched, hits);
    for (size_t i = 0; i < count; i++) {
        emit(engine, ev, hits[i].detection, &(struct verdict){ .why = hits[i].why }, NO_RULE, sink);
    }
}

/* Those of the matched rules that are about such events, at the front; how many. */
static size_t keep_held(const struct engine *engine, const struct event *ev, uint32_t *matched, size_t count)
{
    const bool failed = count > 0 && has_failed(ev);
    size_t held = 0;
    for (size_t i = 0; i < count; i++) {
        const struct rule *rule = &engine->rules.items[matched[i]];
        if ((rule->sources >> ev->source & 1) != 0 && (!failed || rule->attempts)) {
            matched[held++] = matched[i];
        }
    }
    return held;
}

struct engine_examiner {
    struct match_scratch *scratch;
    uint32_t *matched;
};

struct engine_examiner *engine_examiner_open(const struct engine *engine)
{
    struct engine_examiner *examiner = memory_new(sizeof(*examiner));
    examiner->scratch = match_scratch_open();
    examiner->matched = memory_new((engine->rules.count + 1) * sizeof(*examiner->matched));
    return examiner;
}

void engine_examiner_close(struct engine_examiner *examiner)
{
    if (examiner) {
        match_scratch_close(examiner->scratch);
        memory_free(examiner->matched);
        memory_free(examiner);
    }
}

bool engine_examine(const struct engine *engine, struct engine_examiner *examiner, const struct event *ev)
{
    if ((engine->rule_sources >> ev->source & 1) == 0) {
        return false;
    }
    const size_t count = match_run(engine->set, examiner->scratch, ev->scan, examiner->matched, engine->rules.count);
    return keep_held(engine, ev, examiner->matched, count) > 0;
}

static void run_rules(struct engine *engine, const struct event *ev, const struct engine_sink *sink)
{
    const size_t count = match_run(engine->set, engine->scratch, ev->scan, engine->matched, engine->rules.count);
    const size_t held = keep_held(engine, ev, engine->matched, count);
    for (size_t i = 0; i < held; i++) {
        const uint32_t id = engine->matched[i];
        if (!correlate_hides(engine->correlate, id)) {
            emit(engine, ev, &engine->rules.items[id].detection, &(struct verdict){ .severity = 0 }, id, sink);
        }
    }
    if (held > 0 && engine->correlate) {
        run_correlations(engine, ev, held, sink);
    }
}

static bool ask(struct engine *engine, const struct detector *detector, const struct event *ev, void *memory,
                const struct intel *intel, struct verdict *verdict)
{
    return detector->judge ? detector->judge(ev, memory, &engine->learning, intel, verdict)
                           : detector->inspect(ev, memory, intel, verdict);
}

static void run_detectors(struct engine *engine, const struct event *ev, const struct engine_sink *sink)
{
    const struct of_source *of = &engine->of_source[ev->source];
    const struct wanting *wanting = of->by_action ? map_get(of->by_action, event_get(ev, FIELD_ACTION)) : NULL;
    uint64_t left = of->any_action | (wanting ? wanting->detectors : 0);
    const struct intel *intel = left ? intel_view(engine->intel, event_get(ev, FIELD_ACCOUNT), event_get(ev, FIELD_REGION)) : NULL;
    for (; left != 0; left &= left - 1) {
        const size_t place = of->places[__builtin_ctzll(left)];
        const struct detector *detector = DETECTORS[place];
        if (!detector_applies(detector, ev)) {
            continue;
        }
        void *memory = NULL;
        if (engine->memories[place]) {
            memory = memory_table_get(engine->memories[place], event_get(ev, FIELD_ACCOUNT), event_get(ev, detector->key));
        }
        struct verdict verdict = { .severity = 0 };
        if (ask(engine, detector, ev, memory, intel, &verdict)) {
            emit(engine, ev, &detector->detection, &verdict, NO_RULE, sink);
        }
    }
}

static void run_network(struct engine *engine, const struct event *ev, const struct engine_sink *sink)
{
    struct network_hit hits[NETWORK_HITS_MAX];
    const struct intel *intel = intel_view(engine->intel, event_get(ev, FIELD_ACCOUNT), event_get(ev, FIELD_REGION));
    const size_t count = network_inspect(engine->network, ev, intel, hits);
    for (size_t i = 0; i < count; i++) {
        emit(engine, ev, &hits[i].detector->detection, &hits[i].verdict, NO_RULE, sink);
    }
}

void engine_inspect(struct engine *engine, const struct event *ev, const struct engine_sink *sink)
{
    engine->counts.events++;
    if (ev->scan && engine->rule_sources >> ev->source & 1) {
        run_rules(engine, ev, sink);
    }
    if (engine->detector_sources >> ev->source & 1) {
        run_detectors(engine, ev, sink);
    }
    if (engine->network_sources >> ev->source & 1) {
        run_network(engine, ev, sink);
    }
}

void engine_expect(struct engine *engine, const struct event *events, size_t count)
{
    if (engine->network) {
        network_expect(engine->network, events, count);
    }
}

struct engine_counts engine_counts(const struct engine *engine)
{
    struct engine_counts counts = engine->counts;
    counts.evictions += correlate_evictions(engine->correlate) + (engine->network ? network_evictions(engine->network) : 0);
    counts.evictions += engine->sequences ? sequences_evictions(engine->sequences) : 0;
    for (size_t i = 0; i < engine->detector_count; i++) {
        counts.evictions += engine->memories[i] ? memory_table_evictions(engine->memories[i]) : 0;
    }
    return counts;
}

uint32_t engine_sources(const struct engine *engine)
{
    return engine->rule_sources | engine->detector_sources;
}

size_t engine_rules(const struct engine *engine)
{
    return engine->rules.count + engine->rules.correlation_count + engine->detector_count;
}

static const struct detection *detection_at(const struct engine *engine, size_t index)
{
    const struct rules *rules = &engine->rules;
    if (index < rules->count) {
        return &rules->items[index].detection;
    }
    index -= rules->count;
    return index < rules->correlation_count ? &rules->correlation_detections[index]
                                            : &DETECTORS[index - rules->correlation_count]->detection;
}

struct engine_rule engine_rule_at(const struct engine *engine, size_t index)
{
    const struct detection *d = detection_at(engine, index);
    return (struct engine_rule){ d->id, d->type, d->title, d->file.ptr ? d->file : STR(""), d->severity };
}
