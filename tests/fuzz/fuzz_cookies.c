/* SPDX-License-Identifier: GPL-3.0-or-later */
/* fuzz_cookies.c: lines of Set-Cookie; the jar keeps its ceilings, and nothing it gives back ends a line. */
#include "base/panic.h"
#include "base/str.h"
#include "checks/cookies.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *a = arena_new(0);
    struct cookies jar = {.arena = a};
    struct buf out = BUF_MAX(COOKIES_MAX * COOKIE_MAX_BYTES);
    struct str rest = {(const char *)data, size}, line;
    struct url url;

    ASSERT(url_parse(a, "https://www.example.org/a/b?c", &url) == 0);
    while (size && str_next(&rest, "\r\n", &line))
        cookies_take(&jar, &url, arena_dupn(a, line.p, line.n));
    ASSERT(jar.n >= 0 && jar.n <= COOKIES_MAX);
    cookies_put(&jar, &url, &out);
    ASSERT(strpbrk(buf_text(&out), "\r\n") == NULL);
    buf_done(&out);
    arena_free(a);
    return 0;
}
