/* SPDX-License-Identifier: GPL-3.0-or-later */
/* conf_diff.c: what a new generation changes, by name, for people to read before it is applied.
 *
 * Equal fingerprints mean equal things, so only what differs is looked at closely: the rows of both
 * sides are printed and compared.  Secrets only say that they changed. */
#include "config/conf_int.h"

#include "base/str.h"

enum { DETAIL_BYTES = 4000, VALUE_BYTES = 160 };

struct diff {
    struct arena *arena;
    VEC(struct conf_change) changes;
};

static void change(struct diff *d, enum conf_change_kind kind, const char *what, const char *name,
                   const char *detail)
{
    struct conf_change ch = {
        .kind = kind,
        .what = what,
        .name = arena_dup(d->arena, name),
        .detail = detail && detail[0] ? arena_dup(d->arena, detail) : NULL,
    };

    VEC_PUSH(&d->changes, ch);
}

/* ---- two values, one row */

static void print_short(struct buf *out, const struct conf_row *row, const void *base)
{
    struct buf b = BUF_MAX(64 * 1024);

    if (!conf_type_set(row, base)) {
        buf_str(out, "–");
        return;
    }
    conf_type_print(&b, row, base);
    if (b.len > VALUE_BYTES) {
        while (b.len > VALUE_BYTES || ((unsigned char)b.data[b.len] & 0xc0) == 0x80)
            buf_cut(&b, b.len > VALUE_BYTES ? VALUE_BYTES : b.len - 1);
        buf_str(&b, "…");
    }
    buf_str(out, buf_text(&b));
    buf_done(&b);
}

static void rows_detail(struct buf *out, const struct conf_row *rows, const void *a, const void *b,
                        const char *prefix)
{
    for (; rows && rows->key; rows++) {
        if (rows->flags & (CONF_NO_HASH | CONF_ALIAS | CONF_ELSEWHERE))
            continue;
        if (conf_type_hash(rows, a, 0) == conf_type_hash(rows, b, 0))
            continue;
        if (rows->type == CONF_GROUP) {
            struct buf deeper = BUF_MAX(200);

            buf_printf(&deeper, "%s%s.", prefix, rows->key);
            rows_detail(out, rows->rows, a, b, buf_text(&deeper));
            buf_done(&deeper);
            continue;
        }
        buf_printf(out, "%s%s%s: ", out->len ? ", " : "", prefix, rows->key);
        print_short(out, rows, a);
        buf_str(out, " → ");
        print_short(out, rows, b);
    }
}

static void check_detail(struct buf *out, const struct conf_check *a, const struct conf_check *b,
                         const char *prefix)
{
    struct conf_check_fields fa, fb;
    struct arena *room;

    if (a->kind != b->kind) {
        buf_printf(out, "%s%s%s → %s", out->len ? ", " : "", prefix, a->kind->name, b->kind->name);
        return;
    }
    conf_fields_of_check(a, &fa);
    conf_fields_of_check(b, &fb);
    rows_detail(out, conf_rows_check, &fa, &fb, prefix);
    room = arena_new(0);
    rows_detail(out, a->kind->rows, conf_check_opts(a, room), conf_check_opts(b, room), prefix);
    arena_free(room);
}

static void alive_detail(struct buf *out, const struct conf_check *a, const struct conf_check *b)
{
    if (a && b) {
        if (a->print != b->print)
            check_detail(out, a, b, "alive.");
    } else if (a || b) {
        buf_printf(out, "%salive: %s → %s", out->len ? ", " : "", a ? a->kind->name : "no",
                   b ? b->kind->name : "no");
    }
}

/* ---- checks of one host */

static void check_name(struct buf *out, const struct conf_host *h, const char *name)
{
    buf_clear(out);
    buf_printf(out, "%s/%s", h->name, name);
}

/* Looks from *hint on, since both sides are mostly in the same order. */
static const struct conf_check *find_check(const struct conf_host *h, const char *name, int *hint)
{
    for (int i = 0; i < h->n_checks; i++) {
        const struct conf_check *k = h->checks[(*hint + i) % h->n_checks];

        if (strcmp(k->name, name) == 0) {
            *hint = (*hint + i + 1) % h->n_checks;
            return k;
        }
    }
    return NULL;
}

static void diff_checks(struct diff *d, const struct conf_host *a, const struct conf_host *b)
{
    struct buf name = BUF_MAX(400), detail = BUF_MAX(DETAIL_BYTES);
    struct map moved = {0}; /* former names that live on under another */
    int hint = 0;

    for (int i = 0; i < b->n_checks; i++) {
        const struct conf_check *now = b->checks[i], *old = find_check(a, now->name, &hint);
        bool renamed = old == NULL && now->was && (old = conf_find_check(a, now->was)) &&
                       conf_find_check(b, now->was) == NULL;

        check_name(&name, b, now->name);
        buf_clear(&detail);
        if (renamed) {
            map_set(&moved, old->name, d);
            change(d, CONF_RENAMED, "check", buf_text(&name), old->name);
        } else if (old == NULL) {
            change(d, CONF_ADDED, "check", buf_text(&name), NULL);
        }
        if (old && old->print != now->print) {
            check_detail(&detail, old, now, "");
            change(d, CONF_CHANGED, "check", buf_text(&name), buf_text(&detail));
        }
    }
    hint = 0;
    for (int i = 0; i < a->n_checks; i++) {
        if (find_check(b, a->checks[i]->name, &hint) || map_find(&moved, a->checks[i]->name))
            continue;
        check_name(&name, b, a->checks[i]->name);
        change(d, CONF_REMOVED, "check", buf_text(&name), NULL);
    }
    map_done(&moved);
    buf_done(&name);
    buf_done(&detail);
}

static void all_checks(struct diff *d, enum conf_change_kind kind, const struct conf_host *h)
{
    struct buf name = BUF_MAX(400);

    for (int i = 0; i < h->n_checks; i++) {
        check_name(&name, h, h->checks[i]->name);
        change(d, kind, "check", buf_text(&name), NULL);
    }
    buf_done(&name);
}

/* ---- hosts */

static void diff_host(struct diff *d, const struct conf_host *a, const struct conf_host *b)
{
    struct buf detail = BUF_MAX(DETAIL_BYTES);
    struct conf_host_fields fa, fb;

    if (a->print != b->print) {
        conf_fields_of_host(a, &fa);
        conf_fields_of_host(b, &fb);
        rows_detail(&detail, conf_rows_host, &fa, &fb, "");
        alive_detail(&detail, a->alive, b->alive);
        change(d, CONF_CHANGED, "host", b->name, buf_text(&detail));
    }
    diff_checks(d, a, b);
    buf_done(&detail);
}

static void diff_hosts(struct diff *d, const struct conf *from, const struct conf *to)
{
    struct map moved = {0};

    for (int i = 0; i < to->n_hosts; i++) {
        const struct conf_host *now = to->hosts[i],
                               *old = from ? conf_find_host(from, now->name) : NULL;

        if (from && old == NULL && now->was && !conf_find_host(to, now->was) &&
            (old = conf_find_host(from, now->was))) {
            map_set(&moved, old->name, d);
            change(d, CONF_RENAMED, "host", now->name, old->name);
        }
        if (old) {
            diff_host(d, old, now);
        } else {
            change(d, CONF_ADDED, "host", now->name, NULL);
            all_checks(d, CONF_ADDED, now);
        }
    }
    for (int i = 0; from && i < from->n_hosts; i++) {
        const struct conf_host *old = from->hosts[i];

        if (conf_find_host(to, old->name) || map_find(&moved, old->name))
            continue;
        change(d, CONF_REMOVED, "host", old->name, NULL);
        all_checks(d, CONF_REMOVED, old);
    }
    map_done(&moved);
}

/* ---- contacts and components: the same, without renaming */

static void diff_contacts(struct diff *d, const struct conf *from, const struct conf *to)
{
    struct buf detail = BUF_MAX(DETAIL_BYTES);

    for (int i = 0; i < to->n_contacts; i++) {
        const struct conf_contact *now = to->contacts[i],
                                  *old = from ? map_find(&from->contact_by_name, now->name) : NULL;
        struct conf_contact_fields fa, fb;

        if (old == NULL) {
            change(d, CONF_ADDED, "contact", now->name, NULL);
        } else if (old->print != now->print) {
            buf_clear(&detail);
            conf_fields_of_contact(old, &fa);
            conf_fields_of_contact(now, &fb);
            rows_detail(&detail, conf_rows_contact, &fa, &fb, "");
            change(d, CONF_CHANGED, "contact", now->name, buf_text(&detail));
        }
    }
    for (int i = 0; from && i < from->n_contacts; i++)
        if (!map_find(&to->contact_by_name, from->contacts[i]->name))
            change(d, CONF_REMOVED, "contact", from->contacts[i]->name, NULL);
    buf_done(&detail);
}

static void diff_periods(struct diff *d, const struct conf *from, const struct conf *to)
{
    struct buf detail = BUF_MAX(DETAIL_BYTES);

    for (int i = 0; i < to->n_periods; i++) {
        const struct conf_period *now = to->periods[i],
                                 *old = from ? map_find(&from->period_by_name, now->name) : NULL;
        struct conf_period_fields fa, fb;

        if (old == NULL) {
            change(d, CONF_ADDED, "period", now->name, NULL);
        } else if (old->print != now->print) {
            buf_clear(&detail);
            conf_fields_of_period(old, &fa);
            conf_fields_of_period(now, &fb);
            rows_detail(&detail, conf_rows_period, &fa, &fb, "");
            change(d, CONF_CHANGED, "period", now->name, buf_text(&detail));
        }
    }
    for (int i = 0; from && i < from->n_periods; i++)
        if (!map_find(&to->period_by_name, from->periods[i]->name))
            change(d, CONF_REMOVED, "period", from->periods[i]->name, NULL);
    buf_done(&detail);
}

static void diff_components(struct diff *d, const struct conf *from, const struct conf *to)
{
    struct buf detail = BUF_MAX(DETAIL_BYTES);

    for (int i = 0; i < to->n_components; i++) {
        const struct conf_component *now = to->components[i],
                                    *old =
                                        from ? map_find(&from->component_by_name, now->name) : NULL;
        struct conf_component_fields fa, fb;

        if (old == NULL) {
            change(d, CONF_ADDED, "component", now->name, NULL);
        } else if (old->print != now->print) {
            buf_clear(&detail);
            conf_fields_of_component(old, &fa);
            conf_fields_of_component(now, &fb);
            rows_detail(&detail, conf_rows_component, &fa, &fb, "");
            change(d, CONF_CHANGED, "component", now->name, buf_text(&detail));
        }
    }
    for (int i = 0; from && i < from->n_components; i++)
        if (!map_find(&to->component_by_name, from->components[i]->name))
            change(d, CONF_REMOVED, "component", from->components[i]->name, NULL);
    buf_done(&detail);
}

/* Texts and series: whether they are there, and whether they differ. */
static void diff_named(struct diff *d, const char *what, const struct conf_row *rows, const struct map *from, const struct map *to, size_t print_at)
{
    struct buf detail = BUF_MAX(DETAIL_BYTES);
    const char *name;
    void *now, *old;
    size_t i = 0;

    while (map_each(to, &i, &name, &now)) {
        old = from ? map_find(from, name) : NULL;
        if (old == NULL) {
            change(d, CONF_ADDED, what, name, NULL);
        } else if (memcmp((char *)old + print_at, (char *)now + print_at, sizeof(uint64_t)) != 0) {
            buf_clear(&detail);
            rows_detail(&detail, rows, old, now, "");
            change(d, CONF_CHANGED, what, name, buf_text(&detail));
        }
    }
    for (i = 0; from && map_each(from, &i, &name, &old);)
        if (!map_find(to, name))
            change(d, CONF_REMOVED, what, name, NULL);
    buf_done(&detail);
}

static void diff_announce(struct diff *d, const struct conf *from, const struct conf *to)
{
    struct buf detail = BUF_MAX(DETAIL_BYTES);

    if (from && from->announce.print != to->announce.print) {
        rows_detail(&detail, conf_rows_announce, &from->announce, &to->announce, "");
        change(d, CONF_CHANGED, "announce", "announce", buf_text(&detail));
    }
    if (from && from->federation.print != to->federation.print) {
        buf_clear(&detail);
        rows_detail(&detail, conf_rows_federation, &from->federation, &to->federation, "");
        change(d, CONF_CHANGED, "federation", "federation", buf_text(&detail));
    }
    diff_named(d, "text", conf_rows_text, from ? &from->text_by_name : NULL, &to->text_by_name, offsetof(struct conf_text, print));
    diff_named(d, "series", conf_rows_series, from ? &from->series_by_name : NULL, &to->series_by_name, offsetof(struct conf_series, print));
    diff_named(d, "mirror", conf_rows_mirror, from ? &from->mirror_by_name : NULL, &to->mirror_by_name, offsetof(struct conf_mirror, print));
    diff_named(d, "irc", conf_rows_irc, from ? &from->irc_by_name : NULL, &to->irc_by_name, offsetof(struct conf_irc, print));
    diff_named(d, "upstream", conf_rows_upstream, from ? &from->upstream_by_name : NULL, &to->upstream_by_name, offsetof(struct conf_upstream, print));
    if (from && from->mail_in.print != to->mail_in.print) {
        buf_clear(&detail);
        rows_detail(&detail, conf_rows_mail_in, &from->mail_in, &to->mail_in, "");
        change(d, CONF_CHANGED, "mail_in", "mail_in", buf_text(&detail));
    }
    buf_done(&detail);
}

static void diff_login(struct diff *d, const struct conf *from, const struct conf *to)
{
    struct buf detail = BUF_MAX(DETAIL_BYTES);

    if (from && from->login.print != to->login.print) {
        rows_detail(&detail, conf_rows_login, &from->login, &to->login, "");
        change(d, CONF_CHANGED, "login", "login", buf_text(&detail));
    }
    buf_done(&detail);
}

static void diff_hooks(struct diff *d, const struct conf *from, const struct conf *to)
{
    struct buf detail = BUF_MAX(DETAIL_BYTES);

    diff_named(d, "webhook", conf_rows_webhook, from ? &from->webhook_by_name : NULL, &to->webhook_by_name, offsetof(struct conf_webhook, print));
    if (from && from->sms.print != to->sms.print) {
        rows_detail(&detail, conf_rows_sms, &from->sms, &to->sms, "");
        change(d, CONF_CHANGED, "sms", "sms", buf_text(&detail));
    }
    buf_clear(&detail);
    if (from && from->feeds.print != to->feeds.print) {
        rows_detail(&detail, conf_rows_feeds, &from->feeds, &to->feeds, "");
        change(d, CONF_CHANGED, "feeds", "feeds", buf_text(&detail));
    }
    buf_done(&detail);
}

static void diff_site(struct diff *d, const struct conf *from, const struct conf *to)
{
    struct buf detail = BUF_MAX(DETAIL_BYTES);

    if (from && from->site.print != to->site.print) {
        rows_detail(&detail, conf_rows_site, &from->site, &to->site, "");
        change(d, CONF_CHANGED, "site", "site", buf_text(&detail));
    }
    buf_done(&detail);
}

void conf_diff(const struct conf *from, const struct conf *to, struct conf_diff *ret)
{
    struct diff d = {.arena = arena_new(4096)};

    diff_site(&d, from, to);
    diff_contacts(&d, from, to);
    diff_periods(&d, from, to);
    diff_hosts(&d, from, to);
    diff_components(&d, from, to);
    diff_announce(&d, from, to);
    diff_login(&d, from, to);
    diff_hooks(&d, from, to);
    ret->n = (int)d.changes.n;
    ret->at = ARENA_ARRAY(d.arena, struct conf_change, d.changes.n + 1);
    if (d.changes.n)
        memcpy(ret->at, d.changes.at, d.changes.n * sizeof(*d.changes.at));
    ret->arena = d.arena;
    VEC_DONE(&d.changes);
}

void conf_diff_done(struct conf_diff *d)
{
    d->arena = arena_free(d->arena);
    d->at = NULL;
    d->n = 0;
}
