/* SPDX-License-Identifier: GPL-3.0-or-later */
/* hook_story.c: the texts that a shape needs, from a publication; and who wants it. */
#include "announce/hooks.h"
#include "announce/subscriber.h"
#include "base/mem.h"
#include "base/str.h"

enum { CORRECTIONS = 16, MOST_TEXT = 256 << 10 };

/* ---- who wants it ---- */

static unsigned kind_of(enum notice n)
{
    static const unsigned kinds[NOTICES] = {[NOTICE_OPENED] = SUBSCRIBER_OPENED, [NOTICE_UPDATE] = SUBSCRIBER_UPDATES, [NOTICE_RESOLVED] = SUBSCRIBER_RESOLVED,
                                            [NOTICE_CORRECTED] = CORRECTIONS,    [NOTICE_RETRACTED] = CORRECTIONS,    [NOTICE_REPORTED] = CORRECTIONS};
    return kinds[n] ? kinds[n] : SUBSCRIBER_WORK;
}

bool hook_wanted(const struct conf *c, const struct publication *p, const struct conf_texts *about, const struct conf_texts *kinds)
{
    struct buf words = BUF_MAX(SUBSCRIBER_MAX_ABOUT);
    if (!(conf_tell_kinds(kinds) & kind_of(p->notice)))
        return false;
    for (int i = 0; i < about->n; i++)
        buf_printf(&words, "%s%s", i ? "," : "", about->at[i]);
    struct subscriber s = {.about = buf_text(&words), .kinds = SUBSCRIBER_EVERYTHING};
    bool wanted = subscriber_concerned(&s, c, p->b);
    buf_done(&words);
    return wanted;
}

/* ---- its texts ---- */

static const char *keep(struct arena *a, struct buf *b)
{
    const char *text = arena_dup(a, buf_text(b));
    buf_done(b);
    return text;
}

/* The publication has only what it is about; the rest is the board's, as far as it was said by then. */
static const struct bulletin *whole(const struct board *board, struct arena *a, const struct publication *p)
{
    const struct bulletin *now = board ? board_find_key(board, p->b->key) : NULL;
    if (!now || now->n_updates == 0)
        return p->b;
    struct bulletin *b = ARENA_NEW(a, struct bulletin);
    struct update *updates = ARENA_ARRAY(a, struct update, (size_t)now->n_updates);
    int n = 0;
    for (int i = 0; i < now->n_updates; i++)
        if (now->updates[i].posted_ms <= p->at_ms)
            updates[n++] = now->updates[i];
    *b = *p->b;
    if (n) {
        b->updates = updates;
        b->n_updates = n;
    }
    return b;
}

static void put_said(struct hook_story *s, const struct telling_env *t)
{
    const struct update *u = bulletin_update(s->p->b, s->p->update);
    bool report = s->p->notice == NOTICE_REPORTED;
    const char *said = report ? wording_for(&s->p->b->report, s->lang, NULL) : u ? wording_for(&u->text, s->lang, NULL) : NULL;
    struct buf plain = BUF_MAX(MOST_TEXT), html = BUF_MAX(2 * MOST_TEXT);
    s->said = said ? arena_dup(s->a, said) : "";
    if (said && t->markdown_plain)
        t->markdown_plain(&plain, said);
    else
        buf_str(&plain, said);
    if (said && t->markdown_html)
        t->markdown_html(&html, said, 0);
    else
        html_escape(&html, said);
    while (plain.len && plain.data[plain.len - 1] == '\n')
        buf_cut(&plain, plain.len - 1);
    s->plain = keep(s->a, &plain);
    s->html = keep(s->a, &html);
}

void hook_story_make(struct hook_story *s, const struct telling_env *t, const struct board *board, struct arena *a, const struct publication *p, const char *lang, size_t line_chars)
{
    char base[300];
    struct buf site = BUF_MAX(400), link = BUF_MAX(700), line = BUF_MAX(16 << 10);
    struct telling_text text = {0};
    *s = (struct hook_story){.a = a, .conf = telling_conf(t), .p = p, .lang = lang, .id = "", .now_ms = clock_wall_ms()};
    s->whole = whole(board, a, p);
    s->base = arena_dup(a, telling_base(t, base, sizeof base));
    telling_site(t, lang, &site);
    telling_link(t, p->b, lang, &link);
    telling_line(t, p, lang, line_chars, line_chars * 4, &line);
    telling_render(t, p, lang, &text);
    s->site = keep(a, &site);
    s->link = keep(a, &link);
    s->line = keep(a, &line);
    s->subject = arena_dup(a, text.subject);
    telling_text_done(&text);
    put_said(s, t);
}
