/* SPDX-License-Identifier: GPL-3.0-or-later */
/* import_nefu.c: nefu.conf: `machine … : dependency : mail …`, below it the tests, indented. */
#include "config/import/import_priv.h"

enum { MAX_MACHINES = 100 };
struct entry {
    struct import_host *at[MAX_MACHINES];
    int n;
};

static int64_t usual_port(const char *test)
{
    static const struct {
        const char *name;
        int port;
    } ports[] = {{"http", 80}, {"https", 443}, {"imap", 143}, {"imaps", 993}, {"ldap", 389}, {"nntp", 119}, {"ntp", 123}, {"pop", 110}, {"pop3", 110}, {"smtp", 25}, {"ssh", 22}, {"ftp", 21},
                 {"rtsp", 554}, {"finger", 79}, {"mupdate", 3905}, {"whois", 43}, {"telnet", 23}};
    for (size_t i = 0; i < COUNT(ports); i++)
        if (str_ieq(ports[i].name, test))
            return ports[i].port;
    return 0;
}

static void machine(struct import *im, struct import_host *h, unsigned line, const char *test, int64_t port, const char *arg)
{
    if (str_ieq(test, "http") || str_ieq(test, "https")) {
        const char *host = strchr(h->address, ':') ? arena_printf(im->arena, "[%s]", h->address) : h->address;
        const char *colon = port == usual_port(test) ? "" : arena_printf(im->arena, ":%lld", (long long)port);
        import_check(im, h, line, "http", arena_printf(im->arena, "%s://%s%s%s", test, host, colon, arg && arg[0] == '/' ? arg : "/"));
    } else if (port) {
        import_port(im, h, line, str_ieq(test, "pop") ? "pop3" : test, port);
    }
}

static void test_line(struct import *im, const struct entry *e, unsigned line, const char **words, int n)
{
    char test[64];
    str_copyn(test, sizeof test, words[0], strcspn(words[0], ":"));
    const char *colon = strchr(words[0], ':');
    int64_t port = usual_port(test);
    if (colon && (str_i64(colon + 1, &port) < 0 || port < 1 || port > 65535))
        port = 0;
    bool ping = str_ieq(test, "ping"), always = ping && n > 1 && str_ieq(words[1], "up");
    if (!ping && !port) {
        import_note(im, line, MSG("the test “{1}” has no counterpart; a plugin check may do it"), "s", words[0]);
        return;
    }
    if (n > (always ? 2 : 1) && !(str_istarts(test, "http") && words[1][0] == '/'))
        import_note(im, line, MSG("what stands behind “{1}” is left out"), "s", words[0]);
    for (int i = 0; i < e->n && i < MAX_MACHINES; i++) {
        struct import_host *h = e->at[i];
        if (ping && !always)
            import_ping(im, h, line);
        else if (!ping && h->address)
            machine(im, h, line, test, port, n > 1 ? words[1] : NULL);
    }
}

/* The three fields of a head; address of IPv6 machines have colons, so only " : " and the last two count. */
static int fields(struct import *im, struct str line, const char **ret)
{
    int n = 0;
    struct str s = line;
    while (n < 3) {
        size_t cut = s.n;
        for (size_t i = 0; i < s.n && cut == s.n; i++)
            if (s.p[i] == ':' && (i + 1 == s.n || s.p[i + 1] == ' ' || s.p[i + 1] == '\t' || s.p[i + 1] == ':'))
                cut = i;
        ret[n++] = arena_dupn(im->arena, s.p, cut);
        if (cut == s.n)
            break;
        s = (struct str){s.p + cut + 1, s.n - cut - 1};
    }
    return n;
}

static void head(struct import *im, struct entry *e, unsigned line, struct str s)
{
    const char *field[3], *words[IMPORT_MAX_WORDS];
    int n = fields(im, s, field);
    e->n = 0;
    if (n < 2) {
        import_note(im, line, MSG("“{1}” is no head of an entry: machine : dependency : mail"), "s", field[0]);
        return;
    }
    int names = import_words(im, str_of(field[0]), 0, words);
    for (int i = 0; i < names && e->n < MAX_MACHINES; i++)
        if (import_is_address(words[i]))
            e->at[e->n++] = import_host(im, line, words[i], words[i]);
        else
            import_note(im, line, MSG("“{1}” is no address; the host is left out"), "s", words[i]);
    for (int part = 1; part < n; part++) {
        int k = import_words(im, str_of(field[part]), 0, words);
        for (int w = 0; w < k; w++) {
            const char *name = part == 1 ? words[w] : import_contact(im, line, words[w], words[w]);
            for (int i = 0; name && i < e->n; i++)
                import_add(im, e->at[i], line, part == 1 ? "parents" : "contacts", name);
        }
    }
}

static void read_nefu(struct import *im)
{
    struct import_lines l = import_lines(im, true);
    struct entry e = {.n = 0};
    struct str s;
    const char *words[IMPORT_MAX_WORDS];
    bool any = false;
    while (import_line(im, &l, &s)) {
        bool indented = s.n && (s.p[0] == '\t' || s.p[0] == ' ');
        struct str t = str_trim(s);
        if (t.n == 0 || t.p[0] == '#')
            continue;
        if (!indented) {
            any = true;
            head(im, &e, l.line, t);
        } else if (!any) {
            import_note(im, l.line, MSG("a test stands before the first machine"), "");
        } else {
            int n = import_words(im, t, 0, words);
            if (n)
                test_line(im, &e, l.line, words, n);
        }
    }
}

const struct importer import_nefu = {"nefu", MSG("nefu.conf: machines, their dependency, tests"), read_nefu};
