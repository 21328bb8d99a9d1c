/* SPDX-License-Identifier: GPL-3.0-or-later */
/* fuzz_websocket.c: an answer to the upgrade and the frames behind it; what we write is read back but for the mask. */
#include "base/mem.h"
#include "base/panic.h"
#include "wire/websocket.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void there_and_back(const char *p, size_t n)
{
    struct buf b = BUF_MAX(WS_MAX_PAYLOAD + 64);
    struct ws_frame f;

    ws_frame_write(&b, WS_TEXT, p, n, 0);
    size_t head = b.len - n;

    ASSERT(ws_frame_read(b.data, b.len, &f) < 0); /* a server does not mask */
    b.data[1] = (char)(b.data[1] & 0x7f);
    memmove(b.data + head - 4, b.data + head, n);
    ASSERT(ws_frame_read(b.data, b.len - 4, &f) == 1 && f.payload_bytes == n && f.bytes == b.len - 4);
    ASSERT(memcmp(f.payload, p, n) == 0);
    buf_done(&b);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *p = mem_dupn((const char *)data, size); /* of its own, so that a byte too far is seen */
    struct ws_reply r;
    struct ws_frame f;
    size_t at = 0;

    if (ws_reply_read(p, size, &r) == 1) {
        ASSERT(r.head_bytes <= size);
        at = r.head_bytes;
    }
    while (ws_frame_read(p + at, size - at, &f) == 1) {
        ASSERT(f.bytes >= 2 && f.bytes <= size - at && f.payload + f.payload_bytes <= p + size);
        at += f.bytes;
    }
    there_and_back(p, size < 70000 ? size : 70000);
    mem_free(p);
    return 0;
}
