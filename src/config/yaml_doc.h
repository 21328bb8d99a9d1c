/* SPDX-License-Identifier: GPL-3.0-or-later */
/* yaml_doc.h: any YAML as a tree, for files that are not ours: what importers and inboxes read. Pure. */
#ifndef VIGIE_CONFIG_YAML_DOC_H
#define VIGIE_CONFIG_YAML_DOC_H

#include "base/doc.h"
#include "base/err.h"

/* Texts as texts (whether quoted or not), nothing as DOC_NULL; the ceilings of the configuration's files. ERR_INVALID: which line. */
int yaml_doc(struct arena *a, const char *name, const char *p, size_t n, struct doc **ret_doc, struct err *e);

#endif
