/* sts.h - temporary credentials; what verifies them is iam_credential_find in svc/iam/iam.h. */
#ifndef YAGURA_SVC_STS_H
#define YAGURA_SVC_STS_H

#include "svc/request.h"

extern const struct service STS;

#endif
