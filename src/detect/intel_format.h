/* intel_format.h - lists of indicators, in the formats GuardDuty accepts and those public lists come in.
 *
 * A line that can't be read is told by number and reason, and the rest is loaded. Indicators are addresses, networks, domain
 * names ("*.example.com": only what is below), file hashes (MD5, SHA-1, SHA-256) and access keys. */
#ifndef YAGURA_DETECT_INTEL_FORMAT_H
#define YAGURA_DETECT_INTEL_FORMAT_H

#include "detect/intel.h"

enum intel_format {
    INTEL_FORMAT_ANY, /* by lines: plain, hosts file, CSV and TSV with or without a header (MISP), "indicator<TAB>what it is" */
    INTEL_FORMAT_TXT, /* one indicator a line */
    INTEL_FORMAT_STIX, /* 1.x, XML */
    INTEL_FORMAT_OTX_CSV,
    INTEL_FORMAT_ALIEN_VAULT,
    INTEL_FORMAT_PROOF_POINT,
    INTEL_FORMAT_FIRE_EYE,
};
bool intel_format_of(struct str word, enum intel_format *out); /* as the API spells them */

struct intel_format_sink {
    void *self;
    /* NULL: taken; else why it is not, a constant. threat is absent unless the format says what the indicator is. */
    const char *(*entry)(void *self, struct str indicator, struct str threat);
    void (*broken)(void *self, size_t line, struct str text, const char *reason);
};
void intel_format_read(enum intel_format format, struct str text, const struct intel_format_sink *sink);

struct intel_list_options {
    struct str name;      /* shown in evidence */
    unsigned lists;       /* set of enum intel_list */
    enum intel_format format;
    size_t entries_max;   /* 0: no limit */
    bool addresses_only;  /* IP sets: names and hashes are broken lines */
    bool public_v4_only;  /* spec: GuardDuty user guide, lists: publicly routable IPv4 alone */
    bool no_hashes;       /* trusted entities */
    void (*broken)(void *self, size_t line, struct str text, const char *reason); /* may be NULL */
    void (*taken)(void *self, struct str indicator, struct str threat);          /* may be NULL */
    void *self;
};
struct intel_counts {
    size_t addresses, names, hashes, keys; /* taken, repeats included */
    size_t broken;
    bool full; /* entries_max was reached, and there were more */
};
/* Whole, whether compressed or not. FAULT_IO; FAULT_INVALID: larger than limit bytes. */
MUST_USE struct err intel_read_file(struct ctx *ctx, const char *path, size_t limit, struct str *out);
MUST_USE struct err intel_read(struct ctx *ctx, int file, const char *name, size_t limit, struct str *out);

static inline size_t intel_counts_all(const struct intel_counts *counts)
{
    return counts->addresses + counts->names + counts->hashes + counts->keys;
}

struct intel_counts intel_load_list(struct intel *intel, const struct intel_list_options *options, struct str text);

#endif
