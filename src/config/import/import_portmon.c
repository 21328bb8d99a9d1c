/* SPDX-License-Identifier: GPL-3.0-or-later */
/* import_portmon.c: lists of `host port`, as portmon reads them; also `host:port`, and a service's name for the port. */
#include "config/import/import_priv.h"

/* "22" or "ssh"; 0: neither. */
static int64_t port_of(const char *text)
{
    static const struct {
        const char *name;
        int port;
    } names[] = {{"ftp", 21}, {"ssh", 22}, {"telnet", 23}, {"smtp", 25}, {"domain", 53}, {"http", 80}, {"www", 80}, {"pop3", 110}, {"ntp", 123}, {"imap", 143}, {"imap2", 143}, {"ldap", 389},
                 {"https", 443}, {"submission", 587}, {"imaps", 993}, {"pop3s", 995}, {"mysql", 3306}, {"postgresql", 5432}, {"redis", 6379}};
    int64_t port;
    if (str_i64(text, &port) == 0)
        return port >= 1 && port <= 65535 ? port : 0;
    for (size_t i = 0; i < COUNT(names); i++)
        if (str_ieq(names[i].name, text))
            return names[i].port;
    return 0;
}

/* -e CMD, -g LAG: what stands behind host and port. */
static void options(struct import *im, unsigned line, struct import_check *c, const char **words, int n)
{
    for (int i = 0; i < n; i++) {
        int64_t lag;
        if (str_eq(words[i], "-g") && i + 1 < n && str_i64(words[i + 1], &lag) == 0 && lag > 0) {
            import_set(c, line, "warn", arena_printf(im->arena, "%lldms", (long long)lag));
            i++;
        } else if (str_eq(words[i], "-e") && i + 1 < n) {
            import_note(im, line, MSG("the command “{1}” is not run; contacts are told instead"), "s", words[++i]);
        } else {
            import_note(im, line, MSG("“{1}” is not understood"), "s", words[i]);
        }
    }
}

/* "host:port" becomes two words. */
static int split(struct import *im, const char **words, int n)
{
    const char *colon = n ? strchr(words[0], ':') : NULL;
    if (!colon || strchr(colon + 1, ':') || !colon[1])
        return n;
    memmove(words + 2, words + 1, (size_t)(n - 1) * sizeof *words);
    words[1] = colon + 1;
    words[0] = arena_dupn(im->arena, words[0], (size_t)(colon - words[0]));
    return n + 1;
}

static void read_portmon(struct import *im)
{
    struct import_lines l = import_lines(im, false);
    struct str s;
    const char *words[IMPORT_MAX_WORDS + 1];
    while (import_line(im, &l, &s)) {
        int n = split(im, words, import_words(im, s, '#', words));
        if (n == 0)
            continue;
        int64_t port = n > 1 ? port_of(words[1]) : 0;
        if (!import_is_address(words[0]) || !port) {
            import_note(im, l.line, MSG("“{1}” is no line of a host and a port"), "s", arena_dupn(im->arena, s.p, s.n < 200 ? s.n : 200));
            continue;
        }
        struct import_host *h = import_host(im, l.line, words[0], words[0]);
        struct import_check *c = import_check(im, h, l.line, "tcp", arena_printf(im->arena, "%lld", (long long)port));
        options(im, l.line, c, words + 2, n - 2);
    }
}

const struct importer import_portmon = {"portmon", MSG("a list of hosts and ports"), read_portmon};
