/* SPDX-License-Identifier: GPL-3.0-or-later */
/* httpdate.c: moments in headers of HTTP (RFC 9110, 5.6.7): the form that is to be written; the two old ones are not read. */
#include "base/calendar.h"
#include "base/err.h"
#include "wire/httpsig.h"
#include <string.h>

static const char days[] = "SunMonTueWedThuFriSat", months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";

/* So many digits; -1. */
static int number(const char *p, int digits)
{
    int n = 0;
    for (int i = 0; i < digits; i++) {
        if (p[i] < '0' || p[i] > '9')
            return -1;
        n = n * 10 + (p[i] - '0');
    }
    return n;
}

static int month_of(const char *p)
{
    for (int i = 0; i < 12; i++)
        if (memcmp(p, months + 3 * i, 3) == 0)
            return i + 1;
    return 0;
}

int httpsig_date(const char *text, int64_t *ret_s)
{
    static const char form[] = "aaa, dd aaa dddd dd:dd:dd GMT";
    struct str t = str_trim(str_of(text));
    if (t.n != sizeof form - 1)
        return ERR_PROTOCOL;
    for (size_t i = 0; i < t.n; i++)
        if (form[i] != 'a' && form[i] != 'd' && form[i] != t.p[i])
            return ERR_PROTOCOL;
    int day = number(t.p + 5, 2), month = month_of(t.p + 8), year = number(t.p + 12, 4), hour = number(t.p + 17, 2), minute = number(t.p + 20, 2), second = number(t.p + 23, 2);
    if (!month || year < 1970 || day < 1 || day > cal_days_in_month(year, month) || hour < 0 || hour > 23 || minute < 0 || minute > 59 || second < 0 || second > 60)
        return ERR_PROTOCOL;
    *ret_s = (int64_t)cal_days(year, month, day) * 86400 + hour * 3600 + minute * 60 + second;
    return 0;
}

void httpsig_date_write(int64_t s, struct buf *out)
{
    int64_t day = cal_floor_div(s, 86400), year;
    int month, date, at = (int)(s - day * 86400), weekday = cal_weekday(day);
    cal_date(day, &year, &month, &date);
    buf_printf(out, "%.3s, %02d %.3s %04lld %02d:%02d:%02d GMT", days + 3 * weekday, date, months + 3 * (month - 1), (long long)year, at / 3600, at / 60 % 60, at % 60);
}
