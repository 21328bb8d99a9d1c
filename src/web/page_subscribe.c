/* SPDX-License-Identifier: GPL-3.0-or-later */
/* page_subscribe.c: how the public asks to be told, confirms, chooses anew, and ends it.  No account, script or cookie.
 *
 * A link in a mail only shows a page: programs that follow links of mails neither confirm nor end anything.  What changes something is a
 * POST, of a form here or of a mail program (RFC 8058: List-Unsubscribe=One-Click, which has no cookie and asks nothing). */
#include "base/str.h"
#include "ops/ops_subscribe.h"
#include "web/feed.h"
#include "web/markdown.h"
#include "web/public.h"
#include "web/push.h"
#include <string.h>

enum { FIELDS_MOST = 400 };

static const char *const kind_labels[] = {MSG("Something does not work"), MSG("News while we work on it"), MSG("It works again"), MSG("Planned work, before and while it takes place")};

struct form { /* what stands in the form */
    const char *email;
    const struct doc *components, *groups, *kinds; /* lists; kinds NULL: all */
    const char *lang;
};
struct sent { /* a form being read */
    struct doc *params;
    int n;
};

static bool is_in(const struct doc *list, const char *text)
{
    DOC_EACH(list, d)
        if (str_eq(d->text, text))
            return true;
    return false;
}

/* ---- the frame ---- */

static struct pub *begin(struct page *p, const char *title)
{
    struct arena *a = p->rq->arena;
    struct sight *s = ARENA_NEW(a, struct sight);
    struct pub *pub = ARENA_NEW(a, struct pub);
    sight_see(s, a, p->h->board, p->h->model, p->h->zone, p->now.wall_ms);
    *pub = (struct pub){.out = &p->html, .lang = p->lang, .s = s, .assets = p->web->assets_version, .base = "", .section = "subscribe", .here = str_eq(p->rq->method, "GET") ? page_here(p) : "/subscribe"};
    pub_open(pub, msg_tr(p->lang, title), NULL);
    pub_print(pub, "<div class=\"wrap tell\">\n<h1>%t</h1>\n", title);
    return pub;
}

static void end(struct page *p, struct pub *pub, int status)
{
    buf_str(&p->html, "</div>\n");
    pub_close(pub);
    page_header(p, "X-Robots-Tag", "noindex");
    page_header(p, "Content-Language", p->lang);
    page_send(p, status, "text/html; charset=utf-8");
}

static void say(struct pub *pub, const char *msgid)
{
    pub_print(pub, "<p>%t</p>\n", msgid);
}

static void say_wrong(struct pub *pub, const struct doc *reply)
{
    const char *text = doc_text(doc_get(reply, "error"), "message", NULL);
    if (text)
        pub_print(pub, "<p class=\"err\" id=\"wrong\" role=\"alert\">%m</p>\n", text);
}

static void wrong_page(struct page *p, int status, const struct doc *reply)
{
    struct pub *pub = begin(p, MSG("That did not work"));
    say_wrong(pub, reply);
    pub_print(pub, "<p class=\"links\"><a href=\"/subscribe?lang=%r\">%t</a></p>\n", p->lang, MSG("Be told"));
    end(p, pub, status);
}

/* ---- the form ---- */

/* depth: how far it stands in, below the group that it belongs to. */
static void put_box(struct pub *pub, const char *name, const char *value, const char *label, const char *label_lang, bool on, int depth)
{
    static const char *const in[] = {"", " in1", " in2", " in3"};
    pub_print(pub, "<label class=\"box%r\"><input type=\"checkbox\" name=\"%r\" value=\"%s\"%r> ", in[depth < 3 ? depth : 3], name, value, on ? " checked" : "");
    pub_foreign(pub, "span", NULL, label, label_lang);
    buf_str(pub->out, "</label>\n");
}

static int depth_of(const struct conf_component *c)
{
    int depth = c->group != NULL;
    for (const char *at = c->group; at && *at; at++)
        depth += *at == '/';
    return depth;
}

static bool is_first_of_group(const struct sight *s, int i)
{
    for (int k = 0; k < i; k++)
        if (str_eq(s->components[k].c->group, s->components[i].c->group))
            return false;
    return s->components[i].c->group != NULL;
}

static void put_services(struct pub *pub, const struct form *f)
{
    const char *other;
    if (pub->s->n < 2)
        return;
    pub_print(pub, "<fieldset><legend>%t</legend>\n<p class=\"quiet\">%t</p>\n", MSG("Of which services?"), MSG("Choose none, and you hear of all of them."));
    for (int i = 0; i < pub->s->n && i < FIELDS_MOST; i++) {
        const struct conf_component *c = pub->s->components[i].c;
        if (is_first_of_group(pub->s, i)) {
            struct buf label = BUF_MAX(400);
            msg_print(&label, pub->lang, MSG("{1}: {2}"), "ss", sight_group_title(pub->s, c->group, pub->lang, &other), msg_tr(pub->lang, MSG("all of it")));
            put_box(pub, "group", c->group, buf_text(&label), NULL, is_in(f->groups, c->group), depth_of(c) - 1);
            buf_done(&label);
        }
        const char *title = sight_title(pub->s, c->name, pub->lang, &other);
        put_box(pub, "component", c->name, title, other, is_in(f->components, c->name), depth_of(c));
    }
    buf_str(pub->out, "</fieldset>\n");
}

static void put_choice(struct pub *pub, const struct form *f)
{
    put_services(pub, f);
    pub_print(pub, "<fieldset><legend>%t</legend>\n", MSG("When?"));
    for (int i = 0; subscriber_kind_words[i]; i++)
        put_box(pub, "kind", subscriber_kind_words[i], msg_tr(pub->lang, kind_labels[i]), NULL, !f->kinds || is_in(f->kinds, subscriber_kind_words[i]), 0);
    const char *lang = f->lang ? f->lang : pub->lang;
    pub_print(pub, "</fieldset>\n<label class=\"field\"><span>%t</span><select name=\"lang\"><option value=\"en\" lang=\"en\"%r>English</option><option value=\"fr\" lang=\"fr\"%r>Français</option></select></label>\n",
              MSG("Language of the mails"), str_eq(lang, "en") ? " selected" : "", str_eq(lang, "fr") ? " selected" : "");
}

/* NULL: browsers are not told. */
static const char *push_key(const struct page *p)
{
    const struct conf *c = model_conf(p->h->model);
    return p->h->webpush && c && c->announce.push ? p->h->webpush_key : NULL;
}

static void form_page(struct page *p, const struct form *f, int status, const struct doc *reply)
{
    struct pub *pub = begin(p, MSG("Be told by mail"));
    bool wrong = status != 200;
    say(pub, MSG("We write when something does not work, and when we are going to work on something. No account, and nothing else."));
    pub_print(pub, "<form method=\"post\" action=\"/subscribe?lang=%r\">\n", p->lang);
    say_wrong(pub, reply);
    pub_print(pub, "<label class=\"field\"><span>%t</span><input type=\"email\" name=\"email\" value=\"%s\" autocomplete=\"email\" maxlength=\"254\" required%r></label>\n", MSG("Your mail address"), f->email ? f->email : "",
              wrong ? " aria-describedby=\"wrong\" aria-invalid=\"true\"" : "");
    put_choice(pub, f);
    pub_print(pub, "<p><button class=\"btn main\">%t</button></p>\n</form>\n", MSG("Send me a mail to confirm"));
    say(pub, MSG("Your address is kept only once you press the button in that mail, and is used for nothing else. Each mail has a link that ends it."));
    push_section(pub, push_key(p), p->web->assets_version);
    end(p, pub, status);
}

/* ---- reading it ---- */

static void take_field(void *arg, const char *name, const char *value)
{
    struct sent *s = arg;
    const char *list = str_eq(name, "component") ? "components" : str_eq(name, "group") ? "groups" : str_eq(name, "kind") ? "kinds" : NULL;
    if (list && s->n++ < FIELDS_MOST)
        doc_push_text(doc_get(s->params, list), value);
}

static struct doc *sent_params(struct page *p)
{
    struct sent s = {.params = doc_object(p->rq->arena)};
    const char *lang = httpd_form(p->rq, "lang");
    doc_put_list(s.params, "components");
    doc_put_list(s.params, "groups");
    doc_put_list(s.params, "kinds");
    doc_put_text(s.params, "lang", lang ? lang : p->lang);
    httpd_form_each(p->rq, take_field, &s);
    return s.params;
}

static struct form form_of(const struct doc *d)
{
    return (struct form){.email = doc_text(d, "email", NULL), .components = doc_get(d, "components"), .groups = doc_get(d, "groups"), .kinds = doc_get(d, "kinds"), .lang = doc_text(d, "lang", NULL)};
}

static void subscribed(struct page *p, int status, const struct doc *reply)
{
    if (status != 200) {
        struct form f = form_of(p->user);
        form_page(p, &f, status, reply);
        return;
    }
    struct pub *pub = begin(p, MSG("Look into your mailbox"));
    say(pub, MSG("If that address can be mailed, a mail is on its way to it. Press the button behind its link within two days; until then nothing is kept."));
    say(pub, MSG("Nothing comes? Look where your mail program puts what it takes for advertising, or try again later."));
    end(p, pub, 200);
}

static void subscribe_get(struct page *p)
{
    const char *component = httpd_query(p->rq, "component");
    struct doc *list = doc_list(p->rq->arena);
    if (component)
        doc_push_text(list, component);
    struct form f = {.components = list};
    form_page(p, &f, 200, NULL);
}

static void subscribe_post(struct page *p)
{
    struct doc *params = sent_params(p);
    const char *email = httpd_form(p->rq, "email");
    doc_put_text(params, "email", email ? email : "");
    p->user = params;
    page_op(p, "subscribe", params, subscribed);
}

/* ---- confirming ---- */

static const char *link_of(const struct page *p, const char *prefix)
{
    const char *at = p->rq->path + strlen(prefix);
    return arena_dupn(p->rq->arena, at, strcspn(at, "/"));
}

static struct doc *link_params(struct page *p, const char *link)
{
    struct doc *params = doc_object(p->rq->arena);
    doc_put_text(params, "link", link);
    return params;
}

static void wish_seen(struct page *p, int status, const struct doc *reply)
{
    if (status != 200) {
        wrong_page(p, status == 504 || status == 408 ? 410 : status, reply);
        return;
    }
    struct pub *pub = begin(p, MSG("Be told by mail"));
    pub_print(pub, "<p>%t <b>%s</b></p>\n<form method=\"post\" action=\"%s?lang=%r\"><button class=\"btn main\">%t</button></form>\n", MSG("From now on we write to"), doc_text(reply, "email", ""), page_here(p), p->lang,
              MSG("Yes, write to me"));
    say(pub, MSG("You did not ask for this? Close this page: nothing is kept."));
    end(p, pub, 200);
}

static void manage_page(struct page *p, const struct doc *reply, const char *title, const char *msgid, int status, const struct doc *wrong)
{
    struct form f = form_of(reply);
    const char *link = doc_text(reply, "link", "");
    struct pub *pub = begin(p, title);
    if (msgid)
        say(pub, msgid);
    pub_print(pub, "<form method=\"post\" action=\"/subscription/%s?lang=%r\">\n", link, p->lang);
    say_wrong(pub, wrong);
    pub_print(pub, "<p><b>%s</b></p>\n", f.email ? f.email : "");
    put_choice(pub, &f);
    pub_print(pub, "<p><button class=\"btn main\">%t</button></p>\n</form>\n", MSG("Keep this choice"));
    pub_print(pub, "<form method=\"post\" action=\"/subscription/%s/end?lang=%r\"><p><button class=\"btn\">%t</button></p></form>\n", link, p->lang, MSG("Write to me no more"));
    end(p, pub, status);
}

static void confirmed(struct page *p, int status, const struct doc *reply)
{
    if (status != 200)
        wrong_page(p, status == 504 || status == 408 ? 410 : status, reply);
    else
        manage_page(p, reply, MSG("You will be told"), MSG("All set. You can change your choice here, or by the link in each mail."), 200, NULL);
}

static void confirm(struct page *p)
{
    const char *link = link_of(p, "/subscribe/confirm/");
    bool posts = str_eq(p->rq->method, "POST");
    page_op(p, posts ? "subscribe-confirm" : "subscribe-wish", link_params(p, link), posts ? confirmed : wish_seen);
}

/* ---- one's own link ---- */

static void seen(struct page *p, int status, const struct doc *reply)
{
    if (status == 200)
        manage_page(p, reply, MSG("What we write to you"), NULL, 200, NULL);
    else
        wrong_page(p, status, reply);
}

static void was_set(struct page *p, int status, const struct doc *reply)
{
    if (status == 200)
        manage_page(p, reply, MSG("What we write to you"), MSG("Your choice is kept."), 200, NULL);
    else
        wrong_page(p, status, reply);
}

static void end_asked(struct page *p, int status, const struct doc *reply)
{
    if (status != 200) {
        wrong_page(p, status, reply);
        return;
    }
    struct pub *pub = begin(p, MSG("Write to me no more"));
    pub_print(pub, "<p><b>%s</b></p>\n<form method=\"post\" action=\"%s?lang=%r\"><button class=\"btn main\">%t</button></form>\n", doc_text(reply, "email", ""), page_here(p), p->lang, MSG("Write to me no more"));
    end(p, pub, 200);
}

/* Whoever is gone already is gone: the answer is the same. */
static void was_ended(struct page *p, int status, const struct doc *reply)
{
    if (status != 200 && status != 404) {
        wrong_page(p, status, reply);
        return;
    }
    struct pub *pub = begin(p, MSG("We write to you no more"));
    say(pub, MSG("Your address is off the list. You can come back at any time."));
    end(p, pub, 200);
}

static void subscription(struct page *p)
{
    const char *link = link_of(p, "/subscription/"), *rest = p->rq->path + strlen("/subscription/") + strlen(link);
    bool posts = str_eq(p->rq->method, "POST"), ends = str_eq(rest, "/end");
    struct doc *params = link_params(p, link);
    if (!ends && rest[0]) {
        page_error(p, 404, MSG("There is no such page."));
    } else if (ends) {
        page_op(p, posts ? "subscription-end" : "subscription", params, posts ? was_ended : end_asked);
    } else if (!posts) {
        page_op(p, "subscription", params, seen);
    } else {
        params = sent_params(p);
        doc_put_text(params, "link", link);
        page_op(p, "subscription-set", params, was_set);
    }
}

/* ---- routing ---- */

static void find_language(struct page *p)
{
    const char *asked = httpd_query(p->rq, "lang"), *accept = httpd_header(p->rq, "Accept-Language");
    const struct conf *c = model_conf(p->h->model);
    p->lang = msg_lang(asked && asked[0] ? asked : accept ? accept : c && c->site.lang ? c->site.lang : "en");
}

bool subscribe_route(struct page *p)
{
    const char *path = p->rq->path, *method = p->rq->method;
    bool form = str_eq(path, "/subscribe"), wish = str_starts(path, "/subscribe/confirm/"), own = str_starts(path, "/subscription/");
    bool reads = str_eq(method, "GET") || str_eq(method, "HEAD"), posts = str_eq(method, "POST");
    if (p->web->stopped || (!form && !wish && !own))
        return false;
    find_language(p);
    p->who = (struct principal){.role = ROLE_NONE, .via = "web"};
    if (!reads && !posts)
        page_error(p, 405, MSG("This page does not work that way."));
    else if (form && reads)
        subscribe_get(p);
    else if (form)
        subscribe_post(p);
    else if (wish)
        confirm(p);
    else
        subscription(p);
    return true;
}

/* ---- for mails ---- */

void subscribe_calendar(struct house *h, const struct bulletin *b, const char *lang, struct buf *out)
{
    struct arena *a = arena_new(4096);
    struct sight s;
    const struct conf *c = model_conf(h->model);
    struct board *alone = board_new(); /* as it was when the mail was due, whatever came since */
    const char *url = c && c->site.url ? c->site.url : h->address && h->address[0] ? h->address : "http://localhost";
    size_t n = strlen(url);
    while (n && url[n - 1] == '/')
        n--;
    if (board_restore(alone, bulletin_ref(b), NULL) == 0) {
        sight_see(&s, a, alone, h->model, h->zone, house_now().wall_ms);
        struct pub pub = {.out = out, .lang = lang, .s = &s, .assets = "", .base = arena_dupn(a, url, n), .here = "/", .section = ""};
        struct feed_of of = {.only = b, .self = "/calendar.ics"};
        feed_calendar(&pub, &of);
    }
    board_free(alone);
    arena_free(a);
}
