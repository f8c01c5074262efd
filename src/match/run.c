#include "base/clock.h"
#include "match/set.h"

enum { ARENA_FIRST = 64 * 1024, VALUES_FIRST = 256 };

struct match_scratch *match_scratch_open(void)
{
    struct match_scratch *scratch = memory_new(sizeof(*scratch));
    scratch->arena = arena_open();
    arena_alloc_raw(scratch->arena, ARENA_FIRST); /* a first block that most documents never outgrow */
    scratch->regex = regex_scratch_open();
    scratch->value_capacity = VALUES_FIRST;
    scratch->values = memory_new(VALUES_FIRST * sizeof(*scratch->values));
    return scratch;
}

static void drop_memos(struct match_scratch *scratch)
{
    for (size_t i = 0; i < scratch->memo_count; i++) {
        memory_free(scratch->memos[i]);
    }
    memory_free(scratch->memos);
    memory_free(scratch->wakings);
    scratch->memos = NULL;
    scratch->wakings = NULL;
    scratch->memo_count = 0;
}

struct memo_table *match_memos(struct match_scratch *scratch, uint32_t field)
{
    struct memo_table *table = scratch->memos[field];
    if (LIKELY(table || scratch->epoch < DOCUMENTS_BEFORE_MEMOS || !scratch->set->fields[field].remembered)) {
        return table;
    }
    scratch->memos[field] = memory_new(sizeof(*table));
    return scratch->memos[field];
}

static void drop_arrays(struct match_scratch *scratch)
{
    drop_memos(scratch);
    memory_free(scratch->fields);
    memory_free(scratch->verdicts);
    memory_free(scratch->woken);
    memory_free(scratch->woken_words);
}

void match_scratch_close(struct match_scratch *scratch)
{
    if (scratch) {
        drop_arrays(scratch);
        memory_free(scratch->values);
        regex_scratch_close(scratch->regex);
        arena_close(scratch->arena);
        memory_free(scratch);
    }
}

uint64_t match_scratch_limits(const struct match_scratch *scratch)
{
    return scratch->limits;
}

void match_scratch_begin(struct match_scratch *scratch, const struct match_set *set, const struct scan *scan)
{
    if (scratch->stamp != set->stamp) {
        const size_t words = set->rule_count / 64 + 1;
        drop_arrays(scratch);
        scratch->memos = memory_new((set->field_count + 1) * sizeof(struct memo_table *));
        scratch->memo_count = set->field_count;
        scratch->stamp = set->stamp;
        scratch->fields = memory_new(set->field_count * sizeof(*scratch->fields));
        scratch->verdicts = memory_new(set->test_count * sizeof(*scratch->verdicts));
        scratch->woken = memory_new(words * sizeof(*scratch->woken));
        scratch->woken_words = memory_new((words / 64 + 1) * sizeof(*scratch->woken_words));
    }
    scratch->set = set;
    scratch->scan = scan;
    scratch->slots = scan_values(scan);
    scratch->epoch++;
    scratch->value_count = 0;
    arena_reset(scratch->arena);
}

/* --- values --- */

static uint32_t spelled(const struct interned *known, struct str text)
{
    for (const struct spelling *s = known ? known->spellings : NULL; s; s = s->next) {
        if (str_equal(s->text, text)) {
            return s->number;
        }
    }
    return 0;
}

/* Looked up once per value; NULL: there is none. */
static struct memo *memo_seen(struct match_scratch *scratch, uint32_t field, struct seen_value *seen)
{
    if (seen->memo && seen->memo->serial == seen->serial) {
        return seen->memo;
    }
    struct memo_table *table = match_memos(scratch, field);
    seen->memo = table ? memo_of(table, seen->text) : NULL;
    seen->serial = seen->memo ? seen->memo->serial : 0;
    return seen->memo;
}

/* Whether some rule asks for the value; from the memo, where there is one. */
static void recognise(struct match_scratch *scratch, const struct match_field *field, struct seen_value *seen)
{
    struct memo *memo = memo_seen(scratch, (uint32_t)(field - scratch->set->fields), seen);
    if (memo && memo->recognised) {
        seen->known = memo->value;
        seen->exact = memo->spelling;
        return;
    }
    seen->known = match_field_find(field, seen->text);
    seen->exact = spelled(seen->known, seen->text);
    if (memo) {
        memo->recognised = true;
        memo->value = seen->known;
        memo->spelling = seen->exact;
    }
}

static struct seen_value see(struct match_scratch *scratch, const struct match_field *field, const struct scan_value *value)
{
    struct seen_value seen = { .kind = value->kind, .source = value->ptr };
    if (value->kind == SCAN_NULL) {
        return seen;
    }
    seen.text = value->kind == SCAN_STRING ? scan_text(scratch->arena, value) : (struct str){ value->ptr, value->len };
    const bool named = field->flat ? value->kind == SCAN_STRING : value->kind != SCAN_OBJECT;
    if (named && field->table) {
        recognise(scratch, field, &seen);
    }
    return seen;
}

static void see_slot(struct match_scratch *scratch, const struct match_field *field, uint16_t slot)
{
    const struct scan_value *value = &scratch->slots[slot];
    if (value->kind == SCAN_ABSENT) {
        return;
    }
    for (; value; value = scan_more(scratch->scan, value)) {
        if (field->flat && value->kind == SCAN_OBJECT) {
            continue;
        }
        if (scratch->value_count == scratch->value_capacity) {
            scratch->value_capacity *= 2;
            scratch->values = memory_grow(scratch->values, scratch->value_capacity * sizeof(*scratch->values));
        }
        scratch->values[scratch->value_count++] = see(scratch, field, value);
    }
}

static void see_all(struct match_scratch *scratch, const struct match_field *field, struct seen_field *seen)
{
    seen->epoch = scratch->epoch;
    seen->first = scratch->value_count;
    see_slot(scratch, field, field->each);
    for (size_t i = 0; i < field->joined_count; i++) {
        see_slot(scratch, field, field->joined[i]);
    }
    seen->count = scratch->value_count - seen->first;
}

/* By number, as the array of values may move when another field is looked at. */
const struct seen_field *match_field_seen(struct match_scratch *scratch, uint32_t field)
{
    struct seen_field *seen = &scratch->fields[field];
    if (seen->epoch != scratch->epoch) {
        see_all(scratch, &scratch->set->fields[field], seen);
    }
    return seen;
}

const struct seen_value *match_field_values(struct match_scratch *scratch, uint32_t field, size_t *count)
{
    const struct seen_field *seen = match_field_seen(scratch, field);
    *count = seen->count;
    return scratch->values + seen->first;
}

static struct str lowered(struct match_scratch *scratch, struct seen_value *value)
{
    if (value->lower.ptr == NULL) {
        char *bytes = arena_alloc_raw(scratch->arena, value->text.len + 1);
        match_text_lower(bytes, value->text);
        value->lower = (struct str){ bytes, value->text.len };
    }
    return value->lower;
}

/* --- tests --- */

static bool has_number(const struct match_test *test, uint32_t number)
{
    size_t low = 0;
    size_t high = test->value_count;
    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        if (test->numbers[middle] == number) {
            return true;
        }
        if (test->numbers[middle] < number) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return false;
}

static bool within(const struct predicate *p, double number)
{
    return (p->low_open ? number > p->low : number >= p->low) && (p->high_open ? number < p->high : number <= p->high);
}

/* spec: ISO 8601 week: the one that holds the year's first Thursday is the first. */
static int64_t week_of(int64_t ms)
{
    const int64_t day_ms = (int64_t)24 * 3600 * 1000;
    const int64_t days = ms / day_ms - (ms % day_ms < 0);
    const int64_t weekday = ((days + 3) % 7 + 7) % 7; /* Monday is 0; 1970-01-01 was a Thursday */
    const int64_t thursday = days - weekday + 3;
    const struct civil_time year_start = { .year = clock_civil(thursday * day_ms).year, .month = 1, .day = 1 };
    return (thursday - clock_from_civil(year_start) / day_ms) / 7 + 1;
}

static bool time_within(const struct predicate *p, const struct seen_value *value)
{
    int64_t ms = 0;
    if (value->kind != SCAN_STRING || !clock_parse_iso8601(value->text, &ms)) {
        return false;
    }
    const struct civil_time civil = clock_civil(ms);
    switch (p->unit) {
    case UNIT_MILLISECONDS: return within(p, (double)ms);
    case UNIT_MINUTE: return within(p, civil.minute);
    case UNIT_HOUR: return within(p, civil.hour);
    case UNIT_DAY: return within(p, civil.day);
    case UNIT_WEEK: return within(p, (double)week_of(ms));
    case UNIT_MONTH: return within(p, civil.month);
    case UNIT_YEAR: return within(p, (double)civil.year);
    }
    return false;
}

static bool one_text_holds(struct match_scratch *scratch, const struct match_test *test, size_t i, struct str text)
{
    bool limited = false;
    bool found = false;
    switch (test->op) {
    case PREDICATE_PREFIX: return str_starts(text, test->texts[i]);
    case PREDICATE_SUFFIX: return str_ends(text, test->texts[i]);
    case PREDICATE_CONTAINS: return match_text_contains(text, test->texts[i]);
    case PREDICATE_WILDCARD: return wildcard_match(&test->wildcards[i], text);
    case PREDICATE_KEYWORD:
        return test->wildcards[i].tokens ? wildcard_match(&test->wildcards[i], text) : match_text_contains(text, test->texts[i]);
    case PREDICATE_REGEX:
        found = regex_found(test->regexes[i], scratch->regex, text, &limited);
        scratch->limits += limited;
        return found;
    default: return false;
    }
}

static bool text_holds(struct match_scratch *scratch, const struct match_test *test, struct str text)
{
    for (size_t i = 0; i < test->value_count; i++) {
        if (one_text_holds(scratch, test, i, text)) {
            return true;
        }
    }
    return false;
}

static bool network_within(const struct match_test *test, struct str text)
{
    struct network address = { 0 };
    if (str_find(text, '/') != STR_MISSING || !network_parse(text, &address)) {
        return false;
    }
    for (size_t i = 0; i < test->value_count; i++) {
        if (network_holds(&test->networks[i], &address)) {
            return true;
        }
    }
    return false;
}

static bool number_holds(const struct match_test *test, double number)
{
    if (test->doubles == NULL) {
        return within(&test->predicate, number);
    }
    for (size_t i = 0; i < test->value_count; i++) {
        if (test->doubles[i] >= number && test->doubles[i] <= number) {
            return true;
        }
    }
    return false;
}

/* Read once however many tests ask. */
static bool value_number(struct seen_value *value, double *number)
{
    if (value->numeric == NUMERIC_UNKNOWN) {
        const bool may = value->kind == SCAN_NUMBER || value->kind == SCAN_STRING;
        value->numeric = may && str_to_double(value->text, &value->number) ? NUMERIC_YES : NUMERIC_NO;
    }
    *number = value->number;
    return value->numeric == NUMERIC_YES;
}

/* Whether a flat test asks anything of such a value. */
static bool flat_takes(enum predicate_operator op, enum scan_kind kind)
{
    return op == PREDICATE_BOOL || op == PREDICATE_EXISTS || kind == (op == PREDICATE_NUMBER ? SCAN_NUMBER : SCAN_STRING);
}

/* The verdict on the text alone: from the memo, where there is one. */
static bool text_verdict(struct match_scratch *scratch, const struct match_test *test, struct seen_value *value)
{
    struct memo *memo = test->memo < MEMO_TESTS ? memo_seen(scratch, test->field, value) : NULL;
    const uint64_t bit = memo ? (uint64_t)1 << test->memo : 0;
    if (memo && (memo->known & bit)) {
        return (memo->held & bit) != 0;
    }
    const uint64_t limits = scratch->limits;
    const bool lower = test->ignore_case && test->op != PREDICATE_REGEX;
    const bool held = text_holds(scratch, test, lower ? lowered(scratch, value) : value->text);
    if (memo && limits == scratch->limits) {
        memo->known |= bit;
        memo->held |= held ? bit : 0;
    }
    return held;
}

/* For one value, before anything_but turns it round. */
bool match_test_value(struct match_scratch *scratch, const struct match_test *test, struct seen_value *value)
{
    double number = 0;
    if (test->op == PREDICATE_NULL) {
        return value->kind == SCAN_NULL;
    }
    if (value->kind == SCAN_NULL || (test->flat && !flat_takes(test->op, value->kind))) {
        return false;
    }
    switch (test->op) {
    case PREDICATE_EQUALS:
        return value->known && has_number(test, test->ignore_case ? value->known->number : value->exact);
    case PREDICATE_NUMBER:
        return value_number(value, &number) && number_holds(test, number);
    case PREDICATE_TIME: return time_within(&test->predicate, value);
    case PREDICATE_CIDR: return value->kind == SCAN_STRING && network_within(test, value->text);
    case PREDICATE_BOOL:
        return value->kind == (test->predicate.low > 0 || test->predicate.low < 0 ? SCAN_TRUE : SCAN_FALSE);
    default: return text_verdict(scratch, test, value);
    }
}

static bool texts_compare(const struct predicate *p, struct str a, struct str b)
{
    if (p->starts) {
        return str_starts(a, b);
    }
    if (p->ends) {
        return str_ends(a, b);
    }
    return p->part ? match_text_contains(a, b) : str_equal(a, b);
}

/* spec: Sigma appendix modifiers, fieldref. Compares every value of one field with every one of the other. */
static bool fields_compare(struct match_scratch *scratch, const struct match_test *test)
{
    const struct predicate *p = &test->predicate;
    const struct seen_field right = *match_field_seen(scratch, test->other);
    const struct seen_field left = *match_field_seen(scratch, test->field);
    for (size_t i = 0; i < left.count; i++) {
        struct seen_value *a = &scratch->values[left.first + i];
        bool holds = false;
        for (size_t j = 0; j < right.count && !holds; j++) {
            struct seen_value *b = &scratch->values[right.first + j];
            if (a->text.ptr && b->text.ptr) {
                holds = p->ignore_case ? texts_compare(p, lowered(scratch, a), lowered(scratch, b))
                                       : texts_compare(p, a->text, b->text);
            }
        }
        if (holds != p->anything_but) {
            return true;
        }
    }
    return false;
}

static struct str document_lowered(struct match_scratch *scratch)
{
    if (scratch->document_epoch != scratch->epoch) {
        const struct str source = scan_source(scratch->scan);
        char *bytes = arena_alloc_raw(scratch->arena, source.len + 1);
        match_text_lower(bytes, source);
        scratch->document_lower = (struct str){ bytes, source.len };
        scratch->document_epoch = scratch->epoch;
    }
    return scratch->document_lower;
}

static bool test_decide(struct match_scratch *scratch, const struct match_test *test)
{
    switch (test->op) {
    case PREDICATE_EXISTS:
        if (test->flat) {
            return (match_field_seen(scratch, test->field)->count > 0) != test->anything_but;
        }
        return (scan_get(scratch->scan, scratch->set->fields[test->field].whole)->kind != SCAN_ABSENT) != test->anything_but;
    case PREDICATE_KEYWORD:
        return text_holds(scratch, test, test->ignore_case ? document_lowered(scratch) : scan_source(scratch->scan))
               != test->anything_but;
    case PREDICATE_FIELD: return fields_compare(scratch, test);
    default: break;
    }
    const struct seen_field seen = *match_field_seen(scratch, test->field);
    for (size_t i = 0; i < seen.count; i++) {
        if (match_test_value(scratch, test, &scratch->values[seen.first + i]) != test->anything_but) {
            return true;
        }
    }
    return false;
}

bool match_test_holds(struct match_scratch *scratch, uint32_t index)
{
    const struct match_test *test = &scratch->set->tests[index];
    if (test->once) {
        return test_decide(scratch, test);
    }
    uint64_t *verdict = &scratch->verdicts[index];
    if (*verdict >> 1 != scratch->epoch) {
        *verdict = scratch->epoch << 1 | test_decide(scratch, test);
    }
    return *verdict & 1;
}

/* --- rules --- */

bool match_node_holds(struct match_scratch *scratch, const struct match_node *node)
{
    if (node->kind == PREDICATE_TEST) {
        return match_test_holds(scratch, node->test);
    }
    if (node->kind == PREDICATE_NOT) {
        return !match_node_holds(scratch, node + 1);
    }
    if (node->together) {
        return match_together_holds(scratch, node);
    }
    const bool stop_at = node->kind == PREDICATE_ANY;
    for (const struct match_node *child = node + 1; child < node + node->size; child += child->size) {
        if (match_node_holds(scratch, child) == stop_at) {
            return stop_at;
        }
    }
    return !stop_at;
}

/* Takes one word of woken rules and evaluates them in order. */
static size_t judge_word(struct match_scratch *scratch, size_t word, uint32_t *rule_ids, size_t max)
{
    size_t count = 0;
    uint64_t bits = scratch->woken[word];
    scratch->woken[word] = 0;
    for (; bits; bits &= bits - 1) {
        const struct match_rule *rule = &scratch->set->rules[word * 64 + (unsigned)__builtin_ctzll(bits)];
        if (count < max && match_node_holds(scratch, rule->nodes)) {
            rule_ids[count++] = rule->id;
        }
    }
    return count;
}

size_t match_run(const struct match_set *set, struct match_scratch *scratch, const struct scan *scan, uint32_t *rule_ids,
                 size_t max)
{
    match_scratch_begin(scratch, set, scan);
    match_wake_rules(scratch);
    size_t count = 0;
    const size_t words = set->rule_count / 64 / 64 + 1;
    for (size_t i = 0; i < words; i++) {
        uint64_t bits = scratch->woken_words[i];
        scratch->woken_words[i] = 0;
        for (; bits; bits &= bits - 1) {
            count += judge_word(scratch, i * 64 + (unsigned)__builtin_ctzll(bits), rule_ids + count, max - count);
        }
    }
    return count;
}
