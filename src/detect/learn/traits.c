#include "detect/learn/traits.h"

#include "detect/learn/account.h"
#include "detect/record.h"

enum { TOKENS_MOST = 8 };

/* "os/linux#6.1", "lang/python#3.11": the name says little, what follows it is the point. */
static bool is_kind(struct str name)
{
    return str_equal(name, STR("os")) || str_equal(name, STR("lang"));
}

/* What differs from call to call or machine to machine of the same client. */
static bool is_noise(struct str name)
{
    static const struct str NOISE[] = { STR_INIT("command"), STR_INIT("md"), STR_INIT("cfg"), STR_INIT("exec-env"), STR_INIT("m"), STR_INIT("ua"),
                                        STR_INIT("api"), STR_INIT("app"), STR_INIT("exec_env"), STR_INIT("ft"), STR_INIT("sid") };
    for (size_t i = 0; i < sizeof(NOISE) / sizeof(NOISE[0]); i++) {
        if (str_equal(name, NOISE[i])) {
            return true;
        }
    }
    return false;
}

/* Its letters alone: no versions, no brackets. */
static uint64_t letters(uint64_t seed, struct str s)
{
    char room[32];
    size_t len = 0;
    for (size_t i = 0; i < s.len && len < sizeof(room); i++) {
        const char c = s.ptr[i];
        const bool upper = c >= 'A' && c <= 'Z';
        if (upper || (c >= 'a' && c <= 'z')) {
            room[len++] = upper ? (char)(c - 'A' + 'a') : c;
        }
    }
    return len > 0 ? learn_hash(seed, (struct str){ room, len }) : 0;
}

/* Products in order, without what follows their slash. */
uint64_t trait_client(uint64_t seed, struct str agent)
{
    uint64_t client = 1;
    struct str rest = agent;
    for (size_t i = 0; i < TOKENS_MOST && rest.len > 0; i++) {
        struct str detail = STR_NONE;
        const struct str name = str_cut(str_cut(rest, ' ', &rest), '/', &detail);
        if (is_noise(name)) {
            continue;
        }
        struct str version = STR_NONE;
        const struct str kind = str_cut(str_cut(detail, '#', &version), '/', &version);
        const uint64_t word = letters(seed, is_kind(name) ? kind : name);
        client = word ? learn_mix(client, word) : client;
    }
    return client;
}

struct str trait_network(struct str address)
{
    const bool six = str_find(address, ':') != STR_MISSING;
    if (!six && (address.len == 0 || address.ptr[0] < '0' || address.ptr[0] > '9')) {
        return address; /* the name of a service */
    }
    size_t marks = 0;
    for (size_t i = 0; i < address.len; i++) {
        marks += address.ptr[i] == (six ? ':' : '.');
        if (marks == 2) {
            return str_slice(address, 0, i);
        }
    }
    return address;
}

static struct trait_memo *memo_at(struct trait_memo *memos, uint64_t text)
{
    return &memos[text % TRAIT_MEMOS];
}

static const struct trait_memo *of_address(const struct learn *learn, struct trait_memos *memos, struct str address,
                                           const struct intel *intel)
{
    const uint64_t text = learn_value_key(learn, address);
    struct trait_memo *memo = memo_at(memos->addresses, text);
    if (memo->text == text) {
        return memo;
    }
    const bool inside = intel_is_private(address);
    const uint32_t asn = inside ? 0 : intel_asn(intel, address).number;
    const uint16_t country = inside ? 0 : intel_country(intel, address);
    *memo = (struct trait_memo){
        .text = text,
        .network = asn ? learn_mix(asn, 0xA5) : learn_value_key(learn, trait_network(address)),
        .country = country ? learn_mix(country, 0xC0) : 0,
    };
    return memo;
}

static uint64_t of_agent(const struct learn *learn, struct trait_memos *memos, struct str agent)
{
    const uint64_t text = learn_value_key(learn, agent);
    struct trait_memo *memo = memo_at(memos->agents, text);
    if (memo->text != text) {
        *memo = (struct trait_memo){ .text = text, .network = trait_client(text ? 1 : 2, agent) };
    }
    return memo->network;
}

/* A value of a flat member in JSON text, unescaped ones only: enough for names of buckets and models. */
static struct str member_of(struct str json, struct str quoted)
{
    const size_t at = str_search(json, quoted);
    if (at == STR_MISSING) {
        return STR_NONE;
    }
    const struct str after = str_trim(str_from(json, at + quoted.len));
    const struct str value = str_trim(str_from(after, 1));
    if (after.len == 0 || after.ptr[0] != ':' || value.len == 0 || value.ptr[0] != '"') {
        return STR_NONE;
    }
    struct str rest = STR_NONE;
    const struct str inside = str_cut(str_from(value, 1), '"', &rest);
    return rest.ptr && str_find(inside, '\\') == STR_MISSING ? inside : STR_NONE;
}

static struct str resource_of(const struct event *ev)
{
    const struct str service = event_get(ev, FIELD_SERVICE);
    if (str_equal(service, STR("s3.amazonaws.com"))) {
        return member_of(event_get(ev, FIELD_REQUEST), STR("\"bucketName\""));
    }
    if (str_equal(service, STR("bedrock.amazonaws.com"))) {
        return member_of(event_get(ev, FIELD_REQUEST), STR("\"modelId\""));
    }
    if (str_equal(service, STR("sagemaker.amazonaws.com"))) {
        return member_of(event_get(ev, FIELD_REQUEST), STR("\"endpointName\""));
    }
    return STR_NONE;
}

/* Remembered by its very bytes; one that is too long is not, and lies in room. */
static const struct trait_role *role_of(struct trait_memos *memos, struct str arn, struct trait_role *room)
{
    const size_t place = (learn_tail(arn.ptr + arn.len, arn.len < 8 ? arn.len : 8, arn.len) * UINT64_C(0x9E3779B97F4A7C15)) >> 56;
    struct trait_role *role = arn.len <= TRAIT_ROLE_TEXT ? &memos->roles[place % TRAIT_ROLES] : room;
    if (role == room || role->len != arn.len || memcmp(role->text, arn.ptr, arn.len) != 0) {
        role->service = str_search(arn, STR(":role/aws-service-role/")) != STR_MISSING;
        role->people = str_search(arn, STR("/AWSReservedSSO_")) != STR_MISSING;
        role->len = role == room ? 0 : (uint8_t)arn.len;
        memcpy(role->text, arn.ptr, role->len);
    }
    return role;
}

/* Sessions of a role are one entity, unless each is a person: single sign-on, or named by a mail address. */
static void who_of(const struct event *ev, const struct trait_role *role, struct traits *out)
{
    const struct str principal = event_get(ev, FIELD_PRINCIPAL);
    out->who = record_caller_key(ev);
    if (role && str_equal(event_get(ev, FIELD_IDENTITY), STR("AssumedRole")) && principal.len > 0 &&
        (role->people || str_find(principal, '@') != STR_MISSING)) {
        out->who = principal;
        out->peers = event_get(ev, FIELD_ISSUER_ARN);
    }
}

static bool is_own_call(const struct event *ev)
{
    const struct str address = event_get(ev, FIELD_IP);
    const struct str type = event_get(ev, FIELD_IDENTITY);
    return type.len > 0 && !str_equal(type, STR("AWSService")) && !str_equal(address, STR("AWS Internal")) &&
           !str_ends(address, STR(".amazonaws.com")) && event_get(ev, FIELD_INVOKED_BY).len == 0;
}

static uint64_t key_of(const struct learn *learn, struct str s) { return s.len > 0 ? learn_value_key(learn, s) : 0; }

bool traits_begin(const struct learn *learn, struct trait_memos *memos, const struct event *ev, struct traits *out)
{
    if (!is_own_call(ev)) {
        return false;
    }
    const struct str issuer = event_get(ev, FIELD_ISSUER_ARN);
    struct trait_role room;
    const struct trait_role *role = issuer.len > 0 ? role_of(memos, issuer, &room) : NULL;
    if (role && role->service) {
        return false;
    }
    *out = (struct traits){ .bucket = resource_of(ev) };
    who_of(ev, role, out);
    out->resource = key_of(learn, out->bucket);
    return true;
}

void traits_fill(const struct learn *learn, struct trait_memos *memos, const struct event *ev, const struct intel *intel,
                 struct traits *traits)
{
    const struct str address = event_get(ev, FIELD_IP);
    const struct trait_memo *place = address.len > 0 ? of_address(learn, memos, address, intel) : NULL;
    const struct str agent = event_get(ev, FIELD_AGENT);
    traits->service = key_of(learn, event_get(ev, FIELD_SERVICE));
    traits->api = learn_mix(key_of(learn, event_get(ev, FIELD_ACTION)), traits->service);
    traits->region = key_of(learn, event_get(ev, FIELD_REGION));
    traits->network = place ? place->network : 0;
    traits->country = place ? place->country : 0;
    traits->agent = agent.len > 0 ? of_agent(learn, memos, agent) : 0;
}
