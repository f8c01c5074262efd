#include "app/rules_tests.h"

#include "base/clock.h"
#include "base/json.h"
#include "ingest/reader.h"

/* One engine with its reader, and the rule that is watched. */
struct bench {
    struct arena *arena;
    struct engine *engine;
    struct projection *projection;
    struct reader *reader;
    struct str rule;
    bool fired;
};

static void take_finding(void *self, const struct finding *finding)
{
    struct bench *bench = self;
    const struct json *tree = json_parse(bench->arena, finding->json, NULL);
    const struct json *why = json_parse(bench->arena, json_text(json_path(tree, "service.additionalInfo.value")), NULL);
    bench->fired = bench->fired || str_equal(json_text(json_get(why, STR("rule"))), bench->rule);
}

static void take_event(void *self, const struct event *ev)
{
    const struct bench *bench = self;
    engine_inspect(bench->engine, ev, &(struct engine_sink){ self, take_finding });
}

/* What can't be read fires nothing. */
static void take_trouble(void *self, const struct ingest_trouble *trouble)
{
    (void)self;
    (void)trouble;
}

static struct err open_bench(struct ctx *ctx, const struct engine_options *options, struct bench *bench)
{
    struct projection_builder *builder = projection_begin();
    const struct reader_fields fields = reader_project(builder);
    const struct err err = engine_open(ctx, options, builder, &bench->engine);
    bench->arena = ctx->arena;
    bench->projection = projection_end(builder);
    if (err.fault) {
        projection_free(bench->projection);
        return err;
    }
    bench->reader = reader_open(&fields, bench->projection);
    reader_want(bench->reader, engine_sources(bench->engine));
    return ERR_OK;
}

static void close_bench(struct bench *bench)
{
    reader_close(bench->reader);
    engine_close(bench->engine);
    projection_free(bench->projection);
}

/* --- events --- */

static void write_scalar(struct json_writer *w, const struct yaml_node *node)
{
    bool truth = false;
    double number = 0;
    if (!node->quoted && yaml_is_null(node)) {
        json_write_null(w);
    } else if (!node->quoted && yaml_bool(node, &truth)) {
        json_write_bool(w, truth);
    } else if (!node->quoted && yaml_number(node, &number) && str_to_double(node->text, &number)) {
        json_raw(w, node->text);
    } else {
        json_str(w, node->text);
    }
}

void rules_tests_json(struct json_writer *w, const struct yaml_node *node)
{
    if (node->kind == YAML_SCALAR) {
        write_scalar(w, node);
        return;
    }
    const bool map = node->kind == YAML_MAP;
    (map ? json_open_object : json_open_array)(w);
    for (const struct yaml_node *child = node->child; child; child = child->next) {
        if (map) {
            json_key(w, child->key);
        }
        rules_tests_json(w, child);
    }
    (map ? json_close_object : json_close_array)(w);
}

/* Members of the event over an ordinary call. */
static struct str call_record(struct arena *arena, const struct yaml_node *event, size_t number)
{
    const struct str time = clock_format_iso8601(arena, INT64_C(1767574800000) + (int64_t)number * 1000);
    const struct str call = str_format(
        arena,
        "{\"eventVersion\":\"1.11\",\"eventTime\":\"%" STR_FMT "\",\"awsRegion\":\"ap-northeast-1\",\"sourceIPAddress\":\"203.0.113.7\","
        "\"userAgent\":\"aws-cli/2.15\",\"eventID\":\"event-%zu\",\"eventSource\":\"iam.amazonaws.com\",\"eventType\":\"AwsApiCall\","
        "\"eventCategory\":\"Management\",\"recipientAccountId\":\"111122223333\",\"userIdentity\":{\"type\":\"IAMUser\","
        "\"principalId\":\"AIDAEXAMPLE\",\"arn\":\"arn:aws:iam::111122223333:user/alice\",\"accountId\":\"111122223333\","
        "\"accessKeyId\":\"AKIAIOSFODNN7EXAMPLE\",\"userName\":\"alice\"}}",
        STR_ARG(time), number);
    const struct json *members = json_parse(arena, call, NULL);
    struct json_writer w = json_writer_new(arena);
    json_open_object(&w);
    for (const struct json *member = members->child; member; member = member->next) {
        if (yaml_get(event, member->key) == NULL) {
            json_key(&w, member->key);
            json_write_tree(&w, member);
        }
    }
    for (const struct yaml_node *member = event->child; member; member = member->next) {
        json_key(&w, member->key);
        rules_tests_json(&w, member);
    }
    json_close_object(&w);
    return json_done(&w);
}

struct str rules_tests_record(struct arena *arena, const struct yaml_node *event, bool of_calls, size_t number)
{
    if (event->kind == YAML_SCALAR) {
        return event->text;
    }
    if (of_calls && event->kind == YAML_MAP) {
        return call_record(arena, event, number);
    }
    struct json_writer w = json_writer_new(arena);
    rules_tests_json(&w, event);
    return json_done(&w);
}

/* One entry: an event, or several in a row. */
static bool fires(struct bench *bench, const struct yaml_node *entry, bool of_calls, size_t *number)
{
    const struct yaml_node *event = entry->kind == YAML_LIST ? entry->child : entry;
    bench->fired = false;
    while (event) {
        const struct str record = rules_tests_record(bench->arena, event, of_calls, ++*number);
        const struct str line = str_format(bench->arena, "%" STR_FMT "\n", STR_ARG(record));
        reader_read_text(bench->reader, STR("test"), line, &(struct ingest_sink){ .self = bench, .event = take_event, .trouble = take_trouble });
        event = entry->kind == YAML_LIST ? event->next : NULL;
    }
    return bench->fired;
}

/* --- rules --- */

struct tester {
    struct ctx *ctx;
    const struct engine_options *options;
    struct rules_tally *tally;
    void (*failed)(void *self, const struct detection *rule, const char *kind, size_t number);
    void *self;
    size_t number; /* of the newest event */
};

/* fresh: what one entry leaves behind must not touch the next. */
static struct err run_kind(struct tester *t, struct bench *shared, const struct detection *rule, const struct yaml_node *entries,
                           const char *kind, bool of_calls)
{
    size_t number = 0;
    for (const struct yaml_node *entry = entries ? entries->child : NULL; entry; entry = entry->next) {
        struct bench own = { .rule = STR_NONE };
        struct bench *bench = shared ? shared : &own;
        if (shared == NULL) {
            TRY(open_bench(t->ctx, t->options, &own));
        }
        bench->rule = rule->id;
        const bool expected = str_equal(str_of(kind), STR("hit"));
        const bool good = fires(bench, entry, of_calls, &t->number) == expected;
        if (shared == NULL) {
            close_bench(&own);
        }
        number++;
        t->tally->events++;
        if (!good) {
            t->tally->failed++;
            t->failed(t->self, rule, kind, number);
        }
    }
    return ERR_OK;
}

static struct err run_rule(struct tester *t, struct bench *shared, const struct detection *rule, const struct yaml_node *document,
                           bool of_calls)
{
    const struct yaml_node *tests = yaml_get(yaml_get(document, STR("yagura")), STR("tests"));
    const struct yaml_node *hits = yaml_get(tests, STR("hit"));
    const struct yaml_node *misses = yaml_get(tests, STR("near_miss"));
    if (hits == NULL || misses == NULL || hits->count == 0 || misses->count == 0) {
        t->tally->untested++;
    }
    TRY(run_kind(t, shared, rule, hits, "hit", of_calls));
    return run_kind(t, shared, rule, misses, "near_miss", of_calls);
}

static struct err run_all(struct tester *t, struct bench *shared, const struct rules *rules)
{
    for (size_t i = 0; i < rules->count; i++) {
        const struct rule *rule = &rules->items[i];
        TRY(run_rule(t, shared, &rule->detection, rule->document, (rule->sources >> SOURCE_CLOUDTRAIL & 1) != 0));
    }
    for (size_t i = 0; i < rules->correlation_count; i++) {
        TRY(run_rule(t, NULL, &rules->correlation_detections[i], rules->correlations[i].document, true));
    }
    return ERR_OK;
}

struct err rules_tests_run(struct ctx *ctx, const struct engine_options *options, const struct rules *rules, struct rules_tally *tally,
                           void (*failed)(void *self, const struct detection *rule, const char *kind, size_t number), void *self)
{
    struct tester tester = { ctx, options, tally, failed, self, 0 };
    struct bench shared = { .rule = STR_NONE };
    TRY(open_bench(ctx, options, &shared));
    const struct err err = run_all(&tester, &shared, rules);
    close_bench(&shared);
    return err;
}
