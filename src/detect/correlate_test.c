#include "detect/correlate.h"

#include <stdio.h>

#include "detect/harness.h"

#define RULE(title, name, call) \
    "title: " title "\nname: " name "\nlogsource: { product: aws, service: cloudtrail }\n" \
    "detection: { a: { eventName: " call " }, condition: a }\n"
#define MANY \
    "title: Many looks\nname: many\nlevel: high\ndescription: Looking around.\ncorrelation:\n  type: event_count\n  rules: [looks]\n" \
    "  group-by: [userIdentity.arn]\n  timespan: 10m\n  condition: { gte: 3 }\n"

static struct harness *open_rules(struct arena *arena, const char *text, bool builtin)
{
    const char *path = str_format(arena, "%s/rules.yml", test_folder(arena)).ptr;
    FILE *file = fopen(path, "w");
    CHECK(file != NULL);
    fputs(text, file);
    fclose(file);
    return harness_open(arena, &(struct engine_options){ .rule_paths = &path, .rule_path_count = 1, .without_builtin = !builtin });
}

static size_t feed(struct harness *harness, int id, int minute, const char *call)
{
    struct arena *arena = harness->arena;
    const size_t before = harness->count;
    harness_feed(harness, "test", harness_record(arena, id, str_format(arena, "{\"eventTime\":\"2026-01-05T01:%02d:00Z\",\"eventName\":\"%s\"}", minute, call).ptr));
    return harness->count - before;
}

TEST(a_correlation_raises_a_finding_and_its_rules_none)
{
    struct harness *harness = open_rules(arena, RULE("Looks", "looks", "ListUsers") "---\n" MANY, false);
    CHECK_INT(feed(harness, 1, 0, "ListUsers"), 0);
    CHECK_INT(feed(harness, 1, 0, "ListUsers"), 0); /* delivered twice */
    CHECK_INT(feed(harness, 2, 4, "ListRoles"), 0);
    CHECK_INT(feed(harness, 3, 5, "ListUsers"), 0);
    CHECK_INT(feed(harness, 4, 9, "ListUsers"), 1);
    CHECK_STR(harness->found[0].type, "Custom:Sigma/Many-looks");
    CHECK(harness->found[0].severity > 7.9 && harness->found[0].severity < 8.1);
    CHECK_STR(harness->found[0].description, "Looking around. 3 events within 540 s for userIdentity.arn=arn:aws:iam::111122223333:user/alice.");
    CHECK_INT(engine_rules(harness->engine), 2);
    CHECK_STR(engine_rule_at(harness->engine, 1).title, "Many looks");
    harness_close(harness);
}

TEST(events_too_far_apart_raise_nothing)
{
    struct harness *harness = open_rules(arena, RULE("Looks", "looks", "ListUsers") "---\n" MANY, false);
    CHECK_INT(feed(harness, 1, 0, "ListUsers"), 0);
    CHECK_INT(feed(harness, 2, 5, "ListUsers"), 0);
    CHECK_INT(feed(harness, 3, 11, "ListUsers"), 0);
    harness_close(harness);
}

TEST(with_generate_the_rules_speak_for_themselves_too)
{
    struct harness *harness = open_rules(arena, RULE("Looks", "looks", "ListUsers") "---\n" MANY "  generate: true\n", true);
    CHECK_INT(feed(harness, 1, 0, "ListUsers"), 1);
    CHECK_INT(feed(harness, 2, 1, "ListUsers"), 1);
    CHECK_INT(feed(harness, 3, 2, "ListUsers"), 2);
    harness_close(harness);
}

TEST(a_yagura_section_names_the_finding)
{
    struct harness *harness = open_rules(arena,
                                         RULE("Looks", "looks", "ListUsers") "---\n" RULE("Takes", "takes", "CreateAccessKey") "---\n"
                                         "title: Looks, then takes\nid: look-take\ncorrelation:\n  type: temporal_ordered\n"
                                         "  rules: [looks, takes]\n  group-by: [sourceIPAddress]\n  timespan: 1h\n"
                                         "yagura:\n  type: Persistence:IAMUser/AnomalousBehavior\n  severity: 5\n  title: ${caller} looked and took\n",
                                         false);
    CHECK_INT(feed(harness, 1, 5, "CreateAccessKey"), 0);
    CHECK_INT(feed(harness, 2, 6, "ListUsers"), 0);
    CHECK_INT(feed(harness, 3, 7, "CreateAccessKey"), 1);
    CHECK_STR(harness->found[0].type, "Persistence:IAMUser/AnomalousBehavior");
    CHECK_STR(harness->found[0].title, "IAM user alice looked and took");
    harness_close(harness);
}

TEST(a_correlation_of_unknown_rules_is_refused)
{
    const char *path = str_format(arena, "%s/rules.yml", test_folder(arena)).ptr;
    FILE *file = fopen(path, "w");
    CHECK(file != NULL);
    fputs(MANY, file);
    fclose(file);
    struct ctx ctx = ctx_new(arena, 0);
    struct engine *engine = NULL;
    struct projection_builder *builder = projection_begin();
    CHECK_FAULT(engine_open(&ctx, &(struct engine_options){ .rule_paths = &path, .rule_path_count = 1, .without_builtin = true }, builder, &engine),
                FAULT_INVALID.code);
    CHECK(str_ends(str_of(ctx.reason), STR("rules.yml:1: no rule is called \"looks\"")));
    projection_free(projection_end(builder));
}
