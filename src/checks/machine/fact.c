/* SPDX-License-Identifier: GPL-3.0-or-later */
/* fact.c: single facts of the machine as numbers and words. Judges nothing by itself. */
#include "checks/machine/fact.h"

enum { MAX_WORD_FILE = 4096 };

bool fact_text(const char *path, struct buf *out)
{
    if (machine_read(path, out, NULL) == 0)
        return true;
    buf_done(out);
    return false;
}

bool fact_word(const char *path, char *out, size_t n)
{
    struct buf text = BUF_MAX(MAX_WORD_FILE);
    struct str line;

    if (!fact_text(path, &text))
        return false;
    line = str_trim((struct str){buf_text(&text), strcspn(buf_text(&text), "\n")});
    str_copyn(out, n, line.p, line.n);
    buf_done(&text);
    return true;
}

bool fact_int(const char *path, int64_t *ret)
{
    char word[32];

    return fact_word(path, word, sizeof(word)) && str_i64(word, ret) == 0;
}

bool fact_row(const struct buf *text, const char *key, int64_t *ret)
{
    struct str rest = {buf_text(text), text->len}, line;
    size_t n = strlen(key);

    while (str_next(&rest, "\n", &line)) {
        if (line.n <= n || memcmp(line.p, key, n) != 0 || strchr(" \t:=", line.p[n]) == NULL)
            continue;
        line = (struct str){line.p + n, line.n - n};
        while (line.n && strchr(" \t:=", *line.p)) {
            line.p++;
            line.n--;
        }
        if (line.n == 0 || *line.p < '0' || *line.p > '9')
            return false;
        *ret = local_number(line);
        return true;
    }
    return false;
}

bool fact_column(const struct buf *text, const char *table, const char *column, int64_t *ret)
{
    struct str rest = {buf_text(text), text->len}, names, values, name, value;
    char head[32];

    str_print(head, sizeof(head), "%s:", table);
    while (str_next(&rest, "\n", &names) && str_next(&rest, "\n", &values)) {
        if (!local_word(&names, &name) || !local_word(&values, &value) || !str_is(name, head) || !str_is(value, head))
            continue;
        while (local_word(&names, &name) && local_word(&values, &value)) {
            if (!str_is(name, column))
                continue;
            *ret = local_number(value);
            return true;
        }
    }
    return false;
}

double fact_rate(int64_t now, int64_t last, double seconds)
{
    return seconds > 0 && now > last ? (double)(now - last) / seconds : 0;
}

void fact_judge(struct attempt *own, const struct limits *l, double value, double share, const char *msgid, char type)
{
    const char *limit;
    enum state s = level_judge(&l->warn, &l->crit, value, share, &limit);
    int64_t whole = fabs(value) < 9e15 ? llround(value) : INT64_MAX;

    if (s == STATE_OK)
        return;
    if (type == 'f')
        attempt_worse(own, s, msgid, "fs", value, limit);
    else if (type == 'd')
        attempt_worse(own, s, msgid, "ds", whole * 1000, limit);
    else if (type == 'b')
        attempt_worse(own, s, msgid, "bs", whole, limit);
    else
        attempt_worse(own, s, msgid, "is", whole, limit);
}

void fact_perf(struct attempt *own, const char *label, double value, const char *unit, const struct limits *l, double max)
{
    attempt_perf(own, label, value, unit, l ? &l->warn : NULL, l ? &l->crit : NULL, 0, max);
}
