/* among.h - for detectors: a word among a few, and the network an address is told by. */
#ifndef YAGURA_DETECT_DETECTORS_AMONG_H
#define YAGURA_DETECT_DETECTORS_AMONG_H

#include "detect/detector.h"

static inline bool among_words(struct str word, const char *const *words, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (str_equal(word, str_of(words[i]))) {
            return true;
        }
    }
    return false;
}
#define AMONG(word, ...)                                                           \
    among_words((word), (const char *const[]){ __VA_ARGS__ }, sizeof((const char *const[]){ __VA_ARGS__ }) / sizeof(const char *))

/* Of FIELD_IP: its operator, when that is known, else all but the last part of the address. */
static inline struct str among_networks(const struct event *ev, const struct intel *intel)
{
    const struct str address = event_get(ev, FIELD_IP);
    const struct intel_network network = intel_asn(intel, address);
    const size_t dot = str_find_last(address, '.');
    return network.number ? str_format(ev->arena, "AS%u", network.number) : dot == STR_MISSING ? address : str_slice(address, 0, dot);
}

#endif
