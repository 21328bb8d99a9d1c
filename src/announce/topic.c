/* SPDX-License-Identifier: GPL-3.0-or-later */
/* topic.c: see topic.h. */
#include "announce/topic.h"
#include "announce/subscriber.h"
#include "base/mem.h"
#include "base/msg.h"
#include "base/str.h"
#include "base/utf8.h"
#include "wire/irc.h"
#include <string.h>

enum { MAX_WORDS = 200 };
#define DAY_MS (INT64_C(24) * 3600 * 1000)
static const char dots[] = "…";

const char *const topic_words[LEVELS] = {"OK", "UNKNOWN", "MAINT", "DEGRADED", "PARTIAL", "DOWN"};
static const struct {
    const char *word;
    enum level level;
} synonyms[] = {
    {"up", LEVEL_OPERATIONAL}, {"operational", LEVEL_OPERATIONAL}, {"bon", LEVEL_OPERATIONAL},      {"inconnu", LEVEL_UNKNOWN}, {"maintenance", LEVEL_PLANNED}, {"travaux", LEVEL_PLANNED},
    {"planned", LEVEL_PLANNED}, {"slow", LEVEL_DEGRADED},          {"lent", LEVEL_DEGRADED},        {"partiel", LEVEL_PARTIAL}, {"partly", LEVEL_PARTIAL},      {"major", LEVEL_MAJOR},
    {"outage", LEVEL_MAJOR},   {"panne", LEVEL_MAJOR},
};

int topic_level(const char *word)
{
    for (int i = 0; i < LEVELS; i++)
        if (str_ieq(word, topic_words[i]))
            return i;
    for (size_t i = 0; i < COUNT(synonyms); i++)
        if (str_ieq(word, synonyms[i].word))
            return synonyms[i].level;
    return -1;
}

const struct conf_component *topic_component(const struct conf *c, const char *name)
{
    const struct conf_component *one = map_find(&c->component_by_name, name);
    for (int i = 0; !one && i < c->n_components; i++) {
        const struct conf_pairs *title = &c->components[i]->title;
        bool fits = str_ieq(c->components[i]->name, name);
        for (int k = 0; !fits && k < title->n; k++)
            fits = str_ieq(title->values[k], name);
        one = fits ? c->components[i] : NULL;
    }
    return one;
}

/* ---- parts ---- */

/* The sign itself: people forget the blanks around it. */
static struct str core(const struct topic_style *st)
{
    return str_trim(str_of(st->separator));
}

static const char *part_end(const char *p, struct str sep)
{
    const char *end = memmem(p, strlen(p), sep.p, sep.n);
    return end ? end : p + strlen(p);
}

bool topic_find(const struct topic_style *st, const char *topic, size_t *ret_at, size_t *ret_n)
{
    struct str sep = core(st);
    for (const char *p = topic;; p += sep.n) {
        const char *end = part_end(p, sep);
        struct str part = str_trim((struct str){p, (size_t)(end - p)});
        char plain[TOPIC_MAX_BYTES];
        str_copyn(plain, sizeof plain, part.p, part.n < sizeof plain ? part.n : sizeof plain - 1);
        irc_strip(plain);
        if (part.n && str_istarts(plain, st->prefix)) {
            *ret_at = (size_t)(part.p - topic);
            *ret_n = part.n;
            return true;
        }
        if (!*end)
            return false;
        p = end;
    }
}

static bool is_blank(const char *text)
{
    return !text[strspn(text, " ")];
}

void topic_replace(const struct topic_style *st, const char *topic, const char *part, struct buf *out)
{
    size_t at, n;
    if (topic_find(st, topic, &at, &n)) {
        buf_add(out, topic, at);
        buf_str(out, part);
        buf_str(out, topic + at + n);
        return;
    }
    buf_str(out, part);
    if (!is_blank(topic)) {
        buf_str(out, st->separator);
        buf_str(out, topic);
    }
}

size_t topic_others(const struct topic_style *st, const char *topic)
{
    size_t at, n;
    if (topic_find(st, topic, &at, &n))
        return strlen(topic) - n;
    return is_blank(topic) ? 0 : strlen(topic) + strlen(st->separator);
}

/* ---- times ---- */

/* "22:00" at p; what follows it, or NULL. */
static const char *clock_at(const char *p)
{
    size_t h = strspn(p, "0123456789");
    if (h < 1 || h > 2 || p[h] != ':' || strspn(p + h + 1, "0123456789") != 2)
        return NULL;
    return p + h + 3;
}

static bool is_date(const char *word)
{
    return strlen(word) == 10 && strspn(word, "0123456789-") == 10 && word[4] == '-' && word[7] == '-';
}

/* On a day ("": that of now). */
static int moment_on(const char *day, const char *clock, size_t n, const struct zone *z, int64_t now_ms, int64_t *ret)
{
    char text[40], today[16];
    struct civil c;
    time_civil(now_ms, z, &c);
    str_print(today, sizeof today, "%04d-%02d-%02d", c.year, c.month, c.day);
    str_print(text, sizeof text, "%s %s%.*s", day[0] ? day : today, n == 4 ? "0" : "", (int)n, clock);
    return time_parse(text, now_ms, z, ret);
}

/* "22:00-23:00", "22:00-2026-11-27T03:00" */
static int times_on(const char *day, const char *word, const struct zone *z, int64_t now_ms, int64_t *ret_start, int64_t *ret_end)
{
    const char *dash = clock_at(word), *to = dash ? dash + 1 : NULL;
    char last[16] = "";
    if (!dash || *dash != '-')
        return ERR_INVALID;
    if (strlen(to) > 11 && to[10] == 'T' && str_copyn(last, sizeof last, to, 10) && is_date(last))
        to += 11;
    const char *end = clock_at(to);
    if (!end || *end || moment_on(day, word, (size_t)(dash - word), z, now_ms, ret_start) || moment_on(last[0] ? last : day, to, (size_t)(end - to), z, now_ms, ret_end))
        return ERR_INVALID;
    if (*ret_end <= *ret_start && !last[0])
        *ret_end += DAY_MS; /* over midnight */
    if (!day[0] && *ret_end <= now_ms) { /* over for today */
        *ret_start += DAY_MS;
        *ret_end += DAY_MS;
    }
    return *ret_end > *ret_start ? 0 : ERR_INVALID;
}

static bool is_utc(const char *word)
{
    return str_ieq(word, "UTC") || str_ieq(word, "GMT") || str_eq(word, "Z");
}

static bool is_zone_name(const char *word)
{
    size_t n = strspn(word, "ABCDEFGHIJKLMNOPQRSTUVWXYZ+-0123456789");
    return n == strlen(word) && n >= 2 && n <= 6 && !clock_at(word);
}

int topic_times(const char *const *words, int n, const struct zone *z, int64_t now_ms, int64_t *ret_start, int64_t *ret_end, struct err *e)
{
    int at = n > 1 && is_date(words[0]) ? 1 : 0, used = at + 1;
    const char *day = at ? words[0] : "", *dash = at < n ? clock_at(words[at]) : NULL, *zone = at + 1 < n ? words[at + 1] : "";
    struct civil c;
    if (!dash || *dash != '-') {
        err_set(e, ERR_INVALID, MSG("times are written 22:00-23:00, or 2026-11-25 22:00-23:00 UTC"), "");
        return 0;
    }
    bool utc = is_utc(zone);
    if (times_on(day, words[at], utc ? NULL : z, now_ms, ret_start, ret_end) < 0) {
        err_set(e, ERR_INVALID, MSG("“{1}” are no times; write 22:00-23:00"), "s", words[at]);
        return 0;
    }
    time_civil(*ret_start, z, &c);
    if (utc || str_ieq(zone, c.zone[0] ? c.zone : "UTC"))
        return used + 1;
    if (zone[0] && is_zone_name(zone)) {
        err_set(e, ERR_INVALID, MSG("times are in {1} or UTC here, not in {2}"), "ss", c.zone[0] ? c.zone : "UTC", zone);
        return 0;
    }
    return used;
}

static void put_times(const struct topic_status *s, const struct zone *z, int64_t now_ms, struct buf *out)
{
    struct civil now, from, to;
    time_civil(now_ms, z, &now);
    time_civil(s->start_ms, z, &from);
    time_civil(s->end_ms, z, &to);
    if (from.year != now.year || from.month != now.month || from.day != now.day)
        buf_printf(out, " %04d-%02d-%02d", from.year, from.month, from.day);
    buf_printf(out, " %02d:%02d-", from.hour, from.minute);
    if (s->end_ms - s->start_ms >= DAY_MS)
        buf_printf(out, "%04d-%02d-%02dT", to.year, to.month, to.day);
    buf_printf(out, "%02d:%02d %s", to.hour, to.minute, from.zone[0] ? from.zone : "UTC");
}

/* ---- reading ---- */

struct reading {
    const struct conf *c;
    const struct zone *z;
    int64_t now_ms;
    struct arena *a;
    struct topic_status *s;
    enum level level; /* of what follows */
    struct err *e;
};

static int no_component(struct reading *r, const char *name)
{
    const char *names[MAX_WORDS + 1];
    int n = 0;
    for (int i = 0; i < r->c->n_components && n < MAX_WORDS; i++)
        names[n++] = r->c->components[i]->name;
    names[n] = NULL;
    const char *near = str_nearest(name, names);
    return near ? err_set(r->e, ERR_INVALID, MSG("there is no component {1}; did you mean {2}?"), "ss", name, near) : err_set(r->e, ERR_INVALID, MSG("there is no component {1}"), "s", name);
}

static int add(struct reading *r, const char *name)
{
    struct topic_status *s = r->s;
    const struct conf_component *c = topic_component(r->c, name);
    if (!c)
        return no_component(r, name);
    for (int i = 0; i < s->n; i++)
        if (str_eq(s->at[i].name, c->name)) {
            s->at[i].level = r->level;
            return 0;
        }
    if (s->n == TOPIC_MAX_PARTS)
        return err_set(r->e, ERR_INVALID, MSG("at most {1} components can be named at once"), "i", (int64_t)TOPIC_MAX_PARTS);
    s->at[s->n++] = (struct topic_component){c->name, r->level};
    return 0;
}

/* A state within the list is written in large letters: a component may have such a name. */
static int level_inside(const char *word)
{
    for (int i = 0; i < LEVELS; i++)
        if (str_eq(word, topic_words[i]))
            return i;
    return -1;
}

static int split(struct reading *r, struct str text, const char *words[MAX_WORDS])
{
    struct str word;
    int n = 0;
    while (n < MAX_WORDS && str_next(&text, " ", &word))
        if (word.n)
            words[n++] = arena_dupn(r->a, word.p, word.n);
    return n;
}

static int read_words(struct reading *r, const char *const *words, int n)
{
    for (int i = 0; i < n;) {
        const char *dash = clock_at(words[i]);
        int level = level_inside(words[i]), code = 0, used = 1;
        if (str_eq(words[i], dots) || str_eq(words[i], "...")) {
            r->s->more = true;
        } else if (level >= 0) {
            r->level = (enum level)level;
        } else if ((dash && *dash == '-') || is_date(words[i])) {
            used = topic_times(words + i, n - i, r->z, r->now_ms, &r->s->start_ms, &r->s->end_ms, r->e);
            code = used ? 0 : ERR_INVALID;
        } else {
            code = add(r, words[i]);
        }
        if (code < 0)
            return code;
        i += used;
    }
    return 0;
}

/* What stands before the times, without the blanks behind it. */
static size_t name_bytes(const char *text)
{
    size_t n = strlen(text);
    for (const char *p = text; *p; p += strcspn(p, " "), p += strspn(p, " ")) {
        char word[16];
        const char *dash = clock_at(p);
        bool date = strcspn(p, " ") == 10 && str_copyn(word, sizeof word, p, 10) && is_date(word);
        if ((dash && *dash == '-') || date) {
            n = (size_t)(p - text);
            break;
        }
    }
    while (n && text[n - 1] == ' ')
        n--;
    return n;
}

/* Between two commas: a name that may hold blanks, or words. */
static int read_item(struct reading *r, struct str item)
{
    const char *words[MAX_WORDS], *whole = arena_dupn(r->a, item.p, item.n);
    if (item.n == 0)
        return 0;
    const char *blank = strchr(whole, ' ');
    int level = blank ? level_inside(arena_dupn(r->a, whole, (size_t)(blank - whole))) : -1;
    if (level >= 0) {
        r->level = (enum level)level;
        whole = blank + 1 + strspn(blank + 1, " ");
    }
    size_t name = name_bytes(whole);
    const char *alone = arena_dupn(r->a, whole, name);
    int code = topic_component(r->c, alone) ? add(r, alone) : read_words(r, words, split(r, str_of(alone), words));
    return code < 0 ? code : read_words(r, words, split(r, str_of(whole + name), words));
}

/* " - ", " – ", " — ": the list, then the words. */
static const char *dash_in(const char *text, size_t *ret_n)
{
    static const char *const dashes[] = {" - ", " – ", " — "};
    const char *first = NULL;
    for (size_t i = 0; i < COUNT(dashes); i++) {
        const char *at = strstr(text, dashes[i]);
        if (at && (!first || at < first)) {
            first = at;
            *ret_n = strlen(dashes[i]);
        }
    }
    return first;
}

static void take_link(struct arena *a, struct topic_status *s, const char *text)
{
    size_t n = strlen(text), at;
    while (n && text[n - 1] == ' ')
        n--;
    for (at = n; at && text[at - 1] != ' '; at--) {
    }
    bool link = str_istarts(text + at, "http://") || str_istarts(text + at, "https://");
    s->link = link ? arena_dupn(a, text + at, n - at) : "";
    n = link ? at : n;
    while (n && text[n - 1] == ' ')
        n--;
    s->text = arena_dupn(a, text, n);
}

int topic_read(const struct topic_style *st, const struct conf *c, const struct zone *z, int64_t now_ms, const char *part, struct arena *a, struct topic_status *ret, struct err *e)
{
    struct reading r = {.c = c, .z = z, .now_ms = now_ms, .a = a, .s = ret, .e = e};
    char *plain = arena_dup(a, part);
    size_t dash_n = 0;
    irc_strip(plain);
    *ret = (struct topic_status){.text = "", .link = ""};
    const char *p = plain + (str_istarts(plain, st->prefix) ? strlen(st->prefix) : 0);
    p += strspn(p, " ");
    const char *dash = dash_in(p, &dash_n);
    struct str head = str_trim((struct str){p, dash ? (size_t)(dash - p) : strlen(p)}), word, item;
    if (dash) {
        take_link(a, ret, dash + dash_n);
    } else {
        take_link(a, ret, p); /* a link without words */
        head.n = ret->link[0] ? strlen(ret->text) : head.n;
        ret->text = "";
    }
    if (!str_next(&head, " ,", &word))
        return err_set(e, ERR_INVALID, MSG("a state is expected: OK, DEGRADED, PARTIAL, DOWN or MAINT"), "");
    const char *first = arena_dupn(a, word.p, word.n);
    int level = topic_level(first), code = 0;
    if (level < 0)
        return err_set(e, ERR_INVALID, MSG("“{1}” is no state; write OK, DEGRADED, PARTIAL, DOWN or MAINT"), "s", first);
    ret->level = r.level = (enum level)level;
    while (code == 0 && str_next(&head, ",", &item))
        code = read_item(&r, str_trim(item));
    return code;
}

/* ---- writing ---- */

/* What would divide the topic, or the list from the words, is another sign. */
static void put_clean(const struct topic_style *st, const char *text, bool is_name, struct buf *out)
{
    struct str sep = core(st);
    for (const char *p = text; *p;) {
        if (strncmp(p, sep.p, sep.n) == 0) {
            buf_char(out, '/');
            p += sep.n;
        } else {
            buf_char(out, is_name && *p == ',' ? ';' : *p);
            p++;
        }
    }
}

/* The list with its states, of the first `most` components. */
static void put_list(const struct topic_style *st, const struct topic_status *s, int most, struct buf *out)
{
    enum level level = s->level;
    for (int i = 0; i < s->n && i < most; i++) {
        buf_str(out, i ? ", " : " ");
        if (s->at[i].level != level)
            buf_printf(out, "%s ", topic_words[s->at[i].level]);
        level = s->at[i].level;
        put_clean(st, s->at[i].name, true, out);
    }
    if (most < s->n || s->more)
        buf_printf(out, "%s%s", most ? ", " : " ", dots);
}

static void put_head(const struct topic_style *st, const struct topic_status *s, int most, const struct zone *z, int64_t now_ms, struct buf *out)
{
    buf_printf(out, "%s %s", st->prefix, topic_words[s->level]);
    put_list(st, s, most, out);
    if (s->level == LEVEL_PLANNED && s->start_ms)
        put_times(s, z, now_ms, out);
}

/* With the words cut to what is left. */
static bool put_all(const struct topic_style *st, const struct topic_status *s, int most, bool link, const struct zone *z, int64_t now_ms, size_t most_bytes, struct buf *out)
{
    struct buf words = BUF_MAX(8192), head = BUF_MAX(16384);
    put_head(st, s, most, z, now_ms, &head);
    put_clean(st, s->text, false, &words);
    size_t tail = link && s->link[0] ? 1 + strlen(s->link) : 0;
    bool fits = head.len + tail <= most_bytes;
    if (fits) {
        buf_str(out, buf_text(&head));
        if (words.len && most_bytes - head.len - tail > 3 + 8) {
            buf_str(out, " - ");
            irc_shorten(out, buf_text(&words), most_bytes - head.len - tail - 3);
        }
        if (tail)
            buf_printf(out, " %s", s->link);
    }
    buf_done(&words);
    buf_done(&head);
    return fits;
}

bool topic_write(const struct topic_style *st, const struct topic_status *s, const struct zone *z, int64_t now_ms, size_t most_bytes, struct buf *out)
{
    for (int i = s->n; i >= 0; i--)
        if (put_all(st, s, i, true, z, now_ms, most_bytes, out))
            return true;
    for (int i = s->n; i >= 0; i--)
        if (put_all(st, s, i, false, z, now_ms, most_bytes, out))
            return true;
    return false;
}

/* ---- what is so ---- */

static bool about_component(const struct conf_component *c, const char *about)
{
    char word[300];
    const char *rest = about;
    if (!about[0])
        return true;
    while (subscriber_next(&rest, word, sizeof word))
        if (str_eq(word, c->name) || (str_starts(word, "group:") && sight_in_group(c, word + 6)))
            return true;
    return false;
}

static bool concerned(const struct sight *s, const char *about, const struct bulletin *b)
{
    struct subscriber one = {.about = about};
    return !about[0] || subscriber_concerned(&one, s->conf, b);
}

static bool weighs_more(const struct bulletin *a, const struct bulletin *b, int64_t now_ms)
{
    enum level x = bulletin_worst(a, now_ms), y = bulletin_worst(b, now_ms);
    return a->pinned != b->pinned ? a->pinned : x != y ? x > y : a->changed_ms > b->changed_ms;
}

/* Of the worst ones that of which was spoken last: a topic has room for one. */
static const struct bulletin *incident_of(const struct sight *s, const char *about)
{
    const struct bulletin *main = NULL;
    for (int i = 0; i < s->n_incidents; i++)
        if (concerned(s, about, s->incidents[i]) && (!main || weighs_more(s->incidents[i], main, s->now_ms)))
            main = s->incidents[i];
    return main;
}

/* Under way, or near. */
static const struct bulletin *work_of(const struct sight *s, const char *about)
{
    for (int i = 0; i < s->n_works; i++)
        if (concerned(s, about, s->works[i]) && s->works[i]->effect != EFFECT_NONE && s->works[i]->start_ms - s->now_ms <= TOPIC_AHEAD_MS)
            return s->works[i];
    return NULL;
}

static void list_level(const struct sight *s, const char *about, enum level level, struct topic_status *ret)
{
    for (int i = 0; i < s->n; i++) {
        const struct sight_component *k = &s->components[i];
        if (k->level != level || k->waiting || !about_component(k->c, about))
            continue;
        ret->more |= ret->n == TOPIC_MAX_PARTS;
        if (ret->n < TOPIC_MAX_PARTS)
            ret->at[ret->n++] = (struct topic_component){k->c->name, level};
    }
}

static void see_work(const struct bulletin *w, struct topic_status *ret)
{
    *ret = (struct topic_status){.level = LEVEL_PLANNED, .text = "", .link = "", .start_ms = w->start_ms, .end_ms = w->end_ms};
    for (int i = 0; i < w->n_components && i < TOPIC_MAX_PARTS; i++)
        ret->at[ret->n++] = (struct topic_component){w->components[i], LEVEL_PLANNED};
}

bool topic_see(const struct sight *s, const char *about, struct topic_status *ret, const struct bulletin **ret_main)
{
    const struct bulletin *incident = incident_of(s, about), *work = work_of(s, about);
    *ret = (struct topic_status){.text = "", .link = ""};
    *ret_main = incident;
    if (!s->conf || (s->waiting && !incident))
        return false;
    for (int level = LEVEL_MAJOR; level >= LEVEL_DEGRADED; level--)
        list_level(s, about, (enum level)level, ret);
    if (ret->n || incident) {
        ret->level = ret->n ? ret->at[0].level : incident->phase == PHASE_MONITORING ? LEVEL_OPERATIONAL : LEVEL_DEGRADED;
        return true;
    }
    if (work) {
        see_work(work, ret);
        *ret_main = work;
        return true;
    }
    list_level(s, about, LEVEL_PLANNED, ret); /* silenced by staff without a word to the public */
    if (ret->n) {
        ret->level = LEVEL_PLANNED;
        return true;
    }
    list_level(s, about, LEVEL_UNKNOWN, ret);
    ret->level = ret->n ? LEVEL_UNKNOWN : LEVEL_OPERATIONAL;
    return true;
}
