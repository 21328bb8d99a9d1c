/* SPDX-License-Identifier: GPL-3.0-or-later */
/* httpsig.h: signatures of HTTP requests, as texts: what is signed, and how it is written and read, in both ways that servers of
 * ActivityPub know: draft-cavage-http-signatures-12, and RFC 9421 with Content-Digest (RFC 9530).  PURE: it neither signs nor
 * verifies; whoever has a key signs what httpsig_base() gives.
 *
 * Reading believes nothing: a header of more than HTTPSIG_MAX_HEADER bytes, more than HTTPSIG_MAX_PARTS covered parts, a part that stands there
 * twice, and parts that this does not know (of RFC 9421: ;sf ;key ;bs ;tr ;req, @query-param, @status) are refused. */
#ifndef VIGIE_WIRE_HTTPSIG_H
#define VIGIE_WIRE_HTTPSIG_H

#include "base/buf.h"
#include "base/str.h"

enum { HTTPSIG_MAX_HEADER = 8192, HTTPSIG_MAX_PARTS = 24, HTTPSIG_PART_BYTES = 64, HTTPSIG_MAX_BASE = 32768, HTTPSIG_MAX_SIGNATURE = 1024, HTTPSIG_MAX_KEY_ID = 2048, HTTPSIG_DIGEST_BYTES = 32 };
enum httpsig_kind { HTTPSIG_CAVAGE = 1, HTTPSIG_RFC9421 };

struct httpsig_header {
    const char *name, *value;
};
struct httpsig_request { /* borrowed */
    const char *method;    /* "POST" */
    const char *scheme;    /* "https" */
    const char *authority; /* "status.example.org": as @authority has it, in small letters, without the port that is usual */
    const char *target;    /* "/ap/inbox?x=1": path and query as they were sent */
    const struct httpsig_header *headers; /* "host" is found here first, else it is the authority */
    int n_headers;
};
struct httpsig { /* one signature, taken apart */
    enum httpsig_kind kind;
    char parts[HTTPSIG_MAX_PARTS][HTTPSIG_PART_BYTES]; /* what is covered, in its order: "(request-target)", "date"; "@method", "content-digest" */
    int n_parts;
    char key_id[HTTPSIG_MAX_KEY_ID];
    char algorithm[HTTPSIG_PART_BYTES]; /* "" when it was not said */
    int64_t created_s, expires_s; /* 0: not said */
    char params[HTTPSIG_MAX_HEADER];    /* of RFC 9421: what follows "@signature-params": */
    unsigned char signature[HTTPSIG_MAX_SIGNATURE];
    size_t signature_bytes;
};

/* Is there a signature, and of which kind? RFC 9421 when there are both. 0: none. */
enum httpsig_kind httpsig_kind_of(const struct httpsig_request *rq);
/* Takes it apart. ERR_NOT_FOUND: there is none; ERR_PROTOCOL, ERR_LIMIT, ERR_UNSUPPORTED. */
int httpsig_read(const struct httpsig_request *rq, struct httpsig *ret);
bool httpsig_covers(const struct httpsig *s, const char *part);
/* The text that is signed. ERR_NOT_FOUND: a header that is covered is missing; ERR_UNSUPPORTED; ERR_LIMIT. */
int httpsig_base(const struct httpsig *s, const struct httpsig_request *rq, struct buf *out);

/* To be signed: parts ended by NULL; created_s: of RFC 9421 (cavage: the date header says when). ERR_LIMIT. */
int httpsig_make(struct httpsig *ret, enum httpsig_kind kind, const char *key_id, const char *const *parts, int64_t created_s);
/* The header "Signature" of it, once `signature` is set; and the header "Signature-Input" of RFC 9421 (else nothing). */
void httpsig_write(const struct httpsig *s, struct buf *ret_signature, struct buf *ret_input);

/* SHA-256 out of a header "Digest" (RFC 3230) or "Content-Digest" (RFC 9530). ERR_NOT_FOUND: it has none of that kind; ERR_PROTOCOL. */
int httpsig_digest(const char *digest, unsigned char ret[HTTPSIG_DIGEST_BYTES]);
int httpsig_content_digest(const char *digest, unsigned char ret[HTTPSIG_DIGEST_BYTES]);
/* "Tue, 01 Sep 2026 10:00:00 GMT" (RFC 9110, 5.6.7) → s since 1970. ERR_PROTOCOL. */
int httpsig_date(const char *text, int64_t *ret_s);
void httpsig_date_write(int64_t s, struct buf *out);

#endif
