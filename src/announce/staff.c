/* SPDX-License-Identifier: GPL-3.0-or-later */
/* staff.c: mails to the contacts of the configuration about what they have said, or not said, to users. They go by the outbox, in the
 * same transaction as the mark that they were given. */
#include "announce/announce_int.h"
#include "base/hash.h"
#include "base/msg.h"
#include "base/str.h"
#include "model/period.h"
#include "store/outbox.h"

enum { MAX_PAYLOAD = 64 << 10, MAX_BODY = 16 << 10 };

static const char *domain_of(const struct announce *a)
{
    const char *from = announce_conf(a)->site.mail.from, *at = from ? strrchr(from, '@') : NULL;
    const char *machine = a->env.machine_name;
    return at && at[1] ? at + 1 : machine && machine[0] ? machine : "localhost";
}

static void body_make(const struct announce *a, const struct bulletin *b, const char *lang, const char *msgid, const char *detail, struct buf *out)
{
    const char *url = announce_conf(a)->site.url;
    size_t n = url ? strlen(url) : 0;
    const char *title = wording_for(&b->title, lang, NULL);
    while (n && url[n - 1] == '/')
        n--;
    buf_printf(out, "%s\n\n", title ? title : "");
    msg_print(out, lang, msgid, "s", detail);
    buf_char(out, '\n');
    if (url)
        buf_printf(out, "\n%.*s/%s/%s\n", (int)n, url, bulletin_kind_words[b->kind], b->key);
    buf_printf(out, "\nvigie incident show %lld\n", (long long)b->id);
}

static void mail_one(struct announce *a, const struct bulletin *b, const char *unique, const char *to, const char *lang, const char *msgid_subject,
                     const char *msgid_body, const char *detail, int64_t now_ms)
{
    struct buf key = BUF_MAX(600), subject = BUF_MAX(400), body = BUF_MAX(MAX_BODY), id = BUF_MAX(400), payload = BUF_MAX(MAX_PAYLOAD);
    char domain[256];
    str_copyn(domain, sizeof domain, domain_of(a), strcspn(domain_of(a), "> \t"));
    buf_printf(&key, "announce:%s:mail:%s", unique, to);
    msg_print(&subject, lang, msgid_subject, "s", wording_for(&b->title, lang, NULL));
    body_make(a, b, lang, msgid_body, detail, &body);
    buf_printf(&id, "%s.staff.%llx@%s", b->key, (unsigned long long)hash_text(buf_text(&key), 11), domain);
    struct mail_payload p = {.subject = buf_text(&subject), .body = buf_text(&body), .message_id = buf_text(&id), .item = b->key, .date_ms = now_ms};
    mail_payload_format(&payload, &p);
    struct store_value v[] = {STORE_T(a->env.node), STORE_T("mail"), STORE_T(buf_text(&key)), STORE_T(to), STORE_T(buf_text(&payload)), STORE_I(now_ms)};
    announce_row(a, &outbox_insert, v, COUNT(v));
    buf_done(&key);
    buf_done(&subject);
    buf_done(&body);
    buf_done(&id);
    buf_done(&payload);
}

void staff_tell(struct announce *a, const struct bulletin *b, const char *unique, const char *msgid_subject, const char *msgid_body, const char *detail, int64_t now_ms)
{
    const struct conf *conf = announce_conf(a);
    for (int i = 0; i < conf->n_contacts; i++) {
        const struct conf_contact *c = conf->contacts[i];
        for (int k = 0; k < c->mail.n && period_active(c->when, now_ms); k++)
            mail_one(a, b, unique, c->mail.at[k], msg_lang(c->lang ? c->lang : "en"), msgid_subject, msgid_body, detail, now_ms);
    }
}

void announce_staff(struct announce *a, const struct bulletin *b, const char *unique, const char *msgid_subject, const char *msgid_body, const char *detail, int64_t now_ms)
{
    staff_tell(a, b, unique, msgid_subject, msgid_body, detail, now_ms);
}
