/* SPDX-License-Identifier: GPL-3.0-or-later */
/* judge.c: from the values that a dialogue left to a result: capabilities and version that are wanted, figures with
 * their thresholds, days of the certificate, time, and one sentence. */
#include "checks/script/script.h"
#include "checks/tls_judge.h"

#include <math.h>
#include <string.h>

enum { MAX_PIECES = 7, MAX_NOTABLE = 6 };

/* ---- the sentence ---- */

/* Is a capability one of those worth a word? "AUTH PLAIN LOGIN" and "AUTH=PLAIN" are for "AUTH". */
static bool is_notable(const char *notable, struct str item)
{
    struct str rest = str_of(notable), word;

    while (str_next(&rest, "|", &word))
        if (word.n <= item.n && strncasecmp(word.p, item.p, word.n) == 0 &&
            (item.n == word.n || item.p[word.n] == ' ' || item.p[word.n] == '='))
            return true;
    return false;
}

/* "STARTTLS and AUTH PLAIN offered"; false: nothing worth a word. */
static bool offered(struct script_talk *t, struct buf *out)
{
    struct str rest = str_of(script_value(t, "capabilities")), item;
    const char *last = NULL;
    struct buf list = BUF_MAX(400);
    int n = 0;

    while (t->script->notable && n < MAX_NOTABLE && str_next(&rest, t->script->words ? " \n" : "\n", &item)) {
        if (!is_notable(t->script->notable, item))
            continue;
        if (last)
            buf_printf(&list, "%s%s", list.len ? ", " : "", last);
        last = attempt_quote(t->a, item.p, item.n, 60);
        n++;
    }
    if (n > 1)
        msg_pack(out, MSG("{1} and {2} offered"), "ss", buf_text(&list), last);
    else if (n == 1)
        msg_pack(out, MSG("{1} offered"), "s", last);
    buf_done(&list);
    return n > 0;
}

static int add_piece(struct script_talk *t, const char *piece[], int n, const struct script_piece *p, const char *value)
{
    struct buf b = BUF_MAX(900);
    const char *clean = attempt_quote(t->a, value, strlen(value), SCRIPT_QUOTE);
    int64_t bytes;

    if (n >= MAX_PIECES - 1)
        return n;
    if (!p->bytes)
        msg_pack(&b, p->say ? p->say : "{1}", "s", clean);
    else if (str_i64(value, &bytes) == 0)
        msg_pack(&b, p->say, "b", bytes);
    else
        return n;
    piece[n] = arena_dup(t->a->arena, buf_text(&b));
    buf_done(&b);
    return n + 1;
}

static int pieces_of(struct script_talk *t, const char *piece[])
{
    int n = 0;
    struct buf b = BUF_MAX(900);

    for (const struct script_piece *p = t->script->says; p && p->value; p++) {
        const char *value = script_value(t, p->value);

        if (value && value[0])
            n = add_piece(t, piece, n, p, value);
    }
    if (n < MAX_PIECES - 1 && offered(t, &b))
        piece[n++] = arena_dup(t->a->arena, buf_text(&b));
    if (n < MAX_PIECES - 1 && script_value(t, "note"))
        piece[n++] = script_value(t, "note");
    buf_done(&b);
    return n;
}

/* Times and lists read the same in all languages. */
static void say(struct script_talk *t, int64_t us)
{
    const char *p[MAX_PIECES] = {0};
    int n = pieces_of(t, p);
    struct attempt *a = t->a;

    switch (n) {
    case 0:
        attempt_say(a, STATE_OK, MSG("answered in {1}"), "l", us);
        break;
    case 1:
        attempt_say(a, STATE_OK, MSG("{1}, {2}"), "ml", p[0], us);
        break;
    case 2:
        attempt_say(a, STATE_OK, MSG("{1}, {2}, {3}"), "mml", p[0], p[1], us);
        break;
    case 3:
        attempt_say(a, STATE_OK, MSG("{1}, {2}, {3}, {4}"), "mmml", p[0], p[1], p[2], us);
        break;
    case 4:
        attempt_say(a, STATE_OK, MSG("{1}, {2}, {3}, {4}, {5}"), "mmmml", p[0], p[1], p[2], p[3], us);
        break;
    default:
        attempt_say(a, STATE_OK, MSG("{1}, {2}, {3}, {4}, {5}, {6}"), "mmmmml", p[0], p[1], p[2], p[3], p[4], us);
    }
}

/* ---- what is wanted ---- */

static void want_capabilities(struct script_talk *t, const struct conf_texts *require)
{
    const char *list = script_value(t, "capabilities");

    for (int i = 0; i < require->n; i++)
        if (!script_capable(list, t->script->words, require->at[i]))
            attempt_worse(t->a, STATE_CRITICAL, MSG("{1} is not offered; offered are {2}"), "ss", require->at[i],
                          list && list[0] ? attempt_quote(t->a, list, strlen(list), SCRIPT_QUOTE) : "-");
}

static void want_value(struct script_talk *t, const char *name, const char *wanted)
{
    const char *value = script_value(t, name);

    if (wanted == NULL || (value && strcasestr(value, wanted)))
        return;
    if (value == NULL)
        attempt_worse(t->a, STATE_WARNING, MSG("{1} was not told; wanted is “{2}”"), "ss", name, wanted);
    else
        attempt_worse(t->a, STATE_WARNING, MSG("{1} is “{2}”, wanted is “{3}”"), "sss", name,
                      attempt_quote(t->a, value, strlen(value), SCRIPT_QUOTE), wanted);
}

static void judge_musts(struct script_talk *t)
{
    for (const struct script_must *m = t->script->musts; m && m->value; m++) {
        const char *value = script_value(t, m->value);

        if (value && !str_ieq(value, m->wanted))
            attempt_worse(t->a, m->state, m->say, "s", attempt_quote(t->a, value, strlen(value), SCRIPT_QUOTE));
    }
}

/* The text that the check wants; its absence is a failure, that of a version a warning. */
static void want_text(struct script_talk *t, const char *wanted)
{
    const char *text = script_value(t, "text");

    if (wanted && (text == NULL || strstr(text, wanted) == NULL))
        attempt_worse(t->a, STATE_CRITICAL, MSG("said “{1}”, wanted “{2}”"), "ss",
                      text ? attempt_quote(t->a, text, strlen(text), SCRIPT_QUOTE) : "", wanted);
}

static void figure(struct script_talk *t, const struct script_figure *f, const struct script_opts *o)
{
    const struct conf_level *warn = f->level >= 0 ? &o->level[f->level][0] : NULL;
    const struct conf_level *crit = f->level >= 0 ? &o->level[f->level][1] : NULL;
    const char *text = script_value(t, f->value), *limit;
    double v;
    enum state s;

    if (text == NULL || (f->read ? f->read(text, t->a->at_ms, &v) : str_f64(text, &v)) != 0)
        return;
    attempt_perf(t->a, f->label, v, f->unit, warn, crit, NAN, NAN);
    if (warn == NULL)
        return;
    s = level_judge(warn, crit, v, NAN, &limit);
    if (s != STATE_OK && str_eq(f->unit, "B"))
        attempt_worse(t->a, s, MSG("{1}: {2} (limit {3})"), "sbs", f->label, (int64_t)v, limit);
    else if (s != STATE_OK)
        attempt_worse(t->a, s, MSG("{1}: {2} (limit {3})"), "sfs", f->label, v, limit);
}

/* Numbers that a script of the configuration kept. */
static void numbers(struct script_talk *t)
{
    double v;

    for (int i = 0; i < t->n_values; i++)
        if (str_f64(t->values[i].text, &v) == 0)
            attempt_perf(t->a, t->values[i].name, v, "", NULL, NULL, NAN, NAN);
}

/* ---- the long text ---- */

static void more(struct script_talk *t)
{
    struct buf *out = &t->a->more;

    for (int i = 0; i < t->n_values; i++) {
        const struct script_value *v = &t->values[i];

        if (str_eq(v->name, "note") || v->text[0] == '\0')
            continue;
        if (out->len)
            buf_char(out, '\n');
        buf_printf(out, "%s: %s", v->name, attempt_quote(t->a, v->text, strlen(v->text), 400));
    }
}

void script_judge(struct script_talk *t, const struct script_opts *o, const struct tls_info *tls)
{
    struct attempt *a = t->a;
    int64_t us = attempt_spent_us(a) - a->timings.lookup_us;

    say(t, us);
    want_capabilities(t, &o->require);
    want_value(t, "version", o->version);
    want_value(t, "role", o->role);
    want_text(t, o->expect);
    judge_musts(t);
    if (t->secure) {
        struct tls_wants wants = {o->days_warn, o->days_crit, a->at_ms};
        double days;

        tls_judge(a, tls, &wants, o->verify, &days);
    }
    attempt_judge_time(a, us, &o->warn, &o->crit);
    attempt_perf_time(a, "time", us, &o->warn, &o->crit);
    for (const struct script_figure *f = t->script->figures; f && f->value; f++)
        figure(t, f, o);
    if (t->script->numbers)
        numbers(t);
    more(t);
    if (t->secure)
        tls_describe(a, tls);
}
