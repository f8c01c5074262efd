#include "match/criteria.h"

#include <math.h>

#include "match/match.h"

struct match_criteria {
    struct match_set *set;
    struct projection *projection;
    struct scan *scan;
    struct match_scratch *scratch;
};

bool match_comparison_parse(struct str name, enum match_comparison *out)
{
    static const struct {
        struct str name;
        enum match_comparison comparison;
    } names[] = {
        { STR_INIT("equals"), MATCH_EQUALS },
        { STR_INIT("eq"), MATCH_EQUALS },
        { STR_INIT("notEquals"), MATCH_NOT_EQUALS },
        { STR_INIT("neq"), MATCH_NOT_EQUALS },
        { STR_INIT("greaterThan"), MATCH_GREATER_THAN },
        { STR_INIT("gt"), MATCH_GREATER_THAN },
        { STR_INIT("greaterThanOrEqual"), MATCH_GREATER_THAN_OR_EQUAL },
        { STR_INIT("gte"), MATCH_GREATER_THAN_OR_EQUAL },
        { STR_INIT("lessThan"), MATCH_LESS_THAN },
        { STR_INIT("lt"), MATCH_LESS_THAN },
        { STR_INIT("lessThanOrEqual"), MATCH_LESS_THAN_OR_EQUAL },
        { STR_INIT("lte"), MATCH_LESS_THAN_OR_EQUAL },
        { STR_INIT("matches"), MATCH_MATCHES },
        { STR_INIT("notMatches"), MATCH_NOT_MATCHES },
    };
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        if (str_equal_nocase(name, names[i].name)) {
            *out = names[i].comparison;
            return true;
        }
    }
    return false;
}

/* spec: GuardDuty user guide, filter attributes: every attribute with one of these last parts is a timestamp. */
bool match_criteria_is_time(struct str field)
{
    static const struct str times[] = {
        STR_INIT("createdAt"),     STR_INIT("createdTime"), STR_INIT("eventFirstSeen"),  STR_INIT("eventLastSeen"),
        STR_INIT("firstSeenAt"),   STR_INIT("lastSeenAt"),  STR_INIT("lastModifiedAt"),  STR_INIT("launchTime"),
        STR_INIT("modifiedAt"),    STR_INIT("startTime"),   STR_INIT("scanCompletedAt"), STR_INIT("scanStartedAt"),
        STR_INIT("startedAt"),     STR_INIT("updatedAt"),
    };
    const size_t dot = str_find_last(field, '.');
    const struct str last = dot == STR_MISSING ? field : str_from(field, dot + 1);
    for (size_t i = 0; i < COUNT_OF(times); i++) {
        if (str_equal(last, times[i])) {
            return true;
        }
    }
    return false;
}

struct list {
    const struct predicate **items;
    size_t count;
};

static struct list list_new(struct arena *arena, size_t capacity)
{
    return (struct list){ (void *)ARENA_ARRAY(arena, struct predicate *, capacity), 0 };
}

static void list_add(struct arena *arena, struct list *list, struct predicate p)
{
    struct predicate *kept = ARENA_NEW(arena, struct predicate);
    *kept = p;
    list->items[list->count++] = kept;
}

static struct predicate join(enum predicate_kind kind, struct list list)
{
    return (struct predicate){ .kind = kind, .children = list.items, .child_count = list.count };
}

/* A range of numbers; of times in milliseconds, which a finding holds as ISO text or as seconds. */
static struct predicate range(struct arena *arena, struct str path, struct predicate bounds)
{
    struct list either = list_new(arena, 2);
    bounds.kind = PREDICATE_TEST;
    bounds.path = path;
    bounds.op = PREDICATE_NUMBER;
    if (!match_criteria_is_time(path)) {
        return bounds;
    }
    struct predicate text = bounds;
    text.op = PREDICATE_TIME;
    list_add(arena, &either, text);
    bounds.low /= 1000;
    bounds.high /= 1000;
    list_add(arena, &either, bounds);
    return join(PREDICATE_ANY, either);
}

/* Equal as text, or as a number however it is written: severity 8 is 8.0. */
static struct predicate equality(struct arena *arena, struct str path, const struct match_criterion *c)
{
    struct list either = list_new(arena, c->value_count + 1);
    list_add(arena, &either, (struct predicate){ .kind = PREDICATE_TEST, .op = PREDICATE_EQUALS, .path = path,
                                                 .values = c->values, .value_count = c->value_count });
    for (size_t i = 0; i < c->value_count; i++) {
        double number = 0;
        if (str_to_double(c->values[i], &number)) {
            list_add(arena, &either, range(arena, path, (struct predicate){ .low = number, .high = number }));
        }
    }
    return join(PREDICATE_ANY, either);
}

static struct err ordered(struct ctx *ctx, struct str path, const struct match_criterion *c, struct predicate *out)
{
    double number = 0;
    if (c->value_count != 1 || !str_to_double(c->values[0], &number)) {
        return fail(ctx, &FAULT_INVALID, "the criterion on \"%" STR_FMT "\" must be compared with one number", STR_ARG(path));
    }
    const bool greater = c->comparison == MATCH_GREATER_THAN || c->comparison == MATCH_GREATER_THAN_OR_EQUAL;
    struct predicate bounds = { .low = greater ? number : (double)-INFINITY, .high = greater ? (double)INFINITY : number };
    bounds.low_open = c->comparison == MATCH_GREATER_THAN;
    bounds.high_open = c->comparison == MATCH_LESS_THAN;
    *out = range(ctx->arena, path, bounds);
    return ERR_OK;
}

/* The criterion without its negation. */
static struct err positive(struct ctx *ctx, struct str path, const struct match_criterion *c, struct predicate *out)
{
    if (c->value_count == 0) {
        return fail(ctx, &FAULT_INVALID, "the criterion on \"%" STR_FMT "\" has no values", STR_ARG(path));
    }
    switch (c->comparison) {
    case MATCH_EQUALS:
    case MATCH_NOT_EQUALS:
        *out = equality(ctx->arena, path, c);
        return ERR_OK;
    case MATCH_MATCHES:
    case MATCH_NOT_MATCHES:
        *out = (struct predicate){ .kind = PREDICATE_TEST, .op = PREDICATE_WILDCARD, .path = path,
                                   .values = c->values, .value_count = c->value_count };
        return ERR_OK;
    default:
        return ordered(ctx, path, c, out);
    }
}

/* The guide spells one field otherwise than the model does: both are looked at. */
static struct str other_spelling(struct str field)
{
    return str_equal(field, STR("resource.instanceDetails.outpostARN")) ? STR("resource.instanceDetails.outpostArn") : STR_NONE;
}

static struct err criterion(struct ctx *ctx, const struct match_criterion *c, struct list *all)
{
    struct list either = list_new(ctx->arena, 2);
    struct predicate p = { 0 };
    if (c->field.len == 0) {
        return fail(ctx, &FAULT_INVALID, "a criterion names no field");
    }
    TRY(positive(ctx, c->field, c, &p));
    list_add(ctx->arena, &either, p);
    if (other_spelling(c->field).ptr) {
        TRY(positive(ctx, other_spelling(c->field), c, &p));
        list_add(ctx->arena, &either, p);
    }
    const bool negative = c->comparison == MATCH_NOT_EQUALS || c->comparison == MATCH_NOT_MATCHES;
    if (!negative) {
        list_add(ctx->arena, all, join(PREDICATE_ANY, either));
        return ERR_OK;
    }
    struct list inside = list_new(ctx->arena, 1);
    list_add(ctx->arena, &inside, join(PREDICATE_ANY, either));
    list_add(ctx->arena, all, join(PREDICATE_NOT, inside));
    return ERR_OK;
}

struct err match_criteria_compile(struct ctx *ctx, const struct match_criterion *criteria, size_t count,
                                  struct match_criteria **out)
{
    struct list all = list_new(ctx->arena, count);
    for (size_t i = 0; i < count; i++) {
        TRY(criterion(ctx, &criteria[i], &all));
    }
    const struct predicate root = join(PREDICATE_ALL, all);
    struct match_builder *builder = match_builder_open();
    const struct err added = match_builder_add(ctx, builder, 0, &root);
    if (added.fault) {
        match_builder_close(builder);
        return added;
    }
    struct match_criteria *made = memory_new(sizeof(*made));
    struct projection_builder *paths = projection_begin();
    const struct err compiled = match_compile(ctx, builder, paths, &made->set);
    made->projection = projection_end(paths);
    made->scan = scan_open(made->projection);
    made->scratch = match_scratch_open();
    if (compiled.fault) {
        match_criteria_free(made);
        return compiled;
    }
    *out = made;
    return ERR_OK;
}

void match_criteria_free(struct match_criteria *criteria)
{
    if (criteria) {
        match_scratch_close(criteria->scratch);
        scan_close(criteria->scan);
        projection_free(criteria->projection);
        match_set_free(criteria->set);
        memory_free(criteria);
    }
}

bool match_criteria_test(struct match_criteria *criteria, struct str finding)
{
    uint32_t id = 0;
    size_t used = 0;
    return scan_document(criteria->scan, finding, &used) && match_run(criteria->set, criteria->scratch, criteria->scan, &id, 1) == 1;
}

struct err match_criteria_explain(struct ctx *ctx, struct match_criteria *criteria, struct str finding, struct match_explanation *out)
{
    size_t used = 0;
    if (!scan_document(criteria->scan, finding, &used)) {
        return fail(ctx, &FAULT_INVALID, "the finding is malformed JSON");
    }
    return match_explain(ctx, criteria->set, criteria->scan, 0, out);
}
