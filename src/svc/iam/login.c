/* login.c - login profiles: a user's password, and its change by the user. */
#include <stdatomic.h>

#include "crypto/password.h"
#include "svc/iam/password.h"

static const struct fault ACCESS_DENIED = { "AccessDenied", NULL, NULL, 403 };
static const struct fault THROTTLING = { "Throttling", NULL, NULL, 400 };
static const struct str RESET = STR_INIT("reset"); /* the user must choose a new password */

enum { KEPT_PASSWORDS = 24, SLOTS = 256, ATTEMPTS = 10, WINDOW_MS = 10000 };

static struct iam_login_profile *login_out(struct request *rq, const struct entity *user, const struct item *login)
{
    struct iam_login_profile *out = ARENA_NEW(rq->ctx.arena, struct iam_login_profile);
    *out = (struct iam_login_profile){
        .user_name = user->name,
        .create_date = SOME(login->created_ms),
        .password_reset_required = SOME(login->status.ptr != NULL),
        .max_signin_session_duration = { login->number > 0, (int32_t)login->number },
    };
    return out;
}

static struct err login_get(struct request *rq, const struct entity *user, struct item *out)
{
    const struct rows rows = rows_of(rq);
    bool found = false;
    TRY(rows_item_find(&rows, ITEM_LOGIN, user->id, out, &found));
    return found ? ERR_OK
                 : fail(&rq->ctx, &IAM_NO_SUCH_ENTITY_EXCEPTION, "Login Profile for User %" STR_FMT
                        " cannot be found.", STR_ARG(user->name));
}

/* All hashes of one user share a salt, so that one slow computation tells whether a password was had before. */
static struct err set_password(struct request *rq, struct item *login, struct str password)
{
    const struct rows rows = rows_of(rq);
    struct password_policy policy = { .set = false };
    TRY(password_policy_of(&rows, &policy));
    TRY(password_check(rq, &policy, password));
    login->secret = password_hash_like(&rq->ctx, password, login->secret);
    login->changed_ms = item_now(rq);
    return ERR_OK;
}

static struct err old_passwords(const struct rows *rows, struct str owner, struct items *out)
{
    return rows_items(rows, ITEM_OLD_PASSWORD, owner, STR_NONE, (struct page){ STR(""), 1000 }, out);
}

/* Keys count downwards in time, so that the newest come first. */
static struct err keep_old(const struct rows *rows, const struct item *login, struct str hash)
{
    struct items old = { NULL, 0 };
    const struct item item = {
        .kind = ITEM_OLD_PASSWORD,
        .key = str_format(rows->ctx->arena, "%" STR_FMT "/%020lld", STR_ARG(login->owner),
                          (long long)(INT64_MAX - rows->ctx->now_ms)),
        .owner = login->owner,
        .secret = hash,
        .created_ms = rows->ctx->now_ms,
    };
    TRY(rows_item_delete(rows, ITEM_OLD_PASSWORD, item.key));
    TRY(rows_item_insert(rows, &item));
    TRY(old_passwords(rows, login->owner, &old));
    for (size_t i = KEPT_PASSWORDS; i < old.count; i++) {
        TRY(rows_item_delete(rows, ITEM_OLD_PASSWORD, old.items[i].key));
    }
    return ERR_OK;
}

struct err iam_create_login_profile(struct request *rq, const struct iam_create_login_profile_in *in,
                                    struct iam_create_login_profile_out *out)
{
    const struct rows rows = rows_of(rq);
    struct entity user = { .kind = ENTITY_USER };
    TRY(entity_user_or_caller(rq, in->user_name, &user));
    if (in->password.ptr == NULL) {
        return fail(&rq->ctx, &IAM_VALIDATION_ERROR,
                    "1 validation error detected: Value null at 'password' failed to satisfy constraint: Member must "
                    "not be null");
    }
    struct item login = {
        .kind = ITEM_LOGIN,
        .key = user.id,
        .owner = user.id,
        .status = in->password_reset_required.v ? RESET : STR_NONE,
        .number = in->max_signin_session_duration.v,
        .created_ms = item_now(rq),
    };
    TRY(set_password(rq, &login, in->password));
    const struct err err = rows_item_insert(&rows, &login);
    if (err_is(err, &STORE_CONFLICT)) {
        return fail(&rq->ctx, &IAM_ENTITY_ALREADY_EXISTS_EXCEPTION,
                    "Login Profile for user %" STR_FMT " already exists.", STR_ARG(user.name));
    }
    TRY(err);
    out->login_profile = login_out(rq, &user, &login);
    return ERR_OK;
}

struct err iam_get_login_profile(struct request *rq, const struct iam_get_login_profile_in *in,
                                 struct iam_get_login_profile_out *out)
{
    struct entity user = { .kind = ENTITY_USER };
    struct item login = { .kind = ITEM_LOGIN };
    TRY(entity_user_or_caller(rq, in->user_name, &user));
    TRY(login_get(rq, &user, &login));
    out->login_profile = login_out(rq, &user, &login);
    return ERR_OK;
}

struct err iam_update_login_profile(struct request *rq, const struct iam_update_login_profile_in *in,
                                    struct iam_update_login_profile_out *out)
{
    (void)out;
    const struct rows rows = rows_of(rq);
    struct entity user = { .kind = ENTITY_USER };
    struct item login = { .kind = ITEM_LOGIN };
    TRY(entity_get(rq, ENTITY_USER, in->user_name, &user));
    TRY(login_get(rq, &user, &login));
    if (in->password.ptr) {
        const struct str before = login.secret;
        TRY(set_password(rq, &login, in->password));
        TRY(keep_old(&rows, &login, before));
    }
    if (in->password_reset_required.set) {
        login.status = in->password_reset_required.v ? RESET : STR_NONE;
    }
    if (in->max_signin_session_duration.set || in->reset_max_signin_session_duration.v) {
        login.number = in->reset_max_signin_session_duration.v ? 0 : in->max_signin_session_duration.v;
    }
    return rows_item_update(&rows, &login, STR_NONE);
}

struct err iam_delete_login_profile(struct request *rq, const struct iam_delete_login_profile_in *in,
                                    struct iam_delete_login_profile_out *out)
{
    (void)out;
    const struct rows rows = rows_of(rq);
    struct entity user = { .kind = ENTITY_USER };
    struct item login = { .kind = ITEM_LOGIN };
    TRY(entity_user_or_caller(rq, in->user_name, &user));
    TRY(login_get(rq, &user, &login));
    TRY(rows_item_delete_of(&rows, ITEM_OLD_PASSWORD, user.id));
    return rows_item_delete(&rows, ITEM_LOGIN, login.key);
}

/* spec: IAM API reference, PasswordPolicy: that many passwords before this one, which is one of them. */
static struct err check_reuse(struct request *rq, const struct password_policy *policy, const struct item *login,
                              struct str before)
{
    const struct rows rows = rows_of(rq);
    struct items old = { NULL, 0 };
    TRY(old_passwords(&rows, login->owner, &old));
    bool used = policy->reuse > 0 && str_equal(login->secret, before);
    for (size_t i = 0; i < old.count && (int64_t)i + 1 < policy->reuse; i++) {
        used = used || str_equal(login->secret, old.items[i].secret);
    }
    return used ? fail(&rq->ctx, &IAM_PASSWORD_POLICY_VIOLATION_EXCEPTION,
                       "Password does not conform to the account password policy. (It was used before.)")
                : ERR_OK;
}

static struct err check_old(struct request *rq, const struct password_policy *policy, const struct item *login,
                            struct str old_password)
{
    const int64_t expires_ms = password_expires(policy, login->changed_ms);
    if (!password_verify(old_password, login->secret)) {
        return fail(&rq->ctx, &ACCESS_DENIED, "The old password was incorrect.");
    }
    return policy->hard_expiry && expires_ms > 0 && expires_ms <= rq->ctx.now_ms
               ? fail(&rq->ctx, &ACCESS_DENIED, "The password has expired. An administrator must set a new one.")
               : ERR_OK;
}

/* Each attempt holds the writer for a moment, and whoever has a key may try: so many in ten seconds, for users that share
 * a slot. */
static struct err check_pace(struct request *rq)
{
    static struct {
        _Atomic int64_t window;
        _Atomic int count;
    } slots[SLOTS];
    const size_t at = str_hash(rq->caller.id) % SLOTS;
    const int64_t window = rq->ctx.now_ms / WINDOW_MS;
    if (atomic_exchange(&slots[at].window, window) != window) {
        atomic_store(&slots[at].count, 0);
    }
    return atomic_fetch_add(&slots[at].count, 1) < ATTEMPTS ? ERR_OK : fail(&rq->ctx, &THROTTLING, "Rate exceeded");
}

struct err iam_change_password(struct request *rq, const struct iam_change_password_in *in,
                               struct iam_change_password_out *out)
{
    (void)out;
    const struct rows rows = rows_of(rq);
    struct entity user = { .kind = ENTITY_USER };
    struct item login = { .kind = ITEM_LOGIN };
    struct password_policy policy = { .set = false };
    if (rq->caller.type != PRINCIPAL_USER) {
        return fail(&rq->ctx, &IAM_INVALID_USER_TYPE_EXCEPTION, "Only IAM Users can change their own password");
    }
    TRY(check_pace(rq));
    TRY(entity_get(rq, ENTITY_USER, rq->caller.name, &user));
    TRY(login_get(rq, &user, &login));
    TRY(password_policy_of(&rows, &policy));
    TRY(check_old(rq, &policy, &login, in->old_password));
    const struct str before = login.secret;
    TRY(set_password(rq, &login, in->new_password));
    TRY(check_reuse(rq, &policy, &login, before));
    TRY(keep_old(&rows, &login, before));
    login.status = STR_NONE;
    return rows_item_update(&rows, &login, STR_NONE);
}
