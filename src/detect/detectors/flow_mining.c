/* flow_mining.c - mining and peering of cryptocurrencies, told by how it talks where no list knows the address.
 * spec: GuardDuty user guide, CryptoCurrency:EC2/BitcoinTool.B, which AWS gives by its lists. Our own reading: one TCP session
 * to a public host at a port that pools use for Stratum (whose messages are few and small), kept up for STRATUM_SECONDS; or
 * conversations with PEERS public hosts at a port of Bitcoin's own network within an hour. */
#include "detect/detectors/flow_types.h"

enum { HOUR = 3600, PEERS = 3, STRATUM_SECONDS = 180, STRATUM_RECORDS = 4, STRATUM_RATE = 1000 };

static bool among(const uint16_t *ports, size_t count, uint16_t port)
{
    bool known = false;
    for (size_t i = 0; i < count; i++) {
        known = known || ports[i] == port;
    }
    return known;
}

static bool is_pool_port(uint16_t port)
{
    static const uint16_t ports[] = { 3333, 3334, 9999, 14433, 14444, 45560, 45700 };
    return among(ports, COUNT_OF(ports), port);
}

static bool is_peer_port(uint16_t port)
{
    static const uint16_t ports[] = { 8333, 9333 };
    return among(ports, COUNT_OF(ports), port);
}

static void pool(struct flow *flow)
{
    struct flow_session *session = &flow->pair->mining;
    if (session->client_port != flow->local_port || session->start == 0 || flow->now < session->start) {
        *session = (struct flow_session){ .client_port = flow->local_port, .start = flow->now, .told = session->told };
    }
    session->records = (uint16_t)(session->records + (session->records < UINT16_MAX));
    session->bytes += (float)flow->ev->flow.bytes;
    const uint32_t passed = flow->now - session->start;
    if (passed < STRATUM_SECONDS || session->records < STRATUM_RECORDS || session->bytes > (float)passed * STRATUM_RATE ||
        !network_may_tell(&session->told, flow->now)) {
        return;
    }
    flow_tell(flow, &FLOW_MINING, FLOW_ACTOR,
              str_format(flow->ev->arena, "for %u minutes it has kept up a session of few bytes with %" STR_FMT " at port %u, as miners do with pools",
                         passed / 60, STR_ARG(flow_remote_text(flow)), flow->remote_port));
}

static void peers(struct flow *flow)
{
    struct flow_host *host = flow->host;
    const enum network_window window = network_window(&host->coin_start, flow->now, HOUR);
    if (window == WINDOW_NEW) {
        host->coin_bits = 0;
    }
    host->coin_bits |= window == WINDOW_PAST ? 0 : UINT64_C(1) << (keyed_hash(12, flow->remote, 16) & 63);
    const int count = __builtin_popcountll(host->coin_bits);
    if (count < PEERS || !network_may_tell(&host->coin_told, flow->now)) {
        return;
    }
    flow_tell(flow, &FLOW_MINING, FLOW_ACTOR,
              str_format(flow->ev->arena, "within an hour it spoke with at least %d hosts at port %u, as Bitcoin's network does", count,
                         flow->remote_port));
}

void flow_mining(struct flow *flow)
{
    if (flow->protocol != FLOW_TCP || !flow->outbound || !flow->initiated || !flow->public_remote || flow->ev->flow.rejected) {
        return;
    }
    if (is_pool_port(flow->remote_port)) {
        pool(flow);
    }
    if (!flow->probe && is_peer_port(flow->remote_port)) {
        peers(flow);
    }
}
