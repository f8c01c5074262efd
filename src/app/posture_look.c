/* posture_look.c - users, keys, root and password policy of an account, as items. */
#include "app/posture.h"
#include "base/clock.h"

enum { DAY_MS = 86400000, PAGES_MAX = 1000 };

void posture_add(struct ctx *ctx, struct posture_items *items, struct str subject, struct json_writer *w)
{
    items->items = arena_grow(ctx->arena, items->items, items->count * sizeof(*items->items), (items->count + 1) * sizeof(*items->items));
    items->items[items->count++] = (struct posture_item){ subject, json_done(w) };
}

void posture_trouble(struct ctx *ctx, struct posture_items *items, const char *what, const char *operation,
                     const struct posture_answer *answer)
{
    const size_t n = items->trouble_count++;
    items->trouble = arena_grow(ctx->arena, items->trouble, n * sizeof(*items->trouble), (n + 1) * sizeof(*items->trouble));
    items->trouble[n] = str_format(ctx->arena, "%s: %s answered %" STR_FMT "%s%" STR_FMT, what, operation, STR_ARG(answer->code),
                                   answer->message.len > 0 ? ": " : "", STR_ARG(answer->message));
}

int64_t posture_days(const struct ctx *ctx, int64_t since_ms)
{
    return (ctx->now_ms - since_ms) / DAY_MS;
}

static int64_t time_of(const struct xml *xml, const char *name)
{
    int64_t ms = 0;
    return clock_parse_iso8601(posture_text(xml, name), &ms) ? ms : 0;
}

static struct str user_field(struct ctx *ctx, struct str name)
{
    return str_format(ctx->arena, "UserName=%" STR_FMT, STR_ARG(str_percent_encode(ctx->arena, name, false)));
}

static struct json_writer begin(struct ctx *ctx, const char *kind)
{
    struct json_writer w = json_writer_new(ctx->arena);
    json_open_object(&w);
    json_member_str(&w, STR("kind"), str_of(kind));
    return w;
}

/* --- users and their keys --- */

struct user {
    struct str name, arn;
    int64_t active_ms; /* last */
    int64_t active_keys;
    bool password, mfa;
};

static struct err last_use(struct ctx *ctx, struct posture *posture, struct str key, struct posture_items *out, int64_t *ms)
{
    struct posture_answer answer;
    TRY(posture_iam(ctx, posture, "GetAccessKeyLastUsed", str_format(ctx->arena, "AccessKeyId=%" STR_FMT, STR_ARG(key)), &answer));
    if (answer.code.ptr) {
        posture_trouble(ctx, out, "last use of a key", "iam:GetAccessKeyLastUsed", &answer);
    }
    *ms = time_of(posture_child(answer.xml, "AccessKeyLastUsed"), "LastUsedDate");
    return ERR_OK;
}

static struct err add_key(struct ctx *ctx, struct posture *posture, const struct xml *key, struct user *user, struct posture_items *out)
{
    const struct str id = posture_text(key, "AccessKeyId");
    const struct str status = posture_text(key, "Status");
    const int64_t made_ms = time_of(key, "CreateDate");
    int64_t used_ms = 0;
    TRY(last_use(ctx, posture, id, out, &used_ms));
    struct json_writer w = begin(ctx, "access_key");
    json_member_str(&w, STR("id"), id);
    json_member_str(&w, STR("user"), user->name);
    json_member_str(&w, STR("status"), status);
    json_member_int(&w, STR("age_days"), posture_days(ctx, made_ms));
    json_member_int(&w, STR("idle_days"), posture_days(ctx, used_ms ? used_ms : made_ms));
    json_member_bool(&w, STR("never_used"), used_ms == 0);
    json_close_object(&w);
    posture_add(ctx, out, str_format(ctx->arena, "%" STR_FMT " of %" STR_FMT, STR_ARG(id), STR_ARG(user->arn)), &w);
    user->active_ms = used_ms > user->active_ms ? used_ms : user->active_ms;
    user->active_keys += str_equal(status, STR("Active"));
    return ERR_OK;
}

static struct err add_keys(struct ctx *ctx, struct posture *posture, struct user *user, struct posture_items *out)
{
    struct posture_answer answer;
    TRY(posture_iam(ctx, posture, "ListAccessKeys", user_field(ctx, user->name), &answer));
    if (answer.code.ptr) {
        posture_trouble(ctx, out, "access keys", "iam:ListAccessKeys", &answer);
    }
    for (const struct xml *key = posture_members(answer.xml, "AccessKeyMetadata"); key; key = key->next) {
        TRY(add_key(ctx, posture, key, user, out));
    }
    return ERR_OK;
}

static struct err read_sign_in(struct ctx *ctx, struct posture *posture, struct user *user, struct posture_items *out)
{
    struct posture_answer profile;
    struct posture_answer devices;
    TRY(posture_iam(ctx, posture, "GetLoginProfile", user_field(ctx, user->name), &profile));
    TRY(posture_iam(ctx, posture, "ListMFADevices", user_field(ctx, user->name), &devices));
    if (profile.code.ptr && !str_equal(profile.code, STR("NoSuchEntity"))) {
        posture_trouble(ctx, out, "passwords", "iam:GetLoginProfile", &profile);
    }
    if (devices.code.ptr) {
        posture_trouble(ctx, out, "MFA devices", "iam:ListMFADevices", &devices);
    }
    user->password = profile.xml != NULL;
    user->mfa = posture_members(devices.xml, "MFADevices") != NULL || devices.code.ptr != NULL;
    return ERR_OK;
}

static bool is_administrator(const struct posture_administrators *administrators, struct str name)
{
    for (size_t i = 0; i < administrators->count; i++) {
        if (str_equal(administrators->users[i], name)) {
            return true;
        }
    }
    return false;
}

static struct err add_user(struct ctx *ctx, struct posture *posture, const struct xml *xml,
                           const struct posture_administrators *administrators, struct posture_items *out)
{
    struct user user = { .name = posture_text(xml, "UserName"), .arn = posture_text(xml, "Arn") };
    const int64_t made_ms = time_of(xml, "CreateDate");
    const int64_t signed_in_ms = time_of(xml, "PasswordLastUsed");
    user.active_ms = signed_in_ms > made_ms ? signed_in_ms : made_ms;
    TRY(add_keys(ctx, posture, &user, out));
    TRY(read_sign_in(ctx, posture, &user, out));
    struct json_writer w = begin(ctx, "user");
    json_member_str(&w, STR("name"), user.name);
    json_member_str(&w, STR("arn"), user.arn);
    json_member_int(&w, STR("age_days"), posture_days(ctx, made_ms));
    json_member_int(&w, STR("idle_days"), posture_days(ctx, user.active_ms));
    json_member_int(&w, STR("active_keys"), user.active_keys);
    json_member_bool(&w, STR("password"), user.password);
    json_member_bool(&w, STR("mfa"), user.mfa);
    if (administrators->known) {
        json_member_bool(&w, STR("administrator"), is_administrator(administrators, user.name));
    }
    json_close_object(&w);
    posture_add(ctx, out, user.arn, &w);
    return ERR_OK;
}

static struct err look_users(struct ctx *ctx, struct posture *posture, const struct posture_administrators *administrators,
                             struct posture_items *out)
{
    struct str fields = STR("MaxItems=1000");
    for (int page = 0; page < PAGES_MAX; page++) {
        struct posture_answer answer;
        TRY(posture_iam(ctx, posture, "ListUsers", fields, &answer));
        if (answer.code.ptr) {
            posture_trouble(ctx, out, "users and their keys", "iam:ListUsers", &answer);
            return ERR_OK;
        }
        for (const struct xml *user = posture_members(answer.xml, "Users"); user; user = user->next) {
            TRY(add_user(ctx, posture, user, administrators, out));
        }
        if (!str_equal(posture_text(answer.xml, "IsTruncated"), STR("true"))) {
            return ERR_OK;
        }
        fields = str_format(ctx->arena, "MaxItems=1000&Marker=%" STR_FMT,
                            STR_ARG(str_percent_encode(ctx->arena, posture_text(answer.xml, "Marker"), false)));
    }
    return ERR_OK;
}

/* --- the account and its root --- */

static int64_t summary_of(const struct xml *result, const char *name)
{
    int64_t value = 0;
    for (const struct xml *entry = posture_members(result, "SummaryMap"); entry; entry = entry->next) {
        if (str_equal(posture_text(entry, "key"), str_of(name))) {
            str_to_int(posture_text(entry, "value"), &value);
        }
    }
    return value;
}

static struct err look_root(struct ctx *ctx, struct posture *posture, struct posture_items *out)
{
    struct posture_answer answer;
    struct json_writer w = begin(ctx, "root");
    TRY(posture_iam(ctx, posture, "GetAccountSummary", STR_NONE, &answer));
    if (answer.code.ptr) {
        posture_trouble(ctx, out, "the root user", "iam:GetAccountSummary", &answer);
    } else {
        json_member_int(&w, STR("access_keys"), summary_of(answer.xml, "AccountAccessKeysPresent"));
        json_member_bool(&w, STR("mfa"), summary_of(answer.xml, "AccountMFAEnabled") > 0);
    }
    TRY(posture_root_use(ctx, posture, &w, out));
    json_close_object(&w);
    posture_add(ctx, out, STR("the account's root user"), &w);
    return ERR_OK;
}

static struct err look_passwords(struct ctx *ctx, struct posture *posture, struct json_writer *w, struct posture_items *out)
{
    struct posture_answer answer;
    int64_t length = 0;
    int64_t reuse = 0;
    TRY(posture_iam(ctx, posture, "GetAccountPasswordPolicy", STR_NONE, &answer));
    const bool missing = str_equal(answer.code, STR("NoSuchEntity"));
    if (answer.code.ptr && !missing) {
        posture_trouble(ctx, out, "the password policy", "iam:GetAccountPasswordPolicy", &answer);
        return ERR_OK;
    }
    const struct xml *policy = posture_child(answer.xml, "PasswordPolicy");
    str_to_int(posture_text(policy, "MinimumPasswordLength"), &length);
    str_to_int(posture_text(policy, "PasswordReusePrevention"), &reuse);
    json_member_bool(w, STR("password_policy"), !missing);
    json_member_int(w, STR("minimum_length"), length);
    json_member_int(w, STR("reuse_prevention"), reuse);
    return ERR_OK;
}

struct err posture_look(struct ctx *ctx, struct posture *posture, struct posture_items *out)
{
    struct posture_administrators administrators = { .known = false };
    struct json_writer account = begin(ctx, "account");
    *out = (struct posture_items){ .count = 0 };
    TRY(look_root(ctx, posture, out));
    TRY(posture_look_policies(ctx, posture, &administrators, out));
    TRY(look_users(ctx, posture, &administrators, out));
    TRY(look_passwords(ctx, posture, &account, out));
    TRY(posture_look_trails(ctx, posture, &account, out));
    json_close_object(&account);
    posture_add(ctx, out, STR("the account"), &account);
    return ERR_OK;
}
