/* SPDX-License-Identifier: GPL-3.0-or-later */
/* fuzz_plugin.c: any bytes as a plugin's output.  The three parts are clean UTF-8 without line ends
 * where there may be none, whatever came in. */
#include "base/panic.h"
#include "base/utf8.h"
#include "wire/plugin.h"

#include <stdint.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct buf text = BUF_MAX(4 * PLUGIN_MAX_OUTPUT), lines = BUF_MAX(4 * PLUGIN_MAX_OUTPUT),
               perf = BUF_MAX(4 * PLUGIN_MAX_OUTPUT);

    plugin_split((const char *)data, size, &text, &lines, &perf);
    ASSERT(utf8_valid(buf_text(&text), text.len) && utf8_valid(buf_text(&lines), lines.len) &&
           utf8_valid(buf_text(&perf), perf.len));
    ASSERT(strlen(buf_text(&text)) == text.len && strlen(buf_text(&perf)) == perf.len);
    ASSERT(!strpbrk(buf_text(&text), "\n\r\033") && !strpbrk(buf_text(&perf), "\n\r\033"));
    ASSERT(strchr(buf_text(&text), '|') == NULL);
    buf_done(&text);
    buf_done(&lines);
    buf_done(&perf);
    return 0;
}
