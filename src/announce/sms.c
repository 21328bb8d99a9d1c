/* SPDX-License-Identifier: GPL-3.0-or-later */
/* sms.c: from publications to files of a spool, or to requests. */
#include "announce/sms.h"
#include "announce/sms_text.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/msg.h"
#include "base/panic.h"
#include "base/str.h"
#include "io/file.h"
#include <string.h>

enum { SMS_MAGIC = 0x736d7321, UNIQUE_BYTES = 300, LINE_MOST = 4000, SHORTEST = 40, SHORT_NUMBER = 6, FILE_MODE = 0664 };

static const char *const spools[] = {[CONF_SMS_GAMMU] = "/var/spool/gammu/outbox", [CONF_SMS_SMSTOOLS] = "/var/spool/sms/outgoing"};

struct sms {
    unsigned magic;
    int refs;
    bool closing;
    struct sms_env env;
};

static void sms_unref(struct sms *s)
{
    if (--s->refs > 0)
        return;
    s->magic = 0;
    mem_free(s);
}

static struct sms *sms_ref(struct sms *s)
{
    s->refs++;
    return s;
}

/* ---- the text ---- */

static int room_of(const struct sms_size *z, int parts)
{
    return z->gsm ? parts == 1 ? 160 : 153 * parts : parts == 1 ? 70 : 67 * parts;
}

static void fit(const struct telling_env *t, const struct publication *p, const char *lang, size_t most, struct buf *out)
{
    struct buf line = BUF_MAX(LINE_MOST);
    buf_clear(out);
    telling_line(t, p, lang, most, LINE_MOST, &line);
    sms_near(out, buf_text(&line));
    buf_done(&line);
}

void sms_line(const struct telling_env *t, const struct publication *p, const char *lang, int parts, struct buf *out)
{
    size_t most = (size_t)(parts <= 1 ? 160 : 153 * parts);
    struct sms_size z;
    for (;;) {
        fit(t, p, lang, most, out);
        sms_measure(buf_text(out), &z);
        if (z.parts <= parts || most <= SHORTEST) /* then it is the link that is so long: it stays */
            return;
        int over = z.units - room_of(&z, parts);
        most = over < 1 ? most - 1 : (size_t)over + SHORTEST < most ? most - (size_t)over : SHORTEST;
    }
}

/* ---- files ---- */

static void gammu_file(const char *number, const char *text, enum level l, int64_t row, int64_t created_ms, struct buf *name, struct buf *body)
{
    struct civil c;
    bool ascii = true;
    time_civil(created_ms, NULL, &c);
    buf_printf(name, "OUT%c%04d%02d%02d_%02d%02d%02d_00_%s_vigie%lld.txt", l == LEVEL_MAJOR ? 'A' : l == LEVEL_PARTIAL ? 'B' : 'C', c.year, c.month, c.day, c.hour, c.minute, c.second, number, (long long)row);
    for (const char *p = text; *p; p++)
        ascii &= (unsigned char)*p < 0x80;
    if (ascii)
        buf_str(body, text);
    else
        sms_utf16(body, text);
}

/* Numbers are international without their plus; short ones have an s. */
static void smstools_file(const char *number, const char *text, enum level l, int64_t parts, int64_t row, struct buf *name, struct buf *body)
{
    bool plus = number[0] == '+', brief = !plus && strlen(number) <= SHORT_NUMBER;
    buf_printf(name, "vigie-%lld", (long long)row);
    buf_printf(body, "To: %s%s\nAlphabet: UTF-8\n", brief ? "s" : "", number + plus);
    if (l == LEVEL_MAJOR)
        buf_str(body, "Priority: HIGH\n");
    if (parts > 1)
        buf_str(body, "Autosplit: 3\n");
    buf_printf(body, "\n%s", text);
}

void sms_file(const struct conf_sms *c, const char *number, const char *text, enum level l, int64_t row, int64_t created_ms, struct buf *ret_name, struct buf *ret_body)
{
    if (c->via == CONF_SMS_SMSTOOLS)
        smstools_file(number, text, l, c->parts, row, ret_name, ret_body);
    else
        gammu_file(number, text, l, row, created_ms, ret_name, ret_body);
}

/* ---- sending one ---- */

struct sending {
    struct sms *sms;
    struct arena *a;
    const char *number, *lang;
    int64_t row, created_ms;
    bool test;
    channel_post_made *made;
    void *job;
    char *path;        /* for the worker */
    struct buf body;
    int code;
    bool ran;
    struct err err;
};

static void sending_end(struct sending *g, int code, const struct egress_request *rq, const struct err *e)
{
    g->made(g->job, code, rq, e);
    buf_done(&g->body);
    sms_unref(g->sms);
    arena_free(g->a);
}

static void write_file(void *arg)
{
    struct sending *g = arg;
    g->code = file_put(g->path, buf_text(&g->body), g->body.len, FILE_MODE, &g->err);
    g->ran = true;
}

/* A directory that is not there, or not ours, may be mended: that is tried again. */
static void written(void *arg)
{
    struct sending *g = arg;
    sending_end(g, g->code ? ERR_IO : 0, NULL, &g->err);
}

static void given_up(void *arg)
{
    struct sending *g = arg;
    if (!g->ran)
        err_set(&g->err, ERR_CANCELLED, MSG("the daemon ends"), "");
    sending_end(g, !g->ran ? ERR_CANCELLED : g->code ? ERR_IO : 0, NULL, &g->err);
}

static void send_file(struct sending *g, const struct conf_sms *c, const char *text, enum level l)
{
    struct buf name = BUF_MAX(200);
    const char *dir = c->spool ? c->spool : spools[c->via];
    size_t n = strlen(dir);
    g->body = BUF_MAX(4 * LINE_MOST);
    sms_file(c, g->number, text, l, g->row, g->created_ms, &name, &g->body);
    g->path = arena_printf(g->a, "%s%s%s", dir, n && dir[n - 1] == '/' ? "" : "/", buf_text(&name));
    buf_done(&name);
    if (work_give(g->sms->env.workers, g->sms->env.loop, write_file, written, given_up, g)) {
        err_set(&g->err, ERR_BUSY, MSG("too much is being done at once"), "");
        sending_end(g, ERR_BUSY, NULL, &g->err);
    }
}

static void send_request(struct sending *g, const struct conf_sms *c, struct hook_story *s, const char *text)
{
    struct hook_name names[HOOK_NAMES + 1];
    char id[HOOK_ID_BYTES], unique[60];
    struct httpc_header headers[4] = {{"Content-Type", c->type}, {"Idempotency-Key", id}, {"User-Agent", "vigie/" VIGIE_VERSION}};
    int n = 3;
    str_print(unique, sizeof unique, "sms:%lld:%lld", (long long)g->row, (long long)g->created_ms);
    hook_id(unique, id);
    s->line = text;
    s->id = id;
    names[0] = (struct hook_name){"number", g->number};
    int count = 1 + hook_names(s, names + 1);
    g->body = BUF_MAX(64 << 10);
    hook_fill(&g->body, c->body, names, count, hook_escape_of(c->type));
    if (c->token)
        headers[n++] = (struct httpc_header){"Authorization", arena_printf(g->a, "Bearer %s", c->token)};
    struct egress_request rq = {.class = EGRESS_STAFF, .method = "POST", .url = c->url, .headers = headers, .n_headers = n, .body = buf_text(&g->body), .body_bytes = g->body.len, .max_body = 4096};
    sending_end(g, 0, &rq, NULL);
}

static void send_it(struct sending *g, const struct publication *p)
{
    const struct conf *c = telling_conf(g->sms->env.telling);
    struct buf text = BUF_MAX(LINE_MOST);
    struct hook_story s;
    hook_story_make(&s, g->sms->env.telling, NULL, g->a, p, g->lang, LINE_MOST);
    if (g->test)
        sms_near(&text, msg_tr(g->lang, MSG("This is a test: nothing has happened")));
    else
        sms_line(g->sms->env.telling, p, g->lang, (int)c->sms.parts, &text);
    if (c->sms.via == CONF_SMS_URL)
        send_request(g, &c->sms, &s, arena_dup(g->a, buf_text(&text)));
    else
        send_file(g, &c->sms, buf_text(&text), hook_level(&s));
    buf_done(&text);
}

static void found(void *arg, int code, const struct publication *p)
{
    struct sending *g = arg;
    const struct conf *c = g->sms->closing ? NULL : telling_conf(g->sms->env.telling);
    struct err e = {0};
    if (code == 0 && !c)
        code = ERR_CANCELLED;
    if (code == 0 && c->sms.to.n == 0 && !g->test)
        code = err_set(&e, ERR_NOT_FOUND, MSG("the configuration has no telephones"), "");
    else if (code)
        err_set(&e, code, MSG("what it was about is no longer known"), "");
    if (code)
        sending_end(g, code, NULL, &e);
    else
        send_it(g, p);
}

/* A test is of nothing that was published. */
static void found_test(struct sending *g)
{
    struct bulletin *b = ARENA_NEW(g->a, struct bulletin);
    *b = (struct bulletin){.key = "test00000000", .kind = BULLETIN_INCIDENT, .phase = PHASE_RESOLVED, .ended_ms = g->created_ms, .refs = 1};
    struct publication p = {.at_ms = g->created_ms, .key = "test", .notice = NOTICE_RESOLVED, .b = b};
    found(g, 0, &p);
}

static void compose(void *arg, const struct outbox_row *row, bool again, int64_t now_ms, channel_post_made *made, void *job)
{
    struct sms *s = arg;
    struct arena *a = arena_new(8192);
    struct sending *g = ARENA_NEW(a, struct sending);
    struct doc *d = NULL;
    (void)again, (void)now_ms;
    *g = (struct sending){.sms = sms_ref(s), .a = a, .number = arena_dup(a, row->recipient), .row = row->id, .created_ms = row->created_ms, .made = made, .job = job};
    if (json_parse(a, row->payload, strlen(row->payload), 4096, &d, NULL)) {
        sending_end(g, ERR_INVALID, NULL, NULL);
        return;
    }
    g->lang = msg_lang(doc_text(d, "l", "en"));
    g->test = doc_bool(d, "t", false);
    if (g->test)
        found_test(g);
    else
        publication_find(s->env.publications, doc_int(d, "p", 0), found, g);
}

/* ---- publications → rows ---- */

static void row_add(struct sms *s, struct store_batch *b, const char *unique, const char *number, int64_t publication, const char *lang, bool test, int64_t now_ms)
{
    char payload[120];
    str_print(payload, sizeof payload, "{\"p\":%lld,\"l\":\"%s\"%s}", (long long)publication, lang, test ? ",\"t\":true" : "");
    outbox_add(b, s->env.node, "sms", unique, number, payload, now_ms);
}

static int add(void *arg, const struct publication *p, const struct store_rows *rows, int i, struct store_batch *b, int64_t now_ms)
{
    struct sms *s = arg;
    const struct conf *c = telling_conf(s->env.telling);
    int n = 0;
    (void)rows, (void)i;
    for (int k = 0; c && k < c->sms.to.n; k++) {
        const struct conf_sms_to *to = (const struct conf_sms_to *)c->sms.to.at + k;
        char unique[UNIQUE_BYTES];
        if (!hook_wanted(c, p, &to->about, &to->kinds))
            continue;
        str_print(unique, sizeof unique, "sms:%s:%s", p->key, to->number);
        row_add(s, b, unique, to->number, p->id, msg_lang(to->lang ? to->lang : c->site.lang ? c->site.lang : "en"), false, now_ms);
        n++;
    }
    return n;
}

/* ---- a try ---- */

struct trying {
    struct sms *sms;
    told_done *fn;
    void *arg;
};

static void try_kept(void *arg, int code, int64_t last_id, const struct err *e)
{
    struct trying *t = arg;
    (void)last_id;
    if (!t->sms->closing && code == 0)
        dispatcher_kick(t->sms->env.dispatcher);
    if (!t->sms->closing)
        t->fn(t->arg, code, e);
    sms_unref(t->sms);
    mem_free(t);
}

int sms_try(struct sms *s, const char *number, told_done *fn, void *arg, struct err *e)
{
    const struct conf *c = telling_conf(s->env.telling);
    size_t plus = number[0] == '+', n = strspn(number + plus, "0123456789");
    char unique[80];
    int64_t now_ms = clock_wall_ms();
    if (n < 3 || n > 15 || number[plus + n])
        return err_field(e, ERR_INVALID, "number", MSG("“{1}” is no telephone number; write +33612345678"), "s", number);
    if (!c || (c->sms.to.n == 0 && c->sms.where.line == 0))
        return err_set(e, ERR_UNSUPPORTED, MSG("the configuration has no “sms:”"), "");
    struct trying *t = NEW(struct trying);
    struct store_batch *b = store_batch_new();
    *t = (struct trying){sms_ref(s), fn, arg};
    str_print(unique, sizeof unique, "sms:test:%lld:%s:%llu", (long long)now_ms, number, (unsigned long long)(entropy_u64() & 0xffff));
    row_add(s, b, unique, number, 0, msg_lang(c->site.lang ? c->site.lang : "en"), true, now_ms);
    store_write(s->env.store, b, try_kept, t);
    return 0;
}

/* ---- life ---- */

struct sms *sms_new(const struct sms_env *env)
{
    struct sms *s = NEW(struct sms);
    *s = (struct sms){.magic = SMS_MAGIC, .refs = 1, .env = *env};
    unsigned all = notice_told | NOTICE_BIT(NOTICE_CORRECTED) | NOTICE_BIT(NOTICE_RETRACTED) | NOTICE_BIT(NOTICE_REPORTED);
    struct publication_way way = {.name = "sms", .notices = all, .add = add, .arg = s};
    struct channel_poster poster = {.channel = "sms", .compose = compose, .arg = s};
    publications_way(env->publications, &way);
    channel_poster_put(env->channels, &poster);
    return s;
}

struct sms *sms_free(struct sms *s)
{
    if (!s)
        return NULL;
    CHECK_OBJ(s, SMS_MAGIC);
    s->closing = true;
    channel_poster_drop(s->env.channels, "sms");
    sms_unref(s);
    return NULL;
}
