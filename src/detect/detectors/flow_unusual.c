/* flow_unusual.c - what an instance has not done before: ports it calls, resolvers it asks, how much it sends; and who is new.
 * spec: GuardDuty user guide, Behavior:EC2/NetworkPortUnusual and TrafficVolumeUnusual, DefenseEvasion:EC2/UnusualDNSResolver,
 * UnusualDoHActivity and UnusualDoTActivity. Silent until the learner knows instance and account (learn.h). Our own figures: a
 * port or resolver counts when it is as surprising as PORT_NATS; an amount when it is 10 times what is usual at that hour, and
 * 100 MB at least. Looked at once an hour per peer and port, and per 16 MB. */
#include <stdio.h>

#include "detect/detectors/flow_types.h"
#include "detect/learn/learn.h"
#include "detect/model.h"

enum { HOUR = 3600, DNS = 53, DNS_TLS = 853, HTTPS = 443, EPHEMERAL = 32768 };
static const uint64_t STEP_BYTES = 16000000;
static const double PORT_NATS = 4.5, RESOLVER_NATS = 2.0, VOLUME_NATS = 6, VOLUME_LEAST = 100e6, VOLUME_TIMES = 10;

static bool is_doh_server(struct str address)
{
    struct str text = model_embedded(STR("resolvers"));
    struct str word = STR_NONE;
    struct str rest = STR_NONE;
    bool known = false;
    while (!known && model_line(&text, &word, &rest)) {
        known = str_equal(word, STR("doh")) && str_equal(rest, address);
    }
    return known;
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
    return flow->remote_port == HTTPS && is_doh_server(flow_remote_text(flow)) ? &FLOW_UNUSUAL_DOH : NULL;
}

static bool view_of(const struct flow *flow, struct learn_view *view)
{
    const struct str instance = event_get(flow->ev, FIELD_INSTANCE);
    const struct str entity = instance.len > 0 ? instance : event_get(flow->ev, FIELD_INTERFACE);
    return learn_at(flow->network->options.learn, LEARN_HOST, event_get(flow->ev, FIELD_ACCOUNT), entity, flow->ev->at_ms, view);
}

/* A resolver is a habit together with its address; other ports by themselves. */
static void port(struct flow *flow, struct learn_view *view)
{
    char value[80];
    const struct detector *resolver = resolver_of(flow);
    const struct str remote = resolver ? flow_remote_text(flow) : STR("");
    const int length = snprintf(value, sizeof(value), "%u/%u %" STR_FMT, flow->protocol, flow->remote_port, STR_ARG(remote));
    const size_t len = length < 0 ? 0 : (size_t)length < sizeof(value) ? (size_t)length : sizeof(value) - 1;
    const struct learn_rarity rarity = learn_value(view, HOST_PORT, (struct str){ value, len });
    if (rarity.entity != LEARN_NEVER || flow->probe || (!resolver && (flow->remote_port >= EPHEMERAL || !flow->public_remote)) ||
        rarity.surprise < (resolver ? RESOLVER_NATS : PORT_NATS)) {
        return;
    }
    const struct str why = str_format(flow->ev->arena, "it called %" STR_FMT " on port %u, which it did on none of the %u days it is known for",
                                      STR_ARG(flow_remote_text(flow)), flow->remote_port, rarity.entity_history);
    flow_tell(flow, resolver ? resolver : &FLOW_UNUSUAL_PORT, FLOW_ACTOR, why);
    learn_distrust(view);
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
    if (flow->public_remote) {
        const struct learn_rarity peer = learn_value(&view, HOST_PEER, flow_remote_text(flow));
        pair->is_new = peer.entity == LEARN_NEVER || (pair->is_new && peer.entity == LEARN_RARE);
        pair->is_usual = peer.entity == LEARN_FREQUENT;
    }
    port(flow, &view);
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
