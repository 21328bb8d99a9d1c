/* SPDX-License-Identifier: GPL-3.0-or-later */
/* fuzz_manifest.c: lists and signatures of any kind; what is found lies within its bounds, and what is written is read again. */
#include "base/mem.h"
#include "base/panic.h"
#include "wire/manifest.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void list(struct str text)
{
    struct manifest m;
    struct manifest_entry e;
    if (manifest_begin(text, &m))
        return;
    while (manifest_next(&m, &e)) {
        ASSERT(strlen(e.sum) == (m.version == 2 ? MANIFEST_HEX : 0));
        ASSERT(e.file.n > 0 && e.file.p >= text.p && e.file.p + e.file.n <= text.p + text.n);
        ASSERT(!memchr(e.file.p, '\n', e.file.n));
    }
}

static void signature(struct str text)
{
    struct minisign m = {0}, again = {0};
    struct buf b = BUF_MAX(4096);
    if (minisign_read(text, &m))
        return;
    minisign_write(&b, &m);
    ASSERT(minisign_read((struct str){buf_text(&b), b.len}, &again) == 0);
    ASSERT(memcmp(m.id, again.id, sizeof m.id) == 0 && memcmp(m.signature, again.signature, sizeof m.signature) == 0 && strcmp(m.comment, again.comment) == 0);
    buf_done(&b);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *p = mem_dupn((const char *)data, size);
    list((struct str){p, size});
    signature((struct str){p, size});
    mem_free(p);
    return 0;
}
