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
};
bool http_status_fits(const struct conf_texts *set, int status); /* an empty set: 200-399 */
int http_status_check(const struct conf_texts *set); /* ERR_INVALID when an item is not "200", "2xx" or "200-299" */
const char *http_reason(int status); /* "OK"; "" when unknown */
/* Says OK or what is wrong. took_us: whole time. */
void http_judge(struct attempt *a, const struct http_expect *x, const struct httpc_reply *r, int64_t took_us);
/* Searches with limits: 1 found, 0 not, ERR_INVALID (pattern), ERR_LIMIT (too hard). */
int http_search(const char *pattern, const char *text, size_t n);

#endif
