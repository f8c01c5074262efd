/* checkpoint.h - how far a reader has come, written in the transaction that stores what it read.
 *
 * Since both commit together, a reader killed at any instant goes on with nothing lost and nothing counted twice. */
#ifndef YAGURA_STORE_CHECKPOINT_H
#define YAGURA_STORE_CHECKPOINT_H

#include "store/store.h"

/* STR_NONE when there is none of that name. */
struct err store_checkpoint_read(struct ctx *ctx, struct store_conn *conn, struct str name, struct str *value);
struct err store_checkpoint_write(struct ctx *ctx, struct store_conn *conn, struct str name, struct str value);

#endif
