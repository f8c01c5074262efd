/* unseal.h - blocks as they lie in the store, for those who have the data key already. */
#ifndef YAGURA_SVC_LOGS_UNSEAL_H
#define YAGURA_SVC_LOGS_UNSEAL_H

#include "svc/logs/feed.h"

struct str logs_seal(struct ctx *ctx, int64_t group, struct str key, struct str plain);
bool logs_unseal(struct ctx *ctx, int64_t group, struct str key, struct str sealed, struct str *plain);
/* A block of a batch whose keys are open; false: it can't be read. */
bool logs_batch_open(struct ctx *ctx, const struct logs_batch *batch, const struct block *block, struct block_reader *out);

#endif
