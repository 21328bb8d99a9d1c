/* SPDX-License-Identifier: GPL-3.0-or-later */
/* web_priv.h: what the pages share: one request being answered, and the web's own state. */
#ifndef VIGIE_WEB_WEB_PRIV_H
#define VIGIE_WEB_WEB_PRIV_H

#include "base/msg.h"
#include "base/vec.h"
#include "web/html.h"
#include "web/web.h"

enum { WEB_MAX_LISTENERS = 32, WEB_MAX_PAGE = 32 << 20, WEB_MAX_STREAMS = 200 };

struct live; /* live.c: open event streams and what changed */
struct shown; /* public.c: what is published, and kept answers */

struct web {
    struct house *h;
    struct live *live;
    bool public_only[WEB_MAX_LISTENERS];
    bool stopped;
    struct timer publish;      /* the public page is rebuilt a moment after a change, once */
    struct timer publish_tick; /* and every few seconds, for its clock: what is seen too long ago is unknown */
    struct local_user {        /* whoever asked last over the local socket; asked of /etc/passwd once a minute at most */
        unsigned uid;
        int64_t until_ms;      /* mono */
        char name[40];
    } local_user;
    struct shown *shown;
    struct site *site;
    char assets_version[12];   /* in the addresses of /static/…: hash of all assets */
};

struct page { /* lives in the request's arena until answered */
    struct web *web;
    struct house *h;
    struct httpd_request *rq;
    struct principal who;
    const char *lang;          /* "en", "fr" */
    const char *theme;         /* "light", "dark", NULL: as the system */
    const char *client;        /* address of the client, behind trusted proxies */
    bool secure;               /* came by https (a trusted proxy said so) */
    struct moment now;
    struct buf html;
    struct httpd_header headers[16]; /* of the answer */
    int n_headers;
    const char *title;         /* of the document */
    const char *about;         /* the host or check that the page is about, "web1/http"; NULL: none */
    int status;                /* 200 unless set */
    void *user;                /* of the page that answers, across its operations */
};
typedef void page_fn(struct page *p);
struct page_row {
    const char *method, *path; /* "/console/host/{name}"; a last "{rest}" takes all that follows */
    enum role role;            /* ROLE_NONE: nobody needs to be logged in */
    bool form;                 /* POST: the CSRF token in `csrf` is checked before */
    page_fn *run;
};
/* Tables of the files, each ended by a zeroed row; web.c joins them. */
extern const struct page_row console_pages[], login_pages[], live_pages[], account_pages[], oidc_pages[];

/* A path segment taken by "{name}" of the row, decoded; NULL when the row has none. */
const char *page_part(const struct page *p, const char *name);
const char *page_param(const struct page *p, const char *name); /* form field, else query; NULL */
/* The path of this page as a link needs it: percent-encoded by segment. */
const char *page_here(const struct page *p);
void page_header(struct page *p, const char *name, const char *value);
/* Answers; p is gone afterwards. */
void page_send(struct page *p, int status, const char *type);
const char *page_way(const char *where);                /* where when it is a path of our own, else "/console" */
void page_redirect(struct page *p, const char *where); /* 303, to page_way() */
void page_error(struct page *p, int status, const char *msgid); /* a whole page in the reader's language */
bool page_none(struct page *p, const char *said);               /* page_none.c: the 404 of visitors; false: too much is asked for */
void page_cookie(struct page *p, const char *name, const char *value, int64_t max_age_s, bool http_only);
/* Runs an operation for this reader; fn gets the page back (status and reply as op_done has them). */
void page_op(struct page *p, const char *op, const struct doc *params, void (*fn)(struct page *p, int status, const struct doc *reply));

/* The headers that every answer carries; returns how many. */
enum { WEB_SAFE_HEADERS_MOST = 8 };
int web_safe_headers(struct httpd_header *out);

/* api.c */
void api_handle(struct page *p);

/* login.c: the frame of the door, to <h1> and from </main>. */
void door_open(struct page *p, const char *title);
void door_close(struct page *p);
void login_refused(struct page *p, const struct err *e); /* the form again, with what is wrong */
void login_let_in(struct page *p, const char *secret, const char *next);

/* page_oidc.c: a button for the log-in page, when there is a provider; what whoever logged in by one reads on leaving (false: nothing). */
void oidc_button(struct page *p, const char *next);
bool oidc_farewell(struct page *p);

/* parts.c: the frame of the console's pages. */
void parts_open(struct page *p, const char *title, const char *section); /* doctype to <main> */
void parts_close(struct page *p);

/* assets.c: publishes /static/…, favicon, and gives the version. */
void assets_publish(struct web *w);

/* public.c */
struct shown *shown_new(struct web *w);
void shown_stop(struct shown *s);
struct shown *shown_free(struct shown *s);
void shown_event(struct shown *s, const struct event *e);
void shown_reconf(struct shown *s);
struct past *shown_past(struct shown *s);
/* Publishes what everybody may read; returns in how many ms it has to be looked at again, at most 10 s. */
int64_t public_publish(struct web *w);
bool public_route(struct page *p);  /* answers what the public may ask for; false: it is something else */
bool public_moved(struct page *p);  /* answers with the new place of an address from elsewhere; false: it is none */

/* page_websub.c */
bool websub_route(struct page *p); /* the hub of our feeds; false: it is something else */
/* public.c: the address of this site, as configured, else as it was asked for (rq may be NULL). */
const char *public_base(const struct web *w, struct arena *a, const struct httpd_request *rq);

/* page_subscribe.c */
bool subscribe_route(struct page *p); /* answers what the public does about its mails; false: it is something else */

/* page_federation.c */
bool federation_route(struct page *p); /* answers other servers of the fediverse; false: it is something else */

/* Strangers share a part of each second of the main loop: is there any left, and so much of it was taken. */
bool shown_may_render(struct shown *s, int64_t now_us);
void shown_rendered(struct shown *s, int64_t us);

/* others.c: interfaces of other tools; false: it is none of them. */
bool others_read(struct page *p);  /* what everybody may read */
bool others_write(struct page *p); /* with a token */

/* live.c */
struct live *live_new(struct web *w);
struct live *live_free(struct live *l);
void live_event(struct live *l, const struct event *e);

#endif
