/* SPDX-License-Identifier: GPL-3.0-or-later */
/* err.c: filling in a struct err, and the names of the codes.  It prints nothing. */
#include "base/err.h"
#include "base/mem.h"
#include "base/msg.h"
#include "base/str.h"
#include "base/utf8.h"

#include <errno.h>
#include <string.h>

static const char *const names[] = {
    [0] = "ok",
    [-ERR_INVALID] = "invalid",
    [-ERR_NOT_FOUND] = "not_found",
    [-ERR_DENIED] = "denied",
    [-ERR_CONFLICT] = "conflict",
    [-ERR_LIMIT] = "limit",
    [-ERR_TIMEOUT] = "timeout",
    [-ERR_REFUSED] = "refused",
    [-ERR_RESET] = "reset",
    [-ERR_UNREACHABLE] = "unreachable",
    [-ERR_DNS] = "dns",
    [-ERR_TLS] = "tls",
    [-ERR_PROTOCOL] = "protocol",
    [-ERR_IO] = "io",
    [-ERR_FULL] = "full",
    [-ERR_UNSUPPORTED] = "unsupported",
    [-ERR_CANCELLED] = "cancelled",
    [-ERR_BUSY] = "busy",
    [-ERR_AUTH] = "auth",
};

static const struct {
    int errnum, code;
} from_errno[] = {
    {EINVAL, ERR_INVALID},
    {EDOM, ERR_INVALID},
    {EILSEQ, ERR_INVALID},
    {ENAMETOOLONG, ERR_LIMIT},
    {ENOENT, ERR_NOT_FOUND},
    {ENOTDIR, ERR_NOT_FOUND},
    {ESRCH, ERR_NOT_FOUND},
    {ENXIO, ERR_NOT_FOUND},
    {EACCES, ERR_DENIED},
    {EPERM, ERR_DENIED},
    {EROFS, ERR_DENIED},
    {EEXIST, ERR_CONFLICT},
    {EADDRINUSE, ERR_CONFLICT},
    {ENOTEMPTY, ERR_CONFLICT},
    {EISDIR, ERR_CONFLICT},
    {E2BIG, ERR_LIMIT},
    {EMSGSIZE, ERR_LIMIT},
    {EFBIG, ERR_LIMIT},
    {ERANGE, ERR_LIMIT},
    {EOVERFLOW, ERR_LIMIT},
    {ETIMEDOUT, ERR_TIMEOUT},
    {ECONNREFUSED, ERR_REFUSED},
    {ECONNRESET, ERR_RESET},
    {ECONNABORTED, ERR_RESET},
    {EPIPE, ERR_RESET},
    {EHOSTUNREACH, ERR_UNREACHABLE},
    {ENETUNREACH, ERR_UNREACHABLE},
    {ENETDOWN, ERR_UNREACHABLE},
    {EHOSTDOWN, ERR_UNREACHABLE},
    {EADDRNOTAVAIL, ERR_UNREACHABLE},
    {ENOSPC, ERR_FULL},
    {EDQUOT, ERR_FULL},
    {EPROTO, ERR_PROTOCOL},
    {EBADMSG, ERR_PROTOCOL},
    {ENOSYS, ERR_UNSUPPORTED},
    {EOPNOTSUPP, ERR_UNSUPPORTED},
    {EAFNOSUPPORT, ERR_UNSUPPORTED},
    {EPROTONOSUPPORT, ERR_UNSUPPORTED},
    {ECANCELED, ERR_CANCELLED},
    {EBUSY, ERR_BUSY},
    {EAGAIN, ERR_BUSY},
    {ETXTBSY, ERR_BUSY},
    {EINTR, ERR_BUSY},
};

/* The arguments often point into *e itself (an error that wraps the one before), hence the copy. */
static void fill(struct err *e, int code, const char *field, const char *msgid, const char *types,
                 va_list ap)
{
    char text[sizeof(e->text)];
    struct buf b = {.data = text, .cap = sizeof(text), .max = sizeof(text) - 1};

    text[0] = '\0';
    msg_vpack(&b, msgid, types, ap);
    if (b.full)
        buf_cut(&b, utf8_fit(text, b.len, b.len));
    e->code = code;
    memcpy(e->text, text, b.len + 1);
    if (field != e->field)
        str_copy(e->field, sizeof(e->field), field);
}

int err_set(struct err *e, int code, const char *msgid, const char *types, ...)
{
    va_list ap;

    if (e == NULL)
        return code;
    va_start(ap, types);
    fill(e, code, "", msgid, types, ap);
    va_end(ap);
    return code;
}

int err_field(struct err *e, int code, const char *field, const char *msgid, const char *types, ...)
{
    va_list ap;

    if (e == NULL)
        return code;
    va_start(ap, types);
    fill(e, code, field, msgid, types, ap);
    va_end(ap);
    return code;
}

const char *err_name(int code)
{
    if (code > 0 || code <= -(int)COUNT(names))
        return "unknown";
    return names[-code];
}

int err_from_errno(int errnum)
{
    for (size_t i = 0; i < COUNT(from_errno); i++)
        if (from_errno[i].errnum == errnum)
            return from_errno[i].code;
    return ERR_IO;
}
