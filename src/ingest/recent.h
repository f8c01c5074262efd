/* recent.h - a bounded set that remembers roughly the newest hashes put in.
 *
 * Buckets of one cache line; each forgets its oldest first. Memory grows with what is put in, up to the capacity. */
#ifndef YAGURA_INGEST_RECENT_H
#define YAGURA_INGEST_RECENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct recent;

struct recent *recent_open(size_t capacity); /* rounded up to a power of two */
void recent_close(struct recent *recent);    /* NULL is allowed */
/* Has the place of a hash fetched from memory, for a recent_add soon after. */
void recent_prefetch(const struct recent *recent, uint64_t hash);
/* False when the hash is in there already. */
bool recent_add(struct recent *recent, uint64_t hash);

#endif
