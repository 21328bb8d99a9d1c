/* SPDX-License-Identifier: GPL-3.0-or-later */
/* mime.h: a reader of mails: headers (RFC 5322, 2047), parts (RFC 2045, 2046), their texts as UTF-8 (charsets UTF-8, US-ASCII, ISO-8859-1 and -15,
 * windows-1252; what is of another is shown with marks of replacement), and the verdicts of one's own mail server (RFC 8601).  PURE; any
 * bytes are good.
 *
 * A mail is read once, into an arena: headers are unfolded, parts are slices of the mail, decoded when somebody asks for them. */
#ifndef VIGIE_WIRE_MIME_H
#define VIGIE_WIRE_MIME_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"
#include <stdbool.h>
#include <stdint.h>

enum { MIME_MAX_BYTES = 1 << 20, MIME_MAX_HEADERS = 300, MIME_MAX_HEADER = 16 << 10, MIME_MAX_DEPTH = 8, MIME_MAX_PARTS = 64, MIME_MAX_ADDRESS = 254, MIME_MAX_RESULTS = 32 };

struct mime_header {
    const char *name, *value; /* the value unfolded, still encoded */
};
struct mime_part {
    const struct mime_header *headers;
    int n_headers;
    const char *type;        /* "text/plain", in small letters */
    const char *charset;     /* in small letters; "us-ascii" when it is not said */
    const char *name;        /* of the file, UTF-8; NULL */
    const char *boundary;    /* of what holds parts; NULL */
    const char *method;      /* of a calendar; NULL */
    bool attached;           /* Content-Disposition: attachment */
    struct str whole;        /* with its headers: what a signature is of */
    struct str body;         /* still encoded */
    int parent, depth;       /* parent: place of what holds it; -1: the mail itself */
};
struct mime_mail {
    const struct mime_part *parts; /* the first is the mail itself, others follow in its order */
    int n_parts;
    bool cut;                /* more parts, or deeper ones, than are read */
};
/* A line "From …" of a mailbox in front is skipped. ERR_INVALID: not a header at all; ERR_LIMIT: too large. */
int mime_parse(struct arena *a, const char *p, size_t n, struct mime_mail *ret, struct err *e);
/* The nth header of that name (0: the first) as it stands; NULL: there are fewer. */
const char *mime_header(const struct mime_part *p, const char *name, int nth);
/* The whole content of a part without its transfer encoding (quoted-printable, base64, none). */
void mime_body(const struct mime_part *p, struct buf *out);
/* A text as clean UTF-8 with LF; of HTML what is left without its marks. */
void mime_text(const struct mime_part *p, struct buf *out);
/* What a person would read: the first text/plain that is no attachment, else HTML; NULL: none. */
const struct mime_part *mime_reading(const struct mime_mail *m);
/* "=?utf-8?q?caf=C3=A9?=" → "café", one clean line. */
void mime_words(const char *value, struct buf *out);
/* The next address of a list ("A. Person <a@example.org>, …", groups and comments too): false: no more. Without the brackets. */
bool mime_address(const char **rest, char *out, size_t n);
/* The next "<id>" of References and the like, without the brackets. */
bool mime_id(const char **rest, char *out, size_t n);
/* "text/calendar; method=REPLY; charset=utf-8": a parameter, also in pieces and with its charset (RFC 2231); NULL. */
char *mime_param(struct arena *a, const char *value, const char *name);
void mime_html(const char *p, size_t n, struct buf *out);

/* ---- Authentication-Results ---- */
struct mime_result {
    const char *method, *result; /* "dkim", "pass": in small letters */
    const char *domain;          /* header.d, else what header.i or header.from says behind its @; NULL */
};
struct mime_results {
    const char *server;          /* authserv-id */
    struct mime_result at[MIME_MAX_RESULTS];
    int n;
};
/* False: not one of those headers. */
bool mime_results_read(struct arena *a, const char *value, struct mime_results *ret);

#endif
