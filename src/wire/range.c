/* SPDX-License-Identifier: GPL-3.0-or-later */
/* range.c: Nagios thresholds: [@][start:][end].  "10" is 0 to 10, "10:" has no end, "~:10" no
 * start; an alert lies outside the range, with "@" inside it.  Both ends belong to the range. */
#include "wire/plugin.h"

#include "base/err.h"
#include "base/str.h"
#include "wire/real.h"
#include <math.h>
#include <string.h>

enum { MAX_NUMBER_BYTES = 64 };

/* A plain decimal number; a leading + and a trailing dot are tolerated, as Icinga does. */
static int number(struct str s, double *ret)
{
    char text[MAX_NUMBER_BYTES + 1];

    s = str_trim(s);
    if (s.n > 0 && s.p[0] == '+')
        s = (struct str){s.p + 1, s.n - 1};
    if (s.n > 1 && s.p[s.n - 1] == '.')
        s.n--;
    if (s.n == 0 || s.n > MAX_NUMBER_BYTES)
        return ERR_INVALID;
    str_copyn(text, sizeof(text), s.p, s.n);
    return str_f64(text, ret) == 0 && isfinite(*ret) ? 0 : ERR_INVALID;
}

int range_parse(const char *text, struct range *ret)
{
    struct range r = {.start = 0, .end = INFINITY};
    struct str s = str_trim(str_of(text)), start = {0}, end;
    const char *colon;

    if (s.n > 0 && s.p[0] == '@') {
        r.inside = true;
        s = (struct str){s.p + 1, s.n - 1};
    }
    colon = s.n ? memchr(s.p, ':', s.n) : NULL;
    end = s;
    if (colon) {
        start = str_trim((struct str){s.p, (size_t)(colon - s.p)});
        end = str_trim((struct str){colon + 1, s.n - (size_t)(colon - s.p) - 1});
    }
    if (start.n == 0 && end.n == 0)
        return ERR_INVALID;
    if (str_is(start, "~"))
        r.start = -INFINITY;
    else if (start.n && number(start, &r.start) != 0)
        return ERR_INVALID;
    if (end.n && number(end, &r.end) != 0)
        return ERR_INVALID;
    if (r.start > r.end)
        return ERR_INVALID;
    *ret = r;
    return 0;
}

bool range_alerts(const struct range *r, double value)
{
    bool within;

    if (isnan(value))
        return false;
    within = value >= r->start && value <= r->end;
    return r->inside ? within : !within;
}

void range_format(struct buf *out, const struct range *r)
{
    bool open_start = isinf(r->start), open_end = isinf(r->end);

    if (r->inside)
        buf_char(out, '@');
    if (open_start)
        buf_str(out, "~:");
    else if (r->start != 0 || open_end || signbit(r->start)) {
        real_text(out, r->start);
        buf_char(out, ':');
    }
    if (!open_end)
        real_text(out, r->end);
}
