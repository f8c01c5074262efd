/* root_key.h - the root key of a data folder: opened from its source, checked against the store, replaced by another.
 *
 *   root.key           the key itself (--root-key file)
 *   root.sealed        the key, wrapped by its source (every other)
 *   root.key.next, root.sealed.next   what a replacement was about to put in place
 *
 * The store knows the fingerprint of the key that sealed it. A replacement writes the next key, seals everything anew and sets
 * the fingerprint in one transaction, and then puts the file in place; whoever is killed in between is put right at the next
 * start. */
#ifndef YAGURA_APP_ROOT_KEY_H
#define YAGURA_APP_ROOT_KEY_H

#include "app/config.h"
#include "crypto/root.h"
#include "store/reseal.h"

/* Made when the folder is new. source: as --root-key spells it; absent: the file. */
struct err root_key_open(struct ctx *ctx, struct str folder, struct str source, struct vault **out);
/* Before anything is sealed or unsealed: the vault must be the one that the store was sealed under, and is exchanged for the
 * next one when a replacement had come that far. Within no transaction. */
struct err root_key_settle(struct ctx *ctx, const struct settings *settings, struct store_conn *db, struct vault **vault);
/* A new key, from the source `to` on; *changed: how many values were sealed anew. */
struct err root_key_replace(struct ctx *ctx, const struct settings *settings, struct store_conn *db, const struct vault *vault,
                            struct str to, int64_t *changed);

extern const struct sealed_column SEALED_COLUMNS[];
extern const size_t SEALED_COLUMN_COUNT;

#endif
