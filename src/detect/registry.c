#include "detect/detector.h"
#include "detect/detectors.h"

const struct detector *const DETECTORS[] = {
    &PASSWORD_POLICY,       &BUCKET_ANONYMOUS_ACCESS, &BUCKET_PUBLIC_ACCESS,    &BUCKET_FOREIGN_ACCESS,
    &PUBLIC_SSH,            &INSTANCE_KEY_MOVED,      &INSTANCE_KEY_AT_THIEF,   &CONSOLE_LOGIN_WORLDWIDE,
    &WATCH_TOR_IAM,         &WATCH_THREAT_IAM,        &WATCH_CUSTOM_IAM,        &WATCH_TOR_S3,
    &WATCH_THREAT_S3,       &WATCH_CUSTOM_S3,         &FUNCTION_KEY_OUTSIDE,
    &TRAIL_BUCKET_DELETED,  &PROMPT_INJECTION,
};
const size_t DETECTORS_COUNT = sizeof(DETECTORS) / sizeof(DETECTORS[0]);
