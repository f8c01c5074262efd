/* flow_flood.c - an instance that floods a host: very much sent, hardly anything answered; and one that is flooded.
 * spec: GuardDuty user guide, Backdoor:EC2/DenialOfService.Dns, .Tcp, .Udp, .UdpOnTcpPorts, .UnusualProtocol. The guide gives
 * no figures; ours: at least 2,000 packets a second to a public host, 10,000 to one inside, over a minute or more and two
 * records or more, so that answers to the first have been seen; at most one packet in fifty answered. TCP answers what it
 * takes, so there it is packets without content while hardly more bytes come back. GuardDuty has no type for the flooded one;
 * ours: at least 10,000 packets a second from public hosts that began it, all of them together, likewise unanswered. */
#include "detect/detectors/flow_types.h"

enum { WINDOW = 600, LEAST_SECONDS = 60, PUBLIC_RATE = 2000, INSIDE_RATE = 10000, EMPTY_PACKET = 100, FLOODED_RATE = 10000 };
enum kind { KIND_NONE, KIND_DNS, KIND_TCP, KIND_UDP, KIND_UDP_ON_TCP, KIND_PROTOCOL };

static const struct {
    const struct detector *detector;
    const char *what;
} kinds[] = {
    [KIND_DNS] = { &FLOW_FLOOD_DNS, "DNS packets" },
    [KIND_TCP] = { &FLOW_FLOOD_TCP, "empty TCP packets" },
    [KIND_UDP] = { &FLOW_FLOOD_UDP, "UDP packets" },
    [KIND_UDP_ON_TCP] = { &FLOW_FLOOD_UDP_ON_TCP, "UDP packets for a port of TCP services" },
    [KIND_PROTOCOL] = { &FLOW_FLOOD_PROTOCOL, "packets of an unusual protocol" },
};

/* Ports at which nothing but TCP is spoken; 80 and 443 carry HTTP/3 as well. */
static bool is_tcp_port(uint16_t port)
{
    static const uint16_t ports[] = { 20, 21, 22, 23, 25, 110, 143, 445, 465, 587, 993, 995, 1433, 3306, 5432, 5900, 6379, 8080, 9200 };
    bool known = false;
    for (size_t i = 0; i < COUNT_OF(ports); i++) {
        known = known || ports[i] == port;
    }
    return known;
}

/* spec: IANA protocol numbers: ICMP 1, IPv4 4, IPv6 41, GRE 47, ESP 50, AH 51, ICMPv6 58 are in ordinary use. */
static enum kind kind_of(const struct flow *flow)
{
    switch (flow->protocol) {
    case FLOW_TCP:
        return KIND_TCP;
    case FLOW_UDP:
        return flow->remote_port == 53 ? KIND_DNS : is_tcp_port(flow->remote_port) ? KIND_UDP_ON_TCP : KIND_UDP;
    case FLOW_ICMP:
    case FLOW_ICMP6:
    case 4:
    case 41:
    case 47:
    case 50:
    case 51:
        return KIND_NONE;
    default:
        return KIND_PROTOCOL;
    }
}

static bool is_flood(const struct flow *flow, const struct flow_flood *flood)
{
    const uint32_t end = flow->now + flow->seconds;
    const uint32_t passed = end > flood->start ? end - flood->start : 0;
    const float rate = flow->public_remote ? PUBLIC_RATE : INSIDE_RATE;
    if (flood->records < 2 || passed < LEAST_SECONDS || flood->packets < rate * (float)passed) {
        return false;
    }
    if (flood->kind == KIND_TCP) {
        return flood->bytes <= flood->packets * EMPTY_PACKET && flood->answer_bytes <= flood->bytes * 2;
    }
    return flood->answers <= flood->packets / 50;
}

void flow_flood(struct flow *flow)
{
    const struct event_flow *f = &flow->ev->flow;
    struct flow_flood *flood = &flow->pair->flood;
    if (!flow->outbound) {
        flood->answers += (float)f->packets; /* of no account before anything was sent */
        flood->answer_bytes += (float)f->bytes;
        return;
    }
    const enum kind kind = kind_of(flow);
    if (kind == KIND_NONE || !flow->initiated) {
        return;
    }
    const enum network_window window = network_window(&flood->start, flow->now, WINDOW);
    if (window == WINDOW_PAST) {
        return;
    }
    if (window == WINDOW_NEW || flood->kind != kind) {
        *flood = (struct flow_flood){ .start = flow->now, .told = flood->told, .kind = (uint8_t)kind };
    }
    flood->records = (uint16_t)(flood->records + (flood->records < UINT16_MAX));
    flood->packets += (float)f->packets;
    flood->bytes += (float)f->bytes;
    if (!is_flood(flow, flood) || !network_may_tell(&flood->told, flow->now)) {
        return;
    }
    flow_tell(flow, kinds[kind].detector, FLOW_ACTOR,
              str_format(flow->ev->arena, "it sent %.0f %s to %" STR_FMT " within minutes, hardly answered", (double)flood->packets,
                         kinds[kind].what, STR_ARG(flow_remote_text(flow))));
}

void flow_flooded(struct flow *flow)
{
    struct flow_flooded *flooded = &flow->host->flooded;
    if (flow->initiated || !flow->public_remote) {
        return;
    }
    if (flow->outbound) {
        flooded->answers += (float)flow->ev->flow.packets;
        return;
    }
    const enum network_window window = network_window(&flooded->start, flow->now, WINDOW);
    if (window == WINDOW_PAST) {
        return;
    }
    if (window == WINDOW_NEW) {
        *flooded = (struct flow_flooded){ .start = flow->now, .told = flooded->told };
    }
    flooded->records = (uint16_t)(flooded->records + (flooded->records < UINT16_MAX));
    flooded->packets += (float)flow->ev->flow.packets;
    const uint32_t end = flow->now + flow->seconds;
    const uint32_t passed = end > flooded->start ? end - flooded->start : 0;
    if (flooded->records < 2 || passed < LEAST_SECONDS || flooded->packets < (float)FLOODED_RATE * (float)passed ||
        flooded->answers > flooded->packets / 50 || !network_may_tell(&flooded->told, flow->now)) {
        return;
    }
    flow_tell(flow, &FLOW_FLOODED, FLOW_TARGET,
              str_format(flow->ev->arena, "%.0f packets came from outside within minutes, %" STR_FMT " among the senders, and hardly any was answered",
                         (double)flooded->packets, STR_ARG(flow_remote_text(flow))));
}
