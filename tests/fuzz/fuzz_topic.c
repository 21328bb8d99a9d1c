/* SPDX-License-Identifier: GPL-3.0-or-later */
/* fuzz_topic.c: any bytes as a channel's topic: our part is found or not, the others stay byte for byte, and what is read can be written so
 * that it fits and means the same. */
#include "announce/topic.h"
#include "base/panic.h"
#include "base/str.h"
#include "base/utf8.h"
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct topic_style style = {"Status:", " | "};
#define NOW INT64_C(1796040000000)

static struct conf *components(void)
{
    static const char yaml[] = "components: { mail: { name: { en: Mail, fr: Courriel } }, web: { name: Site web }, dns: {}, DOWN: {} }\n";
    struct conf_env env = {0};
    struct conf_file file = {"f.yaml", yaml, sizeof yaml - 1};
    static struct conf_errors errors;
    struct conf *conf = NULL;
    ASSERT(conf_load(&env, &file, 1, &conf, &errors) == 0);
    conf_errors_done(&errors);
    return conf;
}

/* Once written, it reads as it is written. */
static void again(const struct topic_status *s, const struct conf *c, struct arena *a)
{
    struct buf out = BUF_MAX(64 << 10), twice = BUF_MAX(64 << 10);
    struct topic_status back;
    for (size_t most = 0; most < 400; most += 37) {
        buf_clear(&out);
        if (topic_write(&style, s, NULL, NOW, most, &out))
            ASSERT(out.len <= most && !strpbrk(buf_text(&out), "|\r\n"));
    }
    buf_clear(&out);
    if (topic_write(&style, s, NULL, NOW, 60000, &out) && utf8_valid(buf_text(&out), out.len) && topic_read(&style, c, NULL, NOW, buf_text(&out), a, &back, NULL) == 0) {
        ASSERT(back.level == s->level && back.n <= TOPIC_MAX_PARTS);
        topic_write(&style, &back, NULL, NOW, 60000, &twice);
    }
    buf_done(&out);
    buf_done(&twice);
}

static void replace(const char *topic)
{
    struct buf out = BUF_MAX(64 << 10), same = BUF_MAX(64 << 10);
    size_t at, n;
    topic_replace(&style, topic, "Status: OK", &out);
    ASSERT(topic_find(&style, buf_text(&out), &at, &n) && n == 10);
    ASSERT(topic_others(&style, topic) + n == out.len);
    topic_replace(&style, buf_text(&out), "Status: OK", &same);
    ASSERT(str_eq(buf_text(&out), buf_text(&same)));
    buf_done(&out);
    buf_done(&same);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct conf *c = components();
    struct arena *a = arena_new(0);
    char *topic = arena_dupn(a, (const char *)data, size < 600 ? size : 600);
    struct topic_status s;
    struct err e = {0};
    size_t at, n;
    if (topic_find(&style, topic, &at, &n)) {
        ASSERT(at + n <= strlen(topic) && n > 0);
        if (topic_read(&style, c, NULL, NOW, arena_dupn(a, topic + at, n), a, &s, &e) == 0)
            again(&s, c, a);
        else
            ASSERT(e.code < 0 && e.text[0]);
    }
    replace(topic);
    arena_free(a);
    conf_unref(c);
    return 0;
}
