/* SPDX-License-Identifier: GPL-3.0-or-later */
/* digest.c: the weekly mail of problems that can wait. */
#include "alerts/digest.h"
#include "base/calendar.h"
#include "base/hash.h"
#include "base/mem.h"
#include "base/msg.h"
#include "base/panic.h"
#include "base/str.h"
#include "base/timetext.h"
#include "base/utf8.h"
#include <stdlib.h>

enum { DIGEST_MAGIC = 0x64696765, LOOK_MS = 60000, MAX_BODY = 32 << 10, MAX_PAYLOAD = 64 << 10, OUTPUT_BYTES = 200 };

struct mark { /* of one contact: this day's is done */
    char name[CONF_MAX_NAME + 1];
    int64_t day;
};
struct digest {
    unsigned magic;
    int refs;
    bool closing;
    struct notify_env env;
    struct timer look;
    struct map marks;
};
struct flight {
    struct digest *digest;
    char name[CONF_MAX_NAME + 1];
    int64_t day;
};

static void digest_unref(struct digest *d)
{
    if (--d->refs > 0)
        return;
    d->magic = 0;
    mem_free(d);
}

static void mark_set(struct digest *d, const char *name, int64_t day)
{
    struct mark *m = map_find(&d->marks, name);
    if (!m) {
        m = NEW(struct mark);
        str_copy(m->name, sizeof(m->name), name);
        map_set(&d->marks, m->name, m);
    }
    m->day = day;
}

/* ---- when ---- */

/* The day of the last hour at which it was due, if that is less than a day ago; else -1. */
static int64_t due_day(const char *when, const struct zone *z, int64_t now_ms)
{
    int64_t s = now_ms / 1000 + zone_offset(z, now_ms / 1000, NULL), day = cal_floor_div(s, 86400);
    int weekday, minute, minute_now = (int)((s - day * 86400) / 60), ago;
    if (!when || !period_weekly_parse(when, &weekday, &minute))
        return -1;
    ago = (cal_weekday(day) - weekday + 7) % 7;
    if (ago == 0 && minute_now >= minute)
        return day;
    return ago == 1 && minute_now < minute ? day - 1 : -1;
}

/* ---- what ---- */

static bool is_for(const struct item *it, const struct conf_contact *c)
{
    const char *const *names = it->conf->contacts ? it->conf->contacts : it->host->conf->contacts;
    for (int i = 0; names && names[i]; i++)
        if (str_eq(names[i], c->name))
            return true;
    return !names;
}

static bool is_matter(const struct item *it)
{
    return it->enabled && it->conf && it->conf->klass == CONF_DIGEST && it->conf->notify && it->st.hard &&
           state_is_bad(it->st.state) && !it->ack && !it->downtime_depth;
}

static const char *group_of(const struct item *it)
{
    const char *name = item_check_name(it);
    return name ? name : it->conf->kind->name;
}

static int by_check(const void *a, const void *b)
{
    const struct item *x = *(struct item *const *)a, *y = *(struct item *const *)b;
    int order = strcmp(group_of(x), group_of(y));
    if (!order)
        order = str_natural(x->host->name, y->host->name);
    return order ? order : strcmp(x->host->name, y->host->name);
}

static void print_item(struct buf *out, const struct item *it, const char *lang)
{
    struct buf text = BUF_MAX(8192);
    msg_render(&text, it->text ? it->text : "", lang);
    buf_printf(out, "  %s: ", it->host->name);
    utf8_clean(out, buf_text(&text), text.len, UTF8_ONE_LINE, OUTPUT_BYTES);
    buf_char(out, '\n');
    buf_done(&text);
}

static void body_make(struct buf *out, struct item *const *at, size_t n, const struct conf *c, const char *lang)
{
    size_t shown = 0;
    buf_printf(out, "%s\n", msg_tr(lang, MSG("These problems can wait, so nobody was told of them one by one.")));
    for (; shown < n && out->len < MAX_BODY - 4096; shown++) {
        if (shown == 0 || !str_eq(group_of(at[shown]), group_of(at[shown - 1])))
            buf_printf(out, "\n%s\n", group_of(at[shown]));
        print_item(out, at[shown], lang);
    }
    if (shown < n) {
        buf_char(out, '\n');
        msg_print(out, lang, MSG("and {1} more"), "i", (int64_t)(n - shown));
        buf_char(out, '\n');
    }
    if (c->site.url)
        buf_printf(out, "\n%s\n", c->site.url);
}

/* ---- writing ---- */

static void written(void *arg, int code, int64_t last_id, const struct err *e)
{
    struct flight *f = arg;
    struct digest *d = f->digest;
    if (!d->closing && !code) {
        mark_set(d, f->name, f->day);
        dispatcher_kick(d->env.dispatcher);
    }
    mem_free(f);
    digest_unref(d);
}

static void add_mail(struct digest *d, struct store_batch *b, const char *contact, const char *address, int64_t day,
                     const struct mail_payload *text)
{
    struct buf key = BUF_MAX(1024), payload = BUF_MAX(MAX_PAYLOAD), id = BUF_MAX(300);
    struct mail_payload p = *text;
    buf_printf(&key, "digest:%s:%lld:mail:%s", contact, (long long)day, address);
    buf_printf(&id, "vigie.digest.%llx@%s", (unsigned long long)hash_text(buf_text(&key), 11),
               d->env.machine_name && d->env.machine_name[0] ? d->env.machine_name : "localhost");
    p.message_id = buf_text(&id);
    mail_payload_format(&payload, &p);
    outbox_add(b, d->env.node, "mail", buf_text(&key), address, buf_text(&payload), clock_wall_ms());
    buf_done(&key);
    buf_done(&payload);
    buf_done(&id);
}

static void send_mail(struct digest *d, const struct conf *c, const struct conf_contact *to, int64_t day, struct item **at,
                 size_t n)
{
    struct buf subject = BUF_MAX(500), body = BUF_MAX(MAX_BODY);
    const char *lang = msg_lang(to->lang ? to->lang : "en");
    struct store_batch *b = store_batch_new();
    struct flight *f = NEW(struct flight);
    qsort(at, n, sizeof(*at), by_check);
    msg_print(&subject, lang, MSG("[vigie] {1} {1|matter|matters} of the week"), "i", (int64_t)n);
    body_make(&body, at, n, c, lang);
    const struct mail_payload p = {.subject = buf_text(&subject), .body = buf_text(&body), .date_ms = clock_wall_ms()};
    for (int i = 0; i < to->mail.n; i++)
        add_mail(d, b, to->name, to->mail.at[i], day, &p);
    *f = (struct flight){.digest = d, .day = day};
    str_copy(f->name, sizeof(f->name), to->name);
    d->refs++;
    store_write(d->env.store, b, written, f);
    buf_done(&subject);
    buf_done(&body);
}

static void look_at(struct digest *d, const struct conf *c, const struct conf_contact *to, int64_t day)
{
    VEC(struct item *) matters = {0};
    size_t i_host = 0, i_check = 0;
    struct item *it;
    while ((it = model_next(d->env.model, &i_host, &i_check)) != NULL)
        if (is_matter(it) && is_for(it, to))
            VEC_PUSH(&matters, it);
    if (matters.n)
        send_mail(d, c, to, day, matters.at, matters.n);
    else
        mark_set(d, to->name, day);
    VEC_DONE(&matters);
}

static void look(void *arg)
{
    struct digest *d = arg;
    CHECK_OBJ(d, DIGEST_MAGIC);
    const struct conf *c = model_conf(d->env.model);
    const struct zone *z = d->env.zone ? d->env.zone(d->env.arg) : NULL;
    for (int i = 0; c && i < c->n_contacts; i++) {
        const struct conf_contact *to = c->contacts[i];
        const struct mark *m = map_find(&d->marks, to->name);
        int64_t day = due_day(to->digest ? to->digest : c->site.digest, z, clock_wall_ms());
        if (day >= 0 && (!m || m->day != day))
            look_at(d, c, to, day);
    }
    timer_set(&d->look, LOOK_MS);
}

struct digest *digest_new(const struct notify_env *env)
{
    struct digest *d = NEW(struct digest);
    d->magic = DIGEST_MAGIC;
    d->refs = 1;
    d->env = *env;
    timer_init(&d->look, env->loop, look, d);
    timer_set(&d->look, LOOK_MS);
    return d;
}

struct digest *digest_free(struct digest *d)
{
    const char *key;
    void *value;
    if (!d)
        return NULL;
    CHECK_OBJ(d, DIGEST_MAGIC);
    d->closing = true;
    timer_clear(&d->look);
    for (size_t i = 0; map_each(&d->marks, &i, &key, &value);)
        mem_free(value);
    map_done(&d->marks);
    digest_unref(d);
    return NULL;
}
