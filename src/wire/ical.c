/* SPDX-License-Identifier: GPL-3.0-or-later */
/* ical.c: content lines to properties, properties to events. Times are ical_time.c's. */
#include "wire/ical.h"
#include "base/buf.h"
#include "base/msg.h"
#include "base/utf8.h"
#include "base/vec.h"
#include "wire/ical_int.h"
#include <string.h>

/* ---- content lines ---- */

struct lines {
    const char *at, *end;
    int64_t number;
};

/* The next line with what is folded into it; false at the end. */
static bool line_next(struct lines *l, struct buf *out)
{
    buf_clear(out);
    if (l->at >= l->end)
        return false;
    do {
        const char *nl = memchr(l->at, '\n', (size_t)(l->end - l->at)), *stop = nl ? nl : l->end;
        const char *from = l->at + (l->at < stop && (*l->at == ' ' || *l->at == '\t'));
        size_t n = (size_t)(stop - from);
        buf_add(out, from, n && stop[-1] == '\r' ? n - 1 : n);
        l->at = nl ? nl + 1 : l->end;
        l->number++;
    } while (l->at < l->end && (*l->at == ' ' || *l->at == '\t'));
    return true;
}

static char *upper(struct arena *a, const char *p, size_t n)
{
    char *t = arena_dupn(a, p, n);
    for (char *c = t; *c; c++)
        if (*c >= 'a' && *c <= 'z')
            *c = (char)(*c - 32);
    return t;
}

static char *clean(struct arena *a, const char *p, size_t n, int flags)
{
    struct buf b = BUF_MAX(ICAL_MAX_LINE + 8);
    utf8_clean(&b, p, n, flags, ICAL_MAX_LINE);
    char *t = arena_dup(a, buf_text(&b));
    buf_done(&b);
    return t;
}

/* RFC 6868: ^n is a line, ^' a quotation mark, ^^ a caret. */
static void add_value(struct buf *out, const char *p, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        char next = p[i] == '^' && i + 1 < n ? p[i + 1] : 0;
        char c = next == 'n' || next == 'N' ? '\n' : next == '\'' ? '"' : next == '^' ? '^' : 0;
        i += c != 0;
        buf_char(out, c ? c : p[i]);
    }
}

/* ;NAME=VALUE,"VALUE" from *at on, which stands behind the semicolon. */
static int param_read(struct arena *a, const char **at, const char *end, struct ical_param *ret)
{
    const char *p = *at, *eq = p;
    struct buf value = BUF_MAX(ICAL_MAX_LINE);
    while (eq < end && *eq != '=' && *eq != ':' && *eq != ';')
        eq++;
    struct str name = str_trim((struct str){p, (size_t)(eq - p)});
    ret->name = upper(a, name.p, name.n);
    p = eq < end && *eq == '=' ? eq + 1 : eq;
    while (p < end && *p != ';' && *p != ':') {
        const char *from = p;
        bool quoted = *p == '"';
        if (quoted) {
            for (from = ++p; p < end && *p != '"';)
                p++;
            if (p == end) { /* never closed */
                buf_done(&value);
                return ERR_INVALID;
            }
        } else {
            while (p < end && !strchr(",;:\"", *p))
                p++;
            if (p == from && *p != ',') /* a quotation mark amid */
                p++;
        }
        add_value(&value, from, (size_t)(p - from));
        p += quoted;
        if (p < end && *p == ',') {
            buf_char(&value, ',');
            p++;
        }
    }
    ret->value = clean(a, buf_text(&value), value.len, UTF8_KEEP_NEWLINES);
    buf_done(&value);
    *at = p;
    return 0;
}

/* 1: a property; 0: a line that is none. */
static int prop_read(struct arena *a, const char *line, size_t n, struct ical_prop *ret)
{
    const char *end = line + n, *p = line;
    struct ical_param params[ICAL_MAX_PARAMS];
    *ret = (struct ical_prop){0};
    while (p < end && *p != ';' && *p != ':')
        p++;
    struct str name = str_trim((struct str){line, (size_t)(p - line)});
    if (p == end || !name.n || name.n > 100)
        return 0;
    ret->name = upper(a, name.p, name.n);
    while (p < end && *p == ';') {
        struct ical_param one;
        p++;
        if (param_read(a, &p, end, &one))
            return 0;
        if (ret->n_params < ICAL_MAX_PARAMS)
            params[ret->n_params++] = one;
    }
    if (p == end)
        return 0;
    struct str value = str_trim((struct str){p + 1, (size_t)(end - p - 1)});
    ret->value = clean(a, value.p, value.n, UTF8_KEEP_NEWLINES);
    if (ret->n_params) {
        struct ical_param *copy = ARENA_ARRAY(a, struct ical_param, (size_t)ret->n_params);
        memcpy(copy, params, sizeof params[0] * (size_t)ret->n_params);
        ret->params = copy;
    }
    return 1;
}

const char *ical_param(const struct ical_prop *p, const char *name)
{
    for (int i = 0; i < p->n_params; i++)
        if (str_eq(p->params[i].name, name))
            return p->params[i].value;
    return NULL;
}

char *ical_text(struct arena *a, const char *value)
{
    size_t n = strlen(value);
    char *out = arena_alloc(a, n + 1), *to = out;
    for (const char *p = value; *p; p++) {
        if (*p == '\\' && p[1]) {
            p++;
            *to++ = *p == 'n' || *p == 'N' ? '\n' : *p;
        } else {
            *to++ = *p;
        }
    }
    return out;
}

/* ---- events ---- */

static const char *address_of(struct arena *a, const char *value)
{
    struct str s = str_of(str_istarts(value, "mailto:") ? value + 7 : value);
    s = str_trim(s);
    return arena_dupn(a, s.p, s.n);
}

static const char *capitals(struct arena *a, const char *value)
{
    struct str s = str_trim(str_of(value));
    return upper(a, s.p, s.n);
}

struct making { /* of one event */
    struct ical_event ev;
    struct ical_attendee attendees[ICAL_MAX_LIST];
    struct ical_object objects[ICAL_MAX_LIST];
    struct ical_prop start, end, stamp;
    const char *duration;
    bool primary;
};

typedef void taking(struct arena *a, struct making *m, const struct ical_prop *p);

static void take_attendee(struct arena *a, struct making *m, const struct ical_prop *p)
{
    const char *stat = ical_param(p, "PARTSTAT");
    if (m->ev.n_attendees < ICAL_MAX_LIST)
        m->attendees[m->ev.n_attendees++] = (struct ical_attendee){address_of(a, p->value), stat ? capitals(a, stat) : ""};
}

static void take_object(struct arena *a, struct making *m, const struct ical_prop *p)
{
    const char *impact = ical_param(p, "X-MAINTNOTE-OBJECT-IMPACT");
    if (m->ev.n_objects < ICAL_MAX_LIST)
        m->objects[m->ev.n_objects++] = (struct ical_object){ical_text(a, p->value), impact ? capitals(a, impact) : NULL};
}

static void take_id(struct arena *a, struct making *m, const struct ical_prop *p)
{
    const char *rank = ical_param(p, "X-MAINTNOTE-PRECEDENCE");
    bool primary = rank && str_ieq(rank, "PRIMARY");
    if (m->ev.maintenance_id && (m->primary || !primary))
        return;
    m->ev.maintenance_id = ical_text(a, p->value);
    m->primary = primary;
}

static void take_organizer(struct arena *a, struct making *m, const struct ical_prop *p)
{
    m->ev.organizer = address_of(a, p->value);
}

static void take_sequence(struct arena *a, struct making *m, const struct ical_prop *p)
{
    int64_t v;
    if (str_i64(p->value, &v) == 0 && v >= 0 && v <= INT32_MAX)
        m->ev.sequence = v;
}

static void take_recurs(struct arena *a, struct making *m, const struct ical_prop *p)
{
    m->ev.recurs = true;
}

static void take_start(struct arena *a, struct making *m, const struct ical_prop *p)
{
    m->start = *p;
}

static void take_end(struct arena *a, struct making *m, const struct ical_prop *p)
{
    m->end = *p;
}

static void take_stamp(struct arena *a, struct making *m, const struct ical_prop *p)
{
    m->stamp = *p;
}

static void take_duration(struct arena *a, struct making *m, const struct ical_prop *p)
{
    m->duration = p->value;
}

#define TEXT(member) offsetof(struct ical_event, member) + 1
static const struct {
    const char *name;
    size_t text, word; /* where it goes: unescaped, or in capitals; plus 1 */
    taking *take;
} takers[] = {
    {"UID", TEXT(uid), 0, NULL}, {"SUMMARY", TEXT(summary), 0, NULL}, {"DESCRIPTION", TEXT(description), 0, NULL}, {"LOCATION", TEXT(location), 0, NULL},
    {"URL", TEXT(url), 0, NULL}, {"RECURRENCE-ID", TEXT(recurrence_id), 0, NULL}, {"STATUS", 0, TEXT(status), NULL}, {"SEQUENCE", 0, 0, take_sequence},
    {"ORGANIZER", 0, 0, take_organizer}, {"ATTENDEE", 0, 0, take_attendee}, {"DTSTART", 0, 0, take_start}, {"DTEND", 0, 0, take_end}, {"DTSTAMP", 0, 0, take_stamp},
    {"DURATION", 0, 0, take_duration}, {"RRULE", 0, 0, take_recurs}, {"RDATE", 0, 0, take_recurs},
    {"X-MAINTNOTE-PROVIDER", TEXT(provider), 0, NULL}, {"X-MAINTNOTE-ACCOUNT", TEXT(account), 0, NULL}, {"X-MAINTNOTE-IMPACT", 0, TEXT(impact), NULL},
    {"X-MAINTNOTE-STATUS", 0, TEXT(work_status), NULL}, {"X-MAINTNOTE-MAINTENANCE-ID", 0, 0, take_id}, {"X-MAINTNOTE-OBJECT-ID", 0, 0, take_object},
};

/* The first of a name counts, as it stands first in what a person reads. */
static void take(struct arena *a, struct making *m, const struct ical_prop *p)
{
    for (size_t i = 0; i < sizeof takers / sizeof takers[0]; i++) {
        if (!str_eq(takers[i].name, p->name))
            continue;
        size_t at = takers[i].text ? takers[i].text : takers[i].word;
        const char **to = at ? (const char **)(void *)((char *)&m->ev + at - 1) : NULL;
        if (to && !*to)
            *to = takers[i].text ? ical_text(a, p->value) : capitals(a, p->value);
        if (takers[i].take)
            takers[i].take(a, m, p);
        return;
    }
}

/* ---- the whole ---- */

struct reading {
    struct arena *a;
    struct ical *ret;
    struct ical_zones zones;
    VEC(struct making *) events; /* times are read at the end: a zone may stand behind its event */
    const char *stack[ICAL_MAX_DEPTH];
    int depth, props;
    struct making *event;
    bool any;
};

static bool within(const struct reading *r, const char *name)
{
    return r->depth > 0 && str_eq(r->stack[r->depth - 1], name);
}

static int begin(struct reading *r, const char *name, struct err *e)
{
    if (r->depth == ICAL_MAX_DEPTH)
        return err_set(e, ERR_LIMIT, MSG("this calendar is nested too deeply"), "");
    if (str_eq(name, "VEVENT")) {
        if (r->events.n == ICAL_MAX_EVENTS)
            return err_set(e, ERR_LIMIT, MSG("this calendar has more than {1} entries"), "i", (int64_t)ICAL_MAX_EVENTS);
        r->event = ARENA_NEW(r->a, struct making);
        r->event->ev.sequence = -1;
        VEC_PUSH(&r->events, r->event);
    }
    if (str_eq(name, "VTIMEZONE"))
        ical_zones_begin(&r->zones);
    if (str_eq(name, "STANDARD") || str_eq(name, "DAYLIGHT"))
        ical_zones_rule(&r->zones);
    r->any |= str_eq(name, "VCALENDAR") || str_eq(name, "VEVENT");
    r->stack[r->depth++] = name;
    r->props = 0;
    return 0;
}

static int end(struct reading *r, const char *name, struct err *e)
{
    if (!within(r, name))
        return err_set(e, ERR_INVALID, MSG("this calendar ends {1} where it is not open"), "s", name);
    r->depth--;
    if (str_eq(name, "VEVENT"))
        r->event = NULL;
    return 0;
}

static int property(struct reading *r, const struct ical_prop *p, struct err *e)
{
    if (str_eq(p->name, "BEGIN"))
        return begin(r, capitals(r->a, p->value), e);
    if (str_eq(p->name, "END"))
        return end(r, capitals(r->a, p->value), e);
    if (++r->props > ICAL_MAX_PROPS)
        return err_set(e, ERR_LIMIT, MSG("an entry of this calendar has more than {1} lines"), "i", (int64_t)ICAL_MAX_PROPS);
    if (within(r, "VEVENT") && r->event) /* one within another is none */
        take(r->a, r->event, p);
    else if (within(r, "VCALENDAR") && str_eq(p->name, "METHOD"))
        r->ret->method = capitals(r->a, p->value);
    else if (within(r, "VCALENDAR") && str_eq(p->name, "PRODID"))
        r->ret->prodid = ical_text(r->a, p->value);
    else if (within(r, "VTIMEZONE") && str_eq(p->name, "TZID"))
        ical_zones_name(&r->zones, p->value);
    else if (within(r, "STANDARD") || within(r, "DAYLIGHT"))
        ical_zones_take(&r->zones, p);
    return 0;
}

static void finish(struct reading *r)
{
    struct ical_event *all = ARENA_ARRAY(r->a, struct ical_event, r->events.n + 1);
    for (size_t i = 0; i < r->events.n; i++) {
        struct making *m = r->events.at[i];
        m->ev.attendees = m->attendees;
        m->ev.objects = m->objects;
        ical_zones_time(&r->zones, &m->stamp, &m->ev.stamp);
        ical_zones_time(&r->zones, &m->start, &m->ev.start);
        ical_zones_time(&r->zones, &m->end, &m->ev.end);
        ical_zones_end(&m->ev, m->duration);
        all[i] = m->ev;
    }
    r->ret->events = all;
    r->ret->n_events = (int)r->events.n;
}

int ical_parse(struct arena *a, const char *text, size_t n, ical_zone *zone, void *arg, struct ical *ret, struct err *e)
{
    struct reading r = {.a = a, .ret = ret, .zones = {.a = a, .zone = zone, .arg = arg}};
    struct lines l = {text, text + n, 0};
    struct buf line = BUF_MAX(ICAL_MAX_LINE);
    struct ical_prop p;
    int code = n > ICAL_MAX_BYTES ? err_set(e, ERR_LIMIT, MSG("a calendar of more than {1} is not read"), "b", (int64_t)ICAL_MAX_BYTES) : 0;
    *ret = (struct ical){0};
    if (n >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0)
        l.at += 3;
    while (code == 0 && line_next(&l, &line)) {
        if (line.full)
            code = err_set(e, ERR_LIMIT, MSG("line {1}: too long for a calendar"), "i", l.number);
        else if (prop_read(a, buf_text(&line), line.len, &p))
            code = property(&r, &p, e);
    }
    if (code == 0 && (!r.any || r.depth))
        code = err_set(e, ERR_INVALID, r.any ? MSG("this calendar is cut off") : MSG("this is no calendar"), "");
    if (code == 0)
        finish(&r);
    VEC_DONE(&r.events);
    buf_done(&line);
    return code;
}

void ical_fold(struct buf *out, const char *text)
{
    enum { LINE_OCTETS = 75 };
    size_t n = strlen(text), room = LINE_OCTETS;
    while (n > room) {
        size_t fit = utf8_fit(text, n, room);
        fit = fit ? fit : room;
        buf_add(out, text, fit);
        buf_str(out, "\r\n ");
        text += fit;
        n -= fit;
        room = LINE_OCTETS - 1;
    }
    buf_add(out, text, n);
    buf_str(out, "\r\n");
}
