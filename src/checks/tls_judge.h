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
enum tls_ocsp_want { TLS_OCSP_CHECK, TLS_OCSP_REQUIRE, TLS_OCSP_IGNORE };
enum tls_weak_want { TLS_WEAK_WARNING, TLS_WEAK_CRITICAL, TLS_WEAK_IGNORE };
/* What only the tls probe asks for. */
struct tls_strict {
    struct conf_texts names;   /* the certificate must be for all of these */
    struct conf_texts pins;    /* SHA-256 of the certificate, hex: one of them; n 0: any */
    struct conf_texts keys;    /* of the public key: hex */
    const char *issuer;        /* must be in the issuer's name; NULL */
    int ocsp, weak;            /* enums above */
    int64_t now_ms;
};
/* Worsens the result by what is not as wanted: names, pins, issuer, order, weak keys, the stapled OCSP answer. */
void tls_judge_strict(struct attempt *a, const struct tls_info *t, const struct tls_strict *w);
bool tls_name_fits(const char *pattern, const char *name); /* "*.example.org" is one label */
/* "AB:CD…", "abcd…" or base64 (with or without "sha256/" in front) of 32 bytes → hex. 0 or ERR_INVALID. */
int tls_pin_read(const char *text, char out[65]);

/* Worsens the attempt's result by what is wrong with the chain; writes the days left to perfdata.
 * *ret_days: days of the certificate that ends first. verify: judge the chain and the name, too. */
void tls_judge(struct attempt *a, const struct tls_info *t, const struct tls_wants *w, bool verify, double *ret_days);
/* Subject, issuer, dates, names, protocol as lines of the long output. */
void tls_describe(struct attempt *a, const struct tls_info *t);

/* The thresholds for the days left, as rows of a group. */
#define TLS_DAYS_ROWS(warn_offset, crit_offset)                                                                        \
    {.key = "warn", .type = CONF_LEVEL, .offset = (warn_offset), .unit = "d", .by_default = "< 14d",                   \
     .help = MSG("days left of the certificate that are a warning"), .example = "< 21d"},                              \
    {.key = "crit", .type = CONF_LEVEL, .offset = (crit_offset), .unit = "d", .by_default = "< 3d",                    \
     .help = MSG("days left of the certificate that are critical"), .example = "< 7d"},                                \
    {0}

#endif
