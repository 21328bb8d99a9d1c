/* SPDX-License-Identifier: GPL-3.0-or-later */
/* page_add.c: "watch something": what was typed is guessed, tried once and shown; what stays ticked is added on the second
 * press.  With script the guesses and their trials appear while one types (ui/src/add.ts): /look gives the rows of what is
 * typed, /try the result of one of them, in the same bytes. */
#include "base/str.h"
#include "ops/adding.h"
#include "web/page_console.h"
#include "web/parts.h"
#include "web/waterfall.h"
#include <string.h>

enum { TRIED_AT_ONCE = 16, TARGETS_MOST = 8000 };

/* One check that would be watched. */
struct line {
    const char *word, *host, *check, *yaml; /* check NULL: the host alone */
    const char *given_host, *given_name;    /* as typed in the row; NULL: as guessed */
    bool known, off;                        /* watched already; not ticked */
    const char *wrong, *wrong_field;        /* "hosts", "names": what cannot be used */
    const struct doc *trial;
};
struct form {
    struct line *at;
    int n;
    const struct doc *wrong_words; /* [{target, message}] */
    const char *wrong;             /* packed; above all */
};

/* ---- one row ---- */

static struct timings timings_of(const struct doc *d)
{
    const struct doc *t = doc_get(d, "timings_us");
    return (struct timings){.lookup_us = (int32_t)doc_int(t, "lookup", 0), .connect_us = (int32_t)doc_int(t, "connect", 0), .tls_us = (int32_t)doc_int(t, "tls", 0),
                            .first_byte_us = (int32_t)doc_int(t, "first_byte", 0), .total_us = (int32_t)doc_int(t, "total", 0)};
}

static void put_trial(struct page *p, const struct doc *d)
{
    int s = state_from_word(doc_text(d, "state", "unknown"));
    enum state state = s < 0 ? STATE_UNKNOWN : (enum state)s;
    const char *css = parts_state_class(state, NULL), *more = doc_text(d, "details", NULL);
    struct timings t = timings_of(d);
    html_print(&p->html, p->lang, "<p class=\"result\"><span class=\"%r s-%r\">", state_is_bad(state) ? "badge solid" : "st", css);
    parts_shape(&p->html, css);
    html_print(&p->html, p->lang, "%t</span> <span>%m</span></p>\n", parts_state_word(state), doc_text(d, "output", ""));
    if (waterfall_has(&t))
        waterfall_put(p, &t);
    if (more)
        html_print(&p->html, p->lang, "<details><summary>%t</summary><pre class=\"more\">%s</pre></details>\n", MSG("All it said"), more);
}

static void put_name(struct page *p, const struct line *l, int i, const char *field, const char *label, const char *value)
{
    bool wrong = l->wrong && str_eq(l->wrong_field, str_eq(field, "host") ? "hosts" : "names");
    html_print(&p->html, p->lang, "<label class=\"field\"><span>%t</span><input name=\"%r.%d\" value=\"%s\" data-field=\"%rs\" autocomplete=\"off\" autocapitalize=\"none\" spellcheck=\"false\" maxlength=\"120\"", label, field, i, value, field);
    if (wrong)
        html_print(&p->html, p->lang, " aria-invalid=\"true\" aria-describedby=\"wrong.%d\"", i);
    buf_str(&p->html, "></label>");
}

static void put_line(struct page *p, const struct line *l, int i)
{
    html_print(&p->html, p->lang, "<li data-word=\"%s\"%r>\n<input type=\"hidden\" name=\"target.%d\" value=\"%s\">", l->word, l->known ? " data-known" : "", i, l->word);
    html_print(&p->html, p->lang, "<label class=\"on\"><input type=\"checkbox\" name=\"on.%d\" value=\"1\"%r><code>%s</code></label>\n<div class=\"names\">", i,
               l->known ? " disabled" : l->off ? "" : " checked", l->yaml[0] ? l->yaml : arena_printf(p->rq->arena, "icmp: %s", l->host));
    put_name(p, l, i, "host", MSG("Host"), l->given_host ? l->given_host : l->host);
    if (l->check)
        put_name(p, l, i, "name", MSG("Check"), l->given_name ? l->given_name : l->check);
    html_print(&p->html, p->lang, "</div>\n<p class=\"err\" id=\"wrong.%d\"%r>%m</p>\n<div class=\"trial\">", i, l->wrong ? "" : " hidden", l->wrong ? l->wrong : "");
    if (l->known)
        html_print(&p->html, p->lang, "<p class=\"quiet\">%t</p>", MSG("This host is watched already."));
    else if (l->trial)
        put_trial(p, l->trial);
    buf_str(&p->html, "</div></li>\n");
}

static void put_lines(struct page *p, const struct form *f)
{
    html_print(&p->html, p->lang, "<div id=\"guesses\"%r>\n<h2>%t</h2>\n<ul class=\"guess\">\n", f->n ? "" : " hidden", MSG("This would be watched"));
    for (int i = 0; i < f->n; i++)
        put_line(p, &f->at[i], i);
    buf_str(&p->html, "</ul>\n</div>\n");
}

/* ---- the page ---- */

static void put_wrong(struct page *p, const struct form *f)
{
    bool any = f->wrong || (f->wrong_words && f->wrong_words->kids.n);
    html_print(&p->html, p->lang, "<div class=\"err\" role=\"alert\" id=\"wrong\"%r>", any ? "" : " hidden");
    if (f->wrong)
        html_print(&p->html, p->lang, "<p>%m</p>", f->wrong);
    DOC_EACH(f->wrong_words, d)
        html_print(&p->html, p->lang, "<p data-target=\"%s\">%m</p>", doc_text(d, "target", ""), doc_text(d, "message", ""));
    buf_str(&p->html, "</div>\n");
}

static void send_form(struct page *p, const struct form *f, int status)
{
    const char *targets = page_param(p, "targets");
    bool wrong = f->wrong || (f->wrong_words && f->wrong_words->kids.n);
    parts_open(p, MSG("Watch something"), "hosts");
    html_print(&p->html, p->lang, "<form class=\"ask\" id=\"add\" method=\"post\" action=\"/console/add\">\n<h1>%t</h1>\n", MSG("Watch something"));
    parts_csrf(p);
    html_print(&p->html, p->lang, "<label class=\"field\"><span>%t</span><input id=\"targets\" name=\"targets\" value=\"%s\" required autofocus autocapitalize=\"none\" autocomplete=\"off\" spellcheck=\"false\" placeholder=\"https://example.org\" maxlength=\"%d\" aria-describedby=\"hint wrong\"%r></label>\n",
               MSG("A site, a host, host:port, host:service, a mail domain, a zone"), targets ? targets : "", TARGETS_MOST, wrong && !f->n ? " aria-invalid=\"true\"" : "");
    html_print(&p->html, p->lang, "<p class=\"quiet hint\" id=\"hint\">%t<br><code>https://example.org mail.example.org:imaps 192.0.2.1 @example.org zone:example.org irc://irc.example.org git://git.example.org/a.git</code></p>\n",
               MSG("Several with blanks between them:"));
    put_wrong(p, f);
    put_lines(p, f);
    html_print(&p->html, p->lang, "<p class=\"vh\" role=\"status\" id=\"add-said\"></p>\n<p class=\"do\"><button class=\"btn main\" data-look=\"%t\" data-add=\"%t\"%r>%t</button> <a class=\"btn\" href=\"/console/hosts\">%t</a></p>\n</form>\n",
               MSG("Look what that would be"), MSG("Watch it"), f->n ? " name=\"sure\" value=\"1\"" : "", f->n ? MSG("Watch it") : MSG("Look what that would be"), MSG("Cancel"));
    parts_close(p);
    page_send(p, status, "text/html; charset=utf-8");
}

void page_add_get(struct page *p)
{
    const struct form f = {0};
    send_form(p, &f, 200);
}

/* ---- what was posted ---- */

/* A row of the form: "target.3", "host.3", "name.3", and "on.3" when it is ticked. */
struct posted {
    const char *word, *host, *name;
    bool on;
};
struct posting {
    struct arena *arena;
    struct posted at[ADD_MAX];
    int n;
};

static void take_field(void *arg, const char *name, const char *value)
{
    struct posting *g = arg;
    const char *dot = strchr(name, '.');
    int64_t i;
    if (!dot || str_i64(dot + 1, &i) < 0 || i < 0 || i >= ADD_MAX)
        return;
    struct posted *row = &g->at[i];
    const char *kept = arena_dup(g->arena, value);
    if (str_starts(name, "target."))
        row->word = kept;
    else if (str_starts(name, "host."))
        row->host = kept;
    else if (str_starts(name, "name."))
        row->name = kept;
    else if (str_starts(name, "on."))
        row->on = true;
}

static struct posting *rows_posted(struct page *p)
{
    struct posting *g = ARENA_NEW(p->rq->arena, struct posting);
    g->arena = p->rq->arena;
    httpd_form_each(p->rq, take_field, g);
    while (g->n < ADD_MAX && g->at[g->n].word)
        g->n++;
    return g;
}

/* The words of the field, as parameters of an operation. */
static struct doc *targets_of(struct page *p)
{
    const char *text = page_param(p, "targets");
    struct doc *o = doc_object(p->rq->arena), *list = doc_put_list(o, "targets");
    struct str rest = str_of(text ? text : ""), word;
    while (str_next(&rest, " \t\r\n,", &word))
        if (word.n)
            doc_push_text(list, arena_dupn(p->rq->arena, word.p, word.n));
    return o;
}

static const char *message_of(const struct doc *reply)
{
    const struct doc *e = doc_get(reply, "error"), *m = doc_get(e, "message");
    const struct doc *errors = doc_get(e, "errors");
    /* The first error of the configuration says more than "there are errors". */
    const struct doc *first = errors && errors->kids.first ? doc_get(errors->kids.first, "message") : NULL;
    return first && first->text ? first->text : m && m->text ? m->text : MSG("That did not work.");
}

static struct form *form_of(struct page *p, const struct doc *reply)
{
    struct form *f = ARENA_NEW(p->rq->arena, struct form);
    const struct doc *copy = doc_copy(p->rq->arena, reply), *watch = doc_get(copy, "watch");
    f->wrong_words = doc_get(copy, "wrong");
    f->at = ARENA_ARRAY(p->rq->arena, struct line, (watch ? watch->kids.n : 0) + 1);
    DOC_EACH(watch, d)
        f->at[f->n++] = (struct line){.word = doc_text(d, "target", ""), .host = doc_text(d, "host", ""), .check = doc_text(d, "check", NULL), .yaml = doc_text(d, "yaml", ""), .known = doc_bool(d, "known", false)};
    return f;
}

/* ---- first press: guess, try, show ---- */

static void tried(struct page *p, int status, const struct doc *reply)
{
    struct form *f = p->user;
    const struct doc *d = status == 200 ? doc_first(doc_get(doc_copy(p->rq->arena, reply), "trials")) : NULL;
    for (int i = 0; i < f->n; i++) {
        if (f->at[i].known)
            continue;
        f->at[i].trial = d;
        d = d ? d->next : NULL;
    }
    send_form(p, f, 200);
}

static void guessed(struct page *p, int status, const struct doc *reply)
{
    struct form none = {.wrong = status == 200 ? NULL : message_of(reply)}, *f = status == 200 ? form_of(p, reply) : &none;
    struct doc *o = doc_object(p->rq->arena), *targets = doc_put_list(o, "targets");
    for (int i = 0; i < f->n; i++)
        if (!f->at[i].known)
            doc_push_text(targets, f->at[i].word);
    if (targets->kids.n == 0 || targets->kids.n > TRIED_AT_ONCE) {
        send_form(p, f, f->n ? 200 : status == 200 ? 400 : status);
        return;
    }
    p->user = f;
    page_op(p, "trial", o, tried);
}

/* ---- second press: add what is ticked ---- */

/* all: every row, under the names that the guess gives by itself. */
static struct doc *rows_of(struct page *p, const struct posting *g, bool all)
{
    struct doc *o = doc_object(p->rq->arena), *targets = doc_put_list(o, "targets"), *hosts = doc_put_list(o, "hosts"), *names = doc_put_list(o, "names");
    for (int i = 0; i < g->n; i++) {
        const struct posted *row = &g->at[i];
        if (!all && !row->on)
            continue;
        doc_push_text(targets, row->word);
        doc_push_text(hosts, row->host && !all ? row->host : "");
        doc_push_text(names, row->name && !all ? row->name : "");
    }
    return o;
}

/* Refused: the rows again, as they were typed, with the reason where it belongs: "names[2]" is that of the third ticked. */
static void show_again(struct page *p, int status, const struct doc *reply)
{
    const char *field = doc_text(doc_get(p->user, "error"), "field", ""), *bracket = strchr(field, '[');
    struct form none = {0}, *f = status == 200 ? form_of(p, reply) : &none;
    struct posting *g = rows_posted(p);
    int64_t wrong_at = -1;
    char digits[20];
    if (bracket && str_copyn(digits, sizeof digits, bracket + 1, strcspn(bracket + 1, "]")))
        str_i64(digits, &wrong_at);
    for (int i = 0, ticked = 0; i < f->n && i < g->n; i++) {
        struct line *l = &f->at[i];
        l->given_host = g->at[i].host;
        l->given_name = g->at[i].name;
        l->off = !g->at[i].on;
        if (g->at[i].on && bracket && ticked++ == wrong_at) {
            l->wrong = message_of(p->user);
            l->wrong_field = arena_dupn(p->rq->arena, field, (size_t)(bracket - field));
        }
    }
    f->wrong = bracket && f->n ? NULL : message_of(p->user);
    send_form(p, f, (int)doc_int(p->user, "status", 400));
}

static void added(struct page *p, int status, const struct doc *reply)
{
    if (status == 200) {
        const struct doc *first = doc_get(reply, "watch")->kids.first;
        struct buf b = BUF_MAX(1000);
        html_print(&b, p->lang, "/console/host/%u", first ? doc_text(first, "host", "") : "");
        page_redirect(p, arena_dup(p->rq->arena, buf_text(&b)));
        buf_done(&b);
        return;
    }
    const struct posting *g = rows_posted(p);
    struct doc *kept = doc_copy(p->rq->arena, reply), *o = g->n ? rows_of(p, g, true) : targets_of(p);
    doc_put_int(kept, "status", status);
    doc_put_bool(o, "each", true);
    p->user = kept;
    page_op(p, "guess", o, show_again);
}

void page_add_post(struct page *p)
{
    struct doc *o = targets_of(p);
    if (!page_param(p, "sure")) {
        doc_put_bool(o, "each", true);
        page_op(p, "guess", o, guessed);
        return;
    }
    const struct posting *g = rows_posted(p);
    if (g->n)
        o = rows_of(p, g, false);
    if (doc_get(o, "targets")->kids.n) {
        page_op(p, "add", o, added);
        return;
    }
    struct form f = {.wrong = MSG("Nothing is ticked, so there is nothing to add.")};
    send_form(p, &f, 400);
}

/* ---- parts, for the script ---- */

static void looked(struct page *p, int status, const struct doc *reply)
{
    struct form none = {.wrong = status == 200 ? NULL : message_of(reply)}, *f = status == 200 ? form_of(p, reply) : &none;
    put_wrong(p, f);
    put_lines(p, f);
    page_send(p, 200, "text/html; charset=utf-8");
}

void page_add_look(struct page *p)
{
    struct doc *o = targets_of(p);
    doc_put_bool(o, "each", true);
    if (doc_get(o, "targets")->kids.n)
        page_op(p, "guess", o, looked);
    else
        looked(p, 200, doc_object(p->rq->arena));
}

static void one_tried(struct page *p, int status, const struct doc *reply)
{
    const struct doc *d = status == 200 ? doc_first(doc_get(reply, "trials")) : NULL;
    const char *field = doc_text(doc_get(reply, "error"), "field", "");
    if (d)
        put_trial(p, d);
    else /* data-field: at which input of the row it belongs */
        html_print(&p->html, p->lang, "<p class=\"err\" data-field=\"%s\">%m</p>\n", arena_dupn(p->rq->arena, field, strcspn(field, "[")), message_of(reply));
    page_send(p, d ? 200 : status == 200 ? 500 : status, "text/html; charset=utf-8");
}

void page_add_try(struct page *p)
{
    struct doc *o = doc_object(p->rq->arena);
    static const char *const keys[][2] = {{"targets", "target"}, {"hosts", "host"}, {"names", "name"}};
    for (size_t i = 0; i < COUNT(keys); i++) {
        const char *v = page_param(p, keys[i][1]);
        doc_push_text(doc_put_list(o, keys[i][0]), v ? v : "");
    }
    page_op(p, "trial", o, one_tried);
}
