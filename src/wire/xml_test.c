#include "wire/xml.h"

#include "tests/test.h"

TEST(elements_attributes_and_text_are_read)
{
    const struct xml *root = xml_parse(arena, STR("<?xml version=\"1.0\"?><a:r x=\"1&amp;2\">p<b/>q<c>&lt;&#x3042;</c></a:r>"), NULL);
    CHECK(root != NULL);
    CHECK_STR(root->name, "a:r");
    CHECK_STR(xml_local_name(root->name), "r");
    CHECK_STR(root->attributes->value, "1&2");
    CHECK_STR(root->text, "pq");
    CHECK_INT(root->count, 2);
    CHECK_STR(root->child->next->text, "<\xE3\x81\x82");
}

TEST(document_types_and_broken_documents_are_refused)
{
    static const char *const wrong[] = {
        "<!DOCTYPE a [<!ENTITY b \"c\">]><a>&b;</a>", "<!DOCTYPE a SYSTEM \"file:///etc/passwd\"><a/>", "<a>&b;</a>", "<a>", "<a></b>",
        "", "<a/><b/>", "<a>\xFF</a>", "x",
    };
    for (size_t i = 0; i < COUNT_OF(wrong); i++) {
        const char *reason = NULL;
        if (xml_parse(arena, str_of(wrong[i]), &reason) || reason == NULL) {
            fail_msg("accepted %s", wrong[i]);
        }
    }
}

TEST(depth_is_bounded)
{
    struct text text = text_new(arena);
    for (int i = 0; i <= XML_DEPTH_MAX; i++) {
        text_add(&text, STR("<a>"));
    }
    const char *reason = NULL;
    CHECK(xml_parse(arena, text_str(&text), &reason) == NULL);
    assert_string_equal(reason, "nested too deeply");
}

TEST(text_comes_back_unchanged)
{
    struct text text = text_new(arena);
    xml_element(&text, STR("a"), STR("<&>\"'\r\n\t "));
    const struct xml *root = xml_parse(arena, text_str(&text), NULL);
    CHECK_STR(root->text, "<&>\"'\r\n\t ");
    text_reset(&text);
    xml_add_text(&text, STR("\x01"));
    CHECK_STR(text_str(&text), "\xEF\xBF\xBD");
}
