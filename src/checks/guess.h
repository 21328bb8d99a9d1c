/* SPDX-License-Identifier: GPL-3.0-or-later */
/* guess.h: what `vigie add` makes of a word: a URL (http, irc, git, ssh), a host, host:port, host:service, mail:domain or
 * @domain, zone:domain; mail_domain:domain and blocklist:domain are the parts of mail:. Pure. */
#ifndef VIGIE_CHECKS_GUESS_H
#define VIGIE_CHECKS_GUESS_H

#include "base/buf.h"
#include "base/err.h"

struct arena;
enum { GUESS_MOST = 2 };
/* What a word stands for: most for one thing, a mail domain (mail:, @) for its records and servers, and for block lists.
 * Each of ret_words, of the arena, leads guess_target() to one of them; how many they are. */
int guess_words(const char *text, struct arena *a, const char *ret_words[GUESS_MOST]);

struct guess {
    char host[256];    /* name of the host in the configuration */
    char address[256]; /* "" when the host is only a name for URLs */
    char check[64];    /* name of the check; "" for the host alone (pinged) */
    char yaml[1024];   /* "http: https://example.org/": the list item; "" for the host alone */
};
int guess_target(const char *text, struct guess *ret, struct err *e);

#endif
