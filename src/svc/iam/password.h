/* password.h - the account's password policy, and what it says about a password. */
#ifndef YAGURA_SVC_IAM_PASSWORD_H
#define YAGURA_SVC_IAM_PASSWORD_H

#include "svc/iam/item.h"

struct password_policy {
    bool set; /* false: the account has none, and AWS's default holds */
    int64_t length, age_days, reuse;
    bool symbols, numbers, upper, lower, may_change, hard_expiry;
};

struct err password_policy_of(const struct rows *rows, struct password_policy *out);
/* PasswordPolicyViolation with what it lacks. */
struct err password_check(struct request *rq, const struct password_policy *policy, struct str password);
/* When a password set at changed_ms ends; 0: never. */
int64_t password_expires(const struct password_policy *policy, int64_t changed_ms);

#endif
