/* SPDX-License-Identifier: GPL-3.0-or-later */
/* conf_int.h: what the files of this room share: the context of one load, the errors, the interned
 * texts, the engine over schema rows and the tables of the room's own keys.  Nobody outside config/
 * includes it. */
#ifndef VIGIE_CONFIG_CONF_INT_H
#define VIGIE_CONFIG_CONF_INT_H

#include "base/map.h"
#include "base/vec.h"
#include "config/conf.h"
#include "config/node.h"
#include <stddef.h>

enum {
    CONF_MAX_ALIAS_NODES = 1000000, /* nodes that aliases and merges may add in one file */
    CONF_MAX_ROWS = 128,            /* rows that may be looked at for suggestions */
    CONF_NO_HASH = 1 << 8,          /* internal flags: not part of the fingerprint */
    CONF_ALIAS = 1 << 10,  /* another name of a row before: read, but not printed or hashed */
    CONF_BY_LANG = 1 << 9, /* PAIRS: keys are languages; one text is allowed and gets the key "" */
};

/* ---- interned bytes: equal texts, lists and option blocks are kept once per generation (intern.c)
 */
struct intern_slot {
    const void *p;
    uint32_t hash, n;
};
struct intern {
    struct intern_slot *slots;
    size_t n, cap;
    struct arena *arena;
    char *slab; /* where the next short text goes */
    size_t slab_left;
};
void intern_expect(struct intern *in,
                   size_t n); /* so many different things are likely; before the first */
void intern_done(struct intern *in);
const char *intern_text(struct intern *in, const char *text); /* NULL gives NULL */
const void *intern_bytes(struct intern *in, const void *p, size_t n);

/* ---- what is loaded through rows, where the public struct has another shape */
struct conf_check_fields {
    const char *name, *was, *notes;
    int64_t every_ms, retry_ms, timeout_ms, freshness_ms, attempts; /* 0: not given */
    int64_t grace_ms;                                               /* -1: not given */
    bool enabled, is_volatile, flap_detection, notify;
    double flap_low, flap_high;
    struct conf_texts contacts;
    const struct conf_depends *depends;
    int64_t for_ms;                          /* 0: not given */
    int klass;                               /* -1: not given */
    const char *check_period, *notify_period; /* NULL: not given */
};
struct conf_host_fields {
    const char *address, *title, *was, *notes;
    int family; /* index into the words */
    struct conf_texts groups, contacts;
    const struct conf_ways *parents;
    const struct conf_depends *depends;
    struct conf_pairs labels;
    bool enabled;
    const struct node *alive, *checks;
};
struct conf_period_fields {
    const char *zone;
    struct conf_texts when, include, except;
};
struct conf_contact_fields {
    struct conf_texts mail;
    const char *lang, *period, *digest;
};
struct conf_component_fields {
    struct conf_pairs title, text;
    const char *group;
    struct conf_texts depends, partners, aliases;
    int publish;
    int64_t after_ms, order;
    const char *link;
};
struct conf_group_fields {
    struct conf_pairs title;
};
extern const struct conf_row conf_rows_check[], conf_rows_host[], conf_rows_contact[],
    conf_rows_component[], conf_rows_group[], conf_rows_defaults[], conf_rows_site[],
    conf_rows_top[], conf_rows_apply[], conf_rows_period[], conf_rows_holidays[];
void conf_fields_of_check(const struct conf_check *c, struct conf_check_fields *ret);
void conf_fields_of_host(const struct conf_host *h, struct conf_host_fields *ret);
void conf_fields_of_contact(const struct conf_contact *c, struct conf_contact_fields *ret);
void conf_fields_of_component(const struct conf_component *c, struct conf_component_fields *ret);

/* ---- one load */
struct conf_ref { /* a name that must exist, looked up once everything is read */
    enum { REF_PARENT, REF_CONTACT, REF_DEPENDS, REF_PERIOD } kind;
    const char *name;              /* interned */
    const struct conf_host *owner; /* of a parent */
    struct conf_where where;
};
/* A check is read before the defaults are known, as they may stand further down or in another file.
 * Until then what was given with it stands above its attempts, which need few bits: a list of its
 * own would cost more than all else here. */
enum {
    GIVEN_ATTEMPTS = 0xff,
    GIVEN_RETRY = 0x100,
    GIVEN_NOTIFY = 0x200,
    GIVEN_FLAP = 0x400,
    GIVEN_LOW = 0x800,
    GIVEN_HIGH = 0x1000,
    GIVEN_EVERY = 0x2000, /* these two of “defaults” only */
    GIVEN_TIMEOUT = 0x4000,
    GIVEN_FOR = 0x8000
};
struct conf_kind_state { /* of one kind, in one load */
    const struct conf_kind *kind;
    void *defaults;     /* options as by_default leaves them */
    const void *shared; /* the same in the generation, once a check has needed them */
};
struct conf_ctx {
    const struct conf_env *env;
    struct arena *arena;   /* of the generation */
    struct arena *scratch; /* dropped after the load */
    struct conf_errors *errors;
    uint16_t error_file[CONF_MAX_ERRORS];
    char field[64];                       /* key at which the first error stands */
    const struct conf_file *files, *file; /* file: the one being read; may be NULL */
    int file_index;
    struct intern intern;
    struct map kinds;   /* name → struct conf_kind_state */
    struct map secrets; /* path → text, read once */
    struct map regexes; /* patterns known to compile */
    struct map places;  /* "site.title" → struct conf_where of a setting given already */
    struct conf *conf;
    struct conf_check_fields defaults;
    int defaults_given; /* GIVEN_…: what stands in “defaults”; the rest of it are the general ones */
    void *opts;  /* scratch of the largest kind */
    void *words; /* scratch for packing them */
    VEC(struct conf_host *) hosts;
    VEC(struct conf_contact *) contacts;
    VEC(struct conf_component *) components;
    VEC(struct conf_group *) groups;
    VEC(struct conf_period *) periods;
    VEC(struct conf_text *) texts;
    VEC(struct conf_series *) series;
    VEC(struct conf_ref) refs;
    VEC(struct conf_depend *) depends; /* to be resolved */
    VEC(struct conf_error) warnings;   /* their texts are the generation's */
    struct conf_host *services;        /* the host of `services:`; NULL: none yet */
    VEC(struct arena *) kept; /* entries with anchors */
    struct expand *expand;    /* templates, rules, variables (expand.h) */
    uint32_t *line_base;      /* of each file: nodes count lines through all of them */
    int n_bases;
    bool all_first;           /* hosts are read once everything else is */
    VEC(struct conf_span) spans; /* of templates and rules */
    size_t n_sorted;
    struct map group_by_name;
    int n_checks;
};

/* ---- errors (conf_error.c) */
int conf_error_count(const struct conf_ctx *c);
/* At a node (NULL: at the top of the file). */
void conf_error_at(struct conf_ctx *c, const struct node *n, const char *msgid, const char *types,
                   ...);
void conf_error_line(struct conf_ctx *c, unsigned line, unsigned column, const char *msgid,
                     const char *types, ...);
void conf_error_where(struct conf_ctx *c, struct conf_where w, const char *msgid, const char *types,
                      ...);
/* An error that came as a packed text from elsewhere. */
void conf_error_packed(struct conf_ctx *c, const struct node *n, const char *packed);
/* Says what was read, and what is expected (packed). */
void conf_error_expected(struct conf_ctx *c, const struct node *n, const char *key,
                         const char *expected);
/* Once, at the end: by place, and with the source lines. */
void conf_error_finish(struct conf_ctx *c);
struct conf_where conf_where_of(const struct conf_ctx *c, const struct node *n);
/* "vigie.yaml:12" of a place. */
const char *conf_where_text(const struct conf_ctx *c, struct conf_where w, struct arena *a);

/* ---- where things came from (conf_origin.c) */
void conf_origin_span(struct conf_ctx *c, int kind, const char *name, const struct node *n);
void conf_origin_sort(struct conf_ctx *c); /* once all spans are known */
/* The keys of a mapping that come from elsewhere than `home`; NULL: none. */
const struct conf_from *conf_origin_keys(struct conf_ctx *c, const struct node *map,
                                         const struct node *home);
/* " # from template web, t.yaml:12", or nothing. */
void conf_origin_print(struct buf *out, const struct conf *c, struct conf_where w);
/* The same for a check that did not come from its host's own lines. */
void conf_origin_check(struct buf *out, const struct conf *c, const struct conf_check *k);
struct conf_where conf_origin_of(const struct conf_from *from, const char *key); /* line 0: none */

/* ---- editing (conf_edit.c) */
const struct node *conf_edit_tree(struct arena *a, const char *text, size_t n, struct err *e, bool *ret_ok);
struct node *conf_edit_copy(struct arena *a, const struct node *n); /* that may be changed */
/* conf_incoming.c */
extern const struct conf_row conf_rows_mail_in[], conf_rows_upstream[];
void conf_mail_in_read(struct conf_ctx *c, const struct node *map);
void conf_upstreams_read(struct conf_ctx *c, const struct node *map);
void conf_incoming_link(struct conf_ctx *c);
/* ---- what is said to users (conf_announce.c) */
extern const struct conf_row conf_rows_announce[], conf_rows_text[], conf_rows_series[];
void conf_announce_read(struct conf_ctx *c, const struct node *map);
void conf_texts_read(struct conf_ctx *c, const struct node *map);
void conf_series_read(struct conf_ctx *c, const struct node *map);
/* conf_mirror.c */
extern const struct conf_row conf_rows_mirror[];
void conf_mirrors_read(struct conf_ctx *c, const struct node *map);
/* conf_login.c */
extern const struct conf_row conf_rows_login[];
enum { CONF_LOGIN_ROWS = 8 };
/* Those of them that are in use, ended by a zeroed one: a part that names no server is none. */
void conf_login_rows(const struct conf_login *o, struct conf_row ret[CONF_LOGIN_ROWS]);
void conf_login_read(struct conf_ctx *c, const struct node *map);
void conf_roles_judge(struct conf_ctx *c, const struct node *at, const struct conf_pairs *pairs);
/* conf_irc.c */
extern const struct conf_row conf_rows_irc[];
void conf_irc_read(struct conf_ctx *c, const struct node *map);
void conf_irc_link(struct conf_ctx *c);
/* conf_federation.c */
extern const struct conf_row conf_rows_federation[];
void conf_federation_read(struct conf_ctx *c, const struct node *map);
void conf_federation_link(struct conf_ctx *c);
/* conf_hooks.c */
extern const struct conf_row conf_rows_webhook[], conf_rows_sms[], conf_rows_feeds[];
void conf_hooks_default(struct conf_ctx *c);
void conf_webhooks_read(struct conf_ctx *c, const struct node *map);
void conf_sms_read(struct conf_ctx *c, const struct node *map);
void conf_feeds_read(struct conf_ctx *c, const struct node *map);
void conf_hooks_link(struct conf_ctx *c);
void conf_hooks_finish(struct conf_ctx *c);
void conf_announce_link(struct conf_ctx *c);   /* once everything is read: zones, names */
void conf_announce_finish(struct conf_ctx *c); /* into the generation */

/* ---- time periods (conf_period.c) */
void conf_period_when(struct conf_ctx *c, struct conf_period *p, const struct node *list); /* reads days and times into p */
const struct zone *conf_zone_named(struct conf_ctx *c, const char *name); /* NULL: UTC */
void conf_periods_read(struct conf_ctx *c, const struct node *map);
void conf_holidays_read(struct conf_ctx *c, const struct node *map);
void conf_periods_link(struct conf_ctx *c); /* once everything is read */
void conf_fields_of_period(const struct conf_period *p, struct conf_period_fields *ret);
struct conf_texts conf_texts_of(struct conf_ctx *c, const struct node *list); /* of a list, or one text */

/* ---- composing (compose.c): the tree of the text, or NULL when it has errors or (*ret_ok) is
 * empty */
struct compose_stream { /* entries of this mapping at the top are handed over while reading, and
                           then forgotten */
    const char *key;
    void (*entry)(struct conf_ctx *c, const struct node *value);
};
const struct node *compose_text(struct conf_ctx *c, struct arena *a, const char *text, size_t n,
                                const struct compose_stream *stream, bool *ret_ok);

/* ---- values by type (types.c, types_print.c) */
int conf_type_read(struct conf_ctx *c, const struct conf_row *row, void *base,
                   const struct node *n);
bool conf_type_set(const struct conf_row *row, const void *base); /* has something to print */
void conf_type_print(struct buf *out, const struct conf_row *row,
                     const void *base); /* flow style; secrets masked */
uint64_t conf_type_hash(const struct conf_row *row, const void *base, uint64_t seed);
void conf_type_expected(struct buf *out,
                        const struct conf_row *row);    /* packed: what would be right */
const char *conf_type_name(const struct conf_row *row); /* MSG: "duration" */
void conf_duration_text(struct buf *out, int64_t ms);   /* as it would be written: 1h30m */
void conf_bytes_text(struct buf *out, int64_t bytes);
void conf_real_text(struct buf *out, double v);
bool conf_text_words(const char *text, const char *const *words, int *ret_index);
/* Syntax of single texts (syntax.c). */
bool conf_is_ip(const char *text, int *ret_family);
bool conf_is_host(const char *text); /* a DNS name */
bool conf_is_url(const char *text);
bool conf_is_listen(const char *text);  /* ADDRESS:PORT */
bool conf_is_network(const char *text); /* address or address/bits */
bool conf_is_mail(const char *text);    /* a@b, or Name <a@b> */
bool conf_is_zone(const char *text);
bool conf_is_status(const char *text);
/* 0, or why a name cannot be used (packed, in `why`). */
int conf_name_check(const char *name, struct buf *why);

/* ---- lists of mappings (items.c) */
int conf_items_read(struct conf_ctx *c, const struct conf_row *row, void *at, const struct node *n);
void conf_items_print(struct buf *out, const struct conf_row *row, const struct conf_items *list);
uint64_t conf_items_hash(const struct conf_row *row, const struct conf_items *list, uint64_t seed);

/* ---- thresholds (level.c) */
int conf_level_parse(const char *text, const char *unit,
                     struct conf_level *ret); /* ret->text = text */

/* ---- rows (schema.c) */
struct row_set {
    const struct conf_row *rows;
    void *base;
};
void conf_rows_default(struct conf_ctx *c, const struct conf_row *rows, void *base);
/* Reads a mapping into the sets; unknown keys are errors. what: "http", "site.mail", for messages.
 */
void conf_rows_read(struct conf_ctx *c, const struct row_set *sets, int n_sets,
                    const struct node *map, const char *what);
/* Reports REQUIRED rows that the mapping (may be NULL) does not have. */
void conf_rows_required(struct conf_ctx *c, const struct conf_row *rows, const struct node *map,
                        const struct node *at, const char *what);
const struct conf_row *conf_rows_find(const struct conf_row *rows, const char *key);
const struct conf_row *conf_rows_positional(const struct conf_row *rows);
uint64_t conf_rows_hash(const struct conf_row *rows, const void *base, uint64_t seed);
void conf_unknown_key(struct conf_ctx *c, const struct node *key, const struct row_set *sets,
                      int n_sets, const char *what);
/* A key of a part that is still to come? rows: of the place where it stands; NULL: a kind of check.
 */
bool conf_is_later(const struct conf_row *rows, const char *key);
struct conf_texts conf_texts_make(struct conf_ctx *c, const char *const *at, int n);

/* ---- hosts and checks (conf_host.c, conf_check.c), references (conf_refs.c) */
/* The name of a section's entry; false after an error. */
bool conf_name_read(struct conf_ctx *c, const struct node *key);
/* A named mapping of its own, read by its rows, in the arena of the configuration; NULL when its name is taken (there: where) or it is none, and told so. */
void *conf_entry_read(struct conf_ctx *c, const struct node *n, const struct conf_row *rows, const struct conf_where *there, size_t bytes);
struct conf_group *conf_group_named(struct conf_ctx *c, const char *name); /* found or made */
void conf_host_read(struct conf_ctx *c, const struct node *value);
void conf_host_entry(struct conf_ctx *c, const struct node *value);
/* Once the defaults are known: what each check inherits, and its fingerprint. */
void conf_check_inherit(struct conf_ctx *c);
void conf_host_local(struct conf_ctx *c);
/* One check from the value of its kind; NULL after an error. alive: no name. */
struct conf_check *conf_check_read(struct conf_ctx *c, const struct conf_host *h,
                                   const struct conf_kind *kind, const struct node *key,
                                   const struct node *value, bool alive);
struct conf_check *conf_check_item(struct conf_ctx *c, const struct conf_host *h,
                                   const struct node *item, bool alive);
/* Reads options into c->opts; false after an error. extra: rows of the general keys, or NULL. */
bool conf_opts_read(struct conf_ctx *c, const struct conf_kind *kind, const struct row_set *extra,
                    const char *address, const struct node *at, const struct node *value);
/* ---- options that checks share by name (conf_library.c) */
void conf_library_read(struct conf_ctx *c, const struct node *map);
const struct node *conf_library_use(const struct conf_kind *kind, const struct node *value); /* the node of `use`, or NULL */
/* The value with what it uses; as it is when it uses nothing, or what is not there. In arena a. named: the check has a name. */
const struct node *conf_library_fill(struct conf_ctx *c, const struct conf_kind *kind, const struct node *value,
                                     struct arena *a, bool named);
/* Does it still use something after that? Then the check cannot be read; reported unless that was done already. */
bool conf_library_missing(struct conf_ctx *c, const struct conf_kind *kind, const struct node *value);

/* ---- packed options (conf_pack.c) */
size_t conf_opts_room(const struct conf_kind *kind); /* whole words, at least one */
size_t conf_pack_room(size_t most_bytes);            /* for c->words */
const struct conf_packed *conf_pack(struct conf_ctx *c, const struct conf_kind *kind);
/* Remembers names that must exist: a list of texts, or one. */
void conf_refs_add(struct conf_ctx *c, int kind, const struct conf_host *owner,
                   const struct node *list);
void conf_refs_judge(struct conf_ctx *c);
struct conf_kind_state *conf_kind_find(struct conf_ctx *c, const char *name);

/* ---- relations: values (conf_relations.c), names and circles (conf_links.c, conf_rings.c), `services:` */
int conf_ways_read(struct conf_ctx *c, const struct conf_row *row, void *at, const struct node *n);
int conf_depends_read(struct conf_ctx *c, const struct conf_row *row, void *at, const struct node *n);
void conf_ways_print(struct buf *out, const struct conf_ways *w);
void conf_depends_print(struct buf *out, const struct conf_depends *d);
uint64_t conf_ways_hash(const struct conf_ways *w, uint64_t seed);
uint64_t conf_depends_hash(const struct conf_depends *d, uint64_t seed);
void conf_services_read(struct conf_ctx *c, const struct node *map);
void conf_links_judge(struct conf_ctx *c); /* resolves everything; after the references */
void conf_rings_judge(struct conf_ctx *c); /* hosts that no way leads to */
void conf_warn(struct conf_ctx *c, struct conf_where w, const char *msgid, const char *types, ...);

void conf_ctx_init(struct conf_ctx *c, const struct conf_env *env, struct arena *a,
                   struct conf_errors *errors);
void conf_ctx_done(struct conf_ctx *c);

#endif
