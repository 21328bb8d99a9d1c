/* SPDX-License-Identifier: GPL-3.0-or-later */
/* cachet.h: one request in the shape of Cachet's API v1, being answered.  Everything lives in the request's arena.
 *
 * Numbers.  Incidents and schedules have the number of their bulletin.  Components and groups have none of their own here: theirs is a
 * hash of the name in the configuration, at most nine digits, so that it stays over restarts, reordering and on another machine with
 * the same configuration, with nothing to keep; a renamed one is another.  Should two meet, the later one in the configuration takes the next hash.
 *
 * What differs on purpose: the state of a component is derived, never stored: setting it opens, changes or closes an incident of
 * the origin "cachet".  What was public is withdrawn by DELETE, not forgotten.  Components and groups are those of the configuration.
 * A draft becomes public only when `visible` says so, not by its absence. */
#ifndef VIGIE_COMPAT_CACHET_H
#define VIGIE_COMPAT_CACHET_H

#include "compat/compat.h"
#include "model/sight.h"

enum { CACHET_MAX_STEPS = 8, CACHET_MAX_KEYS = 100, CACHET_ID_MOST = 999999999 };

struct cachet_step { /* an operation to run */
    const char *op;
    struct doc *params;
};
struct cachet {
    struct compat_ask ask;
    struct house *h;
    struct httpd_request *rq;
    struct arena *a;
    const struct conf *conf;
    const char *lang;          /* of the site: names are compared with what its people wrote */
    const char *base;          /* for links; no slash at its end */
    const struct zone *zone;   /* of dates, both ways */
    struct moment now;
    struct principal who;
    bool staff;                /* a token opens drafts */
    const char *seg[5];        /* of the path after /api/v1/: "incidents", "7", "updates", "2" */
    int n_segs;
    int64_t id, sub;           /* numbers in the path; -1: none, or no number */
    struct doc *in;            /* query and body */
    struct sight sight;
    int64_t *ids;              /* of the sight's components */
    const char **groups;       /* in the order of the page */
    int64_t *group_ids;
    int n_groups;
    struct cachet_step steps[CACHET_MAX_STEPS];
    int n_steps, at;
    int64_t about;             /* the bulletin that steps are about; 0: what the first one makes */
    void (*after)(struct cachet *c);
    const struct doc *reply;   /* of the last step */
};
typedef void cachet_fn(struct cachet *c);

/* ---- answers (cachet.c): each once ---- */
void cachet_data(struct cachet *c, struct doc *data);                 /* 200, {"data": …} */
void cachet_send(struct cachet *c, int status, struct doc *whole);    /* NULL: no body */
void cachet_fail(struct cachet *c, int status, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
void cachet_missing(struct cachet *c);                                /* 404 */
void cachet_gone(struct cachet *c);                                   /* 204 */
/* The bulletin that the request was about, as it is now; 404 when it is gone. */
void cachet_answer(struct cachet *c, void (*put)(struct cachet *c, struct doc *o, const struct bulletin *b));
void cachet_put_moment(struct cachet *c, struct doc *p, const char *key, int64_t ms); /* for an operation; nothing when 0 */
/* Looks again: after something was said. */
void cachet_look(struct cachet *c);
/* Runs steps in order, each after the former is durable; then after(). The id parameter is that of `about`. */
void cachet_step(struct cachet *c, const char *op, struct doc *params);
void cachet_go(struct cachet *c, int64_t about, cachet_fn *after);

/* ---- what came in (cachet_in.c) ---- */
int cachet_read(struct cachet *c, struct err *e); /* fills in */
const char *cachet_text(struct cachet *c, const char *key); /* of a text, number or yes/no; NULL: absent or nothing of those */
/* As these, but an answered 400 and false when it is wrong. */
bool cachet_need(struct cachet *c, const char *key, const char **ret);
bool cachet_flag(struct cachet *c, const char *key, int otherwise, int *ret);
bool cachet_date(struct cachet *c, const char *key, int64_t *ret_ms); /* 0: absent */
bool cachet_number(struct cachet *c, const char *key, const char *const *names, int most, int *ret); /* -1: absent; by number or English name */

/* ---- shapes (cachet_shape.c) ---- */
extern const char *const cachet_component_names[], *const cachet_incident_names[], *const cachet_schedule_names[]; /* NULL-ended */
enum level cachet_level(int status);
int cachet_component_status(const struct sight_component *v);
int cachet_phase_status(enum phase p);
int64_t cachet_component_id(const struct cachet *c, const char *name); /* 0: none such */
const struct sight_component *cachet_component(const struct cachet *c, int64_t id);
bool cachet_sees(const struct cachet *c, const struct bulletin *b, enum bulletin_kind kind);
const struct bulletin *cachet_bulletin(const struct cachet *c, enum bulletin_kind kind); /* of c->id */
const char *cachet_title(const struct cachet *c, const struct bulletin *b);
const char *cachet_said(const struct cachet *c, const struct update *u);
const char *cachet_stamp(const struct cachet *c, int64_t ms); /* NULL for 0 */
void cachet_put_component(struct cachet *c, struct doc *o, const struct sight_component *v);
void cachet_put_group(struct cachet *c, struct doc *o, int group);
void cachet_put_incident(struct cachet *c, struct doc *o, const struct bulletin *b);
void cachet_put_update(struct cachet *c, struct doc *o, const struct bulletin *b, const struct update *u);
void cachet_put_schedule(struct cachet *c, struct doc *o, const struct bulletin *b);
void cachet_put_status(struct cachet *c, struct doc *o);

/* ---- lists (cachet_list.c) ---- */
void cachet_components(struct cachet *c);
void cachet_group_list(struct cachet *c);
void cachet_incidents(struct cachet *c);
void cachet_schedules(struct cachet *c);
void cachet_updates(struct cachet *c);
void cachet_templates(struct cachet *c);
void cachet_nothing(struct cachet *c);
struct doc *cachet_envelope(struct cachet *c, struct doc *o, size_t total, size_t *ret_from, size_t *ret_to); /* with its pages; the list `data` */

/* ---- subscribers (cachet_people.c): those of this house; staff's ---- */
void cachet_people(struct cachet *c);
void cachet_person_create(struct cachet *c);
void cachet_person_delete(struct cachet *c);

/* ---- writing (cachet_write.c, cachet_work.c) ---- */
void cachet_incident_create(struct cachet *c);
void cachet_incident_change(struct cachet *c);
void cachet_incident_delete(struct cachet *c);
void cachet_update_create(struct cachet *c);
void cachet_update_change(struct cachet *c);
void cachet_component_change(struct cachet *c);
void cachet_schedule_create(struct cachet *c);
void cachet_schedule_change(struct cachet *c);
void cachet_schedule_delete(struct cachet *c);

#endif
