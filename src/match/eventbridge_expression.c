/* eventbridge_expression.c - { "prefix": … } and the other operators of event patterns, refused with AWS's own words.
 * spec: Amazon EventBridge user guide, comparison operators; words and places as recorded from AWS and event-ruler. */
#include <math.h>

#include "match/eventbridge_parts.h"
#include "match/network.h"

void value_list_put(struct arena *arena, struct value_list *values, struct str value)
{
    if (values->count == values->capacity) {
        const size_t grown = values->capacity ? values->capacity * 2 : 8;
        values->list = arena_grow(arena, values->list, values->capacity * sizeof(*values->list), grown * sizeof(*values->list));
        values->capacity = grown;
    }
    values->list[values->count++] = value;
}

struct predicate *alternatives_add(struct arena *arena, struct alternatives *a, enum predicate_operator op)
{
    if (a->count == a->capacity) {
        const size_t grown = a->capacity ? a->capacity * 2 : 4;
        a->tests = arena_grow(arena, a->tests, a->capacity * sizeof(*a->tests), grown * sizeof(*a->tests));
        a->capacity = grown;
    }
    struct predicate *test = ARENA_NEW(arena, struct predicate);
    *test = (struct predicate){
        .kind = PREDICATE_TEST, .op = op, .flat = true, .path = a->path, .label = a->label,
        .low = (double)-INFINITY, .high = (double)INFINITY,
    };
    a->tests[a->count++] = test;
    return test;
}

void alternatives_add_values(struct arena *arena, struct alternatives *a, enum predicate_operator op, const struct value_list *values)
{
    if (values->count) {
        struct predicate *test = alternatives_add(arena, a, op);
        test->values = values->list;
        test->value_count = values->count;
    }
}

/* spec: event-ruler: what a double makes infinite, or zero though it isn't, can't be compared. */
bool eventbridge_number(struct str text, double *out)
{
    if (!str_to_double(text, out)) {
        return false;
    }
    const bool zero = !(*out > 0 || *out < 0);
    for (size_t i = 0; zero && i < text.len && (text.ptr[i] | 0x20) != 'e'; i++) {
        if (text.ptr[i] >= '1' && text.ptr[i] <= '9') {
            return false;
        }
    }
    return true;
}

static struct err close_with(struct token_reader *r, const char *otherwise)
{
    TRY(token_next(r));
    return r->token == TOKEN_OBJECT_END ? ERR_OK : token_refuse(r, otherwise);
}

static struct err only_one_key(struct token_reader *r)
{
    return close_with(r, "Only one key allowed in match expression");
}

static struct err too_many_elements(struct token_reader *r)
{
    return close_with(r, "Too many elements in numeric expression");
}

/* --- wildcards --- */

/* Ours know ? too, which AWS's don't. Refuses what AWS refuses; positions count its opening quote. */
static struct err take_wildcard(struct token_reader *r, struct str written, struct str *out)
{
    struct text text = text_new(r->ctx->arena);
    for (size_t i = 0; i < written.len; i++) {
        const char c = written.ptr[i];
        const char next = i + 1 < written.len ? written.ptr[i + 1] : '\0';
        if (c == '*' && next == '*') {
            return token_refuse_text(r, str_format(r->ctx->arena, "Consecutive wildcard characters at pos %zu", i + 1), true);
        }
        if (c == '\\' && next != '*' && next != '\\') {
            return token_refuse_text(r, str_format(r->ctx->arena, "Invalid escape character at pos %zu", i + 1), true);
        }
        if (c == '\\') {
            text_add_char(&text, c);
            text_add_char(&text, next);
            i++;
            continue;
        }
        text_add(&text, c == '?' ? STR("\\") : STR(""));
        text_add_char(&text, c);
    }
    *out = text_str(&text);
    return ERR_OK;
}

/* --- one string --- */

struct string_operator {
    struct str name;
    enum predicate_operator op;
    bool ignore_case;
    bool nests;       /* takes { "equals-ignore-case": … } as well */
    const char *type; /* refusal of another type */
    const char *unnamed;
    const char *unsupported;
};

static const struct string_operator STRING_OPERATORS[] = {
    { STR_INIT("exactly"), PREDICATE_EQUALS, false, false, "exact match pattern must be a string", NULL, NULL },
    { STR_INIT("prefix"), PREDICATE_PREFIX, false, true, "prefix match pattern must be a string",
      "Prefix expression name not found", "Unsupported prefix pattern: " },
    { STR_INIT("suffix"), PREDICATE_SUFFIX, false, true, "suffix match pattern must be a string",
      "Suffix expression name not found", "Unsupported suffix pattern: " },
    { STR_INIT("equals-ignore-case"), PREDICATE_EQUALS, true, false, "equals-ignore-case match pattern must be a string", NULL, NULL },
    { STR_INIT("wildcard"), PREDICATE_WILDCARD, false, false, "wildcard match pattern must be a string", NULL, NULL },
};

static struct predicate *add_text(struct token_reader *r, struct alternatives *a, enum predicate_operator op, struct str text)
{
    struct value_list values = { 0 };
    value_list_put(r->ctx->arena, &values, text);
    struct predicate *test = alternatives_add(r->ctx->arena, a, op);
    test->values = values.list;
    test->value_count = values.count;
    return test;
}

static struct err read_nested(struct token_reader *r, struct alternatives *a, const struct string_operator *o)
{
    struct str text = STR_NONE;
    TRY(token_next(r));
    if (r->token != TOKEN_NAME) {
        return token_refuse(r, o->unnamed);
    }
    if (!str_equal(r->name, STR("equals-ignore-case"))) {
        return token_refuse_name(r, o->unsupported, r->name);
    }
    TRY(token_next(r));
    if (r->token != TOKEN_STRING) {
        return token_refuse(r, "equals-ignore-case match pattern must be a string");
    }
    TRY(token_text(r, &text));
    add_text(r, a, o->op, text)->ignore_case = true;
    TRY(only_one_key(r));
    return only_one_key(r);
}

static struct err read_string_operator(struct token_reader *r, struct alternatives *a, const struct string_operator *o)
{
    struct str text = STR_NONE;
    TRY(token_next(r));
    if (r->token == TOKEN_OBJECT && o->nests) {
        return read_nested(r, a, o);
    }
    if (r->token != TOKEN_STRING) {
        return token_refuse(r, o->type);
    }
    TRY(token_text(r, &text));
    if (o->op == PREDICATE_WILDCARD) {
        TRY(take_wildcard(r, text, &text));
    }
    add_text(r, a, o->op, text)->ignore_case = o->ignore_case;
    return only_one_key(r);
}

/* --- numeric --- */

struct bound {
    struct str operator;
    struct str text;
};

static struct err read_bound_value(struct token_reader *r, struct bound *bound)
{
    TRY(token_next(r));
    if (r->token != TOKEN_NUMBER) {
        return token_refuse_text(r, str_format(r->ctx->arena, "Value of %" STR_FMT " must be numeric",
                                               STR_ARG(str_equal(bound->operator, STR("=")) ? STR("equals") : bound->operator)), true);
    }
    return token_text(r, &bound->text);
}

static struct err compare_number(struct token_reader *r, struct str text, double *out)
{
    return eventbridge_number(text, out) ? ERR_OK : token_refuse_name(r, "Cannot compare number : ", text);
}

/* The second half of a range, after which the array must end. */
static struct err read_upper(struct token_reader *r, struct predicate *test, struct str bottom)
{
    struct bound top = { STR_NONE, STR_NONE };
    struct str source = STR_NONE;
    if (r->token != TOKEN_STRING) {
        TRY(token_source(r, &source));
        return token_refuse_name(r, "Bad value in numeric range: ", source);
    }
    TRY(token_text(r, &top.operator));
    test->high_open = str_equal(top.operator, STR("<"));
    if (!test->high_open && !str_equal(top.operator, STR("<="))) {
        return token_refuse_name(r, "Bad numeric range operator: ", top.operator);
    }
    TRY(read_bound_value(r, &top));
    TRY(token_next(r));
    if (r->token != TOKEN_ARRAY_END) {
        return token_refuse(r, "Too many terms in numeric range expression");
    }
    TRY(compare_number(r, bottom, &test->low));
    TRY(compare_number(r, top.text, &test->high));
    return test->low < test->high ? ERR_OK : token_refuse(r, "Bottom must be less than top");
}

static struct err read_bounds(struct token_reader *r, struct predicate *test, struct bound *first)
{
    const bool equal = str_equal(first->operator, STR("="));
    const bool lower = str_starts(first->operator, STR(">"));
    TRY(read_bound_value(r, first));
    TRY(token_next(r));
    test->low_open = str_equal(first->operator, STR(">"));
    if (lower && r->token != TOKEN_ARRAY_END) {
        return read_upper(r, test, first->text);
    }
    if (r->token != TOKEN_ARRAY_END) {
        return token_refuse(r, "Too many elements in numeric expression");
    }
    double number = 0;
    TRY(compare_number(r, first->text, &number));
    test->low = equal || lower ? number : test->low;
    test->high = lower ? test->high : number;
    test->high_open = str_equal(first->operator, STR("<"));
    return ERR_OK;
}

static struct err read_numeric(struct token_reader *r, struct alternatives *a)
{
    static const struct str operators[] = { STR_INIT("="), STR_INIT(">="), STR_INIT(">"), STR_INIT("<="), STR_INIT("<") };
    struct bound first = { STR_NONE, STR_NONE };
    struct str source = STR_NONE;
    TRY(token_next(r));
    if (r->token != TOKEN_ARRAY) {
        return token_refuse(r, "Value of numeric must be an array.");
    }
    TRY(token_next(r));
    if (r->token != TOKEN_STRING) {
        TRY(token_source(r, &source));
        return token_refuse_name(r, "Invalid member in numeric match: ", source);
    }
    TRY(token_text(r, &first.operator));
    for (size_t i = 0; i < COUNT_OF(operators); i++) {
        if (str_equal(first.operator, operators[i])) {
            TRY(read_bounds(r, alternatives_add(r->ctx->arena, a, PREDICATE_NUMBER), &first));
            return too_many_elements(r);
        }
    }
    TRY(token_next(r)); /* AWS's reader has taken the value before it looks at the operator */
    return token_refuse_name(r, "Unrecognized numeric range operator: ", first.operator);
}

/* --- anything-but --- */

struct excluded {
    const struct string_operator *op; /* NULL: plain values */
    struct value_list values;
    bool numbers;
    bool strings;
};

static const char *excluded_type(const struct excluded *e)
{
    if (e->op == NULL) {
        return "Inside anything but list, start|null|boolean is not supported.";
    }
    if (e->op->op == PREDICATE_EQUALS) {
        return "Inside anything-but/equals-ignore-case list, number|start|null|boolean is not supported.";
    }
    return e->op->op == PREDICATE_WILDCARD ? "wildcard match pattern must be a string" : "prefix/suffix match pattern must be a string";
}

static struct err take_excluded(struct token_reader *r, struct excluded *e, bool in_list)
{
    struct str text = STR_NONE;
    double number = 0;
    if (r->token != TOKEN_STRING && (e->op || r->token != TOKEN_NUMBER)) {
        return token_refuse(r, excluded_type(e));
    }
    TRY(token_text(r, &text));
    if (r->token == TOKEN_NUMBER && !eventbridge_number(text, &number)) {
        struct text message = text_new(r->ctx->arena);
        text_add(&message, STR("Cannot compare number : "));
        text_add(&message, text);
        return token_refuse_text(r, text_str(&message), in_list);
    }
    e->numbers |= r->token == TOKEN_NUMBER;
    e->strings |= r->token == TOKEN_STRING;
    if (e->op && text.len == 0 && (e->op->op == PREDICATE_PREFIX || e->op->op == PREDICATE_SUFFIX)) {
        return token_refuse(r, "Null prefix/suffix not allowed");
    }
    value_list_put(r->ctx->arena, &e->values, text);
    return ERR_OK;
}

/* AWS's reader adds its place to a refusal from inside the list, which has one already. */
static struct err refuse_again(struct token_reader *r, bool has_place)
{
    const struct str reason = str_from(r->reason, sizeof("Event pattern is not valid. Reason: ") - 1);
    return has_place ? token_refuse_text(r, reason, true) : (struct err){ &EVENTBRIDGE_INVALID_PATTERN };
}

static struct err read_excluded_list(struct token_reader *r, struct excluded *e)
{
    for (;;) {
        if (token_next(r).fault) {
            return refuse_again(r, true);
        }
        if (r->token == TOKEN_ARRAY_END) {
            return ERR_OK;
        }
        double number = 0;
        const bool incomparable = r->token == TOKEN_NUMBER && e->op == NULL && !eventbridge_number(r->text, &number);
        if (take_excluded(r, e, true).fault) {
            return refuse_again(r, !incomparable);
        }
    }
}

static struct err read_excluded_operator(struct token_reader *r, struct excluded *e)
{
    TRY(token_next(r));
    if (r->token != TOKEN_NAME) {
        return token_refuse(r, "Anything-But expression name not found");
    }
    for (size_t i = 1; i < COUNT_OF(STRING_OPERATORS); i++) {
        if (str_equal(r->name, STRING_OPERATORS[i].name)) {
            e->op = &STRING_OPERATORS[i];
            return token_next(r);
        }
    }
    return token_refuse_name(r, "Unsupported anything-but pattern: ", r->name);
}

static struct err add_excluded(struct token_reader *r, struct alternatives *a, struct excluded *e)
{
    const enum predicate_operator op = e->op ? e->op->op : e->numbers ? PREDICATE_NUMBER : PREDICATE_EQUALS;
    for (size_t i = 0; op == PREDICATE_WILDCARD && i < e->values.count; i++) {
        TRY(take_wildcard(r, e->values.list[i], &e->values.list[i]));
    }
    struct predicate *test = alternatives_add(r->ctx->arena, a, op);
    test->anything_but = true;
    test->ignore_case = e->op && e->op->ignore_case;
    test->values = e->values.list;
    test->value_count = e->values.count;
    if (e->values.count == 0) { /* nothing is excluded */
        test->op = PREDICATE_EXISTS;
        test->anything_but = false;
    }
    return ERR_OK;
}

static struct err read_anything_but(struct token_reader *r, struct alternatives *a)
{
    struct excluded e = { 0 };
    TRY(token_next(r));
    if (r->token == TOKEN_OBJECT) {
        TRY(read_excluded_operator(r, &e));
    }
    if (r->token == TOKEN_ARRAY) {
        TRY(read_excluded_list(r, &e));
        if (e.op == NULL && e.numbers == e.strings) {
            return token_refuse(r, "Inside anything but list, either all values are number or string, mixed type is not supported");
        }
    } else if (r->token == TOKEN_STRING || r->token == TOKEN_NUMBER) {
        TRY(take_excluded(r, &e, false));
    } else {
        return token_refuse(r, "Value of anything-but must be an array or single string/number value.");
    }
    TRY(add_excluded(r, a, &e));
    if (e.op) {
        TRY(too_many_elements(r));
    }
    return too_many_elements(r);
}

/* --- exists and cidr --- */

static struct err read_exists(struct token_reader *r, struct alternatives *a)
{
    TRY(token_next(r));
    if (r->token != TOKEN_TRUE && r->token != TOKEN_FALSE) {
        return token_refuse(r, "exists match pattern must be either true or false.");
    }
    alternatives_add(r->ctx->arena, a, PREDICATE_EXISTS)->anything_but = r->token == TOKEN_FALSE;
    return only_one_key(r);
}

static struct err refuse_cidr(struct token_reader *r, const char *message, struct str detail)
{
    struct text text = text_new(r->ctx->arena);
    text_add(&text, str_of(message));
    text_add(&text, detail);
    return token_refuse_text(r, text_str(&text), false);
}

static struct err check_cidr(struct token_reader *r, struct str cidr)
{
    struct str mask = STR_NONE;
    const struct str address = str_cut(cidr, '/', &mask);
    struct network network = { 0 };
    int64_t bits = 0;
    if (mask.len == 0 || str_find(mask, '/') != STR_MISSING) {
        return refuse_cidr(r, "Malformed CIDR, one '/' required", STR(""));
    }
    if (!str_to_int(mask, &bits) || bits > INT32_MAX || bits < INT32_MIN) {
        return refuse_cidr(r, "Malformed CIDR, mask bits must be an integer", STR(""));
    }
    if (bits < 0) {
        return refuse_cidr(r, "Malformed CIDR, mask bits must not be negative", STR(""));
    }
    if (!network_parse(address, &network)) {
        return refuse_cidr(r, "Nonstandard IP address: ", address);
    }
    if (bits > (network.v4 ? 31 : 127)) {
        return refuse_cidr(r, network.v4 ? "IPv4 mask bits must be < 32" : "IPv6 mask bits must be < 128", STR(""));
    }
    return network_parse(cidr, &network) ? ERR_OK : refuse_cidr(r, "Malformed CIDR, mask bits must be an integer", STR(""));
}

static struct err read_cidr(struct token_reader *r, struct alternatives *a)
{
    struct str cidr = STR_NONE;
    TRY(token_next(r));
    if (r->token != TOKEN_STRING) {
        return token_refuse(r, "prefix match pattern must be a string");
    }
    TRY(token_text(r, &cidr));
    TRY(check_cidr(r, cidr));
    add_text(r, a, PREDICATE_CIDR, cidr);
    return only_one_key(r);
}

struct err eventbridge_expression(struct token_reader *r, struct alternatives *a)
{
    static const struct {
        struct str name;
        struct err (*read)(struct token_reader *r, struct alternatives *a);
    } others[] = {
        { STR_INIT("numeric"), read_numeric },
        { STR_INIT("anything-but"), read_anything_but },
        { STR_INIT("exists"), read_exists },
        { STR_INIT("cidr"), read_cidr },
    };
    TRY(token_next(r));
    if (r->token != TOKEN_NAME) {
        return token_refuse(r, "Match expression name not found");
    }
    for (size_t i = 0; i < COUNT_OF(STRING_OPERATORS); i++) {
        if (str_equal(r->name, STRING_OPERATORS[i].name)) {
            return read_string_operator(r, a, &STRING_OPERATORS[i]);
        }
    }
    for (size_t i = 0; i < COUNT_OF(others); i++) {
        if (str_equal(r->name, others[i].name)) {
            return others[i].read(r, a);
        }
    }
    return token_refuse_name(r, "Unrecognized match type ", r->name);
}
