/* SPDX-License-Identifier: GPL-3.0-or-later */
/* told.h: the sections `texts`, `series`, `mail_in` and `upstreams` of the configuration: what users are told in which words, and by which mails
 * that come in. Part of conf.h. */
#ifndef VIGIE_CONFIG_TOLD_H
#define VIGIE_CONFIG_TOLD_H

#include "config/relations.h"
#include "config/schema.h"

struct conf_period;
struct conf_text { /* what is often said of incidents, ready to be filled in: ${name} */
    const char *name;
    struct conf_pairs title, text; /* by language */
    int impact;                /* words: none, degraded, partial, major */
    int phase;                 /* words: any, investigating, identified, monitoring, resolved */
    struct conf_texts components;
    uint64_t print;
    struct conf_where where;
};
struct conf_series { /* planned work that comes again and again */
    const char *name;
    struct conf_pairs title, text;
    struct conf_texts components;
    const char *zone;          /* NULL: that of the site */
    struct conf_texts texts;   /* `when` as written */
    struct conf_period *window; /* the same, found: each stretch of it is one occurrence */
    int effect;                /* words: none, redundancy, degraded, outage */
    int publish;               /* words: confirmed, tentative, draft */
    int64_t ahead_ms;          /* how long before it is announced */
    uint64_t print;
    struct conf_where where;
};
enum { CONF_REFUSE_DROP, CONF_REFUSE_BOUNCE };
struct conf_sender { /* whose mails publish; one proof or more: any of them is enough */
    const char *from;          /* a pattern */
    const char *user;          /* of the console; NULL: `role` */
    int role;                  /* words: operator, admin */
    const char *secret;        /* a word behind a plus in the address written to; NULL */
    bool dkim;
    const char *pgp, *smime;   /* files; NULL */
};
struct conf_mail_in {
    const char *address;       /* where such mails go; NULL */
    bool invite;               /* calendar entries that go out ask for an answer */
    int unknown;               /* CONF_REFUSE_… */
    const char *server;        /* whose Authentication-Results count; NULL: nobody's */
    struct conf_items senders; /* of struct conf_sender */
    bool given;
    uint64_t print;
    struct conf_where where;
};
enum { CONF_UPSTREAM_DRAFT, CONF_UPSTREAM_TENTATIVE };
struct conf_upstream { /* whose notices of work become planned work of ours */
    const char *name;
    struct conf_texts from;    /* patterns */
    const char *provider, *account; /* patterns; NULL: any */
    struct conf_pairs objects; /* pattern → components with commas */
    struct conf_texts components;
    int publish;               /* CONF_UPSTREAM_… */
    bool dkim;
    const char *lang;
    uint64_t print;
    struct conf_where where;
};

#endif
