/* SPDX-License-Identifier: GPL-3.0-or-later */
/* public_say.c: the states of the services as a person would say them aloud.  First what does not work, then what does. */
#include "base/str.h"
#include "web/public.h"
#include <ctype.h>
#include <string.h>

static const struct {
    const char *word;
    const char *one, *many, *count, *all; /* of one service; of a plural or two; of more; of every one */
} sayings[] = {
    [COMPONENT_UP] = {MSG("Works"), NULL, NULL, NULL, MSG("Everything works.")},
    [COMPONENT_DEGRADED] = {MSG("Slow"), MSG("{1} is slow."), MSG("{1} are slow."), MSG("{1} services are slow."), MSG("Everything is slow.")},
    [COMPONENT_DOWN] = {MSG("Down"), MSG("{1} is down."), MSG("{1} are down."), MSG("{1} services are down."), MSG("Nothing works at the moment.")},
    [COMPONENT_PLANNED] = {MSG("Planned work"), MSG("{1} is being worked on."), MSG("{1} are being worked on."), MSG("{1} services are being worked on."), MSG("Everything is being worked on.")},
    [COMPONENT_UNKNOWN] = {MSG("We cannot see it"), MSG("We cannot see {1} at the moment."), MSG("We cannot see {1} at the moment."), MSG("We cannot see {1} services at the moment."),
                           MSG("We cannot see our services at the moment.")},
};
/* Worst first. */
static const enum component_state order[] = {COMPONENT_DOWN, COMPONENT_DEGRADED, COMPONENT_PLANNED, COMPONENT_UNKNOWN};

const char *public_word(enum component_state s)
{
    return sayings[s].word;
}

const char *public_text(const struct conf_pairs *p, const char *lang, const char **ret_lang)
{
    const char *text = conf_pairs_lang(p, lang);
    *ret_lang = NULL;
    for (int i = 0; text && i < p->n; i++)
        if (p->values[i] == text && p->keys[i][0] && !str_eq(p->keys[i], lang))
            *ret_lang = p->keys[i];
    return text;
}

const char *public_title(const struct conf_component *c, const char *lang, const char **ret_lang)
{
    const char *title = public_text(&c->title, lang, ret_lang);
    return title ? title : c->name;
}

/* "Websites", "Mailing lists (old)": English says "are" of these.  "DNS", "Access": "is". */
static bool is_plural(const char *title)
{
    size_t n = strcspn(title, "(");
    while (n && title[n - 1] == ' ')
        n--;
    return n >= 3 && title[n - 1] == 's' && title[n - 2] != 's' && title[n - 2] != 'u' && title[n - 2] != 'i' && islower((unsigned char)title[n - 2]);
}

static void say_state(const struct sight *s, enum component_state state, const char *lang, struct buf *out)
{
    const char *names[2] = {NULL, NULL}, *other;
    int n = s->by_state[state], k = 0;
    if (n == s->n && (n > 1 || state == COMPONENT_UP)) {
        buf_str(out, msg_tr(lang, sayings[state].all));
        return;
    }
    if (n > 2) {
        msg_print(out, lang, sayings[state].count, "i", (int64_t)n);
        return;
    }
    for (int i = 0; i < s->n && k < 2; i++)
        if (s->services[i].state == state)
            names[k++] = public_title(s->services[i].c, lang, &other);
    struct buf both = BUF_MAX(1000);
    if (k == 2)
        msg_print(&both, lang, MSG("{1} and {2}"), "ss", names[0], names[1]);
    else
        buf_str(&both, names[0]);
    msg_print(out, lang, k == 2 || is_plural(names[0]) ? sayings[state].many : sayings[state].one, "s", buf_text(&both));
    buf_done(&both);
}

void public_say(const struct sight *s, const char *lang, struct buf *ret_first, struct buf *ret_second)
{
    int kinds = 0;
    if (s->waiting) {
        buf_str(ret_first, msg_tr(lang, MSG("We are having a first look.")));
        return;
    }
    if (s->worst == COMPONENT_UP) {
        say_state(s, COMPONENT_UP, lang, ret_first);
        return;
    }
    for (size_t i = 0; i < COUNT(order) && kinds < 2; i++)
        if (s->by_state[order[i]])
            say_state(s, order[i], lang, kinds++ ? ret_second : ret_first);
    if (kinds == 1 && s->by_state[COMPONENT_UP])
        buf_str(ret_second, msg_tr(lang, MSG("Everything else works.")));
    else if (kinds == 1 && s->worst == COMPONENT_UNKNOWN)
        buf_str(ret_second, msg_tr(lang, s->n == 1 ? MSG("This does not mean that it is down.") : MSG("This does not mean that they are down.")));
}
