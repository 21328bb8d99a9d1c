/* SPDX-License-Identifier: GPL-3.0-or-later */
/* srvconf.c: see srvconf.h. One pass, borrowed slices, no memory. */
#include "wire/srvconf.h"

#include <string.h>

struct srvconf srvconf_of(const char *text, size_t n)
{
    return (struct srvconf){.text = {text, n}, .now = 1};
}

static bool more(const struct srvconf *c) { return c->at < c->text.n; }
static char here(const struct srvconf *c) { return c->text.p[c->at]; }
static bool next_is(const struct srvconf *c, char ch) { return c->at + 1 < c->text.n && c->text.p[c->at + 1] == ch; }

static void step(struct srvconf *c)
{
    c->now += here(c) == '\n';
    c->at++;
}

static bool is_blank(char ch) { return ch == ' ' || ch == '\t' || ch == '\r' || ch == '\n' || ch == '\f' || ch == '\v' || ch == '\0'; }

static void take(struct srvconf *c, size_t from, size_t to)
{
    if (c->n < SRVCONF_MAX_WORDS)
        c->word[c->n++] = (struct str){c->text.p + from, to - from};
}

static void begin(struct srvconf *c)
{
    c->n = 0;
    c->line = c->now;
}

static void skip_line(struct srvconf *c)
{
    while (more(c) && here(c) != '\n')
        step(c);
}

/* A word in quotes, which may hold anything but its own quote unless that is escaped. */
static void quoted(struct srvconf *c)
{
    char quote = here(c);
    step(c);
    size_t from = c->at;
    while (more(c) && here(c) != quote) {
        if (here(c) == '\\' && c->at + 1 < c->text.n)
            step(c);
        step(c);
    }
    take(c, from, c->at);
    if (more(c))
        step(c);
}

/* ---- braces ---- */

static void skip_comment(struct srvconf *c)
{
    while (more(c) && !(here(c) == '*' && next_is(c, '/')))
        step(c);
    for (int i = 0; i < 2 && more(c); i++)
        step(c);
}

/* Blanks and comments. */
static void skip_between(struct srvconf *c)
{
    while (more(c)) {
        if (is_blank(here(c)))
            step(c);
        else if (here(c) == '#' || (c->c_comments && here(c) == '/' && next_is(c, '/')))
            skip_line(c);
        else if (c->c_comments && here(c) == '/' && next_is(c, '*'))
            skip_comment(c);
        else
            return;
    }
}

static bool ends_word(const struct srvconf *c)
{
    char ch = here(c);
    return is_blank(ch) || ch == ';' || ch == '{' || ch == '}';
}

static void bare(struct srvconf *c)
{
    size_t from = c->at;
    while (more(c) && !ends_word(c)) {
        bool variable = here(c) == '$' && next_is(c, '{'); /* ${name} is no block */
        if (here(c) == '\\' && c->at + 1 < c->text.n)
            step(c);
        step(c);
        while (variable && more(c) && !is_blank(here(c)) && here(c) != '}')
            step(c);
        if (variable && more(c) && here(c) == '}')
            step(c);
    }
    take(c, from, c->at);
}

enum srvconf_what srvconf_braces(struct srvconf *c)
{
    c->n = 0;
    for (skip_between(c); more(c); skip_between(c)) {
        char ch = here(c);
        if (c->n == 0)
            begin(c);
        if (ch == ';' || ch == '{' || ch == '}') {
            if (ch == '}' && c->n)
                return SRVCONF_DIRECTIVE; /* the last one of a block, its ; forgotten */
            step(c);
            if (ch == ';' && c->n == 0)
                continue;
            return ch == ';' ? SRVCONF_DIRECTIVE : ch == '{' ? SRVCONF_OPEN : SRVCONF_CLOSE;
        }
        if (ch == '"' || ch == '\'')
            quoted(c);
        else
            bare(c);
    }
    return c->n ? SRVCONF_DIRECTIVE : SRVCONF_END;
}

/* ---- sections ---- */

/* A backslash at its end makes the line go on in the next one. */
static bool continues(const struct srvconf *c)
{
    return here(c) == '\\' && (next_is(c, '\n') || (next_is(c, '\r') && c->at + 2 < c->text.n && c->text.p[c->at + 2] == '\n'));
}

static void skip_in_line(struct srvconf *c)
{
    while (more(c)) {
        if (continues(c))
            skip_line(c);
        else if (!is_blank(here(c)) || here(c) == '\n')
            return;
        step(c);
    }
}

static void line_word(struct srvconf *c, bool section)
{
    size_t from = c->at;
    while (more(c) && !is_blank(here(c)) && !continues(c) && !(section && here(c) == '>'))
        step(c);
    take(c, from, c->at);
}

static void line_words(struct srvconf *c, bool section)
{
    for (skip_in_line(c); more(c) && here(c) != '\n'; skip_in_line(c)) {
        if (section && here(c) == '>')
            step(c);
        else if (here(c) == '"' || here(c) == '\'')
            quoted(c);
        else
            line_word(c, section);
    }
}

/* To the first word of the next line that says anything. */
static bool find_line(struct srvconf *c)
{
    while (more(c) && (is_blank(here(c)) || here(c) == '#')) {
        if (here(c) == '#')
            skip_line(c);
        else
            step(c);
    }
    begin(c);
    return more(c);
}

enum srvconf_what srvconf_sections(struct srvconf *c)
{
    if (!find_line(c))
        return SRVCONF_END;
    bool section = here(c) == '<', closes = section && next_is(c, '/');
    for (int i = 0; i < section + closes; i++)
        step(c);
    line_words(c, section);
    return closes ? SRVCONF_CLOSE : section ? SRVCONF_OPEN : SRVCONF_DIRECTIVE;
}

/* ---- pairs ---- */

static struct str unquoted(struct str s)
{
    s = str_trim(s);
    if (s.n >= 2 && (s.p[0] == '"' || s.p[0] == '\'') && s.p[s.n - 1] == s.p[0])
        s = (struct str){s.p + 1, s.n - 2};
    return s;
}

enum srvconf_what srvconf_pairs(struct srvconf *c)
{
    if (!find_line(c))
        return SRVCONF_END;
    size_t from = c->at;
    skip_line(c);
    struct str line = str_trim((struct str){c->text.p + from, c->at - from});
    if (line.n >= 2 && line.p[0] == '-' && is_blank(line.p[1]))
        line = str_trim((struct str){line.p + 2, line.n - 2});
    size_t n = 0;
    while (n < line.n && line.p[n] != '=' && line.p[n] != ':' && !is_blank(line.p[n]))
        n++;
    c->word[c->n++] = (struct str){line.p, n};
    while (n < line.n && is_blank(line.p[n]))
        n++;
    if (n == line.n)
        return SRVCONF_DIRECTIVE;
    n += line.p[n] == '=' || line.p[n] == ':';
    c->word[c->n++] = unquoted((struct str){line.p + n, line.n - n});
    return SRVCONF_DIRECTIVE;
}
