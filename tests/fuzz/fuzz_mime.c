/* SPDX-License-Identifier: GPL-3.0-or-later */
/* fuzz_mime.c: any bytes as a mail: parts lie within it, texts are UTF-8 without controls, lists end. */
#include "base/panic.h"
#include "base/utf8.h"
#include "wire/mime.h"
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void use_headers(struct arena *a, const struct mime_part *p)
{
    for (int i = 0; i < p->n_headers; i++) {
        struct mime_results results;
        char one[300];
        const char *rest = p->headers[i].value;
        struct buf words = BUF_MAX(1 << 20);
        for (size_t n = 0; mime_address(&rest, one, sizeof one); n++)
            ASSERT(n <= MIME_MAX_HEADER && strchr(one, '@'));
        rest = p->headers[i].value;
        for (size_t n = 0; mime_id(&rest, one, sizeof one); n++)
            ASSERT(n <= MIME_MAX_HEADER && !strchr(one, '>'));
        mime_words(p->headers[i].value, &words);
        ASSERT(utf8_valid(buf_text(&words), words.len) && !strchr(buf_text(&words), '\n'));
        buf_done(&words);
        if (mime_results_read(a, p->headers[i].value, &results))
            ASSERT(results.n <= MIME_MAX_RESULTS && results.server);
        mime_param(a, p->headers[i].value, "name");
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *a = arena_new(0);
    struct mime_mail m;
    struct err e = {0};
    int r = mime_parse(a, (const char *)data, size, &m, &e);
    ASSERT(r == 0 || e.text[0]);
    for (int i = 0; r == 0 && i < m.n_parts; i++) {
        const struct mime_part *p = &m.parts[i];
        struct buf text = BUF_MAX(1 << 20);
        ASSERT(p->whole.p >= (const char *)data && p->whole.p + p->whole.n <= (const char *)data + size);
        ASSERT(p->body.p >= p->whole.p && p->body.p + p->body.n <= p->whole.p + p->whole.n);
        ASSERT(p->parent < i && p->depth <= MIME_MAX_DEPTH);
        use_headers(a, p);
        mime_text(p, &text);
        ASSERT(utf8_valid(buf_text(&text), text.len));
        buf_done(&text);
    }
    if (r == 0)
        mime_reading(&m);
    arena_free(a);
    return 0;
}
