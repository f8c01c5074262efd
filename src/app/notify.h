/* notify.h - tells people and their systems of findings: --notify URL, once for each destination (notify_destination.h).
 *
 * Two channels of the deliverer. "guardduty.finding" spreads what the service published: one item per destination, with all
 * findings of the round that are severe enough for it. "notify/ID" sends them, and again until they have arrived. To people
 * goes one message for many findings: the first at once, further ones with a pause between them, so that a storm is one
 * message with a count. Delivery is at least once; where the receiver can tell (OpenSearch, Security Hub, Message-ID), a
 * repeat is the same thing again. */
#ifndef YAGURA_APP_NOTIFY_H
#define YAGURA_APP_NOTIFY_H

#include "app/config.h"
#include "app/deliverer.h"

enum { NOTIFY_DESTINATIONS_MAX = 64, NOTIFY_CHANNELS = 2 };

struct notifier;

/* FAULT_INVALID tells which --notify is wrong, and why. stopped: see net_client_options. Texts must outlive it. */
struct err notifier_open(struct ctx *ctx, const struct path_list *urls, struct notifier **out);
void notifier_close(struct notifier *notifier); /* NULL is allowed */
/* Whom long calls ask whether to go on; set once, before the deliverer starts. */
void notifier_set_stopped(struct notifier *notifier, bool (*stopped)(void *self), void *self);
void notifier_channels(struct notifier *notifier, struct deliverer_channel out[NOTIFY_CHANNELS]);

/* One message to one destination, now; for `yagura notify` and for the channel. findings is a JSON array of wire objects.
 * FAULT_INVALID: it will never be taken. Any other fault: perhaps later. */
struct err notify_send(struct ctx *ctx, struct notifier *notifier, size_t destination, const struct str *arrays, size_t count);

#endif
