/* SPDX-License-Identifier: GPL-3.0-or-later */
/* expand.h: templates, apply rules and variables, on trees: a host as it is written becomes the
 * host as it would have to be written without them, and conf_host.c reads that one.
 *
 * What comes from whom: rules in the order of files and lines, then the templates of a host in the
 * order of `use`, then the host itself; later ones win.  Checks are joined by name.  Nothing here
 * depends on the order of a hash. */
#ifndef VIGIE_CONFIG_EXPAND_H
#define VIGIE_CONFIG_EXPAND_H

#include "config/conf_int.h"
#include "config/rule.h"

enum {
    EXPAND_MAX_CHECKS = 10000,  /* on one host */
    EXPAND_MAX_DEPTH = 8,       /* variables within variables */
    EXPAND_MAX_NESTED = 1 << 20 /* of those, in one load */
};

struct template {
    const char *name;
    const struct node *map;
    const struct template **order; /* what it uses, and itself at the end */
    int n_order;
    enum { TEMPLATE_NEW, TEMPLATE_OPEN, TEMPLATE_DONE } state;
};
struct apply_rule {
    const struct node *map;
    const struct rule *when; /* NULL: all hosts */
    const char *each;        /* a variable; NULL */
};
struct expand {
    struct map templates; /* name → struct template */
    VEC(struct template *) list;
    VEC(struct apply_rule) rules;
    struct map group_vars; /* name → mapping */
    struct map library;    /* name → struct shared (conf_library.c) */
    struct map hosts;      /* name → struct expanded, when a later file may add checks */
    const struct node *site_vars;
    struct conf_errors quiet; /* of what is read only for a name */
    size_t nested, n_entries;
    bool dollars; /* "${" stands in some file */
    bool told;    /* that there are too many */
};

/* ---- sections (conf_template.c) */
void conf_expand_init(struct conf_ctx *c, const struct conf_file *files, int n_files);
void conf_expand_done(struct conf_ctx *c);
void conf_templates_read(struct conf_ctx *c, const struct node *map);
void conf_apply_read(struct conf_ctx *c, const struct node *list);
void conf_templates_resolve(struct conf_ctx *c); /* once all are read */
/* What `use` names, each with what it uses itself before it. */
int conf_templates_of(struct conf_ctx *c, const struct node *use, const struct template ***ret);

/* ---- variables (vars.c) */
struct scope { /* where they are looked for, nearest first */
    struct conf_ctx *c;
    struct arena *a;
    const struct node *item;  /* of a rule with `each`: value; its key is that of a mapping */
    const struct node *check; /* mapping of the check, or NULL */
    const struct node *vars;  /* of the host */
    const char *const *groups; /* NULL-terminated, or NULL */
    const char *host, *address;
    const struct node *labels;
    bool lenient;   /* what is not there is left as it is written */
    bool item_only; /* leave all others, and $${, as they are */
    int depth;
};
/* The node itself when nothing is in it, else a copy. */
const struct node *vars_fill(struct scope *s, const struct node *n);
const struct node *vars_find(const struct scope *s, const char *path); /* NULL; not host.* */
void vars_judge(struct conf_ctx *c, const struct node *map);

struct expanded { /* what further checks of a host need */
    struct scope scope;
    const struct node *general;
};

/* ---- trees (merge.c) */
struct node *merge_copy(struct arena *a, const struct node *n); /* without brothers */
struct node *merge_deep(struct arena *a, const struct node *n); /* with keys, texts and all below it; NULL of NULL */
struct node *merge_new(struct arena *a, enum node_kind kind, const struct node *at);
void merge_append(struct node *parent, struct node *kid);
/* Keys of `over` replace those of `base`; mappings are merged key by key. Either may be NULL. */
struct node *merge_maps(struct arena *a, const struct node *base, const struct node *over);

/* ---- hosts (expand.c) */
/* The value to read; it lives in `a`. */
const struct node *conf_expand_host(struct conf_ctx *c, const struct node *value, struct arena *a);
/* A list of further checks in a later file, with the variables of the host. */
const struct node *conf_expand_more(struct conf_ctx *c, const struct conf_host *h,
                                    const struct node *list, struct arena *a);
extern const char *const conf_general_keys[]; /* what templates, rules and hosts give to checks */

#endif
