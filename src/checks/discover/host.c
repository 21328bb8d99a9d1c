/* SPDX-License-Identifier: GPL-3.0-or-later */
/* host.c: a run of discovery on this machine: a worker reads, the loop asks the ports that need it, a few at a time, then all is told.
 * It connects to sockets of this machine only. */
#include "checks/discover/host.h"
#include "base/mem.h"
#include "base/msg.h"
#include "base/str.h"
#include "checks/discover/greet.h"
#include "io/machine.h"
#include "io/machine_file.h"
#include "io/work.h"

enum { ASK_AT_ONCE = 8, PRINTER = 9100 /* would print the question */ };

/* ---- on the worker ---- */

static int read_file(void *arg, const char *path, struct buf *out)
{
    struct machine_file f;
    int code = machine_stat(path, true, &f, NULL);
    if (code == 0 && f.kind != MACHINE_REGULAR) /* a pipe would wait for ever */
        return ERR_UNSUPPORTED;
    return code == 0 ? machine_read(path, out, NULL) : code;
}

static void list_dir(void *arg, const char *dir, int (*fn)(void *arg, const char *name), void *fn_arg)
{
    (void)machine_list(dir, SITES_MAX_NAMES, fn, fn_arg, NULL);
}

static bool is_open(const struct seen *s, int port)
{
    for (size_t i = 0; i < s->ports.n; i++)
        if (!s->ports.at[i].udp && s->ports.at[i].port == port)
            return true;
    return false;
}

/* Only certificates that may be read can be watched. */
static void drop_unread(struct seen *s)
{
    for (size_t i = 0; i < s->sites.certs.n;) {
        struct buf b = BUF_MAX(1 << 20);
        bool good = read_file(NULL, s->sites.certs.at[i].path, &b) == 0;
        buf_done(&b);
        if (good)
            i++;
        else
            VEC_REMOVE(&s->sites.certs, i);
    }
}

static void read_sites(struct seen *s)
{
    static const struct sites_from from = {.read = read_file, .list = list_dir};
    static const char *const postfix[] = {"smtpd_tls_cert_file", "smtpd_tls_chain_files", NULL}, *const dovecot[] = {"ssl_cert", NULL};
    s->sites.arena = s->arena;
    s->sites.from = &from;
    sites_nginx(&s->sites, "/etc/nginx/nginx.conf");
    sites_apache(&s->sites, "/etc/apache2/apache2.conf");
    sites_apache(&s->sites, "/etc/httpd/conf/httpd.conf");
    sites_pairs_cert(&s->sites, "/etc/postfix/main.cf", postfix);
    sites_pairs_cert(&s->sites, "/etc/dovecot/dovecot.conf", dovecot);
    sites_pairs_cert(&s->sites, "/etc/dovecot/conf.d/10-ssl.conf", dovecot);
    if (is_open(s, 53)) {
        sites_bind(&s->sites, "/etc/bind/named.conf");
        sites_nsd(&s->sites, "/etc/nsd/nsd.conf", "nsd");
        sites_nsd(&s->sites, "/etc/knot/knot.conf", "knot");
    }
    drop_unread(s);
}

void host_see(struct seen *s)
{
    s->arena = arena_new(4096);
    host_listen(s);
    read_sites(s);
    host_facts(s);
    for (size_t i = 0; i < s->ports.n; i++) {
        struct port *p = &s->ports.at[i];
        host_kind(p);
        for (size_t k = 0; k < s->sites.sites.n; k++)
            p->named = p->named || s->sites.sites.at[k].port == p->port;
    }
}

void seen_done(struct seen *s)
{
    sites_done(&s->sites);
    VEC_DONE(&s->ports);
    s->arena = arena_free(s->arena);
}

/* ---- the run ---- */

struct host_run;
struct look { /* lives until the worker is done with it, whoever has gone meanwhile */
    struct host_run *run; /* NULL: nobody wants it any more */
    struct seen seen;
};
struct asking {
    struct host_run *run;
    struct greet *greet;
    size_t port;
};
struct host_run {
    struct discover head; /* first */
    struct look *look;
    struct asking asking[ASK_AT_ONCE];
    size_t next;
    bool looked, told;
};

static void look_free(struct look *k)
{
    seen_done(&k->seen);
    mem_free(k);
}

static void run_free(struct discover *d)
{
    struct host_run *r = (struct host_run *)d;
    for (int i = 0; i < ASK_AT_ONCE; i++)
        greet_free(r->asking[i].greet);
    if (r->look && !r->looked)
        r->look->run = NULL; /* the worker still has it */
    else if (r->look)
        look_free(r->look);
    mem_free(r);
}

static void go_on(struct host_run *r);

/* Silent ones that only their number tells of; and what the greeting says otherwise. */
static void take_greeting(struct port *p, const struct greeted *g)
{
    bool tls = false;
    const char *usual = host_usual(p->port, &tls);
    p->by_greeting = g->what == GREET_CHECK || g->what == GREET_WEB || g->what == GREET_TLS;
    if (g->what == GREET_CHECK) {
        p->kind = PORT_CHECK;
        p->check = str_eq(g->check, "smtp") && p->port == 587 ? "submission" : g->check;
    } else if (g->what == GREET_WEB) {
        p->kind = PORT_WEB;
        p->status = g->status;
        p->tls = g->wants_tls;
    } else if (g->what == GREET_TLS && usual && tls && !str_eq(usual, "https")) {
        p->kind = PORT_CHECK;
        p->check = usual;
        p->tls = true;
    } else if (g->what == GREET_TLS) {
        p->kind = PORT_WEB;
        p->tls = true;
    } else if (p->kind == PORT_ASK && !p->program[0] && usual && !tls && !str_eq(usual, "http")) {
        p->kind = PORT_CHECK;
        p->check = usual;
    }
}

static void on_greeted(void *arg, const struct greeted *g)
{
    struct asking *k = arg;
    struct host_run *r = k->run;
    k->greet = greet_free(k->greet);
    take_greeting(&r->look->seen.ports.at[k->port], g);
    r->head.progress.done++;
    discover_moved(&r->head);
    go_on(r);
}

static bool wants_asking(const struct port *p)
{
    return !p->udp && p->port != PRINTER && (p->kind == PORT_ASK || (p->kind == PORT_WEB && !p->named));
}

/* Everything from here may end the run: the last thing that its callers do. */
static void go_on(struct host_run *r)
{
    struct seen *s = &r->look->seen;
    bool busy = false;
    for (int i = 0; i < ASK_AT_ONCE; i++) {
        struct asking *k = &r->asking[i];
        while (!k->greet && r->next < s->ports.n) {
            size_t at = r->next++;
            if (!wants_asking(&s->ports.at[at]))
                continue;
            *k = (struct asking){.run = r, .port = at};
            k->greet = greet_new(r->head.loop, &s->ports.at[at].at, on_greeted, k);
        }
        busy = busy || k->greet;
    }
    if (busy || r->told)
        return;
    r->told = true;
    host_tell(s, &r->head);
    discover_finish(&r->head, NULL);
}

static void look_run(void *arg)
{
    struct look *k = arg;
    host_see(&k->seen);
}

static void look_done(void *arg)
{
    struct look *k = arg;
    struct host_run *r = k->run;
    if (!r) {
        look_free(k);
        return;
    }
    r->looked = true;
    for (size_t i = 0; i < k->seen.ports.n; i++)
        r->head.progress.all += wants_asking(&k->seen.ports.at[i]);
    r->head.progress.done++;
    r->head.progress.doing = MSG("asking what listens here");
    discover_moved(&r->head);
    go_on(r);
}

static void look_drop(void *arg)
{
    struct look *k = arg;
    if (k->run)
        k->run->look = NULL;
    look_free(k);
}

static const struct discover_kind kind = {.free = run_free};

struct discover *discover_host(struct loop *l, struct work_pool *workers, const char *host, const struct discover_events *events, void *arg,
                               struct err *e)
{
    struct host_run *r = NEW(struct host_run);
    r->look = NEW(struct look);
    r->look->run = r;
    str_copy(r->look->seen.host, sizeof r->look->seen.host, host);
    discover_begin(&r->head, &kind, l, events, arg);
    r->head.progress.all = 1;
    r->head.progress.doing = MSG("reading what this machine says of itself");
    if (work_give(workers, l, look_run, look_done, look_drop, r->look) < 0) {
        timer_clear(&r->head.tell);
        look_free(r->look);
        mem_free(r);
        err_set(e, ERR_BUSY, MSG("the workers have too much to do; try again"), "");
        return NULL;
    }
    discover_moved(&r->head);
    return &r->head;
}
