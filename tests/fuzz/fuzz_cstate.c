/* SPDX-License-Identifier: GPL-3.0-or-later */
/* fuzz_cstate.c: any bytes as a content file of cState: front matter in three languages, and paragraphs. */
#include "base/json.h"
#include "base/panic.h"
#include "compat/move/cstate.h"
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { MOST = 50 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *a = arena_new(0);
    struct buf out = BUF_MAX(16 << 20);
    struct cstate_said said[MOST];
    struct doc *d = NULL;
    const char *body = "";
    struct err e = {0};
    if (cstate_front(a, "x.md", (const char *)data, size, &d, &body, &e) == 0) {
        ASSERT(d->kind == DOC_OBJECT);
        json_write(&out, d, "en", 0);
        int n = cstate_split(a, body, said, MOST);
        ASSERT(n >= 0 && n <= MOST);
        for (int i = 0; i < n; i++)
            ASSERT(said[i].text && strlen(said[i].text) <= strlen(body));
    }
    buf_done(&out);
    arena_free(a);
    return 0;
}
