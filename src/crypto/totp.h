/* totp.h - one-time codes of authenticator apps: six digits from HMAC-SHA-1, a new one each 30 seconds (RFC 6238).
 *
 * A step is Unix time in units of 30 seconds. Who verifies remembers the step of the code accepted last and hands it in as
 * `after`: no code is good twice, nor one older than it. A fresh device has 0. Seeds are secret bytes, not base32. */
#ifndef YAGURA_CRYPTO_TOTP_H
#define YAGURA_CRYPTO_TOTP_H

#include "base/str.h"

enum { TOTP_DIGITS = 6, TOTP_STEP_MS = 30000, TOTP_SEED_SIZE = 40 };
/* Steps either side of now that a code may come from: clocks of phones are wrong, and fingers slow. */
enum { TOTP_WINDOW = 1, TOTP_WINDOW_RESYNC = 20 };

int64_t totp_step(int64_t now_ms);
struct str totp_code(struct arena *arena, struct str seed, int64_t step);
/* *step is that of the code, later than after and within window of now; false: the code is none of these. */
bool totp_verify(struct str seed, struct str code, int64_t now_ms, int64_t window, int64_t after, int64_t *step);
/* Two codes one after the other, as a device is enabled or brought back into step; *step is the second one's. */
bool totp_verify_pair(struct str seed, struct str first, struct str second, int64_t now_ms, int64_t after, int64_t *step);

struct str totp_base32(struct arena *arena, struct str bytes); /* RFC 4648 without padding, as apps take seeds */

#endif
