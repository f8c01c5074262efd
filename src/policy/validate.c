/* validate.c - what IAM refuses when a policy is written, beyond its structure. */
#include <ctype.h>

#include "policy/compiled.h"

struct checker {
    struct arena *arena;
    struct policy_error *error;
    size_t statement;
};

static bool refuse(struct checker *checker, const char *reason, const char *element, size_t at)
{
    *checker->error = (struct policy_error){
        reason, str_format(checker->arena, "Statement[%zu].%s[%zu]", checker->statement, element, at)
    };
    return false;
}

static bool vendor_sound(struct str vendor)
{
    for (size_t i = 0; i < vendor.len; i++) {
        const unsigned char c = (unsigned char)vendor.ptr[i];
        if (!isalnum(c) && c != '-' && c != '.' && c != '_' && c != '*' && c != '?') {
            return false;
        }
    }
    return vendor.len > 0;
}

static bool actions_sound(struct checker *checker, const struct statement *statement)
{
    for (size_t i = 0; i < statement->actions.count; i++) {
        struct str name = STR_NONE;
        const struct str pattern = statement->actions.items[i].text;
        const struct str vendor = str_cut(pattern, ':', &name);
        if (str_equal(pattern, STR("*"))) {
            continue;
        }
        if (name.ptr == NULL) {
            return refuse(checker, "Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc.",
                          "Action", i);
        }
        if (str_find(name, ':') != STR_MISSING) {
            return refuse(checker, "Actions/Condition can contain only one colon.", "Action", i);
        }
        if (!vendor_sound(vendor)) {
            return refuse(checker, str_format(checker->arena, "Vendor %" STR_FMT " is not valid", STR_ARG(vendor)).ptr,
                          "Action", i);
        }
    }
    return true;
}

static bool partition_known(struct str partition)
{
    return str_equal(partition, STR("*")) || str_equal(partition, STR("aws")) || str_starts(partition, STR("aws-")) ||
           str_starts(partition, STR("${"));
}

static bool resources_sound(struct checker *checker, const struct statement *statement)
{
    for (size_t i = 0; i < statement->resources.count; i++) {
        const struct str text = statement->resources.items[i].text;
        if (str_equal(text, STR("*"))) {
            continue;
        }
        if (!str_starts(text, STR("arn:"))) {
            const char *reason = str_format(checker->arena, "Resource %" STR_FMT " must be in ARN format or \"*\".",
                                            STR_ARG(text)).ptr;
            return refuse(checker, reason, "Resource", i);
        }
        const struct str partition = str_cut(str_from(text, 4), ':', &(struct str){ NULL, 0 });
        if (!partition_known(partition)) {
            const char *reason = str_format(checker->arena, "Partition \"%" STR_FMT "\" is not valid for resource \"%"
                                            STR_FMT "\".", STR_ARG(partition), STR_ARG(text)).ptr;
            return refuse(checker, reason, "Resource", i);
        }
    }
    return true;
}

static bool conditions_sound(struct checker *checker, const struct statement *statement)
{
    for (size_t i = 0; i < statement->condition_count; i++) {
        const struct condition *condition = &statement->conditions[i];
        if (condition->operator == NULL) {
            const char *reason = str_format(checker->arena, "Invalid Condition type : %" STR_FMT ".",
                                            STR_ARG(condition->operator_text)).ptr;
            return refuse(checker, reason, "Condition", i);
        }
        if (str_find(condition->key, ':') == STR_MISSING) {
            return refuse(checker, "Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc.",
                          "Condition", i);
        }
    }
    return true;
}

static bool sid_sound(struct checker *checker, const struct policy *policy, size_t at)
{
    const struct str sid = policy->statements[at].sid;
    for (size_t i = 0; i < sid.len; i++) {
        if (!isalnum((unsigned char)sid.ptr[i])) {
            return refuse(checker, "Statement IDs (SID) must be alpha-numeric. Check that your input satisfies the "
                                   "regular expression [0-9A-Za-z]*", "Sid", 0);
        }
    }
    for (size_t i = 0; i < at && sid.len > 0; i++) {
        if (str_equal(policy->statements[i].sid, sid)) {
            return refuse(checker, "Statement IDs (SID) in a single policy must be unique.", "Sid", 0);
        }
    }
    return true;
}

/* spec: IAM user guide, role trust policies: only the actions that assume the role make sense in one. */
static bool trust_sound(struct checker *checker, const struct statement *statement)
{
    for (size_t i = 0; i < statement->actions.count; i++) {
        const struct str text = statement->actions.items[i].text;
        if (!str_equal(text, STR("*")) && !str_equal_nocase(str_slice(text, 0, 4), STR("sts:"))) {
            return refuse(checker, "AssumeRole policy may only specify STS AssumeRole actions.", "Action", i);
        }
    }
    return true;
}

static bool alphanumeric(struct str s)
{
    for (size_t i = 0; i < s.len; i++) {
        if (!isalnum((unsigned char)s.ptr[i])) {
            return false;
        }
    }
    return s.len > 0;
}

/* An ARN of IAM or STS without wildcards, or what IAM makes of one whose principal was deleted: a unique id. */
static bool arn_of_principal(struct str value)
{
    enum { UNIQUE_ID_MIN = 16 };
    struct str parts[ARN_PARTS];
    if (!str_starts(value, STR("arn:"))) {
        return value.len >= UNIQUE_ID_MIN && alphanumeric(value);
    }
    return arn_split(value, parts) == ARN_PARTS && (str_equal(parts[2], STR("iam")) || str_equal(parts[2], STR("sts"))) &&
           parts[4].len > 0 && parts[5].len > 0 && str_find(value, '*') == STR_MISSING && str_find(value, '?') == STR_MISSING;
}

static bool principal_sound(const struct named_principal *principal)
{
    switch (principal->kind) {
    case NAMES_ANYONE:
    case NAMES_ACCOUNT:
        return true;
    case NAMES_ARN:
        return arn_of_principal(principal->value);
    case NAMES_CANONICAL:
        return alphanumeric(principal->value);
    case NAMES_SERVICE:
        return str_find(principal->value, '.') != STR_MISSING && str_find(principal->value, '*') == STR_MISSING;
    case NAMES_FEDERATED:
        break;
    }
    return principal->value.len > 0 && str_find(principal->value, '*') == STR_MISSING;
}

static bool principals_sound(struct checker *checker, const struct statement *statement)
{
    static const char *const types[] = { [NAMES_ANYONE] = "AWS", [NAMES_ACCOUNT] = "AWS", [NAMES_ARN] = "AWS", [NAMES_SERVICE] = "SERVICE",
                                         [NAMES_FEDERATED] = "FEDERATED", [NAMES_CANONICAL] = "CANONICAL_USER" };
    for (size_t i = 0; i < statement->principals.count; i++) {
        const struct named_principal *principal = &statement->principals.items[i];
        if (!principal_sound(principal)) {
            const char *reason = str_format(checker->arena, "Invalid principal in policy: \"%s\":\"%" STR_FMT "\"",
                                            types[principal->kind], STR_ARG(principal->value)).ptr;
            return refuse(checker, reason, statement->not_principal ? "NotPrincipal" : "Principal", i);
        }
    }
    return true;
}

bool policy_validate(struct arena *arena, const struct policy *policy, struct policy_error *error)
{
    struct checker checker = { .arena = arena, .error = error };
    for (size_t i = 0; i < policy->count; i++) {
        const struct statement *statement = &policy->statements[i];
        checker.statement = i;
        if (!sid_sound(&checker, policy, i) || !actions_sound(&checker, statement) ||
            !resources_sound(&checker, statement) || !conditions_sound(&checker, statement) || !principals_sound(&checker, statement) ||
            (policy->kind == POLICY_TRUST && !trust_sound(&checker, statement))) {
            return false;
        }
    }
    return true;
}
