/* SPDX-License-Identifier: GPL-3.0-or-later */
/* public_say.c: the states of the services as a person would say them aloud.  First what does not work, then what does. */
#include "base/str.h"
#include "web/public.h"
#include <ctype.h>
#include <string.h>

static const struct {
    const char *one, *many, *count, *all; /* of one service; of a plural or two; of more; of every one */
} sayings[LEVELS] = {
    [LEVEL_OPERATIONAL] = {NULL, NULL, NULL, MSG("Everything works.")},
    [LEVEL_DEGRADED] = {MSG("{1} is slow."), MSG("{1} are slow."), MSG("{1} services are slow."), MSG("Everything is slow.")},
    [LEVEL_PARTIAL] = {MSG("{1} is partly down."), MSG("{1} are partly down."), MSG("{1} services are partly down."), MSG("Everything is partly down.")},
    [LEVEL_MAJOR] = {MSG("{1} is down."), MSG("{1} are down."), MSG("{1} services are down."), MSG("Nothing works at the moment.")},
    [LEVEL_PLANNED] = {MSG("{1} is being worked on."), MSG("{1} are being worked on."), MSG("{1} services are being worked on."), MSG("Everything is being worked on.")},
    [LEVEL_UNKNOWN] = {MSG("We cannot see {1} at the moment."), MSG("We cannot see {1} at the moment."), MSG("We cannot see {1} services at the moment."), MSG("We cannot see our services at the moment.")},
};

/* "Websites", "Mailing lists (old)": English says "are" of these.  "DNS", "Access": "is". */
static bool is_plural(const char *title)
{
    size_t n = strcspn(title, "(");
    while (n && title[n - 1] == ' ')
        n--;
    return n >= 3 && title[n - 1] == 's' && title[n - 2] != 's' && title[n - 2] != 'u' && title[n - 2] != 'i' && islower((unsigned char)title[n - 2]);
}

static void say_level(const struct sight *s, enum level level, const char *lang, struct buf *out)
{
    const char *names[2] = {NULL, NULL}, *other;
    int n = s->by_level[level], k = 0;
    if (n == s->n && (n > 1 || level == LEVEL_OPERATIONAL)) {
        buf_str(out, msg_tr(lang, sayings[level].all));
        return;
    }
    if (n > 2) {
        msg_print(out, lang, sayings[level].count, "i", (int64_t)n);
        return;
    }
    for (int i = 0; i < s->n && k < 2; i++)
        if (s->components[i].level == level)
            names[k++] = sight_title(s, s->components[i].c->name, lang, &other);
    struct buf both = BUF_MAX(1000);
    if (k == 2)
        msg_print(&both, lang, MSG("{1} and {2}"), "ss", names[0], names[1]);
    else
        buf_str(&both, names[0]);
    msg_print(out, lang, k == 2 || is_plural(names[0]) ? sayings[level].many : sayings[level].one, "s", buf_text(&both));
    buf_done(&both);
}

/* No component suffers, and yet an incident is open: that is never "all good". */
static void say_open(const struct sight *s, const char *lang, struct buf *first, struct buf *second)
{
    if (s->worst == LEVEL_OPERATIONAL) {
        buf_str(first, msg_tr(lang, MSG("It works again.")));
        buf_str(second, msg_tr(lang, MSG("We keep watching.")));
        return;
    }
    buf_str(first, msg_tr(lang, MSG("We are looking into a disturbance.")));
}

void public_say(const struct sight *s, const char *lang, struct buf *ret_first, struct buf *ret_second)
{
    int kinds = 0;
    if (!s->n && !s->n_incidents) {
        buf_str(ret_first, msg_tr(lang, MSG("No services are named here yet.")));
    } else if (s->waiting) {
        buf_str(ret_first, msg_tr(lang, MSG("We are having a first look.")));
    } else if (s->n_incidents && s->by_level[LEVEL_OPERATIONAL] == s->n) {
        say_open(s, lang, ret_first, ret_second);
    } else if (s->worst == LEVEL_OPERATIONAL) {
        say_level(s, LEVEL_OPERATIONAL, lang, ret_first);
    } else {
        for (int l = LEVEL_MAJOR; l > LEVEL_OPERATIONAL && kinds < 2; l--)
            if (s->by_level[l])
                say_level(s, (enum level)l, lang, kinds++ ? ret_second : ret_first);
        if (kinds == 1 && s->by_level[LEVEL_OPERATIONAL])
            buf_str(ret_second, msg_tr(lang, MSG("Everything else works.")));
        else if (kinds == 1 && s->worst == LEVEL_UNKNOWN)
            buf_str(ret_second, msg_tr(lang, s->n == 1 ? MSG("This does not mean that it is down.") : MSG("This does not mean that they are down.")));
    }
}

const char *public_effect(enum effect e)
{
    static const char *const texts[EFFECTS] = {
        [EFFECT_NONE] = MSG("You should notice nothing."),
        [EFFECT_REDUNDANCY] = MSG("You should notice nothing; for that time there is no spare."),
        [EFFECT_DEGRADED] = MSG("It may be slow."),
        [EFFECT_OUTAGE] = MSG("It will be away for some time."),
    };
    return texts[e];
}

const char *public_phase(const struct bulletin *b, int update)
{
    static const char *const texts[PHASES] = {
        [PHASE_INVESTIGATING] = MSG("We are looking into it"), [PHASE_IDENTIFIED] = MSG("We found the cause"), [PHASE_MONITORING] = MSG("It works again; we keep watching"),
        [PHASE_RESOLVED] = MSG("It is over"),                  [PHASE_TENTATIVE] = MSG("We may have to do this"), [PHASE_CONFIRMED] = MSG("This is planned"),
        [PHASE_IN_PROGRESS] = MSG("The work has begun"),       [PHASE_COMPLETED] = MSG("The work is done"),    [PHASE_CANCELLED] = MSG("The work is called off"),
    };
    bool same = update > 0 && b->updates[update].phase == b->updates[update - 1].phase;
    return same ? MSG("We know more") : texts[b->updates[update].phase];
}
