/* SPDX-License-Identifier: GPL-3.0-or-later */
/* relations.h: what one thing has to do with another, as the configuration says it: the ways to a host, what a
 * check depends on, and what an aggregate is made of.
 *
 * Names are resolved once, when a generation is loaded (in a worker): globs and groups are expanded there, and what
 * goes round in a circle is refused.  The model only looks the targets up. */
#ifndef VIGIE_CONFIG_RELATIONS_H
#define VIGIE_CONFIG_RELATIONS_H

#include "config/schema.h"

struct conf_host;
struct conf_check;

struct conf_where {
    uint16_t file; /* index into conf->files */
    uint32_t line, column; /* 1-based */
};
/* Parents with the logic between them, two levels deep: `all` of the groups are needed, and in each group one is
 * enough; or the other way round. */
struct conf_ways {
    const char *const *names; /* NULL-terminated */
    int n, n_groups;
    bool all;                 /* every group is needed; else one of them is enough */
    const uint16_t *groups;   /* of each name; NULL: each is a group of its own */
};
struct conf_target {
    const struct conf_host *host;
    const struct conf_check *check; /* NULL: the host's own row */
};
enum { CONF_FOR_CHECKS = 1, CONF_FOR_MAILS = 2 };
enum { CONF_WHEN_WARNING = 1, CONF_WHEN_CRITICAL = 2, CONF_WHEN_UNKNOWN = 4 }; /* down and unreachable are critical */
struct conf_depend {
    const char *on;       /* as written: "db1/postgres", "group:db/postgres" */
    int purpose;          /* CONF_FOR_… */
    int when;             /* CONF_WHEN_…: states of the master in which it counts as failed */
    bool any;             /* of several masters one that works is enough; else each is needed */
    struct conf_where where;
    const struct conf_target *at;
    int n;
};
struct conf_depends {
    int n;
    struct conf_depend *at;
};
enum conf_need_how { CONF_NEED_ALL, CONF_NEED_ANY, CONF_NEED_LEAST, CONF_NEED_SHARE };
struct conf_need {
    enum conf_need_how how;
    double least; /* LEAST: sum of weights; SHARE: percent of it */
};
/* The options of the kind "aggregate", as its rows read them. */
struct conf_aggregate_opts {
    struct conf_texts of;
    const char *need;
    struct conf_pairs weights, title;
    struct conf_level warn, crit;
    bool soft;
};
extern const struct conf_row conf_rows_aggregate[];
struct conf_member {
    struct conf_target on;
    double weight;
};
struct conf_aggregate {
    struct conf_need need;
    bool needs;                   /* else only the levels count */
    struct conf_level warn, crit; /* on how many (or what share) are not ok */
    bool soft;                    /* states not yet confirmed count too */
    struct conf_pairs title;      /* by language; may be empty */
    const struct conf_member *at;
    int n;
    int level;                    /* 1, and more than that of each member which is an aggregate itself */
};
/* All that a check or host has to do with others, resolved; only those that have anything have one. */
struct conf_links {
    const struct conf_depend *const *depends; /* the check's own, then its host's */
    int n_depends;
    struct conf_aggregate *aggregate; /* NULL: none */
    uint32_t index;                   /* config's own, while loading */
};

/* "all", "any", "at least 2", "60%"; 0 or ERR_INVALID. */
int conf_need_parse(const char *text, struct conf_need *ret);
/* Would the host be reachable, given which of its parents are? Without parents it is. */
bool conf_ways_open(const struct conf_ways *w, bool (*is_open)(const void *arg, int i), const void *arg);

#endif
