/* That no finding type is left without something that raises it, and none of these without tests. */
#include "detect/types.h"

#include <dirent.h>
#include <stdio.h>

#include "detect/rules.h"
#include "tests/test.h"

/* All test sources of a folder, one after another. */
static void add_sources(struct arena *arena, const char *folder, struct text *out)
{
    DIR *dir = opendir(folder);
    assert_non_null(dir);
    for (const struct dirent *entry = readdir(dir); entry; entry = readdir(dir)) {
        if (str_ends(str_of(entry->d_name), STR("_test.c"))) {
            text_add(out, test_read_file(arena, str_format(arena, "%s/%s", folder, entry->d_name).ptr));
        }
    }
    closedir(dir);
}

/* A rule carries events that it must and must not fire on: rules_test.c runs them. */
static bool has_tested_rule(const struct rules *rules, struct str type)
{
    for (size_t i = 0; i < rules->count; i++) {
        const struct yaml_node *tests = yaml_get(yaml_get(rules->items[i].document, STR("yagura")), STR("tests"));
        if (str_equal(rules->items[i].detection.type, type) && yaml_get(tests, STR("hit")) && yaml_get(tests, STR("near_miss"))) {
            return true;
        }
    }
    return false;
}

/* Tests of detectors name the type they expect, or expect not to see. */
static bool is_named(struct arena *arena, struct str sources, struct str type)
{
    return str_search(sources, str_format(arena, "\"%" STR_FMT "\"", STR_ARG(type))) != STR_MISSING;
}

TEST(every_finding_type_can_be_raised_and_is_tested)
{
    struct ctx ctx = ctx_new(arena, 0);
    const struct engine_options options = { .rule_paths = NULL };
    struct finding_type *types = NULL;
    struct rules rules;
    CHECK_OK(finding_types(&ctx, &options, &types));
    CHECK_OK(rules_load(&ctx, &options, &rules));
    struct text sources = text_new(arena);
    add_sources(arena, "src/detect", &sources);
    add_sources(arena, "src/detect/learn", &sources);
    CHECK(sources.len > 100000);
    size_t missing = 0;
    for (size_t i = 0; i < catalogue_count(); i++) {
        const struct str type = types[i].entry->type;
        const bool raised = types[i].by.len > 0;
        const bool tested = has_tested_rule(&rules, type) || is_named(arena, text_str(&sources), type);
        if (!raised || !tested) {
            print_message("%s: %s\n", str_cstr(arena, type), raised ? "no test names it" : "nothing raises it");
        }
        missing += !raised || !tested;
    }
    CHECK_INT(missing, 0);
    CHECK(catalogue_count() >= 229);
}

TEST(the_state_of_a_type_says_what_it_waits_for)
{
    struct ctx ctx = ctx_new(arena, 0);
    struct finding_type *types = NULL;
    CHECK_OK(finding_types(&ctx, &(struct engine_options){ .rule_paths = NULL }, &types));
    static const struct {
        const char *type, *state;
    } cases[] = { { "Stealth:IAMUser/CloudTrailLoggingDisabled", "active" },
                  { "Discovery:Kubernetes/TorIPCaller", "needs list: tor" },
                  { "Execution:Kubernetes/AnomalousBehavior.ExecInPod", "needs history" },
                  { "Execution:Runtime/ReverseShell", "needs agent" },
                  { "Trojan:Runtime/DropPoint", "needs agent, list: drop-point" } };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        const struct finding_type *type = &types[catalogue_find(str_of(cases[i].type)) - catalogue_at(0)];
        CHECK_STR(finding_type_state(arena, type), cases[i].state);
    }
}
