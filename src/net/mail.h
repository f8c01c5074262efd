/* mail.h - hands one e-mail to a server, over libcurl's SMTP.
 *
 * smtps:// is TLS from the start. smtp:// asks for STARTTLS: with a password, or to any host but loopback, nothing is sent
 * without it. Certificates are verified. Done means the server has taken the message (250 after DATA). */
#ifndef YAGURA_NET_MAIL_H
#define YAGURA_NET_MAIL_H

#include "base/err.h"

struct net_mail {
    struct str base; /* smtp://host[:port] or smtps://... */
    struct str user, password; /* absent: no AUTH */
    struct str from;
    const struct str *to;
    size_t to_count;
    struct str message; /* head and body, lines ending in CR LF */
};

/* FAULT_UNAVAILABLE: later, perhaps (no connection, a 4yz answer). FAULT_INVALID: the server refuses it for good (5yz). */
MUST_USE struct err net_mail_send(struct ctx *ctx, const struct net_mail *mail, bool (*stopped)(void *self), void *self);

#endif
