#include "detect/rules.h"

#include <stdio.h>

#include "detect/catalogue.h"
#include "detect/harness.h"

static void write_yaml(struct json_writer *w, const struct yaml_node *node)
{
    bool truth = false;
    double number = 0;
    if (node->kind == YAML_SCALAR && node->quoted) {
        json_str(w, node->text);
    }
    if (node->kind == YAML_SCALAR && !node->quoted) {
        if (yaml_bool(node, &truth) || yaml_number(node, &number) || yaml_is_null(node)) {
            json_raw(w, node->text);
            return;
        }
        json_str(w, node->text);
    }
    if (node->kind == YAML_LIST) {
        json_open_array(w);
        for (const struct yaml_node *child = node->child; child; child = child->next) {
            write_yaml(w, child);
        }
        json_close_array(w);
    }
    if (node->kind == YAML_MAP) {
        json_open_object(w);
        for (const struct yaml_node *child = node->child; child; child = child->next) {
            json_key(w, child->key);
            write_yaml(w, child);
        }
        json_close_object(w);
    }
}

/* The text of a line as it is; JSON over an ordinary call, when the rule is about calls. */
static struct str record_of(struct harness *harness, const struct rule *rule, const struct yaml_node *event, int id)
{
    if (event->kind == YAML_SCALAR) {
        return str_format(harness->arena, "%" STR_FMT "\n", STR_ARG(event->text));
    }
    struct json_writer w = json_writer_new(harness->arena);
    write_yaml(&w, event);
    const struct str json = json_done(&w);
    return rule->sources >> SOURCE_CLOUDTRAIL & 1 ? harness_record(harness->arena, id, str_cstr(harness->arena, json))
                                                  : str_format(harness->arena, "%" STR_FMT "\n", STR_ARG(json));
}

/* Feeds one test event; whether the rule raised a finding, and a whole one. */
static bool fires(struct harness *harness, const struct rule *rule, const struct yaml_node *event, int id)
{
    harness->count = 0;
    harness_feed(harness, "test", record_of(harness, rule, event, id));
    bool fired = false;
    for (size_t i = 0; i < harness->count; i++) {
        const struct finding *finding = &harness->found[i];
        const struct json *tree = json_parse(harness->arena, finding->json, NULL);
        const struct json *why = json_parse(harness->arena, json_text(json_path(tree, "service.additionalInfo.value")), NULL);
        if (str_equal(json_text(json_get(why, STR("rule"))), rule->detection.id)) {
            fired = true;
            assert_true(str_search(finding->title, STR("${")) == STR_MISSING);
            assert_true(str_search(finding->title, STR("(unknown)")) == STR_MISSING);
            assert_true(str_search(finding->description, STR("(unknown)")) == STR_MISSING);
            assert_true(json_text(json_get(why, STR("why"))).len > 0);
        }
    }
    return fired;
}

static size_t check_events(struct harness *harness, const struct rule *rule, const char *kind, bool expected)
{
    static int id;
    size_t count = 0;
    const struct yaml_node *tests = yaml_get(yaml_get(rule->document, STR("yagura")), STR("tests"));
    const struct yaml_node *events = yaml_get(tests, str_of(kind));
    for (const struct yaml_node *event = events ? events->child : NULL; event; event = event->next) {
        if (fires(harness, rule, event, ++id) != expected) {
            fail_msg("%s: %s number %zu %s", str_cstr(harness->arena, rule->detection.file), kind, count + 1,
                     expected ? "does not fire" : "fires");
        }
        count++;
    }
    return count;
}

TEST(every_rule_hits_its_hits_and_spares_its_near_misses)
{
    struct ctx ctx = ctx_new(arena, 0);
    struct rules rules;
    CHECK_OK(rules_load(&ctx, &(struct engine_options){ .rule_paths = NULL }, &rules));
    CHECK(rules.count >= 45);
    struct harness *harness = harness_open(arena, &(struct engine_options){ .rule_paths = NULL });
    for (size_t i = 0; i < rules.count; i++) {
        const struct rule *rule = &rules.items[i];
        if (catalogue_find(rule->detection.type) == NULL) {
            fail_msg("%s: %s is no finding type", str_cstr(arena, rule->detection.file), str_cstr(arena, rule->detection.type));
        }
        CHECK(check_events(harness, rule, "hit", true) > 0);
        CHECK(check_events(harness, rule, "near_miss", false) > 0);
    }
    CHECK_INT(harness->troubles, 0);
    harness_close(harness);
}

static const char *write_rule(struct arena *arena, const char *folder, const char *text)
{
    const char *path = str_format(arena, "%s/rule.yml", folder).ptr;
    FILE *file = fopen(path, "w");
    CHECK(file != NULL);
    fputs(text, file);
    fclose(file);
    return path;
}

TEST(a_plain_sigma_rule_makes_custom_findings)
{
    const char *path = write_rule(arena, test_folder(arena),
                                  "title: Somebody lists users\nid: list-users\ndescription: Looking around.\nlevel: high\n"
                                  "logsource:\n  product: aws\n  service: cloudtrail\n"
                                  "detection:\n  a:\n    eventName: ListUsers\n  condition: a\n");
    struct harness *harness = harness_open(arena, &(struct engine_options){ .rule_paths = &path, .rule_path_count = 1 });
    harness_feed(harness, "test", harness_record(arena, 1, "{\"eventName\":\"ListUsers\",\"errorCode\":\"AccessDenied\"}"));
    CHECK_INT(harness->count, 1);
    CHECK_STR(harness->found[0].type, "Custom:Sigma/Somebody-lists-users");
    CHECK(harness->found[0].severity > 7.9 && harness->found[0].severity < 8.1);
    CHECK_STR(harness->found[0].description, "Looking around. Seen in a call of ListUsers by IAM user alice from 203.0.113.7.");
    harness_close(harness);
}

TEST(filters_narrow_rules_wherever_they_come_from)
{
    const char *path = write_rule(arena, test_folder(arena),
                                  "title: Not from the office\nlogsource: { product: aws, service: cloudtrail }\n"
                                  "filter:\n  rules: any\n  office: { sourceIPAddress|cidr: 192.0.2.0/24 }\n  condition: not office\n");
    const char *none = NULL;
    for (size_t filters = 0; filters <= 1; filters++) {
        struct harness *harness = harness_open(arena, &(struct engine_options){ .rule_paths = filters ? &path : &none, .rule_path_count = filters });
        harness_feed(harness, "a", harness_record(arena, 1, "{\"eventName\":\"StopLogging\",\"eventSource\":\"cloudtrail.amazonaws.com\"}"));
        CHECK_INT(harness->count, 1);
        harness_feed(harness, "b", harness_record(arena, 2, "{\"eventName\":\"StopLogging\",\"eventSource\":\"cloudtrail.amazonaws.com\",\"sourceIPAddress\":\"192.0.2.7\"}"));
        CHECK_INT(harness->count, 2 - filters);
        harness_close(harness);
    }
}

static size_t hits(struct arena *arena, const char *logsource, const char *search, struct str text)
{
    const char *path = write_rule(arena, test_folder(arena),
                                  str_cstr(arena, str_format(arena, "title: T\nlogsource:\n%sdetection:\n  a:\n%s  condition: a\n", logsource, search)));
    struct harness *harness = harness_open(arena, &(struct engine_options){ .rule_paths = &path, .rule_path_count = 1, .without_builtin = true });
    harness_feed(harness, "test", text);
    const size_t count = harness->count;
    CHECK_INT(harness->troubles, 0);
    harness_close(harness);
    return count;
}

#define FLOW "  product: aws\n  service: vpcflow\n"
#define AUDIT "  product: kubernetes\n  service: audit\n"

TEST(rules_see_records_of_their_logsource_alone)
{
    const struct str flow = STR("2 111122223333 eni-1 192.0.2.1 10.0.0.5 4711 22 6 20 4249 1418530010 1418530070 REJECT OK\n");
    const struct str audit = STR("{\"kind\":\"Event\",\"user\":{\"username\":\"system:anonymous\"},\"verb\":\"list\","
                                 "\"stageTimestamp\":\"2026-01-05T01:02:03Z\",\"objectRef\":{\"resource\":\"secrets\"}}\n");
    CHECK_INT(hits(arena, FLOW, "    dstport: 22\n    action: REJECT\n", flow), 1);
    CHECK_INT(hits(arena, FLOW, "    dstport|gte: 23\n", flow), 0);
    CHECK_INT(hits(arena, FLOW, "    srcaddr|cidr: 192.0.2.0/24\n", flow), 1);
    CHECK_INT(hits(arena, FLOW, "    log_status: OK\n", flow), 1);
    CHECK_INT(hits(arena, AUDIT, "    dstport: 22\n", flow), 0);
    CHECK_INT(hits(arena, AUDIT, "    verb: list\n    objectRef.resource: secrets\n", audit), 1);
    CHECK_INT(hits(arena, FLOW, "    verb: list\n", audit), 0);
    CHECK_INT(hits(arena, FLOW, "    nothing: null\n", audit), 0); /* true of any record, but not asked */
    CHECK_INT(hits(arena, FLOW, "    nothing: null\n", flow), 1);
}

TEST(a_rule_of_ones_own_replaces_the_built_in_one_of_that_id)
{
    const char *path = write_rule(arena, test_folder(arena),
                                  "title: Quiet\nid: access-key-created\ndetection:\n  a:\n    eventName: Nothing\n  condition: a\n"
                                  "logsource:\n  product: aws\n");
    struct harness *harness = harness_open(arena, &(struct engine_options){ .rule_paths = &path, .rule_path_count = 1 });
    harness_feed(harness, "test", harness_record(arena, 1, "{\"eventName\":\"CreateAccessKey\"}"));
    CHECK_INT(harness->count, 0);
    harness_close(harness);
}

TEST(a_wrong_rule_is_refused_by_name_and_line)
{
    struct ctx ctx = ctx_new(arena, 0);
    struct rules rules;
    const char *path = write_rule(arena, test_folder(arena),
                                  "title: Bad\nlogsource:\n  product: aws\ndetection:\n  a:\n    eventName: X\n  condition: a\n"
                                  "yagura:\n  type: A:B/C\n  severity: 11\n");
    CHECK_FAULT(rules_load(&ctx, &(struct engine_options){ .rule_paths = &path, .rule_path_count = 1 }, &rules), FAULT_INVALID.code);
    CHECK(strstr(ctx.reason, "rule.yml:") != NULL);
    path = write_rule(arena, test_folder(arena), "title: Bad\nlogsource:\n  product: aws\ndetection:\n  a:\n    x: 1\n  condition: b\n");
    CHECK_FAULT(rules_load(&ctx, &(struct engine_options){ .rule_paths = &path, .rule_path_count = 1 }, &rules), FAULT_INVALID.code);
}
