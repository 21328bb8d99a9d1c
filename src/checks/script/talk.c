/* SPDX-License-Identifier: GPL-3.0-or-later */
/* talk.c: plays the steps of a row on a stream that somebody else owns: says, hears, keeps, and names what went wrong.
 * It opens and closes nothing, and it never ends the attempt: it says so by its return. */
#include "checks/script/script.h"

#include <string.h>

enum { PASSED_ON = -2 }; /* the unit is for the next step */

/* ---- values ---- */

const char *script_value(const struct script_talk *t, const char *name)
{
    for (int i = t->n_values - 1; i >= 0; i--)
        if (str_eq(t->values[i].name, name))
            return t->values[i].text;
    return NULL;
}

void script_value_set(struct script_talk *t, const char *name, const char *text)
{
    for (int i = 0; i < t->n_values; i++) {
        if (str_eq(t->values[i].name, name)) {
            t->values[i].text = text;
            return;
        }
    }
    if (t->n_values < SCRIPT_MAX_VALUES)
        t->values[t->n_values++] = (struct script_value){name, text};
}

static void take_values(struct script_talk *t, const struct script_step *s, const char *p, const struct script_unit *u)
{
    for (int i = 0; i < SCRIPT_MAX_TAKES && s->take[i].how; i++) {
        struct buf b = BUF_MAX(20 * 1024);

        if (script_take(&s->take[i], p + u->body, u->n - u->body, &b))
            script_value_set(t, s->take[i].name, arena_dup(t->a->arena, buf_text(&b)));
        buf_done(&b);
    }
}

/* ---- capabilities ---- */

static bool has_word(struct str line, struct str word)
{
    struct str item;

    while (str_next(&line, " \t", &item))
        if (item.n == word.n && strncasecmp(item.p, word.p, word.n) == 0)
            return true;
    return false;
}

/* All words of the requirement stand in one line. */
bool script_capable(const char *list, bool words, const char *requirement)
{
    struct str rest = str_of(list), line;

    while (str_next(&rest, "\n", &line)) {
        struct str wanted = str_of(requirement), word;
        bool all = true;

        while (all && str_next(&wanted, " \t", &word))
            all = word.n == 0 || has_word(line, word);
        if (all)
            return true;
    }
    return false;
}

/* ---- what went wrong ---- */

static const char *quoted(struct script_talk *t, const char *p, size_t n)
{
    const char *lf = n ? memchr(p, '\n', n) : NULL;

    return attempt_quote(t->a, p, lf ? (size_t)(lf - p) : n, SCRIPT_QUOTE);
}

/* What the step wanted, as a message. */
static const char *wanted(struct script_talk *t, const struct script_step *s)
{
    struct buf b = BUF_MAX(600);
    const char *text, *want = s->want ? s->want : s->until;
    struct buf list = BUF_MAX(300);

    for (const char *p = want ? attempt_quote(t->a, want, strlen(want), SCRIPT_QUOTE) : ""; *p; p++)
        buf_str(&list, *p == '|' && s->match != SCRIPT_REGEX ? ", " : (const char[]){*p, '\0'});
    if (want == NULL || s->match == SCRIPT_ANY)
        msg_pack(&b, MSG("an answer"), "");
    else if (s->op == SCRIPT_BYTES || s->op == SCRIPT_FRAME || s->op == SCRIPT_ZERO)
        msg_pack(&b, MSG("an answer of this protocol"), "");
    else if (s->match == SCRIPT_BEGINS && s->op != SCRIPT_TEXT)
        msg_pack(&b, MSG("a line beginning with {1}"), "s", buf_text(&list));
    else
        msg_pack(&b, MSG("“{1}”"), "s", buf_text(&list));
    text = arena_dup(t->a->arena, buf_text(&b));
    buf_done(&list);
    buf_done(&b);
    return text;
}

static int said_other(struct script_talk *t, const struct script_step *s, const char *p, size_t n)
{
    const char *want = wanted(t, s);

    t->a->answered = true;
    if (t->said)
        attempt_say(t->a, STATE_CRITICAL, MSG("said “{1}” to “{2}”, wanted {3}"), "ssm", quoted(t, p, n), t->said, want);
    else
        attempt_say(t->a, STATE_CRITICAL, MSG("said “{1}”, wanted {2}"), "sm", quoted(t, p, n), want);
    return SCRIPT_FAILED;
}

static int said_too_much(struct script_talk *t)
{
    attempt_say(t->a, STATE_CRITICAL, MSG("said more than {1} without coming to an end: “{2}”"), "bs", (int64_t)SCRIPT_MAX_HEARD,
                quoted(t, t->heard.data, t->heard.len));
    return SCRIPT_FAILED;
}

static int said_in_vain(struct script_talk *t, const struct script_step *s)
{
    attempt_say(t->a, STATE_CRITICAL, MSG("said more than {1} lines that were not wanted; wanted {2}"), "im", (int64_t)SCRIPT_MAX_PASSED, wanted(t, s));
    return SCRIPT_FAILED;
}

static int64_t patience_ms(const struct script_talk *t, const struct script_step *s)
{
    return s->timeout_ms ? s->timeout_ms : t->a->timeout_ms;
}

static void say_silent(struct script_talk *t, const struct script_step *s)
{
    const char *want = wanted(t, s);

    if (t->said)
        attempt_say(t->a, STATE_CRITICAL, MSG("no answer to “{1}” within {2}; wanted {3}"), "sdm", t->said, patience_ms(t, s), want);
    else
        attempt_say(t->a, STATE_CRITICAL, MSG("connected, but nothing was said within {1}; wanted {2}"), "dm", patience_ms(t, s), want);
}

static void say_half(struct script_talk *t, const struct script_step *s)
{
    attempt_say(t->a, STATE_CRITICAL, MSG("said “{1}” and no more within {2}; wanted {3}"), "sdm",
                quoted(t, t->heard.data, t->heard.len), patience_ms(t, s), wanted(t, s));
}

static int say_closed(struct script_talk *t, const struct script_step *s)
{
    const char *want = wanted(t, s);

    if (t->heard.len)
        attempt_say(t->a, STATE_CRITICAL, MSG("said “{1}” and closed the connection; wanted {2}"), "sm",
                    quoted(t, t->heard.data, t->heard.len), want);
    else if (t->said)
        attempt_say(t->a, STATE_CRITICAL, MSG("closed the connection after “{1}”; wanted {2}"), "sm", t->said, want);
    else
        attempt_say(t->a, STATE_CRITICAL, MSG("closed the connection and said nothing; wanted {1}"), "m", want);
    return SCRIPT_FAILED;
}

void script_talk_late(struct script_talk *t)
{
    const struct script_step *s = t->waiting;

    if (s == NULL || s->op == SCRIPT_END)
        return;
    if (s->op == SCRIPT_SECURE)
        attempt_say(t->a, STATE_CRITICAL, MSG("connected, but no TLS handshake within {1}"), "d", t->a->timeout_ms);
    else if (t->heard.len)
        say_half(t, s);
    else
        say_silent(t, s);
}

/* ---- steps ---- */

/* Whether the row says so or not: a password is never shown. */
static bool is_secret(const struct script_step *s, const char *text)
{
    return s->secret || strstr(text, "{password") || strstr(text, "{plain");
}

/* The first line of what is said, for sentences; of a secret the word in front. */
static const char *shown(struct script_talk *t, bool secret, const char *p, size_t n)
{
    size_t line = 0, word;

    while (line < n && (unsigned char)p[line] >= ' ')
        line++;
    if (line == 0)
        return NULL;
    for (word = 0; word < line && p[word] != ' ';)
        word++;
    if (!secret)
        return attempt_quote(t->a, p, line, 60);
    return word < line ? arena_printf(t->a->arena, "%s …", attempt_quote(t->a, p, word, 40)) : "…";
}

static int say(struct script_talk *t, const struct script_step *s, const char *text)
{
    struct buf b = BUF_MAX(SCRIPT_MAX_SAID);
    bool secret = is_secret(s, text);
    int code = script_expand(&b, text, &t->scope);

    if (code == 0 && b.len) {
        t->said = shown(t, secret, b.data, b.len);
        if (secret)
            attempt_trace(t->a, '>', t->said ? t->said : "…", strlen(t->said ? t->said : "…"));
        else
            attempt_trace(t->a, '>', b.data, b.len);
        (void)t->write(t->arg, b.data, b.len); /* a failure comes by on_end */
    }
    if (secret && b.data)
        explicit_bzero(b.data, b.cap);
    buf_done(&b);
    if (code == 0)
        return SCRIPT_MORE;
    attempt_say(t->a, STATE_UNKNOWN, MSG("“{1}” has a macro that there is not, or is too long"), "s", quoted(t, text, strlen(text)));
    return SCRIPT_FAILED;
}

/* The part of a refusal that is for people. */
static const char *refusal_text(struct script_talk *t, const struct script_refusal *r, const char *p, size_t n)
{
    struct buf plain = BUF_MAX(100);
    const char *found = NULL, *zero;

    if (r->from && script_expand(&plain, r->from, &t->scope) == 0)
        found = memmem(p, n, plain.data, plain.len);
    if (found) {
        n -= (size_t)(found - p) + plain.len;
        p = found + plain.len;
        zero = n ? memchr(p, '\0', n) : NULL;
        n = zero ? (size_t)(zero - p) : n;
    } else if ((size_t)r->skip <= n) {
        p += r->skip;
        n -= (size_t)r->skip;
    }
    buf_done(&plain);
    return quoted(t, p, n);
}

static int refuse(struct script_talk *t, const struct script_refusal *r, const struct script_unit *u)
{
    const char *text = refusal_text(t, r, buf_text(&t->heard) + u->body, u->n - u->body);

    t->a->answered = true;
    if (r->state == STATE_OK) { /* as good as what was wanted */
        struct buf b = BUF_MAX(600);

        msg_pack(&b, r->say, "s", text);
        script_value_set(t, "note", arena_dup(t->a->arena, buf_text(&b)));
        buf_done(&b);
        return SCRIPT_DONE;
    }
    attempt_say(t->a, r->state, r->say, "s", text);
    return SCRIPT_FAILED;
}

/* Answers lines such as IRC's PING. */
static bool pong(struct script_talk *t, const struct script_step *s, const struct script_unit *u)
{
    size_t n = s->ping ? strlen(s->ping) : 0;

    if (n == 0 || u->n < n || memcmp(t->heard.data, s->ping, n) != 0)
        return false;
    t->scope.rest = str_trim((struct str){t->heard.data + n, u->n - n});
    (void)say(t, s, s->pong);
    t->scope.rest = (struct str){0};
    return true;
}

/* Where the last line begins. */
static size_t last_line(const char *p, size_t n)
{
    const char *lf = n > 1 ? memrchr(p, '\n', n - 1) : NULL;

    return lf ? (size_t)(lf - p) + 1 : 0;
}

/* One unit is there: SCRIPT_MORE when the next step is due, DONE, FAILED; or -1: another unit for the same step. */
static int take_unit(struct script_talk *t, const struct script_step *s, const struct script_unit *u)
{
    const char *p = buf_text(&t->heard) + u->body;
    size_t n = u->n - u->body;
    size_t from = s->op == SCRIPT_LINES && s->match == SCRIPT_BEGINS ? last_line(p, n) : (size_t)s->at;
    enum script_match how = s->op == SCRIPT_TEXT && s->match == SCRIPT_BEGINS ? SCRIPT_CONTAINS : s->match;
    const struct script_refusal *r;
    bool good;

    if (s->op == SCRIPT_LINE && pong(t, s, u))
        return -1;
    good = (size_t)s->at <= n && script_matches(how, s->want, p + from, n - from);
    if (!good && s->optional)
        return PASSED_ON;
    r = good ? NULL : script_refused(s, p, n);
    if (r)
        return refuse(t, r, u);
    if (!good && s->pass)
        return -1;
    if (!good)
        return said_other(t, s, p, n);
    take_values(t, s, buf_text(&t->heard), u);
    return SCRIPT_MORE;
}

static int hear(struct script_talk *t, const struct script_step *s)
{
    struct script_unit u;
    int code, r;

    do {
        code = script_scan(s, buf_text(&t->heard), t->heard.len, t->closed, &u);
        if (code == 1 && t->closed)
            return say_closed(t, s);
        if (code == 1 && t->heard.full)
            return said_too_much(t);
        if (code == 1)
            return -1; /* waits */
        if (code == ERR_LIMIT && t->heard.len >= SCRIPT_MAX_HEARD)
            return said_too_much(t);
        if (code != 0)
            return said_other(t, s, t->heard.data, t->heard.len);
        t->a->answered = true;
        r = take_unit(t, s, &u);
        if (r == PASSED_ON)
            return SCRIPT_MORE;
        if (r != SCRIPT_FAILED && r != SCRIPT_DONE)
            buf_drop(&t->heard, u.n);
        if (r == -1 && ++t->passed > SCRIPT_MAX_PASSED)
            return said_in_vain(t, s);
    } while (r == -1);
    return r;
}

static int need(struct script_talk *t, const struct script_step *s)
{
    const char *list = script_value(t, "capabilities");

    if (script_capable(list, t->script->words, s->text))
        return SCRIPT_MORE;
    attempt_say(t->a, STATE_CRITICAL, MSG("{1} is not offered; offered are {2}"), "ss", s->text,
                list && list[0] ? attempt_quote(t->a, list, strlen(list), SCRIPT_QUOTE) : "-");
    return SCRIPT_FAILED;
}

static int secure(struct script_talk *t)
{
    if (t->heard.len) { /* what was slipped in before TLS must not count as said within */
        attempt_say(t->a, STATE_CRITICAL, MSG("said “{1}” between the agreement on TLS and its beginning"), "s",
                    quoted(t, t->heard.data, t->heard.len));
        return SCRIPT_FAILED;
    }
    t->secure = true;
    t->flags = (t->flags | IF_SECURE | IF_UPGRADED) & ~IF_STARTTLS;
    return SCRIPT_READY;
}

void script_talk_say(struct script_talk *t, const char *text)
{
    static const struct script_step farewell = {SCRIPT_SEND};

    (void)say(t, &farewell, text);
}

int script_talk_go(struct script_talk *t)
{
    for (;;) {
        const struct script_step *s = &t->script->steps[t->step];
        int r;

        t->waiting = s;
        if (s->op == SCRIPT_END)
            return SCRIPT_DONE;
        if ((s->when & ~t->flags) || (s->unless & t->flags))
            r = SCRIPT_MORE;
        else if (s->op == SCRIPT_SEND)
            r = say(t, s, s->text);
        else if (s->op == SCRIPT_NEED)
            r = need(t, s);
        else if (s->op == SCRIPT_SECURE)
            r = secure(t);
        else
            r = hear(t, s);
        if (r == -1)
            return SCRIPT_MORE;
        if (r == SCRIPT_DONE || r == SCRIPT_FAILED)
            return r;
        t->step++;
        if (r == SCRIPT_READY)
            return r;
    }
}

int script_talk_hear(struct script_talk *t, const char *p, size_t n)
{
    struct attempt *a = t->a;

    attempt_trace(a, '<', p, n);
    if (a->timings.first_byte_us == 0)
        a->timings.first_byte_us = (int32_t)attempt_spent_us(a);
    buf_add(&t->heard, p, n);
    return script_talk_go(t);
}

int script_talk_closed(struct script_talk *t)
{
    t->closed = true;
    return script_talk_go(t);
}

void script_talk_init(struct script_talk *t, struct attempt *a, const struct script *s, int flags,
                      int (*write)(void *, const void *, size_t), void *arg)
{
    uint64_t random = entropy_u64();

    *t = (struct script_talk){.a = a, .script = s, .flags = flags, .write = write, .arg = arg, .heard = BUF_MAX(SCRIPT_MAX_HEARD)};
    str_print(t->scope.unique, sizeof(t->scope.unique), "%u", (unsigned)(random % 10000000));
}

void script_talk_done(struct script_talk *t)
{
    buf_done(&t->heard);
}
