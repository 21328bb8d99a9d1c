/* SPDX-License-Identifier: GPL-3.0-or-later */
/* import_nagios.c: Nagios objects: templates (`use`), hosts, services, groups, contacts; command lines of the usual plugins become
 * kinds of ours, others stay plugins.  Escalations, dependencies and time periods are told, not taken. */
#include "config/import/import_priv.h"

enum { MAX_OBJECTS = 100000, MAX_KEYS = 200 };

struct pair {
    const char *key, *value;
    unsigned line;
};
struct object {
    const char *type; /* "host" */
    unsigned line;
    VEC(struct pair) pairs;
};
struct nagios {
    struct import *im;
    VEC(struct object *) objects;
    struct map templates, commands; /* "host generic-host" → object; name → command_line */
};

/* ---- reading */

static struct str without_comment(struct str s)
{
    for (size_t i = 0; i < s.n; i++)
        if (s.p[i] == ';' && (i == 0 || s.p[i - 1] != '\\'))
            s.n = i;
    return str_trim(s);
}

static void add_pair(struct nagios *g, struct object *o, struct str s, unsigned line)
{
    size_t n = 0;
    while (n < s.n && s.p[n] != ' ' && s.p[n] != '\t')
        n++;
    struct str value = str_trim((struct str){s.p + n, s.n - n});
    if (o->pairs.n < MAX_KEYS)
        VEC_PUSH(&o->pairs, ((struct pair){arena_dupn(g->im->arena, s.p, n), arena_dupn(g->im->arena, value.p, value.n), line}));
}

static struct object *begin(struct nagios *g, struct str s, unsigned line)
{
    struct object *o = ARENA_NEW(g->im->arena, struct object);
    struct str type = str_trim((struct str){s.p + 6, s.n - 6});
    size_t n = 0;
    while (n < type.n && type.p[n] != ' ' && type.p[n] != '{')
        n++;
    o->type = arena_dupn(g->im->arena, type.p, n);
    o->line = line;
    if (g->objects.n < MAX_OBJECTS)
        VEC_PUSH(&g->objects, o);
    return o;
}

static void read_objects(struct nagios *g)
{
    struct import_lines l = import_lines(g->im, true);
    struct object *o = NULL;
    struct str s;
    while (import_line(g->im, &l, &s)) {
        s = without_comment(s);
        if (s.n == 0 || s.p[0] == '#')
            continue;
        if (s.n > 7 && memcmp(s.p, "define ", 7) == 0 && (!o || memchr(s.p, '{', s.n))) {
            o = begin(g, s, l.line);
            const char *open = memchr(s.p, '{', s.n);
            struct str rest = open ? str_trim((struct str){open + 1, s.n - (size_t)(open + 1 - s.p)}) : (struct str){s.p, 0};
            bool ends = rest.n && rest.p[rest.n - 1] == '}';
            rest = str_trim((struct str){rest.p, rest.n - ends});
            if (rest.n)
                add_pair(g, o, rest, l.line);
            o = ends ? NULL : o;
        } else if (s.p[0] == '}') {
            o = NULL;
        } else if (o && s.p[0] != '{') {
            bool ends = s.p[s.n - 1] == '}' && !memchr(s.p, '{', s.n);
            add_pair(g, o, ends ? str_trim((struct str){s.p, s.n - 1}) : s, l.line);
            o = ends ? NULL : o;
        } else if (!o) {
            import_note(g->im, l.line, MSG("“{1}” is not understood"), "s", arena_dupn(g->im->arena, s.p, s.n < 200 ? s.n : 200));
        }
    }
}

static const struct pair *own(const struct object *o, const char *key)
{
    for (size_t i = 0; i < o->pairs.n; i++)
        if (str_eq(o->pairs.at[i].key, key))
            return &o->pairs.at[i];
    return NULL;
}

/* Of the object, or of the templates that it uses, the first first. */
static const struct pair *value_of(struct nagios *g, const struct object *o, const char *key, int depth, int *budget)
{
    const struct pair *p = own(o, key), *use = own(o, "use");
    if (p || !use || depth > IMPORT_MAX_DEPTH || --*budget < 0)
        return p;
    struct str rest = str_of(use->value), name;
    while (!p && str_next(&rest, ",", &name)) {
        name = str_trim(name);
        struct object *t = map_find(&g->templates, arena_printf(g->im->arena, "%s %.*s", o->type, (int)name.n, name.p));
        if (t && t != o)
            p = value_of(g, t, key, depth + 1, budget);
    }
    return p;
}

static const char *text_of(struct nagios *g, const struct object *o, const char *key)
{
    int budget = 200; /* templates may use each other in circles */
    const struct pair *p = value_of(g, o, key, 0, &budget);
    return p && !str_eq(p->value, "null") ? p->value : NULL;
}

/* Each name of a list; a "+" in front only says that it adds. */
static bool next_name(struct nagios *g, struct str *rest, const char **ret)
{
    struct str one;
    while (str_next(rest, ",", &one)) {
        one = str_trim(one);
        if (one.n && one.p[0] == '+')
            one = str_trim((struct str){one.p + 1, one.n - 1});
        if (one.n == 0)
            continue;
        *ret = arena_dupn(g->im->arena, one.p, one.n);
        return true;
    }
    return false;
}

/* ---- commands: check_tcp!80 with its command line → words of the plugin */

static const char *expand(struct nagios *g, const char *line, const char *const *args, int n_args)
{
    struct buf b = BUF_MAX(8192);
    for (const char *p = line; *p; p++) {
        int arg = str_starts(p, "$ARG") && p[4] >= '1' && p[4] <= '9' && p[5] == '$' ? p[4] - '0' : 0;
        if (arg) {
            buf_str(&b, arg <= n_args ? args[arg - 1] : "");
            p += 5;
        } else {
            buf_char(&b, *p);
        }
    }
    const char *text = arena_dup(g->im->arena, buf_text(&b));
    buf_done(&b);
    return text;
}

static const char *command_line(struct nagios *g, const char *check_command, unsigned line)
{
    const char *args[32];
    int n = 0;
    struct str rest = str_of(check_command), one;
    str_next(&rest, "!", &one);
    const char *name = arena_dupn(g->im->arena, one.p, one.n), *found = map_find(&g->commands, name);
    while (n < 32 && str_next(&rest, "!", &one))
        args[n++] = arena_dupn(g->im->arena, one.p, one.n);
    if (found)
        return expand(g, found, args, n);
    import_note(g->im, line, MSG("there is no command “{1}” in this file; it is taken as a plugin"), "s", name);
    struct buf b = BUF_MAX(8192);
    buf_str(&b, name);
    for (int i = 0; i < n; i++)
        buf_printf(&b, " %s", args[i]);
    const char *text = arena_dup(g->im->arena, buf_text(&b));
    buf_done(&b);
    return text;
}

struct call { /* a plugin with its words */
    const char *name;
    const char *words[IMPORT_MAX_WORDS];
    int n;
};

static const char *option(const struct call *c, const char *letter, const char *name)
{
    for (int i = 1; i < c->n; i++) {
        if ((letter && str_eq(c->words[i], letter)) || (name && str_eq(c->words[i], name)))
            return i + 1 < c->n ? c->words[i + 1] : "";
        if (name && str_starts(c->words[i], name) && c->words[i][strlen(name)] == '=')
            return c->words[i] + strlen(name) + 1;
    }
    return NULL;
}

/* Only what is known: an option that we do not carry over would change what is checked. */
static bool only(const struct call *c, const char *known)
{
    for (int i = 1; i < c->n; i++)
        if (c->words[i][0] == '-' && (strlen(c->words[i]) != 2 || !strchr(known, c->words[i][1])))
            return false;
    return true;
}

static bool own_address(const char *host)
{
    return !host || str_eq(host, "$HOSTADDRESS$") || str_eq(host, "$HOSTNAME$");
}

static struct import_check *put_ping(struct import *im, struct import_host *h, unsigned line, const struct call *c)
{
    if (!own_address(option(c, "-H", NULL)) || !only(c, "Hwcptn46") || !h->address)
        return NULL;
    struct import_check *k = import_check(im, h, line, "icmp", NULL);
    const char *count = option(c, "-p", NULL), *levels[] = {option(c, "-w", NULL), option(c, "-c", NULL)};
    import_set(k, line, "count", count);
    for (int i = 0; i < 2; i++) { /* 100.0,20% */
        const char *comma = levels[i] ? strchr(levels[i], ',') : NULL;
        if (!comma)
            continue;
        import_set(k, line, i ? "rtt.crit" : "rtt.warn", arena_printf(im->arena, "%.*sms", (int)(comma - levels[i]), levels[i]));
        import_set(k, line, i ? "loss.crit" : "loss.warn", comma + 1);
    }
    return k;
}

static struct import_check *put_http(struct import *im, struct import_host *h, unsigned line, const struct call *c)
{
    const char *name = option(c, "-H", NULL), *address = option(c, "-I", NULL), *port = option(c, "-p", NULL), *path = option(c, "-u", NULL), *expect = option(c, "-e", NULL);
    bool tls = option(c, "-S", NULL) != NULL;
    if (!only(c, "HIpusSewct") || expect || !(own_address(address) || import_is_address(address)))
        return NULL;
    const char *host = !own_address(name) ? name : h->address;
    if (!host)
        return NULL;
    host = strchr(host, ':') ? arena_printf(im->arena, "[%s]", host) : host;
    struct import_check *k = import_check(im, h, line, "http", arena_printf(im->arena, "%s://%s%s%s%s", tls ? "https" : "http", host, port ? ":" : "", port ? port : "", path && path[0] == '/' ? path : "/"));
    if (!own_address(name))
        import_set(k, line, "address", address && !own_address(address) ? address : address ? h->address : NULL);
    if (option(c, "-s", NULL))
        import_set_more(k, line, "expect.body", option(c, "-s", NULL));
    if (option(c, "-w", NULL))
        import_set(k, line, "warn", arena_printf(im->arena, "%ss", option(c, "-w", NULL)));
    if (option(c, "-c", NULL))
        import_set(k, line, "crit", arena_printf(im->arena, "%ss", option(c, "-c", NULL)));
    return k;
}

static struct import_check *put_port(struct import *im, struct import_host *h, unsigned line, const struct call *c)
{
    static const char *const rows[][2] = {{"check_tcp", "tcp"}, {"check_ssh", "ssh"}, {"check_smtp", "smtp"}, {"check_imap", "imap"}, {"check_pop", "pop3"}, {"check_ftp", "ftp"}};
    static const int ports[] = {0, 22, 25, 143, 110, 21};
    int64_t port = 0;
    const char *given = option(c, "-p", NULL);
    for (size_t i = 0; i < COUNT(rows); i++) {
        if (!str_eq(rows[i][0], c->name))
            continue;
        bool bare = c->n == 2 && c->words[1][0] != '-'; /* check_ssh HOST */
        if (!h->address || !only(c, "Hp") || !own_address(bare ? c->words[1] : option(c, "-H", NULL)))
            return NULL;
        if (given ? str_i64(given, &port) < 0 || port < 1 || port > 65535 : (port = ports[i]) == 0)
            return NULL;
        return import_port(im, h, line, str_eq(rows[i][1], "tcp") ? NULL : rows[i][1], port);
    }
    return NULL;
}

static struct import_check *put_command(struct nagios *g, struct import_host *h, unsigned line, const char *name, const char *text)
{
    struct call c = {0};
    c.n = import_words(g->im, str_of(text), 0, c.words);
    const char *slash = c.n ? strrchr(c.words[0], '/') : NULL;
    c.name = c.n ? slash ? slash + 1 : c.words[0] : "";
    struct import_check *k = NULL;
    if (str_eq(c.name, "check_ping") || str_eq(c.name, "check_icmp"))
        k = put_ping(g->im, h, line, &c);
    else if (str_eq(c.name, "check_http"))
        k = put_http(g->im, h, line, &c);
    else
        k = put_port(g->im, h, line, &c);
    if (!k)
        return c.n ? import_plugin(g->im, h, line, name, text) : NULL;
    import_set(k, line, "name", import_name(g->im, name));
    return k;
}

/* ---- objects */

static bool is_template(const struct object *o)
{
    const struct pair *p = own(o, "register");
    return p && str_eq(p->value, "0");
}

static void put_general(struct nagios *g, const struct object *o, struct import_check *c)
{
    static const char *const minutes[][2] = {{"check_interval", "every"}, {"normal_check_interval", "every"}, {"retry_interval", "retry"}, {"retry_check_interval", "retry"}};
    double v;
    for (size_t i = 0; i < COUNT(minutes); i++) {
        const char *t = text_of(g, o, minutes[i][0]);
        if (t && str_f64(t, &v) == 0 && v > 0 && v < 44640)
            import_set_ms(c, o->line, minutes[i][1], (int64_t)(v * 60000));
    }
    import_set(c, o->line, "attempts", text_of(g, o, "max_check_attempts"));
    const char *told = text_of(g, o, "notifications_enabled"), *active = text_of(g, o, "active_checks_enabled");
    if (told && str_eq(told, "0"))
        import_set(c, o->line, "notify", "no");
    if (active && str_eq(active, "0"))
        import_set(c, o->line, "enabled", "no");
    import_set(c, o->line, "notes", text_of(g, o, "notes"));
}

static void put_contacts(struct nagios *g, const struct object *o, struct import_host *h)
{
    const char *name;
    struct str rest = str_of(text_of(g, o, "contacts"));
    while (next_name(g, &rest, &name))
        if (map_find(&g->im->contact_by_name, import_name(g->im, name)))
            import_add(g->im, h, o->line, "contacts", name);
}

static void put_host(struct nagios *g, const struct object *o)
{
    const char *name = text_of(g, o, "host_name"), *address = text_of(g, o, "address"), *alias = text_of(g, o, "alias"), *word;
    if (!name)
        return;
    struct import_host *h = import_host(g->im, o->line, name, address ? address : import_is_address(name) ? name : NULL);
    if (alias && !str_eq(alias, name))
        import_key(g->im, h, o->line, "title", alias);
    struct str parents = str_of(text_of(g, o, "parents")), groups = str_of(text_of(g, o, "hostgroups"));
    while (next_name(g, &parents, &word))
        import_add(g->im, h, o->line, "parents", word);
    while (next_name(g, &groups, &word))
        import_add(g->im, h, o->line, "groups", word);
    put_contacts(g, o, h);
    const char *command = text_of(g, o, "check_command");
    if (h->address && command)
        put_general(g, o, import_ping(g->im, h, o->line));
}

static bool in_group(const struct import_host *h, const char *group)
{
    for (size_t i = 0; i < h->keys.n; i++)
        if (str_eq(h->keys.at[i]->key, "groups"))
            DOC_EACH(h->keys.at[i]->value, d) { if (str_eq(d->text, group)) return true; }
    return false;
}

static void put_service_on(struct nagios *g, const struct object *o, struct import_host *h)
{
    const char *name = text_of(g, o, "service_description"), *command = text_of(g, o, "check_command");
    if (!command || !name)
        return;
    struct import_check *c = put_command(g, h, o->line, name, command_line(g, command, o->line));
    if (c)
        put_general(g, o, c);
}

static void put_service(struct nagios *g, const struct object *o)
{
    struct str hosts = str_of(text_of(g, o, "host_name")), groups = str_of(text_of(g, o, "hostgroup_name"));
    const char *name;
    bool any = false;
    while (next_name(g, &hosts, &name)) {
        struct import_host *one = import_find_host(g->im, name);
        for (size_t i = 0; i < g->im->hosts.n && str_eq(name, "*") && g->im->things < IMPORT_MAX_THINGS; i++)
            put_service_on(g, o, g->im->hosts.at[i]);
        if (one)
            put_service_on(g, o, one);
        any = any || one || str_eq(name, "*");
    }
    while (next_name(g, &groups, &name))
        for (size_t i = 0; i < g->im->hosts.n && g->im->things < IMPORT_MAX_THINGS; i++)
            if (in_group(g->im->hosts.at[i], import_name(g->im, name))) {
                put_service_on(g, o, g->im->hosts.at[i]);
                any = true;
            }
    if (!any)
        import_note(g->im, o->line, MSG("a service names no host that is in this file"), "");
}

static void put_hostgroup(struct nagios *g, const struct object *o)
{
    const char *name = text_of(g, o, "hostgroup_name"), *word;
    struct str members = str_of(text_of(g, o, "members"));
    while (name && next_name(g, &members, &word)) {
        struct import_host *one = import_find_host(g->im, word);
        for (size_t i = 0; i < g->im->hosts.n && str_eq(word, "*"); i++)
            import_add(g->im, g->im->hosts.at[i], o->line, "groups", name);
        if (one)
            import_add(g->im, one, o->line, "groups", name);
    }
}

static void put_contact(struct nagios *g, const struct object *o)
{
    const char *name = text_of(g, o, "contact_name"), *mail = text_of(g, o, "email");
    if (name && mail)
        import_contact(g->im, o->line, name, mail);
}

static void index_object(struct nagios *g, struct object *o)
{
    const struct pair *name = own(o, "name"), *command = own(o, "command_name"), *line = own(o, "command_line");
    if (name)
        map_set(&g->templates, arena_printf(g->im->arena, "%s %s", o->type, name->value), o);
    if (str_eq(o->type, "command") && command && line)
        map_set(&g->commands, command->value, (void *)(uintptr_t)line->value);
}

static void judge_templates(struct nagios *g, const struct object *o)
{
    const struct pair *use = own(o, "use");
    struct str rest = str_of(use ? use->value : NULL);
    const char *name;
    while (next_name(g, &rest, &name))
        if (!map_find(&g->templates, arena_printf(g->im->arena, "%s %s", o->type, name)))
            import_note(g->im, use->line, MSG("there is no template “{1}” in this file"), "s", name);
}

static void read_nagios(struct import *im)
{
    static const struct {
        const char *type;
        void (*put)(struct nagios *g, const struct object *o);
    } steps[] = {{"contact", put_contact}, {"host", put_host}, {"hostgroup", put_hostgroup}, {"service", put_service}};
    static const char *const silent[] = {"contact", "host", "hostgroup", "service", "command", "timeperiod"};
    struct nagios g = {.im = im};
    read_objects(&g);
    for (size_t i = 0; i < g.objects.n; i++)
        index_object(&g, g.objects.at[i]);
    for (size_t s = 0; s < COUNT(steps); s++)
        for (size_t i = 0; i < g.objects.n && im->things < IMPORT_MAX_THINGS; i++)
            if (str_eq(g.objects.at[i]->type, steps[s].type) && !is_template(g.objects.at[i]))
                steps[s].put(&g, g.objects.at[i]);
    for (size_t i = 0; i < g.objects.n; i++) {
        bool known = false;
        judge_templates(&g, g.objects.at[i]);
        for (size_t s = 0; s < COUNT(silent); s++)
            known = known || str_eq(silent[s], g.objects.at[i]->type);
        if (!known)
            import_note(im, g.objects.at[i]->line, MSG("the object “{1}” is left out"), "s", g.objects.at[i]->type);
        VEC_DONE(&g.objects.at[i]->pairs);
    }
    VEC_DONE(&g.objects);
    map_done(&g.templates);
    map_done(&g.commands);
}

const struct importer import_nagios = {"nagios", MSG("Nagios: objects (hosts, services, commands, contacts)"), read_nagios};
