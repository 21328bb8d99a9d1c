/* SPDX-License-Identifier: GPL-3.0-or-later */
/* sim_page.c: the pages of simulated web servers: which one answers a path, and as what text. */
#include "base/hash.h"
#include "io/sim/sim_int.h"

const struct sim_page *sim_page_find(const struct sim_service *s, const char *path)
{
    for (size_t i = s->pages.n; i-- > 0;) {
        if (str_glob(s->pages.at[i].path, path))
            return &s->pages.at[i];
    }
    return NULL;
}

bool sim_page_allows(const struct sim_page *p, const char *authorization)
{
    if (!p->login)
        return true;
    char text[512];
    hash_base64((const unsigned char *)p->login, strlen(p->login), text, sizeof(text), 0);
    return authorization && str_istarts(authorization, "Basic ") && str_eq(authorization + 6, text);
}

static void add_headers(struct buf *out, const char *headers)
{
    struct str rest = str_of(headers), line;
    while (str_next(&rest, "\r\n", &line)) {
        if (line.n > 0) {
            buf_add(out, line.p, line.n);
            buf_str(out, "\r\n");
        }
    }
}

void sim_page_format(const struct sim_page *p, bool authorised, struct buf *out)
{
    if (p && p->status == -2)
        return;
    if (p && p->status == -1) {
        buf_str(out, p->body ? p->body : "\x01\x02 this is no HTTP\n");
        return;
    }
    int status = !p ? 404 : !authorised ? 401 : p->status;
    const char *body = p && p->body && authorised ? p->body : "";
    buf_printf(out, "HTTP/1.1 %d Simulated\r\nContent-Length: %zu\r\nConnection: close\r\n", status, strlen(body));
    add_headers(out, p ? p->headers : NULL);
    buf_str(out, "\r\n");
    buf_str(out, body);
}
