/* SPDX-License-Identifier: GPL-3.0-or-later */
/* inbox.h: issues as files (announce.inbox): a directory, such as the checkout of a git repository, whose files are published (ST-20).
 *
 * The directory is watched, and read by a worker after each change.  A file that nobody knows opens an incident (or plans work) under a key
 * that follows from its name; paragraphs that are new in it become updates; `resolved: true` ends it; a changed title or text corrects what came
 * from a file.  What ended long before it appeared is history: it is taken over, and nobody is mailed.  Files that go take nothing away.
 *
 * All on the main loop, but for the reading. */
#ifndef VIGIE_DAEMON_INBOX_H
#define VIGIE_DAEMON_INBOX_H

#include "daemon/daemon_priv.h"

struct inbox *inbox_new(struct daemon *d); /* when all else runs */
void inbox_reconf(struct inbox *in);       /* another configuration is in force; takes NULL */
void inbox_stop(struct inbox *in);         /* nothing is read any more; takes NULL */
struct inbox *inbox_free(struct inbox *in); /* after the workers */

/* inbox_post.c: what a file says of a bulletin, to the board. file: borrowed; it has no number of this house. changed: the file is another
 * than when it was taken last, so that how bad it says it is counts. */
void inbox_take(struct house *h, const struct bulletin *file, bool changed, int64_t now_ms);

#endif
