/* SPDX-License-Identifier: GPL-3.0-or-later */
/* federation_doc.c: actors, activities and collections as JSON (W3C ActivityPub, ActivityStreams 2.0). */
#include "announce/federation_int.h"
#include "base/timetext.h"
#include "model/sight.h"
#include <stdlib.h>
#include <string.h>

enum { OUTBOX_BULLETINS = 500 /* the newest of them */, OUTBOX_PAGE = 20, SUMMARY_MOST = 4000 };

void fed_context(struct doc *obj)
{
    static const char *const terms[][2] = {{"toot", "http://joinmastodon.org/ns#"}, {"schema", "http://schema.org#"}, {"discoverable", "toot:discoverable"}, {"indexable", "toot:indexable"},
                                           {"manuallyApprovesFollowers", "as:manuallyApprovesFollowers"}, {"sensitive", "as:sensitive"}, {"Hashtag", "as:Hashtag"},
                                           {"PropertyValue", "schema:PropertyValue"}, {"value", "schema:value"}};
    struct doc *list = doc_put_list(obj, "@context");
    doc_push_text(list, "https://www.w3.org/ns/activitystreams");
    doc_push_text(list, "https://w3id.org/security/v1");
    struct doc *own = doc_push_object(list);
    for (size_t i = 0; i < COUNT(terms); i++)
        doc_put_text(own, terms[i][0], terms[i][1]);
}

void fed_address(const struct fed_actor *a, struct doc *obj)
{
    doc_push_text(doc_put_list(obj, "to"), FED_PUBLIC);
    doc_push_text(doc_put_list(obj, "cc"), arena_printf(obj->arena, "%s/followers", a->id));
}

/* ---- actors ---- */

static void name_of(const struct federation *f, const struct fed_actor *a, const char *lang, struct buf *out)
{
    const char *other, *title = a->component ? sight_text(&a->component->title, lang, &other) : NULL;
    struct buf site = BUF_MAX(400);
    telling_site(f->env.telling, lang, &site);
    if (a->component)
        msg_print(out, lang, MSG("{1}: {2}"), "ss", buf_text(&site), title ? title : a->component->name);
    else
        buf_str(out, buf_text(&site));
    buf_done(&site);
}

static void summary_of(const struct federation *f, const struct fed_actor *a, const char *lang, struct buf *out)
{
    const char *other, *text = a->component ? sight_text(&a->component->text, lang, &other) : NULL;
    struct buf site = BUF_MAX(400), line = BUF_MAX(SUMMARY_MOST);
    telling_site(f->env.telling, lang, &site);
    msg_print(&line, lang, a->component ? MSG("What does not work, and what is planned, at this service of {1}.") : MSG("What does not work, and what is planned, at {1}."), "s", buf_text(&site));
    buf_printf(out, "<p lang=\"%s\">", lang);
    html_escape(out, buf_text(&line));
    if (text) {
        buf_str(out, "<br>");
        html_escape(out, text);
    }
    buf_str(out, "</p>");
    buf_done(&site);
    buf_done(&line);
}

/* The site's language first; the others beside it, for servers that know no summaryMap. */
static void put_summary(const struct federation *f, const struct fed_actor *a, struct doc *obj)
{
    struct doc *map = doc_object(obj->arena);
    struct buf all = BUF_MAX(4 * SUMMARY_MOST);
    summary_of(f, a, fed_lang(f), &all);
    for (int i = 0; msg_langs[i]; i++) {
        struct buf one = BUF_MAX(2 * SUMMARY_MOST);
        summary_of(f, a, msg_langs[i], &one);
        doc_put_text(map, msg_langs[i], buf_text(&one));
        if (!str_eq(msg_langs[i], fed_lang(f)))
            buf_str(&all, buf_text(&one));
        buf_done(&one);
    }
    doc_put_text(obj, "summary", buf_text(&all));
    doc_put(obj, "summaryMap", map);
    buf_done(&all);
}

static void put_names(const struct federation *f, const struct fed_actor *a, struct doc *obj)
{
    struct doc *map = doc_object(obj->arena);
    for (int i = 0; msg_langs[i]; i++) {
        struct buf name = BUF_MAX(1000);
        name_of(f, a, msg_langs[i], &name);
        doc_put_text(map, msg_langs[i], buf_text(&name));
        buf_done(&name);
    }
    doc_put_text(obj, "name", doc_text(map, fed_lang(f), ""));
    doc_put(obj, "nameMap", map);
}

static void put_key(const struct federation *f, const struct fed_actor *a, struct doc *obj)
{
    struct doc *key = doc_put_object(obj, "publicKey");
    doc_put_text(key, "id", arena_printf(obj->arena, "%s#main-key", a->id));
    doc_put_text(key, "type", "Key");
    doc_put_text(key, "owner", a->id);
    doc_put_text(key, "publicKeyPem", f->public_pem);
}

static const char *page_url(const struct federation *f, const struct fed_actor *a, struct arena *arena)
{
    char base[FED_MAX_URL];
    fed_base(f, base, sizeof base);
    return a->component ? arena_printf(arena, "%s/component/%s", base, strrchr(a->id, '/') + 1) : arena_printf(arena, "%s/", base);
}

void fed_actor_write(const struct federation *f, const struct fed_actor *a, struct doc *obj)
{
    static const char *const boxes[] = {"inbox", "outbox", "followers", "following"};
    struct arena *arena = obj->arena;
    char base[FED_MAX_URL], host[FED_MAX_HOST];
    fed_base(f, base, sizeof base);
    fed_context(obj);
    doc_put_text(obj, "id", a->id);
    doc_put_text(obj, "type", "Service");
    doc_put_text(obj, "preferredUsername", a->handle);
    doc_put_text(obj, "webfinger", arena_printf(arena, "%s@%s", a->handle, fed_account_host(f, host, sizeof host)));
    put_names(f, a, obj);
    put_summary(f, a, obj);
    doc_put_text(obj, "url", page_url(f, a, arena));
    for (size_t i = 0; i < COUNT(boxes); i++)
        doc_put_text(obj, boxes[i], arena_printf(arena, "%s/%s", a->id, boxes[i]));
    doc_put_text(doc_put_object(obj, "endpoints"), "sharedInbox", arena_printf(arena, "%s/ap/inbox", base));
    struct doc *icon = doc_put_object(obj, "icon");
    doc_put_text(icon, "type", "Image");
    doc_put_text(icon, "mediaType", "image/png");
    doc_put_text(icon, "url", arena_printf(arena, "%s/ap/icon.png", base));
    struct doc *link = doc_push_object(doc_put_list(obj, "attachment"));
    doc_put_text(link, "type", "PropertyValue");
    doc_put_text(link, "name", msg_tr(fed_lang(f), MSG("State of our services")));
    doc_put_text(link, "value", arena_printf(arena, "<a href=\"%s\" rel=\"me nofollow noopener\">%s</a>", page_url(f, a, arena), page_url(f, a, arena)));
    doc_put_bool(obj, "discoverable", true);
    doc_put_bool(obj, "indexable", true);
    doc_put_bool(obj, "manuallyApprovesFollowers", false);
    doc_put_time(obj, "published", f->key_ms);
    put_key(f, a, obj);
}

/* ---- activities ---- */

static const char *const types[][2] = {{"create", "Create"}, {"update", "Update"}, {"delete", "Delete"}};

void fed_activity_write(const struct federation *f, const struct fed_actor *a, const char *what, int64_t serial, int64_t at_ms, const struct fed_note *n, struct doc *obj)
{
    struct buf id = BUF_MAX(2 * FED_MAX_URL);
    const char *type = "Create";
    for (size_t i = 0; i < COUNT(types); i++)
        type = str_eq(types[i][0], what) ? types[i][1] : type;
    fed_note_id(a, n->b->key, n->name, &id);
    const char *note = arena_dup(obj->arena, buf_text(&id));
    buf_printf(&id, "#%s", what);
    if (!str_eq(what, "create")) /* a note is created once; it may be changed again */
        buf_printf(&id, "-%lld", (long long)serial);
    doc_put_text(obj, "id", buf_text(&id));
    doc_put_text(obj, "type", type);
    doc_put_text(obj, "actor", a->id);
    doc_put_time(obj, "published", at_ms);
    fed_address(a, obj);
    struct doc *object = doc_put_object(obj, "object");
    if (str_eq(what, "delete")) {
        doc_put_text(object, "id", note);
        doc_put_text(object, "type", "Tombstone");
    } else {
        fed_note_write(f, a, n, object);
    }
    buf_done(&id);
}

/* ---- outbox ---- */

struct said {
    const struct bulletin *b;
    int64_t at_ms, id; /* of the update; 0: the first note */
};

static int newest_first(const void *x, const void *y)
{
    const struct said *a = x, *b = y;
    return a->at_ms != b->at_ms ? (a->at_ms < b->at_ms) - (a->at_ms > b->at_ms) : (a->id < b->id) - (a->id > b->id);
}

static bool is_of(const struct fed_actor *a, const struct bulletin *b)
{
    return bulletin_is_public(b) && (!a->component || bulletin_touches(b, a->component->name));
}

/* All notes of the newest bulletins; the caller frees. */
static struct said *items_of(const struct federation *f, const struct fed_actor *a, size_t *ret_n)
{
    const struct board *board = announce_board(f->env.announce);
    VEC(struct said) items = {0};
    int bulletins = 0;
    for (size_t i = 0; i < board_count(board) && bulletins < OUTBOX_BULLETINS; i++) {
        const struct bulletin *b = board_at(board, i);
        if (!is_of(a, b))
            continue;
        bulletins++;
        int64_t head = fed_head(b);
        struct said first = {b, b->posted_ms, 0};
        VEC_PUSH(&items, first);
        for (int k = 0; k < b->n_updates; k++) {
            struct said one = {b, b->updates[k].posted_ms, b->updates[k].id};
            if (one.id > head)
                VEC_PUSH(&items, one);
        }
    }
    if (items.n)
        qsort(items.at, items.n, sizeof items.at[0], newest_first);
    *ret_n = items.n;
    return items.at;
}

static void put_items(const struct federation *f, const struct fed_actor *a, const struct said *items, size_t n, struct doc *list)
{
    for (size_t i = 0; i < n; i++) {
        struct fed_note note;
        char name[24] = "";
        if (items[i].id)
            str_print(name, sizeof name, "%lld", (long long)items[i].id);
        if (fed_note_find(items[i].b, name, &note))
            fed_activity_write(f, a, "create", 0, items[i].at_ms, &note, doc_push_object(list));
    }
}

void fed_outbox_write(const struct federation *f, const struct fed_actor *a, int page, struct doc *obj)
{
    size_t n = 0, from = (size_t)(page > 0 ? page - 1 : 0) * OUTBOX_PAGE;
    struct said *items = items_of(f, a, &n);
    const char *box = arena_printf(obj->arena, "%s/outbox", a->id);
    fed_context(obj);
    doc_put_text(obj, "id", page ? arena_printf(obj->arena, "%s?page=%d", box, page) : box);
    doc_put_text(obj, "type", page ? "OrderedCollectionPage" : "OrderedCollection");
    doc_put_int(obj, "totalItems", (int64_t)n);
    if (!page) {
        doc_put_text(obj, "first", arena_printf(obj->arena, "%s?page=1", box));
        doc_put_text(obj, "last", arena_printf(obj->arena, "%s?page=%zu", box, n ? (n - 1) / OUTBOX_PAGE + 1 : 1));
    } else {
        doc_put_text(obj, "partOf", box);
        if (page > 1)
            doc_put_text(obj, "prev", arena_printf(obj->arena, "%s?page=%d", box, page - 1));
        if (from + OUTBOX_PAGE < n)
            doc_put_text(obj, "next", arena_printf(obj->arena, "%s?page=%d", box, page + 1));
        struct doc *list = doc_put_list(obj, "orderedItems");
        if (from < n)
            put_items(f, a, items + from, n - from < OUTBOX_PAGE ? n - from : OUTBOX_PAGE, list);
    }
    mem_free(items);
}
