/* SPDX-License-Identifier: GPL-3.0-or-later */
/* msg.c: packing and rendering of messages.
 *
 * A packed message is "\x01" id { "\x1f" type value }.  A nested one (type m) would bring
 * separators of its own, so in its value the bytes 01, 1f and 1a are written as 1a and a letter;
 * each level of nesting adds one byte to each.  Rendering trusts nothing: packed texts come back
 * from disk, from other nodes and cut at the end of a fixed field. */
#include "base/msg.h"
#include "base/mem.h"
#include "base/panic.h"
#include "base/str.h"
#include "base/timetext.h"
#include "base/utf8.h"

#include <math.h>
#include <string.h>

#define NBSP "\u00a0"

enum {
    BEGIN = 0x01,
    SEP = 0x1f,
    ESC = 0x1a,
    ARGS_MAX = 9,
    DEPTH_MAX = 8,   /* messages within messages */
    NESTED_MAX = 64, /* in one message, or a short text could repeat itself a million times */
    RENDER_BYTES_MAX = 1 << 20 /* of one message, whatever its pieces multiply to */
};

const char *const msg_langs[] = {"en", "fr", NULL};

static const struct msg_table *const tables[] = {&msg_table_fr};

/* ---- languages ---- */

/* Is one element of Accept-Language ("fr-CA;q=0.8") of this language and wanted at all? */
static bool accepts(struct str element, const char *lang)
{
    struct str part;
    size_t n = strlen(lang);

    element = str_trim(element);
    if (!str_next(&element, ";", &part))
        return false;
    part = str_trim(part);
    if (part.n < n || (part.n > n && part.p[n] != '-' && part.p[n] != '_'))
        return false;
    for (size_t i = 0; i < n; i++)
        if ((part.p[i] | 0x20) != lang[i])
            return false;
    while (str_next(&element, ";", &part)) {
        part = str_trim(part);
        if (part.n >= 3 && memcmp(part.p, "q=0", 3) == 0 && strspn(part.p + 3, ".0") >= part.n - 3)
            return false;
    }
    return true;
}

/* The first element we know wins: browsers list them in the order of preference. */
const char *msg_lang(const char *accept)
{
    struct str rest = str_of(accept), element;

    while (str_next(&rest, ",", &element))
        for (size_t i = 0; msg_langs[i]; i++)
            if (accepts(element, msg_langs[i]))
                return msg_langs[i];
    return msg_langs[0];
}

static const struct msg_table *table_of(const char *lang)
{
    for (size_t i = 0; lang && i < COUNT(tables); i++)
        if (strcmp(tables[i]->lang, lang) == 0)
            return tables[i];
    return NULL;
}

/* The text of an id of n bytes in a table, or NULL. */
static const char *translate(const struct msg_table *t, const char *id, size_t n)
{
    size_t low = 0, high = t ? t->n : 0;

    while (low < high) {
        size_t mid = (low + high) / 2;
        int order = strncmp(t->pairs[mid].id, id, n);

        if (order == 0 && t->pairs[mid].id[n] == '\0')
            return t->pairs[mid].text;
        if (order < 0)
            low = mid + 1;
        else
            high = mid;
    }
    return NULL;
}

const char *msg_tr(const char *lang, const char *msgid)
{
    const char *text = translate(table_of(lang), msgid, strlen(msgid));

    return text ? text : msgid;
}

/* ---- packing ---- */

static void pack_int(struct buf *out, int64_t v)
{
    char text[24], *p = text + sizeof(text);
    uint64_t u = v < 0 ? -(uint64_t)v : (uint64_t)v;

    do
        *--p = (char)('0' + u % 10);
    while (u /= 10);
    if (v < 0)
        *--p = '-';
    buf_add(out, p, (size_t)(text + sizeof(text) - p));
}

/* Two decimals at most; by hand, as printf is the slowest part of a result otherwise. */
static void pack_real(struct buf *out, double v)
{
    char tail[3] = ".";
    int64_t hundredths;

    if (!isfinite(v) || fabs(v) >= 1e13) {
        buf_printf(out, "%g", v);
        return;
    }
    hundredths = llround(fabs(v) * 100);
    if (v < 0 && hundredths)
        buf_char(out, '-');
    pack_int(out, hundredths / 100);
    tail[1] = (char)('0' + hundredths / 10 % 10);
    tail[2] = (char)('0' + hundredths % 10);
    if (hundredths % 100)
        buf_add(out, tail, tail[2] == '0' ? 2 : 3);
}

static inline bool is_special(char c)
{
    return c == BEGIN || c == SEP || c == ESC;
}

/* Length of the beginning that has no special byte. */
static inline size_t plain_length(const char *p)
{
    size_t n = 0;

    while (p[n] && !is_special(p[n]))
        n++;
    return n;
}

/* Text as it is, without the bytes that mean something here. */
static void pack_text(struct buf *out, const char *p)
{
    while (p && *p) {
        size_t n = plain_length(p);

        buf_add(out, p, n);
        p += n + (p[n] != '\0');
    }
}

static void pack_nested(struct buf *out, const char *p)
{
    while (p && *p) {
        size_t n = plain_length(p);

        buf_add(out, p, n);
        p += n;
        if (*p) {
            buf_char(out, ESC);
            buf_char(out, *p == BEGIN ? 'B' : *p == SEP ? 'S' : 'E');
            p++;
        }
    }
}

void msg_vpack(struct buf *out, const char *msgid, const char *types, va_list ap)
{
    buf_char(out, BEGIN);
    buf_str(out, msgid);
    for (const char *t = types; t && *t; t++) {
        char head[2] = {SEP, *t};

        ASSERT(t - types < ARGS_MAX);
        buf_add(out, head, 2);
        if (*t == 's')
            pack_text(out, va_arg(ap, const char *));
        else if (*t == 'm')
            pack_nested(out, va_arg(ap, const char *));
        else if (*t == 'f')
            pack_real(out, va_arg(ap, double));
        else if (strchr("idlbt", *t))
            pack_int(out, va_arg(ap, int64_t));
        else
            PANIC("unknown type of message argument");
    }
}

void msg_pack(struct buf *out, const char *msgid, const char *types, ...)
{
    va_list ap;

    va_start(ap, types);
    msg_vpack(out, msgid, types, ap);
    va_end(ap);
}

/* ---- rendering ---- */

struct arg {
    char type;
    struct str value;
};

struct render {
    struct buf *out;
    const char *lang;
    const struct msg_table *table;
    const struct zone *zone;
    int depth;
    int *nested_left; /* of NESTED_MAX, for the whole message */
};

static void render_text(struct render *r, struct str text);

static void put(struct render *r, const char *p, size_t n)
{
    utf8_clean(r->out, p, n, UTF8_KEEP_NEWLINES, n * 3);
}

/* A packed number; 0 when it is none (damaged). */
static int64_t int_of(struct str value)
{
    char text[24];
    int64_t v = 0;

    if (value.n < sizeof(text) && str_copyn(text, sizeof(text), value.p, value.n))
        str_i64(text, &v);
    return v;
}

static void put_real(struct render *r, struct str value)
{
    bool comma = r->table == &msg_table_fr;

    for (size_t i = 0; i < value.n; i++) {
        if (value.p[i] == '.' && comma)
            buf_char(r->out, ',');
        else
            put(r, value.p + i, 1);
    }
}

/* "118 GB": two digits at least, thousands of thousands as disk makers count. */
static void put_bytes(struct render *r, int64_t v)
{
    static const char *const prefixes[] = {"", "k", "M", "G", "T", "P", "E"};
    bool fr = r->table == &msg_table_fr;
    double x = fabs((double)v);
    size_t p = 0;
    int tenths;

    for (; x >= 999.5 && p + 1 < COUNT(prefixes); p++)
        x /= 1000;
    if (v < 0)
        buf_char(r->out, '-');
    tenths = (int)(x * 10 + 0.5);
    if (p == 0 || tenths >= 100)
        buf_printf(r->out, "%.0f", x);
    else if (tenths % 10)
        buf_printf(r->out, "%d%c%d", tenths / 10, fr ? ',' : '.', tenths % 10);
    else
        buf_printf(r->out, "%d", tenths / 10);
    buf_printf(r->out, NBSP "%s%s", prefixes[p], fr ? "o" : "B");
}

/* Undoes pack_nested, then renders what comes out. */
static void put_nested(struct render *r, struct str value)
{
    struct buf b = BUF_MAX(value.n);
    struct render inner = *r;

    if (++inner.depth >= DEPTH_MAX || --*r->nested_left < 0)
        return;
    for (size_t i = 0; i < value.n; i++) {
        char c = value.p[i];

        if (c == ESC) {
            if (++i == value.n)
                break; /* cut in the middle */
            c = value.p[i] == 'B' ? BEGIN : value.p[i] == 'S' ? SEP : ESC;
        }
        buf_char(&b, c);
    }
    render_text(&inner, (struct str){buf_text(&b), b.len});
    buf_done(&b);
}

static void put_arg(struct render *r, const struct arg *a)
{
    switch (a->type) {
    case 'i':
        buf_printf(r->out, "%lld", (long long)int_of(a->value));
        break;
    case 'f':
        put_real(r, a->value);
        break;
    case 'd':
        time_duration(r->out, int_of(a->value), r->lang);
        break;
    case 'l':
        time_latency(r->out, int_of(a->value), r->lang);
        break;
    case 'b':
        put_bytes(r, int_of(a->value));
        break;
    case 't':
        time_clock(r->out, int_of(a->value), r->zone, r->lang);
        break;
    case 'm':
        put_nested(r, a->value);
        break;
    default:
        put(r, a->value.p, a->value.n);
    }
}

/* Form 0 or 1.  English has one singular, 1; French says "0 hôte", "1,5 hôte". */
static int plural_form(const struct render *r, const struct arg *a)
{
    char text[32];
    double v = 0;

    str_copyn(text, sizeof(text), a->value.p, a->value.n);
    if (str_f64(text, &v) < 0)
        return 1;
    v = fabs(v);
    return r->table == &msg_table_fr ? v >= 2 : v != 1;
}

/* The forms between the braces, "host|hosts": the wanted one, or the last there is. */
static struct str pick_form(struct str forms, int wanted)
{
    struct str form = {forms.p, 0};
    const char *bar;

    for (int i = 0; i <= wanted; i++) {
        bar = forms.n ? memchr(forms.p, '|', forms.n) : NULL;
        if (bar == NULL)
            return forms;
        form = (struct str){forms.p, (size_t)(bar - forms.p)};
        forms = (struct str){bar + 1, forms.n - form.n - 1};
    }
    return form;
}

/* What stands at '{': renders it and returns how many bytes it took. */
static size_t put_brace(struct render *r, struct str s, const struct arg *args, size_t n_args)
{
    const char *close;
    size_t which, len;
    struct str form;

    if (s.n >= 2 && s.p[1] == '{')
        return put(r, "{", 1), 2;
    close = memchr(s.p, '}', s.n);
    if (close == NULL || s.p[1] < '1' || s.p[1] > '9' || (s.p[2] != '}' && s.p[2] != '|'))
        return put(r, "{", 1), 1; /* no placeholder after all */
    which = (size_t)(s.p[1] - '1');
    len = (size_t)(close - s.p);
    if (which >= n_args) {
        put(r, "…", 3); /* it was cut off */
    } else if (len == 2) {
        put_arg(r, &args[which]);
    } else {
        form = pick_form((struct str){s.p + 3, len - 3}, plural_form(r, &args[which]));
        put(r, form.p, form.n);
    }
    return len + 1;
}

static void put_template(struct render *r, struct str s, const struct arg *args, size_t n_args)
{
    while (s.n && !r->out->full) {
        const char *brace = memchr(s.p, '{', s.n);
        size_t n = brace ? (size_t)(brace - s.p) : s.n;

        put(r, s.p, n);
        s = (struct str){s.p + n, s.n - n};
        if (s.n == 0)
            break;
        n = put_brace(r, s, args, n_args);
        s = (struct str){s.p + n, s.n - n};
    }
}

/* Packed or plain text of known length. */
static void render_text(struct render *r, struct str text)
{
    struct arg args[ARGS_MAX];
    size_t n = 0;
    struct str id, part;
    const char *translated;

    if (text.n == 0 || text.p[0] != BEGIN) {
        put(r, text.p, text.n);
        return;
    }
    text = (struct str){text.p + 1, text.n - 1};
    if (!str_next(&text, "\x1f", &id))
        return;
    while (n < ARGS_MAX && str_next(&text, "\x1f", &part))
        if (part.n)
            args[n++] = (struct arg){part.p[0], {part.p + 1, part.n - 1}};
    translated = translate(r->table, id.p, id.n);
    put_template(r, translated ? str_of(translated) : id, args, n);
}

void msg_render_zone(struct buf *out, const char *packed, const char *lang, const struct zone *z)
{
    int nested_left = NESTED_MAX;
    struct render r = {out, lang, table_of(lang), z, 0, &nested_left};
    size_t max = out->max, start = out->len;

    if (packed == NULL)
        return;
    if (max - out->len > RENDER_BYTES_MAX)
        out->max = out->len + RENDER_BYTES_MAX;
    render_text(&r, str_of(packed));
    out->max = max;
    if (out->full && out->len > start) /* the ceiling may have cut a no-break space */
        buf_cut(out, start + utf8_fit(out->data + start, out->len - start, out->len - start));
}

void msg_render(struct buf *out, const char *packed, const char *lang)
{
    msg_render_zone(out, packed, lang, NULL);
}

void msg_print(struct buf *out, const char *lang, const char *msgid, const char *types, ...)
{
    struct buf packed = BUF_MAX(RENDER_BYTES_MAX);
    va_list ap;

    va_start(ap, types);
    msg_vpack(&packed, msgid, types, ap);
    va_end(ap);
    msg_render(out, buf_text(&packed), lang);
    buf_done(&packed);
}
