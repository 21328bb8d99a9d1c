/* SPDX-License-Identifier: GPL-3.0-or-later */
/* letter.c: see letter.h. */
#include "ops/letter.h"
#include "base/mem.h"
#include "base/msg.h"
#include "base/str.h"
#include "base/utf8.h"
#include <string.h>

/* ---- addresses ---- */

static char *small(struct arena *a, const char *text)
{
    char *t = arena_dup(a, text);
    for (char *c = t; *c; c++)
        if (*c >= 'A' && *c <= 'Z')
            *c = (char)(*c + 32);
    return t;
}

bool letter_fits(const char *pattern, const char *address)
{
    char a[MIME_MAX_ADDRESS + 2], p[MIME_MAX_ADDRESS + 2];
    if (!str_copy(a, sizeof a, address) || !str_copy(p, sizeof p, pattern))
        return false;
    for (char *c = a; *c; c++)
        *c = *c >= 'A' && *c <= 'Z' ? (char)(*c + 32) : *c;
    for (char *c = p; *c; c++)
        *c = *c >= 'A' && *c <= 'Z' ? (char)(*c + 32) : *c;
    return str_glob(p, a);
}

static bool below(const char *name, const char *parent)
{
    size_t n = strlen(name), m = strlen(parent);
    return str_ieq(name, parent) || (n > m && strchr(parent, '.') && name[n - m - 1] == '.' && str_ieq(name + n - m, parent));
}

bool letter_aligned(const char *address, const char *domain)
{
    const char *at = strrchr(address, '@');
    return at && domain && domain[0] && below(at + 1, domain);
}

static void take_to(struct arena *a, struct letter *l, const char *list)
{
    char one[MIME_MAX_ADDRESS + 2];
    while (list && l->n_to < LETTER_MAX_TO && mime_address(&list, one, sizeof one))
        l->to[l->n_to++] = small(a, one);
}

/* Exactly one From with exactly one address: whoever wants to be two people is nobody. */
static const char *from_of(struct arena *a, const struct mime_part *p)
{
    char one[MIME_MAX_ADDRESS + 2], more[MIME_MAX_ADDRESS + 2];
    const char *list = mime_header(p, "From", 0);
    if (!list || mime_header(p, "From", 1) || !mime_address(&list, one, sizeof one) || mime_address(&list, more, sizeof more))
        return "";
    return small(a, one);
}

static void take_ids(struct arena *a, struct letter *l, const char *list)
{
    char one[300];
    const char *found[LETTER_MAX_IDS];
    int n = 0;
    while (list && n < LETTER_MAX_IDS && mime_id(&list, one, sizeof one))
        found[n++] = arena_dup(a, one);
    while (n > 0 && l->n_ids < LETTER_MAX_IDS)
        l->ids[l->n_ids++] = found[--n];
}

/* ---- who wrote it ---- */

static const char *automatic_of(const struct mime_part *p)
{
    static const char *const lists[] = {"List-Id", "List-Unsubscribe", "List-Post", "Mailing-List", "X-Vigie-Incident", "X-Vigie", "X-Autoreply", "X-Autorespond", "Feedback-ID"};
    const char *v = mime_header(p, "Auto-Submitted", 0);
    if (v && !str_istarts(v, "no"))
        return "Auto-Submitted";
    v = mime_header(p, "Precedence", 0);
    if (v && (str_istarts(v, "bulk") || str_istarts(v, "list") || str_istarts(v, "junk") || str_istarts(v, "auto")))
        return "Precedence";
    for (size_t i = 0; i < COUNT(lists); i++)
        if (mime_header(p, lists[i], 0))
            return lists[i];
    return str_eq(p->type, "multipart/report") ? "Content-Type" : NULL;
}

static void take_results(struct arena *a, struct letter *l, const struct mime_results *r)
{
    for (int i = 0; i < r->n; i++) {
        const char **verdict = str_eq(r->at[i].method, "dkim") ? &l->dkim : str_eq(r->at[i].method, "dmarc") ? &l->dmarc : NULL;
        const char **domain = verdict == &l->dkim ? &l->dkim_domain : &l->dmarc_domain;
        /* Several signatures, one header: one that fits is enough. */
        if (verdict && (!*verdict || (!str_eq(*verdict, "pass") && str_eq(r->at[i].result, "pass")) ||
                        (verdict == &l->dkim && str_eq(r->at[i].result, "pass") && !letter_aligned(l->from, l->dkim_domain)))) {
            *verdict = r->at[i].result;
            *domain = r->at[i].domain;
        }
    }
}

/* Only what stands above all others of that name: what came with the mail stands below. */
static void verdicts(struct arena *a, struct letter *l, const char *server)
{
    const struct mime_part *p = &l->mail.parts[0];
    bool dkim = false, dmarc = false;
    for (int i = 0; server && i < p->n_headers; i++) {
        struct mime_results r;
        struct letter one = {.from = l->from};
        if (!str_ieq(p->headers[i].name, "Authentication-Results") || !mime_results_read(a, p->headers[i].value, &r) || !str_ieq(r.server, server))
            continue;
        take_results(a, &one, &r);
        if (one.dkim && !dkim) {
            l->dkim = one.dkim;
            l->dkim_domain = one.dkim_domain;
            dkim = true;
        }
        if (one.dmarc && !dmarc) {
            l->dmarc = one.dmarc;
            l->dmarc_domain = one.dmarc_domain;
            dmarc = true;
        }
    }
}

/* ---- what it says ---- */

static char *text_of(struct arena *a, const struct mime_part *p)
{
    struct buf b = BUF_MAX(LETTER_MAX_TEXT);
    if (p)
        mime_text(p, &b);
    if (b.full)
        buf_cut(&b, utf8_fit(buf_text(&b), b.len, LETTER_MAX_TEXT - 4));
    char *t = arena_dup(a, buf_text(&b));
    buf_done(&b);
    return t;
}

static char *decoded(struct arena *a, const char *value)
{
    struct buf b = BUF_MAX(3 * MIME_MAX_HEADER);
    mime_words(value ? value : "", &b);
    struct str s = str_trim((struct str){buf_text(&b), b.len});
    char *t = arena_dupn(a, s.p, s.n);
    buf_done(&b);
    return t;
}

static bool is_calendar(const struct mime_part *p)
{
    return str_eq(p->type, "text/calendar") || str_eq(p->type, "application/ics") || (p->name && (str_ends(p->name, ".ics") || str_ends(p->name, ".ICS")));
}

/* Some senders encode a calendar twice. */
static void unwrap(struct buf *text)
{
    struct mime_header how = {"Content-Transfer-Encoding", "base64"};
    struct buf inner = BUF_MAX(ICAL_MAX_BYTES);
    if (!str_starts(buf_text(text), "QkVHSU46")) /* "BEGIN:" */
        return;
    struct mime_part p = {.headers = &how, .n_headers = 1, .body = {buf_text(text), text->len}};
    mime_body(&p, &inner);
    buf_clear(text);
    buf_add(text, buf_text(&inner), inner.len);
    buf_done(&inner);
}

static void take_calendar(struct arena *a, struct letter *l, const struct letter_ask *ask, struct buf *text)
{
    struct err e = {0};
    unwrap(text);
    const char *copy = arena_dupn(a, buf_text(text), text->len);
    if (l->n_calendars == LETTER_MAX_CALENDARS)
        return;
    if (ical_parse(a, copy, strlen(copy), ask->zone, ask->arg, &l->calendars[l->n_calendars], &e) == 0)
        l->n_calendars++;
    else if (!l->bad_calendar)
        l->bad_calendar = arena_dup(a, e.text);
}

static void calendars(struct arena *a, struct letter *l, const struct letter_ask *ask)
{
    for (int i = 0; i < l->mail.n_parts; i++) {
        struct buf text = BUF_MAX(ICAL_MAX_BYTES);
        if (!is_calendar(&l->mail.parts[i]))
            continue;
        mime_body(&l->mail.parts[i], &text);
        take_calendar(a, l, ask, &text);
        buf_done(&text);
    }
}

/* ---- signatures ---- */

/* The first of those within `at` that a person would read. */
static const struct mime_part *reading_in(const struct mime_mail *m, int at)
{
    const struct mime_part *html = NULL;
    for (int i = at; i < m->n_parts; i++) {
        int up = i;
        while (up > at)
            up = m->parts[up].parent;
        if (up != at || m->parts[i].attached)
            continue;
        if (str_eq(m->parts[i].type, "text/plain"))
            return &m->parts[i];
        html = html ? html : str_eq(m->parts[i].type, "text/html") ? &m->parts[i] : NULL;
    }
    return html;
}

static void seal(struct arena *a, struct letter *l)
{
    const struct mime_part *top = &l->mail.parts[0];
    const char *type = mime_header(top, "Content-Type", 0);
    if (!str_eq(top->type, "multipart/signed") || l->mail.n_parts < 3)
        return;
    const char *protocol = mime_param(a, type, "protocol");
    int second = 2;
    while (second < l->mail.n_parts && l->mail.parts[second].parent != 0)
        second++;
    if (second == l->mail.n_parts || !protocol)
        return;
    l->seal = str_ieq(protocol, "application/pgp-signature") ? LETTER_PGP : str_istarts(protocol, "application/pkcs7-signature") || str_istarts(protocol, "application/x-pkcs7-signature") ? LETTER_SMIME : LETTER_UNSEALED;
    l->sealed = &l->mail.parts[1];
    l->signature = &l->mail.parts[second];
    const char *subject = mime_header(l->sealed, "Subject", 0);
    l->sealed_subject = subject ? decoded(a, subject) : NULL;
    l->sealed_text = text_of(a, reading_in(&l->mail, 1));
}

int letter_read(struct arena *a, const struct letter_ask *ask, struct letter *ret, struct err *e)
{
    *ret = (struct letter){.from = "", .subject = "", .text = "", .id = ""};
    const char *p = ask->raw, *end = p + ask->n;
    while (p < end && strchr("\xef\xbb\xbf \r\n", *p))
        p++;
    if (end - p > 15 && str_istarts(p, "BEGIN:VCALENDAR")) {
        int r = ask->n > ICAL_MAX_BYTES ? ERR_LIMIT : ical_parse(a, ask->raw, ask->n, ask->zone, ask->arg, &ret->calendars[0], e);
        ret->n_calendars = r == 0;
        return r;
    }
    int r = mime_parse(a, ask->raw, ask->n, &ret->mail, e);
    if (r)
        return r;
    const struct mime_part *top = &ret->mail.parts[0];
    char id[300];
    const char *list = mime_header(top, "Message-ID", 0);
    ret->from = from_of(a, top);
    ret->subject = decoded(a, mime_header(top, "Subject", 0));
    ret->text = text_of(a, mime_reading(&ret->mail));
    ret->id = list && mime_id(&list, id, sizeof id) ? arena_dup(a, id) : "";
    static const char *const to[] = {"Delivered-To", "X-Original-To", "X-Delivered-To", "To", "Cc"};
    take_to(a, ret, ask->recipient);
    for (size_t i = 0; i < COUNT(to); i++)
        for (int k = 0; k < 10; k++)
            take_to(a, ret, mime_header(top, to[i], k));
    take_ids(a, ret, mime_header(top, "In-Reply-To", 0));
    take_ids(a, ret, mime_header(top, "References", 0));
    ret->automatic = automatic_of(top);
    const char *path = ask->sender ? ask->sender : mime_header(top, "Return-Path", 0);
    ret->nobody = path && (!path[0] || str_eq(path, "<>") || str_istarts(path, "MAILER-DAEMON"));
    verdicts(a, ret, ask->server);
    calendars(a, ret, ask);
    seal(a, ret);
    return 0;
}
