/* SPDX-License-Identifier: GPL-3.0-or-later */
/* tls_judge.c: days left and verification of a certificate chain. */
#include "checks/tls_judge.h"
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
}
