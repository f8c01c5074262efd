/* credential_report.c - every user and which credentials it has, as CSV. A report is made at once and holds for four hours.
 * spec: IAM user guide, "Generate credential reports for your AWS account". */
#include "base/clock.h"
#include "svc/iam/password.h"

#define HOLDS_MS (INT64_C(4) * 3600 * 1000)

enum { KEYS = 2, CERTIFICATES = 2 };

static const struct str NAME = STR_INIT("credential-report");
static const struct str HEADER = STR_INIT(
    "user,arn,user_creation_time,password_enabled,password_last_used,password_last_changed,password_next_rotation,"
    "mfa_active,access_key_1_active,access_key_1_last_rotated,access_key_1_last_used_date,"
    "access_key_1_last_used_region,access_key_1_last_used_service,access_key_2_active,access_key_2_last_rotated,"
    "access_key_2_last_used_date,access_key_2_last_used_region,access_key_2_last_used_service,cert_1_active,"
    "cert_1_last_rotated,cert_2_active,cert_2_last_rotated\n");

/* "2017-06-10T02:35:07+00:00" */
static struct str time_text(struct arena *arena, int64_t ms)
{
    const struct str text = clock_format_iso8601(arena, ms);
    return str_format(arena, "%" STR_FMT "+00:00", STR_ARG(str_slice(text, 0, text.len - 1)));
}

static struct str time_or(struct arena *arena, int64_t ms, struct str otherwise)
{
    return ms > 0 ? time_text(arena, ms) : otherwise;
}

static void add(struct text *line, struct str field)
{
    if (line->len > 0) {
        text_add_char(line, ',');
    }
    text_add(line, field);
}

static void add_bool(struct text *line, bool value)
{
    add(line, value ? STR("true") : STR("false"));
}

/* The oldest first, as they were made. */
static void sort_keys(struct key_rows *keys)
{
    for (size_t i = 1; i < keys->count; i++) {
        const struct key_row key = keys->items[i];
        size_t at = i;
        for (; at > 0 && keys->items[at - 1].created_ms > key.created_ms; at--) {
            keys->items[at] = keys->items[at - 1];
        }
        keys->items[at] = key;
    }
}

static struct err add_keys(struct request *rq, struct text *line, struct str owner)
{
    static const struct str NONE = STR_INIT("N/A");
    const struct rows rows = rows_of(rq);
    struct key_rows keys = { NULL, 0 };
    TRY(rows_keys(&rows, owner, page_all(), &keys));
    sort_keys(&keys);
    for (size_t i = 0; i < KEYS; i++) {
        const struct key_row none = { .id = STR_NONE };
        const struct key_row *key = i < keys.count ? &keys.items[i] : &none;
        add_bool(line, str_equal(key->status, STR("Active")));
        add(line, time_or(rq->ctx.arena, key->created_ms, NONE));
        add(line, time_or(rq->ctx.arena, key->used_ms, NONE));
        add(line, key->used_region.ptr ? key->used_region : NONE);
        add(line, key->used_service.ptr ? key->used_service : NONE);
    }
    return ERR_OK;
}

static struct err add_certificates(struct request *rq, struct text *line, struct str owner)
{
    const struct rows rows = rows_of(rq);
    struct items all = { NULL, 0 };
    TRY(rows_items(&rows, ITEM_SIGNING_CERTIFICATE, owner, STR_NONE, page_all(), &all));
    for (size_t i = 0; i < CERTIFICATES; i++) {
        add_bool(line, i < all.count && str_equal(all.items[i].status, STR("Active")));
        add(line, i < all.count ? time_text(rq->ctx.arena, all.items[i].changed_ms) : STR("N/A"));
    }
    return ERR_OK;
}

static struct err add_mfa(struct request *rq, struct text *line, struct str owner)
{
    const struct rows rows = rows_of(rq);
    int64_t devices = 0;
    TRY(rows_item_count(&rows, ITEM_MFA, owner, &devices));
    add_bool(line, devices > 0);
    return ERR_OK;
}

/* There is no console to sign in to here, so no password was ever used. */
static struct err add_password(struct request *rq, struct text *line, const struct entity *user)
{
    const struct rows rows = rows_of(rq);
    struct password_policy policy = { .set = false };
    struct item login = { .kind = ITEM_LOGIN };
    bool found = false;
    TRY(password_policy_of(&rows, &policy));
    TRY(rows_item_find(&rows, ITEM_LOGIN, user->id, &login, &found));
    add_bool(line, found);
    add(line, found ? STR("no_information") : STR("N/A"));
    add(line, found ? time_text(rq->ctx.arena, login.changed_ms) : STR("N/A"));
    add(line, time_or(rq->ctx.arena, found ? password_expires(&policy, login.changed_ms) : 0, STR("N/A")));
    return ERR_OK;
}

static struct err add_user(struct request *rq, struct text *report, const struct entity *user)
{
    struct text line = text_new(rq->ctx.arena);
    add(&line, user->name);
    add(&line, entity_arn(rq, user));
    add(&line, time_text(rq->ctx.arena, user->created_ms));
    TRY(add_password(rq, &line, user));
    TRY(add_mfa(rq, &line, user->id));
    TRY(add_keys(rq, &line, user->id));
    TRY(add_certificates(rq, &line, user->id));
    text_add(report, text_str(&line));
    text_add_char(report, '\n');
    return ERR_OK;
}

/* An account is as old as its first user. */
static struct err add_root(struct request *rq, struct text *report, int64_t since_ms)
{
    static const struct str NOT_SUPPORTED = STR_INIT("not_supported");
    struct text line = text_new(rq->ctx.arena);
    add(&line, STR("<root_account>"));
    add(&line, str_format(rq->ctx.arena, "arn:aws:iam::%" STR_FMT ":root", STR_ARG(rq->account)));
    add(&line, time_text(rq->ctx.arena, since_ms));
    add(&line, NOT_SUPPORTED);
    add(&line, STR("no_information"));
    add(&line, NOT_SUPPORTED);
    add(&line, NOT_SUPPORTED);
    TRY(add_mfa(rq, &line, rq->account));
    TRY(add_keys(rq, &line, rq->account));
    TRY(add_certificates(rq, &line, rq->account));
    text_add(report, text_str(&line));
    text_add_char(report, '\n');
    return ERR_OK;
}

static struct err write_report(struct request *rq, struct str *out)
{
    const struct rows rows = rows_of(rq);
    struct text report = text_new(rq->ctx.arena);
    struct text users = text_new(rq->ctx.arena);
    struct page page = page_all();
    int64_t since_ms = rq->ctx.now_ms;
    for (bool more = true; more;) {
        struct entities entities = { NULL, 0 };
        TRY(rows_entities(&rows, ENTITY_USER, STR_NONE, page, &entities));
        more = entities.count > (size_t)page.limit;
        for (size_t i = 0; i < entities.count - more; i++) {
            TRY(add_user(rq, &users, &entities.items[i]));
            since_ms = entities.items[i].created_ms < since_ms ? entities.items[i].created_ms : since_ms;
            page.after = entities.items[i].key;
        }
    }
    text_add(&report, HEADER);
    TRY(add_root(rq, &report, since_ms));
    text_add(&report, text_str(&users));
    *out = text_str(&report);
    return ERR_OK;
}

static bool holds(const struct request *rq, const struct item *report)
{
    return rq->ctx.now_ms < report->created_ms + HOLDS_MS;
}

struct err iam_generate_credential_report(struct request *rq, const struct iam_generate_credential_report_in *in,
                                          struct iam_generate_credential_report_out *out)
{
    (void)in;
    const struct rows rows = rows_of(rq);
    struct item report = { .kind = ITEM_REPORT };
    bool found = false;
    TRY(rows_item_find(&rows, ITEM_REPORT, NAME, &report, &found));
    if (found && holds(rq, &report)) {
        out->state = STR("COMPLETE");
        return ERR_OK;
    }
    report = (struct item){ .kind = ITEM_REPORT, .key = NAME, .created_ms = item_now(rq) };
    TRY(write_report(rq, &report.body));
    TRY(rows_item_delete(&rows, ITEM_REPORT, NAME));
    out->state = STR("STARTED");
    out->description = STR("No report exists. Starting a new report generation task");
    return rows_item_insert(&rows, &report);
}

struct err iam_get_credential_report(struct request *rq, const struct iam_get_credential_report_in *in,
                                     struct iam_get_credential_report_out *out)
{
    (void)in;
    const struct rows rows = rows_of(rq);
    struct item report = { .kind = ITEM_REPORT };
    bool found = false;
    TRY(rows_item_find(&rows, ITEM_REPORT, NAME, &report, &found));
    if (!found) {
        return fail(&rq->ctx, &IAM_CREDENTIAL_REPORT_NOT_PRESENT_EXCEPTION, "Report is not generated.");
    }
    if (!holds(rq, &report)) {
        return fail(&rq->ctx, &IAM_CREDENTIAL_REPORT_EXPIRED_EXCEPTION,
                    "The most recent credential report has expired. To generate a new credential report, use "
                    "GenerateCredentialReport.");
    }
    out->content = report.body;
    out->report_format = STR("text/csv");
    out->generated_time = (struct opt_time)SOME(report.created_ms);
    return ERR_OK;
}
