/* SPDX-License-Identifier: GPL-3.0-or-later */
/* move.c: rows, and what is read of them; names. */
#include "base/calendar.h"
#include "base/mem.h"
#include "base/utf8.h"
#include "compat/move/move_priv.h"
#include <stdlib.h>

extern const struct mover mover_cachet, mover_staytus, mover_kuma, mover_cstate, mover_json;
const struct mover *const movers[] = {&mover_cachet, &mover_staytus, &mover_kuma, &mover_cstate, &mover_json, NULL};

const struct mover *mover_find(const char *name)
{
    for (int i = 0; movers[i]; i++)
        if (str_eq(movers[i]->name, name))
            return movers[i];
    return NULL;
}

struct move *move_new(const struct mover *as, const struct move_opts *o)
{
    struct move *m = NEW(struct move);
    *m = (struct move){.as = as, .opts = *o, .arena = arena_new(1 << 16)};
    return m;
}

struct move *move_free(struct move *m)
{
    if (!m)
        return NULL;
    for (int i = 0; i < MOVE_MAX_TABLES; i++)
        VEC_DONE(&m->rows[i]);
    VEC_DONE(&m->components);
    VEC_DONE(&m->texts);
    VEC_DONE(&m->news);
    VEC_DONE(&m->people);
    VEC_DONE(&m->notes);
    VEC_DONE(&m->series);
    map_done(&m->names);
    map_done(&m->known);
    arena_free(m->arena);
    return mem_free(m);
}

void move_note(struct move *m, const char *msgid, const char *types, ...)
{
    struct buf b = BUF_MAX(4000);
    va_list ap;
    if (m->notes.n >= MOVE_MAX_NOTES) {
        m->more_notes++;
        return;
    }
    va_start(ap, types);
    msg_vpack(&b, msgid, types, ap);
    va_end(ap);
    VEC_PUSH(&m->notes, arena_dup(m->arena, buf_text(&b)));
    buf_done(&b);
}

void move_build(struct move *m)
{
    m->as->build(m);
    if (m->full)
        move_note(m, MSG("there is more in it than is taken at once; the rest is left out"), "");
}

/* ---- rows ---- */

/* Exact, else the longest that it ends with behind a "_". */
int move_table(const struct mover *as, const char *name)
{
    size_t n = strlen(name), best_n = 0;
    int best = -1;
    for (int i = 0; as->tables && as->tables[i]; i++) {
        size_t k = strlen(as->tables[i]);
        if (str_eq(as->tables[i], name))
            return i;
        if (n > k + 1 && k > best_n && name[n - k - 1] == '_' && str_ends(name, as->tables[i])) {
            best = i;
            best_n = k;
        }
    }
    return best;
}

void move_row(struct move *m, int table, struct doc *row)
{
    m->full |= m->rows[table].n >= MOVE_MAX_ROWS || arena_size(m->arena) > MOVE_MAX_BYTES;
    if (!m->full)
        VEC_PUSH(&m->rows[table], row);
}

const char *move_text(const struct move *m, const struct doc *row, const char *column)
{
    const struct doc *d = doc_get(row, column);
    if (d && d->kind == DOC_TEXT)
        return d->text;
    if (d && d->kind == DOC_INT)
        return arena_printf(m->arena, "%lld", (long long)d->i);
    return NULL;
}

const char *move_line(struct move *m, const struct doc *row, const char *column)
{
    const char *text = move_text(m, row, column);
    return text ? move_clean(m, text, true, BULLETIN_MAX_TITLE) : "";
}

int64_t move_int(const struct doc *row, const char *column, int64_t otherwise)
{
    const struct doc *d = doc_get(row, column);
    int64_t v;
    if (d && d->kind == DOC_TEXT && str_i64(d->text, &v) == 0)
        return v;
    if (d && d->kind == DOC_BOOL)
        return d->b;
    return d && d->kind == DOC_INT ? d->i : otherwise;
}

bool move_flag(const struct doc *row, const char *column, bool otherwise)
{
    const struct doc *d = doc_get(row, column);
    if (!d || d->kind == DOC_NULL)
        return otherwise;
    if (d->kind == DOC_TEXT)
        return str_eq(d->text, "1") || str_eq(d->text, "\x01") || str_ieq(d->text, "t") || str_ieq(d->text, "true") || str_ieq(d->text, "yes");
    return d->kind == DOC_BOOL ? d->b : d->kind == DOC_INT ? d->i != 0 : otherwise;
}

struct doc *move_find(const struct move *m, int table, int64_t id)
{
    for (size_t i = 0; i < m->rows[table].n; i++)
        if (move_int(m->rows[table].at[i], "id", -1) == id)
            return m->rows[table].at[i];
    return NULL;
}

struct sorted {
    int64_t a, b;
    size_t place;
    struct doc *row;
};

static int by_columns(const void *x, const void *y)
{
    const struct sorted *p = x, *q = y;
    if (p->a != q->a)
        return p->a < q->a ? -1 : 1;
    if (p->b != q->b)
        return p->b < q->b ? -1 : 1;
    return (p->place > q->place) - (p->place < q->place);
}

void move_sort(struct move *m, int table, const char *a, const char *b)
{
    size_t n = m->rows[table].n;
    struct sorted *s = mem_alloc(sizeof *s * (n + 1));
    for (size_t i = 0; i < n; i++) {
        struct doc *row = m->rows[table].at[i];
        s[i] = (struct sorted){move_int(row, a, INT64_MAX), b ? move_int(row, b, 0) : 0, i, row};
    }
    qsort(s, n, sizeof *s, by_columns);
    for (size_t i = 0; i < n; i++)
        m->rows[table].at[i] = s[i].row;
    mem_free(s);
}

size_t move_first(const struct move *m, int table, const char *column, int64_t id)
{
    size_t lo = 0, hi = m->rows[table].n;
    while (lo < hi) {
        size_t mid = lo + (hi - lo) / 2;
        if (move_int(m->rows[table].at[mid], column, INT64_MAX) < id)
            lo = mid + 1;
        else
            hi = mid;
    }
    return lo;
}

/* ---- times ---- */

static bool digits(const char **p, int n, int *ret)
{
    *ret = 0;
    for (int i = 0; i < n; i++, (*p)++) {
        if (**p < '0' || **p > '9')
            return false;
        *ret = *ret * 10 + (**p - '0');
    }
    return true;
}

static bool sign(const char **p, char c)
{
    return **p == c ? ((*p)++, true) : false;
}

static bool read_date(const char **p, struct civil *c)
{
    return digits(p, 4, &c->year) && sign(p, '-') && digits(p, 2, &c->month) && sign(p, '-') && digits(p, 2, &c->day) && c->year >= 1970 && c->month >= 1 &&
           c->month <= 12 && c->day >= 1 && c->day <= cal_days_in_month(c->year, c->month);
}

static bool read_clock(const char **p, struct civil *c)
{
    if (!digits(p, 2, &c->hour) || !sign(p, ':') || !digits(p, 2, &c->minute))
        return false;
    if (sign(p, ':') && !digits(p, 2, &c->second))
        return false;
    if (sign(p, '.')) {
        int scale = 100;
        for (; **p >= '0' && **p <= '9'; (*p)++, scale /= 10)
            c->ms += (**p - '0') * scale;
    }
    return c->hour < 24 && c->minute < 60 && c->second <= 60;
}

/* "Z", "+02", "+0200", "+02:00", " +0000 UTC"; nothing: it does not say. */
static bool read_zone(const char **p, bool *ret_said, int *ret_offset_s)
{
    int h, m = 0, minus;
    *p += strspn(*p, " ");
    *ret_said = **p != 0;
    if (!**p || sign(p, 'Z') || str_starts(*p, "UTC"))
        return true;
    minus = **p == '-';
    if (!sign(p, '-') && !sign(p, '+'))
        return false;
    if (!digits(p, 2, &h))
        return false;
    if ((sign(p, ':') || (**p >= '0' && **p <= '9')) && !digits(p, 2, &m))
        return false;
    *ret_offset_s = (h * 3600 + m * 60) * (minus ? -1 : 1);
    return h < 24 && m < 60;
}

bool move_when(const char *text, const struct zone *z, int64_t *ret_ms)
{
    struct civil c = {0};
    const char *p = text + strspn(text, " ");
    bool said = false;
    if (!read_date(&p, &c))
        return false;
    if ((*p == 'T' || *p == ' ' || *p == 't') && p[1] >= '0' && p[1] <= '9') {
        p++;
        if (!read_clock(&p, &c))
            return false;
    }
    if (!read_zone(&p, &said, &c.offset_s))
        return false;
    int64_t ms = time_wall(&c);
    for (int i = 0; !said && z && i < 2; i++) { /* the second look counts around a change of the clocks */
        c.offset_s = zone_offset(z, cal_floor_div(ms, 1000), NULL);
        ms = time_wall(&c);
    }
    *ret_ms = ms;
    return ms > 0;
}

int64_t move_time(const struct move *m, const struct doc *row, const char *column)
{
    const struct doc *d = doc_get(row, column);
    int64_t ms;
    return d && d->kind == DOC_TEXT && move_when(d->text, m->opts.zone, &ms) ? ms : 0;
}

/* ---- texts ---- */

/* Windows-1252, 0x80 to 0x9f; the others are their own numbers. */
static const uint16_t high[32] = {0x20ac, 0xfffd, 0x201a, 0x0192, 0x201e, 0x2026, 0x2020, 0x2021, 0x02c6, 0x2030, 0x0160, 0x2039, 0x0152, 0xfffd, 0x017d, 0xfffd,
                                  0xfffd, 0x2018, 0x2019, 0x201c, 0x201d, 0x2022, 0x2013, 0x2014, 0x02dc, 0x2122, 0x0161, 0x203a, 0x0153, 0xfffd, 0x017e, 0x0178};

static void from_1252(struct buf *out, const char *text)
{
    for (const unsigned char *p = (const unsigned char *)text; *p; p++) {
        char c[4];
        buf_add(out, c, utf8_encode(*p >= 0x80 && *p < 0xa0 ? high[*p - 0x80] : *p, c));
    }
}

const char *move_clean(struct move *m, const char *text, bool one_line, size_t most)
{
    struct buf wide = BUF_MAX(4 * strlen(text) + 1), b = BUF_MAX(most + 1);
    if (!utf8_valid(text, strlen(text))) {
        from_1252(&wide, text);
        text = buf_text(&wide);
    }
    struct str s = str_trim(str_of(text));
    utf8_clean(&b, s.p, s.n, one_line ? UTF8_ONE_LINE : UTF8_KEEP_NEWLINES, most);
    const char *ret = arena_dup(m->arena, buf_text(&b));
    buf_done(&wide);
    buf_done(&b);
    return ret;
}

/* ---- names ---- */

/* Latin letters with marks, U+00C0 to U+017F, as plain ones. */
static const char plain_letters[] =
    "AAAAAAACEEEEIIIIDNOOOOO.OUUUUYTsaaaaaaaceeeeiiiidnooooo.ouuuuyty"
    "AaAaAaCcCcCcCcDdDdEeEeEeEeEeGgGgGgGgHhHhIiIiIiIiIiJjJjKkkLlLlLlLlLlNnNnNnnNnOoOoOoOoRrRrRrSsSsSsSsTtTtTtUuUuUuUuUuUuWwYyYZzZzZzs";

static char plain_of(uint32_t c)
{
    if (c >= 0xc0 && c < 0xc0 + sizeof plain_letters - 1)
        c = (unsigned char)plain_letters[c - 0xc0];
    if (c >= 'A' && c <= 'Z')
        return (char)(c + 32);
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ? (char)c : '-';
}

void move_slug(const char *text, char out[MOVE_NAME_BYTES])
{
    size_t n = 0, left = strlen(text), k;
    uint32_t c;
    for (; left && n + 8 < MOVE_NAME_BYTES; text += k, left -= k) {
        k = utf8_decode(text, left, &c);
        char plain = k ? plain_of(c) : '-';
        k = k ? k : 1;
        if (plain != '-' || (n && out[n - 1] != '-'))
            out[n++] = plain;
    }
    while (n && out[n - 1] == '-')
        n--;
    out[n] = 0;
}

static const char *own_name(struct move *m, const char *text, const char *otherwise)
{
    char slug[MOVE_NAME_BYTES];
    move_slug(text, slug);
    const char *base = arena_dup(m->arena, slug[0] ? slug : otherwise), *name = base;
    for (int i = 2; map_find(&m->names, name); i++)
        name = arena_printf(m->arena, "%s-%d", base, i);
    map_set(&m->names, name, m);
    return name;
}

static const char *small(struct move *m, const char *text)
{
    char *copy = arena_dup(m->arena, text);
    for (char *p = copy; *p; p++)
        *p = *p >= 'A' && *p <= 'Z' ? (char)(*p + 32) : *p;
    return copy;
}

void move_known(struct move *m, const char *name, const char *title)
{
    const char *own = arena_dup(m->arena, name);
    map_set(&m->known, small(m, title ? title : name), (void *)own);
}

struct move_component *move_component(struct move *m, const char *title)
{
    struct move_component *c = ARENA_NEW(m->arena, struct move_component);
    const char *known = map_find(&m->known, small(m, title));
    const char *name = known && !map_find(&m->names, known) ? known : own_name(m, title, "component");
    *c = (struct move_component){.name = name, .title = title[0] ? title : name, .known = map_find(&m->known, name) != NULL};
    map_set(&m->names, c->name, m);
    if (m->components.n < MOVE_MAX_THINGS)
        VEC_PUSH(&m->components, c);
    else
        m->full = true;
    return c;
}

void move_text_add(struct move *m, const char *name, const char *title, const char *text)
{
    struct move_text *t = ARENA_NEW(m->arena, struct move_text);
    char slug[MOVE_NAME_BYTES];
    move_slug(name, slug);
    *t = (struct move_text){.name = arena_dup(m->arena, slug[0] ? slug : "text"), .title = title, .text = text};
    for (size_t i = 0; i < m->texts.n; i++)
        if (str_eq(m->texts.at[i]->name, t->name))
            t->name = arena_printf(m->arena, "%s-%zu", slug[0] ? slug : "text", m->texts.n + 1);
    t->known = map_find(&m->known, arena_printf(m->arena, "text:%s", t->name)) != NULL;
    if (m->texts.n < MOVE_MAX_THINGS)
        VEC_PUSH(&m->texts, t);
}
