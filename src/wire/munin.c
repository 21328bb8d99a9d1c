/* SPDX-License-Identifier: GPL-3.0-or-later */
/* munin.c: see munin.h. */
#include "wire/munin.h"

#include "base/err.h"
#include <ctype.h>
#include <math.h>
#include <string.h>

bool munin_line_read(struct str line, struct munin_line *ret)
{
    struct munin_line r;
    const char *dot, *blank;

    line = str_trim(line);
    blank = line.n ? memchr(line.p, ' ', line.n) : NULL;
    if (blank == NULL || line.p[0] == '#')
        return false;
    dot = memchr(line.p, '.', (size_t)(blank - line.p));
    if (dot == NULL || dot == line.p)
        return false;
    r.field = (struct str){line.p, (size_t)(dot - line.p)};
    r.attribute = (struct str){dot + 1, (size_t)(blank - dot) - 1};
    r.what = str_trim((struct str){blank, line.n - (size_t)(blank - line.p)});
    if (r.field.n > MUNIN_MAX_NAME || r.attribute.n == 0)
        return false;
    *ret = r;
    return true;
}

static int number(struct str s, double *ret)
{
    char text[64];

    s = str_trim(s);
    if (s.n == 0 || s.n >= sizeof(text) || memchr(s.p, '\0', s.n))
        return ERR_INVALID;
    if (*s.p == '+')
        s = (struct str){s.p + 1, s.n - 1};
    str_copyn(text, sizeof(text), s.p, s.n);
    return str_f64(text, ret) ? ERR_INVALID : 0;
}

int munin_value_read(struct str text, double *ret)
{
    const char *colon;

    text = str_trim(text);
    colon = text.n ? memchr(text.p, ':', text.n) : NULL;
    if (colon)
        text = (struct str){colon + 1, text.n - (size_t)(colon + 1 - text.p)};
    if (str_is(text, "U")) {
        *ret = NAN;
        return 0;
    }
    return number(text, ret);
}

int munin_limit_read(struct str text, double *ret_low, double *ret_high)
{
    const char *colon;
    struct str most;
    double low = -INFINITY, high = INFINITY;

    most = text = str_trim(text);
    colon = text.n ? memchr(text.p, ':', text.n) : NULL;
    if (colon) {
        struct str least = {text.p, (size_t)(colon - text.p)};

        most = (struct str){colon + 1, text.n - least.n - 1};
        if (least.n && number(least, &low) != 0)
            return ERR_INVALID;
    }
    if ((most.n || colon == NULL) && number(most, &high) != 0)
        return ERR_INVALID;
    *ret_low = low;
    *ret_high = high;
    return 0;
}

bool munin_name_good(const char *name)
{
    size_t n = strlen(name);

    for (const char *p = name; *p; p++)
        if (!isgraph((unsigned char)*p))
            return false;
    return n > 0 && n <= MUNIN_MAX_NAME;
}
