/* SPDX-License-Identifier: GPL-3.0-or-later */
/* dsn.c: reports of delivery, by their lines. Only what stands in the delivery-status part counts as a report; only what comes after it as the
 * mail that was sent back. */
#include "wire/dsn.h"
#include "base/str.h"
#include <ctype.h>
#include <string.h>
#include <strings.h>

enum place { BEFORE, AT_REPORT_HEAD, IN_REPORT, AFTER };

static bool is_header(struct str line, const char *name, struct str *ret)
{
    size_t n = strlen(name);
    if (line.n <= n || strncasecmp(line.p, name, n) != 0 || line.p[n] != ':')
        return false;
    *ret = str_trim((struct str){line.p + n + 1, line.n - n - 1});
    return true;
}

static void small(char *text)
{
    for (; *text; text++)
        *text = (char)tolower((unsigned char)*text);
}

/* "rfc822; reader@example.org" */
static void take_recipient(struct dsn *d, struct str v)
{
    const char *semi = memchr(v.p, ';', v.n);
    if (semi)
        v = str_trim((struct str){semi + 1, (size_t)(v.p + v.n - semi - 1)});
    if (v.n > 1 && v.p[0] == '<' && v.p[v.n - 1] == '>')
        v = (struct str){v.p + 1, v.n - 2};
    str_copyn(d->recipient, sizeof d->recipient, v.p, v.n);
}

static size_t word_length(struct str v)
{
    size_t n = 0;
    while (n < v.n && v.p[n] != ' ' && v.p[n] != '\t' && v.p[n] != '(')
        n++;
    return n;
}

static void take_field(struct dsn *d, struct str line)
{
    struct str v;
    if (is_header(line, "Final-Recipient", &v))
        take_recipient(d, v);
    else if (is_header(line, "Action", &v))
        str_copyn(d->action, sizeof d->action, v.p, v.n);
    else if (is_header(line, "Status", &v))
        str_copyn(d->status, sizeof d->status, v.p, word_length(v));
}

/* A group of fields is over: a failure is kept, something else only until one comes. */
static void group_end(struct dsn *best, struct dsn *now)
{
    small(now->action);
    if (now->recipient[0] && (!best->recipient[0] || (!str_eq(best->action, "failed") && str_eq(now->action, "failed"))))
        *best = *now;
    *now = (struct dsn){0};
}

static void take_link(struct dsn *d, struct str v)
{
    const char *open = memchr(v.p, '<', v.n), *close = open ? memchr(open, '>', (size_t)(v.p + v.n - open)) : NULL;
    if (close && !d->unsubscribe[0])
        str_copyn(d->unsubscribe, sizeof d->unsubscribe, open + 1, (size_t)(close - open - 1));
}

bool dsn_read(const char *text, size_t n, struct dsn *ret)
{
    struct dsn best = {0}, now = {0};
    enum place at = BEFORE;
    const char *end = text + n;
    struct str v, back = {0};
    while (text < end) {
        const char *nl = memchr(text, '\n', (size_t)(end - text));
        struct str line = {text, (size_t)((nl ? nl : end) - text)};
        line.n -= line.n && line.p[line.n - 1] == '\r';
        text = nl ? nl + 1 : end;
        if (at == BEFORE && is_header(line, "Content-Type", &v) && v.n >= 23 && strncasecmp(v.p, "message/delivery-status", 23) == 0)
            at = AT_REPORT_HEAD;
        else if (at == AT_REPORT_HEAD && !line.n)
            at = IN_REPORT;
        else if (at == IN_REPORT && line.n > 2 && line.p[0] == '-' && line.p[1] == '-')
            at = AFTER;
        else if (at == IN_REPORT && !line.n)
            group_end(&best, &now);
        else if (at == IN_REPORT)
            take_field(&now, line);
        else if (at == AFTER && is_header(line, "List-Unsubscribe", &v) && !back.p)
            back = v;
    }
    group_end(&best, &now);
    if (back.p)
        take_link(&best, (struct str){back.p, (size_t)(end - back.p) < 1000 ? (size_t)(end - back.p) : 1000}); /* it may be folded */
    *ret = best;
    return at >= IN_REPORT && best.recipient[0];
}
