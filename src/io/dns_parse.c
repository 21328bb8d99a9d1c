/* SPDX-License-Identifier: GPL-3.0-or-later */
/* dns_parse.c: raw DNS answers to records in presentation form (RFC 1035, 3596, 2782, 8659; the
 * rest as RFC 3597 writes unknown types), and the names of types and codes.  Every byte here comes
 * from strangers: reads go through the checked cursor only, and a name may jump backwards only, so
 * that it must end. */
#include "base/arena.h"
#include "base/buf.h"
#include "base/mem.h"
#include "base/msg.h"
#include "base/str.h"
#include "base/utf8.h"
#include "io/dns.h"
#include <arpa/inet.h>
#include <string.h>

enum {
    MAX_NAME_WIRE = 255,
    MAX_JUMPS = 128, /* in one name: more than it can have labels */
    MAX_TEXT = 4096,        /* of one record */
    MAX_ALL_TEXT = 1 << 18, /* of an answer */
    MAX_QUESTIONS = 16,
    MAX_HEX = 256, /* bytes shown of an unknown type */
    TYPE_OPT = 41, /* says how, not what (RFC 6891) */
};

struct cursor {
    const unsigned char *p;
    size_t n, at;
    bool bad;
};

static const struct {
    const char *word;
    int type;
} types[] = {
    {"A", 1},     {"NS", 2},     {"CNAME", 5},  {"SOA", 6},   {"PTR", 12},    {"HINFO", 13},
    {"MX", 15},   {"TXT", 16},   {"AAAA", 28},  {"SRV", 33},  {"NAPTR", 35},  {"DNAME", 39},
    {"DS", 43},   {"SSHFP", 44}, {"RRSIG", 46}, {"NSEC", 47}, {"DNSKEY", 48}, {"NSEC3", 50},
    {"TLSA", 52}, {"SVCB", 64},  {"HTTPS", 65}, {"SPF", 99},  {"ANY", 255},   {"CAA", 257},
};

static const char *const rcodes[] = {"NOERROR", "FORMERR", "SERVFAIL", "NXDOMAIN",
                                     "NOTIMP",  "REFUSED", "YXDOMAIN", "YXRRSET",
                                     "NXRRSET", "NOTAUTH", "NOTZONE"};

int dns_type(const char *word)
{
    for (size_t i = 0; i < COUNT(types); i++)
        if (str_ieq(types[i].word, word))
            return types[i].type;
    int64_t n;
    if (str_istarts(word, "TYPE") && str_i64(word + 4, &n) == 0 && n > 0 && n <= 65535)
        return (int)n;
    return ERR_INVALID;
}

const char *dns_type_name(int type)
{
    for (size_t i = 0; i < COUNT(types); i++)
        if (types[i].type == type)
            return types[i].word;
    return NULL;
}

const char *dns_rcode_name(int rcode)
{
    return rcode >= 0 && rcode < (int)COUNT(rcodes) ? rcodes[rcode] : "?";
}

/* ---- the cursor ---- */

static unsigned get8(struct cursor *c)
{
    if (c->at >= c->n) {
        c->bad = true;
        return 0;
    }
    return c->p[c->at++];
}

static unsigned get16(struct cursor *c)
{
    unsigned high = get8(c);
    return high << 8 | get8(c);
}

static uint32_t get32(struct cursor *c)
{
    uint32_t high = get16(c);
    return high << 16 | get16(c);
}

static const unsigned char *get_bytes(struct cursor *c, size_t n)
{
    if (n > c->n - c->at) {
        c->bad = true;
        return NULL;
    }
    const unsigned char *p = c->p + c->at;
    c->at += n;
    return p;
}

static void put_label(struct buf *out, const unsigned char *p, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (p[i] == '.' || p[i] == '\\')
            buf_printf(out, "\\%c", p[i]);
        else if (p[i] > ' ' && p[i] < 0x7f)
            buf_char(out, (char)p[i]);
        else
            buf_printf(out, "\\%03u", p[i]);
    }
}

/* Appends the name at the cursor, without the last dot (the root is "."), and steps over it. */
static void get_name(struct cursor *c, struct buf *out)
{
    struct cursor at = *c;
    size_t jumped_to = c->at, wire = 0;
    int jumps = 0;
    for (;;) {
        unsigned n = get8(&at);
        if (!at.bad && (n & 0xc0) == 0xc0) {
            size_t target = (n & 0x3f) << 8 | get8(&at);
            if (jumps++ == 0)
                c->at = at.at;
            if (target >= jumped_to || jumps > MAX_JUMPS) /* only backwards, and not step by step */
                at.bad = true;
            at.at = jumped_to = target;
        } else if (n > 63 || (wire += n + 1) > MAX_NAME_WIRE) {
            at.bad = true;
        } else if (n > 0) {
            const unsigned char *label = get_bytes(&at, n);
            if (label != NULL && wire > n + 1)
                buf_char(out, '.');
            if (label != NULL)
                put_label(out, label, n);
        } else {
            break;
        }
        if (at.bad) {
            c->bad = true;
            return;
        }
    }
    if (wire == 1)
        buf_char(out, '.');
    if (at.bad)
        c->bad = true;
    else if (jumps == 0)
        c->at = at.at;
}

/* ---- record data ---- */

/* d: a cursor over the whole message that ends with the record's data. */
typedef void data_fn(struct cursor *d, struct buf *out);

static void put_addr(struct cursor *d, struct buf *out, int family, size_t n)
{
    char text[INET6_ADDRSTRLEN];
    const unsigned char *p = get_bytes(d, n);
    if (p != NULL && inet_ntop(family, p, text, sizeof text) != NULL)
        buf_str(out, text);
}

static void data_a(struct cursor *d, struct buf *out)
{
    put_addr(d, out, AF_INET, 4);
}

static void data_aaaa(struct cursor *d, struct buf *out)
{
    put_addr(d, out, AF_INET6, 16);
}

static void data_name(struct cursor *d, struct buf *out)
{
    get_name(d, out);
}

static void data_mx(struct cursor *d, struct buf *out)
{
    buf_printf(out, "%u ", get16(d));
    get_name(d, out);
}

static void data_srv(struct cursor *d, struct buf *out)
{
    unsigned priority = get16(d), weight = get16(d), port = get16(d);
    buf_printf(out, "%u %u %u ", priority, weight, port);
    get_name(d, out);
}

static void data_soa(struct cursor *d, struct buf *out)
{
    get_name(d, out);
    buf_char(out, ' ');
    get_name(d, out);
    for (int i = 0; i < 5; i++)
        buf_printf(out, " %u", get32(d));
}

static void data_txt(struct cursor *d, struct buf *out)
{
    struct buf raw = BUF_MAX(MAX_TEXT);
    while (d->at < d->n && !d->bad) {
        unsigned n = get8(d);
        const unsigned char *p = get_bytes(d, n);
        if (p != NULL)
            buf_add(&raw, p, n);
    }
    utf8_clean(out, buf_text(&raw), raw.len, UTF8_ONE_LINE, MAX_TEXT);
    buf_done(&raw);
}

static void data_caa(struct cursor *d, struct buf *out)
{
    unsigned flags = get8(d), n = get8(d);
    const unsigned char *tag = get_bytes(d, n);
    if (tag == NULL)
        return;
    buf_printf(out, "%u ", flags);
    utf8_clean(out, (const char *)tag, n, UTF8_ONE_LINE, 64);
    buf_str(out, " \"");
    size_t rest = d->n - d->at;
    utf8_clean(out, (const char *)get_bytes(d, rest), rest, UTF8_ONE_LINE, MAX_TEXT - 256);
    buf_char(out, '"');
}

/* Times as seconds since 1970, which RFC 4034, 3.2 permits, too; the signature is left out. */
static void data_rrsig(struct cursor *d, struct buf *out)
{
    unsigned type = get16(d), algorithm = get8(d), labels = get8(d);
    uint32_t ttl = get32(d), ends = get32(d), begins = get32(d);
    unsigned key = get16(d);

    buf_printf(out, "TYPE%u %u %u %u %u %u %u ", type, algorithm, labels, ttl, ends, begins, key);
    get_name(d, out);
    get_bytes(d, d->n - d->at);
}

static void data_unknown(struct cursor *d, struct buf *out)
{
    size_t n = d->n - d->at;
    buf_printf(out, "\\# %zu", n);
    const unsigned char *p = get_bytes(d, n);
    for (size_t i = 0; i < n && i < MAX_HEX; i++)
        buf_printf(out, "%s%02x", i == 0 ? " " : "", p[i]);
    if (n > MAX_HEX)
        buf_str(out, "...");
}

static const struct {
    int type;
    data_fn *fn;
} readers[] = {
    {1, data_a},     {28, data_aaaa}, {2, data_name}, {5, data_name},
    {12, data_name}, {39, data_name}, {15, data_mx},  {16, data_txt},
    {99, data_txt},  {6, data_soa},   {33, data_srv}, {257, data_caa}, {46, data_rrsig},
};

static data_fn *reader_of(int type, int class)
{
    for (size_t i = 0; i < COUNT(readers) && class == 1; i++)
        if (readers[i].type == type)
            return readers[i].fn;
    return data_unknown;
}

/* ---- the message ---- */

static const char *take_text(struct buf *b, struct arena *a, size_t *total)
{
    const char *text = arena_dupn(a, buf_text(b), b->len);
    *total += b->len;
    buf_clear(b);
    return text;
}

/* Where the next record goes: `into` counts those of its section. */
static void get_rr(struct cursor *c, struct dns_answer *ret, int *into, struct buf *b, size_t *total)
{
    struct dns_rr rr = {0};
    int held = ret->n + ret->n_authority + ret->n_additional;
    get_name(c, b);
    rr.name = take_text(b, ret->arena, total);
    rr.type = (int)get16(c);
    int class = (int)get16(c);
    rr.ttl_s = get32(c);
    size_t n = get16(c);
    size_t from = c->at;
    if (c->bad || get_bytes(c, n) == NULL)
        return;
    struct cursor data = {c->p, from + n, from, false};
    reader_of(rr.type, class)(&data, b);
    c->bad |= data.bad || data.at != data.n;
    rr.text = take_text(b, ret->arena, total);
    if (!c->bad && held < DNS_MAX_RRS && rr.type != TYPE_OPT) {
        ret->rr[held] = rr;
        ++*into;
    }
}

static void get_header(struct cursor *c, struct dns_answer *ret)
{
    get16(c);
    unsigned flags = get16(c);
    ret->aa = (flags & 0x0400) != 0;
    ret->tc = (flags & 0x0200) != 0;
    ret->ad = (flags & 0x0020) != 0;
    ret->ra = (flags & 0x0080) != 0;
    ret->rcode = (int)(flags & 15);
    c->bad |= (flags & 0x8000) == 0; /* a question is no answer */
}

/* What stands behind the answers is good as far as it can be read. */
static void get_section(struct cursor *c, unsigned count, struct dns_answer *ret, int *into, struct buf *b, size_t *total)
{
    for (unsigned i = 0; i < count && !c->bad && *total < MAX_ALL_TEXT; i++) {
        if (ret->n + ret->n_authority + ret->n_additional >= DNS_MAX_RRS)
            break;
        buf_clear(b);
        get_rr(c, ret, into, b, total);
    }
}

int dns_parse(const unsigned char *p, size_t n, struct dns_answer *ret)
{
    struct cursor c = {p, n, 0, false};
    struct buf b = BUF_MAX(MAX_TEXT + 16);
    size_t total = 0;
    ret->n = ret->n_authority = ret->n_additional = 0;
    ret->bytes = n;
    get_header(&c, ret);
    unsigned questions = get16(&c), answers = get16(&c);
    unsigned authority = get16(&c), additional = get16(&c);
    c.bad |= questions > MAX_QUESTIONS;
    for (unsigned i = 0; i < questions && !c.bad; i++) {
        get_name(&c, &b);
        buf_clear(&b);
        get32(&c);
    }
    for (unsigned i = 0; i < answers && ret->n < DNS_MAX_RRS && !c.bad && total < MAX_ALL_TEXT;
         i++) {
        if (ret->tc && c.at == c.n) /* cut at a record: what came is good */
            break;
        get_rr(&c, ret, &ret->n, &b, &total);
    }
    struct cursor rest = c;
    get_section(&rest, authority, ret, &ret->n_authority, &b, &total);
    get_section(&rest, additional, ret, &ret->n_additional, &b, &total);
    buf_done(&b);
    if (!c.bad)
        return 0;
    ret->n = ret->n_authority = ret->n_additional = 0;
    return err_set(&ret->err, ERR_PROTOCOL, MSG("the DNS answer is malformed"), "");
}
