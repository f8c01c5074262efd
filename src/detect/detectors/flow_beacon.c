/* flow_beacon.c - an instance that calls one public host again and again, as regularly as a clock and with little to say, at a
 * port that no common service has, or a host that is new to it: how implants ask for orders.
 * spec: GuardDuty user guide, Backdoor:EC2/C&CActivity.B, which AWS gives by its lists; that behaviour alone may show it is our
 * own reading, as strict as agents and updaters that call home make necessary: 30 new connections, at least a second apart on
 * average, gaps and sizes that vary by less than a quarter, and no host that the instance has long been calling. */
#include <math.h>

#include "detect/detectors/flow_types.h"

enum { CONTACTS = 30, FORGET = 7200 };
static const double STEADY = 0.25;

/* Where agents, clocks, mail, databases, messaging, logs and virtual networks of all kinds keep calling regularly. */
static bool is_common(uint16_t port)
{
    static const uint16_t ports[] = { 1194, 1514, 1515, 1883, 2049, 3128, 3268, 3306, 3389, 3478, 4500, 4505, 4506, 5000, 5044, 5060, 5061,
                                      5222, 5223, 5228, 5432, 5671, 5672, 5938, 5985, 5986, 6379, 6380, 6443, 8000, 8080, 8086, 8123, 8125, 8126, 8200,
                                      8333, 8443, 8500, 8530, 8883, 8888, 9000, 9090, 9091, 9092, 9093, 9094, 9100, 9200, 9300, 9418,
                                      9997, 10000, 10050, 10051, 10443, 11371, 15671, 17472, 24224, 27017, 30303, 41641, 51820 };
    if (port < 1024) {
        return true;
    }
    bool known = false;
    for (size_t i = 0; i < COUNT_OF(ports); i++) {
        known = known || ports[i] == port;
    }
    return known;
}

/* Standard deviation over mean. */
static double variation(float sum, float square, unsigned count)
{
    const double mean = (double)sum / count;
    const double variance = (double)square / count - mean * mean;
    return mean > 0 ? sqrt(variance > 0 ? variance : 0) / mean : 1;
}

static bool is_steady(const struct flow_beacon *beacon)
{
    const unsigned gaps = beacon->count - 1u;
    return beacon->count >= CONTACTS && beacon->gap >= (float)gaps && variation(beacon->gap, beacon->gap_square, gaps) < STEADY &&
           variation(beacon->size, beacon->size_square, gaps) < STEADY;
}

/* False: what was counted must be begun again. */
static bool count(struct flow_beacon *beacon, uint32_t gap, uint64_t bytes)
{
    if (beacon->count == UINT16_MAX || gap > FORGET) {
        return false;
    }
    beacon->count++;
    beacon->gap += (float)gap;
    beacon->gap_square += (float)gap * (float)gap;
    beacon->size += (float)bytes;
    beacon->size_square += (float)bytes * (float)bytes;
    return true;
}

void flow_beacon(struct flow *flow)
{
    struct flow_beacon *beacon = &flow->pair->beacon;
    if (!flow->outbound || !flow->initiated || !flow->public_remote || flow->protocol != FLOW_TCP || flow->ev->flow.rejected ||
        (!flow->pair->is_new && is_common(flow->remote_port)) || (beacon->count > 0 && flow->local_port == beacon->client_port)) {
        return;
    }
    const bool forward = beacon->count > 0 && beacon->port == flow->remote_port && flow->now >= beacon->last;
    if (!forward || !count(beacon, flow->now - beacon->last, flow->ev->flow.bytes)) {
        *beacon = (struct flow_beacon){ .count = 1, .port = flow->remote_port, .told = beacon->told };
    }
    beacon->last = flow->now;
    beacon->client_port = flow->local_port;
    if (flow->pair->is_usual || !is_steady(beacon) || !network_may_tell(&beacon->told, flow->now)) {
        return;
    }
    flow_tell(flow, &FLOW_COMMAND, FLOW_ACTOR,
              str_format(flow->ev->arena, "it called %" STR_FMT " port %u %u times, every %.0f seconds, with little to say",
                         STR_ARG(flow_remote_text(flow)), flow->remote_port, beacon->count, (double)beacon->gap / (beacon->count - 1)));
}
