/* SPDX-License-Identifier: GPL-3.0-or-later */
/* site.h: the public site as a directory of files: for mirrors on other machines, for an archive, for a stick.
 *
 * The same renderers as for the live page; links between pages become relative, so that it works at any address and from file://.  A page
 * is a directory with index.html and index.fr.html, so that permanent links (/incident/KEY) hold on a mirror, too.  Each page says when
 * the copy was made and until when the next one should be there.  manifest.txt lists all files with their SHA-256, and is signed
 * (wire/manifest.h); by it an export knows that a directory is its own and what to remove.
 *
 * A look is taken on the main loop (site_export()): the sight, and references to the bulletins, which never change.  Everything else is
 * done by a worker.  Only what may have changed is rendered, only what did is written: first what is linked to, the
 * first page last, what goes after that; each file by rename (io/tree.h).
 * What is remembered of a directory lives in this process: after a start the first export renders all and compares. */
#ifndef VIGIE_WEB_SITE_H
#define VIGIE_WEB_SITE_H

#include "ops/house.h"

enum { SITE_MAX_FILES = 1000000, SITE_MAX_MONTHS = 600, SITE_REMEMBERED = 8, SITE_OVER_MS = 48 * 3600 * 1000 };

struct past;
struct site;
struct site *site_new(struct house *h, struct past *past, const char *assets); /* past and assets are borrowed */
void site_stop(struct site *s); /* no fn is called afterwards */
struct site *site_free(struct site *s);
/* See house.h. On the main loop. 0, or ERR_BUSY: this directory is being written; ERR_CANCELLED; fn is not called then. */
int site_export(void *site, const struct export_ask *ask, export_done *fn, void *arg, struct err *e);

#endif
