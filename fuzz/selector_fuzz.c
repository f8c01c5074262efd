/* selector_fuzz.c - any JSON as event selectors: they are refused with a reason, or compile and judge a record. */
#include <stdlib.h>

#include "base/json.h"
#include "match/match.h"
#include "match/selector.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void judge(struct ctx *ctx, const struct predicate *predicate)
{
    static const struct str record =
        STR_INIT("{\"eventCategory\":\"Data\",\"readOnly\":true,\"eventName\":\"GetObject\",\"resources\":[{\"type\":\"AWS::S3::Object\","
                 "\"ARN\":\"arn:aws:s3:::bucket/key\"}]}");
    struct match_builder *builder = match_builder_open();
    struct projection_builder *paths = projection_begin();
    struct match_set *set = NULL;
    if (match_builder_add(ctx, builder, 1, predicate).fault || match_compile(ctx, builder, paths, &set).fault) {
        abort(); /* the front end lets only good ones through */
    }
    struct projection *projection = projection_end(paths);
    struct scan *scan = scan_open(projection);
    struct match_scratch *scratch = match_scratch_open();
    uint32_t id = 0;
    size_t used = 0;
    if (scan_document(scan, record, &used)) {
        match_run(set, scratch, scan, &id, 1);
    }
    match_scratch_close(scratch);
    scan_close(scan);
    projection_free(projection);
    match_set_free(set);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *arena = arena_open();
    struct ctx ctx = ctx_new(arena, 0);
    const struct json *document = json_parse(arena, (struct str){ (const char *)data, size }, NULL);
    const struct predicate *predicate = NULL;
    if (document) {
        const bool refused = selector_json_compile(&ctx, document, size % 2 ? SELECTOR_TRAIL : SELECTOR_STORE, &predicate).fault;
        if (refused && ctx.reason[0] == '\0') {
            abort();
        }
        if (!refused) {
            judge(&ctx, predicate);
        }
    }
    arena_close(arena);
    return 0;
}
