/* SPDX-License-Identifier: GPL-3.0-or-later */
/* sink.h: the one door by which observations enter.  Text from outside is cleaned here, once.
 * (Samples, lines and flows get their doors with their engines.) */
#ifndef VIGIE_MODEL_SINK_H
#define VIGIE_MODEL_SINK_H

#include "base/err.h"
#include "model/model.h"

enum { SINK_MAX_TEXT = 1024, SINK_MAX_MORE = 16 * 1024, SINK_MAX_PERFDATA = 8 * 1024 };
/* As one clean text in *out (made here, the caller's): packed_too: a packed message stays packed; flags: utf8_clean(). */
void sink_clean(struct buf *out, const char *text, bool packed_too, int flags, size_t max);
/* Takes a result by names (passive results, heartbeats). ERR_NOT_FOUND: unknown; ERR_CONFLICT: the check is switched off. */
int sink_result(struct model *m, const char *host, const char *check, const struct result *r, struct moment now, struct err *e);
/* Takes a result of the scheduler's for a known item: cleans, then model_result(). A packed message stays packed. */
void sink_item(struct model *m, struct item *it, const struct result *r, struct moment now);

#endif
