/* export.h - GuardDuty's findings on their way to S3: the deliverer's channel for GUARDDUTY_EXPORT.
 *
 * Each batch becomes one object of gzipped JSON lines, encrypted under the destination's KMS key:
 * [PREFIX/]AWSLogs/ACCOUNT/GuardDuty/REGION/YYYY/MM/DD/UUID.jsonl.gz. A new destination is tried with an empty object
 * [PREFIX/]AWSLogs/. The name comes from the content, so what goes out twice lies there once. Calls are signed with the
 * keys of the environment (AWS_ACCESS_KEY_ID …) for the region of the KMS key, where the bucket must be.
 * spec: GuardDuty user guide, Exporting findings to S3. */
#ifndef YAGURA_APP_EXPORT_H
#define YAGURA_APP_EXPORT_H

#include "app/deliverer.h"

struct export;

/* endpoint: http[s]://HOST[:PORT] of an S3 other than AWS's, asked with path-style addresses; absent: AWS's.
 * FAULT_INVALID when it is none. */
struct err export_open(struct ctx *ctx, struct str endpoint, struct export **out);
void export_close(struct export *export); /* once the deliverer is closed; NULL is allowed */
struct deliverer_channel export_channel(struct export *export);

#endif
