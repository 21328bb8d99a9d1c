/* SPDX-License-Identifier: GPL-3.0-or-later */
/* moving_api.c: rows of another status page from its API: lists in pages, one request after the other, GET alone. */
#include "base/json.h"
#include "base/msg.h"
#include "base/str.h"
#include "daemon/moving.h"
#include "io/dns.h"
#include "io/httpc.h"
#include <string.h>

enum { PER_PAGE = 100, MOST_PAGES = 2000, TIMEOUT_MS = 60000, MAX_PAGE = 32 << 20, MOST_WAITS = 5, LONGEST_WAIT_S = 90 };

struct api {
    struct moving *g;
    struct loop *loop;
    struct httpc *httpc;
    struct dns *dns;
    struct timer again;
    struct addr addrs[DNS_MAX_ADDRS];
    int n_addrs, port;
    char host[256];
    struct httpc_header headers[4];
    struct httpc_request rq;
    char url[2048];
    int status, wait_s; /* of the answer */
    struct buf body;
    char moved[500];
    struct err err;
};

static void ended(void *arg, const struct httpc_reply *r)
{
    struct api *x = arg;
    const char *wait = httpc_find_header(r, "Retry-After"), *where = httpc_find_header(r, "Location");
    int64_t s = 0;
    x->status = r->code < 0 ? r->code : r->status;
    x->err = r->err;
    x->wait_s = wait && str_i64(wait, &s) == 0 && s > 0 && s <= LONGEST_WAIT_S ? (int)s : 5;
    str_copy(x->moved, sizeof x->moved, where ? where : "");
    buf_clear(&x->body);
    buf_add(&x->body, r->body, r->body_bytes);
    if (r->body_cut)
        x->status = err_set(&x->err, ERR_LIMIT, MSG("{1} sends more than is taken"), "s", x->url);
    loop_stop(x->loop);
}

static void resolved(void *arg, const struct dns_addrs *r)
{
    struct api *x = arg;
    x->status = r->code;
    x->err = r->err;
    for (int i = 0; i < r->n && r->code >= 0; i++) {
        x->addrs[x->n_addrs] = r->at[i];
        addr_set_port(&x->addrs[x->n_addrs++], x->port);
    }
    loop_stop(x->loop);
}

static void waited(void *arg)
{
    loop_stop(((struct api *)arg)->loop);
}

/* ---- one request ---- */

static int open_site(struct api *x, struct err *e)
{
    const char *url = x->g->url;
    bool tls = str_istarts(url, "https://");
    char where[300];
    if (!tls && !str_istarts(url, "http://"))
        return err_set(e, ERR_INVALID, MSG("“{1}” is no address of a site; write https://status.example.org"), "s", url);
    const char *p = url + (tls ? 8 : 7);
    str_copyn(where, sizeof where, p, strcspn(p, "/"));
    if (addr_split(where, x->host, sizeof x->host, &x->port) < 0) {
        str_copy(x->host, sizeof x->host, where);
        x->port = tls ? 443 : 80;
    }
    dns_resolve(x->dns, x->host, DNS_ANY, 10000, resolved, x);
    loop_run(x->loop);
    if (x->status < 0 || !x->n_addrs) {
        *e = x->err;
        return x->status < 0 ? x->status : err_set(e, ERR_DNS, MSG("{1} has no address"), "s", x->host);
    }
    return 0;
}

/* The status, after waiting when there are too many requests. */
static int get(struct api *x, const char *path, int page)
{
    size_t n = strlen(x->g->url);
    while (n && x->g->url[n - 1] == '/')
        n--;
    str_print(x->url, sizeof x->url, "%.*s%s?per_page=%d&page=%d", (int)n, x->g->url, path, PER_PAGE, page);
    x->rq = (struct httpc_request){.method = "GET", .url = x->url, .headers = x->headers, .addrs = x->addrs, .n_addrs = x->n_addrs, .timeout_ms = TIMEOUT_MS, .max_body = MAX_PAGE, .keep_alive = true};
    x->rq.tls.verify = true;
    x->headers[0] = (struct httpc_header){"Accept", "application/json"};
    x->headers[1] = (struct httpc_header){"Time-Zone", "UTC"};
    x->headers[2] = (struct httpc_header){"X-Cachet-Token", x->g->token};
    x->rq.n_headers = x->g->token ? 3 : 2;
    for (int i = 0; i < MOST_WAITS; i++) {
        httpc_start(x->httpc, &x->rq, ended, x);
        loop_run(x->loop);
        if (x->status != 429)
            break;
        timer_set(&x->again, x->wait_s * 1000);
        loop_run(x->loop);
    }
    return x->status;
}

/* ---- lists ---- */

static int take_page(struct api *x, int table, int page, bool *ret_more, struct err *e)
{
    struct arena *a = x->g->m->arena;
    struct doc *d = NULL;
    bool read = json_parse(a, buf_text(&x->body), x->body.len, MAX_PAGE, &d, NULL) == 0;
    const struct doc *data = read ? doc_get(d, "data") : NULL, *pages = read ? doc_get(doc_get(d, "meta"), "pagination") : NULL;
    if (!data || (data->kind != DOC_LIST && data->kind != DOC_OBJECT))
        return err_set(e, ERR_PROTOCOL, MSG("{1} does not answer as Cachet does: there is no “data”"), "s", x->url);
    DOC_EACH(data, row)
    if (row->kind == DOC_OBJECT) {
        struct doc *own = doc_copy(a, row);
        own->key = NULL;
        move_row(x->g->m, table, own);
    }
    *ret_more = pages && page < doc_int(pages, "total_pages", 1) && data->kids.n > 0;
    return 0;
}

static int refused(struct api *x, const struct move_page *p, struct err *e)
{
    bool needed = str_ends(p->path, "/components") || str_ends(p->path, "/incidents");
    if (x->status < 0) {
        *e = x->err;
        return x->status;
    }
    if (x->status >= 300 && x->status < 400 && x->moved[0])
        return err_set(e, ERR_PROTOCOL, MSG("{1} is elsewhere now: {2}"), "ss", x->url, x->moved);
    if (needed || x->status >= 500 || x->status == 429)
        return err_set(e, ERR_PROTOCOL, MSG("{1} answers {2}"), "si", x->url, (int64_t)x->status);
    move_note(x->g->m, MSG("{1} answers {2}; nothing was taken from there"), "si", p->path, (int64_t)x->status);
    return 0;
}

static int read_list(struct api *x, const struct move_page *p, struct err *e)
{
    bool more = true;
    if (p->closed && !x->g->token) {
        move_note(x->g->m, MSG("{1} needs a token (--token); nothing was taken from there"), "s", p->path);
        return 0;
    }
    for (int page = 1; more && page <= MOST_PAGES; page++) {
        if (get(x, p->path, page) != 200)
            return refused(x, p, e);
        int r = take_page(x, p->table, page, &more, e);
        if (r)
            return r;
    }
    return 0;
}

int moving_read_api(struct moving *g, struct err *e)
{
    struct api x = {.g = g, .body = BUF_MAX(MAX_PAGE)};
    x.loop = loop_new("import");
    x.httpc = httpc_new(x.loop);
    x.dns = dns_new(x.loop);
    timer_init(&x.again, x.loop, waited, &x);
    int r = open_site(&x, e);
    for (const struct move_page *p = g->m->as->pages; r == 0 && p->path; p++)
        r = read_list(&x, p, e);
    timer_clear(&x.again);
    dns_free(x.dns);
    httpc_free(x.httpc);
    loop_free(x.loop);
    buf_done(&x.body);
    return r;
}
