/* detectors.h - the detectors there are; each lies in detectors/ and is asked through registry.c. */
#ifndef YAGURA_DETECT_DETECTORS_H
#define YAGURA_DETECT_DETECTORS_H

#include "detect/detector.h"

extern const struct detector PASSWORD_POLICY, BUCKET_ANONYMOUS_ACCESS, BUCKET_PUBLIC_ACCESS, BUCKET_FOREIGN_ACCESS, PUBLIC_SSH,
    INSTANCE_KEY_MOVED, INSTANCE_KEY_AT_THIEF, CONSOLE_LOGIN_WORLDWIDE, WATCH_TOR_IAM, WATCH_THREAT_IAM, WATCH_CUSTOM_IAM,
    WATCH_TOR_S3, WATCH_THREAT_S3, WATCH_CUSTOM_S3;

#endif
