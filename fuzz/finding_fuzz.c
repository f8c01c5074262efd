/* finding_fuzz.c - GuardDuty's finding criteria against stored findings. Input: a line of criteria JSON, then a finding. */
#include <stdlib.h>

#include "svc/guardduty/finding.h"
#include "wire/codec.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void test_criteria(struct ctx *ctx, struct str json, struct str finding)
{
    void *asked = NULL;
    struct match_criteria *criteria = NULL;
    if (wire_json_read(ctx, GUARDDUTY_SHAPE_FINDING_CRITERIA, json, &asked).fault == NULL &&
        finding_criteria(ctx, asked, &criteria).fault == NULL && criteria) {
        match_criteria_test(criteria, finding);
    }
    match_criteria_free(criteria);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct finding_change ARCHIVE = { "service.archived", STR_INIT("true") };
    struct arena *arena = arena_open();
    struct ctx ctx = ctx_new(arena, 0);
    struct str body = STR_NONE;
    const struct str criteria = str_cut((struct str){ (const char *)data, size }, '\n', &body);
    struct finding_row row = { .archived = false };
    struct finding_row changed = { .archived = false };
    test_criteria(&ctx, criteria, body);
    /* A change leaves everything else as it was. */
    if (body.ptr && finding_from_body(arena, body, &row)) {
        const struct str archived = finding_change(arena, body, &ARCHIVE, 1);
        if (!finding_from_body(arena, archived, &changed) || !changed.archived || !str_equal(changed.id, row.id) ||
            changed.times != row.times || changed.updated_ms != row.updated_ms) {
            abort();
        }
    }
    arena_close(arena);
    return 0;
}
