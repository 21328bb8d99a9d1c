/* SPDX-License-Identifier: GPL-3.0-or-later */
/* httpd_path.h: the pure half of the HTTP server: judging and decoding what a client sent as text.
 * Part of both worlds; knows nothing of libmicrohttpd. */
#ifndef VIGIE_IO_HTTPD_PATH_H
#define VIGIE_IO_HTTPD_PATH_H

#include <stdbool.h>
#include <stddef.h>

/* Decodes %XX once. ERR_INVALID: does not begin with "/", a broken escape, a NUL or other control
 * byte, an encoded slash or backslash, a "." or ".." segment. ERR_LIMIT: does not fit. */
int httpd_path_decode(const char *raw, char *out, size_t out_bytes);
/* "http://host/path" → "/path"; anything else as it is. */
const char *httpd_path_of_url(const char *url);
/* Is coding ("gzip") acceptable by an Accept-Encoding value (NULL: no)? */
bool httpd_path_accepts(const char *accept, const char *coding);
/* Does an If-None-Match value (NULL: no) name this quoted tag? */
bool httpd_path_etag_matches(const char *if_none_match, const char *etag);
/* Does an Accept value (NULL: no) ask for activities (W3C ActivityPub, 3.2) rather than for a page? */
bool httpd_path_activity(const char *accept);

#endif
