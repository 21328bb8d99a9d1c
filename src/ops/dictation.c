/* SPDX-License-Identifier: GPL-3.0-or-later */
/* dictation.c: from words to parameters. What is not understood is refused, and said: a mail that publishes something else than what was
 * meant is worse than one that publishes nothing. */
#include "ops/dictation.h"
#include "base/msg.h"
#include "base/str.h"
#include "base/timetext.h"
#include "base/utf8.h"
#include "ops/dictation_words.h"
#include <string.h>
#include <strings.h>

enum { MOST_COMPONENTS = 50, MOST_TOKENS = 60, LANGS = 2, DAY_S = 86400, FIRST_LINE = 300 };

struct taking {
    struct arena *a;
    const struct dictation_env *env;
    const struct bulletin *about;
    const char *components[MOST_COMPONENTS];
    int level[MOST_COMPONENTS];   /* -1: not said */
    int n, waiting;               /* those from waiting on have no impact yet */
    int level_alone, phase, work, lang;
    bool plan, publish, move, over, draft, quiet, tentative, emergency, for_next, for_length, until_next, said;
    bool has_day, weekday;
    int64_t day, length_ms, next_ms;
    int minute, until;            /* -1: not said */
};

static void begin(struct taking *t, struct arena *a, const struct dictation_env *env, const struct bulletin *about)
{
    *t = (struct taking){.a = a, .env = env, .about = about, .level_alone = -1, .phase = -1, .work = -1, .lang = -1, .minute = -1, .until = -1};
}

/* ---- words ---- */

static void take_impact(struct taking *t, int level)
{
    if (t->waiting == t->n)
        t->level_alone = level;
    for (; t->waiting < t->n; t->waiting++)
        t->level[t->waiting] = level;
}

static bool take_component(struct taking *t, const char *name)
{
    if (t->n == MOST_COMPONENTS)
        return false;
    t->components[t->n] = name;
    t->level[t->n++] = -1;
    return true;
}

static void take_time(struct taking *t, const struct token *k)
{
    if (t->until_next && t->minute >= 0) {
        t->until = k->minute;
    } else {
        t->minute = k->minute;
        t->until = k->kind == TOKEN_RANGE ? k->until : t->until;
    }
    t->until_next = false;
}

static void take_length(struct taking *t, const struct token *k)
{
    if (k->minute >= 0 && !t->for_next && !t->for_length && (t->minute < 0 || t->until_next)) {
        take_time(t, k);
        return;
    }
    *(t->for_next ? &t->next_ms : &t->length_ms) = k->ms;
    t->for_next = t->for_length = false;
}

/* False: no word that we know. */
static bool take(struct taking *t, const struct token *k)
{
    switch (k->kind) {
    case TOKEN_COMPONENT: t->said = true; return take_component(t, k->text);
    case TOKEN_IMPACT: take_impact(t, k->value); break;
    case TOKEN_PHASE: t->phase = k->value; break;
    case TOKEN_PLAN: t->plan = true; break;
    case TOKEN_PUBLISH: t->publish = true; break;
    case TOKEN_WORK: t->work = k->value; break;
    case TOKEN_MOVE: t->move = true; break;
    case TOKEN_OVER: t->over = true; break;
    case TOKEN_DRAFT: t->draft = true; break;
    case TOKEN_QUIET: t->quiet = true; break;
    case TOKEN_TENTATIVE: t->tentative = true; break;
    case TOKEN_EMERGENCY: t->emergency = true; break;
    case TOKEN_LANG: t->lang = k->value; return true;
    case TOKEN_FOR: t->for_length = true; return true;
    case TOKEN_FILLER: return true;
    case TOKEN_UNTIL: t->until_next = true; return true;
    case TOKEN_NEXT: t->for_next = true; return true;
    case TOKEN_DATE: t->has_day = true; t->day = k->day; t->weekday = k->weekday; break;
    case TOKEN_TIME:
    case TOKEN_RANGE: take_time(t, k); break;
    case TOKEN_LENGTH: take_length(t, k); break;
    default: return false;
    }
    t->said = true;
    return true;
}

/* As many words as are known, up to `end`; returns where the first unknown one stands, NULL when all are known. */
static const char *take_all(struct taking *t, const char *text, const char **ret_unknown)
{
    const char *at = text;
    for (int i = 0; i < MOST_TOKENS; i++) {
        struct token k;
        const char *before = at + strspn(at, " \t,;");
        token_next(t->a, t->env, &at, &k);
        if (k.kind == TOKEN_END)
            return NULL;
        if (!take(t, &k)) {
            *ret_unknown = k.text;
            return before;
        }
    }
    *ret_unknown = "…";
    return at;
}

/* ---- times ---- */

static int64_t wall_of(const struct taking *t, int64_t day, int minute)
{
    int64_t local = day * DAY_S + minute * 60, guess = local - zone_offset(t->env->zone, local, NULL);
    return (local - zone_offset(t->env->zone, guess, NULL)) * 1000;
}

static void put_moment(struct doc *p, const char *key, int64_t ms)
{
    char text[TIME_RFC3339_BYTES];
    time_rfc3339(ms, 0, text);
    doc_put_text(p, key, text);
}

/* A time without a day is the next one; a day of the week whose time is over is that of next week. */
static void put_window(const struct taking *t, struct doc *p)
{
    int64_t now_s = t->env->now_ms / 1000, local = now_s + zone_offset(t->env->zone, now_s, NULL);
    int64_t day = t->has_day ? t->day : (local - (local % DAY_S + DAY_S) % DAY_S) / DAY_S, start = wall_of(t, day, t->minute);
    if (start < t->env->now_ms && (!t->has_day || t->weekday))
        start = wall_of(t, day + (t->has_day ? 7 : 1), t->minute);
    put_moment(p, "start", start);
    int64_t length_ms = t->length_ms;
    if (t->until >= 0)
        length_ms = (t->until - t->minute + (t->until <= t->minute ? 24 * 60 : 0)) * INT64_C(60000);
    if (length_ms)
        doc_put_text(p, "for", arena_printf(t->a, "%llds", (long long)(length_ms / 1000)));
}

/* ---- parameters ---- */

static const char *effect_of(int level)
{
    return level == LEVEL_OPERATIONAL ? effect_words[EFFECT_NONE] : level == LEVEL_DEGRADED ? effect_words[EFFECT_DEGRADED] : effect_words[EFFECT_OUTAGE];
}

static void put_components(const struct taking *t, struct doc *p)
{
    struct doc *list = t->n ? doc_put_list(p, "components") : NULL;
    for (int i = 0; i < t->n; i++)
        doc_push_text(list, t->plan || t->level[i] < 0 ? t->components[i] : arena_printf(t->a, "%s:%s", t->components[i], level_words[t->level[i]]));
}

static int first_level(const struct taking *t)
{
    for (int i = 0; i < t->n; i++)
        if (t->level[i] >= 0)
            return t->level[i];
    return t->level_alone;
}

static int plan(const struct taking *t, struct dictation *d, struct err *e)
{
    if (t->minute < 0)
        return err_set(e, ERR_INVALID, MSG("when does the work begin? Write a time, such as “friday 22:00-23:30” or “2026-12-01 22:00 for 2h”"), "");
    d->op = "maintenance-plan";
    put_components(t, d->params);
    put_window(t, d->params);
    if (first_level(t) >= 0)
        doc_put_text(d->params, "effect", effect_of(first_level(t)));
    if (t->tentative)
        doc_put_bool(d->params, "tentative", true);
    if (t->emergency)
        doc_put_bool(d->params, "emergency", true);
    if (t->draft)
        doc_put_bool(d->params, "draft", true);
    return 0;
}

static int begin_new(const struct taking *t, struct dictation *d, struct err *e)
{
    if (t->plan || t->minute >= 0)
        return plan(t, d, e);
    if (t->over || t->publish || t->work >= 0 || t->move)
        return err_set(e, ERR_NOT_FOUND, MSG("which incident or work is it about? Answer one of its mails, or begin the subject with its key or number: “[12] resolved”"), "");
    if (!t->n)
        return err_set(e, ERR_INVALID, MSG("which service is it about? Begin the subject with its name: “website major: Login fails”"), "");
    d->op = "incident-open";
    put_components(t, d->params);
    if (t->level_alone >= 0)
        doc_put_text(d->params, "impact", level_words[t->level_alone]);
    if (t->phase >= 0)
        doc_put_text(d->params, "phase", phase_words[t->phase]);
    if (t->draft)
        doc_put_bool(d->params, "draft", true);
    return 0;
}

static void more_of_incident(const struct taking *t, struct dictation *d)
{
    d->op = t->over ? "incident-resolve" : "incident-update";
    if (!t->over) {
        put_components(t, d->params);
        if (t->level_alone >= 0)
            doc_put_text(d->params, "impact", level_words[t->level_alone]);
        if (t->phase >= 0)
            doc_put_text(d->params, "phase", phase_words[t->phase]);
    }
}

static int more_of_work(const struct taking *t, struct dictation *d, struct err *e)
{
    d->op = t->over ? "maintenance-complete" : t->work == PHASE_CONFIRMED ? "maintenance-confirm" : t->work == PHASE_IN_PROGRESS ? "maintenance-start"
          : t->work == PHASE_CANCELLED ? "maintenance-cancel" : t->move || t->minute >= 0 ? "maintenance-move" : "incident-update";
    if (str_eq(d->op, "maintenance-move")) {
        if (t->minute < 0)
            return err_set(e, ERR_INVALID, MSG("when does the work begin? Write a time, such as “friday 22:00-23:30” or “2026-12-01 22:00 for 2h”"), "");
        put_window(t, d->params);
    }
    return 0;
}

static int to_params(const struct taking *t, struct dictation *d, struct err *e)
{
    int r = 0;
    if (!t->about) {
        r = begin_new(t, d, e);
    } else {
        doc_put_text(d->params, "id", t->about->key);
        if (t->publish)
            d->op = "incident-publish";
        else if (t->about->kind == BULLETIN_WORK)
            r = more_of_work(t, d, e);
        else if (t->work >= 0 || t->move || t->minute >= 0)
            r = err_set(e, ERR_INVALID, MSG("{1} is an incident, not planned work"), "i", t->about->id);
        else
            more_of_incident(t, d);
    }
    if (t->quiet)
        doc_put_bool(d->params, "quiet", true);
    if (t->next_ms && (str_eq(d->op, "incident-open") || str_eq(d->op, "incident-update")))
        put_moment(d->params, "next-by", t->env->now_ms + t->next_ms);
    return r;
}

/* ---- the body ---- */

static size_t line_of(const char *p)
{
    return strcspn(p, "\n");
}

static bool line_is(const char *p, size_t n, const char *const *beginnings)
{
    for (; *beginnings; beginnings++)
        if (n >= strlen(*beginnings) && str_istarts(p, *beginnings))
            return true;
    return false;
}

/* "On …, A. Person wrote:", "Le …, A. Person a écrit :", perhaps over two lines: the last paragraph before a quotation that ends so. */
static size_t without_attribution(const char *text, size_t n)
{
    while (n && strchr(" \t\n", text[n - 1]))
        n--;
    if (!n || text[n - 1] != ':')
        return n;
    size_t from = n, lines = 0;
    while (from && lines < 3 && !(text[from - 1] == '\n' && (lines++, from >= 2 && text[from - 2] == '\n')))
        from--;
    bool on = str_istarts(text + from, "on ") || str_istarts(text + from, "le ") || str_istarts(text + from, "am ") || memchr(text + from, '@', n - from);
    if (!on)
        return n;
    while (from && strchr(" \t\n", text[from - 1]))
        from--;
    return from;
}

char *dictation_body(struct arena *a, const char *body)
{
    static const char *const ends[] = {"-----original message", "-----message d", "----- original message", "----- message d", "________________________________", "sent from my ", "envoyé de mon ", "envoyé depuis ", "get outlook for ", NULL};
    const char *p = body;
    size_t end;
    for (;;) {
        size_t n = line_of(p), bare = n;
        while (bare && strchr(" \t\r", p[bare - 1]))
            bare--;
        bool signature = bare == 2 && p[0] == '-' && p[1] == '-';
        if (signature || line_is(p, n, ends)) {
            end = (size_t)(p - body);
            break;
        }
        if (*p == '>') {
            end = without_attribution(body, (size_t)(p - body));
            break;
        }
        p += n;
        if (!*p) {
            end = (size_t)(p - body);
            break;
        }
        p++;
    }
    struct str s = str_trim((struct str){body, end});
    return arena_dupn(a, s.p, s.n);
}

/* "[fr]" alone, or "fr:": the language from here on; -1. */
static int lang_line(const char *p, size_t n)
{
    struct str s = str_trim((struct str){p, n});
    for (int i = 0; msg_langs[i]; i++) {
        size_t len = strlen(msg_langs[i]);
        bool brackets = s.n == len + 2 && s.p[0] == '[' && s.p[s.n - 1] == ']', colon = s.n == len + 1 && s.p[s.n - 1] == ':';
        if ((brackets || colon) && strncasecmp(s.p + brackets, msg_langs[i], len) == 0)
            return i;
    }
    return -1;
}

struct words {
    struct buf text[LANGS];
    const char *title[LANGS];
    bool begun[LANGS];
};

static void read_lines(struct arena *a, const char *body, int lang, struct words *w)
{
    for (const char *p = body; *p;) {
        size_t n = line_of(p);
        int other = lang_line(p, n);
        if (other >= 0 && other < LANGS) {
            lang = other;
        } else if (!w->begun[lang] && n > 2 && p[0] == '#' && p[1] == ' ') {
            struct str s = str_trim((struct str){p + 2, n - 2});
            w->title[lang] = arena_dupn(a, s.p, s.n);
            w->begun[lang] = true;
        } else if (w->text[lang].len || str_trim((struct str){p, n}).n) {
            buf_add(&w->text[lang], p, n);
            buf_char(&w->text[lang], '\n');
            w->begun[lang] = true;
        }
        p += n + (p[n] == '\n');
    }
}

static void put_words(struct taking *t, const char *body, const char *title, struct dictation *d)
{
    struct words w = {0};
    struct doc *titles = doc_object(t->a), *texts = doc_object(t->a);
    for (int i = 0; i < LANGS; i++)
        w.text[i] = BUF_MAX(4 * BULLETIN_MAX_TEXT);
    read_lines(t->a, body, t->lang, &w);
    if (title && title[0] && !w.title[t->lang])
        w.title[t->lang] = title;
    for (int i = 0; i < LANGS; i++) {
        struct str s = str_trim((struct str){buf_text(&w.text[i]), w.text[i].len});
        if (w.title[i])
            doc_put_text(titles, msg_langs[i], w.title[i]);
        if (s.n)
            doc_put_text(texts, msg_langs[i], arena_dupn(t->a, s.p, s.n));
        buf_done(&w.text[i]);
    }
    bool opens = str_eq(d->op, "incident-open") || str_eq(d->op, "maintenance-plan");
    if (opens && titles->kids.n)
        doc_put(d->params, "title", titles);
    else if (!opens) /* the subject of more that is said is its text, when there is no other */
        DOC_EACH(titles, one)
            if (!doc_get(texts, one->key))
                doc_put_text(texts, one->key, one->text);
    if (texts->kids.n)
        doc_put(d->params, "text", texts);
}

/* ---- subjects ---- */

/* "Re: Fwd: RE[2]: …" */
static const char *without_re(const char *s, bool *ret_answer)
{
    static const char *const marks[] = {"re", "aw", "sv", "rép", "ré", "fwd", "fw", "tr", "wg", NULL};
    for (bool more = true; more;) {
        more = false;
        s += strspn(s, " \t");
        for (int i = 0; marks[i] && !more; i++) {
            size_t n = strlen(marks[i]);
            const char *p = str_istarts(s, marks[i]) ? s + n : NULL;
            if (p && *p == '[')
                p = strchr(p, ']') ? strchr(p, ']') + 1 : p;
            p = p ? p + strspn(p, " \xc2\xa0") : NULL;
            if (p && *p == ':') {
                *ret_answer = true;
                more = true;
                s = p + 1;
            }
        }
    }
    return s;
}

/* "[k3fo1q9x2mzt] …", "#12 …", "[12]", "[#12]": moves *s behind it; NULL: there is none. */
static const char *key_at(struct arena *a, const char **s)
{
    const char *p = *s;
    bool bracket = *p == '[';
    p += bracket;
    bool number = *p == '#';
    p += number;
    size_t n = strspn(p, "0123456789abcdefghijklmnopqrstuvwxyz"), digits = strspn(p, "0123456789");
    bool fits = n == BULLETIN_KEY_BYTES || (n && n == digits && n < BULLETIN_KEY_BYTES);
    if (!fits || (bracket ? p[n] != ']' : !number) || (!bracket && p[n] && !strchr(" \t:,", p[n])))
        return NULL;
    *s = p + n + bracket;
    *s += strspn(*s, " \t:");
    return arena_dupn(a, p, n);
}

/* The subject of a new thing, or behind its key: all words until the colon must be known; without a colon it is the title as well, and says
 * as much as is known of its beginning. Of something known already it is a command when all of it is, else a text. */
static int take_subject(struct taking *t, const char *subject, const char **ret_title, struct err *e)
{
    struct taking saved = *t;
    const char *colon = dictation_colon(subject), *unknown = NULL;
    const char *head = colon ? arena_dupn(t->a, subject, (size_t)(colon - subject)) : subject;
    bool all = take_all(t, head, &unknown) == NULL;
    if (!all && colon && !t->about)
        return err_set(e, ERR_INVALID, MSG("“{1}” is neither a service nor a word that is known before the colon"), "s", unknown);
    if (!all && t->about)
        *t = saved;
    struct str title = str_trim(str_of(!all ? subject : colon ? colon + 1 : ""));
    *ret_title = arena_dupn(t->a, title.p, title.n);
    return 0;
}

/* The first line of the body, when it says what to do: all of its words are known, or those before its colon. Returns where the text goes on. */
static const char *take_line(struct taking *t, const char *body)
{
    struct taking saved = *t;
    size_t n = line_of(body);
    const char *unknown, *line = arena_dupn(t->a, body, n), *colon = dictation_colon(line);
    if (n > FIRST_LINE)
        return body;
    const char *head = colon ? arena_dupn(t->a, line, (size_t)(colon - line)) : line;
    t->said = false;
    if (take_all(t, head, &unknown) == NULL && t->said)
        return colon ? body + (colon - line) + 1 : body + n;
    *t = saved;
    return body;
}

static int take_about(struct taking *t, const char **subject, struct err *e)
{
    const char *id = key_at(t->a, subject);
    if (!id)
        return 0;
    t->about = t->env->find(t->env->arg, id);
    return t->about ? 0 : err_set(e, ERR_NOT_FOUND, MSG("there is no incident or planned work “{1}”"), "s", id);
}

int dictation_read(struct arena *a, const struct dictation_env *env, const char *subject, const char *body, const struct bulletin *about, struct dictation *ret, struct err *e)
{
    struct taking t;
    bool answer = false;
    const char *title = NULL, *rest = without_re(subject, &answer), *text = dictation_body(a, body);
    begin(&t, a, env, about);
    *ret = (struct dictation){.params = doc_object(a), .op = "", .lang = env->lang};
    const char *before = rest;
    int r = take_about(&t, &rest, e);
    bool by_key = rest != before;
    /* The subject of an answer is that of the notice: what is new stands in the body. */
    if (r == 0 && !(about && !by_key))
        r = take_subject(&t, rest, &title, e);
    if (r == 0 && t.about && !t.said)
        text = take_line(&t, text);
    if (t.lang < 0)
        t.lang = str_eq(env->lang, "fr");
    ret->lang = msg_langs[t.lang];
    if (r == 0)
        r = to_params(&t, ret, e);
    if (r)
        return r;
    put_words(&t, text, title, ret);
    if (str_eq(ret->op, "incident-update") && !doc_get(ret->params, "text") && ret->params->kids.n < 2)
        return err_set(e, ERR_INVALID, MSG("this mail says nothing"), "");
    return 0;
}
