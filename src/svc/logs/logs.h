/* logs.h - all that the outside sees of CloudWatch Logs. */
#ifndef YAGURA_SVC_LOGS_LOGS_H
#define YAGURA_SVC_LOGS_LOGS_H

#include "svc/request.h"

extern const struct service LOGS;

#endif
