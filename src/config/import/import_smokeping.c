/* SPDX-License-Identifier: GPL-3.0-or-later */
/* import_smokeping.c: smokeping's Targets: sections nested by their number of “+”, where settings are inherited.  Also takes a
 * whole configuration, of which it reads *** Targets *** and tells what else there is. */
#include "config/import/import_priv.h"

struct section {
    const char *name, *probe, *host, *title, *menu, *lookup, *url, *pings, *recordtype;
    unsigned line, host_line;
    struct section *up;
};

static const char *inherited(const struct section *s, size_t member)
{
    for (; s; s = s->up) {
        const char *v = *(const char *const *)(const void *)((const char *)s + member);
        if (v)
            return v;
    }
    return NULL;
}
#define INHERITED(s, member) inherited(s, offsetof(struct section, member))

/* "Europe/Paris/web1" */
static const char *path_of(struct import *im, const struct section *s)
{
    const char *path = s->name;
    for (s = s->up; s && s->name; s = s->up)
        path = arena_printf(im->arena, "%.60s-%.*s", s->name, CONF_MAX_NAME, path);
    return path;
}

static const char *page(struct import *im, const struct section *s, const char *host)
{
    const char *url = INHERITED(s, url);
    const char *at = url ? strstr(url, "%host%") : NULL;
    if (!url)
        return arena_printf(im->arena, "http://%s/", strchr(host, ':') ? arena_printf(im->arena, "[%s]", host) : host);
    return at ? arena_printf(im->arena, "%.*s%s%s", (int)(at - url), url, host, at + 6) : url;
}

static void put_probe(struct import *im, const struct section *s, struct import_host *h, const char *probe)
{
    int64_t pings;
    if (str_istarts(probe, "FPing") || str_istarts(probe, "CiscoRTTMonEcho") || str_istarts(probe, "RemoteFPing")) {
        struct import_check *c = import_ping(im, h, s->host_line);
        const char *n = INHERITED(s, pings);
        if (n && str_i64(n, &pings) == 0)
            import_set(c, s->host_line, "count", arena_printf(im->arena, "%lld", (long long)(pings < 1 ? 1 : pings > 20 ? 20 : pings)));
    } else if (str_istarts(probe, "DNS") || str_istarts(probe, "EchoPingDNS") || str_istarts(probe, "AnotherDNS")) {
        const char *query = INHERITED(s, lookup), *type = INHERITED(s, recordtype);
        struct import_check *c = import_check(im, h, s->host_line, "dns", query ? query : s->host);
        import_set(c, s->host_line, "server", h->address);
        import_set(c, s->host_line, "type", type);
    } else if (str_istarts(probe, "EchoPingHttp") || str_istarts(probe, "Curl") || str_istarts(probe, "AnotherHttp")) {
        const char *url = page(im, s, s->host);
        if (str_istarts(probe, "EchoPingHttps") && str_istarts(url, "http://"))
            url = arena_printf(im->arena, "https://%s", url + 7);
        import_check(im, h, s->host_line, "http", url);
    } else if (str_istarts(probe, "EchoPingSmtp") || str_istarts(probe, "EchoPingLDAP") || str_istarts(probe, "SSH") || str_istarts(probe, "AnotherSSH")) {
        bool ssh = strstr(probe, "SSH") != NULL, ldap = str_istarts(probe, "EchoPingLDAP");
        import_port(im, h, s->host_line, ssh ? "ssh" : ldap ? "ldap" : "smtp", ssh ? 22 : ldap ? 389 : 25);
    } else if (str_istarts(probe, "TCPPing")) {
        import_check(im, h, s->host_line, "tcp", "80");
    } else {
        import_note(im, s->host_line, MSG("the probe “{1}” has no counterpart"), "s", probe);
    }
}

static void put_target(struct import *im, const struct section *s)
{
    if (!s->host || !s->name)
        return;
    if (s->host[0] == '/') {
        import_note(im, s->host_line, MSG("“{1}” gathers other targets in one graph; that is no check"), "s", s->host);
        return;
    }
    if (str_ieq(s->host, "DYNAMIC")) {
        import_note(im, s->host_line, MSG("a target whose address changes (DYNAMIC) has to be named"), "");
        return;
    }
    struct import_host *h = import_host(im, s->line, path_of(im, s), s->host);
    if (s->title || s->menu)
        import_key(im, h, s->line, "title", s->title ? s->title : s->menu);
    for (const struct section *u = s->up; u && u->name; u = u->up)
        import_add(im, h, s->line, "groups", u->name);
    const char *probe = INHERITED(s, probe);
    put_probe(im, s, h, probe ? probe : "FPing");
}

static void setting(struct import *im, struct section *s, unsigned line, const char *key, const char *value)
{
    const struct {
        const char *key;
        const char **to;
    } texts[] = {{"probe", &s->probe}, {"host", &s->host}, {"title", &s->title}, {"menu", &s->menu}, {"lookup", &s->lookup}, {"urlformat", &s->url}, {"url", &s->url}, {"pings", &s->pings}, {"recordtype", &s->recordtype}};
    static const char *const silent[] = {"remark", "step", "hide", "nomasterpoll"};
    if (str_eq(key, "host"))
        s->host_line = line;
    for (size_t i = 0; i < COUNT(texts); i++)
        if (str_eq(texts[i].key, key)) {
            *texts[i].to = value;
            return;
        }
    for (size_t i = 0; i < COUNT(silent); i++)
        if (str_eq(silent[i], key))
            return;
    import_note(im, line, MSG("the setting “{1}” is left out"), "s", key);
}

static void read_smokeping(struct import *im)
{
    struct import_lines l = import_lines(im, true);
    struct section top = {0}, *at[IMPORT_MAX_DEPTH + 1] = {&top}, *now = &top;
    struct str s;
    bool ours = true;
    while (import_line(im, &l, &s)) {
        s = str_trim(s);
        const char *text = arena_dupn(im->arena, s.p, s.n), *eq = strchr(text, '=');
        size_t plus = strspn(text, "+");
        if (!*text || *text == '#')
            continue;
        if (str_starts(text, "***")) {
            ours = strstr(text, "Targets") != NULL;
        } else if (*text == '@') {
            import_note(im, l.line, MSG("“{1}” is not followed; import it by itself"), "s", text + 1 + strspn(text + 1, "include "));
        } else if (!ours) {
            continue;
        } else if (plus > IMPORT_MAX_DEPTH || (plus && !at[plus - 1])) {
            import_note(im, l.line, MSG("“{1}” is nested where nothing is around it"), "s", text);
        } else if (plus) {
            put_target(im, now);
            struct str name = str_trim(str_of(text + plus));
            now = at[plus] = ARENA_NEW(im->arena, struct section);
            *now = (struct section){.name = import_name(im, arena_dupn(im->arena, name.p, name.n)), .line = l.line, .up = at[plus - 1]};
            for (size_t i = plus + 1; i <= IMPORT_MAX_DEPTH; i++)
                at[i] = NULL;
        } else if (eq) {
            struct str k = str_trim((struct str){text, (size_t)(eq - text)}), v = str_trim(str_of(eq + 1));
            setting(im, now, l.line, arena_dupn(im->arena, k.p, k.n), arena_dupn(im->arena, v.p, v.n));
        } else {
            import_note(im, l.line, MSG("“{1}” is not understood"), "s", text);
        }
    }
    put_target(im, now);
}

const struct importer import_smokeping = {"smokeping", MSG("smokeping’s Targets"), read_smokeping};
