/* equal.h - comparison of secrets: its time tells nothing about where they differ (their lengths are not secret). */
#ifndef YAGURA_CRYPTO_EQUAL_H
#define YAGURA_CRYPTO_EQUAL_H

#include "base/str.h"

bool crypto_equal(struct str a, struct str b);

#endif
