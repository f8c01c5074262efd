#include "match/selector.h"

const struct fault SELECTOR_INVALID = { .code = "InvalidEventSelectorsException", .shape = "InvalidEventSelectorsException", .http = 400 };

static const struct str OPERATORS[SELECTOR_OPERATORS] = {
    STR_INIT("Equals"), STR_INIT("StartsWith"), STR_INIT("EndsWith"), STR_INIT("NotEquals"), STR_INIT("NotStartsWith"), STR_INIT("NotEndsWith"),
};

struct str selector_operator_name(enum selector_operator op)
{
    return OPERATORS[op];
}

bool selector_operator_parse(struct str name, enum selector_operator *out)
{
    for (size_t i = 0; i < SELECTOR_OPERATORS; i++) {
        if (str_equal(name, OPERATORS[i])) {
            *out = (enum selector_operator)i;
            return true;
        }
    }
    return false;
}

/* --- advanced --- */

enum category { MANAGEMENT = 1, DATA = 2, NETWORK = 4, OTHER = 8 };
enum { EQ = 1 << SELECTOR_EQUALS, NE = 1 << SELECTOR_NOT_EQUALS, EVERY = (1 << SELECTOR_OPERATORS) - 1 };
enum { BOTH = SELECTOR_TRAIL | SELECTOR_STORE };

/* What may be asked of a field, where.
 * spec: CloudTrail API reference, AdvancedFieldSelector. */
struct rule {
    struct str field;
    unsigned categories;
    unsigned targets;
    unsigned operators;
    struct str values[2]; /* the only ones, when there are any */
};
#define ANY_VALUE { { NULL, 0 }, { NULL, 0 } }
static const struct rule RULES[] = {
    { STR_INIT("eventCategory"), MANAGEMENT | DATA | NETWORK | OTHER, BOTH, EQ, ANY_VALUE },
    { STR_INIT("readOnly"), MANAGEMENT | DATA, BOTH, EQ, { STR_INIT("true"), STR_INIT("false") } },
    { STR_INIT("eventSource"), MANAGEMENT, SELECTOR_TRAIL, NE, { STR_INIT("kms.amazonaws.com"), STR_INIT("rdsdata.amazonaws.com") } },
    { STR_INIT("eventSource"), MANAGEMENT, SELECTOR_STORE, EVERY, ANY_VALUE },
    { STR_INIT("eventSource"), DATA, BOTH, EVERY, ANY_VALUE },
    { STR_INIT("eventSource"), NETWORK, BOTH, EQ, ANY_VALUE },
    { STR_INIT("eventName"), MANAGEMENT, SELECTOR_STORE, EVERY, ANY_VALUE },
    { STR_INIT("eventName"), DATA | NETWORK, BOTH, EVERY, ANY_VALUE },
    { STR_INIT("eventType"), MANAGEMENT, SELECTOR_STORE, EVERY, ANY_VALUE },
    { STR_INIT("eventType"), DATA, BOTH, EVERY, ANY_VALUE },
    { STR_INIT("sessionCredentialFromConsole"), MANAGEMENT, SELECTOR_STORE, EQ | NE, { STR_INIT("true"), { NULL, 0 } } },
    { STR_INIT("sessionCredentialFromConsole"), DATA, BOTH, EQ | NE, { STR_INIT("true"), { NULL, 0 } } },
    { STR_INIT("userIdentity.arn"), MANAGEMENT, SELECTOR_STORE, EVERY, ANY_VALUE },
    { STR_INIT("userIdentity.arn"), DATA, BOTH, EVERY, ANY_VALUE },
    { STR_INIT("resources.type"), DATA, BOTH, EQ, ANY_VALUE },
    { STR_INIT("resources.ARN"), DATA, BOTH, EVERY, ANY_VALUE },
    { STR_INIT("errorCode"), NETWORK, BOTH, EQ, { STR_INIT("VpceAccessDenied"), { NULL, 0 } } },
    { STR_INIT("vpcEndpointId"), NETWORK, BOTH, EVERY, ANY_VALUE },
};

static const struct rule *find_rule(struct str field, enum category category, enum selector_target target)
{
    for (size_t i = 0; i < COUNT_OF(RULES); i++) {
        const struct rule *rule = &RULES[i];
        if (str_equal(rule->field, field) && (rule->categories & category) && (rule->targets & target)) {
            return rule;
        }
    }
    return NULL;
}

static const struct selector_field *find_field(const struct selector_advanced *selector, struct str name)
{
    for (size_t i = 0; i < selector->field_count; i++) {
        if (str_equal(selector->fields[i].field, name)) {
            return &selector->fields[i];
        }
    }
    return NULL;
}

/* These name what is selected: one value each. */
static struct str only_value(const struct selector_advanced *selector, struct str name)
{
    const struct selector_field *field = find_field(selector, name);
    return field && field->by[SELECTOR_EQUALS].count == 1 ? field->by[SELECTOR_EQUALS].values[0] : STR_NONE;
}

static bool category_of(struct str value, enum selector_target target, enum category *out)
{
    static const struct {
        struct str value;
        enum category category;
        unsigned targets;
    } categories[] = {
        { STR_INIT("Management"), MANAGEMENT, BOTH },
        { STR_INIT("Data"), DATA, BOTH },
        { STR_INIT("NetworkActivity"), NETWORK, BOTH },
        { STR_INIT("Insight"), OTHER, SELECTOR_STORE },
        { STR_INIT("ConfigurationItem"), OTHER, SELECTOR_STORE },
        { STR_INIT("Evidence"), OTHER, SELECTOR_STORE },
        { STR_INIT("ActivityAuditLog"), OTHER, SELECTOR_STORE },
    };
    for (size_t i = 0; i < COUNT_OF(categories); i++) {
        if (str_equal(categories[i].value, value) && (categories[i].targets & target)) {
            *out = categories[i].category;
            return true;
        }
    }
    return false;
}

static struct err bad_value(struct ctx *ctx, struct str field, struct str value)
{
    return fail(ctx, &SELECTOR_INVALID, "Value %" STR_FMT " for %" STR_FMT " is invalid.", STR_ARG(value), STR_ARG(field));
}

/* AWS::Service::Type */
static bool is_resource_type(struct str value)
{
    const struct str service = str_from(value, STR("AWS::").len);
    const size_t colon = str_search(service, STR("::"));
    return str_starts(value, STR("AWS::")) && colon != STR_MISSING && colon > 0 && colon + 2 < service.len &&
           str_find(str_from(service, colon + 2), ':') == STR_MISSING;
}

static struct err check_value(struct ctx *ctx, const struct rule *rule, struct str value)
{
    bool good = value.len >= 1 && value.len <= SELECTOR_VALUE_LENGTH;
    if (rule->values[0].ptr) {
        good = str_equal(value, rule->values[0]) || (rule->values[1].ptr && str_equal(value, rule->values[1]));
    }
    if (str_equal(rule->field, STR("resources.type"))) {
        good = is_resource_type(value);
    }
    return good ? ERR_OK : bad_value(ctx, rule->field, value);
}

static struct err check_field(struct ctx *ctx, const struct selector_field *field, const struct rule *rule, size_t *values)
{
    size_t used = 0;
    for (size_t op = 0; op < SELECTOR_OPERATORS; op++) {
        const struct selector_values *list = &field->by[op];
        if (list->count > 0 && (rule->operators & (1u << op)) == 0) {
            return fail(ctx, &SELECTOR_INVALID, "Operator %" STR_FMT " is not valid for field %" STR_FMT ".", STR_ARG(OPERATORS[op]),
                        STR_ARG(field->field));
        }
        for (size_t i = 0; i < list->count; i++) {
            TRY(check_value(ctx, rule, list->values[i]));
        }
        used += list->count;
    }
    *values += used;
    return used > 0 ? ERR_OK : fail(ctx, &SELECTOR_INVALID, "Field %" STR_FMT " has no operator.", STR_ARG(field->field));
}

static struct err check_required(struct ctx *ctx, const struct selector_advanced *selector, enum category category)
{
    const struct str needed = category == DATA ? STR("resources.type") : category == NETWORK ? STR("eventSource") : STR_NONE;
    if (needed.ptr && only_value(selector, needed).ptr == NULL) {
        return fail(ctx, &SELECTOR_INVALID, "Field %" STR_FMT " is required, with Equals and one value.", STR_ARG(needed));
    }
    return ERR_OK;
}

static struct err check_advanced(struct ctx *ctx, const struct selector_advanced *selector, enum selector_target target, size_t *values)
{
    enum category category = OTHER;
    const struct str named = only_value(selector, STR("eventCategory"));
    if (named.ptr == NULL) {
        return fail(ctx, &SELECTOR_INVALID, "Field eventCategory is required, with Equals and one value.");
    }
    if (!category_of(named, target, &category)) {
        return bad_value(ctx, STR("eventCategory"), named);
    }
    if (selector->name.len > SELECTOR_NAME_LENGTH) {
        return fail(ctx, &SELECTOR_INVALID, "The name of a selector has more than 1000 characters.");
    }
    for (size_t i = 0; i < selector->field_count; i++) {
        const struct selector_field *field = &selector->fields[i];
        const struct rule *rule = find_rule(field->field, category, target);
        if (rule == NULL) {
            return fail(ctx, &SELECTOR_INVALID, "Field %" STR_FMT " is not valid for %" STR_FMT " events.", STR_ARG(field->field),
                        STR_ARG(named));
        }
        if (find_field(selector, field->field) != field) {
            return fail(ctx, &SELECTOR_INVALID, "Field %" STR_FMT " is there twice.", STR_ARG(field->field));
        }
        TRY(check_field(ctx, field, rule, values));
    }
    return check_required(ctx, selector, category);
}

struct err selector_advanced_check(struct ctx *ctx, const struct selector_advanced *selectors, size_t count, enum selector_target target)
{
    size_t values = 0;
    for (size_t i = 0; i < count; i++) {
        TRY(check_advanced(ctx, &selectors[i], target, &values));
        if (values > SELECTOR_VALUES_MAX) {
            return fail(ctx, &SELECTOR_INVALID, "All selectors together have more than 500 values.");
        }
    }
    return ERR_OK;
}

/* --- basic --- */

/* What follows arn:partition:service, or STR_NONE. */
static struct str after_service(struct str arn, struct str service)
{
    struct str rest = STR_NONE;
    const struct str scheme = str_cut(arn, ':', &rest);
    const struct str partition = str_cut(rest, ':', &rest);
    const bool good = str_equal(scheme, STR("arn")) && str_starts(partition, STR("aws")) && str_starts(rest, service) &&
                      (rest.len == service.len || rest.ptr[service.len] == ':');
    return good ? str_from(rest, service.len) : STR_NONE;
}

/* :region:account:KIND… */
static bool names_resource(struct str rest, struct str kind)
{
    struct str part = STR_NONE;
    (void)str_cut(rest, ':', &part);
    const struct str region = str_cut(part, ':', &part);
    const struct str account = str_cut(part, ':', &part);
    return region.len > 0 && account.len == 12 && str_starts(part, kind) && part.len > kind.len;
}

/* The whole type, a bucket with its slash, one function, one table.
 * spec: DataResource: of S3 a prefix, of the others one ARN; the service's name alone means all. */
static bool is_data_value(struct str type, struct str value)
{
    static const struct {
        struct str type, service, kind;
    } known[] = {
        { STR_INIT("AWS::Lambda::Function"), STR_INIT("lambda"), STR_INIT("function:") },
        { STR_INIT("AWS::DynamoDB::Table"), STR_INIT("dynamodb"), STR_INIT("table/") },
    };
    if (value.len > SELECTOR_VALUE_LENGTH || str_find(value, '*') != STR_MISSING) {
        return false;
    }
    for (size_t i = 0; i < COUNT_OF(known); i++) {
        if (str_equal(type, known[i].type)) {
            const struct str rest = after_service(value, known[i].service);
            return rest.ptr && (rest.len == 0 || names_resource(rest, known[i].kind));
        }
    }
    const struct str rest = after_service(value, STR("s3"));
    const size_t slash = str_find(rest, '/');
    return rest.ptr && (rest.len == 0 || str_equal(rest, STR(":::")) ||
                        (str_starts(rest, STR(":::")) && slash != STR_MISSING && slash > 3));
}

static bool is_everything(struct str value)
{
    struct str rest = STR_NONE;
    (void)str_cut(value, ':', &rest);
    (void)str_cut(rest, ':', &rest);
    return str_find(rest, ':') == STR_MISSING || str_equal(rest, STR("s3:::"));
}

static struct err check_resource(struct ctx *ctx, const struct selector_resource *resource, size_t *resources)
{
    const bool known = str_equal(resource->type, STR("AWS::S3::Object")) || str_equal(resource->type, STR("AWS::Lambda::Function")) ||
                       str_equal(resource->type, STR("AWS::DynamoDB::Table"));
    if (!known) {
        return bad_value(ctx, STR("DataResources.Type"), resource->type);
    }
    for (size_t i = 0; i < resource->arns.count; i++) {
        if (!is_data_value(resource->type, resource->arns.values[i])) {
            return bad_value(ctx, STR("DataResources.Values"), resource->arns.values[i]);
        }
        *resources += is_everything(resource->arns.values[i]) ? 0 : 1;
    }
    return ERR_OK;
}

static struct err check_basic(struct ctx *ctx, const struct selector_basic *selector, size_t *resources)
{
    static const struct rule excluded = { .values = { STR_INIT("kms.amazonaws.com"), STR_INIT("rdsdata.amazonaws.com") },
                                          .field = STR_INIT("ExcludeManagementEventSources") };
    const struct str mode = selector->read_write;
    if (mode.ptr && !str_equal(mode, STR("All")) && !str_equal(mode, STR("ReadOnly")) && !str_equal(mode, STR("WriteOnly"))) {
        return bad_value(ctx, STR("ReadWriteType"), mode);
    }
    for (size_t i = 0; i < selector->excluded_sources.count; i++) {
        TRY(check_value(ctx, &excluded, selector->excluded_sources.values[i]));
    }
    if (selector->excluded_sources.count > 0 && selector->without_management) {
        return fail(ctx, &SELECTOR_INVALID, "ExcludeManagementEventSources needs IncludeManagementEvents.");
    }
    for (size_t i = 0; i < selector->resource_count; i++) {
        TRY(check_resource(ctx, &selector->resources[i], resources));
    }
    return ERR_OK;
}

struct err selector_basic_check(struct ctx *ctx, const struct selector_basic *selectors, size_t count)
{
    size_t resources = 0;
    size_t lists = 0;
    if (count > SELECTOR_BASIC_MAX) {
        return fail(ctx, &SELECTOR_INVALID, "A trail has at most 5 event selectors.");
    }
    for (size_t i = 0; i < count; i++) {
        TRY(check_basic(ctx, &selectors[i], &resources));
        lists += selectors[i].resource_count;
    }
    const bool fits = resources <= SELECTOR_RESOURCES_MAX && lists <= SELECTOR_RESOURCES_MAX;
    return fits ? ERR_OK : fail(ctx, &SELECTOR_INVALID, "A trail's event selectors have at most 250 data resources.");
}
