/* SPDX-License-Identifier: GPL-3.0-or-later */
/* macros.c: the Nagios macros that a check's command line may use (those of the object itself; what belongs to
 * notifications or to other objects is not here).  Source: nagioscore, common/macros.c, for the names. */
#include "checks/macros.h"

#include <string.h>

enum { MAX_NAME = 80, MAX_ARGS = 32 };

struct macro {
    const char *name;
    const char *(*value)(struct buf *space, const struct macro_scope *s); /* NULL: none */
};

static const char *host_name(struct buf *space, const struct macro_scope *s) { return s->host; }
static const char *host_alias(struct buf *space, const struct macro_scope *s)
{
    return s->conf && s->conf->title ? s->conf->title : s->host;
}
static const char *host_address(struct buf *space, const struct macro_scope *s)
{
    return s->address ? s->address : s->host;
}
static const char *host_notes(struct buf *space, const struct macro_scope *s)
{
    return s->conf ? s->conf->notes : NULL;
}
static const char *host_group(struct buf *space, const struct macro_scope *s)
{
    return s->conf && s->conf->groups ? s->conf->groups[0] : NULL;
}
static const char *host_groups(struct buf *space, const struct macro_scope *s)
{
    for (int i = 0; s->conf && s->conf->groups && s->conf->groups[i]; i++) {
        buf_str(space, i ? "," : "");
        buf_str(space, s->conf->groups[i]);
    }
    return space->len ? buf_text(space) : NULL;
}
static const char *service(struct buf *space, const struct macro_scope *s) { return s->check; }
static const char *user1(struct buf *space, const struct macro_scope *s) { return s->user1; }
static const char *epoch(struct buf *space, const struct macro_scope *s)
{
    buf_printf(space, "%lld", (long long)(s->at_ms / 1000));
    return buf_text(space);
}

static const struct macro macros[] = {
    {"HOSTNAME", host_name},      {"HOSTALIAS", host_alias},         {"HOSTDISPLAYNAME", host_alias},
    {"HOSTADDRESS", host_address}, {"HOSTNOTES", host_notes},         {"HOSTGROUPNAME", host_group},
    {"HOSTGROUPNAMES", host_groups}, {"SERVICEDESC", service},        {"SERVICEDISPLAYNAME", service},
    {"USER1", user1},             {"TIMET", epoch},
};
static const char *const names[] = {"HOSTNAME", "HOSTALIAS", "HOSTDISPLAYNAME", "HOSTADDRESS", "HOSTNOTES",
    "HOSTGROUPNAME", "HOSTGROUPNAMES", "SERVICEDESC", "SERVICEDISPLAYNAME", "USER1", "TIMET", "ARG1", "ARG2", NULL};

/* "$NAME$" at text → length of NAME, or 0. */
static size_t name_at(const char *text)
{
    size_t n;

    if (text[0] != '$')
        return 0;
    n = strspn(text + 1, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_");
    return n <= MAX_NAME && text[1 + n] == '$' ? n : 0;
}

static const struct macro *find(struct str name)
{
    for (size_t i = 0; i < COUNT(macros); i++)
        if (str_is(name, macros[i].name))
            return &macros[i];
    return NULL;
}

/* ARG1 … ARG32 → 1 …, or 0. */
static int arg_number(struct str name)
{
    int n = 0;

    if (name.n < 4 || name.n > 5 || memcmp(name.p, "ARG", 3) != 0)
        return 0;
    for (size_t i = 3; i < name.n; i++) {
        if (name.p[i] < '0' || name.p[i] > '9')
            return 0;
        n = n * 10 + (name.p[i] - '0');
    }
    return n <= MAX_ARGS ? n : 0;
}

static bool is_label(struct str name)
{
    return name.n > 5 && memcmp(name.p, "_HOST", 5) == 0;
}

static bool known(struct str name)
{
    return find(name) || arg_number(name) || is_label(name);
}

static char upper(char c)
{
    if (c >= 'a' && c <= 'z')
        return (char)(c - 'a' + 'A');
    return (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ? c : '_';
}

/* Labels answer by their name in capitals, anything else in it as "_". */
static const char *label(const struct macro_scope *s, struct str name)
{
    for (int i = 0; s->conf && i < s->conf->labels.n; i++) {
        const char *key = s->conf->labels.keys[i];
        size_t n = 0;

        while (n < name.n && key[n] && upper(key[n]) == upper(name.p[n]))
            n++;
        if (key[n] == '\0' && n == name.n)
            return s->conf->labels.values[i];
    }
    return NULL;
}

static const char *value_of(struct buf *space, struct str name, const struct macro_scope *s)
{
    const struct macro *m = find(name);
    int arg = arg_number(name);

    if (m)
        return m->value(space, s);
    if (arg)
        return arg <= s->args.n ? s->args.at[arg - 1] : NULL;
    return is_label(name) ? label(s, (struct str){name.p + 5, name.n - 5}) : NULL;
}

int macro_check(const char *text, struct err *e)
{
    char name[MAX_NAME + 1];
    const char *near;

    for (const char *p = strchr(text, '$'); p; p = strchr(p, '$')) {
        size_t n = name_at(p);

        if (n == 0) {
            p += p[1] == '$' ? 2 : 1;
            continue;
        }
        if (!known((struct str){p + 1, n})) {
            str_copyn(name, sizeof(name), p + 1, n);
            near = str_nearest(name, names);
            return err_set(e, ERR_INVALID, MSG("there is no macro ${1}$ here; write $$ for a dollar sign, or ${2}$"),
                           "ss", name, near ? near : "HOSTADDRESS");
        }
        p += n + 2;
    }
    return 0;
}

void macro_expand(struct buf *out, const char *text, const struct macro_scope *s)
{
    while (*text) {
        size_t plain = strcspn(text, "$"), n;

        buf_add(out, text, plain);
        text += plain;
        n = name_at(text);
        if (n && known((struct str){text + 1, n})) {
            struct buf space = BUF_MAX(4096);

            buf_str(out, value_of(&space, (struct str){text + 1, n}, s));
            buf_done(&space);
            text += n + 2;
        } else if (*text) {
            buf_char(out, '$');
            text += text[1] == '$' ? 2 : 1;
        }
    }
}

void macro_shell(struct buf *out, const char *text)
{
    while (*text) {
        size_t plain = strcspn(text, "$"), n;

        buf_add(out, text, plain);
        text += plain;
        n = name_at(text);
        if (n && known((struct str){text + 1, n})) {
            buf_printf(out, "${NAGIOS_%.*s}", (int)n, text + 1);
            text += n + 2;
        } else if (*text) {
            buf_char(out, '$');
            text += text[1] == '$' ? 2 : 1;
        }
    }
}

/* ---- the environment ---- */

struct env {
    struct arena *arena;
    VEC(const char *) at;
};

static void env_put(struct env *e, const char *prefix, const char *name, const char *value)
{
    char clean[MAX_NAME + 1];
    size_t n = 0;

    if (value == NULL)
        return;
    for (; n < MAX_NAME && name[n]; n++)
        clean[n] = upper(name[n]);
    clean[n] = '\0';
    VEC_PUSH(&e->at, arena_printf(e->arena, "%s%s=%s", prefix, clean, value));
}

static void env_macros(struct env *e, const struct macro_scope *s)
{
    for (size_t i = 0; i < COUNT(macros); i++) {
        struct buf space = BUF_MAX(4096);

        env_put(e, "NAGIOS_", macros[i].name, macros[i].value(&space, s));
        buf_done(&space);
    }
    for (int i = 0; i < s->args.n && i < MAX_ARGS; i++) {
        char name[16];

        str_print(name, sizeof(name), "ARG%d", i + 1);
        env_put(e, "NAGIOS_", name, s->args.at[i]);
    }
    for (int i = 0; s->conf && i < s->conf->labels.n; i++)
        env_put(e, "NAGIOS__HOST", s->conf->labels.keys[i], s->conf->labels.values[i]);
}

const char *const *macro_env(struct arena *arena, const struct macro_scope *s, const struct conf_pairs *extra)
{
    struct env e = {.arena = arena};
    const char **list;

    env_macros(&e, s);
    for (int i = 0; extra && i < extra->n; i++)
        VEC_PUSH(&e.at, arena_printf(arena, "%s=%s", extra->keys[i], extra->values[i] ? extra->values[i] : ""));
    list = ARENA_ARRAY(arena, const char *, e.at.n + 1);
    if (e.at.n)
        memcpy(list, e.at.at, e.at.n * sizeof(*list));
    VEC_DONE(&e.at);
    return list;
}

/* ---- words ---- */

/* Appends one word; returns what follows it, or NULL when a quote is not closed. */
static const char *take_word(struct buf *out, const char *p)
{
    char quote = 0;

    for (; *p && (quote || !strchr(" \t\r\n", *p)); p++) {
        if (quote ? *p == quote : (*p == '\'' || *p == '"'))
            quote = quote ? 0 : *p;
        else if (*p == '\\' && quote != '\'' && p[1] && (!quote || strchr("\"\\$`", p[1])))
            buf_char(out, *++p);
        else
            buf_char(out, *p);
    }
    return quote ? NULL : p;
}

int macro_words(struct arena *arena, const char *line, const char *const **ret_words, int *ret_n)
{
    const char *words[MACRO_MAX_WORDS + 1] = {0};
    const char **copy;
    int n = 0;

    for (line += strspn(line, " \t\r\n"); *line; line += strspn(line, " \t\r\n")) {
        struct buf word = BUF_MAX(MACRO_MAX_LINE);

        line = take_word(&word, line);
        if (line == NULL || n == MACRO_MAX_WORDS || word.full) {
            buf_done(&word);
            return line ? ERR_LIMIT : ERR_INVALID;
        }
        words[n++] = arena_dup(arena, buf_text(&word));
        buf_done(&word);
    }
    if (n == 0)
        return ERR_INVALID;
    copy = ARENA_ARRAY(arena, const char *, (size_t)n + 1);
    memcpy(copy, words, (size_t)n * sizeof(*copy));
    *ret_words = copy;
    *ret_n = n;
    return 0;
}
