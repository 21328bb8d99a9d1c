/* SPDX-License-Identifier: GPL-3.0-or-later */
/* s3sign.h: what proves to a store that speaks S3 who asks: AWS Signature Version 4
 * (docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-authenticating-requests.html), in the Authorization header, of one chunk.  Pure. */
#ifndef VIGIE_ANNOUNCE_S3SIGN_H
#define VIGIE_ANNOUNCE_S3SIGN_H

#include "base/buf.h"
#include "io/httpc.h"
#include <stdint.h>

enum { S3_DATE_BYTES = 17, S3_SUM_BYTES = 65, S3_MAX_HEADERS = 12 };
struct s3_ask {
    const char *method, *region, *key, *secret;
    const char *host; /* as it goes out: with its port when it is another than the scheme's */
    const char *path; /* from its slash, percent-encoded as it goes out; no query */
    const char *sum;  /* SHA-256 of the body in hex */
    const char *date; /* of s3_date() */
    const struct httpc_header *headers; /* all others that are to be signed, x-amz-date and x-amz-content-sha256 among them; not host */
    int n_headers;
};
void s3_date(int64_t wall_ms, char out[S3_DATE_BYTES]); /* "20261124T050000Z" */
void s3_sum(const void *p, size_t n, char out[S3_SUM_BYTES]);
void s3_sign(const struct s3_ask *a, struct buf *ret_authorization);
/* Adds a name as part of a path, percent-encoded as the signature wants it: all but letters, digits, "-._~" and "/". */
void s3_path_add(struct buf *out, const char *name);

#endif
