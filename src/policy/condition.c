/* condition.c - the condition operators: one table, one test per operand type.
 *
 * spec: IAM user guide, "IAM JSON policy elements: Condition operators" and "multivalued context keys". */
#include "base/clock.h"
#include "policy/address.h"
#include "policy/compiled.h"

struct operand {
    struct arena *arena;
    const struct policy_question *question;
    const struct pattern *pattern; /* the policy's value */
    struct str value;              /* the request's */
};

enum order { EQUAL = 1, LESS = 2, GREATER = 4 };

struct operator {
    const char *name;
    bool (*fits)(const struct operand *operand, int detail);
    int detail;
    bool negated;
};

enum { EXACT = 0, NO_CASE = 1, LIKE = 2 };

static bool text_fits(const struct operand *operand, int detail)
{
    struct codes codes = { NULL, 0 };
    return pattern_expand(operand->arena, operand->pattern, operand->question, detail == LIKE, &codes) &&
           codes_match(codes, operand->value, detail == NO_CASE);
}

static bool arn_fits(const struct operand *operand, int detail)
{
    (void)detail;
    struct codes codes = { NULL, 0 };
    return pattern_expand(operand->arena, operand->pattern, operand->question, true, &codes) &&
           codes_match_arn(codes, operand->value);
}

static bool in_order(double given, double wanted, int order)
{
    return (order & EQUAL && given >= wanted && given <= wanted) || (order & LESS && given < wanted) ||
           (order & GREATER && given > wanted);
}

static bool number_fits(const struct operand *operand, int order)
{
    double given = 0;
    double wanted = 0;
    return str_to_double(operand->value, &given) && str_to_double(operand->pattern->text, &wanted) &&
           in_order(given, wanted, order);
}

/* A full W3C date, a day alone, or seconds since 1970. */
static bool parse_date(struct arena *arena, struct str s, int64_t *ms)
{
    int64_t seconds = 0;
    if (str_to_int(s, &seconds)) {
        return !MUL_OVERFLOWS(seconds, 1000, ms);
    }
    return clock_parse_iso8601(s, ms) ||
           (s.len == 10 && clock_parse_iso8601(str_format(arena, "%" STR_FMT "T00:00:00Z", STR_ARG(s)), ms));
}

static bool date_fits(const struct operand *operand, int order)
{
    int64_t given = 0;
    int64_t wanted = 0;
    return parse_date(operand->arena, operand->value, &given) &&
           parse_date(operand->arena, operand->pattern->text, &wanted) &&
           in_order((double)given, (double)wanted, order);
}

static bool bool_fits(const struct operand *operand, int detail)
{
    (void)detail;
    const bool yes = str_equal_nocase(operand->value, STR("true"));
    const bool no = str_equal_nocase(operand->value, STR("false"));
    return (yes || no) && str_equal_nocase(operand->pattern->text, operand->value);
}

static bool bytes_fit(const struct operand *operand, int detail)
{
    (void)detail;
    return str_equal(operand->pattern->text, operand->value);
}

static bool address_fits(const struct operand *operand, int detail)
{
    (void)detail;
    struct address_range network = { .bits = 0 };
    struct address_range address = { .bits = 0 };
    return address_range_parse(operand->pattern->text, &network) && address_range_parse(operand->value, &address) &&
           address_range_holds(&network, &address);
}

static const struct operator OPERATORS[] = {
    { "StringEquals", text_fits, EXACT, false },
    { "StringNotEquals", text_fits, EXACT, true },
    { "StringEqualsIgnoreCase", text_fits, NO_CASE, false },
    { "StringNotEqualsIgnoreCase", text_fits, NO_CASE, true },
    { "StringLike", text_fits, LIKE, false },
    { "StringNotLike", text_fits, LIKE, true },
    { "NumericEquals", number_fits, EQUAL, false },
    { "NumericNotEquals", number_fits, EQUAL, true },
    { "NumericLessThan", number_fits, LESS, false },
    { "NumericLessThanEquals", number_fits, LESS | EQUAL, false },
    { "NumericGreaterThan", number_fits, GREATER, false },
    { "NumericGreaterThanEquals", number_fits, GREATER | EQUAL, false },
    { "DateEquals", date_fits, EQUAL, false },
    { "DateNotEquals", date_fits, EQUAL, true },
    { "DateLessThan", date_fits, LESS, false },
    { "DateLessThanEquals", date_fits, LESS | EQUAL, false },
    { "DateGreaterThan", date_fits, GREATER, false },
    { "DateGreaterThanEquals", date_fits, GREATER | EQUAL, false },
    { "Bool", bool_fits, 0, false },
    { "BinaryEquals", bytes_fit, 0, false },
    { "IpAddress", address_fits, 0, false },
    { "NotIpAddress", address_fits, 0, true },
    { "ArnEquals", arn_fits, 0, false },
    { "ArnLike", arn_fits, 0, false },
    { "ArnNotEquals", arn_fits, 0, true },
    { "ArnNotLike", arn_fits, 0, true },
    { "Null", NULL, 0, false }, /* asks whether the key is there */
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

/* One value of the request against the policy's list: any of them fits, or none when the operator is negated. */
static bool value_passes(struct arena *arena, const struct condition *condition,
                         const struct policy_question *question, struct str value)
{
    const struct operator *operator = condition->operator;
    for (size_t i = 0; i < condition->values.count; i++) {
        const struct operand operand = { arena, question, &condition->values.items[i], value };
        if (operator->fits(&operand, operator->detail)) {
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

bool condition_met(struct arena *arena, const struct condition *condition, const struct policy_question *question)
{
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
    const bool every = condition->quantifier == FOR_ALL_VALUES ||
                       (condition->quantifier == ANY_OR_NONE && condition->operator->negated);
    for (size_t i = 0; i < values.count; i++) {
        if (value_passes(arena, condition, question, values.items[i]) != every) {
            return !every;
        }
    }
    return every;
}
