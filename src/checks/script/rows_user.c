/* SPDX-License-Identifier: GPL-3.0-or-later */
/* rows_user.c: dialogues that the configuration brings: `script` with a list of steps, and `udp`, one datagram and its
 * answer.  Both make a row in the memory of the configuration when it is loaded; then they are rows as the others. */
#include "base/hash.h"
#include "checks/script/rows.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>
#include <string.h>

enum { MAX_CAPTURES = 6 };

/* ---- what both need ---- */

static int bad(struct err *e, const char *field, const char *msgid, const char *what)
{
    return err_field(e, ERR_INVALID, field, msgid, "s", what);
}

/* Do the macros of a text exist? */
static int judge_text(const char *text, const char *field, struct err *e)
{
    static const struct script_scope none = {0};
    struct buf b = BUF_MAX(SCRIPT_MAX_SAID);
    int code = script_expand(&b, text, &none);

    buf_done(&b);
    if (code == 0)
        return 0;
    return bad(e, field, MSG("“{1}” has a macro that there is not; there are {{host}, {{user}, {{password}, {{name}; write {{{{ for a brace"), text);
}

static int judge_regex(const char *text, const char *field, struct err *e)
{
    int error;
    PCRE2_SIZE at;
    pcre2_code *code = pcre2_compile((PCRE2_SPTR)text, PCRE2_ZERO_TERMINATED, PCRE2_MULTILINE, &error, &at, NULL);

    pcre2_code_free(code);
    return code ? 0 : bad(e, field, MSG("“{1}” is no regular expression"), text);
}

/* "00 ff 0a" → "\x00\xff\x0a". */
static int from_hex(const char *hex, struct arena *arena, const char **ret, struct err *e)
{
    struct buf b = BUF_MAX(SCRIPT_MAX_SAID);
    int code = 0;

    for (const char *p = hex; *p && code == 0; p++) {
        unsigned char byte;

        if (*p == ' ' || *p == ':')
            continue;
        if (p[1] == '\0' || hash_unhex((char[]){p[0], p[1], '\0'}, &byte, 1) != 0)
            code = bad(e, "hex", MSG("“{1}” is not hexadecimal; write bytes such as 00 ff 0a"), hex);
        else
            buf_printf(&b, "\\x%02x", byte);
        p++;
    }
    if (code == 0)
        *ret = arena_dup(arena, buf_text(&b));
    buf_done(&b);
    return code;
}

/* ---- udp ---- */

static const struct script_piece udp_says[] = {{"text", MSG("answered “{1}”")}, {0}};

static int finish_udp(void *arg, struct arena *arena, const char *host_address, struct err *e)
{
    struct script_opts *o = arg;
    struct script *s = ARENA_NEW(arena, struct script);
    struct script_step *steps = ARENA_ARRAY(arena, struct script_step, 3);

    *s = (struct script){.word = "udp", .udp = true, .steps = steps, .says = udp_says};
    steps[0] = (struct script_step){SCRIPT_SEND, .text = o->send};
    if (o->hex && from_hex(o->hex, arena, &steps[0].text, e) != 0)
        return ERR_INVALID;
    if (steps[0].text == NULL || (o->hex && o->send))
        return bad(e, "send", MSG("give “send” or “hex”: {1}"), MSG("without a question there is no answer"));
    steps[1] = (struct script_step){SCRIPT_SOME, .want = o->expect, .match = o->expect ? SCRIPT_CONTAINS : SCRIPT_ANY,
                                    .take = {{"text", TAKE_ALL}}};
    if (judge_text(steps[0].text, "send", e) != 0)
        return ERR_INVALID;
    o->expect = NULL; /* the step looks for it */
    return script_finish(s, o, arena, host_address, e);
}

static const struct conf_row rows_udp[] = {
    {.key = "target", .type = CONF_TEXT, .offset = OPT(target), .flags = CONF_REQUIRED | CONF_POSITIONAL,
     .help = MSG("port, name of a service, or HOST:PORT"), .example = "\"ns.example.org:9999\""},
    {.key = "send", .type = CONF_TEXT, .offset = OPT(send), .help = MSG("text to send; \\r \\n \\0 \\xHH are bytes"), .example = "ping"},
    {.key = "hex", .type = CONF_TEXT, .offset = OPT(hex), .help = MSG("bytes to send, hexadecimal"), .example = "\"ff ff 01\""},
    {.key = "expect", .type = CONF_TEXT, .offset = OPT(expect), .help = MSG("text that must come back; without it: any answer"), .example = "pong"},
    ROWS_TIME,
    {0},
};
const struct probe probe_udp = {
    .kind = {.name = "udp", .help = MSG("sends a datagram (UDP) and waits for an answer"), .area = "reach",
             .example = "udp: { target: \"game.example.org:9999\", send: ping, expect: pong }", .rows = rows_udp,
             .opts_bytes = sizeof(struct script_opts), .finish = finish_udp},
    .start = script_start, .stop = script_stop, .late = script_late,
};

/* ---- script ---- */

static const struct conf_row step_rows[] = {
    {.key = "send", .type = CONF_TEXT, .help = MSG("says this; \\r \\n \\0 \\xHH are bytes, {user}, {password}, {host}, {name} stand for the options"),
     .example = "\"HELO {self}\\r\\n\""},
    {.key = "hex", .type = CONF_TEXT, .help = MSG("says these bytes, hexadecimal"), .example = "\"00 ff\""},
    {.key = "expect", .type = CONF_TEXT, .help = MSG("hears a line, or a numbered reply of several, that begins with one of these (parted by |)"),
     .example = "\"220|221\""},
    {.key = "contains", .type = CONF_TEXT, .help = MSG("hears until this text came"), .example = "ready"},
    {.key = "regex", .type = CONF_TEXT, .help = MSG("hears until this regular expression fits"), .example = "\"version ([0-9.]+)\""},
    {.key = "until", .type = CONF_TEXT, .help = MSG("hears lines until one begins with this"), .example = "\".\""},
    {.key = "tls", .type = CONF_BOOL, .help = MSG("begins TLS here (STARTTLS)"), .example = "yes"},
    {.key = "close", .type = CONF_BOOL, .help = MSG("hears until the peer closes the connection"), .example = "yes"},
    {.key = "capture", .type = CONF_TEXT, .help = MSG("keeps the line, or group 1 of the regular expression, under this name; numbers become performance data"),
     .example = "version"},
    {.key = "timeout", .type = CONF_DURATION, .help = MSG("how long this step may take"), .example = "2s"},
    {.key = "secret", .type = CONF_BOOL, .help = MSG("what is sent is not shown"), .example = "yes"},
    {0},
};

static const char *key_of(const struct conf_pairs *p, const char *key)
{
    for (int i = 0; i < p->n; i++)
        if (str_eq(p->keys[i], key))
            return p->values[i];
    return NULL;
}

static bool is_yes(const char *text)
{
    return str_ieq(text, "yes") || str_ieq(text, "true") || str_ieq(text, "on");
}

static const struct hearing {
    const char *key;
    enum script_op op;
    enum script_match match;
} hearings[] = {
    {"expect", SCRIPT_REPLY, SCRIPT_BEGINS}, {"contains", SCRIPT_TEXT, SCRIPT_CONTAINS}, {"regex", SCRIPT_TEXT, SCRIPT_REGEX},
    {"until", SCRIPT_LINES, SCRIPT_ANY},     {"close", SCRIPT_ALL, SCRIPT_ANY},
};

/* How a step hears; NULL: it does not. */
static const struct hearing *hearing_of(const struct conf_pairs *p, int *ret_n)
{
    const struct hearing *found = NULL;

    *ret_n = 0;
    for (size_t i = 0; i < COUNT(hearings); i++) {
        const char *value = key_of(p, hearings[i].key);

        if (value == NULL || (str_eq(hearings[i].key, "close") && !is_yes(value)))
            continue;
        found = &hearings[i];
        ++*ret_n;
    }
    return found;
}

static int make_hearing(const struct conf_pairs *p, const struct hearing *h, struct script_step *to, struct err *e)
{
    const char *text = key_of(p, h->key), *name = key_of(p, "capture"), *timeout = key_of(p, "timeout");

    *to = (struct script_step){h->op, .match = h->match};
    if (h->op == SCRIPT_LINES)
        to->until = text;
    else if (h->op != SCRIPT_ALL)
        to->want = text;
    if (text[0] == '\0')
        return bad(e, "steps", MSG("“{1}” is empty"), h->key);
    if (h->match == SCRIPT_REGEX && judge_regex(text, "steps", e) != 0)
        return ERR_INVALID;
    if (timeout && (str_duration(timeout, 1000, &to->timeout_ms) != 0 || to->timeout_ms <= 0))
        return bad(e, "steps", MSG("“{1}” is no duration such as 2s"), timeout);
    if (name)
        to->take[0] = (struct script_take){name, TAKE_LINE};
    if (name && h->match == SCRIPT_REGEX)
        to->take[1] = (struct script_take){name, TAKE_GROUP, text};
    return 0;
}

/* One item of the list: up to three steps: says, hears, begins TLS. Their number, or an error. */
static int make_steps(const struct conf_pairs *p, struct script_step *to, struct arena *arena, struct err *e)
{
    const char *say = key_of(p, "send"), *hex = key_of(p, "hex");
    int n = 0, hearings_n;
    const struct hearing *h = hearing_of(p, &hearings_n);

    if (hearings_n > 1 || (say && hex))
        return bad(e, "steps", MSG("a step says one thing and hears in one way; split it: {1}"), p->keys[0]);
    if (hex && from_hex(hex, arena, &say, e) != 0)
        return ERR_INVALID;
    if (say && judge_text(say, "steps", e) != 0)
        return ERR_INVALID;
    if (say)
        to[n++] = (struct script_step){SCRIPT_SEND, .text = say, .secret = strstr(say, "{password") || is_yes(key_of(p, "secret"))};
    if (h && make_hearing(p, h, &to[n++], e) != 0)
        return ERR_INVALID;
    if (is_yes(key_of(p, "tls")))
        to[n++] = (struct script_step){SCRIPT_SECURE};
    if (n == 0)
        return bad(e, "steps", MSG("a step needs one of {1}"), "send, hex, expect, contains, regex, until, close, tls");
    return n;
}

/* The sentence is what was kept, in its order. */
static const struct script_piece *make_says(const struct script_step *steps, int n, struct arena *arena)
{
    struct script_piece *says = ARENA_ARRAY(arena, struct script_piece, MAX_CAPTURES + 1);
    int k = 0;

    for (int i = 0; i < n && k < MAX_CAPTURES; i++)
        if (steps[i].take[0].name)
            says[k++].value = steps[i].take[0].name;
    return says;
}

static int finish_script(void *arg, struct arena *arena, const char *host_address, struct err *e)
{
    struct script_opts *o = arg;
    struct script *s = ARENA_NEW(arena, struct script);
    struct script_step *steps = ARENA_ARRAY(arena, struct script_step, 3 * (size_t)o->steps.n + 1);
    int n = 0;

    if (o->steps.n == 0)
        return bad(e, "steps", MSG("“{1}” is empty"), "steps");
    if (o->quit && judge_text(o->quit, "quit", e) != 0)
        return ERR_INVALID;
    for (int i = 0; i < o->steps.n; i++) {
        int made = make_steps(&o->steps.at[i], steps + n, arena, e);

        if (made < 0)
            return made;
        n += made;
    }
    *s = (struct script){.word = "script", .steps = steps, .says = make_says(steps, n, arena), .quit = o->quit, .lone_password = true, .numbers = true};
    return script_finish(s, o, arena, host_address, e);
}

static const struct conf_row rows_script[] = {
    {.key = "use", .type = CONF_TEXT, .flags = CONF_ELSEWHERE, .help = MSG("a dialogue under “scripts” at the top of the configuration; what is written here goes before it"),
     .example = "game"},
    {.key = "target", .type = CONF_TEXT, .offset = OPT(target), .flags = CONF_REQUIRED, .help = MSG("port, name of a service, or HOST:PORT"),
     .example = "\"game.example.org:7777\""},
    {.key = "steps", .type = CONF_LIST, .offset = OPT(steps), .flags = CONF_REQUIRED, .rows = step_rows,
     .help = MSG("what is said and what must be heard, in this order"), .example = "[{ expect: \"220\" }, { send: \"HELP\\r\\n\", expect: \"214\" }]"},
    {.key = "quit", .type = CONF_TEXT, .offset = OPT(quit), .help = MSG("said before leaving"), .example = "\"QUIT\\r\\n\""},
    {.key = "udp", .type = CONF_BOOL, .offset = OPT(udp), .by_default = "no", .help = MSG("datagrams instead of a connection"), .example = "yes"},
    {.key = "user", .type = CONF_TEXT, .offset = OPT(user), .help = MSG("what {user} stands for"), .example = "probe"},
    {.key = "password", .type = CONF_SECRET, .offset = OPT(password), .help = MSG("what {password} stands for"), .example = "{ file: /etc/vigie/password }"},
    {.key = "text", .type = CONF_TEXT, .offset = OPT(name), .help = MSG("what {name} stands for"), .example = "lobby"},
    ROWS_TLS_PLAIN,
    ROWS_TIME,
    {0},
};
const struct probe probe_script = {
    .kind = {.name = "script", .help = MSG("a dialogue of your own: what to say, what must be heard, TLS, values to keep"), .area = "reach",
             .example = "script: { target: \"game.example.org:7777\", steps: [{ expect: \"HELLO\" }, { send: \"PING\\r\\n\", expect: \"PONG\" }] }",
             .library = "scripts", .rows = rows_script, .opts_bytes = sizeof(struct script_opts), .finish = finish_script},
    .start = script_start, .stop = script_stop, .late = script_late,
};
