/* dga.h - how likely a domain name was made up by a machine (a domain generation algorithm).
 *
 * A small net over how the label is spelt, trained by tools/train_dns.py; its card is rules/models/dga.md. No allocation per
 * name. One odd name proves nothing: whoever asks must want several. Immutable once open. */
#ifndef YAGURA_DETECT_DGA_H
#define YAGURA_DETECT_DGA_H

#include "base/str.h"

struct dga;

struct dga *dga_open(struct str model); /* NULL: not a model of this version, or damaged */
void dga_close(struct dga *dga);        /* NULL is allowed */
/* Of the label below a public suffix ("example", "co.uk"), in either case: the logarithm of how much likelier the label is a
 * generated one. 0 without a label. */
double dga_score(const struct dga *dga, struct str label, struct str suffix);
/* One in a thousand benign names scores more than this. */
double dga_limit(const struct dga *dga);

#endif
