#include "ingest/documents.h"

#include "tests/test.h"

struct gathered {
    struct arena *arena;
    struct text words; /* "offset:text|…", troubles as "!offset reason|" */
};

static void take_document(void *self, struct str file, uint64_t offset, struct str text)
{
    struct gathered *g = self;
    (void)file;
    text_add_format(&g->words, "%llu:%.*s|", (unsigned long long)offset, STR_ARG(text));
}

static void take_trouble(void *self, struct str file, uint64_t offset, const char *reason)
{
    struct gathered *g = self;
    (void)file;
    text_add_format(&g->words, "!%llu %s|", (unsigned long long)offset, reason);
}

static struct str split(struct arena *arena, const char *text)
{
    struct gathered g = { arena, text_new(arena) };
    struct inflate *in = inflate_open();
    inflate_start_bytes(in, str_of(text));
    documents_read(in, STR("f"), &(struct documents_sink){ &g, take_document, take_trouble });
    inflate_close(in);
    return text_str(&g.words);
}

TEST(objects_in_every_shape)
{
    CHECK_STR(split(arena, ""), "");
    CHECK_STR(split(arena, "{\"a\":1}"), "0:{\"a\":1}|");
    CHECK_STR(split(arena, "{\"a\":{}}\n\n {\"b\":\"}\"}\r\n"), "0:{\"a\":{}}|11:{\"b\":\"}\"}|");
    CHECK_STR(split(arena, "{}{}"), "0:{}|2:{}|");
    CHECK_STR(split(arena, "[{\"a\":1},\n{\"b\":[2]}]"), "1:{\"a\":1}|10:{\"b\":[2]}|");
    CHECK_STR(split(arena, "{ \"Records\" : [ {\"a\":1}, {} ] }\n{\"c\":3}"), "16:{\"a\":1}|25:{}|32:{\"c\":3}|");
    CHECK_STR(split(arena, "{\"Records\":1}"), "0:{\"Records\":1}|");
}

TEST(what_is_no_object_is_told_and_skipped)
{
    CHECK_STR(split(arena, "words {\n{\"a\":1}"), "!0 no JSON object|8:{\"a\":1}|");
    CHECK_STR(split(arena, "{\"a\":\"b\nc\"}\n{}"), "!0 malformed JSON|!8 no JSON object|12:{}|");
    CHECK_STR(split(arena, "{}\n{\"a\":"), "0:{}|!3 the last object is cut off|");
}
