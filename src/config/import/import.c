/* SPDX-License-Identifier: GPL-3.0-or-later */
/* import.c: the table of importers, and one import from its beginning to its end. */
#include "config/import/import_priv.h"
#include <stdlib.h>

#define IMPORTERS(X) X(portmon) X(nefu) X(sysmon) X(icmpmonitor) X(monit) X(smokeping) X(uptimekuma) X(gatus) X(blackbox) X(nagios)
#define DECLARE(word) extern const struct importer import_##word;
IMPORTERS(DECLARE)
#define ROW(word) &import_##word,
const struct importer *const importers[] = {IMPORTERS(ROW) NULL};

const struct importer *import_find(const char *name)
{
    for (int i = 0; importers[i]; i++)
        if (str_eq(importers[i]->name, name))
            return importers[i];
    return NULL;
}

static int by_line(const void *a, const void *b)
{
    const struct import_note *x = a, *y = b;
    return x->line < y->line ? -1 : x->line > y->line;
}

static void hand_over(struct import *im, struct import_result *ret)
{
    for (size_t i = 0; i < im->hosts.n; i++) {
        struct import_host *h = im->hosts.at[i];
        ret->hosts += !h->item.dropped;
        for (size_t k = 0; k < h->checks.n; k++)
            ret->checks += !h->item.dropped && !h->checks.at[k]->item.dropped;
    }
    for (size_t i = 0; i < im->contacts.n; i++)
        ret->contacts += !im->contacts.at[i]->item.dropped;
    if (im->notes.n) {
        struct import_note *notes = ARENA_ARRAY(im->arena, struct import_note, im->notes.n);
        memcpy(notes, im->notes.at, im->notes.n * sizeof *notes);
        qsort(notes, im->notes.n, sizeof *notes, by_line);
        ret->notes = notes;
    }
    ret->n_notes = (int)im->notes.n;
    ret->more_notes = im->more_notes;
}

static void forget(struct import *im)
{
    for (size_t i = 0; i < im->hosts.n; i++) {
        VEC_DONE(&im->hosts.at[i]->keys);
        VEC_DONE(&im->hosts.at[i]->checks);
    }
    VEC_DONE(&im->hosts);
    VEC_DONE(&im->contacts);
    VEC_DONE(&im->notes);
    map_done(&im->host_by_name);
    map_done(&im->contact_by_name);
}

int import_run(const struct conf_env *env, const struct importer *as, const struct conf_file *file, const struct conf_file *beside,
               struct import_result *ret, struct err *e)
{
    *ret = (struct import_result){.arena = arena_new(16 * 1024), .yaml = BUF_MAX(CONF_MAX_FILE_BYTES)};
    struct import im = {.env = env, .as = as, .file = file, .beside = beside, .arena = ret->arena, .e = e};
    if (file->bytes > IMPORT_MAX_BYTES || (beside && beside->bytes > IMPORT_MAX_BYTES))
        return err_set(e, ERR_LIMIT, MSG("{1} has more than {2}, which is the most that is imported"), "sb", file->name, (int64_t)IMPORT_MAX_BYTES);
    as->read(&im);
    int r = im.failed ? ERR_INVALID : import_prove(&im, &ret->yaml, e);
    hand_over(&im, ret);
    forget(&im);
    return r;
}

void import_done(struct import_result *r)
{
    buf_done(&r->yaml);
    r->arena = arena_free(r->arena);
}
