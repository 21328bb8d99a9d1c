/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Signatures of requests as texts, of both kinds: what is signed, what is read, and all that is refused (ST-13). */
#include "base/err.h"
#include "base/mem.h"
#include "wire/httpsig.h"
#include "wire/sfield.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <cmocka.h>

static struct httpsig sig; /* too large for the stack of a test */

static struct httpsig_request request(const struct httpsig_header *headers, int n)
{
    return (struct httpsig_request){.method = "POST", .scheme = "https", .authority = "status.example.org", .target = "/ap/inbox?x=1", .headers = headers, .n_headers = n};
}

static int read_header(const char *name, const char *value)
{
    struct httpsig_header h[] = {{name, value}};
    struct httpsig_request rq = request(h, 1);
    return httpsig_read(&rq, &sig);
}

static void assert_base(const struct httpsig_header *headers, int n, const char *want)
{
    struct httpsig_request rq = request(headers, n);
    struct buf base = BUF_MAX(HTTPSIG_MAX_BASE);
    assert_int_equal(httpsig_read(&rq, &sig), 0);
    assert_int_equal(httpsig_base(&sig, &rq, &base), 0);
    assert_string_equal(buf_text(&base), want);
    buf_done(&base);
}

static void cavage_base(void **state)
{
    struct httpsig_header h[] = {{"Host", "status.example.org"}, {"Date", " Tue, 01 Sep 2026 10:00:00 GMT "}, {"X-Two", "a"}, {"x-two", "b"},
                                 {"Signature", "keyId=\"https://a.example.net/u#k\", algorithm=\"rsa-sha256\" ,headers=\"(request-target) (created) host date x-two\",created=1788256800,signature=\"QUJD\""}};
    assert_base(h, 5, "(request-target): post /ap/inbox?x=1\n(created): 1788256800\nhost: status.example.org\ndate: Tue, 01 Sep 2026 10:00:00 GMT\nx-two: a, b");
    assert_int_equal(sig.kind, HTTPSIG_CAVAGE);
    assert_string_equal(sig.key_id, "https://a.example.net/u#k");
    assert_string_equal(sig.algorithm, "rsa-sha256");
    assert_int_equal(sig.signature_bytes, 3);
    assert_memory_equal(sig.signature, "ABC", 3);
    assert_true(httpsig_covers(&sig, "date"));
    assert_false(httpsig_covers(&sig, "digest"));
}

static void cavage_authorization(void **state)
{
    struct httpsig_header h[] = {{"Authorization", "Signature keyId=\"k\",signature=\"QUJD\""}, {"Date", "d"}};
    assert_base(h, 2, "date: d"); /* what it covers when it does not say */
}

static void cavage_refused(void **state)
{
    static const char *const broken[] = {
        "keyId=\"k\"", "signature=\"QUJD\"", "keyId=\"k\",signature=\"\"", "keyId=\"k\",signature=\"Q!\"", "keyId=\"k\",keyId=\"l\",signature=\"QUJD\"",
        "keyId=\"k,signature=QUJD", "keyId=\"k\",headers=\"date date\",signature=\"QUJD\"", "keyId=\"k\",created=x,signature=\"QUJD\"", "keyId=\"\",signature=\"QUJD\"", "=\"k\"", "",
    };
    for (size_t i = 0; i < sizeof broken / sizeof broken[0]; i++)
        assert_int_equal(read_header("signature", broken[i]), ERR_PROTOCOL);
    assert_int_equal(read_header("x-signature", "keyId=\"k\",signature=\"QUJD\""), ERR_NOT_FOUND);
    assert_int_equal(read_header("authorization", "Bearer x"), ERR_NOT_FOUND);
    /* what is covered must be there, and known */
    struct httpsig_header h[] = {{"Signature", "keyId=\"k\",headers=\"digest\",signature=\"QUJD\""}}, g[] = {{"Signature", "keyId=\"k\",headers=\"(other)\",signature=\"QUJD\""}};
    struct httpsig_request rq = request(h, 1), other = request(g, 1);
    struct buf base = BUF_MAX(HTTPSIG_MAX_BASE);
    assert_int_equal(httpsig_read(&rq, &sig), 0);
    assert_int_equal(httpsig_base(&sig, &rq, &base), ERR_NOT_FOUND);
    assert_int_equal(httpsig_read(&other, &sig), 0);
    assert_int_equal(httpsig_base(&sig, &other, &base), ERR_UNSUPPORTED);
    buf_done(&base);
}

static void ceilings(void **state)
{
    struct buf b = BUF_MAX(1 << 16);
    buf_str(&b, "keyId=\"");
    for (int i = 0; i < HTTPSIG_MAX_KEY_ID; i++)
        buf_char(&b, 'k');
    buf_str(&b, "\",signature=\"QUJD\"");
    assert_int_equal(read_header("signature", buf_text(&b)), ERR_LIMIT);
    buf_clear(&b);
    buf_str(&b, "keyId=\"k\",signature=\"QUJD\",headers=\"");
    for (int i = 0; i <= HTTPSIG_MAX_PARTS; i++)
        buf_printf(&b, "x-%d ", i);
    buf_str(&b, "\"");
    assert_int_equal(read_header("signature", buf_text(&b)), ERR_LIMIT);
    buf_clear(&b);
    buf_str(&b, "keyId=\"k\",signature=\"");
    for (int i = 0; i < HTTPSIG_MAX_SIGNATURE * 4 / 3 + 12; i++)
        buf_char(&b, 'A');
    buf_str(&b, "\"");
    assert_int_equal(read_header("signature", buf_text(&b)), ERR_LIMIT);
    buf_clear(&b);
    for (int i = 0; i <= HTTPSIG_MAX_HEADER; i++)
        buf_char(&b, ',');
    assert_int_equal(read_header("signature", buf_text(&b)), ERR_LIMIT);
    buf_done(&b);
}

#define INPUT "sig1=(\"@method\" \"@target-uri\" \"@authority\" \"@scheme\" \"@request-target\" \"@path\" \"@query\" \"content-digest\");created=1788256800;expires=1788257100;keyid=\"https://a.example.net/u#k\";alg=\"rsa-v1_5-sha256\";tag=\"x\""

static void rfc9421_base(void **state)
{
    struct httpsig_header h[] = {{"Content-Digest", "sha-256=:AA==:"}, {"Signature-Input", INPUT}, {"Signature", "other=:AA==:, sig1=:QUJD:"}};
    assert_base(h, 3, "\"@method\": POST\n\"@target-uri\": https://status.example.org/ap/inbox?x=1\n\"@authority\": status.example.org\n\"@scheme\": https\n\"@request-target\": /ap/inbox?x=1\n"
                      "\"@path\": /ap/inbox\n\"@query\": ?x=1\n\"content-digest\": sha-256=:AA==:\n"
                      "\"@signature-params\": (\"@method\" \"@target-uri\" \"@authority\" \"@scheme\" \"@request-target\" \"@path\" \"@query\" \"content-digest\");created=1788256800;expires=1788257100;"
                      "keyid=\"https://a.example.net/u#k\";alg=\"rsa-v1_5-sha256\";tag=\"x\"");
    assert_int_equal(sig.kind, HTTPSIG_RFC9421);
    assert_int_equal(sig.created_s, 1788256800);
    assert_int_equal(sig.expires_s, 1788257100);
    assert_memory_equal(sig.signature, "ABC", 3);
}

/* What is signed is the strict form of the parameters, whatever the blanks were. */
static void rfc9421_strict_form(void **state)
{
    struct httpsig_header h[] = {{"Signature-Input", "a=(  \"@method\"   \"date\" ); created=5;keyid=\"a\\\\b\""}, {"Date", "d"}, {"Signature", "a=:QUJD:"}};
    assert_base(h, 3, "\"@method\": POST\n\"date\": d\n\"@signature-params\": (\"@method\" \"date\");created=5;keyid=\"a\\\\b\"");
    assert_string_equal(sig.key_id, "a\\b");
}

static int read_both(const char *input, const char *signature)
{
    struct httpsig_header h[] = {{"Signature-Input", input}, {"Signature", signature}};
    struct httpsig_request rq = request(h, 2);
    return httpsig_read(&rq, &sig);
}

static void rfc9421_refused(void **state)
{
    static const char *const broken[] = {
        "", "a", "a=1", "a=(", "a=(\"date\"", "a=(date);keyid=\"k\"", "a=(\"date\"\"host\");keyid=\"k\"", "a=(\"date\" \"date\");keyid=\"k\"", "a=(\"Date\");keyid=\"k\"", "a=(\"date\")", "a=(\"date\");keyid=k",
        "a=(\"date\");keyid=\"k\";keyid=\"l\"", "a=(\"date\");keyid=\"k\";created=\"5\"", "a=(\"date\");keyid=\"k\";created=-5", "a=(\"date\");keyid=\"k\";created=1234567890123456", "A=(\"date\");keyid=\"k\"", "b=(\"date\");keyid=\"k\"",
    };
    for (size_t i = 0; i < sizeof broken / sizeof broken[0]; i++)
        assert_int_equal(read_both(broken[i], "a=:QUJD:"), ERR_PROTOCOL);
    assert_int_equal(read_both("a=(\"date\";sf);keyid=\"k\"", "a=:QUJD:"), ERR_UNSUPPORTED);
    assert_int_equal(read_both("a=(\"date\");keyid=\"k\"", "a=\"QUJD\""), ERR_PROTOCOL);
    assert_int_equal(read_both("a=(\"date\");keyid=\"k\"", "a=:QUJD:,"), ERR_PROTOCOL);
    assert_int_equal(read_both("a=(\"date\");keyid=\"k\"", "keyId=\"k\",signature=\"QUJD\""), ERR_PROTOCOL);
    struct httpsig_header h[] = {{"Signature-Input", "a=(\"@status\");keyid=\"k\""}, {"Signature", "a=:QUJD:"}};
    struct httpsig_request rq = request(h, 2);
    struct buf base = BUF_MAX(HTTPSIG_MAX_BASE);
    assert_int_equal(httpsig_read(&rq, &sig), 0);
    assert_int_equal(httpsig_base(&sig, &rq, &base), ERR_UNSUPPORTED);
    buf_done(&base);
}

/* What we write is what we read. */
static void made(void **state)
{
    static const char *const parts[] = {"@method", "@target-uri", "content-digest", NULL}, *const cavage[] = {"(request-target)", "host", "date", "digest", NULL};
    struct buf signature = BUF_MAX(4000), input = BUF_MAX(4000), base = BUF_MAX(HTTPSIG_MAX_BASE), then = BUF_MAX(HTTPSIG_MAX_BASE);
    struct httpsig_header h[] = {{"Date", "Tue, 01 Sep 2026 10:00:00 GMT"}, {"Digest", "SHA-256=x"}, {"Content-Digest", "sha-256=:eA==:"}, {"Signature", ""}, {"Signature-Input", ""}};
    struct httpsig_request rq = request(h, 3);
    for (int kind = HTTPSIG_CAVAGE; kind <= HTTPSIG_RFC9421; kind++) {
        assert_int_equal(httpsig_make(&sig, (enum httpsig_kind)kind, "https://a.example.net/u#k", kind == HTTPSIG_CAVAGE ? cavage : parts, 1788256800), 0);
        assert_int_equal(httpsig_base(&sig, &rq, &base), 0);
        memcpy(sig.signature, "signed", 6);
        sig.signature_bytes = 6;
        httpsig_write(&sig, &signature, &input);
        h[3].value = buf_text(&signature);
        h[4].value = buf_text(&input);
        struct httpsig_request sent = request(h, kind == HTTPSIG_CAVAGE ? 4 : 5);
        assert_int_equal(httpsig_read(&sent, &sig), 0);
        assert_int_equal(sig.kind, kind);
        assert_int_equal(httpsig_base(&sig, &sent, &then), 0);
        assert_string_equal(buf_text(&base), buf_text(&then));
        assert_memory_equal(sig.signature, "signed", 6);
        buf_clear(&signature);
        buf_clear(&input);
        buf_clear(&base);
        buf_clear(&then);
    }
    buf_done(&signature);
    buf_done(&input);
    buf_done(&base);
    buf_done(&then);
}

static void digests(void **state)
{
    unsigned char d[HTTPSIG_DIGEST_BYTES];
    static const char empty[] = "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=";
    char text[200];
    str_print(text, sizeof text, "md5=AA==, sha-256=%s", empty);
    assert_int_equal(httpsig_digest(text, d), 0);
    assert_int_equal(d[0], 0xe3);
    assert_int_equal(httpsig_digest("SHA-512=AAAA", d), ERR_NOT_FOUND);
    assert_int_equal(httpsig_digest("SHA-256=AAAA", d), ERR_PROTOCOL);
    assert_int_equal(httpsig_digest(NULL, d), ERR_NOT_FOUND);
    str_print(text, sizeof text, "sha-512=:AAAA:, sha-256=:%s:", empty);
    assert_int_equal(httpsig_content_digest(text, d), 0);
    assert_int_equal(d[31], 0x55);
    assert_int_equal(httpsig_content_digest("sha-256=:AAAA:", d), ERR_PROTOCOL);
    assert_int_equal(httpsig_content_digest("sha-256=AAAA", d), ERR_PROTOCOL);
    assert_int_equal(httpsig_content_digest("sha-512=:AAAA:", d), ERR_NOT_FOUND);
}

static void dates(void **state)
{
    struct buf b = BUF_MAX(100);
    int64_t s;
    assert_int_equal(httpsig_date("Tue, 01 Sep 2026 10:00:00 GMT", &s), 0);
    assert_int_equal(s, 1788256800);
    httpsig_date_write(s, &b);
    assert_string_equal(buf_text(&b), "Tue, 01 Sep 2026 10:00:00 GMT");
    static const char *const broken[] = {"", "Tue, 01 Sep 2026 10:00:00", "Tue, 1 Sep 2026 10:00:00 GMT", "Tue, 31 Sep 2026 10:00:00 GMT", "Tue, 01 Sip 2026 10:00:00 GMT", "Tue, 01 Sep 2026 24:00:00 GMT", "Tue, 01 Sep 2026 10:00:00 UTC"};
    for (size_t i = 0; i < sizeof broken / sizeof broken[0]; i++)
        assert_int_equal(httpsig_date(broken[i], &s), ERR_PROTOCOL);
    buf_done(&b);
}

/* RFC 9651: one value of each kind, and back. */
static void structured(void **state)
{
    static const char text[] = "a=1, b=-2.5;x, c=\"q\\\"\";y=?0, d=*tok/en, e=:QUI=:, f, g=@12, h=(1 \"s\";p)";
    struct sfield r = sfield_of(text);
    struct str key;
    struct sfield_value v;
    struct buf b = BUF_MAX(400);
    int n = 0;
    while (sfield_member(&r, &key, &v) > 0) {
        buf_printf(&b, "%.*s=", (int)key.n, key.p);
        sfield_write(&b, &v);
        if (v.kind == SFIELD_INNER)
            while (sfield_inner_next(&r, &v) > 0) {
                buf_char(&b, '|');
                sfield_write(&b, &v);
                while (sfield_param(&r, &key, &v) > 0)
                    buf_printf(&b, ";%.*s", (int)key.n, key.p);
            }
        while (sfield_param(&r, &key, &v) > 0) {
            buf_printf(&b, ";%.*s=", (int)key.n, key.p);
            sfield_write(&b, &v);
        }
        buf_char(&b, '\n');
        n++;
    }
    assert_int_equal(n, 8);
    assert_string_equal(buf_text(&b), "a=1\nb=-2.5;x=\nc=\"q\\\"\";y=?0\nd=*tok/en\ne=:QUI=:\nf=\ng=@12\nh=|1|\"s\";p\n");
    buf_done(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cavage_base), cmocka_unit_test(cavage_authorization), cmocka_unit_test(cavage_refused), cmocka_unit_test(ceilings),
        cmocka_unit_test(rfc9421_base), cmocka_unit_test(rfc9421_strict_form), cmocka_unit_test(rfc9421_refused), cmocka_unit_test(made),
        cmocka_unit_test(digests), cmocka_unit_test(dates), cmocka_unit_test(structured),
    };
    return cmocka_run_group_tests_name("wire_httpsig", tests, NULL, NULL);
}
