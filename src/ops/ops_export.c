/* SPDX-License-Identifier: GPL-3.0-or-later */
/* ops_export.c: the public site as files.  The daemon writes them, with its rights, so that only people on this machine may ask for it. */
#include "base/msg.h"
#include "base/str.h"
#include "ops/ops_priv.h"

static void exported(void *arg, const struct export_result *r)
{
    struct op_call *c = arg;
    if (r->code < 0) {
        op_error(c, r->code, &r->err);
        return;
    }
    struct doc *o = doc_object(c->arena);
    doc_put_text(o, "directory", doc_text(c->params, "directory", ""));
    doc_put_int(o, "files", r->files);
    doc_put_int(o, "rendered", r->rendered);
    doc_put_int(o, "written", r->written);
    doc_put_int(o, "written_bytes", r->written_bytes);
    doc_put_int(o, "removed", r->removed);
    if (r->skipped)
        doc_put_int(o, "skipped", r->skipped);
    doc_put_int(o, "took_ms", r->took_us / 1000);
    op_reply(c, o);
}

static void run_export_site(struct op_call *c)
{
    struct err e = {0};
    struct export_ask ask = {.dir = doc_text(c->params, "directory", NULL), .base = doc_text(c->params, "url", NULL), .every_ms = doc_int(c->params, "every", 0)};
    if (ask.base && !str_istarts(ask.base, "https://") && !str_istarts(ask.base, "http://")) {
        op_fail(c, ERR_INVALID, "url", MSG("“{1}” is no address of a site; write https://status.example.org"), "s", ask.base);
        return;
    }
    int r = c->house->export_site ? c->house->export_site(c->house->site, &ask, exported, c, &e) : err_set(&e, ERR_UNSUPPORTED, MSG("there are no pages here"), "");
    if (r < 0)
        op_error(c, r, &e);
}

static const struct op_param export_params[] = {
    {"directory", OP_TEXT, OP_REQUIRED | OP_WORDS | OP_HERE, 0, NULL, MSG("where to: a new directory, an empty one, or that of a former export"), NULL},
    {"every", OP_DURATION, 0, 0, NULL, MSG("how often you do this: each page says until when the next copy should be there"), NULL},
    {"url", OP_TEXT, 0, 0, NULL, MSG("where the copy will be read, for feeds and other programs' shapes; by default the address of this site"), NULL},
    {0}};

const struct op op_export_site = {
    "export-site", "POST", "/api/v1/export/site", "export site", ROLE_ADMIN, OP_WRITE | OP_LOCAL, MSG("write the public site as files"),
    MSG("Pages in all languages, feeds, calendars, badges and the shapes of other programs, with relative links: they can be read at any address and without a server. Only what changed is written, each file at once; what is gone is removed. Drafts and everything that is staff's stay out."),
    "export site /srv/mirror --every 10m", export_params, run_export_site};
