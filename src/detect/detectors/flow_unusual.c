/* flow_unusual.c - what an instance has not done before: ports it calls, resolvers it asks, how much it sends; and who is new.
 * spec: GuardDuty user guide, Behavior:EC2/NetworkPortUnusual and TrafficVolumeUnusual, DefenseEvasion:EC2/UnusualDNSResolver,
 * UnusualDoHActivity and UnusualDoTActivity. Silent until the learner knows instance and account (learn.h). Our own figures: a
 * port or resolver counts when it is as surprising as PORT_NATS; an amount when it is 10 times what is usual at that hour, and
 * 100 MB at least. Looked at once an hour per peer and port, and per 16 MB. */
#include "detect/detectors/flow_types.h"
#include "detect/learn/learn.h"
#include "detect/model.h"

enum { HOUR = 3600, DNS = 53, DNS_TLS = 853, HTTPS = 443, EPHEMERAL = 32768, PORT_WORDS = 80 };
static const uint64_t STEP_BYTES = 16000000;
static const double PORT_NATS = 4.5, PEER_NATS = 6, RESOLVER_NATS = 2.0, VOLUME_NATS = 6, VOLUME_LEAST = 100e6, VOLUME_TIMES = 10;

/* Where a server stands, or would. */
static size_t doh_place(const struct network *network, uint64_t server)
{
    size_t at = server % NETWORK_DOH;
    while (network->doh[at] && network->doh[at] != server) {
        at = (at + 1) % NETWORK_DOH;
    }
    return at;
}

static uint64_t doh_hash(struct str address) { return keyed_hash(13, address.ptr, address.len) | 1u; }

void flow_open(struct network *network)
{
    struct str text = model_embedded(STR("resolvers"));
    struct str word = STR_NONE;
    struct str rest = STR_NONE;
    for (size_t count = 0; count < NETWORK_DOH / 2 && model_line(&text, &word, &rest);) {
        if (str_equal(word, STR("doh"))) {
            network->doh[doh_place(network, doh_hash(rest))] = doh_hash(rest);
            count++;
        }
    }
}

static bool is_doh_server(const struct network *network, struct str address)
{
    return network->doh[doh_place(network, doh_hash(address))] != 0;
}

static const struct detector *resolver_of(const struct flow *flow)
{
    if (!flow->public_remote) {
        return NULL;
    }
    if (flow->remote_port == DNS) {
        return &FLOW_UNUSUAL_RESOLVER;
    }
    if (flow->remote_port == DNS_TLS) {
        return &FLOW_UNUSUAL_DOT;
    }
    return flow->remote_port == HTTPS && is_doh_server(flow->network, flow_remote_text(flow)) ? &FLOW_UNUSUAL_DOH : NULL;
}

static bool view_of(const struct flow *flow, struct learn_view *view)
{
    const struct str instance = event_get(flow->ev, FIELD_INSTANCE);
    const struct str entity = instance.len > 0 ? instance : event_get(flow->ev, FIELD_INTERFACE);
    return learn_at(flow->network->options.learn, LEARN_HOST, event_get(flow->ev, FIELD_ACCOUNT), entity, flow->ev->at_ms, view);
}

static char *put_number(char *at, unsigned number)
{
    at = number >= 10 ? put_number(at, number / 10) : at;
    *at++ = (char)('0' + number % 10);
    return at;
}

/* "6/443 " and the resolver's address: what models know it by. */
static size_t port_words(char out[PORT_WORDS], const struct flow *flow, struct str resolver)
{
    char *at = put_number(out, flow->protocol);
    *at++ = '/';
    at = put_number(at, flow->remote_port);
    *at++ = ' ';
    const size_t left = (size_t)(out + PORT_WORDS - 1 - at);
    const size_t len = resolver.len < left ? resolver.len : left;
    memcpy(at, resolver.ptr, len);
    return (size_t)(at - out) + len;
}

/* A resolver is a habit together with its address; other ports by themselves. False: nothing to tell. */
static bool port(struct flow *flow, struct learn_view *view)
{
    char value[PORT_WORDS];
    const struct detector *resolver = resolver_of(flow);
    const struct str remote = resolver ? flow_remote_text(flow) : STR("");
    const size_t len = port_words(value, flow, remote);
    const struct learn_rarity rarity = learn_value(view, HOST_PORT, (struct str){ value, len });
    if (rarity.entity != LEARN_NEVER || flow->probe || (!resolver && (flow->remote_port >= EPHEMERAL || !flow->public_remote)) ||
        rarity.surprise < (resolver ? RESOLVER_NATS : PORT_NATS)) {
        return false;
    }
    const struct str why = str_format(flow->ev->arena, "it called %" STR_FMT " on port %u, which it did on none of the %u days it is known for",
                                      STR_ARG(flow_remote_text(flow)), flow->remote_port, rarity.entity_history);
    flow_tell(flow, resolver ? resolver : &FLOW_UNUSUAL_PORT, FLOW_ACTOR, why);
    learn_distrust(view);
    return true;
}

/* Hosts that meet somebody new all the time surprise nobody by it. */
static void first_peer(struct flow *flow, const struct learn_rarity *peer)
{
    if (peer->entity == LEARN_NEVER && peer->surprise >= PEER_NATS && !flow->probe) {
        flow_tell(flow, &FLOW_FIRST_PEER, FLOW_ACTOR,
                  str_format(flow->ev->arena, "it talked to %" STR_FMT " on port %u, with which it never spoke on the %u days it is known for",
                             STR_ARG(flow_remote_text(flow)), flow->remote_port, peer->entity_history));
    }
}

/* Once an hour per peer and port. */
static void calls(struct flow *flow)
{
    struct flow_pair *pair = flow->pair;
    const uint32_t bit = 1u << (keyed_mix(flow->remote_port, flow->protocol) & 31);
    struct learn_view view;
    if (pair->learned_hour != flow->now / HOUR) {
        pair->learned_hour = flow->now / HOUR;
        pair->learned = 0;
    }
    if (pair->learned & bit || !view_of(flow, &view)) {
        return;
    }
    pair->learned |= bit;
    struct learn_rarity peer = { .entity = LEARN_UNKNOWN };
    if (flow->public_remote) {
        peer = learn_value(&view, HOST_PEER, flow_remote_text(flow));
        pair->is_new = peer.entity == LEARN_NEVER || (pair->is_new && peer.entity == LEARN_RARE);
        pair->is_usual = peer.entity == LEARN_FREQUENT;
    }
    if (!port(flow, &view)) {
        first_peer(flow, &peer);
    }
}

static void volume(struct flow *flow)
{
    struct flow_pair *pair = flow->pair;
    struct learn_view view;
    const uint32_t hour = flow->now / HOUR;
    const bool turned = pair->volume_hour != hour && pair->unlearned > 0;
    pair->unlearned = pair->unlearned > UINT64_MAX / 2 ? pair->unlearned : pair->unlearned + flow->ev->flow.bytes;
    pair->volume_hour = hour;
    if ((!turned && pair->unlearned < STEP_BYTES) || !view_of(flow, &view)) {
        return;
    }
    const struct learn_volume sent = learn_amount(&view, (double)pair->unlearned);
    pair->unlearned = 0;
    if (sent.surprise < VOLUME_NATS || sent.amount < VOLUME_LEAST || sent.amount < sent.expected * VOLUME_TIMES ||
        !network_may_tell(&pair->volume_told, flow->now)) {
        return;
    }
    flow_tell(flow, &FLOW_UNUSUAL_VOLUME, FLOW_ACTOR,
              str_format(flow->ev->arena, "it sent %.0f MB within an hour, %" STR_FMT " among the receivers; usual are up to %.0f MB",
                         sent.amount / 1e6, STR_ARG(flow_remote_text(flow)), sent.expected / 1e6));
    learn_distrust(&view);
}

void flow_unusual(struct flow *flow)
{
    if (!flow->outbound || flow->ev->flow.rejected || (flow->protocol != FLOW_TCP && flow->protocol != FLOW_UDP)) {
        return;
    }
    if (flow->initiated) {
        calls(flow);
    }
    if (flow->public_remote) {
        volume(flow);
    }
}
