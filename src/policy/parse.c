/* parse.c - from JSON to the compiled form; refuses what can't be evaluated.
 *
 * spec: IAM user guide, "Grammar of the IAM JSON policy language". */
#include "base/json.h"
#include "policy/compiled.h"

struct parser {
    struct arena *arena;
    struct policy *policy;
    struct policy_error *error;
    bool variables; /* spec: policy variables need version 2012-10-17 */
    size_t statement;
};

static const char SYNTAX[] = "Syntax errors in policy.";

static bool refuse(struct parser *parser, const char *reason, const char *element)
{
    struct str place = str_format(parser->arena, "Statement[%zu]", parser->statement);
    if (element) {
        place = str_format(parser->arena, "%s.%s", place.ptr, element);
    }
    *parser->error = (struct policy_error){ reason, place };
    return false;
}

static bool scalar_text(const struct json *value, struct str *out)
{
    switch (value->kind) {
    case JSON_STRING:
    case JSON_NUMBER:
        *out = value->text;
        return true;
    case JSON_TRUE:
        *out = STR("true");
        return true;
    case JSON_FALSE:
        *out = STR("false");
        return true;
    default:
        return false;
    }
}

enum wanted { WANT_TEXT, WANT_ARN };

static bool take(struct parser *parser, const struct json *value, enum wanted wanted, struct patterns *out)
{
    struct str text = STR_NONE;
    return scalar_text(value, &text) &&
           pattern_compile(parser->arena, text, parser->variables, wanted == WANT_ARN, &out->items[out->count++]);
}

/* One value, or a list of them. */
static bool take_list(struct parser *parser, const struct json *value, enum wanted wanted, struct patterns *out)
{
    const size_t count = value->kind == JSON_ARRAY ? value->count : 1;
    *out = (struct patterns){ ARENA_ARRAY(parser->arena, struct pattern, count + 1), 0 };
    if (value->kind != JSON_ARRAY) {
        return take(parser, value, wanted, out);
    }
    for (const struct json *item = value->child; item; item = item->next) {
        if (!take(parser, item, wanted, out)) {
            return false;
        }
    }
    return true;
}

static bool all_strings(const struct json *value)
{
    bool strings = value->kind == JSON_STRING || value->kind == JSON_ARRAY;
    for (const struct json *item = value->kind == JSON_ARRAY ? value->child : NULL; item; item = item->next) {
        strings = strings && item->kind == JSON_STRING;
    }
    return strings;
}

static bool take_strings(struct parser *parser, const struct json *value, enum wanted wanted, struct patterns *out)
{
    return all_strings(value) && take_list(parser, value, wanted, out);
}

static bool is_account(struct str s)
{
    bool digits = s.len == 12;
    for (size_t i = 0; i < s.len; i++) {
        digits = digits && s.ptr[i] >= '0' && s.ptr[i] <= '9';
    }
    return digits;
}

/* spec: IAM user guide, Principal: 123456789012 and arn:aws:iam::123456789012:root are the same, and so are "*" and
 * {"AWS": "*"}. */
static struct named_principal aws_principal(struct str value)
{
    struct str parts[ARN_PARTS];
    if (str_equal(value, STR("*"))) {
        return (struct named_principal){ NAMES_ANYONE, value };
    }
    if (is_account(value)) {
        return (struct named_principal){ NAMES_ACCOUNT, value };
    }
    const bool root = arn_split(value, parts) == ARN_PARTS && str_equal(parts[2], STR("iam")) &&
                      str_equal(parts[5], STR("root"));
    return root ? (struct named_principal){ NAMES_ACCOUNT, parts[4] }
                : (struct named_principal){ NAMES_ARN, value };
}

static bool principal_of(struct str type, struct str value, struct named_principal *out)
{
    static const struct {
        const char *type;
        enum principal_kind kind;
    } kinds[] = { { "Service", NAMES_SERVICE }, { "Federated", NAMES_FEDERATED }, { "CanonicalUser", NAMES_CANONICAL } };
    if (str_equal(type, STR("AWS"))) {
        *out = aws_principal(value);
        return true;
    }
    for (size_t i = 0; i < COUNT_OF(kinds); i++) {
        if (str_equal(type, str_of(kinds[i].type))) {
            *out = (struct named_principal){ kinds[i].kind, value };
            return true;
        }
    }
    return false;
}

static bool add_principals(struct parser *parser, const struct json *value, struct named_principals *out)
{
    const size_t size = sizeof(*out->items);
    const bool list = value->kind == JSON_ARRAY;
    const size_t count = list ? value->count : 1;
    struct named_principal probe;
    if (!all_strings(value) || !principal_of(value->key, STR("*"), &probe)) {
        return false;
    }
    out->items = arena_grow(parser->arena, out->items, out->count * size, (out->count + count) * size);
    for (const struct json *item = list ? value->child : value; item; item = list ? item->next : NULL) {
        if (principal_of(value->key, item->text, &out->items[out->count])) {
            out->count++;
        }
    }
    return true;
}

static bool take_principal(struct parser *parser, const struct json *value, struct named_principals *out)
{
    *out = (struct named_principals){ ARENA_ARRAY(parser->arena, struct named_principal, 1), 0 };
    if (value->kind == JSON_STRING) {
        out->items[out->count++] = (struct named_principal){ NAMES_ANYONE, value->text };
        return str_equal(value->text, STR("*"));
    }
    for (const struct json *type = value->kind == JSON_OBJECT ? value->child : NULL; type; type = type->next) {
        if (!add_principals(parser, type, out)) {
            return false;
        }
    }
    return out->count > 0;
}

static size_t condition_count(const struct json *value)
{
    size_t count = 0;
    for (const struct json *operator = value->child; operator; operator = operator->next) {
        count += operator->count;
    }
    return count;
}

static bool take_condition(struct parser *parser, const struct json *operator, struct statement *statement)
{
    if (operator->kind != JSON_OBJECT) {
        return false;
    }
    for (const struct json *key = operator->child; key; key = key->next) {
        struct condition *condition = &statement->conditions[statement->condition_count++];
        condition->operator_text = operator->key;
        condition->operator = operator_find(operator->key, &condition->quantifier, &condition->if_exists);
        condition->key = key->key;
        const enum wanted wanted = operator_wants_arn(condition->operator) ? WANT_ARN : WANT_TEXT;
        if (!take_list(parser, key, wanted, &condition->values)) {
            return false;
        }
        condition_compile(parser->arena, condition);
    }
    return true;
}

static bool take_conditions(struct parser *parser, const struct json *value, struct statement *statement)
{
    if (value->kind != JSON_OBJECT || statement->conditions) {
        return false;
    }
    statement->conditions = ARENA_ARRAY(parser->arena, struct condition, condition_count(value) + 1);
    for (const struct json *operator = value->child; operator; operator = operator->next) {
        if (!take_condition(parser, operator, statement)) {
            return false;
        }
    }
    return true;
}

/* Element and its Not form exclude each other, and neither comes twice. */
static bool take_either(struct parser *parser, const struct json *value, enum wanted wanted, struct patterns *out,
                        bool *negated)
{
    const bool first = out->items == NULL;
    *negated = str_starts(value->key, STR("Not"));
    return first && take_strings(parser, value, wanted, out);
}

static bool take_element(struct parser *parser, const struct json *value, struct statement *statement)
{
    const struct str key = value->key;
    if (str_equal(key, STR("Sid"))) {
        statement->sid = value->text;
        return value->kind == JSON_STRING;
    }
    if (str_equal(key, STR("Effect"))) {
        statement->deny = str_equal(value->text, STR("Deny"));
        return value->kind == JSON_STRING && (statement->deny || str_equal(value->text, STR("Allow")));
    }
    if (str_equal(key, STR("Action")) || str_equal(key, STR("NotAction"))) {
        return take_either(parser, value, WANT_TEXT, &statement->actions, &statement->not_action);
    }
    if (str_equal(key, STR("Resource")) || str_equal(key, STR("NotResource"))) {
        return take_either(parser, value, WANT_ARN, &statement->resources, &statement->not_resource);
    }
    if (str_equal(key, STR("Principal")) || str_equal(key, STR("NotPrincipal"))) {
        statement->not_principal = str_starts(key, STR("Not"));
        return statement->principals.items == NULL && take_principal(parser, value, &statement->principals);
    }
    return str_equal(key, STR("Condition")) && take_conditions(parser, value, statement);
}

/* What each kind of document demands and forbids. */
static bool complete(struct parser *parser, const struct json *source, const struct statement *statement)
{
    const enum policy_kind kind = parser->policy->kind;
    if (json_get(source, STR("Effect")) == NULL) {
        return refuse(parser, kind == POLICY_TRUST ? "Missing required field Effect" : SYNTAX, "Effect");
    }
    if (statement->actions.count == 0) {
        return refuse(parser, kind == POLICY_TRUST ? "Missing required field Action"
                                                   : "Policy statement must contain actions.", NULL);
    }
    if (kind == POLICY_IDENTITY && statement->principals.items) {
        return refuse(parser, "Policy document should not specify a principal.", "Principal");
    }
    if (kind == POLICY_TRUST && statement->resources.items) {
        return refuse(parser, "Has prohibited field Resource", "Resource");
    }
    if (kind == POLICY_TRUST && statement->principals.count == 0) {
        return refuse(parser, "Missing required field Principal", NULL);
    }
    if (kind == POLICY_IDENTITY && statement->resources.count == 0) {
        return refuse(parser, "Policy statement must contain resources.", NULL);
    }
    return true;
}

static bool take_statement(struct parser *parser, const struct json *source)
{
    struct statement *statement = &parser->policy->statements[parser->policy->count];
    parser->statement = parser->policy->count++;
    if (source->kind != JSON_OBJECT) {
        return refuse(parser, SYNTAX, NULL);
    }
    for (const struct json *value = source->child; value; value = value->next) {
        if (!take_element(parser, value, statement)) {
            return refuse(parser, SYNTAX, str_cstr(parser->arena, value->key));
        }
    }
    return complete(parser, source, statement);
}

static bool take_statements(struct parser *parser, const struct json *value)
{
    const size_t count = value->kind == JSON_ARRAY ? value->count : 1;
    parser->policy->statements = ARENA_ARRAY(parser->arena, struct statement, count + 1);
    if (value->kind != JSON_ARRAY) {
        return take_statement(parser, value);
    }
    for (const struct json *item = value->child; item; item = item->next) {
        if (!take_statement(parser, item)) {
            return false;
        }
    }
    return true;
}

static bool take_version(struct parser *parser, const struct json *value)
{
    parser->policy->version = json_text(value);
    parser->variables = str_equal(parser->policy->version, STR("2012-10-17"));
    return parser->variables || value == NULL || str_equal(parser->policy->version, STR("2008-10-17"));
}

static bool take_document(struct parser *parser, const struct json *document)
{
    *parser->error = (struct policy_error){ SYNTAX, STR_NONE };
    if (document->kind != JSON_OBJECT) {
        return false;
    }
    for (const struct json *value = document->child; value; value = value->next) {
        const bool known = str_equal(value->key, STR("Version")) || str_equal(value->key, STR("Statement")) ||
                           (str_equal(value->key, STR("Id")) && value->kind == JSON_STRING);
        if (!known) {
            parser->error->place = value->key;
            return false;
        }
    }
    if (!take_version(parser, json_get(document, STR("Version")))) {
        *parser->error = (struct policy_error){ "The policy must contain a valid version string", STR("Version") };
        return false;
    }
    const struct json *statements = json_get(document, STR("Statement"));
    if (statements == NULL || !take_statements(parser, statements)) {
        return false;
    }
    index_build(parser->arena, parser->policy);
    return true;
}

static struct str line_and_column(struct arena *arena, struct str text, size_t offset)
{
    size_t line = 1;
    size_t column = 1;
    for (size_t i = 0; i < offset && i < text.len; i++) {
        column++;
        if (text.ptr[i] == '\n') {
            line++;
            column = 1;
        }
    }
    return str_format(arena, "line %zu, column %zu", line, column);
}

struct policy *policy_parse(struct arena *arena, struct str document, enum policy_kind kind,
                            struct policy_error *error)
{
    struct json_error json_error = { .offset = 0 };
    const struct json *json = json_parse(arena, document, &json_error);
    if (json == NULL) {
        *error = (struct policy_error){ kind == POLICY_TRUST ? "This policy contains invalid Json" : SYNTAX,
                                        line_and_column(arena, document, json_error.offset) };
        return NULL;
    }
    struct parser parser = { .arena = arena, .policy = ARENA_NEW(arena, struct policy), .error = error };
    parser.policy->kind = kind;
    return take_document(&parser, json) ? parser.policy : NULL;
}

struct str policy_version(const struct policy *policy)
{
    return policy->version;
}
