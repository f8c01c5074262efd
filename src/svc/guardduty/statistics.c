/* statistics.c - GetFindingsStatistics: findings counted per severity, account, day, type or resource.
 *
 * spec: GuardDuty API reference, GetFindingsStatistics: either findingStatisticTypes or groupBy; maxResults and orderBy
 * only with groupBy; 25 groups and DESC by default. Groups are ordered by their number of findings, days by date; of
 * equal ones the newest comes first (our reading: the reference names no key). */
#include <stdlib.h>

#include "base/map.h"
#include "svc/guardduty/finding.h"

enum { GROUPS_DEFAULT = 25, DAY_MS = 24 * 60 * 60 * 1000 };

struct group {
    struct str text; /* account, type or resource id */
    struct str kind; /* resource type */
    struct str account;
    double severity;
    int64_t day_ms;
    int64_t last_ms;
    int32_t total;
};

struct tally {
    struct str by;     /* GroupBy; absent: severity, for COUNT_BY_SEVERITY */
    struct map *index; /* key -> position + 1 in groups */
    struct group *groups;
    size_t count;
    size_t capacity;
};

/* What tells a finding's group from the others. */
static struct group group_of(const struct tally *tally, const struct finding_row *row)
{
    if (str_equal(tally->by, STR("ACCOUNT"))) {
        return (struct group){ .text = row->record_account };
    }
    if (str_equal(tally->by, STR("FINDING_TYPE"))) {
        return (struct group){ .text = row->type };
    }
    if (str_equal(tally->by, STR("RESOURCE"))) {
        return (struct group){ .text = row->resource_id, .kind = row->resource_type, .account = row->record_account };
    }
    const bool by_day = str_equal(tally->by, STR("DATE"));
    return (struct group){ .severity = row->severity,
                           .day_ms = by_day ? row->updated_ms - row->updated_ms % DAY_MS : 0 };
}

static struct group *add_group(struct request *rq, struct tally *tally, struct group group)
{
    if (tally->count == tally->capacity) {
        const size_t capacity = tally->capacity ? tally->capacity * 2 : 16;
        tally->groups = arena_grow(rq->ctx.arena, tally->groups, tally->capacity * sizeof(struct group),
                                   capacity * sizeof(struct group));
        tally->capacity = capacity;
    }
    group.text = str_copy(rq->ctx.arena, group.text);
    group.kind = str_copy(rq->ctx.arena, group.kind);
    group.account = str_copy(rq->ctx.arena, group.account);
    tally->groups[tally->count++] = group;
    return &tally->groups[tally->count - 1];
}

static bool count_one(struct request *rq, const struct finding_row *row, void *memory)
{
    struct tally *tally = memory;
    const struct arena_mark mark = arena_mark(rq->ctx.arena);
    const struct group found = group_of(tally, row);
    const struct str key =
        str_format(rq->ctx.arena, "%" STR_FMT "\n%" STR_FMT "\n%" STR_FMT "\n%.17g\n%lld", STR_ARG(found.text),
                   STR_ARG(found.kind), STR_ARG(found.account), found.severity, (long long)found.day_ms);
    const uintptr_t position = (uintptr_t)map_get(tally->index, key);
    struct group *group = position ? &tally->groups[position - 1] : NULL;
    if (group == NULL) {
        map_put(tally->index, key, (void *)(uintptr_t)(tally->count + 1));
    }
    arena_release(rq->ctx.arena, mark);
    if (group == NULL) {
        group = add_group(rq, tally, found);
    }
    group->total += group->total < INT32_MAX;
    group->last_ms = row->updated_ms > group->last_ms ? row->updated_ms : group->last_ms;
    return true;
}

static int ascending(const void *a, const void *b)
{
    const struct group *left = a, *right = b;
    if (left->day_ms != right->day_ms) {
        return left->day_ms < right->day_ms ? -1 : 1;
    }
    if (left->total != right->total) {
        return left->total < right->total ? -1 : 1;
    }
    return (left->last_ms > right->last_ms) - (left->last_ms < right->last_ms);
}

static int descending(const void *a, const void *b)
{
    return ascending(b, a);
}

static void show_severities(struct request *rq, const struct tally *tally, struct guardduty_count_by_severity *out)
{
    out->items = ARENA_ARRAY(rq->ctx.arena, struct guardduty_count_by_severity_entry, tally->count + 1);
    out->count = tally->count;
    for (size_t i = 0; i < tally->count; i++) {
        out->items[i] = (struct guardduty_count_by_severity_entry){
            str_format(rq->ctx.arena, "%.1f", tally->groups[i].severity),
            tally->groups[i].total,
        };
    }
}

/* Fills one of the response's lists: EACH group becomes an element with the members given. */
#define SHOW(list, type, ...)                                                                                          \
    do {                                                                                                               \
        (list).items = ARENA_ARRAY(rq->ctx.arena, struct guardduty_##type, count + 1);                                 \
        (list).count = count;                                                                                          \
        for (size_t i = 0; i < count; i++) {                                                                           \
            const struct group *group = &groups[i];                                                                    \
            (list).items[i] = (struct guardduty_##type){ .total_findings = SOME(group->total),                         \
                                                         .last_generated_at = SOME(group->last_ms),                    \
                                                         __VA_ARGS__ };                                                \
        }                                                                                                              \
    } while (0)

static void show_groups(struct request *rq, struct str by, const struct group *groups, size_t count,
                        struct guardduty_finding_statistics *out)
{
    if (str_equal(by, STR("ACCOUNT"))) {
        SHOW(out->grouped_by_account, account_statistics, .account_id = group->text);
    } else if (str_equal(by, STR("DATE"))) {
        SHOW(out->grouped_by_date, date_statistics, .date = SOME(group->day_ms), .severity = SOME(group->severity));
    } else if (str_equal(by, STR("FINDING_TYPE"))) {
        SHOW(out->grouped_by_finding_type, finding_type_statistics, .finding_type = group->text);
    } else if (str_equal(by, STR("RESOURCE"))) {
        SHOW(out->grouped_by_resource, resource_statistics, .resource_id = group->text, .resource_type = group->kind,
             .account_id = group->account);
    } else {
        SHOW(out->grouped_by_severity, severity_statistics, .severity = SOME(group->severity));
    }
}

static struct err check_question(struct request *rq, const struct guardduty_get_findings_statistics_in *in)
{
    const bool by_type = in->finding_statistic_types.count > 0;
    const bool grouped = in->group_by.ptr != NULL;
    if (by_type == grouped || (!grouped && (in->max_results.set || in->order_by.ptr))) {
        return fail(
            &rq->ctx, &GUARDDUTY_BAD_REQUEST_EXCEPTION,
            "The request is rejected because either findingStatisticTypes or groupBy must be given, and maxResults "
            "and orderBy only with groupBy.");
    }
    return ERR_OK;
}

static void free_criteria(struct match_criteria **criteria)
{
    match_criteria_free(*criteria);
}
static void close_index(struct map **index)
{
    map_close(*index, NULL);
}

struct err guardduty_get_findings_statistics(struct request *rq, const struct guardduty_get_findings_statistics_in *in,
                                             struct guardduty_get_findings_statistics_out *out)
{
    CLEANUP(free_criteria) struct match_criteria *criteria = NULL;
    struct detector_row detector = { .enabled = false };
    TRY(detector_need(rq, in->detector_id, &detector));
    TRY(check_question(rq, in));
    TRY(finding_criteria(&rq->ctx, in->finding_criteria, &criteria));

    CLEANUP(close_index) struct map *index = map_open();
    struct tally tally = { .by = in->group_by, .index = index };
    const struct finding_walk walk = { .criteria = criteria, .visit = count_one, .memory = &tally };
    TRY(finding_each(rq, &walk));

    struct guardduty_finding_statistics *statistics = ARENA_NEW(rq->ctx.arena, struct guardduty_finding_statistics);
    out->finding_statistics = statistics;
    if (tally.count > 0) {
        qsort(tally.groups, tally.count, sizeof(struct group),
              str_equal(in->order_by, STR("ASC")) ? ascending : descending);
    }
    if (in->group_by.ptr == NULL) {
        show_severities(rq, &tally, &statistics->count_by_severity);
        return ERR_OK;
    }
    const size_t limit = in->max_results.set ? (size_t)in->max_results.v : GROUPS_DEFAULT;
    show_groups(rq, in->group_by, tally.groups, tally.count < limit ? tally.count : limit, statistics);
    return ERR_OK;
}
