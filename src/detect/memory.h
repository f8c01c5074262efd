/* memory.h - what a detector remembers: a fixed-size piece per account and key, bounded.
 *
 * Every account has room for the same number of keys. When an account is full, its least recently used key is forgotten,
 * never another account's. When there are too many accounts, those that came first stay, and of the others, who share the last
 * quarter of the places, the least recently used goes: forged account ids can't push out what is known. Nor can those that were
 * forged first keep the places: one of the others that is used often takes that of a staying account of which nothing was heard
 * for ACCOUNT_IDLE uses of the table, counted, since times can be forged too. */
#ifndef YAGURA_DETECT_MEMORY_H
#define YAGURA_DETECT_MEMORY_H

#include "base/str.h"

enum { ACCOUNT_SETTLES = 64, ACCOUNT_IDLE = 200000 }; /* uses: of an account, of the table */

struct memory_table;

struct memory_table *memory_table_open(size_t piece, size_t keys_per_account, size_t accounts);
void memory_table_close(struct memory_table *table); /* NULL is allowed */
/* The piece of a key, zeroed when it is new; valid until the next call. */
void *memory_table_get(struct memory_table *table, struct str account, struct str key);
size_t memory_accounts_staying(size_t limit);    /* of so many accounts */
uint64_t memory_table_evictions(const struct memory_table *table); /* keys forgotten so far */

#endif
