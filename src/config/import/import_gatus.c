/* SPDX-License-Identifier: GPL-3.0-or-later */
/* import_gatus.c: Gatus: endpoints by the scheme of their URL, conditions as expectations, thresholds of alerts as attempts. */
#include "config/import/import_priv.h"

struct condition {
    const char *left, *op, *right;
    unsigned line;
    const char *text;
};

static const char *const ops[] = {"==", "!=", "<=", ">=", "<", ">", NULL};

static bool split(struct import *im, const struct node *n, struct condition *ret)
{
    for (int i = 0; ops[i]; i++) {
        const char *blank = arena_printf(im->arena, " %s ", ops[i]), *at = strstr(n->text, blank);
        if (!at)
            continue;
        struct str left = str_trim((struct str){n->text, (size_t)(at - n->text)}), right = str_trim(str_of(at + strlen(blank)));
        *ret = (struct condition){arena_dupn(im->arena, left.p, left.n), ops[i], arena_dupn(im->arena, right.p, right.n), n->line, n->text};
        return true;
    }
    return false;
}

/* "any(200, 301)" or one value. */
static void each_value(struct import *im, struct import_check *c, const struct condition *k, const char *key)
{
    const char *v = k->right;
    if (str_starts(v, "any("))
        v = arena_dupn(im->arena, v + 4, strcspn(v + 4, ")"));
    struct str rest = str_of(v), one;
    while (str_next(&rest, ",", &one)) {
        one = str_trim(one);
        import_set_more(c, k->line, key, arena_dupn(im->arena, one.p, one.n));
    }
}

static bool on_status(struct import *im, struct import_check *c, const struct condition *k)
{
    int64_t n;
    if (str_eq(k->op, "==")) {
        each_value(im, c, k, "expect.status");
        return true;
    }
    if (str_i64(k->right, &n) < 0 || n < 101 || n > 599 || k->op[0] != '<')
        return false;
    import_set_more(c, k->line, "expect.status", arena_printf(im->arena, "200-%lld", (long long)(k->op[1] ? n : n - 1)));
    return true;
}

/* pat(*text*): the page contains it. */
static bool on_body(struct import *im, struct import_check *c, const struct condition *k)
{
    const char *v = k->right;
    bool is = str_eq(k->op, "=="), pattern = str_starts(v, "pat(") && str_ends(v, ")");
    if (str_eq(c->kind ? c->kind->name : "", "dns")) {
        if (is && !pattern) {
            each_value(im, c, k, "expect");
            import_set(c, k->line, "match", "contains");
        }
        return is && !pattern;
    }
    if (!pattern || !(is || str_eq(k->op, "!=")))
        return false;
    struct str s = {v + 4, strlen(v) - 5};
    while (s.n && s.p[0] == '*')
        s = (struct str){s.p + 1, s.n - 1};
    while (s.n && s.p[s.n - 1] == '*')
        s.n--;
    if (s.n == 0 || memchr(s.p, '*', s.n))
        return false;
    import_set_more(c, k->line, is ? "expect.body" : "expect.not_body", arena_dupn(im->arena, s.p, s.n));
    return true;
}

static bool on_time(struct import *im, struct import_check *c, const struct condition *k)
{
    int64_t ms;
    if (k->op[0] != '<' || str_duration(k->right, 1, &ms) < 0)
        return false;
    import_set(c, k->line, str_eq(c->kind ? c->kind->name : "", "icmp") ? "rtt.crit" : "crit", arena_printf(im->arena, "%lldms", (long long)ms));
    return true;
}

static bool on_certificate(struct import *im, struct import_check *c, const struct condition *k)
{
    int64_t ms;
    if (k->op[0] != '>' || str_duration(k->right, 1, &ms) < 0 || !import_knows(c, "certificate.crit"))
        return false;
    import_set(c, k->line, "certificate.crit", arena_printf(im->arena, "< %lldd", (long long)((ms + 86399999) / 86400000)));
    if (ms > INT64_C(14) * 86400000) /* else the warning would come later */
        import_set(c, k->line, "certificate.warn", arena_printf(im->arena, "< %lldd", (long long)(ms / 86400000 + 7)));
    return true;
}

static bool on_rcode(struct import *im, struct import_check *c, const struct condition *k)
{
    if (!str_eq(k->op, "=="))
        return false;
    import_set(c, k->line, "rcode", k->right);
    return true;
}

static bool on_connected(struct import *im, struct import_check *c, const struct condition *k)
{
    return str_eq(k->op, "==") && str_eq(k->right, "true");
}

static void put_condition(struct import *im, struct import_check *c, const struct node *n)
{
    static const struct {
        const char *left;
        bool (*put)(struct import *im, struct import_check *c, const struct condition *k);
    } rows[] = {{"[STATUS]", on_status}, {"[BODY]", on_body}, {"[RESPONSE_TIME]", on_time}, {"[CERTIFICATE_EXPIRATION]", on_certificate}, {"[DNS_RCODE]", on_rcode}, {"[CONNECTED]", on_connected}};
    struct condition k;
    bool done = false;
    if (n->kind != NODE_TEXT)
        return;
    if (split(im, n, &k))
        for (size_t i = 0; i < COUNT(rows) && !done; i++)
            done = str_eq(rows[i].left, k.left) && rows[i].put(im, c, &k);
    if (!done)
        import_note(im, n->line, MSG("the condition “{1}” has no counterpart"), "s", n->text);
}

/* ---- an endpoint */

static void put_http(struct import_check *c, const struct node *e)
{
    const struct node *headers = node_get(e, "headers");
    import_set(c, e->line, "method", import_text(e, "method"));
    import_set(c, e->line, "body", import_text(e, "body"));
    if (headers && headers->kind == NODE_MAP)
        NODE_EACH(headers, h)
    if (h->kind == NODE_TEXT)
        import_set_pair(c, h->line, "headers", h->key->text, h->text);
    const struct node *client = node_get(e, "client");
    const char *follow = import_text(client, "ignore-redirect");
    if (follow && str_eq(follow, "true"))
        import_set(c, client->line, "redirects", "0");
}

static const char *with_port(struct import *im, const char *host, int64_t port)
{
    return arena_printf(im->arena, strchr(host, ':') ? "[%s]:%lld" : "%s:%lld", host, (long long)port);
}

static struct import_check *put_kind(struct import *im, struct import_host *h, const struct node *e, const char *url)
{
    const struct node *dns = node_get(e, "dns");
    int64_t port = import_url_port(url);
    if (dns && dns->kind == NODE_MAP) {
        struct import_check *c = import_check(im, h, e->line, "dns", import_text(dns, "query-name"));
        import_set(c, dns->line, "type", import_text(dns, "query-type"));
        import_set(c, dns->line, "server", h->address);
        if (port && port != 53)
            import_set(c, dns->line, "port", arena_printf(im->arena, "%lld", (long long)port));
        return c;
    }
    if (str_istarts(url, "http://") || str_istarts(url, "https://")) {
        struct import_check *c = import_check(im, h, e->line, "http", url);
        put_http(c, e);
        return c;
    }
    if (str_istarts(url, "icmp://"))
        return import_ping(im, h, e->line);
    if (str_istarts(url, "tcp://") && port)
        return import_check(im, h, e->line, "tcp", arena_printf(im->arena, "%lld", (long long)port));
    if (str_istarts(url, "udp://") && port)
        return import_check(im, h, e->line, "udp", with_port(im, h->address, port));
    if (str_istarts(url, "tls://"))
        return import_check(im, h, e->line, "tls", with_port(im, h->address, port ? port : 443));
    if (str_istarts(url, "ssh://"))
        return import_port(im, h, e->line, "ssh", port ? port : 22);
    if (str_istarts(url, "starttls://")) {
        const char *kind = import_protocol(port);
        struct import_check *c = import_port(im, h, e->line, kind && !str_eq(kind, "smtp") ? kind : "smtp", port ? port : 25);
        if (import_knows(c, "tls"))
            import_set(c, e->line, "tls", str_eq(c->kind->name, "tcp") ? "no" : "starttls");
        return c;
    }
    return NULL;
}

static void put_client(struct import *im, struct import_check *c, const struct node *e)
{
    const struct node *client = node_get(e, "client");
    const char *insecure = import_text(client, "insecure"), *timeout = import_text(client, "timeout");
    int64_t ms;
    if (insecure && str_eq(insecure, "true"))
        import_set(c, client->line, "verify", "no");
    if (timeout && str_duration(timeout, 1000, &ms) == 0)
        import_set_ms(c, client->line, "timeout", ms);
    if (client && client->kind == NODE_MAP)
        NODE_EACH(client, k)
    if (!str_eq(k->key->text, "insecure") && !str_eq(k->key->text, "timeout") && !str_eq(k->key->text, "ignore-redirect"))
        import_note(im, k->line, MSG("the setting “{1}” is left out"), "s", k->key->text);
}

static void put_alerts(struct import *im, struct import_check *c, const struct node *alerts)
{
    bool first = true;
    NODE_EACH(alerts, a)
    {
        const char *failures = import_text(a, "failure-threshold"), *type = import_text(a, "type");
        if (first && failures)
            import_set(c, a->line, "attempts", failures);
        first = false;
        import_note(im, a->line, MSG("the alert by “{1}” is left out; contacts of the host are told"), "s", type ? type : "?");
    }
}

static void put_endpoint(struct import *im, const struct node *e)
{
    const char *url = import_text(e, "url"), *name = import_text(e, "name"), *group = import_text(e, "group"), *every = import_text(e, "interval"), *enabled = import_text(e, "enabled");
    const char *host = url ? import_url_host(im, url) : NULL;
    int64_t ms;
    if (!host || !import_is_address(host)) {
        import_note(im, import_at(e), MSG("the endpoint “{1}” has no address that can be read"), "s", name ? name : "?");
        return;
    }
    struct import_host *h = import_host(im, e->line, host, host);
    if (group)
        import_add(im, h, e->line, "groups", group);
    struct import_check *c = put_kind(im, h, e, url);
    if (!c) {
        import_note(im, e->line, MSG("“{1}” has no counterpart"), "s", url);
        return;
    }
    if (name && doc_get(c->opts, "name") == NULL && !str_istarts(url, "icmp://"))
        import_set(c, e->line, "name", import_name(im, name));
    if (every && str_duration(every, 1000, &ms) == 0)
        import_set_ms(c, e->line, "every", ms);
    if (enabled && str_eq(enabled, "false"))
        import_set(c, e->line, "enabled", "no");
    NODE_EACH(node_get(e, "conditions"), k)
    put_condition(im, c, k);
    put_client(im, c, e);
    put_alerts(im, c, node_get(e, "alerts"));
}

static void put_external(struct import *im, const struct node *e)
{
    const char *name = import_text(e, "name"), *group = import_text(e, "group"), *token = import_text(e, "token"), *every = import_text(node_get(e, "heartbeat"), "interval");
    int64_t ms;
    if (!name)
        return;
    struct import_host *h = import_host(im, e->line, group ? group : name, NULL);
    struct import_check *c = import_check(im, h, e->line, every ? "heartbeat" : "passive", NULL);
    import_set(c, e->line, "name", import_name(im, name));
    if (every && token)
        import_set_token(c, e->line, token);
    else if (token)
        import_note(im, e->line, MSG("the token of “{1}” is left out; results need one of ours"), "s", name);
    if (every && str_duration(every, 1000, &ms) == 0)
        import_set_ms(c, e->line, "every", ms);
}

static void read_gatus(struct import *im)
{
    static const char *const silent[] = {"endpoints", "external-endpoints", "ui", "web", "storage", "metrics", "debug", "concurrency", "disable-monitoring-lock"};
    const struct node *tree = import_tree(im, im->file);
    if (!tree)
        return;
    const struct node *list = node_get(tree, "endpoints"), *external = node_get(tree, "external-endpoints");
    if (tree->kind != NODE_MAP || ((!list || list->kind != NODE_LIST) && (!external || external->kind != NODE_LIST))) {
        import_fail(im, 0, MSG("there is no list of endpoints"), "");
        return;
    }
    NODE_EACH(list, e)
    if (e->kind == NODE_MAP)
        put_endpoint(im, e);
    NODE_EACH(external, e)
    if (e->kind == NODE_MAP)
        put_external(im, e);
    NODE_EACH(tree, part)
    {
        bool known = false;
        for (size_t i = 0; i < COUNT(silent); i++)
            known = known || str_eq(silent[i], part->key->text);
        if (!known)
            import_note(im, part->key->line, MSG("the part “{1}” is left out"), "s", part->key->text);
    }
}

const struct importer import_gatus = {"gatus", MSG("Gatus: its YAML with endpoints"), read_gatus};
