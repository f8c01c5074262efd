/* secret.h - memory for keys: locked, left out of core dumps, wiped when freed; and a process that leaves none behind.
 *
 * Pieces come from pages of their own, so that locking them concerns nothing else. secret_new zeroes and never returns NULL;
 * where the system locks no more memory it warns once and goes on. Safe for threads. */
#ifndef YAGURA_CRYPTO_SECRET_H
#define YAGURA_CRYPTO_SECRET_H

#include "base/err.h"

void *secret_new(size_t size);
void secret_free(void *piece, size_t size); /* NULL is allowed */

/* For a process that will hold secrets, before any is read: its memory is no part of core dumps, and no other process of the
 * same user may look into it. */
void secret_process(void);

#endif
