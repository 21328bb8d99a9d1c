/* SPDX-License-Identifier: GPL-3.0-or-later */
/* scn_text.c: a scenario's text as lines of words: blanks separate, '…' is literal, "…" knows \" \\ \n,
 * # begins a comment, <<WORD takes the lines that follow up to WORD. */
#include "base/buf.h"
#include "base/str.h"
#include "scn.h"
#include <string.h>

enum { MAX_WORD = 1 << 16 };

bool scn_duration(const char *word, int64_t *ret_ms)
{
    bool minus = *word == '-';
    int64_t ms;
    if (*word == '-' || *word == '+')
        word++;
    if (str_duration(word, 1000, &ms) != 0)
        return false;
    *ret_ms = minus ? -ms : ms;
    return true;
}

static const char *end_of_line(const char *p)
{
    const char *nl = strchr(p, '\n');
    return nl ? nl : p + strlen(p);
}

static char escaped(char c)
{
    return c == 'n' ? '\n' : c == 't' ? '\t' : c == 'r' ? '\r' : c;
}

/* One word at *p into b; false: a quote is not closed on its line. */
static bool read_word(const char **p, struct buf *b)
{
    char quote = 0;
    for (; **p && **p != '\n'; (*p)++) {
        char c = **p;
        if (!quote && (c == ' ' || c == '\t'))
            return true;
        if (!quote && (c == '\'' || c == '"')) {
            quote = c;
        } else if (quote && c == quote) {
            quote = 0;
        } else if (c == '\\' && quote != '\'' && (*p)[1] && (*p)[1] != '\n') {
            (*p)++;
            buf_char(b, quote ? escaped(**p) : **p);
        } else {
            buf_char(b, c);
        }
    }
    return quote == 0;
}

static const char *split(struct scn_reader *r, struct scn_line *l)
{
    struct buf b = BUF_MAX(MAX_WORD);
    const char *problem = NULL;
    l->n = 0;
    l->block = NULL;
    while (!problem) {
        while (*r->at == ' ' || *r->at == '\t')
            r->at++;
        if (*r->at == '\0' || *r->at == '\n' || *r->at == '#')
            break;
        buf_clear(&b);
        if (!read_word(&r->at, &b))
            problem = "a quote is not closed";
        else if (l->n == SCN_MAX_WORDS)
            problem = "too many words";
        else
            l->word[l->n++] = arena_dup(r->arena, buf_text(&b));
    }
    buf_done(&b);
    l->word[l->n] = NULL;
    r->at = end_of_line(r->at);
    r->at += *r->at == '\n';
    return problem;
}

/* The lines up to the end word, less their common two blanks. */
static const char *read_block(struct scn_reader *r, struct scn_line *l)
{
    const char *end = l->word[l->n - 1] + 2, *from = r->at;
    l->word[--l->n] = NULL;
    for (;;) {
        if (*r->at == '\0')
            return "the block has no end";
        const char *nl = end_of_line(r->at);
        struct str line = str_trim((struct str){r->at, (size_t)(nl - r->at)});
        const char *line_at = r->at;
        r->at = nl + (*nl == '\n');
        r->number++;
        if (str_is(line, end)) {
            l->block = arena_dupn(r->arena, from, (size_t)(line_at - from));
            return NULL;
        }
    }
}

int scn_read_line(struct scn_reader *r, struct scn_line *ret, const char **ret_problem)
{
    do {
        if (*r->at == '\0')
            return 0;
        ret->number = ++r->number;
        *ret_problem = split(r, ret);
        if (*ret_problem)
            return -1;
    } while (ret->n == 0);
    if (str_starts(ret->word[ret->n - 1], "<<") && ret->word[ret->n - 1][2])
        *ret_problem = read_block(r, ret);
    return *ret_problem ? -1 : 1;
}
