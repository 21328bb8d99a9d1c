/* SPDX-License-Identifier: GPL-3.0-or-later */
/* http_judge.c: judges status, headers and body of an answer. Patterns run with limits, so that neither a
 * careless pattern nor a hostile page can hold the loop for long. */
#include "checks/http_judge.h"
#include "base/json.h"
#include "checks/jsonpath.h"
#include "checks/pattern.h"

#include <string.h>
#include <strings.h>

enum { QUOTE_BYTES = 100, JSON_BYTES = 256 * 1024 };

const char *const http_versions[] = {"any", "1.1", "2", NULL};

static const struct {
    int status;
    const char *reason;
} reasons[] = {
    {200, "OK"}, {201, "Created"}, {202, "Accepted"}, {204, "No Content"}, {206, "Partial Content"},
    {301, "Moved Permanently"}, {302, "Found"}, {303, "See Other"}, {304, "Not Modified"},
    {307, "Temporary Redirect"}, {308, "Permanent Redirect"}, {400, "Bad Request"}, {401, "Unauthorized"},
    {403, "Forbidden"}, {404, "Not Found"}, {405, "Method Not Allowed"}, {410, "Gone"},
    {418, "I'm a teapot"}, {429, "Too Many Requests"}, {500, "Internal Server Error"},
    {501, "Not Implemented"}, {502, "Bad Gateway"}, {503, "Service Unavailable"}, {504, "Gateway Timeout"},
};

const char *http_reason(int status)
{
    for (size_t i = 0; i < COUNT(reasons); i++)
        if (reasons[i].status == status)
            return reasons[i].reason;
    return "";
}

/* "200", "2xx", "200-299" → bounds. */
static int bounds(const char *item, int *low, int *high)
{
    char first[8], second[8];
    const char *dash = strchr(item, '-');
    int64_t a, b;

    if (strlen(item) == 3 && item[0] >= '1' && item[0] <= '5' && strcasecmp(item + 1, "xx") == 0) {
        *low = (item[0] - '0') * 100;
        *high = *low + 99;
        return 0;
    }
    if (!str_copyn(first, sizeof(first), item, dash ? (size_t)(dash - item) : strlen(item)) ||
        !str_copy(second, sizeof(second), dash ? dash + 1 : first))
        return ERR_INVALID;
    if (str_i64(first, &a) || str_i64(second, &b) || a < 100 || b > 599 || a > b)
        return ERR_INVALID;
    *low = (int)a;
    *high = (int)b;
    return 0;
}

int http_status_check(const struct conf_texts *set)
{
    int low, high;

    for (int i = 0; i < set->n; i++)
        if (bounds(set->at[i], &low, &high) != 0)
            return ERR_INVALID;
    return 0;
}

bool http_status_fits(const struct conf_texts *set, int status)
{
    int low, high;

    if (set->n == 0)
        return status >= 200 && status < 400;
    for (int i = 0; i < set->n; i++)
        if (bounds(set->at[i], &low, &high) == 0 && status >= low && status <= high)
            return true;
    return false;
}

int http_capture(const char *pattern, const char *text, size_t n, struct str *ret)
{
    struct pattern *p = pattern_new(pattern, PATTERN_UTF8);
    struct str fit, group;
    int found = p ? pattern_find(p, text, n, &fit, &group) : ERR_INVALID;

    pattern_free(p);
    if (found == 1)
        *ret = group.p ? group : fit;
    return found;
}

int http_search(const char *pattern, const char *text, size_t n)
{
    struct str found;

    return http_capture(pattern, text, n, &found);
}

/* ---- what is expected: does it make sense? ---- */

static int bad_path(const char *field, const char *path, struct err *e)
{
    return err_field(e, ERR_INVALID, field, MSG("“{1}” is no place in a JSON document; write $.items[0].name"), "s", path);
}

static int check_json(const struct http_expect *x, struct err *e)
{
    for (int i = 0; i < x->json.n; i++) {
        if (jsonpath_check(x->json.keys[i]) != 0)
            return bad_path("json", x->json.keys[i], e);
        if (json_condition_check(x->json.values[i]) != 0)
            return err_field(e, ERR_INVALID, "json",
                             MSG("“{1}” is no condition; write a value, \"< 100\", \"!= failed\" or /pattern/"), "s",
                             x->json.values[i]);
    }
    for (int i = 0; i < x->keys.n; i++)
        if (jsonpath_check(x->keys.at[i]) != 0)
            return bad_path("keys", x->keys.at[i], e);
    return 0;
}

int http_expect_check(const struct http_expect *x, struct err *e)
{
    if (http_status_check(&x->status) != 0)
        return err_field(e, ERR_INVALID, "status", MSG("a status is written 200, 2xx or 300-399"), "");
    for (int i = 0; i < x->header_regex.n; i++)
        if (http_search(x->header_regex.values[i], "", 0) == ERR_INVALID)
            return err_field(e, ERR_INVALID, "header_regex", MSG("“{1}” is no regular expression"), "s",
                             x->header_regex.values[i]);
    return check_json(x, e);
}

/* ---- judging ---- */

static const char *list_text(struct attempt *a, const struct conf_texts *set)
{
    struct buf b = BUF_MAX(QUOTE_BYTES);
    const char *text;

    if (set->n == 0)
        return "200-399";
    for (int i = 0; i < set->n; i++) {
        buf_str(&b, i ? ", " : "");
        buf_str(&b, set->at[i]);
    }
    text = arena_dup(a->arena, buf_text(&b));
    buf_done(&b);
    return text;
}

static const char *reply_reason(struct attempt *a, const struct httpc_reply *r)
{
    if (r->reason && r->reason[0])
        return attempt_quote(a, r->reason, strlen(r->reason), 60);
    return http_reason(r->status);
}

/* "503 Service Unavailable", as an attempt's text. */
static const char *status_text(struct attempt *a, const struct httpc_reply *r)
{
    const char *reason = reply_reason(a, r);

    return arena_printf(a->arena, "%d%s%s", r->status, reason[0] ? " " : "", reason);
}

static bool body_has(const struct httpc_reply *r, const char *text)
{
    return memmem(r->body ? r->body : "", r->body_bytes, text, strlen(text)) != NULL;
}

static void judge_body(struct attempt *a, const struct http_expect *x, const struct httpc_reply *r,
                       const char *status)
{
    for (int i = 0; i < x->body.n; i++)
        if (!body_has(r, x->body.at[i]))
            attempt_worse(a, STATE_CRITICAL, MSG("{1}, but the page lacks “{2}”"), "ss", status,
                          attempt_quote(a, x->body.at[i], strlen(x->body.at[i]), QUOTE_BYTES));
    for (int i = 0; i < x->not_body.n; i++)
        if (body_has(r, x->not_body.at[i]))
            attempt_worse(a, STATE_CRITICAL, MSG("{1}, but the page says “{2}”"), "ss", status,
                          attempt_quote(a, x->not_body.at[i], strlen(x->not_body.at[i]), QUOTE_BYTES));
    if (x->regex) {
        int found = http_search(x->regex, r->body ? r->body : "", r->body_bytes);
        const char *pattern = attempt_quote(a, x->regex, strlen(x->regex), QUOTE_BYTES);

        if (found == 0)
            attempt_worse(a, STATE_CRITICAL, MSG("{1}, but the page does not match {2}"), "ss", status, pattern);
        else if (found < 0)
            attempt_worse(a, STATE_UNKNOWN, MSG("{1}, but the pattern {2} takes too long on this page"), "ss",
                          status, pattern);
    }
}

/* Any header of that name with the text in it. */
static bool header_has(const struct httpc_reply *r, const char *name, const char *text)
{
    for (int i = 0; i < r->n_headers; i++)
        if (str_ieq(r->headers[i].name, name) && strcasestr(r->headers[i].value, text))
            return true;
    return false;
}

static void judge_headers(struct attempt *a, const struct http_expect *x, const struct httpc_reply *r,
                          const char *status)
{
    for (int i = 0; i < x->headers.n; i++) {
        const char *name = x->headers.keys[i], *text = x->headers.values[i];

        if (header_has(r, name, text ? text : ""))
            continue;
        attempt_worse(a, STATE_CRITICAL, MSG("{1}, but without the header {2}"), "ss", status,
                      arena_printf(a->arena, "%s: %s", name, text ? text : ""));
    }
}

static void judge_header_patterns(struct attempt *a, const struct http_expect *x, const struct httpc_reply *r,
                                  const char *status)
{
    for (int i = 0; i < x->header_regex.n; i++) {
        const char *name = x->header_regex.keys[i], *value = httpc_find_header(r, name);
        int found = value ? http_search(x->header_regex.values[i], value, strlen(value)) : 0;

        if (value == NULL)
            attempt_worse(a, STATE_CRITICAL, MSG("{1}, but without the header {2}"), "ss", status, name);
        else if (found != 1)
            attempt_worse(a, found < 0 ? STATE_UNKNOWN : STATE_CRITICAL, MSG("{1}, but the header {2} is “{3}”"), "sss",
                          status, name, attempt_quote(a, value, strlen(value), QUOTE_BYTES));
    }
    for (int i = 0; i < x->not_headers.n; i++) {
        const char *value = httpc_find_header(r, x->not_headers.at[i]);

        if (value)
            attempt_worse(a, STATE_CRITICAL, MSG("{1}, but with the header {2}"), "ss", status,
                          attempt_quote(a, arena_printf(a->arena, "%s: %s", x->not_headers.at[i], value), 300, QUOTE_BYTES));
    }
}

static const char *json_text(struct attempt *a, const struct doc *d)
{
    struct buf b = BUF_MAX(4 * QUOTE_BYTES);
    const char *text;

    json_show(&b, d);
    text = attempt_quote(a, buf_text(&b), b.len, QUOTE_BYTES);
    buf_done(&b);
    return text;
}

static void judge_place(struct attempt *a, const struct doc *root, const char *path, const char *condition)
{
    const struct doc *d = jsonpath_find(a->arena, root, path);
    int holds = json_condition_holds(d, condition);

    if (d == NULL)
        attempt_worse(a, STATE_CRITICAL, MSG("the answer has no {1}"), "s", path);
    else if (holds < 0)
        attempt_worse(a, STATE_UNKNOWN, MSG("the pattern for {1} takes too long on this answer"), "s", path);
    else if (!holds)
        attempt_worse(a, STATE_CRITICAL, MSG("{1} is {2}, wanted {3}"), "sss", path, json_text(a, d), condition);
}

static void judge_json(struct attempt *a, const struct http_expect *x, const struct httpc_reply *r)
{
    struct doc *root;
    struct err e = {0};

    if (x->json.n == 0 && x->keys.n == 0)
        return;
    if (json_parse(a->arena, r->body ? r->body : "", r->body_bytes, JSON_BYTES, &root, &e) != 0) {
        attempt_worse(a, STATE_CRITICAL, MSG("the answer cannot be read: {1}"), "m", e.text);
        return;
    }
    for (int i = 0; i < x->json.n; i++)
        judge_place(a, root, x->json.keys[i], x->json.values[i]);
    for (int i = 0; i < x->keys.n; i++)
        judge_place(a, root, x->keys.at[i], "*");
}

static void judge_form(struct attempt *a, const struct http_expect *x, const struct httpc_reply *r, const char *status)
{
    int64_t n = (int64_t)r->body_bytes;

    if (x->min_size && n < x->min_size)
        attempt_worse(a, STATE_CRITICAL, MSG("{1}, but only {2} (at least {3})"), "sbb", status, n, x->min_size);
    if (x->max_size && (n > x->max_size || r->body_cut))
        attempt_worse(a, STATE_CRITICAL, MSG("{1}, but {2} or more (at most {3})"), "sbb", status, n, x->max_size);
    if (x->version && !str_eq(r->version, http_versions[x->version]))
        attempt_worse(a, STATE_CRITICAL, MSG("{1}, but by HTTP/{2}, wanted HTTP/{3}"), "sss", status,
                      r->version ? r->version : "", http_versions[x->version]);
}

void http_judge_url(struct attempt *a, const struct http_expect *x, const char *url)
{
    if (x->final_url && !str_starts(url, x->final_url))
        attempt_worse(a, STATE_CRITICAL, MSG("the page was {1}, wanted {2}"), "ss", attempt_quote(a, url, strlen(url), 200),
                      x->final_url);
}

void http_judge_redirect(struct attempt *a, const struct http_expect *x, const struct httpc_reply *r, const char *target)
{
    const char *status = status_text(a, r);

    if (target == NULL)
        attempt_say(a, STATE_CRITICAL, MSG("{1}, but no redirect; wanted {2}"), "ss", status, x->redirect);
    else if (!str_starts(target, x->redirect))
        attempt_say(a, STATE_CRITICAL, MSG("{1} to {2}, wanted {3}"), "sss", status,
                    attempt_quote(a, target, strlen(target), 200), x->redirect);
    else
        attempt_say(a, STATE_OK, MSG("{1} to {2}"), "ss", status, attempt_quote(a, target, strlen(target), 200));
    if (a->state == STATE_OK)
        judge_header_patterns(a, x, r, status);
}

void http_judge(struct attempt *a, const struct http_expect *x, const struct httpc_reply *r, int64_t took_us)
{
    const char *status = status_text(a, r);

    if (!http_status_fits(&x->status, r->status)) {
        attempt_say(a, STATE_CRITICAL, MSG("{1} in {2}, wanted {3}"), "sls", status, took_us,
                    list_text(a, &x->status));
        return;
    }
    attempt_say(a, STATE_OK, MSG("{1} in {2}"), "sl", status, took_us);
    judge_form(a, x, r, status);
    judge_headers(a, x, r, status);
    judge_header_patterns(a, x, r, status);
    judge_body(a, x, r, status);
    judge_json(a, x, r);
}
