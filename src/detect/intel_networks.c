#include "detect/intel_networks.h"

#include <stdlib.h>

enum { INDEX_FROM = 4096, INDEX_SIZE = 65537 };

void networks_free(struct networks *networks)
{
    memory_free(networks->addresses);
    memory_free(networks->bits);
    memory_free(networks->outer);
    memory_free(networks->values);
    memory_free(networks->first);
    memory_free(networks->added);
}

static const unsigned char *address_at(const struct networks *networks, size_t at)
{
    return networks->addresses + at * networks->width;
}

void networks_add(struct networks *networks, const unsigned char *address, unsigned bits, uint32_t value)
{
    if (networks->added_count == networks->added_capacity) {
        networks->added_capacity = networks->added_capacity ? networks->added_capacity * 2 : 256;
        networks->added = memory_grow(networks->added, networks->added_capacity * sizeof(struct network_entry));
    }
    struct network_entry *entry = &networks->added[networks->added_count++];
    *entry = (struct network_entry){ .value = value, .bits = (uint8_t)bits };
    for (size_t i = 0; i < networks->width; i++) {
        const unsigned kept = bits >= 8 * (i + 1) ? 8 : bits > 8 * i ? bits - 8 * (unsigned)i : 0;
        entry->address[i] = (unsigned char)(address[i] & (0xFF00u >> kept));
    }
}

static int compare(const void *a, const void *b)
{
    const struct network_entry *left = a;
    const struct network_entry *right = b;
    const int order = memcmp(left->address, right->address, sizeof(left->address));
    return order != 0 ? order : (int)left->bits - (int)right->bits;
}

static bool contains(const struct networks *networks, size_t at, const unsigned char *address)
{
    const unsigned whole = networks->bits[at] / 8u;
    const unsigned rest = networks->bits[at] % 8u;
    const unsigned char *own = address_at(networks, at);
    return memcmp(own, address, whole) == 0 && (rest == 0 || ((own[whole] ^ address[whole]) & (0xFF00u >> rest) & 0xFFu) == 0);
}

static void find_outer(struct networks *networks)
{
    for (size_t i = 0; i < networks->count; i++) {
        uint32_t outer = i > 0 ? (uint32_t)(i - 1) : NETWORKS_NONE;
        while (outer != NETWORKS_NONE && !contains(networks, outer, address_at(networks, i))) {
            outer = networks->outer[outer];
        }
        networks->outer[i] = outer;
    }
}

static void make_index(struct networks *networks)
{
    memory_free(networks->first);
    networks->first = NULL;
    if (networks->count < INDEX_FROM) {
        return;
    }
    networks->first = memory_new(INDEX_SIZE * sizeof(uint32_t));
    size_t at = 0;
    for (size_t prefix = 0; prefix < INDEX_SIZE; prefix++) {
        while (at < networks->count && (size_t)(address_at(networks, at)[0] << 8 | address_at(networks, at)[1]) < prefix) {
            at++;
        }
        networks->first[prefix] = (uint32_t)at;
    }
}

static void put(struct networks *to, const unsigned char *address, unsigned bits, uint32_t value, struct labels *labels)
{
    const size_t last = to->count - 1;
    if (to->count > 0 && to->bits[last] == bits && memcmp(address_at(to, last), address, to->width) == 0) {
        to->values[last] = labels_join(labels, to->values[last], value);
        return;
    }
    memcpy(to->addresses + to->count * to->width, address, to->width);
    to->bits[to->count] = (uint8_t)bits;
    to->values[to->count++] = value;
}

void networks_settle(struct networks *networks, struct labels *labels)
{
    if (networks->added_count == 0) {
        return;
    }
    qsort(networks->added, networks->added_count, sizeof(struct network_entry), compare);
    const size_t most = networks->count + networks->added_count;
    struct networks merged = { .width = networks->width, .addresses = memory_new(most * networks->width), .bits = memory_new(most),
                               .values = memory_new(most * sizeof(uint32_t)), .outer = memory_new(most * sizeof(uint32_t)) };
    size_t old = 0;
    for (size_t i = 0; i < networks->added_count; i++) {
        const struct network_entry *entry = &networks->added[i];
        for (; old < networks->count; old++) {
            const int order = memcmp(address_at(networks, old), entry->address, networks->width);
            if (order > 0 || (order == 0 && networks->bits[old] > entry->bits)) {
                break;
            }
            put(&merged, address_at(networks, old), networks->bits[old], networks->values[old], labels);
        }
        put(&merged, entry->address, entry->bits, entry->value, labels);
    }
    for (; old < networks->count; old++) {
        put(&merged, address_at(networks, old), networks->bits[old], networks->values[old], labels);
    }
    networks_free(networks);
    *networks = merged;
    find_outer(networks);
    make_index(networks);
}

/* How many start at or before the address. */
static size_t rank(const struct networks *networks, const unsigned char *address)
{
    size_t low = 0;
    size_t high = networks->count;
    if (networks->first) {
        const size_t prefix = (size_t)address[0] << 8 | address[1];
        low = networks->first[prefix];
        high = networks->first[prefix + 1];
    }
    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        if (memcmp(address_at(networks, middle), address, networks->width) <= 0) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

uint32_t networks_find(const struct networks *networks, const unsigned char *address)
{
    const size_t before = rank(networks, address);
    uint32_t at = before > 0 ? (uint32_t)(before - 1) : NETWORKS_NONE;
    while (at != NETWORKS_NONE && !contains(networks, at, address)) {
        at = networks->outer[at];
    }
    return at;
}
