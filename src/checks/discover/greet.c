/* SPDX-License-Identifier: GPL-3.0-or-later */
/* greet.c: see greet.h. Source: RFC 5321 (220), 9051 (* OK), 1939 (+OK), 4253 (SSH-), 9112 (HTTP/), 8446 (alerts), and the hello of
 * the others as their servers send it. */
#include "checks/discover/greet.h"
#include "base/buf.h"
#include "base/mem.h"
#include "io/sock.h"
#include <string.h>

/* ---- reading ---- */

static const struct row {
    const char *begins, *has; /* has: in the first bytes, case ignored; NULL: anything */
    const char *check;
} rows[] = {
    {"SSH-", NULL, "ssh"},
    {"220", "FTP", "ftp"},
    {"220", "SMTP", "smtp"},
    {"220", "LMTP", "lmtp"},
    {"220", "Postfix", "smtp"},
    {"220", "mail", "smtp"},
    {"220", "ready for new user", "ftp"},
    {"* OK", NULL, "imap"},
    {"* PREAUTH", NULL, "imap"},
    {"* BYE", NULL, "imap"},
    {"+OK", NULL, "pop3"},
    {"\"IMPLEMENTATION\"", NULL, "managesieve"},
    {"200 ", "NNTP", "nntp"},
    {"200 ", "news", "nntp"},
    {"201 ", "NNTP", "nntp"},
    {"RFB ", NULL, "vnc"},
    {"@RSYNCD:", NULL, "rsync"},
    {"-ERR unknown command", NULL, "redis"},
    {"-ERR wrong number of arguments", NULL, "redis"},
    {"-NOAUTH", NULL, "redis"},
    {"-DENIED Redis", NULL, "redis"},
    {"ERROR\r\n", NULL, "memcached"},
};

static bool has_text(struct str s, const char *text)
{
    size_t n = strlen(text);
    for (size_t i = 0; i + n <= s.n; i++)
        if (strncasecmp(s.p + i, text, n) == 0)
            return true;
    return false;
}

static bool begins(struct str s, const char *text) { return s.n >= strlen(text) && memcmp(s.p, text, strlen(text)) == 0; }

/* "HTTP/1.1 400 Bad Request": a TLS server says so, too, when it is asked without TLS. */
static void read_web(struct str s, struct greeted *ret)
{
    const char *blank = memchr(s.p, ' ', s.n);
    size_t at = blank ? (size_t)(blank + 1 - s.p) : s.n;
    int status = 0;
    for (size_t i = at; i < s.n && i < at + 3 && s.p[i] >= '0' && s.p[i] <= '9'; i++)
        status = status * 10 + s.p[i] - '0';
    *ret = (struct greeted){.what = GREET_WEB, .status = status};
    ret->wants_tls = status == 400 && (has_text(s, "HTTPS port") || has_text(s, "speaking plain HTTP") || has_text(s, "HTTP request to an HTTPS"));
}

/* Protocol 10, then the version as text: the first packet of MySQL and its kin (after 3 bytes of length, 1 of number); or an error. */
static bool is_mysql(struct str s)
{
    const unsigned char *p = (const unsigned char *)s.p;
    size_t n = s.n > 4 ? (size_t)p[0] | (size_t)p[1] << 8 | (size_t)p[2] << 16 : 0;
    if (s.n < 8 || n < 8 || n > 1000 || p[3] != 0)
        return false;
    return (p[4] == 10 && p[5] >= '1' && p[5] <= '9') || (p[4] == 0xff && has_text(s, "host"));
}

void greet_read(struct str s, bool ended, struct greeted *ret)
{
    *ret = (struct greeted){.what = s.n == 0 ? GREET_NOTHING : GREET_OTHER};
    if (begins(s, "HTTP/")) {
        if (ended || s.n >= GREET_MAX_BYTES || has_text(s, "\r\n\r\n"))
            read_web(s, ret);
        else
            ret->what = GREET_MORE;
        return;
    }
    if (s.n >= 2 && s.p[0] == 0x15 && s.p[1] == 0x03) { /* an alert of TLS */
        ret->what = GREET_TLS;
        return;
    }
    for (size_t i = 0; i < COUNT(rows); i++)
        if (begins(s, rows[i].begins) && (!rows[i].has || has_text(s, rows[i].has))) {
            *ret = (struct greeted){.what = GREET_CHECK, .check = rows[i].check};
            return;
        }
    if (is_mysql(s))
        *ret = (struct greeted){.what = GREET_CHECK, .check = "mysql"};
    else if (s.n && !ended && !memchr(s.p, '\n', s.n) && s.n < 64)
        ret->what = GREET_MORE;
}

/* ---- asking ---- */

struct greet {
    struct sock *sock;
    struct timer timer;
    struct buf heard;
    void (*done)(void *arg, const struct greeted *g);
    void *arg;
    bool asked;
};

static void finish(struct greet *g, bool ended)
{
    struct greeted r;
    timer_clear(&g->timer);
    greet_read((struct str){buf_text(&g->heard), g->heard.len}, ended, &r);
    g->sock = sock_free(g->sock);
    g->done(g->arg, &r); /* frees it, perhaps */
}

static void on_data(void *arg, const char *p, size_t n)
{
    struct greet *g = arg;
    struct greeted r;
    buf_add(&g->heard, p, n);
    greet_read((struct str){buf_text(&g->heard), g->heard.len}, g->heard.full, &r);
    if (r.what != GREET_MORE || g->heard.full)
        finish(g, g->heard.full);
}

static void on_end(void *arg, int code, const struct err *e) { finish(arg, true); }

static void on_open(void *arg)
{
    struct greet *g = arg;
    timer_set(&g->timer, GREET_WAIT_MS);
}

/* Who is silent waits for us to begin. */
static void on_timer(void *arg)
{
    static const char question[] = "GET / HTTP/1.0\r\nHost: localhost\r\nUser-Agent: vigie\r\n\r\n";
    struct greet *g = arg;
    if (g->asked || g->heard.len || sock_write(g->sock, question, sizeof question - 1) != 0) {
        finish(g, true);
        return;
    }
    g->asked = true;
    timer_set(&g->timer, GREET_ANSWER_MS);
}

static const struct sock_events events = {.on_open = on_open, .on_data = on_data, .on_end = on_end};

struct greet *greet_new(struct loop *l, const struct addr *at, void (*done)(void *arg, const struct greeted *g), void *arg)
{
    struct greet *g = NEW(struct greet);
    g->heard = BUF_MAX(GREET_MAX_BYTES);
    g->done = done;
    g->arg = arg;
    timer_init(&g->timer, l, on_timer, g);
    timer_set(&g->timer, GREET_ANSWER_MS); /* for the connection */
    g->sock = sock_connect(l, at, NULL, &events, g);
    return g;
}

struct greet *greet_free(struct greet *g)
{
    if (!g)
        return NULL;
    timer_clear(&g->timer);
    sock_free(g->sock);
    buf_done(&g->heard);
    return mem_free(g);
}
