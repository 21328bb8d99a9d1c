/* SPDX-License-Identifier: GPL-3.0-or-later */
/* dictation_words.c: see dictation_words.h. */
#include "ops/dictation_words.h"
#include "base/calendar.h"
#include "base/mem.h"
#include "base/msg.h"
#include "base/str.h"
#include "base/timetext.h"
#include "base/utf8.h"
#include <string.h>

enum { MOST_WORD = 200, DAY_S = 86400 };

/* Folded. */
static const struct {
    const char *word;
    enum token_kind kind;
    int value;
} words[] = {
    {"ok", TOKEN_IMPACT, LEVEL_OPERATIONAL}, {"operational", TOKEN_IMPACT, LEVEL_OPERATIONAL}, {"up", TOKEN_IMPACT, LEVEL_OPERATIONAL}, {"operationnel", TOKEN_IMPACT, LEVEL_OPERATIONAL},
    {"degraded", TOKEN_IMPACT, LEVEL_DEGRADED}, {"minor", TOKEN_IMPACT, LEVEL_DEGRADED}, {"slow", TOKEN_IMPACT, LEVEL_DEGRADED}, {"lent", TOKEN_IMPACT, LEVEL_DEGRADED},
    {"lente", TOKEN_IMPACT, LEVEL_DEGRADED}, {"degrade", TOKEN_IMPACT, LEVEL_DEGRADED}, {"degradee", TOKEN_IMPACT, LEVEL_DEGRADED}, {"mineur", TOKEN_IMPACT, LEVEL_DEGRADED},
    {"partial", TOKEN_IMPACT, LEVEL_PARTIAL}, {"partly", TOKEN_IMPACT, LEVEL_PARTIAL}, {"partiel", TOKEN_IMPACT, LEVEL_PARTIAL}, {"partielle", TOKEN_IMPACT, LEVEL_PARTIAL},
    {"major", TOKEN_IMPACT, LEVEL_MAJOR}, {"down", TOKEN_IMPACT, LEVEL_MAJOR}, {"outage", TOKEN_IMPACT, LEVEL_MAJOR}, {"majeur", TOKEN_IMPACT, LEVEL_MAJOR},
    {"majeure", TOKEN_IMPACT, LEVEL_MAJOR}, {"panne", TOKEN_IMPACT, LEVEL_MAJOR},
    {"investigating", TOKEN_PHASE, PHASE_INVESTIGATING}, {"recherche", TOKEN_PHASE, PHASE_INVESTIGATING}, {"identified", TOKEN_PHASE, PHASE_IDENTIFIED}, {"identifie", TOKEN_PHASE, PHASE_IDENTIFIED},
    {"monitoring", TOKEN_PHASE, PHASE_MONITORING}, {"watching", TOKEN_PHASE, PHASE_MONITORING}, {"surveillance", TOKEN_PHASE, PHASE_MONITORING},
    {"resolved", TOKEN_OVER, 0}, {"fixed", TOKEN_OVER, 0}, {"solved", TOKEN_OVER, 0}, {"resolu", TOKEN_OVER, 0}, {"retabli", TOKEN_OVER, 0}, {"repare", TOKEN_OVER, 0},
    {"done", TOKEN_OVER, 0}, {"completed", TOKEN_OVER, 0}, {"finished", TOKEN_OVER, 0}, {"termine", TOKEN_OVER, 0}, {"fini", TOKEN_OVER, 0},
    {"publish", TOKEN_PUBLISH, 0}, {"publier", TOKEN_PUBLISH, 0}, {"publie", TOKEN_PUBLISH, 0},
    {"plan", TOKEN_PLAN, 0}, {"planned", TOKEN_PLAN, 0}, {"maintenance", TOKEN_PLAN, 0}, {"work", TOKEN_PLAN, 0}, {"prevu", TOKEN_PLAN, 0}, {"planifie", TOKEN_PLAN, 0}, {"travaux", TOKEN_PLAN, 0},
    {"confirmed", TOKEN_WORK, PHASE_CONFIRMED}, {"confirme", TOKEN_WORK, PHASE_CONFIRMED}, {"start", TOKEN_WORK, PHASE_IN_PROGRESS}, {"started", TOKEN_WORK, PHASE_IN_PROGRESS},
    {"begun", TOKEN_WORK, PHASE_IN_PROGRESS}, {"commence", TOKEN_WORK, PHASE_IN_PROGRESS}, {"cancelled", TOKEN_WORK, PHASE_CANCELLED}, {"canceled", TOKEN_WORK, PHASE_CANCELLED},
    {"annule", TOKEN_WORK, PHASE_CANCELLED}, {"moved", TOKEN_MOVE, 0}, {"move", TOKEN_MOVE, 0}, {"reporte", TOKEN_MOVE, 0}, {"deplace", TOKEN_MOVE, 0},
    {"draft", TOKEN_DRAFT, 0}, {"brouillon", TOKEN_DRAFT, 0}, {"quiet", TOKEN_QUIET, 0}, {"discret", TOKEN_QUIET, 0}, {"tentative", TOKEN_TENTATIVE, 0}, {"provisoire", TOKEN_TENTATIVE, 0},
    {"emergency", TOKEN_EMERGENCY, 0}, {"urgence", TOKEN_EMERGENCY, 0}, {"urgent", TOKEN_EMERGENCY, 0},
    {"for", TOKEN_FOR, 0}, {"pendant", TOKEN_FOR, 0}, {"until", TOKEN_UNTIL, 0}, {"till", TOKEN_UNTIL, 0}, {"to", TOKEN_UNTIL, 0}, {"jusqu'a", TOKEN_UNTIL, 0}, {"next", TOKEN_NEXT, 0}, {"suite", TOKEN_NEXT, 0},
    {"at", TOKEN_FILLER, 0}, {"on", TOKEN_FILLER, 0}, {"from", TOKEN_FILLER, 0}, {"and", TOKEN_FILLER, 0}, {"is", TOKEN_FILLER, 0}, {"le", TOKEN_FILLER, 0}, {"la", TOKEN_FILLER, 0}, {"a", TOKEN_FILLER, 0},
    {"de", TOKEN_FILLER, 0}, {"et", TOKEN_FILLER, 0}, {"est", TOKEN_FILLER, 0}, {"the", TOKEN_FILLER, 0}, {"en", TOKEN_FILLER, 0},
};
static const char *const weekdays[2][7] = {{"sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday"}, {"dimanche", "lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi"}};

/* The letter below the accent of U+00C0 … U+00FF; NULL: it stays. */
static const char *plain_letter(uint32_t c)
{
    static const char bases[] = "aaaaaaaceeeeiiiidnooooo*ouuuuypsaaaaaaaceeeeiiiidnooooo/ouuuuypy";
    static const char all[] = "a\0b\0c\0d\0e\0f\0g\0h\0i\0j\0k\0l\0m\0n\0o\0p\0q\0r\0s\0t\0u\0v\0w\0x\0y\0z";
    if (c < 0xc0 || c > 0xff || bases[c - 0xc0] < 'a' || bases[c - 0xc0] > 'z')
        return c == 0x2019 ? "'" : c == 0xa0 || c == 0x202f ? " " : NULL;
    return &all[2 * (bases[c - 0xc0] - 'a')];
}

void dictation_fold(const char *text, size_t n, struct buf *out)
{
    for (size_t i = 0; i < n;) {
        uint32_t c;
        size_t len = utf8_decode(text + i, n - i, &c);
        const char *plain = len > 1 ? plain_letter(c) : NULL;
        if (plain)
            buf_str(out, plain);
        else if (len <= 1)
            buf_char(out, text[i] >= 'A' && text[i] <= 'Z' ? (char)(text[i] + 32) : text[i]);
        else
            buf_add(out, text + i, len);
        i += len ? len : 1;
    }
}

const char *dictation_colon(const char *text)
{
    for (const char *p = text; (p = strchr(p, ':')); p++) {
        bool before = p > text && p[-1] >= '0' && p[-1] <= '9', after = p[1] >= '0' && p[1] <= '9';
        if (!(before && after))
            return p;
    }
    return NULL;
}

static bool ends_word(const char *p)
{
    return !*p || strchr(" \t,;:.!", *p);
}

/* ---- components: by name, or by any of their titles, which may be several words ---- */

static size_t starts_with(const char *text, const char *name)
{
    struct buf a = BUF_MAX(4 * MOST_WORD), b = BUF_MAX(4 * MOST_WORD);
    size_t n = strlen(name), found = 0;
    if (!((text[0] | name[0]) & 0x80) && (text[0] | 0x20) != (name[0] | 0x20)) /* most of them */
        return 0;
    dictation_fold(name, n, &b);
    /* The typed form may be longer or shorter by its accents: what folds to the same counts. */
    for (size_t len = 1; b.len && text[len - 1] && len <= 2 * n + 4 && !found; len++) {
        if (!ends_word(text + len) || ((unsigned char)text[len] & 0xc0) == 0x80)
            continue;
        buf_clear(&a);
        dictation_fold(text, len, &a);
        found = str_eq(buf_text(&a), buf_text(&b)) ? len : 0;
    }
    buf_done(&a);
    buf_done(&b);
    return found;
}

static size_t component_at(const struct dictation_env *env, const char *text, struct token *ret)
{
    size_t best = 0;
    for (int i = 0; i < env->conf->n_components; i++) {
        const struct conf_component *c = env->conf->components[i];
        for (int k = -1; k < c->title.n; k++) {
            size_t n = starts_with(text, k < 0 ? c->name : c->title.values[k]);
            if (n <= best)
                continue;
            best = n;
            *ret = (struct token){.kind = TOKEN_COMPONENT, .text = c->name};
        }
    }
    return best;
}

/* ---- times ---- */

static int number(const char **p, int most_digits)
{
    int v = 0, n = 0;
    for (; n < most_digits && **p >= '0' && **p <= '9'; n++)
        v = v * 10 + *(*p)++ - '0';
    return n ? v : -1;
}

/* "22:00", "22h", "22h30", "9.30 pm" is not known. */
static bool clock_at(const char **p, int *ret_minute)
{
    const char *at = *p;
    int h = number(&at, 2), m = 0;
    if (h < 0 || h > 24 || (*at != ':' && *at != 'h'))
        return false;
    bool colon = *at++ == ':';
    m = number(&at, 2);
    if (m > 59 || (colon && m < 0) || (h == 24 && m > 0))
        return false;
    *ret_minute = h * 60 + (m < 0 ? 0 : m);
    *p = at;
    return true;
}

static bool is_date(const char *word, struct token *ret)
{
    const char *p = word;
    int a = number(&p, 4), y, m, d;
    char sep = *p;
    if (a < 0 || (sep != '-' && sep != '.'))
        return false;
    p++;
    m = number(&p, 2);
    if (*p++ != sep)
        return false;
    int last = number(&p, 4);
    y = sep == '-' ? a : last;
    d = sep == '-' ? last : a;
    if (*p || y < 2000 || y > 2200 || m < 1 || m > 12 || d < 1 || d > cal_days_in_month(y, m))
        return false;
    *ret = (struct token){.kind = TOKEN_DATE, .day = cal_days(y, m, d), .text = ret->text};
    return true;
}

static bool is_day(const struct dictation_env *env, const char *word, struct token *ret)
{
    int64_t today = cal_floor_div(env->now_ms / 1000 + zone_offset(env->zone, env->now_ms / 1000, NULL), DAY_S);
    int ahead = str_eq(word, "today") || str_eq(word, "aujourd'hui") || str_eq(word, "tonight") || str_eq(word, "ce soir") ? 0 : str_eq(word, "tomorrow") || str_eq(word, "demain") ? 1 : -1;
    bool weekday = false;
    for (int i = 0; i < 7; i++)
        if (str_eq(word, weekdays[0][i]) || str_eq(word, weekdays[1][i])) {
            ahead = (i - cal_weekday(today) + 7) % 7;
            weekday = true;
        }
    if (ahead < 0)
        return false;
    *ret = (struct token){.kind = TOKEN_DATE, .day = today + ahead, .weekday = weekday, .text = ret->text};
    return true;
}

static bool is_time(const char *word, struct token *ret)
{
    const char *p = word;
    int from, to;
    if (!clock_at(&p, &from))
        return false;
    if (!*p) {
        *ret = (struct token){.kind = TOKEN_TIME, .minute = from, .text = ret->text};
        return true;
    }
    bool dash = *p == '-';
    p += dash ? 1 : str_starts(p, "\xe2\x80\x93") ? 3 : 0; /* an en dash */
    if (!clock_at(&p, &to) || *p)
        return false;
    *ret = (struct token){.kind = TOKEN_RANGE, .minute = from, .until = to, .text = ret->text};
    return true;
}

static bool is_length(const char *word, struct token *ret)
{
    int64_t ms;
    size_t n = strlen(word);
    if (n < 2 || word[n - 1] < 'a' || strspn(word, "0123456789hmdinsj") != n || str_duration(word, 1000, &ms))
        return false;
    const char *p = word;
    *ret = (struct token){.kind = TOKEN_LENGTH, .ms = ms, .text = ret->text, .minute = -1};
    if (clock_at(&p, &ret->minute) && *p) /* "9h" may be a time as well */
        ret->minute = -1;
    return true;
}

/* ---- the next ---- */

static bool known(const char *word, struct token *ret)
{
    for (size_t i = 0; i < COUNT(words); i++)
        if (str_eq(words[i].word, word)) {
            ret->kind = words[i].kind;
            ret->value = words[i].value;
            return true;
        }
    return false;
}

static bool is_lang(const char *word, struct token *ret)
{
    for (int i = 0; msg_langs[i]; i++)
        if (strlen(word) == strlen(msg_langs[i]) + 2 && word[0] == '[' && str_starts(word + 1, msg_langs[i])) {
            ret->kind = TOKEN_LANG;
            ret->value = i;
            return true;
        }
    return false;
}

void token_next(struct arena *a, const struct dictation_env *env, const char **rest, struct token *ret)
{
    const char *p = *rest + strspn(*rest, " \t,;");
    struct buf word = BUF_MAX(MOST_WORD);
    *ret = (struct token){0};
    *rest = p;
    if (!*p)
        return;
    size_t n = component_at(env, p, ret);
    *rest = p + n;
    if (n)
        return;
    n = strcspn(p, " \t,;");
    *rest = p + n;
    ret->text = arena_dupn(a, p, n);
    ret->kind = TOKEN_UNKNOWN;
    while (n && strchr(".!:", p[n - 1]))
        n--;
    dictation_fold(p, n, &word);
    const char *w = buf_text(&word);
    if (!(is_lang(w, ret) || is_length(w, ret) || is_time(w, ret) || is_date(w, ret) || is_day(env, w, ret)))
        known(w, ret);
    buf_done(&word);
}
