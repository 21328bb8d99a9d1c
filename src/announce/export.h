/* SPDX-License-Identifier: GPL-3.0-or-later */
/* export.h: what the public site as files is asked for with: whoever copies it (mirror.h, ops) and whoever renders it (web/site.h)
 * meet here. */
#ifndef VIGIE_ANNOUNCE_EXPORT_H
#define VIGIE_ANNOUNCE_EXPORT_H

#include "base/err.h"
#include <stdint.h>

struct export_ask { /* texts are copied */
    const char *dir;  /* absolute */
    const char *base; /* where the copy will be read: "https://mirror.example.org"; NULL: as the site has it */
    int64_t every_ms; /* until then the next one will be there; 0: nobody knows */
};
struct export_result {
    int code;
    struct err err;
    int files, rendered, written, removed, skipped; /* skipped: by their names no files */
    int64_t written_bytes, took_us;
};
typedef void export_done(void *arg, const struct export_result *r);

#endif
