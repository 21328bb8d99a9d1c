/* SPDX-License-Identifier: GPL-3.0-or-later */
/* script.h: the send/expect engine: protocols that begin with a dialogue are rows of data, not C.
 *
 * A row (struct script) is a list of steps.  A step says something, hears one unit (a line, a numbered reply, a frame),
 * demands a capability or begins TLS.  What is heard is matched, refusals that mean something get their own sentence,
 * and parts of it are kept as named values, from which the sentence and the figures of the result are made.  Texts that
 * are sent may hold escapes (\r \n \t \0 \\ \xHH) and macros: {host} {user} {password} {name} {self}, and blocks that
 * put their length in front: {u16:…}, see text.c.
 * Files: read.c finds and takes apart units (pure, fuzzed), text.c expands, talk.c plays the steps, script.c is the
 * probe around them, judge.c makes the result, rows_*.c are the rows, rows_user.c those of the configuration. */
#ifndef VIGIE_CHECKS_SCRIPT_H
#define VIGIE_CHECKS_SCRIPT_H

#include "checks/dial.h"

enum { SCRIPT_MAX_HEARD = 64 * 1024, SCRIPT_MAX_SAID = 16 * 1024, SCRIPT_MAX_TAKES = 8, SCRIPT_MAX_VALUES = 24,
       SCRIPT_MAX_STEPS = 64, SCRIPT_MAX_PASSED = 1000, SCRIPT_QUOTE = 160, SCRIPT_LEVELS = 3 };

enum script_op {
    SCRIPT_END = 0,
    SCRIPT_SEND,   /* text */
    SCRIPT_LINE,   /* hears a line */
    SCRIPT_REPLY,  /* hears a numbered reply: "250-…" until "250 …" */
    SCRIPT_LINES,  /* hears lines until one begins with one of `until` */
    SCRIPT_TEXT,   /* hears until `want` (or a refusal) is in it */
    SCRIPT_ZERO,   /* hears up to a NUL byte */
    SCRIPT_BYTES,  /* hears `size` bytes */
    SCRIPT_FRAME,  /* hears a frame whose length stands in its head */
    SCRIPT_SOME,   /* hears whatever there is: a datagram */
    SCRIPT_ALL,    /* hears until the peer closes */
    SCRIPT_NEED,   /* text must be among the values named `capabilities` */
    SCRIPT_SECURE, /* TLS begins */
};
enum script_match { SCRIPT_BEGINS = 0, SCRIPT_CONTAINS, SCRIPT_REGEX, SCRIPT_ANY };
enum script_framing { SCRIPT_MYSQL, SCRIPT_POSTGRES, SCRIPT_AMQP, SCRIPT_PKT, SCRIPT_VNC, SCRIPT_BULK, SCRIPT_BER };
/* Conditions of a step. */
enum { IF_USER = 1, IF_PASSWORD = 2, IF_STARTTLS = 4, IF_NAME = 8, IF_SECURE = 16 /* TLS is spoken */, IF_UPGRADED = 32 /* since STARTTLS */, IF_UDP = 64 };

enum script_how {
    TAKE_LINE = 1, /* the first line, from byte `at` */
    TAKE_LAST,     /* the last line, from byte `at` */
    TAKE_LIST,     /* each line that begins with `what` (NULL: every), from byte `at` of it, but the last when `but_last` */
    TAKE_AFTER,    /* from the end of `what` to the end of that line or a NUL */
    TAKE_GROUP,    /* group 1 of the regular expression `what` */
    TAKE_ZTEXT,    /* the NUL-terminated text at `at` */
    TAKE_U8, TAKE_U16LE, TAKE_U32, /* the number at `at` */
    TAKE_LONG,     /* AMQP's and others': after `what` a u32 length and so many bytes */
    TAKE_COUNT,    /* number of lines that begin with `what` */
    TAKE_MATCHES,  /* how often the regular expression `what` fits */
    TAKE_MANY,     /* group 1 of each fit of the regular expression `what`, a line each */
    TAKE_IS,       /* `as`, when the regular expression `what` fits */
    TAKE_ALL,      /* everything, from byte `at` */
};
struct script_take {
    const char *name;
    enum script_how how;
    const char *what;
    int at;
    bool but_last;
    const char *as;
};
/* When `with` is in what was heard ("^…": at its beginning), the dialogue ends with this state and sentence; {1} is what
 * was heard, as one line.  STATE_OK: it is as good as what was wanted. */
struct script_refusal {
    const char *with;
    enum state state;
    const char *say; /* MSG() */
    int skip;         /* {1} begins after so many bytes */
    const char *from; /* {1} begins after this, when it is there, and ends with a NUL */
};
struct script_step {
    enum script_op op;
    int when, unless;  /* IF_… : all must hold; none may */
    const char *text;  /* SEND, NEED */
    bool secret;       /* what is sent is not shown */
    const char *want;  /* alternatives parted by "|"; REGEX: one expression */
    enum script_match match;
    int at;            /* BEGINS: from this byte on */
    const char *until; /* LINES */
    bool pass;         /* LINE: other lines are passed over */
    bool optional;     /* another unit than the wanted one is left to the next step */
    const char *ping, *pong; /* LINE: such lines are answered; {rest} is what follows */
    size_t size;       /* BYTES */
    enum script_framing framing;
    struct script_take take[SCRIPT_MAX_TAKES];
    const struct script_refusal *refusals;
    int64_t timeout_ms; /* of this step; 0: that of the check */
};
/* A piece of the sentence; left out when its value was not heard. {1} is the value. */
struct script_piece {
    const char *value;
    const char *say; /* MSG(); NULL: the value itself */
    bool bytes;      /* it is a number of bytes */
};
/* A value that must be so when it was heard, else this state and sentence ({1} is the value). */
struct script_must {
    const char *value, *wanted;
    enum state state;
    const char *say; /* MSG() */
};
/* A figure: of the value with this name; level: which of opts->level judges it, or -1. */
struct script_figure {
    const char *value, *label, *unit;
    int level;
    int (*read)(const char *text, int64_t now_ms, double *ret); /* NULL: a number */
    const char *say; /* MSG() when a threshold is crossed: {1} the value, {2} the limit */
};
struct script {
    const char *word;
    int port, tls_port;   /* tls_port: TLS from the first byte */
    bool udp, starttls;   /* starttls: `tls: starttls` is the default */
    const char *name;     /* by_default of {name} */
    const struct script_step *steps;
    const struct script_piece *says;
    const struct script_figure *figures;
    const struct script_must *musts;
    const char *notable;  /* capabilities worth a word, parted by "|" */
    bool words;           /* capabilities are parted by blanks, not by lines */
    const char *quit;     /* said before leaving */
    bool numbers;         /* values that are numbers are figures */
    bool lone_password;   /* a password needs no user */
};
enum { SCRIPT_TLS_AUTO, SCRIPT_TLS_NO, SCRIPT_TLS_START, SCRIPT_TLS_YES };
struct script_opts { /* of all rows; each shows what it has */
    const struct script *script;
    const char *target, *server_name, *user, *password, *name, *self;
    int tls;
    bool verify, udp;
    struct conf_level warn, crit, days_warn, days_crit;
    struct conf_level level[SCRIPT_LEVELS][2]; /* warn, crit */
    const char *version, *role, *expect; /* must be in the values “version”, “role”, “text” */
    struct conf_texts require;  /* capabilities */
    const char *send, *hex, *quit;  /* udp and script */
    struct conf_list steps;         /* script */
    const char *host; /* from target; NULL: the host's address */
    int port;
};

/* ---- text.c */
struct script_scope {
    const char *host, *user, *password, *name, *self;
    char unique[12]; /* another one each time */
    struct str rest;
};
/* Escapes and macros. ERR_INVALID: a macro that there is not, or a block that does not end. */
int script_expand(struct buf *out, const char *text, const struct script_scope *s);

/* ---- read.c: pure */
struct script_unit {
    size_t n;       /* bytes of the unit */
    size_t body;    /* where its text begins */
    size_t match;   /* where what matched ends */
};
/* Is the unit of the step there? 0 and *ret, 1 when more must come, or ERR_PROTOCOL, ERR_LIMIT. closed: no more will come. */
int script_scan(const struct script_step *s, const char *p, size_t n, bool closed, struct script_unit *ret);
/* The first alternative of a list parted by "|" with which p begins (or which it contains): its end, or 0. */
size_t script_matches(enum script_match how, const char *want, const char *p, size_t n);
const struct script_refusal *script_refused(const struct script_step *s, const char *p, size_t n);
/* Adds what it finds to out; false: nothing. */
bool script_take(const struct script_take *t, const char *p, size_t n, struct buf *out);

/* ---- talk.c: one dialogue */
enum { SCRIPT_MORE = 0, SCRIPT_READY = 1 /* TLS is due */, SCRIPT_DONE = 2, SCRIPT_FAILED = 3 /* the attempt has its text */ };
struct script_value {
    const char *name, *text;
};
struct script_talk {
    struct attempt *a;
    const struct script *script;
    struct script_scope scope;
    int (*write)(void *arg, const void *p, size_t n);
    void *arg;
    struct buf heard;
    int step, flags, passed; /* passed: lines passed over, or answered */
    bool closed, secure;
    const char *said;   /* the last line that was said, for sentences; NULL */
    const struct script_step *waiting; /* the step that wants to hear */
    struct script_value values[SCRIPT_MAX_VALUES];
    int n_values;
};
void script_talk_init(struct script_talk *t, struct attempt *a, const struct script *s, int flags, int (*write)(void *, const void *, size_t),
                      void *arg);
int script_talk_go(struct script_talk *t);                              /* after it was opened, and after TLS began */
int script_talk_hear(struct script_talk *t, const char *p, size_t n);
int script_talk_closed(struct script_talk *t);                          /* the peer will say no more */
void script_talk_say(struct script_talk *t, const char *text);          /* out of turn */
void script_talk_late(struct script_talk *t);                           /* says what did not come */
void script_talk_done(struct script_talk *t);
const char *script_value(const struct script_talk *t, const char *name); /* NULL */
void script_value_set(struct script_talk *t, const char *name, const char *text);
/* Is the requirement ("STARTTLS", "AUTH PLAIN") met by a list of capabilities? */
bool script_capable(const char *list, bool words, const char *requirement);

/* ---- judge.c */
void script_judge(struct script_talk *t, const struct script_opts *o, const struct tls_info *tls);

/* ---- the part before STARTTLS, for other probes
 * smtp, submission, lmtp, imap, pop3, managesieve, ftp, nntp, xmpp, ldap, postgres, mysql.  The caller connects with a dial, calls _start() from on_open, _data() from on_data,
 * _end() from on_end (while it is not ready) and _late() from late(), _done() from stop().  SCRIPT_READY: call
 * dial_secure() now.  SCRIPT_FAILED: the attempt has its state and text; call attempt_done(). */
const struct script *script_starttls_find(const char *protocol); /* NULL: there is none */
struct script_talk *script_starttls_new(struct attempt *a, const struct script *s, struct dial *d, const char *host);
int script_starttls_start(struct script_talk *t);
int script_starttls_data(struct script_talk *t, const char *p, size_t n);
int script_starttls_end(struct script_talk *t, int code, const struct err *e); /* always SCRIPT_FAILED */
void script_starttls_late(struct script_talk *t);
void script_starttls_done(struct script_talk *t); /* NULL: nothing */

#endif
