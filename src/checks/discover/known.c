/* SPDX-License-Identifier: GPL-3.0-or-later */
/* known.c: see known.h.  Everything that is watched gets a name by what it looks at: "place HOST:PORT", "site https://HOST:PORT", "local KIND
 * THING", or "KIND HOST THING". A finding is loaded as a configuration of its own, gets its name the same way, and is looked up. */
#include "checks/discover/known.h"
#include "base/arena.h"
#include "base/map.h"
#include "base/mem.h"
#include "base/str.h"
#include "checks/probe.h"
#include "checks/services.h"
#include "checks/url.h"

enum { MAX_THINGS = 16, MAX_THING = 600 };
#define HERE "@" /* this machine, whatever it is called */

struct known {
    const struct conf_env *env;
    const char *machine, *own, *machine_address;
    struct arena *arena;
    struct map things; /* name → &people or &by_itself */
    struct map addresses; /* of hosts → itself */
    struct map names;     /* of hosts → itself */
};
static const char people, by_itself;

/* The name of what is looked at; several for a list. */
struct things {
    char at[MAX_THINGS][MAX_THING];
    int n;
};

/* ---- names ---- */

static const struct conf_row *positional(const struct conf_kind *kind)
{
    for (const struct conf_row *r = kind->rows; r && r->key; r++)
        if (r->flags & CONF_POSITIONAL)
            return r;
    return NULL;
}

static const char *text_of(const struct conf_row *r, const void *opts)
{
    bool text = r && (r->type == CONF_TEXT || r->type == CONF_URL || r->type == CONF_ADDRESS);
    const char *const *at = text ? (const char *const *)(const void *)((const char *)opts + r->offset) : NULL;
    return at && *at ? *at : "";
}

static bool is_machine(const struct known *k, const char *host)
{
    struct addr a;
    return str_eq(host, k->machine) || str_ieq(host, "localhost") || (k->machine_address && str_eq(host, k->machine_address)) ||
           (addr_parse(host, 0, &a) == 0 && addr_is_loopback(&a));
}

/* What a check asks that names no place: its host's address, else its name; the machine is itself. */
static const char *place_of(const struct known *k, const char *text, const struct conf_host *h)
{
    const char *host = text[0] ? text : h->address ? h->address : h->name;
    return is_machine(k, host) ? HERE : host;
}

static void add(struct things *t, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
static void add(struct things *t, const char *fmt, ...)
{
    va_list ap;
    if (t->n == MAX_THINGS)
        return;
    va_start(ap, fmt);
    str_vprint(t->at[t->n++], MAX_THING, fmt, ap);
    va_end(ap);
}

/* Those where one of a kind watches all there is. */
static bool watches_one(const char *kind)
{
    static const char *const kinds[] = {"unit", "process", "file", "directory", "backup", "cron", "log_silence", "interface", NULL};
    for (int i = 0; kinds[i]; i++)
        if (str_eq(kinds[i], kind))
            return true;
    return false;
}

static void name_local(struct things *t, const struct conf_check *c, const struct conf_row *r, const void *opts)
{
    if (r && r->type == CONF_TEXTS && str_eq(c->kind->name, "certificate_files")) {
        const struct conf_texts *list = (const struct conf_texts *)(const void *)((const char *)opts + r->offset);
        for (int i = 0; i < list->n; i++)
            add(t, "local %s %s", c->kind->name, list->at[i]);
    } else {
        add(t, "local %s %s", c->kind->name, watches_one(c->kind->name) ? text_of(r, opts) : "");
    }
}

static void name_url(const struct known *k, struct things *t, const struct conf_check *c, const char *text, struct arena *a)
{
    struct url u;
    if (url_parse(a, text, &u) != 0)
        add(t, "%s %s", c->kind->name, text);
    else if (is_machine(k, u.host))
        add(t, "place " HERE ":%d", u.port);
    else
        add(t, "site %s://%s:%d", u.https ? "https" : "http", u.host, u.port);
}

static bool is_place(const struct conf_check *c)
{
    return service_find(c->kind->name) || str_eq(c->kind->name, "tcp") || str_eq(c->kind->name, "tls") || str_eq(c->kind->name, "ldap");
}

static void name_place(const struct known *k, struct things *t, const struct conf_check *c, const char *text, const struct conf_host *h)
{
    char host[256];
    int port = 0;
    const struct service *s = service_find(c->kind->name);
    if (service_split(text[0] ? text : h->address ? h->address : h->name, host, sizeof host, &port) != 0)
        host[0] = '\0';
    port = port ? port : s ? s->port : 443;
    add(t, "place %s:%d", place_of(k, host, h), port);
}

static void name_check(const struct known *k, struct things *t, const struct conf_check *c, const struct conf_host *h)
{
    struct arena *a = arena_new(1024);
    const void *opts = conf_check_opts(c, a);
    const struct conf_row *r = positional(c->kind);
    const struct probe *p = probe_find(c->kind->name);
    const char *text = text_of(r, opts);
    t->n = 0;
    if (p && p->local)
        name_local(t, c, r, opts);
    else if (strstr(text, "://"))
        name_url(k, t, c, text, a);
    else if (is_place(c) && !(str_eq(c->kind->name, "http") && text[0]))
        name_place(k, t, c, text, h);
    else if (str_eq(c->kind->name, "dns_zone"))
        add(t, "dns_zone %s", text);
    else
        add(t, "%s %s %s", c->kind->name, place_of(k, "", h), text);
    arena_free(a);
}

/* ---- what is watched ---- */

static bool is_own(const struct known *k, const struct conf *c, struct conf_where w)
{
    size_t n = strlen(k->own);
    return w.line == 0 || (w.file < c->n_files && strncmp(c->files[w.file], k->own, n) == 0 && c->files[w.file][n] == '/');
}

static void note(struct known *k, const char *name, bool own)
{
    const char *was = map_find(&k->things, name);
    if (was == &people || (was && own))
        return;
    map_set(&k->things, was ? name : arena_dup(k->arena, name), (void *)(uintptr_t)(own ? &by_itself : &people));
}

static void note_host(struct known *k, const struct conf *c, const struct conf_host *h)
{
    struct things *t = NEW(struct things);
    map_set(&k->names, h->name, (void *)(uintptr_t)h);
    if (h->address)
        map_set(&k->addresses, h->address, (void *)(uintptr_t)h);
    for (int i = 0; i < h->n_checks; i++) {
        name_check(k, t, h->checks[i], h);
        for (int n = 0; n < t->n; n++)
            note(k, t->at[n], is_own(k, c, h->checks[i]->where));
    }
    mem_free(t);
}

struct known *known_new(const struct conf_env *env, const struct conf *c, const char *machine, const char *own)
{
    struct known *k = NEW(struct known);
    const struct conf_host *h = c ? conf_find_host(c, machine) : NULL;
    *k = (struct known){.env = env, .machine = machine, .own = own, .arena = arena_new(4096), .machine_address = h ? h->address : NULL};
    for (int i = 0; c && i < c->n_hosts; i++)
        note_host(k, c, c->hosts[i]);
    return k;
}

struct known *known_free(struct known *k)
{
    if (!k)
        return NULL;
    map_done(&k->things);
    map_done(&k->addresses);
    map_done(&k->names);
    arena_free(k->arena);
    return mem_free(k);
}

/* ---- a finding ---- */

/* As it would stand in a file; parents may not be there. */
static struct conf *load(const struct known *k, const struct finding *f)
{
    struct buf text = BUF_MAX(8192);
    struct conf_env env = *k->env;
    struct conf_errors errors = {0};
    struct conf *c = NULL;
    env.local_host = false;
    env.part = true;
    const struct conf_wanted wanted = {f->host, f->address, NULL, f->yaml};
    (void)conf_edit_found("", 0, NULL, &wanted, 1, &text, NULL);
    struct conf_file file = {.name = "found", .text = buf_text(&text), .bytes = text.len};
    if (text.len && !text.full)
        (void)conf_load(&env, &file, 1, &c, &errors);
    conf_errors_done(&errors);
    buf_done(&text);
    return c;
}

static void judge_host(const struct known *k, const struct conf_host *h, struct known_verdict *ret)
{
    ret->watched = map_find(&k->names, h->name) || (h->address && map_find(&k->addresses, h->address));
    ret->by_people = ret->watched;
}

static void judge_check(const struct known *k, const struct conf_host *h, struct known_verdict *ret)
{
    struct things *t = NEW(struct things);
    name_check(k, t, h->checks[0], h);
    ret->watched = t->n > 0;
    for (int i = 0; i < t->n; i++) {
        const char *who = map_find(&k->things, t->at[i]);
        ret->watched = ret->watched && who;
        ret->by_people = ret->by_people || who == &people;
    }
    ret->by_people = ret->by_people && ret->watched;
    mem_free(t);
}

void known_judge(struct known *k, const struct finding *f, struct known_verdict *ret)
{
    struct conf *c = load(k, f);
    const struct conf_host *h = c ? conf_find_host(c, f->host) : NULL;
    *ret = (struct known_verdict){.loads = h && (!f->check || (h->n_checks == 1 && str_eq(h->checks[0]->name, f->check)))};
    if (ret->loads && f->check)
        judge_check(k, h, ret);
    else if (ret->loads)
        judge_host(k, h, ret);
    conf_unref(c);
}
