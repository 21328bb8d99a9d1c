/* SPDX-License-Identifier: GPL-3.0-or-later */
/* sim_sock.c: byte streams to simulated peers.
 *
 * What the peer does becomes a queue of pieces, each with its moment: opened, bytes, secured, ended.  One
 * event a socket stands for the head of its queue, so order within a stream is never in question. */
#include "io/sim/sim_int.h"
#include "io/sock.h"

enum { SOCK_MAGIC = 0x50c4e701, MAX_QUEUED = 1 << 20, MAX_CHUNK = 16384, MAX_LINE = 65536, FIRST_PORT = 40000 };

enum what { OPENED, SECURED, BYTES, ENDED };
struct piece {
    struct piece *next;
    enum what what;
    int64_t at_us;
    char *data; /* BYTES */
    size_t n, pos;
    bool endless;
    struct err err; /* ENDED: code 0 is an orderly close */
};
struct sock {
    unsigned magic;
    struct sim_obj obj;
    struct loop *loop;
    struct sock_events events;
    void *arg;
    struct sim_path path;
    struct piece *first, **last;
    struct sim_event next;
    bool open, ended, paused, secure, closing;
    struct buf rx;  /* what the peer has got of an unfinished line or request */
    size_t queued;  /* bytes that a deaf peer has not read */
    struct addr local;
    struct arena *arena;
    const struct tls_info *tls;
    int number; /* among the connections of its port */
};

/* ---- the queue ---- */

static void piece_free(struct piece *p)
{
    mem_free(p->data);
    mem_free(p);
}

/* Bytes and ends wait while the owner does not read. */
static void wake(struct sock *s)
{
    struct piece *p = s->first;
    if (!p || (s->paused && (p->what == BYTES || p->what == ENDED)))
        sim_event_clear(&s->next);
    else
        sim_event_at(&s->next, p->at_us > sim_world()->now_us ? p->at_us : sim_world()->now_us);
}

static struct piece *say(struct sock *s, enum what what, int64_t after_us)
{
    struct piece *p = NEW(struct piece);
    p->what = what;
    p->at_us = sim_world()->now_us + after_us;
    bool was_empty = s->first == NULL;
    *s->last = p;
    s->last = &p->next;
    if (was_empty)
        wake(s);
    return p;
}

static void say_bytes(struct sock *s, const char *data, size_t n, int64_t after_us)
{
    if (n == 0)
        return;
    struct piece *p = say(s, BYTES, after_us);
    p->data = mem_dupn(data, n);
    p->n = n;
    p->endless = s->path.service && s->path.service->endless;
}

/* Cuts what one callback delivers. A dripping or endless piece stays in the queue. */
static bool take_chunk(struct sock *s, struct piece *p, const char **ret_p, size_t *ret_n)
{
    int64_t drip_ms = s->path.service ? s->path.service->drip_ms : 0;
    size_t n = p->n - p->pos, most = drip_ms ? 1 : MAX_CHUNK;
    *ret_p = p->data + p->pos;
    *ret_n = n < most ? n : most;
    p->pos += *ret_n;
    p->at_us = sim_world()->now_us + drip_ms * 1000;
    if (p->pos < p->n)
        return false;
    p->pos = 0;
    if (p->endless && !drip_ms)
        p->at_us += 1000;
    return !p->endless;
}

static void deliver_bytes(struct sock *s)
{
    struct piece *p = s->first;
    const char *at;
    size_t n;
    bool done = take_chunk(s, p, &at, &n);
    char *copy = mem_dupn(at, n); /* the callback may free the socket */
    if (done) {
        s->first = p->next;
        if (!s->first)
            s->last = &s->first;
        piece_free(p);
    }
    wake(s);
    if (s->events.on_data)
        s->events.on_data(s->arg, copy, n);
    mem_free(copy);
}

static void deliver_end(struct sock *s, const struct piece *p)
{
    struct err e = p->err;
    s->ended = true;
    s->open = false;
    if (s->events.on_end)
        s->events.on_end(s->arg, e.code, e.code ? &e : NULL);
}

static void serve(struct sock *s);

static void deliver(void *arg)
{
    struct sock *s = arg;
    CHECK_OBJ(s, SOCK_MAGIC);
    struct piece *p = s->first;
    if (p->what == BYTES) {
        deliver_bytes(s);
        return;
    }
    s->first = p->next;
    if (!s->first)
        s->last = &s->first;
    struct piece now = *p;
    piece_free(p);
    wake(s);
    if (now.what == ENDED) {
        deliver_end(s, &now);
        return;
    }
    if (now.what == OPENED)
        s->open = true;
    else
        s->secure = true;
    if (s->rx.len > 0)
        serve(s); /* written before the stream was open */
    void (*fn)(void *arg2) = now.what == OPENED ? s->events.on_open : s->events.on_secure;
    if (fn)
        fn(s->arg);
}

/* ---- the peer ---- */

static void say_end(struct sock *s, int code, const char *text, int64_t after_us)
{
    struct piece *p = say(s, ENDED, after_us);
    if (!code)
        return;
    p->err.code = code;
    str_copy(p->err.text, sizeof(p->err.text), text); /* perhaps a packed message */
}

static void greet(struct sock *s)
{
    struct sim_service *svc = s->path.service;
    if (!svc || !svc->banner)
        return;
    if (!svc->endless) {
        struct buf text = BUF_MAX(1 << 16);
        sim_answer_format(svc->banner, "", 0, &text);
        say_bytes(s, buf_text(&text), text.len, s->path.rtt_us / 2);
        buf_done(&text);
    } else {
        struct buf many = BUF_MAX(MAX_CHUNK + MAX_LINE);
        while (many.len < (svc->drip_ms ? 1 : MAX_CHUNK) && svc->banner[0])
            buf_str(&many, svc->banner);
        say_bytes(s, buf_text(&many), many.len, s->path.rtt_us / 2);
        buf_done(&many);
    }
    if (svc->close)
        say_end(s, 0, NULL, s->path.rtt_us / 2);
}

static void talk(struct sock *s, const char *line)
{
    struct sim_service *svc = s->path.service;
    struct buf out = BUF_MAX(1 << 20);
    svc->talk(svc->talk_arg, s->number, line, &out);
    say_bytes(s, buf_text(&out), out.len, s->path.rtt_us);
    buf_done(&out);
}

static void answer_line(struct sock *s, const char *line)
{
    struct sim_service *svc = s->path.service;
    if (svc->talk) {
        talk(s, line);
        return;
    }
    for (size_t i = 0; i < svc->rules.n; i++) {
        const struct sim_rule *r = &svc->rules.at[i];
        if (!str_glob(r->glob, line))
            continue;
        const char *text = r->answer ? r->answer : line;
        say_bytes(s, text, strlen(text), s->path.rtt_us);
        if (!r->answer)
            say_bytes(s, "\n", 1, s->path.rtt_us);
        if (svc->close)
            say_end(s, 0, NULL, s->path.rtt_us);
        return;
    }
}

static void serve_lines(struct sock *s)
{
    const char *nl;
    while (s->rx.len > 0 && (nl = memchr(s->rx.data, '\n', s->rx.len))) {
        size_t n = (size_t)(nl - s->rx.data);
        size_t text_n = n > 0 && s->rx.data[n - 1] == '\r' ? n - 1 : n;
        char *line = mem_dupn(s->rx.data, text_n);
        answer_line(s, line);
        mem_free(line);
        buf_drop(&s->rx, n + 1);
    }
}

static bool speaks_bytes(const struct sim_service *svc)
{
    bool bytes = svc->banner && str_starts(svc->banner, "hex:");
    for (size_t i = 0; i < svc->rules.n && !bytes; i++)
        bytes = svc->rules.at[i].answer && str_starts(svc->rules.at[i].answer, "hex:");
    return bytes;
}

static void serve_bytes(struct sock *s)
{
    struct buf out = BUF_MAX(1 << 16);
    if (s->rx.len && sim_rule_answer(s->path.service, s->rx.data, s->rx.len, &out)) {
        say_bytes(s, buf_text(&out), out.len, s->path.rtt_us);
        if (s->path.service->close)
            say_end(s, 0, NULL, s->path.rtt_us);
    }
    buf_clear(&s->rx);
    buf_done(&out);
}

/* One HTTP request by hand (a probe's own text), answered by the page for its path. */
static void serve_http(struct sock *s)
{
    if (!memmem(s->rx.data, s->rx.len, "\r\n\r\n", 4) && !memmem(s->rx.data, s->rx.len, "\n\n", 2))
        return;
    struct str rest = {s->rx.data, s->rx.len}, method, path;
    struct buf out = BUF_MAX(1 << 22);
    if (str_next(&rest, " \r\n", &method) && str_next(&rest, " \r\n", &path)) {
        char *copy = mem_dupn(path.p, path.n);
        const struct sim_page *page = sim_page_find(s->path.service, copy);
        sim_page_format(page, !page || !page->login, &out);
        say_bytes(s, buf_text(&out), out.len, s->path.rtt_us + (page ? page->delay_ms * 1000 : 0));
        mem_free(copy);
    }
    say_end(s, 0, NULL, s->path.rtt_us);
    buf_done(&out);
    buf_clear(&s->rx);
}

/* A hello written by hand: the answer's head, or an alert when nothing that is offered is spoken. */
static void serve_hello(struct sock *s)
{
    static const char alert[] = "\x15\x03\x01\x00\x02\x02\x46";
    char hello[] = "\x16\x03\x01\x00\x2a\x02\x00\x00\x26\x03\x03";
    int version = s->rx.len > 10 ? (unsigned char)s->rx.data[10] : 0;
    bool spoken = version == 3 || (s->path.service->old && version > 0);
    hello[10] = (char)version;
    if (spoken)
        say_bytes(s, hello, sizeof(hello) - 1, s->path.rtt_us);
    else
        say_bytes(s, alert, sizeof(alert) - 1, s->path.rtt_us);
    say_end(s, 0, NULL, s->path.rtt_us);
    buf_clear(&s->rx);
}

static void serve(struct sock *s)
{
    struct sim_service *svc = s->path.service;
    if (!svc || svc->deaf)
        return;
    if (svc->tls && !s->secure && s->rx.len > 1 && memcmp(s->rx.data, "\x16\x03", 2) == 0) {
        serve_hello(s);
        return;
    }
    if (svc->tls && !svc->starttls && !s->secure) {
        say_end(s, ERR_RESET, "connection reset by the peer", s->path.rtt_us);
        buf_clear(&s->rx); /* plain text where a handshake was due */
    } else if (svc->pages.n > 0) {
        serve_http(s);
    } else if (speaks_bytes(svc)) {
        serve_bytes(s);
    } else {
        serve_lines(s);
    }
}

void sim_sock_say(struct sim_service *svc, int conn, const char *text)
{
    for (struct sim_obj *o = sim_obj_first(SIM_OBJ_SOCK); o; o = sim_obj_after(o)) {
        struct sock *s = CONTAINER(o, struct sock, obj);
        if (s->path.service != svc || !s->open || s->ended || (conn && s->number != conn))
            continue;
        if (text)
            say_bytes(s, text, strlen(text), s->path.rtt_us / 2);
        else
            say_end(s, 0, NULL, s->path.rtt_us / 2);
    }
}

/* ---- the owner's side ---- */

static bool own_server(const struct addr *peer)
{
    if (peer->sa.sa_family == AF_UNIX) {
        char path[ADDR_TEXT_BYTES];
        addr_host(peer, path);
        return sim_httpd_listens(path, 0);
    }
    return addr_is_loopback(peer) && sim_httpd_listens(NULL, addr_port(peer));
}

static void start(struct sock *s, const struct addr *peer)
{
    struct err e = {0};
    if (own_server(peer))
        s->path.mode = SIM_UP;
    if (s->path.service)
        s->number = ++s->path.service->hits;
    if (s->path.mode == SIM_SILENT)
        return;
    int code = sim_path_error(&s->path, peer, &e);
    if (code == 0 || code == ERR_RESET)
        say(s, OPENED, s->path.rtt_us);
    if (code)
        say(s, ENDED, s->path.rtt_us + (code == ERR_RESET ? s->path.rtt_us : 0))->err = e;
    else if (s->path.service && (!s->path.service->tls || s->path.service->starttls))
        greet(s);
}

struct sock *sock_connect(struct loop *l, const struct addr *peer, const struct addr *source,
                          const struct sock_events *events, void *arg)
{
    struct sock *s = NEW(struct sock);
    s->magic = SOCK_MAGIC;
    s->loop = l;
    s->events = *events;
    s->arg = arg;
    s->last = &s->first;
    s->rx.max = MAX_QUEUED + MAX_LINE;
    sim_obj_add(&s->obj, SIM_OBJ_SOCK);
    sim_event_init(&s->next, l, deliver, s);
    sim_path_find(peer, false, &s->path);
    if (source)
        s->local = *source;
    else
        (void)addr_parse(addr_is_v6(peer) ? "::1" : "127.0.0.1", 0, &s->local);
    addr_set_port(&s->local, FIRST_PORT + (int)(sim_random() % 20000));
    start(s, peer);
    return s;
}

static void hear(struct sock *s, const void *p, size_t n)
{
    struct sim_service *svc = s->path.service;
    if (!svc)
        return;
    if (svc->heard.len + n > svc->heard.max)
        buf_clear(&svc->heard);
    buf_add(&svc->heard, p, n);
}

int sock_write(struct sock *s, const void *p, size_t n)
{
    CHECK_OBJ(s, SOCK_MAGIC);
    if (s->ended || s->closing)
        return ERR_RESET;
    bool stuck = !s->open || (s->path.service && s->path.service->deaf);
    if (n > MAX_QUEUED || (stuck && s->queued + n > MAX_QUEUED))
        return ERR_LIMIT;
    hear(s, p, n);
    if (stuck)
        s->queued += n;
    buf_add(&s->rx, p, n);
    if (s->open)
        serve(s);
    return 0;
}

void sock_pause(struct sock *s, bool paused)
{
    CHECK_OBJ(s, SOCK_MAGIC);
    s->paused = paused;
    wake(s);
}

void sock_close_after_write(struct sock *s)
{
    CHECK_OBJ(s, SOCK_MAGIC);
    if (s->closing || s->ended)
        return;
    s->closing = true;
    if (s->path.mode != SIM_SILENT && !(s->path.service && s->path.service->deaf))
        say_end(s, 0, NULL, s->path.rtt_us); /* peers hang up when we do */
}

struct sock *sock_free(struct sock *s)
{
    if (!s)
        return NULL;
    CHECK_OBJ(s, SOCK_MAGIC);
    sim_event_clear(&s->next);
    while (s->first) {
        struct piece *p = s->first;
        s->first = p->next;
        piece_free(p);
    }
    buf_done(&s->rx);
    arena_free(s->arena);
    sim_obj_remove(&s->obj);
    s->magic = 0;
    return mem_free(s);
}

int sock_local(const struct sock *s, struct addr *ret)
{
    CHECK_OBJ(s, SOCK_MAGIC);
    if (!s->open)
        return ERR_CONFLICT;
    *ret = s->local;
    return 0;
}

int sock_start_tls(struct sock *s, const struct tls_opts *opts)
{
    CHECK_OBJ(s, SOCK_MAGIC);
    if (!s->open || s->secure)
        return ERR_CONFLICT;
    struct sim_service *svc = s->path.service;
    int64_t after_us = s->path.rtt_us * 2;
    if (!s->arena)
        s->arena = arena_new(0);
    s->tls = svc ? sim_tls_show(s->arena, svc, opts->server_name) : NULL;
    if (!s->tls) {
        say_end(s, ERR_TLS, "the peer does not speak TLS here", after_us);
    } else if (opts->verify && s->tls->verify_code) {
        say_end(s, ERR_TLS, s->tls->verify_text, after_us);
    } else {
        say(s, SECURED, after_us);
        if (!svc->starttls)
            greet(s);
    }
    return 0;
}

const struct tls_info *sock_tls_info(const struct sock *s) { return s->tls; }
