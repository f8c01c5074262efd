/* log_filter_fuzz.c - a pattern, a newline, a message: the pattern is refused with a reason or judges the message; whatever
 * a JSON pattern holds for, its predicate lets through. */
#include <stdlib.h>

#include "match/log_filter.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void judge(struct log_filter *filter, struct arena *arena, struct str message)
{
    const struct log_filter_value *values = NULL;
    const bool matched = log_filter_test(filter, arena, message);
    log_filter_values(filter, arena, message, &values);
    if (log_filter_predicate(filter) && log_filter_confirm(filter, json_parse(arena, message, NULL)) != matched) {
        abort();
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *arena = arena_open();
    struct ctx ctx = ctx_new(arena, 0);
    struct str message = STR_NONE;
    const struct str pattern = str_cut((struct str){ (const char *)data, size }, '\n', &message);
    struct log_filter *filter = NULL;
    if (log_filter_compile(&ctx, pattern, &filter).fault) {
        if (ctx.reason[0] == '\0') {
            abort();
        }
        arena_close(arena);
        return 0;
    }
    judge(filter, arena, message.ptr ? message : STR(""));
    log_filter_free(filter);
    arena_close(arena);
    return 0;
}
