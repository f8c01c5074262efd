/* syslog.h - the envelope of a syslog message taken off, whichever of its forms it has.
 *
 * spec: RFC 5424, section 6; RFC 3164, section 4, with an ISO 8601 time too, as rsyslog writes it. */
#ifndef YAGURA_WIRE_SYSLOG_H
#define YAGURA_WIRE_SYSLOG_H

#include "base/str.h"

/* What was said, a part of message; all of it when there is no envelope. */
struct str syslog_payload(struct str message);

#endif
