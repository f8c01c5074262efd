/* index.c - from an action to the statements it can concern.
 *
 * Each pattern of an Action is filed under its whole text when it holds no wildcard, under its service when that is
 * spelt out, else (as is every NotAction) among those that any action concerns. Hashes only choose: a pattern is
 * always held against the action before its statement counts. */
#include "policy/compiled.h"

uint32_t index_hash(struct str text)
{
    uint32_t hash = 2166136261U;
    for (size_t i = 0; i < text.len; i++) {
        const char c = text.ptr[i];
        hash = (hash ^ (unsigned char)(c >= 'A' && c <= 'Z' ? c + 32 : c)) * 16777619U;
    }
    return hash;
}

struct str index_service(struct str action)
{
    const size_t colon = str_find(action, ':');
    return colon == STR_MISSING ? STR_NONE : str_slice(action, 0, colon + 1);
}

/* Blanks, commas or nothing after the colon never match (as the policy simulators answer), so NotAction does. */
bool action_sound(struct str pattern)
{
    const struct str after = str_from(pattern, str_find(pattern, ':') == STR_MISSING ? 0 : str_find(pattern, ':') + 1);
    for (size_t i = 0; i < after.len; i++) {
        if (after.ptr[i] == ' ' || after.ptr[i] == '\t' || after.ptr[i] == '\n' || after.ptr[i] == ',') {
            return false;
        }
    }
    return after.len > 0;
}

bool action_named(const struct statement *statement, struct str action)
{
    for (size_t i = 0; i < statement->actions.count; i++) {
        const struct str pattern = statement->actions.items[i].text;
        if (action_sound(pattern) && policy_wildcard(pattern, action, true)) {
            return true;
        }
    }
    return false;
}

static bool wild(struct str text)
{
    return str_find(text, '*') != STR_MISSING || str_find(text, '?') != STR_MISSING;
}

/* What a pattern is filed under; false: it may concern any action. */
static bool filed_under(struct str pattern, uint32_t *hash)
{
    const struct str service = index_service(pattern);
    if (service.ptr == NULL || wild(service)) {
        return false;
    }
    *hash = index_hash(wild(pattern) ? service : pattern);
    return true;
}

static struct index_slot *slot_of(const struct action_index *index, uint32_t hash)
{
    uint32_t at = hash & index->mask;
    while (index->slots[at].count > 0 && index->slots[at].hash != hash) {
        at = (at + 1) & index->mask;
    }
    return &index->slots[at];
}

struct index_slot index_find(const struct action_index *index, uint32_t hash)
{
    return *slot_of(index, hash);
}

static size_t pattern_count(const struct policy *policy)
{
    size_t count = 0;
    for (size_t i = 0; i < policy->count; i++) {
        count += policy->statements[i].not_action ? 1 : policy->statements[i].actions.count;
    }
    return count;
}

typedef void (*visit)(struct action_index *index, struct index_entry entry, bool filed, uint32_t hash);

static void each_pattern(struct policy *policy, visit take)
{
    for (uint32_t i = 0; i < policy->count; i++) {
        const struct statement *statement = &policy->statements[i];
        if (statement->not_action) {
            take(&policy->index, (struct index_entry){ i, EVERY_PATTERN }, false, 0);
            continue;
        }
        for (uint32_t j = 0; j < statement->actions.count; j++) {
            uint32_t hash = 0;
            const struct str pattern = statement->actions.items[j].text;
            if (action_sound(pattern)) {
                const bool filed = filed_under(pattern, &hash);
                take(&policy->index, (struct index_entry){ i, j }, filed, hash);
            }
        }
    }
}

static void count_entry(struct action_index *index, struct index_entry entry, bool filed, uint32_t hash)
{
    (void)entry;
    struct index_slot *slot = filed ? slot_of(index, hash) : NULL;
    if (slot) {
        slot->hash = hash;
        slot->count++;
    } else {
        index->always++;
    }
}

/* start is one past the last entry still free, and ends at the first. */
static void place_entry(struct action_index *index, struct index_entry entry, bool filed, uint32_t hash)
{
    struct index_slot *slot = filed ? slot_of(index, hash) : NULL;
    index->entries[slot ? --slot->start : --index->always] = entry;
}

void index_build(struct arena *arena, struct policy *policy)
{
    struct action_index *index = &policy->index;
    const size_t count = pattern_count(policy);
    index->mask = 1;
    while (index->mask < 2 * count) {
        index->mask = index->mask * 2 + 1;
    }
    index->slots = ARENA_ARRAY(arena, struct index_slot, (size_t)index->mask + 1);
    index->entries = ARENA_ARRAY(arena, struct index_entry, count + 1);
    each_pattern(policy, count_entry);
    const uint32_t always = index->always;
    uint32_t end = always;
    for (size_t i = 0; i <= index->mask; i++) {
        end += index->slots[i].count;
        index->slots[i].start = end;
    }
    each_pattern(policy, place_entry);
    index->always = always;
}
