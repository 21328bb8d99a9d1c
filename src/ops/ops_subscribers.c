/* SPDX-License-Identifier: GPL-3.0-or-later */
/* ops_subscribers.c: subscribers, for staff: who they are, who would be told, what became of the mails; lists in and out. */
#include "base/msg.h"
#include "base/str.h"
#include "base/timetext.h"
#include "ops/ops_news.h"
#include "ops/ops_priv.h"
#include "ops/ops_subscribe.h"

enum { LIST_MOST = 2000, IMPORT_MOST = 500 };

/* ---- lists ---- */

struct listed {
    struct op_call *call;
    struct doc *reply, *list;
    int64_t n;
    bool csv;
};

static void csv_text(struct buf *out, const char *text)
{
    bool formula = text && strchr("=+-@\t\r", text[0]) && text[0]; /* a spreadsheet would run it */
    buf_char(out, '"');
    if (formula)
        buf_char(out, '\'');
    for (; text && *text; text++) {
        if (*text == '"')
            buf_char(out, '"');
        buf_char(out, *text);
    }
    buf_char(out, '"');
}

static void list_json(struct listed *l, const struct mailing_row *r)
{
    if (l->n > LIST_MOST)
        return;
    struct doc *o = doc_push_object(l->list);
    doc_put_int(o, "id", r->id);
    subscribe_put(o, &r->s);
    doc_put_text(o, "client", r->client);
    doc_put_text(o, "origin", r->origin);
    doc_put_time(o, "since", r->since_ms);
    doc_put_int(o, "bounces", r->bounces);
    doc_put_time(o, "silenced", r->silenced_ms);
}

static void list_csv(struct listed *l, const struct mailing_row *r)
{
    struct buf *out = l->call->text;
    char since[TIME_RFC3339_BYTES];
    int n = 0;
    time_rfc3339(r->since_ms, 0, since);
    csv_text(out, r->s.address);
    buf_printf(out, ",%s,", r->s.lang);
    csv_text(out, r->s.about);
    buf_char(out, ',');
    buf_char(out, '"');
    for (int i = 0; subscriber_kind_words[i]; i++)
        if (r->s.kinds & (1u << i))
            buf_printf(out, "%s%s", n++ ? " " : "", subscriber_kind_words[i]);
    buf_str(out, "\",");
    csv_text(out, r->client);
    buf_printf(out, ",%s,%s,%d\n", r->origin ? r->origin : "", since, r->bounces);
}

static void listed_row(void *arg, const struct mailing_row *r)
{
    struct listed *l = arg;
    l->n++;
    if (l->csv)
        list_csv(l, r);
    else
        list_json(l, r);
}

static void listed_end(void *arg, int code, const struct err *e)
{
    struct listed *l = arg;
    if (code) {
        op_error(l->call, code, e);
        return;
    }
    if (l->csv)
        doc_put_text(l->reply, "csv", buf_text(l->call->text));
    doc_put_int(l->reply, "count", l->n);
    buf_clear(l->call->text);
    op_reply(l->call, l->reply);
}

static struct listed *listed_new(struct op_call *c, bool csv)
{
    struct listed *l = ARENA_NEW(c->arena, struct listed);
    *l = (struct listed){.call = c, .csv = csv};
    l->reply = doc_object(c->arena);
    if (csv)
        c->text->max = 64 << 20;
    else
        l->list = doc_put_list(l->reply, "subscribers");
    return l;
}

/* ---- a dry run ---- */

enum { MOST_WAYS = 16 };
struct preview {
    struct op_call *call;
    struct doc *reply, *addresses, *ways;
    int64_t mails;
};

/* The row of a way: how many, and of each language. Its word for people is that of the channel, but for subscribers by mail. */
static void preview_count(struct preview *v, const char *way, const char *lang)
{
    struct doc *row = NULL;
    DOC_EACH(v->ways, d)
        if (str_eq(doc_text(d, "way", ""), way))
            row = d;
    if (!row && v->ways->kids.n < MOST_WAYS) {
        row = doc_push_object(v->ways);
        doc_put_text(row, "way", way);
        doc_put_object(row, "languages");
    }
    if (!row)
        return;
    doc_put_int(row, "count", doc_int(row, "count", 0) + 1);
    struct doc *langs = doc_get(row, "languages");
    if (lang[0])
        doc_put_int(langs, lang, doc_int(langs, lang, 0) + 1);
}

static void preview_row(void *arg, const char *way, const char *recipient, const char *lang)
{
    struct preview *v = arg;
    bool mail = str_eq(way, "subscriber");
    preview_count(v, mail ? "mail" : way, lang);
    if (mail && v->mails++ < LIST_MOST)
        doc_push_text(v->addresses, recipient);
}

static void preview_end(void *arg, int code, const struct err *e)
{
    struct preview *v = arg;
    if (code) {
        op_error(v->call, code, e);
        return;
    }
    doc_put_int(doc_get(v->reply, "recipients"), "count", v->mails);
    op_reply(v->call, v->reply);
}

void subscribe_preview(struct op_call *c, struct doc *reply, const struct board_event *e)
{
    struct preview *v = ARENA_NEW(c->arena, struct preview);
    struct doc *o = doc_put_object(reply, "recipients");
    *v = (struct preview){.call = c, .reply = reply, .addresses = doc_put_list(o, "addresses"), .ways = doc_put_list(o, "ways")};
    if (c->house->publications)
        publications_would(c->house->publications, e, preview_row, preview_end, v);
    else
        preview_end(v, 0, NULL);
}

static void run_list(struct op_call *c)
{
    const char *id = doc_text(c->params, "incident", NULL);
    const struct bulletin *b = id ? announce_find(c->house->announce, id) : NULL;
    if (!subscribe_has_mailing(c))
        return;
    if (id && !b)
        op_fail(c, ERR_NOT_FOUND, "incident", MSG("there is no incident {1}"), "s", id);
    else
        mailing_list(c->house->mailing, b, b ? mailing_kind(b, b) : 0, listed_row, listed_end, listed_new(c, false));
}

/* ---- one ---- */

static void put_done(void *arg, int code, const struct err *e)
{
    struct op_call *c = arg;
    if (code) {
        op_error(c, code, e);
        return;
    }
    struct doc *o = doc_object(c->arena);
    doc_put_text(o, "email", doc_text(c->params, "email", ""));
    op_reply_durable(c, o, c->op->name, doc_text(c->params, "email", ""), NULL);
}

/* Without a word of its owner an address is mailed only when staff say that he agreed. */
static void run_add(struct op_call *c)
{
    struct subscriber s = {0};
    struct err e = {0};
    if (!subscribe_has_mailing(c) || !subscribe_read(c, &s))
        return;
    if (doc_bool(c->params, "agreed", false)) {
        mailing_put(c->house->mailing, &s, doc_text(c->params, "client", NULL), "staff", c->now.wall_ms, put_done, c);
        return;
    }
    int r = mailing_wish(c->house->mailing, &s, NULL, c->now.wall_ms, &e);
    put_done(c, r, r ? &e : NULL);
}

static void run_remove(struct op_call *c)
{
    if (subscribe_has_mailing(c))
        mailing_remove(c->house->mailing, doc_text(c->params, "email", ""), put_done, c);
}

static void run_bounce(struct op_call *c)
{
    const char *email = doc_text(c->params, "email", NULL), *link = doc_text(c->params, "link", NULL);
    bool for_good = doc_bool(c->params, "for-good", false);
    if (!subscribe_has_mailing(c))
        return;
    if (link)
        mailing_bounced_link(c->house->mailing, link, for_good, c->now.wall_ms, put_done, c);
    else if (email)
        mailing_bounced(c->house->mailing, email, for_good, c->now.wall_ms, put_done, c);
    else
        op_fail(c, ERR_INVALID, "email", MSG("whose mail came back?"), "");
}

/* ---- many ---- */

struct loaded {
    struct op_call *call;
    struct doc *reply, *refused;
    int64_t kept;
};

static void loaded_end(void *arg, int code, const struct err *e)
{
    struct loaded *l = arg;
    struct op_call *c = l->call;
    if (code) {
        op_error(c, code, e);
        return;
    }
    doc_put_int(l->reply, "kept", l->kept);
    if (doc_bool(c->params, "dry-run", false))
        op_reply(c, l->reply);
    else
        op_reply_durable(c, l->reply, "subscriber-import", doc_text(c->params, "source", ""), NULL);
}

/* A service by its name, or by what people call it; the word itself when there is none (it is refused then). */
static const char *service_of(struct op_call *c, const char *word)
{
    const struct conf *conf = model_conf(c->house->model);
    if (subscriber_about_known(conf, word))
        return word;
    for (int i = 0; i < conf->n_components; i++)
        for (int k = 0; k < conf->components[i]->title.n; k++)
            if (str_ieq(conf->components[i]->title.values[k], word))
                return conf->components[i]->name;
    return arena_printf(c->arena, "group:%s", word);
}

static void load_one(struct loaded *l, struct mailing_load *load, const struct doc *row)
{
    struct op_call *c = l->call;
    struct buf about = BUF_MAX(SUBSCRIBER_MAX_ABOUT + 8);
    struct err e = {0};
    DOC_EACH(doc_get(row, "services"), d)
        buf_printf(&about, "%s%s", about.len ? "," : "", service_of(c, d->text ? d->text : ""));
    struct subscriber s = {.address = doc_text(row, "email", ""), .lang = msg_lang(doc_text(row, "lang", model_conf(c->house->model)->site.lang ? model_conf(c->house->model)->site.lang : "en")),
                           .about = buf_text(&about), .kinds = SUBSCRIBER_EVERYTHING};
    const char *client = doc_text(row, "client", NULL);
    char short_client[200];
    str_copy(short_client, sizeof short_client, client ? client : "");
    if (mailing_load_add(load, &s, client ? short_client : NULL, &e) == 0) {
        l->kept++;
    } else {
        struct doc *o = doc_push_object(l->refused);
        doc_put_int(o, "line", doc_int(row, "line", 0));
        doc_put_msg(o, "why", e.text);
    }
    buf_done(&about);
}

static void run_import(struct op_call *c)
{
    const struct doc *rows = doc_get(doc_get(c->params, "people"), "rows");
    if (!subscribe_has_mailing(c))
        return;
    if (rows && rows->kind == DOC_LIST && rows->kids.n > IMPORT_MOST) {
        op_fail(c, ERR_LIMIT, "people", MSG("at most {1} people at once"), "i", (int64_t)IMPORT_MOST);
        return;
    }
    struct loaded *l = ARENA_NEW(c->arena, struct loaded);
    *l = (struct loaded){.call = c, .reply = doc_object(c->arena)};
    l->refused = doc_put_list(l->reply, "refused");
    struct mailing_load *load = mailing_load_new(c->house->mailing, doc_text(c->params, "source", "list"), doc_int(c->params, "run", 0), c->now.wall_ms);
    DOC_EACH(rows, row)
        load_one(l, load, row);
    if (doc_bool(c->params, "rest", false))
        mailing_load_rest(load);
    mailing_load_end(load, !doc_bool(c->params, "dry-run", false), loaded_end, l);
}

/* ---- reports ---- */

struct reported {
    struct op_call *call;
    bool csv;
    struct doc *reply, *list;
    int64_t n, sent, due, given_up;
};

static void report_csv(struct buf *out, const struct mailing_report *r)
{
    char created[TIME_RFC3339_BYTES], done[TIME_RFC3339_BYTES] = "";
    time_rfc3339(r->created_ms, 0, created);
    if (r->done_ms)
        time_rfc3339(r->done_ms, 0, done);
    csv_text(out, r->address);
    buf_printf(out, ",mail,%s,%s,%s,%s,%d,%s,", r->what, r->state, created, done, r->tries, r->in_doubt ? "yes" : "no");
    csv_text(out, r->error);
    buf_char(out, '\n');
}

static void reported_row(void *arg, const struct mailing_report *r)
{
    struct reported *p = arg;
    if (p->csv)
        report_csv(p->call->text, r);
    p->n++;
    p->sent += str_eq(r->state, "sent");
    p->given_up += str_eq(r->state, "given_up");
    p->due += str_eq(r->state, "due") || str_eq(r->state, "sending");
    if (p->csv || p->n > LIST_MOST)
        return;
    struct doc *o = doc_push_object(p->list);
    doc_put_text(o, "email", r->address);
    doc_put_text(o, "channel", "mail");
    doc_put_text(o, "what", r->what);
    doc_put_text(o, "state", r->state);
    doc_put_time(o, "created", r->created_ms);
    doc_put_time(o, "done", r->done_ms);
    doc_put_int(o, "tries", r->tries);
    doc_put_bool(o, "in_doubt", r->in_doubt);
    doc_put_text(o, "error", r->error);
}

static void reported_end(void *arg, int code, const struct err *e)
{
    struct reported *p = arg;
    if (code) {
        op_error(p->call, code, e);
        return;
    }
    doc_put_int(p->reply, "count", p->n);
    doc_put_int(p->reply, "sent", p->sent);
    doc_put_int(p->reply, "waiting", p->due);
    doc_put_int(p->reply, "given_up", p->given_up);
    if (p->csv)
        doc_put_text(p->reply, "csv", buf_text(p->call->text));
    buf_clear(p->call->text);
    op_reply(p->call, p->reply);
}

static void run_report(struct op_call *c)
{
    const struct bulletin *b = news_find(c);
    if (!b || !subscribe_has_mailing(c))
        return;
    struct reported *p = ARENA_NEW(c->arena, struct reported);
    *p = (struct reported){.call = c, .reply = doc_object(c->arena), .csv = doc_bool(c->params, "csv", false)};
    if (p->csv) {
        c->text->max = 64 << 20;
        buf_str(c->text, "email,channel,what,state,created,done,tries,in_doubt,error\n");
    }
    p->list = doc_put_list(p->reply, "mails");
    mailing_reports(c->house->mailing, b, reported_row, reported_end, p);
}

static void run_export(struct op_call *c)
{
    if (!subscribe_has_mailing(c))
        return;
    struct listed *l = listed_new(c, true);
    buf_str(c->text, "email,lang,about,kinds,client,origin,since,bounces\n");
    mailing_list(c->house->mailing, NULL, 0, listed_row, listed_end, l);
}

static const struct op_param list_params[] = {{"incident", OP_TEXT, 0, 'i', NULL, MSG("only those whom this incident or planned work concerns"), NULL}, {0}};
static const struct op_param add_params[] = {
    {"email", OP_TEXT, OP_REQUIRED | OP_WORDS, 0, NULL, MSG("the mail address"), NULL},
    SUBSCRIBE_CHOICE,
    {"client", OP_TEXT, 0, 0, NULL, MSG("the client whose address it is"), NULL},
    {"agreed", OP_BOOL, 0, 0, NULL, MSG("its owner agreed already: no mail asks for it"), "no"},
    {0}};
static const struct op_param one_params[] = {{"email", OP_TEXT, OP_REQUIRED | OP_WORDS, 0, NULL, MSG("the mail address"), NULL}, {0}};
static const struct op_param bounce_params[] = {
    {"email", OP_TEXT, OP_WORDS, 0, NULL, MSG("the mail address; without one the report of a mail server is read from the standard input"), NULL}, {"for-good", OP_BOOL, 0, 0, NULL, MSG("mail it no more: there is no such mailbox"), "no"},
    {"link", OP_TEXT, OP_NOT_CLI, 0, NULL, MSG("his own link, as it stood in the mail that came back"), NULL}, {0}};
static const struct op_param import_params[] = {
    {"file", OP_TEXT, OP_WORDS | OP_CLI_ONLY, 0, NULL, MSG("CSV with a line of titles, or JSON as CiviCRM gives it; - reads the standard input"), NULL},
    {"source", OP_TEXT, 0, 0, NULL, MSG("whose list it is; each source has its own"), "list"},
    {"replace", OP_BOOL, OP_CLI_ONLY, 0, NULL, MSG("whom this source does not name any more is taken off"), "no"},
    {"dry-run", OP_BOOL, 0, 'n', NULL, MSG("keep nothing: say what could be read"), "no"},
    {"people", OP_OBJECT, OP_NOT_CLI, 0, NULL, MSG("rows: a list of email, client, lang, services, line"), NULL},
    {"run", OP_INT, OP_NOT_CLI, 0, NULL, MSG("a number of this reading, the same for all its parts"), NULL},
    {"rest", OP_BOOL, OP_NOT_CLI, 0, NULL, MSG("the last part: who was not named is taken off"), NULL},
    {0}};
static const struct op_param report_params[] = {NEWS_ID, {"csv", OP_BOOL, 0, 0, NULL, MSG("all of it, as CSV"), "no"}, {0}};
static const struct op_param none[] = {{0}};

const struct op op_subscribers = {"subscribers", "GET", "/api/v1/announce/subscribers", "subscriber list", ROLE_ADMIN, OP_FAMILY, MSG("list who is mailed of what is published"), NULL, "subscriber list --incident 3", list_params, run_list};
const struct op op_subscriber_add = {
    "subscriber-add", "POST", "/api/v1/announce/subscribers", "subscriber add", ROLE_ADMIN, OP_WRITE, MSG("add an address; it gets a mail that asks whether it wants to be told"), NULL,
    "subscriber add reader@example.org -c website --lang fr", add_params, run_add};
const struct op op_subscriber_remove = {
    "subscriber-remove", "POST", "/api/v1/announce/subscribers/remove", "subscriber remove", ROLE_ADMIN, OP_WRITE, MSG("take an address off the list, and what waits for it"), NULL, "subscriber remove reader@example.org", one_params, run_remove};
const struct op op_subscriber_bounce = {
    "subscriber-bounce", "POST", "/api/v1/announce/subscribers/bounce", "subscriber bounce", ROLE_ADMIN, OP_WRITE, MSG("a mail to this address came back"),
    MSG("After five in a row, or one that is for good, the address is mailed no more until its owner confirms it anew."), "subscriber bounce reader@example.org --for-good", bounce_params, run_bounce};
const struct op op_subscriber_export = {
    "subscriber-export", "GET", "/api/v1/announce/subscribers/export", "subscriber export", ROLE_ADMIN, 0, MSG("print the list as CSV"), NULL, "subscriber export", none, run_export};
const struct op op_subscriber_report = {
    "subscriber-report", "GET", "/api/v1/announce/incidents/{id}/mails", "subscriber report", ROLE_OPERATOR, 0, MSG("who was told of an incident, when, and with what result"), NULL, "subscriber report 3", report_params, run_report};
const struct op op_subscriber_import = {
    "subscriber-import", "POST", "/api/v1/announce/subscribers/import", "subscriber import", ROLE_ADMIN, OP_WRITE, MSG("read clients and their services from a list"),
    MSG("Columns are found by their titles: email, name or organisation, language, services. Who subscribed by himself keeps what he chose; who ended it is not brought back."),
    "subscriber import clients.csv --source crm --replace", import_params, run_import};
