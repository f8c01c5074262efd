/* wake.c - which rules are looked at for a document, and the memory of that.
 *
 * It depends on the values of few fields, the set's keys, and logs have the same values together again and again. So the
 * rules woken are remembered by the memo serials of those values: a serial stands for one text as long as the memo holds
 * it, and for no other text ever. */
#include "match/set.h"

static void wake_rule(struct match_scratch *scratch, uint32_t rule)
{
    const uint32_t word = rule / 64;
    scratch->woken[word] |= (uint64_t)1 << rule % 64;
    scratch->woken_words[word / 64] |= (uint64_t)1 << word % 64;
}

static void wake(struct match_scratch *scratch, const struct rule_list *list)
{
    for (size_t i = 0; i < list->count; i++) {
        const struct sleeper sleeper = list->sleepers[i];
        if (sleeper.guard == NO_GUARD || match_test_holds(scratch, sleeper.guard)) {
            wake_rule(scratch, sleeper.rule);
        }
    }
}

struct waker {
    struct match_scratch *scratch;
    const struct rule_list *lists;
};

static void wake_literal(void *context, uint32_t literal)
{
    const struct waker *waker = context;
    wake(waker->scratch, &waker->lists[literal]);
}

/* Gathers what a search finds, for the memo. */
struct searching {
    struct waker waker;
    struct memo *memo;
    size_t count;
};

static void wake_and_note(void *context, uint32_t literal)
{
    struct searching *searching = context;
    if (searching->count < MEMO_HITS_MAX) {
        searching->memo->hits[searching->count] = literal;
    }
    searching->count++;
    wake_literal(&searching->waker, literal);
}

static void search_literals(struct match_scratch *scratch, const struct match_field *field, struct str text)
{
    struct waker waker = { scratch, field->literal_wakes };
    struct memo_table *table = match_memos(scratch, (uint32_t)(field - scratch->set->fields));
    struct memo *memo = table ? memo_of(table, text) : NULL;
    if (memo == NULL) {
        literals_find(field->literals, text, wake_literal, &waker);
        return;
    }
    if (memo->hit_count == MEMO_UNSEARCHED) {
        /* Waking asks guards; those compare values and look into no memo: this place stays the text's. */
        struct searching searching = { waker, memo, 0 };
        literals_find(field->literals, text, wake_and_note, &searching);
        memo->hit_count = searching.count <= MEMO_HITS_MAX ? (uint8_t)searching.count : (uint8_t)MEMO_UNSEARCHED;
        return;
    }
    for (size_t i = 0; i < memo->hit_count; i++) {
        wake_literal(&waker, memo->hits[i]);
    }
}

static void wake_by_value(struct match_scratch *scratch, const struct match_field *field, struct seen_value value)
{
    if (value.known) {
        wake(scratch, &value.known->wakes);
    }
    if (field->literals && value.text.ptr) {
        search_literals(scratch, field, value.text);
    }
}

static void wake_by_fields(struct match_scratch *scratch)
{
    const struct match_set *set = scratch->set;
    wake(scratch, &set->always);
    for (size_t i = 0; i < set->woken_field_count; i++) {
        const struct match_field *field = &set->fields[set->woken_fields[i]];
        const struct seen_field seen = *match_field_seen(scratch, set->woken_fields[i]);
        if (seen.count) {
            wake(scratch, &field->present_wakes);
        }
        for (size_t j = 0; j < seen.count; j++) {
            wake_by_value(scratch, field, scratch->values[seen.first + j]);
        }
    }
}

/* --- the memory of it --- */

/* The serial of the value at a key; 0: it is something else than one plain text of usual length. */
ALWAYS_INLINE uint64_t serial_of(struct match_scratch *scratch, uint32_t field, const struct scan_value *value)
{
    if (value->kind != SCAN_STRING || value->escaped || value->next != 0) {
        return 0;
    }
    struct memo_table *table = match_memos(scratch, field);
    const struct memo *memo = memo_of(table, (struct str){ value->ptr, value->len });
    return memo ? memo->serial : 0;
}

/* What stands at the keys, as words of key and serial; absent ones have none, and of some it only counts that they are there.
 * False: it can't be said so. */
static bool read_keys(struct match_scratch *scratch, struct waking *out)
{
    const struct match_set *set = scratch->set;
    for (size_t i = 0; i < set->key_count; i++) {
        const struct match_key *key = &set->keys[i];
        const struct scan_value *value = &scratch->slots[key->slot];
        if (value->kind == SCAN_ABSENT) {
            continue;
        }
        const uint64_t serial = key->text_counts ? serial_of(scratch, key->field, value) : 1;
        if (serial == 0 || out->present == KEYS_PRESENT_MAX) {
            return false;
        }
        out->words[out->present++] = (uint64_t)i << 56 | serial;
    }
    return true;
}

static struct waking *waking_of(const struct match_scratch *scratch, const struct waking *like)
{
    uint64_t mixed = 0;
    for (size_t i = 0; i < like->present; i++) {
        mixed = (mixed ^ like->words[i]) * 0x9E3779B97F4A7C15u;
        mixed ^= mixed >> 32;
    }
    return &scratch->wakings[mixed % WAKINGS];
}

static bool is_like(const struct waking *waking, const struct waking *like)
{
    return waking->known && waking->present == like->present
        && memcmp(waking->words, like->words, like->present * sizeof(like->words[0])) == 0;
}

static void note_woken(const struct match_scratch *scratch, struct waking *waking)
{
    const size_t words = scratch->set->rule_count / 64 + 1;
    waking->count = 0;
    for (size_t i = 0; i <= words / 64; i++) {
        for (uint64_t outer = scratch->woken_words[i]; outer; outer &= outer - 1) {
            const size_t word = i * 64 + (unsigned)__builtin_ctzll(outer);
            for (uint64_t bits = scratch->woken[word]; bits; bits &= bits - 1) {
                if (waking->count == WAKING_RULES_MAX) {
                    waking->known = false;
                    return;
                }
                waking->rules[waking->count++] = (uint32_t)(word * 64 + (unsigned)__builtin_ctzll(bits));
            }
        }
    }
    waking->known = true;
}

static void wake_as_before(struct match_scratch *scratch)
{
    struct waking now;
    now.present = 0;
    if (scratch->set->key_count == 0 || scratch->epoch < DOCUMENTS_BEFORE_MEMOS || !read_keys(scratch, &now)) {
        wake_by_fields(scratch);
        return;
    }
    scratch->wakings = scratch->wakings ? scratch->wakings : memory_new(WAKINGS * sizeof(*scratch->wakings));
    struct waking *waking = waking_of(scratch, &now);
    if (LIKELY(is_like(waking, &now))) {
        for (size_t i = 0; i < waking->count; i++) {
            wake_rule(scratch, waking->rules[i]);
        }
        return;
    }
    wake_by_fields(scratch);
    waking->present = now.present;
    memcpy(waking->words, now.words, sizeof(now.words));
    note_woken(scratch, waking);
}

void match_wake_rules(struct match_scratch *scratch)
{
    const struct match_set *set = scratch->set;
    wake_as_before(scratch);
    if (set->document_literals) {
        struct waker waker = { scratch, set->document_wakes };
        literals_find(set->document_literals, scan_source(scratch->scan), wake_literal, &waker);
    }
}
