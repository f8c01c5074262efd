/* harness.h - for tests: an engine with its reader, fed with records as text, and the findings that came out. */
#ifndef YAGURA_DETECT_HARNESS_H
#define YAGURA_DETECT_HARNESS_H

#include "detect/engine.h"
#include "ingest/reader.h"
#include "tests/test.h"

enum { HARNESS_FINDINGS_MAX = 256 };

struct harness {
    struct arena *arena;
    struct engine *engine;
    struct reader_fields fields;
    struct projection *projection;
    struct reader *reader;
    struct finding found[HARNESS_FINDINGS_MAX]; /* occurrences, in order */
    size_t count;
    size_t troubles;
};

static inline struct finding harness_kept(struct arena *arena, const struct finding *from)
{
    struct finding kept = *from;
    struct str *texts[] = { &kept.id, &kept.type, &kept.title, &kept.description, &kept.account, &kept.region, &kept.principal,
                            &kept.resource_type, &kept.resource_id, &kept.json, &kept.event.id, &kept.event.file };
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        *texts[i] = str_copy(arena, *texts[i]);
    }
    return kept;
}

static inline void harness_emit(void *self, const struct finding *finding)
{
    struct harness *harness = self;
    if (harness->count < HARNESS_FINDINGS_MAX) {
        harness->found[harness->count++] = harness_kept(harness->arena, finding);
    }
}

static inline void harness_event(void *self, const struct event *ev)
{
    struct harness *harness = self;
    engine_inspect(harness->engine, ev, &(struct engine_sink){ harness, harness_emit });
}

static inline void harness_soon(void *self, const struct event *events, size_t count)
{
    engine_expect(((struct harness *)self)->engine, events, count);
}

static inline void harness_trouble(void *self, const struct ingest_trouble *trouble)
{
    struct harness *harness = self;
    (void)trouble;
    harness->troubles++;
}

static inline struct harness *harness_open(struct arena *arena, const struct engine_options *options)
{
    struct harness *harness = ARENA_NEW(arena, struct harness);
    harness->arena = arena;
    struct ctx ctx = ctx_new(arena, 0);
    struct projection_builder *builder = projection_begin();
    harness->fields = reader_project(builder);
    const struct err err = engine_open(&ctx, options, builder, &harness->engine);
    harness->projection = projection_end(builder);
    if (err.fault) {
        projection_free(harness->projection);
        fail_msg("engine_open: %s", ctx.reason);
    }
    harness->reader = reader_open(&harness->fields, harness->projection);
    reader_want(harness->reader, engine_sources(harness->engine));
    return harness;
}

static inline void harness_close(struct harness *harness)
{
    reader_close(harness->reader);
    engine_close(harness->engine);
    projection_free(harness->projection);
}

static inline void harness_feed(struct harness *harness, const char *file, struct str text)
{
    reader_read_text(harness->reader, str_of(file), text, &(struct ingest_sink){ .self = harness, .event = harness_event, .trouble = harness_trouble, .soon = harness_soon });
}

/* How many of the occurrences are of a type. */
static inline size_t harness_count(const struct harness *harness, const char *type)
{
    size_t count = 0;
    for (size_t i = 0; i < harness->count; i++) {
        count += str_equal(harness->found[i].type, str_of(type));
    }
    return count;
}

/* A record: members of `own` (a JSON object) over an ordinary call of an IAM user. id tells records apart. */
static inline struct str harness_record(struct arena *arena, int id, const char *own)
{
    const struct json *tree = json_parse(arena, str_of(own), NULL);
    if (tree == NULL) {
        fail_msg("the test's record is no JSON: %s", own);
    }
    struct str base = str_format(arena,
                                 "{\"eventVersion\":\"1.11\",\"eventTime\":\"2026-01-05T01:02:03Z\",\"awsRegion\":\"ap-northeast-1\","
                                 "\"sourceIPAddress\":\"203.0.113.7\",\"userAgent\":\"aws-cli/2.15\",\"eventID\":\"event-%d\","
                                 "\"eventSource\":\"iam.amazonaws.com\",\"eventType\":\"AwsApiCall\",\"eventCategory\":\"Management\","
                                 "\"recipientAccountId\":\"111122223333\",\"userIdentity\":{\"type\":\"IAMUser\","
                                 "\"principalId\":\"AIDAEXAMPLE\",\"arn\":\"arn:aws:iam::111122223333:user/alice\","
                                 "\"accountId\":\"111122223333\",\"accessKeyId\":\"AKIAIOSFODNN7EXAMPLE\",\"userName\":\"alice\"}}",
                                 id);
    const struct json *members = json_parse(arena, base, NULL);
    struct json_writer w = json_writer_new(arena);
    json_open_object(&w);
    for (const struct json *j = members->child; j; j = j->next) {
        if (json_get(tree, j->key) == NULL) {
            json_key(&w, j->key);
            json_write_tree(&w, j);
        }
    }
    for (const struct json *j = tree->child; j; j = j->next) {
        json_key(&w, j->key);
        json_write_tree(&w, j);
    }
    json_close_object(&w);
    return str_format(arena, "%" STR_FMT "\n", STR_ARG(json_done(&w)));
}

#endif
