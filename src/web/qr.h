/* SPDX-License-Identifier: GPL-3.0-or-later */
/* qr.h: a text as a QR code (ISO/IEC 18004, model 2): bytes, correction level M, versions 1 to 13. Pure. */
#ifndef VIGIE_WEB_QR_H
#define VIGIE_WEB_QR_H

#include "base/buf.h"

enum { QR_VERSIONS = 13, QR_MOST = 17 + 4 * QR_VERSIONS, QR_MOST_BYTES = 331 };
struct qr {
    int size;                               /* modules along a side */
    unsigned char dark[QR_MOST * QR_MOST];  /* row by row */
};
int qr_make(const char *text, struct qr *ret); /* 0, or ERR_LIMIT */
/* As a picture that needs nothing else, with the quiet border; dark on light in any theme. label: what it is, escaped here. */
void qr_svg(struct buf *out, const struct qr *q, const char *label);

#endif
