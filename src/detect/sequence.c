#include "detect/sequence.h"

#include "detect/body.h"
#include "detect/memory.h"
#include "detect/sequence_parts.h"

#define WINDOW_MS ((int64_t)24 * 60 * 60 * 1000)
enum { KEYS_PER_ACCOUNT = 256, ACCOUNTS = 256, KINDS_LEAST = 3, TACTICS_LEAST = 2, TACTICS_ALONE = 4, KINDS_UNSURE = 4, TACTICS_UNSURE = 3, TACTICS_MAX = 32 };

struct sequences {
    struct memory_table *trails;
};

#define SEQUENCE(type_, id_, title_)                                                                             \
    {                                                                                                             \
        .id = STR_INIT(id_), .type = STR_INIT(type_), .severity = 9, .resource = STR_INIT("AttackSequence"),      \
        .title = STR_INIT(title_), .description = STR_INIT("${resource}: ${why}. The signals stand in service.detection.sequence."), \
    }
const struct detection SEQUENCES[SEQUENCE_KINDS] = {
    [SEQUENCE_IDENTITY] = SEQUENCE("AttackSequence:IAM/CompromisedCredentials", "sequence-identity",
                                   "The credentials of ${resource} were used for the steps of an attack."),
    [SEQUENCE_DATA] = SEQUENCE("AttackSequence:S3/CompromisedData", "sequence-data",
                               "The credentials of ${resource} were used to steal or destroy data in S3, step by step."),
    [SEQUENCE_EKS] = SEQUENCE("AttackSequence:EKS/CompromisedCluster", "sequence-eks", "The EKS cluster ${resource} shows the steps of an attack."),
    [SEQUENCE_ECS] = SEQUENCE("AttackSequence:ECS/CompromisedCluster", "sequence-ecs", "The ECS cluster ${resource} shows the steps of an attack."),
    [SEQUENCE_EC2] = SEQUENCE("AttackSequence:EC2/CompromisedInstanceGroup", "sequence-ec2",
                              "Instances of ${resource} show the steps of an attack."),
};

struct sequences *sequences_open(size_t keys_per_account, size_t accounts)
{
    struct sequences *sequences = memory_new(sizeof(*sequences));
    const size_t keys = keys_per_account && keys_per_account < KEYS_PER_ACCOUNT ? keys_per_account : KEYS_PER_ACCOUNT;
    sequences->trails = memory_table_open(sizeof(struct trail), keys, accounts && accounts < ACCOUNTS ? accounts : ACCOUNTS);
    return sequences;
}

void sequences_close(struct sequences *sequences)
{
    if (sequences) {
        memory_table_close(sequences->trails);
        memory_free(sequences);
    }
}

uint64_t sequences_evictions(const struct sequences *sequences) { return memory_table_evictions(sequences->trails); }

/* --- what a signal is --- */

static void keep(char *out, size_t size, struct str text)
{
    size_t len = text.len < size - 1 ? text.len : size - 1;
    while (len < text.len && len > 0 && ((unsigned char)text.ptr[len] & 0xC0) == 0x80) {
        len--; /* not within a character */
    }
    if (len > 0) {
        memcpy(out, text.ptr, len);
    }
    out[len] = '\0';
}
#define KEEP(array, text) keep((array), sizeof(array), (text))

static bool holds(struct str text, struct str part) { return str_search(text, part) != STR_MISSING; }

/* Types that tell of somebody else, by where or who or how, and not only of something done that its owner may do as well. What is
 * only unusual may be its owner on an odd day. */
static enum foreign foreign_of(const struct finding *finding)
{
    static const struct str marks[] = { STR_INIT("TorIPCaller"), STR_INIT("MaliciousIPCaller"), STR_INIT("PenTest:"), STR_INIT("Exfiltration."),
                                        STR_INIT("CompromisedCredentials"), STR_INIT("ConsoleLoginSuccess"),
                                        STR_INIT("AnonymousAccess"), STR_INIT("Runtime/"), STR_INIT("MaliciousFile"), STR_INIT("C&CActivity"),
                                        STR_INIT("Backdoor:"), STR_INIT("CryptoCurrency:"), STR_INIT("Trojan:"), STR_INIT("TorClient"),
                                        STR_INIT("TorRelay") };
    bool found = false;
    for (size_t i = 0; i < sizeof(marks) / sizeof(marks[0]); i++) {
        found = found || holds(finding->type, marks[i]);
    }
    if (finding->severity < 4 || str_starts(finding->type, STR("Policy:"))) {
        return FOREIGN_NOT;
    }
    return found ? FOREIGN_SURELY : holds(finding->type, STR("Anomalous")) ? FOREIGN_PERHAPS : FOREIGN_NOT;
}

struct str signal_tactic(const struct signal *signal)
{
    struct str rest = STR_NONE;
    return str_cut(signal_type(signal)->type, ':', &rest);
}

/* Which trail a finding belongs to; STR_NONE: none. */
static struct str key_of(const struct event *ev, const struct finding *finding, enum sequence_kind *kind)
{
    switch (ev->source) {
    case SOURCE_CLOUDTRAIL:
        *kind = SEQUENCE_IDENTITY;
        return record_caller_key(ev);
    case SOURCE_KUBERNETES:
        *kind = SEQUENCE_EKS;
        return finding->resource_id;
    case SOURCE_FALCO:
    case SOURCE_TETRAGON:
    case SOURCE_AUDITD: {
        const bool eks = str_equal(finding->resource_type, STR("EKSCluster"));
        const bool ecs = str_equal(finding->resource_type, STR("ECSCluster"));
        *kind = eks ? SEQUENCE_EKS : ecs ? SEQUENCE_ECS : SEQUENCE_EC2;
        return eks || ecs ? body_cluster(ev) : event_get(ev, FIELD_HOST);
    }
    case SOURCE_FLOW:
    case SOURCE_DNS:
        *kind = SEQUENCE_EC2;
        return event_get(ev, FIELD_VPC).len > 0 ? event_get(ev, FIELD_VPC) : finding->resource_id;
    default:
        return STR_NONE;
    }
}

/* --- what is remembered --- */

/* The signal of this type, else a free one, else the one seen longest ago. */
static struct signal *place_for(struct trail *trail, uint16_t type)
{
    struct signal *oldest = &trail->signals[0];
    for (uint32_t i = 0; i < trail->count; i++) {
        struct signal *signal = &trail->signals[i];
        if (signal->type == type) {
            return signal;
        }
        oldest = signal->last_ms < oldest->last_ms ? signal : oldest;
    }
    if (trail->count < SIGNALS_MAX) {
        return &trail->signals[trail->count++];
    }
    *oldest = (struct signal){ .count = 0 };
    return oldest;
}

static bool within(int64_t a, int64_t b)
{
    const int64_t later = a > b ? a : b;
    const int64_t earlier = a > b ? b : a;
    return earlier >= INT64_MIN + WINDOW_MS && later - WINDOW_MS <= earlier;
}

/* True when this is news: another kind of signal, or so many more of one. */
static bool note(struct trail *trail, const struct event *ev, const struct detection *detection, const struct finding *finding)
{
    const uint16_t type = (uint16_t)(catalogue_find(finding->type) - catalogue_at(0));
    struct signal *signal = place_for(trail, type);
    if (signal->count > 0 && !within(signal->last_ms, ev->at_ms)) {
        *signal = (struct signal){ .count = 0 };
    }
    const bool fresh = signal->count == 0;
    signal->first_ms = fresh || ev->at_ms < signal->first_ms ? ev->at_ms : signal->first_ms;
    if (fresh || ev->at_ms >= signal->last_ms) {
        signal->last_ms = ev->at_ms;
        KEEP(signal->id, finding->id);
        KEEP(signal->name, event_get(ev, FIELD_ACTION));
        KEEP(signal->address, event_get(ev, FIELD_IP));
        KEEP(signal->resource, finding->resource_id);
        KEEP(signal->resource_type, finding->resource_type);
    }
    signal->type = type;
    signal->source = (uint8_t)ev->source;
    signal->foreign = (uint8_t)foreign_of(finding);
    signal->is_call = detection->signal.len > 0;
    signal->count += signal->count < UINT32_MAX;
    return (signal->count & (signal->count - 1)) == 0;
}

static void remember_who(struct trail *trail, const struct event *ev, const struct finding *finding)
{
    int64_t first = INT64_MAX;
    for (uint32_t i = 0; i < trail->count; i++) {
        first = trail->signals[i].first_ms < first ? trail->signals[i].first_ms : first;
    }
    if (ev->at_ms <= first && !trail->told) {
        KEEP(trail->region, finding->region);
    }
    KEEP(trail->user, event_get(ev, FIELD_USER_NAME));
    KEEP(trail->user_type, event_get(ev, FIELD_IDENTITY));
    KEEP(trail->key, event_get(ev, FIELD_ACCESS_KEY));
    KEEP(trail->account, finding->account);
}

/* --- the judgement --- */

struct judgement {
    bool chosen[SIGNALS_MAX];
    struct str tactics[TACTICS_MAX];
    size_t kinds, tactic_count;
    uint8_t foreign;
    bool strong, hides, takes_data, acts;
};

static bool is_hiding(struct str tactic)
{
    return str_equal(tactic, STR("Stealth")) || str_equal(tactic, STR("DefenseEvasion")) || str_equal(tactic, STR("DefenseImpairment"));
}

/* Everything but names that stand on a list: who resolves for others looks such up, too. */
static bool is_act(const struct signal *signal)
{
    const struct str type = signal_type(signal)->type;
    return signal->source != SOURCE_DNS || holds(type, STR("DNSDataExfiltration")) || holds(type, STR("DGADomainRequest.B")) ||
           holds(type, STR("MetadataDNSRebind"));
}

/* The signals around this moment, and what they say together. */
static struct judgement judge(const struct trail *trail, int64_t at_ms)
{
    struct judgement j = { .kinds = 0 };
    for (uint32_t i = 0; i < trail->count; i++) {
        const struct signal *signal = &trail->signals[i];
        const struct str tactic = signal_tactic(signal);
        const struct str type = signal_type(signal)->type;
        if (!within(signal->last_ms, at_ms)) {
            continue;
        }
        bool known = false;
        for (size_t k = 0; k < j.tactic_count; k++) {
            known = known || str_equal(j.tactics[k], tactic);
        }
        if (!known && j.tactic_count < TACTICS_MAX) {
            j.tactics[j.tactic_count++] = tactic;
        }
        const bool ends = str_equal(tactic, STR("Exfiltration")) || str_equal(tactic, STR("Impact"));
        j.chosen[i] = true;
        j.kinds++;
        j.foreign = signal->foreign > j.foreign ? signal->foreign : j.foreign;
        j.strong = j.strong || signal_type(signal)->severity >= 7;
        j.hides = j.hides || is_hiding(tactic);
        j.acts = j.acts || is_act(signal);
        j.takes_data = j.takes_data || (ends && holds(type, STR(":S3/")));
    }
    return j;
}

/* Without a sign of somebody else, an owner at work looks much the same: then it takes more tactics, and one that hides. */
static bool is_sequence(const struct judgement *j, enum sequence_kind kind)
{
    const bool sure = j->foreign == FOREIGN_SURELY && j->kinds >= KINDS_LEAST && j->tactic_count >= TACTICS_LEAST;
    const bool unsure = j->foreign == FOREIGN_PERHAPS && j->kinds >= KINDS_UNSURE && j->tactic_count >= TACTICS_UNSURE;
    const bool alone = j->hides && j->kinds >= KINDS_LEAST && j->tactic_count >= TACTICS_ALONE;
    return kind == SEQUENCE_IDENTITY ? sure || unsure || alone : (sure || unsure) && j->strong && j->acts;
}

static struct str words(struct arena *arena, const struct judgement *j)
{
    struct text text = text_new(arena);
    text_add_format(&text, "%zu kinds of signals within 24 hours, of ", j->kinds);
    for (size_t i = 0; i < j->tactic_count; i++) {
        text_add(&text, i > 0 ? STR(", ") : STR(""));
        text_add(&text, j->tactics[i]);
    }
    return text_str(&text);
}

static void hit(const struct event *ev, const struct trail *trail, const struct judgement *j, enum sequence_kind kind, struct str key,
                struct sequence_hit *out)
{
    *out = (struct sequence_hit){
        .detection = &SEQUENCES[kind],
        .verdict = {
            .resource = key,
            .why = words(ev->arena, j),
            .caller = key,
            .role = STR("TARGET"),
            .resource_details = STR("{}"),
            .detection = sequence_json(ev->arena, trail, j->chosen, kind, key),
        },
        .region = str_copy(ev->arena, str_of(trail->region)),
    };
    out->verdict.resource_type = out->detection->resource;
}

size_t sequences_take(struct sequences *sequences, const struct event *ev, const struct detection *detection,
                      const struct finding *finding, struct sequence_hit hits[2])
{
    enum sequence_kind kind = SEQUENCE_IDENTITY;
    const struct str key = key_of(ev, finding, &kind);
    if (key.len == 0 || catalogue_find(finding->type) == NULL) {
        return 0;
    }
    const struct str place = str_format(ev->arena, "%d %" STR_FMT, (int)kind, STR_ARG(key));
    struct trail *trail = memory_table_get(sequences->trails, finding->account, place);
    const bool news = note(trail, ev, detection, finding);
    remember_who(trail, ev, finding);
    const struct judgement j = judge(trail, ev->at_ms);
    if (!news || !is_sequence(&j, kind)) {
        return 0;
    }
    trail->told = true;
    size_t count = 0;
    hit(ev, trail, &j, kind, key, &hits[count++]);
    if (kind == SEQUENCE_IDENTITY && j.takes_data) {
        hit(ev, trail, &j, SEQUENCE_DATA, key, &hits[count++]);
    }
    return count;
}
