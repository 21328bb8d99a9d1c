/* SPDX-License-Identifier: GPL-3.0-or-later */
/* irc.c: lines in and out.  What servers say of themselves, and texts that fit, are in irc_text.c. */
#include "wire/irc.h"
#include "base/mem.h"
#include "base/msg.h"
#include "base/str.h"
#include <string.h>

enum { PART_MOST = IRC_MAX_LINE - 2 };

/* ---- bytes to lines ---- */

/* A whole line is there: without what ended it. */
static char *line_end(struct irc_lines *l)
{
    bool bad = l->skip || memchr(l->text, 0, l->n) != NULL;
    while (l->n && l->text[l->n - 1] == '\r')
        l->n--;
    l->text[l->n] = 0;
    bool empty = l->n == 0;
    l->n = 0;
    l->skip = false;
    l->lost += bad;
    return bad || empty ? NULL : l->text;
}

char *irc_lines_next(struct irc_lines *l, const char **p, size_t *n)
{
    while (*n) {
        char c = **p;
        (*p)++;
        (*n)--;
        if (c == '\n') {
            char *line = line_end(l);
            if (line)
                return line;
        } else if (l->n + 1 < sizeof l->text) {
            l->text[l->n++] = c;
        } else {
            l->skip = true;
        }
    }
    return NULL;
}

/* ---- a line ---- */

static char *blanks(char *p)
{
    while (*p == ' ')
        p++;
    return p;
}

/* Ends the word at p and returns what comes behind it. */
static char *word_end(char *p)
{
    p += strcspn(p, " ");
    if (*p)
        *p++ = 0;
    return blanks(p);
}

static void parse_source(char *text, struct irc_line *ret)
{
    char *bang = strchr(text, '!'), *at = strrchr(text, '@');
    ret->nick = text;
    if (at && (!bang || at > bang)) {
        *at = 0;
        ret->host = at + 1;
    }
    if (bang) {
        *bang = 0;
        ret->user = bang + 1;
    }
}

static int read_command(const char *text, struct irc_line *ret)
{
    size_t n = strlen(text), digits = strspn(text, "0123456789"), letters = strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz");
    if (digits == n && n == 3)
        ret->numeric = (text[0] - '0') * 100 + (text[1] - '0') * 10 + (text[2] - '0');
    else if (letters != n || n == 0 || n > 30)
        return ERR_INVALID;
    ret->command = text;
    return 0;
}

int irc_parse(char *text, struct irc_line *ret)
{
    *ret = (struct irc_line){.tags = "", .nick = "", .user = "", .host = "", .command = ""};
    char *p = blanks(text);
    if (*p == '@') {
        ret->tags = p + 1;
        p = word_end(p);
    }
    if (*p == ':') {
        char *source = p + 1;
        p = word_end(p);
        parse_source(source, ret);
    }
    char *command = p;
    p = word_end(p);
    if (read_command(command, ret))
        return ERR_INVALID;
    while (*p && ret->n < IRC_MAX_PARAMS) {
        bool last = *p == ':' || ret->n == IRC_MAX_PARAMS - 1;
        ret->params[ret->n++] = *p == ':' ? p + 1 : p;
        if (last)
            break;
        p = word_end(p);
    }
    return 0;
}

const char *irc_param(const struct irc_line *l, int i)
{
    return i >= 0 && i < l->n ? l->params[i] : "";
}

static void unescape(const char *p, size_t n, char *out, size_t out_bytes)
{
    static const char from[] = ":s\\rn", to[] = "; \\\r\n";
    size_t used = 0;
    for (size_t i = 0; i < n && used + 1 < out_bytes; i++) {
        char c = p[i];
        if (c == '\\') {
            if (++i == n)
                break;
            const char *at = strchr(from, p[i]);
            c = at ? to[at - from] : p[i];
        }
        out[used++] = c;
    }
    out[used] = 0;
}

bool irc_tag(const struct irc_line *l, const char *name, char *out, size_t out_bytes)
{
    struct str rest = str_of(l->tags), one;
    bool found = false;
    out[0] = 0;
    while (str_next(&rest, ";", &one)) {
        const char *equal = one.n ? memchr(one.p, '=', one.n) : NULL;
        struct str key = {one.p, equal ? (size_t)(equal - one.p) : one.n};
        if (!str_is(key, name))
            continue;
        found = true; /* of a repeated one the last counts */
        if (equal)
            unescape(equal + 1, one.n - key.n - 1, out, out_bytes);
        else
            out[0] = 0;
    }
    return found;
}

/* ---- out ---- */

static bool is_word(const char *text)
{
    return text[0] && text[0] != ':' && !strpbrk(text, " \r\n");
}

int irc_format(struct buf *out, const char *command, const char *const *params, int n)
{
    char line[IRC_MAX_LINE + 1];
    size_t used = strlen(command);
    if (!is_word(command) || n < 0 || n > IRC_MAX_PARAMS)
        return ERR_INVALID;
    if (used > PART_MOST)
        return ERR_LIMIT;
    memcpy(line, command, used);
    for (int i = 0; i < n; i++) {
        size_t bytes = strlen(params[i]);
        bool last = i == n - 1, word = is_word(params[i]);
        if (strpbrk(params[i], "\r\n") || (!last && !word))
            return ERR_INVALID;
        if (used + 1 + !word + bytes > PART_MOST)
            return ERR_LIMIT;
        line[used++] = ' ';
        if (!word)
            line[used++] = ':';
        memcpy(line + used, params[i], bytes);
        used += bytes;
    }
    memcpy(line + used, "\r\n", 2);
    buf_add(out, line, used + 2);
    return 0;
}
