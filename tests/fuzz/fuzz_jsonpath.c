/* SPDX-License-Identifier: GPL-3.0-or-later */
/* fuzz_jsonpath.c: a path, a condition and a document, on three lines: a path that is refused finds nothing worse than
 * nothing, and every value that is found can be compared and shown. */
#include "base/json.h"
#include "base/panic.h"
#include "checks/jsonpath.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static char *line(struct arena *a, const uint8_t **data, size_t *size)
{
    const uint8_t *end = memchr(*data, '\n', *size);
    size_t n = end ? (size_t)(end - *data) : *size, used = end ? n + 1 : n;
    char *text = arena_dupn(a, (const char *)*data, n);

    *data += used;
    *size -= used;
    return text;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const uint8_t none[] = "";
    struct arena *a = arena_new(0);
    struct doc *d;
    struct err e;

    if (size == 0)
        data = none;
    const char *path = line(a, &data, &size), *condition = line(a, &data, &size);

    if (json_parse(a, (const char *)data, size, 1 << 16, &d, &e) == 0) {
        const struct doc *found = jsonpath_find(a, d, path);
        struct buf b = BUF_MAX(1 << 16);

        if (found) {
            ASSERT(jsonpath_check(path) == 0 || strlen(path) > JSONPATH_MAX_BYTES);
            json_show(&b, found);
            ASSERT(b.len > 0 || found->kind == DOC_TEXT);
        }
        if (json_condition_check(condition) == 0)
            ASSERT(json_condition_holds(found, condition) <= 1);
        buf_done(&b);
    }
    arena_free(a);
    return 0;
}
