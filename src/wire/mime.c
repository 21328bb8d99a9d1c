/* SPDX-License-Identifier: GPL-3.0-or-later */
/* mime.c: headers and parts. Texts are mime_text.c's, lists within headers mime_lists.c's. */
#include "wire/mime.h"
#include "base/msg.h"
#include "base/vec.h"
#include <string.h>

/* The end of the line that begins at p, behind its LF. */
static const char *line_end(const char *p, const char *end)
{
    const char *nl = p < end ? memchr(p, '\n', (size_t)(end - p)) : NULL;
    return nl ? nl + 1 : end;
}

static size_t bare(const char *p, const char *next) /* bytes without CR and LF */
{
    size_t n = (size_t)(next - p);
    n -= n && p[n - 1] == '\n';
    return n - (n && p[n - 1] == '\r');
}

static bool is_name(const char *p, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if ((unsigned char)p[i] <= 0x20 || (unsigned char)p[i] >= 0x7f)
            return false;
    return n > 0 && n <= 100;
}

/* One header with what is folded into it; false at the empty line, or when it is none. */
static bool header_read(struct arena *a, const char **at, const char *end, struct mime_header *ret)
{
    const char *p = *at, *next = line_end(p, end);
    size_t n = bare(p, next);
    const char *colon = n ? memchr(p, ':', n) : NULL;
    struct str name = colon ? str_trim((struct str){p, (size_t)(colon - p)}) : (struct str){p, 0};
    if (!colon || *p == ' ' || *p == '\t' || !is_name(name.p, name.n))
        return false;
    struct buf value = BUF_MAX(MIME_MAX_HEADER);
    buf_add(&value, colon + 1, (size_t)(p + n - colon - 1));
    while (next < end && (*next == ' ' || *next == '\t')) {
        p = next;
        next = line_end(p, end);
        buf_add(&value, p, bare(p, next)); /* the blank stays */
    }
    for (size_t i = 0; i < value.len; i++)
        if (!value.data[i])
            value.data[i] = ' ';
    struct str trimmed = str_trim((struct str){buf_text(&value), value.len});
    ret->name = arena_dupn(a, name.p, name.n);
    ret->value = arena_dupn(a, trimmed.p, trimmed.n);
    buf_done(&value);
    *at = next;
    return true;
}

static char *small(struct arena *a, const char *p, size_t n)
{
    char *t = arena_dupn(a, p, n);
    for (char *c = t; *c; c++)
        if (*c >= 'A' && *c <= 'Z')
            *c = (char)(*c + 32);
    return t;
}

const char *mime_header(const struct mime_part *p, const char *name, int nth)
{
    for (int i = 0; i < p->n_headers; i++)
        if (str_ieq(p->headers[i].name, name) && nth-- == 0)
            return p->headers[i].value;
    return NULL;
}

/* ---- parts ---- */

struct reading {
    struct arena *a;
    struct mime_part parts[MIME_MAX_PARTS];
    int n;
    bool cut;
};

static void type_read(struct arena *a, struct mime_part *p)
{
    const char *type = mime_header(p, "Content-Type", 0), *how = mime_header(p, "Content-Disposition", 0), *charset = NULL;
    size_t n = type ? strcspn(type, "; \t(") : 0;
    p->type = n && memchr(type, '/', n) ? small(a, type, n) : "text/plain";
    if (type) {
        charset = mime_param(a, type, "charset");
        p->name = mime_param(a, type, "name");
        p->method = mime_param(a, type, "method");
        p->boundary = str_starts(p->type, "multipart/") ? mime_param(a, type, "boundary") : NULL;
    }
    p->charset = charset ? small(a, charset, strlen(charset)) : "us-ascii";
    p->attached = how && str_istarts(how, "attachment");
    const char *file = how ? mime_param(a, how, "filename") : NULL;
    p->name = file ? file : p->name;
}

/* Headers of what begins at p; returns where its body begins. */
static const char *headers_read(struct reading *r, struct mime_part *part, const char *p, const char *end)
{
    VEC(struct mime_header) all = {0};
    struct mime_header one;
    while (p < end && header_read(r->a, &p, end, &one))
        if (all.n < MIME_MAX_HEADERS)
            VEC_PUSH(&all, one);
    struct mime_header *copy = ARENA_ARRAY(r->a, struct mime_header, all.n + 1);
    if (all.n)
        memcpy(copy, all.at, all.n * sizeof *copy);
    part->headers = copy;
    part->n_headers = (int)all.n;
    VEC_DONE(&all);
    type_read(r->a, part);
    return p < end && bare(p, line_end(p, end)) == 0 ? line_end(p, end) : p;
}

/* "--boundary" or "--boundary--": 1 or 2, else 0. */
static int is_boundary(const char *p, const char *next, const char *boundary)
{
    size_t n = strlen(boundary), have = bare(p, next);
    if (have < n + 2 || p[0] != '-' || p[1] != '-' || memcmp(p + 2, boundary, n) != 0)
        return 0;
    struct str rest = str_trim((struct str){p + 2 + n, have - n - 2});
    return rest.n == 0 ? 1 : str_is(rest, "--") ? 2 : 0;
}

static void part_read(struct reading *r, const char *p, const char *end, int parent, int depth);

/* What lies between boundaries; one that is cut off ends with what holds it. */
static void parts_read(struct reading *r, int at, const char *p, const char *end)
{
    const char *boundary = r->parts[at].boundary, *from = NULL;
    int depth = r->parts[at].depth + 1;
    while (p < end) {
        const char *next = line_end(p, end);
        int is = is_boundary(p, next, boundary);
        if (is && from) {
            const char *stop = p; /* the line end before it belongs to the boundary */
            stop -= stop > from && stop[-1] == '\n';
            stop -= stop > from && stop[-1] == '\r';
            part_read(r, from, stop, at, depth);
        }
        if (is)
            from = is == 1 ? next : NULL;
        if (is == 2)
            return;
        p = next;
    }
    if (from)
        part_read(r, from, end, at, depth);
}

static void part_read(struct reading *r, const char *p, const char *end, int parent, int depth)
{
    if (r->n == MIME_MAX_PARTS || depth > MIME_MAX_DEPTH) {
        r->cut = true;
        return;
    }
    int at = r->n++;
    struct mime_part *part = &r->parts[at];
    *part = (struct mime_part){.whole = {p, (size_t)(end - p)}, .parent = parent, .depth = depth};
    const char *body = headers_read(r, part, p, end);
    part->body = (struct str){body, (size_t)(end - body)};
    if (part->boundary && part->boundary[0])
        parts_read(r, at, body, end);
}

int mime_parse(struct arena *a, const char *p, size_t n, struct mime_mail *ret, struct err *e)
{
    const char *end = p + n;
    struct reading *r;
    if (n > MIME_MAX_BYTES)
        return err_set(e, ERR_LIMIT, MSG("a mail of more than {1} is not read"), "b", (int64_t)MIME_MAX_BYTES);
    while (p < end && (*p == '\r' || *p == '\n'))
        p++;
    if ((size_t)(end - p) > 5 && memcmp(p, "From ", 5) == 0)
        p = line_end(p, end);
    r = ARENA_NEW(a, struct reading);
    r->a = a;
    part_read(r, p, end, -1, 0);
    *ret = (struct mime_mail){r->parts, r->n, r->cut};
    return r->parts[0].n_headers ? 0 : err_set(e, ERR_INVALID, MSG("this is no mail"), "");
}

const struct mime_part *mime_reading(const struct mime_mail *m)
{
    static const char *const types[] = {"text/plain", "text/html"};
    for (int t = 0; t < 2; t++)
        for (int i = 0; i < m->n_parts; i++)
            if (!m->parts[i].attached && str_eq(m->parts[i].type, types[t]))
                return &m->parts[i];
    return NULL;
}
