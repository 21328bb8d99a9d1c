/* SPDX-License-Identifier: GPL-3.0-or-later */
/* ops_trial.c: what a check would say: one attempt of each guess, before anything is added.
 *
 * Whoever may ask for this makes the daemon talk to a peer of their choice, so it takes an operator; a person may have few
 * trials under way, and only so many a minute; each ends within seconds.  Only what guess_target() makes of a word is tried: no
 * file of the machine is read, no program started.  A worker reads the guess as the configuration would (with the general
 * defaults, not with templates and rules); the attempt then runs on the probe loop, beside those of the scheduler. */
#include "base/mem.h"
#include "base/msg.h"
#include "base/str.h"
#include "base/utf8.h"
#include "model/sink.h"
#include "ops/adding.h"
#include "ops/ops_priv.h"
#include <string.h>

enum { TRIAL_GUESSES = 16, TRIAL_MOST_MS = 15000, TRIALS_EACH = 16, TRIALS_ALL = 32, TRIAL_BURST = 60, TRIAL_EVERY_MS = 1000 };

struct trying;
struct one { /* guess being tried */
    struct trying *of;
    struct conf *conf; /* made for it alone; NULL: it could not be read */
    const char *host, *check, *address, *yaml;
    struct doc *reply;
    struct err err;
};
struct trying { /* in the call's arena, but for what the worker needs */
    struct op_call *call;
    struct adding ad;
    struct one *at;
    int n, left, person;
};

/* ---- how many ---- */

static int person_find(struct house_trials *t, const char *who)
{
    int best = -1;
    for (int i = 0; i < (int)COUNT(t->by); i++)
        if (str_eq(t->by[i].who, who))
            return i;
    for (int i = 0; i < (int)COUNT(t->by); i++)
        if (!t->by[i].running && (best < 0 || t->by[i].debt_ms < t->by[best].debt_ms))
            best = i;
    if (best >= 0) {
        memset(&t->by[best], 0, sizeof t->by[best]);
        str_copy(t->by[best].who, sizeof t->by[best].who, who);
    }
    return best;
}

/* The person's place, or ERR_BUSY. Each trial is a debt that time pays. */
static int admit(struct op_call *c, int n)
{
    struct house_trials *t = &c->house->trials;
    int i = person_find(t, c->who.name ? c->who.name : "?");
    int64_t now = c->now.mono_ms, debt = i >= 0 && t->by[i].debt_ms > now ? t->by[i].debt_ms : now;
    if (i < 0 || t->running + n > TRIALS_ALL || t->by[i].running + n > TRIALS_EACH || debt + n * TRIAL_EVERY_MS - now > TRIAL_BURST * TRIAL_EVERY_MS)
        return ERR_BUSY;
    t->by[i].debt_ms = debt + n * TRIAL_EVERY_MS;
    t->by[i].running += n;
    t->running += n;
    return i;
}

static void release(struct trying *y)
{
    struct house_trials *t = &y->call->house->trials;
    t->by[y->person].running--;
    t->running--;
}

/* ---- answering ---- */

static void one_done(struct one *o)
{
    struct trying *y = o->of;
    struct op_call *c = y->call;
    release(y);
    if (--y->left)
        return;
    struct doc *reply = doc_object(c->arena), *list = doc_put_list(reply, "trials");
    for (int i = 0; i < y->n; i++)
        doc_push(list, y->at[i].reply);
    op_reply(c, reply);
}

static void put_clean(struct doc *d, const char *key, const struct buf *text, int flags, size_t max)
{
    struct buf b;
    sink_clean(&b, buf_text(text), true, flags, max);
    if (flags == UTF8_ONE_LINE)
        doc_put_msg(d, key, buf_text(&b));
    else
        doc_put_text(d, key, b.len ? buf_text(&b) : NULL);
    buf_done(&b);
}

static void put_failed(struct one *o)
{
    doc_put_text(o->reply, "state", state_word(STATE_UNKNOWN));
    doc_put_msg(o->reply, "output", o->err.text);
}

static enum state shown_state(const struct one *o, enum state s)
{
    if (o->check[0])
        return s;
    return state_is_good(s) ? STATE_UP : s == STATE_CRITICAL ? STATE_DOWN : s;
}

static void tried(void *arg, const struct attempt *at)
{
    struct one *o = arg;
    doc_put_text(o->reply, "state", state_word(shown_state(o, at->state)));
    put_clean(o->reply, "output", &at->text, UTF8_ONE_LINE, SINK_MAX_TEXT);
    put_clean(o->reply, "details", &at->more, UTF8_KEEP_NEWLINES, SINK_MAX_MORE);
    op_put_timings(o->reply, &at->timings);
    one_done(o);
}

/* ---- in the worker: the guesses as a configuration would have them ---- */

static void read_one(struct one *o, const struct conf_env *env)
{
    struct conf_errors *es = NEW(struct conf_errors);
    struct buf text = BUF_MAX(CONF_MAX_FILE_BYTES);
    int code = conf_edit_add("", 0, o->host, o->address, o->yaml[0] ? o->yaml : NULL, &text, &o->err);
    if (code == 0) {
        const struct conf_file file = {.name = "added.yaml", .text = buf_text(&text), .bytes = text.len};
        code = conf_load(env, &file, 1, &o->conf, es);
        if (code < 0)
            str_copy(o->err.text, sizeof o->err.text, es->n ? es->at[0].text : "");
        conf_errors_done(es);
    }
    buf_done(&text);
    mem_free(es);
}

static void read_all(void *arg)
{
    struct trying *y = arg;
    struct conf_env env = y->call->house->conf_env;
    env.local_host = false;
    for (int i = 0; i < y->n; i++)
        read_one(&y->at[i], &env);
}

/* ---- back on the main loop ---- */

static void start_one(struct one *o)
{
    struct house *h = o->of->call->house;
    const struct conf_host *host = o->conf ? conf_find_host(o->conf, o->host) : NULL;
    const struct conf_check *check = host ? conf_find_check(host, o->check[0] ? o->check : NULL) : NULL;
    int64_t limit = check && check->timeout_ms < TRIAL_MOST_MS ? check->timeout_ms : TRIAL_MOST_MS;
    bool runs = check && h->trial(h->daemon, o->conf, check, limit, tried, o) == 0;
    o->conf = conf_unref(o->conf); /* the attempt holds it */
    if (runs)
        return;
    if (!o->err.text[0])
        err_set(&o->err, ERR_CANCELLED, MSG("it could not be tried"), "");
    put_failed(o);
    one_done(o);
}

static void start_all(void *arg)
{
    struct trying *y = arg;
    int n = y->n;
    for (int i = 0; i < n; i++)
        start_one(&y->at[i]);
}

/* The pool goes before the guesses were read, and the daemon with it. */
static void drop(void *arg)
{
    struct trying *y = arg;
    for (int i = 0; i < y->n; i++)
        y->at[i].conf = conf_unref(y->at[i].conf);
}

static const char *address_of(const struct op_call *c, const struct guess *g)
{
    const struct conf *conf = model_conf(c->house->model);
    const struct conf_host *h = conf ? conf_find_host(conf, g->host) : NULL;
    return g->address[0] ? g->address : h ? h->address : NULL;
}

static void run_trial(struct op_call *c)
{
    struct trying *y = ARENA_NEW(c->arena, struct trying);
    y->call = c;
    if (!adding_prepare(c, &y->ad, false))
        return;
    y->n = y->left = y->ad.n;
    if (y->n > TRIAL_GUESSES) {
        op_fail(c, ERR_LIMIT, "targets", MSG("at most {1} at a time"), "i", (int64_t)TRIAL_GUESSES);
        return;
    }
    y->person = admit(c, y->n);
    if (y->person < 0) {
        op_fail(c, ERR_BUSY, NULL, MSG("too many trials at once; try again in a moment"), "");
        return;
    }
    y->at = ARENA_ARRAY(c->arena, struct one, (size_t)y->n + 1);
    for (int i = 0; i < y->n; i++) {
        const struct guess *g = &y->ad.guesses[i];
        struct doc *d = doc_object(c->arena);
        doc_put_text(d, "target", y->ad.words[i]);
        doc_put_text(d, "host", g->host);
        doc_put_text(d, "check", g->check[0] ? g->check : NULL);
        y->at[i] = (struct one){.of = y, .host = g->host, .check = g->check, .address = address_of(c, g), .yaml = g->yaml, .reply = d};
    }
    if (work_give(c->house->workers, c->house->loop, read_all, start_all, drop, y) == 0)
        return;
    for (int i = 0; i < y->n; i++)
        release(y);
    op_fail(c, ERR_BUSY, NULL, MSG("too much is asked for at once; try again in a moment"), "");
}

static const struct op_param trial_params[] = {ADDING_PARAMS, {0}};

const struct op op_trial = {
    "trial", "POST", "/api/v1/trial", NULL, ROLE_OPERATOR, OP_WRITE, MSG("try once what “add” would watch, without adding it"),
    MSG("Answers with state, output and timings of each when all have ended, at most 15 seconds later. At most 16 at a time; 60 at once and one a second after that for each person."),
    NULL, trial_params, run_trial};
