#include "detect/learn/anomaly.h"

/* How each aspect is called: in a sentence, in anomaly profiles, and in additionalInfo (behind "rareProfiled", "unusual", …). */
static const struct {
    const char *noun, *feature, *list;
    bool own_account; /* the account has an opinion too */
} NAMES[ASPECTS] = {
    [ASPECT_API] = { "call", "api", "APIs", true },
    [ASPECT_SERVICE] = { "service", "service", "Services", true },
    [ASPECT_RESOURCE] = { "resource", "bucket", "Buckets", true },
    [ASPECT_CALLER] = { "caller of this resource", "userIdentity", "Callers", false },
    [ASPECT_NETWORK] = { "network", "asn", "ASNs", true },
    [ASPECT_COUNTRY] = { "country", "country", "Countries", true },
    [ASPECT_AGENT] = { "client", "userAgent", "UserAgents", true },
    [ASPECT_REGION] = { "region", "region", "Regions", true },
};
static const double WORTH_TELLING = 1.0;
enum { VALUE_MAX = 200 };

struct telling {
    const struct event *ev;
    const struct anomaly_score *score;
    struct str values[ASPECTS];
};

static struct str network_name(const struct event *ev, const struct intel *intel)
{
    const struct str address = event_get(ev, FIELD_IP);
    const struct intel_network network = intel_is_private(address) ? (struct intel_network){ 0 } : intel_asn(intel, address);
    if (network.number == 0) {
        const struct str part = trait_network(address);
        return part.len < address.len ? str_format(ev->arena, "%" STR_FMT "%s", STR_ARG(part),
                                                   str_find(address, ':') == STR_MISSING ? ".0.0/16" : "::/32")
                                      : address;
    }
    return network.organisation.len > 0
               ? str_format(ev->arena, "AS%u %" STR_FMT, network.number, STR_ARG(network.organisation))
               : str_format(ev->arena, "AS%u", network.number);
}

static struct str country_name(const struct event *ev, const struct intel *intel)
{
    const uint16_t country = intel_country(intel, event_get(ev, FIELD_IP));
    return country ? str_format(ev->arena, "%c%c", country >> 8, country & 0xFF) : STR_NONE;
}

static struct telling telling_of(const struct event *ev, const struct intel *intel, const struct traits *traits,
                                 const struct anomaly_score *score)
{
    struct telling t = { .ev = ev, .score = score };
    t.values[ASPECT_API] = event_get(ev, FIELD_ACTION);
    t.values[ASPECT_SERVICE] = event_get(ev, FIELD_SERVICE);
    t.values[ASPECT_RESOURCE] = traits->bucket;
    t.values[ASPECT_CALLER] = traits->bucket.len > 0 ? traits->who : STR_NONE;
    t.values[ASPECT_NETWORK] = network_name(ev, intel);
    t.values[ASPECT_COUNTRY] = country_name(ev, intel);
    t.values[ASPECT_AGENT] = event_get(ev, FIELD_AGENT);
    t.values[ASPECT_REGION] = event_get(ev, FIELD_REGION);
    for (size_t i = 0; i < ASPECTS; i++) {
        t.values[i] = record_short(ev->arena, t.values[i], VALUE_MAX);
    }
    return t;
}

static void add_part(struct text *text, struct str part)
{
    text_add(text, text->len > 0 ? STR("; ") : STR(""));
    text_add(text, part);
}

static struct str aspect_words(const struct telling *t, enum aspect aspect)
{
    const struct learn_rarity *r = &t->score->of[aspect];
    const struct str own = r->entity_days == 0
                               ? str_format(t->ev->arena, "never seen in %u days", r->entity_history)
                               : str_format(t->ev->arena, "%s: on %u of %u days", learn_word_name(r->entity), r->entity_days, r->entity_history);
    if (!NAMES[aspect].own_account) {
        return str_format(t->ev->arena, "this %s was %" STR_FMT, NAMES[aspect].noun, STR_ARG(own));
    }
    return str_format(t->ev->arena, "%s %" STR_FMT " is unusual for the caller (%" STR_FMT ") and %s in the account",
                      NAMES[aspect].noun, STR_ARG(t->values[aspect]), STR_ARG(own),
                      r->account == LEARN_NEVER ? "new" : learn_word_name(r->account));
}

/* The weightiest first. */
static struct str sentence(const struct telling *t)
{
    const struct anomaly_score *score = t->score;
    struct arena *arena = t->ev->arena;
    struct text text = text_new(arena);
    bool told[ASPECTS] = { false };
    for (size_t round = 0; round < ASPECTS; round++) {
        size_t most = ASPECTS;
        for (size_t i = 0; i < ASPECTS; i++) {
            const bool worth = !told[i] && score->nats[i] >= WORTH_TELLING && t->values[i].len > 0;
            most = worth && (most == ASPECTS || score->nats[i] > score->nats[most]) ? i : most;
        }
        if (most == ASPECTS) {
            break;
        }
        told[most] = true;
        add_part(&text, aspect_words(t, (enum aspect)most));
    }
    if (score->volume >= WORTH_TELLING) {
        add_part(&text, str_format(arena, "%.0f calls in this hour, where up to %.0f are usual", score->amount, score->expected));
    }
    if (score->hour >= WORTH_TELLING) {
        add_part(&text, str_format(arena, "active about this hour on %u days before", score->hour_days));
    }
    if (score->failures >= WORTH_TELLING) {
        add_part(&text, str_format(arena, "%u calls were refused in this hour", score->refused));
    }
    if (score->earlier >= WORTH_TELLING) {
        add_part(&text, STR("other unusual calls in the same hour"));
    }
    if (score->forest >= WORTH_TELLING || score->edge >= WORTH_TELLING) {
        add_part(&text, STR("the hour as a whole is unlike others"));
    }
    text_add_format(&text, " (score %.1f, finding from %.1f)", score->total, ANOMALY_WEIGHTS.threshold);
    return text_str(&text);
}

static const char *subtype(enum learn_word word)
{
    static const char *const NAMES_OF[] = { "", "FREQUENT", "INFREQUENT", "RARE", "UNSEEN" };
    return NAMES_OF[word];
}

static void write_object(struct json_writer *w, const char *word, struct str value)
{
    json_open_object(w);
    json_member_str(w, STR("profileType"), STR("FREQUENCY"));
    json_member_str(w, STR("profileSubtype"), str_of(word));
    json_key(w, STR("observations"));
    json_open_object(w);
    json_key(w, STR("text"));
    json_open_array(w);
    json_str(w, value);
    json_close_array(w);
    json_close_object(w);
    json_close_object(w);
}

static enum learn_word word_for(const struct telling *t, enum aspect aspect, bool account)
{
    const struct learn_rarity *r = &t->score->of[aspect];
    if (t->values[aspect].len == 0 || (account && !NAMES[aspect].own_account)) {
        return LEARN_UNKNOWN;
    }
    return account ? r->account : r->entity;
}

/* One map of features: of everything that was compared, or of what was unusual alone. */
static void write_features(struct json_writer *w, const struct telling *t, bool account, bool unusual)
{
    json_key(w, account ? STR("account") : STR("userIdentity"));
    json_open_object(w);
    for (size_t i = 0; i < ASPECTS; i++) {
        const enum learn_word word = word_for(t, (enum aspect)i, account);
        if (word == LEARN_UNKNOWN || (unusual && word < LEARN_RARE)) {
            continue;
        }
        json_key(w, str_of(NAMES[i].feature));
        if (unusual) {
            write_object(w, subtype(word), t->values[i]);
            continue;
        }
        json_open_array(w);
        write_object(w, subtype(word), t->values[i]);
        json_close_array(w);
    }
    json_close_object(w);
}

/* spec: GuardDuty API reference, Detection, Anomaly: profiles, and unusual.behavior. */
static struct str detection_json(const struct telling *t)
{
    struct json_writer w = json_writer_new(t->ev->arena);
    json_open_object(&w);
    json_key(&w, STR("anomaly"));
    json_open_object(&w);
    json_key(&w, STR("profiles"));
    json_open_object(&w);
    write_features(&w, t, true, false);
    write_features(&w, t, false, false);
    json_close_object(&w);
    json_key(&w, STR("unusual"));
    json_open_object(&w);
    json_key(&w, STR("behavior"));
    json_open_object(&w);
    write_features(&w, t, true, true);
    write_features(&w, t, false, true);
    json_close_object(&w);
    json_close_object(&w);
    json_close_object(&w);
    json_close_object(&w);
    return json_done(&w);
}

static void write_calls(struct json_writer *w, const struct anomaly_case *calls)
{
    json_key(w, STR("anomalousAPIs"));
    json_open_array(w);
    for (size_t i = 0; i < calls->count; i++) {
        struct str api = STR_NONE;
        const struct str service = str_cut(str_of(calls->calls[i].name), '/', &api);
        json_open_object(w);
        json_member_str(w, STR("service"), service);
        json_member_str(w, STR("api"), api);
        json_member_int(w, STR("success"), calls->calls[i].succeeded);
        json_member_int(w, STR("error"), calls->calls[i].failed);
        json_close_object(w);
    }
    json_close_array(w);
}

static void write_named(struct json_writer *w, const struct telling *t, enum aspect aspect, bool account, const char *before)
{
    const struct str key = str_format(t->ev->arena, "%s%s%s", before, NAMES[aspect].list,
                                      account ? "AccountProfiling" : "UserIdentityProfiling");
    json_member_str(w, key, t->values[aspect]);
}

static void write_words(struct json_writer *w, const struct telling *t, bool unusual)
{
    static const char *const BEFORE[] = { "", "frequentProfiled", "infrequentProfiled", "rareProfiled", "rareProfiled" };
    json_key(w, unusual ? STR("unusualBehavior") : STR("profiledBehavior"));
    json_open_object(w);
    for (size_t i = 0; i < 2 * ASPECTS; i++) {
        const enum aspect aspect = (enum aspect)(i / 2);
        const bool account = i % 2 == 0;
        const enum learn_word word = word_for(t, aspect, account);
        if (word != LEARN_UNKNOWN && (!unusual || word >= LEARN_RARE)) {
            write_named(w, t, aspect, account, unusual ? "unusual" : BEFORE[word]);
        }
    }
    json_close_object(w);
}

/* spec: GuardDuty user guide, anomaly details: the calls with success and error, and what is unusual for whom. */
static struct str facts_json(const struct telling *t, const struct anomaly_case *calls)
{
    const struct anomaly_score *score = t->score;
    struct json_writer w = json_writer_new(t->ev->arena);
    json_open_object(&w);
    json_key(&w, STR("anomalies"));
    json_open_object(&w);
    write_calls(&w, calls);
    json_close_object(&w);
    write_words(&w, t, false);
    write_words(&w, t, true);
    json_key(&w, STR("score"));
    json_write_double(&w, (double)(int64_t)(score->total * 10) / 10);
    json_key(&w, STR("baseline"));
    json_open_object(&w);
    json_member_int(&w, STR("daysOfCaller"), score->of[ASPECT_API].entity_history);
    json_member_int(&w, STR("daysOfAccount"), score->of[ASPECT_API].account_history);
    json_member_int(&w, STR("callsThisHour"), (int64_t)score->amount);
    json_member_int(&w, STR("usualMost"), (int64_t)score->expected);
    json_close_object(&w);
    json_close_object(&w);
    return json_done(&w);
}

void anomaly_tell(const struct event *ev, const struct intel *intel, const struct traits *traits, const struct anomaly_score *score,
                  const struct anomaly_case *calls, struct verdict *verdict)
{
    const struct telling t = telling_of(ev, intel, traits, score);
    verdict->why = sentence(&t);
    verdict->detection = detection_json(&t);
    verdict->facts = facts_json(&t, calls);
}
