/* flow_lists.c - traffic with addresses that stand on lists, of instances and of functions; and relaying for Tor.
 * spec: GuardDuty user guide, the types below. What a security group or network ACL turned away from outside was no
 * connection; what it stopped on its way out is told, as blocked. A Tor relay is told by our own reading: within an hour at
 * least RELAY_PEERS nodes called one and as many were called. */
#include "detect/detectors/flow_types.h"

enum { RELAY_WINDOW = 3600, RELAY_PEERS = 4 };

struct listed {
    enum intel_list list;
    const struct detector *instance, *function;
    const char *what;
    bool inbound; /* being called counts as well */
};

static const struct listed listed[] = {
    { INTEL_COMMAND, &FLOW_COMMAND, &LAMBDA_COMMAND, "a command-and-control server", false },
    { INTEL_MINING, &FLOW_MINING, &LAMBDA_MINING, "cryptocurrency activity", false },
    { INTEL_SINKHOLE, &FLOW_BLACKHOLE, &LAMBDA_BLACKHOLE, "a sinkhole", false },
    { INTEL_DROP_POINT, &FLOW_DROP_POINT, &LAMBDA_DROP_POINT, "a collection point of stolen data", false },
    { INTEL_CUSTOM, &FLOW_CUSTOM, &LAMBDA_CUSTOM, "the account's own threat list", true },
    { INTEL_TOR_RELAY, &FLOW_TOR_CLIENT, &LAMBDA_TOR_CLIENT, "a Tor entry node", false },
};

static unsigned lists_of(struct flow *flow)
{
    struct flow_pair *pair = flow->pair;
    if (pair->lists_of != flow->network->intel_number) {
        pair->lists_of = flow->network->intel_number;
        pair->lists = flow->public_remote ? intel_lists(flow->intel, flow_remote_text(flow)) : 0;
    }
    return pair->lists & INTEL_TRUSTED ? 0 : pair->lists;
}

static bool is_function(const struct flow *flow)
{
    return flow->host->interface && flow->host->interface->kind == INTERFACE_FUNCTION;
}

static void tell(struct flow *flow, const struct listed *of)
{
    struct intel_hit hit = { .list = STR_NONE };
    const struct str remote = flow_remote_text(flow);
    const struct str why = str_format(flow->ev->arena, "it %s %" STR_FMT ", an address tied to %s",
                                      flow->initiated ? "connected to" : "was called by", STR_ARG(remote), of->what);
    struct verdict *verdict = flow_tell(flow, is_function(flow) ? of->function : of->instance,
                                        flow->initiated ? FLOW_ACTOR : FLOW_TARGET, why);
    if (intel_address_hit(flow->intel, remote, (unsigned)of->list, flow->ev->arena, &hit)) {
        verdict->list = hit.list;
        verdict->threat = hit.threat;
    }
}

/* A set of at most 64, which counts well enough up to a few. */
static void relay(struct flow *flow)
{
    struct flow_host *host = flow->host;
    const enum network_window window = network_window(&host->relay_start, flow->now, RELAY_WINDOW);
    if (window == WINDOW_NEW) {
        host->relay_in = host->relay_out = 0;
    }
    const uint64_t bit = UINT64_C(1) << (keyed_hash(3, flow->remote, 16) & 63);
    uint64_t *side = flow->initiated ? &host->relay_out : &host->relay_in;
    *side |= window == WINDOW_PAST ? 0 : bit;
    const int in = __builtin_popcountll(host->relay_in);
    const int out = __builtin_popcountll(host->relay_out);
    if (in < RELAY_PEERS || out < RELAY_PEERS || !network_may_tell(&host->relay_told, flow->now)) {
        return;
    }
    flow_tell(flow, is_function(flow) ? &LAMBDA_TOR_RELAY : &FLOW_TOR_RELAY, FLOW_ACTOR,
              str_format(flow->ev->arena, "within an hour at least %d Tor nodes connected to it and it connected to %d", in, out));
}

void flow_lists(struct flow *flow)
{
    const unsigned lists = lists_of(flow);
    if (lists == 0 || (!flow->initiated && flow->ev->flow.rejected)) {
        return;
    }
    if ((lists & (INTEL_TOR_RELAY | INTEL_TOR)) && !flow->ev->flow.rejected && flow->protocol == FLOW_TCP) {
        relay(flow);
    }
    const struct listed *hit = NULL;
    for (size_t i = 0; i < COUNT_OF(listed) && hit == NULL; i++) {
        hit = (lists & (unsigned)listed[i].list) && (flow->initiated || listed[i].inbound) ? &listed[i] : NULL;
    }
    if (hit && network_may_tell(&flow->pair->told, flow->now)) {
        tell(flow, hit);
    }
}
