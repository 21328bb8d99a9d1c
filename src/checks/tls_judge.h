/* SPDX-License-Identifier: GPL-3.0-or-later */
/* tls_judge.h: what a peer's certificates are worth: for the tls and http probes. Pure. */
#ifndef VIGIE_CHECKS_TLS_JUDGE_H
#define VIGIE_CHECKS_TLS_JUDGE_H

#include "checks/attempt.h"
#include "io/tls.h"

struct tls_wants {
    struct conf_level days_warn, days_crit; /* in days */
    int64_t now_ms;
};
/* Worsens the attempt's result by what is wrong with the chain; writes the days left to perfdata.
 * *ret_days: days of the certificate that ends first. verify: judge the chain and the name, too. */
void tls_judge(struct attempt *a, const struct tls_info *t, const struct tls_wants *w, bool verify, double *ret_days);
/* Subject, issuer, dates, names, protocol as lines of the long output. */
void tls_describe(struct attempt *a, const struct tls_info *t);

#endif
