/* SPDX-License-Identifier: GPL-3.0-or-later */
/* page_push.c: be told by one's own browser (Web Push): the button below the form of mails, and what its script sends.
 *
 * Without script, or where a browser cannot do it, nothing of it is seen. The request is JSON: a PushSubscription as browsers write it,
 * with what was ticked; it needs no cookie, and nothing that a page of somebody else could send changes what another browser gets. */
#include "base/json.h"
#include "base/str.h"
#include "web/public.h"
#include "web/push.h"
#include <string.h>

enum { BODY_MOST = 32 << 10 };

void push_section(struct pub *pub, const char *key, const char *version)
{
    if (!key)
        return;
    pub_print(pub, "<section id=\"push\" hidden data-key=\"%s\" data-on=\"%t\" data-off=\"%t\" data-is=\"%t\"", key, MSG("Tell me in this browser"), MSG("Tell me no more in this browser"), MSG("This browser is told."));
    pub_print(pub, " data-kept=\"%t\" data-ended=\"%t\" data-denied=\"%t\" data-failed=\"%t\" data-wait=\"%t\">\n", MSG("Your choice is kept."), MSG("This browser is told no more."),
              MSG("This browser does not let us: allow notifications of this page in its settings, then come back."), MSG("That did not work."), MSG("One moment…"));
    pub_print(pub, "<h2>%t</h2>\n<p>%t</p>\n", MSG("Or in this browser"), MSG("It shows a note when there is news, also while this page is closed. What is ticked above holds. Nobody learns who you are: we keep no mail address, and its maker, who brings the note, cannot read it."));
    pub_print(pub, "<p class=\"do\"><button type=\"button\" class=\"btn main\">%t</button> <button type=\"button\" class=\"btn\" hidden>%t</button></p>\n<p role=\"status\"></p>\n</section>\n", MSG("Tell me in this browser"), MSG("Take what is ticked now"));
    pub_print(pub, "<script src=\"/static/push.js?%s\" defer></script>\n", version);
}

/* ---- what the script sends ---- */

static void answer(struct page *p, int status, const struct doc *reply)
{
    json_write(&p->html, reply, p->lang, 0);
    buf_char(&p->html, '\n');
    page_send(p, status, "application/json; charset=utf-8");
}

static void refuse(struct page *p, int status, int code, const char *msgid)
{
    struct doc *d = doc_object(p->rq->arena), *o = doc_put_object(d, "error");
    doc_put_text(o, "code", err_name(code));
    doc_put_msg(o, "message", msgid);
    answer(p, status, d);
}

/* {"endpoint": …, "keys": {"p256dh": …, "auth": …}, "was": {…}} → the operation's parameters. */
static struct doc *params_of(struct page *p, const struct doc *body, bool subscribes)
{
    static const char *const lists[] = {"components", "groups", "kinds"};
    struct doc *o = doc_object(p->rq->arena);
    const struct doc *keys = doc_get(body, "keys"), *was = doc_get(body, "was");
    doc_put_text(o, "endpoint", doc_text(body, "endpoint", ""));
    doc_put_text(o, "auth", doc_text(keys, "auth", ""));
    if (!subscribes)
        return o;
    doc_put_text(o, "p256dh", doc_text(keys, "p256dh", ""));
    doc_put_text(o, "lang", doc_text(body, "lang", p->lang));
    for (size_t i = 0; i < COUNT(lists); i++)
        if (doc_get(body, lists[i]))
            doc_put(o, lists[i], doc_copy(p->rq->arena, doc_get(body, lists[i])));
    if (was) {
        doc_put_text(o, "was_endpoint", doc_text(was, "endpoint", ""));
        doc_put_text(o, "was_auth", doc_text(doc_get(was, "keys"), "auth", ""));
    }
    return o;
}

static void take(struct page *p, bool subscribes)
{
    const char *type = httpd_header(p->rq, "Content-Type");
    struct doc *body = NULL;
    if (!type || !str_istarts(type, "application/json"))
        refuse(p, 415, ERR_INVALID, MSG("This is no subscription of a browser."));
    else if (p->rq->body_bytes > BODY_MOST || json_parse(p->rq->arena, p->rq->body, p->rq->body_bytes, BODY_MOST, &body, NULL) || body->kind != DOC_OBJECT)
        refuse(p, 400, ERR_INVALID, MSG("This is no subscription of a browser."));
    else
        page_op(p, subscribes ? "push-subscribe" : "push-unsubscribe", params_of(p, body, subscribes), answer);
}

bool push_route(struct page *p)
{
    bool subscribes = str_eq(p->rq->path, "/push/subscribe");
    const char *asked = httpd_query(p->rq, "lang"), *accept = httpd_header(p->rq, "Accept-Language");
    if (p->web->stopped || (!subscribes && !str_eq(p->rq->path, "/push/unsubscribe")))
        return false;
    p->lang = msg_lang(asked && asked[0] ? asked : accept ? accept : "en");
    p->who = (struct principal){.role = ROLE_NONE, .via = "web"};
    if (!str_eq(p->rq->method, "POST"))
        page_error(p, 405, MSG("This page does not work that way."));
    else
        take(p, subscribes);
    return true;
}
