#include "detect/network.h"

#include <assert.h>

#include "detect/detectors/shared.h"
#include "detect/dga.h"
#include "detect/memory.h"
#include "detect/model.h"
#include "detect/suffixes.h"
#include "detect/tunnel.h"

struct network *network_open(const struct network_options *options)
{
    struct network *network = memory_new(sizeof(*network));
    network->options = *options;
    network->options.accounts = options->accounts < UINT16_MAX ? options->accounts : UINT16_MAX;
    network->accounts = memory_new(network->options.accounts * sizeof(*network->accounts));
    network->intel_number = network->interfaces_number = 1;
    network->suffixes = suffixes_open();
    flow_open(network);
    network->dga = dga_open(model_embedded(STR("dga")));
    const bool read = tunnel_open(model_embedded(STR("tunnel")), &network->tunnel);
    assert(network->dga && read);
    (void)read;
    return network;
}

static uint64_t close_account(struct network_account *account)
{
    struct keyed *const tables[] = { account->hosts, account->pairs, account->askers, account->domains };
    uint64_t evictions = 0;
    for (size_t i = 0; i < COUNT_OF(tables); i++) {
        evictions += tables[i] ? keyed_evictions(tables[i]) : 0;
        keyed_close(tables[i]);
    }
    return evictions;
}

void network_close(struct network *network)
{
    if (network == NULL) {
        return;
    }
    for (size_t i = 0; i < network->account_count; i++) {
        close_account(&network->accounts[i]);
    }
    suffixes_close(network->suffixes);
    dga_close(network->dga);
    memory_free(network->accounts);
    memory_free(network);
}

/* A free place, or that of the account longest unused among those that don't stay (memory.h). Its use is counted, not timed:
 * records of a far future would never age. */
static size_t place_for_account(struct network *network)
{
    if (network->account_count < network->options.accounts) {
        return network->account_count++;
    }
    size_t oldest = memory_accounts_staying(network->options.accounts);
    for (size_t i = oldest + 1; i < network->account_count; i++) {
        oldest = network->accounts[i].used < network->accounts[oldest].used ? i : oldest;
    }
    network->evictions += close_account(&network->accounts[oldest]) + 1;
    return oldest;
}

/* One of the others that is used often takes the place of a staying one that is heard of no more (memory.h). */
static size_t settle(struct network *network, size_t at)
{
    const size_t staying = memory_accounts_staying(network->options.accounts);
    struct network_account *accounts = network->accounts;
    size_t idle = 0;
    if (at < staying || ++accounts[at].met % ACCOUNT_SETTLES != 0) {
        return at;
    }
    for (size_t i = 1; i < staying; i++) {
        idle = accounts[i].used < accounts[idle].used ? i : idle;
    }
    if (network->uses - accounts[idle].used <= ACCOUNT_IDLE) {
        return at;
    }
    const struct network_account other = accounts[idle];
    accounts[idle] = accounts[at];
    accounts[at] = other;
    return idle;
}

static size_t find_account(struct network *network, struct str text)
{
    const uint64_t name = keyed_hash(1, text.ptr, text.len);
    size_t at = network->recent[name & 255];
    if (at >= network->account_count || network->accounts[at].name != name) {
        at = 0;
        while (at < network->account_count && network->accounts[at].name != name) {
            at++;
        }
        if (at == network->account_count) {
            at = place_for_account(network);
            network->accounts[at] = (struct network_account){ .name = name };
        }
        network->recent[name & 255] = (uint16_t)at;
    }
    return at;
}

/* Mostly that of the record before. */
static struct network_account *account_of(struct network *network, struct str text)
{
    if (text.len != sizeof(network->last_text) || memcmp(network->last_text, text.ptr, sizeof(network->last_text)) != 0) {
        network->last = find_account(network, text);
        memset(network->last_text, 0, sizeof(network->last_text));
        if (text.len == sizeof(network->last_text)) {
            memcpy(network->last_text, text.ptr, sizeof(network->last_text));
        }
    }
    network->last = settle(network, network->last);
    struct network_account *account = &network->accounts[network->last];
    account->used = ++network->uses;
    return account;
}

/* That was met before; without taking note of it. */
static const struct network_account *known_account(const struct network *network, struct str text)
{
    const uint64_t name = keyed_hash(1, text.ptr, text.len);
    const size_t at = network->recent[name & 255];
    return at < network->account_count && network->accounts[at].name == name ? &network->accounts[at] : NULL;
}

void network_expect(struct network *network, const struct event *events, size_t count)
{
    network->expected_next = 0;
    network->expected_count = count < NETWORK_EXPECTED ? count : NETWORK_EXPECTED;
    struct str text = STR_NONE;
    const struct network_account *account = NULL;
    for (size_t i = 0; i < network->expected_count; i++) {
        const struct event *ev = &events[i];
        struct network_expected *expected = &network->expected[i];
        if (i == 0 || !str_equal(text, event_get(ev, FIELD_ACCOUNT))) {
            text = event_get(ev, FIELD_ACCOUNT);
            account = known_account(network, text);
        }
        expected->ev = ev;
        expected->account = ev->source == SOURCE_FLOW && account && account->hosts ? account : NULL;
        if (expected->account) {
            flow_expect(expected);
        }
    }
    for (size_t i = 0; i < network->expected_count; i++) {
        const struct network_expected *expected = &network->expected[i];
        if (expected->account) {
            flow_expect_soon(expected);
        }
    }
}

size_t network_inspect(struct network *network, const struct event *ev, const struct intel *intel,
                       struct network_hit hits[NETWORK_HITS_MAX])
{
    struct network_hits found = { .items = hits };
    if (ev->source == SOURCE_FLOW && ev->flow.status != FLOW_OK) {
        return 0;
    }
    struct network_account *account = account_of(network, event_get(ev, FIELD_ACCOUNT));
    if (ev->source == SOURCE_FLOW) {
        flow_inspect(network, account, ev, intel, &found);
    }
    if (ev->source == SOURCE_DNS) {
        dns_inspect(network, account, ev, intel, &found);
    }
    return found.count;
}

size_t network_pairs(const struct network *network)
{
    return network->options.keys_per_account * (network->account_count <= NETWORK_LARGE ? NETWORK_PAIRS : NETWORK_PAIRS_LATER);
}

struct verdict *network_tell(struct network_hits *hits, const struct detector *detector)
{
    if (hits->count == NETWORK_HITS_MAX) {
        return &hits->unseen;
    }
    struct network_hit *hit = &hits->items[hits->count++];
    *hit = (struct network_hit){ detector, { .severity = 0 } };
    return &hit->verdict;
}

uint64_t network_evictions(const struct network *network)
{
    uint64_t evictions = network->evictions;
    for (size_t i = 0; i < network->account_count; i++) {
        const struct network_account *a = &network->accounts[i];
        const struct keyed *const tables[] = { a->hosts, a->pairs, a->askers, a->domains };
        for (size_t j = 0; j < COUNT_OF(tables); j++) {
            evictions += tables[j] ? keyed_evictions(tables[j]) : 0;
        }
    }
    return evictions;
}

void network_lists_changed(struct network *network) { network->intel_number++; }

void network_use_interfaces(struct network *network, const struct interfaces *interfaces)
{
    network->options.interfaces = interfaces;
    network->interfaces_number++;
}
