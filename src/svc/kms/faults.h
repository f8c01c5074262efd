/* faults.h - faults of KMS that its model doesn't list. */
#ifndef YAGURA_SVC_KMS_FAULTS_H
#define YAGURA_SVC_KMS_FAULTS_H

#include "base/err.h"

extern const struct fault KMS_NOT_AUTHORIZED;
extern const struct fault KMS_ACCESS_DENIED;

#endif
