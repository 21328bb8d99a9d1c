/* SPDX-License-Identifier: GPL-3.0-or-later */
/* mail.c: one message to a mail server by libcurl's SMTP.  What it says, queues and retries is
 * decided in channels/.  The server's name is looked up by libcurl (a thread each): mail is rare.
 *
 * A refusal for good (5xx) is ERR_DENIED, or ERR_AUTH; one for now (4xx) is ERR_BUSY. */
#include "io/httpc.h"

#include "base/mem.h"
#include "base/msg.h"
#include "base/panic.h"
#include "base/str.h"
#include "base/utf8.h"
#include "io/httpc_priv.h"
#include <string.h>

enum { MAIL_LINE_BYTES = 200 };

struct mail {
    mail_fn *fn;
    void *arg;
    const char *who, *message;
    size_t bytes, at;
    bool all_read; /* libcurl has the whole message: the server may have it too */
    bool accepted;
    char line[MAIL_LINE_BYTES]; /* the server's refusal; what it says to QUIT does not count */
    struct curl_slist *to;
};

static size_t on_upload(char *p, size_t one, size_t n, void *arg)
{
    struct httpc_job *job = arg;
    struct mail *m = job->owner;
    size_t room = one * n, left = m->bytes - m->at;
    if (job->cancelled)
        return CURL_READFUNC_ABORT;
    if (left < room)
        room = left;
    memcpy(p, m->message + m->at, room);
    m->at += room;
    m->all_read = room == 0;
    return room;
}

static size_t on_line(char *p, size_t one, size_t n, void *arg)
{
    struct httpc_job *job = arg;
    struct mail *m = job->owner;
    struct str line = str_trim((struct str){p, n});
    if (line.n >= 3 && (line.p[0] == '4' || line.p[0] == '5'))
        str_copyn(m->line, sizeof m->line, line.p, line.n);
    else if (line.n >= 3 && line.p[0] == '2' && m->all_read && m->line[0] == '\0')
        m->accepted = true;
    return n;
}

/* What the server said is shown to people, so it is cleaned. */
static int refused(const struct mail *m, CURLcode rc, struct err *e)
{
    struct buf said = BUF_MAX(2 * MAIL_LINE_BYTES);
    utf8_clean(&said, m->line, strlen(m->line), UTF8_ONE_LINE, MAIL_LINE_BYTES);
    int code = rc == CURLE_LOGIN_DENIED ? ERR_AUTH : m->line[0] == '5' ? ERR_DENIED : ERR_BUSY;
    err_set(e, code, MSG("the mail server {1} said: {2}"), "ss", m->who, buf_text(&said));
    buf_done(&said);
    return code;
}

static void mail_free(struct httpc_job *job)
{
    struct mail *m = job->owner;
    curl_slist_free_all(m->to);
    httpc_job_end(job);
}

static int outcome(struct httpc_job *job, CURLcode rc, bool *ret_in_doubt, struct err *e)
{
    struct mail *m = job->owner;
    if (rc == CURLE_OK || m->accepted) /* a broken QUIT does not matter */
        return 0;
    if (m->line[0] != '\0')
        return refused(m, rc, e);
    *ret_in_doubt = m->all_read;
    const struct tls_info *tls = job->tls.verdict.code != 0 ? httpc_tls_info(job) : NULL;
    if (tls == NULL)
        return httpc_job_error(job, rc, m->who, e);
    e->code = ERR_TLS;
    str_copy(e->text, sizeof e->text, tls->verify_text); /* is packed already */
    return ERR_TLS;
}

static void mail_finish(struct httpc_job *job, CURLcode rc)
{
    struct mail *m = job->owner;
    if (!job->cancelled) {
        struct err e = {0};
        bool in_doubt = false;
        int code = outcome(job, rc, &in_doubt, &e);
        m->fn(m->arg, code, in_doubt, &e);
    }
    mail_free(job);
}

/* "smtp://host:25" → "host:25". */
static const char *host_of(struct arena *a, const char *url)
{
    const char *at = strstr(url, "://");
    at = at != NULL ? at + 3 : url;
    return arena_dupn(a, at, strcspn(at, "/?#"));
}

static const char *name_of(struct arena *a, const char *host)
{
    return host[0] == '[' ? arena_dupn(a, host + 1, strcspn(host + 1, "]"))
                          : arena_dupn(a, host, strcspn(host, ":"));
}

/* Opportunistic encryption verifies nobody; where a password is sent, or TLS is asked for, it must.
 */
static void set_tls(struct httpc_job *job, const struct mail_request *rq, const char *host)
{
    bool secure = str_istarts(rq->url, "smtps:") || rq->starttls_required;
    job->tls.opts = (struct tls_opts){.server_name = name_of(job->arena, host),
                                      .verify = secure || rq->user != NULL};
    httpc_tls_setup(job);
    curl_easy_setopt(job->easy, CURLOPT_USE_SSL,
                     rq->starttls_required ? (long)CURLUSESSL_ALL : (long)CURLUSESSL_TRY);
}

static void set_options(struct httpc_job *job, const struct mail_request *rq)
{
    CURL *easy = job->easy;
    struct mail *m = job->owner;
    curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "smtp,smtps");
    curl_easy_setopt(easy, CURLOPT_URL, rq->url);
    curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, (long)rq->timeout_ms);
    curl_easy_setopt(easy, CURLOPT_FRESH_CONNECT, rq->keep_alive ? 0L : 1L);
    curl_easy_setopt(easy, CURLOPT_FORBID_REUSE, rq->keep_alive ? 0L : 1L);
    curl_easy_setopt(easy, CURLOPT_MAIL_FROM, rq->from);
    curl_easy_setopt(easy, CURLOPT_MAIL_RCPT, m->to);
    curl_easy_setopt(easy, CURLOPT_UPLOAD, 1L);
    curl_easy_setopt(easy, CURLOPT_READFUNCTION, on_upload);
    curl_easy_setopt(easy, CURLOPT_READDATA, job);
    curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, on_line);
    curl_easy_setopt(easy, CURLOPT_HEADERDATA, job);
    if (rq->user != NULL) {
        curl_easy_setopt(easy, CURLOPT_USERNAME, rq->user);
        curl_easy_setopt(easy, CURLOPT_PASSWORD, rq->password != NULL ? rq->password : "");
    }
}

static bool address_sane(const char *address)
{
    return address != NULL && address[0] != '\0' && strpbrk(address, "\r\n<> ") == NULL;
}

static bool addresses_take(struct mail *m, const struct mail_request *rq)
{
    bool sane = address_sane(rq->from) && rq->n_to > 0;
    for (int i = 0; sane && i < rq->n_to; i++) {
        sane = address_sane(rq->to[i]);
        if (sane)
            m->to = curl_slist_append(m->to, rq->to[i]);
    }
    return sane;
}

struct httpc_job *mail_send(struct httpc *h, const struct mail_request *rq, mail_fn *fn, void *arg)
{
    ASSERT(rq->timeout_ms > 0);
    struct httpc_job *job = httpc_job_new(h, mail_finish);
    struct mail *m = ARENA_NEW(job->arena, struct mail);
    m->fn = fn;
    m->arg = arg;
    m->who = host_of(job->arena, rq->url);
    m->message = arena_dupn(job->arena, rq->message, rq->message_bytes);
    m->bytes = rq->message_bytes;
    job->owner = m;
    job->timeout_ms = rq->timeout_ms;
    if (!addresses_take(m, rq)) {
        httpc_job_refuse(job, ERR_INVALID, MSG("a mail for {1} has no valid sender or recipient"),
                         m->who);
        return job;
    }
    set_options(job, rq);
    set_tls(job, rq, m->who);
    httpc_job_add(job);
    return job;
}
