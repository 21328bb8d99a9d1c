/* SPDX-License-Identifier: GPL-3.0-or-later */
/* sim_mail.c: the mail server of the simulated world: keeps what it accepts, fails as told. */
#include "base/hash.h"
#include "io/sim/sim_http.h"
#include "io/sim/sim_int.h"

enum { MAIL_US = 10000 };

void sim_mail_mode(enum sim_mail_mode mode) { sim_world()->mail_mode = mode; }

int sim_mails(void) { return (int)sim_world()->mails.n; }

const struct sim_mail *sim_mail_at(int i)
{
    struct sim_world *w = sim_world();
    return i >= 0 && (size_t)i < w->mails.n ? &w->mails.at[i] : NULL;
}

void sim_mail_forget(void)
{
    struct sim_world *w = sim_world();
    for (size_t i = 0; i < w->mails.n; i++) {
        mem_free((char *)w->mails.at[i].from);
        mem_free((char *)w->mails.at[i].to);
        mem_free((char *)w->mails.at[i].subject);
        mem_free((char *)w->mails.at[i].message);
    }
    w->mails.n = 0;
}

/* ---- the subject ---- */

/* "=?UTF-8?B?…?=" */
static void decode_base64(struct buf *out, struct str text)
{
    unsigned char bytes[1024];
    char copy[1024];
    size_t n;
    if (str_copyn(copy, sizeof(copy), text.p, text.n) && hash_unbase64(copy, bytes, sizeof(bytes), &n) == 0)
        buf_add(out, bytes, n);
}

/* "=?UTF-8?Q?…?=" */
static void decode_quoted(struct buf *out, struct str text)
{
    for (size_t i = 0; i < text.n; i++) {
        char hex[3] = "";
        unsigned char byte;
        if (text.p[i] == '=' && i + 2 < text.n) {
            memcpy(hex, text.p + i + 1, 2);
            if (hash_unhex(hex, &byte, 1) == 0)
                buf_char(out, (char)byte);
            i += 2;
        } else {
            buf_char(out, text.p[i] == '_' ? ' ' : text.p[i]);
        }
    }
}

/* One encoded word at p; returns its length, 0 when it is none. */
static size_t decode_word(struct buf *out, const char *p)
{
    const char *mark = str_starts(p, "=?") ? strchr(p + 2, '?') : NULL;
    if (!mark || !mark[1] || mark[2] != '?')
        return 0;
    const char *end = strstr(mark + 3, "?=");
    if (!end)
        return 0;
    struct str text = {mark + 3, (size_t)(end - (mark + 3))};
    if ((mark[1] | 0x20) == 'b')
        decode_base64(out, text);
    else
        decode_quoted(out, text);
    return (size_t)(end + 2 - p);
}

static void decode_header(struct buf *out, const char *text)
{
    while (*text) {
        size_t n = decode_word(out, text);
        if (n > 0) {
            text += n;
            if (*text == ' ' && str_starts(text + 1, "=?"))
                text++; /* blanks between encoded words do not count */
            continue;
        }
        buf_char(out, *text++);
    }
}

/* The unfolded value of a header of the message, into out. */
static void find_header(const char *message, const char *name, struct buf *out)
{
    const char *line = message;
    size_t len = strlen(name);
    bool in = false;
    while (*line && *line != '\r' && *line != '\n') {
        size_t n = strcspn(line, "\r\n");
        if (*line != ' ' && *line != '\t')
            in = n > len && line[len] == ':' && strncasecmp(line, name, len) == 0;
        if (in) {
            struct str part = (*line == ' ' || *line == '\t') ? (struct str){line, n} : (struct str){line + len + 1, n - len - 1};
            part = str_trim(part);
            if (out->len > 0)
                buf_char(out, ' ');
            buf_add(out, part.p, part.n);
        }
        line += n;
        line += *line == '\r';
        line += *line == '\n';
    }
}

void sim_mail_caught(const char *from, const char *to, const char *message, size_t n)
{
    struct sim_mail m = {.at_ms = sim_now_ms(), .from = mem_dup(from)};
    struct buf raw = BUF_MAX(65536), subject = BUF_MAX(65536), rcpt = BUF_MAX(65536);
    m.message = mem_dupn(message, n);
    find_header(m.message, "Subject", &raw);
    decode_header(&subject, buf_text(&raw));
    if (to)
        buf_str(&rcpt, to);
    else
        find_header(m.message, "To", &rcpt);
    m.subject = buf_take(&subject);
    m.to = buf_take(&rcpt);
    buf_done(&raw);
    VEC_PUSH(&sim_world()->mails, m);
}

/* ---- the twin of mail_send ---- */

struct errand {
    mail_fn *fn;
    void *arg;
    const char *from, *to, *message;
    size_t n;
    enum sim_mail_mode mode;
};

static void finish(void *arg, struct httpc_job *job)
{
    struct errand *r = arg;
    struct err e = {0};
    int code = 0;
    switch (r->mode) {
    case SIM_MAIL_OK:
        break;
    case SIM_MAIL_DOWN:
        code = err_set(&e, ERR_REFUSED, "{1} refused the connection", "s", "mail");
        break;
    case SIM_MAIL_SILENT:
        code = err_set(&e, ERR_TIMEOUT, "no connection to {1} within {2}", "sd", "mail", (int64_t)30000);
        break;
    case SIM_MAIL_REJECT:
        code = err_set(&e, ERR_DENIED, "the mail server {1} said: {2}", "ss", "mail", "550 no such user");
        break;
    case SIM_MAIL_LATER:
        code = err_set(&e, ERR_BUSY, "the mail server {1} said: {2}", "ss", "mail", "451 try again later");
        break;
    case SIM_MAIL_DOUBT:
        code = err_set(&e, ERR_RESET, "the connection to {1} broke", "s", "mail");
        break;
    }
    if (r->mode == SIM_MAIL_OK || r->mode == SIM_MAIL_DOUBT)
        sim_mail_caught(r->from, r->to, r->message, r->n);
    r->fn(r->arg, code, r->mode == SIM_MAIL_DOUBT, &e);
}

static const char *join(struct arena *a, const struct mail_request *rq)
{
    const char *all = "";
    for (int i = 0; i < rq->n_to; i++)
        all = arena_printf(a, "%s%s%s", all, i ? ", " : "", rq->to[i]);
    return all;
}

/* A mail server that is a host of the world is as reachable as that host. */
static enum sim_mail_mode mode_for(const char *url)
{
    const struct sim_world *w = sim_world();
    const char *at = strstr(url, "://");
    char host[256];
    at = at ? at + 3 : url;
    str_copyn(host, sizeof(host), at, strcspn(at, ":/"));
    const struct sim_host *h = sim_host_find(host);
    if (w->mail_mode != SIM_MAIL_OK || !h || h->mode == SIM_UP)
        return w->mail_mode;
    return h->mode == SIM_SILENT ? SIM_MAIL_SILENT : SIM_MAIL_DOWN;
}

struct httpc_job *mail_send(struct httpc *h, const struct mail_request *rq, mail_fn *fn, void *arg)
{
    enum sim_mail_mode mode = mode_for(rq->url);
    void *memory;
    int64_t after_us = mode == SIM_MAIL_SILENT ? rq->timeout_ms * 1000 : MAIL_US;
    struct httpc_job *job = sim_http_wait(h, after_us, finish, sizeof(struct errand), &memory);
    struct arena *a = sim_http_arena(job);
    struct errand *r = memory;
    *r = (struct errand){fn, arg, arena_dup(a, rq->from), join(a, rq), arena_dupn(a, rq->message, rq->message_bytes),
                         rq->message_bytes, mode};
    return job;
}
