/* SPDX-License-Identifier: GPL-3.0-or-later */
/* schema.h: configuration options as rows of typed tables.
 *
 * A row carries everything that is known of an option: its type, range, unit, default and help.  Reading,
 * errors, `conf doc`, the manual and completion are printed from it.  A table ends with a zeroed row. */
#ifndef VIGIE_CONFIG_SCHEMA_H
#define VIGIE_CONFIG_SCHEMA_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include <stdbool.h>
#include <stdint.h>

enum conf_type {
    CONF_TEXT = 1, /* const char * */
    CONF_INT,      /* int64_t */
    CONF_REAL,     /* double */
    CONF_BOOL,     /* bool; yes/no/true/false/on/off */
    CONF_DURATION, /* int64_t ms; "30s"; a bare number is seconds */
    CONF_BYTES,    /* int64_t */
    CONF_WORD,     /* int: index into row->words */
    CONF_REGEX,    /* const char *; must compile with PCRE2 */
    CONF_SECRET,   /* const char *; a text, or { file: PATH } read when loaded; masked whenever printed */
    CONF_URL,      /* const char *; http or https */
    CONF_PORT,     /* int64_t 1..65535 */
    CONF_ADDRESS,  /* const char *; an IP address or a host name */
    CONF_TEXTS,    /* struct conf_texts; a list, or one text */
    CONF_PAIRS,    /* struct conf_pairs; a mapping of texts (headers, labels, names by language: conf_pairs_lang()) */
    CONF_LIST,     /* struct conf_list; a list of mappings of texts, whose keys are those of `rows` (steps of a script) */
    CONF_LEVEL,    /* struct conf_level; a threshold: Nagios range, "80%", "> 80 %", "< 5 GiB", "10ms"; with unit "/s", "bytes/s", "bit/s":
                    * "> 100/s", "> 5/min", "> 10 MB/s", "> 800 Mbit/s"; with CONF_MAYBE_RATE: that, or a number alone */
    CONF_STATUS,   /* struct conf_texts of "200", "2xx", "300-399" */
    CONF_GROUP,    /* nested rows, same struct (offsets are relative to the same base) */
    CONF_ITEMS,    /* struct conf_items; a list of mappings, each read by row->rows into row->item_bytes of its own */
    CONF_NODE,     /* for config/ itself: lists and mappings that it reads by hand (hosts, checks) */
    CONF_WAYS,     /* const struct conf_ways *; parents, a list or { any: … } or { all: … } (relations.h) */
    CONF_DEPENDS,  /* const struct conf_depends *; a target or a list of them (relations.h) */
};
struct conf_texts {
    const char *const *at;
    int n;
};
struct conf_pairs {
    const char *const *keys;
    const char *const *values;
    int n;
};
struct conf_items {
    const void *at; /* n structs */
    int n;
};
struct conf_list {
    const struct conf_pairs *at;
    int n;
};
/* A threshold. set: given at all. Alert when the value lies outside [low, high] (or inside, with `inside`).
 * percent: the figure is a share of the whole; else it is in the row's unit (bytes, ms, s, …). */
struct conf_level {
    double low, high;
    bool set, inside, percent;
    bool rate; /* "/s" or such was written; the figure is per second */
    bool free; /* "free" or "left" was written: the figure is what remains, not what is used */
    const char *text; /* as written */
};
#define CONF_MAYBE_RATE "?/s" /* unit of a threshold that may be one of a rate: conf_level.rate says which was written */
enum conf_flags {
    CONF_REQUIRED = 1,
    CONF_POSITIONAL = 2, /* takes the value of the scalar form: `tcp: 22`, `http: https://…` */
    CONF_HIDDEN = 4,
    CONF_ELSEWHERE = 1 << 11, /* read by hand before the rows are: here for the reference only */
};
struct conf_row {
    const char *key;
    enum conf_type type;
    size_t offset; /* of the member in the options struct */
    int flags;
    int64_t min, max;         /* INT, DURATION (ms), BYTES; both 0: no limit */
    const char *unit;         /* "ms", "%", "bytes"; NULL */
    const char *by_default;   /* as it would be written; NULL: none */
    const char *const *words; /* WORD: NULL-terminated */
    const struct conf_row *rows; /* GROUP, ITEMS (offsets within one item) */
    size_t item_bytes;           /* ITEMS */
    const char *help;    /* MSG() */
    const char *example; /* a YAML value; run by the tests */
};

/* What becomes of a problem: an alarm is told at once, a digest is gathered into one mail a week, context is shown and
 * kept but told to nobody. */
enum conf_class { CONF_ALARM, CONF_DIGEST, CONF_CONTEXT };
#define CONF_CLASSES "alarm", "digest", "context"
#define CONF_AREAS "reach", "web", "mail", "names", "tls", "messages", "databases", "files", "services", "devices", "agents", "machine", "results"

/* A kind of check, as config sees it (checks/ registers its probes; config knows no probe). */
struct conf_kind {
    const char *name;
    const char *alias; /* another word for it ("ping" for icmp); NULL */
    const char *help;  /* MSG(): one sentence, what it watches */
    const char *area;  /* one of CONF_AREAS, for lists: "web" */
    const char *example; /* the check as it stands in a list: "tcp: 22"; loaded by the tests, shown by `vigie check list` */
    enum conf_class klass; /* what its problems are by default */
    const struct conf_row *rows;
    size_t opts_bytes;
    /* Judges options that depend on each other, fills what is derived. May be NULL. host_address may be NULL. */
    int (*finish)(void *opts, struct arena *a, const char *host_address, struct err *e);
    /* The name that a check gets when none is given (a plugin's file name); NULL: the kind's name. */
    const char *(*name_for)(const void *opts, struct arena *a);
    int64_t every_ms, retry_ms, timeout_ms; /* defaults; 0: the general ones */
    int attempts;
    bool passive; /* results come by themselves */
    const char *library; /* a section at the top whose entries its checks may `use` by name; NULL. Its rows have “use”, CONF_ELSEWHERE */
    bool own_vars; /* "${name}" in its options that is no variable of the configuration is left to it */
    bool derived; /* passive; the model works it out from other checks (options: struct conf_aggregate_opts) */
    bool beats;   /* passive, and one must come every `every` + `grace` (general keys): freshness_ms is that sum */
};

#endif
