/* sequence_json.c - a sequence as the wire object has it.
 * spec: GuardDuty API reference, Sequence, Actor, ResourceV2, NetworkEndpoint, Signal, Indicator: the enumerations are its own. */
#include "detect/body_parts.h"
#include "detect/sequence_parts.h"

static struct str kept(const char *text) { return str_of(text); }

static void member(struct json_writer *w, struct str name, struct str value)
{
    if (value.len > 0) {
        json_member_str(w, name, value);
    }
}

static bool holds(struct str text, struct str part) { return str_search(text, part) != STR_MISSING; }

static struct str signal_kind(const struct signal *signal)
{
    if (!signal->is_call) {
        return STR("FINDING");
    }
    return holds(signal_type(signal)->type, STR(":S3/")) ? STR("S3_DATA_EVENTS") : STR("CLOUD_TRAIL");
}

struct mark {
    struct str in_type, key;
};

/* What a type says of how it was told. */
static const struct mark marks[] = {
    { STR_INIT("TorIPCaller"), STR_INIT("TOR_IP") },        { STR_INIT("MaliciousIPCaller"), STR_INIT("MALICIOUS_IP") },
    { STR_INIT("PenTest:"), STR_INIT("SUSPICIOUS_USER_AGENT") }, { STR_INIT("Exfiltration."), STR_INIT("SUSPICIOUS_NETWORK") },
    { STR_INIT("TorClient"), STR_INIT("TOR_IP") },          { STR_INIT("MaliciousFile"), STR_INIT("MALICIOUS_FILE") },
    { STR_INIT("CryptoMiner"), STR_INIT("CRYPTOMINING_PROCESS") }, { STR_INIT("C&CActivity.B!DNS"), STR_INIT("MALICIOUS_DOMAIN") },
    { STR_INIT("AnomalousBehavior"), STR_INIT("UNUSUAL_API_FOR_ACCOUNT") },
    { STR_INIT("BitcoinTool.B!DNS"), STR_INIT("CRYPTOMINING_DOMAIN") }, { STR_INIT("Policy:"), STR_INIT("MISCONFIGURATION") },
};

static void indicator(struct json_writer *w, struct str key, struct str value)
{
    json_open_object(w);
    json_member_str(w, STR("key"), key);
    json_key(w, STR("values"));
    json_open_array(w);
    if (value.len > 0) {
        json_str(w, value);
    }
    json_close_array(w);
    json_close_object(w);
}

static void signal_indicators(struct json_writer *w, const struct signal *signal)
{
    const struct str type = signal_type(signal)->type;
    json_key(w, STR("signalIndicators"));
    json_open_array(w);
    indicator(w, STR("ATTACK_TACTIC"), signal_tactic(signal));
    indicator(w, STR("ATTACK_TECHNIQUE"), signal_type(signal)->technique);
    for (size_t i = 0; i < sizeof(marks) / sizeof(marks[0]); i++) {
        if (holds(type, marks[i].in_type)) {
            const bool address = str_ends(marks[i].key, STR("_IP")) || str_equal(marks[i].key, STR("SUSPICIOUS_NETWORK"));
            indicator(w, marks[i].key, address ? kept(signal->address) : kept(signal->name));
        }
    }
    if (signal->is_call) {
        indicator(w, STR("HIGH_RISK_API"), kept(signal->name));
    }
    json_close_array(w);
}

static struct str endpoint_id(struct arena *arena, const struct signal *signal)
{
    return signal->address[0] ? str_format(arena, "endpoint-%s", signal->address) : STR_NONE;
}

static void one_text(struct json_writer *w, struct str key, struct str value)
{
    json_key(w, key);
    json_open_array(w);
    if (value.len > 0) {
        json_str(w, value);
    }
    json_close_array(w);
}

static void write_signal(struct json_writer *w, const struct signal *signal)
{
    struct arena *arena = w->text.arena;
    json_open_object(w);
    json_member_str(w, STR("uid"), kept(signal->id));
    json_member_str(w, STR("type"), signal_kind(signal));
    json_member_str(w, STR("name"), signal->is_call ? kept(signal->name) : signal_type(signal)->type);
    json_member_str(w, STR("description"), signal_type(signal)->title);
    body_time(w, STR("createdAt"), signal->first_ms);
    body_time(w, STR("updatedAt"), signal->last_ms);
    body_time(w, STR("firstSeenAt"), signal->first_ms);
    body_time(w, STR("lastSeenAt"), signal->last_ms);
    json_key(w, STR("severity"));
    json_write_double(w, signal_type(signal)->severity);
    json_member_int(w, STR("count"), signal->count);
    one_text(w, STR("resourceUids"), kept(signal->resource));
    one_text(w, STR("actorIds"), STR("actor-1"));
    one_text(w, STR("endpointIds"), endpoint_id(arena, signal));
    signal_indicators(w, signal);
    json_close_object(w);
}

static void write_signals(struct json_writer *w, const struct trail *trail, const bool chosen[SIGNALS_MAX])
{
    json_key(w, STR("signals"));
    json_open_array(w);
    for (uint32_t i = 0; i < trail->count; i++) {
        if (chosen[i]) {
            write_signal(w, &trail->signals[i]);
        }
    }
    json_close_array(w);
}

static void write_actor(struct json_writer *w, const struct trail *trail, struct str key)
{
    json_key(w, STR("actors"));
    json_open_array(w);
    json_open_object(w);
    json_member_str(w, STR("id"), STR("actor-1"));
    json_key(w, STR("user"));
    json_open_object(w);
    json_member_str(w, STR("name"), trail->user[0] ? kept(trail->user) : key);
    json_member_str(w, STR("uid"), key);
    json_member_str(w, STR("type"), trail->user_type[0] ? kept(trail->user_type) : STR("Unknown"));
    member(w, STR("credentialUid"), kept(trail->key));
    json_key(w, STR("account"));
    json_open_object(w);
    json_member_str(w, STR("uid"), kept(trail->account));
    json_close_object(w);
    json_close_object(w);
    json_close_object(w);
    json_close_array(w);
}

static bool is_first(const struct trail *trail, const bool chosen[SIGNALS_MAX], uint32_t at, size_t offset)
{
    const char *text = (const char *)&trail->signals[at] + offset;
    bool first = text[0] != '\0';
    for (uint32_t i = 0; i < at; i++) {
        first = first && !(chosen[i] && strcmp((const char *)&trail->signals[i] + offset, text) == 0);
    }
    return chosen[at] && first;
}

static void write_endpoints(struct json_writer *w, const struct trail *trail, const bool chosen[SIGNALS_MAX])
{
    json_key(w, STR("endpoints"));
    json_open_array(w);
    for (uint32_t i = 0; i < trail->count; i++) {
        const struct signal *signal = &trail->signals[i];
        if (is_first(trail, chosen, i, offsetof(struct signal, address))) {
            json_open_object(w);
            json_member_str(w, STR("id"), endpoint_id(w->text.arena, signal));
            json_member_str(w, STR("ip"), kept(signal->address));
            json_close_object(w);
        }
    }
    json_close_array(w);
}

static struct str resource_kind(const struct signal *signal, enum sequence_kind kind)
{
    static const struct {
        struct str ours, theirs;
    } kinds[] = { { STR_INIT("S3Bucket"), STR_INIT("S3_BUCKET") },       { STR_INIT("Instance"), STR_INIT("EC2_INSTANCE") },
                  { STR_INIT("Container"), STR_INIT("CONTAINER") },       { STR_INIT("ECSCluster"), STR_INIT("ECS_TASK") },
                  { STR_INIT("EC2Image"), STR_INIT("EC2_IMAGE") } };
    const struct str type = kept(signal->resource_type);
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        if (str_equal(type, kinds[i].ours)) {
            return kinds[i].theirs;
        }
    }
    if (kind == SEQUENCE_EKS) {
        return signal->source == SOURCE_KUBERNETES ? STR("EKS_CLUSTER") : STR("KUBERNETES_WORKLOAD");
    }
    return STR("ACCESS_KEY");
}

static void write_resources(struct json_writer *w, const struct trail *trail, const bool chosen[SIGNALS_MAX], enum sequence_kind kind)
{
    json_key(w, STR("resources"));
    json_open_array(w);
    for (uint32_t i = 0; i < trail->count; i++) {
        const struct signal *signal = &trail->signals[i];
        if (is_first(trail, chosen, i, offsetof(struct signal, resource))) {
            json_open_object(w);
            json_member_str(w, STR("uid"), kept(signal->resource));
            json_member_str(w, STR("name"), kept(signal->resource));
            json_member_str(w, STR("accountId"), kept(trail->account));
            json_member_str(w, STR("resourceType"), resource_kind(signal, kind));
            member(w, STR("region"), kept(trail->region));
            json_close_object(w);
        }
    }
    json_close_array(w);
}

/* Of the whole: each tactic once. */
static void write_indicators(struct json_writer *w, const struct trail *trail, const bool chosen[SIGNALS_MAX])
{
    json_key(w, STR("sequenceIndicators"));
    json_open_array(w);
    json_open_object(w);
    json_member_str(w, STR("key"), STR("ATTACK_TACTIC"));
    json_key(w, STR("values"));
    json_open_array(w);
    for (uint32_t i = 0; i < trail->count; i++) {
        bool first = chosen[i];
        for (uint32_t k = 0; k < i; k++) {
            first = first && !(chosen[k] && str_equal(signal_tactic(&trail->signals[k]), signal_tactic(&trail->signals[i])));
        }
        if (first) {
            json_str(w, signal_tactic(&trail->signals[i]));
        }
    }
    json_close_array(w);
    json_close_object(w);
    json_close_array(w);
}

struct str sequence_json(struct arena *arena, const struct trail *trail, const bool chosen[SIGNALS_MAX], enum sequence_kind kind,
                         struct str key)
{
    const struct str parts[] = { SEQUENCES[kind].type, kept(trail->account), key };
    struct json_writer w = json_writer_new(arena);
    json_open_object(&w);
    json_key(&w, STR("sequence"));
    json_open_object(&w);
    json_member_str(&w, STR("uid"), finding_id(arena, parts, sizeof(parts) / sizeof(parts[0])));
    json_member_str(&w, STR("description"), str_format(arena, "Signals about %" STR_FMT, STR_ARG(key)));
    write_actor(&w, trail, key);
    write_resources(&w, trail, chosen, kind);
    write_endpoints(&w, trail, chosen);
    write_signals(&w, trail, chosen);
    write_indicators(&w, trail, chosen);
    json_close_object(&w);
    json_close_object(&w);
    return json_done(&w);
}
