/* SPDX-License-Identifier: GPL-3.0-or-later */
/* test_channels_mail.c: messages as mail servers want them, and nothing that could begin a second header. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/hash.h"
#include "base/mem.h"
#include "base/msg.h"
#include "base/str.h"
#include "base/utf8.h"
#include "channels/channel.h"

static const struct mail_message plain = {
    .from = "vigie@example.org",
    .to = "ops@example.org",
    .subject = "[vigie] DOWN web1: no answer",
    .body = "The host is down.\nSince 22:31.\n",
    .message_id = "vigie.1@example.org",
    .date_ms = INT64_C(1772438400000),
};

static char *built(const struct mail_message *m)
{
    struct buf out = BUF_MAX(1 << 20);
    struct err e = {0};
    assert_int_equal(mail_build(&out, m, &e), 0);
    /* whatever it is made of: CRLF only, no line over 998, no bare control */
    size_t column = 0;
    for (size_t i = 0; i < out.len; i++) {
        unsigned char c = (unsigned char)out.data[i];
        column = c == '\n' ? 0 : column + 1;
        assert_true(column <= 998);
        assert_true(c < 0x7f && (c >= 0x20 || c == '\t' || c == '\r' || c == '\n'));
        if (c == '\n')
            assert_true(i > 0 && out.data[i - 1] == '\r');
        if (c == '\r')
            assert_int_equal(out.data[i + 1], '\n');
    }
    assert_true(str_ends(buf_text(&out), "\r\n"));
    return buf_take(&out);
}

static void has(const char *message, const char *line)
{
    if (!strstr(message, line))
        print_error("not found: %s\nin:\n%s\n", line, message);
    assert_non_null(strstr(message, line));
}

static void a_plain_message(void **state)
{
    char *m = built(&plain);
    has(m, "Date: Mon, 2 Mar 2026 08:00:00 +0000\r\n");
    has(m, "From: vigie@example.org\r\n");
    has(m, "To: ops@example.org\r\n");
    has(m, "Subject: [vigie] DOWN web1: no answer\r\n");
    has(m, "Message-ID: <vigie.1@example.org>\r\n");
    has(m, "Auto-Submitted: auto-generated\r\n");
    has(m, "MIME-Version: 1.0\r\n");
    has(m, "Content-Type: text/plain; charset=UTF-8\r\n");
    has(m, "Content-Transfer-Encoding: 7bit\r\n");
    has(m, "\r\n\r\nThe host is down.\r\nSince 22:31.\r\n");
    assert_null(strstr(m, "In-Reply-To"));
    mem_free(m);
}

static void replies_and_extra_headers(void **state)
{
    static const char *const extra[] = {"X-Vigie-Item: web1/http", "X-Other: y", NULL};
    struct mail_message one = plain;
    one.in_reply_to = "vigie.0@example.org";
    one.extra = extra;
    one.from = "Vigie à l’œuvre <vigie@example.org>";
    char *m = built(&one);
    has(m, "In-Reply-To: <vigie.0@example.org>\r\n");
    has(m, "References: <vigie.0@example.org>\r\n");
    has(m, "X-Vigie-Item: web1/http\r\nX-Other: y\r\n");
    has(m, "From: =?UTF-8?B?");
    has(m, "\r\n <vigie@example.org>\r\n");
    mem_free(m);
}

/* The text of all encoded words in a header's lines. */
static void decode_words(const char *p, struct buf *out)
{
    const char *end = p;
    do
        end = strstr(end + 1, "\r\n");
    while (end && end[2] == ' ');
    while ((p = strstr(p, "=?UTF-8?B?")) && p < end) {
        unsigned char bytes[100];
        char word[100];
        size_t n = 0;
        p += strlen("=?UTF-8?B?");
        size_t len = strcspn(p, "?");
        assert_true(len + 12 <= 75);
        assert_true(str_copyn(word, sizeof(word), p, len));
        assert_int_equal(hash_unbase64(word, bytes, sizeof(bytes), &n), 0);
        assert_true(utf8_valid((const char *)bytes, n)); /* no character is cut */
        buf_add(out, bytes, n);
    }
}

static void subjects_are_encoded_and_folded(void **state)
{
    static const char *const subjects[] = {
        "[vigie] Rétabli web1/http après 12 min",
        "déjà =?UTF-8?B?x?=",
        "=?UTF-8?B?AAAA?=",
        "a very long subject that is plain ASCII but does not fit one line of a mail, since outputs of checks are long",
        "漢字漢字漢字漢字漢字漢字漢字漢字漢字漢字漢字漢字漢字漢字漢字漢字漢字漢字漢字漢字漢字漢字漢字漢字",
        "😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀",
    };
    for (size_t i = 0; i < COUNT(subjects); i++) {
        struct mail_message one = plain;
        struct buf text = BUF_MAX(1000);
        one.subject = subjects[i];
        char *m = built(&one);
        decode_words(strstr(m, "Subject: "), &text);
        assert_string_equal(buf_text(&text), subjects[i]);
        buf_done(&text);
        mem_free(m);
    }
}

static void unquote(const char *p, struct buf *out)
{
    for (; *p; p++) {
        unsigned char c;
        if (p[0] == '=' && p[1] == '\r') {
            p += 2;
        } else if (p[0] == '=') {
            char hex[3] = {p[1], p[2], '\0'};
            assert_int_equal(hash_unhex(hex, &c, 1), 0);
            buf_char(out, (char)c);
            p += 2;
        } else if (*p != '\r') {
            buf_char(out, *p);
        }
    }
}

static void bodies_are_quoted_when_needed(void **state)
{
    struct buf wide = BUF_MAX(10000);
    for (int i = 0; i < 300; i++)
        buf_str(&wide, "0123456789");
    buf_char(&wide, '\n');
    const char *const bodies[] = {
        "Résultat : 503\nÀ bientôt ; merci !\n",
        "trailing blanks  \t\nend =3D = here\n",
        buf_text(&wide),
        "no newline at the end é",
        "\n\n\n.\n..\nFrom here\n\xe2\x80\xa6\n",
    };
    for (size_t i = 0; i < COUNT(bodies); i++) {
        struct mail_message one = plain;
        struct buf text = BUF_MAX(20000);
        one.body = bodies[i];
        char *m = built(&one), *body = strstr(m, "\r\n\r\n") + 4;
        if (!strstr(m, "quoted-printable")) {
            assert_string_equal(bodies[i], "trailing blanks  \t\nend =3D = here\n");
            mem_free(m);
            continue;
        }
        for (char *l = body, *end; (end = strstr(l, "\r\n")) != NULL; l = end + 2)
            assert_true(end - l <= 76 && (end == l || (end[-1] != ' ' && end[-1] != '\t')));
        unquote(body, &text);
        if (!str_ends(bodies[i], "\n"))
            buf_cut(&text, text.len - 1);
        assert_string_equal(buf_text(&text), bodies[i]);
        buf_done(&text);
        mem_free(m);
    }
    buf_done(&wide);
}

static void refused(const struct mail_message *m)
{
    struct buf out = BUF_MAX(100000);
    struct err e = {0};
    assert_int_equal(mail_build(&out, m, &e), ERR_INVALID);
    assert_true(e.text[0] != '\0');
    buf_done(&out);
}

static void injection_is_refused(void **state)
{
    static const char *const bad_extra[][2] = {{"X-A: b\r\nBcc: eve@example.org", NULL}, {"no colon", NULL}, {"X: \x7f", NULL}};
    struct mail_message m = plain;
    m.subject = "a\r\nBcc: eve@example.org";
    refused(&m);
    m.subject = "a\nb";
    refused(&m);
    m = plain, m.message_id = "x>\r\nBcc: e";
    refused(&m);
    m = plain, m.in_reply_to = "x\n";
    refused(&m);
    m = plain, m.from = "vigie@example.org\r\nBcc: eve@example.org";
    refused(&m);
    for (size_t i = 0; i < COUNT(bad_extra); i++) {
        m = plain;
        m.extra = bad_extra[i];
        refused(&m);
    }
}

static void addresses_are_judged(void **state)
{
    static const char *const good[] = {"a@b", "root", "ops+x@example.org", "O'Neil@example.org", " a@b.c ", "Ops <a@b.c>"};
    static const char *const bad[] = {"",        "-oQ/tmp",       "@b",       "a@",         "a@b@c",  "a b@c", "a@b,c@d", "<>",
                                      "a@b\nx",  "a@b>",          "\"a\"@b",  "caf\xc3\xa9@b", "a;b@c", NULL,   "x <a@b> y", "--@b"};
    char out[256], tiny[4];
    struct err e = {0};
    for (size_t i = 0; i < COUNT(good); i++)
        assert_int_equal(mail_address(good[i], out, sizeof(out), &e), 0);
    assert_string_equal(out, "a@b.c");
    for (size_t i = 0; i < COUNT(bad); i++)
        assert_int_equal(mail_address(bad[i], out, sizeof(out), &e), ERR_INVALID);
    assert_int_equal(mail_address("long@example.org", tiny, sizeof(tiny), &e), ERR_INVALID);
    struct mail_message m = plain;
    m.to = "-oQ/tmp";
    refused(&m);
}

static void payloads_come_back(void **state)
{
    struct mail_payload p = {"sübject \"x\"", "line 1\nline 2\x09", "id@x", NULL, "web1/http", 1234567890123}, got;
    struct buf text = BUF_MAX(10000);
    struct arena *a = arena_new(0);
    struct err e = {0};
    mail_payload_format(&text, &p);
    assert_int_equal(mail_payload_parse(a, buf_text(&text), &got, &e), 0);
    assert_string_equal(got.subject, p.subject);
    assert_string_equal(got.body, p.body);
    assert_string_equal(got.message_id, p.message_id);
    assert_null(got.in_reply_to);
    assert_string_equal(got.item, p.item);
    assert_true(got.date_ms == p.date_ms);
    assert_int_not_equal(mail_payload_parse(a, "{\"subject\":", &got, &e), 0);
    arena_free(a);
    buf_done(&text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_plain_message),
        cmocka_unit_test(replies_and_extra_headers),
        cmocka_unit_test(subjects_are_encoded_and_folded),
        cmocka_unit_test(bodies_are_quoted_when_needed),
        cmocka_unit_test(injection_is_refused),
        cmocka_unit_test(addresses_are_judged),
        cmocka_unit_test(payloads_come_back),
    };
    return cmocka_run_group_tests_name("channels_mail", tests, NULL, NULL);
}
