/* SPDX-License-Identifier: GPL-3.0-or-later */
/* mailing.c: the life of it, its secret, and from publications to rows of the outbox. */
#include "announce/mailing_int.h"
#include "base/hash.h"
#include "base/mem.h"
#include "base/msg.h"
#include "base/panic.h"
#include "base/str.h"
#include "store/outbox.h"

enum { UNIQUE_BYTES = 200 };

const struct store_migration mailing_migrations[] = {
    {"mailing", 1,
     "CREATE TABLE subscriber (id {id}, address TEXT NOT NULL UNIQUE, lang TEXT NOT NULL, about TEXT NOT NULL, kinds INTEGER NOT NULL,"
     " client TEXT, origin TEXT NOT NULL, nonce BIGINT NOT NULL, since_ms BIGINT NOT NULL, bounces INTEGER NOT NULL DEFAULT 0,"
     " bounced_ms BIGINT NOT NULL DEFAULT 0, silenced_ms BIGINT NOT NULL DEFAULT 0);"
     "CREATE TABLE publication (id {id}, key TEXT NOT NULL UNIQUE, bulletin BIGINT NOT NULL, at_ms BIGINT NOT NULL, body TEXT NOT NULL,"
     " cursor BIGINT NOT NULL DEFAULT 0, told BIGINT NOT NULL DEFAULT 0, done_ms BIGINT NOT NULL DEFAULT 0);"
     "CREATE INDEX publication_open ON publication (done_ms, id);"
     "CREATE TABLE mailing_secret (name TEXT PRIMARY KEY, value TEXT NOT NULL);"},
    {"mailing", 2,
     "ALTER TABLE subscriber ADD COLUMN run BIGINT NOT NULL DEFAULT 0;"
     "CREATE TABLE subscriber_gone (who TEXT PRIMARY KEY, at_ms BIGINT NOT NULL);"}, /* who ended it, by a keyed hash of his address */
    {0},
};
static const struct store_stmt secret_get = {"secret_get", "SELECT value FROM mailing_secret WHERE name = 'links'"};
static const struct store_stmt secret_put = {"secret_put", "INSERT INTO mailing_secret (name, value) VALUES ('links', ?1) ON CONFLICT (name) DO NOTHING"};

unsigned notice_kind(enum notice n)
{
    if (n == NOTICE_RETRACTED)
        return SUBSCRIBER_EVERYTHING;
    if (n == NOTICE_REPORTED)
        return SUBSCRIBER_UPDATES | SUBSCRIBER_RESOLVED;
    return n == NOTICE_OPENED ? SUBSCRIBER_OPENED : n == NOTICE_UPDATE ? SUBSCRIBER_UPDATES : n == NOTICE_RESOLVED ? SUBSCRIBER_RESOLVED : SUBSCRIBER_WORK;
}

unsigned mailing_kind(const struct bulletin *before, const struct bulletin *now)
{
    return notice_kind(notice_of(before, now));
}

/* ---- from publications to mails ---- */

static int add_mail(void *arg, const struct publication *p, const struct store_rows *rows, int i, struct store_batch *b, int64_t now_ms)
{
    struct mailing *m = arg;
    const struct conf *c = mailing_conf(m);
    char unique[UNIQUE_BYTES], payload[160];
    struct mailing_row r;
    mailing_row_read(rows, i, &r);
    /* What was withdrawn, or is reported on, goes to those who were on the list when it was published. */
    bool after = p->notice == NOTICE_RETRACTED || p->notice == NOTICE_REPORTED;
    if (r.silenced_ms || r.since_ms > (after ? p->b->posted_ms : p->at_ms) || !(r.s.kinds & notice_kind(p->notice)) || !c || !subscriber_concerned(&r.s, c, p->b))
        return 0;
    str_print(unique, sizeof unique, "notice:%s:%lld", p->key, (long long)r.id);
    str_print(payload, sizeof payload, "{\"p\":%lld,\"s\":%lld,\"n\":%lld,\"l\":\"%s\"}", (long long)p->id, (long long)r.id, (long long)store_cell_int(rows, i, 7), msg_lang(r.s.lang));
    outbox_add(b, m->env.node, "subscriber", unique, r.s.address, payload, now_ms);
    return 1;
}

/* ---- life ---- */

void mailing_unref(struct mailing *m)
{
    if (--m->refs > 0)
        return;
    for (int i = 0; i < MAILING_KEPT; i++)
        telling_text_done(&m->kept[i].text);
    mem_free(m->limit);
    m->magic = 0;
    mem_free(m);
}

struct mailing *mailing_ref(struct mailing *m)
{
    m->refs++;
    return m;
}

const struct conf *mailing_conf(const struct mailing *m)
{
    return telling_conf(m->env.telling);
}

static int secret_find(struct mailing *m, struct err *e)
{
    struct store_rows rows = {0};
    char hex[2 * SUBSCRIBER_SECRET_BYTES + 1];
    int r = store_read_now(m->env.store, &secret_get, NULL, 0, 1, &rows, e);
    const char *there = r == 0 && rows.n_rows ? store_cell_text(&rows, 0, 0) : NULL;
    bool known = there && strlen(there) == 2 * SUBSCRIBER_SECRET_BYTES && hash_unhex(there, m->secret, SUBSCRIBER_SECRET_BYTES) == 0;
    store_rows_done(&rows);
    if (r || known)
        return r;
    entropy_bytes(m->secret, SUBSCRIBER_SECRET_BYTES);
    hash_hex(m->secret, SUBSCRIBER_SECRET_BYTES, hex);
    struct store_batch *b = store_batch_new();
    struct store_value v = STORE_T(hex);
    store_batch_add(b, &secret_put, &v, 1);
    store_write(m->env.store, b, NULL, NULL); /* before any mail that has a link */
    return 0;
}

struct mailing *mailing_new(const struct mailing_env *env, struct err *e)
{
    struct mailing *m = NEW(struct mailing);
    *m = (struct mailing){.magic = MAILING_MAGIC, .refs = 1, .env = *env, .seed = entropy_u64()};
    m->limit = NEW(struct subscriber_limit);
    if (secret_find(m, e))
        return mailing_free(m);
    struct publication_way way = {.name = "subscriber", .notices = notice_told | NOTICE_BIT(NOTICE_RETRACTED) | NOTICE_BIT(NOTICE_REPORTED), .page = &subscriber_page, .add = add_mail, .arg = m};
    publications_way(env->publications, &way);
    return m;
}

struct mailing *mailing_free(struct mailing *m)
{
    if (!m)
        return NULL;
    CHECK_OBJ(m, MAILING_MAGIC);
    m->closing = true;
    mailing_unref(m);
    return NULL;
}
