/* SPDX-License-Identifier: GPL-3.0-or-later */
/* test_wire_mime.c: mails that come in: headers, parts, texts, addresses, verdicts. */
#include "wire/mime.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct arena *arena;

static int begin(void **state)
{
    arena = arena_new(0);
    return 0;
}

static int end(void **state)
{
    arena = arena_free(arena);
    return 0;
}

static struct mime_mail mail(const char *text)
{
    struct mime_mail m;
    struct err e = {0};
    assert_int_equal(mime_parse(arena, text, strlen(text), &m, &e), 0);
    return m;
}

static const char *words(const char *value)
{
    struct buf b = BUF_MAX(10000);
    mime_words(value, &b);
    const char *t = arena_dup(arena, buf_text(&b));
    buf_done(&b);
    return t;
}

static const char *text_of(const struct mime_part *p)
{
    struct buf b = BUF_MAX(100000);
    mime_text(p, &b);
    const char *t = arena_dup(arena, buf_text(&b));
    buf_done(&b);
    return t;
}

static void headers_are_unfolded(void **state)
{
    struct mime_mail m = mail("From a@example.org Mon Nov 24\r\nSubject: one\r\n\ttwo\r\n  three\r\nReceived: 1\r\nreceived : 2\r\n\r\nbody: no header\r\n");
    assert_string_equal(mime_header(&m.parts[0], "subject", 0), "one\ttwo  three");
    assert_string_equal(mime_header(&m.parts[0], "Received", 0), "1");
    assert_string_equal(mime_header(&m.parts[0], "Received", 1), "2");
    assert_null(mime_header(&m.parts[0], "Received", 2));
    assert_null(mime_header(&m.parts[0], "body", 0));
    assert_string_equal(text_of(&m.parts[0]), "body: no header\n");
    struct err e = {0};
    assert_int_equal(mime_parse(arena, "", 0, &m, &e), ERR_INVALID);
    assert_int_equal(mime_parse(arena, "no mail\n", 8, &m, &e), ERR_INVALID);
}

static void encoded_words_are_read(void **state)
{
    assert_string_equal(words("plain text"), "plain text");
    assert_string_equal(words("=?utf-8?q?caf=C3=A9_x?= y"), "café x y");
    assert_string_equal(words("=?UTF-8?B?w6k=?= =?utf-8?b?w6k=?="), "éé");
    assert_string_equal(words("=?utf-8?q?=C3?= =?utf-8?q?=A9?="), "é"); /* a character cut in two */
    assert_string_equal(words("=?iso-8859-1?q?=E9?= =?windows-1252?q?=80?="), "é€");
    assert_string_equal(words("=?iso-8859-15*fr?q?=A4?="), "€");
    assert_string_equal(words("a =?bad b ?= c"), "a =?bad b ?= c");
    assert_string_equal(words("=?utf-8?q?a=0Ab=1B?="), "a b"); /* no second line comes out of it */
    assert_string_equal(words("caf\xe9"), "café");
}

static void parts_are_walked(void **state)
{
    struct mime_mail m = mail("Content-Type: multipart/mixed;\r\n boundary=\"a b\"\r\n\r\npreamble\r\n--a b\r\nContent-Type: multipart/alternative; boundary=y\r\n\r\n--y\r\n\r\nplain\r\n--y\r\n"
                              "Content-Type: text/html\r\n\r\n<b>html</b>\r\n--y--\r\nepilogue\r\n--a b  \r\nContent-Type: Text/Calendar; METHOD=reply; charset=UTF-8\r\n"
                              "Content-Disposition: attachment; filename*0*=utf-8''caf%C3; filename*1*=%A9; filename*2=.ics\r\nContent-Transfer-Encoding: BASE64\r\n\r\nQkVH\r\nSU4=\r\n--a b--\r\nrest");
    assert_int_equal(m.n_parts, 5);
    assert_int_equal(m.parts[1].parent, 0);
    assert_int_equal(m.parts[2].parent, 1);
    assert_string_equal(m.parts[2].type, "text/plain");
    assert_string_equal(text_of(&m.parts[2]), "plain");
    assert_string_equal(text_of(&m.parts[3]), "html");
    assert_ptr_equal(mime_reading(&m), &m.parts[2]);
    assert_string_equal(m.parts[4].type, "text/calendar");
    assert_string_equal(m.parts[4].method, "reply");
    assert_string_equal(m.parts[4].name, "café.ics");
    assert_true(m.parts[4].attached);
    assert_string_equal(text_of(&m.parts[4]), "BEGIN");
}

/* A signature is of the part as it stood, without the line end that belongs to the boundary. */
static void a_part_is_whole(void **state)
{
    struct mime_mail m = mail("Content-Type: multipart/signed; boundary=s\r\n\r\n--s\r\nContent-Type: text/plain\r\n\r\nx\r\n\r\n--s\r\nContent-Type: application/pgp-signature\r\n\r\nsig\r\n--s--\r\n");
    assert_int_equal(m.n_parts, 3);
    assert_true(str_is(m.parts[1].whole, "Content-Type: text/plain\r\n\r\nx\r\n"));
    assert_true(str_is(m.parts[1].body, "x\r\n"));
    assert_true(str_is(m.parts[2].body, "sig"));
}

static void texts_are_decoded(void **state)
{
    struct mime_mail m = mail("Content-Type: text/plain; charset=windows-1252\nContent-Transfer-Encoding: quoted-printable\n\ncaf=E9 =80 so=\nft =3D =zz =  \nend=");
    assert_string_equal(text_of(&m.parts[0]), "café € soft = =zz end");
    m = mail("Content-Type: text/plain\n\ncaf\xe9");
    assert_string_equal(text_of(&m.parts[0]), "café");
    m = mail("Content-Type: text/plain; charset=utf-8\n\ncaf\xe9 \x1b[31m");
    assert_string_equal(text_of(&m.parts[0]), "caf\xef\xbf\xbd [31m");
    m = mail("Content-Type: text/html; charset=utf-8\n\n<html><head><title>no</title><style>p{}</style></head><body><p>One &amp; two&nbsp;&eacute;&#8364;&#x41;</p>\n<p>A<br>B &lt;c&gt; &bogus; &#xd800;</p><!-- <p>no -->\n<script>no</script></body></html>");
    assert_string_equal(text_of(&m.parts[0]), "One & two é€A\n\nA\nB <c> &bogus; &#xd800;\n\n");
}

static void addresses_are_found(void **state)
{
    static const char list[] = "A. B. <a@example.org>, \"c, d\" <c@example.org>, Friends: e@example.org, f@example.org;, (x@example.org) g@example.org (h), <>, nobody, \"i@example.org\", j@k@l, \"<evil@example.org>\" <m@example.org>, n @ example.org";
    static const char *const expected[] = {"a@example.org", "c@example.org", "e@example.org", "f@example.org", "g@example.org", "m@example.org", "n@example.org"};
    const char *rest = list;
    char out[300];
    for (size_t i = 0; i < sizeof expected / sizeof expected[0]; i++) {
        assert_true(mime_address(&rest, out, sizeof out));
        assert_string_equal(out, expected[i]);
    }
    assert_false(mime_address(&rest, out, sizeof out));
    rest = "<1@a> junk <2@b>\t<bad id@c> <3@d";
    assert_true(mime_id(&rest, out, sizeof out));
    assert_string_equal(out, "1@a");
    assert_true(mime_id(&rest, out, sizeof out));
    assert_string_equal(out, "2@b");
    assert_false(mime_id(&rest, out, sizeof out));
}

static void verdicts_are_read(void **state)
{
    struct mime_results r;
    assert_true(mime_results_read(arena, "MX.example.org 1; dkim=pass (2048-bit; \"x\" (y)) reason=\"good\" header.d=Example.org header.i=@sub.example.org header.b=xx; spf=fail smtp.mailfrom=a@evil.example; dmarc/1=pass header.from=example.org", &r));
    assert_string_equal(r.server, "mx.example.org");
    assert_int_equal(r.n, 3);
    assert_string_equal(r.at[0].method, "dkim");
    assert_string_equal(r.at[0].result, "pass");
    assert_string_equal(r.at[0].domain, "example.org");
    assert_string_equal(r.at[1].domain, "evil.example");
    assert_string_equal(r.at[2].method, "dmarc");
    assert_true(mime_results_read(arena, "mx.example.org; none", &r));
    assert_int_equal(r.n, 0);
    assert_false(mime_results_read(arena, "", &r));
}

static void ceilings_hold(void **state)
{
    struct buf b = BUF_MAX(8 << 20);
    struct mime_mail m;
    struct err e = {0};
    buf_str(&b, "Content-Type: multipart/mixed; boundary=x\n\n");
    for (int i = 0; i < 2 * MIME_MAX_PARTS; i++)
        buf_str(&b, "--x\n\na\n");
    assert_int_equal(mime_parse(arena, buf_text(&b), b.len, &m, &e), 0);
    assert_int_equal(m.n_parts, MIME_MAX_PARTS);
    assert_true(m.cut);
    buf_clear(&b);
    for (int i = 0; i < 3 * MIME_MAX_DEPTH; i++)
        buf_printf(&b, "Content-Type: multipart/mixed; boundary=x%d\n\n--x%d\n", i, i);
    assert_int_equal(mime_parse(arena, buf_text(&b), b.len, &m, &e), 0);
    assert_int_equal(m.n_parts, MIME_MAX_DEPTH + 1);
    assert_true(m.cut);
    buf_clear(&b);
    for (int i = 0; i < 2 * MIME_MAX_HEADERS; i++)
        buf_str(&b, "A: b\n");
    assert_int_equal(mime_parse(arena, buf_text(&b), b.len, &m, &e), 0);
    assert_int_equal(m.parts[0].n_headers, MIME_MAX_HEADERS);
    while (b.len <= MIME_MAX_BYTES)
        buf_str(&b, "A: b\n");
    assert_int_equal(mime_parse(arena, buf_text(&b), b.len, &m, &e), ERR_LIMIT);
    buf_done(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(headers_are_unfolded, begin, end), cmocka_unit_test_setup_teardown(encoded_words_are_read, begin, end),
        cmocka_unit_test_setup_teardown(parts_are_walked, begin, end),     cmocka_unit_test_setup_teardown(a_part_is_whole, begin, end),
        cmocka_unit_test_setup_teardown(texts_are_decoded, begin, end),    cmocka_unit_test_setup_teardown(addresses_are_found, begin, end),
        cmocka_unit_test_setup_teardown(verdicts_are_read, begin, end),    cmocka_unit_test_setup_teardown(ceilings_hold, begin, end),
    };
    return cmocka_run_group_tests_name("wire_mime", tests, NULL, NULL);
}
