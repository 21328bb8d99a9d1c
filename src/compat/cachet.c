/* SPDX-License-Identifier: GPL-3.0-or-later */
/* cachet.c: which request of Cachet's API this is, who may, and how it is answered.  Shapes, lists and writing are in its neighbours. */
#include "compat/cachet.h"
#include "compat/push.h"
#include "base/hash.h"
#include "base/json.h"
#include "base/msg.h"
#include "base/str.h"
#include <stdarg.h>
#include <string.h>

enum { MAX_ANSWER = 8 << 20 };
#define PREFIX "/api/v1/"

/* ---- answers ---- */

static const char *title_of(int status)
{
    static const struct {
        int status;
        const char *title;
    } rows[] = {{400, "Bad Request"}, {401, "Unauthorized"}, {403, "Forbidden"}, {404, "Not Found"}, {405, "Method Not Allowed"}, {406, "Not Acceptable"},
                {413, "Payload Too Large"}, {429, "Too Many Requests"}, {501, "Not Implemented"}, {503, "Service Unavailable"}, {507, "Insufficient Storage"}};
    for (size_t i = 0; i < COUNT(rows); i++)
        if (rows[i].status == status)
            return rows[i].title;
    return "Internal Server Error";
}

void cachet_send(struct cachet *c, int status, struct doc *whole)
{
    struct buf out = BUF_MAX(MAX_ANSWER);
    if (whole)
        json_write(&out, whole, "en", 0);
    c->ask.answer(c->ask.arg, out.full ? 500 : status, "application/json", &out, c->staff);
    buf_done(&out);
}

void cachet_data(struct cachet *c, struct doc *data)
{
    struct doc *o = doc_object(c->a);
    doc_put(o, "data", data);
    cachet_send(c, 200, o);
}

/* Clients look for "errors"; the id is only for whoever searches a log. */
void cachet_fail(struct cachet *c, int status, const char *fmt, ...)
{
    char text[1000];
    va_list ap;
    va_start(ap, fmt);
    str_vprint(text, sizeof text, fmt, ap);
    va_end(ap);
    uint64_t a = hash_text(text, (uint64_t)c->now.wall_ms), b = hash_text(c->rq->path, a);
    struct doc *o = doc_object(c->a), *e = doc_push_object(doc_put_list(o, "errors"));
    doc_put_text(e, "id", arena_printf(c->a, "%08x-%04x-4%03x-8%03x-%012llx", (unsigned)(a >> 32), (unsigned)(a >> 16) & 0xffff, (unsigned)a & 0xfff,
                                       (unsigned)(b >> 48) & 0xfff, (unsigned long long)(b & 0xffffffffffffULL)));
    doc_put_int(e, "status", status);
    doc_put_text(e, "title", title_of(status));
    doc_put_text(e, "detail", text);
    cachet_send(c, status, o);
}

void cachet_missing(struct cachet *c)
{
    cachet_fail(c, 404, "The requested resource could not be found.");
}

void cachet_gone(struct cachet *c)
{
    cachet_send(c, 204, NULL);
}

void cachet_answer(struct cachet *c, void (*put)(struct cachet *c, struct doc *o, const struct bulletin *b))
{
    const struct bulletin *b = board_find(c->h->board, c->about);
    struct doc *o = doc_object(c->a);
    if (!b) {
        cachet_missing(c);
        return;
    }
    cachet_look(c);
    put(c, o, b);
    cachet_data(c, o);
}

void cachet_put_moment(struct cachet *c, struct doc *p, const char *key, int64_t ms)
{
    char text[TIME_RFC3339_BYTES];
    if (!ms)
        return;
    time_rfc3339(ms, 0, text);
    doc_put_text(p, key, arena_dup(c->a, text));
}

/* ---- steps ---- */

static void fail_as(struct cachet *c, int status, const char *packed)
{
    struct buf b = BUF_MAX(900);
    if (packed && packed[0])
        msg_render(&b, packed, "en");
    cachet_fail(c, status == 409 ? 400 : status, "%s", b.len ? buf_text(&b) : title_of(status));
    buf_done(&b);
}

static void run_step(struct cachet *c);

static void step_done(void *arg, int status, const struct doc *reply, const struct op_call *call)
{
    struct cachet *c = arg;
    (void)call;
    if (status >= 300) {
        fail_as(c, status, doc_text(doc_get(reply, "error"), "message", NULL));
        return;
    }
    if (!c->about)
        c->about = doc_int(doc_get(reply, "bulletin"), "id", 0);
    c->reply = reply ? doc_copy(c->a, reply) : NULL;
    c->at++;
    run_step(c);
}

static void run_step(struct cachet *c)
{
    c->now = house_now();
    if (c->at == c->n_steps) {
        c->after(c);
        return;
    }
    struct cachet_step *s = &c->steps[c->at];
    if (c->about && !doc_get(s->params, "id"))
        doc_put_int(s->params, "id", c->about);
    op_run(c->h, op_find(s->op), s->params, &c->who, "en", c->ask.client, step_done, c);
}

void cachet_step(struct cachet *c, const char *op, struct doc *params)
{
    if (c->n_steps < CACHET_MAX_STEPS)
        c->steps[c->n_steps++] = (struct cachet_step){op, params};
}

void cachet_go(struct cachet *c, int64_t about, cachet_fn *after)
{
    c->about = about;
    c->after = after;
    run_step(c);
}

/* ---- small answers ---- */

static void ping(struct cachet *c)
{
    struct doc *o = doc_object(c->a);
    doc_put_text(o, "data", "Pong!");
    cachet_send(c, 200, o);
}

/* The version that this speaks like; "prelease" is spelt so there. */
static void version(struct cachet *c)
{
    struct doc *o = doc_object(c->a), *meta = doc_put_object(o, "meta"), *latest;
    doc_put_bool(meta, "on_latest", true);
    latest = doc_put_object(meta, "latest");
    doc_put_text(latest, "tag_name", "v2.4.1");
    doc_put_bool(latest, "prelease", false);
    doc_put_bool(latest, "draft", false);
    doc_put_text(o, "data", "2.4.1");
    cachet_send(c, 200, o);
}

static void status(struct cachet *c)
{
    struct doc *o = doc_object(c->a);
    cachet_put_status(c, o);
    cachet_data(c, o);
}

static void component(struct cachet *c)
{
    const struct sight_component *v = cachet_component(c, c->id);
    struct doc *o = doc_object(c->a);
    if (!v) {
        cachet_missing(c);
        return;
    }
    cachet_put_component(c, o, v);
    cachet_data(c, o);
}

static void group(struct cachet *c)
{
    struct doc *o = doc_object(c->a);
    for (int i = 0; i < c->n_groups; i++)
        if (c->group_ids[i] == c->sub) {
            cachet_put_group(c, o, i);
            cachet_data(c, o);
            return;
        }
    cachet_missing(c);
}

static void bulletin(struct cachet *c, enum bulletin_kind kind, void (*put)(struct cachet *c, struct doc *o, const struct bulletin *b))
{
    const struct bulletin *b = cachet_bulletin(c, kind);
    struct doc *o = doc_object(c->a);
    if (!b) {
        cachet_missing(c);
        return;
    }
    put(c, o, b);
    cachet_data(c, o);
}

static void incident(struct cachet *c)
{
    bulletin(c, BULLETIN_INCIDENT, cachet_put_incident);
}

static void schedule(struct cachet *c)
{
    bulletin(c, BULLETIN_WORK, cachet_put_schedule);
}

/* The first update is the message of the incident itself. */
static void update(struct cachet *c)
{
    const struct bulletin *b = cachet_bulletin(c, BULLETIN_INCIDENT);
    const struct update *u = b && c->sub > 1 ? bulletin_update(b, c->sub) : NULL;
    struct doc *o = doc_object(c->a);
    if (!u) {
        cachet_missing(c);
        return;
    }
    cachet_put_update(c, o, b, u);
    cachet_data(c, o);
}

static void configured(struct cachet *c)
{
    cachet_fail(c, 501, "Components and groups are those of the configuration; they are not made, moved or removed here.");
}

static void kept(struct cachet *c)
{
    cachet_fail(c, 501, "What was said stays; it can be corrected by PUT.");
}

static void unknown_here(struct cachet *c)
{
    cachet_fail(c, 501, "There is no such thing here.");
}

/* ---- routing ---- */

/* "#": a number. Longer ones with words stand before those with numbers. */
static const struct route {
    const char *method, *path;
    cachet_fn *fn;
    bool closed; /* a token is needed, although it only reads */
} routes[] = {
    {"GET", "ping", ping, false},
    {"GET", "version", version, false},
    {"GET", "status", status, false},
    {"GET", "components/groups", cachet_group_list, false},
    {"GET", "components/groups/#", group, false},
    {"POST", "components/groups", configured, true},
    {"PUT", "components/groups/#", configured, true},
    {"DELETE", "components/groups/#", configured, true},
    {"GET", "components", cachet_components, false},
    {"GET", "components/#", component, false},
    {"POST", "components", configured, true},
    {"PUT", "components/#", cachet_component_change, true},
    {"DELETE", "components/#", configured, true},
    {"GET", "incidents/templates", cachet_templates, false},
    {"GET", "incidents", cachet_incidents, false},
    {"POST", "incidents", cachet_incident_create, true},
    {"GET", "incidents/#", incident, false},
    {"PUT", "incidents/#", cachet_incident_change, true},
    {"DELETE", "incidents/#", cachet_incident_delete, true},
    {"GET", "incidents/#/updates", cachet_updates, false},
    {"POST", "incidents/#/updates", cachet_update_create, true},
    {"GET", "incidents/#/updates/#", update, false},
    {"PUT", "incidents/#/updates/#", cachet_update_change, true},
    {"DELETE", "incidents/#/updates/#", kept, true},
    {"GET", "schedules", cachet_schedules, false},
    {"POST", "schedules", cachet_schedule_create, true},
    {"GET", "schedules/#", schedule, false},
    {"PUT", "schedules/#", cachet_schedule_change, true},
    {"DELETE", "schedules/#", cachet_schedule_delete, true},
    {"GET", "metrics", cachet_nothing, false},
    {"GET", "metrics/#", cachet_missing, false},
    {"GET", "metrics/#/points", cachet_missing, false},
    {"POST", "metrics", unknown_here, true},
    {"POST", "metrics/#/points", unknown_here, true},
    {"GET", "subscribers", cachet_people, true},
    {"POST", "subscribers", cachet_person_create, true},
    {"DELETE", "subscribers/#", cachet_person_delete, true},
    {"DELETE", "subscriptions/#", cachet_missing, true}, /* they have no numbers here: subscribers/# and POST anew */
};

static bool fits(const struct cachet *c, const char *path)
{
    struct str rest = str_of(path), word;
    int i = 0;
    for (; str_next(&rest, "/", &word); i++)
        if (i >= c->n_segs || (str_is(word, "#") ? strspn(c->seg[i], "0123456789") != strlen(c->seg[i]) : !str_is(word, c->seg[i])))
            return false;
    return i == c->n_segs;
}

static const struct route *route_of(const struct cachet *c, bool *ret_other)
{
    const char *method = str_eq(c->rq->method, "HEAD") ? "GET" : str_eq(c->rq->method, "PATCH") ? "PUT" : c->rq->method;
    for (size_t i = 0; i < COUNT(routes); i++)
        if (fits(c, routes[i].path)) {
            if (str_eq(routes[i].method, method))
                return &routes[i];
            *ret_other = true;
        }
    return NULL;
}

static void take_apart(struct cachet *c)
{
    struct str rest = str_of(c->rq->path + strlen(PREFIX)), word;
    int64_t *const numbers[] = {NULL, &c->id, &c->sub, &c->sub};
    while (c->n_segs < (int)COUNT(c->seg) && str_next(&rest, "/", &word)) {
        c->seg[c->n_segs] = arena_dupn(c->a, word.p, word.n);
        if (c->n_segs < (int)COUNT(numbers) && numbers[c->n_segs])
            str_i64(c->seg[c->n_segs], numbers[c->n_segs]);
        c->n_segs++;
    }
}

/* Whoever takes nothing but pages is a person in a browser. */
static bool takes_json(const struct httpd_request *rq)
{
    const char *accept = httpd_header(rq, "Accept");
    return !accept || !accept[0] || strstr(accept, "json") || strstr(accept, "*/*") || strstr(accept, "application/*");
}

static bool find_who(const struct compat_ask *ask, struct principal *ret)
{
    const char *token = httpd_header(ask->rq, "X-Cachet-Token");
    *ret = (struct principal){.role = ROLE_NONE, .via = "cachet"};
    if (!token || auth_bearer(ask->house->auth, token, house_now().wall_ms, ret) < 0)
        return false;
    ret->via = "cachet";
    return ret->role >= ROLE_VIEWER;
}

static void find_base(struct cachet *c)
{
    const char *url = c->conf->site.url ? c->conf->site.url : c->h->address ? c->h->address : "";
    size_t n = strlen(url);
    while (n && url[n - 1] == '/')
        n--;
    c->base = arena_dupn(c->a, url, n);
}

/* Zones that the configuration knows; another is not looked for on the disk at a stranger's word. */
static void find_zone(struct cachet *c)
{
    const char *name = httpd_header(c->rq, "Time-Zone");
    c->zone = c->h->zone;
    if (!name || str_ieq(name, c->conf->site.zone))
        return;
    if (str_ieq(name, "UTC") || str_ieq(name, "Etc/UTC") || str_ieq(name, "GMT"))
        c->zone = NULL;
    for (int i = 0; i < c->conf->n_zones; i++)
        if (str_ieq(c->conf->zones[i].name, name))
            c->zone = c->conf->zones[i].zone;
}

void cachet_look(struct cachet *c)
{
    sight_see(&c->sight, c->a, c->h->board, c->h->model, c->zone, house_now().wall_ms);
}

/* Numbers of names; see cachet.h. */
static int64_t number_of(const char *kind, const char *name, const int64_t *taken, int n)
{
    for (uint64_t round = 0;; round++) {
        int64_t id = (int64_t)(hash_text(name, hash_text(kind, 2400 + round)) % CACHET_ID_MOST) + 1;
        bool free = true;
        for (int i = 0; i < n && free; i++)
            free = taken[i] != id;
        if (free)
            return id;
    }
}

static void number_all(struct cachet *c)
{
    size_t n = (size_t)c->sight.n;
    c->ids = ARENA_ARRAY(c->a, int64_t, n + 1);
    c->group_ids = ARENA_ARRAY(c->a, int64_t, n + 1);
    c->groups = ARENA_ARRAY(c->a, const char *, n + 1);
    for (int i = 0; i < c->sight.n; i++) {
        const struct conf_component *k = c->sight.components[i].c;
        bool there = !k->group;
        c->ids[i] = number_of("component", k->name, c->ids, i);
        for (int g = 0; g < c->n_groups && !there; g++)
            there = str_eq(c->groups[g], k->group);
        if (there)
            continue;
        c->group_ids[c->n_groups] = number_of("group", k->group, c->group_ids, c->n_groups);
        c->groups[c->n_groups++] = k->group;
    }
}

static void cachet_run(const struct compat_ask *ask)
{
    struct cachet *c = ARENA_NEW(ask->rq->arena, struct cachet);
    struct err e = {0};
    bool other = false;
    *c = (struct cachet){.ask = *ask, .h = ask->house, .rq = ask->rq, .a = ask->rq->arena, .conf = model_conf(ask->house->model), .now = house_now(), .id = -1, .sub = -1};
    c->lang = msg_lang(c->conf->site.lang ? c->conf->site.lang : "en");
    c->staff = find_who(ask, &c->who);
    find_base(c);
    find_zone(c);
    take_apart(c);
    const struct route *r = route_of(c, &other);
    if (!takes_json(c->rq))
        cachet_fail(c, 406, "This interface answers in application/json.");
    else if (!r && other)
        cachet_fail(c, 405, "%s does not take %s.", c->rq->path, c->rq->method);
    else if (!r)
        cachet_missing(c);
    else if (r->closed && !c->staff)
        cachet_fail(c, 401, "You are not authorized to view this content; X-Cachet-Token wants an API token of this server.");
    else if (cachet_read(c, &e) < 0)
        fail_as(c, op_http_status(e.code), e.text);
    else {
        cachet_look(c);
        number_all(c);
        r->fn(c);
    }
}

/* ---- the room's door ---- */

static bool is_cachet(const struct httpd_request *rq)
{
    static const char *const heads[] = {"ping", "version", "components", "incidents", "schedules", "metrics", "subscribers", "subscriptions"};
    if (!str_starts(rq->path, PREFIX))
        return false;
    const char *rest = rq->path + strlen(PREFIX);
    struct str head = {rest, strcspn(rest, "/")};
    for (size_t i = 0; i < COUNT(heads); i++)
        if (str_is(head, heads[i]))
            return true;
    /* This house has a status of its own there; whoever shows Cachet's header means the other one. */
    return str_eq(rest, "status") && httpd_header(rq, "X-Cachet-Token");
}

enum compat_kind compat_kind(const struct httpd_request *rq)
{
    bool reads = str_eq(rq->method, "GET") || str_eq(rq->method, "HEAD");
    if (push_is(rq))
        return COMPAT_WRITE;
    return !is_cachet(rq) ? COMPAT_NONE : reads ? COMPAT_READ : COMPAT_WRITE;
}

bool compat_shared(const struct httpd_request *rq)
{
    return is_cachet(rq);
}

bool compat_preflight(const struct httpd_request *rq)
{
    return str_eq(rq->method, "OPTIONS") && (is_cachet(rq) || str_eq(rq->path, PREFIX "status")) && httpd_header(rq, "Access-Control-Request-Method");
}

const struct conf_component *compat_component(const struct house *h, int64_t id)
{
    const struct conf *conf = model_conf(h->model);
    for (int i = 0; i < conf->n_components; i++)
        if (number_of("component", conf->components[i]->name, NULL, 0) == id)
            return conf->components[i];
    return NULL;
}

bool compat_known(const struct compat_ask *ask)
{
    struct principal who;
    return find_who(ask, &who);
}

void compat_run(const struct compat_ask *ask)
{
    if (push_is(ask->rq))
        push_run(ask);
    else
        cachet_run(ask);
}
