/* SPDX-License-Identifier: GPL-3.0-or-later */
/* verbs.c: what the daemon-less verbs share: options and saying things. */
#include "daemon/verbs.h"
#include "base/msg.h"
#include "base/str.h"
#include "io/file.h"
#include <string.h>

void verb_say(int fd, const char *lang, const char *msgid, const char *types, ...)
{
    struct buf packed = BUF_MAX(65536), b = BUF_MAX(65536);
    va_list ap;
    va_start(ap, types);
    msg_vpack(&packed, msgid, types, ap);
    va_end(ap);
    msg_render(&b, buf_text(&packed), lang);
    buf_char(&b, '\n');
    file_print(fd, buf_text(&b), b.len);
    buf_done(&packed);
    buf_done(&b);
}

void verb_error(const char *lang, const struct err *e)
{
    struct buf b = BUF_MAX(4096);
    buf_str(&b, "vigie: ");
    msg_render(&b, e->text[0] ? e->text : err_name(e->code), lang);
    buf_char(&b, '\n');
    file_print(2, buf_text(&b), b.len);
    buf_done(&b);
}

static const struct verb_option *option_of(const char *word, const struct verb_option *rows, const char **ret_value)
{
    size_t n = strcspn(word + 2, "=");
    for (const struct verb_option *o = rows; o->name; o++) {
        bool is_long = word[1] == '-' && strlen(o->name) == n && memcmp(o->name, word + 2, n) == 0;
        if (!is_long && !(word[1] != '-' && word[1] == o->letter && !word[2]))
            continue;
        *ret_value = is_long && word[2 + n] == '=' ? word + 3 + n : NULL;
        return o;
    }
    return NULL;
}

static void option_set(const struct verb_option *o, const char *value)
{
    if (o->value)
        *o->value = value;
    for (int i = 0; o->list && i < o->max; i++)
        if (!o->list[i]) {
            o->list[i] = value;
            return;
        }
}

static int unknown_option(const char *given, const struct verb_option *rows, const char *lang, const char *verb)
{
    char word[100];
    str_copyn(word, sizeof word, given, strcspn(given, "="));
    const char *names[32];
    int n = 0;
    for (const struct verb_option *o = rows; o->name && n < 31; o++)
        names[n++] = o->name;
    names[n] = NULL;
    const char *near = str_starts(word, "--") ? str_nearest(word + 2, names) : NULL;
    if (near)
        verb_say(2, lang, MSG("vigie {1}: there is no option {2}; did you mean --{3}?"), "sss", verb, word, near);
    else
        verb_say(2, lang, MSG("vigie {1}: there is no option {2}; see vigie {1} --help"), "ss", verb, word);
    return -1;
}

int verb_words(int words, char **argv, int most, const char *lang, const char *verb)
{
    if (words <= most)
        return words;
    verb_say(2, lang, MSG("vigie {1}: “{2}” is one word too many"), "ss", verb, argv[most]);
    return -1;
}

int verb_options(int argc, char **argv, const struct verb_option *rows, const char *lang, const char *verb)
{
    int words = 0;
    for (int i = 0; i < argc; i++) {
        const char *word = argv[i], *value;
        if (word[0] != '-' || !word[1]) {
            argv[words++] = argv[i];
            continue;
        }
        const struct verb_option *o = option_of(word, rows, &value);
        if (!o)
            return unknown_option(word, rows, lang, verb);
        if (!value && !o->flag && i + 1 >= argc) {
            verb_say(2, lang, MSG("vigie {1}: {2} needs a value"), "ss", verb, word);
            return -1;
        }
        option_set(o, value ? value : o->flag ? "yes" : argv[++i]);
    }
    return words;
}
