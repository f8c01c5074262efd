/* eventbridge_check.c - what EventBridge checks besides matching: the envelope of a test event, and how complex wildcards are. */
#include "base/json.h"
#include "match/eventbridge.h"
#include "match/text.h"

const struct fault EVENTBRIDGE_INVALID_EVENT = { "ValidationException", "ValidationException", "message", 400 };

/* spec: EventBridge API reference, TestEventPattern: the fields that must be present. */
struct err eventbridge_check_event(struct ctx *ctx, struct str event)
{
    static const struct str needed[] = {
        STR_INIT("id"), STR_INIT("account"), STR_INIT("source"), STR_INIT("time"), STR_INIT("region"), STR_INIT("detail-type"),
    };
    const struct json *root = json_parse(ctx->arena, event, NULL);
    for (size_t i = 0; i < COUNT_OF(needed); i++) {
        if (json_get(root, needed[i]) == NULL) {
            return fail(ctx, &EVENTBRIDGE_INVALID_EVENT, "Parameter Event is not valid.");
        }
    }
    return ERR_OK;
}

/* --- complexity ---
 * How many beginnings of the wildcard some text can keep possible at once: the walk below visits every set of places in
 * the wildcard that a text can reach. Either bound makes it end. */

enum { COMPLEXITY_MAX = 9, SETS_MAX = 4200, ALL_SETS_MAX = 20000 };

struct places {
    uint16_t list[COMPLEXITY_MAX * 2 + 2]; /* rising: how many tokens are behind */
    size_t count;
    size_t size; /* stars that stay and characters just passed */
};

static void put_place(struct places *set, const struct wildcard *w, size_t place)
{
    size_t at = set->count;
    while (at > 0 && set->list[at - 1] > place) {
        at--;
    }
    if (set->count >= COUNT_OF(set->list) || (at > 0 && set->list[at - 1] == place)) {
        return;
    }
    memmove(set->list + at + 1, set->list + at, (set->count - at) * sizeof(*set->list));
    set->list[at] = (uint16_t)place;
    set->count++;
    if (place < w->count && w->tokens[place] == WILDCARD_ANY) {
        set->size++;
        put_place(set, w, place + 1);
    }
}

static struct places step(const struct wildcard *w, const struct places *from, uint16_t c)
{
    struct places to = { .count = 0 };
    for (size_t i = 0; i < from->count; i++) {
        const size_t place = from->list[i];
        if (place < w->count && w->tokens[place] == WILDCARD_ANY) {
            put_place(&to, w, place);
        } else if (place < w->count && w->tokens[place] == c) {
            to.size++;
            put_place(&to, w, place + 1);
        }
    }
    return to;
}

static bool visited(const struct places *sets, size_t count, const struct places *set)
{
    for (size_t i = 0; i < count; i++) {
        if (sets[i].count == set->count && memcmp(sets[i].list, set->list, set->count * sizeof(*set->list)) == 0) {
            return true;
        }
    }
    return false;
}

static bool is_complex(struct arena *arena, const struct wildcard *w, size_t *sets_left)
{
    size_t capacity = 64;
    struct places *sets = ARENA_ARRAY(arena, struct places, capacity);
    size_t count = 1;
    put_place(&sets[0], w, 0);
    for (size_t i = 0; i < count; i++) {
        for (size_t j = 0; j < sets[i].count; j++) {
            const size_t place = sets[i].list[j];
            if (place >= w->count || w->tokens[place] == WILDCARD_ANY) {
                continue;
            }
            const struct places next = step(w, &sets[i], w->tokens[place]);
            if (next.size > COMPLEXITY_MAX || count == SETS_MAX || *sets_left == 0) {
                return true;
            }
            if (!visited(sets, count, &next)) {
                if (count == capacity) {
                    sets = arena_grow(arena, sets, capacity * sizeof(*sets), capacity * 2 * sizeof(*sets));
                    capacity *= 2;
                }
                sets[count++] = next;
                --*sets_left;
            }
        }
    }
    return false;
}

static struct err check_wildcards(struct ctx *ctx, const struct predicate *p, size_t *sets_left)
{
    for (size_t i = 0; p->kind != PREDICATE_TEST && i < p->child_count; i++) {
        TRY(check_wildcards(ctx, p->children[i], sets_left));
    }
    for (size_t i = 0; p->kind == PREDICATE_TEST && p->op == PREDICATE_WILDCARD && i < p->value_count; i++) {
        const struct arena_mark mark = arena_mark(ctx->arena);
        const struct wildcard wildcard = wildcard_parse(ctx->arena, p->values[i], false);
        const bool complex = is_complex(ctx->arena, &wildcard, sets_left);
        arena_release(ctx->arena, mark);
        if (complex) {
            return fail(ctx, &EVENTBRIDGE_INVALID_PATTERN, "Event pattern is not valid. Reason: Rule is too complex - try using fewer "
                        "wildcard characters or fewer repeating character sequences after a wildcard character");
        }
    }
    return ERR_OK;
}

struct err eventbridge_check_complexity(struct ctx *ctx, const struct predicate *pattern)
{
    size_t sets_left = ALL_SETS_MAX;
    return check_wildcards(ctx, pattern, &sets_left);
}
