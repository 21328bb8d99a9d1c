/* SPDX-License-Identifier: GPL-3.0-or-later */
/* print_news.c: incidents and planned work for a terminal. */
#include "base/msg.h"
#include "base/str.h"
#include "base/timetext.h"
#include "cli/cli_priv.h"
#include "io/loop.h"
#include "model/bulletin.h"

static const char *words_of(struct cli *c, const struct doc *texts, const char **ret_lang)
{
    const struct doc *d = doc_get(texts, c->lang);
    *ret_lang = NULL;
    if (!d && (d = doc_first(texts)) != NULL && d->key && d->key[0])
        *ret_lang = d->key;
    return d && d->kind == DOC_TEXT ? d->text : "";
}

static void put_words(struct cli *c, struct buf *out, const struct doc *texts)
{
    const char *other;
    buf_str(out, words_of(c, texts, &other));
    if (other)
        buf_printf(out, " [%s]", other);
}

static void put_level(struct cli *c, struct buf *out, const char *word, int width)
{
    static const struct {
        const char *text, *colour;
    } looks[LEVELS] = {{MSG("operational"), "32"}, {MSG("unknown"), "35"}, {MSG("planned work"), "36"}, {MSG("degraded"), "33"}, {MSG("partly down"), "1;7;33"}, {MSG("down"), "1;7;31"}};
    int level = level_from(word);
    if (level < 0)
        return;
    if (c->colour)
        buf_printf(out, "\033[%sm", looks[level].colour);
    table_cell(out, msg_tr(c->lang, looks[level].text), width, false);
    if (c->colour)
        buf_str(out, "\033[0m");
}

/* "24 November, 22:31" of the machine's own zone would need the zone: as the daemon gives it, without seconds. */
static const char *moment_of(struct cli *c, const struct doc *obj, const char *key)
{
    const char *text = doc_text(obj, key, NULL);
    return text && strlen(text) >= 16 ? arena_printf(c->arena, "%.10s %.5s UTC", text, text + 11) : NULL;
}

/* What is over shows the worst that it was; work ahead is planned work. */
static const char *level_of(const struct doc *b)
{
    const char *level = doc_text(b, "level", "");
    if (!str_eq(level, "operational"))
        return level;
    return str_eq(doc_text(b, "kind", ""), "maintenance") ? "planned" : doc_bool(b, "open", true) ? level : doc_text(b, "peak", "");
}

static void put_row(struct cli *c, struct buf *out, const struct doc *b)
{
    int phase = phase_from(doc_text(b, "phase", ""));
    buf_printf(out, "%4lld  ", (long long)doc_int(b, "id", 0));
    put_level(c, out, level_of(b), 13);
    buf_char(out, ' ');
    table_cell(out, phase < 0 ? "" : msg_tr(c->lang, phase_title((enum phase)phase)), 20, false);
    put_words(c, out, doc_get(b, "title"));
    if (doc_bool(b, "draft", false))
        buf_printf(out, "  (%s)", msg_tr(c->lang, MSG("draft")));
    if (doc_bool(b, "retracted", false))
        buf_printf(out, "  (%s)", msg_tr(c->lang, MSG("withdrawn")));
    if (doc_bool(b, "late", false))
        buf_printf(out, "  (%s)", msg_tr(c->lang, MSG("an update is overdue")));
    if (str_eq(doc_text(b, "kind", ""), "maintenance"))
        buf_printf(out, "  %s – %s", moment_of(c, b, "start"), moment_of(c, b, "end"));
    buf_char(out, '\n');
}

void print_bulletins(struct cli *c, const struct doc *params, const struct doc *reply, struct buf *out)
{
    const struct doc *list = doc_get(reply, "bulletins");
    DOC_EACH(list, b)
        put_row(c, out, b);
    if (!list || !list->kids.n)
        msg_print(out, c->lang, MSG("Nothing of that kind.\n"), "");
}

static void put_shown(struct cli *c, struct buf *out, const struct doc *reply)
{
    DOC_EACH(doc_get(reply, "shown"), s) {
        const char *name = doc_text(s, "component", ""), *checks = doc_text(s, "checks", "");
        buf_str(out, "  ");
        put_level(c, out, doc_text(s, "level", ""), 13);
        buf_printf(out, " %s", name);
        if (level_from(checks) >= LEVEL_DEGRADED && str_eq(doc_text(s, "level", ""), "operational")) {
            buf_str(out, "  ");
            msg_print(out, c->lang, MSG("(its checks are bad)"), "");
        }
        buf_char(out, '\n');
    }
}

static void say_missing(struct cli *c, struct buf *out, const struct doc *b)
{
    DOC_EACH(doc_get(b, "title_missing"), d)
        msg_print(out, c->lang, MSG("  The title is missing in “{1}”; its readers see another language, marked so.\n"), "s", d->text);
    DOC_EACH(doc_get(b, "text_missing"), d)
        msg_print(out, c->lang, MSG("  The text is missing in “{1}”; its readers see another language, marked so.\n"), "s", d->text);
}

static void put_preview(struct cli *c, struct buf *out, const struct doc *reply)
{
    DOC_EACH(doc_get(reply, "preview"), p) {
        const char *lang = doc_text(p, "lang", ""), *other = doc_text(p, "text_lang", NULL);
        buf_printf(out, "[%s] %s\n", lang, doc_text(p, "title", ""));
        if (doc_get(p, "text"))
            buf_printf(out, "%s%s%s%s\n", other ? "(" : "", other ? other : "", other ? ") " : "", doc_text(p, "text", ""));
    }
}

void print_bulletin_done(struct cli *c, const struct doc *params, const struct doc *reply, struct buf *out)
{
    const struct doc *b = doc_get(reply, "bulletin");
    if (!b) {
        msg_print(out, c->lang, MSG("Done.\n"), "");
        return;
    }
    if (doc_bool(reply, "dry_run", false)) {
        msg_print(out, c->lang, MSG("Nothing was published. This would be:\n"), "");
        put_preview(c, out, reply);
        put_recipients(c, out, reply);
    } else {
        put_row(c, out, b);
        buf_printf(out, "      %s\n", doc_text(b, "url", ""));
    }
    put_shown(c, out, reply);
    say_missing(c, out, b);
}

static void put_update(struct cli *c, struct buf *out, const struct doc *u)
{
    int phase = phase_from(doc_text(u, "phase", ""));
    buf_printf(out, "\n%s  %s", moment_of(c, u, "at"), phase < 0 ? "" : msg_tr(c->lang, phase_title((enum phase)phase)));
    if (doc_text(u, "author", NULL))
        buf_printf(out, "  (%s)", doc_text(u, "author", ""));
    if (doc_text(u, "edited", NULL))
        buf_printf(out, "  %s", msg_tr(c->lang, MSG("edited")));
    buf_printf(out, "  #%lld\n", (long long)doc_int(u, "id", 0));
    DOC_EACH(doc_get(u, "levels"), l) {
        buf_str(out, "  ");
        put_level(c, out, l->text, 13);
        buf_printf(out, " %s\n", l->key);
    }
    if (doc_first(doc_get(u, "text"))) {
        put_words(c, out, doc_get(u, "text"));
        buf_char(out, '\n');
    }
}

/* What the clock brought: a reminder with how long before, the rest by its name. */
static void put_told(struct cli *c, struct buf *out, const struct doc *t)
{
    static const struct {
        const char *word, *text;
    } all[] = {{"remind", MSG("reminder")}, {"skipped", MSG("reminder skipped")}, {"overrun", MSG("told: its time is over")}, {"late", MSG("told: an update is overdue")},
               {"red", MSG("told: still bad at its end")}, {"not-begun", MSG("told: it has not begun")}, {"go", MSG("asked whether it goes ahead")}, {"report", MSG("told: a report is missing")}};
    const char *what = doc_text(t, "what", ""), *text = what;
    struct buf lead = BUF_MAX(60);
    for (size_t i = 0; i < COUNT(all); i++)
        if (str_eq(all[i].word, what))
            text = msg_tr(c->lang, all[i].text);
    if (doc_int(t, "lead_ms", 0))
        time_duration(&lead, doc_int(t, "lead_ms", 0), c->lang);
    buf_printf(out, "      %s  %s%s%s\n", moment_of(c, t, "at"), text, lead.len ? " " : "", buf_text(&lead));
    buf_done(&lead);
}

void print_bulletin(struct cli *c, const struct doc *params, const struct doc *reply, struct buf *out)
{
    static const struct {
        const char *key, *label;
    } times[] = {{"start", MSG("planned from")}, {"end", MSG("planned until")}, {"started", MSG("began")}, {"noticed", MSG("noticed")}, {"posted", MSG("published")},
                 {"ended", MSG("ended")}, {"expected", MSG("expected until")}, {"next_by", MSG("next update by")}};
    const struct doc *b = doc_get(reply, "bulletin");
    put_row(c, out, b);
    buf_printf(out, "      %s  (%s)\n", doc_text(b, "url", ""), doc_text(b, "key", ""));
    for (size_t i = 0; i < COUNT(times); i++)
        if (doc_text(b, times[i].key, NULL))
            buf_printf(out, "      %s %s\n", msg_tr(c->lang, times[i].label), moment_of(c, b, times[i].key));
    DOC_EACH(doc_get(reply, "told"), t)
        put_told(c, out, t);
    DOC_EACH(doc_get(reply, "objections"), o) {
        buf_printf(out, "      %s  ", moment_of(c, o, "at"));
        msg_print(out, c->lang, MSG("objects: {1}"), "s", doc_text(o, "email", ""));
        buf_char(out, '\n');
    }
    put_shown(c, out, reply);
    DOC_EACH(doc_get(b, "updates"), u)
        put_update(c, out, u);
    if (doc_first(doc_get(b, "report"))) {
        buf_printf(out, "\n%s\n", msg_tr(c->lang, MSG("Report")));
        put_words(c, out, doc_get(b, "report"));
        buf_char(out, '\n');
    }
}

void print_outages(struct cli *c, const struct doc *params, const struct doc *reply, struct buf *out)
{
    const struct doc *list = doc_get(reply, "outages");
    DOC_EACH(list, o) {
        const char *to = moment_of(c, o, "to");
        buf_printf(out, "%s – %s  %s\n", moment_of(c, o, "from"), to ? to : msg_tr(c->lang, MSG("still")), doc_text(o, "component", ""));
    }
    if (!list || !list->kids.n)
        msg_print(out, c->lang, MSG("Users were told of every long outage.\n"), "");
}
