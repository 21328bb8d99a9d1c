/* SPDX-License-Identifier: GPL-3.0-or-later */
/* telling.h: the words of a publication, for any way: a subject, plain text, HTML, its calendar, and a short line whose link is never cut off. */
#ifndef VIGIE_ANNOUNCE_TELLING_H
#define VIGIE_ANNOUNCE_TELLING_H

#include "announce/publication.h"

struct telling_env {
    struct model *model;
    const char *machine_name, *address; /* of the console, when the site has no url; may still be empty */
    const struct zone *(*zone)(void *arg);
    void *arg;
    /* How texts are rendered: the pages' own ways. NULL: as they were written; no calendar. */
    void (*markdown_html)(struct buf *out, const char *text, int heading);
    void (*markdown_plain)(struct buf *out, const char *text);
    void (*calendar)(void *arg, const struct bulletin *b, const char *lang, struct buf *out);
};
const struct conf *telling_conf(const struct telling_env *t);
const char *telling_base(const struct telling_env *t, char *out, size_t n);   /* "https://status.example.org" */
const char *telling_domain(const struct telling_env *t, char *out, size_t n); /* of mail addresses and ids */
void telling_site(const struct telling_env *t, const char *lang, struct buf *out);
void telling_link(const struct telling_env *t, const struct bulletin *b, const char *lang, struct buf *out); /* the permanent one */

struct telling_text { /* owned */
    char *subject, *plain, *html, *calendar; /* calendar NULL: none */
};
void telling_render(const struct telling_env *t, const struct publication *p, const char *lang, struct telling_text *ret);
void telling_text_done(struct telling_text *t);
/* "Over: Mail is slow. We have replaced the disk. https://…", in at most so many characters (code points) and bytes: the text is shortened, never the link. */
void telling_line(const struct telling_env *t, const struct publication *p, const char *lang, size_t most_chars, size_t most_bytes, struct buf *out);
/* A title and a text below it, each cut to so many bytes: subject, and for planned work when it is, what was said, or how it stands. */
void telling_short(const struct telling_env *t, const struct publication *p, const char *lang, size_t most_title, size_t most_body, struct buf *title, struct buf *body);
void html_escape(struct buf *out, const char *text);

#endif
