/* SPDX-License-Identifier: GPL-3.0-or-later */
/* import_priv.h: what the importers share: reading lines and words with their numbers, and gathering hosts and checks.
 *
 * An importer says what there is (import_host, import_check, import_set) in the order of its file, and what it leaves out
 * (import_note); names, quoting, ceilings and the proof that it loads are not its concern.  Nothing returned here is NULL
 * unless said; past a ceiling what is added is dropped, and said once. */
#ifndef VIGIE_CONFIG_IMPORT_PRIV_H
#define VIGIE_CONFIG_IMPORT_PRIV_H

#include "base/doc.h"
#include "base/map.h"
#include "base/msg.h"
#include "base/str.h"
#include "base/vec.h"
#include "config/conf_int.h"
#include "config/import.h"

enum { IMPORT_MAX_DEPTH = 16, IMPORT_MAX_WORDS = 256 };

struct import_item { /* something printed on a line of its own, which may have to go again */
    unsigned line;    /* in the foreign file */
    unsigned printed; /* line of ours */
    bool dropped;
    const char *what; /* for the note */
};
struct import_key {
    struct import_item item;
    const char *key;
    struct doc *value;
};
struct import_check {
    struct import_item item;
    const struct conf_kind *kind;
    struct doc *opts;
    struct import *im;
};
struct import_host {
    struct import_item item;
    const char *name;
    const char *address; /* NULL: none */
    VEC(struct import_key *) keys;
    VEC(struct import_check *) checks;
    bool pinged, remote; /* the source pings it; it is another machine */
};
struct import_contact {
    struct import_item item;
    const char *name, *mail;
};
struct import {
    const struct conf_env *env;
    const struct importer *as;
    const struct conf_file *file, *beside;
    struct arena *arena;
    VEC(struct import_host *) hosts;
    VEC(struct import_contact *) contacts;
    VEC(struct import_note) notes;
    struct map host_by_name, contact_by_name;
    int more_notes, things;
    struct err *e; /* set: this is not such a file */
    bool failed;
};

/* ---- reading */
struct import_lines {
    struct str rest;
    unsigned line;    /* of the one that was read */
    unsigned next;    /* of the one to come */
    bool joins;       /* a backslash at the end joins lines */
};
struct import_lines import_lines(const struct import *im, bool joins);
/* The next line without its end, in the arena when joined; false at the end. */
bool import_line(struct import *im, struct import_lines *l, struct str *ret_line);
/* Splits at blanks; "…" and '…' hold together, a backslash takes the next character inside "…". A comment sign ends it when it
 * begins a word (0: none). At most IMPORT_MAX_WORDS. */
int import_words(struct import *im, struct str line, char comment, const char **words);
/* The tree of YAML or JSON; NULL after failing. file: im->file or im->beside. */
const struct node *import_tree(struct import *im, const struct conf_file *file);
const char *import_text(const struct node *map, const char *key); /* of a mapping's text; NULL: none, or null */
unsigned import_at(const struct node *n); /* its line; 0 for NULL */
/* The whole file is not what it should be. */
void import_fail(struct import *im, unsigned line, const char *msgid, const char *types, ...);

/* ---- telling and gathering */
void import_note(struct import *im, unsigned line, const char *msgid, const char *types, ...);
const char *import_name(struct import *im, const char *text); /* usable as a name */
/* Found or made. address NULL: none. The same name with another address is another host. */
struct import_host *import_host(struct import *im, unsigned line, const char *name, const char *address);
/* Found by what import_name makes of it; NULL: none. */
struct import_host *import_find_host(struct import *im, const char *name);
/* The machine on which the other monitor ran. */
struct import_host *import_local(struct import *im, unsigned line);
void import_key(struct import *im, struct import_host *h, unsigned line, const char *key, const char *text); /* title, notes */
void import_add(struct import *im, struct import_host *h, unsigned line, const char *key, const char *text);  /* to the list: parents, groups, contacts */
void import_label(struct import *im, struct import_host *h, unsigned line, const char *key, const char *text);
/* A contact named by its mail address, or by name; gives its name, NULL when that is no address (told). */
const char *import_contact(struct import *im, unsigned line, const char *name, const char *mail);
bool import_has(const struct import *im, const char *kind);
/* kind: what this build has is taken, else it is told and what is set goes nowhere. value: of the short form; NULL: none. */
struct import_check *import_check(struct import *im, struct import_host *h, unsigned line, const char *kind, const char *value);
/* The ping of a host: its own check, or a further one. */
struct import_check *import_ping(struct import *im, struct import_host *h, unsigned line);
/* A port: the kind whose protocol it usually is when this build has it, else tcp. */
struct import_check *import_port(struct import *im, struct import_host *h, unsigned line, const char *protocol, int64_t port);
/* Options; a key with dots is nested. What the kind does not know is told. */
void import_set(struct import_check *c, unsigned line, const char *key, const char *text);
void import_set_more(struct import_check *c, unsigned line, const char *key, const char *text); /* one more of a list */
void import_set_pair(struct import_check *c, unsigned line, const char *key, const char *name, const char *text); /* of a mapping */
void import_set_ms(struct import_check *c, unsigned line, const char *key, int64_t ms); /* kept within what is allowed */
void import_set_token(struct import_check *c, unsigned line, const char *text); /* of a heartbeat */
bool import_is_set(const struct import_check *c, const char *key);
bool import_knows(const struct import_check *c, const char *key); /* has such an option */
/* A command line that is no plugin yet: a plugin check. */
struct import_check *import_plugin(struct import *im, struct import_host *h, unsigned line, const char *name, const char *command);
/* http, https, tcp://h:p … of another monitor: host of a URL, without brackets; NULL when it has none. */
const char *import_url_host(struct import *im, const char *url);
int64_t import_url_port(const char *url); /* 0: none */
bool import_is_address(const char *text);
/* The protocol that is usual at a port; NULL: none that we know. */
const char *import_protocol(int64_t port);

/* ---- printing (import_print.c) */
void import_print(struct import *im, struct buf *out);
/* Prints, loads, leaves out what does not pass, until it does. */
int import_prove(struct import *im, struct buf *out, struct err *e);

#endif
