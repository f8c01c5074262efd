#include "app/usage.h"

enum { ACCOUNT_LEN = 12, REGION_MAX = 24 };

struct slot {
    char account[ACCOUNT_LEN];
    char region[REGION_MAX];
    uint8_t account_len, region_len;
    const struct str *source;
    int64_t records, bytes;
};

struct usage {
    struct slot slots[USAGE_SLOTS];
    size_t count;
    struct slot *last; /* records of one account come together */
    uint16_t index[USAGE_SLOTS * 2]; /* open addressing; position + 1 in slots */
};

/* As GuardDuty calls what is read from there; the others are ours, and no statistic of the API asks for them. */
static const struct str SOURCES[SOURCE_COUNT] = {
    [SOURCE_UNKNOWN] = STR_INIT("OTHER"),
    [SOURCE_CLOUDTRAIL] = STR_INIT("CLOUD_TRAIL"),
    [SOURCE_FLOW] = STR_INIT("FLOW_LOGS"),
    [SOURCE_DNS] = STR_INIT("DNS_LOGS"),
    [SOURCE_KUBERNETES] = STR_INIT("EKS_AUDIT_LOGS"),
    [SOURCE_S3_ACCESS] = STR_INIT("S3_ACCESS_LOGS"),
    [SOURCE_WAF] = STR_INIT("WAF_LOGS"),
    [SOURCE_AUDITD] = STR_INIT("EC2_RUNTIME_MONITORING"),
    [SOURCE_SURICATA] = STR_INIT("SURICATA"),
    [SOURCE_FALCO] = STR_INIT("EKS_RUNTIME_MONITORING"),
    [SOURCE_POSTGRESQL] = STR_INIT("RDS_LOGIN_EVENTS"),
    [SOURCE_MYSQL] = STR_INIT("RDS_LOGIN_EVENTS"),
    [SOURCE_OCSF] = STR_INIT("OCSF"),
    [SOURCE_GUARDDUTY] = STR_INIT("GUARDDUTY"),
    [SOURCE_SECURITY_HUB] = STR_INIT("SECURITY_HUB"),
    [SOURCE_CONFIG] = STR_INIT("CONFIG"),
    [SOURCE_BEDROCK] = STR_INIT("AI_PROTECTION"),
    [SOURCE_TETRAGON] = STR_INIT("EKS_RUNTIME_MONITORING"),
    [SOURCE_MALWARE] = STR_INIT("MALWARE_SCANNERS"),
};
static const struct str S3_DATA_EVENTS = STR_INIT("S3_DATA_EVENTS");

struct usage *usage_open(void)
{
    return memory_new(sizeof(struct usage));
}

void usage_close(struct usage *usage)
{
    memory_free(usage);
}

void usage_clear(struct usage *usage)
{
    memset(usage->slots, 0, usage->count * sizeof(usage->slots[0]));
    memset(usage->index, 0, sizeof(usage->index));
    usage->count = 0;
    usage->last = NULL;
}

static const struct str *source_of(const struct event *ev)
{
    const bool data = ev->source == SOURCE_CLOUDTRAIL && str_equal(event_get(ev, FIELD_CATEGORY), STR("Data")) &&
                      str_equal(event_get(ev, FIELD_SERVICE), STR("s3.amazonaws.com"));
    return data ? &S3_DATA_EVENTS : &SOURCES[ev->source];
}

static bool is_same(const struct slot *slot, struct str account, struct str region, const struct str *source)
{
    return slot->source == source && slot->account_len == account.len && slot->region_len == region.len &&
           memcmp(slot->account, account.ptr, account.len) == 0 && memcmp(slot->region, region.ptr, region.len) == 0;
}

/* NULL when all slots are taken. */
static struct slot *slot_of(struct usage *usage, struct str account, struct str region, const struct str *source)
{
    const size_t mask = USAGE_SLOTS * 2 - 1;
    size_t at = (str_hash(account) ^ (str_hash(region) << 1) ^ (uintptr_t)source) & mask;
    for (; usage->index[at]; at = (at + 1) & mask) {
        struct slot *slot = &usage->slots[usage->index[at] - 1];
        if (is_same(slot, account, region, source)) {
            return slot;
        }
    }
    if (usage->count == USAGE_SLOTS) {
        return NULL;
    }
    struct slot *slot = &usage->slots[usage->count++];
    usage->index[at] = (uint16_t)usage->count;
    memcpy(slot->account, account.ptr, account.len);
    memcpy(slot->region, region.ptr, region.len);
    slot->account_len = (uint8_t)account.len;
    slot->region_len = (uint8_t)region.len;
    slot->source = source;
    return slot;
}

static bool is_account(struct str s)
{
    size_t digits = 0;
    while (digits < s.len && s.ptr[digits] >= '0' && s.ptr[digits] <= '9') {
        digits++;
    }
    return s.len == ACCOUNT_LEN && digits == ACCOUNT_LEN;
}

void usage_count(struct usage *usage, const struct event *ev)
{
    const struct str named = event_get(ev, FIELD_ACCOUNT);
    const struct str place = event_get(ev, FIELD_REGION);
    const struct str account = is_account(named) ? named : STR("");
    const struct str region = place.len <= REGION_MAX && place.len > 0 ? place : STR("");
    const struct str *source = source_of(ev);
    if (usage->last == NULL || !is_same(usage->last, account, region, source)) {
        usage->last = slot_of(usage, account, region, source);
    }
    if (usage->last) {
        usage->last->records++;
        usage->last->bytes += (int64_t)ev->raw.len;
    }
}

struct guardduty_usage *usage_list(const struct usage *usage, struct arena *arena, struct str owner, struct str home_region, size_t *count)
{
    struct guardduty_usage *out = ARENA_ARRAY(arena, struct guardduty_usage, usage->count + 1);
    *count = usage->count;
    for (size_t i = 0; i < usage->count; i++) {
        const struct slot *slot = &usage->slots[i];
        out[i] = (struct guardduty_usage){
            .account = slot->account_len > 0 ? (struct str){ slot->account, slot->account_len } : owner,
            .region = slot->region_len > 0 ? (struct str){ slot->region, slot->region_len } : home_region,
            .source = *slot->source,
            .records = slot->records,
            .bytes = slot->bytes,
        };
    }
    return out;
}
