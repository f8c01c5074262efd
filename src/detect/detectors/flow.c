/* flow.c - a flow record as its interface sees it: which end is local, who began, what belongs to whom.
 * spec: VPC user guide, flow log records: the default format names no direction; tcp-flags are ORed over the interval, SYN 2
 * of who begins, SYN-ACK 18 of who answers. Our own reading where neither says: the end with the lesser, better known port
 * was called. */
#include "detect/detectors/flow.h"

enum { EPHEMERAL = 32768, WELL_KNOWN = 1024, SYN = 2, RESET = 4, SYN_ACK = 18 };

static bool is_v4(const unsigned char a[16])
{
    static const unsigned char mapped[12] = { [10] = 0xFF, [11] = 0xFF };
    return memcmp(a, mapped, sizeof(mapped)) == 0;
}

/* spec: RFC 1918, 6598, 4193. */
static bool is_private(const unsigned char a[16])
{
    if (!is_v4(a)) {
        return (a[0] & 0xFE) == 0xFC;
    }
    return a[12] == 10 || (a[12] == 172 && (a[13] & 0xF0) == 16) || (a[12] == 192 && a[13] == 168) ||
           (a[12] == 100 && (a[13] & 0xC0) == 64);
}

/* No peer: unspecified, loopback, link-local (the instance's own services among them), multicast, broadcast. */
static bool is_special(const unsigned char a[16])
{
    if (!is_v4(a)) {
        return a[0] == 0 || a[0] == 0xFF || (a[0] == 0xFE && (a[1] & 0xC0) == 0x80);
    }
    return a[12] == 0 || a[12] == 127 || a[12] >= 224 || (a[12] == 169 && a[13] == 254);
}

static bool is_own(const struct flow_host *host, const unsigned char *address)
{
    return host->own_count == 1 && memcmp(host->own[0], address, 16) == 0;
}

/* An interface's own address is an end of each of its records. */
static void learn_own(struct flow_host *host, const struct event_flow *flow)
{
    if (host->own_count == 0) {
        memcpy(host->own[0], flow->source, 16);
        memcpy(host->own[1], flow->target, 16);
        host->own_count = 2;
        return;
    }
    bool held[2] = { false, false };
    for (size_t i = 0; i < host->own_count && i < 2; i++) {
        held[i] = memcmp(host->own[i], flow->source, 16) == 0 || memcmp(host->own[i], flow->target, 16) == 0;
    }
    if (host->own_count == 2 && held[0] != held[1]) {
        memcpy(host->own[0], host->own[held[1]], 16);
        host->own_count = 1;
        return;
    }
    host->own_count = held[0] || held[1] ? host->own_count : 3; /* it has several */
}

/* Whether the source is the interface's own end. */
static bool source_is_local(const struct flow_host *host, const struct event *ev)
{
    const struct event_flow *flow = &ev->flow;
    const struct str direction = event_get(ev, FIELD_DIRECTION);
    if (direction.len > 0) {
        return direction.ptr[0] == 'e'; /* egress */
    }
    const bool inside = is_private(flow->source);
    if (inside != is_private(flow->target)) {
        return inside;
    }
    return !is_own(host, flow->target);
}

static bool source_began(const struct event_flow *flow)
{
    const bool tcp = flow->protocol == FLOW_TCP;
    if (tcp && (flow->tcp_flags & SYN_ACK) == SYN) {
        return true;
    }
    const uint16_t from = flow->source_port;
    const uint16_t to = flow->target_port;
    if ((from < WELL_KNOWN) != (to < WELL_KNOWN)) {
        return to < WELL_KNOWN;
    }
    if ((from < EPHEMERAL) != (to < EPHEMERAL)) {
        return to < EPHEMERAL;
    }
    if (tcp && ((flow->tcp_flags & SYN_ACK) == SYN_ACK || (flow->tcp_flags & (RESET | SYN)) == RESET)) {
        return false; /* it took or refused a connection */
    }
    return to <= from;
}

/* Nothing came of it: a SYN or a datagram and perhaps its repeats. */
static bool is_probe(const struct event_flow *flow)
{
    if (flow->rejected) {
        return true;
    }
    if (flow->protocol == FLOW_TCP) {
        return flow->packets <= 3 && flow->bytes <= flow->packets * 64;
    }
    return flow->protocol == FLOW_UDP && flow->packets <= 2 && flow->bytes <= flow->packets * 80;
}

static uint32_t seconds_of(int64_t seconds)
{
    return seconds < 1 ? 1 : seconds > UINT32_MAX ? UINT32_MAX : (uint32_t)seconds;
}

static uint64_t host_key(const struct event *ev)
{
    struct str name = event_get(ev, FIELD_INTERFACE);
    name = name.len > 0 ? name : event_get(ev, FIELD_INSTANCE);
    if (name.len == 0) { /* a custom format without either: the inner end stands for it */
        const bool inside = is_private(ev->flow.source) || !is_private(ev->flow.target);
        name = event_get(ev, inside ? FIELD_IP : FIELD_TARGET_IP);
    }
    return keyed_hash(2, name.ptr, name.len);
}

static void open_tables(struct network *network, struct network_account *account)
{
    if (account->hosts == NULL) {
        account->hosts = keyed_open(sizeof(struct flow_host), network->options.keys_per_account);
        account->pairs = keyed_open(sizeof(struct flow_pair), network_pairs(network));
    }
}

static struct flow_host *host_of(const struct network *network, const struct network_account *account, const struct event *ev,
                                 uint64_t key, uint32_t now)
{
    struct flow_host *host = keyed_get(account->hosts, key, now);
    host->key = key;
    if (host->interface_of != network->interfaces_number) {
        host->interface_of = network->interfaces_number;
        host->interface = interfaces_find(network->options.interfaces, event_get(ev, FIELD_INTERFACE));
    }
    return host;
}

/* The end that isn't private is mostly the peer. */
static const unsigned char *likely_remote(const struct event_flow *flow)
{
    return is_private(flow->source) ? flow->target : flow->source;
}

void flow_expect(struct network_expected *expected)
{
    const struct event *ev = expected->ev;
    expected->host = host_key(ev);
    expected->pair = keyed_hash(expected->host, likely_remote(&ev->flow), 16);
    keyed_prefetch(expected->account->hosts, expected->host);
    keyed_prefetch(expected->account->pairs, expected->pair);
}

/* Of a pair what judging needs: more when a port may have been tried. */
void flow_expect_soon(const struct network_expected *expected)
{
    const bool tried = expected->ev->flow.rejected || expected->ev->flow.packets <= 3;
    keyed_prefetch_piece(expected->account->hosts, expected->host, offsetof(struct flow_host, sweeps));
    keyed_prefetch_piece(expected->account->pairs, expected->pair, tried ? sizeof(struct flow_pair) : offsetof(struct flow_pair, out));
}

/* The keys of a record, from when it was expected or made now. */
static struct network_expected keys_of(struct network *network, const struct network_account *account, const struct event *ev)
{
    while (network->expected_next < network->expected_count) {
        const struct network_expected *next = &network->expected[network->expected_next++];
        if (next->ev == ev && next->account == account) {
            return *next;
        }
    }
    struct network_expected keys = { .ev = ev, .account = account };
    flow_expect(&keys);
    return keys;
}

static void see(struct flow *flow)
{
    const struct event_flow *f = &flow->ev->flow;
    flow->outbound = source_is_local(flow->host, flow->ev);
    flow->local = flow->outbound ? f->source : f->target;
    flow->remote = flow->outbound ? f->target : f->source;
    flow->local_port = flow->outbound ? f->source_port : f->target_port;
    flow->remote_port = flow->outbound ? f->target_port : f->source_port;
    flow->protocol = f->protocol;
    flow->initiated = source_began(f) == flow->outbound;
    flow->public_remote = !is_private(flow->remote);
    flow->probe = is_probe(f);
    flow->seconds = f->end > f->start ? seconds_of(f->end - f->start) : 1;
}

static void judge(struct flow *flow)
{
    const bool function = flow->host->interface && flow->host->interface->kind == INTERFACE_FUNCTION;
    flow_lists(flow);
    if (function) {
        return; /* of functions only lists are judged: the types are those of instances */
    }
    flow_scan(flow);
    flow_logins(flow);
    flow_flood(flow);
    flow_flooded(flow);
    flow_mail(flow);
    flow_mining(flow);
    flow_beacon(flow);
    flow_unusual(flow);
}

void flow_inspect(struct network *network, struct network_account *account, const struct event *ev, const struct intel *intel,
                  struct network_hits *hits)
{
    const uint32_t now = seconds_of(ev->flow.start ? ev->flow.start : ev->flow.end);
    struct flow flow = { .ev = ev, .network = network, .intel = intel, .hits = hits, .now = now };
    open_tables(network, account);
    const struct network_expected keys = keys_of(network, account, ev);
    flow.host = host_of(network, account, ev, keys.host, now);
    learn_own(flow.host, &ev->flow);
    see(&flow);
    const struct interface *known = flow.host->interface;
    if (is_special(flow.remote) || (known && known->kind == INTERFACE_OTHER)) {
        return;
    }
    flow.pair = keyed_get(account->pairs, flow.remote == likely_remote(&ev->flow) ? keys.pair : keyed_hash(keys.host, flow.remote, 16), now);
    judge(&flow);
}
