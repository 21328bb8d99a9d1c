/* SPDX-License-Identifier: GPL-3.0-or-later */
/* fuzz_munin.c: any text as lines of a munin node, values and limits. */
#include "base/mem.h"
#include "base/panic.h"
#include "wire/munin.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct str rest = {(const char *)data, size}, line;
    char *name = mem_dupn((const char *)data, size);
    struct munin_line m;
    double a, b;

    while (str_next(&rest, "\n", &line)) {
        munin_value_read(line, &a);
        munin_limit_read(line, &a, &b);
        if (!munin_line_read(line, &m))
            continue;
        ASSERT(m.field.n && m.field.n <= MUNIN_MAX_NAME && m.attribute.n);
        ASSERT(m.field.p >= line.p && m.what.p + m.what.n <= line.p + line.n);
        munin_value_read(m.what, &a);
        munin_limit_read(m.what, &a, &b);
    }
    munin_name_good(name);
    mem_free(name);
    return 0;
}
