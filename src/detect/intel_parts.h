/* intel_parts.h - what intel.c and the loaders share. */
#ifndef YAGURA_DETECT_INTEL_PARTS_H
#define YAGURA_DETECT_INTEL_PARTS_H

#include "detect/intel.h"
#include "detect/intel_labels.h"
#include "detect/intel_networks.h"
#include "detect/intel_texts.h"

struct map;

struct intel {
    struct labels *labels;
    struct networks v4, v6;
    struct texts texts;
    unsigned present;         /* of its own, and of its views */
    const struct intel *base; /* of a view: what holds for everybody */
    struct map *views;        /* "account/region" to struct intel; NULL: none */
    uint16_t (*country)(void *self, struct str address);
    void *self;
    struct intel_network (*network)(void *self, struct str address);
    void *network_self;
};

/* 4 or 16 bytes; 0: not an address. */
size_t intel_address(struct str text, unsigned char out[16]);
void intel_settle(struct intel *intel);

#endif
