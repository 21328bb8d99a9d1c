/* SPDX-License-Identifier: GPL-3.0-or-later */
/* import_blackbox.c: targets of Prometheus' blackbox exporter: prometheus.yml, or a file of file_sd; the modules come from
 * blackbox.yml (--modules), or are guessed by their name. */
#include "config/import/import_priv.h"

struct job {
    const struct node *module; /* NULL: not known */
    const char *prober;        /* http, tcp, icmp, dns; NULL: by the target */
    const char *module_name, *every, *timeout, *name;
};

static const char *guess(const char *module)
{
    static const char *const words[] = {"icmp", "ping", "dns", "http", "tcp", "ssh", "smtp", "pop3", "imap", "irc"};
    for (size_t i = 0; module && i < COUNT(words); i++)
        if (strstr(module, words[i]))
            return i == 1 ? "icmp" : i > 3 ? "tcp" : words[i];
    return NULL;
}

/* A list of texts or one. */
static void each(struct import_check *c, const struct node *n, const char *key)
{
    if (n && n->kind == NODE_TEXT && !node_is_null(n))
        import_set_more(c, n->line, key, n->text);
    NODE_EACH(n, v)
    if (v->kind == NODE_TEXT)
        import_set_more(c, v->line, key, v->text);
}

static bool yes(const char *t)
{
    return t && (str_eq(t, "true") || str_eq(t, "yes"));
}

/* Several expressions: all of them must match, one by one. */
static const char *joined(struct import *im, const struct node *list)
{
    const char *all = NULL;
    NODE_EACH(list, r)
    if (r->kind == NODE_TEXT)
        all = all ? arena_printf(im->arena, "%s(?=[\\s\\S]*?(?:%.400s))", all, r->text) : node_count(list) == 1 ? r->text : arena_printf(im->arena, "\\A(?=[\\s\\S]*?(?:%.400s))", r->text);
    return all;
}

static void tls_settings(struct import *im, struct import_check *c, const struct node *tls)
{
    if (!tls || tls->kind != NODE_MAP)
        return;
    if (yes(import_text(tls, "insecure_skip_verify")))
        import_set(c, tls->line, "verify", "no");
    import_set(c, tls->line, "server_name", import_text(tls, "server_name"));
    NODE_EACH(tls, k)
    if (!str_eq(k->key->text, "insecure_skip_verify") && !str_eq(k->key->text, "server_name"))
        import_note(im, 0, MSG("the setting “{1}” is left out"), "s", k->key->text);
}

static void http_settings(struct import *im, struct import_check *c, const struct node *m)
{
    const struct node *auth = node_get(m, "basic_auth"), *headers = node_get(m, "headers");
    const char *method = import_text(m, "method"), *family = import_text(m, "preferred_ip_protocol");
    each(c, node_get(m, "valid_status_codes"), "expect.status");
    if (method && !str_eq(method, "GET"))
        import_set(c, m->line, "method", method);
    import_set(c, m->line, "body", import_text(m, "body"));
    import_set(c, m->line, "bearer", import_text(m, "bearer_token"));
    import_set(c, m->line, "user", import_text(auth, "username"));
    import_set(c, m->line, "password", import_text(auth, "password"));
    if (headers && headers->kind == NODE_MAP)
        NODE_EACH(headers, h)
    if (h->kind == NODE_TEXT)
        import_set_pair(c, h->line, "headers", h->key->text, h->text);
    import_set(c, m->line, "expect.regex", joined(im, node_get(m, "fail_if_body_not_matches_regexp")));
    const struct node *bad = node_get(m, "fail_if_body_matches_regexp");
    if (bad && joined(im, bad) && !node_get(m, "fail_if_body_not_matches_regexp"))
        import_set(c, bad->line, "expect.regex", arena_printf(im->arena, "\\A(?![\\s\\S]*(?:%.1000s))", joined(im, bad)));
    if (yes(import_text(m, "no_follow_redirects")) || (import_text(m, "follow_redirects") && !yes(import_text(m, "follow_redirects"))))
        import_set(c, m->line, "redirects", "0");
    if (family && yes(import_text(m, "ip_protocol_fallback")) == false && import_text(m, "ip_protocol_fallback"))
        import_set(c, m->line, "family", str_eq(family, "ip4") ? "v4" : "v6");
    tls_settings(im, c, node_get(m, "tls_config"));
}

static void tcp_settings(struct import *im, struct import_check *c, const struct node *m)
{
    const struct node *talk = node_get(m, "query_response");
    if (yes(import_text(m, "tls")))
        import_set(c, m->line, "tls", "yes");
    if (talk)
        import_note(im, 0, MSG("the dialogue of the module (query_response) is left out; a script check may do it"), "");
    tls_settings(im, c, node_get(m, "tls_config"));
}

static void put_dns(struct import *im, struct import_host *h, unsigned line, const struct node *m, int64_t port, struct import_check **ret)
{
    const char *name = import_text(m, "query_name");
    struct import_check *c = import_check(im, h, line, "dns", name ? name : h->name);
    import_set(c, line, "type", import_text(m, "query_type"));
    import_set(c, line, "server", h->address);
    if (port && port != 53)
        import_set(c, line, "port", arena_printf(im->arena, "%lld", (long long)port));
    const struct node *codes = node_get(m, "valid_rcodes");
    if (codes && node_kids(codes) && node_kids(codes)->kind == NODE_TEXT)
        import_set(c, line, "rcode", node_kids(codes)->text);
    if (node_get(m, "validate_answer_rrs"))
        import_note(im, line, MSG("the setting “{1}” is left out"), "s", "validate_answer_rrs");
    *ret = c;
}

static struct import_check *put_kind(struct import *im, const struct job *j, struct import_host *h, const struct node *t, const char *prober)
{
    const struct node *m = j->module ? node_get(j->module, prober) : NULL;
    int64_t port = import_url_port(t->text);
    struct import_check *c = NULL;
    m = m && m->kind == NODE_MAP ? m : NULL;
    if (str_eq(prober, "http")) {
        c = import_check(im, h, t->line, "http", strstr(t->text, "://") ? t->text : arena_printf(im->arena, "http://%s", t->text));
        if (m)
            http_settings(im, c, m);
    } else if (str_eq(prober, "icmp")) {
        c = import_ping(im, h, t->line);
        import_set(c, t->line, "size", m ? import_text(m, "payload_size") : NULL);
    } else if (str_eq(prober, "dns")) {
        put_dns(im, h, t->line, m, port, &c);
    } else if (str_eq(prober, "tcp") && port) {
        c = import_check(im, h, t->line, "tcp", arena_printf(im->arena, "%lld", (long long)port));
        if (m)
            tcp_settings(im, c, m);
    }
    return c;
}

static void put_target(struct import *im, const struct job *j, const struct node *t, const struct node *labels)
{
    const char *host = t->kind == NODE_TEXT ? import_url_host(im, t->text) : NULL;
    int64_t ms;
    if (!host || !import_is_address(host)) {
        import_note(im, t->line, MSG("“{1}” is no address; the host is left out"), "s", t->kind == NODE_TEXT ? t->text : "?");
        return;
    }
    const char *prober = j->prober ? j->prober : strstr(t->text, "://") ? "http" : import_url_port(t->text) ? "tcp" : "icmp";
    struct import_host *h = import_host(im, t->line, host, host);
    struct import_check *c = put_kind(im, j, h, t, prober);
    if (!c) {
        import_note(im, t->line, MSG("“{1}” by “{2}” has no counterpart"), "ss", t->text, prober);
        return;
    }
    if (j->every && str_duration(j->every, 1000, &ms) == 0)
        import_set_ms(c, t->line, "every", ms);
    const char *timeout = j->module && import_text(j->module, "timeout") ? import_text(j->module, "timeout") : j->timeout;
    if (timeout && str_duration(timeout, 1000, &ms) == 0)
        import_set_ms(c, t->line, "timeout", ms);
    if (j->name)
        import_add(im, h, t->line, "groups", j->name);
    if (labels && labels->kind == NODE_MAP)
        NODE_EACH(labels, l)
    if (l->kind == NODE_TEXT)
        import_label(im, h, l->line, l->key->text, l->text);
}

static void put_groups(struct import *im, const struct job *j, const struct node *groups)
{
    NODE_EACH(groups, g)
    NODE_EACH(g->kind == NODE_MAP ? node_get(g, "targets") : NULL, t)
    put_target(im, j, t, node_get(g, "labels"));
}

static void put_job(struct import *im, const struct node *s, const struct node *modules, const struct node *global)
{
    static const char *const others[] = {"file_sd_configs", "dns_sd_configs", "http_sd_configs", "consul_sd_configs", "kubernetes_sd_configs", "ec2_sd_configs"};
    const struct node *params = node_get(s, "params"), *module = params && params->kind == NODE_MAP ? node_get(params, "module") : NULL;
    const char *path = import_text(s, "metrics_path"), *name = import_text(s, "job_name");
    struct job j = {.name = name, .every = import_text(s, "scrape_interval"), .timeout = import_text(s, "scrape_timeout")};
    if (!module && !(path && str_eq(path, "/probe"))) {
        import_note(im, s->line, MSG("the job “{1}” gathers metrics and probes nothing"), "s", name ? name : "?");
        return;
    }
    j.every = j.every ? j.every : import_text(global, "scrape_interval");
    const struct node *first = module && module->kind == NODE_LIST ? node_kids(module) : module;
    j.module_name = first && first->kind == NODE_TEXT ? first->text : "http_2xx";
    const struct node *found = modules ? node_get(modules, j.module_name) : NULL;
    j.module = found && found->kind == NODE_MAP ? found : NULL;
    j.prober = j.module ? import_text(j.module, "prober") : guess(j.module_name);
    if (modules && !j.module)
        import_note(im, s->line, MSG("there is no module “{1}” among those given"), "s", j.module_name);
    put_groups(im, &j, node_get(s, "static_configs"));
    for (size_t i = 0; i < COUNT(others); i++) {
        const struct node *other = node_get(s, others[i]);
        if (other)
            import_note(im, other->line, MSG("“{1}” is not followed; import such a file by itself"), "s", others[i]);
    }
}

static void read_blackbox(struct import *im)
{
    const struct node *tree = import_tree(im, im->file), *beside = im->beside && !im->failed ? import_tree(im, im->beside) : NULL;
    const struct node *modules = beside && beside->kind == NODE_MAP ? node_get(beside, "modules") : NULL;
    if (!tree || im->failed)
        return;
    if (im->beside && (!modules || modules->kind != NODE_MAP)) {
        import_fail(im, 0, MSG("{1} has no modules"), "s", im->beside->name);
        return;
    }
    const struct node *jobs = tree->kind == NODE_MAP ? node_get(tree, "scrape_configs") : NULL;
    if (tree->kind == NODE_LIST)
        put_groups(im, &(struct job){0}, tree);
    else if (tree->kind == NODE_MAP && node_get(tree, "modules"))
        import_fail(im, 0, MSG("these are modules; give the file with the targets, and this one by --modules"), "");
    else if (!jobs || jobs->kind != NODE_LIST)
        import_fail(im, 0, MSG("there are neither scrape_configs nor a list of targets"), "");
    const struct node *global = tree->kind == NODE_MAP ? node_get(tree, "global") : NULL;
    if (!im->failed && jobs)
        NODE_EACH(jobs, s)
    if (s->kind == NODE_MAP)
        put_job(im, s, modules, global && global->kind == NODE_MAP ? global : NULL);
}

const struct importer import_blackbox = {"blackbox", MSG("targets of Prometheus’ blackbox exporter"), read_blackbox};
