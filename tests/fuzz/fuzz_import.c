/* SPDX-License-Identifier: GPL-3.0-or-later */
/* fuzz_import.c: any bytes as another monitor's configuration; the first byte chooses which ('a': the first importer; a byte 0x1e
 * divides the file from the one beside it).  Either the file is refused with a reason, or what comes out loads. */
#include "base/msg.h"
#include "base/panic.h"
#include "base/str.h"
#include "checks/probe.h"
#include "config/import.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct conf_env env = {.kinds = probe_kinds, .machine_name = "box"};

static void judge(const struct import_result *r)
{
    struct conf_file file = {.name = "printed", .text = buf_text(&r->yaml), .bytes = r->yaml.len};
    struct conf_errors es;
    struct conf *c = NULL;

    ASSERT(!r->yaml.full);
    if (r->yaml.len) {
        ASSERT(conf_load(&env, &file, 1, &c, &es) == 0);
        ASSERT(c->n_hosts == r->hosts);
        conf_errors_done(&es);
        conf_unref(c);
    }
    for (int i = 0; i < r->n_notes; i++) {
        struct buf b = BUF_MAX(64 * 1024);
        msg_render(&b, r->notes[i].text, i % 2 ? "fr" : "en");
        ASSERT(b.len > 0);
        buf_done(&b);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    int n = 0;
    struct err e = {0};
    struct import_result r;

    while (importers[n])
        n++;
    if (size == 0)
        return 0;
    const char *text = (const char *)data + 1, *cut = memchr(text, 0x1e, size - 1);
    size_t first = cut ? (size_t)(cut - text) : size - 1;
    struct conf_file file = {.name = "fuzzed", .text = text, .bytes = first}, beside = {.name = "beside"};
    if (cut) {
        beside.text = cut + 1;
        beside.bytes = size - first - 2;
    }
    if (import_run(&env, importers[(data[0] + 256 - 'a') % n], &file, cut ? &beside : NULL, &r, &e) == 0)
        judge(&r);
    else
        ASSERT(e.text[0]);
    import_done(&r);
    return 0;
}
