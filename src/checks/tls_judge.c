/* SPDX-License-Identifier: GPL-3.0-or-later */
/* tls_judge.c: days left and verification of a certificate chain, and what else one may ask of it. */
#include "checks/tls_judge.h"
#include "base/hash.h"
#include "base/timetext.h"

#include <math.h>
#include <string.h>

#define DAY_MS (24 * 3600 * 1000.0)

static const struct tls_cert *first_to_end(const struct tls_info *t)
{
    const struct tls_cert *first = &t->chain[0];

    for (int i = 1; i < t->n_chain; i++)
        if (!t->chain[i].self_signed && t->chain[i].not_after_ms < first->not_after_ms)
            first = &t->chain[i]; /* a root in the chain is not used by anybody */
    return first;
}

static void judge_days(struct attempt *a, const struct tls_cert *c, const struct tls_wants *w, double days)
{
    const char *limit, *subject = attempt_quote(a, c->subject, strlen(c->subject), 80);
    enum state s = level_judge(&w->days_warn, &w->days_crit, days, NAN, &limit);

    if (c->not_after_ms <= w->now_ms)
        attempt_worse(a, STATE_CRITICAL, MSG("the certificate of {1} ended {2} ago"), "sd", subject,
                      w->now_ms - c->not_after_ms);
    else if (c->not_before_ms > w->now_ms)
        attempt_worse(a, STATE_CRITICAL, MSG("the certificate of {1} is not valid before {2} from now"), "sd",
                      subject, c->not_before_ms - w->now_ms);
    else if (s != STATE_OK)
        attempt_worse(a, s, MSG("the certificate of {1} ends in {2} (limit {3})"), "sds", subject,
                      c->not_after_ms - w->now_ms, limit);
}

void tls_judge(struct attempt *a, const struct tls_info *t, const struct tls_wants *w, bool verify, double *ret_days)
{
    const struct tls_cert *c;
    double days;

    if (t == NULL || t->n_chain == 0) {
        *ret_days = NAN;
        attempt_worse(a, STATE_CRITICAL, MSG("the peer showed no certificate"), "");
        return;
    }
    c = first_to_end(t);
    days = (double)(c->not_after_ms - w->now_ms) / DAY_MS;
    *ret_days = days;
    judge_days(a, c, w, days);
    if (verify && t->verify_code != 0)
        attempt_worse(a, STATE_CRITICAL, MSG("the certificate is not trusted: {1}"), "m",
                      t->verify_text ? t->verify_text : "");
    attempt_perf(a, "days", floor(days * 10) / 10, "", &w->days_warn, &w->days_crit, NAN, NAN);
}

/* ---- what else one may ask ---- */

bool tls_name_fits(const char *pattern, const char *name)
{
    const char *dot = strchr(name, '.');

    if (!str_starts(pattern, "*."))
        return str_ieq(pattern, name);
    return dot && dot != name && str_ieq(pattern + 1, dot);
}

int tls_pin_read(const char *text, char out[65])
{
    unsigned char bytes[32];
    char hex[65];
    size_t n = 0;

    if (str_istarts(text, "sha256/"))
        text += 7;
    for (const char *p = text; *p && n < 64; p++)
        if (*p != ':')
            hex[n++] = *p;
    hex[n] = '\0';
    if (n != 64 || strlen(text) > 95 || hash_unhex(hex, bytes, sizeof(bytes)) != 0)
        if (hash_unbase64(text, bytes, sizeof(bytes), &n) != 0 || n != sizeof(bytes))
            return ERR_INVALID;
    hash_hex(bytes, sizeof(bytes), out);
    return 0;
}

static bool is_among(const struct conf_texts *set, const char *hex)
{
    for (int i = 0; i < set->n; i++)
        if (str_ieq(set->at[i], hex))
            return true;
    return set->n == 0;
}

static void judge_names(struct attempt *a, const struct tls_cert *c, const struct tls_strict *w)
{
    for (int i = 0; i < w->names.n; i++) {
        bool fits = false;

        for (int j = 0; j < c->n_names; j++)
            fits = fits || str_ieq(c->names[j], w->names.at[i]) || tls_name_fits(c->names[j], w->names.at[i]);
        if (!fits)
            attempt_worse(a, STATE_CRITICAL, MSG("the certificate is not for {1}"), "s", w->names.at[i]);
    }
    if (w->issuer && !strcasestr(c->issuer, w->issuer))
        attempt_worse(a, STATE_CRITICAL, MSG("the certificate was issued by {1}, wanted {2}"), "ss",
                      attempt_quote(a, c->issuer, strlen(c->issuer), 80), w->issuer);
    if (!is_among(&w->pins, c->sha256))
        attempt_worse(a, STATE_CRITICAL, MSG("the certificate is another one: its fingerprint is {1}"), "s", c->sha256);
    if (!is_among(&w->keys, c->public_sha256))
        attempt_worse(a, STATE_CRITICAL, MSG("the certificate has another key: the SHA-256 of the public key is {1}"), "s",
                      c->public_sha256);
}

static void judge_weak(struct attempt *a, const struct tls_info *t, enum state s)
{
    for (int i = 0; i < t->n_chain; i++) {
        const struct tls_cert *c = &t->chain[i];
        const char *subject = attempt_quote(a, c->subject, strlen(c->subject), 80);

        if (c->weak_key)
            attempt_worse(a, s, MSG("the certificate of {1} has a weak key: {2}"), "ss", subject, c->key);
        if (c->weak_signature)
            attempt_worse(a, s, MSG("the certificate of {1} has a weak signature: {2}"), "ss", subject, c->signature);
    }
}

static void judge_staple(struct attempt *a, const struct tls_info *t, const struct tls_strict *w)
{
    const struct tls_staple *o = &t->staple;
    const char *why = o->why ? o->why : "";

    switch (o->state) {
    case TLS_STAPLE_NONE:
        if (t->chain[0].must_staple)
            attempt_worse(a, STATE_CRITICAL, MSG("the certificate demands a stapled OCSP answer, and the server sent none"), "");
        else if (w->ocsp == TLS_OCSP_REQUIRE)
            attempt_worse(a, STATE_CRITICAL, MSG("the server stapled no OCSP answer"), "");
        break;
    case TLS_STAPLE_REVOKED:
        attempt_worse(a, STATE_CRITICAL, MSG("the certificate was revoked {1} ago ({2})"), "ds", w->now_ms - o->revoked_ms,
                      why[0] ? why : "-");
        break;
    case TLS_STAPLE_UNKNOWN:
        attempt_worse(a, STATE_CRITICAL, MSG("the stapled OCSP answer says that the authority does not know the certificate"), "");
        break;
    case TLS_STAPLE_STALE:
        if (o->next_ms && o->next_ms < w->now_ms)
            attempt_worse(a, STATE_WARNING, MSG("the stapled OCSP answer is stale: it ended {1} ago"), "d", w->now_ms - o->next_ms);
        else
            attempt_worse(a, STATE_WARNING, MSG("the stapled OCSP answer is from the future"), "");
        break;
    case TLS_STAPLE_BAD:
        attempt_worse(a, w->ocsp == TLS_OCSP_REQUIRE || t->chain[0].must_staple ? STATE_CRITICAL : STATE_WARNING,
                      MSG("the stapled OCSP answer cannot be used: {1}"), "s", why);
        break;
    default: break;
    }
}

void tls_judge_strict(struct attempt *a, const struct tls_info *t, const struct tls_strict *w)
{
    if (t == NULL || t->n_chain == 0)
        return;
    judge_names(a, &t->chain[0], w);
    if (w->ocsp != TLS_OCSP_IGNORE)
        judge_staple(a, t, w);
    if (w->weak != TLS_WEAK_IGNORE)
        judge_weak(a, t, w->weak == TLS_WEAK_CRITICAL ? STATE_CRITICAL : STATE_WARNING);
    if (t->order == TLS_ORDER_MIXED)
        attempt_worse(a, STATE_WARNING, MSG("the certificates are sent in the wrong order: each has to be signed by the next"), "");
    else if (t->order == TLS_ORDER_EXTRA)
        attempt_worse(a, STATE_WARNING, MSG("certificates are sent that do not belong to the chain"), "");
}

/* ---- in full ---- */

static void line(struct attempt *a, const char *name, const char *text)
{
    if (text == NULL || text[0] == '\0')
        return;
    if (a->more.len)
        buf_char(&a->more, '\n');
    buf_printf(&a->more, "%s: %s", name, attempt_quote(a, text, strlen(text), 400));
}

static void names(struct attempt *a, const struct tls_cert *c)
{
    struct buf b = BUF_MAX(400);

    for (int i = 0; i < c->n_names; i++) {
        buf_str(&b, i ? ", " : "");
        buf_str(&b, c->names[i]);
    }
    line(a, "names", buf_text(&b));
    buf_done(&b);
}

void tls_describe(struct attempt *a, const struct tls_info *t)
{
    char when[TIME_RFC3339_BYTES];

    if (t == NULL)
        return;
    line(a, "protocol", t->version);
    line(a, "cipher", t->cipher);
    if (t->n_chain == 0)
        return;
    line(a, "subject", t->chain[0].subject);
    line(a, "issuer", t->chain[0].issuer);
    time_rfc3339(t->chain[0].not_after_ms, 0, when);
    line(a, "until", when);
    line(a, "key", t->chain[0].key);
    line(a, "sha256", t->chain[0].sha256);
    names(a, &t->chain[0]);
    for (int i = 1; i < t->n_chain; i++) {
        time_rfc3339(t->chain[i].not_after_ms, 0, when);
        line(a, "chain", arena_printf(a->arena, "%s, %s, until %s", t->chain[i].subject, t->chain[i].key, when));
    }
    if (t->verify_code != 0)
        line(a, "signed by, not sent", t->missing);
    if (t->staple.state != TLS_STAPLE_NONE && t->staple.next_ms != 0) {
        time_rfc3339(t->staple.next_ms, 0, when);
        line(a, "ocsp until", when);
    }
}
