/* SPDX-License-Identifier: GPL-3.0-or-later */
/* hook.h: what other people's programs are told, each in its own shape.  Pure: a story goes in, a request comes out.
 *
 * A shape is a file hook_NAME.c with one `const struct hook_shape`, and its word in hook.c; the words of the configuration
 * (CONF_HOOK_FORMATS) are in the same order.  Whatever the shape, a text is shortened to what the receiver takes and the link is not; bodies are
 * written from trees, so that no title can break them; names that would wake up a whole channel are told apart from text.
 *
 * Each request has the same `Idempotency-Key` (and X-Vigie-Delivery) at every try.  With a secret it is signed twice over the bytes of the body:
 * X-Vigie-Signature: t=SECONDS,v1=HEX is HMAC-SHA256 (RFC 2104) of "SECONDS.BODY", so that an old one cannot be sent again;
 * X-Hub-Signature-256: sha256=HEX is that of the body alone, as GitHub does it. */
#ifndef VIGIE_ANNOUNCE_HOOK_H
#define VIGIE_ANNOUNCE_HOOK_H

#include "announce/publication.h"
#include "channels/egress.h"
#include "model/sight.h"

enum { HOOK_MAX_BODY = 512 << 10, HOOK_MAX_HEADERS = 40, HOOK_ID_BYTES = 33, HOOK_CONCERNED_MOST = 30, HOOK_MAX_SUBJECT = 400 };

struct hook_story { /* everything is borrowed, and lives as long as the arena */
    struct arena *a;
    const struct conf_webhook *hook;
    const struct conf *conf;        /* titles of components */
    const struct publication *p;
    const struct bulletin *whole;   /* with all that was said of it until then */
    const struct sight *sight;      /* how everything is now; NULL: not known (then there is no statuspage) */
    const char *lang, *base, *site, *link; /* base: "https://status.example.org"; link: of the bulletin */
    const char *subject;            /* "Over: Mail is slow" */
    const char *said, *plain, *html; /* what was said: Markdown, as plain text, as HTML; "" */
    const char *line;               /* all of it in one line that ends with the link */
    const char *id;                 /* the same at each try */
    const char *component;          /* statuspage: it is about a change of this one alone; NULL */
    int64_t now_ms;
    bool test;                      /* somebody tries whether it works */
};
struct hook_made {
    const char *method, *url, *type;
    struct buf body;
    struct httpc_header headers[HOOK_MAX_HEADERS];
    int n_headers;
};
struct hook_shape {
    const char *name; /* as in the configuration */
    bool apart;       /* changes of components are told in requests of their own, too */
    void (*make)(const struct hook_story *s, struct hook_made *m);
};
extern const struct hook_shape *const hook_shapes[]; /* by enum conf_hook_format, NULL-ended */

/* The whole request; hook_made_done() afterwards. ERR_INVALID: it does not fit. */
int hook_make(const struct hook_story *s, struct hook_made *m, struct err *e);
void hook_made_done(struct hook_made *m);
/* The id of a delivery from what makes it one of its kind (the unique key of its row): 32 hexadecimal digits. */
void hook_id(const char *unique, char out[HOOK_ID_BYTES]);
/* Hexadecimal HMAC-SHA256 of the body, after "SECONDS." unless at_s is negative. */
void hook_sign(const char *secret, int64_t at_s, const char *body, size_t n, char out[65]);

/* ---- for shapes ---- */
struct hook_change { /* of a component, by what is told */
    enum level before, level;
};
struct hook_change hook_change_of(const struct publication *p, const char *component);
const char *hook_event(const struct publication *p, struct arena *a); /* "incident.opened" */
const char *hook_title(const struct hook_story *s, const char *component);
enum level hook_level(const struct hook_story *s); /* how bad it is now: OPERATIONAL when it is over */
int hook_colour(enum level l);                     /* 0xrrggbb, the site's own */
const char *hook_concerned(const struct hook_story *s); /* "Website (Down), Mail (Works)"; "" */
/* At most so many characters (code points), cut at a word with "…". In the arena. */
const char *hook_short(struct arena *a, const char *text, size_t most);
void hook_header(struct hook_made *m, const char *name, const char *value);
void hook_put_json(struct hook_made *m, const struct hook_story *s, const struct doc *d);
/* Fills ${names} in; how: as `type` needs it (JSON strings, forms, or as it is). An unknown name stays as it is written. */
enum hook_escape { HOOK_PLAIN, HOOK_JSON, HOOK_FORM };
enum hook_escape hook_escape_of(const char *type);
struct hook_name {
    const char *name, *value;
};
void hook_fill(struct buf *out, const char *text, const struct hook_name *names, int n, enum hook_escape how);
/* The names of a story, NULL-ended. */
enum { HOOK_NAMES = 20 };
int hook_names(const struct hook_story *s, struct hook_name out[HOOK_NAMES]);

#endif
