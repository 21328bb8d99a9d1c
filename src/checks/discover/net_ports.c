/* SPDX-License-Identifier: GPL-3.0-or-later */
/* net_ports.c: connections to the ports where servers usually are, four at a time to one host, and what answers there.
 *
 * Where the protocol lets the server speak first, we listen; the web is asked for its front page's head; PostgreSQL whether it speaks TLS;
 * what begins with TLS is looked at twice: first whatever certificate there is, then, when it names somebody, whether that name verifies. */
#include "checks/discover/greet.h"
#include "checks/discover/net_priv.h"
#include "base/msg.h"
#include "base/str.h"
#include "io/tls.h"

#include <strings.h>

enum { MAX_CONNS = 64, MAX_PER_HOST = 4, CONNECT_MS = 900 /* before the kernel sends its SYN again */, HELLO_MS = 1500, ANSWER_MS = 3000, HEARD_BYTES = 1024 };
enum { OPEN_PACKETS = 2 /* the ACK, and the end */, WRITE_PACKETS = 1, HEARD_PACKETS = 1, TLS_PACKETS = 4, DNS_WAIT_MS = 2000, TYPE_PTR = 12 };

enum hello { HELLO_LISTEN, HELLO_WEB, HELLO_POSTGRES, HELLO_DNS, HELLO_NONE };
static const struct row {
    int port;
    enum hello hello;
    bool tls;
    const char *check; /* what it is when it does not say so itself: a word of a probe; NULL: a port that is open */
} rows[] = {
    {22, HELLO_LISTEN, false, NULL},       {80, HELLO_WEB, false, NULL},          {443, HELLO_WEB, true, NULL},
    {53, HELLO_DNS, false, NULL},          {25, HELLO_LISTEN, false, "smtp"},     {21, HELLO_LISTEN, false, "ftp"},
    {110, HELLO_LISTEN, false, NULL},      {143, HELLO_LISTEN, false, NULL},      {587, HELLO_LISTEN, false, "submission"},
    {465, HELLO_LISTEN, true, "submission"}, {993, HELLO_LISTEN, true, NULL},     {995, HELLO_LISTEN, true, NULL},
    {389, HELLO_NONE, false, "ldap"},      {445, HELLO_NONE, false, NULL},        {631, HELLO_WEB, false, NULL},
    {3306, HELLO_LISTEN, false, NULL},     {5432, HELLO_POSTGRES, false, NULL},   {3389, HELLO_NONE, false, NULL},
    {5666, HELLO_NONE, false, NULL},       {8080, HELLO_WEB, false, NULL},        {8443, HELLO_WEB, true, NULL},
    {9100, HELLO_NONE, false, NULL},
};

struct net_conn {
    struct net_conn *next;
    struct net *net;
    struct net_host *host;
    const struct row *row;
    struct sock *sock;
    struct dns_job *dns;
    struct timer timer;
    struct buf heard;
    bool open, verifying;
    char pick[NET_NAME_BYTES]; /* the name that its certificate is for */
    struct net_service found;
};

int net_ports_count(void) { return (int)COUNT(rows); }

bool net_ports_done(const struct net *n, const struct net_host *h)
{
    return h->far || (h->open == 0 && (h->port_at >= (int)COUNT(rows) || !net_host_may(h, 1)));
}

static void conn_drop(struct net_conn *c)
{
    struct net_conn **at = &c->net->conns;
    while (*at != c)
        at = &(*at)->next;
    *at = c->next;
    c->net->n_conns--;
    c->host->open--;
    timer_clear(&c->timer);
    dns_cancel(c->dns);
    sock_free(c->sock);
    buf_done(&c->heard);
    mem_free(c);
}

/* ---- what it is ---- */

static void quote(struct net_conn *c)
{
    const char *p = buf_text(&c->heard), *end = strpbrk(p, "\r\n");
    net_clean(c->found.quote, sizeof(c->found.quote), p, end ? (size_t)(end - p) : c->heard.len);
}

static void judge(struct net_conn *c)
{
    struct greeted g;
    struct net_service *s = &c->found;
    greet_read((struct str){buf_text(&c->heard), c->heard.len}, true, &g);
    s->kind = NET_PLAIN;
    if (g.what == GREET_WEB && !g.wants_tls) {
        s->kind = NET_WEB;
        s->status = g.status;
    } else if (g.what == GREET_CHECK) {
        s->kind = NET_CHECK;
        s->check = c->row->check && str_eq(g.check, "smtp") ? c->row->check : g.check; /* a submission port greets like SMTP */
        if (!str_eq(g.check, "mysql"))
            quote(c);
    } else if (c->row->hello == HELLO_POSTGRES && c->heard.len == 1 && strchr("SN", c->heard.data[0])) {
        s->kind = NET_CHECK;
        s->check = "postgres";
    } else if (c->row->check) {
        s->kind = c->row->hello == HELLO_NONE || g.what == GREET_OTHER ? NET_CHECK : NET_PLAIN;
        s->check = c->row->check;
    }
}

static void done(struct net_conn *c)
{
    struct net_host *h = c->host;
    h->proven = true;
    if (h->services.n < NET_MAX_SERVICES)
        VEC_PUSH(&h->services, c->found);
    conn_drop(c);
}

static void connect_to(struct net_conn *c);

/* It has said what it is. What has a certificate for a name is asked once more, whether that verifies. */
static void finish(struct net_conn *c)
{
    if (c->found.kind != NET_DNS)
        judge(c);
    if (!c->pick[0] || !net_host_may(c->host, 1 + OPEN_PACKETS + TLS_PACKETS)) {
        done(c);
        return;
    }
    c->verifying = true;
    str_copy(c->found.name, sizeof(c->found.name), c->pick);
    net_charge_host(c->net, c->host, 1);
    connect_to(c);
}

/* ---- the dialogue ---- */

static void say(struct net_conn *c, const void *p, size_t bytes)
{
    net_charge_host(c->net, c->host, WRITE_PACKETS);
    timer_set(&c->timer, ANSWER_MS);
    (void)sock_write(c->sock, p, bytes);
}

static void ask_web(struct net_conn *c)
{
    char text[300], host[NET_NAME_BYTES];
    net_ip_format(c->host->ip, host);
    str_print(text, sizeof(text), "HEAD / HTTP/1.0\r\nHost: %s\r\nUser-Agent: vigie\r\n\r\n", c->found.name[0] ? c->found.name : host);
    say(c, text, strlen(text));
}

static void on_dns(void *arg, const struct dns_answer *r)
{
    struct net_conn *c = arg;
    c->dns = NULL;
    if (r->code == 0 || r->code == ERR_REFUSED)
        c->found.kind = NET_DNS;
    c->found.status = r->code == ERR_REFUSED ? 5 : r->rcode;
    finish(c);
}

/* Its own address's name: whatever comes back is what it answers on a good day. */
static void ask_dns(struct net_conn *c)
{
    struct addr to;
    char name[64];
    uint32_t ip = c->host->ip;
    timer_clear(&c->timer);
    c->sock = sock_free(c->sock);
    net_addr_of(ip, 53, &to);
    net_charge_host(c->net, c->host, WRITE_PACKETS);
    str_print(name, sizeof(name), "%u.%u.%u.%u.in-addr.arpa", ip & 255, ip >> 8 & 255, ip >> 16 & 255, ip >> 24);
    c->dns = dns_query(c->net->dns, &to, name, TYPE_PTR, DNS_WAIT_MS, on_dns, c);
}

static void begin(struct net_conn *c)
{
    static const char ssl_request[] = {0, 0, 0, 8, 4, (char)210, 22, 47};
    switch (c->row->hello) {
    case HELLO_LISTEN:
        timer_set(&c->timer, HELLO_MS);
        break;
    case HELLO_WEB:
        ask_web(c);
        break;
    case HELLO_POSTGRES:
        say(c, ssl_request, sizeof(ssl_request));
        break;
    case HELLO_DNS:
        ask_dns(c);
        break;
    case HELLO_NONE:
        finish(c);
        break;
    }
}

static void start_tls(struct net_conn *c)
{
    struct tls_opts o = {.server_name = c->verifying ? c->found.name : c->host->dns_name[0] ? c->host->dns_name : NULL, .verify = c->verifying};
    net_charge_host(c->net, c->host, TLS_PACKETS);
    timer_set(&c->timer, ANSWER_MS);
    if (sock_start_tls(c->sock, &o) != 0)
        finish(c);
}

static void on_open(void *arg)
{
    struct net_conn *c = arg;
    c->open = true;
    net_charge_host(c->net, c->host, OPEN_PACKETS);
    if (c->row->tls)
        start_tls(c);
    else
        begin(c);
}

/* ---- certificates ---- */

/* The name to verify: that of the host if the certificate has it, else its first plain one. */
static bool name_pick(const struct net_conn *c, const struct tls_info *info, char out[NET_NAME_BYTES])
{
    const struct tls_cert *leaf = info && info->n_chain ? &info->chain[0] : NULL;
    struct addr a;
    out[0] = '\0';
    for (int i = 0; leaf && !leaf->self_signed && i < leaf->n_names; i++) {
        const char *name = leaf->names[i];
        bool plain = name[0] != '*' && strlen(name) < NET_NAME_BYTES && strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_") == strlen(name) && addr_parse(name, 0, &a) != 0;
        if (plain && (!out[0] || strcasecmp(name, c->host->dns_name) == 0))
            str_copy(out, NET_NAME_BYTES, name);
    }
    return out[0] != '\0';
}

static void on_secure(void *arg)
{
    struct net_conn *c = arg;
    c->found.tls = true;
    if (c->verifying) {
        c->found.verified = true;
        done(c);
        return;
    }
    (void)name_pick(c, sock_tls_info(c->sock), c->pick);
    begin(c);
}

static void on_data(void *arg, const char *p, size_t bytes)
{
    struct net_conn *c = arg;
    struct greeted g;
    net_charge_host(c->net, c->host, HEARD_PACKETS);
    buf_add(&c->heard, p, bytes);
    greet_read((struct str){buf_text(&c->heard), c->heard.len}, c->heard.full, &g);
    if (g.what != GREET_MORE || c->heard.full || c->row->hello == HELLO_POSTGRES)
        finish(c);
}

static void on_end(void *arg, int code, const struct err *e)
{
    struct net_conn *c = arg;
    if (c->verifying) { /* nobody's whom we trust */
        c->found.name[0] = '\0';
        done(c);
        return;
    }
    if (c->open && (code != ERR_RESET || c->heard.len || c->found.tls)) {
        finish(c);
        return;
    }
    if (code == ERR_REFUSED)
        c->host->proven = c->host->proven || !c->host->doubt;
    conn_drop(c);
}

static void on_timer(void *arg)
{
    struct net_conn *c = arg;
    if (c->verifying)
        on_end(c, ERR_TIMEOUT, NULL);
    else if (c->open)
        finish(c);
    else
        conn_drop(c);
}

static const struct sock_events events = {.on_open = on_open, .on_secure = on_secure, .on_data = on_data, .on_end = on_end};

static void connect_to(struct net_conn *c)
{
    struct addr to;
    sock_free(c->sock);
    c->open = false;
    net_addr_of(c->host->ip, c->row->port, &to);
    timer_set(&c->timer, CONNECT_MS);
    c->sock = sock_connect(c->net->head.loop, &to, NULL, &events, c);
}

static void conn_new(struct net *n, struct net_host *h)
{
    struct net_conn *c = NEW(struct net_conn);
    *c = (struct net_conn){.next = n->conns, .net = n, .host = h, .row = &rows[h->port_at++], .heard = BUF_MAX(HEARD_BYTES)};
    c->found.port = c->row->port;
    n->conns = c;
    n->n_conns++;
    h->open++;
    h->packets++;
    timer_init(&c->timer, n->head.loop, on_timer, c);
    connect_to(c);
}

int net_ports_next(struct net *n)
{
    for (size_t i = 0; n->n_conns < MAX_CONNS && i < n->hosts.n; i++) {
        struct net_host *h = n->hosts.at[n->host_turn++ % n->hosts.n];
        if (h->port_at >= (int)COUNT(rows) || h->open >= MAX_PER_HOST || !net_host_may(h, 1))
            continue;
        conn_new(n, h);
        return 1;
    }
    return 0;
}

void net_ports_free(struct net *n)
{
    while (n->conns)
        conn_drop(n->conns);
}
