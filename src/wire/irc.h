/* SPDX-License-Identifier: GPL-3.0-or-later */
/* irc.h: lines of the Internet Relay Chat, and what servers say of themselves.  PURE.
 *
 *     while ((line = irc_lines_next(&in, &p, &n)))     bytes from outside → lines
 *         if (irc_parse(line, &l) == 0) …               a line → tags, source, command, parameters
 *     irc_format(&out, "TOPIC", params, 2)              and back; nothing that would end the line early passes
 *
 * Sources: RFC 1459 and 2812 (lines, numerics), IRCv3 message-tags, capability negotiation 3.2 and SASL 3.2,
 * draft-hardy-irc-isupport (numeric 005), defs.ircdocs.horse (WHOX). */
#ifndef VIGIE_WIRE_IRC_H
#define VIGIE_WIRE_IRC_H

#include "base/buf.h"
#include "base/err.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    IRC_MAX_LINE = 512,   /* with CR LF, without tags */
    IRC_MAX_TAGS = 8191,  /* with @ and the blank behind */
    IRC_MAX_PARAMS = 15,
    IRC_SASL_PIECE = 400, /* characters of base64 a line */
};

/* ---- bytes to lines ---- */
struct irc_lines { /* zeroed to begin with */
    char text[IRC_MAX_TAGS + IRC_MAX_LINE + 1];
    size_t n;
    bool skip;     /* the rest of a line that was too long */
    uint64_t lost; /* so many were too long, or held a NUL */
};
/* Takes from *p until a line is whole; it is valid until the next call. NULL: all bytes are taken. */
char *irc_lines_next(struct irc_lines *l, const char **p, size_t *n);

/* ---- a line ---- */
struct irc_line { /* points into the text that was parsed */
    const char *tags;               /* raw; "" when there are none */
    const char *nick, *user, *host; /* of the source: a server has its name in nick; "" each when missing */
    const char *command;            /* "PRIVMSG", "001" */
    int numeric;                    /* 0: a word */
    const char *params[IRC_MAX_PARAMS + 1]; /* NULL behind the last */
    int n;
};
/* Parses in place (cuts the text). ERR_INVALID: no command, or one that is none. */
int irc_parse(char *text, struct irc_line *ret);
const char *irc_param(const struct irc_line *l, int i); /* "" when missing */
/* The value of a tag with its escapes undone; false: it is not there (out is "" then). */
bool irc_tag(const struct irc_line *l, const char *name, char *out, size_t out_bytes);

/* Adds a line with its CR LF; the last parameter may hold blanks.  ERR_INVALID (nothing was added): one of them holds CR, LF, is empty or
 * begins with a colon where it may not, or has a blank; ERR_LIMIT: it is longer than a line may be. */
int irc_format(struct buf *out, const char *command, const char *const *params, int n);

/* ---- what 005 says (ISUPPORT) ---- */
enum irc_casemap { IRC_RFC1459, IRC_STRICT_RFC1459, IRC_ASCII };
struct irc_support {
    enum irc_casemap casemap;
    int nick_len, topic_len, channel_len; /* 0: no limit is known */
    char network[64];
    char channel_types[16];               /* "#&" */
    char prefix_modes[16], prefix_signs[16]; /* "ov" and "@+": the highest first */
    char list_modes[64];                  /* CHANMODES of type A: always with a parameter */
    char set_modes[64], limit_modes[64];  /* types B (always) and C (when set) */
    bool whox;
};
void irc_support_init(struct irc_support *s); /* what RFC 1459 has */
void irc_support_read(struct irc_support *s, const struct irc_line *l);

bool irc_is_channel(const struct irc_support *s, const char *name);
char irc_fold(enum irc_casemap map, char c);
void irc_fold_text(enum irc_casemap map, const char *text, char *out, size_t out_bytes);
bool irc_same(enum irc_casemap map, const char *a, const char *b);
/* "*!*@*.example.org" fits nick!user@host? `*` and `?`. */
bool irc_mask_fits(enum irc_casemap map, const char *mask, const char *nick, const char *user, const char *host);
/* Calls fn for each mode of a MODE line from params[at] on: +o nick, -t … param NULL: it has none. */
typedef void irc_mode_fn(void *arg, bool set, char mode, const char *param);
void irc_modes_each(const struct irc_support *s, const struct irc_line *l, int at, irc_mode_fn *fn, void *arg);

/* ---- SASL ---- */
/* fn for each parameter of AUTHENTICATE: base64 in pieces of 400; a last "+" when the last one was full, or nothing was to be said. */
void irc_sasl_pieces(const void *p, size_t n, void (*fn)(void *arg, const char *piece), void *arg);
/* RFC 4616: user NUL user NUL password. ERR_LIMIT: longer than 900 bytes. */
int irc_sasl_plain(const char *user, const char *password, void (*fn)(void *arg, const char *piece), void *arg);

/* ---- room ---- */
/* How many bytes of text one line may carry to others: the server puts ":nick!user@host " in front of it. source: as others see us;
 * unknown parts count with their greatest length. */
size_t irc_text_room(const char *nick, const char *user, const char *host, const char *command, const char *target);
/* Cleaned to one line of valid UTF-8 without controls (colours, CR, LF), cut at a character with "…" when it is longer. A link at its
 * end stays whole, and what stands before it is cut. */
void irc_shorten(struct buf *out, const char *text, size_t most_bytes);
/* Takes colours and the like out, in place. */
void irc_strip(char *text);

#endif
