#include "match/yaml.h"

#include "tests/test.h"

static const char *refusal(struct arena *arena, const char *text)
{
    struct ctx ctx = ctx_new(arena, 0);
    struct yaml_node *root = NULL;
    const struct err err = yaml_parse(&ctx, STR("rule.yml"), str_of(text), &root);
    return err.fault ? str_cstr(arena, str_of(ctx.reason)) : "";
}

TEST(documents_become_trees_with_lines)
{
    struct ctx ctx = ctx_new(arena, 0);
    struct yaml_node *root = NULL;
    const struct str text = STR("title: One\nlist:\n  - a\n  - 'b: c'\n  -\nnumber: 1.5\nyes: True\nquoted: 'true'\n---\n- x\n");
    CHECK_OK(yaml_parse(&ctx, STR("f"), text, &root));
    CHECK_INT(root->kind, YAML_MAP);
    CHECK_STR(yaml_text(root, STR("title")), "One");
    const struct yaml_node *list = yaml_get(root, STR("list"));
    CHECK_INT(list->count, 3);
    CHECK_STR(list->child->next->text, "b: c");
    CHECK(list->child->next->quoted);
    CHECK_INT(list->child->next->line, 4);
    CHECK(yaml_is_null(list->child->next->next));
    double number = 0;
    bool truth = false;
    CHECK(yaml_number(yaml_get(root, STR("number")), &number) && number > 1.4);
    CHECK(yaml_bool(yaml_get(root, STR("yes")), &truth) && truth);
    CHECK(!yaml_bool(yaml_get(root, STR("quoted")), &truth));
    CHECK(yaml_get(root, STR("none")) == NULL);
    CHECK_INT(root->next->kind, YAML_LIST);
    CHECK(root->next->next == NULL);
    CHECK_OK(yaml_parse(&ctx, STR("f"), STR(""), &root));
    CHECK(root == NULL);
}

TEST(what_could_explode_or_mislead_is_refused_with_its_line)
{
    CHECK_STR(str_of(refusal(arena, "a: &x 1\nb: *x\n")), "rule.yml:1: anchors and aliases are not allowed");
    CHECK_STR(str_of(refusal(arena, "b:\n  - *x\n")), "rule.yml:2: anchors and aliases are not allowed");
    CHECK_STR(str_of(refusal(arena, "a: 1\nb: 2\na: 3\n")), "rule.yml:3: the key \"a\" stands twice");
    CHECK_STR(str_of(refusal(arena, "? [a]\n: 1\n")), "rule.yml:1: a key must be plain text");
    CHECK(strstr(refusal(arena, "a: 'x\n"), "rule.yml:"));
    CHECK(strstr(refusal(arena, "a: [\n"), "rule.yml:"));
    CHECK(strstr(refusal(arena, "a: \xFF\n"), "not UTF-8"));
    struct text deep = text_new(arena);
    for (int i = 0; i < 200; i++) {
        text_add_char(&deep, '[');
    }
    CHECK_STR(str_of(refusal(arena, text_str(&deep).ptr)), "rule.yml:1: nested too deeply");
}
