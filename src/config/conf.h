/* SPDX-License-Identifier: GPL-3.0-or-later */
/* conf.h: a configuration generation: named bytes in, an immutable typed tree out.
 *
 * The room opens no file: the daemon (or `vigie conf check`) hands in `struct conf_file`s and gets either a
 * whole generation or all the errors there are, each with file, line, column, what was read and what would
 * be right.  A generation is immutable and reference-counted (from any thread): attempts and pages hold it
 * while they need it. */
#ifndef VIGIE_CONFIG_CONF_H
#define VIGIE_CONFIG_CONF_H

#include "config/login.h"
#include "config/told.h"
#include "config/period.h"
#include "config/relations.h"
#include "config/schema.h"
#include "base/doc.h"
#include "base/map.h"

enum {
    CONF_MAX_FILE_BYTES = 64 << 20, CONF_MAX_FILES = 20000, CONF_MAX_DEPTH = 32, CONF_MAX_ERRORS = 100,
    CONF_MAX_ZONES = 100, CONF_MAX_HOSTS = 100000, CONF_MAX_CHECKS = 500000, CONF_MAX_NAME = 100,
};

struct conf_file {
    const char *name; /* shown in errors: "vigie.yaml", "conf.d/web.yaml" */
    const char *text;
    size_t bytes;
    bool own; /* written by vigie itself (added.yaml): hosts in it do not end the watch of the machine itself */
};
struct conf_env {
    const struct conf_kind *const *kinds; /* NULL-terminated */
    int (*read_secret)(void *arg, const char *path, struct buf *out, struct err *e);
    bool (*zone_known)(void *arg, const char *name); /* NULL: every well-formed name is taken */
    struct zone *(*zone_load)(void *arg, const char *name); /* NULL: everything is UTC */
    void *arg;
    bool local_host; /* add the machine itself with its own checks when people configured no host (files that are not `own`) */
    const char *machine_name;
    bool part; /* one file of several: names that it refers to need not exist. For judging only */
};

/* Templates and rules as they stand in files, and the keys that came from there. */
enum conf_from_kind { CONF_FROM_TEMPLATE, CONF_FROM_RULE, CONF_FROM_LIBRARY };
struct conf_span {
    struct conf_where from;
    uint32_t first, last; /* lines, counted through all files */
    enum conf_from_kind kind;
    const char *name; /* of a template, or of an entry under “scripts” */
};
struct conf_from {
    const char *key; /* NULL at the end */
    struct conf_where where;
};
struct conf_check {
    const char *name;             /* unique on its host; ≤ CONF_MAX_NAME */
    const char *was;              /* former name, or NULL */
    const struct conf_kind *kind;
    const struct conf_packed *packed; /* its options: what differs from the defaults of the kind; see conf_check_opts() */
    int64_t every_ms, retry_ms, timeout_ms, freshness_ms; /* freshness 0: off */
    int attempts;
    bool enabled, is_volatile, flap_detection, notify;
    float flap_low, flap_high;    /* percent */
    const char *const *contacts;  /* NULL-terminated names; NULL: the host's, then every contact */
    const char *notes;            /* what to do, a text or link (LES-18) */
    const struct conf_depends *depends; /* as given; NULL: none */
    struct conf_links *links;     /* with its host's dependencies, resolved; NULL: it has to do with nothing */
    int64_t for_ms;               /* a problem is hard once it has lasted so long; 0: `attempts` decide */
    enum conf_class klass;
    const char *check_period, *notify_period; /* NULL: always */
    const struct conf_period *check_when, *notify_when; /* the same, found */
    const struct conf_from *from; /* keys that came from templates and rules; NULL */
    uint64_t print;               /* fingerprint of all the above: equal means unchanged */
    struct conf_where where;
    const struct conf_host *host;
};
struct conf_host {
    const char *name, *was;
    const char *address;          /* NULL: none, the host is up while a check answers */
    const char *title;            /* shown beside the name; NULL */
    int family;                   /* 0, 4, 6 */
    const struct conf_ways *ways; /* parents; NULL: none */
    const struct conf_depends *depends; /* of the host and all its checks */
    struct conf_links *links;
    bool derived;                 /* has nothing but aggregates: no machine */
    const char *const *groups;
    const char *const *contacts;
    struct conf_pairs labels;
    const char *notes;
    struct conf_check *alive;     /* the host's own check (name NULL, kind icmp or as set by `alive:`); NULL: none */
    struct conf_check **checks;
    int n_checks;
    bool enabled;
    const struct conf_from *from;
    uint64_t print;               /* of the host itself, without its checks */
    struct conf_where where;
};
struct conf_zone {
    const char *name;
    struct zone *zone;
};
struct conf_period { /* a time period, or a list of holidays; model/period.h says whether a moment lies in it */
    const char *name, *zone_name;
    const struct zone *zone;      /* NULL: UTC. Of holidays: that of the period which names them */
    const struct period_when *when;
    int n_when;
    bool holidays;
    const struct conf_period *const *include, *const *except; /* NULL at the end */
    struct conf_texts texts, include_names, except_names;     /* as written */
    uint64_t print;
    struct conf_where where;
};
struct conf_contact {
    const char *name;
    struct conf_texts mail;
    const char *lang; /* "en", "fr" */
    const char *digest; /* "mon 08:00", "no"; NULL: the site's */
    const char *period; /* when mails may go to it; NULL: always */
    const struct conf_period *when;
    uint64_t print;
    struct conf_where where;
};
struct conf_component { /* what users know by name */
    const char *name;
    struct conf_pairs title;   /* by language */
    struct conf_pairs text;    /* description by language */
    const char *group;
    struct conf_texts depends; /* "web1/http", "web1" */
    struct conf_texts partners; /* components that carry on when this one is down */
    struct conf_texts aliases;  /* paths that it had elsewhere: "/component/3" */
    int publish;               /* words: propose, auto, manual */
    int64_t after_ms;          /* how long a failure lasts before it is proposed or published */
    int64_t order;             /* its place on the page: small first, then by name */
    const char *link;          /* where people use it, or read more of it; NULL */
    uint64_t print;
    struct conf_where where;
};
enum { CONF_MAX_LEADS = 8 };
enum conf_outsiders { CONF_OUTSIDERS_PUBLIC, CONF_OUTSIDERS_ANYWHERE /* strangers' addresses may be http and private */ };
struct conf_announce {
    struct conf_texts remind;  /* as written */
    int64_t leads_ms[CONF_MAX_LEADS]; /* the same, longest first */
    int n_leads;
    bool start, complete;      /* planned work begins and ends by itself at its times */
    int64_t report_ms;         /* outages that last longer are to be written down */
    int report_from;           /* words: none, degraded, partial, major: incidents that were so bad want a report */
    int64_t report_lead_ms, report_every_ms; /* staff are reminded so long after its end, and again */
    int64_t go_ms;             /* how long before work that does not begin by itself staff are asked; 0: never */
    int outsiders;             /* enum conf_outsiders */
    bool push;                 /* visitors' browsers are told (Web Push) */
    int64_t fold_ms;           /* what fails within so long of one another becomes one draft */
    const char *inbox;         /* directory of issue files that are published; NULL */
    uint64_t print;
};
struct conf_mirror { /* where a copy of the public site goes: one of the first five */
    const char *name;
    const char *directory, *rsync, *git, *webdav, *s3;
    const char *user, *password; /* of webdav; of s3: the key's id, and the key */
    const char *region, *acl;  /* of s3; acl NULL: the bucket's own */
    const char *branch;        /* of git */
    const char *url;           /* where the copy is read; NULL: as the site has it */
    int64_t every_ms;
    int64_t look_ms, grace_ms; /* how often it is looked at where it is read; how long trouble lasts before people are told */
    uint64_t print;
    struct conf_where where;
};
struct conf_irc_channel { /* where we are on a network */
    const char *name, *key;    /* "#ops"; NULL: none is asked for */
    bool topic;                /* a part of its topic is ours */
    const char *prefix, *separator; /* of that part */
    struct conf_texts tell;    /* "incidents", "updates", "resolved", "maintenance"; "no" */
    struct conf_texts about;   /* components, "group:NAME"; empty: everything */
    const char *lang;          /* NULL: the network's */
    int say;                   /* words: notice, message */
    bool operators;            /* who has +o there may bid */
};
struct conf_irc { /* a network of the Internet Relay Chat */
    const char *name, *server;
    const char *host;          /* of server, with its port */
    int port;
    bool tls, verify;
    const char *ca_file, *certificate, *certificate_key;
    const char *nick, *user, *realname, *password;
    struct {
        int mechanism;         /* words: plain, external */
        const char *user, *password;
    } sasl;
    const char *nickserv, *chanserv; /* "no": none */
    const char *lang;          /* NULL: the site's */
    struct conf_pairs accounts, masks; /* → "viewer", "operator", "admin" */
    struct conf_items channels; /* of struct conf_irc_channel */
    uint64_t print;
    struct conf_where where;
};
const struct conf_irc_channel *conf_irc_channel_at(const struct conf_irc *n, int i); /* NULL: there are less */
struct conf_federation { /* the page as accounts of ActivityPub */
    bool enabled;
    const char *name;          /* of the page: "status" */
    const char *host;          /* behind the @; NULL: that of the site */
    struct conf_texts hashtags;
    uint64_t print;
    struct conf_where where;
};
/* What is told of: words of `kinds`, each a bit in this order (announce/subscriber.h has the same). */
#define CONF_TELL_KINDS "incidents", "updates", "resolved", "maintenance", "corrections"
#define CONF_TELL_USUAL 15U /* all but corrections */
enum conf_hook_format { CONF_HOOK_VIGIE, CONF_HOOK_STATUSPAGE, CONF_HOOK_SLACK, CONF_HOOK_MATTERMOST, CONF_HOOK_MATRIX, CONF_HOOK_NTFY, CONF_HOOK_DISCORD, CONF_HOOK_TELEGRAM, CONF_HOOK_TEXT };
#define CONF_HOOK_FORMATS "vigie", "statuspage", "slack", "mattermost", "matrix", "ntfy", "discord", "telegram", "text"
struct conf_webhook { /* a program of others that is told of what is published */
    const char *name;
    const char *url, *secret, *token; /* not to be shown */
    const char *room, *lang, *body, *type, *ca_file; /* each NULL: not given */
    struct conf_texts about, kinds;
    struct conf_pairs headers;
    int64_t length;            /* of ${line}: characters */
    int format;                /* enum conf_hook_format */
    uint64_t print;
    struct conf_where where;
};
struct conf_sms_to { /* a telephone */
    const char *number, *lang;
    struct conf_texts about, kinds;
};
enum conf_sms_via { CONF_SMS_GAMMU, CONF_SMS_SMSTOOLS, CONF_SMS_URL };
struct conf_sms {
    const char *spool, *url, *token, *body, *type;
    struct conf_items to;      /* of struct conf_sms_to; none: nobody is told so */
    int64_t parts;
    int via;                   /* enum conf_sms_via */
    uint64_t print;
    struct conf_where where;
};
struct conf_feeds {
    const char *hub;           /* somebody else's; NULL: none */
    int64_t most;              /* subscriptions */
    bool websub;
    uint64_t print;
};
unsigned conf_tell_kinds(const struct conf_texts *kinds); /* as bits; none given: CONF_TELL_USUAL */
struct conf_group {
    const char *name;
    struct conf_pairs title; /* by language; may be empty */
    struct conf_where where; /* line 0: only named by a host */
};
struct conf_site { /* settings of the daemon as a whole */
    struct conf_pairs title;   /* by language */
    const char *url;           /* as seen from outside; NULL */
    const char *zone;          /* IANA name; NULL: UTC */
    const char *lang;          /* of the pages when the reader says nothing */
    struct conf_texts listen;  /* default 127.0.0.1:8444 */
    struct conf_texts listen_public; /* only `/` and what belongs to it; empty: `listen` has both */
    struct conf_texts hosts;   /* allowed Host names besides addresses and localhost */
    struct conf_texts trusted_proxies;
    bool guest;                /* read-only console without log-in */
    bool open_metrics;         /* /metrics without a token */
    struct {
        const char *smtp;      /* smtp://host:port; NULL: sendmail */
        const char *user, *password;
        const char *sendmail;  /* path */
        const char *from;
    } mail;
    const char *ca_file;       /* PEM for checks; NULL: the system's */
    int64_t max_in_flight;     /* checks at once */
    int64_t history_days;
    int64_t discover_host_ms;  /* between two looks at what this machine has; 0: never by itself */
    const char *digest;        /* "mon 08:00": when the weekly mail of what can wait goes out; "no" */
    uint64_t print;
};
struct conf {
    struct arena *arena;
    const char *const *files;
    int n_files;
    struct conf_site site;
    struct conf_host **hosts; /* by name, natural order */
    int n_hosts, n_checks;
    struct conf_contact **contacts;
    int n_contacts;
    struct conf_component **components;
    int n_components;
    struct conf_period **periods;
    int n_periods;
    struct conf_announce announce;
    struct conf_text **texts;
    struct conf_series **series;
    struct conf_mail_in mail_in;
    struct map upstream_by_name; /* of struct conf_upstream */
    int n_texts, n_series;
    struct conf_zone *zones; /* its own */
    int n_zones;
    struct map host_by_name, contact_by_name, component_by_name, period_by_name, text_by_name, series_by_name;
    struct map mirror_by_name; /* of struct conf_mirror */
    struct conf_login login;
    struct map irc_by_name;    /* of struct conf_irc */
    struct conf_federation federation;
    struct map webhook_by_name; /* of struct conf_webhook */
    struct conf_sms sms;
    struct conf_feeds feeds;
    uint64_t number; /* grows with each generation in a process; set by the one who publishes it (0 before) */
    const struct conf_span *spans; /* in order */
    int n_spans;
    struct conf_group **groups; /* every group that is titled or that a host names, natural order */
    int n_groups;
    const struct conf_error *warnings; /* what is allowed and yet hardly meant; source is NULL */
    int n_warnings;
};

struct conf_error {
    const char *file;
    unsigned line, column;
    const char *text;  /* packed message */
    const char *source; /* the line itself, for the caret; may be NULL */
};
struct conf_errors {
    struct conf_error at[CONF_MAX_ERRORS];
    int n, more; /* more: how many did not fit */
    struct arena *arena;
};
void conf_errors_done(struct conf_errors *es);

/* Reads files in the given order (later ones add; a host or check that exists already is an error that names both
 * places; a later file may add checks to a host by giving nothing but `checks`). 0 and *ret_conf with one reference; or
 * ERR_INVALID and errors (initialised here; the caller calls conf_errors_done() either way). Thread: any. */
int conf_load(const struct conf_env *env, const struct conf_file *files, int n_files, struct conf **ret_conf,
              struct conf_errors *errors);
struct conf *conf_ref(struct conf *c);   /* returns c */
struct conf *conf_unref(struct conf *c); /* frees with the last reference; returns NULL; takes NULL */

/* May a host or a check be called so? 0, or ERR_INVALID with the reason. */
int conf_name_ok(const char *name, struct err *e);

struct conf_host *conf_find_host(const struct conf *c, const char *name);
struct conf_check *conf_find_check(const struct conf_host *h, const char *name); /* NULL name: h->alive */
/* The options of a check (kind->opts_bytes) in an arena; the texts in them belong to the generation. */
const void *conf_check_opts(const struct conf_check *k, struct arena *a);
/* The text for a language: the exact one, else the one written without a language, else English, else the first; NULL
 * when there is none. */
const char *conf_pairs_lang(const struct conf_pairs *p, const char *lang);

/* Can the page be followed? And who it is then: "status" and "example.org" of @status@example.org; of a component when it is given. Buffers of CONF_MAX_NAME
 * and 254 bytes hold all of it. */
bool conf_federation_on(const struct conf *c);
void conf_federation_name(const struct conf *c, const struct conf_component *component, char *out, size_t n);
void conf_federation_host(const struct conf *c, char *out, size_t n);

/* Differences, by name. */
enum conf_change_kind { CONF_ADDED, CONF_REMOVED, CONF_CHANGED, CONF_RENAMED };
struct conf_change {
    enum conf_change_kind kind;
    const char *what; /* "host", "check", "contact", "component", "site" */
    const char *name; /* "web1", "web1/http" */
    const char *detail; /* for CHANGED: "every: 60s → 30s"; for RENAMED: the old name; may be NULL */
};
struct conf_diff {
    struct conf_change *at;
    int n;
    struct arena *arena;
};
void conf_diff(const struct conf *from, const struct conf *to, struct conf_diff *ret); /* from may be NULL */
void conf_diff_done(struct conf_diff *d);

/* Prints the effective configuration of one host, or of everything (host NULL), as YAML; secrets masked. */
void conf_print(struct buf *out, const struct conf *c, const char *host);
/* The reference of all keys, from the rows: text for a terminal, or Markdown/roff. */
enum conf_doc_form { CONF_DOC_TEXT, CONF_DOC_MAN, CONF_DOC_JSON };
/* 0, or ERR_NOT_FOUND (out then says what there is). */
int conf_doc(struct buf *out, const struct conf_env *env, const char *topic, const char *lang, enum conf_doc_form form);
/* Renders an error as people read it: file:line:column, text, the source line with a caret. */
void conf_error_print(struct buf *out, const struct conf_error *e, const char *lang);

/* Options of one kind from command-line words or a mapping (`vigie probe http URL key=value`): opts in arena a. */
int conf_opts(const struct conf_env *env, const struct conf_kind *kind, struct arena *a, const char *target,
              const struct doc *settings, void **ret_opts, struct err *e);

/* Editing `added.yaml`: returns new text of the file with the host's check added (created when needed) or removed;
 * comments of people are kept where the line they stand on stays. */
int conf_edit_add(const char *text, size_t n, const char *host, const char *address, const char *check_yaml, struct buf *out, struct err *e);
int conf_edit_remove(const char *text, size_t n, const char *host, const char *check, struct buf *out, struct err *e);
/* Editing a file of discovered things: the text with all of `wanted` in it, always in the same order and form (whatever its comments
 * were), below `header` (lines of a comment, or NULL). What is there already stays as it is. */
struct conf_wanted {
    const char *host;
    const char *address, *parents; /* of a new host; parents: names joined by ", "; each NULL: not given */
    const char *check;             /* the item, "http: https://…"; NULL: the host alone */
};
int conf_edit_found(const char *text, size_t n, const char *header, const struct conf_wanted *wanted, int n_wanted, struct buf *out, struct err *e);

#endif
