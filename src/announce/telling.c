/* SPDX-License-Identifier: GPL-3.0-or-later */
/* telling.c: what people read: a subject that says how it stands, what was said, whom it concerns, when in the house's zone and in
 * UTC, and where to read more; as plain text and as HTML, which say the same. */
#include "announce/telling.h"
#include "channels/channel.h"
#include "base/mem.h"
#include "base/msg.h"
#include "base/str.h"
#include "base/timetext.h"
#include "model/sight.h"
#include <string.h>

enum { SUBJECT_MOST = 400, VALUE_MOST = 4000, CONCERNED_MOST = 30, MOST_TEXT = 256 << 10 };

static const char *const subjects[NOTICES] = {
    [NOTICE_RESOLVED] = MSG("Over: {1}"),          [NOTICE_PLANNED] = MSG("Planned work: {1}"), [NOTICE_CHANGED] = MSG("News of planned work: {1}"),
    [NOTICE_CONFIRMED] = MSG("Confirmed: {1}"),    [NOTICE_BEGUN] = MSG("Work begins: {1}"),    [NOTICE_DONE] = MSG("Work is done: {1}"),
    [NOTICE_CANCELLED] = MSG("Cancelled: {1}"),    [NOTICE_MOVED] = MSG("Another date: {1}"),   [NOTICE_REMINDER] = MSG("Reminder of planned work: {1}"),
    [NOTICE_OVERRUN] = MSG("Taking longer: {1}"),  [NOTICE_CORRECTED] = MSG("Corrected: {1}"),  [NOTICE_RETRACTED] = MSG("Withdrawn: {1}"),
    [NOTICE_REPORTED] = MSG("Report: {1}"),
};
/* The heading below the title. */
static const char *const headings[NOTICES] = {
    [NOTICE_PLANNED] = MSG("We plan some work."),  [NOTICE_CHANGED] = MSG("There is news of this work."), [NOTICE_CONFIRMED] = MSG("This work is certain now."),
    [NOTICE_BEGUN] = MSG("The work has begun."),   [NOTICE_DONE] = MSG("The work is done."),              [NOTICE_CANCELLED] = MSG("This work will not take place."),
    [NOTICE_MOVED] = MSG("This work will be at another time."), [NOTICE_REMINDER] = MSG("This work is near."),
    [NOTICE_OVERRUN] = MSG("The work is taking longer than we said. We go on."), [NOTICE_CORRECTED] = MSG("We have corrected what we said."),
    [NOTICE_RETRACTED] = MSG("This was published by mistake. Nothing of it is true."), [NOTICE_REPORTED] = MSG("We have written down what happened."),
};
static const char *const levels[LEVELS] = {MSG("Works"), MSG("We cannot see it"), MSG("Planned work"), MSG("Slow"), MSG("Partly down"), MSG("Down")};
static const char *const effects[EFFECTS] = {MSG("You should notice nothing."), MSG("You should notice nothing; for that time there is no spare."), MSG("It may be slow."), MSG("It will be away for some time.")};

struct letter { /* one text in the making */
    const struct telling_env *t;
    const struct publication *p;
    const char *lang;
    const struct zone *zone;
    struct buf plain, html;
};

void html_escape(struct buf *out, const char *text)
{
    for (; text && *text; text++) {
        if (*text == '<')
            buf_str(out, "&lt;");
        else if (*text == '>')
            buf_str(out, "&gt;");
        else if (*text == '&')
            buf_str(out, "&amp;");
        else if (*text == '"')
            buf_str(out, "&quot;");
        else
            buf_char(out, *text);
    }
}

/* A line of a header: no control character gets in. */
static void one_line(struct buf *out, const char *text)
{
    for (; text && *text; text++)
        buf_char(out, (unsigned char)*text < ' ' || *text == 0x7f ? ' ' : *text);
}

/* ---- names ---- */

const struct conf *telling_conf(const struct telling_env *t)
{
    return model_conf(t->model);
}

void telling_site(const struct telling_env *t, const char *lang, struct buf *out)
{
    const struct conf *c = telling_conf(t);
    const char *other, *name = c ? sight_text(&c->site.title, lang, &other) : NULL;
    one_line(out, name ? name : t->machine_name);
}

const char *telling_base(const struct telling_env *t, char *out, size_t n)
{
    const struct conf *c = telling_conf(t);
    const char *url = c && c->site.url ? c->site.url : t->address && t->address[0] ? t->address : "http://localhost";
    size_t len = strlen(url);
    while (len && url[len - 1] == '/')
        len--;
    str_copyn(out, n, url, len);
    return out;
}

const char *telling_domain(const struct telling_env *t, char *out, size_t n)
{
    const struct conf *c = telling_conf(t);
    const char *from = c ? c->site.mail.from : NULL, *at = from ? strrchr(from, '@') : NULL, *machine = t->machine_name;
    const char *domain = at && at[1] ? at + 1 : machine && machine[0] ? machine : "localhost";
    str_copyn(out, n, domain, strcspn(domain, "> \t\r\n"));
    return out;
}

void telling_link(const struct telling_env *t, const struct bulletin *b, const char *lang, struct buf *out)
{
    char base[300];
    buf_printf(out, "%s/%s/%s", telling_base(t, base, sizeof base), bulletin_kind_words[b->kind], b->key);
    if (lang)
        buf_printf(out, "?lang=%s", lang);
}

static const char *component_title(const struct letter *l, const char *name)
{
    const struct conf *c = telling_conf(l->t);
    const struct conf_component *one = c ? map_find(&c->component_by_name, name) : NULL;
    const char *other, *title = one ? sight_text(&one->title, l->lang, &other) : NULL;
    return title ? title : name;
}

/* "(in English only)" */
static const char *tongue(const struct letter *l, const char *other)
{
    if (!other || str_eq(other, l->lang))
        return NULL;
    return str_eq(other, "en") ? MSG("in English only") : str_eq(other, "fr") ? MSG("in French only") : other;
}

/* ---- times ---- */

static void moment_in(struct buf *out, int64_t ms, int64_t now_ms, const struct zone *z, const char *lang)
{
    struct civil c;
    time_civil(ms, z, &c);
    time_date(out, ms, now_ms, z, lang);
    buf_str(out, ", ");
    time_clock(out, ms, z, lang);
    buf_printf(out, " %s", c.zone[0] ? c.zone : "UTC");
}

static void moment(const struct letter *l, struct buf *out, int64_t ms)
{
    moment_in(out, ms, l->p->at_ms, l->zone, l->lang);
    if (l->zone) {
        buf_str(out, " (");
        moment_in(out, ms, l->p->at_ms, NULL, l->lang);
        buf_char(out, ')');
    }
}

/* ---- parts ---- */

static void put_fact(struct letter *l, const char *term, const char *value)
{
    msg_print(&l->plain, l->lang, MSG("{1}: {2}"), "ss", msg_tr(l->lang, term), value);
    buf_char(&l->plain, '\n');
    buf_str(&l->html, "<p style=\"margin:.3em 0\"><b>");
    html_escape(&l->html, msg_tr(l->lang, term));
    buf_str(&l->html, "</b> ");
    html_escape(&l->html, value);
    buf_str(&l->html, "</p>\n");
}

static void put_moment(struct letter *l, const char *term, int64_t ms)
{
    struct buf b = BUF_MAX(200);
    if (!ms)
        return;
    moment(l, &b, ms);
    put_fact(l, term, buf_text(&b));
    buf_done(&b);
}

static void put_sentence(struct letter *l, const char *msgid)
{
    buf_printf(&l->plain, "%s\n\n", msg_tr(l->lang, msgid));
    buf_str(&l->html, "<p><b>");
    html_escape(&l->html, msg_tr(l->lang, msgid));
    buf_str(&l->html, "</b></p>\n");
}

static void put_title(struct letter *l)
{
    const char *other, *said = wording_for(&l->p->b->title, l->lang, &other), *mark = tongue(l, other);
    struct buf line = BUF_MAX(BULLETIN_MAX_TITLE + 8);
    one_line(&line, said ? said : l->p->b->key);
    const char *title = buf_text(&line);
    buf_printf(&l->plain, "%s%s%s%s\n\n", title, mark ? " (" : "", mark ? msg_tr(l->lang, mark) : "", mark ? ")" : "");
    buf_str(&l->html, "<h1 style=\"font-size:1.35em;margin:0 0 .5em\"");
    if (other) {
        buf_str(&l->html, " lang=\"");
        html_escape(&l->html, other);
        buf_char(&l->html, '"');
    }
    buf_char(&l->html, '>');
    html_escape(&l->html, title);
    buf_str(&l->html, "</h1>\n");
    buf_done(&line);
}

static void put_mark(struct letter *l, const char *other)
{
    const char *mark = tongue(l, other);
    if (!mark)
        return;
    buf_printf(&l->plain, "(%s)\n", msg_tr(l->lang, mark));
    buf_str(&l->html, "<p><small>");
    html_escape(&l->html, msg_tr(l->lang, mark));
    buf_str(&l->html, "</small></p>\n");
}

/* What is told: of a report its text, else that of the update. */
static const char *words_of(const struct letter *l, const char **ret_other)
{
    const struct update *u = bulletin_update(l->p->b, l->p->update);
    *ret_other = NULL;
    if (l->p->notice == NOTICE_REPORTED)
        return wording_for(&l->p->b->report, l->lang, ret_other);
    return u ? wording_for(&u->text, l->lang, ret_other) : NULL;
}

static void put_said(struct letter *l)
{
    const char *other, *text = words_of(l, &other);
    if (!text || !text[0])
        return;
    put_mark(l, other);
    if (l->t->markdown_plain)
        l->t->markdown_plain(&l->plain, text);
    else
        buf_str(&l->plain, text);
    buf_str(&l->plain, "\n\n");
    if (l->t->markdown_html) {
        l->t->markdown_html(&l->html, text, 0);
    } else {
        buf_str(&l->html, "<p>");
        html_escape(&l->html, text);
        buf_str(&l->html, "</p>");
    }
    buf_char(&l->html, '\n');
}

static void put_concerned(struct letter *l)
{
    const struct bulletin *b = l->p->b;
    struct buf names = BUF_MAX(VALUE_MOST);
    for (int i = 0; i < b->n_components && i < CONCERNED_MOST; i++) {
        enum level level = bulletin_level(b, b->components[i], l->p->at_ms);
        buf_printf(&names, "%s%s", i ? ", " : "", component_title(l, b->components[i]));
        if (b->kind == BULLETIN_INCIDENT)
            buf_printf(&names, " (%s)", msg_tr(l->lang, levels[level]));
    }
    if (b->n_components)
        put_fact(l, MSG("Concerns"), buf_text(&names));
    buf_done(&names);
}

static void put_window(struct letter *l, const char *term, const struct zone *z)
{
    const struct bulletin *b = l->p->b;
    struct buf v = BUF_MAX(300);
    moment_in(&v, b->start_ms, l->p->at_ms, z, l->lang);
    buf_printf(&v, " %s ", msg_tr(l->lang, MSG("to")));
    moment_in(&v, b->end_ms, l->p->at_ms, z, l->lang);
    put_fact(l, term, buf_text(&v));
    buf_done(&v);
}

static void put_work(struct letter *l)
{
    const struct bulletin *b = l->p->b;
    if (l->zone)
        put_window(l, MSG("When"), l->zone);
    put_window(l, l->zone ? "UTC" : MSG("When"), NULL);
    if (l->p->notice == NOTICE_MOVED)
        put_moment(l, MSG("Announced before"), b->moved_from_ms);
    if (l->p->notice != NOTICE_DONE && l->p->notice != NOTICE_CANCELLED)
        put_fact(l, MSG("What you will notice"), msg_tr(l->lang, effects[b->effect]));
}

static void put_incident(struct letter *l)
{
    const struct bulletin *b = l->p->b;
    const struct update *u = bulletin_update(b, l->p->update);
    put_moment(l, MSG("Began"), b->started_ms);
    if (l->p->notice == NOTICE_RESOLVED)
        put_moment(l, MSG("Over since"), b->ended_ms);
    else
        put_moment(l, MSG("Said"), u ? u->posted_ms : b->changed_ms);
    if (l->p->notice != NOTICE_RESOLVED) {
        put_moment(l, MSG("We expect the end by"), b->expected_ms);
        put_moment(l, MSG("We say more by"), b->next_by_ms);
    }
}

static void put_links(struct letter *l)
{
    char address[300];
    const struct conf *c = telling_conf(l->t);
    const struct bulletin *b = l->p->b;
    struct buf url = BUF_MAX(600);
    telling_link(l->t, b, l->lang, &url);
    if (c && c->site.mail.from && mail_address(c->site.mail.from, address, sizeof address, NULL) == 0)
        put_fact(l, MSG("Questions"), address);
    buf_printf(&l->plain, "\n%s\n", buf_text(&url));
    buf_str(&l->html, "<p><a href=\"");
    html_escape(&l->html, buf_text(&url));
    buf_str(&l->html, "\">");
    html_escape(&l->html, msg_tr(l->lang, MSG("All of it, and what comes next")));
    buf_str(&l->html, "</a></p>\n");
    buf_done(&url);
}

static void subject_make(const struct letter *l, struct buf *out)
{
    const struct bulletin *b = l->p->b;
    const char *title = wording_for(&b->title, l->lang, NULL);
    struct buf whole = BUF_MAX(SUBJECT_MOST);
    if (b->emergency && b->kind == BULLETIN_WORK)
        buf_printf(&whole, "%s ", msg_tr(l->lang, MSG("[Emergency]")));
    if (subjects[l->p->notice])
        msg_print(&whole, l->lang, subjects[l->p->notice], "s", title ? title : b->key);
    else
        msg_print(&whole, l->lang, MSG("{1}: {2}"), "ss", msg_tr(l->lang, phase_title(b->phase)), title ? title : b->key);
    one_line(out, buf_text(&whole));
    buf_done(&whole);
}

void telling_render(const struct telling_env *t, const struct publication *p, const char *lang, struct telling_text *ret)
{
    struct letter l = {.t = t, .p = p, .lang = lang, .zone = t->zone ? t->zone(t->arg) : NULL, .plain = BUF_MAX(MOST_TEXT), .html = BUF_MAX(2 * MOST_TEXT)};
    struct buf subject = BUF_MAX(SUBJECT_MOST + 8), calendar = BUF_MAX(MOST_TEXT);
    subject_make(&l, &subject);
    put_title(&l);
    put_sentence(&l, headings[p->notice] ? headings[p->notice] : phase_title(p->b->phase));
    put_said(&l);
    put_concerned(&l);
    if (p->b->kind == BULLETIN_WORK)
        put_work(&l);
    else
        put_incident(&l);
    put_links(&l);
    if (p->b->kind == BULLETIN_WORK && t->calendar)
        t->calendar(t->arg, p->b, lang, &calendar);
    *ret = (struct telling_text){.subject = buf_take(&subject), .plain = buf_take(&l.plain), .html = buf_take(&l.html), .calendar = calendar.len && !calendar.full ? buf_take(&calendar) : NULL};
    buf_done(&calendar);
}

void telling_text_done(struct telling_text *t)
{
    mem_free(t->subject);
    mem_free(t->plain);
    mem_free(t->html);
    mem_free(t->calendar);
    *t = (struct telling_text){0};
}

/* ---- one line ---- */

/* Bytes of the longest beginning that fits, at the end of a word where one is near. */
static size_t fit(const char *text, size_t most_chars, size_t most_bytes)
{
    size_t n = 0, chars = 0, word = 0;
    while (text[n]) {
        size_t step = 1;
        while (((unsigned char)text[n + step] & 0xc0) == 0x80)
            step++;
        if (chars + 1 > most_chars || n + step > most_bytes)
            return word > n / 2 ? word : n;
        if (text[n] == ' ')
            word = n;
        n += step;
        chars++;
    }
    return n;
}

static size_t chars_of(const char *text)
{
    size_t n = 0;
    for (; *text; text++)
        n += ((unsigned char)*text & 0xc0) != 0x80;
    return n;
}

/* What was said, white space as single blanks; false: nothing. before: what separates it from what stands there. */
static bool said_words(const struct letter *l, const char *before, struct buf *out)
{
    const char *other, *text = words_of(l, &other);
    struct buf plain = BUF_MAX(MOST_TEXT);
    bool blank = true, any;
    if (text && text[0] && l->t->markdown_plain)
        l->t->markdown_plain(&plain, text);
    else if (text)
        buf_str(&plain, text);
    any = plain.len > 0;
    if (any)
        buf_str(out, before);
    for (size_t i = 0; i < plain.len; i++) {
        bool space = (unsigned char)plain.data[i] <= ' ' || plain.data[i] == 0x7f;
        if (!space || !blank)
            buf_char(out, space ? ' ' : plain.data[i]);
        blank = space;
    }
    while (out->len && out->data[out->len - 1] == ' ')
        buf_cut(out, out->len - 1);
    buf_done(&plain);
    return any;
}

/* Subject and what was said. */
static void line_words(const struct letter *l, struct buf *out)
{
    subject_make(l, out);
    said_words(l, out->len && strchr(".!?", out->data[out->len - 1]) ? " " : ". ", out);
}

static void put_fitting(const char *text, size_t most, struct buf *out)
{
    size_t n = strlen(text) <= most ? strlen(text) : most > 3 ? fit(text, most, most - 3) : 0;
    buf_add(out, text, n);
    if (text[n])
        buf_str(out, "…");
}

void telling_short(const struct telling_env *t, const struct publication *p, const char *lang, size_t most_title, size_t most_body, struct buf *title, struct buf *body)
{
    struct letter l = {.t = t, .p = p, .lang = lang, .zone = t->zone ? t->zone(t->arg) : NULL};
    const struct bulletin *b = p->b;
    struct buf subject = BUF_MAX(SUBJECT_MOST + 8), words = BUF_MAX(MOST_TEXT + 600);
    subject_make(&l, &subject);
    if (b->kind == BULLETIN_WORK && p->notice != NOTICE_DONE && p->notice != NOTICE_CANCELLED) {
        moment_in(&words, b->start_ms, p->at_ms, l.zone, lang);
        buf_str(&words, " – ");
        moment_in(&words, b->end_ms, p->at_ms, l.zone, lang);
    }
    if (!said_words(&l, words.len ? ". " : "", &words) && !words.len)
        buf_str(&words, msg_tr(lang, headings[p->notice] ? headings[p->notice] : phase_title(b->phase)));
    put_fitting(buf_text(&subject), most_title, title);
    put_fitting(buf_text(&words), most_body, body);
    buf_done(&subject);
    buf_done(&words);
}

void telling_line(const struct telling_env *t, const struct publication *p, const char *lang, size_t most_chars, size_t most_bytes, struct buf *out)
{
    static const char dots[] = "…";
    struct letter l = {.t = t, .p = p, .lang = lang};
    struct buf words = BUF_MAX(MOST_TEXT + SUBJECT_MOST), link = BUF_MAX(600);
    line_words(&l, &words);
    telling_link(t, p->b, NULL, &link);
    size_t tail_chars = chars_of(buf_text(&link)) + 1, tail_bytes = link.len + 1;
    size_t chars = most_chars > tail_chars ? most_chars - tail_chars : 0, bytes = most_bytes > tail_bytes ? most_bytes - tail_bytes : 0;
    if (chars_of(buf_text(&words)) <= chars && words.len <= bytes)
        buf_str(out, buf_text(&words));
    else if (chars > 1 && bytes > sizeof dots - 1) {
        buf_add(out, buf_text(&words), fit(buf_text(&words), chars - 1, bytes - (sizeof dots - 1)));
        buf_str(out, dots);
    }
    if (out->len)
        buf_char(out, ' ');
    buf_str(out, buf_text(&link));
    buf_done(&words);
    buf_done(&link);
}
