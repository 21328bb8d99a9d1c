/* SPDX-License-Identifier: GPL-3.0-or-later */
/* httpc.c: one HTTP exchange: a request into libcurl's options, an answer out of its callbacks.
 *
 * libcurl resolves nothing: every URL is "connected to" a placeholder address, and the pinned
 * address is put in when the socket is opened; several are tried in turn.  So its resolver starts
 * no threads, and its cache of names stays empty. */
#include "io/httpc.h"

#include "base/mem.h"
#include "base/msg.h"
#include "base/panic.h"
#include "base/str.h"
#include "base/vec.h"
#include "io/httpc_priv.h"
#include <string.h>

enum { HEADERS_MOST = 256, HEADER_BYTES = 64 << 10 };

/* The HTTP half of a job. */
struct http {
    httpc_fn *fn;
    httpc_data_fn *on_data;
    void *arg;
    const char *who;
    struct curl_slist *headers;
    bool no_body, secure, unix_path;
    size_t max_header, header_bytes;
    bool header_over, body_over, enough; /* why we ended it ourselves */
    VEC(struct httpc_header) got;
    const char *reason;
    struct buf body;
};

/* ---- what comes ---- */

static void status_line(struct httpc_job *job, struct http *x, struct str line)
{
    struct str word;
    x->got.n = 0; /* a 100 may come before; only the last answer counts */
    x->reason = "";
    if (str_next(&line, " ", &word) && str_next(&line, " ", &word)) {
        line = str_trim(line);
        x->reason = arena_dupn(job->arena, line.p, line.n);
    }
}

static void header_line(struct httpc_job *job, struct http *x, struct str line)
{
    const char *colon = memchr(line.p, ':', line.n);
    if (colon == NULL)
        return;
    struct str name = str_trim((struct str){line.p, (size_t)(colon - line.p)});
    struct str value = str_trim((struct str){colon + 1, line.n - (size_t)(colon - line.p) - 1});
    struct httpc_header header = {arena_dupn(job->arena, name.p, name.n),
                                  arena_dupn(job->arena, value.p, value.n)};
    VEC_PUSH(&x->got, header);
}

static size_t on_header(char *p, size_t one, size_t n, void *arg)
{
    struct httpc_job *job = arg;
    struct http *x = job->owner;
    struct str line = str_trim((struct str){p, n});
    x->header_bytes += n;
    x->header_over = x->header_bytes > x->max_header || x->got.n >= HEADERS_MOST;
    if (x->header_over || job->cancelled)
        return 0;
    if (n >= 5 && memcmp(p, "HTTP/", 5) == 0) {
        status_line(job, x, line);
    } else if (line.n > 0) {
        header_line(job, x, line);
    } else if (x->no_body) {
        long status = 0;
        curl_easy_getinfo(job->easy, CURLINFO_RESPONSE_CODE, &status);
        x->enough = status >= 200;
        return x->enough ? 0 : n;
    }
    return n;
}

static size_t on_body(char *p, size_t one, size_t n, void *arg)
{
    struct httpc_job *job = arg;
    struct http *x = job->owner;
    if (job->cancelled)
        return 0;
    if (x->on_data != NULL) {
        x->enough = x->on_data(x->arg, p, n) != 0;
        return x->enough || job->cancelled ? 0 : n;
    }
    size_t room = x->body.max - x->body.len;
    buf_add(&x->body, p, n < room ? n : room);
    x->body_over = n > room;
    return x->body_over ? 0 : n;
}

/* ---- the end of an HTTP job ---- */

static void http_free(struct httpc_job *job)
{
    struct http *x = job->owner;
    curl_slist_free_all(x->headers);
    buf_done(&x->body);
    VEC_DONE(&x->got);
    httpc_job_end(job);
}

/* Is another address to be tried? */
static bool next_address(struct httpc_job *job, CURLcode rc)
{
    int64_t left_ms = job->timeout_ms - (clock_mono_us() - job->started_us) / 1000;
    bool unconnected = rc == CURLE_COULDNT_CONNECT ||
                       (rc == CURLE_OPERATION_TIMEDOUT && httpc_job_connected_us(job) == 0);
    int more = job->n_addrs - job->at_addr - 1;
    if (!unconnected || more <= 0 || left_ms <= 0)
        return false;
    job->at_addr++;
    curl_easy_setopt(job->easy, CURLOPT_TIMEOUT_MS, (long)left_ms);
    curl_easy_setopt(job->easy, CURLOPT_CONNECTTIMEOUT_MS, (long)(left_ms / more + 1));
    return true;
}

static const char *version_text(const struct httpc_job *job)
{
    long version = 0;
    curl_easy_getinfo(job->easy, CURLINFO_HTTP_VERSION, &version);
    return version == CURL_HTTP_VERSION_1_0   ? "1.0"
           : version == CURL_HTTP_VERSION_2_0 ? "2"
                                              : "1.1";
}

static void reply_times(struct httpc_job *job, struct httpc_reply *r)
{
    int64_t before_us = job->tried_us - job->started_us; /* addresses tried before count */
    r->total_us = clock_mono_us() - job->started_us;
    r->connect_us = httpc_job_connected_us(job);
    r->tls_us = httpc_job_us(job, CURLINFO_APPCONNECT_TIME_T);
    r->first_byte_us = httpc_job_us(job, CURLINFO_STARTTRANSFER_TIME_T);
    r->connect_us += r->connect_us > 0 ? before_us : 0;
    r->tls_us += r->tls_us > 0 ? before_us : 0;
    r->first_byte_us += r->first_byte_us > 0 ? before_us : 0;
}

static void reply_error(struct httpc_job *job, CURLcode rc, struct httpc_reply *r)
{
    struct http *x = job->owner;
    if (x->header_over) {
        r->code = err_set(&r->err, ERR_PROTOCOL, MSG("{1} sent more than {2} of headers"), "sb",
                          x->who, (int64_t)x->max_header);
    } else if (job->tls.verdict.code != 0 && r->tls != NULL) {
        r->code = r->err.code = ERR_TLS;
        str_copy(r->err.text, sizeof r->err.text, r->tls->verify_text); /* is packed already */
    } else {
        r->code = httpc_job_error(job, rc, x->who, &r->err);
    }
}

static void http_finish(struct httpc_job *job, CURLcode rc)
{
    struct http *x = job->owner;
    if (job->cancelled) {
        http_free(job);
        return;
    }
    if (job->early.code == 0 && next_address(job, rc)) {
        httpc_job_readd(job);
        return;
    }
    long status = 0;
    curl_easy_getinfo(job->easy, CURLINFO_RESPONSE_CODE, &status);
    struct httpc_reply r = {.status = (int)status,
                            .version = version_text(job),
                            .reason = x->reason != NULL ? x->reason : "",
                            .headers = x->got.at,
                            .n_headers = (int)x->got.n,
                            .body = buf_text(&x->body),
                            .body_bytes = x->body.len,
                            .body_cut = x->body_over,
                            .peer = job->peer,
                            .tls = httpc_tls_info(job)};
    reply_times(job, &r);
    if (rc != CURLE_OK && !x->enough && !x->body_over)
        reply_error(job, rc, &r);
    httpc_fn *fn = x->fn;
    fn(x->arg, &r);
    http_free(job);
}

/* ---- the start of an HTTP job ---- */

static void add_header(struct httpc_job *job, struct http *x, const char *name, const char *value)
{
    bool empty = value == NULL || value[0] == '\0';
    const char *line = empty ? arena_printf(job->arena, "%s;", name)
                             : arena_printf(job->arena, "%s: %s", name, value);
    struct curl_slist *longer = curl_slist_append(x->headers, line);
    ASSERT(longer != NULL);
    x->headers = longer;
}

static bool has_line_end(const char *text)
{
    return text != NULL && strpbrk(text, "\r\n") != NULL;
}

static bool set_headers(struct httpc_job *job, struct http *x, const struct httpc_request *rq)
{
    bool type = false;
    for (int i = 0; i < rq->n_headers; i++) {
        const struct httpc_header *h = &rq->headers[i];
        if (has_line_end(h->name) || has_line_end(h->value))
            return false;
        type = type || str_ieq(h->name, "Content-Type");
        add_header(job, x, h->name, h->value);
    }
    if (rq->body != NULL) { /* libcurl would ask for a 100 first, and call everything a form */
        x->headers = curl_slist_append(x->headers, "Expect:");
        if (!type)
            x->headers = curl_slist_append(x->headers, "Content-Type:");
    }
    curl_easy_setopt(job->easy, CURLOPT_HTTPHEADER, x->headers);
    return true;
}

static void set_method(struct httpc_job *job, const struct httpc_request *rq)
{
    CURL *easy = job->easy;
    if (rq->body != NULL) {
        curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)rq->body_bytes);
        curl_easy_setopt(easy, CURLOPT_POSTFIELDS,
                         arena_dupn(job->arena, rq->body, rq->body_bytes));
    }
    if (str_eq(rq->method, "HEAD"))
        curl_easy_setopt(easy, CURLOPT_NOBODY, 1L);
    else if (!str_eq(rq->method, "GET") || rq->body != NULL)
        curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, rq->method);
}

/* By its address, so that libcurl looks nothing up; on_open_socket puts in whichever is due. */
static void set_proxy(struct httpc_job *job, const struct httpc_request *rq)
{
    CURL *easy = job->easy;
    char text[ADDR_TEXT_BYTES];
    addr_format(&rq->addrs[0], text);
    curl_easy_setopt(easy, CURLOPT_PROXY, arena_printf(job->arena, "http://%s", text));
    curl_easy_setopt(easy, CURLOPT_PROXYTYPE, (long)CURLPROXY_HTTP);
    curl_easy_setopt(easy, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
    if (rq->proxy_user == NULL)
        return;
    curl_easy_setopt(easy, CURLOPT_PROXYAUTH, (long)CURLAUTH_BASIC);
    curl_easy_setopt(easy, CURLOPT_PROXYUSERNAME, rq->proxy_user);
    curl_easy_setopt(easy, CURLOPT_PROXYPASSWORD, rq->proxy_password != NULL ? rq->proxy_password : "");
}

static void set_peer(struct httpc_job *job, struct http *x, const struct httpc_request *rq)
{
    char text[ADDR_TEXT_BYTES];
    if (rq->unix_path != NULL) {
        curl_easy_setopt(job->easy, CURLOPT_UNIX_SOCKET_PATH, rq->unix_path);
        x->who = arena_dup(job->arena, rq->unix_path);
        return;
    }
    struct addr *addrs = ARENA_ARRAY(job->arena, struct addr, (size_t)rq->n_addrs);
    memcpy(addrs, rq->addrs, sizeof *addrs * (size_t)rq->n_addrs);
    job->addrs = addrs;
    job->n_addrs = rq->n_addrs;
    job->peer = addrs[0];
    addr_host(&addrs[0], text);
    x->who = arena_dup(job->arena, text);
    if (rq->proxy != NULL)
        set_proxy(job, rq);
    else
        httpc_job_placeholder(job);
    if (rq->n_addrs > 1)
        curl_easy_setopt(job->easy, CURLOPT_CONNECTTIMEOUT_MS,
                         (long)(rq->timeout_ms / rq->n_addrs + 1));
}

/* The host of a URL without brackets; "" when there is none. */
static const char *url_host(struct arena *a, const char *url)
{
    const char *at = strstr(url, "://");
    if (at == NULL)
        return "";
    at += 3;
    size_t n = strcspn(at, "/?#");
    const char *user_end = memrchr(at, '@', n);
    if (user_end != NULL) {
        n -= (size_t)(user_end + 1 - at);
        at = user_end + 1;
    }
    if (*at == '[')
        return arena_dupn(a, at + 1, strcspn(at + 1, "]/"));
    const char *colon = memchr(at, ':', n);
    if (colon != NULL)
        n = (size_t)(colon - at);
    n -= n > 1 && at[n - 1] == '.'; /* certificates have no root dot */
    return arena_dupn(a, at, n);
}

static void set_tls(struct httpc_job *job, const struct httpc_request *rq)
{
    struct tls_opts *o = &job->tls.opts;
    const char *host = url_host(job->arena, rq->url);
    *o = rq->tls;
    o->server_name = arena_dup(job->arena, o->server_name != NULL ? o->server_name : host);
    o->ca_file = arena_dup(job->arena, o->ca_file);
    o->cert_file = arena_dup(job->arena, o->cert_file);
    o->key_file = arena_dup(job->arena, o->key_file);
    job->tls.rename = !str_ieq(o->server_name, host);
    httpc_tls_setup(job);
}

static void set_options(struct httpc_job *job, const struct httpc_request *rq)
{
    CURL *easy = job->easy;
    curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(easy, CURLOPT_URL, rq->url);
    curl_easy_setopt(easy, CURLOPT_PATH_AS_IS, 1L);
    curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, (long)rq->timeout_ms);
    curl_easy_setopt(easy, CURLOPT_HTTP_VERSION,
                     !rq->http2 && !rq->http2_at_once                         ? (long)CURL_HTTP_VERSION_1_1
                     : rq->http2_at_once && str_istarts(rq->url, "http:") ? (long)CURL_HTTP_VERSION_2_PRIOR_KNOWLEDGE
                                                                          : (long)CURL_HTTP_VERSION_2TLS);
    curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, on_header);
    curl_easy_setopt(easy, CURLOPT_HEADERDATA, job);
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_body);
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, job);
    if (!rq->keep_alive) {
        curl_easy_setopt(easy, CURLOPT_FRESH_CONNECT, 1L);
        curl_easy_setopt(easy, CURLOPT_FORBID_REUSE, 1L);
    }
    if (rq->user != NULL) {
        curl_easy_setopt(easy, CURLOPT_HTTPAUTH, (long)CURLAUTH_BASIC);
        curl_easy_setopt(easy, CURLOPT_USERNAME, rq->user);
        curl_easy_setopt(easy, CURLOPT_PASSWORD, rq->password != NULL ? rq->password : "");
    }
}

struct httpc_job *httpc_stream(struct httpc *h, const struct httpc_request *rq,
                               httpc_data_fn *on_data, httpc_fn *fn, void *arg)
{
    ASSERT(rq->timeout_ms > 0);
    struct httpc_job *job = httpc_job_new(h, http_finish);
    struct http *x = ARENA_NEW(job->arena, struct http);
    *x = (struct http){
        .fn = fn, .on_data = on_data, .arg = arg, .no_body = rq->no_body, .who = rq->url};
    x->body = BUF_MAX(rq->max_body);
    x->max_header = rq->max_header > 0 ? rq->max_header : HEADER_BYTES;
    job->owner = x;
    job->timeout_ms = rq->timeout_ms;
    if (rq->n_addrs <= 0 && rq->unix_path == NULL) {
        httpc_job_refuse(job, ERR_INVALID, MSG("there is no address for {1}"), rq->url);
        return job;
    }
    set_options(job, rq);
    set_peer(job, x, rq);
    set_method(job, rq);
    if (str_istarts(rq->url, "https:"))
        set_tls(job, rq);
    if (set_headers(job, x, rq))
        httpc_job_add(job);
    else
        httpc_job_refuse(job, ERR_INVALID, MSG("a header for {1} has a line end in it"), rq->url);
    return job;
}

struct httpc_job *httpc_start(struct httpc *h, const struct httpc_request *rq, httpc_fn *fn,
                              void *arg)
{
    return httpc_stream(h, rq, NULL, fn, arg);
}

const char *httpc_find_header(const struct httpc_reply *r, const char *name)
{
    for (int i = 0; i < r->n_headers; i++)
        if (str_ieq(r->headers[i].name, name))
            return r->headers[i].value;
    return NULL;
}
