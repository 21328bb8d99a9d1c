/* SPDX-License-Identifier: GPL-3.0-or-later */
/* federation_serve.c: what other servers, and their people, read: WebFinger (RFC 7033), host-meta (RFC 6415), NodeInfo 2.0 and 2.1, actors,
 * collections and notes; a person with a browser is led to the page. */
#include "announce/federation_int.h"
#include "io/httpd_path.h"

enum { DOCUMENT_MOST = 4 << 20, KEEP_S = 300, OUTBOX_LAST_PAGE = 100000 };
static const char jrd[] = "application/jrd+json; charset=utf-8", json[] = "application/json; charset=utf-8", plain[] = "text/plain; charset=utf-8";
static const char nodeinfo_schema[] = "http://nodeinfo.diaspora.software/ns/schema/";

struct ask { /* one request */
    struct federation *f;
    const struct httpd_request *rq;
    struct arena *a; /* the request's */
    federation_answered *fn;
    void *arg;
};

/* ---- answering ---- */

static void say(const struct ask *k, int status, const char *text)
{
    struct federation_answer a = {.status = status, .type = plain, .body = text, .body_bytes = strlen(text), .foreign = true, .vary = true};
    k->fn(k->arg, &a);
}

static void send_doc(const struct ask *k, const char *type, const struct doc *d, int status)
{
    struct buf b = BUF_MAX(DOCUMENT_MOST);
    json_write(&b, d, "en", 0);
    struct federation_answer a = {.status = b.full ? 500 : status, .type = type, .body = buf_text(&b), .body_bytes = b.full ? 0 : b.len, .foreign = true, .vary = str_eq(type, FED_TYPE), .max_age_s = status == 200 ? KEEP_S : 0};
    k->fn(k->arg, &a);
    buf_done(&b);
}

static void lead(const struct ask *k, int status, const char *where)
{
    struct federation_answer a = {.status = status, .type = plain, .location = where, .vary = true, .foreign = true};
    k->fn(k->arg, &a);
}

static void nothing(const struct ask *k)
{
    say(k, 404, "There is no such thing.\n");
}

/* ---- WebFinger ---- */

/* "acct:status@host", "status@host", or an address: of an actor, of the site. */
static bool account_of(const struct federation *f, const char *resource, struct fed_actor *ret)
{
    char base[FED_MAX_URL], site[FED_MAX_HOST], account[FED_MAX_HOST], name[80];
    if (!fed_base(f, base, sizeof base) || !fed_host_of(base, site, sizeof site))
        return false;
    if (str_istarts(resource, "http")) {
        size_t n = strlen(base);
        return str_eq(resource, base) || (str_starts(resource, base) && str_eq(resource + n, "/")) ? fed_actor_page(f, ret) : fed_actor_id(f, resource, ret);
    }
    resource += str_istarts(resource, "acct:") ? 5 : 0;
    resource += resource[0] == '@';
    const char *at = strrchr(resource, '@');
    if (!at || !str_copyn(name, sizeof name, resource, (size_t)(at - resource)))
        return false;
    return (str_ieq(at + 1, fed_account_host(f, account, sizeof account)) || str_ieq(at + 1, site)) && fed_actor_handle(f, name, ret);
}

static void link_put(struct doc *list, const char *rel, const char *type, const char *href)
{
    struct doc *o = doc_push_object(list);
    doc_put_text(o, "rel", rel);
    if (type)
        doc_put_text(o, "type", type);
    doc_put_text(o, "href", href);
}

static const char *page_of(const struct ask *k, const struct fed_actor *a)
{
    char base[FED_MAX_URL];
    fed_base(k->f, base, sizeof base);
    return a->component ? arena_printf(k->a, "%s/component/%s", base, strrchr(a->id, '/') + 1) : arena_printf(k->a, "%s/", base);
}

static void webfinger(const struct ask *k)
{
    char host[FED_MAX_HOST];
    struct fed_actor a;
    const char *resource = httpd_query(k->rq, "resource");
    if (!resource || !resource[0] || strlen(resource) >= FED_MAX_URL) {
        say(k, 400, "Whom? Ask with ?resource=acct:NAME@HOST.\n");
        return;
    }
    if (!account_of(k->f, resource, &a)) {
        nothing(k);
        return;
    }
    struct doc *d = doc_object(k->a);
    doc_put_text(d, "subject", arena_printf(k->a, "acct:%s@%s", a.handle, fed_account_host(k->f, host, sizeof host)));
    struct doc *aliases = doc_put_list(d, "aliases"), *links = doc_put_list(d, "links");
    doc_push_text(aliases, a.id);
    doc_push_text(aliases, page_of(k, &a));
    link_put(links, "self", "application/activity+json", a.id);
    link_put(links, "http://webfinger.net/rel/profile-page", "text/html", page_of(k, &a));
    send_doc(k, jrd, d, 200);
}

static void host_meta(const struct ask *k)
{
    char base[FED_MAX_URL];
    struct buf b = BUF_MAX(2 * FED_MAX_URL);
    fed_base(k->f, base, sizeof base);
    buf_str(&b, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<XRD xmlns=\"http://docs.oasis-open.org/ns/xri/xrd-1.0\">\n  <Link rel=\"lrdd\" type=\"application/jrd+json\" template=\"");
    html_escape(&b, base);
    buf_str(&b, "/.well-known/webfinger?resource={uri}\"/>\n</XRD>\n");
    struct federation_answer a = {.status = 200, .type = "application/xrd+xml; charset=utf-8", .body = buf_text(&b), .body_bytes = b.len, .foreign = true, .max_age_s = KEEP_S};
    k->fn(k->arg, &a);
    buf_done(&b);
}

/* ---- NodeInfo ---- */

static void nodeinfo_links(const struct ask *k)
{
    static const char *const versions[] = {"2.1", "2.0"};
    char base[FED_MAX_URL];
    struct doc *d = doc_object(k->a), *links = doc_put_list(d, "links");
    fed_base(k->f, base, sizeof base);
    for (size_t i = 0; i < COUNT(versions); i++)
        link_put(links, arena_printf(k->a, "%s%s", nodeinfo_schema, versions[i]), NULL, arena_printf(k->a, "%s/nodeinfo/%s", base, versions[i]));
    send_doc(k, json, d, 200);
}

static int64_t posts(const struct federation *f)
{
    const struct board *board = announce_board(f->env.announce);
    int64_t n = 0;
    for (size_t i = 0; i < board_count(board); i++)
        n += bulletin_is_public(board_at(board, i)) ? board_at(board, i)->n_updates : 0;
    return n;
}

static void nodeinfo(const struct ask *k, const char *version)
{
    struct doc *d = doc_object(k->a);
    struct buf site = BUF_MAX(400);
    doc_put_text(d, "version", version);
    struct doc *software = doc_put_object(d, "software");
    doc_put_text(software, "name", "vigie");
    doc_put_text(software, "version", k->f->env.version);
    doc_push_text(doc_put_list(d, "protocols"), "activitypub");
    struct doc *services = doc_put_object(d, "services");
    doc_put_list(services, "inbound");
    struct doc *out = doc_put_list(services, "outbound");
    doc_push_text(out, "atom1.0");
    doc_push_text(out, "rss2.0");
    doc_put_bool(d, "openRegistrations", false);
    struct doc *usage = doc_put_object(d, "usage");
    doc_put_int(doc_put_object(usage, "users"), "total", fed_actors(k->f));
    doc_put_int(usage, "localPosts", posts(k->f));
    telling_site(k->f->env.telling, fed_lang(k->f), &site);
    doc_put_text(doc_put_object(d, "metadata"), "nodeName", buf_text(&site));
    send_doc(k, arena_printf(k->a, "application/json; profile=\"%s%s#\"; charset=utf-8", nodeinfo_schema, version), d, 200);
    buf_done(&site);
}

/* ---- actors and their collections ---- */

/* Who asks for pages gets pages; programs that accept anything get activities. */
static bool wants_page(const struct httpd_request *rq)
{
    const char *accept = httpd_header(rq, "Accept");
    return !federation_wanted(rq) && accept && strstr(accept, "text/html");
}

bool federation_wanted(const struct httpd_request *rq)
{
    return httpd_path_activity(httpd_header(rq, "Accept"));
}

static void actor(const struct ask *k, const struct fed_actor *a)
{
    struct doc *d = doc_object(k->a);
    if (wants_page(k->rq)) {
        lead(k, 303, page_of(k, a));
        return;
    }
    if (!k->f->key) {
        struct federation_answer wait = {.status = 503, .type = plain, .body = "not ready yet", .body_bytes = 13, .retry_s = 5, .vary = true};
        k->fn(k->arg, &wait);
        return;
    }
    fed_actor_write(k->f, a, d);
    send_doc(k, FED_TYPE, d, 200);
}

/* How many follow is everybody's to know; who does is nobody's. */
static void people(const struct ask *k, const struct fed_actor *a, const char *name, int64_t n)
{
    struct doc *d = doc_object(k->a);
    fed_context(d);
    doc_put_text(d, "id", arena_printf(k->a, "%s/%s", a->id, name));
    doc_put_text(d, "type", "OrderedCollection");
    doc_put_int(d, "totalItems", n);
    send_doc(k, FED_TYPE, d, 200);
}

static void outbox(const struct ask *k, const struct fed_actor *a)
{
    const char *asked = httpd_query(k->rq, "page");
    int64_t page = 0;
    if (asked && (str_i64(asked, &page) || page < 1 || page > OUTBOX_LAST_PAGE)) {
        nothing(k);
        return;
    }
    struct doc *d = doc_object(k->a);
    fed_outbox_write(k->f, a, (int)page, d);
    send_doc(k, FED_TYPE, d, 200);
}

/* ---- notes ---- */

static void tombstone(const struct ask *k, const struct fed_place *at)
{
    struct doc *d = doc_object(k->a);
    struct buf id = BUF_MAX(2 * FED_MAX_URL);
    fed_note_id(&at->actor, at->key, at->note, &id);
    fed_context(d);
    doc_put_text(d, "id", buf_text(&id));
    doc_put_text(d, "type", "Tombstone");
    send_doc(k, FED_TYPE, d, 410);
    buf_done(&id);
}

static void send_note(const struct ask *k, const struct fed_actor *a, const struct fed_note *n)
{
    struct doc *d = doc_object(k->a);
    if (wants_page(k->rq)) {
        struct buf url = BUF_MAX(FED_MAX_URL);
        telling_link(k->f->env.telling, n->b, NULL, &url);
        if (n->name[0] && n->update)
            buf_printf(&url, "#update-%lld", (long long)n->update->id);
        lead(k, 303, buf_text(&url));
        buf_done(&url);
        return;
    }
    fed_context(d);
    fed_note_write(k->f, a, n, d);
    send_doc(k, FED_TYPE, d, 200);
}

struct late { /* an answer that waits for the store */
    struct ask k;
    struct fed_place at;
};

static void told_then(void *arg, int code, const struct publication *p)
{
    struct late *l = arg;
    struct federation *f = l->k.f;
    const struct bulletin *live = p ? board_find(announce_board(f->env.announce), p->b->id) : NULL;
    struct fed_note n;
    (void)code;
    if (f->closing || f->hushed) {
        mem_free(l);
        fed_unref(f);
        return;
    }
    if (live && live->retracted)
        tombstone(&l->k, &l->at);
    else if (live && str_eq(live->key, l->at.key))
        fed_note_about(p, live, &n), send_note(&l->k, &l->at.actor, &n);
    else
        nothing(&l->k);
    mem_free(l);
    fed_unref(f);
}

static void note(const struct ask *k, const struct fed_place *at)
{
    const struct bulletin *b = board_find_key(announce_board(k->f->env.announce), at->key);
    struct fed_note n;
    int64_t publication;
    if (!b || b->draft || (at->actor.component && !bulletin_touches(b, at->actor.component->name))) {
        nothing(k);
    } else if (b->retracted) {
        tombstone(k, at);
    } else if (at->note[0] == 'p' && str_i64(at->note + 1, &publication) == 0) {
        struct late *l = NEW(struct late);
        *l = (struct late){*k, *at};
        fed_ref(k->f);
        publication_find(k->f->env.publications, publication, told_then, l);
    } else if (!fed_note_find(b, at->note, &n)) {
        nothing(k);
    } else if (!str_eq(n.name, at->note)) { /* the first update is the first note */
        struct buf id = BUF_MAX(2 * FED_MAX_URL);
        fed_note_id(&at->actor, at->key, n.name, &id);
        lead(k, 301, buf_text(&id));
        buf_done(&id);
    } else {
        send_note(k, &at->actor, &n);
    }
}

/* ---- in the place of pages ---- */

bool federation_instead(const struct federation *f, const char *path, struct buf *out)
{
    static const char *const bulletins[] = {"/incident/", "/maintenance/", "/incidents/"}, component[] = "/component/";
    struct fed_actor a;
    if (!federation_on(f) || !fed_actor_page(f, &a))
        return false;
    if (str_eq(path, "/")) {
        buf_str(out, a.id);
        return true;
    }
    for (size_t i = 0; i < COUNT(bulletins); i++) {
        if (!str_starts(path, bulletins[i]))
            continue;
        struct str rest = str_of(path + strlen(bulletins[i])), key, update = {0};
        char text[BULLETIN_KEY_BYTES + 1], name[24];
        if (!str_next(&rest, "/", &key) || !str_copyn(text, sizeof text, key.p, key.n))
            return false;
        const struct bulletin *b = board_find_key(announce_board(f->env.announce), text);
        if (!b || b->draft || (str_next(&rest, "/", &update) && rest.n) || !str_copyn(name, sizeof name, update.p, update.n))
            return false;
        fed_note_id(&a, b->key, name, out);
        return true;
    }
    const struct conf_component *c = str_starts(path, component) ? map_find(&fed_conf(f)->component_by_name, path + sizeof component - 1) : NULL;
    if (!c || !fed_actor_component(f, c, &a))
        return false;
    buf_str(out, a.id);
    return true;
}

/* ---- routing ---- */

static void icon(const struct ask *k)
{
    struct buf b = BUF_MAX(64 << 10);
    fed_icon(&b);
    struct federation_answer a = {.status = 200, .type = "image/png", .body = buf_text(&b), .body_bytes = b.len, .foreign = true, .max_age_s = 86400};
    k->fn(k->arg, &a);
    buf_done(&b);
}

static const struct {
    const char *path;
    void (*run)(const struct ask *k);
} routes[] = {{"/.well-known/webfinger", webfinger}, {"/.well-known/host-meta", host_meta}, {"/.well-known/nodeinfo", nodeinfo_links}, {"/ap/icon.png", icon}};

bool federation_path(const char *path)
{
    for (size_t i = 0; i < COUNT(routes); i++)
        if (str_eq(routes[i].path, path))
            return true;
    return str_starts(path, "/ap/") || str_starts(path, "/nodeinfo/");
}

static void serve_place(const struct ask *k, const struct fed_place *at, const char *client)
{
    bool posts_it = str_eq(k->rq->method, "POST"), box = at->part == FED_INBOX || at->part == FED_SHARED;
    if (box != posts_it)
        say(k, 405, "That is not how this works.\n");
    else if (box)
        fed_inbox(k->f, at, k->rq, client, k->fn, k->arg);
    else if (at->part == FED_ACTOR)
        actor(k, &at->actor);
    else if (at->part == FED_OUTBOX)
        outbox(k, &at->actor);
    else if (at->part == FED_FOLLOWERS)
        people(k, &at->actor, "followers", fed_count(k->f, at->actor.target));
    else if (at->part == FED_FOLLOWING)
        people(k, &at->actor, "following", 0);
    else
        note(k, at);
}

void federation_serve(struct federation *f, const struct httpd_request *rq, const char *client, federation_answered *fn, void *arg)
{
    struct ask k = {f, rq, rq->arena, fn, arg};
    struct fed_place at;
    bool reads = str_eq(rq->method, "GET") || str_eq(rq->method, "HEAD");
    if (!federation_on(f)) {
        nothing(&k);
        return;
    }
    for (size_t i = 0; i < COUNT(routes); i++)
        if (str_eq(routes[i].path, rq->path)) {
            if (reads)
                routes[i].run(&k);
            else
                say(&k, 405, "That is not how this works.\n");
            return;
        }
    if (str_eq(rq->path, "/nodeinfo/2.0") || str_eq(rq->path, "/nodeinfo/2.1"))
        nodeinfo(&k, rq->path + sizeof "/nodeinfo/" - 1);
    else if (fed_place_read(f, rq->path, &at))
        serve_place(&k, &at, client);
    else
        nothing(&k);
}
