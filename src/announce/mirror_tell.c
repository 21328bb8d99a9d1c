/* SPDX-License-Identifier: GPL-3.0-or-later */
/* mirror_tell.c: the contacts are told by mail when a mirror has been in trouble for its grace, once, and when it is well again. What was
 * told is kept in the transaction of the mails, so that a restart neither repeats nor forgets it. */
#include "announce/mirror_int.h"
#include "base/hash.h"
#include "base/mem.h"
#include "base/msg.h"
#include "model/period.h"
#include "store/outbox.h"
#include <string.h>

enum { TOLD_MOST = 10000, PAYLOAD_BYTES = 64 << 10, BODY_BYTES = 16 << 10 };

const struct store_migration mirror_migrations[] = {
    {"mirror", 1, "CREATE TABLE mirror_told (name TEXT PRIMARY KEY, state TEXT NOT NULL, at_ms BIGINT NOT NULL);"},
    {0},
};
static const struct store_stmt mirror_told_all = {"mirror_told_all", "SELECT name, state FROM mirror_told"};
static const struct store_stmt mirror_told_put = {"mirror_told_put", "INSERT INTO mirror_told (name, state, at_ms) VALUES (?1, ?2, ?3) ON CONFLICT (name) DO UPDATE SET state = ?2, at_ms = ?3"};

static const struct {
    const char *subject, *body;
} words[SIGHTS] = {
    [SIGHT_OK] = {MSG("The mirror “{1}” is well again"), MSG("The copy of the public pages is there, right, and of today.")},
    [SIGHT_UNREACHABLE] = {MSG("The mirror “{1}” cannot be reached"), MSG("The copy of the public pages cannot be read: {1}")},
    [SIGHT_STALE] = {MSG("The mirror “{1}” is out of date"), MSG("Readers of this copy of the public pages see what is past: {1}")},
    [SIGHT_WRONG] = {MSG("The mirror “{1}” shows something else"), MSG("What this copy of the public pages has is not what we brought there: {1}")},
};

/* ---- what was told ---- */

static enum mirror_sight mirror_told_of(const struct mirrors *ms, const char *name)
{
    const struct mirror_told *t = map_find(&ms->told, name);
    return t ? t->is : SIGHT_OK;
}

static void mirror_told_set(struct mirrors *ms, const char *name, enum mirror_sight is)
{
    size_t n = strlen(name) + 1;
    struct mirror_told *t = map_find(&ms->told, name);
    if (!t) {
        t = mem_alloc(sizeof *t + n);
        memcpy(t->name, name, n);
        map_set(&ms->told, t->name, t);
    }
    t->is = is;
}

int mirror_told_restore(struct mirrors *ms, struct err *e)
{
    struct store_rows rows = {0};
    int r = store_read_now(ms->env.store, &mirror_told_all, NULL, 0, TOLD_MOST, &rows, e);
    for (int i = 0; r == 0 && i < rows.n_rows; i++)
        for (int s = SIGHT_OK; s < SIGHTS; s++)
            if (str_eq(store_cell_text(&rows, i, 1), sight_words[s]))
                mirror_told_set(ms, store_cell_text(&rows, i, 0), (enum mirror_sight)s);
    store_rows_done(&rows);
    return r;
}

void mirror_told_done(struct mirrors *ms)
{
    size_t i = 0;
    void *t;
    while (map_each(&ms->told, &i, NULL, &t))
        mem_free(t);
    map_done(&ms->told);
}

/* ---- the mails ---- */

static const char *domain_of(const struct mirrors *ms, const struct conf *c, char *out, size_t n)
{
    const char *from = c->site.mail.from, *at = from ? strrchr(from, '@') : NULL;
    const char *domain = at && at[1] ? at + 1 : ms->env.machine_name && ms->env.machine_name[0] ? ms->env.machine_name : "localhost";
    str_copyn(out, n, domain, strcspn(domain, "> \t"));
    return out;
}

static void body_make(const struct mirror *m, const char *lang, struct buf *out)
{
    const struct mirror_look *l = &m->look;
    msg_print(out, lang, words[l->is].body, "m", l->why.text);
    buf_printf(out, "\n\n%s\n", m->url);
    if (l->is != SIGHT_OK && m->failures) {
        buf_char(out, '\n');
        msg_print(out, lang, MSG("The last try to bring a copy there failed, too: {1}"), "m", m->err.text);
        buf_char(out, '\n');
    }
    buf_str(out, "\nvigie mirror list\n");
}

static void add_mail(const struct mirror *m, const struct conf_contact *contact, const char *to, int64_t now_ms, struct store_batch *b)
{
    const struct mirrors *ms = m->of;
    const struct conf *c = model_conf(ms->env.model);
    const char *lang = msg_lang(contact->lang ? contact->lang : "en");
    struct buf key = BUF_MAX(600), subject = BUF_MAX(400), body = BUF_MAX(BODY_BYTES), id = BUF_MAX(400), item = BUF_MAX(200), payload = BUF_MAX(PAYLOAD_BYTES);
    char domain[256];
    buf_printf(&key, "mirror:%s:%s:%lld:mail:%s", m->name, sight_words[m->look.is], (long long)now_ms, to);
    msg_print(&subject, lang, words[m->look.is].subject, "s", m->name);
    body_make(m, lang, &body);
    buf_printf(&id, "vigie.%llx@%s", (unsigned long long)hash_text(buf_text(&key), 11), domain_of(ms, c, domain, sizeof domain));
    buf_printf(&item, "mirror/%s", m->name);
    struct mail_payload p = {.subject = buf_text(&subject), .body = buf_text(&body), .message_id = buf_text(&id), .item = buf_text(&item), .date_ms = now_ms};
    mail_payload_format(&payload, &p);
    outbox_add(b, ms->env.node, "mail", buf_text(&key), to, buf_text(&payload), now_ms);
    buf_done(&key);
    buf_done(&subject);
    buf_done(&body);
    buf_done(&id);
    buf_done(&item);
    buf_done(&payload);
}

static void tell(struct mirror *m, int64_t now_ms)
{
    struct mirrors *ms = m->of;
    const struct conf *c = model_conf(ms->env.model);
    struct store_batch *b = store_batch_new();
    struct store_value v[] = {STORE_T(m->name), STORE_T(sight_words[m->look.is]), STORE_I(now_ms)};
    store_batch_add(b, &mirror_told_put, v, COUNT(v));
    for (int i = 0; c && i < c->n_contacts; i++)
        for (int k = 0; k < c->contacts[i]->mail.n && period_active(c->contacts[i]->when, now_ms); k++)
            add_mail(m, c->contacts[i], c->contacts[i]->mail.at[k], now_ms, b);
    store_write(ms->env.store, b, NULL, NULL);
    mirror_told_set(ms, m->name, m->look.is);
    if (ms->env.dispatcher)
        dispatcher_kick(ms->env.dispatcher);
}

/* Trouble of another kind is told when it has lasted, too; that it is over is told at once. */
void mirror_told_judge(struct mirror *m, int64_t now_ms)
{
    const struct mirror_look *l = &m->look;
    bool lasts = l->is == SIGHT_OK || (l->times >= 2 && now_ms - l->since_ms >= m->grace_ms);
    if (l->is != SIGHT_NONE && lasts && l->is != mirror_told_of(m->of, m->name))
        tell(m, now_ms);
}
