/* SPDX-License-Identifier: GPL-3.0-or-later */
/* web_steps.h: the steps of the web probe: what the configuration says, what is captured, what is sent. Pure. */
#ifndef VIGIE_CHECKS_WEB_STEPS_H
#define VIGIE_CHECKS_WEB_STEPS_H

#include "checks/http_opts.h"

enum { WEB_MAX_STEPS = 20, WEB_MAX_VALUES = 32, WEB_MAX_VALUE_BYTES = 4096, WEB_MAX_SENT = 64 * 1024 };
struct web_step {
    const char *name, *get, *post, *body, *type;
    struct conf_pairs form, headers, capture;
    bool follow;
    struct http_expect expect;
};
struct web_opts {
    const char *url, *user, *password, *address, *server_name, *cert, *key;
    struct conf_items steps;
    bool verify;
    struct conf_level warn, crit;
};
struct web_values { /* ${name} */
    const char *names[WEB_MAX_VALUES], *texts[WEB_MAX_VALUES];
    int n;
};
extern const struct conf_row web_rows[];
int web_opts_finish(void *opts, struct arena *arena, const char *host_address, struct err *e);
static inline const struct web_step *web_step_at(const struct web_opts *o, int i)
{
    return (const struct web_step *)o->steps.at + i;
}
void web_value_set(struct web_values *v, const char *name, const char *text); /* borrowed; the last counts */
/* Appends text with ${name} filled in; encode: as part of a form. ERR_NOT_FOUND: a name that there is not. */
int web_expand(struct buf *out, const char *text, const struct web_values *v, bool encode);
/* "a=1&b=x%20y". 0 or ERR_NOT_FOUND. */
int web_form(struct buf *out, const struct conf_pairs *form, const struct web_values *v);
/* What a rule finds in an answer: a regular expression in the page (its first group, entities decoded), "header:NAME" or
 * "json:$.place". NULL: nothing. In the arena. */
const char *web_capture(struct arena *a, const char *rule, const struct httpc_reply *r);

#endif
