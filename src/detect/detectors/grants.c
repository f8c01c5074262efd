#include "detect/detectors/grants.h"

const struct json *grants_policy(struct arena *arena, const struct json *value)
{
    if (value && value->kind == JSON_STRING) {
        value = json_parse(arena, value->text, NULL);
    }
    return value && value->kind == JSON_OBJECT ? value : NULL;
}

/* First of the statements: an array of them, or a single one. The next ones follow. */
static const struct json *first_of(const struct json *list_or_one)
{
    return list_or_one && list_or_one->kind == JSON_ARRAY ? list_or_one->child : list_or_one;
}

/* Siblings of a single value are other members, not further elements. */
static const struct json *next_of(const struct json *list_or_one, const struct json *at)
{
    return list_or_one->kind == JSON_ARRAY ? at->next : NULL;
}

static bool any_is(const struct json *list_or_one, struct str wanted)
{
    for (const struct json *at = first_of(list_or_one); at; at = next_of(list_or_one, at)) {
        if (str_equal(json_text(at), wanted)) {
            return true;
        }
    }
    return false;
}

static bool allows(const struct json *statement)
{
    return str_equal(json_text(json_get(statement, STR("Effect"))), STR("Allow"));
}

static bool names_everyone(const struct json *statement)
{
    const struct json *principal = json_get(statement, STR("Principal"));
    return json_get(statement, STR("NotPrincipal")) || any_is(principal, STR("*")) ||
           any_is(json_get(principal, STR("AWS")), STR("*"));
}

/* Condition keys that make "everyone" a known few. */
static bool narrows(struct str key)
{
    static const struct str keys[] = {
        STR_INIT("aws:SourceIp"), STR_INIT("aws:VpcSourceIp"), STR_INIT("aws:SourceVpc"), STR_INIT("aws:SourceVpce"),
        STR_INIT("aws:SourceArn"), STR_INIT("aws:SourceAccount"), STR_INIT("aws:SourceOwner"), STR_INIT("aws:SourceOrgID"),
        STR_INIT("aws:PrincipalOrgID"), STR_INIT("aws:PrincipalOrgPaths"), STR_INIT("aws:PrincipalArn"),
        STR_INIT("aws:PrincipalAccount"), STR_INIT("aws:PrincipalServiceName"), STR_INIT("aws:userid"), STR_INIT("aws:username"),
        STR_INIT("s3:DataAccessPointArn"), STR_INIT("s3:DataAccessPointAccount"), STR_INIT("s3:x-amz-server-side-encryption-aws-kms-key-id"),
    };
    for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
        if (str_equal_nocase(key, keys[i])) {
            return true;
        }
    }
    return false;
}

static bool narrowed(const struct json *statement)
{
    const struct json *condition = json_get(statement, STR("Condition"));
    for (const struct json *op = condition ? condition->child : NULL; op; op = op->next) {
        for (const struct json *key = op->child; key; key = key->next) {
            const bool open = any_is(key, STR("*")) || any_is(key, STR("0.0.0.0/0")) || any_is(key, STR("::/0"));
            if (narrows(key->key) && !open) {
                return true;
            }
        }
    }
    return false;
}

bool grants_everyone(const struct json *policy)
{
    const struct json *statements = json_get(policy, STR("Statement"));
    for (const struct json *at = first_of(statements); at; at = next_of(statements, at)) {
        if (allows(at) && names_everyone(at) && !narrowed(at)) {
            return true;
        }
    }
    return false;
}

/* Log delivery of AWS's own accounts only writes objects; that takes no data away. */
static bool only_writes(const struct json *statement)
{
    const struct json *actions = json_get(statement, STR("Action"));
    for (const struct json *at = first_of(actions); at; at = next_of(actions, at)) {
        if (!str_starts(json_text(at), STR("s3:PutObject"))) {
            return false;
        }
    }
    return actions != NULL;
}

static bool is_account(struct str s)
{
    for (size_t i = 0; i < s.len; i++) {
        if (s.ptr[i] < '0' || s.ptr[i] > '9') {
            return false;
        }
    }
    return s.len == 12;
}

/* "111122223333" or arn:aws:iam::111122223333:root */
static struct str account_of(struct str principal)
{
    struct str rest = principal;
    for (int i = 0; i < 4 && str_starts(principal, STR("arn:")); i++) {
        (void)str_cut(rest, ':', &rest);
    }
    const struct str account = str_cut(rest, ':', &rest);
    return is_account(account) ? account : STR_NONE;
}

struct str grants_foreign_account(const struct json *policy, struct str own_account)
{
    const struct json *statements = json_get(policy, STR("Statement"));
    for (const struct json *at = first_of(statements); at; at = next_of(statements, at)) {
        const struct json *names = json_get(json_get(at, STR("Principal")), STR("AWS"));
        for (const struct json *name = first_of(names); name && allows(at) && !only_writes(at); name = next_of(names, name)) {
            const struct str account = account_of(json_text(name));
            if (account.len > 0 && !str_equal(account, own_account)) {
                return account;
            }
        }
    }
    return STR_NONE;
}
