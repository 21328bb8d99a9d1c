/* SPDX-License-Identifier: GPL-3.0-or-later */
/* badge.c: a badge as SVG: what, and how it is.  Widths are estimated from the characters of a common sans-serif; textLength makes them
 * hold in any font.  No style attribute, nothing from elsewhere: it works under any content security policy. */
#include "base/str.h"
#include "base/utf8.h"
#include "web/feed.h"
#include "web/shapes.h"
#include <string.h>

enum { LABEL_MOST = 60, PAD = 6 };

struct style {
    const char *name;
    int height, radius, size; /* px */
    bool gloss, loud;         /* loud: capitals, wider */
};
static const struct style styles[] = {
    {"flat", 20, 3, 11, true, false}, {"flat-square", 20, 0, 11, false, false}, {"plastic", 18, 4, 11, true, false}, {"for-the-badge", 28, 0, 10, false, true}, {"pill", 20, 10, 11, false, false},
};

/* Tenths of a pixel at 11 px. */
static int width_of(uint32_t c)
{
    if (c < 0x80 && strchr("iljI|!.,:;'", (int)c))
        return 32;
    if (c < 0x80 && strchr("ftr()[]- ", (int)c))
        return 43;
    if (c < 0x80 && strchr("mwMW@%", (int)c))
        return 100;
    return c >= 'A' && c <= 'Z' ? 76 : c >= 0x1100 ? 115 : 66;
}

/* Directions that a text would force on what follows it, and other invisible ones, have no place on a badge. */
static bool is_seen(uint32_t c)
{
    return c >= ' ' && c != 0x7f && !(c >= 0x80 && c < 0xa0) && !(c >= 0x200b && c <= 0x200f) && !(c >= 0x202a && c <= 0x202e) && !(c >= 0x2060 && c <= 0x206f) && c != 0xfeff;
}

/* The text as shown, at most LABEL_MOST characters, and its width in px. */
static int measure(const char *text, bool loud, struct buf *out)
{
    size_t n = strlen(text);
    int width = 0, chars = 0;
    for (size_t i = 0; i < n;) {
        uint32_t c;
        size_t len = utf8_decode(text + i, n - i, &c);
        if (len && is_seen(c) && chars == LABEL_MOST) {
            buf_str(out, "…");
            width += 100;
            break;
        }
        if (len && is_seen(c)) {
            c = loud && c >= 'a' && c <= 'z' ? c - 32 : c;
            char one[8] = {0};
            buf_add(out, one, utf8_encode(c, one));
            width += width_of(c) + (loud ? 16 : 0);
            chars++;
        }
        i += len ? len : 1;
    }
    return (width + 9) / 10;
}

static const struct style *style_of(const char *name)
{
    for (size_t i = 0; name && i < COUNT(styles); i++)
        if (str_eq(styles[i].name, name))
            return &styles[i];
    return &styles[0];
}

const char *badge_style(const char *style)
{
    return style_of(style)->name;
}

static void put_text(struct buf *out, const struct style *st, int x, int w, const char *text, const char *fill)
{
    buf_printf(out, "<text x=\"%d\" y=\"%d\" textLength=\"%d\" fill=\"%s\"%s>", x, st->height / 2 + 4, w, fill, st->loud ? " font-weight=\"700\"" : "");
    feed_xml(out, text);
    buf_str(out, "</text>");
}

static void draw(struct buf *out, const struct style *st, const char *label, int lw, const char *word, int ww, const char *color, const char *ink)
{
    int pad = st->loud ? 2 * PAD : PAD, left = lw + 2 * pad, all = left + ww + 2 * pad;
    buf_printf(out, "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" height=\"%d\" role=\"img\" aria-label=\"", all, st->height);
    feed_xml(out, label);
    buf_str(out, ": ");
    feed_xml(out, word);
    buf_str(out, "\"><title>");
    feed_xml(out, label);
    buf_str(out, ": ");
    feed_xml(out, word);
    buf_printf(out, "</title><clipPath id=\"c\"><rect width=\"%d\" height=\"%d\" rx=\"%d\"/></clipPath><g clip-path=\"url(#c)\"><path fill=\"#0f1e29\" d=\"M0 0h%dv%dH0z\"/><path fill=\"%s\" d=\"M%d 0h%dv%dH%dz\"/>", all,
               st->height, st->radius, left, st->height, color, left, all - left, st->height, left);
    if (st->gloss)
        buf_printf(out, "<path fill=\"#fff\" fill-opacity=\".09\" d=\"M0 0h%dv%dH0z\"/>", all, st->height / 2);
    buf_printf(out, "</g><g font-family=\"Verdana,DejaVu Sans,sans-serif\" font-size=\"%d\">", st->size);
    put_text(out, st, pad, lw, label, "#fff");
    put_text(out, st, left + pad, ww, word, ink);
    buf_str(out, "</g></svg>\n");
}

void shape_badge(struct pub *p, const struct sight_component *v, const char *style)
{
    static const char *const colors[LEVELS] = {[LEVEL_OPERATIONAL] = "#0a7561", [LEVEL_UNKNOWN] = "#93297a", [LEVEL_PLANNED] = "#4a45c2", [LEVEL_DEGRADED] = "#ffb81c", [LEVEL_PARTIAL] = "#ffb81c", [LEVEL_MAJOR] = "#b3201a"};
    const struct style *st = style_of(style);
    const char *lang, *title = v ? sight_title(p->s, v->c->name, p->lang, &lang) : sight_site(p->s, p->lang, &lang);
    bool waiting = v ? v->waiting : p->s->waiting, watched = !v && p->s->worst == LEVEL_OPERATIONAL && p->s->n_incidents;
    enum level level = v ? v->level : p->s->worst;
    bool dark_ink = !waiting && (watched || level == LEVEL_DEGRADED || level == LEVEL_PARTIAL);
    struct buf label = BUF_MAX(2000), word = BUF_MAX(2000);
    int lw = measure(title, st->loud, &label), ww = measure(msg_tr(p->lang, waiting ? MSG("First look") : watched ? MSG("Monitoring") : level_looks[level].word), st->loud, &word);
    draw(p->out, st, buf_text(&label), lw, buf_text(&word), ww, waiting ? "#5a6874" : watched ? "#ffb81c" : colors[level], dark_ink ? "#1a1200" : "#fff");
    buf_done(&label);
    buf_done(&word);
}
