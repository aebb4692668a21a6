/*
 * QR codes: a text as a picture that a phone's camera reads.
 *
 * Bytes as they are (byte mode), error correction level M (15 % may be covered), versions 1 to 10: up to QR_TEXT_MAX
 * bytes, which every address of ours fits into.
 *
 * Depends on base/buf.
 * Source: ISO/IEC 18004:2015.
 */
#ifndef PORTAL_QR_H
#define PORTAL_QR_H

#include "base/buf.h"

#define QR_TEXT_MAX 213 /* bytes: what version 10 holds at level M */
#define QR_SIDE_MAX 57  /* modules of a side of version 10 */

/* Black and white squares; dark[y][x], y downwards, without the quiet zone around them. */
struct qr {
    int side; /* 21 to QR_SIDE_MAX */
    unsigned char dark[QR_SIDE_MAX][QR_SIDE_MAX];
};

/* The code of `text`, in the smallest version that holds it. ERR_OK; ERR_TOO_LARGE. */
enum err qr_make(const char *text, struct qr *out);

/*
 * Append the code of `text` as an <svg> of the class "qr", black on white whatever the page's colours, with the quiet
 * zone that readers want. It has no name for screen readers: what it says is to stand beside it as a text.
 * ERR_OK; ERR_TOO_LARGE, with nothing appended.
 */
enum err qr_svg(const char *text, struct buf *out);

#endif
