/* SPDX-License-Identifier: GPL-3.0-or-later */
/* host_tell.c: findings of what was seen of this machine: for each port the check that fits it, sites, zones, certificates. */
#include "checks/discover/host.h"
#include "base/msg.h"
#include "base/str.h"
#include "base/json.h"
#include "config/conf.h"
#include "checks/services.h"

enum { EPHEMERAL = 32768, MAX_TEXT = 1000 };

/* A finding as it is being made. */
struct making {
    char key[512], check[CONF_MAX_NAME + 1];
    struct buf yaml, what, evidence;
};

static void making_done(struct making *m)
{
    buf_done(&m->yaml);
    buf_done(&m->what);
    buf_done(&m->evidence);
}

static struct making making(void) { return (struct making){.yaml = BUF_MAX(MAX_TEXT), .what = BUF_MAX(MAX_TEXT), .evidence = BUF_MAX(MAX_TEXT)}; }

void host_found(const struct seen *s, struct discover *d, const char *key, const char *check, const char *yaml, const char *what, const char *evidence)
{
    struct finding f = {.key = key, .source = "host", .host = s->host, .check = check, .yaml = yaml, .what = what, .evidence = evidence};
    discover_found(d, &f);
}

static void put(const struct seen *s, struct discover *d, struct making *m)
{
    if (!m->yaml.full && !m->what.full && !m->evidence.full)
        host_found(s, d, m->key, m->check, buf_text(&m->yaml), buf_text(&m->what), buf_text(&m->evidence));
    making_done(m);
}

/* "kind: { name: N, key: "value", " or "kind: "value"" when nothing else has to be said. The rest follows by yaml_text(). */
static void yaml_open(struct making *m, const char *kind, const char *key, const char *value)
{
    buf_printf(&m->yaml, "%s: { ", kind);
    if (!str_eq(kind, m->check)) {
        buf_str(&m->yaml, "name: ");
        json_quote(&m->yaml, m->check);
        buf_str(&m->yaml, ", ");
    }
    buf_printf(&m->yaml, "%s: ", key);
    json_quote(&m->yaml, value);
}

static void yaml_more(struct making *m, const char *key, const char *value)
{
    buf_printf(&m->yaml, ", %s: %s", key, value);
}

static void yaml_close(struct making *m) { buf_str(&m->yaml, " }"); }

/* The short form where it says all. */
static void yaml_plain(struct making *m, const char *kind, const char *key, const char *value)
{
    if (str_eq(kind, m->check)) {
        buf_printf(&m->yaml, "%s: ", kind);
        json_quote(&m->yaml, value);
    } else {
        yaml_open(m, kind, key, value);
        yaml_close(m);
    }
}

/* ---- ports ---- */

static void say_port(struct making *m, const struct seen *s, const struct port *p, const char *kind)
{
    const char *who = p->program[0] ? p->program : kind;
    char port[16];
    str_print(port, sizeof port, "%d", p->port);
    str_print(m->key, sizeof m->key, "%s/listen/%s/%d", s->host, p->udp ? "udp" : "tcp", p->port);
    msg_pack(&m->what, MSG("{1} at port {2}"), "ss", who, port);
    if (p->by_greeting && p->program[0])
        msg_pack(&m->evidence, MSG("{1} listens at {2}; its greeting says {3}"), "sss", p->program, p->where, kind);
    else if (p->by_greeting)
        msg_pack(&m->evidence, MSG("what listens at {1} greets as {2}"), "ss", p->where, kind);
    else if (p->program[0])
        msg_pack(&m->evidence, MSG("the process {1} listens at {2}"), "ss", p->program, p->where);
    else
        msg_pack(&m->evidence, MSG("something listens at {1}; its process may be seen by root only"), "s", p->where);
}

/* The name of the service where it is at home, else kind and port. */
static void name_check(struct making *m, const char *kind, int port)
{
    const struct service *at = service_at(port);
    if (at && (str_eq(at->check, kind) || (port == 389 && str_eq(kind, "ldap"))))
        str_copy(m->check, sizeof m->check, at->name);
    else if ((str_eq(kind, "ntp") && port == 123) || (str_eq(kind, "dns") && port == 53))
        str_copy(m->check, sizeof m->check, kind);
    else
        str_print(m->check, sizeof m->check, "%s-%d", kind, port);
}

static void host_of(const struct port *p, char out[ADDR_TEXT_BYTES]) { addr_host(&p->at, out); }

static void tell_check(const struct seen *s, struct discover *d, const struct port *p)
{
    struct making m = making();
    char host[ADDR_TEXT_BYTES];
    name_check(&m, p->check, p->port);
    say_port(&m, s, p, p->check);
    host_of(p, host);
    if (str_eq(p->check, "ntp")) {
        yaml_plain(&m, "ntp", "server", host);
    } else if (str_eq(p->check, "ldap")) {
        yaml_plain(&m, "ldap", "server", p->where);
    } else if (p->tls || str_eq(p->check, "submission")) { /* here it goes by an address, which no certificate names */
        yaml_open(&m, p->check, "target", p->where);
        yaml_more(&m, "verify", "no");
        yaml_close(&m);
    } else {
        yaml_plain(&m, p->check, "target", p->where);
    }
    put(s, d, &m);
}

static void tell_tcp(const struct seen *s, struct discover *d, const struct port *p)
{
    struct making m = making();
    if (!p->program[0] && p->port >= EPHEMERAL)
        return;
    if (p->program[0])
        str_print(m.check, sizeof m.check, "%.40s-%d", p->program, p->port);
    else
        str_print(m.check, sizeof m.check, "tcp-%d", p->port);
    for (char *c = m.check; *c; c++)
        *c = *c == '/' || *c == ':' ? '_' : *c;
    say_port(&m, s, p, "tcp");
    yaml_open(&m, "tcp", "port", p->where);
    yaml_close(&m);
    put(s, d, &m);
}

/* A front page without a name of its own; TLS only as far as the handshake, as nobody knows the name to ask for. */
static void tell_web(const struct seen *s, struct discover *d, const struct port *p)
{
    struct making m = making();
    char url[ADDR_TEXT_BYTES + 16], status[32];
    if (!p->tls && (p->status < 200 || p->status >= 500)) {
        tell_tcp(s, d, p);
        return;
    }
    str_copy(m.check, sizeof m.check, p->tls ? "https" : "http");
    if (p->port != (p->tls ? 443 : 80))
        str_print(m.check, sizeof m.check, "%s-%d", p->tls ? "https" : "http", p->port);
    say_port(&m, s, p, p->tls ? "https" : "http");
    str_print(url, sizeof url, "http://%s/", p->where);
    str_print(status, sizeof status, "{ status: %d }", p->status);
    if (p->tls) {
        yaml_open(&m, "tls", "target", p->where);
        yaml_more(&m, "verify", "no");
        yaml_close(&m);
    } else if (p->status < 300) {
        yaml_plain(&m, "http", "url", url);
    } else {
        yaml_open(&m, "http", "url", url);
        yaml_more(&m, "expect", status);
        if (p->status < 400)
            yaml_more(&m, "redirects", "0");
        yaml_close(&m);
    }
    put(s, d, &m);
}

/* A name that every resolver knows; one that serves zones knows its own. */
static void tell_dns(const struct seen *s, struct discover *d, const struct port *p)
{
    struct making m = making();
    char host[ADDR_TEXT_BYTES], port[16];
    bool zones = s->sites.zones.n > 0 && !str_glob("unbound", p->program) && !str_glob("dnsmasq", p->program) && !str_glob("kresd", p->program);
    name_check(&m, "dns", p->port);
    say_port(&m, s, p, "dns");
    host_of(p, host);
    yaml_open(&m, "dns", "query", zones ? s->sites.zones.at[0].name : "localhost");
    if (zones)
        yaml_more(&m, "type", "SOA");
    buf_str(&m.yaml, ", server: ");
    json_quote(&m.yaml, host);
    str_print(port, sizeof port, "%d", p->port);
    if (p->port != 53)
        yaml_more(&m, "port", port);
    yaml_close(&m);
    put(s, d, &m);
}

static void tell_process(const struct seen *s, struct discover *d, const struct port *p)
{
    struct making m = making();
    if (strpbrk(p->program, "*?/"))
        return;
    say_port(&m, s, p, p->program);
    str_print(m.key, sizeof m.key, "%s/process/%s", s->host, p->program);
    str_copy(m.check, sizeof m.check, p->program);
    buf_str(&m.yaml, "process: ");
    json_quote(&m.yaml, p->program);
    put(s, d, &m);
}

static void tell_port(const struct seen *s, struct discover *d, const struct port *p)
{
    switch (p->kind) {
    case PORT_CHECK:
        tell_check(s, d, p);
        break;
    case PORT_WEB:
        if (!p->named)
            tell_web(s, d, p);
        break;
    case PORT_DNS:
        tell_dns(s, d, p);
        break;
    case PORT_PROCESS:
        tell_process(s, d, p);
        break;
    case PORT_UNKNOWN:
    case PORT_ASK:
        tell_tcp(s, d, p);
        break;
    case PORT_SKIP:
        break;
    }
}

/* ---- sites ---- */

static const struct port *port_at(const struct seen *s, int port)
{
    for (size_t i = 0; i < s->ports.n; i++)
        if (!s->ports.at[i].udp && s->ports.at[i].port == port)
            return &s->ports.at[i];
    return NULL;
}

/* Where the encrypted one is watched, the plain one only leads there. */
static bool has_https(const struct seen *s, const char *name)
{
    for (size_t i = 0; i < s->sites.sites.n; i++) {
        const struct site *t = &s->sites.sites.at[i];
        if (t->tls && str_eq(t->name, name) && port_at(s, t->port))
            return true;
    }
    return false;
}

static void tell_site(const struct seen *s, struct discover *d, const struct site *t)
{
    struct making m = making();
    const struct port *p = port_at(s, t->port);
    bool usual = t->port == (t->tls ? 443 : 80);
    char url[320], host[ADDR_TEXT_BYTES], port[16] = "";
    if (!p || (!t->tls && has_https(s, t->name)))
        return;
    if (!usual)
        str_print(port, sizeof port, ":%d", t->port);
    str_print(m.check, sizeof m.check, "%.80s%s%s", t->name, usual ? "" : "-", usual ? "" : port + 1);
    str_print(m.key, sizeof m.key, "%s/site/%s:%d", s->host, t->name, t->port);
    str_print(url, sizeof url, "%s://%s%s/", t->tls ? "https" : "http", t->name, port);
    host_of(p, host);
    msg_pack(&m.what, MSG("the site {1} ({2})"), "ss", url, t->server);
    msg_pack(&m.evidence, MSG("{1} names it, and {2} is listened at"), "ss", t->file, p->where);
    yaml_open(&m, "http", "url", url);
    buf_str(&m.yaml, ", address: ");
    json_quote(&m.yaml, host);
    yaml_close(&m);
    put(s, d, &m);
}

static void tell_zone(const struct seen *s, struct discover *d, const struct site_zone *z)
{
    static const char *const inner[] = {"*.lan", "*.local", "*.internal", "*.home", "*.home.arpa", "*.corp", "*.intranet", "*.private", "*.localdomain", "*.example"};
    struct making m = making();
    bool private = false;
    for (size_t i = 0; i < COUNT(inner); i++)
        private = private || str_glob(inner[i], z->name);
    str_print(m.key, sizeof m.key, "%s/zone/%s", s->host, z->name);
    str_print(m.check, sizeof m.check, "zone-%.80s", z->name);
    msg_pack(&m.what, MSG("the DNS zone {1} ({2})"), "ss", z->name, z->server);
    msg_pack(&m.evidence, MSG("{1} serves it"), "s", z->file);
    yaml_open(&m, private ? "dns" : "dns_zone", private ? "query" : "zone", z->name);
    if (private) {
        yaml_more(&m, "type", "SOA");
        yaml_more(&m, "server", "127.0.0.1");
    }
    yaml_close(&m);
    put(s, d, &m);
}

/* ---- certificates ---- */

static bool is_covered(const char *path)
{
    return str_starts(path, "/etc/letsencrypt/live/") || strstr(path, "snakeoil") != NULL;
}

static void tell_cert(const struct seen *s, struct discover *d, const struct site_cert *c)
{
    struct making m = making();
    const char *short_path = c->path + (str_starts(c->path, "/etc/ssl/") ? 9 : 1);
    if (is_covered(c->path))
        return;
    str_print(m.key, sizeof m.key, "%s/cert%s", s->host, c->path);
    str_print(m.check, sizeof m.check, "cert-%.90s", short_path);
    for (char *at = m.check; *at; at++)
        *at = *at == '/' ? '-' : *at;
    msg_pack(&m.what, MSG("the certificate {1}"), "s", c->path);
    msg_pack(&m.evidence, MSG("{1} names it"), "s", c->file);
    yaml_open(&m, "certificate_files", "paths", c->path);
    yaml_close(&m);
    put(s, d, &m);
}

void host_tell(const struct seen *s, struct discover *d)
{
    for (size_t i = 0; i < s->ports.n; i++)
        tell_port(s, d, &s->ports.at[i]);
    for (size_t i = 0; i < s->sites.sites.n; i++)
        tell_site(s, d, &s->sites.sites.at[i]);
    for (size_t i = 0; i < s->sites.zones.n; i++)
        tell_zone(s, d, &s->sites.zones.at[i]);
    for (size_t i = 0; i < s->sites.certs.n; i++)
        tell_cert(s, d, &s->sites.certs.at[i]);
    host_tell_facts(s, d);
}
