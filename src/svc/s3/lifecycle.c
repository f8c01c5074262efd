#include "svc/s3/lifecycle.h"

#define DAY_MS ((int64_t)24 * 60 * 60 * 1000)
enum { DAYS_MAX = 1000000 };

static int64_t midnight_after(int64_t ms, int64_t days)
{
    const int64_t due = ms + (days < DAYS_MAX ? days : DAYS_MAX) * DAY_MS;
    return (due + DAY_MS - 1) / DAY_MS * DAY_MS;
}

static bool has_tag(const struct lifecycle_version *version, const struct lifecycle_tag *wanted)
{
    for (size_t i = 0; i < version->tag_count; i++) {
        if (str_equal(version->tags[i].key, wanted->key) && str_equal(version->tags[i].value, wanted->value)) {
            return true;
        }
    }
    return false;
}

static bool has_tags(const struct lifecycle_version *version, const struct lifecycle_rule *rule)
{
    for (size_t i = 0; i < rule->tag_count; i++) {
        if (!has_tag(version, &rule->tags[i])) {
            return false;
        }
    }
    return true;
}

/* A delete marker has neither tags nor a size. */
static bool rule_is_about(const struct lifecycle_rule *rule, const struct lifecycle_version *version)
{
    const bool by_size = rule->greater_set || rule->less_set;
    return rule->enabled && str_starts(version->key, rule->prefix) && has_tags(version, rule)
        && !(by_size && version->marker)
        && !(rule->greater_set && version->size <= rule->greater)
        && !(rule->less_set && version->size >= rule->less);
}

/* When a version that is the latest goes by this rule; 0: never. */
static int64_t current_expiry(const struct lifecycle_rule *rule, const struct lifecycle_version *version)
{
    if (version->marker && !version->alone) {
        return 0;
    }
    if (version->marker && rule->lone_markers) {
        return version->modified_ms;
    }
    if (rule->days > 0) {
        return midnight_after(version->modified_ms, rule->days);
    }
    return rule->date_ms;
}

static int64_t noncurrent_expiry(const struct lifecycle_rule *rule, const struct lifecycle_version *version)
{
    const bool kept = version->newer < rule->noncurrent_kept;
    return rule->noncurrent_days > 0 && !kept ? midnight_after(version->noncurrent_ms, rule->noncurrent_days) : 0;
}

const struct lifecycle_rule *lifecycle_expiry(const struct lifecycle_rule *rules, size_t count, const struct lifecycle_version *version,
                                              int64_t *when_ms)
{
    const struct lifecycle_rule *first = NULL;
    for (size_t i = 0; i < count; i++) {
        const struct lifecycle_rule *rule = &rules[i];
        if (!rule_is_about(rule, version)) {
            continue;
        }
        const int64_t when = version->latest ? current_expiry(rule, version) : noncurrent_expiry(rule, version);
        if (when > 0 && (first == NULL || when < *when_ms)) {
            first = rule;
            *when_ms = when;
        }
    }
    return first;
}

const struct lifecycle_rule *lifecycle_abort(const struct lifecycle_rule *rules, size_t count, struct str key, int64_t started_ms,
                                             int64_t *when_ms)
{
    const struct lifecycle_rule *first = NULL;
    for (size_t i = 0; i < count; i++) {
        const struct lifecycle_rule *rule = &rules[i];
        if (!rule->enabled || rule->abort_days <= 0 || !str_starts(key, rule->prefix)) {
            continue;
        }
        const int64_t when = midnight_after(started_ms, rule->abort_days);
        if (first == NULL || when < *when_ms) {
            first = rule;
            *when_ms = when;
        }
    }
    return first;
}
