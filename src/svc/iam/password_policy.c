/* password_policy.c - what the account asks of passwords. */
#include "svc/iam/password.h"

enum { FIELDS = 9, LENGTH_DEFAULT = 6, LENGTH_WITHOUT = 8, CLASSES_WITHOUT = 3 };

static const struct str SETTING = STR_INIT("password-policy");

/* Kept as numbers in this order, separated by spaces. */
struct err password_policy_of(const struct rows *rows, struct password_policy *out)
{
    struct str value = STR_NONE;
    int64_t fields[FIELDS] = { 0 };
    TRY(setting_get(rows, SETTING, &value));
    struct str rest = value;
    for (size_t i = 0; i < FIELDS && rest.ptr; i++) {
        str_to_int(str_cut(rest, ' ', &rest), &fields[i]);
    }
    *out = (struct password_policy){
        .set = value.ptr != NULL,
        .length = fields[0],
        .age_days = fields[1],
        .reuse = fields[2],
        .symbols = fields[3] != 0,
        .numbers = fields[4] != 0,
        .upper = fields[5] != 0,
        .lower = fields[6] != 0,
        .may_change = fields[7] != 0,
        .hard_expiry = fields[8] != 0,
    };
    return ERR_OK;
}

struct classes {
    int64_t length;
    bool symbols, numbers, upper, lower;
};

/* A character of several bytes counts as one. spec: IAM user guide, "Set an account password policy": these symbols. */
static struct classes classes_of(struct str password)
{
    struct classes found = { .length = 0 };
    for (size_t i = 0; i < password.len; i++) {
        const char c = password.ptr[i];
        found.length += ((unsigned char)c & 0xC0) != 0x80;
        found.symbols = found.symbols || str_find(STR("!@#$%^&*()_+-=[]{}|'"), c) != STR_MISSING;
        found.numbers = found.numbers || (c >= '0' && c <= '9');
        found.upper = found.upper || (c >= 'A' && c <= 'Z');
        found.lower = found.lower || (c >= 'a' && c <= 'z');
    }
    return found;
}

/* spec: IAM user guide, "Set an account password policy", the default policy: 8 characters of three classes. */
static const char *lacking(const struct password_policy *policy, const struct classes *found)
{
    if (!policy->set) {
        const int classes = found->symbols + found->numbers + found->upper + found->lower;
        return found->length < LENGTH_WITHOUT ? "8 characters"
            : classes < CLASSES_WITHOUT       ? "three of upper case, lower case, digits and symbols"
                                              : NULL;
    }
    return found->length < policy->length      ? "more characters"
        : policy->symbols && !found->symbols   ? "a symbol"
        : policy->numbers && !found->numbers   ? "a digit"
        : policy->upper && !found->upper       ? "an upper case letter"
        : policy->lower && !found->lower       ? "a lower case letter"
                                               : NULL;
}

struct err password_check(struct request *rq, const struct password_policy *policy, struct str password)
{
    const struct classes found = classes_of(password);
    const char *lacks = lacking(policy, &found);
    return lacks ? fail(&rq->ctx, &IAM_PASSWORD_POLICY_VIOLATION_EXCEPTION,
                        "Password does not conform to the account password policy. (It needs %s.)", lacks)
                 : ERR_OK;
}

int64_t password_expires(const struct password_policy *policy, int64_t changed_ms)
{
    return policy->age_days > 0 ? changed_ms + policy->age_days * INT64_C(86400000) : 0;
}

static struct err no_policy(struct request *rq)
{
    return fail(&rq->ctx, &IAM_NO_SUCH_ENTITY_EXCEPTION,
                "The Password Policy with domain name %" STR_FMT " cannot be found.", STR_ARG(rq->account));
}

struct err iam_get_account_password_policy(struct request *rq, const struct iam_get_account_password_policy_in *in,
                                           struct iam_get_account_password_policy_out *out)
{
    (void)in;
    const struct rows rows = rows_of(rq);
    struct password_policy policy = { .set = false };
    TRY(password_policy_of(&rows, &policy));
    if (!policy.set) {
        return no_policy(rq);
    }
    struct iam_password_policy *answer = ARENA_NEW(rq->ctx.arena, struct iam_password_policy);
    *answer = (struct iam_password_policy){
        .minimum_password_length = SOME((int32_t)policy.length),
        .require_symbols = SOME(policy.symbols),
        .require_numbers = SOME(policy.numbers),
        .require_uppercase_characters = SOME(policy.upper),
        .require_lowercase_characters = SOME(policy.lower),
        .allow_users_to_change_password = SOME(policy.may_change),
        .expire_passwords = SOME(policy.age_days > 0),
        .max_password_age = { policy.age_days > 0, (int32_t)policy.age_days },
        .password_reuse_prevention = { policy.reuse > 0, (int32_t)policy.reuse },
        .hard_expiry = SOME(policy.hard_expiry),
    };
    out->password_policy = answer;
    return ERR_OK;
}

/* spec: IAM API reference, UpdateAccountPasswordPolicy: what isn't given goes back to its default. */
struct err iam_update_account_password_policy(struct request *rq,
                                              const struct iam_update_account_password_policy_in *in,
                                              struct iam_update_account_password_policy_out *out)
{
    (void)out;
    const struct str value =
        str_format(rq->ctx.arena, "%d %d %d %d %d %d %d %d %d",
                   in->minimum_password_length.set ? in->minimum_password_length.v : LENGTH_DEFAULT,
                   in->max_password_age.v, in->password_reuse_prevention.v, in->require_symbols.v,
                   in->require_numbers.v, in->require_uppercase_characters.v, in->require_lowercase_characters.v,
                   in->allow_users_to_change_password.v, in->hard_expiry.v);
    return setting_put(rq, SETTING, value);
}

struct err iam_delete_account_password_policy(struct request *rq,
                                              const struct iam_delete_account_password_policy_in *in,
                                              struct iam_delete_account_password_policy_out *out)
{
    (void)in;
    (void)out;
    const struct rows rows = rows_of(rq);
    struct password_policy policy = { .set = false };
    TRY(password_policy_of(&rows, &policy));
    return policy.set ? rows_item_delete(&rows, ITEM_SETTING, SETTING) : no_policy(rq);
}
