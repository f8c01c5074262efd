#include "match/correlation.h"

#include <inttypes.h>
#include <math.h>

#include "base/map.h"
#include "match/correlation_parts.h"

enum { TIME_MAX_SHIFT = 60, KEY_MAX = 256 };

/* One correlation with its groups. */
struct state {
    const struct correlation *rule;
    const uint32_t *group_fields; /* by rule, then by group-by field: places in the set's fields */
    const uint32_t *value_fields;
    struct map *groups;
    struct group *newest, *oldest;
    size_t samples; /* capacity of all groups */
};

/* That a node (a rule, or behind all rules a correlation) is the rule at `place` of a correlation. */
struct use {
    uint32_t correlation;
    uint32_t place;
    struct use *next;
};

struct correlation_set {
    struct arena *arena;
    struct state *states;
    size_t count;
    size_t rule_count;
    struct use **uses; /* by node */
    bool *hidden;      /* by rule */
    struct str *fields;
    size_t field_count;
    size_t field_capacity;
    struct correlation_counts counts;
};

/* --- opening --- */

static uint32_t field_place(struct correlation_set *set, struct str path)
{
    for (size_t i = 0; i < set->field_count; i++) {
        if (str_equal(set->fields[i], path)) {
            return (uint32_t)i;
        }
    }
    if (set->field_count == set->field_capacity) {
        const size_t grown = set->field_capacity ? set->field_capacity * 2 : 16;
        set->fields = arena_grow(set->arena, set->fields, set->field_capacity * sizeof(struct str), grown * sizeof(struct str));
        set->field_capacity = grown;
    }
    set->fields[set->field_count] = path;
    return (uint32_t)set->field_count++;
}

/* The field that a name stands for in events of one rule. */
static struct str resolve(const struct correlation *c, struct str name, struct str rule)
{
    for (size_t i = 0; i < c->alias_count; i++) {
        if (str_equal(c->aliases[i].alias, name) && str_equal(c->aliases[i].rule, rule)) {
            return c->aliases[i].field;
        }
    }
    return name;
}

static const uint32_t *field_places(struct correlation_set *set, const struct correlation *c, const struct str *names, size_t count)
{
    uint32_t *places = ARENA_ARRAY(set->arena, uint32_t, c->rule_count * count + 1);
    for (size_t rule = 0; rule < c->rule_count; rule++) {
        for (size_t i = 0; i < count; i++) {
            places[rule * count + i] = field_place(set, resolve(c, names[i], c->rules[rule]));
        }
    }
    return places;
}

static bool is_called(struct str id, struct str name, struct str reference)
{
    return (id.ptr && str_equal(id, reference)) || (name.ptr && str_equal(name, reference));
}

static struct err find_node(struct ctx *ctx, const struct correlation_set *set, const struct correlation_name *rules, size_t which,
                            struct str reference, size_t *out)
{
    for (size_t i = 0; i < set->rule_count; i++) {
        if (is_called(rules[i].id, rules[i].name, reference)) {
            *out = i;
            return ERR_OK;
        }
    }
    for (size_t i = 0; i < set->count; i++) {
        if (is_called(set->states[i].rule->id, set->states[i].rule->name, reference)) {
            *out = set->rule_count + i;
            return ERR_OK;
        }
    }
    const struct correlation *c = set->states[which].rule;
    return fail(ctx, &FAULT_INVALID, "%" STR_FMT ":%u: no rule is called \"%" STR_FMT "\"", STR_ARG(c->file), c->line,
                STR_ARG(reference));
}

static struct err link_rules(struct ctx *ctx, struct correlation_set *set, const struct correlation_name *rules, uint32_t which)
{
    const struct correlation *c = set->states[which].rule;
    for (size_t i = c->rule_count; i-- > 0;) { /* backwards: the newest use comes first */
        size_t node = 0;
        TRY(find_node(ctx, set, rules, which, c->rules[i], &node));
        struct use *use = ARENA_NEW(set->arena, struct use);
        *use = (struct use){ which, (uint32_t)i, set->uses[node] };
        set->uses[node] = use;
        set->hidden[node] = set->hidden[node] || !c->generate;
    }
    return ERR_OK;
}

/* What hangs on a correlation is one longer than that: in a circle this never ends. */
static struct err check_chains(struct ctx *ctx, const struct correlation_set *set)
{
    size_t *lengths = ARENA_ARRAY(set->arena, size_t, set->count);
    for (bool grown = true; grown;) {
        grown = false;
        for (size_t i = 0; i < set->count; i++) {
            for (const struct use *use = set->uses[set->rule_count + i]; use; use = use->next) {
                const bool longer = lengths[use->correlation] <= lengths[i];
                lengths[use->correlation] = longer ? lengths[i] + 1 : lengths[use->correlation];
                grown = grown || longer;
            }
            if (lengths[i] > CORRELATION_CHAIN_MAX) {
                const struct correlation *c = set->states[i].rule;
                return fail(ctx, &FAULT_INVALID, "%" STR_FMT ":%u: correlations refer to each other in a circle, or in too long a chain",
                            STR_ARG(c->file), c->line);
            }
        }
    }
    return ERR_OK;
}

static struct err open_all(struct ctx *ctx, struct correlation_set *set, const struct correlation *correlations,
                           const struct correlation_name *rules)
{
    for (size_t i = 0; i < set->count; i++) {
        const struct correlation *c = &correlations[i];
        set->states[i] = (struct state){
            .rule = c,
            .group_fields = field_places(set, c, c->group_by, c->group_count),
            .value_fields = field_places(set, c, c->fields, c->field_count),
            .groups = map_open(),
        };
    }
    for (size_t i = set->count; i-- > 0;) {
        TRY(link_rules(ctx, set, rules, (uint32_t)i));
    }
    return check_chains(ctx, set);
}

struct err correlation_open(struct ctx *ctx, const struct correlation *correlations, size_t count,
                            const struct correlation_name *rules, size_t rule_count, struct correlation_set **out)
{
    struct correlation_set *set = memory_new(sizeof(*set));
    set->arena = arena_open();
    set->count = count;
    set->rule_count = rule_count;
    set->states = ARENA_ARRAY(set->arena, struct state, count);
    set->uses = (void *)ARENA_ARRAY(set->arena, struct use *, rule_count + count);
    set->hidden = ARENA_ARRAY(set->arena, bool, rule_count + count);
    const struct err err = open_all(ctx, set, correlations, rules);
    if (err.fault) {
        correlation_close(set);
        return err;
    }
    *out = set;
    return ERR_OK;
}

static void drop_group(void *piece)
{
    struct group *group = piece;
    memory_free(group->storage);
    memory_free(group);
}

void correlation_close(struct correlation_set *set)
{
    if (set == NULL) {
        return;
    }
    for (size_t i = 0; i < set->count; i++) {
        map_close(set->states[i].groups, drop_group);
    }
    arena_close(set->arena);
    memory_free(set);
}

size_t correlation_fields(const struct correlation_set *set, const struct str **out)
{
    *out = set->fields;
    return set->field_count;
}

bool correlation_hides(const struct correlation_set *set, uint32_t rule)
{
    return rule < set->rule_count && set->hidden[rule];
}

struct correlation_counts correlation_counts(const struct correlation_set *set)
{
    return set->counts;
}

/* --- groups, by last use --- */

static void detach(struct state *state, struct group *group)
{
    *(group->newer ? &group->newer->older : &state->newest) = group->older;
    *(group->older ? &group->older->newer : &state->oldest) = group->newer;
    group->newer = NULL;
    group->older = NULL;
}

static void attach(struct state *state, struct group *group)
{
    group->older = state->newest;
    *(state->newest ? &state->newest->newer : &state->oldest) = group;
    state->newest = group;
}

static void forget(struct state *state, struct group *group)
{
    detach(state, group);
    map_remove(state->groups, group->key);
    state->samples -= group->capacity;
    drop_group(group);
}

static void keep_bounds(struct correlation_set *set, struct state *state)
{
    while (state->oldest != state->newest && (map_count(state->groups) > CORRELATION_GROUPS || state->samples > CORRELATION_SAMPLES)) {
        forget(state, state->oldest);
        set->counts.evictions++;
    }
}

/* The group and its key are one piece of memory. */
static struct group *group_of(struct state *state, struct str key)
{
    struct group *group = map_get(state->groups, key);
    if (group) {
        detach(state, group);
        attach(state, group);
        return group;
    }
    group = memory_new(sizeof(*group) + key.len + 1);
    char *own = (char *)(group + 1);
    memcpy(own, key.ptr, key.len);
    group->key = (struct str){ own, key.len };
    map_put(state->groups, key, group);
    attach(state, group);
    return group;
}

/* --- events --- */

struct run {
    struct correlation_set *set;
    struct arena *arena;
    const struct correlation_event *event;
    struct correlation_hit *hits;
    size_t hit_count;
    size_t max;
};

/* Length before text: ("a", "bc") is another group than ("ab", "c"). False: a field is absent. */
static bool join_values(const struct run *run, const uint32_t *fields, size_t count, struct str *out)
{
    struct text key = text_new(run->arena);
    for (size_t i = 0; i < count; i++) {
        const struct str value = run->event->value(run->event->self, fields[i]);
        if (value.ptr == NULL) {
            return false;
        }
        text_add_format(&key, "%zu:", value.len);
        text_add(&key, value);
    }
    *out = text_str(&key);
    if (out->len > KEY_MAX) {
        *out = str_format(run->arena, "%zu %016" PRIx64, out->len, str_hash(*out));
    }
    return true;
}

static bool read_value(const struct run *run, const struct state *state, uint32_t place, struct occurrence *out)
{
    const struct correlation *c = state->rule;
    const uint32_t *fields = &state->value_fields[place * c->field_count];
    struct str joined = STR_NONE;
    if (c->field_count == 0) {
        return true;
    }
    if (c->type == CORRELATION_VALUE_COUNT || (c->type == CORRELATION_VALUE_PERCENTILE && c->percentile < 0)) {
        const bool there = join_values(run, fields, c->field_count, &joined);
        out->value = there ? str_hash(joined) : 0;
        return there;
    }
    return str_to_double(run->event->value(run->event->self, fields[0]), &out->number) && isfinite(out->number);
}

static struct str group_words(const struct run *run, const struct state *state, uint32_t place)
{
    const struct correlation *c = state->rule;
    struct text words = text_new(run->arena);
    for (size_t i = 0; i < c->group_count; i++) {
        const struct str value = run->event->value(run->event->self, state->group_fields[place * c->group_count + i]);
        text_add(&words, i > 0 ? STR(" ") : STR(""));
        text_add(&words, c->group_by[i]);
        text_add_char(&words, '=');
        text_add(&words, value);
    }
    return text_str(&words);
}

/* One hit within a timespan. */
static bool is_quiet(const struct group *group, const struct correlation *c, int64_t at_ms)
{
    const int64_t apart = at_ms - group->hit_ms;
    return !group->has_hit || apart > c->timespan_ms || apart < -c->timespan_ms;
}

static int64_t bounded_time(int64_t at_ms)
{
    const int64_t most = (int64_t)1 << TIME_MAX_SHIFT;
    return at_ms > most ? most : at_ms < -most ? -most : at_ms;
}

static bool take(struct run *run, const struct use *use, struct correlation_hit *hit)
{
    struct state *state = &run->set->states[use->correlation];
    const struct correlation *c = state->rule;
    struct occurrence new = { .at_ms = bounded_time(run->event->at_ms), .identity = run->event->identity, .rule = use->place };
    struct str key = STR_NONE;
    if (!join_values(run, &state->group_fields[use->place * c->group_count], c->group_count, &key) ||
        !read_value(run, state, use->place, &new)) {
        return false;
    }
    struct group *group = group_of(state, key);
    const size_t capacity = group->capacity;
    size_t at = 0;
    const enum group_outcome outcome = group_put(group, c, &new, &at, &run->set->counts.dropped);
    state->samples += group->capacity - capacity;
    keep_bounds(run->set, state);
    run->set->counts.late += outcome == GROUP_LATE;
    if (outcome != GROUP_TAKEN || !group_judge(group, c, at, hit) || !is_quiet(group, c, hit->last_ms)) {
        return false;
    }
    group->has_hit = true;
    group->hit_ms = hit->last_ms;
    hit->correlation = use->correlation;
    hit->group = group_words(run, state, use->place);
    return true;
}

static void follow(struct run *run, size_t node, size_t depth)
{
    for (const struct use *use = run->set->uses[node]; use && depth <= CORRELATION_CHAIN_MAX; use = use->next) {
        struct correlation_hit hit = { 0 };
        if (!take(run, use, &hit)) {
            continue;
        }
        run->set->counts.hits++;
        if (run->hit_count < run->max) {
            run->hits[run->hit_count++] = hit;
        }
        follow(run, run->set->rule_count + use->correlation, depth + 1);
    }
}

size_t correlation_event(struct correlation_set *set, struct arena *arena, const uint32_t *matched, size_t matched_count,
                         const struct correlation_event *event, struct correlation_hit *hits, size_t max)
{
    struct run run = { .set = set, .arena = arena, .event = event, .hits = hits, .max = max };
    for (size_t i = 0; i < matched_count; i++) {
        if (matched[i] < set->rule_count) {
            follow(&run, matched[i], 1);
        }
    }
    return run.hit_count;
}

struct str correlation_words(struct arena *arena, const struct correlation_set *set, const struct correlation_hit *hit)
{
    static const char *const measures[] = { "events", "values", "rules", "rules in order", "in sum", "on average", "percent" };
    const struct correlation *c = set->states[hit->correlation].rule;
    const bool number = c->type == CORRELATION_VALUE_PERCENTILE && c->percentile >= 0;
    struct text words = text_new(arena);
    text_add_format(&words, "%.15g %s within %.15g s", hit->measured, number ? "as percentile" : measures[c->type],
                    (double)(hit->last_ms - hit->first_ms) / 1000);
    if (hit->group.len > 0) {
        text_add_format(&words, " for %" STR_FMT, STR_ARG(hit->group));
    }
    return text_str(&words);
}
