/* selector.h - CloudTrail event selectors, basic and advanced, to predicates over CloudTrail records.
 *
 * An advanced selector is a conjunction of fields; several selectors are alternatives. Of one field, one of the values of
 * Equals, StartsWith and EndsWith must hold (when there are any) and none of NotEquals, NotStartsWith and NotEndsWith; an
 * absent field satisfies only the latter. Values have no wildcards. A record written before eventCategory existed counts
 * as data when its managementEvent is false, else as management.
 * Type and ARN are asked of one and the same of a record's resources.
 * spec: CloudTrail API reference, EventSelector, AdvancedFieldSelector; user guide, how conditions of a field are evaluated. */
#ifndef YAGURA_MATCH_SELECTOR_H
#define YAGURA_MATCH_SELECTOR_H

#include "base/err.h"
#include "match/predicate.h"

enum selector_operator {
    SELECTOR_EQUALS,
    SELECTOR_STARTS_WITH,
    SELECTOR_ENDS_WITH,
    SELECTOR_NOT_EQUALS,
    SELECTOR_NOT_STARTS_WITH,
    SELECTOR_NOT_ENDS_WITH,
    SELECTOR_OPERATORS,
};
enum {
    SELECTOR_BASIC_MAX = 5,
    SELECTOR_RESOURCES_MAX = 250, /* of all basic selectors of a trail; those for everything of a type don't count */
    SELECTOR_VALUES_MAX = 500,    /* of all advanced selectors of a trail or store */
    SELECTOR_VALUE_LENGTH = 2048,
    SELECTOR_NAME_LENGTH = 1000,
};

struct selector_values {
    const struct str *values;
    size_t count; /* 0: the operator isn't used */
};
struct selector_field {
    struct str field; /* eventName, resources.ARN, … */
    struct selector_values by[SELECTOR_OPERATORS];
};
struct selector_advanced {
    struct str name; /* may be absent */
    const struct selector_field *fields;
    size_t field_count;
};

struct selector_resource {
    struct str type; /* AWS::S3::Object, AWS::Lambda::Function, AWS::DynamoDB::Table */
    struct selector_values arns;
};
struct selector_basic {
    struct str read_write; /* ReadOnly, WriteOnly, All; absent: All */
    bool without_management;
    struct selector_values excluded_sources; /* of management events */
    const struct selector_resource *resources;
    size_t resource_count;
};

enum selector_target { SELECTOR_TRAIL = 1, SELECTOR_STORE = 2 }; /* an event data store may ask more of management events */

extern const struct fault SELECTOR_INVALID; /* InvalidEventSelectorsException */

/* *out lives in ctx->arena and borrows the values; no selectors at all hold for nothing.
 * SELECTOR_INVALID: the reason names the field or value. */
MUST_USE struct err selector_advanced_compile(struct ctx *ctx, const struct selector_advanced *selectors, size_t count,
                                              enum selector_target target, const struct predicate **out);
MUST_USE struct err selector_basic_compile(struct ctx *ctx, const struct selector_basic *selectors, size_t count,
                                           const struct predicate **out);

/* selector_json.c: {"EventSelectors": […]} or {"AdvancedEventSelectors": […]} as in the API, never both. */
struct json;
MUST_USE struct err selector_json_compile(struct ctx *ctx, const struct json *document, enum selector_target target,
                                          const struct predicate **out);

/* Equals, NotStartsWith, …: false when it is none of them. */
bool selector_operator_parse(struct str name, enum selector_operator *out);
struct str selector_operator_name(enum selector_operator op);

/* selector_check.c: validation alone. */
MUST_USE struct err selector_advanced_check(struct ctx *ctx, const struct selector_advanced *selectors, size_t count,
                                            enum selector_target target);
MUST_USE struct err selector_basic_check(struct ctx *ctx, const struct selector_basic *selectors, size_t count);

#endif
