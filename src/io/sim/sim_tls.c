/* SPDX-License-Identifier: GPL-3.0-or-later */
/* sim_tls.c: certificates of simulated peers: made up from a few words, judged as OpenSSL would. */
#include "io/sim/sim_int.h"
#include "base/hash.h"
#include "base/msg.h"

/* X509_V_ERR_* numbers (OpenSSL 3, x509_vfy.h), which struct tls_info promises. */
enum { NOT_YET_VALID = 9, HAS_EXPIRED = 10, SELF_SIGNED_LEAF = 18, NO_ISSUER = 20, NAME_MISMATCH = 62 };

static bool name_fits(const char *pattern, const char *name)
{
    if (!str_starts(pattern, "*."))
        return str_ieq(pattern, name);
    const char *dot = strchr(name, '.');
    return dot && dot != name && str_ieq(pattern + 1, dot);
}

static void split_names(struct arena *a, const char *text, struct tls_cert *c)
{
    const char **names = ARENA_ARRAY(a, const char *, TLS_MAX_NAMES);
    struct str rest = str_of(text), word;
    while (c->n_names < TLS_MAX_NAMES && str_next(&rest, " ", &word)) {
        if (word.n > 0)
            names[c->n_names++] = arena_dupn(a, word.p, word.n);
    }
    c->names = names;
    c->subject = c->n_names > 0 ? names[0] : "";
}

static int judge(const struct sim_service *s, const struct tls_cert *c, const char *server_name)
{
    if (s->chain == SIM_CHAIN_SELF_SIGNED)
        return SELF_SIGNED_LEAF;
    if (s->chain == SIM_CHAIN_UNKNOWN)
        return NO_ISSUER;
    if (clock_wall_ms() < s->not_before_ms)
        return NOT_YET_VALID;
    if (clock_wall_ms() > s->not_after_ms)
        return HAS_EXPIRED;
    for (int i = 0; server_name && i < c->n_names; i++) {
        if (name_fits(c->names[i], server_name))
            return 0;
    }
    return server_name ? NAME_MISMATCH : 0;
}

/* The texts are those of tls_cert.c. */
static const char *explain(struct arena *a, int code, const struct tls_cert *c, const char *server_name)
{
    struct buf b = BUF_MAX(1024);
    if (code == NOT_YET_VALID)
        msg_pack(&b, "the certificate is valid only in {1}", "d", c->not_before_ms - clock_wall_ms());
    else if (code == HAS_EXPIRED)
        msg_pack(&b, "the certificate expired {1} ago", "d", clock_wall_ms() - c->not_after_ms);
    else if (code == SELF_SIGNED_LEAF)
        msg_pack(&b, "the certificate is signed by itself", "");
    else if (code == NO_ISSUER)
        msg_pack(&b, "the chain is incomplete, or its authority is not known here", "");
    else if (code == NAME_MISMATCH)
        msg_pack(&b, "the certificate is for {1}, not for {2}", "ss", c->subject, server_name);
    const char *text = b.len ? arena_dup(a, buf_text(&b)) : NULL;
    buf_done(&b);
    return text;
}

static void fingerprint(const struct sim_service *s, struct tls_cert *c)
{
    unsigned char bytes[32];
    for (size_t i = 0; i < sizeof(bytes); i++)
        bytes[i] = (unsigned char)hash_text(s->names, (uint64_t)s->not_after_ms + i);
    hash_hex(bytes, sizeof(bytes), c->sha256);
}

static void add_issuer(struct tls_info *info, const struct tls_cert *leaf)
{
    struct tls_cert *ca = &info->chain[info->n_chain++];
    *ca = *leaf;
    ca->subject = leaf->issuer;
    ca->issuer = "Simulated Root";
    ca->n_names = 0;
    ca->serial = "02";
    ca->not_after_ms = leaf->not_after_ms + INT64_C(3650) * 86400000;
    ca->sha256[0] = ca->sha256[0] == 'f' ? '0' : 'f';
}

const struct tls_info *sim_tls_show(struct arena *a, const struct sim_service *s, const char *server_name)
{
    if (!s->tls || s->chain == SIM_CHAIN_GARBAGE)
        return NULL;
    struct tls_info *info = ARENA_NEW(a, struct tls_info);
    struct tls_cert *c = &info->chain[info->n_chain++];
    split_names(a, s->names, c);
    c->self_signed = s->chain == SIM_CHAIN_SELF_SIGNED;
    c->issuer = c->self_signed ? c->subject : "Simulated CA";
    c->not_before_ms = s->not_before_ms;
    c->not_after_ms = s->not_after_ms;
    c->serial = "01";
    c->key = "EC 256";
    c->signature = "ecdsa-with-SHA256";
    fingerprint(s, c);
    if (!c->self_signed)
        add_issuer(info, c);
    info->version = "TLSv1.3";
    info->cipher = "TLS_AES_256_GCM_SHA384";
    info->verify_code = judge(s, c, server_name);
    info->verify_text = explain(a, info->verify_code, c, server_name);
    return info;
}
