/* lines.h - sends messages to a syslog collector: a datagram each, or counted in octets (RFC 6587) over TCP or TLS.
 *
 * Syslog acknowledges nothing: done means that the system has taken all bytes. Over UDP a message beyond the path's size
 * may be lost, over TCP the last ones before a collector dies. */
#ifndef YAGURA_NET_LINES_H
#define YAGURA_NET_LINES_H

#include "base/err.h"

/* base is udp://, tcp:// or tls://host:port. FAULT_UNAVAILABLE with the reason; some of the messages may have gone then. */
MUST_USE struct err net_lines_send(struct ctx *ctx, struct str base, const struct str *messages, size_t count);

#endif
