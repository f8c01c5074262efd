/* notify_hub.h - findings to AWS Security Hub, by signed BatchImportFindings. Inside app. */
#ifndef YAGURA_APP_NOTIFY_HUB_H
#define YAGURA_APP_NOTIFY_HUB_H

#include "app/notify_message.h"
#include "net/client.h"

/* FAULT_INVALID: Security Hub refused findings for what they say, or for whom they belong to; the reason has the first. */
MUST_USE struct err notify_hub_send(struct ctx *ctx, struct net_client *client, const struct notify_destination *to,
                                    const struct notify_digest *digest);

#endif
