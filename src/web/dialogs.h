/* SPDX-License-Identifier: GPL-3.0-or-later */
/* dialogs.h: what the script opens over a page, and the words it says. */
#ifndef VIGIE_WEB_DIALOGS_H
#define VIGIE_WEB_DIALOGS_H

#include "web/web_priv.h"

void dialogs_put(struct page *p);

#endif
