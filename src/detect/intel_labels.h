/* intel_labels.h - what lists say of their entries, each combination kept once: a number stands for it.
 *
 * 0 says nothing. Numbers are valid for the labels that gave them. */
#ifndef YAGURA_DETECT_INTEL_LABELS_H
#define YAGURA_DETECT_INTEL_LABELS_H

#include "base/str.h"

struct label {
    uint32_t all;        /* lists of this and the following ones */
    uint32_t exact;      /* the same without those that hold only below a name */
    uint32_t lists;      /* its own */
    uint32_t source;     /* number of the list it comes from */
    uint32_t threat;     /* number of the word for it; 0: none */
    uint32_t below_only; /* 1: "*.example.com" */
    uint32_t next;       /* a further label, 0: none */
};

struct labels;
struct labels *labels_open(void);
void labels_close(struct labels *labels);
/* A list; its name is kept. */
uint32_t labels_source(struct labels *labels, struct str name);
uint32_t labels_make(struct labels *labels, uint32_t source, uint32_t lists, struct str threat, bool below_only);
uint32_t labels_join(struct labels *labels, uint32_t old, uint32_t more); /* more: from labels_make */
const struct label *labels_at(const struct labels *labels, uint32_t number);
struct str labels_source_name(const struct labels *labels, const struct label *label);
struct str labels_threat(const struct labels *labels, const struct label *label); /* absent: none */

#endif
