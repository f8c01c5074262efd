/* flow_scan.c - ports tried: many of one host, one of many hosts, and an instance's own by a scanner.
 * spec: GuardDuty user guide, Recon:EC2/Portscan, Impact:EC2/PortSweep, Recon:EC2/PortProbeUnprotectedPort and
 * PortProbeEMRUnprotectedPort. The guide gives no figures; ours: 25 ports of one host, or 40 public hosts on one port, within
 * ten minutes, by probes that no conversation followed (on a port no more than one in four of those that did). Whoever stands
 * on a list of scanners, or tried 15 ports of this instance in that time, probes. Traceroute's datagrams are none. */
#include "detect/detectors/flow_types.h"

enum { WINDOW = 600, SCAN_PORTS = 25, PROBER_PORTS = 15, SWEEP_HOSTS = 40, TRACE_FIRST = 33434, TRACE_LAST = 33534, DATAGRAM_PORTS = 32768 };

/* The count of distinct ports, this one among them. */
static unsigned try_port(struct flow_tried *tried, uint16_t port, uint32_t now)
{
    const enum network_window window = network_window(&tried->start, now, WINDOW);
    if (window == WINDOW_PAST) {
        return 0;
    }
    if (window == WINDOW_NEW) {
        memset(tried->bits, 0, sizeof(tried->bits));
        tried->count = 0;
    }
    const unsigned place = (unsigned)(keyed_mix(port, 5) & 255);
    const uint64_t bit = UINT64_C(1) << (place & 63);
    tried->count = (uint16_t)(tried->count + ((tried->bits[place >> 6] & bit) == 0));
    tried->bits[place >> 6] |= bit;
    return tried->count;
}

static void vertical(struct flow *flow)
{
    struct flow_tried *tried = &flow->pair->out;
    const unsigned ports = try_port(tried, flow->remote_port, flow->now);
    if (ports >= SCAN_PORTS && network_may_tell(&tried->told, flow->now)) {
        flow_tell(flow, &FLOW_PORT_SCAN, FLOW_ACTOR,
                  str_format(flow->ev->arena, "it tried %u ports of %" STR_FMT " within minutes", ports, STR_ARG(flow_remote_text(flow))));
    }
}

static struct flow_sweep *sweep_of(struct flow_host *host, uint16_t port)
{
    for (size_t i = 0; i < FLOW_SWEEPS; i++) {
        if (host->swept[i] == port && host->sweeps[i].port == port && host->sweeps[i].start != 0) {
            return &host->sweeps[i];
        }
    }
    return NULL;
}

static struct flow_sweep *oldest_sweep(struct flow_host *host)
{
    struct flow_sweep *oldest = &host->sweeps[0];
    for (size_t i = 1; i < FLOW_SWEEPS; i++) {
        oldest = host->sweeps[i].start < oldest->start ? &host->sweeps[i] : oldest;
    }
    return oldest;
}

static void horizontal(struct flow *flow)
{
    struct flow_sweep *sweep = sweep_of(flow->host, flow->remote_port);
    if (sweep == NULL) {
        sweep = oldest_sweep(flow->host);
        *sweep = (struct flow_sweep){ .port = flow->remote_port };
        flow->host->swept[sweep - flow->host->sweeps] = flow->remote_port;
    }
    const enum network_window window = network_window(&sweep->start, flow->now, WINDOW);
    if (window == WINDOW_NEW) {
        *sweep = (struct flow_sweep){ .port = flow->remote_port, .start = sweep->start, .told = sweep->told };
    }
    const unsigned place = (unsigned)(keyed_hash(4, flow->remote, 16) & 511);
    const uint64_t bit = UINT64_C(1) << (place & 63);
    sweep->count = (uint16_t)(sweep->count + (window != WINDOW_PAST && (sweep->bits[place >> 6] & bit) == 0));
    sweep->bits[place >> 6] |= bit;
    if (sweep->count >= SWEEP_HOSTS && sweep->talks * 4 <= sweep->count && network_may_tell(&sweep->told, flow->now)) {
        flow_tell(flow, &FLOW_PORT_SWEEP, FLOW_ACTOR,
                  str_format(flow->ev->arena, "it tried port %u of at least %u public hosts within minutes", flow->remote_port,
                             (unsigned)sweep->count));
    }
}

static void outgoing(struct flow *flow)
{
    if (!flow->probe) {
        struct flow_sweep *sweep = sweep_of(flow->host, flow->remote_port);
        if (sweep) {
            sweep->talks++;
        }
        return;
    }
    if (flow->protocol == FLOW_UDP && (flow->remote_port >= DATAGRAM_PORTS || flow->remote_port == 53 || flow->remote_port == 123)) {
        return; /* look-ups and clocks are answered by one datagram; media and peer-to-peer use high ports */
    }
    vertical(flow);
    if (flow->public_remote && flow->protocol == FLOW_TCP) {
        horizontal(flow);
    }
}

/* spec: EMR management guide, web interfaces of clusters. */
static bool is_emr_port(uint16_t port)
{
    static const uint16_t ports[] = { 8042, 8088, 8188, 8480, 8888, 8890, 8983, 9443, 9864, 9870, 11000, 14000, 16010, 16030, 18080,
                                      19888, 50070, 50075 };
    bool known = false;
    for (size_t i = 0; i < COUNT_OF(ports); i++) {
        known = known || ports[i] == port;
    }
    return known;
}

static void probed(struct flow *flow, unsigned ports)
{
    const unsigned lists = flow->pair->lists & INTEL_TRUSTED ? 0 : flow->pair->lists;
    const bool listed = (lists & (INTEL_REPUTATION | INTEL_THREAT)) != 0;
    if (flow->ev->flow.rejected || (!listed && ports < PROBER_PORTS) || (lists == 0 && (flow->pair->lists & INTEL_TRUSTED)) ||
        !network_may_tell(&flow->pair->port_told, flow->now)) {
        return;
    }
    const struct interface *known = flow->host->interface;
    const bool emr = known && known->kind == INTERFACE_EMR && is_emr_port(flow->local_port);
    const struct str remote = flow_remote_text(flow);
    const struct str why = listed ? str_format(flow->ev->arena, "its open port %u was probed by %" STR_FMT ", a listed scanner",
                                               flow->local_port, STR_ARG(remote))
                                  : str_format(flow->ev->arena, "its open port %u was probed by %" STR_FMT ", which tried %u of its ports",
                                               flow->local_port, STR_ARG(remote), ports);
    struct verdict *verdict = flow_tell(flow, emr ? &FLOW_EMR_PROBE : &FLOW_PORT_PROBE, FLOW_TARGET, why);
    struct intel_hit hit = { .list = STR_NONE };
    if (intel_address_hit(flow->intel, remote, INTEL_REPUTATION | INTEL_THREAT, flow->ev->arena, &hit)) {
        verdict->list = hit.list;
        verdict->threat = hit.threat;
    }
    if (!emr && (flow->local_port == 9200 || flow->local_port == 9300)) {
        verdict->severity = 8;
    }
}

void flow_scan(struct flow *flow)
{
    const bool trace = flow->protocol == FLOW_UDP && flow->remote_port >= TRACE_FIRST && flow->remote_port <= TRACE_LAST;
    if ((flow->protocol != FLOW_TCP && flow->protocol != FLOW_UDP) || trace) {
        return;
    }
    if (flow->outbound && flow->initiated) {
        outgoing(flow);
    }
    if (!flow->outbound && !flow->initiated && flow->public_remote && flow->protocol == FLOW_TCP) {
        probed(flow, flow->probe ? try_port(&flow->pair->in, flow->local_port, flow->now) : flow->pair->in.count);
    }
}
