/* qr.h - text as a QR code, in a PNG: what an authenticator app scans.
 *
 * spec: ISO/IEC 18004: byte mode, error correction L, versions 1 to 15 (up to 520 bytes). */
#ifndef YAGURA_SVC_IAM_QR_H
#define YAGURA_SVC_IAM_QR_H

#include "base/err.h"

enum { QR_VERSION_MAX = 15, QR_SIDE_MAX = 4 * QR_VERSION_MAX + 17 };

struct qr {
    int side; /* modules */
    unsigned char dark[QR_SIDE_MAX][QR_SIDE_MAX];     /* by row and column */
    unsigned char fixed[QR_SIDE_MAX][QR_SIDE_MAX];    /* patterns that carry no data */
};

bool qr_encode(struct str text, struct qr *out); /* false: too long */
/* The picture, 4 pixels a module with a quiet zone; absent when the text is too long. */
struct str qr_png(struct ctx *ctx, struct str text);

#endif
