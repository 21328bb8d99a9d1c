/* SPDX-License-Identifier: GPL-3.0-or-later */
/* srvconf.h: the configuration files of other servers as a row of directives, pulled one after the other.  Pure: it opens nothing and
 * follows no include; what the words mean is the caller's business.
 *
 *     struct srvconf c = srvconf_of(text, n);
 *     while ((what = srvconf_braces(&c)) != SRVCONF_END) … c.word[0 … c.n - 1] …
 *
 * Three ways of writing: braces (nginx; named.conf(5) with comments as in C), lines with sections (Apache httpd), and lines of key and
 * value (postfix, dovecot, nsd, knot).  Words are slices of the text without their quotes; backslashes in them stay.  Words beyond
 * SRVCONF_MAX_WORDS are dropped, unclosed quotes and blocks end with the text: nothing here fails. */
#ifndef VIGIE_WIRE_SRVCONF_H
#define VIGIE_WIRE_SRVCONF_H

#include "base/str.h"

enum { SRVCONF_MAX_WORDS = 200 };
enum srvconf_what { SRVCONF_END, SRVCONF_DIRECTIVE, SRVCONF_OPEN /* a directive that opens a block */, SRVCONF_CLOSE };
struct srvconf {
    struct str text;
    size_t at;
    unsigned line;                      /* of the directive's first word, from 1 */
    struct str word[SRVCONF_MAX_WORDS]; /* of the last directive */
    int n;
    bool c_comments; /* braces: // and slash-star, too */
    unsigned now;    /* own: lines so far */
};
struct srvconf srvconf_of(const char *text, size_t n);
/* "listen 80;", "server {", "}". */
enum srvconf_what srvconf_braces(struct srvconf *c);
/* "Listen 80", "<VirtualHost *:80>" (words without < and >), "</VirtualHost>" (CLOSE with the section's name as its word). */
enum srvconf_what srvconf_sections(struct srvconf *c);
/* "key = value", "key: value", "- key: value": two words, the second perhaps empty. A line with neither sign is one word. */
enum srvconf_what srvconf_pairs(struct srvconf *c);

#endif
