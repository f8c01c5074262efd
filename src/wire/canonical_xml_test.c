#include "wire/canonical_xml.h"

#include "tests/test.h"

static struct str element(struct arena *arena, const char *document, const char *inclusive)
{
    const struct canonical_wish wish = { STR("i"), CANONICAL_ELEMENT, str_of(inclusive) };
    struct str out = STR_NONE;
    const char *reason = canonical_xml(arena, str_of(document), &wish, &out);
    return reason ? str_of(reason) : out;
}

TEST(attributes_namespaces_and_text_have_one_spelling)
{
    CHECK_STR(element(arena, "<a ID='i'  c = \"2\"\n b='1'/>", NULL), "<a ID=\"i\" b=\"1\" c=\"2\"></a>");
    CHECK_STR(element(arena, "<a ID='i'>x<!-- hidden -->y &gt; &#13;</a>", NULL), "<a ID=\"i\">xy &gt; &#xD;</a>");
    CHECK_STR(element(arena, "<a ID='i' t='&#9;&#10;&quot;&lt;'>\r\n</a>", NULL), "<a ID=\"i\" t=\"&#x9;&#xA;&quot;&lt;\">\n</a>");
    CHECK_STR(element(arena, "<a ID='i'><![CDATA[<b>&]]></a>", NULL), "<a ID=\"i\">&lt;b&gt;&amp;</a>");
}

/* spec: Exclusive XML Canonicalization 1.0, 2.2: only what is visibly used is declared, where it is used first. */
TEST(only_prefixes_in_use_are_declared)
{
    CHECK_STR(element(arena, "<r xmlns:p='u:p' xmlns:q='u:q' xmlns='u:d'><p:a ID='i'><b q:x='1'/><c xmlns=''/></p:a></r>", NULL),
              "<p:a xmlns:p=\"u:p\" ID=\"i\"><b xmlns=\"u:d\" xmlns:q=\"u:q\" q:x=\"1\"></b><c></c></p:a>");
    CHECK_STR(element(arena, "<r xmlns='u:d'><a ID='i'><c xmlns=''/></a></r>", NULL), "<a xmlns=\"u:d\" ID=\"i\"><c xmlns=\"\"></c></a>");
    CHECK_STR(element(arena, "<r xmlns:p='u:p' xmlns:xs='u:xs'><p:a ID='i' t='xs:string'/></r>", "xs"),
              "<p:a xmlns:p=\"u:p\" xmlns:xs=\"u:xs\" ID=\"i\" t=\"xs:string\"></p:a>");
    CHECK_STR(element(arena, "<a ID='i' xmlns:b='u:2' xmlns:a='u:1' b:x='1' a:x='2' x='3' xml:lang='en'/>", NULL),
              "<a xmlns:a=\"u:1\" xmlns:b=\"u:2\" ID=\"i\" x=\"3\" xml:lang=\"en\" a:x=\"2\" b:x=\"1\"></a>");
}

#define SIGNED "<r xmlns:d='http://www.w3.org/2000/09/xmldsig#'><a ID='i'><d:Signature><d:SignedInfo><d:x/></d:SignedInfo></d:Signature><b/></a></r>"

TEST(the_signature_is_left_out_and_its_info_is_found)
{
    const struct canonical_wish wish = { STR("i"), CANONICAL_SIGNED_INFO, STR_NONE };
    struct str out = STR_NONE;
    CHECK_STR(element(arena, SIGNED, NULL), "<a ID=\"i\"><b></b></a>");
    CHECK(canonical_xml(arena, STR(SIGNED), &wish, &out) == NULL);
    CHECK_STR(out, "<d:SignedInfo xmlns:d=\"http://www.w3.org/2000/09/xmldsig#\"><d:x></d:x></d:SignedInfo>");
    CHECK_STR(str_of(canonical_xml(arena, STR("<a ID='i'/>"), &wish, &out)), "there is not one signature");
}

TEST(what_is_in_doubt_is_refused)
{
    CHECK_STR(element(arena, "<r><a ID='i'/><b ID='i'/></r>", NULL), "an ID stands twice");
    CHECK_STR(element(arena, "<r/>", NULL), "there is no element with that ID");
    CHECK_STR(element(arena, "<p:a ID='i'/>", NULL), "a prefix isn't declared");
    CHECK_STR(element(arena, "<!DOCTYPE a [<!ENTITY e 'x'>]><a ID='i'>&e;</a>", NULL), "a document type is not allowed");
    CHECK_STR(element(arena, "<a ID='i'><?php x?></a>", NULL), "a processing instruction is not allowed");
    struct text deep = text_new(arena);
    for (int i = 0; i < 100; i++) {
        text_add(&deep, STR("<a>"));
    }
    CHECK_STR(element(arena, text_str(&deep).ptr, NULL), "nested too deeply");
}
