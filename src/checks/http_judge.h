/* SPDX-License-Identifier: GPL-3.0-or-later */
/* http_judge.h: what an HTTP answer is worth. Pure: options and an answer in, state and text out. */
#ifndef VIGIE_CHECKS_HTTP_JUDGE_H
#define VIGIE_CHECKS_HTTP_JUDGE_H

#include "checks/attempt.h"

struct http_expect {
    struct conf_texts status;  /* n 0: 2xx and 3xx */
    struct conf_texts body, not_body;
    const char *regex;         /* in the body */
    struct conf_pairs headers; /* name → text that the value must contain; "" : must be there */
    struct conf_texts not_headers;
    struct conf_pairs header_regex; /* name → pattern */
    struct conf_pairs json;    /* place → condition (jsonpath.h) */
    struct conf_texts keys;    /* places that must be there */
    int64_t min_size, max_size; /* 0: any */
    int version;               /* index into http_versions */
    const char *redirect;      /* beginning of the address that a redirect must lead to; it is not followed */
    const char *final_url;     /* beginning of the address of the last page */
};
enum { HTTP_ANY_VERSION, HTTP_VERSION_1_1, HTTP_VERSION_2 };
extern const char *const http_versions[]; /* words */
int http_expect_check(const struct http_expect *x, struct err *e);
bool http_status_fits(const struct conf_texts *set, int status); /* an empty set: 200-399 */
int http_status_check(const struct conf_texts *set); /* ERR_INVALID when an item is not "200", "2xx" or "200-299" */
const char *http_reason(int status); /* "OK"; "" when unknown */
/* Says OK or what is wrong. took_us: whole time. */
void http_judge(struct attempt *a, const struct http_expect *x, const struct httpc_reply *r, int64_t took_us);
/* Worsens the result when the last page's address (as it would be written) is not the expected one. */
void http_judge_url(struct attempt *a, const struct http_expect *x, const char *url);
/* The answer must be a redirect to `target` (as resolved; NULL: it is none). Says OK or what is wrong. */
void http_judge_redirect(struct attempt *a, const struct http_expect *x, const struct httpc_reply *r, const char *target);
/* Searches with limits: 1 found, 0 not, ERR_INVALID (pattern), ERR_LIMIT (too hard). */
int http_search(const char *pattern, const char *text, size_t n);
/* As http_search; on 1 *ret is the first group (the whole when there is none): a slice of text. */
int http_capture(const char *pattern, const char *text, size_t n, struct str *ret);

#endif
