/* SPDX-License-Identifier: GPL-3.0-or-later */
/* ops_why.c: why a thing is in its state, and why somebody is told or nobody: in sentences, and as the tree of what is
 * broken below it, what it needs, and what cuts it off (LES-17). */
#include "base/msg.h"
#include "base/str.h"
#include "model/relations.h"
#include "ops/ops_priv.h"

enum { WHY_DEEP = 16, WHY_NODES = 500, WHY_CUTS = 20, WHY_NEEDS = 100 };

/* A bare message id as a packed message, so that it is rendered in the reader's language. */
static const char *packed(struct arena *a, const char *msgid)
{
    return arena_printf(a, "\x01%s", msgid);
}

static const char *state_msg(struct arena *a, enum state s)
{
    static const char *const names[STATE_COUNT] = {
        [STATE_PENDING] = MSG("Pending"), [STATE_OK] = MSG("OK"), [STATE_WARNING] = MSG("Warning"), [STATE_CRITICAL] = MSG("Critical"),
        [STATE_UNKNOWN] = MSG("Unknown"), [STATE_UP] = MSG("Up"), [STATE_DOWN] = MSG("Down"), [STATE_UNREACHABLE] = MSG("Unreachable")};
    return packed(a, names[s]);
}

static const char *id_of(const struct op_call *c, const struct item *it)
{
    char id[2 * CONF_MAX_NAME + 8] = "";
    if (it)
        item_id(it, id, sizeof id);
    return arena_dup(c->arena, id);
}

/* ---- in sentences ---- */

static void why_line(struct doc *list, struct arena *a, const char *msgid, const char *types, ...)
{
    struct buf b = BUF_MAX(2000);
    va_list ap;
    va_start(ap, types);
    msg_vpack(&b, msgid, types, ap);
    va_end(ap);
    struct doc *d = doc_new(a, DOC_MSG);
    d->text = arena_dup(a, buf_text(&b));
    doc_push(list, d);
    buf_done(&b);
}

static void why_told(struct op_call *c, struct doc *list, const struct item *it)
{
    enum quiet q = model_quiet(it);
    if (!state_is_bad((enum state)it->st.state))
        why_line(list, c->arena, MSG("it is well, so there is nothing to tell"), "");
    else if (it->told)
        why_line(list, c->arena, MSG("somebody was told of this problem"), "");
    else if (q == QUIET_DEPENDENCY)
        why_line(list, c->arena, MSG("nobody is told: it follows from {1}"), "s", id_of(c, item_root_cause(it, CONF_FOR_MAILS)));
    else if (q)
        why_line(list, c->arena, MSG("nobody is told: {1}"), "m", packed(c->arena, quiet_text(q)));
    else if (model_conf(c->house->model)->n_contacts == 0)
        why_line(list, c->arena, MSG("nobody is told: there is no contact in the configuration"), "");
    else
        why_line(list, c->arena, MSG("the contacts will be told"), "");
}

/* One host of several redundant ways is in none of them alone. */
static void why_cuts(struct op_call *c, struct doc *list, struct host *h)
{
    struct host *cuts[WHY_CUTS];
    size_t n = h->self.st.state == STATE_UNREACHABLE ? model_cuts(c->house->model, h, cuts, WHY_CUTS) : 0;
    for (size_t i = 0; i < n; i++)
        if (n == 1)
            why_line(list, c->arena, MSG("{1} is down, and everything on the way to {2} goes through it"), "ss", cuts[i]->name, h->name);
        else
            why_line(list, c->arena, MSG("{1} is down for {2}; it is on one of the ways to {3}"), "sds", cuts[i]->name,
                     c->now.wall_ms - cuts[i]->self.st.since_ms, h->name);
}

static void why_depends(struct op_call *c, struct doc *list, const struct item *it)
{
    const struct item *cause = item_cause(it, CONF_FOR_MAILS | CONF_FOR_CHECKS), *root = item_root_cause(it, CONF_FOR_MAILS | CONF_FOR_CHECKS);
    if (!cause)
        return;
    why_line(list, c->arena, MSG("it depends on {1}, which is {2} for {3}"), "smd", id_of(c, cause), state_msg(c->arena, (enum state)cause->st.state),
             cause->st.since_ms ? c->now.wall_ms - cause->st.since_ms : 0);
    if (root != cause)
        why_line(list, c->arena, MSG("that follows from {1}"), "s", id_of(c, root));
    if (!model_may_run(it))
        why_line(list, c->arena, MSG("it is not run until then"), "");
}

static void why_state(struct op_call *c, struct doc *list, const struct item *it)
{
    struct host *h = it->host;
    why_line(list, c->arena, MSG("{1} for {2}: {3}"), "mdm", state_msg(c->arena, (enum state)it->st.state),
             it->st.since_ms ? c->now.wall_ms - it->st.since_ms : 0, it->text ? it->text : "");
    if (!it->st.hard && state_is_bad((enum state)it->st.state) && it->conf)
        why_line(list, c->arena, MSG("attempt {1} of {2}: not certain yet"), "ii", (int64_t)it->st.attempt, (int64_t)it->conf->attempts);
    why_cuts(c, list, h);
    why_depends(c, list, it);
    if (!it->is_host && state_is_bad((enum state)h->self.st.state))
        why_line(list, c->arena, MSG("its host {1} is {2}"), "sm", h->name, state_msg(c->arena, (enum state)h->self.st.state));
    if (it->ack)
        why_line(list, c->arena, MSG("acknowledged by {1}: {2}"), "ss", it->ack->author, it->ack->comment);
    if (it->st.flapping)
        why_line(list, c->arena, MSG("it changes its state too often ({1} %)"), "f", (double)standing_flap_percent(&it->st));
    if (it->conf)
        why_line(list, c->arena, MSG("configured in {1}, line {2}"), "si",
                 model_file(c->house->model, it->conf->where), (int64_t)it->conf->where.line);
}

/* ---- as a tree ---- */

static struct doc *put_node(struct op_call *c, struct doc *list, const struct item *it, enum state as)
{
    struct doc *o = doc_push_object(list);
    doc_put_text(o, "target", id_of(c, it));
    doc_put_text(o, "host", it->host->name);
    doc_put_text(o, "check", item_check_name(it));
    doc_put_text(o, "state", state_word(as));
    doc_put_time(o, "since", it->st.since_ms);
    doc_put_msg(o, "output", it->text ? it->text : "");
    doc_put_bool(o, "enabled", it->enabled);
    doc_put_bool(o, "acknowledged", it->ack != NULL);
    doc_put_bool(o, "in_downtime", it->downtime_depth > 0);
    return o;
}

/* Broken members, with what is broken in them; how many are well. */
static void put_below(struct op_call *c, struct doc *o, const struct item *it, int deep, int *left)
{
    struct doc *list = doc_put_list(o, "below");
    int64_t well = 0, more = 0;
    for (size_t i = 0; i < item_members(it); i++) {
        const struct item *one = item_member_at(it, i);
        enum state s = item_member_state(it, one);
        if (!one->enabled || !state_is_bad(s)) {
            well++;
            continue;
        }
        if (*left <= 0) {
            more++;
            continue;
        }
        --*left;
        struct doc *d = put_node(c, list, one, s);
        if (item_aggregate(one) && deep < WHY_DEEP)
            put_below(c, d, one, deep + 1, left);
    }
    doc_put_int(o, "well", well);
    doc_put_int(o, "more", more);
}

static void put_needs(struct op_call *c, struct doc *o, const struct item *it)
{
    struct doc *list = doc_put_list(o, "needs");
    for (size_t i = 0; i < item_masters(it) && i < WHY_NEEDS; i++) {
        const struct item *one = item_master_at(it, i, NULL);
        put_node(c, list, one, (enum state)one->st.state);
    }
    struct doc *by = doc_put_list(o, "needed_by");
    for (size_t i = 0; i < item_dependants(it) && i < WHY_NEEDS; i++)
        doc_push_text(by, id_of(c, item_dependant_at(it, i)));
    struct doc *in = doc_put_list(o, "part_of");
    for (size_t i = 0; i < item_aggregates(it) && i < WHY_NEEDS; i++)
        doc_push_text(in, id_of(c, item_aggregate_at(it, i)));
    const struct item *root = item_root_cause(it, CONF_FOR_MAILS | CONF_FOR_CHECKS);
    doc_put_text(o, "cause", root ? id_of(c, root) : NULL);
}

static void put_cuts(struct op_call *c, struct doc *o, struct host *h)
{
    struct host *cuts[WHY_CUTS];
    size_t n = h->self.st.state == STATE_UNREACHABLE ? model_cuts(c->house->model, h, cuts, WHY_CUTS) : 0;
    struct doc *list = doc_put_list(o, "cuts");
    for (size_t i = 0; i < n; i++)
        put_node(c, list, &cuts[i]->self, (enum state)cuts[i]->self.st.state);
}

static void run_why(struct op_call *c)
{
    struct item *it = op_target(c, doc_text(c->params, "target", ""));
    int left = WHY_NODES;
    if (!it)
        return;
    struct doc *o = doc_object(c->arena);
    op_put_item(o, it, c->house);
    struct doc *list = doc_put_list(o, "why");
    why_state(c, list, it);
    why_told(c, list, it);
    if (item_aggregate(it))
        put_below(c, o, it, 0, &left);
    put_needs(c, o, it);
    put_cuts(c, o, it->host);
    op_reply(c, o);
}

static const struct op_param why_params[] = {{"target", OP_TARGET, OP_REQUIRED | OP_WORDS, 0, NULL, MSG("a host or check"), NULL}, {0}};

const struct op op_why = {
    "why", "GET", "/api/v1/why", "why", ROLE_VIEWER, 0, MSG("explain the state of a host or check, and who is told"), NULL,
    "why web1/http", why_params, run_why};
