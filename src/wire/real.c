/* SPDX-License-Identifier: GPL-3.0-or-later */
/* real.c: 15 digits are enough for most numbers, 17 for all. */
#include "wire/real.h"

#include "base/str.h"
#include <math.h>
#include <string.h>

void real_text(struct buf *out, double v)
{
    char text[40];
    double back;

    /* Whole numbers without an exponent: other readers of performance data know none. */
    if (v == rint(v) && fabs(v) < 1e18) {
        buf_printf(out, "%.0f", v + 0.0);
        return;
    }
    for (int digits = 15; digits <= 17; digits++) {
        str_print(text, sizeof(text), "%.*g", digits, v);
        if (str_f64(text, &back) == 0 && memcmp(&back, &v, sizeof(v)) == 0)
            break;
    }
    buf_str(out, text);
}
