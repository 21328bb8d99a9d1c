/* SPDX-License-Identifier: GPL-3.0-or-later */
/* fuzz_msg.c: any bytes render as valid UTF-8 without control characters, and any text packed as an
 * argument comes out as it would alone. */
#include "base/mem.h"
#include "base/msg.h"
#include "base/panic.h"
#include "base/utf8.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(const char *packed, const char *lang, size_t max)
{
    struct buf out = BUF_MAX(max);

    msg_render(&out, packed, lang);
    ASSERT(out.len <= max);
    ASSERT(utf8_valid(buf_text(&out), out.len));
    for (size_t i = 0; i < out.len; i++)
        ASSERT((unsigned char)out.data[i] >= 0x20 || out.data[i] == '\n');
    buf_done(&out);
}

static void check_nested(const char *text)
{
    struct buf packed = BUF_MAX(1 << 20), alone = BUF_MAX(1 << 20), nested = BUF_MAX(1 << 20);

    msg_pack(&packed, "{2}{1}", "ms", text, "");
    msg_render(&alone, text, "en");
    msg_render(&nested, buf_text(&packed), "en");
    /* One level more may be one too many, and then something is missing. */
    ASSERT(nested.len <= alone.len);
    check(buf_text(&packed), "fr", 1 << 20);
    buf_done(&packed);
    buf_done(&alone);
    buf_done(&nested);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = mem_dupn((const char *)data, size);

    check(text, "en", 1 << 20);
    check(text, "fr", size % 64);
    check_nested(text);
    msg_lang(text);
    mem_free(text);
    return 0;
}
