/* mfa.c - one-time codes of virtual MFA devices, which IAM keeps (src/svc/iam/schema/002_item.sql).
 *
 * A code is good once. The step of the one accepted last is remembered here, not in the table: AssumeRole is then a read, and
 * one process serves a data folder. Devices share a place when their hashes meet; the newer one's step then stands there.
 * spec: RFC 6238, 5.2: the verifier must not accept the second attempt of the code. */
#include <stdatomic.h>

#include "crypto/totp.h"
#include "svc/sts/credentials.h"
#include "svc/sts/rows.h"
#include "svc/sts/sts.h"

enum { PLACES = 4096, STEP_BITS = 32 };

static atomic_uint_fast64_t places[PLACES]; /* of a device: half its hash, then the step */

static struct err refuse(struct request *rq, const char *words)
{
    return fail(&rq->ctx, &STS_ACCESS_DENIED, "MultiFactorAuthentication failed, %s", words);
}

/* Takes the code's step, once. */
static bool take(struct str seed, struct str serial, struct str code, int64_t now_ms, int64_t enabled_with)
{
    const uint64_t hash = str_hash(serial);
    const uint64_t mark = hash >> STEP_BITS << STEP_BITS;
    atomic_uint_fast64_t *place = &places[hash % PLACES];
    uint_fast64_t known = atomic_load(place);
    int64_t step = 0;
    do {
        const int64_t last = (known ^ mark) >> STEP_BITS == 0 ? (int64_t)(known & UINT32_MAX) : 0;
        if (!totp_verify(seed, code, now_ms, TOTP_WINDOW, last > enabled_with ? last : enabled_with, &step)) {
            return false;
        }
    } while (!atomic_compare_exchange_weak(place, &known, mark | (uint64_t)step));
    return true;
}

struct err mfa_check(struct request *rq, struct str serial, struct str code, bool *given)
{
    struct mfa_row device = { .step = 0 };
    struct str seed = STR_NONE;
    *given = false;
    if (serial.ptr == NULL && code.ptr == NULL) {
        return ERR_OK;
    }
    if (serial.ptr == NULL || code.ptr == NULL) {
        return refuse(rq, "must provide both MFA serial number and one time pass code.");
    }
    bool found = false;
    TRY(rows_mfa(rq, serial, &device, &found));
    const struct str owner = rq->caller.type == PRINCIPAL_ROOT ? rq->caller.account : rq->caller.id;
    const struct str about = str_format(rq->ctx.arena, "iam:mfa:%" STR_FMT, STR_ARG(serial));
    if (!found || !str_equal(device.owner, owner) || !vault_unseal(&rq->ctx, rq->vault, about, device.seed, &seed)) {
        return refuse(rq, "unable to validate MFA code.  Please verify your MFA serial number is valid and associated with this user.");
    }
    if (!take(seed, serial, code, rq->ctx.now_ms, device.step)) {
        return fail(&rq->ctx, &STS_ACCESS_DENIED, "MultiFactorAuthentication failed with invalid MFA one time pass code. ");
    }
    *given = true;
    return ERR_OK;
}

struct err sts_check_mfa(struct request *rq, struct str serial, struct str code)
{
    bool given = false;
    return mfa_check(rq, serial.ptr ? serial : STR(""), code.ptr ? code : STR(""), &given);
}
