/* SPDX-License-Identifier: GPL-3.0-or-later */
/* irc_text.c: what servers say of themselves (005), names and masks in their idea of large and small letters, SASL, and texts
 * that fit into a line. */
#include "base/hash.h"
#include "base/mem.h"
#include "base/str.h"
#include "base/utf8.h"
#include "wire/irc.h"
#include <string.h>

enum { PLAIN_MOST = 900, USER_MOST = 12, HOST_MOST = 64, NICK_MOST = 32 };

/* ---- 005 ---- */

void irc_support_init(struct irc_support *s)
{
    *s = (struct irc_support){.casemap = IRC_RFC1459, .channel_types = "#&", .prefix_modes = "ov", .prefix_signs = "@+", .list_modes = "b", .set_modes = "k", .limit_modes = "l"};
}

static int number(const char *text)
{
    int64_t v;
    return str_i64(text, &v) == 0 && v > 0 && v < 100000 ? (int)v : 0;
}

/* "(ov)@+" */
static void read_prefix(struct irc_support *s, const char *text)
{
    const char *close = text[0] == '(' ? strchr(text, ')') : NULL;
    if (!close)
        return;
    size_t modes = (size_t)(close - text - 1);
    if (modes != strlen(close + 1) || modes >= sizeof s->prefix_modes)
        return;
    str_copyn(s->prefix_modes, sizeof s->prefix_modes, text + 1, modes);
    str_copy(s->prefix_signs, sizeof s->prefix_signs, close + 1);
}

/* "beI,k,l,imnst" */
static void read_modes(struct irc_support *s, const char *text)
{
    char *const at[] = {s->list_modes, s->set_modes, s->limit_modes};
    struct str rest = str_of(text), one;
    for (int i = 0; i < 3; i++) {
        size_t n = strcspn(rest.p, ",");
        one = (struct str){rest.p, n};
        str_copyn(at[i], sizeof s->list_modes, one.p, one.n);
        rest.p += n + (rest.p[n] == ',');
    }
}

static void read_casemap(struct irc_support *s, const char *text)
{
    s->casemap = str_ieq(text, "ascii") ? IRC_ASCII : str_ieq(text, "strict-rfc1459") ? IRC_STRICT_RFC1459 : IRC_RFC1459;
}

static void read_nick_len(struct irc_support *s, const char *v) { s->nick_len = number(v); }
static void read_topic_len(struct irc_support *s, const char *v) { s->topic_len = number(v); }
static void read_channel_len(struct irc_support *s, const char *v) { s->channel_len = number(v); }
static void read_network(struct irc_support *s, const char *v) { str_copy(s->network, sizeof s->network, v); }
static void read_types(struct irc_support *s, const char *v) { str_copy(s->channel_types, sizeof s->channel_types, v); }
static void read_whox(struct irc_support *s, const char *v)
{
    (void)v;
    s->whox = true;
}

static const struct {
    const char *name;
    void (*read)(struct irc_support *s, const char *value);
} tokens[] = {
    {"CASEMAPPING", read_casemap}, {"NICKLEN", read_nick_len}, {"TOPICLEN", read_topic_len}, {"CHANNELLEN", read_channel_len}, {"NETWORK", read_network},
    {"CHANTYPES", read_types},     {"PREFIX", read_prefix},    {"CHANMODES", read_modes},    {"WHOX", read_whox},
};

/* What is taken back ("-TOPICLEN") is as it was before anything was said. */
static void forget(struct irc_support *s, const char *name)
{
    struct irc_support fresh;
    irc_support_init(&fresh);
    if (str_eq(name, "TOPICLEN"))
        s->topic_len = 0;
    else if (str_eq(name, "NICKLEN"))
        s->nick_len = 0;
    else if (str_eq(name, "WHOX"))
        s->whox = false;
    else if (str_eq(name, "CASEMAPPING"))
        s->casemap = fresh.casemap;
}

/* The first parameter is our nick, the last one words for people. */
void irc_support_read(struct irc_support *s, const struct irc_line *l)
{
    for (int i = 1; i + 1 < l->n; i++) {
        char name[32];
        const char *word = l->params[i], *equal = strchr(word, '=');
        size_t n = equal ? (size_t)(equal - word) : strlen(word);
        if (word[0] == '-') {
            forget(s, word + 1);
            continue;
        }
        if (!str_copyn(name, sizeof name, word, n))
            continue;
        for (size_t k = 0; k < COUNT(tokens); k++)
            if (str_eq(tokens[k].name, name))
                tokens[k].read(s, equal ? equal + 1 : "");
    }
}

/* ---- names ---- */

bool irc_is_channel(const struct irc_support *s, const char *name)
{
    return name[0] && strchr(s->channel_types, name[0]);
}

char irc_fold(enum irc_casemap map, char c)
{
    if (c >= 'A' && c <= 'Z')
        return (char)(c + 'a' - 'A');
    if (map != IRC_ASCII && (c == '[' || c == ']' || c == '\\'))
        return (char)(c + ('{' - '['));
    return map == IRC_RFC1459 && c == '~' ? '^' : c;
}

void irc_fold_text(enum irc_casemap map, const char *text, char *out, size_t out_bytes)
{
    size_t n = 0;
    for (; text[n] && n + 1 < out_bytes; n++)
        out[n] = irc_fold(map, text[n]);
    out[n] = 0;
}

bool irc_same(enum irc_casemap map, const char *a, const char *b)
{
    while (*a && irc_fold(map, *a) == irc_fold(map, *b))
        a++, b++;
    return irc_fold(map, *a) == irc_fold(map, *b);
}

bool irc_mask_fits(enum irc_casemap map, const char *mask, const char *nick, const char *user, const char *host)
{
    char whole[IRC_MAX_LINE], folded[IRC_MAX_LINE], pattern[IRC_MAX_LINE];
    if (str_print(whole, sizeof whole, "%s!%s@%s", nick, user, host) + 1 >= (int)sizeof whole || strlen(mask) >= sizeof pattern)
        return false; /* cut, it could fit what it must not */
    irc_fold_text(map, whole, folded, sizeof folded);
    irc_fold_text(map, mask, pattern, sizeof pattern);
    return str_glob(pattern, folded);
}

static bool takes_param(const struct irc_support *s, bool set, char mode)
{
    return strchr(s->prefix_modes, mode) || strchr(s->list_modes, mode) || strchr(s->set_modes, mode) || (set && strchr(s->limit_modes, mode));
}

void irc_modes_each(const struct irc_support *s, const struct irc_line *l, int at, irc_mode_fn *fn, void *arg)
{
    bool set = true;
    int next = at + 1;
    for (const char *p = irc_param(l, at); *p; p++) {
        if (*p == '+' || *p == '-')
            set = *p == '+';
        else
            fn(arg, set, *p, takes_param(s, set, *p) && next < l->n ? l->params[next++] : NULL);
    }
}

/* ---- SASL ---- */

void irc_sasl_pieces(const void *p, size_t n, void (*fn)(void *arg, const char *piece), void *arg)
{
    char text[4 * ((PLAIN_MOST + 2) / 3) + 1], piece[IRC_SASL_PIECE + 1];
    size_t len = n && n <= PLAIN_MOST ? hash_base64(p, n, text, sizeof text, 0) : 0;
    for (size_t at = 0; at < len; at += IRC_SASL_PIECE) {
        size_t some = len - at < IRC_SASL_PIECE ? len - at : IRC_SASL_PIECE;
        str_copyn(piece, sizeof piece, text + at, some);
        fn(arg, piece);
    }
    if (len % IRC_SASL_PIECE == 0)
        fn(arg, "+");
}

int irc_sasl_plain(const char *user, const char *password, void (*fn)(void *arg, const char *piece), void *arg)
{
    size_t u = strlen(user), w = strlen(password);
    char text[PLAIN_MOST];
    if (2 * u + w + 2 > sizeof text)
        return ERR_LIMIT;
    memcpy(text, user, u + 1);
    memcpy(text + u + 1, user, u + 1);
    memcpy(text + 2 * u + 2, password, w);
    irc_sasl_pieces(text, 2 * u + 2 + w, fn, arg);
    return 0;
}

/* ---- room ---- */

static size_t most_of(const char *text, size_t otherwise)
{
    return text && text[0] ? strlen(text) : otherwise;
}

/* ":nick!user@host COMMAND target :" … CR LF */
size_t irc_text_room(const char *nick, const char *user, const char *host, const char *command, const char *target)
{
    size_t frame = 1 + most_of(nick, NICK_MOST) + 1 + most_of(user, USER_MOST) + 1 + most_of(host, HOST_MOST) + 1 + strlen(command) + 1 + strlen(target) + 2 + 2;
    return frame < IRC_MAX_LINE ? IRC_MAX_LINE - frame : 0;
}

/* Where a link begins that ends the text; its length when there is none. */
static size_t link_at(const char *text, size_t n)
{
    size_t at = n;
    while (at && text[at - 1] != ' ')
        at--;
    return str_istarts(text + at, "https://") || str_istarts(text + at, "http://") ? at : n;
}

void irc_shorten(struct buf *out, const char *text, size_t most_bytes)
{
    static const char dots[] = "…";
    struct buf clean = BUF_MAX(8 * IRC_MAX_LINE);
    utf8_clean(&clean, text, strlen(text), UTF8_ONE_LINE, 4 * IRC_MAX_LINE);
    const char *p = buf_text(&clean);
    size_t n = clean.len, link = link_at(p, n), tail = n - link;
    while (n && p[n - 1] == ' ')
        n--;
    if (n <= most_bytes) {
        buf_add(out, p, n);
    } else if (tail && tail + 1 + sizeof dots > most_bytes) { /* a link that leaves no room for words */
        buf_add(out, tail <= most_bytes ? p + link : p, tail <= most_bytes ? tail : utf8_fit(p, n, most_bytes));
    } else {
        size_t room = most_bytes - tail - (tail > 0), fit = room < sizeof dots - 1 ? 0 : utf8_fit(p, n - tail, room - (sizeof dots - 1));
        while (fit && p[fit - 1] == ' ')
            fit--;
        buf_add(out, p, fit);
        buf_add(out, dots, room < sizeof dots - 1 ? 0 : sizeof dots - 1);
        buf_add(out, tail ? " " : "", tail > 0);
        buf_add(out, p + link, tail);
    }
    buf_done(&clean);
}

/* Digits of a colour: "4", "04", "04,01"; or six of hex. */
static size_t colour(const char *p, size_t most, const char *digits)
{
    size_t n = strspn(p, digits);
    n = n < most ? n : most;
    if (n && p[n] == ',') {
        size_t more = strspn(p + n + 1, digits);
        n += more ? 1 + (more < most ? more : most) : 0;
    }
    return n;
}

void irc_strip(char *text)
{
    char *to = text;
    for (const char *p = text; *p; p++) {
        if (*p == 0x03)
            p += colour(p + 1, 2, "0123456789");
        else if (*p == 0x04)
            p += colour(p + 1, 6, "0123456789abcdefABCDEF");
        else if (!strchr("\x02\x0f\x11\x16\x1d\x1e\x1f", *p))
            *to++ = *p;
    }
    *to = 0;
}
