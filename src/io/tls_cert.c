/* SPDX-License-Identifier: GPL-3.0-or-later */
/* tls_cert.c: certificates as plain data, and the verdict on a chain in words that a person
 * understands. It judges nothing: X509_verify_cert() did. */
#include "base/hash.h"
#include "base/mem.h"
#include "base/msg.h"
#include "base/str.h"
#include "base/utf8.h"
#include "io/addr.h"
#include "io/loop.h"
#include "io/sock_priv.h"
#include <netinet/in.h>
#include <openssl/bn.h>
#include <openssl/evp.h>
#include <openssl/x509.h>
#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>
#include <string.h>
#include <time.h>

enum { MAX_NAME_BYTES = 255, MAX_SERIAL_BYTES = 64, NAMES_TOLD = 3 };

static const char *clean(struct arena *a, const char *p, size_t n)
{
    struct buf b = BUF_MAX(MAX_NAME_BYTES + 4);
    utf8_clean(&b, p, n, UTF8_ONE_LINE, MAX_NAME_BYTES);
    const char *text = arena_dup(a, buf_text(&b));
    buf_done(&b);
    return text;
}

static const char *asn1_text(struct arena *a, const ASN1_STRING *s)
{
    unsigned char *utf8 = NULL;
    int n = ASN1_STRING_to_UTF8(&utf8, s);
    const char *text = n >= 0 ? clean(a, (char *)utf8, (size_t)n) : "";
    OPENSSL_free(utf8);
    return text;
}

/* The common name, or all of it. */
static const char *name_text(struct arena *a, const X509_NAME *name)
{
    int at = X509_NAME_get_index_by_NID(name, NID_commonName, -1);
    if (at >= 0)
        return asn1_text(a, X509_NAME_ENTRY_get_data(X509_NAME_get_entry(name, at)));
    BIO *out = BIO_new(BIO_s_mem());
    X509_NAME_print_ex(out, name, 0, XN_FLAG_RFC2253 & ~ASN1_STRFLGS_ESC_MSB);
    char *p;
    long n = BIO_get_mem_data(out, &p);
    const char *text = n > 0 ? clean(a, p, (size_t)n) : "";
    BIO_free(out);
    return text;
}

static int64_t time_ms(const ASN1_TIME *t)
{
    struct tm tm;
    if (ASN1_TIME_to_tm(t, &tm) != 1)
        return 0;
    return (int64_t)timegm(&tm) * 1000;
}

static const char *ip_text(struct arena *a, const ASN1_OCTET_STRING *ip)
{
    struct addr at = {0};
    const unsigned char *p = ASN1_STRING_get0_data(ip);
    char text[ADDR_TEXT_BYTES];
    if (ASN1_STRING_length(ip) == 4) {
        struct sockaddr_in sin = {.sin_family = AF_INET};
        memcpy(&sin.sin_addr, p, 4);
        memcpy(at.space, &sin, sizeof sin);
    } else if (ASN1_STRING_length(ip) == 16) {
        struct sockaddr_in6 sin6 = {.sin6_family = AF_INET6};
        memcpy(&sin6.sin6_addr, p, 16);
        memcpy(at.space, &sin6, sizeof sin6);
    } else {
        return NULL;
    }
    addr_host(&at, text);
    return arena_dup(a, text);
}

static void names_read(struct tls_cert *c, const X509 *x, struct arena *a)
{
    GENERAL_NAMES *all = X509_get_ext_d2i(x, NID_subject_alt_name, NULL, NULL);
    int n = sk_GENERAL_NAME_num(all);
    if (n > TLS_MAX_NAMES)
        n = TLS_MAX_NAMES;
    const char **names = n > 0 ? ARENA_ARRAY(a, const char *, (size_t)n) : NULL;
    for (int i = 0; i < n; i++) {
        const GENERAL_NAME *g = sk_GENERAL_NAME_value(all, i);
        const char *text = NULL;
        if (g->type == GEN_DNS)
            text = clean(a, (const char *)ASN1_STRING_get0_data(g->d.dNSName),
                         (size_t)ASN1_STRING_length(g->d.dNSName));
        else if (g->type == GEN_IPADD)
            text = ip_text(a, g->d.iPAddress);
        if (text != NULL)
            names[c->n_names++] = text;
    }
    c->names = names;
    GENERAL_NAMES_free(all);
}

static const char *key_text(struct arena *a, X509 *x)
{
    EVP_PKEY *key = X509_get0_pubkey(x);
    if (key == NULL)
        return "";
    const char *name = EVP_PKEY_get0_type_name(key);
    int bits = EVP_PKEY_get_bits(key);
    return arena_printf(a, "%s %d", name != NULL ? name : "?", bits);
}

static const char *serial_text(struct arena *a, const X509 *x)
{
    const ASN1_INTEGER *serial = X509_get0_serialNumber(x);
    int n = ASN1_STRING_length(serial);
    if (n > MAX_SERIAL_BYTES)
        n = MAX_SERIAL_BYTES;
    char hex[2 * MAX_SERIAL_BYTES + 1];
    hash_hex(ASN1_STRING_get0_data(serial), (size_t)n, hex);
    return arena_dup(a, hex);
}

static bool weak_key(X509 *x)
{
    EVP_PKEY *key = X509_get0_pubkey(x);
    if (key == NULL)
        return false;
    int type = EVP_PKEY_get_base_id(key), bits = EVP_PKEY_get_bits(key);
    if (type == EVP_PKEY_RSA || type == EVP_PKEY_RSA_PSS || type == EVP_PKEY_DSA)
        return bits < 2048;
    return type == EVP_PKEY_EC && bits < 224;
}

static bool weak_signature(const X509 *x)
{
    int digest = NID_undef;
    if (OBJ_find_sigid_algs(X509_get_signature_nid(x), &digest, NULL) != 1)
        return false;
    return digest == NID_md5 || digest == NID_sha1 || digest == NID_md4 || digest == NID_md2 || digest == NID_mdc2;
}

/* RFC 7633: the features status_request (5) and status_request_v2 (17). */
static bool must_staple(const X509 *x)
{
    STACK_OF(ASN1_INTEGER) *features = X509_get_ext_d2i(x, NID_tlsfeature, NULL, NULL);
    bool must = false;
    for (int i = 0; i < sk_ASN1_INTEGER_num(features); i++) {
        long n = ASN1_INTEGER_get(sk_ASN1_INTEGER_value(features, i));
        must = must || n == 5 || n == 17;
    }
    sk_ASN1_INTEGER_pop_free(features, ASN1_INTEGER_free);
    return must;
}

static void public_read(struct tls_cert *c, const X509 *x)
{
    unsigned char *der = NULL, digest[EVP_MAX_MD_SIZE];
    unsigned n = 0;
    int len = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(x), &der);
    if (len > 0 && EVP_Digest(der, (size_t)len, digest, &n, EVP_sha256(), NULL) == 1)
        hash_hex(digest, n, c->public_sha256);
    OPENSSL_free(der);
}

static void cert_read(struct tls_cert *c, X509 *x, struct arena *a)
{
    c->subject = name_text(a, X509_get_subject_name(x));
    c->issuer = name_text(a, X509_get_issuer_name(x));
    names_read(c, x, a);
    c->not_before_ms = time_ms(X509_get0_notBefore(x));
    c->not_after_ms = time_ms(X509_get0_notAfter(x));
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned n = 0;
    if (X509_digest(x, EVP_sha256(), digest, &n) == 1 && n == 32)
        hash_hex(digest, n, c->sha256);
    c->serial = serial_text(a, x);
    c->key = key_text(a, x);
    const char *signature = OBJ_nid2sn(X509_get_signature_nid(x));
    const char *longer = OBJ_nid2ln(X509_get_signature_nid(x));
    c->signature = longer != NULL ? longer : signature != NULL ? signature : "";
    c->self_signed = X509_self_signed(x, 0) == 1;
    c->weak_key = weak_key(x);
    c->weak_signature = !c->self_signed && weak_signature(x);
    public_read(c, x);
}

/* Who among the first n signed certificate i, by names and key identifiers; -1: nobody. */
static int signer_of(const struct stack_st_X509 *certs, int n, int i)
{
    X509 *x = sk_X509_value(certs, i);
    if (i + 1 < n && X509_check_issued(sk_X509_value(certs, i + 1), x) == X509_V_OK)
        return i + 1;
    for (int j = 0; j < n; j++)
        if (j != i && X509_check_issued(sk_X509_value(certs, j), x) == X509_V_OK)
            return j;
    return -1;
}

/* Follows the chain from the leaf. */
static void order_read(struct tls_info *info, const struct stack_st_X509 *certs)
{
    int at = 0, next, steps = 0;
    while (!info->chain[at].self_signed && (next = signer_of(certs, info->n_chain, at)) >= 0 &&
           ++steps < info->n_chain) {
        if (next != at + 1)
            info->order = TLS_ORDER_MIXED;
        at = next;
    }
    if (info->order == TLS_ORDER_GOOD && steps + 1 < info->n_chain)
        info->order = TLS_ORDER_EXTRA;
    if (!info->chain[at].self_signed)
        info->missing = info->chain[at].issuer;
}

void tls_chain_read(struct tls_info *info, const struct stack_st_X509 *certs, struct arena *a)
{
    int n = sk_X509_num(certs);
    info->n_chain = n < TLS_MAX_CHAIN ? n : TLS_MAX_CHAIN;
    for (int i = 0; i < info->n_chain; i++)
        cert_read(&info->chain[i], sk_X509_value(certs, i), a);
    if (n > 0) {
        info->chain[0].must_staple = must_staple(sk_X509_value(certs, 0));
        order_read(info, certs);
    }
}

/* ---- the verdict ---- */

enum with { NOTHING, WHO };
static const struct {
    int code;
    enum with with; /* WHO: {1} is whose certificate */
    const char *msgid;
} words[] = {
    {X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT, NOTHING, MSG("the certificate is signed by itself")},
    {X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN, NOTHING,
     MSG("the chain ends in an authority that is not known here")},
    {X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY, NOTHING,
     MSG("the chain is incomplete, or its authority is not known here")},
    {X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT, NOTHING,
     MSG("the chain is incomplete, or its authority is not known here")},
    {X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE, NOTHING,
     MSG("the chain is incomplete, or its authority is not known here")},
    {X509_V_ERR_CERT_UNTRUSTED, NOTHING, MSG("the authority is not trusted for servers")},
    {X509_V_ERR_CERT_REJECTED, NOTHING, MSG("the authority is not trusted for servers")},
    {X509_V_ERR_CERT_SIGNATURE_FAILURE, WHO,
     MSG("the signature on the certificate of {1} is wrong")},
    {X509_V_ERR_INVALID_CA, WHO, MSG("the certificate of {1} may not sign others")},
    {X509_V_ERR_INVALID_PURPOSE, WHO, MSG("the certificate of {1} is not meant for servers")},
    {X509_V_ERR_PATH_LENGTH_EXCEEDED, NOTHING,
     MSG("the chain is longer than its authority permits")},
    {X509_V_ERR_CERT_CHAIN_TOO_LONG, NOTHING, MSG("the chain is too long")},
    {X509_V_ERR_CERT_REVOKED, WHO, MSG("the certificate of {1} was revoked")},
    {X509_V_ERR_EE_KEY_TOO_SMALL, WHO, MSG("the key of {1} is too short to be safe")},
    {X509_V_ERR_CA_KEY_TOO_SMALL, WHO, MSG("the key of {1} is too short to be safe")},
    {X509_V_ERR_CA_MD_TOO_WEAK, WHO,
     MSG("the certificate of {1} is signed with a weak hash function")},
    {X509_V_ERR_PERMITTED_VIOLATION, NOTHING, MSG("the authority may not sign for this name")},
    {X509_V_ERR_EXCLUDED_VIOLATION, NOTHING, MSG("the authority may not sign for this name")},
};

static void names_list(struct buf *out, const struct tls_cert *c)
{
    for (int i = 0; i < c->n_names && i < NAMES_TOLD; i++) {
        buf_str(out, i > 0 ? ", " : "");
        buf_str(out, c->names[i]);
    }
    if (c->n_names > NAMES_TOLD)
        buf_str(out, ", …");
    if (c->n_names == 0)
        buf_str(out, c->subject);
}

static void pack_name(struct buf *out, const struct tls_cert *c, const char *wanted)
{
    struct buf names = BUF_MAX(NAMES_TOLD * (MAX_NAME_BYTES + 2) + 8);
    names_list(&names, c);
    msg_pack(out, MSG("the certificate is for {1}, not for {2}"), "ss", buf_text(&names),
             wanted != NULL ? wanted : "?");
    buf_done(&names);
}

static void pack_time(struct buf *out, const struct tls_cert *c, bool leaf, bool expired)
{
    int64_t now_ms = clock_wall_ms();
    int64_t ms = expired ? now_ms - c->not_after_ms : c->not_before_ms - now_ms;
    if (leaf && expired)
        msg_pack(out, MSG("the certificate expired {1} ago"), "d", ms);
    else if (leaf)
        msg_pack(out, MSG("the certificate is valid only in {1}"), "d", ms);
    else if (expired)
        msg_pack(out, MSG("the certificate of the authority {2} expired {1} ago"), "ds", ms,
                 c->subject);
    else
        msg_pack(out, MSG("the certificate of the authority {2} is valid only in {1}"), "ds", ms,
                 c->subject);
}

static void pack_words(struct buf *out, int code, const char *who)
{
    for (size_t i = 0; i < COUNT(words); i++)
        if (words[i].code == code) {
            if (words[i].with == WHO)
                msg_pack(out, words[i].msgid, "s", who);
            else
                msg_pack(out, words[i].msgid, "");
            return;
        }
    msg_pack(out, MSG("the certificate is not accepted: {1}"), "s",
             X509_verify_cert_error_string(code));
}

const char *tls_verdict_text(const struct tls_info *info, const struct tls_verdict *v,
                             struct arena *a)
{
    struct buf out = BUF_MAX(2048);
    int at = v->depth >= 0 && v->depth < info->n_chain ? v->depth : -1;
    const struct tls_cert *c = at >= 0 ? &info->chain[at] : NULL;
    bool expired = v->code == X509_V_ERR_CERT_HAS_EXPIRED;
    bool name =
        v->code == X509_V_ERR_HOSTNAME_MISMATCH || v->code == X509_V_ERR_IP_ADDRESS_MISMATCH;
    if (c != NULL && (expired || v->code == X509_V_ERR_CERT_NOT_YET_VALID))
        pack_time(&out, c, at == 0, expired);
    else if (name && info->n_chain > 0)
        pack_name(&out, &info->chain[0], v->wanted);
    else
        pack_words(&out, v->code, c != NULL ? c->subject : "?");
    const char *text = arena_dup(a, buf_text(&out));
    buf_done(&out);
    return text;
}
