/* usage.c - how much was read, from real counts: records by account and source over the last 30 days.
 *
 * Nothing is charged here, so there is no amount in a currency but zero: without a unit amounts are records, with the unit
 * Bytes they are inflated bytes. Records are not counted by resource: those lists are empty.
 * spec: GuardDuty API reference, GetUsageStatistics, GetRemainingFreeTrialDays. */
#include <stdlib.h>

#include "svc/guardduty/guardduty.h"
#include "svc/guardduty/member.h"
#include "svc/guardduty/page.h"
#include "svc/guardduty/rows_usage.h"

enum { DAYS = 30, PAGE_MAX = 50, ACCOUNTS_MAX = 1000 };
#define DAY_MS ((int64_t)24 * 3600 * 1000)

/* The older names of some sources. */
static struct str data_source_of(struct str feature)
{
    static const struct {
        struct str feature, source;
    } NAMES[] = {
        { STR_INIT("FLOW_LOGS"), STR_INIT("FLOW_LOGS") },
        { STR_INIT("CLOUD_TRAIL"), STR_INIT("CLOUD_TRAIL") },
        { STR_INIT("DNS_LOGS"), STR_INIT("DNS_LOGS") },
        { STR_INIT("S3_DATA_EVENTS"), STR_INIT("S3_LOGS") },
        { STR_INIT("EKS_AUDIT_LOGS"), STR_INIT("KUBERNETES_AUDIT_LOGS") },
    };
    for (size_t i = 0; i < COUNT_OF(NAMES); i++) {
        if (str_equal(NAMES[i].feature, feature)) {
            return NAMES[i].source;
        }
    }
    return STR_NONE;
}

struct err guardduty_record_usage(struct ctx *ctx, struct store_conn *db, struct str owner,
                                  const struct guardduty_usage *usage, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const struct rows rows = { ctx, db, owner, usage[i].region };
        const struct usage_row row = {
            .record_account = usage[i].account,
            .source = usage[i].source,
            .records = usage[i].records,
            .bytes = usage[i].bytes,
        };
        TRY(rows_usage_add(rows, ctx->now_ms / DAY_MS, &row));
    }
    return ERR_OK;
}

/* Sums under one name each, largest first. */
struct sums {
    struct str *names;
    int64_t *amounts;
    size_t count;
};

static void add(struct sums *sums, struct str name, int64_t amount)
{
    size_t at = 0;
    while (at < sums->count && !str_equal(sums->names[at], name)) {
        at++;
    }
    if (at == sums->count) {
        sums->names[sums->count++] = name;
    }
    sums->amounts[at] += amount;
    for (; at > 0 && sums->amounts[at] > sums->amounts[at - 1]; at--) {
        const struct str other = sums->names[at - 1];
        const int64_t less = sums->amounts[at - 1];
        sums->names[at - 1] = sums->names[at];
        sums->amounts[at - 1] = sums->amounts[at];
        sums->names[at] = other;
        sums->amounts[at] = less;
    }
}

static struct sums sums_new(struct arena *arena, size_t most)
{
    return (struct sums){ ARENA_ARRAY(arena, struct str, most + 1), ARENA_ARRAY(arena, int64_t, most + 1), 0 };
}

static bool is_listed(const struct str *items, size_t count, struct str value)
{
    for (size_t i = 0; i < count; i++) {
        if (str_equal(items[i], value)) {
            return true;
        }
    }
    return false;
}

static bool is_wanted(const struct guardduty_usage_criteria *criteria, const struct usage_row *row)
{
    const struct str source = data_source_of(row->source);
    const bool account = criteria->account_ids.count == 0 ||
                         is_listed(criteria->account_ids.items, criteria->account_ids.count, row->record_account);
    return account && (is_listed(criteria->features.items, criteria->features.count, row->source) ||
                       (source.ptr && is_listed(criteria->data_sources.items, criteria->data_sources.count, source)));
}

enum unit { UNIT_RECORDS, UNIT_BYTES, UNIT_DOLLARS };

static struct err unit_of(struct request *rq, struct str name, enum unit *out)
{
    *out = UNIT_RECORDS;
    if (str_equal_nocase(name, STR("BYTES"))) {
        *out = UNIT_BYTES;
    } else if (str_equal_nocase(name, STR("USD"))) {
        *out = UNIT_DOLLARS;
    } else if (name.len > 0 && !str_equal_nocase(name, STR("RECORDS"))) {
        return detector_refuse(&rq->ctx, "unit");
    }
    return ERR_OK;
}

static const struct guardduty_total *total_of(struct request *rq, enum unit unit, int64_t amount)
{
    static const struct str NAMES[] = { STR_INIT("Records"), STR_INIT("Bytes"), STR_INIT("USD") };
    struct guardduty_total *total = ARENA_NEW(rq->ctx.arena, struct guardduty_total);
    total->amount =
        unit == UNIT_DOLLARS ? STR("0.00") : str_format(rq->ctx.arena, "%lld", (long long)amount);
    total->unit = NAMES[unit];
    return total;
}

/* What the statistic sums by; the rows are those that were asked for. */
static struct sums sum_up(struct request *rq, struct str type, enum unit unit, const struct usage_row *rows, size_t count)
{
    struct sums sums = sums_new(rq->ctx.arena, count);
    for (size_t i = 0; i < count; i++) {
        const int64_t amount = unit == UNIT_BYTES ? rows[i].bytes : rows[i].records;
        const struct str source = data_source_of(rows[i].source);
        if (str_equal(type, STR("SUM_BY_ACCOUNT"))) {
            add(&sums, rows[i].record_account, amount);
        } else if (str_equal(type, STR("SUM_BY_DATA_SOURCE")) && source.ptr) {
            add(&sums, source, amount);
        } else if (str_equal(type, STR("SUM_BY_FEATURES"))) {
            add(&sums, rows[i].source, amount);
        }
    }
    return sums;
}

/* Sums from `first` on, a page of them, in the member of the answer that belongs to the type. */
static size_t show_sums(struct request *rq, struct str type, enum unit unit, const struct sums *sums, size_t first,
                        size_t limit, struct guardduty_usage_statistics *out)
{
    const size_t left = first < sums->count ? sums->count - first : 0;
    const size_t count = left < limit ? left : limit;
    if (str_equal(type, STR("SUM_BY_ACCOUNT"))) {
        out->sum_by_account.items = ARENA_ARRAY(rq->ctx.arena, struct guardduty_usage_account_result, count + 1);
    } else if (str_equal(type, STR("SUM_BY_DATA_SOURCE"))) {
        out->sum_by_data_source.items = ARENA_ARRAY(rq->ctx.arena, struct guardduty_usage_data_source_result, count + 1);
    } else if (str_equal(type, STR("SUM_BY_FEATURES"))) {
        out->sum_by_feature.items = ARENA_ARRAY(rq->ctx.arena, struct guardduty_usage_feature_result, count + 1);
    } else if (str_equal(type, STR("SUM_BY_RESOURCE"))) {
        out->sum_by_resource.items = ARENA_NEW(rq->ctx.arena, struct guardduty_usage_resource_result);
    } else {
        out->top_resources.items = ARENA_NEW(rq->ctx.arena, struct guardduty_usage_resource_result);
    }
    for (size_t i = 0; i < count; i++) {
        const struct str name = sums->names[first + i];
        const struct guardduty_total *total = total_of(rq, unit, sums->amounts[first + i]);
        if (out->sum_by_account.items) {
            out->sum_by_account.items[out->sum_by_account.count++] = (struct guardduty_usage_account_result){ name, total };
        } else if (out->sum_by_data_source.items) {
            out->sum_by_data_source.items[out->sum_by_data_source.count++] =
                (struct guardduty_usage_data_source_result){ name, total };
        } else {
            out->sum_by_feature.items[out->sum_by_feature.count++] = (struct guardduty_usage_feature_result){ name, total };
        }
    }
    return first + count;
}

/* Per feature the accounts with most of it. */
static void show_top(struct request *rq, enum unit unit, const struct usage_row *rows, size_t count, size_t limit,
                     struct guardduty_usage_statistics *out)
{
    const struct sums features = sum_up(rq, STR("SUM_BY_FEATURES"), unit, rows, count);
    out->top_accounts_by_feature.items =
        ARENA_ARRAY(rq->ctx.arena, struct guardduty_usage_top_accounts_result, features.count + 1);
    for (size_t f = 0; f < features.count; f++) {
        struct sums accounts = sums_new(rq->ctx.arena, count);
        for (size_t i = 0; i < count; i++) {
            if (str_equal(rows[i].source, features.names[f])) {
                add(&accounts, rows[i].record_account, unit == UNIT_BYTES ? rows[i].bytes : rows[i].records);
            }
        }
        struct guardduty_usage_top_accounts_result *top =
            &out->top_accounts_by_feature.items[out->top_accounts_by_feature.count++];
        top->feature = features.names[f];
        top->accounts.count = accounts.count < limit ? accounts.count : limit;
        top->accounts.items = ARENA_ARRAY(rq->ctx.arena, struct guardduty_usage_top_account_result, top->accounts.count + 1);
        for (size_t i = 0; i < top->accounts.count; i++) {
            top->accounts.items[i] = (struct guardduty_usage_top_account_result){
                accounts.names[i], total_of(rq, unit, accounts.amounts[i]),
            };
        }
    }
}

static struct err wanted_rows(struct request *rq, const struct guardduty_usage_criteria *criteria, struct usage_row **out,
                              size_t *count)
{
    size_t kept = 0;
    TRY(rows_usage_sum(rows_of(rq), rq->ctx.now_ms / DAY_MS - DAYS, out, count));
    for (size_t i = 0; i < *count; i++) {
        if (is_wanted(criteria, &(*out)[i])) {
            (*out)[kept++] = (*out)[i];
        }
    }
    *count = kept;
    return ERR_OK;
}

struct err guardduty_get_usage_statistics(struct request *rq, const struct guardduty_get_usage_statistics_in *in,
                                          struct guardduty_get_usage_statistics_out *out)
{
    struct detector_row detector = { .enabled = false };
    struct finding_place after = { .id = STR_NONE };
    struct usage_row *rows = NULL;
    size_t count = 0;
    enum unit unit = UNIT_RECORDS;
    const size_t limit = in->max_results.set && in->max_results.v > 0 ? (size_t)in->max_results.v : PAGE_MAX;
    TRY(detector_need(rq, in->detector_id, &detector));
    TRY(unit_of(rq, in->unit, &unit));
    if (in->usage_criteria->data_sources.count == 0 && in->usage_criteria->features.count == 0) {
        return detector_refuse(&rq->ctx, "usageCriteria");
    }
    TRY(page_place(rq, in->usage_statistic_type, in->next_token, &after));
    TRY(wanted_rows(rq, in->usage_criteria, &rows, &count));
    struct guardduty_usage_statistics *statistics = ARENA_NEW(rq->ctx.arena, struct guardduty_usage_statistics);
    out->usage_statistics = statistics;
    if (str_equal(in->usage_statistic_type, STR("TOP_ACCOUNTS_BY_FEATURE"))) {
        show_top(rq, unit, rows, count, limit, statistics);
        return ERR_OK;
    }
    const struct sums sums = sum_up(rq, in->usage_statistic_type, unit, rows, count);
    const size_t shown = show_sums(rq, in->usage_statistic_type, unit, &sums,
                                   after.id.ptr ? (size_t)after.value.integer : 0, limit, statistics);
    const struct finding_place last = { .id = STR("usage"), .value = SQL_INT((int64_t)shown) };
    out->next_token = shown < sums.count ? page_token(rq, in->usage_statistic_type, &last) : STR_NONE;
    return ERR_OK;
}

/* No trial runs here, and none ends: every count of days is zero. */
static const struct guardduty_data_sources_free_trial *no_trials(void)
{
    static const struct guardduty_data_source_free_trial NONE = { .free_trial_days_remaining = SOME(0) };
    static const struct guardduty_kubernetes_data_source_free_trial KUBERNETES = { .audit_logs = &NONE };
    static const struct guardduty_malware_protection_data_source_free_trial MALWARE = {
        .scan_ec2_instance_with_findings = &NONE,
    };
    static const struct guardduty_data_sources_free_trial ALL = {
        .cloud_trail = &NONE, .dns_logs = &NONE,      .flow_logs = &NONE,
        .s3_logs = &NONE,     .kubernetes = &KUBERNETES, .malware_protection = &MALWARE,
    };
    return &ALL;
}

struct err guardduty_get_remaining_free_trial_days(struct request *rq,
                                                   const struct guardduty_get_remaining_free_trial_days_in *in,
                                                   struct guardduty_get_remaining_free_trial_days_out *out)
{
    struct detector_row detector = { .enabled = false };
    const size_t count = in->account_ids.count;
    TRY(detector_need(rq, in->detector_id, &detector));
    out->accounts.items = ARENA_ARRAY(rq->ctx.arena, struct guardduty_account_free_trial_info, count + 1);
    out->unprocessed_accounts.items = ARENA_ARRAY(rq->ctx.arena, struct guardduty_unprocessed_account, count + 1);
    for (size_t i = 0; i < count; i++) {
        const struct str account = in->account_ids.items[i];
        struct member_row member = { .other = STR_NONE };
        bool found = str_equal(account, rq->account);
        if (!found) {
            TRY(member_find(rq, account, &member, &found));
        }
        if (!found) {
            out->unprocessed_accounts.items[out->unprocessed_accounts.count++] =
                (struct guardduty_unprocessed_account){ account, str_of(MEMBER_UNKNOWN) };
            continue;
        }
        out->accounts.items[out->accounts.count++] = (struct guardduty_account_free_trial_info){
            .account_id = account, .data_sources = no_trials(),
        };
    }
    return ERR_OK;
}
