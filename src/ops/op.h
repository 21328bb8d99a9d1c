/* SPDX-License-Identifier: GPL-3.0-or-later */
/* op.h: operations: one row each = HTTP route + command-line verb + permission + documentation.
 *
 * A row is found by name (web pages), by method and path (the API) or by its words (the command line, which talks
 * HTTP over the local socket).  Parameters are checked against the row before run() is called; the API description,
 * `--help`, the manual pages and shell completion are printed from the rows.  run() answers by op_reply() or
 * op_error(), at once or later, exactly once; everything happens on the main loop, which no answer holds for over 2 ms:
 * one that grows with what is watched goes in slices (op_slices()) or is made by a worker. */
#ifndef VIGIE_OPS_OP_H
#define VIGIE_OPS_OP_H

#include "auth/auth.h"
#include "base/buf.h"
#include "base/doc.h"
#include "base/err.h"
#include "ops/house.h"

enum op_type { OP_TEXT = 1, OP_INT, OP_BOOL, OP_TIME /* RFC 3339 or "+2h", "22:00" */, OP_DURATION /* "2h" → ms */,
               OP_WORD, OP_TARGET /* "web1" or "web1/http" */, OP_TARGETS /* a list of those */, OP_TEXTS, OP_SECRET, OP_OBJECT,
               OP_PROSE /* a long text, with lines */, OP_WORDING /* such a text, or texts by language: {"en": …} */,
               OP_MAIL /* the body of the request itself: message/rfc822; on the command line the standard input */ };
enum op_param_flags { OP_REQUIRED = 1, OP_IN_PATH = 2, OP_WORDS = 4 /* positional on the command line */,
                      OP_NOT_CLI = 16 /* no option of the command line */, OP_CLI_ONLY = 32 /* the command line’s own: never sent */,
                      OP_PAST = 64 /* a time of day is the last one, not the next */,
                      OP_HERE = 128 /* a path: the command line makes it whole, from where it stands */,
                      OP_ASK = 8 /* the command line asks for it, hidden for secrets, when it is missing */ };
struct op_param {
    const char *name;
    enum op_type type;
    int flags;
    char letter;              /* -m; 0: none */
    const char *const *words; /* OP_WORD */
    const char *help;         /* MSG() */
    const char *by_default;   /* for the documentation */
};
enum op_flags {
    OP_WRITE = 1,       /* changes something: needs CSRF from the web, is audited, refused to read scopes */
    OP_PUBLIC = 2,      /* needs no role (heartbeat URL, its own token) */
    OP_LOCAL = 4,       /* only over the local socket */
    OP_ANY_TYPE = 8,    /* run() sets call->raw instead of a tree (/metrics, openapi) */
    OP_FAMILY = 16,     /* the first word of its verb alone does it, too: "incident" is "incident list" */
};
struct op_call;
struct op {
    const char *name;         /* "ack" */
    const char *method, *path; /* "POST", "/api/v1/ack"; "{host}" takes a segment */
    const char *verb;         /* "ack", "conf show"; NULL: none */
    enum role role;
    int flags;
    const char *help;         /* MSG(): one line */
    const char *more;         /* MSG() or NULL: a paragraph */
    const char *example;      /* of the command line, without "vigie " */
    const struct op_param *params; /* ends with a zeroed row */
    void (*run)(struct op_call *c);
};
extern const struct op *const ops[]; /* NULL-terminated, in the order of the manual */

typedef void op_done(void *arg, int status /* HTTP */, const struct doc *reply /* or {"error":…} */, const struct op_call *c);
typedef bool op_step(struct op_call *c);
struct op_call {
    const struct op *op;
    struct house *house;
    struct principal who;     /* texts copied into the arena */
    const char *lang;         /* "en", "fr": for messages in the reply */
    const char *address;      /* of the client, for the audit */
    struct arena *arena;      /* of the call; freed after done() */
    struct doc *params;       /* checked and typed: TIME and DURATION are INT ms; TARGETS a list of texts */
    struct moment now;
    const char *raw, *raw_type; /* an answer that is text already: bytes of the arena, or those of `text` */
    size_t raw_bytes;
    struct buf *text;         /* the answer as it is being written; whoever is told may take what is in it */
    op_step *step;            /* see op_slices() */
    struct timer slice;
    void *user;               /* run()'s own, across its callbacks */
    void (*undo)(struct op_call *c); /* takes back what run() did when it cannot be kept; NULL: nothing to take back */
    op_done *done;
    void *arg;
    struct op_call *next, **at; /* among the house's calls */
};

const struct op *op_find(const char *name);
/* By route; fills path parameters into params. ERR_NOT_FOUND, or ERR_UNSUPPORTED when the path exists with another
 * method (ret_allow: "GET, POST"). */
int op_route(const char *method, const char *path, struct arena *a, struct doc *params, const struct op **ret_op, char *ret_allow, size_t allow_bytes);
/* Checks role, scope and parameters, then runs. done is called exactly once, perhaps at once.
 * raw_params: as read (texts allowed for every type, as from a form or query); who and texts are copied. */
void op_run(struct house *h, const struct op *op, const struct doc *raw_params, const struct principal *who, const char *lang,
            const char *address, op_done *done, void *arg);

/* What a demonstration says to whoever would change something: ERR_DENIED. */
int op_demo_refuses(struct err *e);

/* The end of the house.  First nobody is answered any more: whoever asked is about to go.  Then, when nothing can call
 * back any more, the calls go whose answer never came. */
void op_hush(struct house *h);
void op_forget(struct house *h);

/* For run(). */
void op_reply(struct op_call *c, struct doc *reply);                  /* 200 */
void op_raw(struct op_call *c, const char *type, const char *p, size_t n);
void op_error(struct op_call *c, int code, const struct err *e);      /* ERR_* → 4xx/5xx with {"error":{code,message,field}} */
void op_fail(struct op_call *c, int code, const char *field, const char *msgid, const char *types, ...);
int op_http_status(int code);
/* An answer that grows with what is watched is written to c->text in slices: step adds a little (far less than 1 ms), and
 * returns true while there is more; in the end it answers by op_raw_text() and returns false. */
void op_slices(struct op_call *c, op_step *step);
void op_put_json(struct op_call *c, const struct item *it); /* the shape of op_put_item() as JSON, to c->text */
void op_raw_text(struct op_call *c, const char *type);      /* 200 with what is in c->text */
/* Writes an audit row and answers when everything until now is durable. */
void op_reply_durable(struct op_call *c, struct doc *reply, const char *action, const char *target, const char *detail);
/* Item of a "host/check" or "host" text, or an answered error and NULL. */
struct item *op_target(struct op_call *c, const char *target);

/* The API description (OpenAPI 3.1), made from the rows. */
void op_openapi(struct doc *out, const char *lang);

/* Shapes shared with the pages (see DESIGN section 7). */
void op_put_item(struct doc *list_or_obj, const struct item *it, const struct house *h);
void op_put_timings(struct doc *o, const struct timings *t); /* "timings_us": {lookup, connect, …, total}: those that are */
void op_put_summary(struct doc *obj, const struct house *h);
/* "configuration": {errors, since, file, line, message} while the files are wrong; else nothing. */
void op_put_conf_wrong(struct doc *obj, const struct house *h);
/* "warnings": [{file, line, column, message}]: what the configuration in force allows itself and hardly means. */
void op_put_conf_warnings(struct doc *obj, const struct house *h);

#endif
