/* SPDX-License-Identifier: GPL-3.0-or-later */
/* import_uptimekuma.c: Uptime Kuma's JSON backup: monitors by type, their groups and tags. */
#include "config/import/import_priv.h"

struct monitor {
    const struct node *at;
    const char *type, *name, *url, *host;
    int64_t port;
    const struct node *all; /* every monitor: groups are monitors, too */
};

static bool is_true(const struct node *m, const char *key)
{
    const char *t = import_text(m, key);
    return t && (str_eq(t, "true") || str_eq(t, "1"));
}

static int64_t number(const struct node *m, const char *key)
{
    const char *t = import_text(m, key);
    int64_t v;
    return t && str_i64(t, &v) == 0 && v > 0 ? v : 0;
}

static struct import_host *host_of(struct import *im, const struct monitor *m)
{
    const char *host = m->host && *m->host ? m->host : NULL;
    if (host && import_is_address(host))
        return import_host(im, m->at->line, host, host);
    if (host)
        import_note(im, m->at->line, MSG("“{1}” is no address; the host has none"), "s", host);
    return import_host(im, m->at->line, m->name, NULL);
}

static struct import_check *by_url(struct import *im, const struct monitor *m)
{
    const struct node *at = m->at;
    if (!m->url)
        return NULL;
    struct import_check *c = import_check(im, host_of(im, m), at->line, "http", m->url);
    const char *method = import_text(at, "method"), *body = import_text(at, "body"), *keyword = import_text(at, "keyword"), *auth = import_text(at, "authMethod");
    if (method && !str_eq(method, "GET"))
        import_set(c, at->line, "method", method);
    import_set(c, at->line, "body", body && *body ? body : NULL);
    NODE_EACH(node_get(at, "accepted_statuscodes"), s)
    if (s->kind == NODE_TEXT)
        import_set_more(c, s->line, "expect.status", s->text);
    if (str_eq(m->type, "keyword") && keyword)
        import_set(c, at->line, is_true(at, "invertKeyword") ? "expect.not_body" : "expect.body", keyword);
    if (str_eq(m->type, "json-query"))
        import_note(im, at->line, MSG("“{1}”: the JSON query “{2}” has no counterpart; only the page is watched"), "ss", m->name, import_text(at, "jsonPath") ? import_text(at, "jsonPath") : "");
    const char *redirects = import_text(at, "maxredirects");
    int64_t n;
    if (redirects && str_i64(redirects, &n) == 0 && n != 10)
        import_set(c, at->line, "redirects", arena_printf(im->arena, "%lld", (long long)(n < 0 ? 0 : n > 20 ? 20 : n)));
    if (auth && str_eq(auth, "basic")) {
        import_set(c, at->line, "user", import_text(at, "basic_auth_user"));
        import_set(c, at->line, "password", import_text(at, "basic_auth_pass"));
    } else if (auth && *auth) {
        import_note(im, at->line, MSG("“{1}”: logging in by “{2}” is left out"), "ss", m->name, auth);
    }
    if (import_text(at, "headers") && *import_text(at, "headers"))
        import_note(im, at->line, MSG("“{1}”: its headers are left out"), "s", m->name);
    return c;
}

static struct import_check *by_port(struct import *im, const struct monitor *m)
{
    return m->port ? import_check(im, host_of(im, m), m->at->line, "tcp", arena_printf(im->arena, "%lld", (long long)m->port)) : NULL;
}

static struct import_check *by_ping(struct import *im, const struct monitor *m)
{
    struct import_host *h = host_of(im, m);
    if (!h->address)
        return NULL;
    struct import_check *c = import_ping(im, h, m->at->line);
    int64_t size = number(m->at, "packetSize");
    if (size && size != 56)
        import_set(c, m->at->line, "size", arena_printf(im->arena, "%lld", (long long)(size < 16 ? 16 : size)));
    return c;
}

static struct import_check *by_dns(struct import *im, const struct monitor *m)
{
    const char *server = import_text(m->at, "dns_resolve_server");
    struct import_check *c = import_check(im, host_of(im, m), m->at->line, "dns", m->host);
    import_set(c, m->at->line, "type", import_text(m->at, "dns_resolve_type"));
    import_set(c, m->at->line, "server", server ? arena_dupn(im->arena, server, strcspn(server, ", ")) : NULL);
    if (m->port && m->port != 53)
        import_set(c, m->at->line, "port", arena_printf(im->arena, "%lld", (long long)m->port));
    return c;
}

static struct import_check *by_push(struct import *im, const struct monitor *m)
{
    struct import_check *c = import_check(im, import_host(im, m->at->line, m->name, NULL), m->at->line, "heartbeat", NULL);
    import_set_token(c, m->at->line, import_text(m->at, "pushToken"));
    return c;
}

static struct import_check *by_docker(struct import *im, const struct monitor *m)
{
    const char *name = import_text(m->at, "docker_container");
    struct import_check *c = import_check(im, import_local(im, m->at->line), m->at->line, "containers", NULL);
    if (name)
        import_set_more(c, m->at->line, import_knows(c, "must_run") ? "must_run" : "include", name);
    return c;
}

/* mysql://user:password@host:port/database: the password goes where it belongs. */
static struct import_check *by_database(struct import *im, const struct monitor *m)
{
    const char *url = import_text(m->at, "databaseConnectionString"), *query = import_text(m->at, "databaseQuery");
    if (!url || !strstr(url, "://"))
        return NULL;
    struct monitor mine = *m;
    mine.host = import_url_host(im, url);
    const char *start = strstr(url, "://") + 3, *at = strchr(start, '@'), *colon = at ? memchr(start, ':', (size_t)(at - start)) : NULL;
    const char *bare = colon ? arena_printf(im->arena, "%.*s%s", (int)(colon - url), url, at) : url;
    if (!import_has(im, "sql"))
        return by_port(im, &mine);
    struct import_check *c = import_check(im, host_of(im, &mine), m->at->line, "sql", str_starts(bare, "postgresql://") ? arena_printf(im->arena, "postgres://%s", bare + 13) : bare);
    if (colon)
        import_set(c, m->at->line, "password", arena_dupn(im->arena, colon + 1, (size_t)(at - colon) - 1));
    import_set(c, m->at->line, "query", query && *query ? query : NULL);
    return c;
}

/* Kinds that take HOST:PORT and speak their protocol; tcp when this build has no such kind. */
static struct import_check *by_protocol(struct import *im, const struct monitor *m)
{
    static const struct {
        const char *type, *kind;
        int port;
    } rows[] = {{"redis", "redis", 6379}, {"mqtt", "mqtt", 1883}, {"smtp", "smtp", 25}, {"rabbitmq", "amqp", 5672}, {"mongodb", "mongodb", 27017}, {"sqlserver", "mssql", 1433}};
    const char *url = import_text(m->at, "databaseConnectionString");
    struct monitor mine = *m;
    if (!mine.host && url && strstr(url, "://")) {
        mine.host = import_url_host(im, url);
        mine.port = import_url_port(url);
    }
    for (size_t i = 0; i < COUNT(rows) && mine.host; i++)
        if (str_eq(rows[i].type, m->type))
            return import_port(im, host_of(im, &mine), m->at->line, rows[i].kind, mine.port ? mine.port : rows[i].port);
    return NULL;
}

static struct import_check *by_snmp(struct import *im, const struct monitor *m)
{
    const char *version = import_text(m->at, "snmpVersion");
    struct import_check *c = import_check(im, host_of(im, m), m->at->line, "snmp", import_text(m->at, "snmpOid"));
    import_set(c, m->at->line, "community", import_text(m->at, "radiusPassword"));
    if (version)
        import_set(c, m->at->line, "version", version);
    const char *op = import_text(m->at, "jsonPathOperator"), *want = import_text(m->at, "expectedValue");
    if (want && (!op || str_eq(op, "==")))
        import_set(c, m->at->line, "expect", want);
    else if (want)
        import_note(im, m->at->line, MSG("“{1}”: the comparison “{2} {3}” is left out"), "sss", m->name, op, want);
    return c;
}

static const struct {
    const char *type;
    struct import_check *(*put)(struct import *im, const struct monitor *m);
} types[] = {{"http", by_url}, {"keyword", by_url}, {"json-query", by_url}, {"port", by_port}, {"ping", by_ping}, {"dns", by_dns}, {"push", by_push}, {"docker", by_docker}, {"postgres", by_database},
             {"mysql", by_database}, {"redis", by_protocol}, {"mqtt", by_protocol}, {"smtp", by_protocol}, {"rabbitmq", by_protocol}, {"mongodb", by_protocol}, {"sqlserver", by_protocol}, {"snmp", by_snmp}};

static const struct node *by_id(const struct node *all, const char *id)
{
    NODE_EACH(all, m)
    if (id && import_text(m, "id") && str_eq(import_text(m, "id"), id))
        return m;
    return NULL;
}

static void put_around(struct import *im, const struct monitor *m, struct import_host *h)
{
    const struct node *up = by_id(m->all, import_text(m->at, "parent"));
    for (int depth = 0; up && depth < IMPORT_MAX_DEPTH; depth++, up = by_id(m->all, import_text(up, "parent")))
        if (import_text(up, "name"))
            import_add(im, h, m->at->line, "groups", import_text(up, "name"));
    NODE_EACH(node_get(m->at, "tags"), t)
    if (import_text(t, "name"))
        import_label(im, h, t->line, import_text(t, "name"), import_text(t, "value") ? import_text(t, "value") : "");
}

static void put_general(struct import *im, const struct monitor *m, struct import_check *c)
{
    int64_t every = number(m->at, "interval"), retry = number(m->at, "retryInterval"), retries = number(m->at, "maxretries"), timeout = number(m->at, "timeout");
    unsigned line = m->at->line;
    if (c->kind && !str_eq(c->kind->name, "icmp"))
        import_set(c, line, "name", import_name(im, m->name));
    if (every)
        import_set_ms(c, line, "every", every < 1000000 ? every * 1000 : 0);
    if (str_eq(m->type, "push"))
        return;
    if (retry && retries)
        import_set_ms(c, line, "retry", retry < 1000000 ? retry * 1000 : 0);
    import_set(c, line, "attempts", arena_printf(im->arena, "%lld", (long long)(retries >= 99 ? 100 : retries + 1)));
    if (timeout)
        import_set_ms(c, line, "timeout", timeout < 1000000 ? timeout * 1000 : 0);
    if (import_text(m->at, "active") && !is_true(m->at, "active"))
        import_set(c, line, "enabled", "no");
    if (is_true(m->at, "ignoreTls") && import_knows(c, "verify"))
        import_set(c, line, "verify", "no");
    if (is_true(m->at, "upsideDown"))
        import_note(im, line, MSG("“{1}” is upside down there: a failure is good; here it is not"), "s", m->name);
}

static void put_monitor(struct import *im, const struct node *at, const struct node *all)
{
    struct monitor m = {.at = at, .all = all, .type = import_text(at, "type"), .name = import_text(at, "name"), .url = import_text(at, "url"), .host = import_text(at, "hostname"), .port = number(at, "port")};
    if (!m.type || !m.name) {
        import_note(im, at->line, MSG("a monitor has a name and a type"), "");
        return;
    }
    if (str_eq(m.type, "group"))
        return;
    if (m.url && (!m.host || !*m.host))
        m.host = import_url_host(im, m.url);
    m.port = m.port > 65535 ? 0 : m.port;
    size_t before = im->hosts.n;
    for (size_t i = 0; i < COUNT(types); i++)
        if (str_eq(types[i].type, m.type)) {
            struct import_check *c = types[i].put(im, &m);
            if (!c)
                break;
            put_general(im, &m, c);
            struct import_host *h = im->hosts.n > before ? im->hosts.at[before] : import_find_host(im, m.host && import_is_address(m.host) ? m.host : m.name);
            if (h)
                put_around(im, &m, h);
            return;
        }
    import_note(im, at->line, MSG("“{1}” is of the type “{2}”, which has no counterpart"), "ss", m.name, m.type);
}

static void read_uptimekuma(struct import *im)
{
    const struct node *tree = import_tree(im, im->file);
    if (!tree)
        return;
    const struct node *list = tree->kind == NODE_MAP ? node_get(tree, "monitorList") : tree;
    if (!list || list->kind == NODE_TEXT) {
        import_fail(im, 0, MSG("there is no monitorList; is this a backup of Uptime Kuma?"), "");
        return;
    }
    NODE_EACH(list, m)
    if (m->kind == NODE_MAP)
        put_monitor(im, m, list);
    const struct node *ways = tree->kind == NODE_MAP ? node_get(tree, "notificationList") : NULL;
    NODE_EACH(ways, n)
    import_note(im, n->line, MSG("the notification “{1}” is left out; contacts are told"), "s", import_text(n, "name") ? import_text(n, "name") : "?");
}

const struct importer import_uptimekuma = {"uptimekuma", MSG("Uptime Kuma: its backup in JSON"), read_uptimekuma};
