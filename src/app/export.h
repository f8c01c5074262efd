/* export.h - GuardDuty's findings on their way to S3: the deliverer's channel for GUARDDUTY_EXPORT.
 *
 * Each batch becomes one object of gzipped JSON lines, encrypted under the destination's KMS key:
 * [PREFIX/]AWSLogs/ACCOUNT/GuardDuty/REGION/YYYY/MM/DD/UUID.jsonl.gz. A new destination is tried with an empty object
 * [PREFIX/]AWSLogs/. The name comes from the content, so what goes out twice lies there once. Keys are those that sources
 * have; calls are signed for the Region of the KMS key, where the bucket must be, and go to AWS or to AWS_ENDPOINT_URL_S3.
 * spec: GuardDuty user guide, Exporting findings to S3. */
#ifndef YAGURA_APP_EXPORT_H
#define YAGURA_APP_EXPORT_H

#include "app/deliverer.h"

struct export;

struct export *export_open(void);
void export_stop(struct export *export);  /* gives up a call under way; NULL is allowed */
void export_close(struct export *export); /* once the deliverer is closed; NULL is allowed */
struct deliverer_channel export_channel(struct export *export);

#endif
