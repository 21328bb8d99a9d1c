/* SPDX-License-Identifier: GPL-3.0-or-later */
/* fuzz_hook.c: what comes from outside for webhooks, WebSub and text messages: addresses of feeds, names in templates, Retry-After, texts for telephones. */
#include "announce/hook.h"
#include "announce/sms_text.h"
#include "announce/websub.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/panic.h"
#include "base/str.h"
#include "channels/channel.h"
#include <string.h>

int LLVMFuzzerTestOneInput(const unsigned char *p, size_t n);

static void topic(struct arena *a, const char *text)
{
    struct websub_topic t;
    if (websub_topic_read(a, text, "https://s.example", "en", &t, NULL))
        return;
    ASSERT(t.file && t.file[0] && !strchr(t.file, '/') && t.lang);
    ASSERT(!!t.component + !!t.group + !!t.key <= 1);
    ASSERT(!t.component || !strchr(t.component, '/'));
}

/* Whatever a value is, JSON stays JSON. */
static void fill(struct arena *a, const char *text)
{
    static const enum hook_escape how[] = {HOOK_PLAIN, HOOK_JSON, HOOK_FORM};
    struct hook_name names[] = {{"x", text}, {"line", "${x}"}};
    struct doc *d = NULL;
    for (int i = 0; i < 3; i++) {
        struct buf out = BUF_MAX(1 << 20), one = BUF_MAX(1 << 20);
        hook_fill(&out, text, names, 2, how[i]);
        hook_fill(&one, "{\"a\":\"${x}\"}", names, 1, how[i]);
        ASSERT(how[i] != HOOK_JSON || one.full || json_parse(a, buf_text(&one), one.len, 1 << 20, &d, NULL) == 0);
        ASSERT(how[i] != HOOK_FORM || strspn(buf_text(&one), "{\"a:}%0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz-._~") == one.len);
        buf_done(&out);
        buf_done(&one);
    }
}

static void telephone(struct arena *a, const char *text)
{
    struct buf out = BUF_MAX(1 << 20), wide = BUF_MAX(1 << 20);
    struct sms_size z;
    sms_near(&out, text);
    sms_measure(buf_text(&out), &z);
    ASSERT(z.units >= 0 && z.parts >= 1 && (size_t)z.units <= 2 * out.len);
    sms_utf16(&wide, buf_text(&out));
    ASSERT(wide.len % 2 == 0 && wide.len >= 2);
    for (size_t most = 3; most < 400; most *= 3)
        ASSERT(strlen(hook_short(a, text, most)) <= 4 * most);
    buf_done(&out);
    buf_done(&wide);
}

int LLVMFuzzerTestOneInput(const unsigned char *p, size_t n)
{
    struct arena *a = arena_new(0);
    if (n > 16384)
        n = 16384;
    const char *text = arena_dupn(a, (const char *)p, n);
    topic(a, text);
    topic(a, arena_printf(a, "https://s.example%s", text));
    fill(a, text);
    telephone(a, text);
    int64_t wait = post_retry_after(text, INT64_C(1772438400000));
    ASSERT(wait >= 0 && wait < 3600000);
    arena_free(a);
    return 0;
}
