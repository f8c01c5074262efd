/* finished.h - where every call ends: from outside or from one service to another, answered or refused.
 *
 * The one place that tells what was done, by whom and with which result: a line of the log, a record for the audit trail. */
#ifndef YAGURA_APP_FINISHED_H
#define YAGURA_APP_FINISHED_H

#include "svc/request.h"

struct finished {
    struct request *rq;  /* who, where, which operation (service and operation NULL: none was found); its reason */
    const void *in;      /* NULL: it wasn't decoded */
    const void *out;     /* NULL: there is none */
    struct err err;
    uint16_t status;
    int64_t started_us;
    bool inside;         /* one service called another; rq->called_via or a caller of PRINCIPAL_AWS_SERVICE says which */
};

void finished_call(const struct finished *finished);

#endif
