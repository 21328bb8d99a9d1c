/* SPDX-License-Identifier: GPL-3.0-or-later */
/* irc_login.c: from the open connection to the first channel: capabilities, SASL, a nickname that is free; and what of it changes later.
 *
 * Only capabilities that the server listed are asked for, each on its own, because one that it does not like refuses all of a line.
 * SASL may come late, when the services are linked only after us: some servers say so (CAP NEW), the others are asked now and then. */
#include "base/log.h"
#include "base/mem.h"
#include "base/msg.h"
#include "base/str.h"
#include "channels/irc_session_int.h"
#include <string.h>

enum { LEAST_NICK = 9, NICK_TRIES = 20 };

static const struct {
    const char *word;
    enum cap bit;
} caps[] = {{"sasl", CAP_SASL},           {"account-tag", CAP_ACCOUNT_TAG}, {"account-notify", CAP_ACCOUNT_NOTIFY}, {"extended-join", CAP_EXTENDED_JOIN},
            {"cap-notify", CAP_NOTIFY}, {"multi-prefix", CAP_MULTI_PREFIX}, {"chghost", CAP_CHGHOST}};

static bool wants_sasl(const struct irc_session *s)
{
    return s->o.external || s->o.secret;
}

void login_begin(struct irc_session *s)
{
    s->offered = s->caps = 0;
    s->caps_asked = s->nick_try = 0;
    s->listing = s->negotiating = true;
    s->welcomed = s->identified = s->knows_caps = s->nobody = false;
    str_copy(s->nick, sizeof s->nick, s->o.nick);
    OUT_NOW(s, "CAP", "LS", "302");
    if (s->o.password)
        OUT_NOW(s, "PASS", s->o.password);
    OUT_NOW(s, "NICK", s->nick);
    OUT_NOW(s, "USER", s->o.user, "0", "*", s->o.realname);
}

static void negotiated(struct irc_session *s)
{
    if (!s->negotiating || s->listing || s->caps_asked > 0)
        return;
    s->negotiating = false;
    if (s->step == STEP_REGISTERING)
        OUT_NOW(s, "CAP", "END");
}

/* ---- capabilities ---- */

static void ask_caps(struct irc_session *s, unsigned bits)
{
    for (size_t i = 0; i < COUNT(caps); i++)
        if ((bits & caps[i].bit) && !(s->caps & caps[i].bit) && (caps[i].bit != CAP_SASL || wants_sasl(s))) {
            s->caps_asked++;
            OUT_NOW(s, "CAP", "REQ", caps[i].word);
        }
}

/* The bits of "sasl=PLAIN,EXTERNAL -account-tag …". A server that names its mechanisms without ours has no SASL for us. */
static unsigned caps_of(const struct irc_session *s, const char *text, unsigned *ret_gone)
{
    const char *mechanism = s->o.external ? "EXTERNAL" : "PLAIN";
    struct str rest = str_of(text), word, one;
    unsigned bits = 0;
    while (str_next(&rest, " ", &word)) {
        bool gone = word.n && word.p[0] == '-', fits = true;
        struct str name = {word.p + gone, word.n - gone};
        const char *equal = name.n ? memchr(name.p, '=', name.n) : NULL;
        struct str values = {equal ? equal + 1 : "", equal ? name.n - (size_t)(equal + 1 - name.p) : 0};
        name.n = equal ? (size_t)(equal - name.p) : name.n;
        if (str_is(name, "sasl") && values.n)
            for (fits = false; !fits && str_next(&values, ",", &one);)
                fits = str_is(one, mechanism);
        for (size_t i = 0; i < COUNT(caps); i++)
            if (str_is(name, caps[i].word) && fits)
                *(gone ? ret_gone : &bits) |= caps[i].bit;
    }
    return bits;
}

static void sasl_begin(struct irc_session *s)
{
    s->caps_asked++; /* until it has ended */
    OUT_NOW(s, "AUTHENTICATE", s->o.external ? "EXTERNAL" : "PLAIN");
}

static void on_cap(struct irc_session *s, const struct irc_line *l)
{
    const char *what = irc_param(l, 1), *text = irc_param(l, l->n - 1);
    unsigned gone = 0, bits = caps_of(s, text, &gone);
    s->knows_caps = true;
    if (str_eq(what, "LS") && s->listing) {
        s->offered |= bits;
        s->listing = l->n > 3 && str_eq(irc_param(l, 2), "*"); /* more lines follow */
        if (!s->listing)
            ask_caps(s, s->offered);
    } else if (str_eq(what, "NEW") || str_eq(what, "LS")) {
        ask_caps(s, bits);
    } else if (str_eq(what, "DEL")) {
        s->caps &= ~bits;
    } else if (str_eq(what, "ACK") || str_eq(what, "NAK")) {
        bool took = str_eq(what, "ACK");
        s->caps = took ? (s->caps | bits) & ~gone : s->caps;
        s->caps_asked -= s->caps_asked > 0;
        if (took && (bits & CAP_SASL) && !s->account[0])
            sasl_begin(s);
    }
    negotiated(s);
}

/* ---- SASL ---- */

static void piece(void *arg, const char *text)
{
    OUT_NOW((struct irc_session *)arg, "AUTHENTICATE", text);
}

static void on_authenticate(struct irc_session *s, const struct irc_line *l)
{
    if (!str_eq(irc_param(l, 0), "+"))
        return;
    if (s->o.external)
        piece(s, "+");
    else if (irc_sasl_plain(s->o.account ? s->o.account : s->o.nick, s->o.secret, piece, s) < 0)
        OUT_NOW(s, "AUTHENTICATE", "*");
}

static void on_account(struct irc_session *s, const struct irc_line *l) /* 900 me nick!user@host account :words */
{
    str_copy(s->account, sizeof s->account, irc_param(l, 2));
    if (!s->welcomed)
        return;
    rooms_join(s, true); /* what was closed to strangers */
    s->on.on_account(s->arg);
}

static void on_account_gone(struct irc_session *s, const struct irc_line *l)
{
    s->account[0] = 0;
}

static void sasl_end(struct irc_session *s)
{
    s->caps_asked -= s->caps_asked > 0;
    negotiated(s);
}

static void on_sasl_good(struct irc_session *s, const struct irc_line *l)
{
    s->error = (struct err){0};
    sasl_end(s);
}

/* 902, 904 … 906: refused; 907: we are in already; 908: other mechanisms (a 904 follows). */
static void on_sasl_bad(struct irc_session *s, const struct irc_line *l)
{
    struct buf b = BUF_MAX(800);
    if (l->numeric == 908)
        return;
    if (l->numeric != 907) {
        err_set(&s->error, ERR_AUTH, MSG("SASL: “{1}”"), "s", irc_param(l, l->n - 1));
        msg_render(&b, s->error.text, "en");
        log_line(LOG_WARN, "irc %s: %s", s->o.network, buf_text(&b));
        buf_done(&b);
    }
    sasl_end(s);
}

static void identify(struct irc_session *s)
{
    char line[IRC_MAX_LINE];
    if (s->account[0] || s->identified || !s->o.secret || !s->o.nickserv || s->o.external)
        return;
    s->identified = true;
    str_print(line, sizeof line, s->o.account ? "IDENTIFY %2$s %1$s" : "IDENTIFY %1$s", s->o.secret, s->o.account);
    OUT_NOW(s, "PRIVMSG", s->o.nickserv, line);
}

void login_nobody(struct irc_session *s, const char *nick)
{
    s->nobody |= s->o.nickserv && irc_same(s->support.casemap, nick, s->o.nickserv);
}

/* What was refused is not tried again: only what was not there. */
void login_again(struct irc_session *s)
{
    int64_t now = clock_mono_ms();
    if (s->account[0] || !wants_sasl(s) || now < s->login_ms)
        return;
    s->login_ms = now + IRC_LOGIN_MS;
    if (s->knows_caps && !(s->caps & CAP_SASL))
        OUT_LINE(s, "CAP", "LS", "302");
    if (s->nobody) {
        s->nobody = s->identified = false;
        identify(s);
    }
}

/* ---- the nickname ---- */

static size_t nick_room(const struct irc_session *s)
{
    return s->support.nick_len > 0 ? (size_t)s->support.nick_len : LEAST_NICK;
}

/* "vigie", "vigie_", "vigie__", "vigie3" …: never longer than the shortest limit that there is, when it is not known. */
static void next_nick(struct irc_session *s, bool too_long)
{
    struct err e = {0};
    char tail[16];
    if (++s->nick_try > NICK_TRIES) {
        session_fail(s, err_set(&e, ERR_CONFLICT, MSG("no nickname like {1} is free"), "s", s->o.nick), &e);
        return;
    }
    str_copy(tail, sizeof tail, "__");
    if (s->nick_try < 3)
        tail[too_long && s->nick_try == 1 ? 0 : s->nick_try] = 0;
    else
        str_print(tail, sizeof tail, "%d", s->nick_try);
    size_t room = nick_room(s) - strlen(tail), n = strlen(s->o.nick);
    str_print(s->nick, sizeof s->nick, "%.*s%s", (int)(n < room ? n : room), s->o.nick, tail);
    OUT_NOW(s, "NICK", s->nick);
}

static void on_nick_taken(struct irc_session *s, const struct irc_line *l)
{
    if (!s->welcomed)
        next_nick(s, l->numeric == 432);
}

void login_regain(struct irc_session *s)
{
    int64_t now = clock_mono_ms();
    if (irc_session_is_me(s, s->o.nick) || now < s->regain_ms)
        return;
    s->regain_ms = now + IRC_REGAIN_MS;
    OUT_LINE(s, "NICK", s->o.nick);
}

/* ---- welcome ---- */

static void on_welcome(struct irc_session *s, const struct irc_line *l)
{
    str_copy(s->nick, sizeof s->nick, irc_param(l, 0));
    str_copy(s->server, sizeof s->server, l->nick);
    s->regain_ms = clock_mono_ms() + IRC_REGAIN_MS;
    s->login_ms = clock_mono_ms() + IRC_LOGIN_MS;
}

static void on_support(struct irc_session *s, const struct irc_line *l)
{
    irc_support_read(&s->support, l);
}

/* The end of the message of the day, or that there is none: from here on we are somebody like all others. */
static void on_motd_end(struct irc_session *s, const struct irc_line *l)
{
    if (s->welcomed)
        return;
    s->welcomed = true;
    s->step = STEP_UP;
    s->since_ms = clock_wall_ms();
    s->began_ms = clock_mono_ms();
    if (s->failures > 1)
        log_line(LOG_INFO, "irc %s: connected again", s->o.network);
    if (s->account[0] || !wants_sasl(s))
        s->error = (struct err){0};
    identify(s);
    rooms_join(s, true);
    s->on.on_up(s->arg);
}

static void on_turned_away(struct irc_session *s, const struct irc_line *l)
{
    struct err e = {0};
    session_fail(s, err_set(&e, ERR_DENIED, MSG("the server turns us away: “{1}”"), "s", irc_param(l, l->n - 1)), &e);
}

static const struct {
    int numeric;
    const char *word;
    void (*fn)(struct irc_session *s, const struct irc_line *l);
} rows[] = {
    {0, "CAP", on_cap},       {0, "AUTHENTICATE", on_authenticate}, {1, NULL, on_welcome},        {5, NULL, on_support},       {376, NULL, on_motd_end},    {422, NULL, on_motd_end},
    {432, NULL, on_nick_taken}, {433, NULL, on_nick_taken},         {436, NULL, on_nick_taken},   {437, NULL, on_nick_taken}, {464, NULL, on_turned_away}, {465, NULL, on_turned_away},
    {900, NULL, on_account},  {901, NULL, on_account_gone},         {902, NULL, on_sasl_bad},     {903, NULL, on_sasl_good},   {904, NULL, on_sasl_bad},    {905, NULL, on_sasl_bad},
    {906, NULL, on_sasl_bad}, {907, NULL, on_sasl_bad},             {908, NULL, on_sasl_bad},
};

bool login_line(struct irc_session *s, const struct irc_line *l)
{
    for (size_t i = 0; i < COUNT(rows); i++)
        if (rows[i].word ? str_eq(rows[i].word, l->command) : rows[i].numeric == l->numeric && l->numeric > 0) {
            if (rows[i].numeric != 437 || !s->welcomed) /* 437 is said of channels, too */
                rows[i].fn(s, l);
            return rows[i].numeric != 437 || !s->welcomed;
        }
    return false;
}
