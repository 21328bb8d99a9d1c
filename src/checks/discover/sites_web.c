/* SPDX-License-Identifier: GPL-3.0-or-later */
/* sites_web.c: the sites of nginx ("server" blocks below "http") and of Apache (VirtualHost), with their ports and certificates.
 * Source: nginx.org, modules http_core and http_ssl; httpd.apache.org, core and mod_ssl. */
#include "checks/discover/sites.h"
#include "wire/srvconf.h"

enum { MAX_PORTS = 16, MAX_WORDS = 200, HTTP = 80, HTTPS = 443 };

/* One site while its block is open. */
struct open_site {
    struct str name[MAX_WORDS];
    int port[MAX_PORTS];
    bool tls[MAX_PORTS], all_tls;
    int n_names, n_ports;
    const char *file;
};

static int number(struct str s)
{
    int n = 0;
    for (size_t i = 0; i < s.n; i++) {
        if (s.p[i] < '0' || s.p[i] > '9' || n > 65535)
            return 0;
        n = n * 10 + s.p[i] - '0';
    }
    return n;
}

/* "80", "192.0.2.1:80", "[::]:80", "*:80" → 80; "192.0.2.1" → 0; what has no port at all → -1. */
static int port_of(struct str s)
{
    size_t at = s.n;
    if (number(s))
        return number(s);
    if (s.n > 5 && memcmp(s.p, "unix:", 5) == 0)
        return -1;
    while (at > 0 && s.p[at - 1] != ':' && s.p[at - 1] != ']')
        at--;
    return at > 0 && s.p[at - 1] == ':' ? number((struct str){s.p + at, s.n - at}) : 0;
}

static void add_name(struct open_site *o, struct str name)
{
    if (o->n_names < MAX_WORDS)
        o->name[o->n_names++] = name;
}

static void add_port(struct open_site *o, int port, bool tls)
{
    for (int i = 0; i < o->n_ports; i++)
        if (o->port[i] == port) {
            o->tls[i] |= tls;
            return;
        }
    if (o->n_ports < MAX_PORTS && port > 0) {
        o->port[o->n_ports] = port;
        o->tls[o->n_ports++] = tls;
    }
}

static void put_site(struct sites *s, const char *server, const struct open_site *o)
{
    for (int n = 0; n < o->n_names; n++)
        for (int p = 0; p < o->n_ports; p++)
            sites_add(s, server, o->name[n], o->port[p], o->tls[p] || o->all_tls, o->file);
}

/* ---- nginx ---- */

struct nginx {
    char base[1024];
    int depth, http_at, server_at; /* blocks open; at which depth that one began, 0: none */
    struct open_site site;
};

static void nginx_listen(struct open_site *o, const struct srvconf *c)
{
    bool tls = false;
    int port = c->n > 1 ? port_of(c->word[1]) : -1;
    for (int i = 2; i < c->n; i++)
        tls = tls || str_is(c->word[i], "ssl") || str_is(c->word[i], "quic");
    if (port >= 0)
        add_port(o, port ? port : HTTP, tls);
}

static void nginx_file(struct sites *s, const char *path, const struct buf *text, void *arg);

/* Names live as slices of the file until the block ends: copied, as an included file goes before that. */
static struct str keep(struct sites *s, struct str word) { return (struct str){arena_dupn(s->arena, word.p, word.n), word.n}; }

static void nginx_directive(struct sites *s, struct nginx *x, const struct srvconf *c, const char *file)
{
    struct str key = c->word[0];
    if (str_is(key, "include") && c->n == 2 && c->word[1].n < 900) {
        char pattern[1024];
        str_copyn(pattern, sizeof pattern, c->word[1].p, c->word[1].n);
        sites_each(s, x->base, pattern, nginx_file, x);
    } else if (str_is(key, "ssl_certificate") && c->n == 2 && x->http_at) {
        sites_add_cert(s, c->word[1], x->base, file);
    } else if (!x->server_at || x->depth != x->server_at) {
        return;
    } else if (str_is(key, "listen")) {
        nginx_listen(&x->site, c);
    } else if (str_is(key, "server_name")) {
        for (int i = 1; i < c->n; i++)
            add_name(&x->site, keep(s, c->word[i]));
    } else if (str_is(key, "ssl") && c->n == 2) {
        x->site.all_tls = str_is(c->word[1], "on");
    }
}

static void nginx_open(struct nginx *x, const struct srvconf *c, const char *file)
{
    x->depth++;
    if (c->n == 1 && str_is(c->word[0], "http") && !x->http_at)
        x->http_at = x->depth;
    else if (c->n == 1 && str_is(c->word[0], "server") && x->http_at && !x->server_at) {
        x->server_at = x->depth;
        x->site = (struct open_site){.file = file};
    }
}

static void nginx_close(struct sites *s, struct nginx *x)
{
    if (x->server_at && x->depth == x->server_at) {
        if (!x->site.n_ports)
            add_port(&x->site, HTTP, false);
        put_site(s, "nginx", &x->site);
        x->server_at = 0;
    }
    if (x->depth == x->http_at)
        x->http_at = 0;
    x->depth -= x->depth > 0;
}

static void nginx_file(struct sites *s, const char *path, const struct buf *text, void *arg)
{
    struct nginx *x = arg;
    struct srvconf c = srvconf_of(buf_text(text), text->len);
    enum srvconf_what what;
    int from = x->depth;
    while ((what = srvconf_braces(&c)) != SRVCONF_END) {
        if (what == SRVCONF_OPEN)
            nginx_open(x, &c, path);
        else if (what == SRVCONF_DIRECTIVE)
            nginx_directive(s, x, &c, path);
        else if (x->depth > from) /* a file closes only what it opened */
            nginx_close(s, x);
    }
    while (x->depth > from)
        nginx_close(s, x);
}

void sites_nginx(struct sites *s, const char *path)
{
    struct nginx *x = NEW(struct nginx);
    sites_dir(path, x->base, sizeof x->base);
    sites_each(s, x->base, path, nginx_file, x);
    mem_free(x);
}

/* ---- Apache ---- */

struct apache {
    char base[1024];
    bool in_host;
    struct open_site site;
};

static bool is_key(struct str word, const char *key)
{
    return word.n == strlen(key) && strncasecmp(word.p, key, word.n) == 0;
}

/* "https://www.example.org:443", as ServerName may have it: the name. */
static struct str bare_name(struct str s)
{
    for (size_t i = 0; i + 2 < s.n; i++)
        if (memcmp(s.p + i, "://", 3) == 0) {
            s = (struct str){s.p + i + 3, s.n - i - 3};
            break;
        }
    const char *colon = memchr(s.p, ':', s.n);
    return colon ? (struct str){s.p, (size_t)(colon - s.p)} : s;
}

static void apache_file(struct sites *s, const char *path, const struct buf *text, void *arg);

static void apache_host(struct sites *s, struct apache *x, const struct srvconf *c)
{
    if (is_key(c->word[0], "SSLEngine") && c->n > 1)
        x->site.all_tls = is_key(c->word[1], "on");
    for (int i = 1; i < c->n; i++)
        if (is_key(c->word[0], "ServerAlias") || (i == 1 && is_key(c->word[0], "ServerName")))
            add_name(&x->site, keep(s, bare_name(c->word[i])));
}

static void apache_directive(struct sites *s, struct apache *x, const struct srvconf *c, const char *file)
{
    if ((is_key(c->word[0], "Include") || is_key(c->word[0], "IncludeOptional")) && c->n == 2 && c->word[1].n < 900) {
        char pattern[1024];
        str_copyn(pattern, sizeof pattern, c->word[1].p, c->word[1].n);
        size_t n = strlen(pattern);
        if (n && pattern[n - 1] == '/') /* a directory: all that is in it */
            str_copy(pattern + n, sizeof pattern - n, "*");
        sites_each(s, x->base, pattern, apache_file, x);
    } else if (is_key(c->word[0], "ServerRoot") && c->n == 2 && !x->in_host) {
        str_copyn(x->base, sizeof x->base, c->word[1].p, c->word[1].n);
    } else if (is_key(c->word[0], "SSLCertificateFile") && c->n == 2) {
        sites_add_cert(s, c->word[1], x->base, file);
    } else if (x->in_host) {
        apache_host(s, x, c);
    }
}

static void apache_open(struct apache *x, const struct srvconf *c, const char *file)
{
    if (!c->n || !is_key(c->word[0], "VirtualHost") || x->in_host)
        return;
    x->in_host = true;
    x->site = (struct open_site){.file = file};
    for (int i = 1; i < c->n; i++) {
        int port = port_of(c->word[i]);
        add_port(&x->site, port > 0 ? port : HTTP, port == HTTPS);
    }
}

static void apache_file(struct sites *s, const char *path, const struct buf *text, void *arg)
{
    struct apache *x = arg;
    struct srvconf c = srvconf_of(buf_text(text), text->len);
    enum srvconf_what what;
    while ((what = srvconf_sections(&c)) != SRVCONF_END) {
        if (what == SRVCONF_OPEN) {
            apache_open(x, &c, path);
        } else if (what == SRVCONF_DIRECTIVE && c.n) {
            apache_directive(s, x, &c, path);
        } else if (what == SRVCONF_CLOSE && c.n && is_key(c.word[0], "VirtualHost") && x->in_host) {
            x->in_host = false;
            put_site(s, "Apache", &x->site);
        }
    }
}

void sites_apache(struct sites *s, const char *path)
{
    struct apache *x = NEW(struct apache);
    sites_dir(path, x->base, sizeof x->base);
    sites_each(s, x->base, path, apache_file, x);
    mem_free(x);
}
