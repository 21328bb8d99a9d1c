/* SPDX-License-Identifier: GPL-3.0-or-later */
/* assets.c: publishes what the build embedded.  Pages name these files with the hash of all of them, so that a browser
 * may keep them for ever and still gets new ones after an upgrade. */
#include "web/assets.h"
#include "base/hash.h"
#include "base/str.h"
#include "web/web_priv.h"

/* Only addresses with a version may be kept for long; robots.txt and /favicon.ico have none. */
static const char *keep(const char *path)
{
    return str_starts(path, "/static/") ? "public, max-age=31536000, immutable" : "public, max-age=86400";
}

static void publish_one(struct web *w, const struct asset *a)
{
    struct httpd_header headers[WEB_SAFE_HEADERS_MOST + 1] = {{"Cache-Control", keep(a->path)}};
    int n = 1 + web_safe_headers(headers + 1);
    httpd_publish(w->h->httpd, -1, a->path, NULL, a->type, a->bytes, a->n, headers, n);
}

void assets_publish(struct web *w)
{
    uint64_t print = 0;
    for (const struct asset *a = ui_assets; a->path; a++) {
        print = hash_bytes(a->bytes, a->n, print);
        if (w->h->httpd)
            publish_one(w, a);
    }
    str_print(w->assets_version, sizeof w->assets_version, "%08x", (unsigned)(print >> 32));
}
