/* SPDX-License-Identifier: GPL-3.0-or-later */
/* fuzz_form.c: what a client sends as text: any path, query, form, cookie and header value.  A path
 * that is accepted has no dot segments and nothing encoded left to decode twice by accident; every
 * value found is text within the input's size.  The input's lines are: path, query, cookie, accept,
 * tag, form. */
#include "base/arena.h"
#include "base/err.h"
#include "base/panic.h"
#include "base/str.h"
#include "io/httpd.h"
#include "io/httpd_path.h"
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_path(struct arena *a, const char *raw)
{
    size_t room = strlen(raw) + 1;
    char *out = arena_alloc(a, room);
    const char *path = httpd_path_of_url(raw);
    ASSERT(path == raw || path[0] == '/');
    if (httpd_path_decode(raw, out, room) != 0)
        return;
    ASSERT(out[0] == '/' && strlen(out) < room);
    ASSERT(strstr(out, "/../") == NULL && !str_ends(out, "/..") && strstr(out, "/./") == NULL);
    for (const char *c = out; *c != '\0'; c++)
        ASSERT((unsigned char)*c >= 0x20 && *c != 0x7f);
    /* Each "/" was a "/" before. */
    size_t slashes = 0, before = 0;
    for (const char *c = out; *c != '\0'; c++)
        slashes += *c == '/';
    for (const char *c = raw; *c != '\0'; c++)
        before += *c == '/';
    ASSERT(slashes == before);
}

struct pairs {
    const struct httpd_request *rq;
    size_t n;
};

static void on_pair(void *arg, const char *name, const char *value)
{
    struct pairs *p = arg;
    ASSERT(strlen(name) + strlen(value) <= p->rq->body_bytes);
    if (p->n++ < 20) /* the first of that name is what httpd_form() finds, unless it holds a NUL */
        httpd_form(p->rq, name);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *a = arena_new(0);
    struct str rest = {(const char *)data, size}, line;
    const char *lines[5] = {"", "", "", "", ""};
    for (size_t i = 0; i < 5 && str_next(&rest, "\n", &line); i++)
        lines[i] = arena_dupn(a, line.p, line.n);
    struct httpd_request rq = {.arena = a,
                               .path = lines[0],
                               .query = lines[1],
                               .body = arena_dupn(a, rest.p, rest.n),
                               .body_bytes = rest.n};
    rq.headers[0].name = "Cookie";
    rq.headers[0].value = lines[2];
    rq.n_headers = 1;
    check_path(a, lines[0]);
    const char *q = httpd_query(&rq, "q"), *c = httpd_cookie(&rq, "sid");
    ASSERT(q == NULL || strlen(q) <= strlen(lines[1]));
    ASSERT(c == NULL || strlen(c) <= strlen(lines[2]));
    httpd_path_accepts(lines[3], "gzip");
    httpd_path_etag_matches(lines[4], "\"abc\"");
    struct pairs pairs = {&rq, 0};
    httpd_form_each(&rq, on_pair, &pairs);
    arena_free(a);
    return 0;
}
