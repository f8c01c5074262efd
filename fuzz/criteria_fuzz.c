/* criteria_fuzz.c - finding criteria made from the input, tested against a finding made from the rest of it. */
#include "match/criteria.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Lines: field, comparison, value; then, behind an empty line, the finding. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    enum { CRITERIA_MAX = 8 };
    struct str rest = { (const char *)data, size };
    struct match_criterion criteria[CRITERIA_MAX] = { 0 };
    struct str values[CRITERIA_MAX] = { { 0 } };
    size_t count = 0;
    while (count < CRITERIA_MAX && rest.ptr) {
        struct match_criterion *c = &criteria[count];
        c->field = str_cut(rest, '\n', &rest);
        if (c->field.len == 0 || rest.ptr == NULL) {
            break;
        }
        if (!match_comparison_parse(str_cut(rest, '\n', &rest), &c->comparison) || rest.ptr == NULL) {
            break;
        }
        values[count] = str_cut(rest, '\n', &rest);
        c->values = &values[count];
        c->value_count = 1;
        count++;
    }
    struct arena *arena = arena_open();
    struct ctx ctx = ctx_new(arena, 0);
    struct match_criteria *compiled = NULL;
    if (!match_criteria_compile(&ctx, criteria, count, &compiled).fault) {
        match_criteria_test(compiled, rest.ptr ? rest : STR("{}"));
    }
    match_criteria_free(compiled);
    arena_close(arena);
    return 0;
}
