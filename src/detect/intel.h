/* intel.h - what is known about addresses: lists they stand on, and the country they are in.
 *
 * Lists are text files, one address or network a line (whatever follows a space, tab, comma or # is ignored). Countries
 * come through a function of the caller's; without one nothing that compares countries fires. Immutable while an engine
 * uses it. */
#ifndef YAGURA_DETECT_INTEL_H
#define YAGURA_DETECT_INTEL_H

#include "base/err.h"

enum intel_list {
    INTEL_TOR = 1,     /* Tor exit nodes */
    INTEL_THREAT = 2,  /* a list that comes with the product or the operator */
    INTEL_CUSTOM = 4,  /* a customer's own threat list: the .Custom types */
    INTEL_TRUSTED = 8, /* beats the others */
    INTEL_AWS = 16,    /* address ranges of AWS itself */
};

struct intel;
struct intel *intel_open(void);
void intel_close(struct intel *intel); /* NULL is allowed */
/* FAULT_IO: unreadable. FAULT_INVALID: no line of it is an address; the reason names the file. */
MUST_USE struct err intel_load(struct ctx *ctx, struct intel *intel, enum intel_list list, const char *path);
void intel_load_text(struct intel *intel, enum intel_list list, struct str text, size_t *lines_used);
/* country gives an ISO 3166 code as two letters in a number ('J' << 8 | 'P'), 0: unknown. */
void intel_set_country(struct intel *intel, uint16_t (*country)(void *self, struct str address), void *self);

unsigned intel_lists(const struct intel *intel, struct str address); /* set of enum intel_list; intel may be NULL */
bool intel_has(const struct intel *intel, enum intel_list list);     /* any entry at all */
/* Of a private, loopback or link-local network: it says how a call was routed, not where from. */
bool intel_is_private(struct str address);
uint16_t intel_country(const struct intel *intel, struct str address);

#endif
