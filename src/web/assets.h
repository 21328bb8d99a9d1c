/* SPDX-License-Identifier: GPL-3.0-or-later */
/* assets.h: what the build embeds (ui/meson.build): style sheet, script, mark. */
#ifndef VIGIE_WEB_ASSETS_H
#define VIGIE_WEB_ASSETS_H

#include <stddef.h>

struct asset {
    const char *path, *type; /* "/static/vigie.css", "text/css; charset=utf-8" */
    const unsigned char *bytes;
    size_t n;
};
extern const struct asset ui_assets[]; /* ends with a zeroed row; generated */

#endif
