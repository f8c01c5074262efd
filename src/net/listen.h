/* listen.h - from "host:port" to a listening socket, and addresses to text, inside net. */
#ifndef YAGURA_NET_LISTEN_H
#define YAGURA_NET_LISTEN_H

#include <sys/socket.h>

#include "base/err.h"

enum { NET_ADDRESS_SIZE = 64 };

/* *fd listens; the caller closes it. *port is the one that was given or found. */
MUST_USE struct err net_listen(struct ctx *ctx, struct str address, int *fd, uint16_t *port);
/* For UDP, on the address's host and this port. */
MUST_USE struct err net_bind_datagrams(struct ctx *ctx, struct str address, uint16_t port, int *fd);
/* How many routers what is sent on its connections may pass. */
void net_limit_hops(int fd, unsigned hops);
/* Without port; an IPv4 address that comes mapped into IPv6 is shown as IPv4. Empty for other families. */
void net_address_text(const struct sockaddr *address, char text[NET_ADDRESS_SIZE]);

#endif
