/* SPDX-License-Identifier: GPL-3.0-or-later */
/* whois.c: reads lines of "key: value" (and the few other shapes) of whois answers. Tables of words; the first that fits
 * counts, and text that is no such line is passed over. */
#include "wire/whois.h"
#include "base/err.h"
#include "base/mem.h"
#include "base/str.h"
#include "base/timetext.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

static const char *const end_keys[] = {
    "registry expiry date", "registrar registration expiration date", "expiry date", "expiration date", "expiration time",
    "expires", "expire", "expires on", "expiry", "expire-date", "expire date", "paid-till", "paid till", "renewal date",
    "valid until", "validity", "domain expiration date", "record expires on", "expiration", "registered until",
    "renewal", "data de expiração", "domain_datebilleduntil", "exp date", "expdate",
};
static const char *const refer_keys[] = {"refer", "whois server", "registrar whois server", "whois"};
static const char *const registrar_keys[] = {"registrar", "registrar name", "sponsoring registrar"};
static const char *const status_keys[] = {"domain status", "status", "eppstatus", "state"};
/* Beginnings of what is said of a domain that there is not. */
static const char *const missing_words[] = {
    "no match", "not found", "no entries found", "no data found", "domain not found", "no object found", "not registered",
    "the queried object does not exist", "this domain name has not been registered", "status: free", "status: available",
    "nothing found", "domain status: no object found", "no information available", "%% not found", "%% no entries found",
    "no matching record",
};
static const char *const refused_words[] = {
    "query rate limit exceeded", "limit exceeded", "too many", "whois limit", "quota exceeded", "you have exceeded",
    "access denied", "excessive querying", "connection limit",
};

/* ---- dates ---- */

static const char months[] = "jan feb mar apr may jun jul aug sep oct nov dec ";

/* 1..12 for the English name of a month, or its first three letters; 0. */
static int month_of(struct str w)
{
    char three[4];

    if (w.n < 3 || !isalpha((unsigned char)w.p[0]))
        return 0;
    for (int i = 0; i < 3; i++)
        three[i] = (char)tolower((unsigned char)w.p[i]);
    three[3] = '\0';
    const char *at = strstr(months, three);

    return at && (at - months) % 4 == 0 ? (int)((at - months) / 4) + 1 : 0;
}

struct part {
    int value, digits; /* of a number */
    int month;         /* of a word */
};

/* Numbers and names of months at the beginning; stops at a time of day. Returns how many. */
static int parts_of(const char *p, size_t n, struct part out[4], size_t *ret_used)
{
    size_t i = 0;
    int k = 0;

    while (i < n && k < 4) {
        size_t from = i;

        if (isdigit((unsigned char)p[i])) {
            int v = 0;

            while (i < n && isdigit((unsigned char)p[i]) && i - from < 8)
                v = v * 10 + (p[i++] - '0');
            if (i < n && p[i] == ':' && i - from <= 2) { /* hours: the date is over */
                i = from;
                break;
            }
            out[k++] = (struct part){v, (int)(i - from), 0};
            if (out[k - 1].digits == 8 && k == 1)
                break;
        } else if (isalpha((unsigned char)p[i])) {
            while (i < n && isalpha((unsigned char)p[i]))
                i++;
            int m = month_of((struct str){p + from, i - from});

            if (m)
                out[k++] = (struct part){0, 0, m};
            else if (i - from == 1 && (p[from] == 'T' || p[from] == 't') && k == 3) {
                break;
            }
        } else {
            i++;
        }
        if (k == 3)
            break;
    }
    *ret_used = i;
    return k;
}

static bool order(const struct part *p, int n, struct civil *c)
{
    if (n >= 1 && p[0].digits == 8) {
        *c = (struct civil){.year = p[0].value / 10000, .month = p[0].value / 100 % 100, .day = p[0].value % 100};
        return true;
    }
    if (n < 3)
        return false;
    if (p[0].digits == 4) /* 2027-01-31, 2027 Jan 31 */
        *c = (struct civil){.year = p[0].value, .month = p[1].month ? p[1].month : p[1].value, .day = p[2].value};
    else if (p[0].month) /* January 31 2027 */
        *c = (struct civil){.year = p[2].value, .month = p[0].month, .day = p[1].value};
    else /* 31.1.2027, 31-Jan-2027; day first, as everybody but one country writes */
        *c = (struct civil){.year = p[2].value, .month = p[1].month ? p[1].month : p[1].value, .day = p[0].value};
    return p[0].digits == 4 || p[2].digits == 4;
}

/* Two digits; -1. */
static int two(const char *p, size_t n, size_t at)
{
    if (at + 2 > n || !isdigit((unsigned char)p[at]) || !isdigit((unsigned char)p[at + 1]))
        return -1;
    return (p[at] - '0') * 10 + (p[at + 1] - '0');
}

/* "10:00[:00][.000][Z|+01[:00]]" */
static void time_of_day(const char *p, size_t n, struct civil *c)
{
    size_t at = 0;

    while (at < n && !isdigit((unsigned char)p[at]))
        at++;
    int h = two(p, n, at), m = at + 2 < n && p[at + 2] == ':' ? two(p, n, at + 3) : -1;

    if (h < 0 || h > 23 || m < 0 || m > 59)
        return;
    c->hour = h;
    c->minute = m;
    at += 5;
    int s = at < n && p[at] == ':' ? two(p, n, at + 1) : -1;

    if (s >= 0 && s < 60) {
        c->second = s;
        at += 3;
    }
    while (at < n && (p[at] == '.' || isdigit((unsigned char)p[at])))
        at++;
    if (at < n && (p[at] == '+' || p[at] == '-')) {
        int zh = two(p, n, at + 1), zm = two(p, n, at + (at + 3 < n && p[at + 3] == ':' ? 4 : 3));

        if (zh >= 0 && zh < 15)
            c->offset_s = (p[at] == '-' ? -1 : 1) * (zh * 3600 + (zm > 0 && zm < 60 ? zm * 60 : 0));
    }
}

int whois_date(const char *text, size_t n, int64_t *ret_ms)
{
    struct part p[4] = {0};
    struct civil c = {0};
    size_t used;
    int k = parts_of(text, n, p, &used);

    if (!order(p, k, &c) || c.year < 1980 || c.year > 2200 || c.month < 1 || c.month > 12 || c.day < 1 || c.day > 31)
        return ERR_INVALID;
    time_of_day(text + used, n - used, &c);
    *ret_ms = time_wall(&c);
    return 0;
}

/* ---- lines ---- */

static bool is_key(struct str key, const char *const *words, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (strlen(words[i]) == key.n && strncasecmp(words[i], key.p, key.n) == 0)
            return true;
    return false;
}

static bool begins(struct str line, const char *const *words, size_t n)
{
    while (line.n > 0 && strchr("%#>*- ", line.p[0])) {
        line.p++;
        line.n--;
    }
    for (size_t i = 0; i < n; i++)
        if (line.n >= strlen(words[i]) && strncasecmp(words[i], line.p, strlen(words[i])) == 0)
            return true;
    return false;
}

/* "expires............: 31.1.2027", "[Expires on]  2027/01/31", "   Expiry Date: …" → key and value. */
static bool split(struct str line, struct str *key, struct str *value)
{
    const char *end;

    line = str_trim(line);
    if (line.n > 2 && line.p[0] == '[' && (end = memchr(line.p, ']', line.n)) != NULL) {
        *key = (struct str){line.p + 1, (size_t)(end - line.p - 1)};
        *value = str_trim((struct str){end + 1, line.n - (size_t)(end + 1 - line.p)});
        return true;
    }
    end = memchr(line.p, ':', line.n);
    if (end == NULL)
        return false;
    *key = (struct str){line.p, (size_t)(end - line.p)};
    while (key->n > 0 && strchr(". \t", key->p[key->n - 1]))
        key->n--;
    *value = str_trim((struct str){end + 1, line.n - (size_t)(end + 1 - line.p)});
    return key->n > 0;
}

static void set(char *at, size_t n, struct str value)
{
    if (at[0] == '\0' && value.n > 0)
        str_copyn(at, n, value.p, value.n);
}

/* "whois://whois.example.net/" and "whois.example.net:43" are names, too. */
static void set_refer(struct whois *w, struct str value)
{
    if (value.n > 8 && strncasecmp(value.p, "whois://", 8) == 0)
        value = (struct str){value.p + 8, value.n - 8};
    size_t n = 0;

    while (n < value.n && (isalnum((unsigned char)value.p[n]) || strchr("-._", value.p[n])))
        n++;
    if (memchr(value.p, '.', n) != NULL)
        set(w->refer, sizeof(w->refer), (struct str){value.p, n});
}

static void add_status(struct whois *w, struct str value)
{
    size_t at = strlen(w->status), n = 0;

    while (n < value.n && !isspace((unsigned char)value.p[n]))
        n++;
    if (n == 0 || at + n + 2 > sizeof(w->status))
        return;
    if (at)
        w->status[at++] = ' ';
    str_copyn(w->status + at, sizeof(w->status) - at, value.p, n);
}

static void take(struct whois *w, struct str key, struct str value, struct str next)
{
    if (is_key(key, end_keys, COUNT(end_keys)) && w->ends_ms == 0) {
        if (value.n == 0)
            value = str_trim(next); /* below its heading */
        if (whois_date(value.p, value.n, &w->ends_ms) == 0)
            set(w->ends, sizeof(w->ends), value);
    } else if (is_key(key, refer_keys, COUNT(refer_keys))) {
        set_refer(w, value);
    } else if (is_key(key, registrar_keys, COUNT(registrar_keys))) {
        set(w->registrar, sizeof(w->registrar), value);
    } else if (is_key(key, status_keys, COUNT(status_keys))) {
        add_status(w, value);
    }
}

void whois_read(const char *p, size_t n, struct whois *ret)
{
    struct whois w = {0};
    struct str rest = {p, n < WHOIS_MAX_BYTES ? n : WHOIS_MAX_BYTES}, line, key, value;

    for (int i = 0; i < WHOIS_MAX_LINES && str_next(&rest, "\r\n", &line); i++) {
        struct str ahead = rest, next = {"", 0};

        for (int skip = 0; skip < 4 && next.n == 0 && str_next(&ahead, "\r\n", &next); skip++)
            ;
        w.missing = w.missing || begins(line, missing_words, COUNT(missing_words));
        w.refused = w.refused || begins(line, refused_words, COUNT(refused_words));
        if (split(line, &key, &value))
            take(&w, key, value, next);
    }
    *ret = w;
}
