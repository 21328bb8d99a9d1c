/* SPDX-License-Identifier: GPL-3.0-or-later */
/* iftable.c: walks the columns of the interface tables, several rows a question. */
#include "checks/snmp/iftable.h"

#include <string.h>

enum {
    REPETITIONS = 3,    /* 18 columns: about 1,300 bytes, so that answers need no fragments */
    MAX_ROUNDS = 600,   /* an agent that hands out one column's rows at a time needs many; one that never ends gets no more */
    TEXT_BYTES = 100,
    NO_SUCH_NAME = 2, TOO_BIG = 1,
};
enum column { DESCR, TYPE, SPEED, ADMIN, OPER, IN32, IN_DISCARDS, IN_ERRORS, OUT32, OUT_DISCARDS, OUT_ERRORS, NAME, IN64, OUT64, HIGH_SPEED,
              ALIAS, DISCONTINUITY, DUPLEX };
static const char *const columns[IFTABLE_COLUMNS] = {
    [DESCR] = "1.3.6.1.2.1.2.2.1.2",          [TYPE] = "1.3.6.1.2.1.2.2.1.3",          [SPEED] = "1.3.6.1.2.1.2.2.1.5",
    [ADMIN] = "1.3.6.1.2.1.2.2.1.7",          [OPER] = "1.3.6.1.2.1.2.2.1.8",          [IN32] = "1.3.6.1.2.1.2.2.1.10",
    [IN_DISCARDS] = "1.3.6.1.2.1.2.2.1.13",   [IN_ERRORS] = "1.3.6.1.2.1.2.2.1.14",    [OUT32] = "1.3.6.1.2.1.2.2.1.16",
    [OUT_DISCARDS] = "1.3.6.1.2.1.2.2.1.19",  [OUT_ERRORS] = "1.3.6.1.2.1.2.2.1.20",   [NAME] = "1.3.6.1.2.1.31.1.1.1.1",
    [IN64] = "1.3.6.1.2.1.31.1.1.1.6",        [OUT64] = "1.3.6.1.2.1.31.1.1.1.10",     [HIGH_SPEED] = "1.3.6.1.2.1.31.1.1.1.15",
    [ALIAS] = "1.3.6.1.2.1.31.1.1.1.18",      [DISCONTINUITY] = "1.3.6.1.2.1.31.1.1.1.19", [DUPLEX] = "1.3.6.1.2.1.10.7.2.1.19",
};
static const unsigned char up_time_oid[] = {0x2b, 6, 1, 2, 1, 1, 3, 0};

const char *iftable_status(int64_t oper)
{
    static const char *const words[] = {"?", "up", "down", "testing", "unknown", "dormant", "notPresent", "lowerLayerDown"};

    return oper > 0 && oper < (int64_t)COUNT(words) ? words[oper] : words[0];
}

/* ---- rows ---- */

/* The one number behind a column; false: another kind of index. */
static bool index_of(struct str oid, struct str column, uint32_t *ret)
{
    uint64_t v = 0;

    for (size_t i = column.n; i < oid.n; i++) {
        v = v << 7 | ((unsigned char)oid.p[i] & 0x7f);
        if (v > UINT32_MAX || (!((unsigned char)oid.p[i] & 0x80) && i + 1 < oid.n))
            return false;
    }
    *ret = (uint32_t)v;
    return oid.n > column.n;
}

/* Rows stay in the order of their indices. NULL: there are too many. */
static struct if_row *row_of(struct iftable *t, uint32_t index)
{
    int low = 0, high = t->n;

    while (low < high) {
        int mid = (low + high) / 2;

        if (t->rows[mid].index < index)
            low = mid + 1;
        else
            high = mid;
    }
    if (low < t->n && t->rows[low].index == index)
        return &t->rows[low];
    if (t->n == IFTABLE_ROWS) {
        t->more = true;
        return NULL;
    }
    memmove(&t->rows[low + 1], &t->rows[low], (size_t)(t->n - low) * sizeof(*t->rows));
    t->n++;
    t->rows[low] = (struct if_row){.index = index, .name = "", .descr = "", .alias = ""};
    return &t->rows[low];
}

static const char *text_of(struct attempt *a, const struct snmp_bind *b)
{
    struct buf text = BUF_MAX(1000);
    const char *clean;

    snmp_text(b, &text);
    clean = attempt_quote(a, buf_text(&text), text.len, TEXT_BYTES);
    buf_done(&text);
    return clean;
}

static void count(struct if_row *r, int which, const struct snmp_bind *b, int bits)
{
    uint64_t v;
    int own;

    if (!snmp_counter(b, &v, &own) || r->bits[which] > bits) /* what has 64 bits is not replaced */
        return;
    r->count[which] = v;
    r->bits[which] = bits;
}

static void number(const struct snmp_bind *b, int64_t *ret)
{
    double v;

    if (snmp_number(b, &v) && v >= 0 && v < 1e9)
        *ret = (int64_t)v;
}

static void speed(struct if_row *r, const struct snmp_bind *b, double unit)
{
    double v;

    if (snmp_number(b, &v) && v > 0 && (unit > 1 || r->speed == 0))
        r->speed = v * unit;
}

static void cell(struct attempt *a, struct if_row *r, enum column c, const struct snmp_bind *b)
{
    static const signed char counters[IFTABLE_COLUMNS] = {
        [IN32] = IF_IN + 1, [OUT32] = IF_OUT + 1, [IN64] = IF_IN + 1, [OUT64] = IF_OUT + 1, [IN_ERRORS] = IF_IN_ERRORS + 1,
        [OUT_ERRORS] = IF_OUT_ERRORS + 1, [IN_DISCARDS] = IF_IN_DISCARDS + 1, [OUT_DISCARDS] = IF_OUT_DISCARDS + 1};

    if (counters[c])
        count(r, counters[c] - 1, b, c == IN64 || c == OUT64 ? 64 : 32);
    else if (c == DESCR)
        r->descr = text_of(a, b);
    else if (c == NAME)
        r->name = text_of(a, b);
    else if (c == ALIAS)
        r->alias = text_of(a, b);
    else if (c == SPEED)
        speed(r, b, 1);
    else if (c == HIGH_SPEED)
        speed(r, b, 1e6);
    else if (c == DISCONTINUITY)
        (void)snmp_number(b, &r->discontinuity);
    else
        number(b, c == TYPE ? &r->type : c == ADMIN ? &r->admin : c == OPER ? &r->oper : &r->duplex);
}

/* ---- the walk ---- */

static void walk_on(struct iftable *t);

static bool is_end(unsigned type)
{
    return type == SNMP_END_OF_VIEW || type == SNMP_NO_OBJECT || type == SNMP_NO_INSTANCE || type == BER_NULL;
}

/* One cell; false: the agent goes back, so the walk would never end. */
static bool take(struct iftable *t, int c, const struct snmp_bind *b)
{
    struct if_row *r;
    uint32_t index;

    if (t->over[c])
        return true;
    if (is_end(b->type) || !snmp_oid_below(b->oid, t->column[c]) || b->oid.n > SNMP_OID_BYTES) {
        t->over[c] = true;
        return true;
    }
    if (snmp_oid_order(b->oid, t->cursor[c]) <= 0)
        return false;
    t->cursor[c] = (struct str){arena_dupn(t->a->arena, b->oid.p, b->oid.n), b->oid.n};
    if (!index_of(b->oid, t->column[c], &index))
        return true;
    r = row_of(t, index);
    if (r)
        cell(t->a, r, (enum column)c, b);
    else
        t->over[c] = true; /* rows behind the last that has a place */
    return true;
}

static void fail(struct iftable *t, enum state s, const char *msgid, const char *what)
{
    attempt_say(t->a, s, msgid, "s", what);
    attempt_done(t->a);
}

/* An error of the agent's; true: it is dealt with, the walk goes on. */
static bool status_good(struct iftable *t, const struct snmp_pdu *pdu)
{
    if (pdu->status == NO_SUCH_NAME && pdu->index >= 1 && pdu->index <= t->n_asked) {
        t->over[t->asked[pdu->index - 1]] = true; /* version 1: behind the last object */
        return true;
    }
    if (pdu->status == TOO_BIG && t->repetitions > 1) {
        t->repetitions = 1;
        return true;
    }
    return false;
}

static void got(struct attempt *a, const struct snmp_pdu *pdu)
{
    struct iftable *t = iftable_of(a);

    if (pdu->status && !status_good(t, pdu)) {
        fail(t, STATE_UNKNOWN, MSG("the agent answers {1} for its interfaces"), snmp_status_name(pdu->status));
        return;
    }
    if (pdu->status == 0 && pdu->n == 0) {
        fail(t, STATE_CRITICAL, MSG("the agent answers with {1} when it is asked for its interfaces"), "0");
        return;
    }
    for (int i = 0; pdu->status == 0 && i < pdu->n; i++)
        if (!take(t, t->asked[i % t->n_asked], &pdu->at[i])) {
            fail(t, STATE_CRITICAL, MSG("the agent's table {1} goes round in circles"), "ifTable");
            return;
        }
    walk_on(t);
}

static void names_fill(struct iftable *t)
{
    for (int i = 0; i < t->n; i++) {
        struct if_row *r = &t->rows[i];

        if (r->name[0] == '\0')
            r->name = r->descr[0] ? r->descr : arena_printf(t->a->arena, "%u", (unsigned)r->index);
        for (int k = 0; k < i; k++)
            if (str_eq(t->rows[k].name, r->name)) {
                r->name = arena_printf(t->a->arena, "%s.%u", r->name, (unsigned)r->index);
                break;
            }
    }
}

static void walk_on(struct iftable *t)
{
    struct snmp_query q = {.type = t->v1 ? SNMP_GETNEXT : SNMP_GETBULK, .repetitions = t->repetitions, .oids = t->question};

    t->n_asked = 0;
    for (int c = 0; c < IFTABLE_COLUMNS; c++)
        if (!t->over[c]) {
            t->question[t->n_asked] = t->cursor[c];
            t->asked[t->n_asked++] = c;
        }
    if (t->n_asked == 0 || ++t->rounds > MAX_ROUNDS) {
        t->more = t->more || t->n_asked > 0;
        names_fill(t);
        t->done(t->a);
        return;
    }
    q.n = t->n_asked;
    snmp_ask_send(&t->ask, &q, got);
}

static void got_up_time(struct attempt *a, const struct snmp_pdu *pdu)
{
    struct iftable *t = iftable_of(a);

    if (pdu->n > 0)
        (void)snmp_number(&pdu->at[0], &t->up_time); /* an agent without has no restarts that we could see */
    walk_on(t);
}

void iftable_start(struct iftable *t, struct attempt *a, void (*done)(struct attempt *a))
{
    static const struct str up_time = {(const char *)up_time_oid, sizeof(up_time_oid)};
    struct snmp_query q = {.type = SNMP_GET, .n = 1, .oids = &up_time};
    unsigned char oid[SNMP_OID_BYTES];
    size_t n;

    t->a = a;
    t->done = done;
    t->v1 = t->ask.o->version == SNMP_WORD_1;
    t->repetitions = REPETITIONS;
    t->rows = ARENA_ARRAY(a->arena, struct if_row, IFTABLE_ROWS);
    for (int c = 0; c < IFTABLE_COLUMNS; c++) {
        (void)snmp_oid_parse(columns[c], oid, &n);
        t->column[c] = t->cursor[c] = (struct str){arena_dupn(a->arena, (const char *)oid, n), n};
    }
    snmp_ask_send(&t->ask, &q, got_up_time);
}
