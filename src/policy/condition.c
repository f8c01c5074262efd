/* condition.c - the condition operators: one table, one test per operand type.
 *
 * spec: IAM user guide, "IAM JSON policy elements: Condition operators" and "multivalued context keys". */
#include "base/clock.h"
#include "policy/compiled.h"

enum order { EQUAL = 1, LESS = 2, GREATER = 4 };

/* A value of the request, read once for all values of the policy. */
struct given {
    struct str text;
    struct literal literal;
    struct str parts[ARN_PARTS];
    size_t part_count;
};

struct operator {
    const char *name;
    bool (*read)(struct str text, struct literal *out); /* NULL: text */
    bool (*fits)(const struct asked *asked, const struct pattern *pattern, const struct literal *wanted,
                 const struct given *given, int detail);
    int detail;
    bool negated;
};

static bool text_fits(const struct asked *asked, const struct pattern *pattern, const struct literal *wanted,
                      const struct given *given, int detail)
{
    (void)wanted;
    return pattern_match(asked, pattern, given->text, (enum match_mode)detail);
}

static bool arn_fits(const struct asked *asked, const struct pattern *pattern, const struct literal *wanted,
                     const struct given *given, int detail)
{
    (void)wanted;
    (void)detail;
    return pattern_match_arn(asked, pattern, given->text, given->parts, given->part_count);
}

static bool bool_fits(const struct asked *asked, const struct pattern *pattern, const struct literal *wanted,
                      const struct given *given, int detail)
{
    (void)wanted;
    (void)detail;
    const bool truth = str_equal_nocase(given->text, STR("true")) || str_equal_nocase(given->text, STR("false"));
    return truth && pattern_match(asked, pattern, given->text, MATCH_NO_CASE);
}

static bool bytes_fit(const struct asked *asked, const struct pattern *pattern, const struct literal *wanted,
                      const struct given *given, int detail)
{
    (void)asked;
    (void)wanted;
    (void)detail;
    return str_equal(pattern->text, given->text);
}

static bool order_fits(const struct asked *asked, const struct pattern *pattern, const struct literal *wanted,
                       const struct given *given, int order)
{
    (void)asked;
    (void)pattern;
    const double left = given->literal.number;
    const double right = wanted->number;
    return wanted->sound && given->literal.sound &&
           ((order & EQUAL && left >= right && left <= right) || (order & LESS && left < right) ||
            (order & GREATER && left > right));
}

static bool address_fits(const struct asked *asked, const struct pattern *pattern, const struct literal *wanted,
                         const struct given *given, int detail)
{
    (void)asked;
    (void)pattern;
    (void)detail;
    return wanted->sound && given->literal.sound && address_range_holds(&wanted->range, &given->literal.range);
}

static bool read_number(struct str text, struct literal *out)
{
    return str_to_double(text, &out->number);
}

/* A full W3C date, a day alone, or seconds since 1970. */
static bool read_date(struct str text, struct literal *out)
{
    char day[] = "0000-00-00T00:00:00Z";
    int64_t ms = 0;
    int64_t seconds = 0;
    bool sound = false;
    if (str_to_int(text, &seconds)) {
        sound = !MUL_OVERFLOWS(seconds, 1000, &ms);
    } else if (text.len == 10) {
        memcpy(day, text.ptr, text.len);
        sound = clock_parse_iso8601(str_of(day), &ms);
    } else {
        sound = clock_parse_iso8601(text, &ms);
    }
    out->number = (double)ms;
    return sound;
}

static bool read_address(struct str text, struct literal *out)
{
    return address_range_parse(text, &out->range);
}

static const struct operator OPERATORS[] = {
    { "StringEquals", NULL, text_fits, MATCH_EXACT, false },
    { "StringNotEquals", NULL, text_fits, MATCH_EXACT, true },
    { "StringEqualsIgnoreCase", NULL, text_fits, MATCH_NO_CASE, false },
    { "StringNotEqualsIgnoreCase", NULL, text_fits, MATCH_NO_CASE, true },
    { "StringLike", NULL, text_fits, MATCH_LIKE, false },
    { "StringNotLike", NULL, text_fits, MATCH_LIKE, true },
    { "NumericEquals", read_number, order_fits, EQUAL, false },
    { "NumericNotEquals", read_number, order_fits, EQUAL, true },
    { "NumericLessThan", read_number, order_fits, LESS, false },
    { "NumericLessThanEquals", read_number, order_fits, LESS | EQUAL, false },
    { "NumericGreaterThan", read_number, order_fits, GREATER, false },
    { "NumericGreaterThanEquals", read_number, order_fits, GREATER | EQUAL, false },
    { "DateEquals", read_date, order_fits, EQUAL, false },
    { "DateNotEquals", read_date, order_fits, EQUAL, true },
    { "DateLessThan", read_date, order_fits, LESS, false },
    { "DateLessThanEquals", read_date, order_fits, LESS | EQUAL, false },
    { "DateGreaterThan", read_date, order_fits, GREATER, false },
    { "DateGreaterThanEquals", read_date, order_fits, GREATER | EQUAL, false },
    { "Bool", NULL, bool_fits, 0, false },
    { "BinaryEquals", NULL, bytes_fit, 0, false },
    { "IpAddress", read_address, address_fits, 0, false },
    { "NotIpAddress", read_address, address_fits, 0, true },
    { "ArnEquals", NULL, arn_fits, 0, false },
    { "ArnLike", NULL, arn_fits, 0, false },
    { "ArnNotEquals", NULL, arn_fits, 0, true },
    { "ArnNotLike", NULL, arn_fits, 0, true },
    { "Null", NULL, NULL, 0, false }, /* asks whether the key is there */
};

const struct operator *operator_find(struct str name, enum quantifier *quantifier, bool *if_exists)
{
    const struct str all = STR("ForAllValues:");
    const struct str any = STR("ForAnyValue:");
    const struct str suffix = STR("IfExists");
    *quantifier = str_starts(name, all) ? FOR_ALL_VALUES : str_starts(name, any) ? FOR_ANY_VALUE : ANY_OR_NONE;
    if (*quantifier != ANY_OR_NONE) {
        name = str_from(name, *quantifier == FOR_ALL_VALUES ? all.len : any.len);
    }
    *if_exists = str_ends(name, suffix);
    if (*if_exists) {
        name = str_slice(name, 0, name.len - suffix.len);
    }
    for (size_t i = 0; i < COUNT_OF(OPERATORS); i++) {
        const bool suits = OPERATORS[i].fits || (!*if_exists && *quantifier == ANY_OR_NONE);
        if (suits && str_equal(name, str_of(OPERATORS[i].name))) {
            return &OPERATORS[i];
        }
    }
    return NULL;
}

bool operator_wants_arn(const struct operator *operator)
{
    return operator && operator->fits == arn_fits;
}

bool operator_demands(const struct operator *operator)
{
    return operator && operator->fits && !operator->negated;
}

void condition_compile(struct arena *arena, struct condition *condition)
{
    const struct operator *operator = condition->operator;
    if (operator == NULL || operator->read == NULL) {
        return;
    }
    struct literal *literals = ARENA_ARRAY(arena, struct literal, condition->values.count + 1);
    for (size_t i = 0; i < condition->values.count; i++) {
        literals[i].sound = operator->read(condition->values.items[i].text, &literals[i]);
    }
    condition->literals = literals;
}

/* One value of the request against the policy's list: any of them fits, or none when the operator is negated. */
static bool value_passes(const struct asked *asked, const struct condition *condition, struct str value)
{
    static const struct literal none = { .sound = false };
    const struct operator *operator = condition->operator;
    struct given given = { .text = value };
    if (operator->read) {
        given.literal.sound = operator->read(value, &given.literal);
    } else if (operator->fits == arn_fits) {
        given.part_count = arn_split(value, given.parts);
    }
    for (size_t i = 0; i < condition->values.count; i++) {
        const struct literal *wanted = condition->literals ? &condition->literals[i] : &none;
        if (operator->fits(asked, &condition->values.items[i], wanted, &given, operator->detail)) {
            return !operator->negated;
        }
    }
    return operator->negated;
}

static bool null_met(const struct condition *condition, bool present)
{
    const struct str wanted = present ? STR("false") : STR("true");
    for (size_t i = 0; i < condition->values.count; i++) {
        if (str_equal_nocase(condition->values.items[i].text, wanted)) {
            return true;
        }
    }
    return false;
}

static bool absent_met(const struct condition *condition)
{
    if (condition->if_exists || condition->quantifier == FOR_ALL_VALUES) {
        return true;
    }
    return condition->quantifier == ANY_OR_NONE && condition->operator->negated;
}

/* spec: IAM user guide, multivalued context keys: they need a set operator; without one, several values meet nothing. */
bool condition_met(const struct asked *asked, const struct condition *condition)
{
    const struct policy_question *question = asked->question;
    if (condition->operator == NULL) {
        return false;
    }
    struct policy_values values = { NULL, 0 };
    const bool present = question->lookup && question->lookup(question->lookup_argument, condition->key, &values) &&
                         values.count > 0;
    if (condition->operator->fits == NULL) {
        return null_met(condition, present);
    }
    if (!present) {
        return absent_met(condition);
    }
    if (condition->quantifier == ANY_OR_NONE) {
        return values.count == 1 && value_passes(asked, condition, values.items[0]);
    }
    const bool every = condition->quantifier == FOR_ALL_VALUES;
    for (size_t i = 0; i < values.count; i++) {
        if (value_passes(asked, condition, values.items[i]) != every) {
            return !every;
        }
    }
    return every;
}
