/* SPDX-License-Identifier: GPL-3.0-or-later */
/* tls_ocsp.c: a stapled OCSP answer, read and verified by OpenSSL. It asks no responder itself: what a server staples is
 * what its visitors get. */
#include "io/sock_priv.h"
#include <openssl/err.h>
#include <openssl/ocsp.h>
#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>
#include <time.h>

enum { MAX_SINGLES = 32, SLACK_MS = 300000 /* clocks are never quite the same */ };

static int64_t time_ms(const ASN1_TIME *t)
{
    struct tm tm;
    return t != NULL && ASN1_TIME_to_tm(t, &tm) == 1 ? (int64_t)timegm(&tm) * 1000 : 0;
}

static X509 *issuer_of(STACK_OF(X509) *certs)
{
    X509 *leaf = sk_X509_value(certs, 0);
    for (int i = sk_X509_num(certs) - 1; i >= 0; i--) /* itself last */
        if (X509_check_issued(sk_X509_value(certs, i), leaf) == X509_V_OK)
            return sk_X509_value(certs, i);
    return NULL;
}

static bool is_about(const OCSP_SINGLERESP *single, X509 *leaf, X509 *issuer)
{
    OCSP_CERTID *id = (OCSP_CERTID *)(uintptr_t)OCSP_SINGLERESP_get0_id(single);
    ASN1_OBJECT *name = NULL;
    OCSP_id_get0_info(NULL, &name, NULL, NULL, id);
    const EVP_MD *digest = name != NULL ? EVP_get_digestbyobj(name) : NULL;
    OCSP_CERTID *own = digest != NULL ? OCSP_cert_to_id(digest, leaf, issuer) : NULL;
    bool same = own != NULL && OCSP_id_cmp(own, id) == 0;
    OCSP_CERTID_free(own);
    return same;
}

static OCSP_SINGLERESP *single_of(OCSP_BASICRESP *basic, X509 *leaf, X509 *issuer)
{
    int n = OCSP_resp_count(basic);
    for (int i = 0; issuer != NULL && i < n && i < MAX_SINGLES; i++)
        if (is_about(OCSP_resp_get0(basic, i), leaf, issuer))
            return OCSP_resp_get0(basic, i);
    return NULL;
}

/* The authority itself may have signed it and not be among what was sent. */
static bool is_signed(OCSP_BASICRESP *basic, STACK_OF(X509) *certs, X509 *issuer, X509_STORE *store)
{
    STACK_OF(X509) *all = sk_X509_dup(certs);
    bool ok = all != NULL && (issuer == NULL || sk_X509_push(all, issuer) > 0) &&
              OCSP_basic_verify(basic, all, store, store != NULL ? 0 : OCSP_NOVERIFY) == 1;
    sk_X509_free(all);
    return ok;
}

static void judge(struct tls_staple *ret, OCSP_SINGLERESP *single)
{
    ASN1_GENERALIZEDTIME *revoked = NULL, *begin = NULL, *end = NULL;
    int reason = -1;
    int status = OCSP_single_get0_status(single, &reason, &revoked, &begin, &end);
    int64_t now_ms = clock_wall_ms();
    ret->this_ms = time_ms(begin);
    ret->next_ms = time_ms(end);
    ret->revoked_ms = time_ms(revoked);
    ret->state = status == V_OCSP_CERTSTATUS_GOOD      ? TLS_STAPLE_GOOD
                 : status == V_OCSP_CERTSTATUS_REVOKED ? TLS_STAPLE_REVOKED
                                                       : TLS_STAPLE_UNKNOWN;
    if (ret->state == TLS_STAPLE_REVOKED && reason >= 0)
        ret->why = OCSP_crl_reason_str(reason);
    bool over = ret->next_ms != 0 && now_ms > ret->next_ms + SLACK_MS;
    if (ret->state == TLS_STAPLE_GOOD && (over || now_ms < ret->this_ms - SLACK_MS))
        ret->state = TLS_STAPLE_STALE;
}

void tls_staple_read(struct tls_staple *ret, const unsigned char *p, long n, STACK_OF(X509) *certs, X509 *issuer,
                     X509_STORE *store)
{
    OCSP_RESPONSE *response = d2i_OCSP_RESPONSE(NULL, &p, n);
    int status = response != NULL ? OCSP_response_status(response) : -1;
    OCSP_BASICRESP *basic = status == OCSP_RESPONSE_STATUS_SUCCESSFUL ? OCSP_response_get1_basic(response) : NULL;
    if (issuer == NULL)
        issuer = issuer_of(certs);
    OCSP_SINGLERESP *single = basic != NULL ? single_of(basic, sk_X509_value(certs, 0), issuer) : NULL;
    ret->state = TLS_STAPLE_BAD;
    if (status > 0)
        ret->why = OCSP_response_status_str(status);
    else if (basic == NULL)
        ret->why = "unreadable";
    else if (single == NULL)
        ret->why = "about another certificate";
    else if (!is_signed(basic, certs, issuer, store))
        ret->why = "wrong signature";
    else
        judge(ret, single);
    OCSP_BASICRESP_free(basic);
    OCSP_RESPONSE_free(response);
    ERR_clear_error();
}
