/* SPDX-License-Identifier: GPL-3.0-or-later */
/* fuzz_markdown.c: any text as what staff write. Tags are ours and none other, they close in order, and addresses are of the three kinds. */
#include "base/mem.h"
#include "base/panic.h"
#include "base/str.h"
#include "web/markdown.h"

#include <stdint.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char *const tags[] = {"p", "strong", "em", "code", "pre", "ul", "ol", "li", "blockquote", "h3", "h4", "h5", "h6", "a"};

static size_t tag_at(const char *p)
{
    for (size_t i = 0; i < COUNT(tags); i++) {
        size_t n = strlen(tags[i]);
        if (strncmp(p, tags[i], n) == 0 && (p[n] == '>' || (p[n] == ' ' && tags[i][0] == 'a')))
            return i + 1;
    }
    return 0;
}

static const char *check_link(const char *p)
{
    static const char head[] = "a rel=\"nofollow\" href=\"";
    ASSERT(str_starts(p, head));
    p += sizeof head - 1;
    ASSERT(str_istarts(p, "http://") || str_istarts(p, "https://") || str_istarts(p, "mailto:"));
    p += strcspn(p, "\"");
    ASSERT(p[1] == '>');
    return p;
}

static void check(const char *p)
{
    size_t open[4096], depth = 0;
    for (p = strchr(p, '<'); p; p = strchr(p, '<')) {
        bool ends = p[1] == '/';
        p += ends ? 2 : 1;
        if (str_starts(p, "br>") || str_starts(p, "hr>"))
            continue;
        size_t tag = tag_at(p);
        ASSERT(tag && depth < COUNT(open));
        if (ends) {
            ASSERT(depth && open[depth - 1] == tag);
            depth--;
        } else {
            open[depth++] = tag;
        }
        if (!ends && str_eq(tags[tag - 1], "a"))
            p = check_link(p);
    }
    ASSERT(depth == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size > 20000)
        return 0;
    char *text = mem_dupn((const char *)data, size);
    struct buf html = BUF_MAX(16 << 20), plain = BUF_MAX(1 << 20);
    markdown_html(&html, text, 3);
    if (!html.full)
        check(buf_text(&html));
    markdown_plain(&plain, text);
    buf_clear(&plain);
    markdown_excerpt(&plain, text, 100);
    ASSERT(plain.len <= 103);
    buf_done(&html);
    buf_done(&plain);
    mem_free(text);
    return 0;
}
