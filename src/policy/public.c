/* public.c - whether a resource's policy lets in just anybody.
 *
 * spec: S3 user guide, "Blocking public access to your Amazon S3 storage", the meaning of "public": an Allow for anyone,
 * unless a condition pins what an outsider can't choose to fixed values; networks wider than /8 (IPv6: /32) are no limit. */
#include "policy/compiled.h"

enum { WIDEST_V4 = 8, WIDEST_V6 = 32 };

static const char *const PINNING[] = {
    "aws:PrincipalAccount", "aws:PrincipalArn", "aws:PrincipalOrgID", "aws:PrincipalOrgPaths", "aws:SourceAccount",
    "aws:SourceArn", "aws:SourceOrgID", "aws:SourceOrgPaths", "aws:SourceOwner", "aws:SourceVpc", "aws:SourceVpce",
    "aws:userid", "kms:CallerAccount", "s3:DataAccessPointAccount", "s3:DataAccessPointArn",
};

static bool has_wildcard(struct str text)
{
    return str_find(text, '*') != STR_MISSING || str_find(text, '?') != STR_MISSING;
}

/* A fixed text, an ARN of a fixed account, or the sessions of one role ("AROA…:*"). */
static bool is_fixed(const struct condition *condition, struct str value)
{
    struct str parts[ARN_PARTS];
    if (str_starts(value, STR("arn:")) && arn_split(value, parts) == ARN_PARTS) {
        return (parts[4].len > 0 && !has_wildcard(parts[4])) || !has_wildcard(value);
    }
    const bool role = str_equal_nocase(condition->key, STR("aws:userid")) && str_ends(value, STR(":*"));
    return !has_wildcard(role ? str_slice(value, 0, value.len - 2) : value);
}

static bool is_narrow(const struct condition *condition, size_t i)
{
    const struct literal *literal = condition->literals ? &condition->literals[i] : NULL;
    return literal && literal->sound && literal->range.bits >= (literal->range.size == 4 ? WIDEST_V4 : WIDEST_V6);
}

static bool pins_key(struct str key)
{
    for (size_t i = 0; i < COUNT_OF(PINNING); i++) {
        if (str_equal_nocase(key, str_of(PINNING[i]))) {
            return true;
        }
    }
    return false;
}

static bool pins(const struct condition *condition)
{
    const bool network = str_equal_nocase(condition->key, STR("aws:SourceIp"));
    if (condition->if_exists || condition->quantifier == FOR_ALL_VALUES || !operator_demands(condition->operator) ||
        !(network || pins_key(condition->key))) {
        return false;
    }
    for (size_t i = 0; i < condition->values.count; i++) {
        if (network ? !is_narrow(condition, i) : !is_fixed(condition, condition->values.items[i].text)) {
            return false;
        }
    }
    return condition->values.count > 0;
}

static bool lets_anyone_in(const struct statement *statement)
{
    bool anyone = statement->not_principal;
    for (size_t i = 0; i < statement->principals.count; i++) {
        anyone = anyone || statement->principals.items[i].kind == NAMES_ANYONE;
    }
    for (size_t i = 0; i < statement->condition_count; i++) {
        anyone = anyone && !pins(&statement->conditions[i]);
    }
    return anyone && !statement->deny;
}

bool policy_is_public(const struct policy *policy)
{
    for (size_t i = 0; i < policy->count; i++) {
        if (lets_anyone_in(&policy->statements[i])) {
            return true;
        }
    }
    return false;
}
