/* policy_check.c - what a policy's content must be, by its type.
 *
 * spec: Organizations user guide, "SCP syntax", "RCP syntax", "Quotas and service limits", "Inheritance operators".
 * Sizes are counted as they are sent: the console's leaving out of white space is the client's business. */
#include "base/json.h"
#include "policy/policy.h"
#include "svc/organizations/policy.h"

static const struct {
    const char *type;
    size_t max;
} SIZES[] = { { "SERVICE_CONTROL_POLICY", 5120 },
              { "RESOURCE_CONTROL_POLICY", 5120 },
              { "AISERVICES_OPT_OUT_POLICY", 2500 } };

enum { SIZE_MAX_OTHER = 10000 };

static struct err malformed(struct request *rq, const char *why, struct str place)
{
    const char *at = place.ptr ? " at " : "";
    const struct str words = str_of(why);
    const struct str reason = str_ends(words, STR(".")) ? str_slice(words, 0, words.len - 1) : words;
    return fail(&rq->ctx, &ORGANIZATIONS_MALFORMED_POLICY_DOCUMENT_EXCEPTION,
                "The provided policy document does not meet the requirements of the specified policy type: %" STR_FMT
                "%s%" STR_FMT ".",
                STR_ARG(reason), at, STR_ARG(place));
}

static struct err check_size(struct request *rq, struct str type, struct str content)
{
    size_t max = SIZE_MAX_OTHER;
    for (size_t i = 0; i < COUNT_OF(SIZES); i++) {
        max = str_equal(type, str_of(SIZES[i].type)) ? SIZES[i].max : max;
    }
    return content.len <= max
               ? ERR_OK
               : org_refuse_constraint(rq, STR("POLICY_CONTENT_LIMIT_EXCEEDED"),
                                       "You have exceeded the maximum size of %zu characters for a policy.", max);
}

/* One statement of an RCP. */
static const char *rcp_statement(const struct json *statement)
{
    const struct json *principal = json_get(statement, STR("Principal"));
    const struct json *action = json_get(statement, STR("Action"));
    const struct json *first = action && action->kind == JSON_ARRAY ? action->child : action;
    if (!str_equal(json_text(json_get(statement, STR("Effect"))), STR("Deny"))) {
        return "Effect must be Deny";
    }
    if (!str_equal(json_text(principal), STR("*"))) {
        return "Principal must be \"*\"";
    }
    if (action == NULL) {
        return "Action is required, and NotAction is not supported";
    }
    for (const struct json *one = first; one; one = action->kind == JSON_ARRAY ? one->next : NULL) {
        if (str_equal(json_text(one), STR("*"))) {
            return "Action can't be \"*\" alone";
        }
    }
    return NULL;
}

static const char *rcp_reason(const struct json *document)
{
    const struct json *statements = json_get(document, STR("Statement"));
    if (statements && statements->kind == JSON_OBJECT) {
        return rcp_statement(statements);
    }
    const char *reason = NULL;
    for (const struct json *one = statements ? statements->child : NULL; one && reason == NULL; one = one->next) {
        reason = rcp_statement(one);
    }
    return reason;
}

static struct err check_language(struct request *rq, struct str content, bool rcp)
{
    struct policy_error error = { .reason = NULL };
    const struct policy *policy = policy_parse(rq->ctx.arena, content, rcp ? POLICY_RESOURCE : POLICY_IDENTITY, &error);
    if (policy == NULL || !policy_validate(rq->ctx.arena, policy, &error)) {
        return malformed(rq, error.reason, error.place);
    }
    if (!str_equal(policy_version(policy), STR("2012-10-17"))) {
        return malformed(rq, "Version must be 2012-10-17", STR_NONE);
    }
    const char *reason = rcp ? rcp_reason(json_parse(rq->ctx.arena, content, NULL)) : NULL;
    return reason ? malformed(rq, reason, STR_NONE) : ERR_OK;
}

static bool is_value_operator(struct str key)
{
    return str_equal(key, STR("@@assign")) || str_equal(key, STR("@@append")) || str_equal(key, STR("@@remove"));
}

static bool is_operator(struct str key)
{
    return is_value_operator(key) || str_equal(key, STR("@@operators_allowed_for_child_policies"));
}

/* Values stand only below a value-setting operator; everything else is a map. */
static const char *management_reason(const struct json *node)
{
    for (const struct json *member = node->child; member; member = member->next) {
        const bool is_word = str_starts(member->key, STR("@@"));
        if (is_word && !is_operator(member->key)) {
            return "unknown inheritance operator";
        }
        if (!is_word && member->kind != JSON_OBJECT) {
            return "a value must stand below @@assign, @@append or @@remove";
        }
        const char *reason = is_word ? NULL : management_reason(member);
        if (reason) {
            return reason;
        }
    }
    return NULL;
}

static struct err check_management(struct request *rq, struct str content)
{
    struct json_error error = { .reason = NULL };
    const struct json *document = json_parse(rq->ctx.arena, content, &error);
    if (document == NULL || document->kind != JSON_OBJECT || document->count == 0) {
        return malformed(rq, error.reason ? error.reason : "it must be a JSON object with settings", STR_NONE);
    }
    const char *reason = management_reason(document);
    return reason ? malformed(rq, reason, STR_NONE) : ERR_OK;
}

struct err org_policy_check(struct request *rq, struct str type, struct str content)
{
    TRY(check_size(rq, type, content));
    if (str_equal(type, STR("SERVICE_CONTROL_POLICY"))) {
        return check_language(rq, content, false);
    }
    return str_equal(type, STR("RESOURCE_CONTROL_POLICY")) ? check_language(rq, content, true)
                                                           : check_management(rq, content);
}
