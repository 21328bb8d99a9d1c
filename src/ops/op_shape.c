/* SPDX-License-Identifier: GPL-3.0-or-later */
/* op_shape.c: the JSON shapes of checked things that scripts lean on (DESIGN section 7). */
#include "base/msg.h"
#include "base/str.h"
#include "model/relations.h"
#include "ops/ops_priv.h"

void op_put_timings(struct doc *o, const struct timings *t)
{
    const struct {
        const char *key;
        int32_t us;
    } rows[] = {{"lookup", t->lookup_us}, {"connect", t->connect_us}, {"tls", t->tls_us}, {"first_byte", t->first_byte_us}, {"total", t->total_us}};
    struct doc *d = doc_put_object(o, "timings_us");
    for (size_t i = 0; i < COUNT(rows); i++)
        if (rows[i].us)
            doc_put_int(d, rows[i].key, rows[i].us);
}

static void put_ack(struct doc *o, const struct ack *ack)
{
    if (!ack) {
        doc_put(o, "ack", NULL);
        return;
    }
    struct doc *d = doc_put_object(o, "ack");
    doc_put_text(d, "author", ack->author);
    doc_put_text(d, "comment", ack->comment);
    doc_put_time(d, "at", ack->at_ms);
    doc_put_time(d, "expires", ack->expires_ms);
    doc_put_bool(d, "sticky", ack->sticky);
}

static void put_host(struct doc *o, const struct item *it)
{
    const struct host *h = it->host;
    doc_put_text(o, "address", h->conf ? h->conf->address : NULL);
    doc_put_text(o, "title", h->conf ? h->conf->title : NULL);
    struct doc *groups = doc_put_list(o, "groups");
    for (int i = 0; h->conf && h->conf->groups && h->conf->groups[i]; i++)
        doc_push_text(groups, h->conf->groups[i]);
    struct doc *parents = doc_put_list(o, "parents");
    for (size_t i = 0; i < h->parents.n; i++)
        doc_push_text(parents, h->parents.at[i]->name);
    doc_put_text(o, "cut", h->cut ? h->cut->name : NULL);
    doc_put_int(o, "checks", (int64_t)h->checks.n);
}

/* What it follows from: what cuts it off, its dead host, what it depends on. */
static void put_cause(struct doc *o, const struct item *it)
{
    static const char *const words[] = {[FOLLOWS_PATH] = "path", [FOLLOWS_HOST] = "host", [FOLLOWS_DEPENDENCY] = "dependency"};
    enum follows how;
    const struct item *cause = item_follows(it, &how);
    char id[2 * CONF_MAX_NAME + 2];
    struct buf b = BUF_MAX(2 * CONF_MAX_NAME + 200);
    if (!cause) {
        doc_put(o, "cause", NULL);
        return;
    }
    struct doc *d = doc_put_object(o, "cause");
    item_id(cause, id, sizeof id);
    msg_pack(&b, follows_text(how), "s", id);
    doc_put_text(d, "target", id);
    doc_put_text(d, "by", words[how]);
    doc_put_msg(d, "text", buf_text(&b));
    buf_done(&b);
}

void op_put_item(struct doc *into, const struct item *it, const struct house *h)
{
    struct doc *o = into->kind == DOC_LIST ? doc_push_object(into) : into;
    doc_put_text(o, "host", it->host->name);
    doc_put_text(o, "check", item_check_name(it));
    doc_put_text(o, "kind", it->conf ? it->conf->kind->name : NULL);
    doc_put_text(o, "state", state_word((enum state)it->st.state));
    doc_put_bool(o, "hard", it->st.hard);
    doc_put_int(o, "attempt", it->st.attempt);
    doc_put_int(o, "max_attempts", it->conf ? it->conf->attempts : 1);
    doc_put_msg(o, "output", it->text ? it->text : "");
    doc_put_time(o, "since", it->st.since_ms);
    doc_put_bool(o, "acknowledged", it->ack != NULL);
    doc_put_bool(o, "in_downtime", it->downtime_depth > 0);
    doc_put_bool(o, "flapping", it->st.flapping);
    doc_put_bool(o, "enabled", it->enabled);
    doc_put_bool(o, "resting", it->resting);
    if (it->resting)
        doc_put_time(o, "resting_until", item_rests_until(it, clock_wall_ms()));
    put_cause(o, it);
    doc_put_bool(o, "verifying", it->verifying);
    doc_put_bool(o, "told", it->told);
    doc_put_time(o, "last_check", it->last_check_ms);
    doc_put_time(o, "next_check", it->next_check_ms);
    if (it->perfdata)
        doc_put_text(o, "perfdata", it->perfdata);
    if (it->timings.total_us)
        op_put_timings(o, &it->timings);
    put_ack(o, it->ack);
    if (it->is_host)
        put_host(o, it);
}

void op_put_conf_wrong(struct doc *obj, const struct house *h)
{
    const struct house_conf_wrong *w = &h->conf_wrong;
    if (!w->since_ms)
        return;
    struct doc *o = doc_put_object(obj, "configuration");
    doc_put_int(o, "errors", w->errors);
    doc_put_time(o, "since", w->since_ms);
    doc_put_text(o, "file", w->file[0] ? w->file : NULL);
    doc_put_int(o, "line", w->line);
    doc_put_msg(o, "message", w->text);
}

void op_put_conf_warnings(struct doc *obj, const struct house *h)
{
    const struct conf *c = model_conf(h->model);
    struct doc *list = doc_put_list(obj, "warnings");
    for (int i = 0; c && i < c->n_warnings; i++) {
        struct doc *d = doc_push_object(list);
        doc_put_text(d, "file", c->warnings[i].file);
        doc_put_int(d, "line", c->warnings[i].line);
        doc_put_int(d, "column", c->warnings[i].column);
        doc_put_msg(d, "message", c->warnings[i].text);
    }
}

void op_put_summary(struct doc *obj, const struct house *h)
{
    struct model_counts n;
    model_count(h->model, &n);
    const struct {
        const char *key;
        int value;
    } rows[] = {{"hosts", n.hosts}, {"checks", n.checks}, {"up", n.up}, {"down", n.down}, {"unreachable", n.unreachable}, {"ok", n.ok},
                {"warning", n.warning}, {"critical", n.critical}, {"unknown", n.unknown}, {"pending", n.pending},
                {"acknowledged", n.acknowledged}, {"in_downtime", n.in_downtime}, {"unhandled", n.unhandled}};
    for (size_t i = 0; i < COUNT(rows); i++)
        doc_put_int(obj, rows[i].key, rows[i].value);
}
