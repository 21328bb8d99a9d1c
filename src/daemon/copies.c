/* SPDX-License-Identifier: GPL-3.0-or-later */
/* copies.c: wiring of the copies of the public site: the seal they carry, and the mirrors they go to. */
#include "base/msg.h"
#include "daemon/daemon_priv.h"

/* The site comes with the pages, after us. */
static int export_site(void *arg, const struct export_ask *ask, export_done *fn, void *fn_arg, struct err *e)
{
    struct daemon *d = arg;
    struct house *h = &d->house;
    return h->export_site ? h->export_site(h->site, ask, fn, fn_arg, e) : err_set(e, ERR_UNSUPPORTED, MSG("there are no pages here"), "");
}

int copies_new(struct daemon *d, struct err *e)
{
    struct house *h = &d->house;
    int r = seal_open(d->data, &h->seal, e);
    if (r < 0)
        return r;
    h->sign = seal_sign;
    struct mirrors_env env = {.loop = d->loop, .model = h->model, .store = h->store, .dispatcher = h->dispatcher, .board = h->board, .spawner = d->main_spawner, .workers = d->workers,
                              .egress = d->egress, .seal = &h->seal, .data_dir = d->data, .node = d->node, .machine_name = d->machine, .export_site = export_site, .arg = d};
    h->mirrors = mirrors_new(&env, e);
    return h->mirrors ? 0 : e->code ? e->code : ERR_IO;
}

void copies_stop(struct daemon *d)
{
    mirrors_stop(d->house.mirrors);
}

void copies_free(struct daemon *d)
{
    d->house.mirrors = mirrors_free(d->house.mirrors);
}
