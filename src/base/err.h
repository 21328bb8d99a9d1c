/* SPDX-License-Identifier: GPL-3.0-or-later */
/* err.h: how a function says that it failed.
 *
 * A function returns 0, or one of the negative codes below.  The detail goes into a caller-owned
 * `struct err` (may be NULL).  The text is a packed message (msg.h), so that it can be shown in the
 * reader's language: what was read, where, and what would be right.  Library rooms return errors;
 * only the daemon and the command line print them, once. */
#ifndef VIGIE_BASE_ERR_H
#define VIGIE_BASE_ERR_H

#include <stddef.h>

enum {
    ERR_INVALID = -1,     /* an argument, a text or a file is wrong */
    ERR_NOT_FOUND = -2,   /* the thing named does not exist */
    ERR_DENIED = -3,      /* permission */
    ERR_CONFLICT = -4,    /* exists already, or the state does not allow it */
    ERR_LIMIT = -5,       /* a ceiling was reached */
    ERR_TIMEOUT = -6,
    ERR_REFUSED = -7,     /* the peer actively refused the connection */
    ERR_RESET = -8,       /* the peer reset or closed it early */
    ERR_UNREACHABLE = -9, /* no route, network down */
    ERR_DNS = -10,        /* the name could not be looked up */
    ERR_TLS = -11,
    ERR_PROTOCOL = -12,   /* the peer said something that its protocol does not allow */
    ERR_IO = -13,         /* disk, pipe, out of descriptors */
    ERR_FULL = -14,       /* no space left on the device */
    ERR_UNSUPPORTED = -15,
    ERR_CANCELLED = -16,
    ERR_BUSY = -17,
    ERR_AUTH = -18, /* who are you? (401); ERR_DENIED is "you may not" (403) */
};

struct err {
    int code;
    char text[600]; /* packed message, NUL-terminated; see msg_render() */
    char field[64]; /* the parameter or key that was wrong, or "" */
};

/* Sets *e (may be NULL) from a translatable message and its arguments, and returns code.
 * `types` has one letter per argument, as msg_pack() (msg.h) takes them. */
int err_set(struct err *e, int code, const char *msgid, const char *types, ...);
/* As err_set, with the name of the wrong field. */
int err_field(struct err *e, int code, const char *field, const char *msgid, const char *types, ...);
/* Short stable name of a code: "invalid", "not_found"... */
const char *err_name(int code);
/* The nearest err code for a positive errno value. */
int err_from_errno(int errnum);

#endif
