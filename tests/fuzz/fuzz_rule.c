/* SPDX-License-Identifier: GPL-3.0-or-later */
/* fuzz_rule.c: any text as a condition of an apply rule: a mistake with a place in it, or a
 * condition that can be asked. */
#include "base/arena.h"
#include "base/panic.h"
#include "config/rule.h"

#include <stdint.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct rule_value look_up(void *arg, const char *name)
{
    static const char *const list[] = {"a", "1", "web"};

    (void)arg;
    if (strlen(name) % 3 == 0)
        return (struct rule_value){0};
    if (strlen(name) % 3 == 1)
        return (struct rule_value){.kind = RULE_TEXT, .text = name};
    return (struct rule_value){.kind = RULE_LIST, .list = list, .n = 3};
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *a = arena_new(0);
    char *text = arena_dupn(a, (const char *)data, size);
    const struct rule *r;
    struct rule_mistake m = {.at = SIZE_MAX};

    if (rule_parse(text, a, &r, &m) == 0)
        (void)rule_holds(r, look_up, NULL);
    else
        ASSERT(m.text && m.at <= strlen(text));
    arena_free(a);
    return 0;
}
