#include "svc/s3/post_policy.h"

#include "base/clock.h"
#include "base/json.h"
#include "svc/s3/faults.h"

static const struct fault INVALID_DOCUMENT = { "InvalidPolicyDocument", NULL, NULL, 400 };

enum { CONDITIONS_MAX = 200 };

/* A policy being checked; covered: the fields that some condition named. */
struct checking {
    struct request *rq;
    struct str bucket;
    const struct form_data *form;
    bool covered[FORM_DATA_FIELDS_MAX];
};

static struct err invalid(struct request *rq, const char *words)
{
    return fail(&rq->ctx, &INVALID_DOCUMENT, "Invalid Policy: %s", words);
}

static struct err broken(struct checking *checking, struct str operator, struct str name, struct str value)
{
    const struct str parts[] = { operator, name, value };
    struct text text = text_new(checking->rq->ctx.arena);
    for (size_t i = 0; i < COUNT_OF(parts); i++) {
        text_add(&text, i ? STR(", \"") : STR("\""));
        json_escape(&text, parts[i]);
        text_add_char(&text, '"');
    }
    return fail(&checking->rq->ctx, &S3_ACCESS_DENIED, "Invalid according to Policy: Policy Condition failed: [%" STR_FMT "]",
                STR_ARG(text_str(&text)));
}

static struct str field_of(struct checking *checking, struct str name)
{
    for (size_t i = 0; i < checking->form->count; i++) {
        if (str_equal_nocase(checking->form->fields[i].name, name)) {
            checking->covered[i] = true;
            return checking->form->fields[i].value;
        }
    }
    return str_equal_nocase(name, STR("bucket")) ? checking->bucket : STR_NONE;
}

static struct err check_equal(struct checking *checking, struct str name, struct str value)
{
    const struct str given = field_of(checking, name);
    const struct str shown = str_format(checking->rq->ctx.arena, "$%" STR_FMT, STR_ARG(name));
    return given.ptr && str_equal(given, value) ? ERR_OK : broken(checking, STR("eq"), shown, value);
}

/* {"acl": "public-read"} */
static struct err check_simple(struct checking *checking, const struct json *condition)
{
    if (condition->count != 1) {
        return invalid(checking->rq, "Invalid Simple-Condition: Simple-Conditions must have exactly one property specified.");
    }
    if (condition->child->kind != JSON_STRING) {
        return invalid(checking->rq, "Invalid Simple-Condition: value must be a string.");
    }
    return check_equal(checking, condition->child->key, condition->child->text);
}

static bool limit_of(const struct json *limit, int64_t *out)
{
    return limit->kind == JSON_STRING ? str_to_int(limit->text, out) : json_int(limit, out);
}

static struct err wrong_size(struct request *rq, const struct fault *fault, const char *limit, int64_t bound, size_t size)
{
    request_element(rq, STR("ProposedSize"), str_format(rq->ctx.arena, "%zu", size));
    request_element(rq, str_of(limit), str_format(rq->ctx.arena, "%lld", (long long)bound));
    return s3_fail(rq, fault);
}

static struct err check_range(struct checking *checking, const struct json *least, const struct json *most)
{
    int64_t from = 0;
    int64_t to = 0;
    const size_t size = checking->form->file.len;
    if (!limit_of(least, &from) || !limit_of(most, &to) || from < 0 || to < 0) {
        return broken(checking, STR("content-length-range"), least->text, most->text);
    }
    if (size > (uint64_t)to) {
        return wrong_size(checking->rq, &S3_ENTITY_TOO_LARGE, "MaxSizeAllowed", to, size);
    }
    return size < (uint64_t)from ? wrong_size(checking->rq, &S3_ENTITY_TOO_SMALL, "MinSizeAllowed", from, size) : ERR_OK;
}

/* ["starts-with", "$key", "user/"] */
static struct err check_matching(struct checking *checking, const struct json *condition)
{
    if (condition->count != 3 || condition->child->kind != JSON_STRING) {
        return invalid(checking->rq, "Invalid Condition: a condition is a list of an operator and two values.");
    }
    const struct str operator = condition->child->text;
    const struct json *first = condition->child->next;
    const struct json *second = first->next;
    if (str_equal_nocase(operator, STR("content-length-range"))) {
        return check_range(checking, first, second);
    }
    const bool equal = str_equal_nocase(operator, STR("eq"));
    if (!equal && !str_equal_nocase(operator, STR("starts-with"))) {
        return invalid(checking->rq, "Invalid Condition: unknown operator.");
    }
    if (first->kind != JSON_STRING || second->kind != JSON_STRING) {
        return invalid(checking->rq, "Invalid Condition: values must be strings.");
    }
    if (!str_starts(first->text, STR("$"))) {
        return broken(checking, operator, first->text, second->text);
    }
    const struct str given = field_of(checking, str_from(first->text, 1));
    const bool fits = equal ? str_equal(given, second->text) : str_starts(given, second->text);
    return given.ptr && fits ? ERR_OK : broken(checking, operator, first->text, second->text);
}

static bool needs_no_condition(struct str name)
{
    static const struct str names[] = { STR_INIT("x-amz-signature"), STR_INIT("signature"), STR_INIT("awsaccesskeyid"),
        STR_INIT("policy"), STR_INIT("file"), STR_INIT("bucket") };
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        if (str_equal_nocase(name, names[i])) {
            return true;
        }
    }
    return str_equal_nocase(str_slice(name, 0, sizeof("x-ignore-") - 1), STR("x-ignore-"));
}

static struct err check_rest(struct checking *checking)
{
    for (size_t i = 0; i < checking->form->count; i++) {
        const struct str name = checking->form->fields[i].name;
        if (!checking->covered[i] && !needs_no_condition(name)) {
            return fail(&checking->rq->ctx, &S3_ACCESS_DENIED, "Invalid according to Policy: Extra input fields: %" STR_FMT, STR_ARG(name));
        }
    }
    return ERR_OK;
}

static struct err check_expiration(struct request *rq, const struct json *policy)
{
    const struct json *expiration = json_get(policy, STR("expiration"));
    int64_t until_ms = 0;
    if (expiration == NULL) {
        return invalid(rq, "Policy missing expiration.");
    }
    if (!clock_parse_iso8601(json_text(expiration), &until_ms)) {
        return invalid(rq, "Invalid 'expiration' value.");
    }
    return until_ms > rq->ctx.now_ms ? ERR_OK : fail(&rq->ctx, &S3_ACCESS_DENIED, "Invalid according to Policy: Policy expired.");
}

struct err post_policy_check(struct request *rq, struct str document, struct str bucket, const struct form_data *form)
{
    struct checking checking = { .rq = rq, .bucket = bucket, .form = form };
    const struct json *policy = json_parse(rq->ctx.arena, document, NULL);
    if (policy == NULL || policy->kind != JSON_OBJECT) {
        return invalid(rq, "Invalid JSON.");
    }
    TRY(check_expiration(rq, policy));
    const struct json *conditions = json_get(policy, STR("conditions"));
    if (conditions == NULL || conditions->kind != JSON_ARRAY || conditions->count > CONDITIONS_MAX) {
        return invalid(rq, "Policy missing conditions.");
    }
    for (const struct json *one = conditions->child; one; one = one->next) {
        if (one->kind != JSON_OBJECT && one->kind != JSON_ARRAY) {
            return invalid(rq, "Invalid Condition: neither an object nor a list.");
        }
        TRY(one->kind == JSON_OBJECT ? check_simple(&checking, one) : check_matching(&checking, one));
    }
    return check_rest(&checking);
}
