/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The domain probe against RDAP and whois servers of the test's own: right, wrong, silent, endless; and the reading of
 * whois answers and their dates. */
#include "base/timetext.h"
#include "checks/rdap.h"
#include "checks_fixture.h"
#include "wire/whois.h"

struct site {
    const char *answer;
    bool silent, flood, drip;
    char heard[4096];
};

static void serve_http(struct srv *s, int fd)
{
    struct site *site = s->arg;

    srv_hear(fd, site->heard, sizeof(site->heard));
    if (site->silent)
        srv_wait(fd);
    else
        srv_say(fd, site->answer);
}

static void serve_whois(struct srv *s, int fd)
{
    struct site *site = s->arg;
    ssize_t n = recv(fd, site->heard, sizeof(site->heard) - 1, 0);

    site->heard[n > 0 ? n : 0] = '\0';
    if (site->silent)
        srv_wait(fd);
    for (int i = 0; site->drip && !s->stop && i < 200 && send(fd, "x", 1, MSG_NOSIGNAL) == 1; i++)
        usleep(20000);
    for (int i = 0; site->flood && !s->stop && i < 4000; i++)
        srv_say(fd, "% this is small print of one hundred bytes, said again and again, because nobody reads it anyway ...\n");
    if (site->answer)
        srv_say(fd, site->answer);
}

static const char *day(char *out, int days)
{
    char text[TIME_RFC3339_BYTES];

    time_rfc3339(clock_wall_ms() + days * INT64_C(86400000) + 3600000, 0, text);
    snprintf(out, 40, "%s", text);
    return out;
}

static enum state by_rdap(struct fx *f, const char *answer, const char *more, int64_t timeout_ms)
{
    static struct site site;
    struct srv s;
    char settings[400];

    site = (struct site){.answer = answer, .silent = answer == NULL};
    srv_start(&s, serve_http, &site);
    snprintf(settings, sizeof(settings), "{\"server\":\"http://127.0.0.1:%d/rdap\"%s}", s.port, more);
    fx_run(f, "domain", "Example.COM", settings, timeout_ms);
    srv_stop(&s);
    if (answer)
        assert_has(site.heard, "GET /rdap/domain/example.com HTTP/1.1");
    return f->state;
}

static const char *rdap(char *out, const char *name, const char *action, const char *when)
{
    snprintf(out, 1000, "HTTP/1.1 200 OK\r\nContent-Type: application/rdap+json\r\n\r\n{\"objectClassName\":\"domain\",\"ldhName\":\"%s\","
             "\"status\":[\"active\"],\"events\":[{\"eventAction\":\"registration\",\"eventDate\":\"1999-01-01T00:00:00Z\"},"
             "{\"eventAction\":\"%s\",\"eventDate\":\"%s\"}],\"entities\":[{\"roles\":[\"registrar\"],\"vcardArray\":[\"vcard\","
             "[[\"version\",{},\"text\",\"4.0\"],[\"fn\",{},\"text\",\"Gandi SAS\"]]]}]}", name, action, when);
    return out;
}

static void rdap_answers(void **state)
{
    struct fx *f = *state;
    char text[1000], when[40];

    assert_int_equal(by_rdap(f, rdap(text, "EXAMPLE.COM", "expiration", day(when, 100)), "", 5000), STATE_OK);
    assert_has(f->text, "example.com is registered for");
    assert_has(f->perf, "days=100;30:;7:");
    assert_has(f->more, "registrar: Gandi SAS");
    assert_int_equal(by_rdap(f, rdap(text, "example.com.", "expiration", day(when, 20)), "", 5000), STATE_WARNING);
    assert_has(f->text, "(limit < 30d)");
    assert_int_equal(by_rdap(f, rdap(text, "example.com", "expiration", day(when, 3)), "", 5000), STATE_CRITICAL);
    assert_int_equal(by_rdap(f, rdap(text, "example.com", "expiration", day(when, -3)), "", 5000), STATE_CRITICAL);
    assert_has(f->text, "ended");
    assert_int_equal(by_rdap(f, rdap(text, "example.com", "expiration", day(when, 100)), ",\"registrar\":\"gandi\"", 5000), STATE_OK);
    assert_int_equal(by_rdap(f, rdap(text, "example.com", "expiration", day(when, 100)), ",\"registrar\":\"OVH\"", 5000), STATE_CRITICAL);
    assert_has(f->text, "the registrar is Gandi SAS, wanted OVH");
    assert_int_equal(by_rdap(f, "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n", "", 5000), STATE_CRITICAL);
    assert_has(f->text, "is not registered");
}

static void rdap_lies(void **state)
{
    struct fx *f = *state;
    char text[1000];

    by_rdap(f, rdap(text, "example.net", "expiration", "2099-01-01T00:00:00Z"), "", 5000);
    assert_int_equal(f->state, STATE_CRITICAL);
    assert_has(f->text, "about example.net");
    assert_int_equal(by_rdap(f, rdap(text, "example.com", "transfer", "2099-01-01T00:00:00Z"), "", 5000), STATE_UNKNOWN);
    assert_has(f->text, "does not say when");
    assert_int_equal(by_rdap(f, rdap(text, "example.com", "expiration", "soon"), "", 5000), STATE_UNKNOWN);
    assert_int_equal(by_rdap(f, "HTTP/1.1 200 OK\r\n\r\n<html>", "", 5000), STATE_UNKNOWN);
    assert_int_equal(by_rdap(f, "HTTP/1.1 429 Slow\r\nContent-Length: 0\r\n\r\n", "", 5000), STATE_UNKNOWN);
    assert_int_equal(by_rdap(f, "220 hello\r\n", "", 5000), STATE_CRITICAL);
    assert_int_equal(by_rdap(f, "HTTP/1.1 302 Go\r\nLocation: /rdap/domain/example.com\r\nContent-Length: 0\r\n\r\n", "", 5000), STATE_CRITICAL);
    assert_int_equal(by_rdap(f, NULL, "", 400), STATE_UNKNOWN);
    assert_has(f->text, "did not answer within");
}

static enum state by_whois(struct fx *f, struct site site, int64_t timeout_ms)
{
    static struct site kept;
    struct srv s;
    char settings[200];

    kept = site;
    srv_start(&s, serve_whois, &kept);
    snprintf(settings, sizeof(settings), "{\"server\":\"127.0.0.1:%d\"}", s.port);
    fx_run(f, "domain", "example.fr", settings, timeout_ms);
    srv_stop(&s);
    if (!site.silent)
        assert_string_equal(kept.heard, "example.fr\r\n");
    return f->state;
}

static void whois_answers(void **state)
{
    struct fx *f = *state;
    char text[500], when[40];

    snprintf(text, sizeof(text), "%%%% small print\n\ndomain: example.fr\nregistrar: GANDI\nstatus: ACTIVE\nExpiry Date: %s\n", day(when, 90));
    assert_int_equal(by_whois(f, (struct site){.answer = text}, 5000), STATE_OK);
    assert_has(f->more, "registrar: GANDI");
    assert_has(f->trace, "> example.fr");
    snprintf(text, sizeof(text), "expires............: %.10s 10:00:00\n", day(when, 10));
    assert_int_equal(by_whois(f, (struct site){.answer = text}, 5000), STATE_WARNING);
    assert_int_equal(by_whois(f, (struct site){.answer = "%% NOT FOUND\n"}, 5000), STATE_CRITICAL);
    assert_int_equal(by_whois(f, (struct site){.answer = "Query rate limit exceeded. Try again tomorrow.\n"}, 5000), STATE_UNKNOWN);
    assert_has(f->text, "fewer questions");
    assert_int_equal(by_whois(f, (struct site){.answer = "domain: example.fr\n"}, 5000), STATE_UNKNOWN);
    assert_int_equal(by_whois(f, (struct site){0}, 5000), STATE_UNKNOWN);
    assert_has(f->text, "said nothing");
    assert_int_equal(by_whois(f, (struct site){.silent = true}, 300), STATE_UNKNOWN);
    assert_int_equal(by_whois(f, (struct site){.drip = true}, 300), STATE_UNKNOWN);
    assert_int_equal(by_whois(f, (struct site){.flood = true}, 5000), STATE_UNKNOWN);
    assert_has(f->text, "does not say when");
}

static void the_table_in_a_file(void **state)
{
    struct fx *f = *state;
    struct srv s;
    struct site site;
    char path[200], settings[400], text[1000], when[40];
    FILE *file = fopen(fx_path(path, sizeof(path), "dns.json"), "we");

    site = (struct site){.answer = rdap(text, "example.test", "expiration", day(when, 50))};
    srv_start(&s, serve_http, &site);
    fprintf(file, "{\"services\":[[[\"test\"],[\"http://127.0.0.1:%d/x\"]]]}", s.port);
    fclose(file);
    snprintf(settings, sizeof(settings), "{\"bootstrap\":\"%s\",\"method\":\"rdap\"}", path);
    assert_int_equal(fx_run(f, "domain", "example.test", settings, 5000), STATE_OK);
    assert_has(site.heard, "GET /x/domain/example.test ");
    assert_int_equal(fx_run(f, "domain", "example.invalid", settings, 5000), STATE_CRITICAL);
    assert_has(f->text, "no entry for “invalid”");
    srv_stop(&s);
    unlink(path);
    assert_int_equal(fx_run(f, "domain", "example.test", "{\"method\":\"rdap\"}", 5000), STATE_UNKNOWN);
    assert_has(f->text, "no RDAP server is known");
}

static void nobody(void **state)
{
    struct fx *f = *state;
    char settings[100];

    snprintf(settings, sizeof(settings), "{\"server\":\"127.0.0.1:%d\"}", srv_free_port());
    assert_int_equal(fx_run(f, "domain", "example.org", settings, 2000), STATE_CRITICAL);
    assert_has(f->text, "refused");
}

static void options(void **state)
{
    struct fx *f = *state;

    assert_has(fx_refused(f, "domain", "localhost", NULL), "no domain");
    assert_has(fx_refused(f, "domain", "a..b", NULL), "no domain");
    assert_has(fx_refused(f, "domain", "exämple.org", NULL), "no domain");
    assert_has(fx_refused(f, "domain", "example.org", "{\"server\":\"https://x/\",\"method\":\"whois\"}"), "no server for this");
    assert_has(fx_refused(f, "domain", "example.org", "{\"server\":\"a b\"}"), "no server for this");
}

static void dates(void **state)
{
    static const struct {
        const char *text, *when;
    } cases[] = {
        {"2027-01-31", "2027-01-31T00:00:00Z"},
        {"2027-01-31T10:20:30Z", "2027-01-31T10:20:30Z"},
        {"2027-01-31T10:20:30.5+03:00", "2027-01-31T07:20:30Z"},
        {"2027-01-31 10:20:30 CLST", "2027-01-31T10:20:30Z"},
        {"2027/01/31 10:20:30 (JST)", "2027-01-31T10:20:30Z"},
        {"2027.01.31", "2027-01-31T00:00:00Z"},
        {"2027. 01. 31.", "2027-01-31T00:00:00Z"},
        {"31.1.2027 10:20:30", "2027-01-31T10:20:30Z"},
        {"31.01.2027", "2027-01-31T00:00:00Z"},
        {"31/01/2027", "2027-01-31T00:00:00Z"},
        {"31-Jan-2027", "2027-01-31T00:00:00Z"},
        {"31-jan-2027 10:20:30", "2027-01-31T10:20:30Z"},
        {"January 31 2027", "2027-01-31T00:00:00Z"},
        {"Sunday, 31st January 2027", "2027-01-31T00:00:00Z"},
        {"Sun Jan 31 10:20:30 2027", NULL},
        {"20270131", "2027-01-31T00:00:00Z"},
        {"2027-Jan-31", "2027-01-31T00:00:00Z"},
        {"never", NULL},
        {"31-13-2027", NULL},
        {"", NULL},
    };
    char text[TIME_RFC3339_BYTES];

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        int64_t ms = 0;
        int code = whois_date(cases[i].text, strlen(cases[i].text), &ms);

        if (cases[i].when == NULL) {
            assert_int_not_equal(code, 0);
            continue;
        }
        if (code != 0)
            fail_msg("%s", cases[i].text);
        time_rfc3339(ms, 0, text);
        assert_string_equal(text, cases[i].when);
    }
}

static void shapes_of_whois(void **state)
{
    static const char iana[] = "% IANA WHOIS server\n\nrefer:        whois.nic.example\n\ndomain:       EXAMPLE\n";
    static const char under[] = "    Registrar:\n        Example Ltd\n    Relevant dates:\n    Renewal date:\n\n        31-Jan-2027\n";
    struct whois w;

    whois_read(iana, strlen(iana), &w);
    assert_string_equal(w.refer, "whois.nic.example");
    assert_false(w.missing);
    whois_read(under, strlen(under), &w);
    assert_true(w.ends_ms > 0);
    whois_read("[Expires on]  2027/01/31\n[Status] Active\n", 40, &w);
    assert_true(w.ends_ms > 0);
    whois_read("refer: whois://whois.x.example:43/\n", 35, &w);
    assert_string_equal(w.refer, "whois.x.example");
    whois_read("No match for \"X.COM\".\n", 22, &w);
    assert_true(w.missing);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(rdap_answers, fx_setup, fx_teardown),
        cmocka_unit_test_setup_teardown(rdap_lies, fx_setup, fx_teardown),
        cmocka_unit_test_setup_teardown(whois_answers, fx_setup, fx_teardown),
        cmocka_unit_test_setup_teardown(the_table_in_a_file, fx_setup, fx_teardown),
        cmocka_unit_test_setup_teardown(nobody, fx_setup, fx_teardown),
        cmocka_unit_test_setup_teardown(options, fx_setup, fx_teardown),
        cmocka_unit_test(dates),
        cmocka_unit_test(shapes_of_whois),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
