/* SPDX-License-Identifier: GPL-3.0-or-later */
/* site_int.h: what the files of the export share. */
#ifndef VIGIE_WEB_SITE_INT_H
#define VIGIE_WEB_SITE_INT_H

#include "base/map.h"
#include "io/tree.h"
#include "web/feed.h"
#include "web/shapes.h"
#include "web/site.h"

enum { SITE_SUM = 32 }; /* SHA-256 */
#define SITE_SCRIPT "/static/copy.js" /* says how old a copy is; all there is to say stands on the page without it */
struct site_run;
struct site_item { /* a file to be */
    const char *file;  /* "incident/abc/index.fr.html" */
    const char *here;  /* its address: "/incident/abc", percent-encoded */
    const char *lang;
    bool page;         /* HTML with links to be made relative */
    bool over;         /* what it tells is over: it may stay as it is for long */
    uint64_t inputs;   /* of all that it is made of; 0: of the clock, too */
    void (*render)(const struct site_item *it, struct pub *p);
    const void *of;    /* bulletin, component, asset, word: as render wants it */
    int year, month;
    struct feed_of feed;
};
struct site_kept { /* a file that is there */
    char *file;
    uint64_t inputs, run;
    bool known;        /* sum is that of the file; else it is compared */
    unsigned char sum[SITE_SUM];
};
struct site_memory { /* of one directory, between two exports */
    char *dir;
    struct map files;
    uint64_t run, print; /* tree_print() of the manifest */
    struct board *board; /* references: while they are held, a bulletin at the same address is the same bulletin */
    struct conf *conf;
    int64_t used_ms;
};
struct site_run { /* one export; the worker's alone while it runs */
    struct arena *a;
    struct sight s;
    const struct uptime **days;
    struct board *board;
    struct conf *conf;
    struct zone *zone;
    struct conf_env env;
    const char *dir, *base, *assets, *main_lang;
    void (*sign)(const struct seal *s, const char *name, const void *p, size_t n, int64_t at_ms, struct buf *out); /* of the house; NULL */
    struct seal seal;
    int64_t next_ms; /* wall; 0: nobody knows */
    struct site_memory *memory;
    VEC(struct site_item) items;
    struct map by_link; /* "/path\nlang" → file */
    struct export_result result;
    struct buf page, out;
    /* the main loop's again: */
    struct site *site;
    export_done *fn;
    void *arg;
    struct site_run *next;
};

/* site_plan.c: which files there are, what is linked to first. */
void site_plan(struct site_run *r);
/* site_link.c */
void site_link_add(struct site_run *r, const char *path, const char *lang, const char *file);
/* From links of the live site to relative ones. What a copy does not have leads to the origin, or
 * nowhere when the site has no address. */
void site_relative(const struct site_run *r, const struct site_item *it, const struct buf *html, struct buf *out);
/* Puts what a copy has to say of itself on a page. */
void site_note(const struct site_run *r, const struct site_item *it, struct pub *p, struct buf *page);
/* site_write.c: all of it, in a worker. */
void site_write(struct site_run *r);
struct site_memory *site_memory_free(struct site_memory *m);

#endif
