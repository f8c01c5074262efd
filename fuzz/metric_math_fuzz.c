/* metric_math_fuzz.c - an expression of metric math, or the rule of a composite alarm: refused with a reason, or computed. */
#include <stdlib.h>

#include "svc/cloudwatch/math.h"
#include "svc/cloudwatch/rule.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct point points[] = { { 0, 1 }, { 60000, -2.5 }, { 180000, 0 } };
static struct series all[] = { { points, 3 }, { points, 2 } };

static bool find(void *argument, struct str id, struct math_value *out, int64_t *period_s)
{
    (void)argument;
    *out = (struct math_value){ .kind = MATH_SERIES, .items = &all[id.len % 2], .count = 1 };
    *period_s = 60;
    return id.len < 3;
}

static struct math_value metrics(void *argument, struct str part)
{
    (void)argument;
    return (struct math_value){ .kind = MATH_LIST, .items = all, .count = part.len % 3 };
}

static bool in_state(void *argument, struct str alarm, struct str state)
{
    (void)argument;
    return alarm.len % 2 == state.len % 2;
}

static void need_reason(struct str reason)
{
    if (reason.len == 0) {
        abort();
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *arena = arena_open();
    const struct math_scope scope = { NULL, find, metrics, { 0, 300000, 60000 } };
    const struct str text = { (const char *)data, size };
    struct math_value value = { .kind = MATH_SCALAR };
    struct str reason = STR_NONE;
    const struct math_node *node = math_parse(arena, text, &reason);
    if (node == NULL || !math_compute(arena, node, &scope, &value, &reason)) {
        need_reason(reason);
    }
    const struct rule *rule = rule_parse(arena, text, &reason);
    if (rule) {
        rule_holds(rule, in_state, NULL);
        rule_names(arena, rule);
    } else {
        need_reason(reason);
    }
    arena_close(arena);
    return 0;
}
