/* SPDX-License-Identifier: GPL-3.0-or-later */
/* ops_mail_in.c: a mail that came in: what it is, and what becomes of it.
 *
 * It is read in a worker.  An answer to a calendar entry of ours is noted; a mail of somebody on the list, once proven, is dictation (dictation.h),
 * done as the operation that it says, by that person; a notice of somebody whom we depend on becomes planned work (ops_upstream.c).  All
 * else is refused as the configuration says, and leaves nothing behind.
 *
 * Whoever was proven gets an answer: where to read it, or what was not understood.  A mark of the mail and the answer are kept in the transaction of
 * what the mail says, so that a mail which the mail server hands over twice is done and answered once. */
#include "base/hash.h"
#include "base/json.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/msg.h"
#include "base/str.h"
#include "base/utf8.h"
#include "io/file.h"
#include "ops/dictation.h"
#include "ops/mail_in.h"
#include "ops/ops_news.h"
#include "ops/ops_priv.h"
#include <string.h>

enum { MOST_BODY = 60 << 10, MOST_PAYLOAD = 256 << 10, QUOTED = 600 };

/* ---- the end ---- */

struct ending {
    struct mail_in *m;
    struct doc *reply;
};

static void file_gone(void *path)
{
    file_remove(path, NULL);
    mem_free(path);
}

static void nothing(void *arg)
{
}

void mail_in_leave(struct mail_in *m)
{
    struct house *h = m->call->house;
    for (int i = 0; i < m->n_zones; i++)
        zone_free(m->zones[i]);
    if (m->signature_file && work_give(h->workers, h->loop, file_gone, nothing, nothing, m->signature_file))
        file_gone(m->signature_file);
    arena_free(m->arena);
}

static void kept(void *arg, int code, const struct err *e)
{
    struct ending *n = arg;
    struct op_call *c = n->m->call;
    mail_in_leave(n->m);
    if (code)
        op_error(c, code, e);
    else
        op_reply(c, n->reply);
}

static void end_packed(struct mail_in *m, const char *outcome, int exit, const struct bulletin *b, const char *packed)
{
    struct ending *n = ARENA_NEW(m->call->arena, struct ending);
    *n = (struct ending){m, doc_object(m->call->arena)};
    doc_put_text(n->reply, "outcome", outcome);
    doc_put_int(n->reply, "exit", exit);
    doc_put_text(n->reply, "from", m->letter.from && m->letter.from[0] ? arena_dup(m->call->arena, m->letter.from) : NULL);
    if (packed && packed[0])
        doc_put_msg(n->reply, "why", packed);
    if (b)
        news_put_short(doc_put_list(n->reply, "bulletins"), b, m->call);
    announce_flush(m->call->house->announce, kept, n);
}

void mail_in_end(struct mail_in *m, const char *outcome, int exit, const struct bulletin *b, const char *msgid, const char *types, ...)
{
    struct buf packed = BUF_MAX(2000);
    va_list ap;
    va_start(ap, types);
    if (msgid)
        msg_vpack(&packed, msgid, types, ap);
    va_end(ap);
    end_packed(m, outcome, exit, b, buf_text(&packed));
    buf_done(&packed);
}

void mail_in_end_err(struct mail_in *m, const char *outcome, int exit, const struct err *e)
{
    end_packed(m, outcome, exit, NULL, e->text);
}

/* ---- answers ---- */

static void answer_subject(const struct mail_in *m, bool done, const char *lang, struct buf *out)
{
    if (str_istarts(m->letter.subject, "re:"))
        buf_str(out, m->letter.subject);
    else if (m->letter.subject[0])
        buf_printf(out, "Re: %s", m->letter.subject);
    else
        buf_str(out, msg_tr(lang, done ? MSG("It is published") : MSG("Nothing was published")));
}

static void answer_done(const struct mail_in *m, const struct bulletin *b, const char *lang, struct buf *out)
{
    const char *title = wording_for(&b->title, lang, NULL);
    buf_str(out, msg_tr(lang, b->retracted ? MSG("It is withdrawn:") : b->draft ? MSG("It is a draft; only staff see it:") : MSG("It is public:")));
    buf_printf(out, "\n\n%s\n", title ? title : "");
    telling_link(m->call->house->telling, b, NULL, out);
    buf_str(out, "\n\n");
    buf_str(out, msg_tr(lang, b->draft ? MSG("Answer this mail with “publish” to make it public.")
                              : !bulletin_is_open(b) ? MSG("It is over. Answer this mail to say more.")
                              : b->kind == BULLETIN_WORK ? MSG("Answer this mail to say more. A first line such as “confirmed”, “moved friday 22:00-23:30”, “start”, “done” or “cancelled” changes it.")
                                                         : MSG("Answer this mail to say more. A first line such as “identified”, “website degraded” or “resolved” changes it.")));
    buf_char(out, '\n');
}

static const char *some_component(const struct mail_in *m, const char *lang)
{
    const struct conf *conf = model_conf(m->call->house->model);
    const char *title = conf->n_components ? conf_pairs_lang(&conf->components[0]->title, lang) : NULL;
    return title ? title : conf->n_components ? conf->components[0]->name : "website";
}

static void answer_not(const struct mail_in *m, const char *packed, const char *lang, struct buf *out)
{
    char part[QUOTED + 8];
    const char *name = some_component(m, lang);
    buf_str(out, msg_tr(lang, MSG("Nothing was published.")));
    buf_char(out, ' ');
    msg_render(out, packed, lang);
    buf_str(out, "\n\n");
    msg_print(out, lang, MSG("Subjects that are understood, for example:\n\n    {1} major: Login fails\n    {1} degraded: Slow since noon\n    plan {1} friday 22:00-23:30: New disk\n    [12] resolved: All is well again\n\nBelow, in the mail, stands the text, in Markdown. A line “[fr]” begins the French one."), "s", name);
    str_copyn(part, sizeof part, m->letter.text, utf8_fit(m->letter.text, strlen(m->letter.text), QUOTED));
    buf_str(out, "\n\n");
    msg_print(out, lang, MSG("The mail was: “{1}”"), "s", m->letter.subject);
    buf_char(out, '\n');
    for (const char *p = part; *p;) {
        size_t n = strcspn(p, "\n");
        buf_printf(out, "> %.*s\n", (int)n, p);
        p += n + (p[n] == '\n');
    }
}

/* Its row; b NULL: it did not work, for the reason in packed. */
static void answer(struct mail_in *m, const struct bulletin *b, const char *packed, const char *lang)
{
    struct op_call *c = m->call;
    struct buf subject = BUF_MAX(MIME_MAX_HEADER), body = BUF_MAX(MOST_BODY), payload = BUF_MAX(MOST_PAYLOAD), short_subject = BUF_MAX(400);
    char domain[256];
    const char *in_address = model_conf(c->house->model)->mail_in.address, *unique = arena_printf(c->arena, "%s:%s", m->mark, b ? "done" : "not");
    answer_subject(m, b != NULL, lang, &subject);
    utf8_clean(&short_subject, buf_text(&subject), subject.len, UTF8_ONE_LINE, 300);
    if (b)
        answer_done(m, b, lang, &body);
    else
        answer_not(m, packed, lang, &body);
    const char *id = arena_printf(c->arena, "%s.mail.%llx@%s", b ? b->key : "vigie", (unsigned long long)hash_text(unique, 12), telling_domain(c->house->telling, domain, sizeof domain));
    struct mail_payload p = {.subject = buf_text(&short_subject), .body = buf_text(&body), .message_id = id, .in_reply_to = m->letter.id[0] ? m->letter.id : NULL,
                             .item = b ? b->key : NULL, .date_ms = c->now.wall_ms, .reply_to = m->reply_to ? m->reply_to : in_address};
    mail_payload_format(&payload, &p);
    struct store_value v[] = {STORE_T(c->house->node), STORE_T("mail"), STORE_T(unique), STORE_T(m->letter.from), STORE_T(buf_text(&payload)), STORE_I(c->now.wall_ms)};
    announce_row(c->house->announce, &outbox_insert, v, COUNT(v));
    buf_done(&subject);
    buf_done(&short_subject);
    buf_done(&body);
    buf_done(&payload);
}

/* ---- by staff ---- */

static const struct bulletin *newest(const struct board *board)
{
    const struct bulletin *found = NULL;
    for (size_t i = 0; i < board_count(board); i++)
        if (!found || board_at(board, i)->version > found->version)
            found = board_at(board, i);
    return found;
}

static const char *packed_of(struct op_call *c, const struct doc *reply)
{
    const struct doc *e = doc_get(reply, "error");
    return arena_dup(c->arena, doc_text(e, "message", ""));
}

static void operated(void *arg, int status, const struct doc *reply, const struct op_call *inner)
{
    struct mail_in *m = arg;
    struct op_call *c = m->call;
    m->answered = true;
    if (status == 200) {
        const struct bulletin *b = board_find(c->house->board, announce_marked(c->house->announce, m->mark));
        mail_in_end(m, "done", MAIL_IN_OK, b, NULL, "");
        return;
    }
    if (m->posted)
        announce_unmark(c->house->announce, m->mark); /* its rows were taken back with the post */
    if (status >= 500) { /* the disk: the mail server is to come again */
        struct err e = {.code = ERR_IO};
        str_copy(e.text, sizeof e.text, doc_text(doc_get(reply, "error"), "message", ""));
        mail_in_leave(m);
        op_error(c, ERR_IO, &e);
        return;
    }
    const char *packed = packed_of(c, reply);
    answer(m, NULL, packed, m->said->lang);
    end_packed(m, "not_understood", MAIL_IN_OK, NULL, packed);
}

/* What the post made is already on the board: the mark and the answer join its rows. */
static void join_post(struct mail_in *m, const struct bulletin *about)
{
    struct house *h = m->call->house;
    const struct bulletin *b = about ? board_find(h->board, about->id) : newest(h->board);
    if (!b)
        return;
    m->posted = true;
    announce_mark(h->announce, m->mark, b->id, m->call->now.wall_ms);
    answer(m, b, NULL, m->said->lang);
}

static const struct bulletin *find_id(void *arg, const char *id)
{
    return announce_find(arg, id);
}

/* What it answers: a mail of ours has the key of its bulletin in front: "k3fo1q9x2mzt.17@…". */
static const struct bulletin *about_of(const struct mail_in *m)
{
    for (int i = 0; i < m->letter.n_ids; i++) {
        char key[BULLETIN_KEY_BYTES + 1];
        if (strcspn(m->letter.ids[i], ".@") != BULLETIN_KEY_BYTES)
            continue;
        str_copyn(key, sizeof key, m->letter.ids[i], BULLETIN_KEY_BYTES);
        const struct bulletin *b = board_find_key(m->call->house->board, key);
        if (b)
            return b;
    }
    return NULL;
}

/* Of a signed mail only what is signed counts: its subject is there, or its first line stands for it. */
static void words_of(struct mail_in *m, bool answers, const char **ret_subject, const char **ret_text)
{
    const struct letter *l = &m->letter;
    *ret_subject = l->subject;
    *ret_text = l->text;
    if (!m->sealed)
        return;
    *ret_subject = l->sealed_subject ? l->sealed_subject : "";
    *ret_text = l->sealed_text ? l->sealed_text : "";
    if (l->sealed_subject || answers)
        return;
    const char *p = *ret_text + strspn(*ret_text, " \t\n");
    size_t n = strcspn(p, "\n");
    *ret_subject = arena_dupn(m->call->arena, p, n);
    *ret_text = p + n;
}

static void by_staff(struct mail_in *m)
{
    struct op_call *c = m->call;
    const struct conf *conf = model_conf(c->house->model);
    struct dictation_env env = {.conf = conf, .lang = msg_lang(conf->site.lang ? conf->site.lang : "en"), .now_ms = c->now.wall_ms, .zone = c->house->zone, .find = find_id, .arg = c->house->announce};
    const struct bulletin *about = about_of(m);
    const char *subject, *text;
    struct err e = {0};
    m->said = ARENA_NEW(c->arena, struct dictation);
    words_of(m, about != NULL, &subject, &text);
    int r = dictation_read(c->arena, &env, subject, text, about, m->said, &e);
    if (r) {
        answer(m, NULL, e.text, m->said->lang);
        mail_in_end_err(m, "not_understood", MAIL_IN_OK, &e);
        return;
    }
    const char *id = doc_text(m->said->params, "id", NULL);
    about = id ? announce_find(c->house->announce, id) : NULL;
    uint64_t before = board_version(c->house->board);
    int64_t about_id = about ? about->id : 0;
    op_run(c->house, op_find(m->said->op), m->said->params, &m->who, m->said->lang, "", operated, m);
    if (!m->answered && board_version(c->house->board) != before)
        join_post(m, about_id ? board_find(c->house->board, about_id) : NULL);
}

/* ---- readers who decline ---- */

static void objector_known(void *arg, int code, const struct err *e)
{
    struct mail_in *m = arg;
    struct op_call *c = m->call;
    const struct ical_event *ev = &m->letter.calendars[0].events[0];
    const struct bulletin *b = board_find_key(c->house->board, str_starts(ev->uid, "vigie-") ? ev->uid + 6 : ev->uid);
    if (code == ERR_NOT_FOUND || (code == 0 && !b)) {
        mail_in_end(m, "ignored", MAIL_IN_OK, NULL, MSG("nobody whom we have told answers so"), "");
    } else if (code) {
        mail_in_leave(m);
        op_error(c, code, e);
    } else if (announce_object(c->house->announce, b, ev->attendees[0].address, c->now.wall_ms)) {
        mail_in_end(m, "objection", MAIL_IN_OK, b, NULL, "");
    } else {
        mail_in_end(m, "ignored", MAIL_IN_OK, b, MSG("it came before, and is kept"), "");
    }
}

/* An answer to one entry by one attendee, who writes to the address that only the entry in his own mail had. */
static bool is_reply(const struct mail_in *m)
{
    const struct letter *l = &m->letter;
    return l->n_calendars > 0 && str_eq(l->calendars[0].method, "REPLY");
}

static const char *word_behind_plus(struct mail_in *m)
{
    for (int i = 0; i < m->letter.n_to; i++) {
        const char *at = strrchr(m->letter.to[i], '@'), *plus = strchr(m->letter.to[i], '+');
        if (at && plus && plus < at && at - plus - 1 == SUBSCRIBER_PLUS_BYTES - 1)
            return arena_dupn(m->call->arena, plus + 1, (size_t)(at - plus - 1));
    }
    return NULL;
}

static void by_reader(struct mail_in *m)
{
    struct op_call *c = m->call;
    const struct ical *cal = &m->letter.calendars[0];
    const struct ical_event *ev = cal->n_events ? &cal->events[0] : NULL;
    const char *word = word_behind_plus(m);
    const struct bulletin *b = ev && ev->uid ? board_find_key(c->house->board, str_starts(ev->uid, "vigie-") ? ev->uid + 6 : ev->uid) : NULL;
    bool counts = ev && ev->n_attendees == 1 && b && b->kind == BULLETIN_WORK && bulletin_is_public(b) && bulletin_is_open(b);
    if (!counts || !word || !c->house->mailing) {
        mail_in_end(m, "ignored", MAIL_IN_OK, NULL, MSG("nobody whom we have told answers so"), "");
    } else if (!str_eq(ev->attendees[0].partstat, "DECLINED")) {
        mail_in_end(m, "ignored", MAIL_IN_OK, b, MSG("he does not object"), "");
    } else {
        mailing_knows(c->house->mailing, ev->attendees[0].address, word, objector_known, m);
    }
}

/* ---- whose is it? ---- */

static void refuse(struct mail_in *m)
{
    const struct conf *conf = model_conf(m->call->house->model);
    bool bounce = conf->mail_in.unknown == CONF_REFUSE_BOUNCE && !m->letter.automatic && !m->letter.nobody;
    mail_in_end(m, "refused", bounce ? MAIL_IN_REFUSED : MAIL_IN_OK, NULL, MSG("this address takes mails of known senders only, with their proof"), "");
}

/* Of a signed mail what is signed makes it one: it must not be sent a second time below another header. */
static void name_mark(struct mail_in *m)
{
    const struct letter *l = &m->letter;
    uint64_t what = m->sealed ? hash_bytes(l->sealed->whole.p, l->sealed->whole.n, hash_text(l->from, 14))
                  : l->id[0]  ? hash_text(arena_printf(m->call->arena, "%s\n%s", l->from, l->id), 13)
                              : hash_bytes(m->ask.raw, m->ask.n, 13);
    m->mark = arena_printf(m->call->arena, "mailin:%016llx", (unsigned long long)what);
}

static void proven(struct mail_in *m, bool yes)
{
    struct announce *a = m->call->house->announce;
    if (!yes) {
        if (!upstream_take(m))
            refuse(m);
        return;
    }
    name_mark(m);
    int64_t done = announce_marked(a, m->mark);
    if (done >= 0)
        mail_in_end(m, "known", MAIL_IN_OK, board_find(m->call->house->board, done), MSG("it came before, and is kept"), "");
    else
        by_staff(m);
}

/* Our own mail, or that of a program: it must not be answered, nor believed. */
static bool is_loop(struct mail_in *m)
{
    char domain[256];
    const char *at = strrchr(m->letter.id, '@');
    bool own = at && str_ieq(at + 1, telling_domain(m->call->house->telling, domain, sizeof domain)) && (str_starts(m->letter.id, "vigie.") || strstr(m->letter.id, ".mail.") || strstr(m->letter.id, ".staff."));
    return own || m->letter.automatic || m->letter.nobody;
}

static bool has_sender(const struct mail_in *m)
{
    const struct conf_mail_in *in = &model_conf(m->call->house->model)->mail_in;
    const struct conf_sender *senders = in->senders.at;
    for (int i = 0; i < in->senders.n; i++)
        if (m->letter.from[0] && letter_fits(senders[i].from, m->letter.from))
            return true;
    return false;
}

static void decide(struct mail_in *m)
{
    bool upstream = str_eq(doc_text(m->call->params, "as", "any"), "upstream");
    if (m->code) {
        mail_in_end_err(m, "bad", MAIL_IN_BAD, &m->err);
    } else if (upstream) {
        if (!upstream_take(m))
            mail_in_end(m, "refused", MAIL_IN_REFUSED, NULL, MSG("it is a notice of nobody in the configuration (upstreams:)"), "");
    } else if (is_reply(m)) {
        by_reader(m);
    } else if (is_loop(m)) {
        if (!upstream_take(m)) /* theirs are written by programs */
            mail_in_end(m, "ignored", MAIL_IN_OK, NULL, MSG("a program wrote it"), "");
    } else if (has_sender(m)) {
        mail_prove(m, proven);
    } else if (!upstream_take(m)) {
        refuse(m);
    }
}

/* ---- reading, in a worker ---- */

static bool zone_named(void *arg, const char *name, const struct zone **ret)
{
    struct mail_in *m = arg;
    name = name ? name : m->site_zone ? m->site_zone : "UTC";
    *ret = NULL;
    if (str_ieq(name, "UTC"))
        return true;
    for (int i = 0; i < m->n_zones; i++)
        if (str_eq(m->zone_names[i], name)) {
            *ret = m->zones[i];
            return *ret != NULL;
        }
    if (m->n_zones == ICAL_MAX_ZONES || !m->conf_env.zone_load)
        return false;
    m->zone_names[m->n_zones] = arena_dup(m->arena, name);
    m->zones[m->n_zones] = m->conf_env.zone_load(m->conf_env.arg, name);
    *ret = m->zones[m->n_zones++];
    return *ret != NULL;
}

static void read_run(void *arg)
{
    struct mail_in *m = arg;
    m->ask.zone = zone_named;
    m->ask.arg = m;
    m->code = letter_read(m->arena, &m->ask, &m->letter, &m->err);
    if (m->code == 0)
        m->code = mail_proof_file(m, m->call->house->data_dir, &m->err);
}

static void read_done(void *arg)
{
    decide(arg);
}

static void read_drop(void *arg)
{
    mail_in_leave(arg);
}

static void run_mail_in(struct op_call *c)
{
    const struct conf *conf = model_conf(c->house->model);
    const char *raw = doc_text(c->params, "mail", "");
    struct mail_in *m = ARENA_NEW(c->arena, struct mail_in);
    if (!raw[0]) {
        op_fail(c, ERR_INVALID, "mail", MSG("{1} is empty"), "s", "mail");
        return;
    }
    *m = (struct mail_in){.call = c, .arena = arena_new(16 << 10), .conf_env = c->house->conf_env, .site_zone = arena_dup(c->arena, conf->site.zone)};
    m->ask = (struct letter_ask){.raw = raw, .n = strlen(raw), .recipient = doc_text(c->params, "recipient", NULL), .sender = doc_text(c->params, "sender", NULL),
                                 .server = arena_dup(c->arena, conf->mail_in.server)};
    if (work_give(c->house->workers, c->house->loop, read_run, read_done, read_drop, m) == 0)
        return;
    mail_in_leave(m);
    op_fail(c, ERR_BUSY, NULL, MSG("much is being done already; try again in a moment"), "");
}

static const char *const as_words[] = {"any", "upstream", NULL};
static const struct op_param mail_in_params[] = {
    {"files", OP_TEXTS, OP_WORDS | OP_CLI_ONLY, 0, NULL, MSG("mailboxes, Maildirs, mails or calendars (.ics); - or nothing: the standard input"), NULL},
    {"mail", OP_MAIL, OP_NOT_CLI, 0, NULL, MSG("the mail as it came (message/rfc822), at most 1 MiB; or a calendar"), NULL},
    {"recipient", OP_TEXT, OP_NOT_CLI, 0, NULL, MSG("the address that it went to, by the envelope"), NULL},
    {"sender", OP_TEXT, OP_NOT_CLI, 0, NULL, MSG("the address that it came from, by the envelope; empty: nobody"), NULL},
    {"as", OP_WORD, OP_NOT_CLI, 0, as_words, MSG("what it may be: anything, or a notice of somebody whom we depend on"), "any"},
    {0}};

const struct op op_mail_in = {
    "mail-in", "POST", "/api/v1/announce/mail", "upstream", ROLE_OPERATOR, OP_WRITE, MSG("take in notices of those whom we depend on: they become planned work (drafts, mostly)"),
    MSG("The operation takes any mail that came in: of staff, as “vigie incident --from-mail” hands it over, of somebody whom we depend on, or the answer of a reader. "
        "Who wrote it is proven as the configuration says (mail_in:, upstreams:); what it says is done with that person's role, whoever hands it over."),
    "upstream /var/mail/noc", mail_in_params, run_mail_in};
