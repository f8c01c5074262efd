/* usage.h - what every cryptographic operation ends with: when a key was last used, and for what.
 *
 * Kept in memory, so it begins with the start of the process (TrackingStartDate) and is bounded in number of keys. */
#ifndef YAGURA_SVC_KMS_USAGE_H
#define YAGURA_SVC_KMS_USAGE_H

#include "svc/kms/key.h"

void kms_usage_note(struct request *rq, const struct key *key);
void kms_usage_of(struct request *rq, const struct key *key, struct kms_key_last_usage_data *out, struct opt_time *since);

/* Attestation documents of Nitro enclaves can't be verified without AWS's own devices: refused. */
struct err kms_usage_no_recipient(struct request *rq, const struct kms_recipient_info *recipient);

#endif
