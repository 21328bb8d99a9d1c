/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Lines of IRC, and what servers say of themselves (RFC 1459, 2812, IRCv3): read whole or in pieces, written without ever letting a line
 * end early, cut without cutting a character or a link (ST-5, ANN-13). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/hash.h"
#include "base/mem.h"
#include "base/str.h"
#include "base/utf8.h"
#include "wire/irc.h"

static struct irc_line parse(char *copy, size_t bytes, const char *text)
{
    struct irc_line l;
    assert_true(str_copy(copy, bytes, text));
    assert_int_equal(irc_parse(copy, &l), 0);
    return l;
}
#define PARSE(text) \
    char copy[600]; \
    struct irc_line l = parse(copy, sizeof copy, text)

static void test_whole_line(void **state)
{
    PARSE("@time=2026-11-24T10:00:00.000Z;account=ad\\:m\\s;empty=;bare :anna!~a@host.example.org PRIVMSG #ops :!status now  ok ");
    char v[40];
    assert_string_equal(l.nick, "anna");
    assert_string_equal(l.user, "~a");
    assert_string_equal(l.host, "host.example.org");
    assert_string_equal(l.command, "PRIVMSG");
    assert_int_equal(l.n, 2);
    assert_string_equal(l.params[1], "!status now  ok ");
    assert_null(l.params[2]);
    assert_true(irc_tag(&l, "account", v, sizeof v));
    assert_string_equal(v, "ad;m ");
    assert_true(irc_tag(&l, "empty", v, sizeof v) && irc_tag(&l, "bare", v, sizeof v));
    assert_false(irc_tag(&l, "acc", v, sizeof v));
    assert_string_equal(v, "");
}

static void test_odd_lines(void **state)
{
    {
        PARSE(":irc.example.org 332 vigie #ops :Status: OK");
        assert_int_equal(l.numeric, 332);
        assert_string_equal(irc_param(&l, 2), "Status: OK");
        assert_string_equal(irc_param(&l, 3), "");
        assert_string_equal(l.user, "");
    }
    {
        PARSE("AUTHENTICATE :+"); /* as some servers write it */
        assert_string_equal(irc_param(&l, 0), "+");
    }
    {
        PARSE("PING   a   b   :");
        assert_int_equal(l.n, 3);
        assert_string_equal(l.params[2], "");
    }
    {
        PARSE("X 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 still 15");
        assert_int_equal(l.n, 15);
        assert_string_equal(l.params[14], "15 still 15");
    }
    static const char *const bad[] = {"", " ", ":only.source", "@a=b", "@a=b :x", "12 x", "1234 x", "PRIV-MSG x", ":a :b"};
    for (size_t i = 0; i < COUNT(bad); i++) {
        char copy[100];
        struct irc_line l;
        str_copy(copy, sizeof copy, bad[i]);
        assert_int_equal(irc_parse(copy, &l), ERR_INVALID);
    }
}

static void test_lines_in_pieces(void **state)
{
    static const char in[] = "PING a\r\n\n\r\nPING b\nbad\0line\r\nPING c\r\r\nrest";
    for (size_t piece = 1; piece < sizeof in; piece++) {
        struct irc_lines *lines = NEW(struct irc_lines);
        char got[100] = "";
        for (size_t at = 0; at < sizeof in - 1; at += piece) {
            const char *p = in + at;
            size_t n = sizeof in - 1 - at < piece ? sizeof in - 1 - at : piece;
            for (char *line; (line = irc_lines_next(lines, &p, &n));)
                str_print(got + strlen(got), sizeof got - strlen(got), "[%s]", line);
        }
        assert_string_equal(got, "[PING a][PING b][PING c]");
        assert_int_equal(lines->lost, 1);
        mem_free(lines);
    }
}

static void test_endless_line(void **state)
{
    struct irc_lines *lines = NEW(struct irc_lines);
    char block[1000];
    memset(block, 'x', sizeof block);
    for (int i = 0; i < 30; i++) {
        const char *p = block;
        size_t n = sizeof block;
        assert_null(irc_lines_next(lines, &p, &n));
        assert_int_equal(n, 0);
    }
    const char *p = "\nPING a\n";
    size_t n = strlen(p);
    assert_string_equal(irc_lines_next(lines, &p, &n), "PING a");
    assert_int_equal(lines->lost, 1);
    mem_free(lines);
}

static int format(struct buf *b, const char *command, const char *a, const char *c)
{
    const char *params[] = {a, c};
    buf_clear(b);
    return irc_format(b, command, params, c ? 2 : a ? 1 : 0);
}

static void test_format(void **state)
{
    struct buf b = BUF_MAX(4000);
    char text[600];
    assert_int_equal(format(&b, "TOPIC", "#ops", "Status: OK"), 0);
    assert_string_equal(buf_text(&b), "TOPIC #ops :Status: OK\r\n");
    assert_int_equal(format(&b, "NICK", "vigie", NULL), 0);
    assert_string_equal(buf_text(&b), "NICK vigie\r\n");
    assert_int_equal(format(&b, "TOPIC", "#ops", ""), 0);
    assert_string_equal(buf_text(&b), "TOPIC #ops :\r\n");
    assert_int_equal(format(&b, "PRIVMSG", "a", ":)"), 0);
    assert_string_equal(buf_text(&b), "PRIVMSG a ::)\r\n");
    static const struct {
        const char *command, *a, *b;
    } bad[] = {{"TOPIC", "#ops", "a\r\nQUIT"}, {"TOPIC", "#ops", "a\nQUIT"}, {"TOPIC", "#ops", "a\rQUIT"}, {"TOPIC", "#a b", "x"}, {"TOPIC", "", "x"}, {"TOPIC", ":a", "x"}, {"TO PIC", "a", "x"}, {"", "a", "x"}, {"NICK\n", "a", NULL}};
    for (size_t i = 0; i < COUNT(bad); i++) {
        assert_int_equal(format(&b, bad[i].command, bad[i].a, bad[i].b), ERR_INVALID);
        assert_int_equal(b.len, 0);
    }
    memset(text, 'x', sizeof text);
    text[510 - strlen("PRIVMSG #ops ")] = 0;
    assert_int_equal(format(&b, "PRIVMSG", "#ops", text), 0);
    assert_int_equal(b.len, 512);
    text[strlen(text)] = 'x';
    text[510 - strlen("PRIVMSG #ops ") + 1] = 0;
    assert_int_equal(format(&b, "PRIVMSG", "#ops", text), ERR_LIMIT);
    buf_done(&b);
}

static void test_support(void **state)
{
    struct irc_support s;
    irc_support_init(&s);
    {
        PARSE(":x 005 me CASEMAPPING=ascii NICKLEN=9 TOPICLEN=490 CHANTYPES=# PREFIX=(qaohv)~&@%+ CHANMODES=beI,k,l,imnst WHOX NETWORK=Test FOO BAR= :are supported");
        irc_support_read(&s, &l);
    }
    assert_true(s.casemap == IRC_ASCII && s.nick_len == 9 && s.topic_len == 490 && s.whox);
    assert_string_equal(s.prefix_modes, "qaohv");
    assert_string_equal(s.prefix_signs, "~&@%+");
    assert_string_equal(s.list_modes, "beI");
    assert_true(irc_is_channel(&s, "#ops") && !irc_is_channel(&s, "&ops") && !irc_is_channel(&s, ""));
    {
        PARSE(":x 005 me -TOPICLEN TOPICLEN -CASEMAPPING PREFIX=(ov)@ CHANMODES=b NICKLEN=x :y");
        irc_support_read(&s, &l);
    }
    assert_true(s.topic_len == 0 && s.nick_len == 0 && s.casemap == IRC_RFC1459);
    assert_string_equal(s.prefix_modes, "qaohv"); /* what makes no sense changes nothing */
    assert_string_equal(s.set_modes, "");
}

static void test_names(void **state)
{
    assert_true(irc_same(IRC_RFC1459, "Nick[]\\~", "nICK{}|^"));
    assert_true(irc_same(IRC_STRICT_RFC1459, "a[]\\", "A{}|") && !irc_same(IRC_STRICT_RFC1459, "~", "^"));
    assert_true(irc_same(IRC_ASCII, "Abc", "aBC") && !irc_same(IRC_ASCII, "[", "{") && !irc_same(IRC_ASCII, "ab", "abc"));
    assert_true(irc_mask_fits(IRC_ASCII, "*!*@*.STAFF.example.org", "anna", "~a", "desk.staff.example.org"));
    assert_false(irc_mask_fits(IRC_ASCII, "*!*@*.staff.example.org", "anna", "~a", "staff.example.org.evil.example"));
    char big[700];
    memset(big, 'x', sizeof big - 1);
    big[sizeof big - 1] = 0;
    assert_false(irc_mask_fits(IRC_ASCII, "*", "anna", big, "host")); /* what was cut fits nothing */
}

static void mode_seen(void *arg, bool set, char mode, const char *param)
{
    char *out = arg;
    str_print(out + strlen(out), 100 - strlen(out), "%c%c%s ", set ? '+' : '-', mode, param ? param : "");
}

static void test_modes(void **state)
{
    struct irc_support s;
    char got[100] = "";
    irc_support_init(&s);
    PARSE(":x MODE #ops +ot-lv+lb anna mask!*@* 10 *!*@spam");
    irc_modes_each(&s, &l, 1, mode_seen, got);
    assert_string_equal(got, "+oanna +t -l -vmask!*@* +l10 +b*!*@spam ");
}

static void piece_seen(void *arg, const char *piece)
{
    struct buf *b = arg;
    buf_printf(b, "%zu:%s\n", strlen(piece), strlen(piece) < 20 ? piece : "…");
}

static void test_sasl(void **state)
{
    struct buf b = BUF_MAX(10000);
    char password[600], unsaid[1000];
    assert_int_equal(irc_sasl_plain("bot", "geheim", piece_seen, &b), 0);
    unsigned char raw[100];
    size_t n = 0;
    assert_int_equal(irc_sasl_plain("b", "c", piece_seen, &b), 0);
    assert_non_null(strstr(buf_text(&b), "8:YgBiAGM="));
    assert_int_equal(hash_unbase64("YgBiAGM=", raw, sizeof raw, &n), 0);
    assert_memory_equal(raw, "b\0b\0c", 5);
    buf_clear(&b);
    memset(password, 'p', sizeof password);
    password[300 - 4] = 0; /* with "b NUL b NUL": 300 bytes, 400 characters: a "+" ends it */
    assert_int_equal(irc_sasl_plain("b", password, piece_seen, &b), 0);
    assert_string_equal(buf_text(&b), "400:…\n1:+\n");
    buf_clear(&b);
    password[300 - 4] = 'p';
    password[301 - 4] = 0;
    assert_int_equal(irc_sasl_plain("b", password, piece_seen, &b), 0);
    assert_true(str_starts(buf_text(&b), "400:") && !strstr(buf_text(&b), ":+"));
    memset(unsaid, 'q', sizeof unsaid - 1);
    unsaid[sizeof unsaid - 1] = 0;
    assert_int_equal(irc_sasl_plain("b", unsaid, piece_seen, &b), ERR_LIMIT);
    buf_clear(&b);
    irc_sasl_pieces("", 0, piece_seen, &b); /* EXTERNAL: nothing to say */
    assert_string_equal(buf_text(&b), "1:+\n");
    buf_done(&b);
}

static const char *shortened(struct buf *b, const char *text, size_t most)
{
    buf_clear(b);
    irc_shorten(b, text, most);
    assert_true(b->len <= most && utf8_valid(buf_text(b), b->len));
    return buf_text(b);
}

static void test_room(void **state)
{
    struct buf b = BUF_MAX(4000);
    static const char text[] = "Le courriel est très lent. Réparé à midi. https://status.example.org/incident/k3fo1q9x2mzt";
    for (size_t most = 0; most < sizeof text + 5; most++) {
        shortened(&b, text, most);
        if (most > 54) /* the link, a blank, and a dot of words */
            assert_non_null(strstr(buf_text(&b), "https://status.example.org/incident/k3fo1q9x2mzt"));
    }
    assert_string_equal(shortened(&b, text, 1000), text);
    assert_string_equal(shortened(&b, "été été", 6), "ét…");
    assert_string_equal(shortened(&b, "été été", 5), "é…");
    assert_string_equal(shortened(&b, "a\r\nQUIT :x\x03\x01", 100), "a QUIT :x");
    assert_string_equal(shortened(&b, "\xff\xc3", 100), "\xef\xbf\xbd\xef\xbf\xbd");
    assert_int_equal(irc_text_room("vigie", "~v", "host", "NOTICE", "#ops"), 512 - strlen(":vigie!~v@host NOTICE #ops :\r\n"));
    assert_true(irc_text_room(NULL, NULL, NULL, "NOTICE", "#ops") < 400);
    char colours[] = "\x02Status\x0f: \x03" "04,01OK\x03 \x04" "ff0000red\x1f 5";
    irc_strip(colours);
    assert_string_equal(colours, "Status: OK red 5");
    buf_done(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_whole_line), cmocka_unit_test(test_odd_lines), cmocka_unit_test(test_lines_in_pieces), cmocka_unit_test(test_endless_line),
                                       cmocka_unit_test(test_format),     cmocka_unit_test(test_support),   cmocka_unit_test(test_names),           cmocka_unit_test(test_modes),
                                       cmocka_unit_test(test_sasl),       cmocka_unit_test(test_room)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
