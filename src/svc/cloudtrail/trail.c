#include "svc/cloudtrail/trail.h"

#include "svc/cloudtrail/cloudtrail.h"
#include "svc/cloudtrail/dependencies.h"
#include "svc/guard.h"

enum { NAME_MIN = 3, NAME_MAX = 128, BUCKET_MIN = 3, BUCKET_MAX = 63, PREFIX_MAX = 200 };

static bool is_word(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

static bool is_address(struct str name)
{
    size_t dots = 0;
    for (size_t i = 0; i < name.len; i++) {
        dots += name.ptr[i] == '.';
        if (name.ptr[i] != '.' && (name.ptr[i] < '0' || name.ptr[i] > '9')) {
            return false;
        }
    }
    return dots == 3;
}

/* spec: CloudTrail API reference, CreateTrail, Name; the words are AWS's. */
struct err trail_name_check(struct request *rq, struct str name)
{
    const struct fault *fault = &CLOUDTRAIL_INVALID_TRAIL_NAME_EXCEPTION;
    if (name.len < NAME_MIN) {
        return fail(&rq->ctx, fault, "Trail name too short. Minimum allowed length: %d characters. Specified name length: %zu "
                    "characters.", NAME_MIN, name.len);
    }
    if (name.len > NAME_MAX) {
        return fail(&rq->ctx, fault, "Trail name too long. Maximum allowed length: %d characters. Specified name length: %zu "
                    "characters.", NAME_MAX, name.len);
    }
    if (!is_word(name.ptr[0])) {
        return fail(&rq->ctx, fault, "Trail name must starts with a letter or number.");
    }
    if (!is_word(name.ptr[name.len - 1])) {
        return fail(&rq->ctx, fault, "Trail name must ends with a letter or number.");
    }
    for (size_t i = 0; i < name.len; i++) {
        const bool punctuation = name.ptr[i] == '.' || name.ptr[i] == '_' || name.ptr[i] == '-';
        if (!is_word(name.ptr[i]) && !punctuation) {
            return fail(&rq->ctx, fault, "Trail name or ARN can only contain uppercase letters, lowercase letters, numbers, "
                        "periods (.), hyphens (-), and underscores (_).");
        }
        if (i > 0 && punctuation && !is_word(name.ptr[i - 1])) {
            return fail(&rq->ctx, fault, "Trail name can't have adjacent periods, underscores, or dashes.");
        }
    }
    return is_address(name) ? fail(&rq->ctx, fault, "Trail name must not be formatted as an IP address.") : ERR_OK;
}

/* arn:PARTITION:cloudtrail:REGION:ACCOUNT:trail/NAME */
static struct err read_arn(struct request *rq, struct str arn, struct str *region, struct str *account, struct str *name)
{
    struct str rest = arn;
    struct str parts[5];
    for (size_t i = 0; i < COUNT_OF(parts); i++) {
        parts[i] = str_cut(rest, ':', &rest);
    }
    if (!str_equal(parts[2], STR("cloudtrail")) || !str_starts(rest, STR("trail/"))) {
        return fail(&rq->ctx, &CLOUDTRAIL_CLOUD_TRAIL_ARN_INVALID_EXCEPTION, "%" STR_FMT " is not a valid trail ARN.", STR_ARG(arn));
    }
    *region = parts[3];
    *account = parts[4];
    *name = str_from(rest, sizeof("trail/") - 1);
    return ERR_OK;
}

static struct err unknown(struct request *rq, struct str name)
{
    return fail(&rq->ctx, &CLOUDTRAIL_TRAIL_NOT_FOUND_EXCEPTION, "Unknown trail: %" STR_FMT " for the user: %" STR_FMT,
                STR_ARG(name), STR_ARG(rq->account));
}

bool trail_visible(const struct request *rq, const struct trail_row *row)
{
    return str_equal(row->region, rq->region) || row->trail->is_multi_region_trail.v;
}

/* Those of the account, and organisation trails of its organisation. */
static struct err find_by_name(struct request *rq, struct str name, struct trail_row *out, bool *found)
{
    struct trail_row *rows = NULL;
    size_t count = 0;
    *found = false;
    TRY(trail_rows_list(&rq->ctx, rq->db, rq->account, &rows, &count));
    for (size_t i = 0; i < count; i++) {
        const bool home = str_equal(rows[i].region, rq->region);
        if (str_equal(rows[i].name, name) && trail_visible(rq, &rows[i]) && (home || !*found)) {
            *out = rows[i];
            *found = true;
        }
    }
    return ERR_OK;
}

struct err trail_need(struct request *rq, struct str name_or_arn, struct trail_row *out)
{
    struct str region = STR_NONE, account = STR_NONE, name = name_or_arn;
    bool found = false;
    if (!str_starts(name_or_arn, STR("arn:"))) {
        TRY(trail_name_check(rq, name));
        TRY(find_by_name(rq, name, out, &found));
        return found ? ERR_OK : unknown(rq, name);
    }
    TRY(read_arn(rq, name_or_arn, &region, &account, &name));
    TRY(trail_rows_get(&rq->ctx, rq->db, account, region, name, out, &found));
    const bool ours = found && (str_equal(account, rq->account)
                                || (out->organization.len > 0 && str_equal(out->organization, rq->caller_place.id)));
    if (ours && !str_equal(account, rq->account) && (!rq->identity_allows || rq->limited)) {
        return fail(&rq->ctx, &CLOUDTRAIL_ACCESS_DENIED_EXCEPTION, "User: %" STR_FMT " is not authorized to perform: cloudtrail:%s on "
                    "resource: %" STR_FMT, STR_ARG(rq->caller.arn), rq->operation->name, STR_ARG(name_or_arn));
    }
    return ours ? ERR_OK : unknown(rq, name_or_arn);
}

struct err trail_need_home(struct request *rq, struct str name_or_arn, struct trail_row *out)
{
    TRY(trail_need(rq, name_or_arn, out));
    if (!str_equal(out->account, rq->account)) {
        return fail(&rq->ctx, &CLOUDTRAIL_NOT_ORGANIZATION_MASTER_ACCOUNT_EXCEPTION,
                    "An organization trail can be changed only by the organization's management account.");
    }
    if (!str_equal(out->region, rq->region)) {
        return fail(&rq->ctx, &CLOUDTRAIL_INVALID_HOME_REGION_EXCEPTION,
                    "The home region of trail %" STR_FMT " is %" STR_FMT "; it can be changed only there.", STR_ARG(out->name),
                    STR_ARG(out->region));
    }
    return ERR_OK;
}

struct cloudtrail_trail *trail_shown(const struct trail_row *row)
{
    struct cloudtrail_trail *trail = row->trail;
    trail->has_custom_event_selectors = (struct opt_bool)SOME(row->selectors.ptr != NULL);
    trail->has_insight_selectors = (struct opt_bool)SOME(row->insights.ptr != NULL);
    return trail;
}

/* spec: S3 user guide, bucket naming; CloudTrail answers for a name that no bucket can have. */
static struct err check_bucket(struct request *rq, struct str bucket)
{
    bool sound = bucket.len >= BUCKET_MIN && bucket.len <= BUCKET_MAX && !is_address(bucket);
    for (size_t i = 0; sound && i < bucket.len; i++) {
        const char c = bucket.ptr[i];
        const bool middle = i > 0 && i + 1 < bucket.len;
        sound = (is_word(c) && !(c >= 'A' && c <= 'Z')) || (middle && (c == '-' || c == '.'));
    }
    return sound ? ERR_OK
                 : fail(&rq->ctx, &CLOUDTRAIL_INVALID_S3_BUCKET_NAME_EXCEPTION, "Bucket name %" STR_FMT " is not valid.",
                        STR_ARG(bucket));
}

/* What must hold of a trail however it came to be. */
static struct err check(struct request *rq, struct cloudtrail_trail *trail)
{
    TRY(check_bucket(rq, trail->s3_bucket_name));
    if (trail->s3_key_prefix.len > PREFIX_MAX || str_ends(trail->s3_key_prefix, STR("/"))) {
        return fail(&rq->ctx, &CLOUDTRAIL_INVALID_S3_PREFIX_EXCEPTION, "The S3 key prefix must have at most %d characters, and no "
                    "slash at its end.", PREFIX_MAX);
    }
    if (trail->is_multi_region_trail.v && !trail->include_global_service_events.v) {
        return fail(&rq->ctx, &CLOUDTRAIL_INVALID_PARAMETER_COMBINATION_EXCEPTION,
                    "Multi-Region trail must include global service events.");
    }
    const bool group = trail->cloud_watch_logs_log_group_arn.len > 0;
    if (group != (trail->cloud_watch_logs_role_arn.len > 0)) {
        return fail(&rq->ctx, &CLOUDTRAIL_INVALID_PARAMETER_COMBINATION_EXCEPTION, "CloudWatch Logs needs both a log group ARN and a "
                    "role ARN.");
    }
    if (group && (!str_starts(trail->cloud_watch_logs_log_group_arn, STR("arn:"))
                  || str_search(trail->cloud_watch_logs_log_group_arn, STR(":log-group:")) == STR_MISSING)) {
        return fail(&rq->ctx, &CLOUDTRAIL_INVALID_CLOUD_WATCH_LOGS_LOG_GROUP_ARN_EXCEPTION,
                    "CloudTrail cannot validate the specified log group ARN.");
    }
    if (group && (!str_starts(trail->cloud_watch_logs_role_arn, STR("arn:"))
                  || str_search(trail->cloud_watch_logs_role_arn, STR(":role/")) == STR_MISSING)) {
        return fail(&rq->ctx, &CLOUDTRAIL_INVALID_CLOUD_WATCH_LOGS_ROLE_ARN_EXCEPTION,
                    "CloudTrail cannot validate the specified role ARN.");
    }
    if (trail->sns_topic_name.len > 0) {
        return fail(&rq->ctx, &CLOUDTRAIL_INSUFFICIENT_SNS_TOPIC_POLICY_EXCEPTION,
                    "SNS Topic does not exist or the topic policy is incorrect!");
    }
    return ERR_OK;
}

/* What other services must agree to. */
static struct err check_dependencies(struct request *rq, struct cloudtrail_trail *trail, struct str *organization)
{
    *organization = STR("");
    if (trail->is_organization_trail.v) {
        TRY(dependency_organization(rq, organization));
    }
    TRY(dependency_bucket(rq, trail, *organization));
    TRY(dependency_key(rq, trail));
    return trail->cloud_watch_logs_log_group_arn.len ? dependency_log_group(rq, trail, *organization) : ERR_OK;
}

/* spec: KmsKeyId may be an alias, an id or an ARN; the trail shows the ARN. */
static struct str key_arn(struct request *rq, struct str key)
{
    if (key.len == 0 || str_starts(key, STR("arn:"))) {
        return key.len ? key : STR_NONE;
    }
    return str_format(rq->ctx.arena, "arn:%" STR_FMT ":kms:%" STR_FMT ":%" STR_FMT ":%s%" STR_FMT, STR_ARG(rq->partition),
                      STR_ARG(rq->region), STR_ARG(rq->account), str_starts(key, STR("alias/")) ? "" : "key/", STR_ARG(key));
}

static struct opt_bool chosen(struct opt_bool asked, bool otherwise)
{
    return (struct opt_bool)SOME(asked.set ? asked.v : otherwise);
}

static struct err check_quota(struct request *rq, struct str name)
{
    struct trail_row *rows = NULL;
    size_t count = 0;
    size_t here = 0;
    TRY(trail_rows_list(&rq->ctx, rq->db, rq->account, &rows, &count));
    for (size_t i = 0; i < count; i++) {
        if (str_equal(rows[i].name, name) && trail_visible(rq, &rows[i])) {
            return fail(&rq->ctx, &CLOUDTRAIL_TRAIL_ALREADY_EXISTS_EXCEPTION, "Trail %" STR_FMT " already exists for customer: %" STR_FMT,
                        STR_ARG(name), STR_ARG(rq->account));
        }
        here += str_equal(rows[i].region, rq->region);
    }
    return here < TRAILS_MAX ? ERR_OK
                             : fail(&rq->ctx, &CLOUDTRAIL_MAXIMUM_NUMBER_OF_TRAILS_EXCEEDED_EXCEPTION,
                                    "User: %" STR_FMT " already has %d trails in %" STR_FMT ".", STR_ARG(rq->account), TRAILS_MAX,
                                    STR_ARG(rq->region));
}

struct err cloudtrail_create_trail(struct request *rq, const struct cloudtrail_create_trail_in *in,
                                   struct cloudtrail_create_trail_out *out)
{
    struct cloudtrail_trail trail = {
        .name = in->name,
        .s3_bucket_name = in->s3_bucket_name,
        .s3_key_prefix = in->s3_key_prefix.len ? in->s3_key_prefix : STR_NONE,
        .sns_topic_name = in->sns_topic_name,
        .include_global_service_events = chosen(in->include_global_service_events, true),
        .is_multi_region_trail = chosen(in->is_multi_region_trail, false),
        .home_region = rq->region,
        .trail_arn = str_format(rq->ctx.arena, "arn:%" STR_FMT ":cloudtrail:%" STR_FMT ":%" STR_FMT ":trail/%" STR_FMT,
                                STR_ARG(rq->partition), STR_ARG(rq->region), STR_ARG(rq->account), STR_ARG(in->name)),
        .log_file_validation_enabled = chosen(in->enable_log_file_validation, false),
        .cloud_watch_logs_log_group_arn = in->cloud_watch_logs_log_group_arn.len ? in->cloud_watch_logs_log_group_arn : STR_NONE,
        .cloud_watch_logs_role_arn = in->cloud_watch_logs_role_arn.len ? in->cloud_watch_logs_role_arn : STR_NONE,
        .kms_key_id = key_arn(rq, in->kms_key_id),
        .is_organization_trail = chosen(in->is_organization_trail, false),
        .recursive_logging = in->recursive_logging,
    };
    TRY(trail_name_check(rq, in->name));
    TRY(check(rq, &trail));
    TRY(check_quota(rq, in->name));
    struct trail_row row = { .account = rq->account, .region = rq->region, .name = in->name, .trail = &trail,
                             .created_ms = rq->ctx.now_ms };
    TRY(check_dependencies(rq, &trail, &row.organization));
    TRY(trail_rows_put(&rq->ctx, rq->db, &row));
    TRY(trail_tags_put(rq, trail.trail_arn, &in->tags_list));
    *out = (struct cloudtrail_create_trail_out){
        .name = trail.name, .s3_bucket_name = trail.s3_bucket_name, .s3_key_prefix = trail.s3_key_prefix,
        .include_global_service_events = trail.include_global_service_events,
        .is_multi_region_trail = trail.is_multi_region_trail, .trail_arn = trail.trail_arn,
        .log_file_validation_enabled = trail.log_file_validation_enabled,
        .cloud_watch_logs_log_group_arn = trail.cloud_watch_logs_log_group_arn,
        .cloud_watch_logs_role_arn = trail.cloud_watch_logs_role_arn, .kms_key_id = trail.kms_key_id,
        .is_organization_trail = trail.is_organization_trail, .recursive_logging = trail.recursive_logging,
    };
    return ERR_OK;
}

/* Absent: as it was; empty: none any more. */
static void set(struct str *text, struct str asked)
{
    if (asked.ptr) {
        *text = asked.len > 0 ? asked : STR_NONE;
    }
}

static void set_bool(struct opt_bool *flag, struct opt_bool asked)
{
    *flag = asked.set ? asked : *flag;
}

struct err cloudtrail_update_trail(struct request *rq, const struct cloudtrail_update_trail_in *in,
                                   struct cloudtrail_update_trail_out *out)
{
    struct trail_row row = { .logging = false };
    TRY(trail_need_home(rq, in->name, &row));
    struct cloudtrail_trail *trail = row.trail;
    set(&trail->s3_bucket_name, in->s3_bucket_name);
    set(&trail->s3_key_prefix, in->s3_key_prefix);
    set(&trail->sns_topic_name, in->sns_topic_name);
    set(&trail->cloud_watch_logs_log_group_arn, in->cloud_watch_logs_log_group_arn);
    set(&trail->cloud_watch_logs_role_arn, in->cloud_watch_logs_role_arn);
    set(&trail->kms_key_id, in->kms_key_id.len ? key_arn(rq, in->kms_key_id) : in->kms_key_id);
    set_bool(&trail->include_global_service_events, in->include_global_service_events);
    set_bool(&trail->is_multi_region_trail, in->is_multi_region_trail);
    set_bool(&trail->log_file_validation_enabled, in->enable_log_file_validation);
    set_bool(&trail->is_organization_trail, in->is_organization_trail);
    set_bool(&trail->recursive_logging, in->recursive_logging);
    TRY(check(rq, trail));
    TRY(check_dependencies(rq, trail, &row.organization));
    TRY(trail_rows_put(&rq->ctx, rq->db, &row));
    *out = (struct cloudtrail_update_trail_out){
        .name = trail->name, .s3_bucket_name = trail->s3_bucket_name, .s3_key_prefix = trail->s3_key_prefix,
        .include_global_service_events = trail->include_global_service_events,
        .is_multi_region_trail = trail->is_multi_region_trail, .trail_arn = trail->trail_arn,
        .log_file_validation_enabled = trail->log_file_validation_enabled,
        .cloud_watch_logs_log_group_arn = trail->cloud_watch_logs_log_group_arn,
        .cloud_watch_logs_role_arn = trail->cloud_watch_logs_role_arn, .kms_key_id = trail->kms_key_id,
        .is_organization_trail = trail->is_organization_trail, .recursive_logging = trail->recursive_logging,
    };
    return ERR_OK;
}

struct err cloudtrail_delete_trail(struct request *rq, const struct cloudtrail_delete_trail_in *in,
                                   struct cloudtrail_delete_trail_out *out)
{
    struct trail_row row = { .logging = false };
    (void)out;
    TRY(trail_need_home(rq, in->name, &row));
    return trail_rows_delete(&rq->ctx, rq->db, &row);
}

struct err cloudtrail_start_logging(struct request *rq, const struct cloudtrail_start_logging_in *in,
                                    struct cloudtrail_start_logging_out *out)
{
    struct trail_row row = { .logging = false };
    (void)out;
    TRY(trail_need_home(rq, in->name, &row));
    if (!row.logging) {
        row.logging = true;
        row.started_ms = rq->ctx.now_ms;
    }
    return trail_rows_put(&rq->ctx, rq->db, &row);
}

struct err cloudtrail_stop_logging(struct request *rq, const struct cloudtrail_stop_logging_in *in,
                                   struct cloudtrail_stop_logging_out *out)
{
    struct trail_row row = { .logging = false };
    (void)out;
    TRY(trail_need_home(rq, in->name, &row));
    if (row.logging) {
        row.logging = false;
        row.stopped_ms = rq->ctx.now_ms;
    }
    return trail_rows_put(&rq->ctx, rq->db, &row);
}

/* A trail named by its ARN is that trail, wherever it lives. */
static struct err guard(struct request *rq, const void *in, struct guard *guard)
{
    (void)in;
    const struct str twice = STR(":trail/arn:");
    const size_t at = str_search(guard->resource, twice);
    if (at != STR_MISSING) {
        guard->resource = str_from(guard->resource, at + sizeof(":trail/") - 1);
    }
    struct str rest = guard->resource;
    const size_t name = str_find_last(rest, ':');
    if (str_ends(str_of(rq->operation->name), STR("Channel")) && name != STR_MISSING && str_find(str_from(rest, name), '/') == STR_MISSING
        && !str_equal(rest, STR("*"))) { /* a channel by its id */
        guard->resource = rest = str_format(rq->ctx.arena, "%" STR_FMT ":channel/%" STR_FMT, STR_ARG(str_slice(rest, 0, name)),
                                            STR_ARG(str_from(rest, name + 1)));
    }
    for (size_t i = 0; i < 4; i++) {
        str_cut(rest, ':', &rest);
    }
    const struct str account = str_cut(rest, ':', &rest);
    guard->account = str_starts(guard->resource, STR("arn:")) && account.len == 12 ? account : rq->account;
    guard->handler_decides = !str_equal(guard->account, rq->account); /* members see their organisation's trails: trail_need */
    return ERR_OK;
}

const struct service CLOUDTRAIL = { .model = &CLOUDTRAIL_MODEL, .guard = guard, .changes_records = true };
