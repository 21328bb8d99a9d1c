/* SPDX-License-Identifier: GPL-3.0-or-later */
/* page_act.c: what people do from the console: acknowledge, release, re-check, plan work, switch, for one row or many.
 * Forms post here; those that need words first get a page that asks for them.  With script the answer is JSON. */
#include "base/json.h"
#include "base/str.h"
#include "web/page_console.h"
#include "web/parts.h"
#include "web/web_priv.h"
#include <string.h>

enum { ACT_MAX = 2000 };

struct act_row {
    const char *action, *op;
    const char *title, *done; /* MSG: of the form page; what a toast says */
    bool asks;                /* needs words before it can be done */
};
static const struct act_row acts[] = {
    {"ack", "ack", MSG("Acknowledge"), MSG("Acknowledged."), true},
    {"unack", "unack", MSG("Release"), MSG("Released."), false},
    {"recheck", "recheck", MSG("Recheck"), MSG("Checked again."), false},
    {"plan", "downtime", MSG("Plan work"), MSG("Planned."), true},
    {"enable", "enable", MSG("Switch on"), MSG("Switched on."), false},
    {"disable", "disable", MSG("Switch off"), MSG("Switched off."), true},
};

/* "ack-host" is "ack" for a whole host. */
static const struct act_row *act_find(const char *word)
{
    size_t n = word ? strcspn(word, "-") : 0;
    for (size_t i = 0; word && i < COUNT(acts); i++)
        if (strlen(acts[i].action) == n && memcmp(acts[i].action, word, n) == 0 && (!word[n] || str_eq(word + n, "-host")))
            return &acts[i];
    return NULL;
}

struct picking {
    struct doc *list;
    int n;
};

static void pick(void *arg, const char *name, const char *value)
{
    struct picking *k = arg;
    if (str_eq(name, "id") && value[0] && ++k->n <= ACT_MAX)
        doc_push_text(k->list, value);
}

static bool wants_json(const struct page *p)
{
    const char *accept = httpd_header(p->rq, "Accept");
    return accept && str_starts(accept, "application/json");
}

static void put_ids(struct page *p, const struct doc *targets)
{
    html_print(&p->html, p->lang, "<ul class=\"picked\">");
    DOC_EACH(targets, d)
        html_print(&p->html, p->lang, "<li><input type=\"hidden\" name=\"id\" value=\"%s\">%s</li>", d->text, d->text);
    html_print(&p->html, p->lang, "</ul>\n");
}

static void field(struct page *p, const char *name, const char *label, const char *hint, const char *type, bool need)
{
    const char *value = page_param(p, name);
    html_print(&p->html, p->lang, "<label class=\"field\"><span>%t</span><input name=\"%r\" type=\"%r\" value=\"%s\"%r></label>\n", label, name, type, value ? value : "", need ? " required autofocus" : "");
    if (hint)
        html_print(&p->html, p->lang, "<p class=\"quiet hint\">%t</p>\n", hint);
}

/* The page that asks: works without script, keeps what was typed on an error. */
static void ask(struct page *p, const struct act_row *a, const struct doc *targets, const char *wrong)
{
    const char *next = page_param(p, "next");
    buf_clear(&p->html);
    parts_open(p, a->title, "problems");
    html_print(&p->html, p->lang, "<form class=\"ask\" method=\"post\" action=\"/console/act\">\n<h1>%t</h1>\n", a->title);
    if (wrong)
        html_print(&p->html, p->lang, "<p class=\"err\" role=\"alert\">%m</p>\n", wrong);
    parts_csrf(p);
    html_print(&p->html, p->lang, "<input type=\"hidden\" name=\"action\" value=\"%r\"><input type=\"hidden\" name=\"sure\" value=\"1\"><input type=\"hidden\" name=\"next\" value=\"%s\">", a->action, next ? next : "/console");
    put_ids(p, targets);
    field(p, "comment", str_eq(a->action, "plan") ? MSG("What is being done") : MSG("What you are doing about it"), NULL, "text", true);
    if (str_eq(a->action, "plan")) {
        field(p, "start", MSG("From"), MSG("22:00, +10m; now when empty"), "text", false);
        field(p, "for", MSG("For how long"), MSG("30m, 2h, 1d; 2 hours when empty"), "text", false);
    } else if (str_eq(a->action, "ack")) {
        html_print(&p->html, p->lang, "<p class=\"ticks\"><label><input type=\"checkbox\" name=\"sticky\" value=\"yes\"> %t</label></p>\n", MSG("keep it until recovery, even if the state changes"));
    }
    html_print(&p->html, p->lang, "<p class=\"do\"><button class=\"btn main\">%t</button> <a class=\"btn\" href=\"%s\">%t</a></p>\n</form>\n", a->title, page_way(next), MSG("Cancel"));
    parts_close(p);
    page_send(p, wrong ? 400 : 200, "text/html; charset=utf-8");
}

static void answer_json(struct page *p, int status, const struct doc *reply, const char *said)
{
    struct doc *o = doc_object(p->rq->arena);
    const struct doc *e = doc_get(reply, "error");
    if (e)
        doc_put_text(o, "error", doc_text(e, "message", ""));
    else
        doc_put_text(o, "said", msg_tr(p->lang, said));
    const struct doc *list = doc_get(reply, "downtimes");
    struct doc *undo = list && list->kids.n ? doc_put_list(o, "undo") : NULL;
    DOC_EACH(list, d)
        doc_push(undo, doc_copy(p->rq->arena, doc_get(d, "id")));
    buf_clear(&p->html);
    /* Messages of errors are packed: let the writer render them. */
    if (e && doc_get(e, "message"))
        doc_put_msg(o, "error", doc_get(e, "message")->text);
    json_write(&p->html, o, p->lang, 0);
    page_send(p, status, "application/json; charset=utf-8");
}

static void push_item(struct doc *list, const struct item *it)
{
    char id[2 * CONF_MAX_NAME + 2];
    item_id(it, id, sizeof id);
    doc_push_text(list, id);
}

/* "ack-host" takes what is open on the host, "recheck-host" all of it, "plan-host" the host as one. */
static void whole_host(struct page *p, const char *action, struct doc *list)
{
    const struct host *h = model_find_host(p->h->model, page_param(p, "host"));
    bool open_only = str_eq(action, "ack-host");
    if (!h)
        return;
    if (str_eq(action, "plan-host")) {
        doc_push_text(list, h->name);
        return;
    }
    if (h->self.conf && (!open_only || (state_is_bad((enum state)h->self.st.state) && !h->self.ack)))
        push_item(list, &h->self);
    for (size_t i = 0; i < h->checks.n && i < ACT_MAX; i++) {
        const struct item *it = h->checks.at[i];
        if (it->enabled && (!open_only || (state_is_bad((enum state)it->st.state) && !it->ack)))
            push_item(list, it);
    }
}

static struct doc *targets_of(struct page *p)
{
    struct picking k = {doc_list(p->rq->arena), 0};
    const char *action = page_param(p, "action");
    if (action && str_ends(action, "-host"))
        whole_host(p, action, k.list);
    else
        httpd_form_each(p->rq, pick, &k);
    return k.list;
}

static void acted(struct page *p, int status, const struct doc *reply)
{
    const struct act_row *a = act_find(page_param(p, "action"));
    const char *next = page_param(p, "next");
    const struct doc *e = doc_get(reply, "error"), *message = doc_get(e, "message");
    if (wants_json(p))
        answer_json(p, status, reply, a->done);
    else if (status == 200)
        page_redirect(p, next ? next : "/console");
    else if (a->asks)
        ask(p, a, targets_of(p), message ? message->text : "");
    else
        page_error(p, status, message && message->text ? message->text : MSG("That did not work."));
}

static void copy_param(struct page *p, struct doc *o, const char *name)
{
    const char *v = page_param(p, name);
    if (v && v[0])
        doc_put_text(o, name, v);
}

void page_act_post(struct page *p)
{
    const struct act_row *a = act_find(page_param(p, "action"));
    struct doc *targets = targets_of(p), *o = doc_object(p->rq->arena);
    if (!a) {
        page_error(p, 400, MSG("There is no such action."));
        return;
    }
    if (!targets->kids.n) {
        page_error(p, 400, MSG("Nothing was chosen. Go back and tick at least one row."));
        return;
    }
    if (a->asks && !page_param(p, "sure")) {
        ask(p, a, targets, NULL);
        return;
    }
    doc_put(o, "targets", targets);
    copy_param(p, o, "comment");
    if (str_eq(a->action, "plan")) {
        copy_param(p, o, "start");
        copy_param(p, o, "for");
    } else if (str_eq(a->action, "ack")) {
        copy_param(p, o, "sticky");
        copy_param(p, o, "expires");
    }
    page_op(p, a->op, o, acted);
}
